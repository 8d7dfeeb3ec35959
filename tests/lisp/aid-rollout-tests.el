;;; aid-rollout-tests.el --- Tests of installed cores  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Which core starts, what is left of one that crashed, and what follows.
;; The crashes are real ones, of Emacsen of their own.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-rollout)
(require 'aid-rollout-help)

(declare-function aid--test-crash "ext:crash-core" (way thread))

(defun aid-rollout-tests--crash (folder way thread)
  "Crash an Emacs whose cores are in FOLDER, by WAY, on a THREAD of the core's if non-nil."
  (aid-tests-emacs folder '(aid-module-ensure) `(aid--test-crash ,way ,thread)))

(ert-deftest aid-rollout-newest-starts ()
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-a" "0.1.0" "2026-01-01T00:00:00Z")
      (aid-tests-install folder "core-b" "0.2.0" "2026-02-01T00:00:00Z")
      (should (equal (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version)))
                     '(0 . "release-b")))
      ;; What was installed last is the newest, whatever its number.
      (aid-tests-install folder "core-a" "0.1.0" "2026-03-01T00:00:00Z")
      (should (equal (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version)))
                     '(0 . "release-a")))
      ;; An Emacs that ends in order leaves no mark.
      (should-not (aid-tests-marks home)))))

(ert-deftest aid-rollout-core-that-does-not-start ()
  "One that does not start, or cannot be loaded, is passed over, and that is said."
  (dolist (bad '(("bad-start" "the port is taken") ("bad-entry" "not a core") ("no library" "cannot be loaded")))
    (aid-tests-with-home home
      (let ((folder (concat home "/cores")))
        (aid-tests-install folder "core-a" "0.1.0")
        (aid-tests-install folder (car bad) "0.2.0" "2026-02-01T00:00:00Z")
        (pcase-let ((`(,status . ,out) (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version)))))
          (should (equal status 0))
          (should (string-suffix-p "release-a" out))
          (should (string-match-p (concat "AID 0\\.2\\.0 (" (aid-tests-hash (car bad)) ") does not start:\n.*" (cadr bad)) out))
          (should (string-match-p (concat "AID 0\\.1\\.0 (" (aid-tests-hash "core-a") ") runs instead") out)))
        (should-not (aid-tests-marks home))))))

(ert-deftest aid-rollout-nothing-that-starts ()
  "When none starts, the error is that of the one that was to."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "no library" "0.1.0")
      (aid-tests-install folder "bad-start" "0.2.0")
      (should (string-match-p "the port is taken"
                              (cdr (aid-tests-emacs folder '(condition-case e (aid-module-ensure)
                                                              (aid-error (princ (error-message-string e)))))))))))

(ert-deftest aid-rollout-crash-leaves-a-mark ()
  "A fault and an abort leave one, on Emacs's thread and on one of the core's; Emacs still says its own."
  (pcase-dolist (`(,way ,thread ,signal) '(("segv" nil 11) ("segv" t 11) ("abort" nil 6) ("abort" t 6)))
    (aid-tests-with-home home
      (let ((folder (concat home "/cores")))
        (aid-tests-install folder "core-crash" "0.3.0")
        (pcase-let ((`(,status . ,out) (aid-rollout-tests--crash folder way thread)))
          (should (stringp status))
          (should (string-match-p "Backtrace:" out)))
        (let ((marks (aid-tests-marks home)))
          (should (= (length marks) 1))
          (should (string-match-p (format "\\`%s\\.[0-9]+\\.[0-9]+\\.crash-%02d-young\\'"
                                          (aid-tests-hash "core-crash") signal)
                                  (car marks))))))))

(ert-deftest aid-rollout-killed-is-not-crashed ()
  "Whom a person kills, or who is sent a signal, has not crashed."
  (dolist (signal '("KILL" "TERM" "SEGV" "ABRT"))
    (aid-tests-with-home home
      (let ((folder (concat home "/cores")))
        (aid-tests-install folder "core-crash" "0.3.0")
        (aid-tests-emacs folder '(aid-module-ensure)
                         ;; From a process of its own: what Emacs sends itself is what abort does.
                         `(call-process "sh" nil nil nil "-c" (format "kill -%s %d" ,signal (emacs-pid)))
                         '(while t (sleep-for 1)))
        (should-not (seq-filter (lambda (mark) (string-match-p "crash" mark)) (aid-tests-marks home)))))))

(defun aid-rollout-tests--later (home folder crashing)
  "Run CRASHING when a core of FOLDER has run for long; give the marks in HOME."
  (let ((process-environment
         (append (list (concat "LD_PRELOAD=" (expand-file-name "test-cores/later.so" aid-tests-build))
                       (concat "AID_TESTS_LATER=" home "/later"))
                 process-environment)))
    (aid-tests-emacs folder '(aid-module-ensure) `(write-region "" nil ,(concat home "/later")) crashing)
    (delete-file (concat home "/later"))
    (sort (mapcar #'file-name-extension (aid-tests-marks home)) #'string<)))

(ert-deftest aid-rollout-crash-of-a-core-that-ran-well ()
  "Later a crash is the core's in its code or on its threads, and Emacs's own elsewhere."
  (skip-unless (file-exists-p (expand-file-name "test-cores/later.so" aid-tests-build)))
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-crash" "0.3.0")
      (should (equal (aid-rollout-tests--later home folder '(signal-process (emacs-pid) 'SEGV)) '("run")))
      (should (equal (aid-rollout-tests--later home folder '(aid--test-crash "segv" t)) '("crash-11-core" "run")))
      (should (equal (aid-rollout-tests--later home folder '(aid--test-crash "abort" nil))
                     '("crash-06-core" "crash-11-core" "run"))))))

(ert-deftest aid-rollout-what-ran-well-is-forgiven ()
  "A core that ran for long and ended in order has its early crashes forgotten, and no others."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-crash" "0.3.0")
      (aid-rollout-tests--crash folder "segv" t)
      (should (equal (mapcar #'file-name-extension (aid-tests-marks home)) '("crash-11-young")))
      (aid-tests-emacs folder '(aid-module-ensure))
      (should (equal (mapcar #'file-name-extension (aid-tests-marks home)) '("crash-11-young")))
      (aid-rollout-tests--later home folder '(aid--test-crash "segv" t))
      (should (equal (sort (aid-rollout-tests--later home folder nil) #'string<) '("crash-11-core"))))))

(ert-deftest aid-rollout-two-crashes ()
  "After two the one before starts, which is said once; forgetting them takes it back."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")) (version '(princ (aid--mod-version))) (ensure '(aid-module-ensure)))
      (aid-tests-install folder "core-b" "0.1.0" "2026-01-01T00:00:00Z")
      (aid-tests-install folder "core-a" "0.2.0" "2026-02-01T00:00:00Z")
      (aid-tests-emacs folder ensure)                     ; 0.2.0 has run well
      (aid-tests-install folder "core-b" "0.1.0" "2026-03-01T00:00:00Z")
      (aid-tests-install folder "core-crash" "0.3.0" "2026-04-01T00:00:00Z")
      (aid-rollout-tests--crash folder "segv" t)
      (should (string-suffix-p "release-crash" (cdr (aid-tests-emacs folder ensure version))))
      (aid-rollout-tests--crash folder "abort" nil)
      (let ((out (cdr (aid-tests-emacs folder ensure version))))
        (should (string-suffix-p "release-a" out))
        (should (string-match-p (format "AID 0\\.3\\.0 (%s) took Emacs down 2 times, the last time by signal 6"
                                        (aid-tests-hash "core-crash"))
                                out))
        (should (string-match-p (format "The one before runs now: AID 0\\.2\\.0 (%s)" (aid-tests-hash "core-a")) out))
        (should (string-match-p (format "aid cores use %s" (aid-tests-hash "core-crash")) out)))
      (should (equal (cdr (aid-tests-emacs folder ensure version)) "release-a"))
      (aid-tests-emacs folder '(aid--load-loader) `(aid--mod-told ,(aid-tests-hash "core-crash") t))
      (should (equal (cdr (aid-tests-emacs folder ensure version)) "release-crash")))))

(ert-deftest aid-rollout-only-one-is-installed ()
  "What crashed is started all the same when there is no other."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-crash" "0.3.0")
      (dotimes (_ 2)
        (aid-rollout-tests--crash folder "segv" nil))
      (let ((out (cdr (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version))))))
        (should (string-match-p "no other one is installed" out))
        (should (string-suffix-p "release-crash" out))))))

(ert-deftest aid-rollout-marks-of-this-emacs ()
  "A core is marked while it runs, through swaps, and its crashes do not count while Emacs lives."
  (aid-tests-with-home home
    (let* ((folder (concat home "/cores"))
           (a (aid-tests-install folder "core-a" "0.1.0"))
           (b (aid-tests-install folder "core-b" "0.2.0"))
           (files '(princ (format "%S" (directory-files (concat (getenv "XDG_STATE_HOME") "/aid/cores") nil "run\\'")))))
      (should (string-match-p (format "\\`(\"%s\\.[0-9]+\\.[0-9]+\\.run\")\\'" (aid-tests-hash "core-b"))
                              (cdr (aid-tests-emacs folder '(aid-module-ensure) files))))
      ;; There and back: a core that ran before is loaded again.
      (let ((out (cdr (aid-tests-emacs folder '(aid-module-ensure)
                                       `(dolist (file '(,a ,b ,a))
                                          (aid--swap file)
                                          (while (/= 0 (aid--mod-reap t "test")))
                                          (princ (format "%s " (aid--mod-version))))
                                       files))))
        (should (string-match-p (format "release-a release-b release-a (\"%s\\.[0-9]+\\.[0-9]+\\.run\")\\'"
                                        (aid-tests-hash "core-a"))
                                out)))
      (should-not (aid-tests-marks home))
      (should-not (directory-files (concat home "/state/aid/cores") nil "again")))))

(ert-deftest aid-rollout-used-numbers-fool-nobody ()
  "A crash mark counts by who began when, not by the number alone; a living process has not crashed."
  (aid-tests-with-home home
    (let* ((folder (concat home "/cores")) (marks (concat home "/state/aid/cores/"))
           (crashes '(princ (plist-get (car (aid--mod-installed aid-module-directory)) :crashes))))
      (aid-tests-install folder "core-a" "0.1.0")
      (make-directory marks t)
      (dotimes (i 3)
        (write-region "" nil (format "%s%s.%d.%d.crash-11-young" marks (aid-tests-hash "core-a") (emacs-pid) (1+ i)) nil 0))
      (should (equal (cdr (aid-tests-emacs folder '(aid--load-loader) crashes)) "3"))
      (delete-directory marks t)
      (make-directory marks t)
      (with-temp-buffer
        (insert-file-contents-literally (format "/proc/%d/stat" (emacs-pid)))
        (let ((start (nth 19 (split-string (substring (buffer-string) (1+ (string-match ")[^)]*\\'" (buffer-string))))))))
          (write-region "" nil (format "%s%s.%d.%s.crash-11-young" marks (aid-tests-hash "core-a") (emacs-pid) start) nil 0)))
      (should (equal (cdr (aid-tests-emacs folder '(aid--load-loader) crashes)) "0")))))

(ert-deftest aid-rollout-damaged-state ()
  "Whatever lies in the state's folder, a core starts."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")) (marks (concat home "/state/aid/cores/")))
      (aid-tests-install folder "core-a" "0.1.0")
      (make-directory marks t)
      (dolist (name (list "wish" "x.run" (concat (aid-tests-hash "core-a") ".0.0.run")
                          (concat (aid-tests-hash "core-a") ".1.crash-11-young")
                          (concat (aid-tests-hash "core-a") ".99999999.1.crash-xx-young") (make-string 200 ?a)))
        (write-region (make-string 5000 ?w) nil (concat marks name) nil 0))
      (write-region "version\n" nil (concat folder "/aid-core-abcdef.txt") nil 0)
      (write-region "" nil (concat folder "/aid-core-abcdef.so") nil 0)
      (should (equal (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version))) '(0 . "release-a")))
      (delete-directory marks t)
      (write-region "a file where the folder was" nil (substring marks 0 -1) nil 0)
      (should (equal (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version))) '(0 . "release-a"))))))

;;; What settings say

(defun aid-rollout-tests--look (folder home settings &rest forms)
  "Have an Emacs with cores in FOLDER look what SETTINGS in HOME say, and run FORMS.
Give what it printed."
  (make-directory (concat home "/config/aid") t)
  (write-region settings nil (concat home "/config/aid/config.json") nil 0)
  (cdr (apply #'aid-tests-emacs folder '(require 'aid-rollout) '(require 'cl-lib) '(aid-module-ensure) '(aid-rollout-check t)
              '(while aid-rollout--running (accept-process-output nil 0.05))
              '(princ (format "[%s]" (aid--mod-version))) forms)))

(ert-deftest aid-rollout-follows-the-settings ()
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-a" "0.1.0" "2026-01-01T00:00:00Z")
      (aid-tests-install folder "core-b" "0.2.0" "2026-02-01T00:00:00Z")
      (let ((out (aid-rollout-tests--look folder home "{\"core\": \"0.1.0\"}")))
        (should (string-match-p "AID 0\\.1\\.0 ([0-9a-f]+) runs now: your settings say so" out))
        (should (string-suffix-p "[release-a]" out)))
      ;; The next Emacs starts it.
      (should (equal (cdr (aid-tests-emacs folder '(aid-module-ensure) '(princ (aid--mod-version)))) "release-a"))
      ;; What is not installed is said, and the newest runs.
      (let ((out (aid-rollout-tests--look folder home "{\"core\": \"0.7\"}")))
        (should (string-match-p "Your setting \"core\" wants AID 0\\.7, which is not installed" out))
        (should (string-suffix-p "[release-b]" out)))
      (should (string-suffix-p "[release-b]" (aid-rollout-tests--look folder home "{}"))))))

(ert-deftest aid-rollout-core-that-does-not-take-over ()
  "The one that runs stays, and it is said, once."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "bad-start" "0.1.0" "2026-01-01T00:00:00Z")
      (aid-tests-install folder "core-b" "0.2.0" "2026-02-01T00:00:00Z")
      (let ((out (aid-rollout-tests--look folder home "{\"core\": \"0.1.0\"}" '(aid-rollout-check t)
                                          '(while aid-rollout--running (accept-process-output nil 0.05)))))
        (should (string-match-p "AID 0\\.1\\.0 ([0-9a-f]+) does not start:\n.*the port is taken" out))
        (should (= (length (split-string out "the port is taken")) 2))
        (should (string-match-p "\\[release-b\\]" out))))))

(ert-deftest aid-rollout-by-hand-stays ()
  "What a person loaded stays in that Emacs, and they choose among what is installed."
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-a" "0.1.0" "2026-01-01T00:00:00Z")
      (aid-tests-install folder "core-b" "0.2.0" "2026-02-01T00:00:00Z")
      (should (string-suffix-p
               "[release-b](0.2.0 0.1.0)[release-b]"
               (aid-rollout-tests--look
                folder home "{\"core\": \"0.2.0\"}"
                `(cl-letf (((symbol-function 'completing-read)
                            (lambda (_prompt list &rest _)
                              (princ (mapcar (lambda (one) (car (split-string one))) (butlast list)))
                              (car list))))
                   (aid-reload (aid--read-core)))
                '(aid-rollout-check t)
                '(while aid-rollout--running (accept-process-output nil 0.05))
                '(princ (format "[%s]" (aid--mod-version)))))))))

(ert-deftest aid-rollout-list-of-cores ()
  (aid-tests-with-home home
    (let ((folder (concat home "/cores")))
      (aid-tests-install folder "core-a" "0.1.0" "2026-01-01T00:00:00Z")
      (aid-tests-install folder "core-b" "0.2.0" "2026-02-01T00:00:00Z")
      (let ((out (aid-rollout-tests--look
                  folder home "{}" '(aid-cores)
                  '(with-current-buffer "*aid-cores*" (search-forward "0.1.0") (aid-cores-use))
                  '(while aid-rollout--running (accept-process-output nil 0.05))
                  '(with-current-buffer "*aid-cores*" (revert-buffer) (princ (buffer-string)))
                  '(with-current-buffer "*aid-cores*" (aid-cores-auto))
                  '(while aid-rollout--running (accept-process-output nil 0.05))
                  '(princ (format "[%s]" (aid--mod-version))))))
        (should (string-match-p "^0\\.1\\.0 .*2026-01-01T00:00:00Z .*runs here, starts next: your settings say so" out))
        (should (string-match-p "0\\.2\\.0 .* newest$" out))
        (should (string-suffix-p "[release-b]" out))
        (should-not (string-match-p "core" (with-temp-buffer (insert-file-contents (concat home "/config/aid/config.json"))
                                                             (buffer-string))))))))

(provide 'aid-rollout-tests)
;;; aid-rollout-tests.el ends here
