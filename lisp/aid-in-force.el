;;; aid-in-force.el --- Which model and strategy a chat asks by  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What every chat shows from its first moment.  Choosing another is in
;; aid-model.el and aid-strategy.el, which are loaded when somebody does.

;;; Code:

(eval-when-compile (require 'subr-x))

(declare-function aid-set-strategy "aid-strategy" (strategy &optional scope))
(declare-function aid--mod-strategy-info "ext:aid-module" (name doc root exact))
(declare-function aid--mod-model-info "ext:aid-module" (id root &optional doc strategy exact))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat-doc "aid-chat-text" ())

(defvar aid-append-chat nil
  "The chat to append to, nil for the one at hand; to be bound.")

(defcustom aid-model nil
  "The name of the model to ask, or nil for the one that config.json names.
A chat may have its own: `aid-set-model'."
  :type '(choice (const :tag "As configured" nil) string)
  :group 'aid)

(defcustom aid-strategy nil
  "The name of the strategy to ask by, or nil for the one that is configured.
A chat may have its own: `aid-set-strategy'."
  :type '(choice (const :tag "As configured" nil) string)
  :group 'aid)

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

;;; The model, and experiments

(defun aid-model-info (&optional name strategy)
  "What is known of the model NAME, nil: the one that this chat asks.
STRATEGY, or nil, was chosen for the question.  Experiments are considered."
  (aid--mod-model-info (or name aid-model) (aid-chat-root) (aid-chat-doc)
                       (or strategy aid-strategy) (not aid-strategy-variants)))

(defvar-local aid-experiments--in-force nil
  "The variants of experiments that the open question takes part in.
Plists of :experiment and :variant, as the core told of them last.")

(defun aid-experiments-words ()
  "What is to be said of the experiments in force here: lines, or \"\"."
  (mapconcat (lambda (one)
               (format "\nExperiment %s: %s" (plist-get one :experiment) (plist-get one :variant)))
             aid-experiments--in-force ""))

;;; The strategy in force

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
                                                     (aid-experiments-words)
                                                     "\nmouse-1: another strategy"))
                          'local-map aid-strategy--head-map)))))

(provide 'aid-in-force)
;;; aid-in-force.el ends here
