;;; aid-context-help.el --- What the tests of context share  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A project with code in it, and the context lines of its chat.

;;; Code:

(require 'aid-project-help)
(require 'aid-context-items)

(declare-function aid--mod-tokens "ext:aid-module" (text))
(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

(defconst aid-context-tests-code
  "#include <stdio.h>\n\nint\none (void)\n{\n  return 1;\n}\n\nint\ntwo (void)\n{\n  return 2;\n}\n")

(defun aid-context-tests-chat ()
  "The project's chat."
  (aid-chat-for aid-project-root-folder))

(defun aid-context-tests-items ()
  "The context lines of the chat, as the core reads them."
  (with-current-buffer (aid-context-tests-chat)
    (plist-get (aid--mod-doc-parse (aid-chat-doc)) :items)))

(defun aid-context-tests-text (item)
  "The text that ITEM is going to be sent with."
  (let ((dir (buffer-local-value 'default-directory (aid-context-tests-chat)))
        (target (plist-get item :target)))
    (with-current-buffer (aid-context-tests-chat)
      (or (aid-context-item-text target dir)
          (aid-tests-item dir target)))))

(defun aid-context-tests-one ()
  "The only context line of the chat, with its :text and the tokens it says.
Of a file the core finds them out."
  (aid-tests-wait (lambda () (with-current-buffer (aid-context-tests-chat)
                               (not (bound-and-true-p aid-context--uncounted)))))
  (let ((items (aid-context-tests-items)))
    (should (= 1 (length items)))
    (let* ((item (car items)) (text (aid-context-tests-text item)))
      (should (equal (format "%s" (plist-get (plist-get item :meta) :tok))
                     (number-to-string (aid--mod-tokens text))))
      (append (list :text text) item))))

(defun aid-context-tests-target (name)
  "The target of the project's file NAME, as a chat of the project has it."
  (concat "../../project/" name))

(defmacro aid-context-tests-in (name &rest body)
  "Run BODY in the buffer of the project's file NAME, at its beginning."
  (declare (indent 1))
  `(with-current-buffer (aid-project-buffer ,name)
     (goto-char (point-min))
     ,@body))

(defmacro aid-context-tests-with (&rest body)
  "Run BODY in a plain project with code in it."
  `(aid-project-with (list (cons "Makefile" "all:\n") (cons "src/a.c" aid-context-tests-code)
                           (cons "src/b.h" "int one (void);\n"))
     ,@body))

;;; Items that the core reads

(defun aid-context-items-tests-wait (what)
  "Let events come until WHAT, a function, gives non-nil; give that."
  (let ((limit (+ (float-time) 20)) found)
    (while (and (not (setq found (funcall what))) (< (float-time) limit))
      (accept-process-output aid--process 0.05))
    (should found)
    found))

(defun aid-context-items-tests-tokens (target)
  "Wait until the line of TARGET says what it costs, and give that."
  (aid-context-items-tests-wait
   (lambda ()
     (cl-loop for item in (aid-context-tests-items)
              when (equal (plist-get item :target) target)
              return (let ((tok (plist-get (plist-get item :meta) :tok)))
                       (and tok (string-to-number (format "%s" tok))))))))

(defun aid-context-items-tests-text (target)
  "What the core reads for TARGET in the chat."
  (let (got)
    (with-current-buffer (aid-context-tests-chat)
      (aid-context-read-soon target (lambda (val) (setq got val))))
    (aid-context-items-tests-wait (lambda () got))
    (if (stringp got) got (plist-get got :text))))

(defun aid-context-items-tests-labels ()
  "The labels of the chat's items."
  (mapcar (lambda (item) (plist-get item :label)) (aid-context-tests-items)))

(defmacro aid-context-items-tests-in-git (&rest body)
  "Run BODY in a project in Git with two commits."
  `(aid-context-tests-with
    (aid-project-run "git" "init" "-q" ".")
    (aid-project-run "git" "config" "user.name" "Ann")
    (aid-project-run "git" "config" "user.email" "ann@example.org")
    (aid-project-run "git" "add" ".")
    (aid-project-run "git" "commit" "-qm" "The beginning")
    (aid-project-write "src/b.h" "int one (void);\nint two (void);\n")
    (aid-project-run "git" "commit" "-qam" "Two is declared")
    ,@body))

(provide 'aid-context-help)
;;; aid-context-help.el ends here
