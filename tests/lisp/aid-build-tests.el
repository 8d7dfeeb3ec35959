;;; aid-build-tests.el --- Tests of red and green  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Builds by the real make and cc, asked about once, shown in the mode line,
;; walked, repaired; and what stands on an answer's line after a review.

;;; Code:

(require 'aid-project-help)
(require 'aid-build)
(require 'aid-build-buffer)
(require 'aid-build-fix)
(require 'aid-errors)
(require 'compile)

(declare-function aid--mod-trust-drop "ext:aid-module" (root))
(declare-function aid--mod-build-command "ext:aid-module" (plist))
(declare-function aid--mod-build-trust "ext:aid-module" (plist))
(declare-function aid--mod-build-text "ext:aid-module" (root))

(defconst aid-build-tests-makefile "all: a.o\na.o: a.c a.h\n\tLC_ALL=C cc -c a.c\n"
  "How the project of these tests is built.")

(defmacro aid-build-tests-with (c-text &rest body)
  "Run BODY in a project of make and C whose a.c is C-TEXT, in that file's buffer.
`asked' counts the questions whether something may run."
  (declare (indent 1))
  `(aid-project-with (list (cons "Makefile" aid-build-tests-makefile) '("a.h" . "int f (void);\n")
                           (cons "a.c" ,c-text) '(".aid/x" . ""))
     (let ((asked 0) (root (directory-file-name aid-project-root-folder))
           (aid-build--sites (make-hash-table :test 'equal)))
       (ignore asked)
       (unwind-protect
           (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (cl-incf asked))))
             (with-current-buffer (aid-project-buffer "a.c")
               ,@body))
         (when (aid-build-running-p root)
           (aid--mod-build-stop root))
         (aid--mod-trust-drop root)))))

(defun aid-build-running-p (root)
  "Whether something builds in ROOT."
  (let ((site (gethash root aid-build--sites)))
    (and site (aid-build-site-id site))))

(defun aid-build-tests-wait (root)
  "Wait until the build of ROOT has ended, and give its status."
  (aid-tests-wait (lambda () (not (aid-build-running-p root))))
  (aid-build-status root))

(defun aid-build-tests-lighter ()
  "What the mode line of this buffer says of its build."
  (should (memq 'aid-build--lighter (mapcar #'car-safe mode-line-misc-info)))
  (substring-no-properties (apply #'concat aid-build--lighter)))

(defconst aid-build-tests-good "#include \"a.h\"\nint f (void)\n{\n  return 0;\n}\n"
  "A file that compiles.")
(defconst aid-build-tests-bad "#include \"a.h\"\nint f (void)\n{\n  return missing;\n}\n"
  "A file that does not.")

(ert-deftest aid-build-is-green-then-red ()
  "A build's status is in the mode lines of its project; it is asked about once."
  (aid-build-tests-with aid-build-tests-good
    (should (eq 'unknown (aid-build-status)))
    (should (string-match-p "Green: 0 errors, 0 warnings in .* (make)"
                            (aid-project-said (aid-build) (aid-build-tests-wait root))))
    (should (equal " Build:green" (aid-build-tests-lighter)))
    (goto-char (point-max))
    (insert "int g = nothing;\n")
    (save-buffer)
    (let (told)
      (let ((aid-build-finished-functions (list (lambda (&rest args) (setq told args)))))
        (aid-build)
        (should (eq 'red (aid-build-tests-wait root))))
      (should (equal root (car told)))
      (should (equal "a.c" (plist-get (car (plist-get (cadr told) :diags)) :path))))
    (should (equal " Build:red 1" (aid-build-tests-lighter)))
    (with-current-buffer (aid-project-buffer "a.h")
      (should (equal " Build:red 1" (aid-build-tests-lighter))))
    (with-current-buffer "*scratch*"
      (should-not aid-build--lighter))
    (should (= asked 1))))

(ert-deftest aid-build-without-leave-runs-nothing ()
  "What was not allowed does not run, not even on save."
  (aid-build-tests-with aid-build-tests-good
    (cl-letf (((symbol-function 'yes-or-no-p) #'ignore))
      (aid-build))
    (let ((aid-build-on-save t))
      (insert " ")
      (save-buffer)
      (sleep-for 0.3))
    (should (eq 'unknown (aid-build-status)))
    (should-not (file-exists-p (aid-project-file "a.o")))))

(ert-deftest aid-build-on-save-builds-once-for-several ()
  "Files that are saved at once are built once, and not while nobody wants it."
  (aid-build-tests-with aid-build-tests-good
    (aid-build)
    (aid-build-tests-wait root)
    (let ((aid-build-on-save t) (builds 0))
      (add-hook 'aid-build-finished-functions (lambda (&rest _) (cl-incf builds)) nil nil)
      (unwind-protect
          (progn
            (goto-char (point-max))
            (insert "int g = nothing;\n")
            (save-buffer)
            (with-current-buffer (aid-project-buffer "a.h")
              (insert "\n")
              (save-buffer))
            (aid-tests-wait (lambda () (> builds 0)))
            (should (eq 'red (aid-build-tests-wait root)))
            (should (= builds 1)))
        (setq-default aid-build-finished-functions nil)))))

(ert-deftest aid-build-errors-are-walked ()
  "`next-error' goes to what the core has found, with the column in bytes."
  (aid-build-tests-with "#include \"a.h\"\nint f (void)\n{\n  return /* äöü */ missing;\n}\nint h = lost;\n"
    (aid-build)
    (should (eq 'red (aid-build-tests-wait root)))
    (with-current-buffer "*aid-build: project*"
      (should (derived-mode-p 'compilation-mode))
      (should (string-search "make in " (buffer-string)))
      (should (string-search "\nRed: 2 errors" (buffer-string))))
    (next-error)
    (with-current-buffer (window-buffer)
      (should (equal "a.c" (file-name-nondirectory buffer-file-name)))
      (should (looking-at "missing")))
    (next-error)
    (with-current-buffer (window-buffer)
      (should (looking-at "lost")))
    (should-error (next-error) :type 'user-error)
    (next-error -1)
    (with-current-buffer (window-buffer)
      (should (looking-at "missing")))))

(ert-deftest aid-build-what-only-emacs-understands ()
  "Where the core finds nothing, compilation's matchers are the second source."
  (aid-build-tests-with aid-build-tests-good
    (aid-project-write "Makefile" "all:\n\t@echo 'ant: [javac] '; echo '\"a.c\", line 3: odd form'; exit 1\n")
    (let (compilation-error-regexp-alist)
      (setq compilation-error-regexp-alist '(("^\"\\([^\"\n]+\\)\", line \\([0-9]+\\): odd" 1 2)))
      (aid-build)
      (should (eq 'red (aid-build-tests-wait root))))
    (let ((diags (plist-get (aid-build-site-result (gethash root aid-build--sites)) :diags)))
      (should (equal '("a.c" 3) (list (plist-get (car diags) :path) (plist-get (car diags) :line))))
      (should (equal " Build:red 1" (aid-build-tests-lighter))))))

(ert-deftest aid-build-a-compilation-counts-too ()
  "What \\[compile] finds is the project's last build."
  (aid-build-tests-with aid-build-tests-bad
    (let ((compilation-ask-about-save nil) (display-buffer-overriding-action '(display-buffer-no-window (allow-no-window . t))))
      (compile "make")
      (aid-tests-wait (lambda () (eq 'red (aid-build-status root)))))
    (should (equal " Build:red 1" (aid-build-tests-lighter)))
    (should (string-search "'missing' undeclared" (aid--mod-build-text root)))))

(ert-deftest aid-build-another-program-s-success-is-no-green ()
  "What succeeds besides the project's own build says nothing of it."
  (aid-build-tests-with aid-build-tests-bad
    (let ((compilation-ask-about-save nil) (ended 0)
          (display-buffer-overriding-action '(display-buffer-no-window (allow-no-window . t))))
      (cl-flet ((run (line)
                  (let* ((before ended)
                         (compilation-finish-functions (append compilation-finish-functions
                                                               (list (lambda (&rest _) (cl-incf ended))))))
                    (compile line)
                    (aid-tests-wait (lambda () (> ended before))))))
        (run "true")
        (should (eq 'unknown (aid-build-status root)))
        (run "make")
        (aid-tests-wait (lambda () (eq 'red (aid-build-status root))))
        (run "V=1 true")
        (should (eq 'red (aid-build-status root)))
        (aid-project-write "a.c" aid-build-tests-good)
        (run "V=1 make -k")
        (aid-tests-wait (lambda () (eq 'green (aid-build-status root))))))))

(ert-deftest aid-build-uses-a-local-compile-command ()
  "A `compile-command' of the file goes before what the project's files tell."
  (aid-build-tests-with aid-build-tests-good
    (setq-local compile-command "echo 'a.c:1: error: mine'; exit 9")
    (aid-build)
    (should (eq 'red (aid-build-tests-wait root)))
    (should (equal "mine" (plist-get (car (plist-get (aid-build-site-result (gethash root aid-build--sites)) :diags))
                                     :message)))))

(ert-deftest aid-build-environment-is-emacs-s ()
  "A build gets the environment of its buffer, as direnv sets it, and no colours."
  (aid-build-tests-with aid-build-tests-good
    (setq-local process-environment (append '("AID_T=one" "PATH") process-environment (list "AID_T=two")))
    (setq-local process-environment (cons (concat "PATH=" (let ((process-environment (default-value 'process-environment)))
                                                          (getenv "PATH")))
                                          process-environment))
    (aid-build nil "echo \"$AID_T $TERM ${NO_COLOR-}\" >env.txt")
    (aid-build-tests-wait root)
    (should (equal "one dumb 1\n" (aid-project-disk "env.txt")))))

(ert-deftest aid-build-a-typed-command-is-not-asked-about ()
  "Who types a command has allowed it, once."
  (aid-build-tests-with aid-build-tests-good
    (aid-build nil "echo x >typed.txt")
    (should (eq 'green (aid-build-tests-wait root)))
    (should (= asked 0))
    (should (equal "x\n" (aid-project-disk "typed.txt")))
    (should-not (plist-get (aid--mod-build-command (list :root root :line "echo x >typed.txt")) :trusted))))

(ert-deftest aid-build-trust-is-in-what-was-shown ()
  "A project that is built otherwise than was asked about is not trusted."
  (aid-build-tests-with aid-build-tests-good
    (should-error (aid--mod-build-trust (list :root root :shown "ninja")) :type 'aid-error)
    (should-not (plist-get (aid--mod-build-command (list :root root)) :trusted))
    (aid--mod-build-trust (list :root root :shown "make"))
    (should (plist-get (aid--mod-build-command (list :root root)) :trusted))))

(ert-deftest aid-build-mode-line-in-each-state ()
  "The mode line says running, with what was found so far, green, red with a count, and unknown after a stop."
  (aid-build-tests-with aid-build-tests-good
    (let ((on (aid-project-file "go.on")) (site (aid-build--site root)))
      (aid-build nil (concat "echo 'a.c:1:1: error: first'; echo 'cc -c b.c'; while [ ! -e " on " ]; do sleep 0.02; done; true"))
      (should (equal " Build:running" (aid-build-tests-lighter)))
      (aid-tests-wait (lambda () (= 1 (aid-build-site-errors site))))
      (should (equal " Build:running 1" (aid-build-tests-lighter)))
      (write-region "" nil on nil 'quiet)
      (should (eq 'green (aid-build-tests-wait root)))
      (should (equal " Build:green" (aid-build-tests-lighter)))
      (aid-build nil "echo 'a.c:1:1: error: first'; echo 'a.c:2:1: error: second'; exit 1")
      (should (eq 'red (aid-build-tests-wait root)))
      (should (equal " Build:red 2" (aid-build-tests-lighter)))
      (aid-build nil "sleep 600")
      (aid-build-stop)
      (aid-build-tests-wait root)
      (should (equal " Build:unknown" (aid-build-tests-lighter)))
      (should (eq #'aid-build-show (lookup-key aid-build--lighter-map [mode-line mouse-1]))))))

(ert-deftest aid-build-watches ()
  "A tool that watches tells red and green round by round; saving starts no second build."
  (aid-build-tests-with aid-build-tests-good
    (delete-file (aid-project-file "Makefile"))
    (aid-project-write "tsconfig.json" "{}\n")
    ;; In the words of TypeScript's compiler, for each change of a.c.
    (aid-project-write "node_modules/.bin/tsc"
                       (concat "#!/bin/sh\nlast=\nwhile :; do\n  now=$(cksum a.c)\n"
                               "  if [ \"$now\" != \"$last\" ]; then\n    last=$now\n"
                               "    echo '10:00:00 AM - File change detected. Starting incremental compilation...'\n"
                               "    n='0 errors'\n    if grep -q bad a.c; then\n"
                               "      n='1 error'; echo 'a.c(1,2): error TS1005: bad.'\n    fi\n"
                               "    echo \"10:00:01 AM - Found $n. Watching for file changes.\"\n  fi\n  sleep 0.05\ndone\n"))
    (set-file-modes (aid-project-file "node_modules/.bin/tsc") #o755)
    (let ((aid-build-on-save t) (site (aid-build--site root)))
      (aid-build "watch")
      (should (= asked 1))
      (aid-tests-wait (lambda () (eq 'green (aid-build-status root))))
      (let ((id (aid-build-site-id site)))
        (should id)
        (pcase-dolist (`(,text . ,status) '(("bad\n" . red) ("fine\n" . green)))
          (erase-buffer)
          (insert text)
          (save-buffer)
          (aid-tests-wait (lambda () (eq status (aid-build-status root)))))
        (sleep-for 0.3)                 ; a build on save would have begun
        (should (eq id (aid-build-site-id site))))
      (aid-build-stop)
      (should (eq 'unknown (aid-build-tests-wait root))))))

(ert-deftest aid-build-stops ()
  "A build can be stopped; then nothing is known."
  (aid-build-tests-with aid-build-tests-good
    (aid-build nil "sleep 600")
    (aid-tests-wait (lambda () (equal "sleep 600" (aid-build-site-command (gethash root aid-build--sites)))))
    (aid-build-stop)
    (should (eq 'unknown (aid-build-tests-wait root)))
    (should-error (aid-build-stop) :type 'user-error)))

;;; Context

(ert-deftest aid-build-other-checkers-are-joined-by-position ()
  "What Flymake says of a place that the build's item tells of is not said again."
  (aid-build-tests-with aid-build-tests-bad
    (aid-build)
    (aid-build-tests-wait root)
    (cl-letf (((symbol-function 'aid-errors--buffer)
               (lambda (_) (list "a.c:4:10: error: undeclared" "a.c:1:1: warning: other"))))
      (should (string-search "a.c:4:10" (aid-errors-text)))
      (let ((chat (aid-project-chat)))
        (with-current-buffer chat
          (aid-set-strategy "fix-build")
          (aid-recipe-complete)
          (let ((targets (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items))))
            (should (equal "aid:build" (car targets)))
            (should (member "aid:errors" targets))
            (should (cl-some (lambda (target) (string-suffix-p "/a.c" target)) targets)))
          (should (string-search "The project does not build (make, exit status 2)"
                                 (aid-context-item-text "aid:build" default-directory)))
          (should (equal "a.c:1:1: warning: other"
                         (aid-context-item-text "aid:errors" default-directory))))))))

(ert-deftest aid-build-errors-of-a-folder-are-told-once ()
  "What a make in a folder prints, with names from there, is in the build's item alone."
  (aid-build-tests-with aid-build-tests-good
    (aid-project-write "Makefile" "all:\n\tLC_ALL=C $(MAKE) -C sub\n")
    (aid-project-write "sub/Makefile" "all:\n\tLC_ALL=C cc -c b.c\n")
    (aid-project-write "sub/b.c" "int g (void)\n{\n  return lost;\n}\n")
    (aid-build)
    (should (eq 'red (aid-build-tests-wait root)))
    (should (string-search "b.c:3:10: error:" (aid-errors-text)))
    (with-current-buffer (aid-project-chat)
      (aid-set-strategy "fix-build")
      (aid-recipe-complete)
      (let ((targets (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items))))
        (should (equal "aid:build" (car targets)))
        (should-not (member "aid:errors" targets))
        (should (cl-some (lambda (target) (string-suffix-p "/sub/b.c" target)) targets))))))

(ert-deftest aid-build-begun-in-a-folder-names-files-from-where-it-runs ()
  "A build that is asked for in a file of a folder runs in the root: what it prints is found from there."
  (aid-build-tests-with aid-build-tests-good
    (aid-project-write "Makefile" "all:\n\tLC_ALL=C cc -c src/b.c\n")
    (aid-project-write "src/b.c" "int g (void)\n{\n  return lost;\n}\n")
    (with-current-buffer (aid-project-buffer "src/b.c")
      (aid-build)
      (should (eq 'red (aid-build-tests-wait root))))
    (with-current-buffer "*aid-build: project*"
      (should (equal default-directory aid-project-root-folder))
      (goto-char (point-min))
      (should (looking-at-p "make in .*project\n"))
      (search-forward "src/b.c:3:10: error:")
      (goto-char (match-beginning 0))
      (save-window-excursion
        (compile-goto-error)
        (with-current-buffer (window-buffer)
          (should (equal buffer-file-name (aid-project-file "src/b.c")))
          (should (looking-at-p "lost")))))
    (with-current-buffer (aid-project-chat)
      (aid-set-strategy "fix-build")
      (aid-recipe-complete)
      (let ((targets (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items))))
        (should (equal "aid:build" (car targets)))
        (should-not (member "aid:errors" targets))))))

(ert-deftest aid-build-item-has-a-cost ()
  "The line of what fails says what that costs, before it is sent as after."
  (aid-build-tests-with aid-build-tests-bad
    (aid-build)
    (aid-build-tests-wait root)
    (with-current-buffer (aid-project-chat)
      (aid-set-strategy "fix-build")
      (aid-recipe-complete)
      (aid-cost-foretell)
      (aid-tests-wait (lambda () (gethash "aid:build" aid-chat--item-tokens)))
      (should (< 30 (gethash "aid:build" aid-chat--item-tokens) 1000)))))

(ert-deftest aid-build-fix-asks-with-what-fails ()
  "`aid-fix-build' builds first, and asks only when that is red."
  (aid-build-tests-with aid-build-tests-good
    (should (string-search "nothing to fix" (aid-project-said (aid-fix-build) (aid-build-tests-wait root))))
    (write-region aid-build-tests-bad nil buffer-file-name nil 'quiet)
    (revert-buffer t t)
    (let (sent)
      (cl-letf (((symbol-function 'aid--mod-ask) (lambda (plist) (setq sent plist) 4711))
                ((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model"))))
        (aid-fix-build)
        (aid-tests-wait (lambda () sent)))
      (should (equal "fix-build" (plist-get sent :strategy)))
      (with-current-buffer (aid-chat-for aid-project-root-folder)
        (should (string-search "Make `make' succeed again; fix the first of 1 error, a.c:4: 'missing' undeclared"
                               (buffer-string)))
        (should (string-search "](aid:build)" (buffer-string)))))))

;;; After a review

(defun aid-build-tests-line (chat)
  "The status line of the last answer in CHAT as it is shown."
  (with-current-buffer chat
    (save-excursion
      (goto-char (point-max))
      (re-search-backward (concat "^" (aid-decisions--marker-regexp)))
      (substring-no-properties (aid-status-words (point))))))

(defmacro aid-build-tests-review (how keys &rest body)
  "Review a good and a bad hunk, `aid-build-after-review' being HOW, by KEYS.
Run BODY with `chat', when nothing builds any more."
  (declare (indent 2))
  `(aid-build-tests-with (concat aid-build-tests-good "\n\n\n\n\n\nint h;\n")
     (aid-build)
     (aid-build-tests-wait root)
     (let* ((aid-build-after-review ,how)
            (chat (aid-project-review
                   (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -2,4 +2,4 @@" " int f (void)" " {" "-  return 0;"
                                     "+  return 1;" " }" "@@ -10,2 +10,2 @@" " " "-int h;" "+int h = lost;"))))
       (dolist (key ,keys)
         (aid-project-key key))
       (aid-build-tests-wait root)
       ,@body)))

(ert-deftest aid-build-after-review-asks ()
  "With `ask' a review's end asks; the line says red, and since which hunk."
  (let (questions)
    (cl-letf (((symbol-function 'y-or-n-p) (lambda (what) (push what questions) t)))
      (aid-build-tests-review 'ask '("y" "y" "q")
        (should (equal '("Build now (make)? ") questions))
        (should (eq 'red (aid-build-status root)))
        (should (string-match-p "build red 1 since hunk 1" (aid-build-tests-line chat)))
        (with-current-buffer chat
          (aid-undo-answer)
          (should-not (string-search "build red" (aid-build-tests-line chat))))
        (should (equal (concat aid-build-tests-good "\n\n\n\n\n\nint h;\n") (aid-project-disk "a.c")))))))

(ert-deftest aid-build-after-review-knows-since-when-it-is-red ()
  "When it was green after the first hunk, it is red since the second."
  (aid-build-tests-review t '("y" "q")
    (should (string-match-p "build green" (aid-build-tests-line chat)))
    (with-current-buffer chat
      (aid-review))
    (aid-project-key "y")
    (aid-project-key "q")
    (aid-build-tests-wait root)
    (should (string-match-p "build red 1 since hunk 2" (aid-build-tests-line chat)))))

(ert-deftest aid-build-after-review-can-be-refused ()
  "A no builds nothing, nil never asks."
  (cl-letf (((symbol-function 'y-or-n-p) #'ignore))
    (aid-build-tests-review 'ask '("y" "y" "q")
      (should (eq 'green (aid-build-status root)))))
  (cl-letf (((symbol-function 'y-or-n-p) (lambda (&rest _) (error "Asked"))))
    (aid-build-tests-review nil '("y" "y" "q")
      (should (eq 'green (aid-build-status root))))))

(ert-deftest aid-build-after-review-asks-about-build-files ()
  "An answer that changes how the project is built is asked about, always."
  (let (questions)
    (cl-letf (((symbol-function 'y-or-n-p) (lambda (what) (push what questions) nil)))
      (aid-build-tests-with aid-build-tests-good
        (aid-build)
        (aid-build-tests-wait root)
        (let ((aid-build-after-review t))
          (aid-project-review (aid-project-diff "--- a/Makefile" "+++ b/Makefile" "@@ -1,2 +1,2 @@" "-all: a.o"
                                                "+all: a.o b.o" " a.o: a.c a.h"))
          (aid-project-key "y")
          (aid-project-key "q"))
        (should (equal '("Build now (make); the answer has changed how it is built? ") questions))
        (should (eq 'green (aid-build-status root)))))))

(ert-deftest aid-build-after-review-never-behind-unsaved-text ()
  "Text that is not saved is never passed over without asking."
  (let (questions)
    (cl-letf (((symbol-function 'y-or-n-p) (lambda (what) (push what questions) nil)))
      (let ((aid-save-after-review nil))
        (aid-build-tests-review t '("y" "q")
          (should (equal '("Build now (make), without what is not saved in a.c? ") questions)))))))

(provide 'aid-build-tests)
;;; aid-build-tests.el ends here
