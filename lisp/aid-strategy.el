;;; aid-strategy.el --- How a question is asked  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A strategy is a Markdown file: the system prompt, how changes are to be
;; written, and which context goes with a question.  The core finds and reads
;; them; here they are chosen, edited, and their context is put into the chat
;; as lines that one can see and delete.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-percent)
(require 'aid-model)

(declare-function aid--mod-strategies "ext:aid-module" (root))
(declare-function aid--mod-strategy-info "ext:aid-module" (name doc root exact))
(declare-function aid--mod-strategy-text "ext:aid-module" (name root))
(declare-function aid--mod-strategy-check "ext:aid-module" (file root))
(declare-function aid--mod-config-store "ext:aid-module" (root key value))
(declare-function aid--mod-recipe "ext:aid-module" (name doc root dir))
(declare-function aid--mod-tokens "ext:aid-module" (text))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-project-root "aid-context" ())
(declare-function aid-context--file-target "aid-context" (dir file &optional first last))
(declare-function aid-context--diff-text "aid-context" ())
(declare-function aid-append-diff "aid-append" ())
(declare-function aid-errors-text "aid-errors" (&optional path))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-doc "aid-chat-text" ())
(declare-function aid-chat-set "aid-chat" (variable value))
(declare-function aid-chat--own-p "aid-chat" ())
(declare-function aid-chat--live-chats "aid-chat" ())
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat--replace "aid-chat-text" (beg end text))
(declare-function aid-chat--word "aid-chat-text" (key words))
(declare-function aid-chat--words "aid-chat-text" (words))
(declare-function aid-chat-add-item "aid-chat-send" (chat label target &optional words))
(declare-function aid-chat--open-items "aid-chat-head" ())
(declare-function aid-chat--target-cost "aid-chat-head" (target))
(declare-function aid-chat-head-update "aid-chat-head" ())
(declare-function aid-chat--open-turn "aid-chat-send" ())

(defvar aid-append-chat)
(defvar aid-chat--allowed)

(defcustom aid-strategy-variants t
  "Whether a strategy's variant for the files' language is used in its place.
A question about OCaml by `edit' is then asked by `edit-ocaml'."
  :type 'boolean
  :group 'aid)

(defcustom aid-recipe-automatic t
  "Whether the context that a strategy asks for is added by itself.
It is added when something is appended and, what is missing then, when the
question is sent.  With nil only `aid-append-recipe' adds it."
  :type 'boolean
  :group 'aid)

;;; Which is in force

(defvar-local aid-strategy--info nil
  "What was last found out of the strategy in force in this chat.")

(defvar-local aid-strategy--chosen nil
  "The last answer that was there when this chat's strategy was chosen, or nil.")

(defun aid-strategy-info (&optional name)
  "What is known of the strategy in force in this chat: a plist.
NAME is a strategy to be used instead of the one that is set."
  (aid--mod-strategy-info (or name aid-strategy) (aid-chat-doc) (aid-chat-root)
                          (not aid-strategy-variants)))

(defun aid-strategy-refresh ()
  "Find out which strategy is in force in this chat."
  (setq aid-strategy--info (ignore-errors (aid-strategy-info))))

(defconst aid-strategy--head-map
  (let ((map (make-sparse-keymap)))
    (define-key map [header-line mouse-1] #'aid-set-strategy)
    (define-key map [header-line mouse-2] #'aid-set-strategy)
    map)
  "Keymap of the strategy in the header line.")

(defun aid-strategy-head ()
  "The strategy in force, as the header line shows it."
  (let ((name (or (plist-get aid-strategy--info :name) aid-strategy))
        (err (plist-get aid-strategy--info :error)))
    (if (not name)
        ""
      (concat " "
              (propertize (format (if err "[%s: broken]" "[%s]") name)
                          'face (and err 'error) 'mouse-face 'highlight
                          'help-echo (or err (concat (plist-get aid-strategy--info :description)
                                                     "\nmouse-1: another strategy"))
                          'local-map aid-strategy--head-map)))))

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
  "A completion table of the strategies of ROOT, with notes on what they are for."
  (let* ((all (aid--mod-strategies root))
         (names (mapcar (lambda (info) (plist-get info :name)) all))
         (note (lambda (name)
                 (aid-strategy--note (cl-loop for info in all
                                              when (equal (plist-get info :name) name)
                                              return info)))))
    (lambda (string predicate action)
      (if (eq action 'metadata)
          `(metadata (category . aid-strategy) (annotation-function . ,note))
        (complete-with-action action names string predicate)))))

(defun aid-strategy-read (prompt root &optional any)
  "Read the name of a strategy of ROOT with PROMPT, or nil for no name.
With ANY, a name that there is none of will do."
  (let ((name (completing-read prompt (aid-strategy-table root) nil (not any))))
    (unless (string-empty-p name)
      name)))

;; A chat keeps the strategy that was chosen for it in its first line.

(defconst aid-strategy--first-line "<!--aid:[[:alnum:]]+ chat\\([^\n]*?\\)-->"
  "Matches the first line of a chat; its words are in the first group.")

(defun aid-strategy--keep (name)
  "Write NAME into this chat's first line; with nil, have no strategy there."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (when (looking-at aid-strategy--first-line)
        (let* ((beg (match-beginning 1)) (end (match-end 1))
               (words (match-string-no-properties 1))
               (new (concat (replace-regexp-in-string " +strategy=[^ ]*" "" words)
                            (if name (concat " strategy=" name) ""))))
          (unless (equal new words)
            (aid-chat--replace beg end new)))))))

(defun aid-strategy-restore ()
  "Use the strategy that this chat keeps, if this person wrote the chat."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (when (and (aid-chat--own-p) (looking-at aid-strategy--first-line))
        (when-let ((name (aid-chat--word "strategy" (aid-chat--words
                                                     (match-string-no-properties 1)))))
          (setq-local aid-strategy name))))))

(defconst aid-strategy--scopes
  '(("chat" "this chat alone, for good")
    ("project" "everybody's default in this project: .aid/config.json")
    ("everywhere" "your default: the option `aid-strategy', saved"))
  "Where a choice may hold, and what to say of it.")

(defun aid-strategy--read-scope ()
  "Ask where a choice is to hold; give the scope as a symbol."
  (let ((completion-extra-properties
         (list :annotation-function
               (lambda (name) (concat "  " (cadr (assoc name aid-strategy--scopes)))))))
    (intern (completing-read "Use it in: "
                             (mapcar #'car (if (derived-mode-p 'aid-chat-mode)
                                               aid-strategy--scopes
                                             (cdr aid-strategy--scopes)))
                             nil t))))

(defun aid-strategy--forget ()
  "Have this chat, if it is one, no strategy of its own."
  (kill-local-variable 'aid-strategy)
  (when (derived-mode-p 'aid-chat-mode)
    (aid-strategy--keep nil)))

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
                      (let ((scope (and current-prefix-arg (aid-strategy--read-scope))))
                        (list (aid-strategy-read "Strategy: " (aid-project-root)) scope))))
  (require 'aid-chat)
  (require 'aid-context)
  (pcase scope
    ('project (aid-strategy--set-project (aid-project-root) strategy))
    ('everywhere (aid-strategy--forget)
                 (customize-save-variable 'aid-strategy strategy))
    (_ (aid-chat-set 'aid-strategy strategy)
       (when (derived-mode-p 'aid-chat-mode)
         (aid-strategy--keep strategy))))
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

;;; The context that a strategy asks for

(defvar-local aid-recipe--offered nil
  "The open question's number, and the targets that were added to it already.
What one has deleted is not added again.")

(defvar aid-recipe--adding nil
  "Whether context is being added by a strategy.")

(defun aid-recipe--add (label target why)
  "Add the context line LABEL for TARGET to this chat, for WHY, unless it was once."
  (let ((number (plist-get (aid-chat--open-turn) :number)))
    (unless (eql number (car aid-recipe--offered))
      (setq aid-recipe--offered (list number)))
    (unless (member target (cdr aid-recipe--offered))
      (push target (cdr aid-recipe--offered))
      (let ((allowed aid-chat--allowed))
        (aid-chat-add-item (current-buffer) label target
                           (concat "why=" (aid-percent-encode why "[-a-zA-Z0-9_.~/]")))
        ;; In a chat of somebody else's it is asked about as the rest is.
        (unless (aid-chat--own-p)
          (setq aid-chat--allowed allowed)))
      (list label))))

(defun aid-recipe--has-p (regexp)
  "Whether the open question has an item whose target matches REGEXP."
  (cl-loop for item in (aid-chat--open-items) thereis (string-match-p regexp (nth 2 item))))

(defun aid-recipe--error-places (text)
  "The places that the errors in TEXT name: an alist of files and first lines."
  (let ((places nil) (start 0))
    (while (string-match (concat "^\\(?:File \"\\([^\"\n]+\\)\", lines? \\([0-9]+\\)"
                                 "\\|\\([^ \t\n:][^\n:]*\\):\\([0-9]+\\):\\)")
                         text start)
      (let ((file (or (match-string 1 text) (match-string 3 text)))
            (line (string-to-number (or (match-string 2 text) (match-string 4 text)))))
        (setq start (match-end 0))
        (unless (assoc file places)
          (push (cons file line) places))))
    (nreverse places)))

(defconst aid-recipe--error-files 5
  "So many files that errors name are added at most.")

(defconst aid-recipe--error-lines 60
  "So many lines around an error are added of a file that is too large.")

(defun aid-recipe--add-place (file line budget)
  "Add FILE, a name in the project, that has an error in LINE.
Of a file that has more than BUDGET tokens the lines around it are added."
  (let* ((root (aid-chat-root)) (full (expand-file-name file root))
         (whole (aid-context--file-target default-directory full)))
    (when (and (file-in-directory-p full root) (file-regular-p full)
               (not (aid-recipe--has-p (concat "\\`" (regexp-quote whole) "\\(?:#\\|\\'\\)"))))
      (if (<= (aid-chat--target-cost whole) budget)
          (aid-recipe--add file whole "named by an error")
        (let ((first (max 1 (- line aid-recipe--error-lines)))
              (last (+ line aid-recipe--error-lines)))
          (aid-recipe--add (format "%s:%d-%d" file first last)
                           (aid-context--file-target default-directory full first last)
                           "around an error"))))))

(defun aid-recipe--add-errors (name budget)
  "Add the project's errors for strategy NAME, and files of BUDGET tokens in all."
  (require 'aid-errors)
  (let ((text (aid-errors-text)))
    (unless (string-blank-p text)
      (append
       (unless (aid-recipe--has-p "\\`aid:errors?\\_>")
         (aid-recipe--add "all errors" "aid:errors" (concat "asked for by " name)))
       (cl-loop for (file . line) in (aid-recipe--error-places text)
                repeat aid-recipe--error-files
                append (aid-recipe--add-place
                        file line (- budget (cl-loop for item in (aid-chat--open-items)
                                                     sum (aid-chat--target-cost (nth 2 item))))))))))

(defun aid-recipe--add-diff ()
  "Add the uncommitted changes, if there are any."
  (require 'aid-append)
  (unless (aid-recipe--has-p "\\`aid:diff\\_>")
    (let ((aid-append-chat (current-buffer)) (inhibit-message t))
      (when (ignore-errors (aid-append-diff) t)
        (list "uncommitted changes")))))

(defun aid-recipe--add-files (name)
  "Add the files that strategy NAME says go with those of the open question."
  (let* ((made (aid--mod-recipe name (aid-chat-doc) (aid-chat-root) default-directory))
         (left (mapcar (lambda (item) (plist-get item :label)) (plist-get made :left_out))))
    (when left
      (message "Left out, for the budget of %s is full: %s" name (string-join left ", ")))
    (cl-loop for item in (plist-get made :items)
             append (aid-recipe--add (plist-get item :label) (plist-get item :target)
                                     (plist-get item :why)))))

(defun aid-recipe--run (name all)
  "Add to this chat what strategy NAME, or the one in force, asks for.
Without ALL only files that go with those of the question.  Give the labels."
  (let* ((info (aid-strategy-info name))
         (sources (plist-get info :context))
         (aid-recipe--adding t))
    (unless (or (plist-get info :error) (file-remote-p default-directory)
                (not (aid-chat-root)) (file-remote-p (aid-chat-root)))
      (append (and all (member "errors" sources)
                   (aid-recipe--add-errors (plist-get info :name) (plist-get info :budget)))
              (and all (member "diff" sources) (aid-recipe--add-diff))
              (and (or (member "siblings" sources) (member "instructions" sources))
                   (aid-recipe--add-files (plist-get info :name)))))))

(defun aid-recipe-follow ()
  "Add the files that go with what was just added to this chat's question."
  (when (and aid-recipe-automatic (not aid-recipe--adding))
    (condition-case err
        (aid-recipe--run nil nil)
      (error (message "No context was added: %s" (error-message-string err))))))

(defun aid-recipe-complete (&optional name)
  "Add what is missing to this chat's question by strategy NAME, before it is sent."
  (when aid-recipe-automatic
    (aid-recipe--run name t)))

;;;###autoload
(defun aid-append-recipe ()
  "Append the context that the strategy asks for, as it would be when sending."
  (interactive)
  (aid-module-ensure)
  (require 'aid-chat)
  (with-current-buffer (aid-chat-at-hand)
    (setq aid-recipe--offered nil)
    (let ((labels (aid-recipe--run nil t)))
      (message "%s" (if labels
                        (concat "Appended " (string-join labels ", "))
                      "The strategy adds nothing")))))

(provide 'aid-strategy)
;;; aid-strategy.el ends here
