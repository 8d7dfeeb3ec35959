;;; linear.el --- A long answer, as fast as it comes  -*- lexical-binding: t; -*-

;;; Commentary:

;; The CPU of Emacs's thread for each tenth of a 50,000-token answer.

;;; Code:

(require 'clocks)
(require 'aid)
(require 'aid-chat)

(defvar linear-marks nil "Pairs of characters inserted and CPU nanoseconds.")
(defvar linear-chat nil)
(defvar linear-begin nil)

(defun linear-note (&rest _)
  "Note how much has come and what it cost."
  (push (cons (buffer-size linear-chat) (bench-cpu)) linear-marks))

(defun linear-tenths ()
  "CPU milliseconds of each tenth of the characters."
  (let* ((marks (nreverse linear-marks)) (first (car marks)) (last (car (last marks)))
         (size (- (car last) (car first))) (from (cdr first)) result)
    (dotimes (i 10 (nreverse result))
      (let* ((goal (+ (car first) (/ (* size (1+ i)) 10)))
             (at (or (cl-find-if (lambda (m) (>= (car m) goal)) marks) last)))
        (push (/ (- (cdr at) from) 1e6) result)
        (setq from (cdr at))))))

(run-at-time
 1 nil
 (lambda ()
   (aid-module-ensure)
   (setq linear-chat (aid-chat-create (getenv "BENCH_ROOT")))
   (switch-to-buffer linear-chat)
   (goto-char (point-max))
   (redisplay)
   (run-at-time 0.02 0.02 #'linear-note)
   (add-hook 'aid-answer-done-functions
             (lambda (&rest _)
               (linear-note)
               (bench-report (append (list :tenths (linear-tenths)) (bench-stop)))))
   (bench-start)
   (aid-chat-ask linear-chat "long")))

;;; linear.el ends here
