;;; aid-chat-symbols-tests.el --- What a project's index and list tell in Emacs  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Names that any file of a project defines, completed; why a file is left out.

;;; Code:

(require 'aid-context-help)
(require 'aid-chat-complete)
(require 'aid-search)

(declare-function aid--dispatch "aid-module" (event))

(defmacro aid-context-items-tests-indexed (&rest body)
  "Run BODY in the chat of a project in Git that is indexed."
  `(aid-context-items-tests-in-git
    (with-current-buffer (aid-context-tests-chat)
      (aid-context-items-tests-wait
       (lambda () (setq aid-chat-symbols--answers nil) (aid-chat-symbols "one")))
      ,@body)))

(ert-deftest aid-chat-completes-symbols-of-the-project ()
  "What any file of the project defines completes, and becomes an item of it."
  (aid-context-items-tests-indexed
   (should-not (aid-chat--visible-buffers))
   (goto-char (point-max))
   (insert "What does @tw")
   (pcase-let ((`(,beg ,end ,table . ,plist) (aid-chat-complete-item)))
     (should (equal (buffer-substring beg end) "tw"))
     (should (equal (all-completions "tw" table) '("two")))
     (insert "o")
     (funcall (plist-get plist :exit-function) "two" 'finished))
   (should (string-match-p "What does two\n" (buffer-string)))
   (should (equal (mapcar #'butlast (mapcar #'cdr (aid-chat--open-items))) '(("@two" "aid:symbol/two"))))
   (should (string-search "return 2" (aid-context-items-tests-text "aid:symbol/two")))
   ;; in the minibuffer, too
   (should (equal (all-completions "@on" (aid-append--item-table)) '("@one")))
   ;; and typed out
   (goto-char (cdr (aid-chat--prose-bounds)))
   (insert " And @one or @three?")
   (aid-chat--add-typed)
   (should (equal (aid-context-items-tests-labels) '("@two" "@one")))))

(ert-deftest aid-chat-symbols-never-stall ()
  "While no answer comes, what was told before is offered, and the newest question is asked next."
  (aid-context-items-tests-indexed
   (let ((asked nil) (id 90000000) (aid-chat-symbols--wait 0.01))
     (cl-letf (((symbol-function 'aid--mod-symbols-soon)
                (lambda (_root text _most) (push (cons (cl-incf id) text) asked) id)))
       (setq aid-chat-symbols--answers nil)
       (should-not (aid-chat-symbols "o"))
       (should-not (aid-chat-symbols "on"))
       (should-not (aid-chat-symbols "one"))
       (should (equal (mapcar #'cdr asked) '("o")))          ; the others wait
       (should (aid-chat-symbols-pending-p))
       (aid--dispatch (list (car (car asked)) 'result '(t "oak" "once")))
       (should (equal (mapcar #'cdr asked) '("one" "o")))    ; not for "on": more was typed
       (should (equal (aid-chat-symbols "one") '("oak" "once")))   ; the table's user filters
       (aid--dispatch (list (car (car asked)) 'result '(nil "one")))
       (should-not (aid-chat-symbols-pending-p))
       (should (equal (aid-chat-symbols "one") '("one")))
       (should (equal (aid-chat-symbols "one_more") '("one")))     ; all of "one" is known
       (should (= 2 (length asked)))))))

(ert-deftest aid-chat-symbols-of-a-folder-that-is-not-indexed ()
  "Where nothing is indexed nothing is offered, and the core is not asked at each key."
  (aid-context-items-tests-in-git
   (with-current-buffer (aid-context-tests-chat)
     (cl-letf (((symbol-function 'aid-chat-root) (lambda () "/")))
       (should-not (aid-chat-symbols "t"))
       (aid-context-items-tests-wait (lambda () (not (aid-chat-symbols-pending-p))))
       (cl-letf (((symbol-function 'aid--mod-symbols-soon) (lambda (&rest args) (ert-fail args))))
         (should-not (aid-chat-symbols "tw")))))))

;;; What is left out

(defun aid-context-items-tests-why (file)
  "What `aid-why' says of the project's FILE."
  (let (said)
    (cl-letf (((symbol-function 'message) (lambda (format &rest args) (setq said (apply #'format-message format args)))))
      (aid-why (aid-project-file file))
      (aid-context-items-tests-wait (lambda () said)))))

(ert-deftest aid-why-says-the-rule ()
  "Of each file it is said what it is, and of one that is left out by what rule."
  (aid-context-items-tests-in-git
   (aid-project-write ".gitignore" "*.o\n")
   (aid-project-write "a.o" "x")
   (aid-project-write "blob" "x\0y")
   (aid-project-write "node_modules/m/a.js" "x\n")
   (should (equal (aid-context-items-tests-why "src/a.c") "src/a.c: text"))
   (should (equal (aid-context-items-tests-why "a.o") "a.o: not listed: ignored by .gitignore:1: *.o"))
   (should (string-prefix-p "blob: binary" (aid-context-items-tests-why "blob")))
   (should (string-match-p "vendored: .*node_modules" (aid-context-items-tests-why "node_modules/m/a.js")))
   (should (string-search "There is no none.c" (aid-context-items-tests-why "none.c")))))

(provide 'aid-chat-symbols-tests)
;;; aid-chat-symbols-tests.el ends here
