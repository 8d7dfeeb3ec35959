;;; aid-decisions.el --- Hunks and what was decided about them  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A decision on a hunk stands in the chat, on a marker line after the block
;; that holds the hunk; with an edited hunk goes the text that was applied
;; instead.  So decisions survive saving, and the model is told of them.

;;; Code:

(require 'aid-apply)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-chat-hash "ext:aid-module" (body))
(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answer-body "aid-chat-text" (turn))
(declare-function aid-chat-key "aid-chat-text" ())
(declare-function aid-chat--replace "aid-chat-text" (beg end text &optional split))
(declare-function aid-chat--refresh-line "aid-chat-display" (pos))

;;; Hunks

(cl-defstruct (aid-hunk (:constructor aid-hunk-make))
  "A hunk under review.
INDEX is its number in the patch, nil for a file without hunks; FILE the
file's; PART is the answer that holds it.  STATE is nil, accepted, edited,
rejected or skipped.  PLACE is the core's placement, CHOSEN the line, or a
marker in it, that a person chose among CHOICES, RECORD what was done, EDIT the
text applied instead, NEW-TEXT a new file's, MODE what its patch states.
REPLACED says which answer holds a corrected one."
  index id file part path old-path op mode text state edit place chosen choices
  record new-text replaced mark pos)

(defun aid-hunk-same-file-p (a b)
  "Whether the hunks A and B belong to the same file of the same answer."
  (and (eq (aid-hunk-part a) (aid-hunk-part b))
       (eql (aid-hunk-file a) (aid-hunk-file b))))

(defun aid-hunk-chosen-line (hunk)
  "The line that a person chose for HUNK, as it is numbered now, or nil."
  (let ((chosen (aid-hunk-chosen hunk)))
    (cond ((not (markerp chosen)) chosen)
          ((marker-buffer chosen)
           (with-current-buffer (marker-buffer chosen)
             (line-number-at-pos chosen t))))))

(defun aid-hunk-file-id (path)
  "An id for the decision about PATH when its patch has no hunk."
  (substring (aid--mod-chat-hash (concat "file " path)) 0 8))

(defun aid-hunk--char (sign twin)
  "SIGN, or TWIN where the display lacks it."
  (if (char-displayable-p (string-to-char sign)) sign twin))

(defun aid-hunk-sign (hunk)
  "The sign of HUNK's state."
  (pcase (aid-hunk-state hunk)
    ('accepted (propertize (aid-hunk--char "✓" "+") 'face 'success))
    ('edited (propertize (aid-hunk--char "✎" "e") 'face 'success))
    ('rejected (propertize (aid-hunk--char "✗" "x") 'face 'error))
    ('skipped (propertize ">" 'face 'shadow))
    (_ (let ((place (aid-hunk-place hunk)))
         (cond ((equal (plist-get place :status) "applied") " ")
               ((plist-get place :candidates) (propertize "?" 'face 'warning))
               (t (propertize "!" 'face 'warning)))))))

(defun aid-hunk-words (hunk)
  "How HUNK fits, or what was decided, in words."
  (let* ((place (aid-hunk-place hunk))
         (shift (or (plist-get place :shift) 0)))
    (pcase (aid-hunk-state hunk)
      ((and 'rejected (guard (aid-hunk-replaced hunk)))
       (format "corrected by answer %d" (aid-hunk-replaced hunk)))
      ((and state (or 'accepted 'edited 'rejected)) (symbol-name state))
      (_ (pcase (plist-get place :status)
           ("refused" (if-let ((lines (plist-get place :candidates)))
                          (aid-hunk--places lines)
                        (plist-get place :reason)))
           ("already" "is in the file already")
           (_ (concat
               (aid-hunk--fit hunk place shift)
               (if (aid-hunk-chosen-line hunk)
                   (format "; your choice of %d places" (length (aid-hunk-choices hunk)))
                 ""))))))))

(defun aid-hunk--places (lines)
  "That a hunk fits at LINES, in words."
  (let* ((all (length lines)) (few (min all 9)))
    (format "fits %d places: %s%s; choose with 1 to %d%s" all
            (mapconcat #'number-to-string (seq-take lines few) ", ")
            (if (> all few) (format " and %d more" (- all few)) "")
            few (if (> all few) ", the others by their line with 0" ""))))

(defun aid-hunk--fit (hunk place shift)
  "How HUNK, which is placed SHIFT lines away at PLACE, fits, in words."
  (pcase (plist-get place :method)
    ("exact" (format "line %d, fits exactly" (plist-get place :line)))
    ("adjusted" (format "line %d, adjusted: %s" (plist-get place :line)
                        (plist-get place :how)))
    ("shifted" (format "line %d, moved %d line%s" (plist-get place :line)
                       (abs shift) (if (= 1 (abs shift)) "" "s")))
    ("whitespace" (format "line %d, white space differs" (plist-get place :line)))
    ("create" "new file")
    ("modify" (format "mode %s" (aid-hunk-mode hunk)))
    ("delete" "deletes the file")
    ("rename" (format "was %s" (aid-hunk-old-path hunk)))
    (_ "")))

;;; The marker lines

(defun aid-decisions--marker-regexp ()
  "A regexp of this chat's hunks and edited marker lines."
  (format "<!--aid:%s \\(hunks\\|edited\\)\\(.*?\\)-->[ \t]*$" (regexp-quote (aid-chat-key))))

(defun aid-decisions--region (beg)
  "The bounds of the decision lines at BEG, the end of a block."
  (save-excursion
    (goto-char beg)
    (let ((marker (aid-decisions--marker-regexp)))
      (while (looking-at marker)
        (let ((edited (equal (match-string 1) "edited")))
          (forward-line 1)
          (when edited
            (while (and (looking-at ">") (not (eobp)))
              (forward-line 1)))))
      (cons beg (point)))))

;; A block's hunks are known by their ids, so that decisions stay with their
;; hunks when a person edits other parts of the answer.

(defun aid-decisions--blocks (patch)
  "The end of each block of PATCH with the ids of its hunks, last block first."
  (let ((files (vconcat (plist-get patch :files))) (hunks (vconcat (plist-get patch :hunks))))
    (reverse
     (mapcar (lambda (block)
               (cons (plist-get block :end)
                     (cl-loop for i in (plist-get block :files)
                              append (aid-decisions--ids (aref files i) hunks))))
             (plist-get patch :blocks)))))

(defun aid-decisions--ids (file hunks)
  "The ids of the patch's FILE, whose hunks are among HUNKS."
  (or (mapcar (lambda (i) (plist-get (aref hunks i) :id)) (plist-get file :hunks))
      (list (aid-hunk-file-id (plist-get file :path)))))

(defun aid-decisions--text (key hunks all)
  "The marker lines, of the chat with KEY, for the decisions about HUNKS.
ALL are the answer's: they number the edits."
  (let ((edited (cl-remove-if-not (lambda (h) (eq (aid-hunk-state h) 'edited)) all)) (edits ""))
    (concat
     (format "<!--aid:%s hunks" key)
     (mapconcat
      (lambda (hunk)
        (pcase (aid-hunk-state hunk)
          ('nil "")
          ('edited
           (let ((number (1+ (cl-position hunk edited))))
             (setq edits (concat edits (aid-decisions--edit-text key hunk number)))
             (format " %s=edited:e%d" (aid-hunk-id hunk) number)))
          (state (format " %s=%s" (aid-hunk-id hunk) state))))
      hunks "")
     "-->\n" edits)))

(defun aid-decisions-diff (path hunk &optional create)
  "A fenced diff of HUNK, a hunk's text, to PATH; it makes the file with CREATE."
  (let ((fence "```") (text (if (string-suffix-p "\n" hunk) hunk (concat hunk "\n"))))
    (while (string-search fence text)
      (setq fence (concat fence "`")))
    (format "%sdiff\n--- %s\n+++ b/%s\n%s%s\n" fence
            (if create "/dev/null" (concat "a/" path)) path text fence)))

(defun aid-decisions--edit-text (key hunk number)
  "The quote, of the chat with KEY, of what was applied instead of HUNK.
NUMBER is the edit's."
  (concat (format "<!--aid:%s edited e%d-->\n" key number)
          (replace-regexp-in-string
           "^\\(.*\\)\n" "> \\1\n"
           (aid-decisions-diff (aid-hunk-path hunk) (or (aid-hunk-edit hunk) "")
                               (eq (aid-hunk-op hunk) 'create)))))

(defun aid-decisions-write (chat turn hunks)
  "Write the decisions about HUNKS, a vector, into answer TURN of CHAT."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (save-excursion
        (save-restriction
          (widen)
          (pcase-let* ((`(,beg . ,end) (aid-chat-answer-body turn))
                       (patch (aid--mod-patch-read
                               (buffer-substring-no-properties beg end))))
            (pcase-dolist (`(,at . ,ids) (aid-decisions--blocks patch))
              (aid-decisions--write-block (+ beg at) ids (append hunks nil)))))))))

(defun aid-decisions--write-block (at ids hunks)
  "Write after the block that ends at AT what was decided on those of HUNKS in IDS."
  (pcase-let* ((`(,from . ,to) (aid-decisions--region (aid-decisions--line-after at)))
               (own (cl-remove-if-not (lambda (h) (member (aid-hunk-id h) ids)) hunks))
               (new (aid-decisions--text (aid-chat-key) own hunks))
               (lead (if (and (= from to) (not (aid-decisions--bol-p from))) "\n" "")))
    (unless (equal new (buffer-substring-no-properties from to))
      (aid-chat--replace from to (concat lead new))
      (aid-chat--refresh-line (+ from (length lead))))))

(defun aid-decisions--bol-p (pos)
  "Whether POS begins a line."
  (or (= pos (point-min)) (eq (char-before pos) ?\n)))

(defun aid-decisions--line-after (pos)
  "POS when it begins a line, else the beginning of the next."
  (if (aid-decisions--bol-p pos)
      pos
    (save-excursion
      (goto-char pos)
      (forward-line 1)
      (point))))

(defun aid-decisions--parse ()
  "The decisions on the marker line just matched, as an alist of id and state."
  (mapcar (lambda (word)
            (pcase-let ((`(,id ,state) (split-string word "=")))
              (cons id (intern (car (split-string (or state "") ":"))))))
          (split-string (match-string-no-properties 2) " " t)))

(defun aid-decisions-read (chat turn)
  "What the marker lines of answer TURN in CHAT say: an alist of id and state."
  (with-current-buffer chat
    (save-excursion
      (save-restriction
        (widen)
        (pcase-let ((`(,beg . ,end) (aid-chat-answer-body turn)) (all nil))
          (goto-char beg)
          (while (re-search-forward (concat "^" (aid-decisions--marker-regexp)) end t)
            (when (equal (match-string 1) "hunks")
              (setq all (append all (aid-decisions--parse)))))
          all)))))

(defun aid-decisions-restore (chat turn hunks)
  "Give HUNKS, a vector, the states that answer TURN in CHAT has for them."
  (let ((known (aid-decisions-read chat turn)))
    (cl-loop for hunk across hunks
             for state = (cdr (assoc (aid-hunk-id hunk) known))
             when (memq state '(accepted edited rejected skipped))
             do (setf (aid-hunk-state hunk) state))))

(defun aid-decisions-edited-text (chat turn hunk)
  "The hunk that was applied instead of HUNK of answer TURN in CHAT, or nil."
  (with-current-buffer chat
    (save-excursion
      (save-restriction
        (widen)
        (pcase-let ((`(,beg . ,end) (aid-chat-answer-body turn)))
          (goto-char beg)
          (when (re-search-forward (format "^<!--aid:%s hunks.* %s=edited:\\(e[0-9]+\\)"
                                           (regexp-quote (aid-chat-key)) (aid-hunk-id hunk))
                                   end t)
            (let ((marker (format "^<!--aid:%s edited %s-->.*\n" (regexp-quote (aid-chat-key))
                                  (match-string 1))))
              (and (re-search-forward marker end t)
                   (aid-decisions--quoted-hunk)))))))))

(defun aid-decisions--quoted-hunk ()
  "The first hunk in the quote at point, or nil."
  (let (lines)
    (while (looking-at "> ?\\(.*\n\\)")
      (push (match-string-no-properties 1) lines)
      (forward-line 1))
    (plist-get (car (plist-get (aid--mod-patch-read (apply #'concat (nreverse lines))) :hunks))
               :text)))

(defun aid-decisions-summary (known)
  "The decisions KNOWN, as of `aid-decisions-read', in a few words."
  (string-join
   (delq nil
         (mapcar (lambda (row)
                   (let ((n (cl-count (car row) known :key #'cdr)))
                     (when (> n 0)
                       (propertize (format "%s %d %s" (aid-hunk--char (nth 1 row) (nth 2 row))
                                           n (car row))
                                   'face (nth 3 row)))))
                 '((accepted "✓" "+" success) (edited "✎" "e" success)
                   (rejected "✗" "x" error) (skipped ">" ">" shadow))))
   "  "))

(provide 'aid-decisions)
;;; aid-decisions.el ends here
