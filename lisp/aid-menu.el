;;; aid-menu.el --- All of AID in a menu  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A transient with the keys of `aid-prefix-map'.

;;; Code:

(require 'aid)
(require 'transient)

;;;###autoload (autoload 'aid-menu "aid-menu" nil t)
(transient-define-prefix aid-menu ()
  "All of AID."
  ;; Three columns that fit a terminal of 80 columns and 24 lines: longer words would break each line.
  [["Ask"
    ("a" "about the code here" aid-ask)
    ("w" "several models" aid-ask-with)
    ("r" "rewrite the code here" aid-rewrite)
    ("c" "chat, and back" aid-chat)
    ("n" "new chat" aid-new-chat)
    ("l" "list of chats" aid-chats)
    ("/" "search the project" aid-search)
    "Request"
    ("x" "its context" aid-context-panel)
    ("i" "what would be sent" aid-inspect)
    ("I" "what was sent last" aid-inspect-last)
    ("z" "compact the chat" aid-compact)]
   ["Append"
    ("+" "what point is on" aid-append-dwim)
    ("f" "file" aid-append-file)
    ("b" "buffer" aid-append-buffer)
    ("d" "definition" aid-append-definition)
    ("e" "errors" aid-append-errors)
    ("v" "uncommitted changes" aid-append-diff)
    ("D" "directory" aid-append-directory)
    ("y" "last kill" aid-append-kill)
    ("o" "shell output" aid-append-shell)
    ("U" "page of the web" aid-append-url)
    ("V" "commit or range" aid-append-commit)
    ("h" "history of this" aid-append-history)
    ("@" "item by its name" aid-append-item)
    ("W" "set of items" aid-context-add-set)
    ("C" "what changed since" aid-append-changes)
    ("=" "what strategy wants" aid-append-recipe)]
   ["Apply"
    ("." "resume review" aid-review-resume)
    ("t" "retry refused hunks" aid-retry-refused)
    ("j" "judge the answer" aid-judge)
    ("u" "undo the answer" aid-undo-answer)
    ("H" "file through time" aid-history)
    ("B" "build" aid-build)
    ("!" "fix the build" aid-fix-build)
    "Settings"
    ("m" "model" aid-set-model)
    ("M" "check the models" aid-doctor)
    ("s" "strategy" aid-set-strategy)
    ("S" "edit a strategy" aid-edit-strategy)
    ("T" "trust the project" aid-trust)
    ("$" "what it has cost" aid-cost)
    ("%" "what became of answers" aid-metrics)
    ("E" "experiments" aid-experiments)
    ("R" "reload the core" aid-reload)]])

(provide 'aid-menu)
;;; aid-menu.el ends here
