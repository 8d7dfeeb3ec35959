;;; aid-queue-tests.el --- Tests of questions that wait  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What is asked while an answer arrives waits in the chat as text, and is sent
;; when that answer has ended well; steering stops the answer and goes first.

;;; Code:

(require 'aid-queue-help)
(require 'aid-retry)

;;; Queueing

(ert-deftest aid-queue-question-waits ()
  "A question asked meanwhile is a turn that says so; the next is begun below it."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (should (equal (aid-queue-tests-turns)
                   '("1 user: One?" "2 answer: Half" "3 user queued: Two?" "5 user: ")))
    (should (= (point) (point-max)))
    (should-not (buffer-modified-p))
    (should (equal (aid-queue-tests-sent) '(nil)))
    (should (string-search "1 queued" aid-chat--header))
    (let ((turn (car (aid-chat-queued))))
      (should (string-suffix-p "|queued\n" (aid-chat-tests-visible (plist-get turn :beg)
                                                                   (plist-get turn :body)))))
    (should (aid-queue-tests-sound-p))))

(ert-deftest aid-queue-is-sent-in-order ()
  "Each question is sent when the answer before it has ended well."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-chat-tests-ask "Three?")
    (aid-queue-tests-end "done")
    (should (equal (aid-queue-tests-turns)
                   '("1 user: One?" "2 answer: Half" "3 user: Two?" "4 answer: "
                     "5 user queued: Three?" "7 user: ")))
    (aid-chat-tests-text "Second")
    (aid-queue-tests-end "done")
    (aid-chat-tests-text "Third")
    (aid-queue-tests-end "done")
    (should (equal (aid-queue-tests-turns)
                   '("1 user: One?" "2 answer: Half" "3 user: Two?" "4 answer: Second"
                     "5 user: Three?" "6 answer: Third" "7 user: ")))
    (should (equal (aid-queue-tests-sent) '(nil 3 5)))
    (should-not (string-search "queued" aid-chat--header))
    (should (aid-queue-tests-sound-p))))

(ert-deftest aid-queue-is-text ()
  "What is sent is what the queued question says by then; an emptied one is not."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-chat-tests-ask "Three?")
    (goto-char (point-min))
    (search-forward "Two?")
    (replace-match "")
    (search-forward "Three")
    (insert " and four")
    (aid-queue-tests-end "done")
    (should (equal (aid-queue-tests-turns)
                   '("1 user: One?" "2 answer: Half" "5 user: Three and four?" "6 answer: " "7 user: ")))
    (should (string-search "Three and four?" (plist-get (car aid-chat-tests--asked) :text)))))

(ert-deftest aid-queue-keeps-the-draft ()
  "What is being written stays the open question when a queued one is sent."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (insert "half a th")
    (aid-queue-tests-end "done")
    (insert "ought")
    (should (equal (last (aid-queue-tests-turns) 2) '("4 answer: " "5 user: half a thought")))))

(ert-deftest aid-queue-removal ()
  "A queued question is removed, and undo brings it back; the others move up."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-chat-tests-ask "Three?")
    (search-backward "Two?")
    (undo-boundary)
    (aid-queue-remove)
    (should (equal (last (aid-queue-tests-turns) 2) '("5 user queued: Three?" "7 user: ")))
    (undo-boundary)
    (let ((last-command nil))
      (undo))
    (should (equal (last (aid-queue-tests-turns) 3)
                   '("3 user queued: Two?" "5 user queued: Three?" "7 user: ")))
    (aid-queue-remove)
    (goto-char (point-max))
    (aid-queue-remove)
    (should (equal (last (aid-queue-tests-turns) 2) '("2 answer: Half" "7 user: ")))
    (should-error (aid-queue-remove) :type 'user-error)
    (aid-queue-tests-end "done")
    (should (equal (aid-queue-tests-sent) '(nil)))))

(ert-deftest aid-queue-undo-takes-words-only ()
  "Undo takes back what was typed into a question that was queued meanwhile."
  (aid-queue-tests-with chat
    (goto-char (point-max))
    (undo-boundary)
    (insert "Two?")
    (undo-boundary)
    (aid-chat-send)
    (aid-chat-tests-text " and more")
    (let ((last-command nil))
      (undo))
    (should (equal (aid-queue-tests-turns)
                   '("1 user: One?" "2 answer: Half and more" "3 user queued: " "5 user: ")))
    (aid-queue-tests-end "done")
    (should (equal (aid-queue-tests-turns) '("1 user: One?" "2 answer: Half and more" "5 user: ")))))

(ert-deftest aid-queue-in-a-narrowed-chat ()
  "Questions are queued and sent also while the chat is narrowed elsewhere."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (narrow-to-region (point-min) (+ 10 (point-min)))
    (aid-queue-tests-end "done")
    (should (buffer-narrowed-p))
    (widen)
    (should (equal (last (aid-queue-tests-turns) 3) '("3 user: Two?" "4 answer: " "5 user: ")))))

(ert-deftest aid-queue-context-goes-along ()
  "A queued question keeps its context lines, and new ones go to the open question."
  (aid-queue-tests-with chat
    (let ((dir (file-relative-name project default-directory)))
      (aid-chat-add-item chat "a.c" (concat dir "a.c"))
      (aid-chat-tests-ask "Two?")
      (aid-chat-add-item chat "a.c" (concat dir "a.c"))
      (aid-queue-tests-end "done")
      (let ((asked (car aid-chat-tests--asked)))
        (should (= (plist-get asked :turn) 3)))
      (aid-chat-tests-event 'frozen (list :items (list (list :target (concat dir "a.c")
                                                             :hash "abcdef0123456789" :tokens 7))))
      (should (= 1 (how-many " sent=abcdef" (point-min))))
      (should (equal (mapcar #'cadr (aid-chat--open-items)) '("a.c")))
      (should-not (string-search "sent=" (nth 3 (car (aid-chat--open-items))))))))

(ert-deftest aid-queue-strategy-of-its-own ()
  "\"/edit\" in a queued question is about that question."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "/edit Two?")
    (aid-chat-tests-ask "Three?")
    (aid-queue-tests-end "done")
    (aid-queue-tests-end "done")
    (should (equal (mapcar (lambda (asked) (plist-get asked :strategy))
                           (reverse aid-chat-tests--asked))
                   '(nil "edit" nil)))
    (should (member "3 user: Two?" (aid-queue-tests-turns)))))

(ert-deftest aid-queue-model-of-its-own ()
  "\"@model\" in a queued question is about that question; without a question it waits."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "/edit\n@model other\nTwo?")
    (aid-chat-tests-ask "@model other\n")
    (aid-queue-tests-end "done")
    (should (equal (mapcar (lambda (key) (plist-get (car aid-chat-tests--asked) key))
                           '(:model :strategy :turn))
                   '("other" "edit" 3)))
    (should (member "3 user: Two?" (aid-queue-tests-turns)))
    (aid-queue-tests-end "done")
    (should (= 2 (length aid-chat-tests--asked)))
    (should (member "5 user queued: @model other" (aid-queue-tests-turns)))))

(ert-deftest aid-queue-context-is-seen ()
  "What a strategy brings along is added when its question is queued, not behind one's back."
  (aid-queue-tests-with chat
    (with-temp-file (expand-file-name "b.c" project))
    (let ((aid-recipe-automatic t) asked)
      (cl-letf (((symbol-function 'aid-recipe--run)
                 (lambda (name)
                   (push name asked)
                   (let ((aid-recipe-automatic nil))
                     (aid-chat-add-item chat "b.c" (concat (file-relative-name project default-directory)
                                                           "b.c"))))))
        (aid-chat-tests-ask "/edit Two?")
        (should (equal asked '("edit")))
        (should (equal (nth 2 (aid-queue-tests-turns)) "3 user queued: /edit Two?"))
        (goto-char (point-min))
        (search-forward "[b.c]")
        (delete-region (line-beginning-position) (line-beginning-position 2))
        (aid-queue-tests-end "done")
        (should (equal asked '("edit"))))
      (should-not (string-search "[b.c]" (plist-get (car aid-chat-tests--asked) :text)))
      (should (equal (plist-get (car aid-chat-tests--asked) :strategy) "edit")))))

(ert-deftest aid-queue-from-the-code ()
  "What is asked from a file while an answer arrives is queued, too."
  (aid-queue-tests-with chat
    (with-temp-buffer
      (aid-chat-ask chat "Two?"))
    (should (equal (nth 2 (aid-queue-tests-turns)) "3 user queued: Two?"))
    (aid-queue-tests-end "done")
    (should (equal (aid-queue-tests-sent) '(nil 3)))))

(ert-deftest aid-queue-folds-nothing ()
  "A long block is folded once its question was sent, not while it waits."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask (concat "Two?\n```\n" (make-string 60 ?\n) "```\n"))
    (let ((folds (lambda ()
                   (aid-chat-fontify (point-min) (point-max))
                   (cl-count 'pasted (overlays-in (point-min) (point-max))
                             :key (lambda (o) (overlay-get o 'aid-fold))))))
      (should (= 0 (funcall folds)))
      (aid-queue-tests-end "done")
      (should (= 1 (funcall folds))))))

;;; Waiting

(ert-deftest aid-queue-waits-after-a-bad-end ()
  "After an answer that failed or was stopped nothing is sent, and the chat says so."
  (dolist (state '("failed" "cut"))
    (aid-queue-tests-with chat
      (aid-chat-tests-ask "Two?")
      (aid-queue-tests-end state)
      (should (equal (aid-queue-tests-sent) '(nil)))
      (should (string-search "1 queued, waiting" aid-chat--header))
      (let ((turn (car (aid-chat-queued))))
        (should (string-suffix-p "|queued, waiting\n"
                                 (aid-chat-tests-visible (plist-get turn :beg)
                                                         (plist-get turn :body)))))
      ;; In the open question what failed is asked again, and then the queue goes on.
      (goto-char (point-max))
      (aid-chat-send)
      (should (equal (aid-queue-tests-sent) '(nil 1)))
      (aid-queue-tests-end "done")
      (should (equal (aid-queue-tests-sent) '(nil 1 3))))))

(ert-deftest aid-queue-that-waits-is-sent-by-hand ()
  "In a question that waits the key that sends sends; a new question comes after it."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-queue-tests-end "cut")
    (aid-chat-tests-ask "Three?")
    (should (equal (aid-queue-tests-sent) '(nil 3)))
    (aid-queue-tests-end "cut")
    (search-backward "Three?")
    (aid-chat-send)
    (should (equal (aid-queue-tests-sent) '(nil 3 5)))))

(ert-deftest aid-queue-asks-nothing-by-itself ()
  "A question that cannot be sent without asking the person waits."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (cl-letf (((symbol-function 'aid--mod-ask) (lambda (_) (y-or-n-p "Pass the budget? "))))
      (aid-queue-tests-end "done"))
    (should (equal (last (aid-queue-tests-turns) 2) '("3 user queued: Two?" "5 user: ")))
    (should (string-search "1 queued, waiting" aid-chat--header))
    (search-backward "Two?")
    (aid-chat-send)
    (should (equal (aid-queue-tests-sent) '(nil 3)))))

(ert-deftest aid-queue-that-cannot-be-sent ()
  "When the core refuses, the question waits as it was, with its strategy."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "/edit Two?")
    (cl-letf (((symbol-function 'aid--mod-ask) (lambda (_) (error "No such model"))))
      (aid-queue-tests-end "done"))
    (should (equal (last (aid-queue-tests-turns) 2) '("3 user queued: /edit Two?" "5 user: ")))))

(ert-deftest aid-queue-survives-saving ()
  "A chat that is opened again has its queue; nothing is sent until the person does."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-queue-tests-end "cut")
    (let ((file buffer-file-name))
      (kill-buffer)
      (with-current-buffer (find-file-noselect file)
        (sleep-for 0.05)
        (aid-chat-measure)
        (should (string-search "1 queued, waiting" aid-chat--header))
        (should (equal (aid-queue-tests-sent) '(nil)))
        (search-forward "Two?")
        (aid-chat-send)
        (should (equal (aid-queue-tests-sent) '(nil 3)))
        (should (aid-queue-tests-sound-p))))))

(ert-deftest aid-queue-of-a-killed-chat ()
  "When the chat is gone nothing is sent."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-chat-tests-event 'done (list :state "done" :meta "model=m req=r1 state=done"))
    (set-buffer-modified-p nil)
    (kill-buffer chat)
    (sleep-for 0.05)
    (should (= 1 (length aid-chat-tests--asked)))))

(ert-deftest aid-queue-is-refused-to-commands ()
  "What acts on the answer to its question does not wait in a queue."
  (aid-queue-tests-with chat
    (let ((before (buffer-string)))
      (should-error (aid-retry--ask chat "These do not fit") :type 'user-error)
      (should (equal (buffer-string) before))
      (aid-chat-tests-ask "Two?")
      (aid-queue-tests-end "cut")
      (should-error (aid-retry--ask chat "These do not fit") :type 'user-error))))

;;; Steering

(ert-deftest aid-queue-steering ()
  "Steering stops the answer, which is kept, and its question is the next one."
  (aid-queue-tests-with chat
    (goto-char (point-max))
    (insert "No, rather this")
    (aid-chat-steer)
    (should (equal aid-chat-tests--cancelled (list aid-chat-tests--id)))
    (should (equal (aid-queue-tests-sent) '(nil)))
    (aid-queue-tests-end "cut")
    (should (equal (aid-queue-tests-turns)
                   '("1 user: One?" "2 answer: Half" "3 user: No, rather this" "4 answer: " "5 user: ")))
    (should (equal (cdr (assoc "state" (aid-chat-meta 2))) "cut"))
    (should (equal (aid-queue-tests-sent) '(nil 3)))
    ;; That was for this once.
    (aid-chat-tests-ask "And?")
    (aid-queue-tests-end "cut")
    (should (equal (aid-queue-tests-sent) '(nil 3)))))

(ert-deftest aid-queue-steering-is-stopped ()
  "Stopping after all: the question that was to steer waits."
  (aid-queue-tests-with chat
    (goto-char (point-max))
    (insert "Two?")
    (aid-chat-steer)
    (let ((last-nonmenu-event nil))
      (aid-chat-stop))
    (aid-queue-tests-end "cut")
    (should (equal (aid-queue-tests-sent) '(nil)))
    (should (equal (nth 2 (aid-queue-tests-turns)) "3 user queued: Two?"))))

(ert-deftest aid-queue-steering-goes-first ()
  "A question that steers is sent before what was queued, which comes after it."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-chat-tests-ask "Three?")
    (goto-char (point-max))
    (undo-boundary)
    (insert "At once")
    (undo-boundary)
    (aid-chat-steer)
    (aid-queue-tests-end "cut")
    (should (equal (mapcar (lambda (turn) (replace-regexp-in-string "\\`[0-9]+ " "" turn))
                           (nthcdr 2 (aid-queue-tests-turns)))
                   '("user: At once" "answer: " "user queued: Two?" "user queued: Three?" "user: ")))
    (should (aid-queue-tests-sound-p))
    ;; Turns were moved: what was typed into them is not undone at some other place.
    (let ((last-command nil) (before (buffer-string)))
      (should-error (undo) :type 'user-error)
      (should (equal (buffer-string) before)))
    (aid-queue-tests-end "done")
    (should (string-search "Two?" (plist-get (car aid-chat-tests--asked) :text)))))

(ert-deftest aid-queue-steering-with-a-queued-one ()
  "The queued question at point steers, else the first when nothing new is written."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-chat-tests-ask "Three?")
    (save-excursion
      (search-backward "Three?")
      (aid-chat-steer))
    (aid-queue-tests-end "cut")
    (should (string-suffix-p "user: Three?" (nth 2 (aid-queue-tests-turns))))
    (aid-chat-steer)
    (aid-queue-tests-end "cut")
    (should (string-suffix-p "user: Two?" (nth 4 (aid-queue-tests-turns))))
    (should (aid-queue-tests-sound-p))
    (should-error (aid-chat-steer) :type 'user-error)))

(ert-deftest aid-queue-steering-when-nothing-arrives ()
  "Steering then is sending, ahead of what waits."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (aid-queue-tests-end "cut")
    (goto-char (point-max))
    (insert "First this")
    (aid-chat-steer)
    (should (string-suffix-p "user: First this" (nth 2 (aid-queue-tests-turns))))
    (should (string-suffix-p "user queued: Two?" (nth 4 (aid-queue-tests-turns))))))

(provide 'aid-queue-tests)
;;; aid-queue-tests.el ends here
