;;; aid-context-tests.el --- Tests of appending to a question  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What each `aid-append-' command leaves in the chat, and what text its line
;; has when the question is sent, in real buffers of the modes they are for.

;;; Code:

(require 'aid-context-help)
(require 'eshell)
(require 'esh-mode)
(require 'em-hist)
(require 'em-banner)
(require 'em-prompt)
(require 'dired)
(require 'comint)

(declare-function aid--mod-tokens "ext:aid-module" (text))
(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

;;; Files

(ert-deftest aid-append-region-whole-lines ()
  "A region leaves a line with the range of its whole lines, relative to the chat."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (search-forward "(void)")
     (aid-append-region (point) (progn (search-forward "return") (point))))
   (let ((item (aid-context-tests-one)))
     (should (equal (plist-get item :target) (aid-context-tests-target "src/a.c#L4-L6")))
     (should (equal (plist-get item :label) "src/a.c:4-6"))
     (should (equal (plist-get item :text) "one (void)\n{\n  return 1;\n")))))

(ert-deftest aid-append-definition-with-its-name ()
  "A definition leaves its range and its name, whatever is narrowed."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (search-forward "return 2")
     (narrow-to-region (line-beginning-position 0) (point-max))
     (widen)
     (narrow-to-defun)
     (aid-append-definition)
     (should (buffer-narrowed-p)))
   (let ((item (aid-context-tests-one)))
     (should (equal (plist-get item :target) (aid-context-tests-target "src/a.c#L9-L13")))
     (should (equal (plist-get (plist-get item :meta) :sym) "two"))
     (should (equal (plist-get item :text) "int\ntwo (void)\n{\n  return 2;\n}\n")))))

(ert-deftest aid-append-definition-without-a-mode ()
  "What Emacs has no mode for the core scans: as it is in the buffer, not in the file."
  (aid-context-tests-with
   (aid-project-write "src/ä.go" "package a\n\nvar ü = 1\n\n// Twice.\nfunc Two() int {\n\treturn 2\n}\n")
   (aid-context-tests-in "src/ä.go"
     (fundamental-mode)
     (search-forward "return")
     (goto-char (point-min))
     (insert "// é\n")
     (search-forward "return")
     (narrow-to-region (line-beginning-position) (line-end-position))
     (aid-append-definition))
   (let ((item (aid-context-tests-one)))
     (should (equal (plist-get item :label) "src/ä.go:6-9"))
     (should (equal (plist-get (plist-get item :meta) :sym) "Two"))
     (should (equal (plist-get item :text) "// Twice.\nfunc Two() int {\n\treturn 2\n}\n")))
   (aid-context-tests-in "src/ä.go"
     (widen)
     (goto-char (point-max))
     (should-error (aid-append-definition) :type 'user-error))))

(ert-deftest aid-append-names-with-brackets ()
  "Brackets that are balanced stay in a line's label, others are blanks."
  (aid-context-tests-with
   (dolist (name '("app/[id]/page.tsx" "odd/a]b[.c"))
     (aid-project-write name "x\n")
     (aid-context-tests-in name
       (aid-append-buffer)))
   (should (equal '("app/[id]/page.tsx" "odd/a b .c")
                  (mapcar (lambda (item) (plist-get item :label)) (aid-context-tests-items))))
   (should (equal '("x\n" "x\n") (mapcar #'aid-context-tests-text (aid-context-tests-items)))))
  (dolist (label '(("a\\[b].c" . "a  b .c") ("end\\" . "end ") ("a\\b" . "a\\b") ("p(a[r](en).c" . "p(a r (en).c")
                   ("a<!--b" . "a b") ("a\nb" . "a b")))
    (should (equal (cdr label) (aid-chat--clean-label (car label))))))

(ert-deftest aid-append-buffer-unsaved ()
  "A buffer's line is sent with the text of that moment, unsaved and widened."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (aid-append-buffer)
     (goto-char (point-max))
     (insert "/* later */\n")
     (narrow-to-region 1 5))
   (let ((item (car (aid-context-tests-items))))
     (should (equal (plist-get item :target) (aid-context-tests-target "src/a.c")))
     (should (equal (plist-get item :label) "src/a.c"))
     (should (equal (aid-context-tests-text item) (concat aid-context-tests-code "/* later */\n"))))))

(ert-deftest aid-append-range-follows-its-text ()
  "A range follows what is inserted above it and in it, while its buffer lives."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (search-forward "return 1")
     (aid-append-definition)
     (goto-char (point-min))
     (insert "/* one */\n\n")
     (search-forward "int\none")
     (goto-char (match-beginning 0))
     (insert "/* just above */\n")
     (search-forward "{\n")
     (insert "  int i;\n")
     (search-forward "}\n")
     (insert "/* just below */\n")
     (goto-char (point-min))
     (search-forward "int\none")
     (goto-char (match-beginning 0))
     (insert "static "))
   (should (equal (aid-context-tests-text (car (aid-context-tests-items)))
                  "static int\none (void)\n{\n  int i;\n  return 1;\n}\n"))))

(ert-deftest aid-append-range-of-another-text ()
  "Lines that hold another text by now are another item; the first keeps its text."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (aid-append-region 1 (line-end-position))
     (insert "new\n")
     (aid-append-region 1 4))
   (should (equal (mapcar #'aid-context-tests-text (aid-context-tests-items))
                  '("#include <stdio.h>\n" "new\n")))))

(ert-deftest aid-append-last-line-without-newline ()
  "A last line without a newline is followed, too."
  (aid-project-with '(("Makefile" . "") ("a.txt" . "one\ntwo"))
    (aid-context-tests-in "a.txt"
      (forward-line 1)
      (aid-append-region (point) (point-max))
      (should (equal (plist-get (aid-context-tests-one) :text) "two"))
      (goto-char (point-max))
      (insert "!")
      (should (equal (aid-context-tests-text (car (aid-context-tests-items))) "two!")))))

(ert-deftest aid-append-odd-names ()
  "Names with blanks, brackets, hashes and other scripts lead to their files."
  (dolist (name '("a b (1).txt" "ünï/日本 [x].txt" "100%41.txt" "a#L3.txt" "<!--x-->.txt"))
    (aid-project-with (list '("Makefile" . "") (cons name "odd\n"))
      (aid-append-file (aid-project-file name))
      (let ((item (aid-context-tests-one)))
        (should (string-match-p "\\`[!-~]+\\'" (plist-get item :target)))
        (should (equal (plist-get item :text) "odd\n"))
        (aid-context-visit (plist-get item :target)
                           (buffer-local-value 'default-directory (aid-context-tests-chat)))
        (should (equal (buffer-file-name (window-buffer)) (aid-project-file name)))))))

(ert-deftest aid-append-directory-listing ()
  "A directory is its listing."
  (aid-context-tests-with
   (aid-append-directory (aid-project-file "src/"))
   (let ((item (aid-context-tests-one)))
     (should (equal (plist-get item :target) (aid-context-tests-target "src")))
     (should (equal (plist-get item :text) "a.c\nb.h\n")))))

(ert-deftest aid-append-dired-marks ()
  "In Dired the marked files are appended, each with its line."
  (aid-context-tests-with
   (with-current-buffer (dired-noselect (aid-project-file "src/"))
     (dired-mark-files-regexp "\\.[ch]\\'")
     (aid-append-dwim))
   (should (equal (mapcar (lambda (i) (plist-get i :label)) (aid-context-tests-items))
                  '("src/a.c" "src/b.h")))))

(ert-deftest aid-append-once ()
  "What the question has already is not added again, and asking keeps the order."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (aid-append-buffer)
     (aid-append-buffer)
     (aid-append-region 1 5)
     (aid-append-buffer))
   (should (equal (mapcar (lambda (i) (plist-get i :label)) (aid-context-tests-items))
                  '("src/a.c" "src/a.c:1")))))

(ert-deftest aid-append-is-seen ()
  "A chat's window shows what was appended, with its point where the question is written."
  (aid-context-tests-with
   (let ((chat (aid-project-chat)))
     (aid-project-answer chat (aid-project-lines 1 200))
     (switch-to-buffer chat)
     (goto-char (point-min))
     (let ((window (selected-window)))
       (select-window (split-window))
       (switch-to-buffer (aid-project-buffer "src/a.c"))
       (set-window-start window (point-min))
       (aid-append-buffer)
       (aid-append-region 1 5)
       (with-selected-window window
         (should (eq (current-buffer) chat))
         (should (= (point) (cdr (aid-chat--prose-bounds))))
         (should (<= (window-start) (point)))
         (should (< (count-lines (window-start) (point-max)) (window-body-height))))
       (delete-other-windows)))))

(ert-deftest aid-append-from-the-chat ()
  "From within a chat it is that chat, and its project, that is appended to."
  (aid-context-tests-with
   (let ((other (aid-project-chat)) (chat (aid-project-chat)))
     (ignore other)
     (with-current-buffer chat
       (should (equal (aid-project-root) aid-project-root-folder))
       (aid-append-file (aid-project-file "src/a.c"))
       (should (string-search "- [src/a.c](../../project/src/a.c) <!--aid:" (buffer-string)))))))

(ert-deftest aid-append-text-of-buffers-without-file ()
  "Lines of a buffer without a file are taken at once, a whole buffer when it is sent."
  (aid-context-tests-with
   (with-current-buffer (get-buffer-create "*some (text)*")
     (setq default-directory aid-project-root-folder)
     (erase-buffer)
     (insert "one\ntwo\n")
     (aid-append-region 1 4)
     (let ((item (aid-context-tests-one)))
       (should (equal (plist-get item :label) "*some (text)*:1-1"))
       (should (equal (plist-get item :text) "one\n")))
     (aid-append-buffer)
     (goto-char (point-max))
     (insert "three\n")
     (let ((items (aid-context-tests-items)))
       (should (equal (plist-get (nth 1 items) :target) "aid:buffer/%2Asome%20%28text%29%2A"))
       (should (equal (mapcar #'aid-context-tests-text items) '("one\n" "one\ntwo\nthree\n"))))
     (kill-buffer)
     (should-error (aid-context-tests-text (nth 1 (aid-context-tests-items))) :type 'user-error))))

(ert-deftest aid-append-different-texts-of-one-length ()
  "Snapshots that differ in one letter are two items."
  (aid-context-tests-with
   (let ((kill-ring nil) (a (make-string 5000 ?a)) (b (make-string 5000 ?a)))
     (aset b 2345 ?b)
     (kill-new a)
     (aid-append-kill)
     (kill-new b)
     (aid-append-kill)
     (should (equal (mapcar #'aid-context-tests-text (aid-context-tests-items)) (list a b))))))

(ert-deftest aid-append-lines-open-what-they-name ()
  "A context line opens its lines where they are now, and texts that are no files."
  (aid-context-tests-with
   (aid-context-tests-in "src/a.c"
     (search-forward "return 2")
     (aid-append-definition)
     (goto-char (point-min))
     (insert "one\ntwo\n"))
   (let ((kill-ring nil))
     (kill-new "a snapshot")
     (aid-append-kill))
   (with-current-buffer (aid-context-tests-chat)
     (goto-char (point-min))
     (search-forward "[src/a.c")
     (save-current-buffer (aid-chat-visit))
     (with-current-buffer (window-buffer)
       (goto-char (window-point))
       (should (looking-at "int\ntwo")))
     (search-forward "[pasted")
     (save-current-buffer (aid-chat-visit))
     (with-current-buffer (window-buffer)
       (should (equal (buffer-string) "a snapshot"))
       (kill-buffer)))))

;;; Projects

(ert-deftest aid-project-root-of-plain-folders ()
  "In no version control a marker file tells the root, else it is the folder."
  (aid-context-tests-with
   (let ((default-directory (aid-project-file "src/")))
     (should (equal (aid-project-root) aid-project-root-folder))
     (delete-file (aid-project-file "Makefile"))
     (should (equal (aid-project-root) default-directory)))))

(ert-deftest aid-project-root-of-jujutsu ()
  "A Jujutsu repository is a project, whatever its folders hold."
  (aid-context-tests-with
   (aid-project-write ".jj/repo/store/type" "git")
   (aid-project-write "src/Makefile" "all:\n")
   (let ((default-directory (aid-project-file "src/")))
     (should (equal (aid-project-root) aid-project-root-folder)))))

(defun aid-context-tests-roots ()
  "The root of src/ without project.el and with it, as a fresh Emacs finds them."
  (with-temp-buffer
    (let ((default-directory (aid-project-file "src/"))
          (form '(progn (require 'aid-context)
                        (princ (aid-project-root))
                        (terpri)
                        (require 'project)
                        (princ (aid-project-root)))))
      (should (zerop (call-process (expand-file-name invocation-name invocation-directory) nil '(t nil) nil "-Q" "--batch"
                                   "-L" (file-name-directory (locate-library "aid-context"))
                                   "--eval" (prin1-to-string form)))))
    (split-string (buffer-string) "\n")))

(ert-deftest aid-project-root-is-that-of-project-el ()
  "What is found before project.el is loaded is what project.el finds."
  (dolist (make (list #'ignore
                      (lambda () (aid-project-run "git" "init" "-q"))
                      (lambda () (aid-project-run "hg" "init"))
                      (lambda () (aid-project-run "git" "init" "-q" "--separate-git-dir=../apart"))
                      (lambda ()
                        (aid-project-run "git" "init" "-q")
                        (let ((default-directory (aid-project-file "src/")))
                          (call-process "hg" nil nil nil "init")))))
    (aid-context-tests-with
     (funcall make)
     (pcase-let ((`(,without ,with) (aid-context-tests-roots)))
       (should (equal without with))
       (should (string-prefix-p aid-project-root-folder without))))))

;;; Other buffers

(ert-deftest aid-append-shell-output ()
  "In a shell it is the last command and what it printed."
  (aid-context-tests-with
   (let* ((default-directory aid-project-root-folder)
          (process-environment (append '("PS1=ready$ " "ENV=") process-environment))
          (buffer (make-comint "aid-test-shell" "sh" nil "-i"))
          (at-prompt (lambda ()
                       (with-current-buffer buffer
                         (and (not (equal (process-mark (get-buffer-process buffer)) (point-min)))
                              (string-suffix-p "ready$ " (buffer-string)))))))
     (unwind-protect
         (with-current-buffer buffer
           (setq-local comint-process-echoes nil)
           (aid-tests-wait at-prompt)
           (dolist (command '("echo first" "printf 'two\\nlines\\n'"))
             (goto-char (point-max))
             (insert command)
             (comint-send-input)
             (aid-tests-wait at-prompt))
           (aid-append-dwim)
           (let ((item (aid-context-tests-one)))
             (should (equal (plist-get item :label) "output in *aid-test-shell*"))
             (should (equal (plist-get item :text) "ready$ printf 'two\\nlines\\n'\ntwo\nlines\n")))
           (goto-char (point-max))
           (insert "echo begun; sleep 100")
           (comint-send-input)
           (aid-tests-wait (lambda () (string-match-p "^begun\n" (buffer-string))))
           (should (equal (aid-append--shell-output) "ready$ echo begun; sleep 100\nbegun\n"))
           (comint-interrupt-subjob)
           (aid-tests-wait at-prompt)
           (goto-char (point-max))
           (insert "and what one types next")
           (aid-append-dwim)
           (should (string-prefix-p "ready$ echo begun; sleep 100\nbegun\n"
                                    (aid-context-tests-text (nth 1 (aid-context-tests-items))))))
       (set-process-query-on-exit-flag (get-buffer-process buffer) nil)
       (delete-process (get-buffer-process buffer))
       (kill-buffer buffer)))))

(ert-deftest aid-append-eshell-output ()
  "In Eshell it is the last command and what it printed."
  (aid-context-tests-with
   (let ((default-directory aid-project-root-folder)
         (eshell-directory-name (expand-file-name "eshell/" aid-project-home))
         (eshell-history-file-name nil) (eshell-banner-message "")
         (eshell-prompt-function (lambda () "$ ")) (eshell-buffer-name "*aid-eshell*"))
     (with-current-buffer (eshell)
       (dolist (command '("echo first" "echo second"))
         (goto-char (point-max))
         (insert command)
         (eshell-send-input))
       (aid-append-dwim)
       (should (equal (plist-get (aid-context-tests-one) :text) "echo second\nsecond\n"))
       (kill-buffer)))))

(ert-deftest aid-append-info-node ()
  "In Info it is the node that is shown, under its name."
  (require 'info)
  (aid-context-tests-with
   (aid-project-write "x.info"
                      (concat "\u001f\nFile: x.info,  Node: Top,  Next: Two,  Up: (dir)\n\nThe top.\n\n* Menu:\n\n* Two::\n"
                              "\u001f\nFile: x.info,  Node: Two,  Prev: Top,  Up: Top\n\nThe second.\n"))
   (let ((default-directory aid-project-root-folder))
     (info (format "(%s)Two" (aid-project-file "x.info")) "*aid-info*")
     (with-current-buffer "*aid-info*"
       (aid-append-dwim)
       (let ((item (aid-context-tests-one)))
         (should (string-search "Two" (plist-get item :label)))
         (should (string-search "The second." (plist-get item :text)))
         (should-not (string-search "The top." (plist-get item :text))))
       (kill-buffer)))))

(ert-deftest aid-append-kill-ring ()
  "The kill ring's head is appended as it is now, and shown when it is visited."
  (aid-context-tests-with
   (let ((kill-ring nil))
     (kill-new (propertize "old text" 'face 'bold))
     (aid-append-kill)
     (kill-new "newer")
     (let ((item (aid-context-tests-one)))
       (should (equal-including-properties (plist-get item :text) "old text"))
       (aid-context-visit (plist-get item :target) aid-project-home)
       (should (equal (with-current-buffer (window-buffer) (buffer-string)) "old text"))
       (kill-buffer (window-buffer))))))

(ert-deftest aid-append-dwim-chooses-by-place ()
  "The region, else the definition at point, else the buffer."
  (aid-context-tests-with
   (let ((transient-mark-mode t))
     (aid-context-tests-in "src/a.c"
       (search-forward "return 1")
       (aid-append-dwim)
       (push-mark (line-beginning-position) t t)
       (aid-append-dwim)
       (should-not mark-active))
     (aid-context-tests-in "Makefile"
       (text-mode)
       (aid-append-dwim))
     (should (equal (mapcar (lambda (i) (plist-get i :label)) (aid-context-tests-items))
                    '("src/a.c:3-7" "src/a.c:6" "Makefile"))))))

(ert-deftest aid-append-dwim-in-a-difference ()
  "A difference is appended as it is shown, whatever was committed; a file of one is a file."
  (aid-context-tests-with
   (with-current-buffer (get-buffer-create "*between two revisions*")
     (setq default-directory aid-project-root-folder)
     (insert "--- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-old\n+new\n")
     (diff-mode)
     (aid-append-dwim)
     (kill-buffer))
   (aid-project-write "fix.patch" "--- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-old\n+new\n")
   (aid-context-tests-in "fix.patch"
     (aid-append-dwim))
   (let ((items (aid-context-tests-items)))
     (should (equal (mapcar (lambda (i) (plist-get i :label)) items)
                    '("*between two revisions*" "fix.patch")))
     (should (string-search "\n-old\n+new\n" (aid-context-tests-text (car items)))))))

(ert-deftest aid-append-from-indirect-buffers ()
  "An indirect buffer of a file stands for that file, also after it is gone."
  (aid-context-tests-with
   (with-current-buffer (make-indirect-buffer (aid-project-buffer "src/a.c") "clone" t)
     (goto-char (point-min))
     (search-forward "return 1")
     (aid-append-dwim)
     (aid-append-buffer)
     (kill-buffer))
   (aid-context-tests-in "src/a.c"
     (insert "/* one more */\n"))
   (let ((items (aid-context-tests-items)))
     (should (equal (mapcar (lambda (i) (plist-get i :label)) items) '("src/a.c:3-7" "src/a.c")))
     (should (string-prefix-p "int\none (void)" (aid-context-tests-text (car items)))))))

(ert-deftest aid-append-nothing-that-makes-no-sense ()
  "The chat itself, an empty buffer and a line of Dired without a file are not appended."
  (aid-context-tests-with
   (let ((transient-mark-mode t) (chat (aid-context-tests-chat)))
     (with-current-buffer chat
       (should-error (aid-append-dwim) :type 'user-error)
       (goto-char (point-max))
       (insert "Some words.\n")
       (push-mark (line-beginning-position 0) t t)
       (aid-append-dwim)
       (should (string-search "\n> Some words.\n" (buffer-string))))
     (with-temp-buffer
       (setq default-directory aid-project-root-folder)
       (should-error (aid-append-dwim) :type 'user-error))
     (with-current-buffer (dired-noselect aid-project-root-folder)
       (goto-char (point-min))
       (should-error (aid-append-dwim) :type 'user-error))
     (should-not (aid-context-tests-items)))))

(ert-deftest aid-append-lost-snapshots ()
  "A text that was taken in another session is not made up."
  (should-error (aid-context-item-text "aid:kill/0123456789ab" "/") :type 'user-error))

(provide 'aid-context-tests)
;;; aid-context-tests.el ends here
