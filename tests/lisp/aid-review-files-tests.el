;;; aid-review-files-tests.el --- Tests of reviews of whole files  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Files that an answer makes, deletes and renames, with real files and the real core.

;;; Code:

(require 'aid-project-help)

(defconst aid-review-files-tests-create
  (aid-project-diff "--- /dev/null" "+++ b/new/deep/n.c" "@@ -0,0 +1,2 @@" "+int a;" "+int b;"))

(ert-deftest aid-review-creates-files ()
  "A new file comes with its folders when it is saved, and goes with them."
  (aid-project-with '(("a.txt" . "a\n"))
    (let ((chat (aid-project-review aid-review-files-tests-create)))
      (aid-project-key "y")
      (should-not (file-exists-p (aid-project-file "new")))
      (should (equal (aid-project-text "new/deep/n.c") "int a;\nint b;\n"))
      (with-current-buffer (find-buffer-visiting (aid-project-file "new/deep/n.c"))
        (should (derived-mode-p 'c-mode)))
      (aid-project-key "q")
      (should (equal (aid-project-disk "new/deep/n.c") "int a;\nint b;\n"))
      (with-current-buffer chat (aid-undo-answer))
      (should-not (file-exists-p (aid-project-file "new")))
      (should-not (find-buffer-visiting (aid-project-file "new/deep/n.c")))
      (should-not (aid-project-states chat)))))

(ert-deftest aid-review-fills-empty-files ()
  "A new file that is there but empty is filled, and is empty again afterwards."
  (aid-project-with '(("new/deep/n.c" . ""))
    (let ((chat (aid-project-review aid-review-files-tests-create)))
      (aid-project-key "y")
      (aid-project-key "q")
      (should (equal (aid-project-disk "new/deep/n.c") "int a;\nint b;\n"))
      (with-current-buffer chat (aid-undo-answer))
      (should (equal (aid-project-disk "new/deep/n.c") "")))))

(ert-deftest aid-review-deletes-files ()
  "A deleted file and its buffer go; taken back, its bytes and modes are as before."
  (aid-project-with '(("a.txt" . "one\r\ntwo\r\n"))
    (set-file-modes (aid-project-file "a.txt") #o750)
    (aid-project-buffer "a.txt")
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.txt" "+++ /dev/null" "@@ -1,2 +0,0 @@"
                                                      "-one" "-two"))))
      (aid-project-key "y")
      (should-not (file-exists-p (aid-project-file "a.txt")))
      (should-not (find-buffer-visiting (aid-project-file "a.txt")))
      (aid-project-key "u")
      (should (equal (aid-project-disk "a.txt") "one\r\ntwo\r\n"))
      (should (= (file-modes (aid-project-file "a.txt")) #o750))
      (should-not (aid-project-states chat)))))

(ert-deftest aid-review-deletes-no-unsaved-text ()
  "A file with unsaved changes is not deleted."
  (aid-project-with '(("a.txt" . "one\ntwo"))
    (with-current-buffer (aid-project-buffer "a.txt")
      (goto-char (point-max))
      (insert "\n"))
    (aid-project-review (aid-project-diff "--- a/a.txt" "+++ /dev/null" "@@ -1,2 +0,0 @@" "-one" "-two"))
    (should (string-search "unsaved" (cadr (should-error (aid-project-key "y") :type 'user-error))))
    (should (equal (aid-project-text "a.txt") "one\ntwo\n"))))

(defconst aid-review-files-tests-rename
  (aid-project-diff "diff --git a/x.txt b/sub/y.txt" "rename from x.txt" "rename to sub/y.txt"
                    "--- a/x.txt" "+++ b/sub/y.txt" "@@ -1,3 +1,3 @@" "-line 1" "+uno" " line 2" " line 3"
                    "@@ -58,3 +58,3 @@" " line 58" " line 59" "-line 60" "+sixty"))

(ert-deftest aid-review-renames-with-hunks ()
  "A renamed file keeps its buffer, and gets its name when its hunks are decided."
  (aid-project-with (list (cons "x.txt" (aid-project-lines 1 60)))
    (let* ((buffer (aid-project-buffer "x.txt"))
           (chat (aid-project-review aid-review-files-tests-rename)))
      (aid-project-key "y")
      (should (equal (buffer-file-name buffer) (aid-project-file "x.txt")))
      (aid-project-key "y")
      (should (equal (buffer-file-name buffer) (aid-project-file "sub/y.txt")))
      (aid-project-key "q")
      (should-not (file-exists-p (aid-project-file "x.txt")))
      (should (string-match-p "\\`uno\n\\(.*\n\\)*sixty\n\\'" (aid-project-disk "sub/y.txt")))
      (with-current-buffer chat (aid-undo-answer))
      (should (equal (buffer-file-name buffer) (aid-project-file "x.txt")))
      (should (equal (aid-project-disk "x.txt") (aid-project-lines 1 60)))
      (should-not (file-exists-p (aid-project-file "sub/y.txt"))))))

(ert-deftest aid-review-renames-later ()
  "A renamed file keeps its name while hunks are open, also over a pause."
  (aid-project-with (list (cons "x.txt" (aid-project-lines 1 60)))
    (let ((chat (aid-project-review aid-review-files-tests-rename)))
      (aid-project-key "y")
      (aid-project-key "q")
      (should (file-exists-p (aid-project-file "x.txt")))
      (with-current-buffer chat (aid-review))
      (set-buffer (window-buffer))
      (aid-project-key "y")
      (aid-project-key "u")
      (should (file-exists-p (aid-project-file "x.txt")))
      (aid-project-key "k")
      (should (equal (aid-project-text "sub/y.txt")
                     (replace-regexp-in-string "\\`line 1" "uno" (aid-project-lines 1 60))))
      (aid-project-key "q")
      (should (equal (aid-project-states chat) '(accepted rejected))))))

(ert-deftest aid-review-renames-alone ()
  "A rename without hunks moves the file and its unsaved buffer, and back."
  (aid-project-with '(("x.txt" . "one\n"))
    (let* ((buffer (aid-project-buffer "x.txt")) chat)
      (with-current-buffer buffer (goto-char (point-max)) (insert "two\n"))
      (setq chat (aid-project-review (aid-project-diff "diff --git a/x.txt b/y.txt" "similarity index 100%"
                                                       "rename from x.txt" "rename to y.txt")))
      (aid-project-key "y")
      (should (equal (aid-project-disk "y.txt") "one\n"))
      (should (equal (aid-project-text "y.txt") "one\ntwo\n"))
      (should (buffer-modified-p buffer))
      (aid-project-key "q")
      (should (equal (aid-project-states chat) '(accepted)))
      (with-current-buffer chat (aid-undo-answer))
      (should (equal (aid-project-disk "x.txt") "one\n"))
      (should (equal (aid-project-text "x.txt") "one\ntwo\n")))))

(ert-deftest aid-review-changes-modes ()
  "A new file is executable if its patch says so; a mode alone is changed, and back."
  (aid-project-with '(("run" . "echo\n"))
    (set-file-modes (aid-project-file "run") #o640)
    (let ((chat (aid-project-review
                 (concat (aid-project-diff "diff --git a/new b/new" "new file mode 100755" "--- /dev/null"
                                           "+++ b/new" "@@ -0,0 +1 @@" "+echo")
                         "\n\n"
                         (aid-project-diff "diff --git a/run b/run" "old mode 100644" "new mode 100755")))))
      (aid-project-key "y")
      (aid-project-key "y")
      (aid-project-key "q")
      (should (equal (aid-project-states chat) '(accepted accepted)))
      (should (= #o111 (logand #o111 (file-modes (aid-project-file "new")))))
      (should (= #o750 (file-modes (aid-project-file "run"))))
      (with-current-buffer chat (aid-undo-answer))
      (should-not (file-exists-p (aid-project-file "new")))
      (should (= #o640 (file-modes (aid-project-file "run")))))))

(ert-deftest aid-review-changes-a-mode-beside-hunks ()
  "A mode goes with the file's first accepted hunk, and back with its last one."
  (aid-project-with (list (cons "run" (aid-project-lines 1 40)))
    (set-file-modes (aid-project-file "run") #o640)
    (let ((chat (aid-project-review
                 (aid-project-diff "diff --git a/run b/run" "old mode 100644" "new mode 100755"
                                   "--- a/run" "+++ b/run"
                                   "@@ -1,2 +1,2 @@" "-line 1" "+first" " line 2"
                                   "@@ -30,2 +30,2 @@" "-line 30" "+thirtieth" " line 31"))))
      (ignore chat)
      (aid-project-key "k")
      (should (= #o640 (file-modes (aid-project-file "run"))))
      (aid-project-key "u")
      (aid-project-key "!")
      (should (= #o750 (file-modes (aid-project-file "run"))))
      (aid-project-key "u")
      (should (= #o750 (file-modes (aid-project-file "run"))))
      (aid-project-key "!")
      (aid-project-key "q")
      (should (string-prefix-p "first" (aid-project-disk "run")))
      (should (= #o750 (file-modes (aid-project-file "run"))))
      (aid-project-kill-all)
      (with-current-buffer (aid-chat-for aid-project-root-folder)
        (aid-undo-answer))
      (should (equal (aid-project-disk "run") (aid-project-lines 1 40)))
      (should (= #o640 (file-modes (aid-project-file "run")))))))

(provide 'aid-review-files-tests)
;;; aid-review-files-tests.el ends here
