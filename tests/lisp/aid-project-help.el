;;; aid-project-help.el --- Projects, and answers about them, for tests  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A project in a folder of its own with its chat beside it, into which answers
;; are written by the chat's own functions, as the core's events would.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-module-helper)
(require 'aid)
(require 'aid-chat)
(require 'aid-review)
(require 'aid-undo)

(declare-function aid--dispatch "aid-module" (event))

(defvar aid-project-root-folder nil "The project of the test that runs.")
(defvar aid-project-home nil "The folder around that project.")
(defvar aid-project--id 100000 "The last id of a request that was not made.")
(defvar aid-project--messages nil "What was said, the last first.")

(defun aid-project-file (name)
  "The absolute name of the project's file NAME."
  (expand-file-name name aid-project-root-folder))

(defun aid-project-write (name text)
  "Write TEXT into the project's file NAME."
  (make-directory (file-name-directory (aid-project-file name)) t)
  (let ((coding-system-for-write 'utf-8-unix))
    (write-region text nil (aid-project-file name) nil 'quiet)))

(defun aid-project-disk (name)
  "What the project's file NAME holds on disk, nil when it is not there."
  (when (file-exists-p (aid-project-file name))
    (with-temp-buffer
      (let ((coding-system-for-read 'utf-8-unix))
        (insert-file-contents (aid-project-file name)))
      (buffer-string))))

(defun aid-project-buffer (name)
  "The buffer of the project's file NAME, visited now if it is not."
  (find-file-noselect (aid-project-file name)))

(defun aid-project-text (name)
  "What the project's file NAME holds for the person: its buffer's text, or the file's."
  (if-let ((buffer (find-buffer-visiting (aid-project-file name))))
      (aid-apply-text buffer)
    (aid-project-disk name)))

(defun aid-project-kill-all ()
  "Kill all buffers of the test, as if Emacs had ended."
  (dolist (buffer (buffer-list))
    (when (or (buffer-local-value 'aid-review--this buffer)
              (string-prefix-p aid-project-home
                               (or (buffer-file-name buffer)
                                   (buffer-local-value 'default-directory buffer))))
      (with-current-buffer buffer
        (set-buffer-modified-p nil)
        (let (kill-buffer-query-functions)
          (when (get-buffer-process buffer)
            (set-process-query-on-exit-flag (get-buffer-process buffer) nil))
          (kill-buffer buffer))))))

(defun aid-project--call (files function)
  "Call FUNCTION in a project with FILES, an alist of names and texts."
  (let* ((aid-project-home (file-name-as-directory (file-truename (make-temp-file "aid-project" t))))
         (aid-project-root-folder (file-name-as-directory
                                   (expand-file-name "project" aid-project-home)))
         (aid-chat-directory (expand-file-name "chats/" aid-project-home))
         (process-environment (append (list (concat "HOME=" aid-project-home) "HGPLAIN=1"
                                            "GIT_CONFIG_GLOBAL=/dev/null" "GIT_CONFIG_SYSTEM=/dev/null")
                                      process-environment))
         (create-lockfiles nil) (make-backup-files nil) (auto-save-default nil)
         (vc-handled-backends '(Git Hg)) (aid-project--messages nil)
         (default-directory aid-project-root-folder))
    (make-directory aid-project-root-folder)
    (pcase-dolist (`(,name . ,text) files)
      (aid-project-write name text))
    (aid-module-ensure)
    (unwind-protect
        (funcall function)
      (aid-review-show-nothing)
      (aid-project-kill-all)
      (delete-other-windows)
      (switch-to-buffer "*scratch*")
      (delete-directory aid-project-home t))))

(defmacro aid-project-with (files &rest body)
  "Run BODY in a project with FILES, an alist of names and texts."
  (declare (indent 1))
  `(aid-project--call ,files (lambda () ,@body)))

(defmacro aid-project-said (&rest body)
  "Run BODY and give all that was said meanwhile, as one string."
  `(let ((aid-project--messages nil))
     (cl-letf (((symbol-function 'message)
                (lambda (format &rest args)
                  (when format (push (apply #'format-message format args) aid-project--messages)))))
       ,@body)
     (string-join (reverse aid-project--messages) "\n")))

(defun aid-project-run (&rest command)
  "Run COMMAND in the project and give its output; it must succeed."
  (with-temp-buffer
    (setq default-directory aid-project-root-folder)
    (let ((status (apply #'process-file (car command) nil t nil (cdr command))))
      (unless (eql status 0)
        (error "%s: %s" command (buffer-string)))
      (buffer-string))))

(defun aid-project-undo ()
  "Undo one step in this buffer."
  (let (last-command)
    (undo-boundary)
    (undo 1)))

;;; Chats

(defun aid-project-chat ()
  "A new chat of the project."
  (aid-chat-create aid-project-root-folder))

(defun aid-project-begin-answer (chat text)
  "Have CHAT ask something, of whose answer TEXT has come; give the request."
  (let ((id (cl-incf aid-project--id)))
    (cl-letf (((symbol-function 'aid--mod-ask) (lambda (_) id))
              ((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model"))))
      (aid-chat-ask chat "Please."))
    (aid--dispatch (list id 'text text 0 []))
    id))

(defun aid-project-end-answer (chat id)
  "Have the answer to request ID in CHAT end; give its number."
  (aid--dispatch (list id 'done (list :state "done" :meta "model=m req=r1 state=done")))
  (with-current-buffer chat
    (car (last (aid-chat-answers)))))

(defun aid-project-answer (chat text)
  "Have CHAT ask something that is answered by TEXT; give the answer's number."
  (with-current-buffer chat
    (aid-project-end-answer chat (aid-project-begin-answer chat text))))

(defun aid-project-diff (&rest lines)
  "LINES as a fenced diff."
  (concat "```diff\n" (string-join lines "\n") "\n```\n"))

(defun aid-project-review (text)
  "Have TEXT answered in a new chat and review it; give the chat.
The review's buffer is current afterwards."
  (let ((chat (aid-project-chat)))
    (aid-project-answer chat text)
    (with-current-buffer chat
      (aid-review))
    (set-buffer (window-buffer))
    chat))

(defun aid-project-key (keys)
  "Press KEYS in the selected window, as a person would."
  (set-buffer (window-buffer))
  (let ((binding (key-binding (kbd keys))))
    (unless (commandp binding)
      (error "%s is not bound" keys))
    (setq last-command-event (aref (kbd keys) (1- (length (kbd keys)))))
    (call-interactively binding)
    (set-buffer (window-buffer))))

(defun aid-project-states (chat &optional turn)
  "The states of the hunks of answer TURN, or the last, that CHAT's text has."
  (mapcar #'cdr (aid-decisions-read chat (or turn (with-current-buffer chat
                                                    (car (last (aid-chat-answers))))))))

(defun aid-project-lines (first last &optional format)
  "Lines FIRST to LAST, each its number by FORMAT."
  (mapconcat (lambda (n) (format (or format "line %d\n") n)) (number-sequence first last) ""))

(provide 'aid-project-help)
;;; aid-project-help.el ends here
