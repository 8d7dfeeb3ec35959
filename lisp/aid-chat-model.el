;;; aid-chat-model.el --- One question's model  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A question whose first line is "@model NAME" is asked of that model, this
;; once; after a strategy's line, "/edit", it may be the second.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-text)

(declare-function aid-model--table "aid-model" (root))
(declare-function aid-model-look "aid-model" (root &optional then))
(declare-function aid--mod-model-info "ext:aid-module" (id root))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat-in-question-p "aid-chat-send" ())
(declare-function aid-chat-open-question "aid-chat-send" ())

(defconst aid-chat-model-line
  "\\(?:/[[:alnum:]-]+[ \t]*\n\\)?\\(@model[ \t]+\\([^ \t\n]+\\)[ \t]*\\(?:\n\\|\\'\\)\\)"
  "Matches the beginning of a question for one model.
The first group is the line, the second the name.")

(defun aid-chat-model--at-line ()
  "Whether the open question has a model's line, which is matched then."
  (pcase-let ((`(,beg . ,end) (aid-chat-open-question)))
    (goto-char beg)
    (skip-chars-forward " \t\n" end)
    (looking-at aid-chat-model-line)))

(defun aid-chat-model-line-end ()
  "Where the model's line of the open question ends, or nil."
  (save-excursion
    (and (aid-chat-model--at-line) (match-end 1))))

(defun aid-chat-model-take ()
  "Take the model's line off the open question.
Give the name, what was taken and from where, to put it back; or nil.  Signal an
error when there is no such model."
  (save-excursion
    (when (aid-chat-model--at-line)
      (let ((beg (match-beginning 1)) (text (match-string-no-properties 1))
            (name (match-string-no-properties 2)))
        (when (save-excursion
                (goto-char (match-end 1))
                (skip-chars-forward " \t\n")
                (>= (point) (cdr (aid-chat-open-question))))
          (user-error "The question has a model's line, and nothing else"))
        (aid--mod-model-info name (aid-chat-root))
        (aid-chat--replace beg (+ beg (length text)) "")
        (list name text (copy-marker beg))))))

(defun aid-chat-complete-model ()
  "Complete the name in a model's line of the open question."
  (save-excursion
    (let ((end (point)))
      (skip-chars-backward "^ \t\n")
      (let ((beg (point)))
        (when (and (aid-chat-in-question-p)
                   (save-excursion
                     (beginning-of-line)
                     (and (looking-at-p "@model[ \t]")
                          (progn (when (looking-back "^/[[:alnum:]-]+[ \t]*\n" (line-beginning-position 0))
                                   (forward-line -1))
                                 (skip-chars-backward " \t\n")
                                 (<= (point) (car (aid-chat-open-question)))))))
          (let ((root (aid-chat-root)))
            (aid-model-look root)
            (list beg end (aid-model--table root) :exclusive 'no)))))))

(provide 'aid-chat-model)
;;; aid-chat-model.el ends here
