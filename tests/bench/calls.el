;;; calls.el --- What each call into the module costs Emacs's thread  -*- lexical-binding: t; -*-

;;; Commentary:

;; A person's day in the project BENCH_ROOT: the chat, completion, questions by
;; each strategy, the panel, a build that is red, reviews.  Around each function of
;; the module stands a clock of the thread's CPU and one of the time that passes;
;; BENCH_CLOCK is the module that has the first.  BENCH_WAY is `calls'; with `late'
;; it is told how late a timer is while the project is indexed for the first time.

;;; Code:

(require 'clocks)
(require 'cl-lib)

(defvar aid--process)
(defvar aid-chat--stream)
(defvar aid-model)
(defvar aid-strategy)
(defvar aid-build-after-review)
(declare-function bench-thread-ns "ext:thread_clock" ())
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat-ask "aid-chat-send" (chat question &optional send))
(declare-function aid-chat-symbols "aid-chat-symbols" (text))
(declare-function aid-chat--project-files "aid-chat-complete" (text))
(declare-function aid-model--table "aid-model" (root))
(declare-function aid-strategy-names "aid-strategy" (root))
(declare-function aid-build-status "aid-build" (&optional root))
(declare-function aid-build-root "aid-build" (&optional dir))
(declare-function aid--mod-find-soon "ext:aid-module" (plist))

(defvar calls-seen (make-hash-table :test #'equal)
  "Name of a function to (CALLS CPU-NS MOST-CPU-NS MOST-WALL-MS STEP).")

(defvar calls-step "" "What is being done.")
(defvar calls-failed nil "Steps that failed, with their errors.")

(defun calls--clocked (name function &rest args)
  "Call FUNCTION, called NAME, with ARGS, and note what that costs."
  (let ((gc-cons-threshold most-positive-fixnum)     ; what Emacs collects is older than the call
        (wall (float-time)) (cpu (bench-thread-ns)))
    (unwind-protect (apply function args)
      (setq cpu (- (bench-thread-ns) cpu)
            wall (* 1000 (- (float-time) wall)))
      (pcase-let ((`(,n ,sum ,most ,longest ,step) (or (gethash name calls-seen) '(0 0 -1 0 ""))))
        (puthash name (list (1+ n) (+ sum cpu) (max most cpu) (max longest wall)
                            (if (> cpu most) calls-step step))
                 calls-seen)))))

(defun calls-clock ()
  "Put a clock around each function of the module."
  (mapatoms (lambda (symbol)
              (let ((name (symbol-name symbol)))
                (when (and (string-prefix-p "aid--mod-" name) (fboundp symbol)
                           (not (member name '("aid--mod-load" "aid--mod-shutdown"))))
                  (advice-add symbol :around (apply-partially #'calls--clocked name)))))))

(defun calls-wait (what &optional seconds)
  "Let events come until WHAT, a function, gives non-nil, for SECONDS at most."
  (let ((limit (+ (float-time) (or seconds 30))) found)
    (while (not (or (setq found (funcall what)) (> (float-time) limit)))
      (accept-process-output nil 0.02))
    (unless found
      (error "Waited in vain"))))

(defmacro calls-do (name &rest body)
  "Do BODY, the step NAME; that it fails is told at the end."
  (declare (indent 1))
  `(progn
     (setq calls-step ,name)
     (condition-case err (progn ,@body)
       (error (push (format "%s: %s" ,name (error-message-string err)) calls-failed)))
     (calls-rest)))

(defun calls-rest ()
  "Let the timers of an idle Emacs run."
  (let ((limit (+ (float-time) 0.3)))
    (while (< (float-time) limit)
      (accept-process-output nil 0.02)
      (redisplay)))
  (dolist (timer (copy-sequence timer-idle-list))
    (timer-event-handler timer)))

(defun calls-ask (question strategy &optional chat)
  "Ask QUESTION by STRATEGY in CHAT, and wait for the answer."
  (let ((chat (or chat (aid-chat-at-hand))))
    (with-current-buffer chat
      (let ((aid-strategy strategy))
        (aid-chat-ask chat question))
      (calls-wait (lambda () (not aid-chat--stream))))))

(defun calls-day ()
  "Do what a person does, one after the other."
  (calls-do "open a file and the chat"
    (find-file "src/d7/f107.c")
    (aid-chat))
  (calls-do "first @ completion"
    (with-current-buffer (aid-chat-at-hand)
      (aid-chat--project-files "f1")
      (aid-chat-symbols "work_1")))
  (calls-do "first question, searched" (calls-ask "What does work_107_3 do with its table?" "ask"))
  (calls-do "index done"
    (with-current-buffer (aid-chat-at-hand)
      (calls-wait (lambda () (aid-chat-symbols (getenv "BENCH_LAST"))) 120)))
  (calls-do "@ completion"
    (with-current-buffer (aid-chat-at-hand)
      (dolist (text '("f" "f10" "src/d1" "work_1" "zzz"))
        (aid-chat--project-files text)
        (aid-chat-symbols text))))
  (calls-do "append files and definitions"
    (with-current-buffer "f107.c"
      (aid-append-buffer)
      (goto-char (point-max))
      (re-search-backward "work_107_2")
      (aid-append-definition))
    (dolist (item '("commit:HEAD" "@work_5_1" "history:src/d7/f107.c" "src/d9/f9.c" "map:" "diff:"))
      (ignore-errors (aid-append-item item))))
  (dolist (strategy '("ask" "edit" "explain" "review" "edit-blocks" "fix-build"))
    (calls-do (concat "question by " strategy) (calls-ask "Fix the depth that work_107_3 counts." strategy)))
  (calls-do "panel" (aid-context-panel) (calls-rest))
  (calls-do "inspect" (with-current-buffer (aid-chat-at-hand) (goto-char (point-max)) (insert "Why?") (aid-inspect)))
  (calls-do "models and strategies"
    (with-current-buffer (aid-chat-at-hand)
      (aid-model--table (aid-chat-root))
      (aid-strategy-names (aid-chat-root))))
  (calls-do "red build"
    (cl-letf (((symbol-function 'yes-or-no-p) #'always) ((symbol-function 'y-or-n-p) #'always))
      (with-current-buffer "f107.c" (aid-build nil "sh red.sh"))
      (calls-wait (lambda () (eq 'red (aid-build-status (aid-build-root)))))))
  (calls-do "fix build" (calls-ask "Make it green." "fix-build"))
  (calls-do "a compilation of another's"
    (let ((compilation-ask-about-save nil) (default-directory (file-name-as-directory (getenv "BENCH_ROOT"))))
      (compile "seq 1 120000; sh red.sh")
      (calls-wait (lambda () (not (get-buffer-process "*compilation*"))))))
  (calls-do "review"
    (with-current-buffer (aid-chat-at-hand)
      (aid-review (car (last (aid-chat-answers)))))
    (calls-rest)
    (with-current-buffer (window-buffer) (aid-review-accept))
    (with-current-buffer (aid-chat-at-hand)
      (aid-undo-answer (car (last (aid-chat-answers))))))
  (calls-do "trust" (aid-trust))
  (calls-do "budget"
    (with-temp-file (expand-file-name "aid/config.json" (getenv "XDG_CONFIG_HOME"))
      (insert (replace-regexp-in-string "\\`{" "{ \"budget\": {\"chat\": 100, \"month\": 1000}," (getenv "BENCH_CONFIG"))))
    (calls-ask "And with a budget?" "edit"))
  (calls-do "search"
    (aid-search "where is the table of depths kept?")
    (aid-why (expand-file-name "src/d9/f9.c")))
  (calls-do "save and reopen the chat"
    (let ((file (buffer-file-name (aid-chat-at-hand))))
      (with-current-buffer (aid-chat-at-hand) (save-buffer))
      (kill-buffer (aid-chat-at-hand))
      (find-file file))))

(defun calls-long ()
  "Do what a person does in BENCH_CHAT, a chat of megabytes."
  (clrhash calls-seen)
  (calls-do "open a long chat"
    (find-file (getenv "BENCH_CHAT"))
    (goto-char (point-max)))
  (calls-do "type in it" (insert "What is ") (redisplay) (insert "next?") (redisplay))
  (calls-do "ask in it"
    (cl-letf (((symbol-function 'yes-or-no-p) #'always))
      (calls-ask " And in work_107_3?" "edit" (current-buffer))))
  (calls-do "its panel" (aid-context-panel) (calls-rest)))

(defun calls-report ()
  "Report what the calls cost."
  (with-temp-file (getenv "BENCH_OUT")
    (prin1 (list :calls (let (all)
                          (maphash (lambda (name v) (push (cons name v) all)) calls-seen)
                          (sort all (lambda (a b) (> (nth 3 a) (nth 3 b)))))
                 :failed calls-failed)
           (current-buffer)))
  (let ((confirm-kill-processes nil)) (kill-emacs)))

(defun calls-find (then)
  "Ask what a question is about; call THEN when all files are indexed."
  (with-current-buffer (aid-chat-at-hand)
    (aid--on-event
     (aid--mod-find-soon (list :root (directory-file-name (expand-file-name (aid-chat-root)))
                               :dir (expand-file-name default-directory)
                               :text "What does work_107_3 do?" :error "" :max 6 :tokens 4000 :wait 120000))
     then)))

(defun calls-late ()
  "Report how late a timer is while the project is indexed for the first time.
When it is indexed already it is how late it is in that chat for BENCH_SECONDS."
  (require 'aid)
  (require 'aid-chat-complete)
  (find-file "src/d7/f107.c")
  (aid-chat)
  (redisplay)
  (let ((seconds (string-to-number (or (getenv "BENCH_SECONDS") "0"))))
    (bench-start)
    (calls-find (lambda (kind val)
                  (run-at-time seconds nil
                               (lambda ()
                                 (bench-report
                                  (append (bench-stop)
                                          (list :partial (if (plist-get val :partial) 1.0 0.0)
                                                :kind (symbol-name kind))))))))))

(defun calls-begin ()
  "Do what BENCH_WAY says."
  (setq default-directory (file-name-as-directory (getenv "BENCH_ROOT")))
  (pcase (getenv "BENCH_WAY")
    ("calls" (module-load (getenv "BENCH_CLOCK"))
     (require 'aid)
     (require 'aid-chat-complete)
     (require 'aid-build)
     (require 'aid-model)
     (require 'aid-strategy)
     (aid-module-ensure)
     (calls-clock)
     (setq aid-build-after-review nil large-file-warning-threshold nil)
     (unwind-protect (if (getenv "BENCH_CHAT") (calls-long) (calls-day)) (calls-report)))
    (_ (calls-late))))

(run-at-time 0.5 nil #'calls-begin)

;;; calls.el ends here
