;;; aid-review-tests.el --- Tests of reviews  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What a review promises about files, buffers, undo and decisions, with real
;; files and the real core.

;;; Code:

(require 'aid-project-help)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

(defun aid-review-tests-hunk (n &optional at)
  "A hunk that changes line N of a file of 60; it says it is at line AT or N."
  (format "@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+changed %d\n line %d" (1- (or at n)) (1- (or at n))
          (1- n) n n (1+ n)))

(defun aid-review-tests-diff (&rest ns)
  "A diff that changes lines NS of a.txt."
  (apply #'aid-project-diff "--- a/a.txt" "+++ b/a.txt" (mapcar #'aid-review-tests-hunk ns)))

(defmacro aid-review-tests-with (ns &rest body)
  "Review in a project with a.txt an answer that changes its lines NS; run BODY."
  (declare (indent 1))
  `(aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
     (let ((chat (aid-project-review (apply #'aid-review-tests-diff ,ns))))
       (ignore chat)
       ,@body)))

(defun aid-review-tests-changed (&rest ns)
  "The text of a.txt with lines NS changed."
  (let ((text (aid-project-lines 1 60)))
    (dolist (n ns text)
      (setq text (replace-regexp-in-string (format "^line %d$" n) (format "changed %d" n) text)))))

;;; Accepting

(ert-deftest aid-review-accepts-into-the-buffer ()
  "Accepting changes the buffer, the file only when the review ends."
  (aid-review-tests-with '(10 30)
    (aid-project-key "y")
    (should (equal (aid-project-text "a.txt") (aid-review-tests-changed 10)))
    (should (equal (aid-project-disk "a.txt") (aid-project-lines 1 60)))
    (should (buffer-modified-p (aid-project-buffer "a.txt")))
    (aid-project-key "y")
    (should (equal (aid-project-disk "a.txt") (aid-project-lines 1 60)))
    (aid-project-key "q")
    (should (equal (aid-project-disk "a.txt") (aid-review-tests-changed 10 30)))
    (should-not (buffer-modified-p (aid-project-buffer "a.txt")))
    (should (equal (aid-project-states chat) '(accepted accepted)))))

(ert-deftest aid-review-one-undo-step-a-hunk ()
  "Each accepted hunk is one undo step, whatever was typed before it."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (with-current-buffer (aid-project-buffer "a.txt")
      (buffer-enable-undo)
      (goto-char (point-max))
      (insert "typed\n"))
    (aid-project-review (aid-review-tests-diff 10 30))
    (aid-project-key "!")
    (let ((buffer (aid-project-buffer "a.txt")))
      (should (equal (aid-apply-text buffer) (concat (aid-review-tests-changed 10 30) "typed\n")))
      (with-current-buffer buffer (aid-project-undo))
      (should (equal (aid-apply-text buffer) (concat (aid-review-tests-changed 10) "typed\n")))
      (with-current-buffer buffer (undo-more 1))
      (should (equal (aid-apply-text buffer) (concat (aid-project-lines 1 60) "typed\n")))
      (with-current-buffer buffer (undo-more 1))
      (should (equal (aid-apply-text buffer) (aid-project-lines 1 60))))))

(ert-deftest aid-review-disturbs-no-place ()
  "Point, markers and a narrowing elsewhere in the file stay where they were."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (let ((buffer (aid-project-buffer "a.txt")) marker)
      (with-current-buffer buffer
        (goto-char (point-min))
        (search-forward "line 40\n")
        (setq marker (copy-marker (point)))
        (search-forward "line 50")
        (narrow-to-region (line-beginning-position) (point-max)))
      (aid-project-review (aid-review-tests-diff 10 30))
      (aid-project-key "!")
      (aid-project-key "q")
      (with-current-buffer buffer
        (should (buffer-narrowed-p))
        (should (looking-back "line 50" (point-min)))
        (goto-char (point-min))
        (should (looking-at "line 50"))
        (widen)
        (goto-char marker)
        (should (looking-at "line 41"))))))

(ert-deftest aid-review-places-in-unsaved-text ()
  "Hunks are placed in the unsaved text, and that is kept and asked about."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (with-current-buffer (aid-project-buffer "a.txt")
      (goto-char (point-min))
      (insert "one\ntwo\nthree\n"))
    (aid-project-review (aid-review-tests-diff 10))
    (should (string-search "line 12, moved 3 lines"
                           (aid-hunk-words (aref (aid-review-hunks aid-review--this) 0))))
    (aid-project-key "y")
    (should (equal (aid-project-text "a.txt")
                   (concat "one\ntwo\nthree\n" (aid-review-tests-changed 10))))
    (let (asked)
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (prompt) (push prompt asked) nil)))
        (aid-project-key "q"))
      (should (= (length asked) 1))
      (should (string-search "a.txt" (car asked))))
    (should (buffer-modified-p (aid-project-buffer "a.txt")))
    (should (equal (aid-project-disk "a.txt") (aid-project-lines 1 60)))))

(ert-deftest aid-review-saves-as-told ()
  "`aid-save-after-review' and `compilation-ask-about-save' decide on saving."
  (require 'compile)
  (let ((aid-save-after-review nil))
    (aid-review-tests-with '(10)
      (aid-project-key "y")
      (aid-project-key "q")
      (should (buffer-modified-p (aid-project-buffer "a.txt")))))
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (with-current-buffer (aid-project-buffer "a.txt")
      (goto-char (point-min))
      (insert "one\n"))
    (aid-project-review (aid-review-tests-diff 10))
    (aid-project-key "y")
    (let ((compilation-ask-about-save nil))
      (aid-project-key "q"))
    (should-not (buffer-modified-p (aid-project-buffer "a.txt")))))

(defconst aid-review-tests-bytes
  '("line 1\r\nline 2\r\nline 3\r\nline 4\r\n" "\357\273\277line 1\nline 2\nline 3\nline 4\n"
    "\303\251 \377\376\nline 2\nline 3\nline 4\n" "caf\351\nline 2\nline 3\nline 4\n"
    "\244\242\244\244 -*- coding: euc-jp -*-\nline 2\nline 3\nline 4\n")
  "Files whose bytes are not the text of their buffers.")

(defun aid-review-tests-bytes (&optional bytes)
  "The bytes of the file a.c in the project, which are BYTES now."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (if (not bytes)
        (insert-file-contents-literally (aid-project-file "a.c"))
      (insert bytes)
      (let ((coding-system-for-write 'no-conversion))
        (write-region nil nil (aid-project-file "a.c") nil 'quiet)))
    (buffer-string)))

(ert-deftest aid-review-files-with-other-bytes-than-their-text ()
  "A hunk goes to its line in files that no buffer visited, whatever they are written in."
  (dolist (bytes aid-review-tests-bytes)
    (aid-project-with '(("b.c" . "one\ntwo\n"))
      (let ((changed (replace-regexp-in-string "line 3" "LINE 3" bytes t t)) chat)
        (aid-review-tests-bytes bytes)
        (setq chat (aid-project-review
                    (aid-project-diff "--- a/b.c" "+++ b/b.c" "@@ -1,2 +1,2 @@" "-one" "+ONE" " two"
                                      "--- a/a.c" "+++ b/a.c" "@@ -2,3 +2,3 @@"
                                      " line 2" "-line 3" "+LINE 3" " line 4")))
        (aid-project-key "!")
        (aid-project-key "q")
        (should (equal (aid-review-tests-bytes) changed))
        (kill-buffer (aid-project-buffer "a.c"))
        (with-current-buffer chat
          (aid-undo-answer))
        (should (equal (aid-review-tests-bytes) bytes))
        (kill-buffer (aid-project-buffer "a.c"))
        (with-current-buffer chat
          (aid-review))
        (aid-project-key "n")           ; the change is shown where it would be made
        (should (equal (with-current-buffer (aid-project-buffer "a.c")
                         (buffer-substring (overlay-start (car aid-review-show--overlays))
                                           (overlay-end (car aid-review-show--overlays))))
                       "line 3\n"))))))

(ert-deftest aid-review-accepts-search-replace ()
  "Search/replace blocks are reviewed as hunks are."
  (aid-project-with '(("src/q.c" . "int a;\nint z;\nint b;\n"))
    (let ((chat (aid-project-review
                 "src/q.c\n```c\n<<<<<<< SEARCH\nint z;\n=======\nint zz;\n>>>>>>> REPLACE\n```\n")))
      (aid-project-key "y")
      (aid-project-key "q")
      (should (equal (aid-project-disk "src/q.c") "int a;\nint zz;\nint b;\n"))
      (with-current-buffer chat
        (aid-undo-answer))
      (should (equal (aid-project-disk "src/q.c") "int a;\nint z;\nint b;\n")))))

(ert-deftest aid-review-lines-of-a-file-without-a-last-newline ()
  "A file's missing last newline, and one that a hunk adds, are as the hunk says."
  (aid-project-with '(("a.txt" . "one\ntwo"))
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,2 +1,2 @@"
                                                      " one" "-two" "\\ No newline at end of file"
                                                      "+three"))))
      (aid-project-key "y")
      (aid-project-key "q")
      (should (equal (aid-project-disk "a.txt") "one\nthree\n"))
      (with-current-buffer chat (aid-undo-answer))
      (should (equal (aid-project-disk "a.txt") "one\ntwo")))))

;;; What is refused

(defun aid-review-tests-refused (text &optional prepare)
  "Have TEXT reviewed after PREPARE was called, accept its first hunk; give the reason.
Nothing in the project or around it may change."
  (when prepare (funcall prepare))
  (let ((before (aid-project-run "sh" "-c" "cd .. && find . -path ./chats -prune -o -type f -print | sort | xargs cat")))
    (aid-project-review text)
    (let* ((err (should-error (aid-project-key "y") :type 'user-error))
           (chat (aid-review-chat aid-review--this)))
      (should (aid-review-undecided-p (aref (aid-review-hunks aid-review--this) 0)))
      (should-not (aid-project-states chat))
      (aid-project-key "q")
      (should (equal before (aid-project-run
                             "sh" "-c"
                             "cd .. && find . -path ./chats -prune -o -type f -print | sort | xargs cat")))
      (cadr err))))

(ert-deftest aid-review-refuses-read-only-buffers ()
  "A read-only buffer is left alone, with the reason."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (should (string-search "read-only in its buffer"
                           (aid-review-tests-refused
                            (aid-review-tests-diff 10)
                            (lambda () (with-current-buffer (aid-project-buffer "a.txt")
                                         (setq buffer-read-only t))))))
    (should (equal (aid-project-text "a.txt") (aid-project-lines 1 60)))))

(ert-deftest aid-review-refuses-write-protected-files ()
  "A write-protected file is left alone, with the reason."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    ;; For root no file is write-protected.
    (cl-letf* ((real (symbol-function 'file-writable-p))
               ((symbol-function 'file-writable-p)
                (lambda (file) (and (not (string-suffix-p "a.txt" file)) (funcall real file)))))
      (should (string-search "write-protected" (aid-review-tests-refused (aid-review-tests-diff 10)))))))

(ert-deftest aid-review-refuses-files-that-changed-on-disk ()
  "A buffer that does not show its file any more is not changed."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (should (string-search "changed on disk"
                           (aid-review-tests-refused
                            (aid-review-tests-diff 10)
                            (lambda ()
                              (aid-project-buffer "a.txt")
                              (aid-project-write "a.txt" "other\n")
                              (set-file-times (aid-project-file "a.txt") '(0 1000))))))))

(ert-deftest aid-review-refuses-paths ()
  "Nothing outside the project, nor version control's own, is written."
  (dolist (case '(("../out.txt" "leads out of the project")
                  ("/etc/passwd" "absolute")
                  (".git/config" "version control's own")
                  ("link/out.txt" "lead")
                  ("~/out.txt" "home folder")))
    (aid-project-with (list (cons "a.txt" "a\n") (cons "../out.txt" "one\ntwo\nthree\n")
                            (cons ".git/config" "one\ntwo\nthree\n"))
      (make-symbolic-link ".." (aid-project-file "link"))
      (should (string-search (nth 1 case)
                             (aid-review-tests-refused
                              (aid-project-diff (concat "--- " (car case)) (concat "+++ " (car case))
                                                "@@ -1,3 +1,3 @@" " one" "-two" "+2" " three"))))
      (should (string-search (nth 1 case)
                             (aid-review-tests-refused
                              (aid-project-diff "--- /dev/null" (concat "+++ " (car case) "x/y")
                                                "@@ -0,0 +1 @@" "+two")))))))

(ert-deftest aid-review-refuses-what-does-not-fit ()
  "A hunk that does not fit is refused with the core's words."
  (aid-project-with '(("a.txt" . "one\ntwo\n"))
    (should (string-search "a.txt" (aid-review-tests-refused (aid-review-tests-diff 10))))))

;;; Other decisions

(ert-deftest aid-review-skipped-is-not-rejected ()
  "What is passed is skipped, what is rejected rejected; p skips nothing."
  (aid-review-tests-with '(10 20 30 40)
    (aid-project-key "n")
    (aid-project-key "k")
    (aid-project-key "p")
    (should (equal (aid-project-states chat) '(skipped rejected)))
    (should (equal (aid-project-text "a.txt") (aid-project-lines 1 60)))
    (should-error (aid-project-key "y") :type 'user-error)
    (aid-project-key "p")
    (aid-project-key "y")
    (should (equal (aid-project-states chat) '(accepted rejected)))))

(ert-deftest aid-review-rejects-a-file ()
  "K rejects the open hunks of this file and no others."
  (aid-project-with '(("a.txt" . "a\nb\nc\n") ("b.txt" . "a\nb\nc\n"))
    (let* ((hunks '("@@ -1,1 +1,1 @@" "-a" "+A" "@@ -3,1 +3,1 @@" "-c" "+C"))
           (chat (aid-project-review
                  (concat (apply #'aid-project-diff "--- a/a.txt" "+++ b/a.txt" hunks)
                          "\nand\n\n" (apply #'aid-project-diff "--- a/b.txt" "+++ b/b.txt" hunks)))))
      (aid-project-key "y")
      (aid-project-key "K")
      (should (equal (aid-project-states chat) '(accepted rejected)))
      (aid-project-key "!")
      (should (equal (aid-project-states chat) '(accepted rejected accepted accepted)))
      (should (equal (aid-project-text "a.txt") "A\nb\nc\n"))
      (should (equal (aid-project-text "b.txt") "A\nb\nC\n")))))

(ert-deftest aid-review-rest-stops-at-adjusted ()
  "! accepts what fits exactly or moved, and stops where white space differs."
  (aid-project-with '(("a.txt" . "x\none\ntwo\nthree\n  four\nfive\nsix\nseven\neight\n"))
    (let ((chat (aid-project-review
                 (aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                                   "@@ -1,2 +1,2 @@" "-one" "+1" " two"
                                   "@@ -4,2 +4,2 @@" "-\tfour" "+\t4" " five"
                                   "@@ -7,2 +7,2 @@" "-seven" "+7" " eight"))))
      (should (string-search "needs a look" (aid-project-said (aid-project-key "!"))))
      (should (equal (aid-project-states chat) '(accepted)))
      (should (equal (aid-hunk-index (aid-review-hunk-at)) 1))
      (aid-project-key "y")
      (aid-project-key "!")
      (should (equal (aid-project-states chat) '(accepted accepted accepted)))
      (should (string-match-p "\\`x\n1\ntwo\nthree\n[ \t]+4\nfive\nsix\n7\neight\n\\'"
                              (aid-project-text "a.txt"))))))

(ert-deftest aid-review-chooses-a-place ()
  "A hunk that fits several places is refused until one is chosen by its number."
  (aid-project-with '(("a.txt" . "h\nx\nb\nh\nx\nc\nh\nx\nd\n"))
    (let ((chat (aid-project-review
                 "a.txt\n```\n<<<<<<< SEARCH\nh\nx\n=======\nh\ny\n>>>>>>> REPLACE\n```\n")))
      (should (string-search "fits 3 places: 1, 4, 7" (aid-hunk-words (aid-review-hunk-at))))
      (should-error (aid-project-key "y") :type 'user-error)
      (should-error (aid-project-key "4") :type 'user-error)
      (aid-project-key "2")
      (aid-project-key "y")
      (should (equal (aid-project-text "a.txt") "h\nx\nb\nh\ny\nc\nh\nx\nd\n"))
      (should (equal (aid-project-states chat) '(accepted))))))

;;; Editing

(defun aid-review-tests-edit (from to)
  "Edit the hunk at point: FROM becomes TO."
  (aid-project-key "e")
  (goto-char (point-min))
  (search-forward from)
  (replace-match to t t)
  (aid-project-key "C-c C-c"))

(ert-deftest aid-review-edits-a-hunk ()
  "An edited hunk is applied as edited, and its text is kept in the chat."
  (aid-review-tests-with '(10 30)
    (aid-review-tests-edit "+changed 10" "+mine\n+two")
    (should aid-review--this)
    (should (string-search "line 9\nmine\ntwo\nline 11\n" (aid-project-text "a.txt")))
    (should (equal (aid-project-states chat) '(edited)))
    (with-current-buffer chat
      (let* ((parsed (aid--mod-doc-parse (aid-chat-doc)))
             (decision (car (plist-get parsed :decisions))))
        (should (equal (plist-get decision :state) "edited"))
        (should (equal (plist-get decision :edit) "e1"))
        (should (member "edited" (mapcar (lambda (piece) (plist-get piece :kind))
                                         (plist-get (nth 1 (plist-get parsed :turns)) :pieces)))))
      (should (string-search "\n> +mine\n> +two\n" (buffer-string)))
      (should (= 2 (length (plist-get (aid--mod-patch-read (aid-chat-answer-text 2)) :hunks)))))
    (aid-project-key "u")
    (should (equal (aid-project-text "a.txt") (aid-project-lines 1 60)))
    (should-not (with-current-buffer chat (string-search "mine" (buffer-string))))))

(ert-deftest aid-review-edit-that-does-not-fit ()
  "What was edited stays to be edited while it does not fit; C-c C-k leaves it."
  (aid-review-tests-with '(10)
    (let ((err (should-error (aid-review-tests-edit "-line 10" "-no such line") :type 'user-error)))
      (should (string-search "does not fit" (cadr err))))
    (should (equal (buffer-name (window-buffer)) "*aid-hunk*"))
    (aid-project-key "C-c C-k")
    (should aid-review--this)
    (should (equal (aid-project-text "a.txt") (aid-project-lines 1 60)))
    (should-not (aid-project-states chat))))

(ert-deftest aid-review-edits-in-two-blocks ()
  "Edits in several blocks have names of their own and survive a fence in the text."
  (aid-project-with '(("a.md" . "a\n```\nb\n```\n") ("b.txt" . "a\nb\n"))
    (let ((chat (aid-project-review
                 (concat "````diff\n--- a/a.md\n+++ b/a.md\n@@ -1,3 +1,3 @@\n-a\n+A\n ```\n b\n````\n\n"
                         (aid-project-diff "--- a/b.txt" "+++ b/b.txt" "@@ -1,2 +1,2 @@" "-a" "+A" " b")))))
      (aid-review-tests-edit "+A" "+mine")
      (aid-review-tests-edit "+A" "+yours")
      (should (equal (aid-project-text "a.md") "mine\n```\nb\n```\n"))
      (with-current-buffer chat
        (should (equal (mapcar (lambda (d) (plist-get d :edit))
                               (plist-get (aid--mod-doc-parse (aid-chat-doc)) :decisions))
                       '("e1" "e2"))))
      (aid-project-key "q")
      (aid-project-kill-all)
      (with-current-buffer (aid-chat-for aid-project-root-folder)
        (aid-undo-answer))
      (should (equal (aid-project-disk "a.md") "a\n```\nb\n```\n"))
      (should (equal (aid-project-disk "b.txt") "a\nb\n")))))

;;; Taking back

(ert-deftest aid-review-takes-back ()
  "u takes back the last decision, U all of them."
  (aid-review-tests-with '(10 20 30)
    (aid-project-key "y")
    (aid-project-key "k")
    (aid-project-key "y")
    (should (equal (aid-project-text "a.txt") (aid-review-tests-changed 10 30)))
    (aid-project-key "C-/")
    (should (equal (aid-project-text "a.txt") (aid-review-tests-changed 10)))
    (should (equal (aid-project-states chat) '(accepted rejected)))
    (aid-project-key "y")
    (aid-project-key "U")
    (should (equal (aid-project-text "a.txt") (aid-project-lines 1 60)))
    (should-not (aid-project-states chat))
    (should-error (aid-project-key "u") :type 'user-error)))

(ert-deftest aid-review-takes-back-adjacent-hunks ()
  "Hunks that touch each other are taken back in any order."
  (aid-project-with '(("a.txt" . "a\nb\nc\n"))
    (let ((chat (aid-project-review
                 (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,1 +1,1 @@" "-a" "+A"
                                   "@@ -2,1 +2,1 @@" "-b" "+B" "@@ -3,1 +3,1 @@" "-c" "+C"))))
      (aid-project-key "n")
      (aid-project-key "n")
      (aid-project-key "y")
      (aid-project-key "y")
      (aid-project-key "y")
      (should (equal (aid-project-text "a.txt") "A\nB\nC\n"))
      (should (equal (aid-project-states chat) '(accepted accepted accepted)))
      (aid-project-key "u")
      (aid-project-key "u")
      (should (equal (aid-project-text "a.txt") "a\nb\nC\n"))
      (aid-project-key "u")
      (should (equal (aid-project-text "a.txt") "a\nb\nc\n")))))

(provide 'aid-review-tests)
;;; aid-review-tests.el ends here
