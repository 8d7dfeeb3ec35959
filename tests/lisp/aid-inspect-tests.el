;;; aid-inspect-tests.el --- Tests of requests that are looked at, and of compacting  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core makes the requests that are looked at; none is sent.

;;; Code:

(require 'aid-chat-help)
(require 'aid-inspect)
(require 'aid-compact)
(require 'aid-ask-with)

(defmacro aid-inspect-tests-with (context &rest body)
  "Run BODY in a chat whose model takes CONTEXT tokens; nothing is asked in the echo area."
  (declare (indent 1))
  `(aid-chat-tests-with chat
     (make-directory (expand-file-name ".aid" project))
     (with-temp-file (expand-file-name ".aid/config.json" project)
       (insert (format "{\"model\":\"m\",\"models\":{\"m\":{\"provider\":\"openrouter\",\
\"name\":\"real\",\"context\":%d}}}" ,context)))
     (unwind-protect
         (cl-letf (((symbol-function 'aid--mod-model-info)
                    (lambda (&rest _) (list :id "m" :context ,context))))
           (switch-to-buffer chat)
           ,@body)
       (dolist (buffer (buffer-list))
         (when (string-match-p "\\`\\*aid-\\(?:inspect\\|last\\) " (buffer-name buffer))
           (with-current-buffer buffer
             (set-buffer-modified-p nil))
           (kill-buffer buffer))))))

(defun aid-inspect-tests--type (text)
  "Type TEXT at the end of the chat."
  (goto-char (point-max))
  (insert text))

(defun aid-inspect-tests--exchange (question words)
  "Ask QUESTION and have WORDS answer it."
  (aid-inspect-tests--type question)
  (aid-chat-send)
  (aid--dispatch (list aid-chat-tests--id 'text (concat words "\n") 0 []))
  (aid--dispatch (list aid-chat-tests--id 'done '(:state "done" :meta "model=m req=r1 state=done"))))

(ert-deftest aid-inspect-shows-the-request ()
  "Address, headers and body are there; the key is a variable; the head cannot be edited."
  (aid-inspect-tests-with 8000
    (aid-inspect-tests--type "What is it?")
    (aid-inspect)
    (should (bound-and-true-p aid-inspect-mode))
    (should (string-match-p "\\`// POST https://openrouter.ai/api/v1/chat/completions\n" (buffer-string)))
    (should (string-match-p "^// Authorization: Bearer \\$OPENROUTER_API_KEY$" (buffer-string)))
    (should (string-match-p "of the 8.0k that m takes" (buffer-string)))
    (should (string-match-p "\"content\": \"What is it\\?\"" (buffer-string)))
    (goto-char (point-min))
    (should-error (insert "x") :type 'text-read-only)
    (should-not (buffer-modified-p))
    (should (= 0 (length aid-chat-tests--asked)))))

(ert-deftest aid-inspect-keeps-the-strategy-word ()
  "A strategy's name on the first line is obeyed, and is in the chat afterwards."
  (aid-inspect-tests-with 0
    (aid-inspect-tests--type "/edit Change it")
    (aid-inspect)
    (should (string-search "\"content\": \"Change it\"" (buffer-string)))
    (should (string-suffix-p "/edit Change it" (with-current-buffer chat (buffer-string))))))

(ert-deftest aid-inspect-keeps-the-model-line ()
  "A question's own model is the one that would be asked; its line stays."
  (aid-inspect-tests-with 0
    (aid-inspect-tests--type "/edit Change it")
    (save-excursion
      (goto-char (car (aid-chat-open-question)))
      (insert "@model openrouter/other/one\n"))
    (aid-inspect)
    (should (string-search "\"model\": \"other/one\"" (buffer-string)))
    (should (string-search "\"content\": \"Change it\"" (buffer-string)))
    (should (string-suffix-p (concat "@model openrouter/other/one\n" "/edit Change it")
                             (with-current-buffer chat (buffer-string))))))

(ert-deftest aid-inspect-sends-what-stands-there ()
  "Changed text is sent as it is, unchanged text as the chat's own question."
  (aid-inspect-tests-with 0
    (aid-inspect-tests--type "What is it?")
    (aid-inspect)
    (search-forward "What is it?")
    (replace-match "Where is it?")
    (let ((text (buffer-substring-no-properties aid-inspect--body (point-max))))
      (aid-inspect-send)
      (should (equal text (plist-get (car aid-chat-tests--asked) :body))))
    (should (eq chat (current-buffer)))
    (should aid-chat--stream)
    (aid--dispatch (list aid-chat-tests--id 'done '(:state "done" :meta "req=r1 state=done")))
    (aid-inspect-tests--type "And now?")
    (aid-inspect)
    (aid-inspect-send)
    (should-not (plist-get (car aid-chat-tests--asked) :body))))

(ert-deftest aid-inspect-sends-no-other-request-than-it-shows ()
  "When the chat was changed meanwhile, what was shown is what is sent."
  (aid-inspect-tests-with 0
    (aid-inspect-tests--type "What is it?")
    (aid-inspect)
    (with-current-buffer chat
      (aid-inspect-tests--type "  Or who?"))
    (aid-inspect-send)
    (let ((body (plist-get (car aid-chat-tests--asked) :body)))
      (should (string-search "What is it?" body))
      (should-not (string-search "Or who?" body)))))

(ert-deftest aid-inspect-tells-mistakes-with-their-line ()
  "Text that is no JSON is not sent; point goes where it is wrong."
  (aid-inspect-tests-with 0
    (aid-inspect-tests--type "What is it?")
    (aid-inspect)
    (search-forward "\"stream\": true,")
    (replace-match "\"stream\" true,")
    (let ((line (line-number-at-pos)))
      (goto-char (point-max))
      (should (string-match-p (format "\\`Line 3, column [0-9]+: .* (line %d of this buffer)" line)
                              (cadr (should-error (aid-inspect-send) :type 'user-error))))
      (should (= line (line-number-at-pos))))
    (should-not aid-chat-tests--asked)))

(ert-deftest aid-inspect-copies-a-command ()
  "The command holds the request as it stands, with a variable for the key."
  (aid-inspect-tests-with 0
    (aid-inspect-tests--type "It's what?")
    (aid-inspect)
    (aid-inspect-copy-curl)
    (should (string-search "-H \"Authorization: Bearer $OPENROUTER_API_KEY\"" (current-kill 0)))
    (should (string-search "It'\\''s what?" (current-kill 0)))))

(ert-deftest aid-inspect-last-says-when-there-is-none ()
  "A chat that sent nothing has no last request."
  (aid-inspect-tests-with 0
    (should-error (aid-inspect-last) :type 'user-error)))

(ert-deftest aid-inspect-last-shows-both-sides ()
  "Request, status, times and the reply as it came are shown."
  (aid-inspect-tests-with 0
    (cl-letf (((symbol-function 'aid--mod-inspect-last)
               (lambda (key)
                 (should (equal key (with-current-buffer chat (aid-chat-key))))
                 (list :model "m" :wire "openai-chat" :url "http://h/v1" :body "{\"a\":1}" :body_left_out 0
                       :headers '((:name "A" :value "b")) :state "done" :status 200 :started_ms 1000
                       :reply_headers '((:name "X-Id" :value "7")) :reply "data: x\r\n" :reply_left_out 3
                       :lookup_us 1000 :total_us 2500))))
      (aid-inspect-last)
      (let ((text (buffer-string)))
        (dolist (part '("== Request to m (openai-chat)" "POST http://h/v1" "{\n  \"a\": 1\n}"
                        "== Reply: status 200" "name found after 1.0 ms, all after 2.5 ms" "X-Id: 7"
                        "data: x\r\n" "(3 bytes more, which were not kept)"))
          (should (string-search part text)))))))

;;; Compacting

(defconst aid-inspect-tests--words (apply #'concat (make-list 400 "some words. "))
  "An answer of about 1,200 tokens.")

(defun aid-inspect-tests--chat ()
  "Fill the chat with three long answers."
  (dotimes (i 3)
    (aid-inspect-tests--exchange (format "Question %d?" (1+ i))
                                 (format "Answer %d. %s" (1+ i) aid-inspect-tests--words))))

(defun aid-inspect-tests--summary (text)
  "Have TEXT be the summary that was asked for."
  (aid--dispatch (list aid-chat-tests--id 'text text 0 []))
  (aid--dispatch (list aid-chat-tests--id 'done '(:state "done" :stop "end"
                                                  :meta "model=m req=r9 out=7 state=done"))))

(ert-deftest aid-compact-lets-a-summary-stand-for-the-oldest ()
  "Old turns stay and are not sent; the summary is; when it is deleted they are sent again."
  (aid-inspect-tests-with 9000
    (aid-inspect-tests--chat)
    (aid-inspect-tests--type "Next?")
    (let ((aid-compact-keep 0.2))
      (aid-compact))
    (should (equal 4 (plist-get (car aid-chat-tests--asked) :summarise)))
    (let ((before (buffer-string)))
      (aid-inspect-tests--summary (format "They spoke %s." (aid-chat-key)))
      (should-not aid-compact--running)
      (should (string-match-p "Answer 2" (buffer-string)))
      (should (string-match-p "^## Summary of turns 1 to 4 <!--aid:[^ ]+ 4 summary of=1-4-->$" (buffer-string)))
      (should (string-search "They spoke [...]." (buffer-string)))
      (save-excursion
        (goto-char (point-min))
        (search-forward "Answer 2.")
        (should (invisible-p (point)))
        (search-forward "Answer 3.")
        (should-not (invisible-p (point))))
      (let ((body (plist-get (aid-inspect-request) :body)))
        (should (string-search "They spoke" body))
        (should (string-search "Answer 3" body))
        (should-not (string-search "Answer 2" body)))
      (let ((turn (car (aid-chat-turns 'summary))))
        (delete-region (plist-get turn :beg) (plist-get (aid-chat-turn-at (plist-get turn :beg)) :end)))
      (should (equal before (buffer-string)))
      (should (string-search "Answer 2" (plist-get (aid-inspect-request) :body))))))

(ert-deftest aid-compact-twice ()
  "A second summary stands for the first one, too."
  (aid-inspect-tests-with 9000
    (aid-inspect-tests--chat)
    (aid-inspect-tests--type "Next?")
    (aid-compact)
    (aid-inspect-tests--summary "First summary.")
    (aid-compact 6)
    (should (equal 6 (plist-get (car aid-chat-tests--asked) :summarise)))
    (aid-inspect-tests--summary "Second summary.")
    (let ((body (plist-get (aid-inspect-request) :body)))
      (should (string-search "Second summary." body))
      (should-not (string-search "First summary." body))
      (should-not (string-search "Answer 3" body)))))

(ert-deftest aid-compact-errors-leave-the-chat ()
  "An error, a stop and an empty, cut or refused summary change nothing."
  (aid-inspect-tests-with 9000
    (aid-inspect-tests--chat)
    (let ((before (buffer-string)))
      (dolist (end '((error (:state "failed" :message "no way"))
                     (done (:state "done" :stop "end"))
                     (done (:state "done" :stop "length" :note "the answer stops at its length limit"))
                     (done (:state "done" :stop "refusal" :note "the model declined to answer"))))
        (aid-compact)
        (when (plist-get (cadr end) :note)
          (aid--dispatch (list aid-chat-tests--id 'text "half" 0 [])))
        (aid--dispatch (cons aid-chat-tests--id end))
        (should (equal before (buffer-string)))
        (should-not aid-compact--running))
      (aid-compact)
      (aid-chat-stop)
      (should (equal (list aid-chat-tests--id) aid-chat-tests--cancelled)))))

(ert-deftest aid-compact-is-offered-before-the-window-overflows ()
  "Yes compacts and sends nothing; no sends all the same."
  (aid-inspect-tests-with 8000
    (aid-inspect-tests--chat)
    (aid-inspect-tests--type "Next?")
    (let ((asked nil) (answer t))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (prompt) (push prompt asked) answer)))
        (should-error (aid-chat-send) :type 'user-error)
        (should (string-match-p "takes 8.0k with its answer.  Summarise the oldest turns first\\?"
                                (car asked)))
        (should (plist-get (car aid-chat-tests--asked) :summarise))
        (aid--dispatch (list aid-chat-tests--id 'error '(:state "failed" :message "no")))
        (setq answer nil)
        (aid-chat-send)
        (should-not (plist-get (car aid-chat-tests--asked) :summarise))
        (should aid-chat--stream)))))

(ert-deftest aid-compact-is-offered-when-an-answer-is-asked-for-again ()
  "What fitted into one model's context may not fit into another's."
  (aid-inspect-tests-with 8000
    (aid-inspect-tests--chat)
    (let ((asked nil) (answer nil) (last nil))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (prompt) (push prompt asked) answer)))
        (aid-inspect-tests--exchange "Question?" "Short.")
        (setq last (car (last (aid-chat-answers))) answer t asked nil)
        (goto-char (point-max))
        (should-error (aid-chat-again last) :type 'user-error)
        (should (string-match-p "takes 8.0k with its answer.  Summarise the oldest turns first\\?"
                                (car asked)))
        (should (plist-get (car aid-chat-tests--asked) :summarise))
        (aid--dispatch (list aid-chat-tests--id 'error '(:state "failed" :message "no")))
        (setq answer nil)
        (aid-chat-again last)
        (should-not (plist-get (car aid-chat-tests--asked) :summarise))
        (should aid-chat--stream)))))

(ert-deftest aid-compact-is-offered-when-several-models-are-asked ()
  "It is about the one with the smallest context, and before any of them is asked."
  (aid-inspect-tests-with 8000
    (aid-inspect-tests--chat)
    (aid-inspect-tests--type "Next?")
    (let ((asked nil) (answer t) (requests (length aid-chat-tests--asked))
          (info (symbol-function 'aid--mod-model-info)))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (prompt) (push prompt asked) answer))
                ((symbol-function 'aid--mod-model-info)
                 (lambda (id root &rest _)
                   (if (equal id "large")
                       '(:id "large" :context 1000000)
                     (funcall info nil root)))))
        (should-error (aid-ask-with '("large" "m")) :type 'user-error)
        (should (= 1 (length asked)))
        (should (string-search "takes 8.0k with its answer" (car asked)))
        (should (= (1+ requests) (length aid-chat-tests--asked)))
        (should (plist-get (car aid-chat-tests--asked) :summarise))
        (aid--dispatch (list aid-chat-tests--id 'error '(:state "failed" :message "no")))
        (setq answer nil)
        (aid-ask-with '("large" "m"))
        (should (= 2 (length asked)))
        (should (= 2 (length (aid-chat-streams))))))))

(ert-deftest aid-compact-holds-up-the-queue ()
  "A queued question that does not fit is not sent without being asked about."
  (aid-inspect-tests-with 8000
    (let ((aid-answer-done-functions '(aid-queue-on-answer)) (asked nil))
      (cl-letf (((symbol-function 'y-or-n-p)
                 (lambda (prompt) (push prompt asked) (signal 'inhibited-interaction nil))))
        (dotimes (_ 2)
          (aid-inspect-tests--exchange "Question?" aid-inspect-tests--words))
        (aid-inspect-tests--type "Question?")
        (aid-chat-send)
        (goto-char (point-max))
        (insert "Next?")
        (aid-chat-send)
        (should (aid-chat-queued))
        (let ((requests (length aid-chat-tests--asked)) (limit (+ (float-time) 5)))
          (aid--dispatch (list aid-chat-tests--id 'text aid-inspect-tests--words 0 []))
          (aid--dispatch (list aid-chat-tests--id 'done '(:state "done" :meta "model=m req=r3 state=done")))
          (while (and (not asked) (< (float-time) limit))
            (accept-process-output nil 0.02))
          (should asked)
          (should (aid-chat-queued))
          (should (= requests (length aid-chat-tests--asked))))))))

(ert-deftest aid-compact-counts-what-context-lines-sent ()
  "A chat of few words is long when files went with it."
  (aid-inspect-tests-with 8000
    (aid-inspect-tests--exchange "Short?" "Short.")
    (aid-inspect-tests--type "Next?")
    (should-not (aid-chat--near-full-p))
    (goto-char (point-min))
    (search-forward "Short?")
    (insert (format "\n\n- [x](x) %s" (aid-chat--marker "item sent=0123456789abcdef tok=7000")))
    (should (aid-chat--near-full-p))
    (let ((aid-chat--body "{}"))
      (should-not (aid-chat--near-full-p)))))

(ert-deftest aid-compact-keeps-decisions ()
  "What was decided about a compacted answer is told with the next question, and can be read."
  (aid-inspect-tests-with 9000
    (aid-inspect-tests--exchange
     "Change it" "```diff\n--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@\n-int a;\n+int c;\n int b;\n```")
    (let* ((patch (aid--mod-patch-read (aid-chat-answer-text 2)))
           (id (plist-get (elt (plist-get patch :hunks) 0) :id)))
      (goto-char (cdr (aid-chat-answer-body 2)))
      (aid-chat--replace (point) (point) (concat (aid-chat--marker (format "hunks %s=rejected" id)) "\n\n"))
      (aid-inspect-tests--type "Next?")
      (aid-compact 2)
      (aid-inspect-tests--summary "They changed it.")
      (let ((body (plist-get (aid-inspect-request) :body)))
        (should (string-search "They changed it." body))
        (should (string-match-p "rejected" body)))
      (should (equal (list 2) (aid-chat-answers)))
      (should (plist-get (aid--mod-patch-read (aid-chat-answer-text 2)) :files)))))

(provide 'aid-inspect-tests)
;;; aid-inspect-tests.el ends here
