;;; aid-remote-tests.el --- Tests of projects that are elsewhere  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What is asked about remote files, through Tramp's own shell on this machine.

;;; Code:

(require 'aid-context-help)

(defvar tramp-methods)
(defvar tramp-verbose)
(defvar tramp-persistency-file-name)
(declare-function tramp-cleanup-all-connections "tramp-cmds" ())

(ert-deftest aid-append-remote ()
  "Remote files are read through Emacs, and reviews change their buffers."
  (require 'tramp)
  (let ((tramp-methods (cons '("mock" (tramp-login-program "sh") (tramp-login-args (("-i")))
                               (tramp-remote-shell "/bin/sh") (tramp-remote-shell-args ("-c"))
                               (tramp-connection-timeout 10))
                             tramp-methods))
        (tramp-verbose 0) (tramp-persistency-file-name nil)
        (inhibit-message t))
    (aid-context-tests-with
     (add-to-list 'tramp-default-host-alist (list "\\`mock\\'" nil (system-name)))
     (aid-project-write "src/b.h" "int zero;\n")
     (aid-project-run "git" "init" "-q" ".")
     (aid-project-run "git" "add" ".")
     (aid-project-run "git" "-c" "user.name=A" "-c" "user.email=a@b" "commit" "-qm" "x")
     (aid-project-write "src/b.h" "int one (void);\n")
     (let* ((root (concat "/mock::" aid-project-root-folder))
            (default-directory root) chat)
       (aid-append-file (concat root "src/b.h"))
       (setq chat (aid-chat-for (aid-project-root)))
       (aid-append-diff)
       (with-current-buffer chat
         (let* ((items (plist-get (aid--mod-doc-parse (aid-chat-doc)) :items))
                (changes (aid-context-item-text (plist-get (nth 1 items) :target) default-directory)))
           (should (string-search "-int zero;\n+int one (void);\n" changes)))
         (let* ((item (car (plist-get (aid--mod-doc-parse (aid-chat-doc)) :items)))
                (target (plist-get item :target)))
           (should (equal (plist-get item :label) "src/b.h"))
           (should (equal (aid-context-item-text target default-directory) "int one (void);\n"))
           (with-current-buffer (find-file-noselect (concat root "src/b.h"))
             (goto-char (point-max))
             (insert "int two;\n"))
           (should (equal (aid-context-item-text target default-directory) "int one (void);\nint two;\n"))))
       (aid-project-answer chat (concat (aid-project-diff "--- a/src/b.h" "+++ b/src/b.h" "@@ -1,2 +1,2 @@"
                                                          "-int one (void);" "+int uno (void);" " int two;")
                                        "\n"
                                        (aid-project-diff "--- a/../x" "+++ b/../x" "@@ -1 +1 @@" "-a" "+b")))
       (with-current-buffer chat (aid-review))
       (aid-project-key "y")
       (should (equal (aid-apply-text (find-file-noselect (concat root "src/b.h")))
                      "int uno (void);\nint two;\n"))
       (should (equal (aid-project-disk "src/b.h") "int one (void);\n"))
       (should (string-search "leads out" (cadr (should-error (aid-project-key "y") :type 'user-error))))
       (cl-letf (((symbol-function 'y-or-n-p) #'always))
         (aid-project-key "q"))
       (should (equal (aid-project-disk "src/b.h") "int uno (void);\nint two;\n"))
       (aid-project-kill-all)
       (tramp-cleanup-all-connections)))))

(provide 'aid-remote-tests)
;;; aid-remote-tests.el ends here
