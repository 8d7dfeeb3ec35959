;;; aid-metrics-tests.el --- Tests of the report of what became of answers  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Hunks that are decided on make numbers that the core's own report shows;
;; each opens the events that it is made of.

;;; Code:

(require 'aid-project-help)
(require 'aid-measure)
(require 'aid-metrics)
(require 'aid-metrics-plot)
(require 'aid-metrics-events)

(defconst aid-metrics-tests-files
  '(("a.c" . "int one;\nint two;\nint three;\nint four;\nint five;\nint six;\n")
    ("b.py" . "one = 1\ntwo = 2\nthree = 3\n")))

(defconst aid-metrics-tests-answer
  (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -1,2 +1,2 @@" " int one;" "-int two;" "+int zwei;"
                    "@@ -5,2 +5,2 @@" " int five;" "-int six;" "+int sechs;"
                    "--- a/b.py" "+++ b/b.py" "@@ -1,2 +1,2 @@" " one = 1" "-two = 2" "+two = 22"))

(defun aid-metrics-tests-come ()
  "Wait until the report that was asked for is shown."
  (aid-tests-wait (lambda () (not aid-metrics--job)))
  (should-not aid-metrics--error))

(defmacro aid-metrics-tests-with (&rest body)
  "Run BODY in the report of a project where two hunks were accepted and one rejected."
  `(aid-project-with aid-metrics-tests-files
     (aid-project-review aid-metrics-tests-answer)
     (aid-project-key "y")
     (aid-project-key "k")
     (aid-project-key "y")
     (with-current-buffer (aid-project-buffer "a.c")
       (unwind-protect
           (progn (aid-metrics)
                  (set-buffer "*aid-metrics*")
                  (aid-metrics-project)
                  (aid-metrics-tests-come)
                  ,@body)
         (dolist (name '("*aid-metrics*" "*aid-metrics-events*" "*aid-metrics-event*"))
           (when (get-buffer name) (kill-buffer name)))))))

(defun aid-metrics-tests-number (group key)
  "The number KEY of the report's group named GROUP."
  (aid-metrics--number (seq-find (lambda (g) (equal group (plist-get g :name)))
                                 (cons (plist-get aid-metrics--report :all)
                                       (append (plist-get aid-metrics--report :groups) nil)))
                       key))

(ert-deftest aid-metrics-tells-what-was-decided ()
  "Two of three hunks were accepted: the number, its interval, and of how many it is."
  (aid-metrics-tests-with
   (let ((number (aid-metrics-tests-number "All" "accepted")))
     (should (equal (plist-get number :text) "67%"))
     (should (= 2 (plist-get number :hits)))
     (should (= 3 (plist-get number :of)))
     ;; Of one answer they are worth one trial: Wilson's interval of 2/3 of 1.
     (should (equal (plist-get number :range) "9.4–97%"))
     (should (= 1 (length (plist-get number :spark)))))
   (should-not (plist-get (aid-metrics-tests-number "All" "cost") :text))
   (should (string-match-p "^What was decided +Requests +Fit +Accepted" (buffer-string)))
   (should (string-match-p "^All +0 .*67%" (buffer-string)))
   (should (string-match-p "by model, in project" header-line-format))))

(ert-deftest aid-metrics-groups ()
  "Lines can be of languages; what was known before is shown until the core has counted."
  (aid-metrics-tests-with
   (aid-metrics-group '("language"))
   (should aid-metrics--job)
   (should (string-match-p "67%" (buffer-string)))
   (should (string-match-p "counting" header-line-format))
   (aid-metrics-tests-come)
   (should (equal (plist-get (aid-metrics-tests-number "c" "accepted") :text) "50%"))
   (should (equal (plist-get (aid-metrics-tests-number "python" "accepted") :text) "100%"))))

(ert-deftest aid-metrics-opens-events ()
  "A number opens its events, and an event opens whole."
  (aid-metrics-tests-with
   (aid-metrics-group '("language"))
   (aid-metrics-tests-come)
   (should (aid-metrics--find '("python" . "accepted")))
   (aid-metrics-open)
   (set-buffer "*aid-metrics-events*")
   (aid-tests-wait (lambda () (not aid-metrics-events--job)))
   (should (= 1 (length aid-metrics-events--list)))
   (should (string-match-p "decision .* python +accepted .*inserted 9" (buffer-string)))
   (goto-char (point-min))
   (aid-metrics-events-open)
   (with-current-buffer "*aid-metrics-event*"
     (should (string-match-p "^decision +accepted$" (buffer-string)))
     (should (string-match-p "^id +[-0-9a-f]\\{36\\}$" (buffer-string))))))

(ert-deftest aid-metrics-sorts-and-moves ()
  "Lines are sorted by the number at point; TAB goes from number to number."
  (aid-metrics-tests-with
   (aid-metrics-group '("language"))
   (aid-metrics-tests-come)
   (should (aid-metrics--find '("c" . "accepted")))
   (aid-metrics-sort)
   (should (equal (mapcar (lambda (g) (plist-get g :name)) (aid-metrics--groups)) '("python" "c")))
   (should (equal (get-text-property (point) 'aid-metrics-at) '("c" . "accepted")))
   (should (string-match-p "\\`Hunks accepted: 50% (.*with 95% confidence), 1 of 2\nRET"
                           (aid-metrics--help nil (current-buffer) (point))))
   (aid-metrics-sort)
   (should (equal (mapcar (lambda (g) (plist-get g :name)) (aid-metrics--groups)) '("c" "python")))
   (goto-char (point-min))
   (aid-metrics-next)
   (should (equal (get-text-property (point) 'aid-metrics-at) '("All" . "requests")))
   (aid-metrics-next)
   (should (equal (get-text-property (point) 'aid-metrics-at) '("All" . "fit")))
   (should (looking-at "100%"))
   (aid-metrics-previous)
   (should (equal (get-text-property (point) 'aid-metrics-at) '("All" . "requests")))
   (should (looking-at "0"))))

(ert-deftest aid-metrics-says-why-there-is-no-report ()
  "An error of the core stands where the report would."
  (aid-metrics-tests-with
   (aid-metrics-group '("moon"))
   (aid-tests-wait (lambda () (not aid-metrics--job)))
   (should (string-match-p "Reports are not by moon" (buffer-string)))
   (should-error (aid-metrics-open) :type 'user-error)))

(ert-deftest aid-metrics-plots ()
  "A plot has its points between its edges, gaps where nothing is known, and bounds about them."
  (let* ((number '(:series (:value (0.5 nil 1.0) :low (0.25 nil 0.5) :high (0.75 nil 1.0))))
         (points (aid-metrics-plot--points number 1.0 86 26)))
    (should (equal points '((3.0 13.0 18.0 8.0) nil (83.0 3.0 13.0 3.0))))
    (should (equal (aid-metrics-plot--runs points) '(((3.0 13.0 18.0 8.0)) ((83.0 3.0 13.0 3.0)))))
    (should (= 1.0 (aid-metrics-plot--top '(0.2) '(0.4) "share")))
    (should (= 20 (aid-metrics-plot--top '(10 nil) '(90 nil) "ms")))
    (should (= 15 (aid-metrics-plot--top '(10 nil) '(15 nil) "ms")))))

(ert-deftest aid-metrics-plots-have-colors-that-svg-knows ()
  "Names of colors that X has beyond those of SVG do not come into a plot: nothing would be drawn."
  (let* ((number '(:series (:value (0.5 0.7 1.0) :low (0.25 0.5 0.5) :high (0.75 0.9 1.0))))
         svg (names '("Blue1" "grey50")))
    (cl-letf (((symbol-function 'face-foreground) (lambda (&rest _) (pop names)))
              ((symbol-function 'svg-image) (lambda (image &rest _) (setq svg image))))
      (aid-metrics-plot number "share" 10))
    (let ((text (with-temp-buffer (svg-print svg) (buffer-string))))
      (should (string-search "stroke=\"#0000ff\"" text))
      (should (string-match-p "stroke=\"#7[ef]7[ef]7[ef]\"" text))
      (should-not (string-match-p "Blue1\\|grey50" text)))))

(ert-deftest aid-metrics-plots-tell-a-week-that-is-not-over ()
  "The last point is a ring when its week is running, and has something to tell."
  (cl-letf* ((svg nil) ((symbol-function 'svg-image) (lambda (image &rest _) (setq svg image)))
             (rings (lambda (values running)
                      (aid-metrics-plot (list :series (list :value values :low values :high values)) "count" 10 running)
                      (with-temp-buffer
                        (svg-print svg)
                        (how-many "<circle[^>]*stroke=" (point-min))))))
    (should (= 1 (funcall rings '(3 2 1) t)))
    (should (= 0 (funcall rings '(3 2 1) nil)))
    (should (= 0 (funcall rings '(3 2 nil) t)))))

(ert-deftest aid-metrics-blocks-have-a-twin ()
  "Where block characters are missing there are others; only the last weeks are shown."
  (let ((aid-metrics--displayable nil))
    (should (equal (aid-metrics--spark "▁▂▃▄▅▆▇█ " 9) "_.-~=+*# ")))
  (should (equal (aid-metrics--spark "▁▁█▁" 2) "█▁")))

(provide 'aid-metrics-tests)
;;; aid-metrics-tests.el ends here
