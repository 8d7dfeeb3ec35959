;;; aid-chat-later.el --- What a question waits for  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Before a question goes, the core looks for what belongs to it: files, the
;; uncommitted changes, passages of the project, secrets.  That takes it some
;; milliseconds on its own threads, rarely more.  Who presses a key meanwhile is not
;; held up: the sending is left where it is, the question waits in the queue (see
;; aid-queue.el), and is sent when what was looked for has come.  What has come
;; already is remembered, so that the sending can be done once more from its
;; beginning.

;;; Code:

(require 'aid-module)
(eval-when-compile (require 'cl-lib))

(declare-function aid-queue-go-on "aid-queue" (chat))

(defvar aid-chat-later-may-leave t
  "Whether a key that is pressed ends the wait for what a question needs.
It is nil where the answer must have begun when the command ends.")

(defvar aid-chat-later--way nil
  "How the core is waited for: nil, `leave', `never' or `patient'.
With `leave' a key ends the wait, and `aid-chat-later' is thrown to.
With `never' that is so at once.  With `never' and `patient' what came
before counts.")

(defvar-local aid-chat-later--come nil
  "What has come for the question that was left: a list of t and (NAME . ANSWER).
The list is another one for each question.")

(defun aid-chat-later-forget ()
  "Forget what has come: the question that was left was sent, or is gone."
  (setq aid-chat-later--come nil))

(defun aid-chat-later--arrived (chat left answer)
  "Note that ANSWER, or nil, came to what was LEFT in CHAT, and go on there.
LEFT is a list of the job's name, what had come before, and the timer that gives
up waiting."
  (pcase-let ((`(,name ,come ,timer) left))
    (when timer
      (cancel-timer timer)
      (setf (nth 2 left) nil)
      (nconc come (list (cons name answer)))
      (when (and (buffer-live-p chat)
                 (eq come (buffer-local-value 'aid-chat-later--come chat)))
        ;; Whoever else hears of the event does so before.
        (run-with-timer 0 nil #'aid-queue-go-on chat)))))

(defun aid-chat-later--leave (name seconds)
  "Leave the job NAME, whose answer is expected for SECONDS more."
  (unless aid-chat-later--come
    (setq aid-chat-later--come (list t)))
  (let ((chat (current-buffer)) (left (list name aid-chat-later--come nil)))
    (setf (nth 2 left) (run-with-timer (max 0 seconds) nil
                                       (lambda () (aid-chat-later--arrived chat left nil))))
    left))

(defun aid-chat-later-job (name seconds start)
  "What comes of the job NAME, which START begins: a list (KIND VALUE), or nil.
START is a function that gives the id of a request of the core, NAME a symbol,
another one for each job of a question.  Nil when it takes more than SECONDS.
Text that comes before is the list's third element."
  (let ((chat (current-buffer)) (way aid-chat-later--way) (limit (+ (float-time) seconds))
        pieces answer left)
    (if-let ((come (and (memq way '(never patient)) (assq name (cdr aid-chat-later--come)))))
        (cdr come)
      (aid--on-event (funcall start)
                     (lambda (kind &optional val &rest _)
                       (if (eq kind 'text)
                           (push val pieces)
                         (setq answer (list kind val (apply #'concat (nreverse pieces))))
                         (when left
                           (aid-chat-later--arrived chat left answer)))))
      (unless (eq way 'never)
        (aid--await seconds (lambda () (or answer (and (eq way 'leave) (input-pending-p))))))
      (when (and (memq way '(leave never)) (not answer) (< (float-time) limit))
        (setq left (aid-chat-later--leave name (- limit (float-time))))
        (throw 'aid-chat-later t))
      answer)))

(provide 'aid-chat-later)
;;; aid-chat-later.el ends here
