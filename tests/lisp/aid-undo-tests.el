;;; aid-undo-tests.el --- Tests of taking answers back, and of what reviews show  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-undo-answer' over files, restarts and edits; decisions in the chat's
;; file; the line under a patch; what a review looks like and its keys.

;;; Code:

(require 'aid-project-help)
(require 'aid-status)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

(defconst aid-undo-tests-files
  '(("a.txt" . "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n") ("b.txt" . "b1\nb2\nb3\n")
    ("gone.txt" . "g1\ng2\n") ("x.txt" . "x1\nx2\n") ("moved.txt" . "m\n")))

(defconst aid-undo-tests-answer
  (concat "First\n\n"
          (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,3 +1,4 @@" " one" "-two" "+zwei" "+2" " three"
                            "@@ -6,3 +7,2 @@" " six" "-seven" " eight"
                            "--- a/b.txt" "+++ b/b.txt" "@@ -1,3 +1,3 @@" " b1" "-b2" "+B2" " b3")
          "\nthen\n\n"
          (aid-project-diff "--- /dev/null" "+++ b/sub/new.txt" "@@ -0,0 +1 @@" "+new"
                            "--- a/gone.txt" "+++ /dev/null" "@@ -1,2 +0,0 @@" "-g1" "-g2"
                            "diff --git a/x.txt b/y.txt" "rename from x.txt" "rename to y.txt"
                            "--- a/x.txt" "+++ b/y.txt" "@@ -1,2 +1,2 @@" "-x1" "+X1" " x2"
                            "diff --git a/moved.txt b/dir/renamed.txt" "rename from moved.txt"
                            "rename to dir/renamed.txt"))
  "An answer that does everything that a patch can do.")

(defun aid-undo-tests-tree ()
  "All files of the project on disk, with their texts."
  (sort (mapcar (lambda (file)
                  (let ((name (file-relative-name file aid-project-root-folder)))
                    (cons name (aid-project-disk name))))
                (directory-files-recursively aid-project-root-folder ""))
        (lambda (a b) (string< (car a) (car b)))))

(defconst aid-undo-tests-after
  '(("a.txt" . "one\nzwei\n2\nthree\nfour\nfive\nsix\neight\n") ("b.txt" . "b1\nB2\nb3\n") ("dir/renamed.txt" . "m\n")
    ("sub/new.txt" . "new\n") ("y.txt" . "X1\nx2\n"))
  "The project after the answer was accepted.")

(defun aid-undo-tests-before ()
  "The project before the answer."
  (sort (copy-sequence aid-undo-tests-files) (lambda (a b) (string< (car a) (car b)))))

(defun aid-undo-tests-accept ()
  "Accept all of the answer in a new chat, and leave; give the chat."
  (let ((chat (aid-project-review aid-undo-tests-answer)))
    (aid-project-key "!")
    (aid-project-key "q")
    (should (equal (aid-undo-tests-tree) aid-undo-tests-after))
    (should (equal (aid-project-states chat) (make-list 7 'accepted)))
    chat))

(defun aid-undo-tests-saved-p ()
  "Whether no file of the project has unsaved changes."
  (not (seq-some (lambda (b) (and (buffer-file-name b) (buffer-modified-p b)
                                  (string-prefix-p aid-project-root-folder (buffer-file-name b))))
                 (buffer-list))))

(defun aid-undo-tests-reopen ()
  "Kill all buffers, as if Emacs was started anew, and give the chat."
  (aid-project-kill-all)
  (aid-chat-for aid-project-root-folder))

(defun aid-undo-tests-kill-files ()
  "Kill the buffers of the project's files."
  (dolist (buffer (buffer-list))
    (when (and (buffer-file-name buffer)
               (string-prefix-p aid-project-root-folder (buffer-file-name buffer)))
      (kill-buffer buffer))))

;;; Taking back

(ert-deftest aid-undo-answer-by-markers ()
  "All that an answer did to all files is taken back, and saved."
  (aid-project-with aid-undo-tests-files
    (with-current-buffer (aid-undo-tests-accept)
      (should (string-search "Took back 7 hunks" (aid-project-said (aid-undo-answer))))
      (should-not (aid-project-states (current-buffer)))
      (should-error (aid-undo-answer) :type 'user-error))
    (should (equal (aid-undo-tests-tree) (aid-undo-tests-before)))
    (should (aid-undo-tests-saved-p))
    (should-not (file-exists-p (aid-project-file "sub")))))

(ert-deftest aid-undo-answer-closed-buffers ()
  "It works when the files' buffers were closed."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-undo-tests-accept)))
      (aid-undo-tests-kill-files)
      (with-current-buffer chat (aid-undo-answer))
      (should (equal (aid-undo-tests-tree) (aid-undo-tests-before)))
      (should (aid-undo-tests-saved-p)))))

(ert-deftest aid-undo-answer-after-a-restart ()
  "It works after a restart, from what the chat's file says."
  (aid-project-with aid-undo-tests-files
    (aid-undo-tests-accept)
    (let ((chat (aid-undo-tests-reopen)))
      (should (equal (aid-project-states chat) (make-list 7 'accepted)))
      (with-current-buffer chat (aid-undo-answer))
      (should (equal (aid-undo-tests-tree) (aid-undo-tests-before)))
      (should (aid-undo-tests-saved-p))
      (should-not (aid-project-states (aid-undo-tests-reopen))))))

(ert-deftest aid-undo-answer-leaves-edited-places ()
  "What was edited since is left alone and listed; the rest is taken back."
  (dolist (restart '(nil t))
    (aid-project-with aid-undo-tests-files
      (let ((chat (aid-undo-tests-accept)))
        (with-current-buffer (aid-project-buffer "a.txt")
          (goto-char (point-min))
          (insert "zero\n")
          (search-forward "zwei")
          (insert "!")
          (save-buffer))
        (with-current-buffer (aid-project-buffer "sub/new.txt")
          (goto-char (point-max))
          (insert "more\n")
          (save-buffer))
        (when restart
          (setq chat (aid-undo-tests-reopen)))
        (with-current-buffer chat
          (let ((said (aid-project-said (aid-undo-answer))))
            (should (string-search "5 of 7 taken back" said))
            (should (string-search "a.txt" said))
            (should (string-search "new.txt" said))))
        (should (equal (aid-undo-tests-tree)
                       (sort `(("a.txt" . "zero\none\nzwei!\n2\nthree\nfour\nfive\nsix\nseven\neight\n")
                               ("sub/new.txt" . "new\nmore\n")
                               ,@(copy-sequence (cdr aid-undo-tests-files)))
                             (lambda (a b) (string< (car a) (car b))))))
        (should (equal (sort (mapcar #'symbol-name (aid-project-states chat)) #'string<)
                       '("accepted" "accepted")))))))

(ert-deftest aid-undo-answer-what-was-undone-by-hand ()
  "What the person has undone already is no place that was edited."
  (aid-project-with '(("a.txt" . "one\ntwo\nthree\nfour\n"))
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,3 +1,3 @@"
                                                      " one" "-two" "+zwei" " three"))))
      (with-current-buffer (aid-project-buffer "a.txt") (buffer-enable-undo))
      (aid-project-key "y")
      (with-current-buffer (aid-project-buffer "a.txt")
        (aid-project-undo)
        (should (equal (buffer-string) "one\ntwo\nthree\nfour\n")))
      (with-current-buffer chat
        (should (string-search "Took back 1 hunk" (aid-project-said (aid-undo-answer)))))
      (should (equal (aid-project-text "a.txt") "one\ntwo\nthree\nfour\n")))))

(ert-deftest aid-undo-answer-keeps-other-unsaved-text ()
  "Unsaved text of the person stays, unsaved unless the person agrees."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-undo-tests-accept)) asked)
      (with-current-buffer (aid-project-buffer "b.txt")
        (goto-char (point-min))
        (insert "mine\n"))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (prompt) (push prompt asked) nil)))
        (with-current-buffer chat (aid-undo-answer)))
      (should (= 1 (length asked)))
      (should (string-search "b.txt" (car asked)))
      (should (equal (aid-project-text "b.txt") "mine\nb1\nb2\nb3\n"))
      (should (equal (aid-project-disk "b.txt") "b1\nB2\nb3\n")))))

(ert-deftest aid-undo-answer-saves-as-told ()
  "With `aid-save-after-review' nil nothing is saved."
  (aid-project-with '(("a.txt" . "one\ntwo\n"))
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,2 +1,2 @@"
                                                      " one" "-two" "+2"))))
      (aid-project-key "y")
      (aid-project-key "q")
      (let ((aid-save-after-review nil))
        (with-current-buffer chat (aid-undo-answer)))
      (should (equal (aid-project-disk "a.txt") "one\n2\n"))
      (should (equal (aid-project-text "a.txt") "one\ntwo\n")))))

(ert-deftest aid-undo-answer-shows-in-the-review ()
  "A review that is open shows that its hunks are undecided again."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-project-review aid-undo-tests-answer)))
      (aid-project-key "!")
      (aid-undo-answer)
      (should (aid-review-undecided-p (aref (aid-review-hunks aid-review--this) 0)))
      (should-error (aid-project-key "u") :type 'user-error)
      (aid-project-key "!")
      (aid-project-key "q")
      (should (equal (aid-undo-tests-tree) aid-undo-tests-after))
      (should (equal (aid-project-states chat) (make-list 7 'accepted))))))

;;; Decisions in the file

(ert-deftest aid-decisions-survive ()
  "Decisions are in the chat's file, by its grammar, and come back from it."
  (aid-project-with aid-undo-tests-files
    (aid-project-review aid-undo-tests-answer)
    (aid-project-key "y")
    (aid-project-key "k")
    (aid-project-key "n")
    (aid-project-key "q")
    (let ((chat (aid-undo-tests-reopen)))
      (should (equal (aid-project-states chat) '(accepted rejected skipped)))
      (with-current-buffer chat
        (let ((parsed (aid--mod-doc-parse (aid-chat-doc))))
          (should-not (plist-get parsed :problems))
          (should (equal (mapcar (lambda (d) (plist-get d :state)) (plist-get parsed :decisions))
                         '("accepted" "rejected" "skipped")))
          (should-not (plist-get (nth 1 (plist-get parsed :turns)) :edited)))
        (aid-review))
      (set-buffer (window-buffer))
      (should (equal (mapcar #'aid-hunk-state (aid-review-hunks aid-review--this))
                     '(accepted rejected skipped nil nil nil nil)))
      ;; The first that waits is the skipped one; what was decided before is taken back, too.
      (should (eq (aid-hunk-state (aid-review-hunk-at)) 'skipped))
      (aid-project-key "U")
      (should-not (aid-project-states chat))
      (should (equal (aid-project-text "a.txt") (cdr (assoc "a.txt" aid-undo-tests-files)))))))

(ert-deftest aid-decisions-stay-with-their-hunks ()
  "A hunk that is edited in the chat loses its decision; the others keep theirs."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-project-review aid-undo-tests-answer)))
      (aid-project-key "k")
      (aid-project-key "k")
      (with-current-buffer chat
        (goto-char (point-min))
        (search-forward "+zwei")
        (insert "!")
        (aid-review 2))
      (set-buffer (window-buffer))
      (should (equal (mapcar #'aid-hunk-state (aid-review-hunks aid-review--this))
                     '(nil rejected nil nil nil nil nil))))))

(ert-deftest aid-decisions-when-the-chat-was-closed ()
  "A decision is written into the chat's file when the chat's buffer was closed."
  (aid-project-with aid-undo-tests-files
    (kill-buffer (aid-project-review aid-undo-tests-answer))
    (aid-project-key "k")
    (should (equal (aid-project-states (aid-review-chat aid-review--this)) '(rejected)))))

;;; The line under a patch

(defun aid-undo-tests-status (chat)
  "What the lines under the patches in CHAT say, once the core has looked."
  (with-current-buffer chat
    (let (lines)
      (aid-tests-wait (lambda ()
                        (save-excursion
                          (goto-char (point-min))
                          (setq lines nil)
                          (while (re-search-forward (concat "^" (aid-decisions--marker-regexp)) nil t)
                            (when (equal (match-string 1) "hunks")
                              (push (string-trim (substring-no-properties
                                                  (aid-status-words (match-beginning 0))))
                                    lines)))
                          (not (seq-some (lambda (line) (string-prefix-p "a patch" line)) lines)))))
      (nreverse lines))))

(ert-deftest aid-status-says-how-it-fits ()
  "The line says in how many files and hunks a patch applies, also in a chat opened anew."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-project-chat)))
      (aid-project-answer chat aid-undo-tests-answer)
      (should (equal (aid-undo-tests-status chat)
                     '("2 files, 3 hunks: 3 fit [review]" "4 files, 4 hunks: 4 fit [review]")))
      (with-current-buffer chat (aid-review))
      (aid-project-key "y")
      (aid-project-key "k")
      (aid-project-key "q")
      (should (equal (car (aid-undo-tests-status chat))
                     (format "2 files, 3 hunks: 2 fit, 1 applied already [review]   %s 1 accepted  %s 1 rejected"
                             (aid-hunk--char "✓" "+") (aid-hunk--char "✗" "x"))))
      (setq chat (aid-undo-tests-reopen))
      (should (string-prefix-p "2 files, 3 hunks: 2 fit, 1 applied already [review]"
                               (car (aid-undo-tests-status chat)))))))

(ert-deftest aid-status-says-why-not ()
  "The line says why a patch does not apply."
  (aid-project-with '(("a.txt" . "one\n"))
    (let ((chat (aid-project-chat)))
      (aid-project-answer chat (concat (aid-project-diff "--- a/none.txt" "+++ b/none.txt" "@@ -1,1 +1,1 @@"
                                                         "-a" "+b")
                                       "\n"
                                       (aid-project-diff "--- a/../x" "+++ b/../x" "@@ -1,1 +1,1 @@" "-a" "+b")))
      (let ((lines (aid-undo-tests-status chat)))
        (should (string-match-p "\\`1 file, 1 hunk: 1 refused (.*none.txt does not exist.*) \\[review\\]\\'"
                                (car lines)))
        (should (string-search "leads out of the project" (nth 1 lines)))))))

(ert-deftest aid-status-counts-an-edited-hunk-as-decided ()
  "What was applied as edited, or rejected, is not said to be refused."
  (aid-project-with '(("a.txt" . "one\ntwo\n"))
    (let ((chat (aid-project-review (concat (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,2 +1,2 @@"
                                                              " one" "-two" "+three")
                                            (aid-project-diff "--- a/none.txt" "+++ b/none.txt"
                                                              "@@ -1,1 +1,1 @@" "-a" "+b")))))
      (aid-project-key "e")
      (search-forward "+three")
      (insert " and more")
      (aid-project-key "C-c C-c")
      (aid-project-key "k")
      (aid-project-key "q")
      (should (equal (aid-project-disk "a.txt") "one\nthree and more\n"))
      (should (equal (aid-undo-tests-status chat)
                     (list (format "1 file, 1 hunk [review]   %s 1 edited" (aid-hunk--char "✎" "e"))
                           (format "1 file, 1 hunk [review]   %s 1 rejected" (aid-hunk--char "✗" "x"))))))))

(ert-deftest aid-status-line-opens-the-review ()
  "RET on the line begins the review."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-project-chat)))
      (aid-project-answer chat aid-undo-tests-answer)
      (aid-undo-tests-status chat)
      (switch-to-buffer chat)
      (goto-char (point-min))
      (re-search-forward (concat "^" (aid-decisions--marker-regexp)))
      (goto-char (match-beginning 0))
      (aid-chat-fontify (point-min) (point-max))
      (should (eq (lookup-key (get-text-property (point) 'keymap) (kbd "RET")) #'aid-status-review))
      (aid-status-review)
      (should (buffer-local-value 'aid-review--this (window-buffer))))))

;;; The review's buffer

(ert-deftest aid-review-is-a-valid-diff ()
  "The review's text is a diff that Git applies, to just what accepting makes."
  (aid-project-with aid-undo-tests-files
    (aid-project-run "git" "init" "-q")
    (aid-project-review (concat (string-replace "@@ -6,3 +7,2 @@" "@@ -106,3 +107,2 @@" aid-undo-tests-answer)
                                "\nb.txt\n```\n<<<<<<< SEARCH\nb3\n=======\nB3\n>>>>>>> REPLACE\n```\n"))
    (let ((diff (expand-file-name "review.diff" aid-project-home)))
      (write-region (buffer-substring-no-properties (point-min) (point-max)) nil diff nil 'quiet)
      (should (derived-mode-p 'diff-mode))
      (aid-project-run "git" "apply" "--check" diff)
      (aid-project-run "git" "apply" diff)
      (delete-directory (aid-project-file ".git") t)
      (should (equal (aid-undo-tests-tree)
                     (mapcar (lambda (f) (if (equal (car f) "b.txt") '("b.txt" . "b1\nB2\nB3\n") f))
                             aid-undo-tests-after))))))

(ert-deftest aid-review-keys ()
  "The keys of a review, those of diff-mode that it keeps, and those it replaces."
  (aid-project-with aid-undo-tests-files
    (aid-project-review aid-undo-tests-answer)
    (pcase-dolist (`(,key . ,command)
                   '(("y" . aid-review-accept) ("e" . aid-review-edit) ("n" . aid-review-next)
                     ("p" . aid-review-previous) ("k" . aid-review-reject) ("K" . aid-review-reject-file)
                     ("u" . aid-review-take-back) ("U" . aid-review-take-back-all)
                     ("!" . aid-review-accept-rest) ("g" . aid-review-refresh)
                     ("1" . aid-review-choose) ("9" . aid-review-choose) ("q" . aid-review-quit)
                     ("?" . describe-mode) ("RET" . aid-review-visit) ("o" . aid-review-visit)
                     ("C-c C-a" . aid-review-accept) ("M-k" . aid-review-reject)
                     ("M-K" . aid-review-reject-file) ("C-c C-c" . aid-review-visit)
                     ("C-/" . aid-review-take-back) ("C-x u" . aid-review-take-back)
                     ("TAB" . diff-hunk-next) ("M-n" . diff-hunk-next)))
      (should (equal (cons key (key-binding (kbd key))) (cons key command))))
    (should-not (memq (key-binding "t") '(aid-review-retry self-insert-command)))))

(ert-deftest aid-review-restores-windows ()
  "q restores the windows, and point in each, as they were."
  (aid-project-with aid-undo-tests-files
    (let ((chat (aid-project-chat)) (file (aid-project-buffer "a.txt")))
      (aid-project-answer chat aid-undo-tests-answer)
      (delete-other-windows)
      (switch-to-buffer file)
      (goto-char 5)
      (select-window (split-window-right))
      (switch-to-buffer chat)
      (let ((before (mapcar (lambda (w) (list w (window-buffer w) (window-edges w)))
                            (window-list nil nil (frame-first-window)))))
        (aid-review)
        (set-buffer (window-buffer))
        (should aid-review--this)
        (should (get-buffer-window file))
        (aid-project-key "n")
        (aid-project-key "n")
        (aid-project-key "q")
        (should (equal before (mapcar (lambda (w) (list w (window-buffer w) (window-edges w)))
                                      (window-list nil nil (frame-first-window)))))
        (should (= 5 (window-point (get-buffer-window file))))
        (aid-review-resume)
        (set-buffer (window-buffer))
        (should aid-review--this)
        (aid-project-key "q")
        (should (eq (window-buffer) chat))))))

(ert-deftest aid-review-shows-the-place ()
  "The source is shown at the hunk's place, with the change over it, until it is made."
  (aid-project-with aid-undo-tests-files
    (aid-project-review aid-undo-tests-answer)
    (let* ((file (aid-project-buffer "a.txt")) (window (get-buffer-window file)))
      (should window)
      (with-current-buffer file
        (goto-char (window-point window))
        (should (looking-at "one"))
        (let ((shown (seq-filter (lambda (o) (overlay-get o 'after-string)) (overlays-in 1 (point-max)))))
          (should (= 1 (length shown)))
          (should (equal (buffer-substring (overlay-start (car shown)) (overlay-end (car shown))) "two\n"))
          (should (equal (substring-no-properties (overlay-get (car shown) 'after-string)) "+ zwei\n+ 2\n"))))
      (aid-project-key "!")
      (should-not (with-current-buffer file (overlays-in 1 (point-max)))))))

(ert-deftest aid-review-next-error-walks ()
  "`next-error' walks the hunks from anywhere and goes to their places."
  (aid-project-with aid-undo-tests-files
    (aid-project-review aid-undo-tests-answer)
    (let ((review (current-buffer)))
      (aid-project-key "RET")
      (should (equal (buffer-name (window-buffer)) "a.txt"))
      (next-error)
      (should (equal (buffer-name (window-buffer)) "a.txt"))
      (should (= 1 (aid-hunk-index (with-current-buffer review (aid-review-hunk-at)))))
      (next-error)
      (should (equal (buffer-name (window-buffer)) "b.txt"))
      (with-current-buffer review
        (should-not (seq-some #'aid-hunk-state (aid-review-hunks aid-review--this)))))))

(ert-deftest aid-review-as-conflicts ()
  "The open hunks of a file become conflicts, in one undo step."
  (aid-project-with aid-undo-tests-files
    (aid-project-review aid-undo-tests-answer)
    (aid-project-key "k")
    (with-current-buffer (aid-project-buffer "a.txt") (buffer-enable-undo))
    (aid-project-key "C-c C-m")
    (should (bound-and-true-p smerge-mode))
    (should (equal (buffer-string) (concat "one\ntwo\nthree\nfour\nfive\nsix\n<<<<<<< file\nseven\n=======\n"
                                           ">>>>>>> answer\neight\n")))
    (aid-project-undo)
    (should (equal (buffer-string) (cdr (assoc "a.txt" aid-undo-tests-files))))))

(ert-deftest aid-review-with-ediff ()
  "Ediff gets the file and what the open hunks make of it."
  (aid-project-with aid-undo-tests-files
    (aid-project-review aid-undo-tests-answer)
    (let (given)
      (cl-letf (((symbol-function 'ediff-buffers)
                 (lambda (a b &rest _) (setq given (mapcar #'aid-apply-text (list a b))))))
        (aid-project-key "C-c C-e"))
      (should (equal given (list (cdr (assoc "a.txt" aid-undo-tests-files))
                                 (cdr (assoc "a.txt" aid-undo-tests-after))))))))

(provide 'aid-undo-tests)
;;; aid-undo-tests.el ends here
