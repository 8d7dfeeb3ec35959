;;; aid-chats.el --- List and reopen chats  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; All chats under `aid-chat-directory', those that were moved into this project
;; (`aid-chat-project-directory'), and those that are open, the newest first.

;;; Code:

(require 'aid-chat)
(require 'aid-context)
(require 'cl-lib)
(require 'tabulated-list)

(defun aid-chats--head (file)
  "The title of the chat in FILE and its project's root or nil, as a cons."
  (with-temp-buffer
    (insert-file-contents file nil 0 2000)
    (setq default-directory (file-name-directory file))
    (goto-char (point-min))
    (cons (if (re-search-forward "^# \\(.+\\)$" nil t)
              (match-string 1)
            "(no title)")
          (aid-chat-root))))

(defun aid-chats--project (file root)
  "The name of the project with ROOT that the chat FILE belongs to.
In AID's own folder that of its folder tells, also when the project is gone."
  (if (and root (not (file-in-directory-p file aid-chat-directory)))
      (file-name-nondirectory (directory-file-name root))
    (replace-regexp-in-string
     "-[[:xdigit:]]\\{8\\}\\'" ""
     (file-name-nondirectory (directory-file-name (file-name-directory file))))))

(defun aid-chats--in-project ()
  "The chats that are in the project here."
  (let ((folder (expand-file-name aid-chat-project-directory (aid-project-root))))
    (when (file-directory-p folder)
      (directory-files folder t aid-chat-file-regexp))))

(defun aid-chats--files ()
  "All chat files, the newest first."
  (sort (delete-dups
         (append (and (file-directory-p aid-chat-directory)
                      (directory-files-recursively aid-chat-directory aid-chat-file-regexp))
                 (aid-chats--in-project)
                 (cl-remove-if-not (lambda (file) (and file (file-exists-p file)))
                                   (mapcar #'buffer-file-name (aid-chat--live-chats)))))
        #'file-newer-than-file-p))

(defun aid-chats--entries ()
  "The rows of the list."
  (mapcar (lambda (file)
            (let ((time (file-attribute-modification-time (file-attributes file)))
                  (head (aid-chats--head file)))
              (list file
                    (vector (format-time-string "%F %R" time)
                            (aid-chats--project file (cdr head))
                            (car head)))))
          (aid-chats--files)))

(defvar aid-chats-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'aid-chats-open)
    (define-key map (kbd "o") #'aid-chats-open-other-window)
    (define-key map (kbd "d") #'aid-chats-delete)
    (define-key map [mouse-2] #'aid-chats-open)
    map)
  "Keys in the list of chats.")

(define-derived-mode aid-chats-mode tabulated-list-mode "AID-Chats"
  "The chats; \\<aid-chats-mode-map>\\[aid-chats-open] opens one."
  :group 'aid
  (setq tabulated-list-format [("Changed" 17 t) ("Project" 20 t) ("Title" 0 t)]
        tabulated-list-entries #'aid-chats--entries
        tabulated-list-sort-key '("Changed" . t))
  (tabulated-list-init-header))

(defun aid-chats--file ()
  "The chat file on this line."
  (or (tabulated-list-get-id) (user-error "There is no chat on this line")))

(defun aid-chats-open (&optional event)
  "Open the chat on this line, or on the one that was clicked on with EVENT."
  (interactive (list last-nonmenu-event))
  (when (mouse-event-p event)
    (mouse-set-point event))
  (find-file (aid-chats--file)))

(defun aid-chats-open-other-window ()
  "Open the chat on this line in another window."
  (interactive)
  (find-file-other-window (aid-chats--file)))

(defun aid-chats-delete ()
  "Delete the chat on this line, after a question."
  (interactive)
  (let ((file (aid-chats--file)))
    (when (yes-or-no-p (format "Delete the chat \"%s\"? " (car (aid-chats--head file))))
      (let ((buffer (find-buffer-visiting file)))
        (when (or (not buffer) (kill-buffer buffer))
          (delete-file file t)
          (revert-buffer))))))

;;;###autoload
(defun aid-chats ()
  "List the chats."
  (interactive)
  (let ((buffer (get-buffer-create "*aid-chats*"))
        (root (aid-project-root)))
    (with-current-buffer buffer
      (setq default-directory root)
      (aid-chats-mode)
      (tabulated-list-print))
    (pop-to-buffer buffer)))

(provide 'aid-chats)
;;; aid-chats.el ends here
