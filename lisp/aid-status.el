;;; aid-status.el --- The line under an answer's diff  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Under each block with a patch stands a marker line that holds the decisions
;; about its hunks.  It is shown as words: in how many files and hunks the
;; block would apply now, or why not, and what was decided.  The core looks
;; at that off the main thread.  Under an answer that is still arriving a line
;; says how its patches fit so far; that line is display only.

;;; Code:

(require 'aid-apply)
(require 'aid-decisions)
(require 'aid-settle)
(require 'aid-chat)
(require 'cl-lib)

(autoload 'aid-measure-answer "aid-measure")
(declare-function aid--mod-patch-check "ext:aid-module" (plist))
(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid--on-event-here "aid-module" (id function))
(declare-function aid-review "aid-review" (&optional turn))
(declare-function aid-retry-refused "aid-retry" ())
(declare-function aid-undo-answer "aid-undo" (&optional turn))
(declare-function aid-fix-build "aid-build-fix" ())
(declare-function aid-judge "aid-judge" ())
(declare-function aid-judge-visit "aid-judge" ())
(declare-function aid-judge-answer "aid-judge" (chat turn))
(declare-function aid-chat--prefix "aid-chat-text" ())
(declare-function aid-chat--refresh-line "aid-chat-display" (pos))
(declare-function aid-chat-answer-at "aid-chat-text" (&optional pos))
(declare-function aid-chat-answer-body "aid-chat-text" (number))
(declare-function aid-chat-answer-text "aid-chat-text" (number))

(defvar-local aid-status--known nil
  "What is known of each answer: a hash table from its number to (PATCH . PLAN).
PLAN is `waiting' while the core looks.")

(defun aid-status--table ()
  "The table of what is known of this chat's answers."
  (or aid-status--known (setq aid-status--known (make-hash-table))))

;;; Looking

(defun aid-status-check (chat turn &optional first)
  "Let the core see how the patches of answer TURN in CHAT fit now.
When it is the FIRST time, that is recorded.
Remote files are not looked at: nothing is fetched to show a chat."
  (with-current-buffer chat
    (let* ((text (aid-chat-answer-text turn))
           (patch (aid--mod-patch-read text))
           (root (aid-chat-root)))
      (when (and (plist-get patch :files) root (not (file-remote-p root)))
        (puthash turn (cons patch 'waiting) (aid-status--table))
        (aid--on-event-here
         (aid--mod-patch-check
          (list :text text :root root :measure (and first (aid-measure-answer turn))
                :texts (aid-apply-texts root (aid-apply-paths patch))))
         (lambda (kind plan &rest _)
           (when (eq kind 'checked)
             (puthash turn (cons patch plan) (aid-status--table))
             (aid-status--refresh turn))))))))

(defun aid-status-refresh (turn)
  "Show the status lines of answer TURN in this chat anew."
  (aid-status--refresh turn))

(defun aid-status--refresh (turn)
  "Show the status lines of answer TURN, if it is still there, anew."
  (save-excursion
    (save-restriction
      (widen)
      (pcase-let ((`(,beg . ,end) (ignore-errors (aid-chat-answer-body turn))))
        (unless beg
          (setq beg (point-max) end (point-max)))
        (goto-char beg)
        (while (re-search-forward (concat "^" (aid-decisions--marker-regexp)) end t)
          (aid-chat--refresh-line (match-beginning 0)))))))

(defun aid-status--on-answer (chat turn)
  "Put status lines under the patches of answer TURN in CHAT."
  (with-current-buffer chat
    (when (plist-get (or (aid-settle turn) (aid--mod-patch-read (aid-chat-answer-text turn))) :files)
      (aid-decisions-write chat turn [])
      (aid-chat--save)
      (aid-status-check chat turn t)
      (when (bound-and-true-p aid-judge-answers)
        (aid-judge-answer chat turn)))))

(defun aid-status--on-taken (chat turn)
  "Look anew at answer TURN in CHAT, which was an alternative until now.
What was once decided about its patches still holds."
  (with-current-buffer chat
    (if (string-search (concat (aid-chat--prefix) "hunks ") (aid-chat-answer-text turn))
        (aid-status-check chat turn)
      (aid-status--on-answer chat turn))))

(defun aid-status--after-review (chat turn)
  "Look anew at answer TURN in CHAT, whose review was left."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (aid-chat--save))
    (aid-status-check chat turn)))

;;; Words

(defun aid-status--plural (n word)
  "N and WORD in its number."
  (format "%d %s%s" n word (if (= n 1) "" "s")))

(defun aid-status--decided (file hunk decided)
  "What DECIDED, an alist of ids, says of HUNK of the plan's FILE, or nil."
  (cdr (assoc (or (plist-get hunk :id) (aid-hunk-file-id (plist-get file :path))) decided)))

(defun aid-status--kinds (file decided)
  "How the hunks of the plan's FILE fit: a list of conses (KIND . REASON).
DECIDED is an alist of ids and decisions: what a person has dealt with is not
said to fit no more, and what was edited is not compared with the file at all."
  (let ((whole (or (plist-get file :reason) "")))
    (mapcar (lambda (hunk)
              (pcase (if (eq 'edited (aid-status--decided file hunk decided))
                         'edited
                       (plist-get hunk :status))
                ('edited '(decided))
                ("applied" (list (if (member (plist-get hunk :method) '("adjusted" "whitespace"))
                                     'adjusted
                                   'fit)))
                ("already" '(already))
                ((guard (memq (aid-status--decided file hunk decided) '(accepted rejected)))
                 '(decided))
                (_ (let ((why (or (plist-get hunk :reason) "")))
                     (cons 'refused (if (string-empty-p why) whole why))))))
            (or (plist-get file :hunks)
                (list (list :status (plist-get file :status) :reason whole))))))

(defun aid-status--sum (files hunks when counts)
  "FILES files and HUNKS hunks, WHEN, in words.
COUNTS is an alist of how they fit and in what number."
  (let ((words (delq nil (mapcar (pcase-lambda (`(,kind . ,words))
                                   (let ((n (or (cdr (assq kind counts)) 0)))
                                     (and (> n 0) (format "%d %s" n words))))
                                 '((fit . "fit") (adjusted . "adjusted")
                                   (already . "applied already") (refused . "refused"))))))
    (concat (aid-status--plural files "file") ", " (aid-status--plural hunks "hunk") when
            (if words ": " "") (string-join words ", "))))

(defun aid-status--fit (files decided)
  "How the plan's FILES fit, in a few words, with the first reason where not.
DECIDED is as for `aid-status--kinds'."
  (let* ((all (mapcan (lambda (file) (aid-status--kinds file decided)) files))
         (reason (cdr (assq 'refused all)))
         (counts (mapcar (lambda (kind) (cons kind (cl-count kind all :key #'car)))
                         '(fit adjusted already refused))))
    (concat (aid-status--sum (length files) (length all) "" counts)
            (if (or (not reason) (string-empty-p reason)) "" (format " (%s)" reason)))))

(defun aid-status--number (pos turn)
  "How many lines of decisions answer TURN has before POS."
  (let ((n 0))
    (save-excursion
      (goto-char (car (aid-chat-answer-body turn)))
      (while (re-search-forward (concat "^" (aid-decisions--marker-regexp)) pos t)
        (when (equal (match-string 1) "hunks")
          (setq n (1+ n))))
      n)))

(defun aid-status--block-files (known pos turn)
  "The plan's files, of KNOWN, that belong to the block before POS in answer TURN."
  (let ((block (nth (aid-status--number pos turn) (plist-get (car known) :blocks)))
        (files (vconcat (plist-get (cdr known) :files))))
    (cl-loop for i in (plist-get block :files)
             when (< i (length files)) collect (aref files i))))

(defvar aid-status-words-functions nil
  "Functions that get an answer's turn and say more of it, or give nil.
What they say stands on the last status line of the answer.")

(defun aid-status--more (known pos turn)
  "What more is to be said of answer TURN on the line at POS; KNOWN is of it."
  (when (= (aid-status--number pos turn)
           (1- (max 1 (length (plist-get (car known) :blocks)))))
    (mapconcat (lambda (function)
                 (if-let ((words (funcall function turn))) (concat "   " words) ""))
               aid-status-words-functions "")))

(defvar aid-status-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'aid-status-review)
    (define-key map (kbd "t") #'aid-retry-refused)
    (define-key map (kbd "j") #'aid-judge)
    (define-key map (kbd "J") #'aid-judge-visit)
    (define-key map (kbd "C-c C-u") #'aid-undo-answer)
    (define-key map (kbd "C-c C-f") #'aid-fix-build)
    (define-key map [mouse-1] #'aid-status-review-mouse)
    (define-key map [mouse-2] #'aid-status-review-mouse)
    map)
  "Keys on a status line.")

(defun aid-status-review ()
  "Review the answer whose status line point is on."
  (interactive)
  (aid-review (aid-chat-answer-at)))

(defun aid-status-review-mouse (event)
  "Review the answer whose status line was clicked in EVENT."
  (interactive "e")
  (posn-set-point (event-start event))
  (aid-status-review))

(defun aid-status-words (pos)
  "What the decisions' line at POS is shown as."
  (let* ((turn (aid-chat-answer-at pos))
         (known (and turn (gethash turn (aid-status--table))))
         (states (and turn (save-excursion
                             (goto-char pos)
                             (and (looking-at (aid-decisions--marker-regexp))
                                  (aid-decisions--parse)))))
         (decided (aid-decisions-summary states)))
    (when (and turn (not known))
      (puthash turn '(nil . waiting) (aid-status--table))
      (run-at-time 0 nil #'aid-status--check-later (current-buffer) turn))
    (propertize
     (concat "  "
             (if-let ((files (and known (not (eq (cdr known) 'waiting))
                                  (aid-status--block-files known pos turn))))
                 (aid-status--fit files states)
               "a patch")
             " " (propertize "[review]" 'face 'link)
             (if (string-empty-p decided) "" (concat "   " decided))
             (or (and turn (aid-status--more known pos turn)) "")
             "\n")
     'mouse-face 'highlight 'keymap aid-status-map 'help-echo "RET, mouse-1: review; t: ask again about what is refused")))

(defun aid-status--check-later (chat turn)
  "Look at answer TURN in CHAT if that still exists."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (ignore-errors (aid-status-check chat turn)))))

;;; While an answer arrives

(defvar-local aid-status--arriving nil
  "The overlay that shows what was found in the arriving answer, or nil.")

(defun aid-status-found (end val)
  "Say behind END, where an answer is arriving, what was found in it by now.
VAL is the core's count: a plist."
  (unless aid-status--arriving
    (setq aid-status--arriving (make-overlay end end nil t t))
    (add-hook 'aid-answer-done-functions #'aid-status--arrived nil t)
    (add-hook 'change-major-mode-hook #'aid-status--arrived nil t))
  (move-overlay aid-status--arriving end end)
  (overlay-put
   aid-status--arriving 'after-string
   (concat
    (propertize " " 'cursor t)          ; where the cursor of a point at the end is drawn
    (propertize
     (concat "\n  " (aid-status--sum
                     (plist-get val :files) (plist-get val :hunks) " so far"
                     (mapcar (pcase-lambda (`(,kind . ,key)) (cons kind (plist-get val key)))
                             '((fit . :fit) (adjusted . :adjusted)
                               (already . :already) (refused . :refused)))))
     'face 'shadow))))

(defun aid-status--arrived (&rest _)
  "Take away what was said of the answer that was arriving."
  (when aid-status--arriving
    (delete-overlay aid-status--arriving)
    (setq aid-status--arriving nil)))

(add-hook 'aid-after-review-functions #'aid-status--after-review)

(provide 'aid-status)
;;; aid-status.el ends here
