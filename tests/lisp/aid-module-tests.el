;;; aid-module-tests.el --- Tests of the loader and its events  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The resident loader, tried with cores that have no product in them
;; (event_core.c, bad_core.c): queue, pipe, slots, swaps.  The product's
;; own functions are in aid-binding-tests.el.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-module)
(require 'aid-module-helper)

(declare-function aid--mod-stats "ext:aid-module" ())
(declare-function aid--mod-cancel "ext:aid-module" (id))
(defvar comp-enable-subr-trampolines)
(defvar native-comp-enable-subr-trampolines)
(declare-function aid--test-new "ext:event-core" ())
(declare-function aid--test-text "ext:event-core" (id string from spans))
(declare-function aid--test-event "ext:event-core" (id kind bytes final))
(declare-function aid--test-sample "ext:event-core" (id))
(declare-function aid--test-flood "ext:event-core" (count string))
(declare-function aid--test-hold "ext:event-core" ())
(declare-function aid--test-version "ext:event-core" ())
(declare-function aid--test-args "ext:event-core" (&rest args))

;;; Values

(ert-deftest aid-module-val-of-every-kind ()
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)))
    (aid--test-sample id)
    (pcase-let* ((`((,got-id ,kind ,val)) (aid-tests-drain))
                 (deep (plist-get val :deep)))
      (should (equal (list got-id kind) (list id 'result)))
      (should (equal (seq-take val 22)
                     (list :null nil :yes t :no nil :small -1 :big (1- (expt 2 63)) :real 0.5
                           :str "grüß\0e" :empty "" :sym 'exact :list '(1 nil)
                           (intern ":grüß e") 7)))
      ;; What nests deeper than anything of ours is cut, not recursed into.
      (should (listp deep)))))

(ert-deftest aid-module-val-damaged ()
  "Bytes that are no value give something, and never hurt."
  (aid-tests-load "event-1")
  (random "damage")
  (dolist (bytes (append '([] [?l 255 255 255 255] [?o 9 0 0 0 255 255 255 127] [?s 9 0 0 0 ?a] [?i 1] [0] [?s 1 0 0 0 255])
                         (cl-loop repeat 300
                                  collect (apply #'vector
                                                 (cl-loop repeat (1+ (random 40))
                                                          collect (if (zerop (random 3))
                                                                      (aref "ntfidsylo" (random 9))
                                                                    (random (if (zerop (random 2)) 4 256))))))))
    (let ((id (aid--test-new)))
      (aid--test-event id "result" bytes t)
      (should (equal (seq-take (car (aid-tests-drain)) 2) (list id 'result))))))

;;; The queue

(ert-deftest aid-module-texts-join ()
  "Texts that wait become one; the later one's faces replace those from its place on."
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)))
    (aid--test-text id "grüße " 0 [0 4 1  4 6 2])
    (aid--test-text id "you" 4 [4 9 3])
    (aid--test-text id "!" 9 [])
    (should (equal (aid-tests-drain) `((,id text "grüße you!" 0 [0 4 1  4 9 3]))))))

(ert-deftest aid-module-texts-join-from-is-least ()
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)))
    (aid--test-text id "ab" 7 [7 8 1])
    (aid--test-text id "cd" 3 [3 11 2])
    (should (equal (aid-tests-drain) `((,id text "abcd" 3 [3 11 2]))))))

(ert-deftest aid-module-texts-of-two-requests-stay-apart ()
  (aid-tests-load "event-1")
  (let ((one (aid--test-new)) (two (aid--test-new)))
    (aid--test-text one "a" 0 [])
    (aid--test-text two "x" 0 [])
    (aid--test-text one "b" 0 [])
    (aid--test-text two "y" 0 [])
    (should (equal (aid-tests-drain) `((,one text "ab" 0 []) (,two text "xy" 0 []))))))

(ert-deftest aid-module-texts-do-not-pass-other-events ()
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)))
    (aid--test-text id "a" 0 [])
    (aid--test-event id "usage" [?t] nil)
    (aid--test-text id "b" 1 [])
    (should (equal (mapcar #'cadr (aid-tests-drain)) '(text usage text)))))

(ert-deftest aid-module-drain-is-capped ()
  "A long text comes in pieces of whole characters; faces come with the last."
  (aid-tests-load "event-1")
  (let* ((id (aid--test-new))
         (text (concat "a" (make-string 50000 ?€) (make-string 50000 ?x)))
         events pieces)
    (aid--test-text id text 5 [5 6 1])
    (aid--test-event id "done" [?t] t)
    (while (setq events (aid--mod-drain))
      (should (<= (cl-loop for e in events when (eq (cadr e) 'text) sum (string-bytes (nth 2 e)))
                  65536))
      (setq pieces (append pieces events)))
    (should (eq (cadr (car (last pieces))) 'done))
    (setq pieces (butlast pieces))
    (should (= (length pieces) 4))
    (should (equal (mapconcat (lambda (e) (nth 2 e)) pieces "") text))
    (should (equal (nthcdr 3 (car (last pieces))) '(5 [5 6 1])))
    (dolist (early (butlast pieces))
      (should (equal (nthcdr 3 early) '(nil nil))))))

(ert-deftest aid-module-cut-text-still-joins ()
  "What arrives while a long text is drained belongs to its last piece."
  (aid-tests-load "event-1")
  (let* ((id (aid--test-new)) (long (make-string 70000 ?a)) (first nil))
    (aid--test-text id long 0 [0 9 1])
    (setq first (aid--mod-drain))
    (aid--test-text id "end" 69990 [69990 70003 2])
    (should (= (length (nth 2 (car first))) 65536))
    (should (equal (aid-tests-drain)
                   `((,id text ,(concat (substring long 65536) "end") 0 [0 9 1 69990 70003 2]))))))

(ert-deftest aid-module-nothing-after-the-last-event ()
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)) (other (aid--test-new)))
    (aid--test-event id "done" [?t] t)
    (aid--test-text id "late" 0 [])
    (aid--test-event id "error" [?t] t)
    (aid--test-text other "on" 0 [])
    (should (equal (aid-tests-drain) `((,id done t) (,other text "on" 0 []))))
    (aid--test-text id "later" 0 [])
    (should-not (aid-tests-drain))))

(ert-deftest aid-module-drain-ends-with-a-request ()
  "A request's last event is the last of its drain: the next one can end after a redisplay."
  (aid-tests-load "event-1")
  (let ((one (aid--test-new)) (two (aid--test-new)))
    (aid--test-text one "a" 0 [])
    (aid--test-text two "x" 0 [])
    (aid--test-event one "done" [?t] t)
    (aid--test-event two "error" [?t] t)
    (should (equal (aid--mod-drain)
                   `((,one text "a" 0 []) (,two text "x" 0 []) (,one done t))))
    (should (equal (aid--mod-drain) `((,two error t))))
    (should-not (aid--mod-drain))))

(ert-deftest aid-module-unknown-requests-are-refused ()
  (aid-tests-load "event-1")
  (aid--test-event 0 "done" [?t] t)
  (aid--test-event (expt 2 60) "done" [?t] t)
  (should-not (aid-tests-drain)))

(ert-deftest aid-module-one-wake-until-the-drain ()
  (aid-tests-load "event-1")
  (let* ((id (aid--test-new))
         (wakes (lambda () (plist-get (aid--mod-stats) :wakes)))
         (before (funcall wakes)))
    (dotimes (_ 100)
      (aid--test-event id "usage" [?t] nil))
    (should (= (funcall wakes) (1+ before)))
    (should (= (plist-get (aid--mod-stats) :events) 100))
    (should (= (length (aid-tests-drain)) 100))
    (should (= (plist-get (aid--mod-stats) :queued) 0))))

(ert-deftest aid-module-events-survive-a-quit ()
  "Events that a drain could not hand over come with the next one."
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)) (real (symbol-function 'list))
        ;; Compiled code keeps the real one.
        (comp-enable-subr-trampolines nil) (native-comp-enable-subr-trampolines nil))
    (aid--test-text id "a" 0 [0 1 2])
    (aid--test-event id "done" [?t] t)
    (should (eq 'quit (unwind-protect
                          (progn (fset 'list (lambda (&rest _) (signal 'quit nil)))
                                 (condition-case nil (aid--mod-drain) (quit 'quit)))
                        (fset 'list real))))
    (should (equal (aid-tests-drain) `((,id text "a" 0 [0 1 2]) (,id done t))))))

;;; The pipe and the dispatch

(ert-deftest aid-module-threads-flood ()
  "All that four threads post arrives, each request's in its order."
  (aid-tests-load "event-1")
  (let* ((ids (cl-loop for i below 4 collect (aid--test-flood 20000 (format "%d-" i))))
         (got (mapcar #'aid-tests-collect ids)))
    (aid-tests-wait (lambda () (cl-every #'aid-tests-ended got)))
    (cl-loop for g in got for i from 0 do
             (should (equal (aid-tests-text g)
                            (apply #'concat (make-list 20000 (format "%d-" i))))))))

(ert-deftest aid-module-handler-errors-are-told-once ()
  (aid-tests-load "event-1")
  (let* ((bad (aid--test-new)) (good (aid--test-new)) (calls 0)
         (got (aid-tests-collect good)) (told nil))
    (aid--on-event bad (lambda (&rest _) (cl-incf calls) (error "Handler is broken")))
    (dotimes (_ 3)
      (aid--test-event bad "usage" [?t] nil))
    (aid--test-event good "done" [?t] t)
    (cl-letf (((symbol-function 'message) (lambda (&rest args) (push (apply #'format args) told))))
      (aid-tests-wait (lambda () (aid-tests-ended got))))
    (should (= calls 3))
    (should (= (length told) 1))
    (should (string-match-p "Handler is broken" (car told)))))

(ert-deftest aid-module-handler-goes-with-the-last-event ()
  (aid-tests-load "event-1")
  (let* ((id (aid--test-new)) (got (aid-tests-collect id)))
    (aid--test-event id "done" [?t] t)
    (aid-tests-wait (lambda () (aid-tests-ended got)))
    (should-not (gethash id aid--event-handlers))))

(ert-deftest aid-module-deleted-pipe ()
  "Events wait for a new pipe when someone deletes the process."
  (aid-tests-load "event-1")
  (let* ((id (aid--test-new)) (got (aid-tests-collect id)))
    (delete-process aid--process)
    (aid--test-text id "kept" 0 [])
    (aid--test-event id "done" [?t] t)
    (aid-module-ensure)
    (aid-tests-wait (lambda () (aid-tests-ended got)))
    (should (equal (aid-tests-text got) "kept"))))

(defun aid-tests-pipes (folder)
  "The pipes that the links in FOLDER of descriptors lead to, one for each link."
  (delq nil (mapcar (lambda (fd)
                      (let ((to (file-symlink-p fd)))
                        (and to (string-prefix-p "pipe:" to) to)))
                    (directory-files folder t "\\`[0-9]+\\'" t))))

(ert-deftest aid-module-pipe-is-not-inherited ()
  "A child has none of the pipes that have both ends in Emacs, as the module's has."
  (skip-unless (file-directory-p "/proc/self/fd"))
  (aid-tests-load "event-1")
  (let* ((pipes (aid-tests-pipes (format "/proc/%d/fd" (emacs-pid))))
         (ours (seq-filter (lambda (pipe) (> (seq-count (lambda (other) (equal other pipe)) pipes) 1)) pipes)))
    (should ours)
    (with-temp-buffer
      (call-process "sh" nil t nil "-c" "ls -l /proc/$$/fd")
      (should (string-match-p " 1 -> pipe:" (buffer-string)))
      (dolist (pipe ours)
        (should-not (string-search pipe (buffer-string)))))))

;;; Cores

(ert-deftest aid-module-swap-keeps-function-objects ()
  (aid-tests-load "event-1")
  (let ((old (symbol-function 'aid--test-version))
        (gone (symbol-function 'aid--test-only-in-1)))
    (should (= (funcall old) 1))
    (aid-tests-load "event-2")
    (should (= (funcall old) 2))
    (should (= (funcall 'aid--test-only-in-2) 2))
    (should (eq (cadr (should-error (funcall gone) :type 'aid-error)) 'state))
    (aid-tests-load "event-1")
    (should (= (funcall gone) 1))))

(ert-deftest aid-module-swap-changes-arity ()
  (aid-tests-load "event-1")
  (let ((fn (symbol-function 'aid--test-args)))
    (should (= (funcall fn 1) 1))
    (should-error (funcall fn) :type 'wrong-number-of-arguments)
    (should-error (funcall fn 1 2) :type 'wrong-number-of-arguments)
    (aid-tests-load "event-2")
    (should-error (funcall fn 1) :type 'wrong-number-of-arguments)
    (should (= (funcall fn 1 2 3 4) 4))))

(ert-deftest aid-module-same-file-is-refused ()
  (let* ((file (aid-tests-load "event-2")) (err (should-error (aid--mod-load file) :type 'aid-error)))
    (should (eq (cadr err) 'state))
    (should (string-match-p "loaded already" (nth 2 err)))
    (should (= (aid--test-version) 2))
    ;; Also when it has been stopped since.
    (aid-tests-load "event-1")
    (should-error (aid--mod-load file) :type 'aid-error)
    (should (= (aid--test-version) 1))))

(ert-deftest aid-module-bad-cores-change-nothing ()
  (aid-tests-load "event-1")
  (let* ((id (aid--test-hold)) (got (aid-tests-collect id))
         (text (expand-file-name "text.so" aid-tests-directory)))
    (with-temp-file text (insert "no library"))
    (pcase-dolist (`(,file ,code ,words)
                   `((,(aid-tests-copy "bad-start") state "the port is taken")
                     (,(aid-tests-copy "bad-abi") invalid "restart Emacs")
                     (,(aid-tests-copy "bad-entry") invalid "not a core")
                     (,text io "cannot be loaded")
                     ("/nonexistent/core.so" io "cannot be loaded")
                     ("core.so" invalid "full name")))
      (let ((err (should-error (aid--mod-load file) :type 'aid-error)))
        (should (eq (cadr err) code))
        (should (string-match-p words (nth 2 err)))
        (should (= (aid--test-version) 1))
        (should (= (length (aid--mod-cores)) 1))))
    (should-not (aid-tests-ended got))
    (aid--mod-cancel id)
    (aid-tests-wait (lambda () (aid-tests-ended got)))))

(ert-deftest aid-module-retired-core-goes-on ()
  "A request of a replaced core streams on, can be cancelled, and then the core stops."
  (aid-tests-load "event-1")
  (let* ((id (aid--test-hold)) (got (aid-tests-collect id)))
    (aid--mod-load (aid-tests-copy "event-2"))
    (should (equal (mapcar (lambda (c) (plist-get c :retired)) (aid--mod-cores)) '(t nil)))
    (should (= (aid--mod-reap nil "core replaced") 1))
    (let ((before (length (aid-tests-text got))))
      (aid-tests-wait (lambda () (> (length (aid-tests-text got)) (+ before 5)))))
    (aid--mod-cancel id)
    (aid-tests-wait (lambda () (aid-tests-ended got)))
    (should (equal (car (car got)) '(error "cancelled")))
    (aid-tests-wait (lambda () (zerop (aid--mod-reap nil "core replaced"))))
    (should (= (length (aid--mod-cores)) 1))))

(ert-deftest aid-module-retired-core-is-forced ()
  (aid-tests-load "event-2")
  (let ((got (aid-tests-collect (aid--test-hold))))
    (aid--mod-load (aid-tests-copy "event-1"))
    (should (= (aid--mod-reap t "core replaced") 0))
    (aid-tests-wait (lambda () (aid-tests-ended got)))
    (should (equal (car (car got)) '(error "core replaced")))))

(ert-deftest aid-module-ids-are-never-reused ()
  (let ((ids (cl-loop repeat 3
                      do (aid-tests-load "event-1")
                      collect (aid--test-new))))
    (should (apply #'< ids))))

(ert-deftest aid-module-init-twice ()
  "Loading the file again keeps core, queue and ids."
  (aid-tests-load "event-1")
  (let ((id (aid--test-new)))
    (aid--test-text id "a" 0 [])
    (module-load (expand-file-name "aid-module.so" aid-tests-build))
    (should (= (aid--test-version) 1))
    (should (equal (aid-tests-drain) `((,id text "a" 0 []))))
    (should (> (aid--test-new) id))))

;;; Commands

(ert-deftest aid-module-reload-command ()
  "The hook runs, and a timer stops what was replaced."
  (aid-tests-load "event-1")
  (let ((ran 0) (inhibit-message t))
    (let ((aid-after-reload-hook (list (lambda () (cl-incf ran)))))
      (aid-reload (aid-tests-copy "event-2")))
    (should (= ran 1))
    (should (= (aid--test-version) 2))
    (aid-tests-wait (lambda () (null aid--reap-timer)))
    (should (= (length (aid--mod-cores)) 1))))

(ert-deftest aid-module-reload-forces-in-the-end ()
  (aid-tests-load "event-1")
  (let ((got (aid-tests-collect (aid--test-hold))) (inhibit-message t) (aid--reap-seconds 0))
    (aid-reload (aid-tests-copy "event-2"))
    (aid-tests-wait (lambda () (aid-tests-ended got)))
    (should (equal (car (car got)) '(error "core replaced")))))

(ert-deftest aid-module-says-how-to-build ()
  "In an Emacs without the built files the error names what to run."
  (let ((process-environment (cons "LD_PRELOAD=" process-environment)))
    (with-temp-buffer
      (call-process (expand-file-name invocation-name invocation-directory) nil t nil
                    "-Q" "--batch" "-L" aid--lisp-directory "-l" "aid-module" "--eval"
                    (prin1-to-string
                     `(let ((aid-module-directory ,aid-tests-directory))
                        (condition-case e (aid-module-ensure)
                          (aid-error (princ (error-message-string e)))))))
      (should (string-match-p "not built.*`make" (buffer-string))))))

(ert-deftest aid-module-shutdown-and-back ()
  "Shutting down ends requests and threads; functions say so; a core can be loaded again."
  (aid-tests-load "event-1")
  (aid--test-hold)
  (aid--shutdown)
  (should-not (aid--mod-cores))
  (should (eq (cadr (should-error (aid--test-version) :type 'aid-error)) 'state))
  (aid-tests-load "event-2")
  (should (= (aid--test-version) 2))
  (aid-tests-drain))

(provide 'aid-module-tests)
;;; aid-module-tests.el ends here
