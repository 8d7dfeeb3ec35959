;;; aid-queue-help.el --- What the tests of queues share  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat in which an answer is arriving, its end, and what is in the chat then.

;;; Code:

(require 'aid-chat-help)
(require 'aid-queue)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

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

(provide 'aid-queue-help)
;;; aid-queue-help.el ends here
