;;; open.el --- Loading, large chats, typing  -*- lexical-binding: t; -*-

;;; Commentary:

;; BENCH_WAY load: from nothing to an open chat, as `aid-new-chat' does it.  BENCH_WAY
;; big: the first screen of the chat BENCH_CHAT, then 200 characters typed into its
;; open question.

;;; Code:

(require 'clocks)

(defun open-load ()
  "Load everything and open a chat."
  ;; Emacs's own start leaves it close to a collection; that is not ours.
  (garbage-collect)
  (let ((begin (float-time)))
    (require 'aid)
    (let ((default-directory (file-name-as-directory (getenv "BENCH_ROOT"))))
      (aid-new-chat))
    (redisplay)
    (bench-report (list :load-ms (* 1000 (- (float-time) begin))))))

(defun open-type (n)
  "Type N characters, with redisplay.  Give the CPU milliseconds of one."
  (garbage-collect)
  (let ((before (bench-cpu)))
    (dotimes (i n)
      (let ((last-command-event (if (zerop (% i 8)) ?\s ?x)))
        (call-interactively #'self-insert-command)
        (redisplay)))
    (/ (- (bench-cpu) before) 1e6 n)))

(defun open-big ()
  "Open a chat and type into it."
  (require 'aid)
  (require 'aid-chat)
  (aid-module-ensure)
  (setq large-file-warning-threshold nil)
  (let ((begin (float-time)) shown)
    (find-file (getenv "BENCH_CHAT"))
    (redisplay)
    (setq shown (* 1000 (- (float-time) begin)))
    (goto-char (point-max))
    (redisplay)
    (open-type 20)
    (let ((cost (open-type 200)))
      (set-buffer-modified-p nil)
      (bench-report (list :shown-ms shown :type-ms cost :size (buffer-size))))))

(run-at-time 0.5 nil (lambda () (if (equal (getenv "BENCH_WAY") "load") (open-load) (open-big))))

;;; open.el ends here
