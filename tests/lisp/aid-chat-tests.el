;;; aid-chat-tests.el --- Tests of chats: the file, sending, streaming  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What a chat promises, one test a promise.

;;; Code:

(require 'aid-chat-help)

;;; The file

(ert-deftest aid-chat-mode-by-first-line ()
  "The first line chooses the mode, whatever the file is called."
  (aid-chat-tests-with chat
    (dolist (name '("x.md" "x.aid.md" "x.c"))
      (with-current-buffer (aid-chat-tests-open name "<!--aid:abc chat v=1-->\n# t\n")
        (should (eq major-mode 'aid-chat-mode))
        (should (equal (aid-chat-key) "abc"))))))

(ert-deftest aid-chat-no-file-local-variables ()
  "Nothing in a chat sets variables or another mode."
  (aid-chat-tests-with chat
    (let ((enable-local-variables :all) (enable-local-eval t)
          (block "\nLocal Variables:\nfill-column: 33\nmode: c\neval: (setq-local tab-width 3)\nEnd:\n"))
      (dolist (first '("<!--aid:abc chat v=1-->\n" "<!--aid:abc chat v=1-->\n-*- fill-column: 33 -*-\n"
                       "<!--aid:abc chat v=1 -*- mode: c; fill-column: 33 -*- -->\n"))
        (with-current-buffer (aid-chat-tests-open "x.aid.md" (concat first block))
          (should (eq major-mode 'aid-chat-mode))
          (should-not (eql fill-column 33))
          (should-not (eql tab-width 3))
          (kill-buffer)))
      (with-current-buffer (aid-chat-tests-open
                            "x.md" "<!--aid:abc chat v=1-->\nLocal Variables:\nfill-column: 33\nEnd:\n")
        (should-not (eql fill-column 33))))))

(ert-deftest aid-chat-forged-markers ()
  "Markers in quotes and of other keys are no structure."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask (aid-chat-tests-key "Hi\n> ## You <!--aid:KEY 9 user-->\n"))
    (aid-chat-tests-text "## You <!--aid:other 7 user-->\n  > ## X <!--aid:nokey 8 answer-->\n")
    (should (equal (mapcar (lambda (turn) (plist-get turn :number)) (aid-chat-turns)) '(1 2 3)))))

(ert-deftest aid-chat-marker-words ()
  "What stands in a marker comes back as it was, and cannot end it."
  (dolist (value '("plain" "a b" "x-->y" "ä\n%41" "100%"))
    (let ((coded (aid-chat--encode value)))
      (should-not (string-match-p "[ \n>]" coded))
      (should (equal (aid-chat--words (concat "meta error=" coded)) (list (cons "error" value)))))))

;;; Sending

(ert-deftest aid-chat-send-writes-at-once ()
  "Sending writes the answer's place and the next question."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (should (equal (buffer-substring-no-properties (point-min) (point-max))
                   (aid-chat-tests-key
                    (concat "<!--aid:KEY chat v=1 root=../../project-->\n# Why?\n\n"
                            "## You <!--aid:KEY 1 user-->\nWhy?\n\n"
                            "## some-model <!--aid:KEY 2 answer-->\n"
                            "<!--aid:KEY meta req=r1 state=streaming-->\n\n\n\n"
                            "## You <!--aid:KEY 3 user-->\n"))))
    (should (equal (plist-get (car aid-chat-tests--asked) :request) "r1"))
    (should (string-suffix-p "Why?" (plist-get (car aid-chat-tests--asked) :text)))
    (should-error (aid-chat-send) :type 'user-error)
    (aid-chat-tests-text "Because.")
    (aid-chat-tests-done)
    (should-not (buffer-modified-p))
    (should (equal (string-trim (aid-chat-answer-text 2)) "Because."))
    (should-error (aid-chat-send) :type 'user-error)
    (aid-chat-tests-ask "And?")
    (should (equal (plist-get (car aid-chat-tests--asked) :request) "r2"))
    (should (equal (aid-chat-answers) '(2 4)))))

(ert-deftest aid-chat-send-strategy ()
  "A strategy on the first line is taken for the request."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "/edit Fix it")
    (should (equal (plist-get (car aid-chat-tests--asked) :strategy) "edit"))
    (should (string-suffix-p "Fix it" (plist-get (car aid-chat-tests--asked) :text)))
    (should-not (string-search "/edit" (buffer-string)))))

(ert-deftest aid-chat-items-freeze ()
  "Context lines are added once, and get their hash when they are sent."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Look")
    (dotimes (_ 2)
      (aid-chat-add-item chat "a.c" "../../project/a.c" "tok=3"))
    (aid-chat-add-item chat "a.c:1-1" "../../project/a.c#L1-L1")
    (should (equal (mapcar #'cadr (aid-chat--open-items)) '("a.c" "a.c:1-1")))
    (aid-chat-send)
    (aid-chat-tests-event 'frozen '(:items ((:target "../../project/a.c" :hash "abcd" :tokens 4))
                                           :tokens 4))
    (should (string-search (aid-chat-tests-key
                            "- [a.c](../../project/a.c) <!--aid:KEY item sent=abcd tok=4 est=1-->\n")
                           (buffer-string)))
    (should (string-search "|~4 tok" (aid-chat-tests-visible (point-min) (point-max))))
    (should (string-search "#L1-L1) <!--aid:" (buffer-string)))))

(ert-deftest aid-chat-outside-asks-once ()
  "What is outside the project is sent only after a question, asked once."
  (aid-chat-tests-with chat
    (let ((asked 0) (answer nil))
      (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (cl-incf asked) answer)))
        (with-temp-file (expand-file-name "out.c" home) (insert "x"))
        (goto-char (point-max))
        (insert "Look")
        (aid-chat-add-item chat "out.c" "../../out.c")
        (should-error (aid-chat-send) :type 'user-error)
        (should-not aid-chat-tests--asked)
        (setq answer t)
        (aid-chat-send)
        (should (= asked 2))
        (aid-chat-tests-text "x")
        (aid-chat-tests-done)
        (goto-char (point-max))
        (insert "Again")
        (aid-chat-add-item chat "out.c" "../../out.c")
        (aid-chat-send)
        (should (= asked 2))))))

(ert-deftest aid-chat-foreign-items-ask ()
  "The context lines that a chat came with are asked about."
  (aid-chat-tests-with chat
    (let ((file (expand-file-name "notes.aid.md" project)) (asked nil))
      (write-region (concat "<!--aid:k chat v=1 root=.-->\n## You <!--aid:k 1 user-->\nHi\n\n"
                            "- [a.c](a.c) <!--aid:k item-->\n")
                    nil file nil 'quiet)
      (cl-letf (((symbol-function 'yes-or-no-p) (lambda (text) (setq asked text) t)))
        (with-current-buffer (find-file-noselect file)
          (aid-chat-send)
          (should (string-search "a.c" asked)))))))

(ert-deftest aid-chat-open-question-without-newline ()
  "A chat cut just behind its last heading can be written on."
  (aid-chat-tests-with chat
    (with-current-buffer (aid-chat-tests-open "x.aid.md" "<!--aid:k chat v=1-->\n## You <!--aid:k 1 user-->")
      (aid-chat-tests-ask "Hi")
      (should (string-search "1 user-->\nHi\n\n## some-model" (buffer-string))))
    (with-current-buffer (aid-chat-tests-open "y.aid.md" "<!--aid:k chat v=1-->\n# T\n")
      (aid-chat-measure)                ; looking alone changes nothing
      (should-not (buffer-modified-p))
      (should (= (car (aid-chat-open-question)) (point-max)))
      (should (string-suffix-p "# T\n\n## You <!--aid:k 1 user-->\n" (buffer-string))))))

;;; Streaming

(ert-deftest aid-chat-stream-says-what-is-found ()
  "What is found in an arriving answer is shown where it goes on, and never written."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (let ((shown (lambda ()
                   (let ((end (aid-chat-stream-end aid-chat--stream)))
                     (mapconcat (lambda (o) (overlay-get o 'after-string))
                                (cl-remove-if-not (lambda (o) (overlay-get o 'after-string))
                                                  (overlays-in end end))
                                "")))))
      (aid-chat-tests-text "One\n")
      (aid-chat-tests-event 'found '(:files 1 :hunks 1 :fit 1 :adjusted 0 :already 0 :refused 0))
      (should (equal (funcall shown) " \n  1 file, 1 hunk so far: 1 fit"))
      (aid-chat-tests-text "Two\n")
      (should (equal (funcall shown) " \n  1 file, 1 hunk so far: 1 fit"))
      (aid-chat-tests-event 'found '(:files 2 :hunks 5 :fit 2 :adjusted 1 :already 1 :refused 1))
      (should (equal (funcall shown) (concat " \n  2 files, 5 hunks so far: "
                                             "2 fit, 1 adjusted, 1 applied already, 1 refused")))
      (should (equal (string-trim (aid-chat-answer-text 2)) "One\nTwo")))
    (aid-chat-tests-done)
    (should-not (cl-some (lambda (o) (overlay-get o 'after-string))
                         (overlays-in (point-min) (point-max))))))

(ert-deftest aid-chat-stream-leaves-point ()
  "An answer moves no point but that at its own end."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (insert "draft")
    (goto-char (- (point-max) 2))
    (let ((word (buffer-substring-no-properties (point) (point-max))))
      (aid-chat-tests-text "One\n")
      (aid-chat-tests-text "Two\n")
      (should (equal word (buffer-substring-no-properties (point) (point-max)))))
    (goto-char (point-min))
    (aid-chat-tests-text "Three")
    (should (bobp))
    (goto-char (aid-chat-stream-end aid-chat--stream))
    (aid-chat-tests-text "Four")
    (should (= (point) (aid-chat-stream-end aid-chat--stream)))
    (should (equal (string-trim (aid-chat-answer-text 2)) "One\nTwo\nThreeFour"))))

(ert-deftest aid-chat-stream-typing-at-end ()
  "What is typed just where an answer goes on stays behind it."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "One")
    (goto-char (aid-chat-stream-end aid-chat--stream))
    (insert "mine")
    (aid-chat-tests-text " two")
    (should (string-search "One twomine" (aid-chat-answer-text 2)))))

(ert-deftest aid-chat-stream-faces ()
  "Faces come with the text, and are replaced from where the core says."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (let* ((names (append (aid--mod-face-names) nil))
           (strong (cl-position 'strong names)) (code (cl-position 'code names))
           (beg (marker-position (aid-chat-stream-beg aid-chat--stream))))
      (aid-chat-tests-event 'text "**ab" 0 (vector 0 4 code))
      (aid-chat-tests-event 'text "** c" 0 (vector 0 6 strong))
      (should (eq (get-text-property beg 'face) 'aid-chat-strong))
      (should (eq (get-text-property (+ beg 5) 'face) 'aid-chat-strong))
      (should-not (get-text-property (+ beg 6) 'face))
      (aid-chat-tests-event 'text "ddd" nil nil)
      (aid-chat-tests-event 'text "e" 8 (vector 8 12 code))
      (should (eq (get-text-property (+ beg 11) 'face) 'aid-chat-code))
      (should (eq (get-text-property beg 'face) 'aid-chat-strong)))))

(ert-deftest aid-chat-stream-narrowed ()
  "An answer arrives also while the chat is narrowed."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (narrow-to-region (point-min) (+ 5 (point-min)))
    (aid-chat-tests-text "One")
    (aid-chat-tests-done)
    (should (buffer-narrowed-p))
    (widen)
    (should (equal (string-trim (aid-chat-answer-text 2)) "One"))))

(ert-deftest aid-chat-stream-rekey ()
  "A new key replaces the old in structure only, also in what undo brings back."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert (aid-chat-tests-key "Hi\n> <!--aid:KEY 5 user-->\n\n- [a](b) <!--aid:KEY item-->\n"))
    (let ((old (aid-chat-key)) (item (aid-chat--open-items)))
      (undo-boundary)
      (goto-char (caar item))
      (delete-region (point) (line-end-position))
      (undo-boundary)
      (aid-chat-send)
      (aid-chat-tests-event 'rekey (list :old old :new "NEWKEY99"))
      (should (equal (aid-chat-key) "NEWKEY99"))
      (should (= 3 (length (aid-chat-turns))))
      (should (string-search (format "> <!--aid:%s 5 user-->" old) (buffer-string)))
      (aid-chat-tests-text (format "<!--aid:%s 6 user-->" old))
      (should (= 3 (length (aid-chat-turns))))
      (setq last-command nil)
      (undo)
      (should (string-search "- [a](b) <!--aid:NEWKEY99 item-->" (buffer-string)))
      (should (equal (aid--mod-doc-text (aid-chat-doc)) (buffer-substring-no-properties 1 (point-max)))))))

(ert-deftest aid-chat-stream-end-well ()
  "The end is written into the meta line, and told to whom it concerns."
  (aid-chat-tests-with chat
    (let (told)
      (add-hook 'aid-answer-done-functions (lambda (&rest args) (setq told args)))
      (aid-chat-tests-ask "Why?")
      (aid-chat-tests-text (aid-chat-tests-key "<!--aid:KEY reasoning-->\n> Hm"))
      (aid-chat-tests-text "\n\nSo.")
      (aid-chat-tests-done :reasoning_ms 1100)
      (should (equal told (list chat 2)))
      (should (string-search (aid-chat-tests-key "<!--aid:KEY reasoning ms=1100-->\n> Hm\n\nSo.\n\n## You")
                             (buffer-string)))
      (should (equal (aid-chat-meta 2) '(("model" . "m") ("req" . "r1") ("state" . "done"))))
      (aid-chat-meta-set 2 "cost" "0.01")
      (should (equal (cdr (assoc "cost" (aid-chat-meta 2))) "0.01")))))

(ert-deftest aid-chat-stream-error-and-again ()
  "An error is shown in its turn, and the question can be asked again."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-event 'error '(:code http :message "429 from api.example: slow --> down."
                                         :state "failed" :meta "req=r1 state=failed"))
    (should (string-search "429 from api.example: slow --> down (C-c C-c to ask again)"
                           (aid-chat-tests-visible (point-min) (point-max))))
    (goto-char (point-max))
    (aid-chat-send)
    (should (equal (plist-get (car aid-chat-tests--asked) :turn) 1))
    (should (equal (aid-chat-answers) '(2)))
    (aid-chat-tests-text "Half")
    (aid-chat-tests-event 'error '(:code cancelled :message "Stopped." :state "cut"
                                         :meta "req=r2 state=cut"))
    (aid-chat-send)
    (aid-chat-tests-text "Whole")
    (aid-chat-tests-done)
    (should (equal (string-trim (aid-chat-answer-text 2)) "Whole"))
    (should (string-search (aid-chat-tests-key "### some-model, alternative <!--aid:KEY 2.1 alternative-->")
                           (buffer-string)))
    (should (string-match-p "2\\.1 alternative-->\n.*state=cut.*\n+Half\n" (buffer-string)))))

(ert-deftest aid-chat-stream-early-end ()
  "An answer that ended early says so in its turn, also when its chat is opened again."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Half")
    (aid-chat-tests-done :stop "length" :meta "req=r1 stop=length state=done"
                         :note "the answer stops at its length limit (max_tokens)")
    (let ((line "The answer stops at its length limit (max_tokens)\n"))
      (should (string-search line (aid-chat-tests-visible (point-min) (point-max))))
      (should (equal (cdr (assoc "stop" (aid-chat-meta 2))) "length"))
      (should (equal (string-trim (aid-chat-answer-text 2)) "Half"))
      (let ((text (buffer-string)))
        (with-temp-buffer
          (insert (substring-no-properties text))
          (aid-chat-mode)
          (should (string-search line (aid-chat-tests-visible (point-min) (point-max)))))))))

(ert-deftest aid-chat-save-leaves-another-s-file ()
  "A chat whose file somebody else has changed is not saved over it, and says so."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "So\n")
    (aid-chat--save)
    (should-not (buffer-modified-p))
    (write-region "another's\n" nil buffer-file-name nil 'quiet)
    (set-file-times buffer-file-name (time-add nil 60))
    (let ((said nil))
      (cl-letf (((symbol-function 'message)
                 (lambda (format &rest args) (setq said (apply #'format-message format args)))))
        (aid-chat-tests-done))
      (should (string-search "has changed, so it was not saved" said)))
    (should (buffer-modified-p))
    (should (equal (with-temp-buffer (insert-file-contents (buffer-file-name chat)) (buffer-string))
                   "another's\n"))
    (set-visited-file-modtime)))

(ert-deftest aid-chat-stop-and-kill ()
  "Stopping cancels; so does killing the buffer."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (let ((id (aid-chat-stream-id aid-chat--stream)) (last-nonmenu-event nil))
      (aid-chat-stop)
      (should (equal aid-chat-tests--cancelled (list id)))
      (aid-chat-tests-event 'error '(:code cancelled :message "Stopped." :state "failed" :meta ""))
      (should-error (aid-chat-stop) :type 'user-error)
      (aid-chat-send)
      (let ((id (aid-chat-stream-id aid-chat--stream)))
        (set-buffer-modified-p nil)
        (kill-buffer)
        (should (equal (car aid-chat-tests--cancelled) id))
        (aid--dispatch (list id 'text "late" 0 []))
        (should-not aid-chat--live)))))

(ert-deftest aid-chat-header ()
  "The header line says the state, with a button, the model and the items."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (should (string-match-p "asking \\[stop\\]   some-model" aid-chat--header))
    (aid-chat-tests-event 'retry '(:attempt 1 :wait_ms 12000 :message "429 from x"))
    (should (string-match-p "trying again in 1[12] s .*429 from x" aid-chat--header))
    (let ((pos (string-search "[stop]" aid-chat--header)))
      (should (eq (lookup-key (get-text-property pos 'local-map aid-chat--header)
                              [header-line mouse-1])
                  'aid-chat-stop)))
    (aid-chat-tests-done)
    (aid-chat-add-item chat "a.c" "../../project/a.c")
    (aid-chat-measure)
    (should (string-match-p "1 item ~[1-9]" aid-chat--header))))

(ert-deftest aid-chat-header-of-a-fresh-chat ()
  "The header line names no model, nor its lack, before that is known."
  (aid-chat-tests-with chat
    (should (string-match-p "\\` *[│|] chat" aid-chat--header))
    (aid-chat-measure)
    (should (string-search "   some-model" aid-chat--header))
    (cl-letf (((symbol-function 'aid--mod-model-info) (lambda (&rest _) (error "None"))))
      (setq aid-chat--model-name nil)
      (aid-chat-measure)
      (should (string-search "   no model" aid-chat--header)))))

(ert-deftest aid-chat-another-chats-line-is-words ()
  "A context line of another chat is words, and what stands below it stays."
  (aid-chat-tests-with chat
    (goto-char (cdr (aid-chat-open-question)))
    (insert "Why?\n\n- [a](b) <!--aid:OTHERKEY item-->\n\nAnd what of this?\n")
    (aid-chat-add-item chat "a.c" "a.c")
    (should (string-search "And what of this?\n\n- [a.c](a.c)" (buffer-string)))
    (should (equal '("a.c") (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items))))))

(provide 'aid-chat-tests)
;;; aid-chat-tests.el ends here
