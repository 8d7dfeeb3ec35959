;;; aid-queue-tests.el --- Tests of questions that wait  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What is asked while an answer arrives waits in the chat as text, and is sent
;; when that answer has ended well; steering stops the answer and goes first.

;;; Code:

(require 'aid-chat-help)
(require 'aid-queue)
(require 'aid-retry)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))
(declare-function aid--mod-doc-text "ext:aid-module" (doc))
(declare-function auth-source-remember "auth-source" (spec found))
(declare-function auth-source-forget "auth-source" (spec))
(defvar auth-sources)
(defvar auth-source-do-cache)
(defvar inhibit-interaction)

(defmacro aid-queue-tests-with (chat &rest body)
  "Run BODY in a new CHAT in which answer 2 is arriving."
  (declare (indent 1))
  `(aid-chat-tests-with ,chat
     (let ((aid-answer-done-functions '(aid-queue-on-answer))
           (aid-alternative-done-functions '(aid-queue-on-answer)))
       (aid-chat-tests-ask "One?")
       (aid-chat-tests-text "Half")
       ,@body)))

(defun aid-queue-tests-end (state)
  "Have the answer that is arriving end in STATE, and let timers run."
  (aid-chat-tests-event (if (equal state "done") 'done 'error)
                        (list :state state :meta (concat "model=m req=r1 state=" state)))
  (sleep-for 0.05)
  (aid-queue-tests-settle))

(defun aid-queue-tests-settle ()
  "Wait until what is to be sent next was looked through."
  (let ((limit (+ (float-time) 10)))
    (while (and aid-queue--looking (< (float-time) limit))
      (sleep-for 0.02))
    (sleep-for 0.02)))

(defun aid-queue-tests-turns ()
  "The turns of this chat, as their markers say and what their first line is."
  (mapcar (lambda (turn)
            (save-excursion
              (goto-char (plist-get turn :beg))
              (let ((words (nth 2 (aid-chat--next-marker nil))))
                (goto-char (if (eq (plist-get turn :kind) 'user)
                               (plist-get turn :body)
                             (car (aid-chat-answer-body (plist-get turn :number)
                                                        (plist-get turn :sub)))))
                (skip-chars-forward "\n")
                (concat words ": " (if (looking-at-p "#") ""
                                     (buffer-substring-no-properties
                                      (point) (line-end-position)))))))
          (aid-chat-turns)))

(defun aid-queue-tests-sent ()
  "The numbers of the questions that were sent, first to last; nil for the open one."
  (mapcar (lambda (asked) (plist-get asked :turn)) (reverse aid-chat-tests--asked)))

(defun aid-queue-tests-sound-p ()
  "Whether the core reads this chat without a problem."
  (null (append (plist-get (aid--mod-doc-parse (aid-chat-doc)) :problems) nil)))

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
                 (lambda (name _all)
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

(defmacro aid-queue-tests-said (&rest body)
  "Run BODY while this chat is seen; give what is said in the echo area."
  (declare (indent 0))
  `(let ((said nil))
     (cl-letf (((symbol-function 'message)
                (lambda (format &rest args)
                  (when format
                    (push (apply #'format-message format args) said))))
               ((symbol-function 'get-buffer-window) (lambda (&rest _) (selected-window))))
       ,@body)
     (string-join said "\n")))

(ert-deftest aid-queue-looks-no-names-up-by-itself ()
  "A name after \"@\" is looked up by a command alone, for that may list all files."
  (aid-queue-tests-with chat
    (require 'aid-chat-complete)
    (let ((looked nil) (alone nil))
      (cl-letf (((symbol-function 'aid-chat--typed-item)
                 (lambda (name) (push (list name alone) looked) nil)))
        (aid-chat-tests-ask "Two, @somebody there?")
        (should (equal looked '(("somebody" nil))))
        (setq alone t)
        (aid-queue-tests-end "done")
        ;; It was looked up when it was queued.
        (should (equal (aid-queue-tests-sent) '(nil 3)))
        (setq alone nil)
        (aid-chat-tests-ask "Three?")
        (search-backward "Three?")
        (insert "@other and ")
        (setq alone t looked nil)
        (should (string-search "\"@\" names in it is to be looked up.  1 queued question waits"
                               (aid-queue-tests-said (aid-queue-tests-end "done"))))
        (should-not looked)
        (should (equal (aid-queue-tests-sent) '(nil 3)))
        (setq alone nil)
        (aid-chat-send)
        (should (equal looked '(("other" nil))))
        (should (equal (aid-queue-tests-sent) '(nil 3 5)))))))

(ert-deftest aid-queue-fetches-nothing-by-itself ()
  "What must be run or connected to for a context line waits for the person."
  (aid-queue-tests-with chat
    (let ((fetched nil))
      (cl-letf (((symbol-function 'aid-context--diff-text) (lambda () (setq fetched t) "diff")))
        (aid-chat-add-item chat "diff" "aid:diff")
        (aid-chat-tests-ask "Two?")
        (setq fetched nil)
        (should (string-search "is to be fetched" (aid-queue-tests-said (aid-queue-tests-end "done"))))
        (should-not fetched)
        (should (equal (aid-queue-tests-sent) '(nil)))
        (search-backward "Two?")
        (aid-chat-send)
        (should fetched)
        (should (equal (aid-queue-tests-sent) '(nil 3)))))))

(ert-deftest aid-queue-asks-for-no-key-by-itself ()
  "The key is looked for when a question is queued; a timer takes what is remembered."
  (aid-queue-tests-with chat
    (require 'auth-source)
    (let ((auth-sources (list (expand-file-name "authinfo.gpg" home))) (auth-source-do-cache t)
          (spec '(:host "h.example" :user "apikey" :max 1 :require (:secret)))
          (searched 0))
      (let ((file-name-handler-alist nil))
        (with-temp-file (car auth-sources)
          (insert "encrypted")))
      (cl-letf (((symbol-function 'aid--mod-model-info)
                 (lambda (_id _root) (list :id "m" :needs_key t :host "h.example")))
                ((symbol-function 'auth-source-search)
                 (lambda (&rest spec)
                   (when inhibit-interaction
                     (ert-fail "auth-source was asked by a timer"))
                   (cl-incf searched)
                   (auth-source-remember spec '((:secret "k")))
                   '((:secret "k")))))
        (unwind-protect
            (progn
              (aid-chat-tests-ask "Two?")
              (should (= 1 searched))
              (aid-chat-tests-ask "Three?")
              (cl-letf (((symbol-function 'auth-source-search) (lambda (&rest _) '((:secret "k")))))
                (aid-queue-tests-end "done"))
              (should (equal (aid-queue-tests-sent) '(nil 3)))
              (should (equal (plist-get (car aid-chat-tests--asked) :secret) "k"))
              (auth-source-forget spec)
              (should (string-search "key is to be asked for"
                                     (aid-queue-tests-said (aid-queue-tests-end "done"))))
              (should (equal (aid-queue-tests-sent) '(nil 3)))
              (search-backward "Three?")
              (aid-chat-send)
              (should (equal (aid-queue-tests-sent) '(nil 3 5))))
          (auth-source-forget spec))))))

(ert-deftest aid-queue-waits-for-no-look-at-secrets ()
  "The core looks for secrets while Emacs goes on; one that it finds keeps the question."
  (aid-queue-tests-with chat
    (cl-letf (((symbol-function 'aid-secrets--held)
               (lambda (_) (ert-fail "a timer waited"))))
      (aid-chat-tests-ask "Two?")
      (aid-chat-tests-ask "Three?")
      (aid-queue-tests-end "done")
      (should (equal (aid-queue-tests-sent) '(nil 3)))
      (save-excursion
        (search-backward "Three?")
        (insert "gh" "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a "))
      (should (string-search "looks like a secret"
                             (aid-queue-tests-said (aid-queue-tests-end "done"))))
      (should (equal (aid-queue-tests-sent) '(nil 3))))))

(ert-deftest aid-queue-is-edited-while-it-is-looked-through ()
  "What is sent is what was looked through."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (let ((looks nil))
      (cl-letf (((symbol-function 'aid-secrets-look)
                 (lambda (plist then)
                   (push (aid--mod-doc-text (plist-get plist :doc)) looks)
                   (unless (cdr looks)
                     (save-excursion
                       (search-backward "Two?")
                       (insert "One and ")))
                   (funcall then nil))))
        (aid-queue-tests-end "done")
        (should (= 2 (length looks)))
        (should (string-search "One and Two?" (car looks)))
        (should (equal (aid-queue-tests-sent) '(nil 3)))))))

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
