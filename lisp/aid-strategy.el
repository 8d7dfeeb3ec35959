;;; aid-strategy.el --- How a question is asked  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A strategy is a Markdown file: the system prompt, how changes are to be
;; written, and which context goes with a question.  The core finds and reads
;; them; here they are chosen and edited.  Their context: aid-recipe.el.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-in-force)

(declare-function aid-chat-keep "aid-chat-text" (key value))
(declare-function aid--mod-strategies "ext:aid-module" (root))
(declare-function aid--mod-strategy-text "ext:aid-module" (name root))
(declare-function aid--mod-strategy-check "ext:aid-module" (file root))
(declare-function aid--mod-config-store "ext:aid-module" (root key value))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-project-root "aid-project" ())
(declare-function aid-chat-set "aid-chat" (variable value))
(declare-function aid-chat--live-chats "aid-chat" ())
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat-keep "aid-chat-text" (key value))
(declare-function aid-chat-head-update "aid-chat-head" ())
(autoload 'aid-read-affixation "aid-read")
(autoload 'aid-read-scope "aid-read")

;;; Choosing

(defun aid-strategy-names (root)
  "The names of the strategies that can be chosen in ROOT."
  (mapcar (lambda (info) (plist-get info :name)) (aid--mod-strategies root)))

(defun aid-strategy--note (info)
  "What a completion list is to say of the strategy INFO."
  (concat "  " (or (plist-get info :error) (plist-get info :description) "")
          (propertize (format "  %s" (plist-get info :origin)) 'face 'shadow)
          (if (plist-get info :variant_of)
              (propertize (format ", instead of %s in %s" (plist-get info :variant_of)
                                  (string-join (plist-get info :languages) ", "))
                          'face 'shadow)
            "")))

(defun aid-strategy-table (root)
  "A completion table of the strategies of ROOT, with notes on what they are for.
Those whose answer programs read are not offered, but can be named."
  (let* ((all (aid--mod-strategies root))
         (offered (cl-loop for info in all
                           unless (plist-get info :schema) collect (plist-get info :name)))
         (names (mapcar (lambda (info) (plist-get info :name)) all))
         (note (lambda (name)
                 (aid-strategy--note (cl-loop for info in all
                                              when (equal (plist-get info :name) name)
                                              return info)))))
    (lambda (string predicate action)
      (if (eq action 'metadata)
          `(metadata (category . aid-strategy) (affixation-function . ,(aid-read-affixation note))
                     (annotation-function . ,note))
        (complete-with-action action (if (eq action 'lambda) names offered) string predicate)))))

(defun aid-strategy-read (prompt root &optional any)
  "Read the name of a strategy of ROOT with PROMPT, or nil for no name.
With ANY, a name that there is none of will do."
  (let ((name (completing-read prompt (aid-strategy-table root) nil (not any))))
    (unless (string-empty-p name)
      name)))

(defun aid-strategy--forget ()
  "Have this chat, if it is one, no strategy of its own."
  (kill-local-variable 'aid-strategy)
  (when (derived-mode-p 'aid-chat-mode)
    (aid-chat-keep "strategy" nil)))

(defun aid-strategy--set-project (root name)
  "Make strategy NAME the default of the project at ROOT."
  (when (file-remote-p root)
    (user-error "Settings of a remote project are not written"))
  (aid--mod-config-store (directory-file-name root) "strategy" name)
  (aid-strategy--forget))

;;;###autoload
(defun aid-set-strategy (strategy &optional scope)
  "Use STRATEGY in this chat; outside of a chat, in this session.
With nil, or no name, it is the one that is configured.  With a prefix argument
ask for the SCOPE: `chat' keeps it in the chat's file, `project' makes it the
default of the project, in its .aid/config.json, and `everywhere' yours, which
is saved.  \"/NAME\" at the beginning of a question is for that question alone."
  (interactive (progn (aid-module-ensure)
                      (require 'aid-context)
                      (let ((scope (and current-prefix-arg (aid-read-scope 'aid-strategy))))
                        (list (aid-strategy-read "Strategy: " (aid-project-root)) scope))))
  (require 'aid-chat)
  (require 'aid-context)
  (pcase scope
    ('project (aid-strategy--set-project (aid-project-root) strategy))
    ('everywhere (aid-strategy--forget)
                 (customize-save-variable 'aid-strategy strategy))
    (_ (aid-chat-set 'aid-strategy strategy)
       (when (derived-mode-p 'aid-chat-mode)
         (aid-chat-keep "strategy" strategy))))
  (aid-strategy--note-chosen)
  (aid-strategy--refresh-all)
  (aid-strategy--tell strategy scope))

(defun aid-strategy--note-chosen ()
  "Note that a strategy was chosen, in the chats that use it.
That is this one when it has its own, else each that has none."
  (dolist (chat (if (and (derived-mode-p 'aid-chat-mode) (local-variable-p 'aid-strategy))
                    (list (current-buffer))
                  (cl-loop for chat in (aid-chat--live-chats)
                           unless (local-variable-p 'aid-strategy chat) collect chat)))
    (with-current-buffer chat
      (setq aid-strategy--chosen (car (last (aid-chat-answers)))))))

(defun aid-strategy--refresh-all ()
  "Have all chats show the strategy in force."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (derived-mode-p 'aid-chat-mode)
        (aid-strategy-refresh)
        (aid-chat-head-update)))))

(defun aid-strategy--tell (strategy scope)
  "Say what became of setting STRATEGY in SCOPE."
  (let ((used (and (derived-mode-p 'aid-chat-mode) (plist-get aid-strategy--info :name))))
    (message "Strategy %s%s%s%s" (or strategy "as configured")
             (pcase scope
               ('project " in this project")
               ('everywhere " everywhere")
               (_ ""))
             (if (and used strategy (not (equal used strategy))) (format ", here %s" used) "")
             (if (and (eq scope 'project) aid-strategy)
                 (format "; here goes %s, which `aid-strategy' says" aid-strategy)
               ""))))

;;; Editing

(defun aid-strategy--folder (root)
  "The folder of the strategies of the project at ROOT, or of the user's when nil."
  (if root
      (expand-file-name ".aid/strategies/" root)
    (let ((config (getenv "XDG_CONFIG_HOME")))
      (expand-file-name "aid/strategies/"
                        (if (member config '(nil "")) "~/.config" config)))))

(defconst aid-strategy--skeleton
  "---
description: %s
edit-format: unified
context: [region, definition, siblings]
---
You help a programmer{{#if project}} in the project {{project}}{{/if}}.

{{> manner}}

{{edit_format}}
{{> instructions}}
"
  "What a new strategy begins with; its name is put in.")

(defun aid-strategy--check ()
  "Say what is wrong with the strategy in this buffer's file."
  (let ((wrong (aid--mod-strategy-check buffer-file-name
                                        (directory-file-name (aid-project-root)))))
    (aid-strategy--refresh-all)
    (message "%s" (if wrong (string-trim wrong) "The strategy is fine"))))

;;;###autoload
(defun aid-edit-strategy (name &optional project)
  "Edit the strategy NAME, or a new one.
One that came with AID is copied to your own folder first, where it stands in
front of the original; with a prefix argument, to the PROJECT's."
  (interactive (progn (aid-module-ensure)
                      (list (or (aid-strategy-read "Edit strategy: " (aid-project-root) t)
                                (user-error "No name"))
                            current-prefix-arg)))
  (aid-module-ensure)
  (unless (let ((case-fold-search nil)) (string-match-p "\\`[a-z0-9][a-z0-9-]*\\'" name))
    (user-error "A strategy's name has small letters, digits and hyphens"))
  (let* ((root (directory-file-name (aid-project-root)))
         (known (ignore-errors (aid--mod-strategy-text name root)))
         (file (plist-get known :file))
         (own (and file (file-name-absolute-p file))))
    (when (or (not own) (and project (not (file-in-directory-p file root))))
      (setq file (expand-file-name (concat name ".md") (aid-strategy--folder (and project root)))))
    (let ((new (not (file-exists-p file))))
      (when new
        (make-directory (file-name-directory file) t))
      (pop-to-buffer (find-file-noselect file))
      (when (and new (zerop (buffer-size)))
        (insert (or (plist-get known :text) (format aid-strategy--skeleton name)))
        (goto-char (point-min))
        (when known
          (message "A copy of the strategy %s; it is used once you save it" name))))
    (add-hook 'after-save-hook #'aid-strategy--check nil t)))

(provide 'aid-strategy)
;;; aid-strategy.el ends here
