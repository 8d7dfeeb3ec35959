;;; aid-read.el --- Lines that are typed or completed  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Commands and items have blanks and question marks in them, which completion
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

(provide 'aid-read)
;;; aid-read.el ends here
