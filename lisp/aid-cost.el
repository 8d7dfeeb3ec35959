;;; aid-cost.el --- What questions are going to cost, and have cost  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core counts what the open question would send, against the model's window
;; and the budgets in config.json; a chat's header line shows that.  Before a
;; question that would pass a budget is sent, the person is asked.  `aid-cost'
;; shows what each month has cost.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'aid-chat-head)
(require 'aid-chat-later)
(require 'aid-in-force)

(autoload 'aid-context-core-p "aid-context")
(declare-function aid--mod-forecast-soon "ext:aid-module" (plist))
(declare-function aid--mod-spend-report "ext:aid-module" (month))
(declare-function aid--mod-spend-months "ext:aid-module" ())
(declare-function aid--on-event-here "aid-module" (id function))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-chat-root "aid-chat" ())
(autoload 'aid-experiments-check "aid-experiments")

(defun aid-cost-dollars (cost)
  "COST, a number of US dollars, in a few digits that tell something."
  (concat "$" (cond ((= cost 0) "0")
                    ((< cost 0.000001) "0.000001")
                    ((< cost 0.01) (replace-regexp-in-string
                                    "0+\\'" "" (format "%.6f" (aid-cost--round cost))))
                    (t (format "%.2f" cost)))))

(defun aid-cost--round (cost)
  "COST, which is less than a cent, with two digits that are not nought."
  (let ((unit (expt 10.0 (1- (floor (log cost 10))))))
    (* unit (fround (/ cost unit)))))

;;; What the open question is going to be

(defvar-local aid-cost--asked nil
  "The id of the forecast that was asked for and has not come, or nil.")

(defun aid-cost--texts ()
  "The texts of the open question's items that the core cannot or must not read.
What is far away is left out, as an empty text: nothing is connected to or run."
  (mapcar (lambda (item)
            (let ((target (nth 2 item)))
              (cons target
                    (cond ((aid-chat--item-near-p target)
                           (condition-case nil
                               (or (aid-chat--item-text target) 'file)
                             (user-error "")))                  ; it is gone: sending tells
                          ((aid-context-core-p target) 'file)   ; what it read last counts
                          (t "")))))
          (aid-chat--open-items)))

(defun aid-cost--plist ()
  "What the open question would be asked with, for the core."
  (list :doc (aid-chat-doc)
        :path (and buffer-file-name (not (file-remote-p buffer-file-name)) buffer-file-name)
        :root (aid-chat-root) :model aid-model :strategy aid-strategy
        :exact (not aid-strategy-variants)
        :items (delq nil (mapcar (lambda (item) (and (stringp (cdr item)) item))
                                 (aid-cost--texts)))))

(defvar-local aid-cost--again nil
  "Whether what is so has changed since the forecast was asked for.")

(defun aid-cost-foretell ()
  "Have the core find out what is so for the open question, and show it then."
  (cond
   (aid-chat--stream nil)
   (aid-cost--asked (setq aid-cost--again t))
   ((setq aid-cost--asked (ignore-errors (aid--mod-forecast-soon (aid-cost--plist))))
    (setq aid-cost--again nil)
    (aid--on-event-here aid-cost--asked
                        (lambda (kind &optional val)
                          (setq aid-cost--asked nil)
                          (aid-cost--on-situation (and (eq kind 'result) val))
                          (when aid-cost--again
                            (aid-cost-foretell)))))))

(defun aid-cost--on-situation (val)
  "Show VAL, what the core found out for the open question; nil when it could not."
  (setq aid-chat--forecast (plist-get val :forecast))
  (when val
    (setq aid-strategy--info (plist-get val :strategy)
          aid-experiments--in-force (plist-get val :variants))
    (when (plist-get val :experiments)
      (aid-experiments-check))
    (aid-chat--note-model (plist-get val :configured) (plist-get val :model))
    (aid-chat--note-costs (plist-get val :items)))
  (aid-chat-head-update)
  (run-hooks 'aid-chat-measured-hook))

(defconst aid-cost--seconds 2
  "How long the forecast of a question that has a budget is waited for.
Then it is sent: the core itself looks at the budget again.")

(defun aid-cost--foretold (plist)
  "What asking PLIST now would be: a plist of tokens, cost and :words, or nil."
  (pcase (aid-chat-later-job 'forecast aid-cost--seconds (lambda () (aid--mod-forecast-soon plist)))
    (`(result ,val . ,_) (plist-get val :forecast))))

(defun aid-cost-agree (plist)
  "Ask before a question of PLIST is sent that would pass a budget.
Give non-nil when one is going to be passed, by agreement; signal an error when
there is none."
  (let ((words (plist-get (ignore-errors (aid-cost--foretold plist)) :words)))
    (when words
      (unless (y-or-n-p (concat words " Send it? "))
        (user-error "Not sent: see \"budget\" in the settings"))
      t)))

;;; What was spent

(defvar aid-cost-months 12
  "How many months `aid-cost' shows at most.")

(defun aid-cost--row (month name total)
  "A line of the list: what TOTAL tells of the model NAME, or of all, in MONTH."
  (let ((in (plist-get total :in)) (cached (plist-get total :cached))
        (unpriced (plist-get total :unpriced)))
    (list (cons month name)
          (vector month (or name "all")
                  (concat (aid-cost-dollars (plist-get total :cost))
                          (if (> unpriced 0) "+?" ""))
                  (number-to-string (plist-get total :requests))
                  (aid-chat--count in)
                  (if (> in 0) (format "%d%%" (/ (* 100 cached) in)) "")
                  (aid-chat--count (plist-get total :out))))))

(defun aid-cost--entries ()
  "The lines of the list of costs: each month, and in it each model."
  (let ((months (or (aid--mod-spend-months) (list nil))) (rows nil))
    (dolist (month (seq-take months aid-cost-months) (nreverse rows))
      (let ((report (aid--mod-spend-report month)))
        (push (aid-cost--row (plist-get report :month) nil report) rows)
        (dolist (model (append (plist-get report :models) nil))
          (push (aid-cost--row (plist-get report :month) (plist-get model :model) model)
                rows))))))

(defun aid-cost--by (column)
  "A predicate for sorting by the number in COLUMN."
  (let ((number (lambda (entry)
                  (let ((text (aref (cadr entry) column)))
                    (* (string-to-number (string-trim-left text "\\$"))
                       (if (string-suffix-p "k" text) 1000 1))))))
    (lambda (a b) (< (funcall number a) (funcall number b)))))

(define-derived-mode aid-cost-mode tabulated-list-mode "AID-Cost"
  "Major mode for the list of what the months have cost, in US dollars.
\"+?\" behind a cost means that there were requests whose price is not known."
  (setq tabulated-list-format
        (vector '("Month" 9 t) '("Model" 32 t)
                (list "Cost" 12 (aid-cost--by 2) :right-align t)
                (list "Requests" 10 (aid-cost--by 3) :right-align t)
                (list "Tokens in" 11 (aid-cost--by 4) :right-align t)
                (list "Cached" 8 (aid-cost--by 5) :right-align t)
                (list "Out" 9 (aid-cost--by 6) :right-align t))
        tabulated-list-entries #'aid-cost--entries)
  (tabulated-list-init-header))

;;;###autoload
(defun aid-cost ()
  "Show what the questions of each month have cost, by model."
  (interactive)
  (aid-module-ensure)
  (with-current-buffer (get-buffer-create "*aid-cost*")
    (aid-cost-mode)
    (tabulated-list-print)
    (pop-to-buffer (current-buffer))))

(provide 'aid-cost)
;;; aid-cost.el ends here
