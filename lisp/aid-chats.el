;;; aid-chats.el --- List and reopen chats  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; All chats under `aid-chat-directory', the newest first.

;;; Code:

(require 'aid-chat)
(require 'tabulated-list)

(defvar aid-chat-directory)

(defun aid-chats--title (file)
  "The title of the chat in FILE, from its first lines."
  (with-temp-buffer
    (insert-file-contents file nil 0 2000)
    (goto-char (point-min))
    (if (re-search-forward "^# \\(.+\\)$" nil t)
        (match-string 1)
      "(no title)")))

(defun aid-chats--project (file)
  "The project that the chat FILE belongs to."
  (replace-regexp-in-string
   "-[[:xdigit:]]\\{8\\}\\'" ""
   (file-name-nondirectory (directory-file-name (file-name-directory file)))))

(defun aid-chats--files ()
  "All chat files, the newest first."
  (when (file-directory-p aid-chat-directory)
    (sort (directory-files-recursively aid-chat-directory "\\.aid\\.md\\'")
          #'file-newer-than-file-p)))

(defun aid-chats--entries ()
  "The rows of the list."
  (mapcar (lambda (file)
            (let ((time (file-attribute-modification-time (file-attributes file))))
              (list file
                    (vector (format-time-string "%F %R" time)
                            (aid-chats--project file)
                            (aid-chats--title file)))))
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

(defun aid-chats-open ()
  "Open the chat on this line."
  (interactive)
  (find-file (aid-chats--file)))

(defun aid-chats-open-other-window ()
  "Open the chat on this line in another window."
  (interactive)
  (find-file-other-window (aid-chats--file)))

(defun aid-chats-delete ()
  "Delete the chat on this line, after a question."
  (interactive)
  (let ((file (aid-chats--file)))
    (when (yes-or-no-p (format "Delete the chat \"%s\"? " (aid-chats--title file)))
      (when-let ((buffer (find-buffer-visiting file)))
        (kill-buffer buffer))
      (delete-file file t)
      (revert-buffer))))

;;;###autoload
(defun aid-chats ()
  "List the chats."
  (interactive)
  (let ((buffer (get-buffer-create "*aid-chats*")))
    (with-current-buffer buffer
      (aid-chats-mode)
      (tabulated-list-print))
    (pop-to-buffer buffer)))

(provide 'aid-chats)
;;; aid-chats.el ends here
