;;; demo.el --- The first thing a newcomer sees  -*- lexical-binding: t; -*-

;;; Commentary:

;; Opens the sample project and its chat with a question written out: one key
;; sends it.  Loaded by docs/sample/demo, never installed.

;;; Code:

(require 'compile)
(require 'aid)
(require 'aid-chat)
(require 'aid-menu)

(defvar transient-save-history)

(defvar aid-demo-project (file-name-as-directory (getenv "AID_DEMO_PROJECT")))

(defvar aid-demo-files
  (seq-filter (lambda (name) (file-exists-p (expand-file-name name aid-demo-project)))
              '("src/lexer.c" "src/lexer.h" "tests/test_lexer.c"
                "src/lexer.ml" "src/lexer.mli" "test/test_lexer.ml")))

(defun aid-demo ()
  "Show the sample project beside a chat that is ready to be sent."
  (setq inhibit-startup-screen t
        compilation-ask-about-save nil
        transient-save-history nil
        aid-model (getenv "AID_DEMO_MODEL"))
  ;; Emacs takes OCaml for Lisp.
  (add-to-list 'auto-mode-alist '("\\.mli?\\'" . prog-mode))
  (global-set-key (kbd "C-c i") aid-prefix-map)
  (setq-default compile-command
                (if (file-exists-p (expand-file-name "dune-project" aid-demo-project))
                    (concat "dune test --root " aid-demo-project)
                  (format "make -C %s check" aid-demo-project)))
  (menu-bar-mode -1)
  (find-file (expand-file-name (car aid-demo-files) aid-demo-project))
  (delete-other-windows)
  (dolist (name aid-demo-files)
    (aid-append-file (expand-file-name name aid-demo-project)))
  (let ((chat (aid-chat-for aid-demo-project)))
    (select-window (aid-chat-display chat))
    (goto-char (car (aid-chat-open-question)))
    (insert "Comments that are never closed are taken for good ones. Fix it: the source, its interface and a test.")
    (goto-char (point-max))
    (message "C-c C-c sends the question; C-c C-a on the answer reviews its diff; C-c i B shows red and green")))

(add-hook 'emacs-startup-hook #'aid-demo)

;;; demo.el ends here
