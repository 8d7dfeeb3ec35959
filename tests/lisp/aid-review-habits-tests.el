;;; aid-review-habits-tests.el --- Tests of what people do to a review  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A review is a buffer that people kill, and leave in the middle of things;
;; the source beside it may be narrowed.

;;; Code:

(require 'aid-project-help)

(defmacro aid-review-habits-tests-with (&rest body)
  "Review in a project an answer that changes two lines of a.txt; run BODY."
  `(aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
     (let ((chat (aid-project-review
                  (apply #'aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                         (mapcar (lambda (n) (format "@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+changed %d\n line %d"
                                                     (1- n) (1- n) (1- n) n n (1+ n)))
                                 '(10 30))))))
       (ignore chat)
       ,@body)))

(defun aid-review-habits-tests--shown ()
  "How many overlays the source has."
  (with-current-buffer (aid-project-buffer "a.txt")
    (length (overlays-in (point-min) (point-max)))))

(ert-deftest aid-review-killed ()
  "When a review is killed, the change that it showed is no longer shown."
  (aid-review-habits-tests-with
   (should (> (aid-review-habits-tests--shown) 0))
   (kill-buffer)
   (should (= (aid-review-habits-tests--shown) 0))))

(ert-deftest aid-review-of-what-still-arrives ()
  "A review that begins before its answer has ended says so; one that begins after that has all of it."
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 60)))
    (let* ((chat (aid-project-chat))
           (hunk (lambda (n) (format "@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+changed %d\n line %d\n"
                                     (1- n) (1- n) (1- n) n n (1+ n))))
           (id (with-current-buffer chat
                 (aid-project-begin-answer
                  chat (concat "```diff\n--- a/a.txt\n+++ b/a.txt\n" (funcall hunk 10))))))
      (should (string-match-p "still arrives; when it has ended, C-c C-a there"
                              (aid-project-said (with-current-buffer chat (aid-review)))))
      (aid-project-key "q")
      (aid--dispatch (list id 'text (concat (funcall hunk 30) "```\n") 0 []))
      (aid-project-end-answer chat id)
      (should-not (string-match-p "arrives" (aid-project-said (with-current-buffer chat (aid-review)))))
      (should (= 2 (length (with-current-buffer (window-buffer) (aid-review-hunks aid-review--this))))))))

(ert-deftest aid-review-accepts-what-was-shown ()
  "When the file was changed since a hunk was shown, what would be adjusted is shown first."
  (aid-project-with '(("a.c" . "line 1\nline 2\nthe third line of the file\nline 4\n"))
    (aid-project-review (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -2,3 +2,3 @@" " line 2"
                                          "-the third line of the file" "+changed" " line 4"))
    (with-current-buffer (aid-project-buffer "a.c")
      (goto-char (point-min))
      (search-forward "of the file")
      (insert ", typed"))
    (should-error (aid-project-key "y") :type 'user-error)
    (should (string-search ", typed\n" (aid-project-text "a.c")))
    (should (string-search "1 line differs" (aid-hunk-words (aid-review-hunk-at))))
    (with-current-buffer (aid-project-buffer "a.c")
      (goto-char (point-min))
      (insert "line 0\n"))
    (aid-project-key "y")               ; elsewhere, and no worse than it was shown
    (should (equal (aid-project-text "a.c") "line 0\nline 1\nline 2\nchanged\nline 4\n"))))

(ert-deftest aid-review-visits-in-narrowed-source ()
  "RET goes to the hunk's place also when it does not lie in what is seen of the file."
  (aid-review-habits-tests-with
   (with-current-buffer (aid-project-buffer "a.txt")
     (narrow-to-region 1 8))
   (aid-project-key "RET")
   (should (eq (current-buffer) (aid-project-buffer "a.txt")))
   (should (looking-at "line \\(?:9\\|10\\)$"))))

(ert-deftest aid-review-keys-that-would-patch ()
  "What of `diff-mode' applies patches in its own way is not to be had."
  (aid-review-habits-tests-with
   (dolist (key '("A" "C-c C-e"))
     (should (eq (key-binding (kbd key)) 'aid-review-ediff)))
   (should (eq (key-binding (kbd "C-c C-a")) 'aid-review-accept))))

(ert-deftest aid-review-edits-of-two-hunks ()
  "While one hunk is edited another can be; what was typed stays until it is finished."
  (aid-review-habits-tests-with
   (let ((review (current-buffer)))
     (aid-project-key "e")
     (search-forward "+changed 10")
     (insert " and more")
     (select-window (get-buffer-window review))
     (aid-project-key "n")
     (aid-project-key "e")
     (search-forward "+changed 30")
     (select-window (get-buffer-window review))
     (aid-project-key "p")
     (aid-project-key "e")
     (goto-char (point-min))
     (should (search-forward "+changed 10 and more" nil t))
     (aid-project-key "C-c C-c")
     (should (string-search "changed 10 and more\n" (aid-project-text "a.txt"))))))

(ert-deftest aid-review-edit-starts-at-the-change ()
  "A hunk that is edited starts on its first new line, else on its first old one."
  (aid-review-habits-tests-with
   (aid-project-key "e")
   (should (looking-at-p "\\+changed 10"))
   (aid-project-key "C-c C-k"))
  (aid-project-with (list (cons "a.txt" (aid-project-lines 1 3)))
    (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,2 +1,1 @@" " line 1" "-line 2"))
    (aid-project-key "e")
    (should (looking-at-p "-line 2"))
    (aid-project-key "C-c C-k")))

(ert-deftest aid-review-edit-is-undone-to-the-hunk ()
  "Undoing in a hunk that is edited ends with the hunk, not with nothing."
  (aid-review-habits-tests-with
   (aid-project-key "e")
   (let ((before (buffer-string)))
     (should-error (aid-project-undo) :type 'user-error)
     (insert "x")
     (aid-project-undo)
     (should (equal (substring-no-properties before) (substring-no-properties (buffer-string)))))
   (aid-project-key "C-c C-k")))

(ert-deftest aid-review-edit-of-a-review-begun-anew ()
  "A hunk whose review was begun anew while it was edited is decided in that one."
  (aid-review-habits-tests-with
   (aid-project-key "e")
   (let ((edit (current-buffer)))
     (with-current-buffer chat (aid-review))
     (select-window (display-buffer edit))
     (set-buffer edit)
     (search-forward "+changed 10")
     (insert "!")
     (aid-project-key "C-c C-c")
     (should (equal (aid-project-states chat) '(edited))))))

(ert-deftest aid-review-edit-of-a-decided-hunk ()
  "A hunk that was decided while it was edited is not applied twice."
  (aid-review-habits-tests-with
   (let ((review (current-buffer)))
     (aid-project-key "e")
     (let ((edit (current-buffer)))
       (select-window (get-buffer-window review))
       (aid-project-key "k")
       (select-window (display-buffer edit))
       (should-error (aid-project-key "C-c C-c") :type 'user-error)
       (should (equal (aid-project-states chat) '(rejected)))
       (should (equal (aid-project-text "a.txt") (aid-project-lines 1 60)))))))

(provide 'aid-review-habits-tests)
;;; aid-review-habits-tests.el ends here
