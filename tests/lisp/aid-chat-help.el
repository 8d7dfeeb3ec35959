;;; aid-chat-help.el --- What the tests of chats share  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Chats in a folder of their own, whose requests are not made: the answers'
;; events are given to the chat just as the core would.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-chat)

(declare-function aid--mod-doc-text "ext:aid-module" (doc))
(declare-function aid--dispatch "aid-module" (event))

(defvar aid-chat-tests--asked nil "What was asked of the core, the last first.")
(defvar aid-chat-tests--cancelled nil "The requests that were cancelled.")
(defvar aid-chat-tests--id 1000000
  "The last request's id; the ids that the core itself gives are far below.")

(defmacro aid-chat-tests-with (chat &rest body)
  "Run BODY in a new chat, bound to CHAT, of a project in a folder of its own."
  (declare (indent 1))
  `(let* ((home (file-name-as-directory (make-temp-file "aid-chat-tests" t)))
          (project (file-name-as-directory (expand-file-name "project" home)))
          (aid-chat-directory (expand-file-name "chats/" home))
          (aid-answer-done-functions nil)
          (aid-model nil) (aid-strategy nil)
          (create-lockfiles nil)
          (aid-chat-tests--asked nil) (aid-chat-tests--cancelled nil)
          (process-environment (cons (concat "XDG_STATE_HOME=" home) process-environment))
          ,chat)
     (ignore ,chat)
     (make-directory project)
     (with-temp-file (expand-file-name "a.c" project)
       (insert "int a;\nint b;\n"))
     (aid-module-ensure)
     (unwind-protect
         (cl-letf (((symbol-function 'aid--mod-ask)
                    (lambda (plist)
                      (push (append (list :text (aid--mod-doc-text (plist-get plist :doc))) plist)
                            aid-chat-tests--asked)
                      (cl-incf aid-chat-tests--id)))
                   ((symbol-function 'aid--mod-model-info)
                    (lambda (id &rest _) (list :id (or id "some-model"))))
                   ((symbol-function 'aid--mod-cancel)
                    (lambda (id) (push id aid-chat-tests--cancelled))))
           (setq ,chat (aid-chat-create project))
           (with-current-buffer ,chat
             (buffer-enable-undo)
             ,@body))
       (aid-chat-tests--clean home))))

(defun aid-chat-tests--clean (home)
  "Kill what was opened below HOME, and remove it."
  (dolist (buffer (buffer-list))
    (when (and (buffer-file-name buffer) (file-in-directory-p (buffer-file-name buffer) home))
      (with-current-buffer buffer
        (set-buffer-modified-p nil)
        (let (kill-buffer-query-functions)
          (kill-buffer buffer)))))
  (delete-directory home t))

(defun aid-chat-tests-event (&rest event)
  "Have EVENT happen to the answer that is arriving in this chat."
  (aid--dispatch (cons (aid-chat-stream-id aid-chat--stream) event)))

(defun aid-chat-tests-text (text)
  "Have TEXT arrive."
  (aid-chat-tests-event 'text text 0 []))

(defun aid-chat-tests-done (&rest more)
  "Have the answer end well; MORE is for the event."
  (aid-chat-tests-event 'done (append more (list :state "done" :meta "model=m req=r1 state=done"))))

(defun aid-chat-tests-ask (question)
  "Write QUESTION into the open question and send it."
  (goto-char (cdr (aid-chat-open-question)))
  (insert question)
  (aid-chat-send))

(defun aid-chat-tests-key (string)
  "STRING with KEY replaced by this chat's key."
  (string-replace "KEY" (aid-chat-key) string))

(defun aid-chat-tests-open (name text)
  "Visit a file NAME with TEXT, in the chats' folder, and give its buffer."
  (let ((file (expand-file-name name aid-chat-directory)))
    (make-directory aid-chat-directory t)
    (let ((coding-system-for-write 'utf-8-unix))
      (write-region text nil file nil 'quiet))
    (find-file-noselect file)))

(defun aid-chat-tests-visible (beg end)
  "The text from BEG to END as one sees it, without what is hidden."
  (aid-chat-fontify beg end)
  (let ((pos beg) (seen ""))
    (while (< pos end)
      (let ((next (next-char-property-change pos end))
            (display (get-char-property pos 'display)))
        (cond ((invisible-p pos))
              ((stringp display)
               (setq seen (concat seen display)
                     next (next-single-char-property-change pos 'display nil end)))
              ((consp display) (setq seen (concat seen "|")))
              (t (setq seen (concat seen (buffer-substring-no-properties pos next)))))
        (setq pos next)))
    seen))

(provide 'aid-chat-help)
;;; aid-chat-help.el ends here
