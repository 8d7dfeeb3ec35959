;;; aid-retry-tests.el --- Tests of asking again about refused hunks  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What was refused is told to the model; what it answers joins the review, and
;; is decided and taken back there.  Places are chosen by digits.

;;; Code:

(require 'aid-project-help)
(require 'aid-retry)

(defconst aid-retry-tests-file "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n")

(defun aid-retry-tests-answer ()
  "An answer with a hunk that fits, and one with a line that the file lacks."
  (aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                    "@@ -1,2 +1,2 @@" "-one" "+1" " two"
                    "@@ -5,3 +5,3 @@" " five" "-the sixth of them" "+6" " seven"))

(defun aid-retry-tests-correction ()
  "The corrected second hunk of that answer."
  (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -5,3 +5,3 @@" " five" "-six" "+6" " seven"))

(defmacro aid-retry-tests-asking (chat answer &rest body)
  "Run BODY, that asks in CHAT, and have ANSWER come.  Give the question."
  (declare (indent 2))
  `(let ((id (cl-incf aid-project--id)))
     (cl-letf (((symbol-function 'aid--mod-ask) (lambda (_) id))
               ((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model"))))
       ,@body)
     (aid--dispatch (list id 'text ,answer 0 []))
     (aid--dispatch (list id 'done (list :state "done" :meta "model=m req=r2 state=done")))
     (with-current-buffer ,chat
       (let* ((turn (aid-chat-turn-at (car (aid-chat-answer-body (car (last (aid-chat-answers)))))))
              (question (save-excursion
                          (goto-char (plist-get turn :beg))
                          (aid-chat--turn-back))))
         (buffer-substring-no-properties (plist-get question :body) (plist-get turn :beg))))))

(defmacro aid-retry-tests-with (&rest body)
  "Review the answer with one refused hunk in `chat', accept the other; run BODY."
  (declare (indent 0))
  `(aid-project-with (list (cons "a.txt" aid-retry-tests-file))
     (let ((chat (aid-project-review (aid-retry-tests-answer))))
       (aid-project-key "y")
       ,@body)))

(defun aid-retry-tests-words ()
  "The words of all hunks of this review."
  (mapcar #'aid-hunk-words (aid-review-hunks aid-review--this)))

;;; The question

(ert-deftest aid-retry-tells-what-was-refused ()
  "The model gets the refused hunk, why, and what the file has; no other hunk."
  (aid-retry-tests-with
    (let ((question (aid-retry-tests-asking chat (aid-retry-tests-correction)
                      (aid-project-key "t"))))
      (should (string-search "corrected hunks\nonly, as one unified diff" question))
      (should (string-search "Hunk 2, in a.txt, was refused: line 2 \"the sixth of them\" is not in" question))
      (should (string-search "\n-the sixth of them\n+6\n" question))
      (should (string-search "+     6 | six\n" question))
      (should-not (string-search "Hunk 1" question)))))

(ert-deftest aid-retry-reports-unsaved-text ()
  "What the file has is what its buffer has."
  (aid-retry-tests-with
    (with-current-buffer (aid-project-buffer "a.txt")
      (goto-char (point-min))
      (search-forward "six")
      (insert "teen"))
    (should (string-search "+     6 | sixteen\n"
                           (aid-retry-tests-asking chat "No." (aid-project-key "t"))))))

(ert-deftest aid-retry-with-nothing-refused ()
  "When nothing is refused, nothing is asked."
  (aid-project-with (list (cons "a.txt" aid-retry-tests-file))
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -1,1 +1,1 @@"
                                                      "-one" "+1"))))
      (let ((err (should-error (aid-project-key "t") :type 'user-error)))
        (should (string-search "No hunk is refused" (cadr err))))
      (with-current-buffer chat
        (should (equal (aid-chat-answers) '(2)))))))

(ert-deftest aid-retry-leaves-a-rejected-hunk-out ()
  "A refused hunk that was rejected is not asked about."
  (aid-retry-tests-with
    (aid-project-key "k")
    (should-error (aid-project-key "t") :type 'user-error)))

(ert-deftest aid-retry-keeps-what-is-being-written ()
  "A question that somebody writes is not sent along, and is still there."
  (aid-retry-tests-with
    (with-current-buffer chat
      (goto-char (point-max))
      (insert "half a thou"))
    (should-not (string-search "half a thou"
                               (aid-retry-tests-asking chat (aid-retry-tests-correction)
                                 (aid-project-key "t"))))
    (with-current-buffer chat
      (should (string-suffix-p "half a thou" (buffer-string))))))

(ert-deftest aid-retry-that-cannot-be-sent ()
  "When nothing can be sent, the chat is as it was."
  (aid-retry-tests-with
    (let ((before (with-current-buffer chat
                    (goto-char (point-max))
                    (insert "half a thou")
                    (buffer-string))))
      (cl-letf (((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model")))
                ((symbol-function 'aid--mod-ask) (lambda (_) (user-error "No model"))))
        (should-error (aid-project-key "t") :type 'user-error))
      (should (equal (with-current-buffer chat (buffer-string)) before)))))

(ert-deftest aid-retry-does-not-forge-markers ()
  "A file that holds the chat's key forges nothing."
  (aid-retry-tests-with
    (let ((marker (with-current-buffer chat (concat "## x <!--aid:" (aid-chat-key) " 9 answer-->"))))
      (with-current-buffer (aid-project-buffer "a.txt")
        (goto-char (point-min))
        (search-forward "six")
        (insert marker)))
    (aid-retry-tests-asking chat "No." (aid-project-key "t"))
    (with-current-buffer chat
      (should (equal (aid-chat-answers) '(2 4))))))

;;; The answer

(ert-deftest aid-retry-joins-the-review ()
  "Corrected hunks join the review; what they replace is rejected; both undo."
  (aid-retry-tests-with
    (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
    (should (equal (aid-retry-tests-words)
                   '("accepted" "corrected by answer 4" "line 5, fits exactly")))
    (should (string-search "answers 2, 4 of" (aid-review--header)))
    (should (equal (aid-project-states chat 2) '(accepted rejected)))
    (should-not (aid-project-states chat 4))
    (aid-project-key "n")
    (aid-project-key "y")
    (should (equal (aid-project-states chat 4) '(accepted)))
    (should (equal (aid-project-states chat 2) '(accepted rejected)))
    (aid-project-key "q")
    (should (equal (aid-project-disk "a.txt") "1\ntwo\nthree\nfour\nfive\n6\nseven\neight\n"))
    (with-current-buffer chat
      (aid-undo-answer 4)
      (should (equal (aid-project-disk "a.txt") (concat "1" (substring aid-retry-tests-file 3))))
      (should (equal (aid-project-states chat 2) '(accepted rejected)))
      (aid-undo-answer 2)
      (should (equal (aid-project-disk "a.txt") aid-retry-tests-file)))))

(ert-deftest aid-retry-answers-are-taken-back-in-any-order ()
  "The first answer may be taken back before the one that corrects it."
  (aid-retry-tests-with
    (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
    (aid-project-key "n")
    (aid-project-key "y")
    (aid-project-key "q")
    (aid-project-kill-all)
    (with-current-buffer (aid-chat-for aid-project-root-folder)
      (aid-undo-answer 2)
      (should (equal (aid-project-disk "a.txt") "one\ntwo\nthree\nfour\nfive\n6\nseven\neight\n"))
      (aid-undo-answer 4)
      (should (equal (aid-project-disk "a.txt") aid-retry-tests-file)))))

(ert-deftest aid-retry-all-decisions-are-taken-back ()
  "U takes back the decisions on the hunks of both answers."
  (aid-retry-tests-with
    (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
    (aid-project-key "!")
    (aid-project-key "U")
    (should (equal (aid-project-text "a.txt") aid-retry-tests-file))
    (should-not (append (aid-project-states chat 2) (aid-project-states chat 4)))))

(ert-deftest aid-retry-reviews-both-after-a-restart ()
  "Which answer corrects which is in the chat."
  (aid-retry-tests-with
    (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
    (aid-project-key "q")
    (aid-project-kill-all)
    (dolist (turn '(2 4))
      (with-current-buffer (aid-chat-for aid-project-root-folder)
        (aid-review turn))
      (set-buffer (window-buffer))
      (should (equal (aid-review-turns aid-review--this) '(2 4)))
      (should (equal (mapcar #'aid-hunk-state (aid-review-hunks aid-review--this))
                     '(accepted rejected nil))))
    (aid-project-key "y")
    (should (equal (aid-project-text "a.txt") "1\ntwo\nthree\nfour\nfive\n6\nseven\neight\n"))))

(ert-deftest aid-retry-is-a-valid-diff ()
  "The review of both answers is a diff whose file headers stand before their hunks."
  (aid-retry-tests-with
    (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
    (should (equal (mapcar (lambda (h) (length (plist-get h :hunks)))
                           (plist-get (aid--mod-patch-read (concat "```diff\n" (buffer-string) "```\n"))
                                      :files))
                   '(2 1)))))

(ert-deftest aid-retry-keeps-point ()
  "An answer that comes moves nobody from the hunk that is looked at."
  (aid-retry-tests-with
    (let ((before (aid-hunk-index (aid-review-hunk-at))))
      (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
      (should (eq (window-buffer) (current-buffer)))
      (should (= before (aid-hunk-index (aid-review-hunk-at))))
      (should (= (point) (window-point))))))

(ert-deftest aid-retry-replaces-what-is-corrected ()
  "Of two refused hunks only the one that came again is replaced."
  (aid-project-with (list (cons "a.txt" aid-retry-tests-file) (cons "b.txt" "x\n"))
    (let ((chat (aid-project-review
                 (aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                                   "@@ -1,1 +1,1 @@" "-the first" "+1"
                                   "@@ -6,1 +6,1 @@" "-the sixth" "+6"
                                   "--- a/b.txt" "+++ b/b.txt"
                                   "@@ -1,1 +1,1 @@" "-the same" "+1"))))
      (aid-retry-tests-asking chat (aid-retry-tests-correction) (aid-project-key "t"))
      (should (equal (mapcar #'aid-hunk-state (aid-review-hunks aid-review--this))
                     '(nil rejected nil nil))))))

(ert-deftest aid-retry-again-and-again ()
  "An answer that is refused, too, is corrected by a third one."
  (aid-retry-tests-with
    (aid-retry-tests-asking chat (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ -6,1 +6,1 @@"
                                                   "-the 6th of them" "+6")
      (aid-project-key "t"))
    (should (string-search "\n-the 6th of them\n"
                           (aid-retry-tests-asking chat (aid-retry-tests-correction)
                             (aid-project-key "t"))))
    (should (equal (mapcar #'aid-hunk-state (aid-review-hunks aid-review--this))
                   '(accepted rejected rejected nil)))
    (should (equal (aid-review-turns aid-review--this) '(2 4 6)))))

(ert-deftest aid-retry-without-a-patch ()
  "An answer that holds no hunks changes nothing in the review."
  (aid-retry-tests-with
    (should (string-search "holds no corrected hunks"
                           (aid-project-said
                            (aid-retry-tests-asking chat "I can't." (aid-project-key "t")))))
    (should (equal (aid-review-turns aid-review--this) '(2)))
    (should (equal (aid-project-states chat 2) '(accepted)))))

(ert-deftest aid-retry-from-the-chat ()
  "In the chat it is about the last answer with a patch, though none is reviewed."
  (aid-project-with (list (cons "a.txt" aid-retry-tests-file))
    (let ((chat (aid-project-chat)))
      (aid-project-answer chat (aid-retry-tests-answer))
      (aid-retry-tests-asking chat (aid-retry-tests-correction)
        (with-current-buffer chat (aid-retry-refused)))
      (should (equal (aid-project-states chat 2) '(rejected)))
      (with-current-buffer chat (aid-review))
      (set-buffer (window-buffer))
      (should (equal (aid-review-turns aid-review--this) '(2 4))))))

(ert-deftest aid-retry-of-a-file-by-another-name ()
  "A file that the answer calls by its last name is placed, reported, applied and undone."
  (aid-project-with (list (cons "src/deep/a.txt" aid-retry-tests-file))
    (with-current-buffer (aid-project-buffer "src/deep/a.txt")
      (goto-char (point-min))
      (insert "zero\n"))
    (let ((chat (aid-project-review (aid-retry-tests-answer))))
      (aid-project-key "y")
      (should (string-prefix-p "zero\n1\ntwo\n" (aid-project-text "src/deep/a.txt")))
      (should (string-search "in src/deep/a.txt, was refused"
                             (aid-retry-tests-asking chat (aid-retry-tests-correction)
                               (aid-project-key "t"))))
      (aid-project-key "n")
      (aid-project-key "y")
      (should (string-suffix-p "five\n6\nseven\neight\n" (aid-project-text "src/deep/a.txt")))
      (aid-project-key "U")
      (should (equal (aid-project-text "src/deep/a.txt") (concat "zero\n" aid-retry-tests-file)))
      (should-not (file-exists-p (aid-project-file "a.txt"))))))

;;; Choosing a place

(defun aid-retry-tests-blocks (n)
  "N blocks with the same line."
  (mapconcat (lambda (i) (format "block %d\nx\nend %d\n" i i)) (number-sequence 1 n) ""))

(defun aid-retry-tests-shown ()
  "What is shown of changes that are not made, with the lines it stands at."
  (sort (delq nil (mapcar (lambda (o)
                            (and (overlay-buffer o)
                                 (with-current-buffer (overlay-buffer o)
                                   (cons (line-number-at-pos (overlay-start o) t)
                                         (substring-no-properties
                                          (or (overlay-get o 'before-string)
                                              (overlay-get o 'after-string)))))))
                          aid-review-show--overlays))
        (lambda (a b) (< (car a) (car b)))))

(ert-deftest aid-review-shows-each-place ()
  "The places are marked by their digits; a digit shows the change there, until y."
  (aid-project-with (list (cons "a.txt" (aid-retry-tests-blocks 3)))
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ @@" "-x" "+y"))))
      (should (equal (aid-retry-tests-shown) '((2 . "1: here?\n") (5 . "2: here?\n") (8 . "3: here?\n"))))
      (aid-project-key "2")
      (should (equal (aid-retry-tests-shown) '((5 . "+ y\n"))))
      (should (string-search "your choice of 3 places" (aid-hunk-words (aid-review-hunk-at))))
      (aid-project-key "3")
      (should (equal (aid-retry-tests-shown) '((8 . "+ y\n"))))
      (should-error (aid-project-key "4") :type 'user-error)
      (should (equal (aid-project-text "a.txt") (aid-retry-tests-blocks 3)))
      (aid-project-key "y")
      (should (equal (aid-project-text "a.txt")
                     (string-replace "block 3\nx" "block 3\ny" (aid-retry-tests-blocks 3))))
      (should (equal (aid-project-states chat) '(accepted))))))

(ert-deftest aid-review-shows-what-is-nearest ()
  "At a refused hunk the source shows its first place, or what is nearest."
  (aid-project-with (list (cons "a.txt" (aid-retry-tests-blocks 30)))
    (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                                          "@@ @@" " end 19" "-block twenty" " x" "+y"
                                          "@@ @@" " x" "+y"))
    (let ((line (lambda () (with-current-buffer (aid-project-buffer "a.txt")
                             (line-number-at-pos)))))
      (should (= 57 (funcall line)))
      (aid-project-key "n")
      (should (= 2 (funcall line))))))

(ert-deftest aid-review-chosen-place-moves-with-its-text ()
  "A chosen place stays the chosen one when lines come in before it."
  (aid-project-with (list (cons "a.txt" (concat "top\n" (aid-retry-tests-blocks 3))))
    (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                                          "@@ @@" "-x" "+y" "@@ @@" "-top" "+a" "+b" "+c" "+d"))
    (aid-project-key "2")
    (aid-project-key "n")
    (aid-project-key "y")
    (should (string-search "line 9," (aid-hunk-words (aid-review-hunk-at))))
    (aid-project-key "y")
    (should (equal (aid-project-text "a.txt")
                   (concat "a\nb\nc\nd\n"
                           (string-replace "block 2\nx" "block 2\ny" (aid-retry-tests-blocks 3)))))))

(ert-deftest aid-review-says-of-more-than-nine-places ()
  "Nine places have digits; the others are counted, and chosen by their line with 0."
  (aid-project-with (list (cons "a.txt" (aid-retry-tests-blocks 12)))
    (aid-project-review (aid-project-diff "--- a/a.txt" "+++ b/a.txt" "@@ @@" "-x" "+y"))
    (should (equal (car (aid-retry-tests-words))
                   (concat "fits 12 places: 2, 5, 8, 11, 14, 17, 20, 23, 26 and 3 more;"
                           " choose with 1 to 9, the others by their line with 0")))
    (should (= 9 (length (aid-retry-tests-shown))))
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt lines &rest _)
                 (should (equal (car (last lines)) "35"))
                 "35")))
      (aid-project-key "0"))
    (should (equal (aid-retry-tests-shown) '((35 . "+ y\n"))))
    (aid-project-key "y")
    (should (equal (aid-project-text "a.txt")
                   (string-replace "block 12\nx" "block 12\ny" (aid-retry-tests-blocks 12))))))

(provide 'aid-retry-tests)
;;; aid-retry-tests.el ends here
