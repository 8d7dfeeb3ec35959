;;; aid-undo.el --- Take back all that an answer changed  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Each accepted hunk is taken back by its markers while its buffer lives,
;; else by placing its reverse, which works after a restart too.  What the
;; person has edited since is left alone and listed.

;;; Code:

(require 'aid-review)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answers "aid-chat" ())
(declare-function aid-chat-at-hand "aid-chat" ())

(defun aid-undo--live-review (chat turn)
  "The review of answer TURN in CHAT that still has its records, or nil."
  (cl-loop for buffer in (buffer-list)
           for review = (buffer-local-value 'aid-review--this buffer)
           when (and review (eq chat (aid-review-chat review))
                     (= turn (aid-review-turn review)))
           return review))

(defun aid-undo--by-record (hunk)
  "Take HUNK back by its record.  Give nil, a reason, or `gone'."
  (let ((rename (aid-hunk-rename hunk)) (record (aid-hunk-record hunk)))
    (cond ((not record) 'gone)
          ((and rename (aid-apply-reverse rename)))
          (t (aid-apply-reverse record)))))

(defun aid-undo--edited-text (chat turn hunk)
  "The diff that was applied instead of HUNK of answer TURN in CHAT, or nil."
  (with-current-buffer chat
    (save-excursion
      (save-restriction
        (widen)
        (pcase-let ((`(,beg . ,end) (aid-chat-answer-body turn)))
          (goto-char beg)
          (when (re-search-forward (format " %s=edited:\\(e[0-9]+\\)" (aid-hunk-id hunk)) end t)
            (let ((name (match-string 1)) lines)
              (when (re-search-forward (format "^<!--aid:%s edited %s-->\n"
                                               (regexp-quote (aid-chat-key)) name)
                                       end t)
                (while (looking-at "> ?\\(.*\n\\)")
                  (push (match-string-no-properties 1) lines)
                  (forward-line 1))
                (apply #'concat (nreverse lines))))))))))

(defun aid-undo--reverse-file (root file hunk)
  "Apply FILE of a reverse plan under ROOT, made for HUNK.  Give nil or a reason."
  (let ((refused (seq-find (lambda (h) (not (member (plist-get h :status)
                                                    '("applied" "left-out"))))
                           (plist-get file :hunks))))
    (cond
     ((not (equal (plist-get file :status) "applied"))
      (or (plist-get refused :reason) (plist-get file :reason)))
     (refused (or (plist-get refused :reason)
                  (format "%s does not hold this change" (aid-hunk-path hunk))))
     (t
      (pcase (plist-get file :op)
        ("delete" (aid-apply-delete root (plist-get file :path)))
        ("create" (aid-undo--recreate root file))
        ("rename" (aid-apply-rename root (plist-get file :old_path) (plist-get file :path)))
        (_ (aid-apply-modify root (plist-get file :path)
                             (cl-loop for h in (plist-get file :hunks)
                                      append (plist-get h :edits)))))
      nil))))

(defun aid-undo--recreate (root file)
  "Bring back the deleted FILE of a reverse plan under ROOT, saved."
  (let ((record (aid-apply-create root (plist-get file :path) (plist-get file :text))))
    (with-current-buffer (find-buffer-visiting (aid-apply-record-file record))
      (make-directory (file-name-directory buffer-file-name) t)
      (save-buffer))))

(defun aid-undo--by-placing (review hunk)
  "Take HUNK of REVIEW back by placing its reverse.  Give nil or a reason."
  (condition-case err
      (let* ((edited (and (eq (aid-hunk-state hunk) 'edited)
                          (aid-undo--edited-text (aid-review-chat review)
                                                 (aid-review-turn review) hunk)))
             (text (or edited (aid-review-text review)))
             (patch (if edited (aid--mod-patch-read text) (aid-review-patch review)))
             (plan (aid-apply-plan text patch (aid-review-root review) :reverse t
                                   :only (if edited '(0) (and (aid-hunk-index hunk)
                                                              (list (aid-hunk-index hunk))))))
             (file (nth (if edited 0 (aid-hunk-file hunk)) (plist-get plan :files))))
        (aid-undo--reverse-file (aid-review-root review) file hunk))
    (error (error-message-string err))))

(defun aid-undo--hunk (review hunk)
  "Take back what HUNK of REVIEW did.  Give nil or a reason."
  (let ((why (aid-undo--by-record hunk)))
    (when (eq why 'gone)
      (setq why (aid-undo--by-placing review hunk)))
    (unless why
      (setf (aid-hunk-state hunk) nil (aid-hunk-record hunk) nil
            (aid-hunk-rename hunk) nil (aid-hunk-edit hunk) nil))
    why))

(defun aid-undo--applied (review)
  "The hunks of REVIEW that were applied, the last first."
  (reverse (seq-filter (lambda (h) (memq (aid-hunk-state h) '(accepted edited)))
                       (append (aid-review-hunks review) nil))))

(defun aid-undo--last-applied ()
  "The number of the last answer here of which hunks were applied, or nil."
  (seq-find (lambda (turn)
              (seq-some (lambda (known) (memq (cdr known) '(accepted edited)))
                        (aid-decisions-read (current-buffer) turn)))
            (reverse (aid-chat-answers))))

;;;###autoload
(defun aid-undo-answer (&optional turn)
  "Take back every change that an answer made, over all its files.
In a chat it is the answer at point when hunks of it were applied, else the
last such answer; elsewhere the last one of the project's chat.  With TURN,
that answer.  Places that were edited since are left alone and listed."
  (interactive)
  (with-current-buffer (aid-chat-at-hand)
    (let* ((here (or turn (aid-chat-answer-at)))
           (turn (or turn
                     (and here
                          (seq-some (lambda (k) (memq (cdr k) '(accepted edited)))
                                    (aid-decisions-read (current-buffer) here))
                          here)
                     (aid-undo--last-applied)
                     (user-error "No answer's hunks were applied in this chat")))
           (review (or (aid-undo--live-review (current-buffer) turn)
                       (aid-review-of (current-buffer) turn)))
           (hunks (aid-undo--applied review))
           (whys (delq nil (mapcar (lambda (h) (aid-undo--hunk review h)) hunks))))
      (aid-decisions-write (current-buffer) turn (aid-review-hunks review))
      (setf (aid-review-history review) nil)
      (if whys
          (message "%d of %d taken back; left alone:\n%s"
                   (- (length hunks) (length whys)) (length hunks)
                   (string-join (delete-dups whys) "\n"))
        (message "Took back %d hunk%s of answer %d" (length hunks)
                 (if (= 1 (length hunks)) "" "s") turn)))))

(provide 'aid-undo)
;;; aid-undo.el ends here
