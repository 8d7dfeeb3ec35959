;;; aid-binding-tests.el --- Tests of the core's Lisp functions  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The product's core under Emacs: what its functions take, give and
;; signal, and that it can be replaced again and again.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-module)
(require 'aid-module-helper)

(declare-function aid--mod-face-names "ext:aid-module" ())
(declare-function aid--mod-doc-open "ext:aid-module" (text))
(declare-function aid--mod-doc-edit "ext:aid-module" (doc beg deleted text))
(declare-function aid--mod-doc-close "ext:aid-module" (doc))
(declare-function aid--mod-doc-size "ext:aid-module" (doc))
(declare-function aid--mod-doc-text "ext:aid-module" (doc))
(declare-function aid--mod-doc-spans "ext:aid-module" (doc beg end))
(declare-function aid--mod-doc-blocks "ext:aid-module" (doc beg end))
(declare-function aid--mod-doc-parse "ext:aid-module" (doc))
(declare-function aid--mod-doc-edited "ext:aid-module" (doc beg end))
(declare-function aid--mod-doc-essence "ext:aid-module" (doc beg end))
(declare-function aid--mod-chat-key "ext:aid-module" ())
(declare-function aid--mod-chat-hash "ext:aid-module" (body))
(declare-function aid--mod-journal-list "ext:aid-module" (file))
(declare-function aid--mod-journal-remove "ext:aid-module" (file req))
(declare-function aid--mod-ask "ext:aid-module" (plist))
(declare-function aid--mod-running "ext:aid-module" ())
(declare-function aid--mod-abandoned "ext:aid-module" ())
(declare-function aid--mod-model-info "ext:aid-module" (id root))
(declare-function aid--mod-models "ext:aid-module" (root))
(declare-function aid--mod-strategies "ext:aid-module" (root))
(declare-function aid--mod-definition-at "ext:aid-module" (text file at))
(declare-function aid--mod-tokens "ext:aid-module" (text))
(declare-function aid--mod-blob-get "ext:aid-module" (hash))
(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid--mod-patch-plan "ext:aid-module" (plist))
(declare-function aid--mod-patch-report "ext:aid-module" (plist))
(declare-function aid--mod-patch-check "ext:aid-module" (plist))
(declare-function aid--mod-patch-path "ext:aid-module" (root path))

(defvar treesit-extra-load-path)

(defun aid-tests-core ()
  "Have the product's core, loaded once."
  (unless (and (fboundp 'aid--mod-version)
               (equal (ignore-errors (aid--mod-version)) "release-a"))
    (aid-tests-load "core-a")))

(defmacro aid-tests-signals (code &rest body)
  "Check that BODY signals `aid-error' with CODE; return the message."
  (declare (indent 1))
  `(let ((err (should-error (progn ,@body) :type 'aid-error)))
     (should (eq (cadr err) ,code))
     (nth 2 err)))

(defconst aid-tests-chat
  "<!--aid:k7Qx2mT9 chat v=1 root=..-->
# Ümläut

## You <!--aid:k7Qx2mT9 1 user-->
Fix *it* grüßend.

- [a.c](../a.c) <!--aid:k7Qx2mT9 item-->

## model <!--aid:k7Qx2mT9 2 answer-->
<!--aid:k7Qx2mT9 meta model=m req=r1 state=done-->
<!--aid:k7Qx2mT9 reasoning ms=5-->
> so

The **end** is near.

```c
int x;
```

## You <!--aid:k7Qx2mT9 3 user-->
"
  "A chat with two questions and an answer.")

(defun aid-tests-spanned (doc beg end)
  "The spans of DOC in BEG..END as a list of (TEXT FACE)."
  (let ((text (aid--mod-doc-text doc)) (names (aid--mod-face-names))
        (v (cddr (aid--mod-doc-spans doc beg end))))
    (cl-loop for i below (length v) by 3
             collect (list (substring text (aref v i) (aref v (1+ i))) (aref names (aref v (+ i 2)))))))

(defun aid-tests-position (needle)
  "Where NEEDLE is in the chat, in characters from 0."
  (string-match (regexp-quote needle) aid-tests-chat))

;;; Documents

(ert-deftest aid-binding-doc-edits ()
  (aid-tests-core)
  (let ((doc (aid--mod-doc-open "grüße an alle")))
    (should (= (aid--mod-doc-size doc) 13))
    (aid--mod-doc-edit doc 2 3 "ö€")
    (should (equal (aid--mod-doc-text doc) "grö€ an alle"))
    (aid--mod-doc-edit doc 12 0 "\n")
    (should (= (aid--mod-doc-size doc) 13))
    (aid-tests-signals 'invalid (aid--mod-doc-edit doc 10 9 ""))
    (aid-tests-signals 'invalid (aid--mod-doc-edit doc -1 0 ""))
    (should-error (aid--mod-doc-edit doc 0 0 nil) :type 'wrong-type-argument)
    (should-error (aid--mod-doc-edit doc "0" 0 "") :type 'wrong-type-argument)
    (aid--mod-doc-close doc)
    (aid-tests-signals 'state (aid--mod-doc-size doc))))

(ert-deftest aid-binding-doc-keeps-positions-of-any-character ()
  "Raw bytes, surrogates and what is beyond Unicode are one character each."
  (aid-tests-core)
  (let* ((text (concat "a" (string #x3fff80 #x3fffff) "ü" (string #xd800 #xdfff #x110000) "\0z"))
         (doc (aid--mod-doc-open text)))
    (should (= (aid--mod-doc-size doc) (length text)))
    (should (equal (aid--mod-doc-text doc) "a\ufffd\ufffdü\ufffd\ufffd\ufffd\0z"))
    (aid--mod-doc-edit doc 0 0 "\200\377")
    (should (= (aid--mod-doc-size doc) (+ 2 (length text))))
    (aid--mod-doc-close doc)))

(ert-deftest aid-binding-doc-spans-stay-in-their-turn ()
  "Markdown gets its faces, structure gets none, and a part is as in the whole."
  (aid-tests-core)
  (let* ((doc (aid--mod-doc-open aid-tests-chat))
         (all (aid-tests-spanned doc 0 (length aid-tests-chat))))
    (should (member '("*it*" emphasis) all))
    (should (member '("**end**" strong) all))
    (should (member '("> so" quote) (mapcar (lambda (s) (list (string-trim (car s)) (cadr s))) all)))
    (should-not (seq-find (lambda (s) (string-match-p "<!--aid:" (car s))) all))
    (let* ((at (aid-tests-position "**end**"))
           (part (aid--mod-doc-spans doc at (1+ at))))
      (should (<= (aid-tests-position "reasoning") (car part) at))
      (should (< at (cadr part) (1+ (aid-tests-position "## You <!--aid:k7Qx2mT9 3"))))
      (should (member '("**end**" strong) (aid-tests-spanned doc at (1+ at))))
      (should-not (member '("*it*" emphasis) (aid-tests-spanned doc at (1+ at)))))
    (aid--mod-doc-close doc)))

(ert-deftest aid-binding-doc-open-fence-ends-with-its-turn ()
  "An answer that leaves a fence open does not reach into the next question."
  (aid-tests-core)
  (let* ((text (replace-regexp-in-string "int x;\n```" "int x;" aid-tests-chat t t))
         (doc (aid--mod-doc-open (concat text "*next*\n"))))
    (should (member '("*next*" emphasis)
                    (aid-tests-spanned doc (length text) (+ 3 (length text)))))
    (should (equal (mapcar (lambda (b) (plist-get b :closed)) (aid--mod-doc-blocks doc 0 10000)) '(nil)))
    (aid--mod-doc-close doc)))

(ert-deftest aid-binding-doc-blocks ()
  (aid-tests-core)
  (let* ((doc (aid--mod-doc-open aid-tests-chat)) (code (aid-tests-position "int x;"))
         (block (car (aid--mod-doc-blocks doc code (1+ code)))))
    (should (equal (plist-get block :info) "c"))
    (should (eq (plist-get block :closed) t))
    (should (equal (substring aid-tests-chat (plist-get block :code) (plist-get block :code_end)) "int x;\n"))
    (should (= (plist-get block :beg) (aid-tests-position "```c")))
    (should-not (aid--mod-doc-blocks doc 0 10))
    (aid--mod-doc-close doc)))

(ert-deftest aid-binding-doc-edits-at-random ()
  "After any edits a document is like one opened with the same text."
  (aid-tests-core)
  (random "edits")
  (let* ((text aid-tests-chat) (doc (aid--mod-doc-open text))
         (pieces (vector "\n" "" "x" "ü*€*" "```\n" "> " "<!--aid:k7Qx2mT9 3 user-->" "<!--aid:other 3 user-->\n"
                         "\n## You <!--aid:k7Qx2mT9 5 user-->\n" "k7Qx2mT8" "<!--" "\n\n" (substring aid-tests-chat 0 150))))
    (dotimes (i 1500)
      (let* ((beg (random (1+ (length text))))
             (beg (if (zerop (random 40)) (min beg 20) beg))
             (deleted (random (1+ (min (random 60) (- (length text) beg)))))
             (new (aref pieces (random (length pieces)))))
        (setq text (concat (substring text 0 beg) new (substring text (+ beg deleted))))
        (aid--mod-doc-edit doc beg deleted new))
      (when (zerop (% i 5))
        (let ((fresh (aid--mod-doc-open text)))
          (should (equal (aid--mod-doc-text doc) text))
          (should (equal (aid--mod-doc-spans doc 0 (length text)) (aid--mod-doc-spans fresh 0 (length text))))
          (aid--mod-doc-close fresh)))
      (when (zerop (% i 250))           ; back to something that is a chat
        (aid--mod-doc-edit doc 0 (length text) aid-tests-chat)
        (setq text aid-tests-chat)))
    (aid--mod-doc-close doc)))

(ert-deftest aid-binding-doc-long-turn-after-edits ()
  "What is remembered of a long turn never outlives an edit that makes it wrong."
  (aid-tests-core)
  (let* ((block "Some *text*.\n\n1\n\n- one\n- two\n\n```c\nint x;\n```\n\n")
         (text (concat "<!--aid:k7Qx2mT9 chat v=1-->\n## You <!--aid:k7Qx2mT9 1 user-->\n"
                       (apply #'concat (make-list 6000 block))))
         (doc (aid--mod-doc-open text)))
    (random "long turn")
    (aid--mod-doc-spans doc (- (length text) 100) (length text))
    (dolist (piece '("```\n" "x" ". b\n" "    " "<!--\n" "> "))
      (let* ((at (+ 100 (random (- (length text) 200)))) (near (+ at (random 90000))))
        (aid--mod-doc-edit doc at 0 piece)
        (setq text (concat (substring text 0 at) piece (substring text at)))
        (setq near (min near (- (length text) 500)))
        (let ((fresh (aid--mod-doc-open text)))
          (dolist (from (list at near))
            (should (equal (aid--mod-doc-spans doc from (+ from 400))
                           (aid--mod-doc-spans fresh from (+ from 400)))))
          (aid--mod-doc-close fresh))))))

(ert-deftest aid-binding-doc-parse ()
  (aid-tests-core)
  (let* ((doc (aid--mod-doc-open aid-tests-chat)) (chat (aid--mod-doc-parse doc))
         (turns (plist-get chat :turns)) (item (car (plist-get chat :items))))
    (should (equal (plist-get chat :key) "k7Qx2mT9"))
    (should (equal (plist-get chat :title) "Ümläut"))
    (should (equal (mapcar (lambda (turn) (plist-get turn :kind)) turns) '("user" "answer" "user")))
    (should (= (plist-get (cadr turns) :beg) (aid-tests-position "## model")))
    (should (equal (plist-get item :target) "../a.c"))
    (aid--mod-doc-close doc)))

(ert-deftest aid-binding-doc-turns ()
  "One turn tells what counts of it, and whether that was received."
  (aid-tests-core)
  (let* ((essence "so\nThe **end** is near.\n```c\nint x;\n```\n")
         (doc (aid--mod-doc-open (string-replace "state=done" (concat "got=" (aid--mod-chat-hash essence))
                                                 aid-tests-chat)))
         (turn (cadr (plist-get (aid--mod-doc-parse doc) :turns)))
         (beg (plist-get turn :beg)) (end (plist-get turn :end)))
    (should (equal (aid--mod-doc-essence doc beg end) essence))
    (should-not (aid--mod-doc-edited doc beg end))
    (aid--mod-doc-edit doc (- end 2) 0 "ü")
    (should (aid--mod-doc-edited doc beg (1+ end)))
    ;; Where no turn is, there is nothing to tell.
    (should (equal (aid--mod-doc-essence doc 0 10) ""))
    (should-not (aid--mod-doc-edited doc end beg))
    (should-not (aid--mod-doc-edited doc 100000 200000))
    (aid-tests-signals 'invalid (aid--mod-doc-edited doc -1 end))
    (should-error (aid--mod-doc-essence doc nil end) :type 'wrong-type-argument)
    (aid--mod-doc-close doc)
    (aid-tests-signals 'state (aid--mod-doc-edited doc beg end))
    (aid-tests-signals 'state (aid--mod-doc-essence doc beg end))))

;;; Chat helpers

(ert-deftest aid-binding-chat-helpers ()
  (aid-tests-core)
  (should (string-match-p "\\`[0-9A-Za-z]\\{8\\}\\'" (aid--mod-chat-key)))
  (should-not (equal (aid--mod-chat-key) (aid--mod-chat-key)))
  (should (string-match-p "\\`[0-9a-f]\\{16\\}\\'" (aid--mod-chat-hash "body")))
  (should (equal (aid--mod-chat-hash "body") (aid--mod-chat-hash "body\n\n")))
  (should-not (equal (aid--mod-chat-hash "body") (aid--mod-chat-hash "bodies")))
  (let ((names (aid--mod-face-names)))
    (should (equal (list (aref names 0) (aref names 1) (aref names (1- (length names)))) '(nil heading1 markup))))
  (should-not (aid--mod-journal-list (expand-file-name "none.aid.md" aid-tests-directory)))
  (should-not (aid--mod-journal-remove (expand-file-name "none.aid.md" aid-tests-directory) "r1")))

;;; Patches

(defun aid-tests-tree ()
  "A fresh folder with src/a.txt."
  (let ((root (make-temp-file (expand-file-name "tree" aid-tests-directory) t)))
    (make-directory (expand-file-name "src" root))
    (with-temp-file (expand-file-name "src/a.txt" root)
      (insert "ä\ntwo\nthree\n"))
    root))

(defconst aid-tests-answer
  "Grüße:\n\n```diff\n--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1,3 +1,3 @@ place\n ä\n-two\n+zwei\n three\n```\n"
  "An answer with one hunk.")

(ert-deftest aid-binding-patch-read ()
  (aid-tests-core)
  (let* ((patch (aid--mod-patch-read aid-tests-answer)) (hunk (car (plist-get patch :hunks)))
         (file (car (plist-get patch :files))) (block (car (plist-get patch :blocks))))
    (should (equal (plist-get file :path) "src/a.txt"))
    (should (equal (plist-get file :op) "modify"))
    (should (equal (plist-get file :hunks) '(0)))
    (should (equal (plist-get block :files) '(0)))
    (should (equal (plist-get hunk :text) "@@ -1,3 +1,3 @@ place\n ä\n-two\n+zwei\n three\n"))
    (should (= (plist-get block :beg) (string-search "```diff" aid-tests-answer)))
    (should (= (plist-get hunk :beg) (string-search "@@ -1" aid-tests-answer)))
    (should-not (plist-get patch :notes))))

(ert-deftest aid-binding-patch-plan ()
  "Buffers' texts go before the disk's; positions are characters; choices are kept."
  (aid-tests-core)
  (let* ((root (aid-tests-tree))
         (hunk (lambda (&rest more)
                 (car (plist-get (car (plist-get (aid--mod-patch-plan
                                                  (append (list :text aid-tests-answer :root root) more))
                                                 :files))
                                 :hunks))))
         (found (funcall hunk)))
    (should (equal (plist-get found :status) "applied"))
    (should (equal (plist-get found :method) "exact"))
    (should (equal (plist-get found :edits) '((2 6 "zwei\n"))))
    (let ((moved (funcall hunk :texts '(("src/a.txt" . "ü\n\nä\ntwo\nthree\n")))))
      (should (equal (plist-get moved :method) "shifted"))
      (should (equal (plist-get moved :edits) '((5 9 "zwei\n")))))
    (should (equal (plist-get (funcall hunk :texts '(("src/a.txt" . "other\n"))) :status) "refused"))
    (should (equal (plist-get (funcall hunk :only '(7)) :status) "left-out"))
    (should (equal (plist-get (funcall hunk :reverse t :texts '(("src/a.txt" . "ä\nzwei\nthree\n"))) :edits)
                   '((2 7 "two\n"))))
    (aid-tests-signals 'invalid (aid--mod-patch-plan (list :text "x")))
    (should-error (aid--mod-patch-plan (list :text 5 :root root)) :type 'wrong-type-argument)
    (should-error (aid--mod-patch-plan (list :text "" :root root :texts '(5))) :type 'wrong-type-argument)))

(ert-deftest aid-binding-patch-report ()
  "What is refused is told of those files that are asked about."
  (aid-tests-core)
  (let* ((root (aid-tests-tree))
         (report (lambda (&rest more)
                   (aid--mod-patch-report (append (list :text aid-tests-answer :root root) more)))))
    (should (equal (funcall report) ""))
    (should (string-search "\n+     2 | other\n"
                           (funcall report :texts '(("src/a.txt" . "ä\nother\nthree\n")))))
    (should (equal (funcall report :texts '(("src/a.txt" . "other\n")) :files '(7)) ""))
    (aid-tests-signals 'invalid (aid--mod-patch-report (list :text "x")))))

(ert-deftest aid-binding-patch-plan-refuses-to-leave ()
  "A buffer's text does not open a way out of the project."
  (aid-tests-core)
  (let* ((root (aid-tests-tree))
         (text (string-replace "src/a.txt" "../out.txt" aid-tests-answer))
         (plan (aid--mod-patch-plan (list :text text :root root :texts '(("../out.txt" . "ä\ntwo\nthree\n"))))))
    (should (zerop (plist-get plan :applied)))))

(ert-deftest aid-binding-patch-check ()
  "The same plan as an event; many at once."
  (aid-tests-core)
  (let* ((root (aid-tests-tree)) (args (list :text aid-tests-answer :root root))
         (plan (aid--mod-patch-plan args))
         (got (cl-loop repeat 50 collect (aid-tests-collect (aid--mod-patch-check args)))))
    (aid-tests-wait (lambda () (cl-every #'aid-tests-ended got)))
    (dolist (g got)
      (should (equal (car g) `((checked ,plan)))))))

(ert-deftest aid-binding-patch-path ()
  (aid-tests-core)
  (let ((root (file-truename (aid-tests-tree))))
    (should (equal (aid--mod-patch-path root "src/new.c") (expand-file-name "src/new.c" root)))
    (dolist (bad '("../x" "/etc/passwd" ".git/hooks/x" "" "a\nb"))
      (should (stringp (aid-tests-signals 'refused (aid--mod-patch-path root bad)))))
    (aid-tests-signals 'invalid (aid--mod-patch-path root "a\0b"))))

;;; Context and models

(ert-deftest aid-binding-items ()
  (aid-tests-core)
  (let ((root (aid-tests-tree)))
    (should (equal (aid-tests-item root "src/a.txt#L2") "two\n"))
    (should (eq (aid-tests-item root "src/none.txt") 'notfound))
    (aid-tests-signals 'notfound (aid--mod-blob-get "0123456789abcdef"))))

(ert-deftest aid-binding-models ()
  (aid-tests-core)
  (let ((info (aid--mod-model-info "ollama/some-model" nil)))
    (should (equal (plist-get info :provider) "ollama"))
    (should (equal (plist-get info :name) "some-model"))
    (should (eq (plist-get info :local) t))
    (should (equal (plist-get info :key) "none")))
  (aid-tests-signals 'notfound (aid--mod-model-info "no-such-provider/x" nil))
  (should (listp (aid--mod-models nil)))
  (should (member "edit" (mapcar (lambda (info) (plist-get info :name)) (aid--mod-strategies nil))))
  (should (< 0 (aid--mod-tokens "some words of text") 20))
  (should (= (aid--mod-abandoned) 0)))

(ert-deftest aid-binding-ask-ends-with-one-event ()
  "A question that cannot be asked ends with an error event that says why."
  (aid-tests-core)
  (let* ((doc (aid--mod-doc-open (concat aid-tests-chat "Well?\n")))
         (id (aid--mod-ask (list :doc doc :model "no-such-provider/x" :request "r2"
                                 :items '(("aid:errors/a.c" . "a.c:1: error")))))
         (got (aid-tests-collect id)))
    (aid-tests-wait (lambda () (aid-tests-ended got)))
    (should (eq (car (caar got)) 'error))
    (should (string-match-p "no-such-provider" (plist-get (cadr (caar got)) :message)))
    (aid-tests-wait (lambda () (= (aid--mod-running) 0)))
    (should-error (aid--mod-ask '(:model "x")) :type 'wrong-type-argument)
    (should-error (aid--mod-ask '(:chat "x" :items (("a" . 1)))) :type 'wrong-type-argument)
    (aid--mod-doc-close doc)))

;;; Swapping

(ert-deftest aid-binding-definition-by-a-grammar-of-emacs ()
  "Where Emacs has its grammars is told to the core; ctags takes this method for one of two lines."
  (let ((folder (expand-file-name "tree" aid-tests-build))
        (program (expand-file-name "aid-trees" aid-tests-build)))
    (skip-unless (and (file-exists-p (expand-file-name "libtree-sitter-ruby.so" folder))
                      (zerop (call-process program))))
    (aid-tests-core)
    (copy-file program (file-name-as-directory aid-tests-directory) t)
    (let ((treesit-extra-load-path (list "/ssh:far:/grammars" folder))
          (aid--grammars-told nil))
      (aid--tell-grammars)
      (should (equal (cadar aid--grammars-told)
                     (expand-file-name "tree-sitter" user-emacs-directory)))
      ;; A busy machine may start a program too late for one that waits.
      (should (equal (cl-loop repeat 100 thereis
                              (aid--mod-definition-at "class A\n  def f(x) = x\nend\n" "a.rb" 14))
                     '(8 23 "f"))))))

(ert-deftest aid-binding-swap-twenty-times ()
  "Versions alternate, documents of the old core are unknown, checks in flight arrive."
  (aid-tests-core)
  (let* ((root (aid-tests-tree)) (args (list :text aid-tests-answer :root root))
         (version (symbol-function 'aid--mod-version)))
    (dotimes (i 20)
      (let* ((doc (aid--mod-doc-open "text")) (got (aid-tests-collect (aid--mod-patch-check args)))
             (name (if (cl-evenp i) "core-b" "core-a")))
        (aid--mod-load (aid-tests-copy name))
        (should (equal (funcall version) (if (cl-evenp i) "release-b" "release-a")))
        (aid-tests-signals 'state (aid--mod-doc-size doc))
        (aid-tests-wait (lambda () (aid-tests-ended got)))
        (should (eq (car (caar got)) 'checked))
        (aid-tests-wait (lambda () (zerop (aid--mod-reap nil "core replaced"))))
        (should (= (length (aid--mod-cores)) 1))))))

(ert-deftest aid-binding-ensure-loads-the-newest-core ()
  (aid--load-loader)
  (aid--shutdown)
  (with-temp-file (expand-file-name "aid-core" aid-tests-directory)
    (insert (file-name-nondirectory (aid-tests-copy "core-b")) "\n"))
  (let ((aid--module-found aid-tests-directory))
    (should (equal (aid-module-version) "release-b"))
    ;; Again: nothing to do.
    (aid-module-ensure)
    (should (= (length (aid--mod-cores)) 1))))

(provide 'aid-binding-tests)
;;; aid-binding-tests.el ends here
