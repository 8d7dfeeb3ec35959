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
(require 'aid-chat-send)

(declare-function aid-chat-root "aid-chat" ())
(declare-function aid--on-event-here "aid-module" (id function))
(declare-function aid--mod-stale-soon "ext:aid-module" (dir root key items))

(defvar aid-context-stale-functions nil
  "Functions called in a chat when what has changed since it was sent is known.")

(defvar-local aid-context-stale--states nil
  "The state of what was sent, a hash table: (TARGET . HASH) to a symbol.")

(defvar-local aid-context-stale--asked nil
  "Whether the core is comparing what was sent from this chat.")

(defun aid-context-stale-sent-items ()
  "The items of this chat that were sent: a list of (POSITION TARGET HASH WORDS)."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (let (items)
        (while (search-forward " sent=" nil t)
          (forward-line 0)
          (when (and (looking-at aid-chat--item-line)
                     (equal (match-string 3) (aid-chat-key)))
            (let* ((target (match-string-no-properties 2))
                   (words (aid-chat--words (match-string-no-properties 4))))
              (push (list (point) target (aid-chat--word "sent" words) words) items)))
          (forward-line 1))
        (nreverse items)))))

(defun aid-context-stale--item-text (target)
  "The text of TARGET where only Emacs knows it: in a buffer that is not saved."
  (pcase (aid-context-parse-target target default-directory)
    (`(,file . ,_)
     (let ((buffer (and (not (file-remote-p file)) (get-file-buffer file))))
       (when (and buffer (buffer-modified-p buffer))
         (ignore-errors
           (aid-context--file-text target (file-name-as-directory
                                           (expand-file-name default-directory)))))))))

(defun aid-context-stale--question ()
  "What the core is to compare, as `aid--mod-stale-soon' wants it."
  (let (seen)
    (cl-loop for (_pos target sent) in (aid-context-stale-sent-items)
             for key = (cons target sent)
             unless (or (not sent) (member key seen)
                        (and (string-match-p "\\`\\(?:aid:\\|https?://\\)" target)
                             (not (string-prefix-p "aid:changes/" target)))
                        (file-remote-p (expand-file-name (aid-percent-decode target))))
             do (push key seen)
             and collect (list target sent (aid-context-stale--item-text target)))))

(defun aid-context-stale--note (items states)
  "Note STATES, of ITEMS as they were asked about, and show what is new."
  (let ((table (make-hash-table :test #'equal)) changed)
    (cl-loop for (target sent) in items for state in states
             do (puthash (cons target sent) state table))
    (unless (and aid-context-stale--states
                 (= (hash-table-count table) (hash-table-count aid-context-stale--states))
                 (cl-loop for key being the hash-keys of table using (hash-values state)
                          always (eq state (gethash key aid-context-stale--states))))
      (setq changed t))
    (let ((old aid-context-stale--states))
      (setq aid-context-stale--states table)
      (when changed
        (pcase-dolist (`(,pos ,target ,sent) (aid-context-stale-sent-items))
          (let ((key (cons target sent)))
            (unless (eq (gethash key table) (and old (gethash key old)))
              (aid-chat--refresh-line pos))))))
    (run-hooks 'aid-context-stale-functions)))

(defun aid-context-stale-check ()
  "Have the core find out what has changed since it was sent from this chat."
  (unless (or aid-context-stale--asked (file-remote-p default-directory))
    (when-let ((items (aid-context-stale--question)))
      (setq aid-context-stale--asked
            (aid--mod-stale-soon (expand-file-name default-directory) (aid-chat-root)
                                 (aid-chat-key) items))
      (aid--on-event-here aid-context-stale--asked
                          (lambda (kind val)
                            (setq aid-context-stale--asked nil)
                            (when (eq kind 'result)
                              (aid-context-stale--note items (append (plist-get val :states) nil))))))))

(defun aid-context-stale-state (target sent)
  "The state of TARGET that was SENT: `changed', `gone', `same', `unknown' or nil."
  (and aid-context-stale--states
       (gethash (cons target sent) aid-context-stale--states)))

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
    (setq aid-context-stale--timer (run-with-idle-timer 0.5 nil #'aid-context-stale--look))))

(defun aid-context-stale-watch ()
  "Look at this chat when it is shown, and when files are saved or read anew."
  (add-hook 'window-selection-change-functions #'aid-context-stale-soon nil t)
  (add-hook 'window-buffer-change-functions #'aid-context-stale-soon nil t)
  (add-hook 'after-save-hook #'aid-context-stale-soon)
  (add-hook 'after-revert-hook #'aid-context-stale-soon)
  (aid-context-stale-soon))

(provide 'aid-context-stale)
;;; aid-context-stale.el ends here
