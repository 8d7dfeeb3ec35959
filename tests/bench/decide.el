;;; decide.el --- What recording a decision on a hunk costs Emacs's thread  -*- lexical-binding: t; -*-

;;; Commentary:

;; Hundreds of hunks of one answer are accepted one by one, as by a person; a
;; clock of the thread's CPU stands around what records that, and around what
;; begins to follow the accepted text.  BENCH_CLOCK is the module that has it.
;; What the clock takes around nothing, at the same moments, is left out.

;;; Code:

(require 'aid-project-help)
(require 'aid-measure)
(require 'aid-measure-stayed)

(declare-function bench-thread-ns "ext:thread_clock" ())
(module-load (getenv "BENCH_CLOCK"))

(defun decide-nothing (&rest _)
  "Do nothing, which is clocked, too.")

(defconst decide-clocked '(decide-nothing aid-measure--names aid-measure--decision aid-measure-accepted)
  "The functions that are measured.")

(defun decide--clocked (name)
  "Measure calls of the function NAME from now on."
  (advice-add name :around
              (lambda (function &rest args)
                (let ((from (bench-thread-ns)))
                  (prog1 (apply function args)
                    (push (- (bench-thread-ns) from) (get name 'decide)))))))

(defun decide--say (words ns clocks)
  "Say in WORDS what the times NS, in which CLOCKS stand, come to; give the median in us."
  (let* ((nothing (sort (copy-sequence (get 'decide-nothing 'decide)) #'<))
         (clock (* clocks (nth (/ (length nothing) 2) nothing)))
         (ns (sort (mapcar (lambda (one) (- one clock)) ns) #'<)) (n (length ns)) (p50 (/ (nth (/ n 2) ns) 1e3)))
    (princ (format "%-44s p50 %7.2f us   p99 %7.2f us   least %5.2f us, of CPU\n"
                   words p50 (/ (nth (/ (* 99 n) 100) ns) 1e3) (/ (car ns) 1e3)))
    p50))

(aid-project-with (list (cons "a.txt" (aid-project-lines 1 6000)))
  (aid-project-review
   (apply #'aid-project-diff "--- a/a.txt" "+++ b/a.txt"
          (mapcar (lambda (n) (format "@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+changed %d\n line %d"
                                      (1- n) (1- n) (1- n) n n (1+ n)))
                  (number-sequence 10 5900 20))))
  (mapc #'decide--clocked decide-clocked)
  (let ((inhibit-message t))
    (dotimes (_ 250)
      (aid-project-key "y")
      (decide-nothing 1 2)
      (sleep-for 0.002)))               ; the writer is done, and sleeps
  (let ((recorded (cl-mapcar #'+ (get 'aid-measure--names 'decide) (get 'aid-measure--decision 'decide))))
    (princ (if (< (decide--say "a decision is recorded" recorded 2) 50) "  reached" "  MISSED"))
    (princ "  under 50 us\n")
    (decide--say "  the accepted text is followed from then on" (get 'aid-measure-accepted 'decide) 1)
    (decide--say "  (the clock around nothing, which is left out)" (get 'decide-nothing 'decide) 0)))

;;; decide.el ends here
