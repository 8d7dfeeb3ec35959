;;; aid-errors-tests.el --- Tests of appending errors  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The errors of Flymake and of compilers, and what searches found.

;;; Code:

(require 'aid-context-help)
(require 'aid-errors)
(require 'compile)

(declare-function flycheck-mode "ext:flycheck" (&optional arg))
(declare-function flycheck-buffer "ext:flycheck" ())
(defvar flycheck-current-errors)

(defun aid-context-tests-backend (report &rest _)
  "A Flymake backend that REPORTs the word \"return\" as an error, \"stdio\" as a warning."
  (let (found)
    (save-excursion
      (goto-char (point-min))
      (while (re-search-forward "return\\|stdio" nil t)
        (push (flymake-make-diagnostic (current-buffer) (match-beginning 0) (match-end 0)
                                       (if (equal (match-string 0) "return") :error :warning)
                                       (format "bad %s" (match-string 0)))
              found)))
    (funcall report found)))

(ert-deftest aid-append-errors-of-flymake ()
  "Flymake's errors are appended, and read anew when they are sent."
  (require 'flymake)
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (setq-local flymake-diagnostic-functions '(aid-context-tests-backend))
     (flymake-mode 1)
     (flymake-start)
     (aid-tests-wait (lambda () (= 3 (length (flymake-diagnostics)))))
     (aid-append-errors)
     (let ((item (aid-context-tests-one)))
       (should (equal (plist-get item :target) "aid:errors/src/a.c"))
       (should (equal (plist-get item :label) "errors in src/a.c"))
       (should (equal (sort (split-string (plist-get item :text) "\n") #'string<)
                      '("src/a.c:12:3: error: bad return" "src/a.c:1:11: warning: bad stdio"
                        "src/a.c:6:3: error: bad return"))))
     (search-forward "return")
     (aid-append-dwim)
     (let ((item (nth 1 (aid-context-tests-items))))
       (should (equal (plist-get item :label) "error: src/a.c:6:3: error: bad return"))
       (should (equal (aid-context-tests-text item) "src/a.c:6:3: error: bad return")))
     (goto-char (point-min))
     (while (re-search-forward "return\\|stdio" nil t) (replace-match "x"))
     (flymake-start)
     (aid-tests-wait (lambda () (null (flymake-diagnostics))))
     (should (string-search "no errors any more"
                            (aid-context-tests-text (car (aid-context-tests-items))))))))

(defun aid-context-tests-compilation (text)
  "A compilation buffer of the project with TEXT."
  (when (get-buffer "*compilation*")
    (kill-buffer "*compilation*"))
  (with-current-buffer (get-buffer-create "*compilation*")
    (setq default-directory aid-project-root-folder)
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text))
    (compilation-mode)
    (setq default-directory aid-project-root-folder)
    (goto-char (point-min))
    (current-buffer)))

(ert-deftest aid-append-errors-of-a-compiler ()
  "A real compiler's messages are appended, each with all of its lines."
  (skip-unless (executable-find "gcc"))
  (aid-context-tests-with
   (aid-project-write "src/a.c" "int one (void) { return x; }\n\nint two (void) { return y }\n")
   (let ((compilation-process-setup-function nil))
     (aid-tests-wait
      (let ((buffer (let ((default-directory aid-project-root-folder))
                      (compile "LC_ALL=C gcc -c -fno-diagnostics-color -o /dev/null src/a.c"))))
        (lambda () (not (get-buffer-process buffer))))))
   (with-current-buffer "*compilation*"
     (aid-append-errors))
   (let* ((item (aid-context-tests-one)) (text (plist-get item :text)))
     (should (equal (plist-get item :target) "aid:errors"))
     (should (equal (plist-get item :label) "all errors"))
     (should (string-match-p "^src/a.c:1:25: error: 'x' undeclared.*\n    1 | int one" text))
     (should-not (string-match-p "In function\\|Compilation" text)))
   (kill-buffer "*compilation*")))

(ert-deftest aid-errors-are-joined-by-place ()
  "What Flymake and a compilation say of one place is told once, with the compiler's lines."
  (require 'flymake)
  (aid-context-tests-with
   (aid-context-tests-compilation
    (concat "gcc -c src/a.c\nsrc/a.c:6:3: error: bad return [-Wx]\n    6 |   return 1;\n      |   ^\n"
            "src/a.c:12:3: error: something else\n"))
   (aid-context-tests-in "src/a.c"
     (setq-local flymake-diagnostic-functions '(aid-context-tests-backend))
     (flymake-mode 1)
     (flymake-start)
     (aid-tests-wait (lambda () (= 3 (length (flymake-diagnostics)))))
     (should (equal (sort (split-string (aid-errors-text) "\n") #'string<)
                    '("      |   ^" "    6 |   return 1;" "src/a.c:12:3: error: bad return"
                      "src/a.c:12:3: error: something else" "src/a.c:1:11: warning: bad stdio"
                      "src/a.c:6:3: error: bad return [-Wx]")))
     (should (equal (aid-errors-text nil '("src/a.c:6" "src/a.c:12")) "src/a.c:1:11: warning: bad stdio")))
   (kill-buffer "*compilation*")))

(ert-deftest aid-errors-are-joined-whatever-the-locale ()
  "A checker's curly quotes, and its \"info\" for a compiler's \"note\", make no second error."
  (should (equal (aid-errors--joined
                  '("a.c:4:10: error: ‘missing’ undeclared (first use in this function)"
                    "a.c:4:10: info: each undeclared identifier is reported only once"
                    "a.c:5:1: warning: no `return' here"
                    "a.c:4:10: error: 'missing' undeclared (first use in this function)\n    4 |   return missing;"
                    "a.c:4:10: note: each undeclared identifier is reported only once"))
                 '("a.c:4:10: info: each undeclared identifier is reported only once"
                   "a.c:5:1: warning: no `return' here"
                   "a.c:4:10: error: 'missing' undeclared (first use in this function)\n    4 |   return missing;"))))

(ert-deftest aid-errors-at-one-place-are-compared-with-a-few ()
  "A compiler that says thousands of things of one place keeps Emacs from nothing."
  (let* ((n 1000) (compared 0) (search (symbol-function 'string-search))
         (errors (cl-loop for i below n
                          collect (format "src/a.c:1:1: error: of type %d%s" i (make-string (mod i 40) ?x)))))
    (cl-letf (((symbol-function 'string-search)
               (lambda (&rest args)
                 (cl-incf compared)
                 (apply search args))))
      (should (= n (length (aid-errors--joined errors)))))
    (should (<= compared (* n 100)))))

(ert-deftest aid-append-errors-of-flycheck ()
  "Flycheck's errors are appended as Flymake's are; the build's places are known."
  (dolist (folder (file-expand-wildcards "/usr/share/emacs/site-lisp/elpa-src/*"))
    (add-to-list 'load-path folder t))
  (skip-unless (and (executable-find "gcc") (require 'flycheck nil t)))
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (insert "int three (void) { return missing; }\n")
     (save-buffer)
     (set (make-local-variable 'flycheck-checker) 'c/c++-gcc)
     (flycheck-mode 1)
     (flycheck-buffer)
     (aid-tests-wait (lambda () flycheck-current-errors))
     (should (string-match-p "^src/a.c:1:27: error: .missing. undeclared" (aid-errors-text "src/a.c")))
     (should-not (string-search "missing" (aid-errors-text "src/a.c" '("src/a.c:1"))))
     (goto-char (point-min))
     (search-forward "return ")
     (should (string-prefix-p "src/a.c:1:27: error:" (aid-errors-at-point))))))

(ert-deftest aid-errors-messages-end ()
  "Messages of several lines end where they should, for several compilers."
  (aid-context-tests-with
   (pcase-dolist
       (`(,text . ,messages)
        '(("-*- mode: compilation -*-\nmake -k\ngcc -c a.c\na.c: In function 'f':\na.c:3:5: error: bad\n    3 |   x\n\
      |   ^\na.c: In function 'g':\n\
a.c:9:1: warning: worse\n    9 | }\nmake: *** [Makefile:2: a.o] Error 1\n\nCompilation exited abnormally\n"
           "a.c:3:5: error: bad\n    3 |   x\n      |   ^" "a.c:9:1: warning: worse\n    9 | }")
          ("File \"a.ml\", line 3, characters 4-7:\n3 |   foo\n        ^^^\nError: Unbound value foo\n\
File \"b.ml\", line 1, characters 0-1:\n1 | x\n    ^\nError: Other\n"
           "File \"a.ml\", line 3, characters 4-7:\n3 |   foo\n        ^^^\nError: Unbound value foo"
           "File \"b.ml\", line 1, characters 0-1:\n1 | x\n    ^\nError: Other")
          ("cargo build\nerror[E0425]: cannot find value `b.ml`\n --> src/b.ml:2:5\n  |\n2 |     x\n\
  |     ^ here\n\nerror: aborting\n"
           "error[E0425]: cannot find value `b.ml`\n --> src/b.ml:2:5\n  |\n2 |     x\n  |     ^ here")))
     (with-current-buffer (aid-context-tests-compilation text)
       (should (equal (aid-errors--compilation (current-buffer) nil) messages))
       (should (equal (aid-errors--compilation (current-buffer) "b.ml")
                      (seq-filter (lambda (m) (string-search "b.ml" m)) messages)))
       (goto-char (point-min))
       (while (not (aid-errors--message-p)) (forward-line 1))
       (should (equal (aid-errors-at-point) (car messages)))))
   (kill-buffer "*compilation*")))

(ert-deftest aid-append-dwim-in-a-compilation ()
  "In a compilation it is the message at point, elsewhere in it the buffer."
  (aid-context-tests-with
   (with-current-buffer (aid-context-tests-compilation
                         "gcc -c a.c\nsrc/a.c:3:5: error: bad\n    3 |   x\nlast line: hello\n")
     (forward-line 1)
     (aid-append-dwim)
     (goto-char (point-min))
     (aid-append-dwim)
     (should (equal (mapcar (lambda (i) (plist-get i :label)) (aid-context-tests-items))
                    '("error: src/a.c:3:5: error: bad" "*compilation*"))))
   (kill-buffer "*compilation*")))

(ert-deftest aid-append-error-where-next-error-went ()
  "In the file it is what a compilation says of this line, also when it has moved since."
  (aid-context-tests-with
   (let ((next-error-highlight nil) (next-error-last-buffer nil))
     (aid-context-tests-compilation
      "gcc -c a.c\nsrc/a.c:6:3: error: bad\n    6 |   x\nsrc/a.c:12:3: error: worse\n")
     (switch-to-buffer (aid-project-buffer "src/a.c"))
     (next-error)
     (set-buffer (window-buffer))
     (should (looking-at "return 1"))
     (should (equal (aid-errors-at-point) "src/a.c:6:3: error: bad\n    6 |   x"))
     (forward-line 0)
     (insert "/* moved */\n")
     (next-error)
     (set-buffer (window-buffer))
     (should (looking-at "return 2"))
     (forward-line 0)
     (insert "/* moved */\n")
     (aid-append-dwim)
     (should (equal (mapcar (lambda (i) (plist-get i :label)) (aid-context-tests-items))
                    '("error: src/a.c:12:3: error: worse")))
     (forward-line -3)
     (should-not (aid-errors-at-point))
     (kill-buffer "*compilation*"))))

(ert-deftest aid-append-search-results ()
  "The results of grep and xref are appended as they are shown."
  (require 'grep)
  (require 'xref)
  (aid-context-tests-with
   (let ((default-directory aid-project-root-folder))
     (aid-tests-wait (let ((buffer (grep "grep -nH -e return src/a.c")))
                       (lambda () (not (get-buffer-process buffer)))))
     (with-current-buffer "*grep*"
       (goto-char (point-min))
       (search-forward "return 1")
       (aid-append-dwim))
     (let ((item (car (aid-context-tests-items))))
       (should (equal (plist-get item :target) "aid:buffer/%2Agrep%2A"))
       (should (string-search "src/a.c:6:  return 1;" (aid-context-tests-text item))))
     (kill-buffer "*grep*")
     ;; A single match would be gone to at once.
     (xref--show-xrefs (lambda ()
                         (mapcar (lambda (n)
                                   (xref-make (format "return %d;" n)
                                              (xref-make-file-location (aid-project-file "src/a.c")
                                                                       (* 6 n) 0)))
                                 '(1 2)))
                       nil)
     (with-current-buffer "*xref*"
       (goto-char (point-min))
       (setq default-directory aid-project-root-folder)
       (aid-append-dwim)
       (should (string-search "return 1;" (aid-context-tests-text (nth 1 (aid-context-tests-items))))))
     (kill-buffer "*xref*"))))

(provide 'aid-errors-tests)
;;; aid-errors-tests.el ends here
