;;; aid-read.el --- Lines that are typed or completed  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Questions in the minibuffer.  Commands and items have blanks and question marks in them, which completion
;; takes for its own keys.

;;; Code:

(defvar aid-read-line-map
  (let ((map (make-sparse-keymap)))
    (define-key map " " #'self-insert-command)
    (define-key map "?" #'self-insert-command)
    map)
  "Keys that stand for themselves where `aid-read-line' reads.")

(defun aid-read-line (prompt collection &optional history default)
  "Read a line with PROMPT, which may be one of COLLECTION or any other.
HISTORY is a variable, DEFAULT what an empty line stands for."
  (minibuffer-with-setup-hook
      (lambda ()
        (use-local-map (make-composed-keymap aid-read-line-map (current-local-map))))
    (completing-read prompt collection nil nil nil history default)))

;;; What is said beside what can be chosen

(defun aid-read-affixation (note)
  "A function that says beside names what NOTE gives of each, in a column."
  (lambda (names)
    (let ((width (apply #'max 0 (mapcar #'string-width names))))
      (mapcar (lambda (name)
                (let ((words (copy-sequence (funcall note name))))
                  (add-face-text-property 0 (length words) 'completions-annotations t words)
                  (list name "" (concat (make-string (- width (string-width name)) ?\s) words))))
              names))))

;;; Where a choice holds

(defun aid-read-scope (option)
  "Ask where a choice of OPTION's value is to hold; give the scope as a symbol.
It is `chat', which only a chat can have, `project' or `everywhere'."
  (let* ((scopes `(("chat" "this chat alone, for good")
                   ("project" "everybody's default in this project: .aid/config.json")
                   ("everywhere" ,(format "your default: the option `%s', saved" option))))
         (completion-extra-properties
          (list :annotation-function
                (lambda (name) (concat "  " (cadr (assoc name scopes)))))))
    (intern (completing-read "Use it in: "
                             (mapcar #'car (if (derived-mode-p 'aid-chat-mode) scopes (cdr scopes)))
                             nil t))))

(provide 'aid-read)
;;; aid-read.el ends here
