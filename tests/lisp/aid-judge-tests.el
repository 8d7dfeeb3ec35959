;;; aid-judge-tests.el --- Tests of what an answer would come to  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Answers are judged by the real core in real boxes, with make and cc: what
;; the answer's line and each hunk's line say before anything is written.

;;; Code:

(require 'aid-project-help)
(require 'aid-build)
(require 'aid-judge)

(declare-function aid--mod-trust-drop "ext:aid-module" (root))
(declare-function aid--mod-build-command "ext:aid-module" (plist))
(declare-function aid--mod-build-trust "ext:aid-module" (plist))

(defconst aid-judge-tests-text "int f (void)\n{\n  return 0;\n}\n\n\n\n\n\nint h;\n"
  "A file that compiles.")

(defconst aid-judge-tests-makefile "all: a.o\na.o: a.c\n\tLC_ALL=C cc -Werror=implicit -c a.c\n"
  "How the project of these tests is built.")

(defun aid-judge-tests-answer ()
  "An answer of a good and a bad hunk."
  (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -2,3 +2,3 @@" " {" "-  return 0;" "+  return 1;" " }"
                    "@@ -9,2 +9,3 @@" " " "-int h;" "+int g;" "+int h = lost;"))

(defmacro aid-judge-tests-with (&rest body)
  "Run BODY in a project of make and C whose build is allowed, where boxes can be had."
  `(aid-project-with (list (cons "Makefile" aid-judge-tests-makefile)
                           (cons "a.c" aid-judge-tests-text) '(".aid/x" . ""))
     (let* ((root (directory-file-name aid-project-root-folder))
            (aid-build--sites (make-hash-table :test 'equal))
            (aid-judge--told nil) (aid-judge-answers t) (aid-build-after-review nil)
            (wish (list :root root :dir root)))
       (aid--mod-build-trust
        (append (list :shown (plist-get (aid--mod-build-command wish) :command)) wish))
       (unwind-protect (progn ,@body)
         (aid--mod-judge-stop root)
         (aid--mod-trust-drop root)))))

(defun aid-judge-tests-of (chat)
  "What is known of the first answer in CHAT, or nil."
  (aid-judge--of chat (car (with-current-buffer chat (aid-chat-answers)))))

(defun aid-judge-tests-wait (chat)
  "Wait until the first answer in CHAT is judged; give what it came to."
  (aid-tests-wait (lambda ()
                    (let ((judge (aid-judge-tests-of chat)))
                      (or (null judge) (null (aid-judge-id judge))))))
  (let ((judge (aid-judge-tests-of chat)))
    (when (and (null judge) (cl-some (lambda (told) (string-match-p "bubblewrap\\|box" told)) aid-judge--told))
      (ert-skip (car aid-judge--told)))
    (should-not (and (null judge) aid-judge--told))
    (should judge)
    (aid-judge-val judge)))

(defun aid-judge-tests-line (chat)
  "The status line of the last answer in CHAT as it is shown."
  (with-current-buffer chat
    (save-excursion
      (goto-char (point-max))
      (re-search-backward (concat "^" (aid-decisions--marker-regexp)))
      (substring-no-properties (aid-status-words (point))))))

(defun aid-judge-tests-marks ()
  "What stands on the lines of the hunks in the review."
  (with-current-buffer (window-buffer)
    (mapcar (lambda (hunk)
              (substring-no-properties (overlay-get (aid-hunk-mark hunk) 'before-string)))
            (aid-review-hunks aid-review--this))))

(ert-deftest aid-judge-says-so-before-anything-is-written ()
  "Of a good and a bad hunk each line says which it is; the tree is untouched."
  (aid-judge-tests-with
   (let ((chat (aid-project-review (aid-judge-tests-answer))))
     (should (equal "red" (plist-get (aid-judge-tests-wait chat) :status)))
     (should (string-match-p "breaks the build: a\\.c:10: .*lost" (aid-judge-tests-line chat)))
     (pcase (aid-judge-tests-marks)
       (`(,good ,bad)
        (should (string-match-p "fits exactly +builds without hunk 2" good))
        (should (string-match-p "fits exactly +breaks the build: a\\.c:10: .*lost" bad))))
     (should (equal aid-judge-tests-text (aid-project-disk "a.c")))
     (should (equal '("." ".." ".aid" "Makefile" "a.c") (directory-files root)))
     ;; What is accepted of it is as it was said; the word of the other stays.
     (aid-project-key "y")
     (should (string-match-p "breaks the build" (nth 1 (aid-judge-tests-marks))))
     (should-not (string-match-p "builds" (nth 0 (aid-judge-tests-marks))))
     (aid-project-key "u")
     (should (string-match-p "  builds without hunk 2" (nth 0 (aid-judge-tests-marks))))
     ;; Another text is another question.
     (with-current-buffer (aid-project-buffer "a.c")
       (save-excursion
         (goto-char (point-max))
         (insert "int typed;\n")))
     (aid-project-key "g")
     (should (string-match-p "earlier: breaks the build" (nth 1 (aid-judge-tests-marks))))
     ;; Judged again, without the bad one.
     (aid-project-key "n")
     (aid-project-key "k")
     (should (string-match-p "earlier: builds" (nth 0 (aid-judge-tests-marks))))
     (with-current-buffer (window-buffer)
       (goto-char (point-min))
       (aid-judge))
     (should (equal "green" (plist-get (aid-judge-tests-wait chat) :status))))))

(ert-deftest aid-judge-names-all-that-is-left-out ()
  "A hunk that needs a bad one breaks without it; the third builds without both.
Who asks is told what came of it."
  (aid-judge-tests-with
   (let ((chat (aid-project-review
                (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -1,1 +1,2 @@" "+int k = lost;" " int f (void)"
                                  "@@ -2,3 +3,3 @@" " {" "-  return 0;" "+  return k;" " }"
                                  "@@ -9,2 +10,3 @@" " " "+int g;" " int h;")))
         (said nil))
     (should (equal "red" (plist-get (aid-judge-tests-wait chat) :status)))
     (pcase (aid-judge-tests-marks)
       (`(,bad ,needs ,good)
        (should (string-match-p "breaks the build: a\\.c:1: .*lost" bad))
        (should-not (string-match-p "without" bad))
        (should (string-match-p "breaks the build, also without hunk 1: a\\.c:3: " needs))
        (should (string-match-p "  builds without hunks 1, 2$" good))))
     (cl-letf (((symbol-function 'message) (lambda (&rest args) (push (and (car args) (apply #'format args)) said))))
       (with-current-buffer (window-buffer)
         (aid-judge))
       (aid-judge-tests-wait chat))
     (should (cl-some (lambda (words) (and words (string-match-p "\\`Answer [0-9]+ breaks the build: a\\.c:1: .*lost" words)))
                      said)))))

(ert-deftest aid-judge-gets-in-nobodys-way ()
  "What is built beside Emacs is nicer than Emacs."
  (let ((aid-judge-tests-makefile
         (format "all:\n\ttest \"$$(cut -d' ' -f19 /proc/self/stat)\" = %d\n"
                 (min 19 (+ 10 (alist-get 'nice (process-attributes (emacs-pid))))))))
    (aid-judge-tests-with
     (let ((chat (aid-project-review (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -2,3 +2,3 @@" " {"
                                                       "-  return 0;" "+  return 1;" " }"))))
       (should (equal "green" (plist-get (aid-judge-tests-wait chat) :status)))))))

(ert-deftest aid-judge-goes-to-what-is-at-fault ()
  "The place is that in the file as it is now."
  (aid-judge-tests-with
   (let ((chat (aid-project-review (aid-judge-tests-answer))))
     (aid-judge-tests-wait chat)
     (aid-project-key "n")
     (aid-project-key "J")
     (should (equal "a.c" (buffer-name (window-buffer))))
     (with-current-buffer (window-buffer)
       (should (looking-at "int h;"))))))

(ert-deftest aid-judge-sees-what-is-not-saved ()
  "The answer is judged with what the person is typing."
  (aid-judge-tests-with
   (with-current-buffer (aid-project-buffer "a.c")
     (goto-char (point-max))
     (insert "int lost;\n")
     (goto-char (point-min))
     (insert "enum { lost };\n#define typed 1\n")
     (let ((chat (aid-project-review
                  (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -2,3 +2,3 @@" " {" "-  return 0;"
                                    "+  return typed;" " }"))))
       (should (equal "broken" (plist-get (aid-judge-tests-wait chat) :status)))
       (should (string-match-p "the project itself does not pass: builds" (aid-judge-tests-line chat)))
       (with-current-buffer (aid-project-buffer "a.c")
         (goto-char (point-max))
         (delete-region (line-beginning-position 0) (point-max)))
       (with-current-buffer chat
         (aid-judge))
       (should (equal "green" (plist-get (aid-judge-tests-wait chat) :status)))
       (should (equal aid-judge-tests-text (aid-project-disk "a.c")))))))

(ert-deftest aid-judge-runs-nothing-that-was-not-allowed ()
  "Without leave nothing runs, which is said once; when asked for, it asks."
  (aid-judge-tests-with
   (aid--mod-trust-drop root)
   (let (chat)
     (should (string-match-p "`make' was not allowed in .* yet"
                             (aid-project-said (setq chat (aid-project-review (aid-judge-tests-answer))))))
     (should-not (aid-judge-tests-of chat))
     (should (equal "" (aid-project-said (aid-judge-answer chat (car (with-current-buffer chat (aid-chat-answers)))))))
     (with-current-buffer chat
       (cl-letf (((symbol-function 'yes-or-no-p) #'ignore))
         (should-error (aid-judge) :type 'user-error))
       (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) t)))
         (aid-judge)))
     (should (equal "red" (plist-get (aid-judge-tests-wait chat) :status))))))

(ert-deftest aid-judge-the-newest-wins ()
  "What is judged is stopped by the next; only that is shown."
  (aid-judge-tests-with
   (let ((chat (aid-project-review (aid-judge-tests-answer))))
     (with-current-buffer chat
       (dotimes (_ 5)
         (aid-judge)))
     (should (equal "red" (plist-get (aid-judge-tests-wait chat) :status)))
     (should-not aid-judge--told))))

(ert-deftest aid-judge-is-off-until-it-is-wished ()
  "By default nothing is judged."
  (should-not (default-value 'aid-judge-answers))
  (aid-judge-tests-with
   (let* ((aid-judge-answers nil) (chat (aid-project-review (aid-judge-tests-answer))))
     (should-not (aid-judge-tests-of chat)))))

(provide 'aid-judge-tests)
;;; aid-judge-tests.el ends here
