;;; aid-context-stale.el --- What has changed since it was sent  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What was sent stays as it was sent, so that the conversation is true and the
;; server's cache holds.  When a file has changed since, its line in the chat
;; says so.  The core compares, by the file's size and times first, on its own
;; threads; what only Emacs knows, an unsaved buffer, goes there as text.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-context)

(declare-function aid-chat-root "aid-chat" ())
(declare-function aid--on-event-here "aid-module" (id function))
(declare-function aid--mod-stale-soon "ext:aid-module" (doc dir root buffers))
(declare-function aid-chat-doc "aid-chat-text" ())
(declare-function aid-chat--idle-in "aid-chat-text" (seconds))
(declare-function aid-chat--says-p "aid-chat" (&rest strings))

(defvar aid-context-stale-functions nil
  "Functions called in a chat when what has changed since it was sent is known.")

(defvar-local aid-context-stale--states nil
  "The states of what was sent and is not the same, or nil before it was looked at.
A hash table: (TARGET . HASH) to a symbol.")

(defvar-local aid-context-stale--asked nil
  "Whether the core is comparing what was sent from this chat.")

(defun aid-context-stale--edited ()
  "The files that this chat may name and whose buffers are not saved: (PATH TEXT)."
  (cl-loop for buffer in (buffer-list)
           for file = (buffer-file-name buffer)
           when (and file (not (eq buffer (current-buffer))) (buffer-modified-p buffer)
                     (not (file-remote-p file))
                     (aid-chat--says-p (aid-context--encode (file-name-nondirectory file))))
           collect (list (expand-file-name file)
                         (with-current-buffer buffer
                           (save-restriction
                             (widen)
                             (buffer-substring-no-properties (point-min) (point-max)))))))

(defun aid-context-stale--note (states)
  "Note STATES, each (TARGET SENT STATE), and show what is new."
  (let ((table (make-hash-table :test #'equal)) (old aid-context-stale--states))
    (pcase-dolist (`(,target ,sent ,state) states)
      (puthash (cons target sent) state table))
    (setq aid-context-stale--states table)
    (unless (and old (= (hash-table-count table) (hash-table-count old))
                 (cl-loop for key being the hash-keys of table using (hash-values state)
                          always (eq state (gethash key old))))
      (save-restriction
        (widen)
        (jit-lock-refontify)))
    (run-hooks 'aid-context-stale-functions)))

(defun aid-context-stale-check ()
  "Have the core find out what has changed since it was sent from this chat."
  (unless (or aid-context-stale--asked (file-remote-p default-directory))
    (when-let ((doc (aid-chat-doc)))
      (setq aid-context-stale--asked
            (aid--mod-stale-soon doc (expand-file-name default-directory) (aid-chat-root)
                                 (aid-context-stale--edited)))
      (aid--on-event-here aid-context-stale--asked
                          (lambda (kind val)
                            (setq aid-context-stale--asked nil)
                            (when (eq kind 'result)
                              (aid-context-stale--note (append (plist-get val :states) nil))))))))

(defun aid-context-stale-state (target sent)
  "The state of TARGET that was SENT: `changed', `gone', `same' or `unknown'.
It is nil as long as nobody has looked."
  (and aid-context-stale--states
       (gethash (cons target sent) aid-context-stale--states 'same)))

;;; When

(defvar aid-context-stale--timer nil
  "The timer that is going to look at the chats on screen, or nil.")

(defun aid-context-stale--look ()
  "Look at the chats on screen."
  (setq aid-context-stale--timer nil)
  (dolist (buffer (delete-dups (mapcar #'window-buffer (window-list-1 nil 'nomini 'visible))))
    (with-current-buffer buffer
      (when (derived-mode-p 'aid-chat-mode)
        (aid-context-stale-check)))))

(defun aid-context-stale-soon (&rest _)
  "Look at the chats on screen when Emacs is next idle."
  (unless aid-context-stale--timer
    (setq aid-context-stale--timer (run-with-idle-timer (aid-chat--idle-in 0.5) nil #'aid-context-stale--look))))

(defun aid-context-stale-watch ()
  "Look at this chat when it is shown, and when files are saved or read anew."
  (add-hook 'window-selection-change-functions #'aid-context-stale-soon nil t)
  (add-hook 'window-buffer-change-functions #'aid-context-stale-soon nil t)
  (add-hook 'after-save-hook #'aid-context-stale-soon)
  (add-hook 'after-revert-hook #'aid-context-stale-soon)
  (aid-context-stale-soon))

(provide 'aid-context-stale)
;;; aid-context-stale.el ends here
