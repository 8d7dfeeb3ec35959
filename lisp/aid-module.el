;;; aid-module.el --- The C core of AID: loading, events, swapping  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; AID's work is done by a core written in C.  The file aid-module.so
;; stays in Emacs for good; it loads the core proper, one of those that
;; are installed beside it, and can replace it by another one while Emacs
;; runs: `aid-reload'.  Which one starts the module says: the newest,
;; unless settings want another or it took Emacs down (aid-rollout.el).
;;
;; The core's threads queue events.  One pipe process wakes Emacs, its
;; filter drains the queue and gives each event to the function that
;; `aid--on-event' registered for the request.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-error)

(declare-function aid--mod-load "ext:aid-module" (file))
(declare-function aid--mod-load-again "ext:aid-module" (file))
(declare-function aid--mod-choose "ext:aid-module" (directory except))
(declare-function aid--mod-installed "ext:aid-module" (directory))
(declare-function aid--mod-told "ext:aid-module" (hash forget))
(declare-function aid--mod-prefetch "ext:aid-module" (file))
(declare-function aid--mod-cores "ext:aid-module" ())
(declare-function aid--mod-reap "ext:aid-module" (force reason))
(declare-function aid--mod-attach "ext:aid-module" (process))
(declare-function aid--mod-drain "ext:aid-module" ())
(declare-function aid--mod-shutdown "ext:aid-module" ())
(declare-function aid--mod-version "ext:aid-module" ())
(declare-function aid--mod-grammars "ext:aid-module" (folders))

(defvar treesit-extra-load-path)
(autoload 'aid-rollout-begin "aid-rollout")

(defgroup aid nil
  "An AI development environment."
  :group 'tools
  :prefix "aid-")

(defcustom aid-module-directory nil
  "Folder of the built core: where aid-module.so and aid-core are.
When nil, AID looks into build beside and below the folder of its Lisp
files, and into that folder itself."
  :type '(choice (const :tag "Look beside the Lisp files" nil) directory)
  :group 'aid)

(defcustom aid-after-reload-hook nil
  "Hook run after the core was replaced.
What the old core held for Lisp is gone then: documents are to be opened
anew."
  :type 'hook
  :group 'aid)

(defconst aid--lisp-directory
  (file-name-directory (or load-file-name buffer-file-name default-directory))
  "The folder of AID's Lisp files.")

(defconst aid--reap-seconds 60
  "Time that requests of a replaced core have to end.")

(defvar aid--module-found nil
  "The folder that the module was loaded from.")

(defvar aid--prefetched nil
  "The choice whose core is being loaded ahead of its use, or nil.")

(defvar aid--chosen nil
  "The plist of the choice that the running core was loaded by, or nil.")

(defvar aid--failed-cores nil
  "Hashes of cores that did not start in this session.")

(defvar aid--grammars-told nil
  "The folders of grammars that the current core knows of, in a list, or nil.")

(defvar aid--process nil
  "The pipe process that wakes Emacs.")

;;; Finding and loading

(defun aid--module-candidates ()
  "The folders to look for the module in, best first."
  (if aid-module-directory
      (list (expand-file-name aid-module-directory))
    (mapcar (lambda (dir) (expand-file-name dir aid--lisp-directory))
            '("build" "../build" "."))))

(defun aid--module-file (dir)
  "The module in DIR, or nil."
  (let ((file (expand-file-name "aid-module.so" dir)))
    (and (file-readable-p file) file)))

(defun aid--newest-core (dir)
  "The core that the file aid-core in DIR names."
  (let ((file (expand-file-name "aid-core" dir)))
    (unless (file-readable-p file)
      (signal 'aid-error
              (list 'notfound
                    (format "There is no %s: build the core with `make core'"
                            (abbreviate-file-name file)))))
    (expand-file-name (with-temp-buffer
                        (insert-file-contents-literally file)
                        (string-trim (buffer-string)))
                      dir)))

(defun aid--load-loader ()
  "Load aid-module.so unless it is there."
  (unless (fboundp 'aid--mod-load)
    (unless (fboundp 'module-load)
      (signal 'aid-error
              '(invalid "This Emacs is built without dynamic modules; AID needs one that has them")))
    (let ((dir (cl-loop for dir in (aid--module-candidates) when (aid--module-file dir) return dir)))
      (unless dir
        (signal 'aid-error
                (list 'notfound
                      (format "AID's core is not built: run `make loader core' in AID's folder (looked into %s)"
                              (mapconcat #'abbreviate-file-name (aid--module-candidates) ", ")))))
      (module-load (aid--module-file dir))
      (setq aid--module-found dir)
      (add-hook 'kill-emacs-hook #'aid--shutdown))))

;;;###autoload
(defun aid-module-prefetch ()
  "Begin to load AID's core on a thread, while Emacs goes on to load Lisp.
`aid-module-ensure' ends it.  Signal `aid-error' when AID is not built."
  (unless (fboundp 'aid--mod-load)
    (aid--load-loader)
    (setq aid--prefetched (aid--choose-core ""))
    (aid--mod-prefetch (plist-get aid--prefetched :file))))

;;;###autoload
(defun aid-module-ensure ()
  "Load AID's core unless it is there, and see that its events arrive.
Signal `aid-error' with what to do when that is not possible."
  (aid--load-loader)
  (unless (process-live-p aid--process)
    (aid--attach))
  (unless (aid--current-core)
    (aid--load-chosen)
    (setq aid--grammars-told nil)
    (unless noninteractive
      (run-at-time 2 nil #'aid-rollout-begin)))
  (aid--tell-grammars))

(defun aid--choose-core (except)
  "The plist of the core that is to start, without the hashes in EXCEPT.
Nil when that leaves none; an error when none is built."
  (or (aid--mod-choose aid--module-found except)
      (and (string-empty-p except)
           (list :file (aid--newest-core aid--module-found) :by "newest"))))

(defun aid--load-chosen ()
  "Load the core that is to start; when it cannot, the one before."
  (let ((choice (or (prog1 aid--prefetched (setq aid--prefetched nil)) (aid--choose-core "")))
        failed)
    (while choice
      (condition-case err
          (progn
            (aid--mod-load-again (plist-get choice :file))
            (setq aid--chosen choice
                  choice nil))
        (aid-error
         (push (cons choice err) failed)
         (push (plist-get choice :hash) aid--failed-cores)
         (unless (setq choice (aid--choose-core
                               (mapconcat (lambda (one) (or (plist-get (car one) :hash) "")) failed " ")))
           (signal (car (cdr (car (last failed)))) (cdr (cdr (car (last failed)))))))))
    (aid--tell-choice aid--chosen (car (last failed)))))

(defun aid--core-name (core)
  "How people know the CORE of a plist: version and hash."
  (format "AID %s (%s)" (or (plist-get core :version) "?")
          (or (plist-get core :hash) (abbreviate-file-name (plist-get core :file)))))

(defun aid--warn (text)
  "Show TEXT as a warning, once nobody types into the minibuffer.
Leaving that would put away the window."
  (if (> (minibuffer-depth) 0)
      (run-at-time 1 nil #'aid--warn text)
    (display-warning 'aid text :warning)))

(defun aid--tell-choice (choice failed)
  "Say that CHOICE is not the core that was to start, if so.
FAILED is (CHOICE . ERROR) of one that did not, or nil.  What took Emacs
down is told once."
  (let ((crashed (plist-get choice :crashed)))
    (cond
     (failed
      (aid--warn (format "%s does not start:\n%s.\n%s runs instead.  `M-x aid-cores' lists what is installed."
                         (aid--core-name (car failed))
                         (string-trim-right (aid-error-words (cdr failed)) "[.]")
                         (aid--core-name choice))))
     ((and crashed (not (plist-get crashed :told)))
      (aid--mod-told (plist-get crashed :hash) nil)
      (aid--warn (format (concat "%s took Emacs down %d times, the last time by signal %d.\n%s\n"
                                 "`M-x aid-cores' lists what is installed; there `t' tries that one again, "
                                 "as does: aid cores use %s")
                         (aid--core-name crashed) (plist-get crashed :crashes) (plist-get crashed :signal)
                         (if (equal (plist-get choice :by) "only")
                             "It runs all the same, for no other one is installed."
                           (concat "The one before runs now: " (aid--core-name choice) "."))
                         (plist-get crashed :hash)))))))

(defun aid--tell-grammars ()
  "Tell the core where this Emacs has grammars of tree-sitter, unless it knows."
  (let ((folders (cl-loop for folder in (append (bound-and-true-p treesit-extra-load-path)
                                                (list (expand-file-name "tree-sitter" user-emacs-directory)))
                          unless (file-remote-p folder) collect (expand-file-name folder))))
    (when (and (fboundp 'aid--mod-grammars) (not (equal aid--grammars-told (list folders))))
      (aid--mod-grammars folders)
      (setq aid--grammars-told (list folders)))))

(defun aid--current-core ()
  "The plist of the core that functions call now, or nil."
  (cl-loop for core in (aid--mod-cores) unless (plist-get core :retired) return core))

(defun aid-module-version ()
  "Return the core's version; say it when called interactively."
  (interactive)
  (aid-module-ensure)
  (let ((version (aid--mod-version)))
    (when (called-interactively-p 'interactive)
      (message "AID %s" version))
    version))

;;; Events

(defvar aid--event-handlers (make-hash-table)
  "Request id to the function that gets its events.")

(defvar aid--event-failed nil
  "Running requests whose function failed: told once each.")

(defun aid--on-event (id function)
  "Call FUNCTION for each event of the request ID, until the last one.
It gets the event's kind, a symbol, and its value; for `text' the
string, where faces are replaced from, and the vector of spans.  Both
are nil for the early pieces of a long text, whose faces come with the
last piece.  Register in the command that made the request: an event
without a function is dropped."
  (puthash id function aid--event-handlers))

(defun aid--on-event-here (id function)
  "Call FUNCTION in this buffer for each event of the request ID, while it lives.
It gets what `aid--on-event' says."
  (let ((buffer (current-buffer)))
    (aid--on-event id (lambda (&rest event)
                        (when (buffer-live-p buffer)
                          (with-current-buffer buffer
                            (apply function event)))))))

(defun aid--await (seconds done &optional alone)
  "Let events arrive until DONE, a function, gives non-nil, for SECONDS at most.
With ALONE, no other process is heard meanwhile.  Give what DONE gave."
  (let ((limit (+ (float-time) seconds)) found)
    (while (not (or (setq found (funcall done))
                    (>= (float-time) limit)
                    (not (process-live-p aid--process))))
      (accept-process-output aid--process 0.01 nil alone))
    found))

(defun aid--dispatch (event)
  "Give EVENT to its function; an error there is told once for a request."
  (let* ((id (car event))
         (function (gethash id aid--event-handlers))
         (final (memq (cadr event) '(done error checked result))))
    (when final
      (remhash id aid--event-handlers))
    (when function
      (condition-case err
          (apply function (cdr event))
        ((error quit)
         (unless (memql id aid--event-failed)
           (push id aid--event-failed)
           (message "AID: handling `%s' of request %s failed: %s"
                    (cadr event) id (aid-error-words err))))))
    (when final
      (setq aid--event-failed (delete id aid--event-failed)))))

(defun aid--filter (_process _string)
  "Drain the event queue once.
The module wakes again when there is more, so that Emacs can redisplay
and read keys in between."
  (save-current-buffer
    (let ((inhibit-quit t))
      (mapc #'aid--dispatch (aid--mod-drain)))))

(defun aid--sentinel (process _event)
  "Make a new pipe when someone deleted PROCESS."
  (when (and (eq process aid--process) (not (process-live-p process)))
    (run-at-time 0 nil (lambda ()
                         (unless (process-live-p aid--process)
                           (aid--attach))))))

(defun aid--attach ()
  "Start the pipe process and give it to the module.
With adaptive buffering Emacs would let each event wait 48 ms."
  (let ((process-adaptive-read-buffering nil))
    (setq aid--process (make-pipe-process :name "aid-events"
                                          :buffer " *aid-events*"
                                          :coding 'no-conversion
                                          :noquery t
                                          :filter #'aid--filter
                                          :sentinel #'aid--sentinel)))
  (aid--mod-attach aid--process))

(defun aid--shutdown ()
  "Stop the core's threads before Emacs ends."
  (let ((process aid--process))
    (setq aid--process nil)
    (aid--mod-shutdown)
    (when (process-live-p process)
      (delete-process process))))

;;; Replacing the core

(defvar aid--reap-timer nil)
(defvar aid--reap-deadline 0
  "When requests of replaced cores are ended, as `float-time'.")

(defun aid--reap ()
  "Stop replaced cores that have nothing left to do."
  (when (zerop (if (< (float-time) aid--reap-deadline)
                   (aid--mod-reap nil "core replaced")
                 (aid--mod-reap t "core replaced")))
    (when (timerp aid--reap-timer)
      (cancel-timer aid--reap-timer))
    (setq aid--reap-timer nil)))

(defun aid--swap (file)
  "Replace the running core by that in FILE, and give its plist."
  (aid--load-loader)
  (unless (process-live-p aid--process)
    (aid--attach))
  (let ((core (aid--mod-load-again (expand-file-name file))))
    (setq aid--grammars-told nil)
    (aid--tell-grammars)
    (setq aid--reap-deadline (+ (float-time) aid--reap-seconds))
    (unless aid--reap-timer
      (setq aid--reap-timer (run-at-time 1 1 #'aid--reap)))
    (run-hooks 'aid-after-reload-hook)
    core))

(defun aid--read-core ()
  "Read one of the installed cores, or a file, and return its file."
  (let* ((cores (mapcar (lambda (core)
                          (cons (format "%s %s" (plist-get core :version) (plist-get core :hash))
                                (plist-get core :file)))
                        (aid--mod-installed aid--module-found)))
         (file "another file")
         (choice (completing-read "Core: " (append (mapcar #'car cores) (list file)) nil t)))
    (or (cdr (assoc choice cores))
        (read-file-name "Core: " aid--module-found nil t))))

;;;###autoload
(defun aid-reload (&optional file)
  "Replace the running core by the newest one installed, or by FILE.
With a prefix argument, ask which of those that are installed.  Requests
that run go on in the old core for a minute; everything new goes to the
new one.  When the new core cannot be loaded the old one stays.  In this
Emacs the core is not replaced any more by what settings say."
  (interactive
   (list (when current-prefix-arg
           (aid--load-loader)
           (aid--read-core))))
  (aid--load-loader)
  (let ((core (aid--swap (or file (aid--newest-core aid--module-found)))))
    (setq aid--chosen '(:by "hand"))
    (message "AID %s (core %d)" (plist-get core :version)
             (plist-get core :generation))
    core))

(provide 'aid-module)
;;; aid-module.el ends here
