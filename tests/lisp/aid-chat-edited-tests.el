;;; aid-chat-edited-tests.el --- Tests of answers that were edited  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The mark on an answer whose text is not what was received comes and goes
;; with the edits, and the difference can be seen.

;;; Code:

(require 'aid-chat-help)
(require 'aid-chat-edited)

(declare-function aid--mod-chat-hash "ext:aid-module" (body))
(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

(defconst aid-chat-edited-tests--answer "The loop ends early.\n\nIt must **not**.\n"
  "What is received.")

(defun aid-chat-edited-tests--ask (question)
  "Ask QUESTION and have the answer arrive."
  (aid-chat-tests-ask question)
  (aid-chat-tests-text aid-chat-edited-tests--answer)
  (aid-chat-tests-done
   :meta (format "model=m req=r1 ms=2300 got=%s state=done"
                 (aid--mod-chat-hash aid-chat-edited-tests--answer))))

(defun aid-chat-edited-tests--headings ()
  "The headings of all answers as one sees them, when Emacs has been idle."
  (let ((see (lambda ()
               (mapcar (lambda (turn)
                         (string-trim-right (aid-chat-tests-visible (plist-get turn :beg)
                                                                    (plist-get turn :body))))
                       (append (aid-chat-turns 'answer) (aid-chat-turns 'alternative))))))
    (with-silent-modifications
      (funcall see)
      (when aid-chat--edited-timer
        (cancel-timer aid-chat--edited-timer)
        (aid-chat--edited-look (current-buffer)))
      (funcall see))))

(defun aid-chat-edited-tests--replace (old new)
  "Replace OLD by NEW in the chat, as the person."
  (goto-char (point-min))
  (search-forward old)
  (undo-boundary)
  (replace-match new t t)
  (undo-boundary))

(defun aid-chat-edited-tests--undo ()
  "Undo the last change."
  (let ((last-command 'ignore) (this-command 'undo) (transient-mark-mode nil))
    (undo)))

(defmacro aid-chat-edited-tests-stored (received &rest body)
  "Run BODY while the store holds just RECEIVED under its hash; nil: nothing."
  (declare (indent 1))
  `(cl-letf (((symbol-function 'aid--mod-blob-get)
              (lambda (hash)
                (if (equal hash (and ,received (aid--mod-chat-hash ,received)))
                    (replace-regexp-in-string "\n+" "\n" ,received)
                  (signal 'aid-error '(notfound "It is not there"))))))
     ,@body))

;;; The mark

(ert-deftest aid-chat-edited-comes-and-goes ()
  "An answer is marked while its text differs, and the text is never touched for it."
  (aid-chat-tests-with chat
    (aid-chat-edited-tests--ask "Why?")
    (should (equal (aid-chat-edited-tests--headings) '("## some-model |2.3 s")))
    (aid-chat-edited-tests--replace "early" "late")
    (set-buffer-modified-p nil)
    (let ((text (buffer-string)) (undo buffer-undo-list))
      (should (equal (aid-chat-edited-tests--headings) '("## some-model |edited · 2.3 s")))
      (should (equal text (buffer-string)))
      (should (eq undo buffer-undo-list))
      (should-not (buffer-modified-p)))
    (aid-chat-edited-tests--undo)
    (should (string-search "early" (buffer-string)))
    (should (equal (aid-chat-edited-tests--headings) '("## some-model |2.3 s")))))

(ert-deftest aid-chat-edited-as-the-core-says ()
  "What is shown is what the core says of the whole chat; decisions are no edit."
  (aid-chat-tests-with chat
    (dotimes (i 3)
      (aid-chat-edited-tests--ask (format "Why %d?" i)))
    (aid-chat-edited-tests--headings)
    (goto-char (point-max))
    (search-backward "must")
    (insert "really ")
    (goto-char (car (aid-chat-answer-body 2)))
    (insert "\n" (aid-chat--marker "hunks a91c=accepted") "\n   \n")
    (should (equal (mapcar (lambda (heading) (and (string-search "edited" heading) t))
                           (aid-chat-edited-tests--headings))
                   '(nil nil t)))
    (should (equal (cl-loop for turn in (plist-get (aid--mod-doc-parse (aid-chat-doc)) :turns)
                            when (equal (plist-get turn :kind) "answer")
                            collect (and (plist-get turn :edited) t))
                   '(nil nil t)))))

(ert-deftest aid-chat-edited-by-a-heading ()
  "A turn that swallows the next, or loses its text to a new one, is edited."
  (aid-chat-tests-with chat
    (aid-chat-edited-tests--ask "Why?")
    (aid-chat-edited-tests--headings)
    (goto-char (point-min))
    (search-forward "It must")
    (beginning-of-line)
    (insert "## You " (aid-chat--marker "7 user") "\n")
    (should (equal (aid-chat-edited-tests--headings) '("## some-model |edited · 2.3 s")))
    (forward-line -1)
    (delete-region (point) (line-beginning-position 2))
    (should (equal (aid-chat-edited-tests--headings) '("## some-model |2.3 s")))
    (aid-chat-edited-tests--replace (aid-chat--marker "3 user") "")
    (should (equal (aid-chat-edited-tests--headings) '("## some-model |edited · 2.3 s")))))

(ert-deftest aid-chat-edited-when-opened ()
  "A chat that is opened says it, too, of each answer and alternative; typing a question asks nothing."
  (aid-chat-tests-with chat
    (let ((hash (aid--mod-chat-hash "Yes")) (asked 0))
      (with-current-buffer
          (aid-chat-tests-open
           "x.aid.md" (concat "<!--aid:k7Qx chat v=1-->\n## You <!--aid:k7Qx 1 user-->\nWhy?\n\n"
                              "## m <!--aid:k7Qx 2 answer-->\n<!--aid:k7Qx meta got=" hash "-->\n\nNo\n\n"
                              "### n <!--aid:k7Qx 2.1 alternative-->\n<!--aid:k7Qx meta got="
                              (substring hash 0 6) "-->\nYes\n\n"
                              "### o <!--aid:k7Qx 2.2 alternative-->\n<!--aid:k7Qx meta ms=1000-->\nNo\n\n"
                              "## You <!--aid:k7Qx 3 user-->\n"))
        (should (equal (aid-chat-edited-tests--headings) '("## m |edited · 1/3" "### n |2/3" "### o |1.0 s · 3/3")))
        (should-not (buffer-modified-p))
        (goto-char (point-max))
        (insert "And?")
        (cl-letf (((symbol-function 'aid-chat--edited-p) (lambda (_) (cl-incf asked) nil)))
          (aid-chat-edited-tests--headings)
          (should (= asked 0)))))))

(ert-deftest aid-chat-edited-is-said ()
  "The mark is told in words, also before Emacs was idle."
  (aid-chat-tests-with chat
    (aid-chat-edited-tests--ask "Why?")
    (aid-chat-edited-tests--replace "early" "late")
    (search-forward "must")
    (should (string-match-p "\\`Answer 2: edited · 2.3 s\\'" (aid-chat-describe)))))

;;; The difference

(ert-deftest aid-chat-edited-difference ()
  "The difference is a diff from what was received; `g' makes it anew, `q' leaves."
  (aid-chat-tests-with chat
    (aid-chat-edited-tests--ask "Why?")
    (aid-chat-edited-tests--replace "early" "lãte")
    (save-window-excursion
      (switch-to-buffer chat)
      (aid-chat-edited-tests-stored aid-chat-edited-tests--answer
        (call-interactively (lookup-key aid-chat-mode-map (kbd "C-c C-e")))
        (let ((shown (current-buffer))
              (hunk "\n--- received\n+++ now\n@@ -1,2 +1,2 @@\n-The loop ends early.\n"))
          (should (derived-mode-p 'diff-mode))
          (should (string-search (concat hunk "+The loop ends lãte.\n It must **not**.\n")
                                 (buffer-string)))
          (should buffer-read-only)
          (should (eq (key-binding "q") #'quit-window))
          (with-current-buffer chat
            (aid-chat-edited-tests--replace "lãte" "never"))
          (revert-buffer)
          (should (string-search (concat hunk "+The loop ends never.\n") (buffer-string)))
          (quit-window)
          (should (eq (window-buffer) chat))
          (kill-buffer shown))))))

(ert-deftest aid-chat-edited-no-difference ()
  "Where there is nothing to show it is said why."
  (aid-chat-tests-with chat
    (let ((why (lambda () (cadr (should-error (aid-chat-diff-received) :type 'user-error)))))
      (goto-char (point-min))
      (should (string-search "before the first turn" (funcall why)))
      (aid-chat-edited-tests--ask "Why?")
      (goto-char (point-max))
      (should (string-search "question" (funcall why)))
      (aid-chat-edited-tests--replace "must" "must")
      (should (string-search "is what was received" (funcall why)))
      (insert " indeed")
      (aid-chat-edited-tests-stored nil
        (should (string-search "store has lost" (funcall why))))
      (aid-chat-meta-set 2 "got" nil)
      (should (string-search "Nothing says" (funcall why))))))

(provide 'aid-chat-edited-tests)
;;; aid-chat-edited-tests.el ends here
