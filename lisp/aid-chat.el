;;; aid-chat.el --- Chats with models in Markdown files  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat is a file; this is its major mode, and how chats are made, found and
;; shown.  Opening one reads nothing but the chat and its journals, sets no
;; file-local variables and sends nothing.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-magic)
(require 'aid-module)
(require 'aid-quiet)
(require 'aid-chat-meanwhile)
(require 'aid-in-force)

(declare-function aid--mod-chat-key "ext:aid-module" ())
(declare-function aid--mod-journal-list "ext:aid-module" (file))
(declare-function aid-review "aid-review" (&optional turn))
(declare-function aid-undo-answer "aid-undo" (&optional turn))
(declare-function aid-project-root "aid-project" ())
(declare-function aid-chat-wrap-adapt "aid-chat-wrap" ())
(declare-function evil-set-initial-state "ext:evil-core" (mode state))

(defvar aid-chat--code-timer)

(defcustom aid-chat-directory
  (expand-file-name "aid/chats/" (let ((state (getenv "XDG_STATE_HOME")))
                                   (if (member state '(nil "")) "~/.local/state" state)))
  "The folder of the chats, one folder a project below it."
  :type 'directory
  :group 'aid-chat)

(defcustom aid-chat-project-directory "."
  "The folder that a chat is moved into when it is moved into its project.
It is relative to the project's root.  The chats there are listed, too."
  :type 'string
  :group 'aid-chat)

(defcustom aid-chat-display-action
  '((display-buffer-reuse-window display-buffer-reuse-mode-window display-buffer-pop-up-window
                                 aid-chat-display-in-half display-buffer-use-some-window)
    (mode . aid-chat-mode)
    (category . aid-chat))
  "How chats are displayed, as in `display-buffer-base-action'."
  :type display-buffer--action-custom-type
  :group 'aid-chat)

;;; Files

(defun aid-chat-root ()
  "The root of the project that the current chat belongs to, or nil."
  (when-let ((root (aid-chat-kept "root")))
    (file-name-as-directory (expand-file-name root))))

(defun aid-chat--root-word (root folder)
  "ROOT as the first line of a chat in FOLDER holds it."
  (aid-chat--encode (directory-file-name (file-relative-name root folder))))

(defun aid-chat--project-folder (root)
  "The folder of the chats of the project at ROOT."
  (let ((name (file-name-nondirectory (directory-file-name root))))
    (file-name-as-directory
     (expand-file-name (format "%s-%s" (if (string-empty-p name) "root" name)
                               (substring (secure-hash 'sha1 (expand-file-name root)) 0 8))
                       aid-chat-directory))))

(defconst aid-chat-file-regexp "\\`[^.].*\\.aid\\.md\\'"
  "Matches the names of chats in a folder.
The lock of a chat that is not saved is no chat.")

(defun aid-chat--new-file (root)
  "A name for a new chat of the project at ROOT."
  (let* ((folder (aid-chat--project-folder root))
         (base (expand-file-name (format-time-string "%Y-%m-%d-%H%M%S") folder))
         (file (concat base ".aid.md")) (n 1))
    (with-file-modes #o700
      (make-directory folder t))
    (while (or (file-exists-p file) (get-file-buffer file))
      (setq n (1+ n) file (format "%s-%d.aid.md" base n)))
    file))

;;;###autoload
(defun aid-chat-create (root)
  "Make a new chat for the project at ROOT and give its buffer."
  (aid-module-ensure)
  (let ((root (file-name-as-directory (expand-file-name root)))
        (chat (let ((auto-mode-alist nil) (magic-mode-alist nil) (magic-fallback-mode-alist nil)
                    (interpreter-mode-alist nil) (enable-local-variables nil)
                    (vc-handled-backends nil))   ; none knows a file that is not there yet
                (find-file-noselect (aid-chat--new-file root)))))
    (with-current-buffer chat
      (let ((buffer-undo-list t) (key (aid--mod-chat-key))
            (buffer-file-name nil))     ; nothing to be locked yet
        (insert (format "<!--aid:%s chat v=1 root=%s-->\n# New chat\n\n## You <!--aid:%s 1 user-->\n"
                        key (aid-chat--root-word root default-directory) key)))
      (restore-buffer-modified-p nil)
      (aid-chat-mode))
    chat))

(defun aid-chat--live-chats ()
  "The chats that are open, the last used first."
  (cl-loop for buffer in (buffer-list)
           when (provided-mode-derived-p (buffer-local-value 'major-mode buffer) 'aid-chat-mode)
           collect buffer))

;;;###autoload
(defun aid-chat-for (root)
  "The chat of the project at ROOT: the last used one, else a new one."
  (let ((root (file-name-as-directory (expand-file-name root))))
    (or (cl-loop for chat in (aid-chat--live-chats)
                 when (equal root (with-current-buffer chat (aid-chat-root))) return chat)
        (let* ((folder (aid-chat--project-folder root))
               (files (and (file-directory-p folder)
                           (directory-files folder t aid-chat-file-regexp))))
          (when files
            (find-file-noselect (car (sort files #'file-newer-than-file-p)))))
        (aid-chat-create root))))

(defvar aid-context-panel--chat)

(defun aid-chat-at-hand ()
  "The chat that a command is about: this one, this panel's, or this project's."
  (cond ((derived-mode-p 'aid-chat-mode) (current-buffer))
        ((and (derived-mode-p 'aid-context-panel-mode) (buffer-live-p aid-context-panel--chat))
         aid-context-panel--chat)
        (t (require 'aid-context)
           (aid-chat-for (aid-project-root)))))

(defun aid-chat-display-in-half (buffer alist)
  "Show BUFFER in half of the selected window, below it or else on its right.
Give the window, or nil where a half would have less than 10 lines or 60
columns.  An action function for `display-buffer' and its ALIST: where there
are windows already, no other one is taken for the chat."
  (let ((height (/ (window-total-height) 2)) (width (/ (window-total-width) 2)))
    (when-let ((half (cond ((>= height 10) `((direction . below) (window-height . ,height)))
                           ((>= width 60) `((direction . right) (window-width . ,width))))))
      (display-buffer-in-direction buffer (append half alist)))))

(defun aid-chat-display (chat)
  "Show CHAT beside what is shown, and give its window."
  (display-buffer chat aid-chat-display-action))

(defun aid-chat-set (variable value)
  "Set VARIABLE to VALUE in this chat, or everywhere when this is none."
  (if (derived-mode-p 'aid-chat-mode)
      (progn (set (make-local-variable variable) value)
             (aid-chat--measure-anew))
    (set-default variable value)
    (dolist (chat (aid-chat--live-chats))
      (with-current-buffer chat
        (aid-chat--measure-anew)))))

(defvar-local aid-chat--kept nil
  "The file that this chat was when it was in a folder of AID's: (FILE . FOLDER).")

(defun aid-chat--kept-p ()
  "Whether this chat is in AID's own folder, where it is saved by itself.
Once that is known the disk is not asked again: each answer's end wants to know."
  (and buffer-file-name
       (or (equal aid-chat--kept (cons buffer-file-name aid-chat-directory))
           (when (or (string-prefix-p (expand-file-name (file-name-as-directory aid-chat-directory))
                                      buffer-file-name)
                     (file-in-directory-p (file-name-directory buffer-file-name) aid-chat-directory))
             (setq aid-chat--kept (cons buffer-file-name aid-chat-directory))
             t))))

(defun aid-chat-save-unasked ()
  "Let this chat be saved without a question if it is in AID's own folder."
  (setq-local buffer-save-without-query (aid-chat--kept-p)))

(defun aid-chat--own-p ()
  "Whether this person wrote this chat, as far as one can tell."
  (or (aid-chat--kept-p)
      (not (and buffer-file-name (file-exists-p buffer-file-name)))))

(defvar-local aid-chat--home nil
  "The file or folder that the links of this chat are relative to.")

(defun aid-chat--write ()
  "Save this chat without a word and without a question about its coding.
The file is replaced as a whole: who reads it meanwhile, or after Emacs was
killed, finds a chat and not the beginning of one."
  (let* ((eol (coding-system-eol-type buffer-file-coding-system))
         (coding-system-for-write (coding-system-change-eol-conversion
                                   'utf-8 (if (integerp eol) eol 'unix)))
         (file-precious-flag (not (file-symlink-p buffer-file-name)))
         (save-silently t) (message-log-max nil))
    (aid-quietly
      (save-buffer 0))))

(defun aid-chat--save ()
  "Save this chat quietly if it is in AID's own folder.
Where somebody else has changed its file since, that is for a person to decide."
  (when (and (aid-chat--kept-p) (buffer-modified-p))
    (if (not (verify-visited-file-modtime))
        (message "%s" (substitute-command-keys
                       (format "The file of %s has changed, so it was not saved: \\[save-buffer] asks"
                               (buffer-name))))
      (condition-case err
          (aid-chat--write)
        (error (message "The chat was not saved: %s" (aid-error-words err)))))))

(defun aid-chat--restore ()
  "Bring back what arrived in this chat, if nobody else has it open."
  (when-let ((journals (and buffer-file-name
                            (ignore-errors (aid--mod-journal-list buffer-file-name)))))
    (unless (stringp (file-locked-p buffer-file-name))
      (aid-chat-restore journals))))

(defun aid-chat--restore-choices ()
  "Use the model and the strategy that this chat keeps, if this person wrote it.
Another's chat does not choose whom this person's questions go to."
  (pcase-dolist (`(,key . ,variable) '(("model" . aid-model) ("strategy" . aid-strategy)))
    (when-let ((name (aid-chat-kept key)))
      (when (aid-chat--own-p)
        (set (make-local-variable variable) name)))))

;;; The mode

(defvar aid-chat-mode-map
  (let ((map (make-sparse-keymap)))
    (pcase-dolist (`(,key . ,command)
                   '(("\C-c\C-c" . aid-chat-send) ("\C-c\C-k" . aid-chat-stop)
                     ("\C-c\C-n" . aid-chat-next-turn) ("\C-c\C-p" . aid-chat-previous-turn)
                     ([?\M-p] . aid-chat-previous-question) ([?\M-n] . aid-chat-next-question)
                     ("\C-c\C-q" . aid-chat-quote) ("\C-c\C-o" . aid-chat-visit)
                     ("\C-c\C-d" . aid-chat-describe) ("\C-c\C-a" . aid-review)
                     ("\C-c\C-u" . aid-undo-answer) ("\C-c\C-r" . aid-chat-again)
                     ("\C-c\C-e" . aid-chat-diff-received)
                     ("\C-c\C-j" . aid-inspect) ("\C-c\C-l" . aid-inspect-last)
                     ("\C-c\C-t" . aid-compact)
                     ("\C-c\C-w" . aid-chat-move) ("\C-c\C-v" . aid-set-model) ("\C-c\C-s" . aid-set-strategy)
                     ("\C-c\C-m" . aid-chat-steer) ("\C-c\C-x" . aid-queue-remove)
                     ([?\C-c ?\M-n] . aid-alternatives-next) ([?\C-c ?\M-p] . aid-alternatives-previous)
                     ([?\C-c ?\M-t] . aid-alternatives-take) ([?\C-c ?\M-d] . aid-alternatives-diff)
                     ([?\C-c ?\M-e] . aid-alternatives-ediff) ([?\C-c ?\M-w] . aid-ask-with)
                     ("\t" . aid-chat-tab)))
      (define-key map key command))
    map)
  "Keys in a chat.")

(easy-menu-define aid-chat-menu aid-chat-mode-map
  "The menu of a chat."
  '("AID"
    ["Send" aid-chat-send]
    ["Send at Once" aid-chat-steer :active (or aid-chat--stream (aid-chat-queued))]
    ["Send to Several Models..." aid-ask-with :active (not aid-chat--stream)]
    ["Remove from the Queue" aid-queue-remove :active (aid-chat-queued)]
    ["Stop" aid-chat-stop :active aid-chat--stream]
    ["Ask Again" aid-chat-again :active (aid-chat-answer-at)]
    "--"
    ["Next Alternative" aid-alternatives-next]
    ["Previous Alternative" aid-alternatives-previous]
    ["Take This Alternative" aid-alternatives-take]
    ["Compare Alternatives" aid-alternatives-diff]
    "--"
    ["Review Answer" aid-review]
    ["Ask Again About Refused Hunks" aid-retry-refused]
    ["Undo Answer's Changes" aid-undo-answer]
    ["Show What Was Edited" aid-chat-diff-received :active (aid-chat-turn-at)]
    "--"
    ["Inspect Request" aid-inspect]
    ["Inspect Last Request" aid-inspect-last]
    ["Compact" aid-compact]
    "--"
    ["Next Turn" aid-chat-next-turn]
    ["Previous Turn" aid-chat-previous-turn]
    ["Quote Region" aid-chat-quote :active mark-active]
    ["Visit Link" aid-chat-visit]
    "--"
    ["Model..." aid-set-model]
    ["Strategy..." aid-set-strategy]
    ["Append What the Strategy Asks For" aid-append-recipe]
    ["Move..." aid-chat-move]
    ["List Chats" aid-chats]))

(defun aid-chat--plain-substring (beg end &optional delete)
  "The text from BEG to END as it is in the file, also deleted if DELETE."
  (prog1 (buffer-substring-no-properties beg end)
    (when delete
      (delete-region beg end))))

(defun aid-chat--note-width (window)
  "Look whether WINDOW made the right edge move."
  (with-current-buffer (window-buffer window)
    (when aid-chat--stream
      (aid-chat-wrap-adapt))
    (unless (= aid-chat--width (window-max-chars-per-line window))
      (setq aid-chat--width (window-max-chars-per-line window))
      (jit-lock-refontify))))

(defun aid-chat--leave ()
  "Let go of all that the core has for this chat.
An indirect clone leaves it: it is the chat's."
  (unless (buffer-base-buffer)
    (aid-chat--abandon)
    (when aid-chat--measurer
      (cancel-timer aid-chat--measurer))
    (when (bound-and-true-p aid-chat--code-timer)
      (cancel-timer aid-chat--code-timer))
    (aid-chat--doc-close)))

(defun aid-chat--undress ()
  "Let another mode show all that is in this file."
  (save-restriction
    (widen)
    (remove-overlays nil nil 'aid-fold t)
    (remove-overlays nil nil 'aid-fold 'pasted)
    (with-silent-modifications
      (remove-list-of-text-properties (point-min) (point-max)
                                      (cons 'fontified aid-chat--properties)))))

(defun aid-chat--forget-docs ()
  "Forget the core's copies of all chats: the core was replaced."
  (setq aid-chat--faces nil)
  (dolist (chat (aid-chat--live-chats))
    (with-current-buffer chat
      (setq aid-chat--doc nil))))

(add-hook 'aid-after-reload-hook #'aid-chat--forget-docs)

(defun aid-chat--says-p (&rest strings)
  "Whether one of STRINGS is in this chat, which may be large."
  (let ((case-fold-search nil))
    (save-excursion
      (cl-loop for string in strings
               do (goto-char (point-min))
               thereis (search-forward string nil t)))))

(defun aid-chat--outline-soon ()
  "Give this chat its outline when Emacs is idle, at once if it is to be folded."
  (if (aid-chat--says-p " alternative-->" " summary of=")
      (progn (aid-chat-fold-alternatives)
             (aid-chat-fold-summarised))
    (run-with-idle-timer (aid-chat--idle-in 0.3) nil
                         (lambda (chat)
                           (when (buffer-live-p chat)
                             (with-current-buffer chat
                               (when (derived-mode-p 'aid-chat-mode)
                                 (aid-chat-outline-on)))))
                         (current-buffer))))

(defun aid-chat--setup-filling ()
  "Let filling, and moving by paragraphs, leave all lines but those of words alone."
  (setq-local paragraph-separate "[ \t\f]*$\\|[^\n]*<!--aid:\\|#\\{1,6\\} \\|[ \t]*\\(?:```\\|~~~\\||\\)"
              paragraph-start (concat paragraph-separate
                                      "\\|[ \t]*\\(?:[-*+]\\|[0-9]+[.)]\\)[ \t]")))

(defun aid-chat--setup-display ()
  "Set up the display of this chat."
  (add-to-invisibility-spec 'aid-marker)
  (add-to-invisibility-spec 'aid-fold)
  (setq-local text-property-default-nonsticky
              (append (mapcar (lambda (property) (cons property t)) aid-chat--properties)
                      text-property-default-nonsticky))
  (setq-local filter-buffer-substring-function #'aid-chat--plain-substring)
  (setq header-line-format 'aid-chat--header)
  (setq-local word-wrap t)
  (setq bidi-paragraph-direction 'left-to-right)   ; see `aid-chat-display-direct'
  (jit-lock-register #'aid-chat-fontify t)
  (add-hook 'window-size-change-functions #'aid-chat--note-width nil t)
  (add-hook 'window-buffer-change-functions #'aid-chat--note-width nil t)
  (setq-local imenu-create-index-function #'aid-chat-imenu))

;;;###autoload
(define-derived-mode aid-chat-mode text-mode "AID-Chat"
  "Major mode for chats with models.
The last turn is the open question: write there, \\[aid-chat-send] sends it.
All text may be edited, and what the file says is what is sent.

\\{aid-chat-mode-map}"
  :group 'aid-chat
  ;; A chat holds other people's text: nothing in it sets variables.
  (setq-local local-enable-local-variables nil)
  (setq-local require-final-newline nil)
  (setq-local indent-line-function (lambda () 'noindent))
  (setq-local tab-always-indent 'complete)
  (setq-local aid-chat--key nil)
  (setq aid-chat--home (or buffer-file-name (file-name-as-directory
                                             (expand-file-name default-directory))))
  (setq-local aid-chat--item-tokens (make-hash-table :test #'equal))
  (aid-chat-save-unasked)
  (let ((core (condition-case err
                  (progn (aid-module-ensure) t)
                (error (message "%s" (aid-error-words err)) nil))))
    (aid-chat--setup-display)
    (aid-chat--setup-filling)
    (dolist (function '(aid-chat-complete-strategy aid-chat-complete-item aid-chat-complete-model))
      (add-hook 'completion-at-point-functions function nil t))
    (add-hook 'before-change-functions #'aid-chat--before-change nil t)
    (add-hook 'after-change-functions #'aid-chat--after-change nil t)
    (add-hook 'after-save-hook #'aid-chat--remove-journals nil t)
    (add-hook 'after-set-visited-file-name-hook #'aid-chat-move-follow nil t)
    (add-hook 'kill-buffer-query-functions #'aid-chat--stop-and-save nil t)
    (add-hook 'kill-buffer-hook #'aid-chat--leave nil t)
    (add-hook 'change-major-mode-hook #'aid-chat--leave nil t)
    (add-hook 'change-major-mode-hook #'aid-chat--undress nil t)
    (aid-chat--restore-choices)
    (when core
      (aid-chat--restore)
      (aid-chat-head-update)
      (when (save-excursion
              (goto-char (point-min))
              (search-forward " sent=" nil t))
        (aid-context-stale-watch))
      (aid-chat--measure-soon))
    (save-restriction (widen) (aid-chat--outline-soon))))

(autoload 'aid-chat-send "aid-chat-send" "Send the open question." t)
(dolist (function '(aid-chat-ask aid-chat-check-idle aid-chat-in-question-p aid-chat-open-question))
  (autoload function "aid-chat-send"))
(dolist (function '(aid-chat-complete-model aid-chat-model-line-end))
  (autoload function "aid-chat-model"))
(autoload 'aid-chat-restore "aid-chat-restore")
(autoload 'aid-context-item-text "aid-context")
(autoload 'aid-context-stale-watch "aid-context-stale")
(dolist (command '(aid-chat-next-turn aid-chat-previous-turn aid-chat-previous-question
                   aid-chat-next-question aid-chat-quote aid-chat-visit aid-chat-visit-mouse
                   aid-chat-describe aid-chat-tab aid-chat-next-button))
  (autoload command "aid-chat-nav" nil t))
(autoload 'aid-chat-imenu "aid-chat-nav")
(autoload 'aid-chat-outline-on "aid-chat-outline")
(autoload 'aid-chat-fold-alternatives "aid-chat-outline")
(autoload 'aid-chat-fold-summarised "aid-chat-outline")
(autoload 'aid-chat-fold-turn "aid-chat-outline")
(autoload 'aid-chat-pasted-show "aid-chat-pasted")
(autoload 'aid-review "aid-review" "Review an answer." t)
(autoload 'aid-undo-answer "aid-undo" "Take back an answer's changes." t)
(autoload 'aid-chat-diff-received "aid-chat-edited" "Show what was edited in an answer." t)
(autoload 'aid-set-model "aid-model" "Choose the model." t)
(autoload 'aid-set-strategy "aid-strategy" "Choose the strategy." t)
(autoload 'aid-chats "aid-chats" "List the chats." t)
(autoload 'aid-chat-move "aid-chat-move" "Move this chat to another file." t)
(autoload 'aid-chat-move-follow "aid-chat-move")
(autoload 'aid-chat-steer "aid-queue" "Send the question at once." t)
(autoload 'aid-queue-remove "aid-queue" "Remove a question from the queue." t)
(dolist (function '(aid-model-secret aid-model-read aid-model-look aid-model--table aid-model--refresh))
  (autoload function "aid-model"))
(dolist (function '(aid-strategy-names aid-strategy-table))
  (autoload function "aid-strategy"))
(dolist (function '(aid-recipe-follow aid-recipe-complete))
  (autoload function "aid-recipe"))
(autoload 'aid-queue-send "aid-queue")
(autoload 'aid-queue-on-answer "aid-queue")
(dolist (command '(aid-alternatives-next aid-alternatives-previous aid-alternatives-take
                   aid-alternatives-diff aid-alternatives-ediff))
  (autoload command "aid-alternatives" nil t))
(autoload 'aid-ask-with "aid-ask-with" "Ask several models at the same time." t)

(with-eval-after-load 'evil
  (when (fboundp 'evil-set-initial-state)
    (evil-set-initial-state 'aid-chat-mode 'normal)))

;; Loaded with the first character that is typed.
(autoload 'aid-measure-count "aid-measure")
(add-hook 'post-self-insert-hook #'aid-measure-count)

;; Loaded when there is a patch, or something to complete.
(autoload 'aid-status-words "aid-status")
(autoload 'aid-status-found "aid-status")
(autoload 'aid-status--on-answer "aid-status")
(autoload 'aid-status--on-taken "aid-status")
(setq aid-chat-hunks-function #'aid-status-words)
(add-hook 'aid-answer-done-functions #'aid-status--on-answer)
(add-hook 'aid-alternative-taken-functions #'aid-status--on-taken)
(add-hook 'aid-answer-done-functions #'aid-queue-on-answer 95)
(add-hook 'aid-alternative-done-functions #'aid-queue-on-answer 95)
(autoload 'aid-chat-complete-strategy "aid-chat-complete")
(autoload 'aid-chat-complete-item "aid-chat-complete")
(autoload 'aid-chat-add-typed-items "aid-chat-complete")

(provide 'aid-chat)
;;; aid-chat.el ends here
