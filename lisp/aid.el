;;; aid.el --- An AI development environment in Emacs  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;; Author: The AID authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: tools, convenience

;;; Commentary:

;; Ask about the code in a buffer, read the answer as it streams into a
;; Markdown chat, and apply its diff hunk by hunk.
;;
;;   (require 'aid)
;;   (global-set-key (kbd "C-c i") aid-prefix-map)
;;
;; `M-x aid-ask' begins.  Nothing is bound by this package itself.

;;; Code:

(eval-when-compile (require 'cl-lib))
(require 'aid-magic)
(require 'aid-module)
(require 'aid-in-force)
(require 'easymenu)
(eval-when-compile (require 'subr-x))

(declare-function aid-chat-for "aid-chat" (root))
(declare-function aid-chat-create "aid-chat" (root))
(declare-function aid-chat-display "aid-chat" (buffer))
(declare-function aid-chat-ask "aid-chat" (buffer question))
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-check-idle "aid-chat-send" (chat))
(declare-function aid-review "aid-review" (&optional turn))
(declare-function aid-review-resume "aid-review" ())
(declare-function aid-retry-refused "aid-retry" ())
(declare-function aid-undo-answer "aid-undo" (&optional turn))
(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answer-text "aid-chat-text" (number))
(declare-function aid-strategy-info "aid-in-force" (&optional name))
(declare-function aid-set-strategy "aid-strategy" (strategy &optional scope))
(declare-function aid-edit-strategy "aid-strategy" (name &optional project))
(declare-function aid-append-recipe "aid-recipe" ())

(declare-function aid-project-root "aid-project" ())
(declare-function aid-append-dwim "aid-append" ())
(declare-function aid-append-region "aid-append" (beg end))
(declare-function aid-append-definition "aid-append" ())
(declare-function aid-append-definition-bounds "aid-append" ())
(declare-function aid-append-buffer "aid-append" ())

(defvar aid-answer-done-functions)
(defvar aid-model)
(defvar aid-strategy)

;;; Asking

(defvar aid-ask-history nil
  "Questions that were typed in the minibuffer.")

(defun aid--load-chat ()
  "Load the chat, with the core's libraries on a thread meanwhile."
  (aid-module-prefetch)
  (require 'aid-chat)
  (aid-module-ensure))

(defun aid--append-here ()
  "Append what is here and the strategy of the chat asks for.
That is the region, else the definition at point, else the buffer."
  (let ((sources (with-current-buffer aid-append-chat
                   (plist-get (aid-strategy-info) :context))))
    (cond ((use-region-p) (aid-append-region (region-beginning) (region-end)))
          ((and (member "definition" sources) (aid-append-definition-bounds))
           (aid-append-definition))
          ((and (member "buffer" sources) buffer-file-name) (aid-append-buffer)))))

;;;###autoload
(defun aid-ask (question &optional new)
  "Ask QUESTION about the region or the definition at point.
The project's chat opens beside the code and the answer streams into it.
With a prefix argument NEW, ask in a new chat."
  (interactive (progn (aid-module-prefetch)
                      (list (read-string "Ask: " nil 'aid-ask-history) current-prefix-arg)))
  (when (string-blank-p question)
    (user-error "There is no question"))
  (aid--load-chat)
  (require 'aid-append)
  (let* ((chat (if new (aid-chat-create (aid-project-root)) (aid-chat-at-hand)))
         (aid-append-chat chat))
    (unless (derived-mode-p 'aid-chat-mode)
      (aid--append-here))
    (aid--note-used (aid-chat-display chat))
    (aid-chat-ask chat question)))

(defun aid--note-used (window)
  "Make the chat in WINDOW the last used one, without going there."
  (when (window-live-p window)
    (let ((here (selected-window)))
      (select-window window)
      (select-window here))))

;;;###autoload
(defun aid-new-chat ()
  "Open a new chat for the project here."
  (interactive)
  (aid--load-chat)
  (select-window (aid-chat-display (aid-chat-create (aid-project-root)))))

;;;###autoload
(defun aid-chat ()
  "Go to this project's chat; from a chat, go back to where it was called."
  (interactive)
  (aid--load-chat)
  (if (derived-mode-p 'aid-chat-mode)
      (quit-restore-window)             ; and not bury it: it is the one to come back to
    (select-window (aid-chat-display (aid-chat-for (aid-project-root))))))

(defun aid--rewrite-bounds ()
  "What is to be rewritten: the region if one sees it, else the definition here."
  (require 'aid-append)
  (if (or (use-region-p) (not transient-mark-mode))
      (list (region-beginning) (region-end))
    (pcase (aid-append-definition-bounds)
      (`(,beg . ,end) (list beg end))
      (_ (user-error "Mark what is to be rewritten first")))))

;;;###autoload
(defun aid-rewrite (beg end instruction)
  "Ask for a rewrite of the region from BEG to END by INSTRUCTION.
Without an active region it is the definition at point.
The review opens in place when the answer has come, unless you have typed
something meanwhile: what you type goes where you type it."
  (interactive (append (aid--rewrite-bounds) (list (read-string "Rewrite: " nil 'aid-ask-history))))
  (aid--load-chat)
  (require 'aid-append)
  (let* ((chat (aid-chat-at-hand))
         (aid-append-chat chat)
         (name (buffer-name))
         (keys num-input-keys))
    (aid-chat-check-idle chat)
    (aid-append-region beg end)
    (with-current-buffer chat
      (let ((aid-strategy "edit"))
        (aid-chat-ask chat (format "Rewrite only these lines of %s: %s" name instruction))))
    (aid--when-answered chat (lambda (turn)
                               (aid--review-if-patch chat turn (= keys num-input-keys))))))

(defun aid--when-answered (chat function)
  "Call FUNCTION with the turn once the next answer in CHAT has come."
  (letrec ((once (lambda (_chat turn)
                   (remove-hook 'aid-answer-done-functions once t)
                   (funcall function turn))))
    (with-current-buffer chat
      (add-hook 'aid-answer-done-functions once 90 t))))

(defun aid--review-if-patch (chat turn quiet)
  "Begin the review of answer TURN in CHAT, or show the answer.
Unless QUIET, somebody is typing: only say that it can be reviewed."
  (with-current-buffer chat
    (cond ((not (plist-get (aid--mod-patch-read (aid-chat-answer-text turn)) :files))
           (aid-chat-display chat)
           (message "The answer holds no change to review"))
          ((and quiet (not (active-minibuffer-window)))
           (aid-review turn))
          (t (message "The rewrite has come: %s in %s reviews it"
                      (substitute-command-keys "\\[aid-review]") (buffer-name))))))

;;; The prefix map

;;;###autoload
(defvar aid-prefix-map
  (let ((map (make-sparse-keymap)))
    (pcase-dolist (`(,key . ,command)
                   '(("a" . aid-ask) ("c" . aid-chat) ("n" . aid-new-chat)
                     ("l" . aid-chats) ("r" . aid-rewrite) ("u" . aid-undo-answer)
                     ("." . aid-review-resume) ("t" . aid-retry-refused) ("j" . aid-judge) ("m" . aid-set-model)
                     ("s" . aid-set-strategy) ("$" . aid-cost) ("%" . aid-metrics) ("?" . aid-menu)
                     ("i" . aid-inspect) ("I" . aid-inspect-last) ("z" . aid-compact)
                     ("+" . aid-append-dwim) ("f" . aid-append-file)
                     ("b" . aid-append-buffer) ("d" . aid-append-definition)
                     ("e" . aid-append-errors) ("v" . aid-append-diff)
                     ("D" . aid-append-directory) ("y" . aid-append-kill)
                     ("!" . aid-fix-build) ("B" . aid-build)
                     ("o" . aid-append-shell) ("=" . aid-append-recipe)
                     ("w" . aid-ask-with) ("/" . aid-search) ("x" . aid-context-panel) ("@" . aid-append-item)
                     ("h" . aid-append-history) ("H" . aid-history) ("U" . aid-append-url) ("V" . aid-append-commit)))
      (define-key map key command))
    map)
  "Keys of AID, for a prefix of your own: `C-c i' is our suggestion.")
;;;###autoload
(fset 'aid-prefix-map aid-prefix-map)

(defvar aid-append-repeat-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "+") #'aid-append-dwim)
    map)
  "Keys that repeat after `aid-append-dwim', with `repeat-mode'.")
(put 'aid-append-dwim 'repeat-map 'aid-append-repeat-map)

;;; The menu bar

(easy-menu-define aid-menu-bar nil
  "The menu of AID."
  '("AID"
    ["Ask about this" aid-ask]
    ["Ask several models..." aid-ask-with]
    ["Rewrite region or definition..." aid-rewrite]
    ["Go to the chat" aid-chat]
    ["New chat" aid-new-chat]
    ["List of chats" aid-chats]
    ["Search the project..." aid-search]
    ["Why is a file left out..." aid-why]
    "--"
    ["Append what point is on" aid-append-dwim]
    ["Append file..." aid-append-file]
    ["Append buffer" aid-append-buffer]
    ["Append errors" aid-append-errors]
    ["Append uncommitted changes" aid-append-diff]
    ["Append directory..." aid-append-directory]
    ["Append last kill" aid-append-kill]
    ["Append page of the web..." aid-append-url]
    ["Append commit..." aid-append-commit]
    ["Append history" aid-append-history]
    ["Append definition of..." aid-append-symbol]
    ["Append item..." aid-append-item]
    ["Append what changed since it was sent" aid-append-changes]
    ["Add set of items..." aid-context-add-set]
    ["Append what the strategy asks for" aid-append-recipe]
    "--"
    ["Resume review" aid-review-resume]
    ["Ask again about refused hunks" aid-retry-refused]
    ["Judge the last answer" aid-judge]
    ["Undo the last answer's changes" aid-undo-answer]
    "--"
    ["Context of the next request" aid-context-panel]
    ["Build the project" aid-build]
    ["Stop the build" aid-build-stop]
    ["Fix the build's first error" aid-fix-build]
    ["This file through time" aid-history]
    ["Snapshots of this project" aid-snapshot-mode :style toggle :selected (bound-and-true-p aid-snapshot-mode)]
    "--"
    ["Inspect request" aid-inspect]
    ["Inspect last request" aid-inspect-last]
    ["Compact chat" aid-compact]
    "--"
    ["Trust this project's settings..." aid-trust]
    ["Model..." aid-set-model]
    ["Check the models" aid-doctor]
    ["Strategy..." aid-set-strategy]
    ["Edit strategy..." aid-edit-strategy]
    ["What it has cost" aid-cost]
    ["What became of answers" aid-metrics]
    ["Experiments" aid-experiments]
    ["Load a newly built core" aid-reload]
    ["Cores that are installed" aid-cores]
    ["Look for the team's settings" aid-team-refresh]))
(when (boundp 'menu-bar-tools-menu)
  (define-key-after menu-bar-tools-menu [aid] (list 'menu-item "AID" aid-menu-bar)))

(autoload 'aid-project-root "aid-project")
(dolist (command '(aid-append-dwim aid-append-region aid-append-definition aid-append-buffer
                   aid-append-file aid-append-directory aid-append-dired aid-append-errors
                   aid-append-error aid-append-shell aid-append-info aid-append-kill))
  (autoload command "aid-append" "Append it to the chat's open question." t))
(autoload 'aid-context-panel "aid-context-panel" "List what the next request holds." t)
(dolist (command '(aid-append-item aid-append-url aid-append-commit aid-append-diff
                   aid-append-history aid-append-blame aid-append-symbol))
  (autoload command "aid-context-items" nil t))
(autoload 'aid-append-changes "aid-context-pins" "Append what changed since it was sent." t)
(dolist (command '(aid-context-save-set aid-context-add-set aid-context-forget-set))
  (autoload command "aid-context-sets" nil t))

(defun aid--compiled (buffer how)
  "Take the compilation in BUFFER, which ended as HOW says, for the last build.
Only where AID is used already."
  (when (fboundp 'aid--mod-build-told)
    (aid-build-adopt buffer how)))
(add-hook 'compilation-finish-functions #'aid--compiled)

(defun aid--snapshots-found-file ()
  "Have snapshots go on in a project that has them."
  (when (and buffer-file-name
             (or (featurep 'aid-snapshot)
                 (file-directory-p (expand-file-name "aid/snapshots" (let ((state (getenv "XDG_STATE_HOME")))
                                                                       (if (member state '(nil "")) "~/.local/state"
                                                                         state))))))
    (aid-snapshot-found-file)))
(add-hook 'find-file-hook #'aid--snapshots-found-file)

(autoload 'aid-snapshot-mode "aid-snapshot" "Take snapshots of this project." t)
(autoload 'aid-snapshot "aid-snapshot" "Take a snapshot of this project now." t)
(autoload 'aid-snapshot-found-file "aid-snapshot")
(autoload 'aid-history "aid-history" "Show a file through time." t)
(autoload 'aid-set-strategy "aid-strategy" "Choose the strategy." t)
(autoload 'aid-edit-strategy "aid-strategy" "Edit a strategy." t)
(autoload 'aid-append-recipe "aid-recipe" "Append what the strategy asks for." t)
(autoload 'aid-ask-with "aid-ask-with" "Ask several models at the same time." t)
(autoload 'aid-search "aid-search" "Show what a question is about in this project." t)
(autoload 'aid-why "aid-search" "Say why a file is listed in its project, or left out." t)
(autoload 'aid-chats "aid-chats" "List the chats." t)
(autoload 'aid-set-model "aid-model" "Choose the model." t)
(autoload 'aid-list-models "aid-model" "Ask a provider which models it has." t)
(autoload 'aid-doctor "aid-doctor" "Check the models that are set up." t)
(autoload 'aid-menu "aid-menu" "All of AID in a menu." t)
(autoload 'aid-experiments "aid-experiments" "Show the experiments, and what comes of them." t)
(autoload 'aid-cost "aid-cost" "Show what each month has cost." t)
(autoload 'aid-metrics "aid-metrics" "Show what became of answers." t)
(autoload 'aid-review "aid-review" "Review an answer." t)
(autoload 'aid-review-resume "aid-review" "Resume the last review." t)
(autoload 'aid-inspect "aid-inspect" "Show what would be sent." t)
(autoload 'aid-inspect-last "aid-inspect" "Show what was sent last, and the raw reply." t)
(autoload 'aid-compact "aid-compact" "Let a summary stand for the oldest turns." t)
(autoload 'aid-retry-refused "aid-retry" "Ask again about refused hunks." t)
(autoload 'aid-cores "aid-rollout" "List the cores that are installed." t)
(autoload 'aid-team-refresh "aid-rollout" "Look for your team's settings." t)
(autoload 'aid-trust "aid-trust" "Show what a project's files ask for." t)
(autoload 'aid-distrust "aid-trust" "Take back all trust in a project's files." t)
(autoload 'aid-build "aid-build" "Build the project." t)
(autoload 'aid-build-stop "aid-build" "Stop the build." t)
(autoload 'aid-build-show "aid-build" "Show what the build has printed." t)
(autoload 'aid-build-adopt "aid-build")
(autoload 'aid-fix-build "aid-build-fix" "Ask for a fix of the build's first error." t)
(autoload 'aid-judge "aid-judge" "Say what an answer would come to." t)
(autoload 'aid-judge-visit "aid-judge" "Go to what would be at fault in an answer." t)
(autoload 'aid-judge-answer "aid-judge")
(autoload 'aid-undo-answer "aid-undo" "Take back an answer's changes." t)

(provide 'aid)
;;; aid.el ends here
