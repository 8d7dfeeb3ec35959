;;; clocks.el --- What a stream costs a person  -*- lexical-binding: t; -*-

;;; Commentary:

;; CPU of Emacs's own thread from the scheduler (nanoseconds, unmoved by a busy
;; machine), the pages that it was given (dear on virtual machines), the lateness
;; of a repeating 5 ms timer (what a person would feel), allocations and
;; collections.  Each run writes one Lisp form to BENCH_OUT.

;;; Code:

(require 'cl-lib)

(defvar bench-lateness nil "Milliseconds by which each tick came late.")
(defvar bench--due nil)
(defvar bench--timer nil)
(defvar bench--start nil)

(defun bench-cpu ()
  "Nanoseconds that the main thread has run."
  (with-temp-buffer
    (insert-file-contents-literally (format "/proc/%d/task/%d/schedstat" (emacs-pid) (emacs-pid)))
    (read (current-buffer))))

(defun bench-faults ()
  "How often the main thread had to be given a page."
  (with-temp-buffer
    (insert-file-contents-literally (format "/proc/%d/task/%d/stat" (emacs-pid) (emacs-pid)))
    (search-forward ") ")
    (string-to-number (nth 7 (split-string (buffer-substring (point) (point-max)))))))

(defun bench--tick ()
  "Note how late this tick is."
  (let ((now (float-time)))
    (when bench--due
      (push (max 0.0 (* 1000 (- now bench--due))) bench-lateness))
    (setq bench--due (+ now 0.005)
          bench--timer (run-at-time 0.005 nil #'bench--tick))))

(defun bench-start ()
  "Start all clocks."
  (garbage-collect)
  (setq bench-lateness nil bench--due nil)
  (bench--tick)
  (setq bench--start (list (float-time) (bench-cpu) (copy-sequence (memory-use-counts)) gcs-done (bench-faults))))

(defun bench--percentile (sorted p)
  "The value of the vector SORTED below which P percent lie."
  (if (zerop (length sorted)) 0.0
    (aref sorted (min (1- (length sorted)) (floor (* (length sorted) (/ p 100.0)))))))

(defun bench-stop ()
  "Stop the clocks.  Give a plist of what they saw."
  (pcase-let ((`(,time ,cpu ,uses ,gcs ,faults) bench--start))
    (when bench--timer (cancel-timer bench--timer))
    (let ((late (vconcat (sort (copy-sequence bench-lateness) #'<))))
      (list :seconds (- (float-time) time)
            :cpu-ms (/ (- (bench-cpu) cpu) 1e6)
            :faults (- (bench-faults) faults)
            :p50 (bench--percentile late 50) :p99 (bench--percentile late 99)
            :max (bench--percentile late 100)
            :ticks (length late)
            :conses (- (nth 0 (memory-use-counts)) (nth 0 uses))
            :string-chars (- (nth 4 (memory-use-counts)) (nth 4 uses))
            :gcs (- gcs-done gcs)))))

(defun bench-report (plist)
  "Write PLIST to BENCH_OUT and leave."
  (with-temp-file (getenv "BENCH_OUT")
    (prin1 plist (current-buffer)))
  (let ((kill-emacs-hook kill-emacs-hook) (confirm-kill-processes nil))
    (kill-emacs)))

(provide 'clocks)
;;; clocks.el ends here
