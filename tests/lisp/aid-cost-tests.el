;;; aid-cost-tests.el --- Tests of tokens, costs and budgets  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Code:

(require 'aid-module-helper)
(require 'aid-chat-help)
(require 'aid-cost)

(defconst aid-cost-tests--forecast
  '(:tokens 14200 :exact t :tokenizer "o200k_base" :window 200000 :cost 0.04
            :chat_cost 0.0712 :month_cost 0 :chat_budget nil :month_budget nil :over nil :words nil)
  "What the core may foretell.")

(defmacro aid-cost-tests-foretelling (val &rest body)
  "Run BODY while forecasts, which come when `aid-cost-tests--come' is called, are VAL."
  (declare (indent 1))
  `(cl-letf (((symbol-function 'aid--mod-forecast-soon) (lambda (_) (cl-incf aid-chat-tests--id)))
             ((symbol-function 'aid-cost-tests--come)
              (lambda () (aid--dispatch (list aid-cost--asked 'result (list :forecast ,val))))))
     ,@body))

(declare-function aid-cost-tests--come "aid-cost-tests" ())

(defun aid-cost-tests--answering (val)
  "A function for `aid--mod-forecast-soon' whose answer, VAL, comes at once."
  (lambda (_)
    (let ((id (cl-incf aid-chat-tests--id)))
      (run-with-timer 0 nil #'aid--dispatch (list id 'result (list :forecast val)))
      id)))

(ert-deftest aid-cost-header ()
  "The header line shows the tokens against the window, and what the chat has cost."
  (aid-chat-tests-with chat
    (aid-cost-tests-foretelling aid-cost-tests--forecast
      (should (string-match-p "chat ~[0-9]+\\'" aid-chat--header))
      (aid-chat-measure)
      (aid-cost-tests--come)
      (should (string-match-p "chat 14k/200k [│|] \\$0\\.07\\'" aid-chat--header)))))

(ert-deftest aid-cost-header-of-an-estimate ()
  "What is not exact is marked; an unknown window and no cost are left out."
  (aid-chat-tests-with chat
    (aid-cost-tests-foretelling (append '(:exact nil :window 0 :chat_cost 0) aid-cost-tests--forecast)
      (aid-chat-measure)
      (aid-cost-tests--come)
      (should (string-match-p "chat ~14k\\'" aid-chat--header)))))

(ert-deftest aid-cost-forecast-that-fails ()
  "Without a forecast the size is estimated, and the next one is asked for."
  (aid-chat-tests-with chat
    (aid-cost-tests-foretelling aid-cost-tests--forecast
      (aid-chat-measure)
      (aid--dispatch (list aid-cost--asked 'error '(:code "notfound" :message "No model")))
      (should-not aid-cost--asked)
      (should (string-match-p "chat ~[0-9]+\\'" aid-chat--header))
      (aid-chat-measure)
      (should aid-cost--asked))))

(ert-deftest aid-cost-forecast-of-the-core ()
  "The core foretells what an open question would send, without a reply of a server."
  (aid-chat-tests-with chat
		       (let ((settings (expand-file-name ".aid/config.json" (aid-chat-root))))
			 (make-directory (file-name-directory settings))
			 (with-temp-file settings
			   (insert "{\"model\": \"m\", \"models\": {\"m\": {\"provider\": \"ollama\", \"name\": \"x\", \"context\": 4096}}}"))
			 (goto-char (point-max))
			 (insert "A question of several words.")
			 (let ((bare (plist-get (aid-cost--foretold (aid-cost--plist)) :tokens)))
			   (aid-chat-add-item chat "a.c" "../../project/a.c")
			   (aid-chat-add-item chat "gone.c" "../../project/gone.c")
			   (let ((forecast (aid-cost--foretold (aid-cost--plist))))
			     (should (> 2000 (plist-get forecast :tokens) bare 20))
			     (should (= 4096 (plist-get forecast :window)))
			     (should-not (plist-get forecast :exact))
			     (should (equal "other" (plist-get forecast :tokenizer)))
			     (should-not (plist-get forecast :over))
			     (should (= 0 (plist-get forecast :cost)))))
			 (aid-cost-foretell)
			 (let ((limit (+ (float-time) 20)))
			   (while (and (not aid-chat--forecast) (< (float-time) limit))
			     (accept-process-output nil 0.05)))
			 (should (= 4096 (plist-get aid-chat--forecast :window))))))

(ert-deftest aid-cost-budget-asks ()
  "A question that would pass a budget is sent after a yes only."
  (aid-chat-tests-with chat
    (cl-letf (((symbol-function 'aid--mod-forecast-soon)
               (aid-cost-tests--answering
                (append '(:over "chat" :words "This chat has cost $1.") aid-cost-tests--forecast))))
      (cl-letf (((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "m" :budget t))))
        (cl-letf (((symbol-function 'y-or-n-p) (lambda (prompt)
                                                 (should (equal prompt "This chat has cost $1. Send it? "))
                                                 nil)))
          (should-error (aid-chat-tests-ask "Why?") :type 'user-error)
          (should-not aid-chat-tests--asked)
          (should (string-match-p "Why\\?\\'" (buffer-string))))
        (cl-letf (((symbol-function 'y-or-n-p) #'always))
          (aid-chat-send)
          (should (plist-get (car aid-chat-tests--asked) :over-budget)))))))

(ert-deftest aid-cost-no-budget-asks-nothing ()
  "Without a budget nothing is foretold before a question is sent."
  (aid-chat-tests-with chat
    (cl-letf (((symbol-function 'aid-cost--foretold) (lambda (_) (ert-fail "foretold"))))
      (aid-chat-tests-ask "Why?")
      (should aid-chat-tests--asked)
      (should-not (plist-get (car aid-chat-tests--asked) :over-budget)))))

(ert-deftest aid-cost-of-an-answer ()
  "An answer's line has its cost in short; its details have the rest."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "So.\n")
    (aid-chat-tests-event 'done '(:state "done" :meta "model=m req=r1 in=2000 cached=1500 out=400 \
cost=0.0123 ms=2300 first=300 state=done"))
    (should (string-search "2.3 s · 400 tok · $0.01" (aid-chat-tests-visible (point-min) (point-max))))
    (goto-char (car (aid-chat-answer-body (car (aid-chat-answers)))))
    (should (equal (aid-chat-describe)
                   (concat "Answer 2: 2.3 s · 400 tok · $0.01; 2000 tokens in, 1500 of them cached (75%), "
                           "first text after 0.3 s, 200 tok/s, $0.0123")))))

(ert-deftest aid-cost-dollars-in-few-digits ()
  "A cost below a cent has two digits that tell something."
  (should (equal (mapcar #'aid-cost-dollars '(0 0.0042 0.00421987 0.07 1.239 30))
                 '("$0" "$0.0042" "$0.0042" "$0.07" "$1.24" "$30.00"))))

(ert-deftest aid-cost-lists-months ()
  "The list has each month, and in it each model, from what was noted."
  (aid-chat-tests-with chat
		       (cl-letf* ((total (lambda (requests in cached out cost unpriced)
					   (list :requests requests :in in :cached cached :out out :cost cost
						 :unpriced unpriced)))
				  (old (funcall total 1 10 0 1 2.5 0))
				  ((symbol-function 'aid--mod-spend-months) (lambda () '("2025-12" "2025-11")))
				  ((symbol-function 'aid--mod-spend-report)
				   (lambda (month)
				     (if (equal month "2025-11")
					 (append (list :month month :models (list (cons :model (cons "old" old)))) old)
				       (append (list :month month
						     :models (list (cons :model (cons "a" (funcall total 1 1000 250 50 0.5 0)))
								   (cons :model (cons "b" (funcall total 1 2000 0 50 0.0 1)))))
					       (funcall total 2 3000 250 100 0.5 1))))))
			 (save-window-excursion
			   (aid-cost)
			   (should (equal (mapcar (lambda (entry) (append (cadr entry) nil)) (aid-cost--entries))
					  '(("2025-12" "all" "$0.50+?" "2" "3.0k" "8%" "100")
					    ("2025-12" "a" "$0.50" "1" "1.0k" "25%" "50")
					    ("2025-12" "b" "$0+?" "1" "2.0k" "0%" "50")
					    ("2025-11" "all" "$2.50" "1" "10" "0%" "1")
					    ("2025-11" "old" "$2.50" "1" "10" "0%" "1"))))
			   (set-buffer "*aid-cost*")
			   (tabulated-list-sort 2)
			   (goto-char (point-min))
			   (should (string-match-p " b +\\$0\\+\\?" (buffer-substring (point) (line-end-position))))
			   (kill-buffer)))))

(provide 'aid-cost-tests)
;;; aid-cost-tests.el ends here
