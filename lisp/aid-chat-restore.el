;;; aid-chat-restore.el --- Answers that Emacs had not saved  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core keeps a journal of each answer that arrives.  One that is still there
;; when its chat is opened belongs to an Emacs that was killed: what it holds is
;; put into the chat.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-meanwhile)

(defun aid-chat--fence-left-open (beg end)
  "What closes the block of code that is left open from BEG to END, or nil."
  (save-excursion
    (goto-char beg)
    (let (open)
      (while (re-search-forward "^ \\{0,3\\}\\(```+\\|~~~+\\)\\(.*\\)$" end t)
        (let ((fence (match-string-no-properties 1)) (rest (match-string-no-properties 2)))
          (cond ((not open) (setq open fence))
                ((and (string-prefix-p open fence) (string-blank-p rest)) (setq open nil)))))
      open)))

(defun aid-chat--asked-as (number request)
  "Which alternative of answer NUMBER came by REQUEST, 0 for the answer, or nil."
  (cl-loop for turn in (append (aid-chat-turns 'answer) (aid-chat-turns 'alternative))
           for sub = (plist-get turn :sub)
           when (and (= (plist-get turn :number) number)
                     (equal (cdr (assoc "req" (aid-chat-meta number sub))) request))
           return sub))

(defun aid-chat--restore-one (journal)
  "Put the text of JOURNAL into the answer that it belongs to.
Give non-nil when there is such an answer and it had not ended."
  (let* ((number (plist-get journal :turn))
         (sub (aid-chat--asked-as number (plist-get journal :req))))
    (when (and sub (equal (cdr (assoc "state" (aid-chat-meta number sub))) "streaming"))
      (let* ((body (aid-chat-answer-body number sub))
             (text (string-trim-right (or (plist-get journal :text) "")))
             (beg (car body))
             (end (aid-chat--replace beg (cdr body) (concat "\n" text "\n")))
             (fence (aid-chat--fence-left-open beg end)))
        (when fence
          (setq end (aid-chat--replace end end
                                       (concat fence "\n" (aid-chat--marker "end closed=fence")
                                               "\n"))))
        (aid-chat--replace end end "\n")
        (aid-chat-meta-set number "state" (if (string-empty-p text) "failed" "cut") sub)
        t))))

(defun aid-chat-restore (journals)
  "Bring back what arrived in this chat but was not saved, from its JOURNALS."
  (let ((restored 0))
    (dolist (journal journals)
      (when (save-restriction (widen) (aid-chat--restore-one journal))
        (setq restored (1+ restored)))
      (push (plist-get journal :req) aid-chat--journals))
    (cond ((> restored 0)
           (message "%d answer%s brought back that Emacs had not saved"
                    restored (if (= restored 1) " was" "s were")))
          ((not (buffer-modified-p)) (aid-chat--remove-journals)))))

(provide 'aid-chat-restore)
;;; aid-chat-restore.el ends here
