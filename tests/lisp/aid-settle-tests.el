;;; aid-settle-tests.el --- Tests of whole files and copies in reviews  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What is promised about blocks without a diff: a whole new text and an edited
;; copy are reviewed like diffs, and stay what they were when the file changes.

;;; Code:

(require 'aid-project-help)

(defun aid-settle-tests-changed (&rest ns)
  "Lines 1 to 60, with lines NS changed."
  (let ((text (aid-project-lines 1 60)))
    (dolist (n ns text)
      (setq text (replace-regexp-in-string (format "^line %d$" n) (format "changed %d" n) text)))))

(defun aid-settle-tests-whole (&rest ns)
  "An answer with the whole new text of a.txt, in which lines NS are changed."
  (concat "Here is the full a.txt:\n\n```text\n" (apply #'aid-settle-tests-changed ns) "```\n\nThat is all.\n"))

(defconst aid-settle-tests-code
  "int\nfirst (int n)\n{\n  int sum = 0;\n  for (int i = 0; i < n; i++)\n    sum += i;\n  return sum;\n}\n
int\nsecond (int n)\n{\n  return first (n) * 2;\n}\n"
  "The text of src/a.c.")

(defconst aid-settle-tests-copy
  "In `src/a.c`:\n\n```c\nint\nfirst (int n)\n{\n  // ... existing code ...\n    sum += i * i;\n  return sum;\n}\n```\n"
  "An answer with an edited copy of its first function.")

(ert-deftest aid-settle-reviews-a-whole-file-piece-by-piece ()
  "The hunks of a whole new text are accepted and rejected one by one."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (let ((chat (aid-project-review (aid-settle-tests-whole 10 30 50))))
      (should (= 3 (length (aid-review-hunks aid-review--this))))
      (should (string-search "-line 30\n+changed 30\n" (buffer-string)))
      (aid-project-key "y")
      (aid-project-key "k")
      (aid-project-key "y")
      (should (equal (aid-project-text "a.txt") (aid-settle-tests-changed 10 50)))
      (should (equal (aid-project-states chat) '(accepted rejected accepted))))))

(ert-deftest aid-settle-keeps-the-hunks-when-the-file-changes ()
  "What a block changes is what it changed when it came, also after a restart."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (let* ((chat (aid-project-review (aid-settle-tests-whole 10 30)))
           (file (buffer-file-name chat)))
      (aid-project-key "y")
      (aid-project-key "q")
      (with-current-buffer chat (save-buffer))
      (aid-project-kill-all)
      ;; Somebody works on the file: the answer does not know of that.
      (aid-project-write "a.txt" (concat "mine\n" (aid-settle-tests-changed 10)))
      (with-current-buffer (find-file-noselect file)
        (should (equal (aid-project-states (current-buffer)) '(accepted)))
        (aid-review))
      (set-buffer (window-buffer))
      (should (= 2 (length (aid-review-hunks aid-review--this))))
      (aid-project-key "y")
      (should (equal (aid-project-text "a.txt") (concat "mine\n" (aid-settle-tests-changed 10 30))))
      (aid-undo-answer)
      (should (equal (aid-project-text "a.txt") (concat "mine\n" (aid-project-lines 1 60)))))))

(ert-deftest aid-settle-keeps-the-answer ()
  "The answer's text stays as it came, and what is kept is not sent."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (let ((chat (aid-project-review (aid-settle-tests-whole 10))))
      (with-current-buffer chat
        (should (string-search (aid-settle-tests-changed 10) (aid-chat-answer-text 2)))
        (let ((pieces (mapcar (lambda (piece) (plist-get piece :kind))
                              (plist-get (car (last (plist-get (aid--mod-doc-parse (aid-chat-doc)) :turns) 2))
                                         :pieces))))
          (should (equal pieces '("meta" "text" "diff" "hunks" "text"))))))))

(ert-deftest aid-settle-compares-with-the-unsaved-text ()
  "What only Emacs knows of a file counts."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (with-current-buffer (aid-project-buffer "a.txt")
      (goto-char (point-min))
      (search-forward "line 10")
      (insert " typed"))
    (aid-project-review (aid-settle-tests-whole 30))
    (should (string-search "-line 10 typed\n+line 10\n" (buffer-string)))
    (should (= 2 (length (aid-review-hunks aid-review--this))))))

(ert-deftest aid-settle-reviews-an-elided-copy ()
  "A copy with elided lines changes what it shows and nothing else."
  (aid-project-with (list (cons "src/a.c" aid-settle-tests-code))
    (aid-project-review aid-settle-tests-copy)
    (should (string-search "-    sum += i;\n+    sum += i * i;\n" (buffer-string)))
    (aid-project-key "y")
    (should (equal (aid-project-text "src/a.c")
                   (string-replace "sum += i;" "sum += i * i;" aid-settle-tests-code)))))

(ert-deftest aid-settle-shows-why-a-copy-is-refused-and-looks-again ()
  "A copy without a clear place is shown with the reason, and compared anew later."
  (aid-project-with
      (list (cons "src/a.c" (string-replace "    sum += i;\n" "    sum += i + i;\n    sum += i * i * i;\n"
                                            aid-settle-tests-code)))
    (let ((chat (aid-project-review aid-settle-tests-copy)))
      (should (string-search "how much the elided lines stand for is not clear"
                             (aid-hunk-words (aref (aid-review-hunks aid-review--this) 0))))
      (should-error (aid-project-key "y") :type 'user-error)
      (aid-project-key "q")
      (aid-project-write "src/a.c" aid-settle-tests-code)
      (when-let ((buffer (find-buffer-visiting (aid-project-file "src/a.c"))))
        (kill-buffer buffer))
      (with-current-buffer chat (aid-review))
      (set-buffer (window-buffer))
      (aid-project-key "y")
      (should (equal (aid-project-text "src/a.c")
                     (string-replace "sum += i;" "sum += i * i;" aid-settle-tests-code))))))

(ert-deftest aid-settle-leaves-examples-alone ()
  "A block that only names a file is no patch."
  (aid-project-with (list (cons "src/a.c" aid-settle-tests-code))
    (let ((chat (aid-project-chat)))
      (aid-project-answer chat "In `src/a.c` call it so:\n\n```c\nprintf (\"%d\\n\", second (3));\n```\n")
      (with-current-buffer chat
        (should-error (aid-review) :type 'user-error)
        (should-not (string-search " diff" (aid-chat-answer-text 2)))))))

(ert-deftest aid-settle-makes-a-new-file ()
  "A new file that only its text tells of is made when it is accepted."
  (aid-project-with nil
    (aid-project-review "Create `lib/new.c`:\n\n```c\nint one;\nint two;\n```\n")
    (aid-project-key "y")
    (aid-project-key "q")
    (should (equal (aid-project-disk "lib/new.c") "int one;\nint two;\n"))))

(provide 'aid-settle-tests)
;;; aid-settle-tests.el ends here
