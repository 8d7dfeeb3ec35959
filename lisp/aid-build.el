;;; aid-build.el --- Red and green  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-build' builds or tests the project, by its settings, its files or
;; `compile-command'.  The core runs it on a thread, reads what is printed and
;; tells how far it is; here are asking for leave, the status in the mode line
;; and building on save.  aid-build-buffer.el shows what is printed.  The first
;; time a command runs in a project is asked about: it runs what the project's
;; files say.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'cl-lib)
(require 'aid-module)
(require 'aid-quiet)
(require 'aid-context)

(declare-function aid-read-line "aid-read" (prompt collection &optional history default))
(declare-function aid--mod-build-start "ext:aid-module" (plist))
(declare-function aid--mod-build-stop "ext:aid-module" (root))
(declare-function aid--mod-build-command "ext:aid-module" (plist))
(declare-function aid--mod-build-trust "ext:aid-module" (plist))
(declare-function aid--mod-build-told "ext:aid-module" (plist))
(declare-function aid-build-buffer-begin "aid-build-buffer" (site))
(declare-function aid-build-buffer-add "aid-build-buffer" (site text))
(declare-function aid-build-buffer-end "aid-build-buffer" (site words))
(declare-function aid-build-buffer-show "aid-build-buffer" (site))
(declare-function aid-build-buffer-errors "aid-build-buffer" (buffer root))

(defvar compile-command)
(defvar compilation-ask-about-save)
(defvar compilation-arguments)

(defcustom aid-build-on-save nil
  "Whether a project is built whenever one of its files is saved.
Only by a command that was allowed there, by an `aid-build'."
  :type 'boolean
  :safe #'booleanp
  :group 'aid)

(defcustom aid-build-finished-functions nil
  "Functions called when a build has ended, with the root and a plist.
That has :status (`green', `red' or `unknown'), :command, :errors, :warnings,
:ms and :diags, a list of plists with :path, :line, :col, :severity and
:message."
  :type 'hook
  :group 'aid)

(defface aid-build-green '((t :inherit success))
  "Face of a green build."
  :group 'aid)

(defface aid-build-red '((t :inherit error))
  "Face of a red build."
  :group 'aid)

(defface aid-build-other '((t :inherit shadow))
  "Face of a build that runs, or of which nothing is known."
  :group 'aid)

;;; What is known

(cl-defstruct (aid-build-site (:constructor aid-build-site--make))
  "What is known of the build of the project at ROOT.
ID is the request that runs, or nil, WISH what it was made of, COMMAND as
people write it, DIR the folder where that runs; STATUS a symbol, ERRORS and WARNINGS what was found so far;
RESULT what the last one came to; THEN are functions that are called with that
when this one ends; SHOW says whether a red one is shown; BUFFER has its output."
  root id wish command dir (status 'unknown) (errors 0) (warnings 0) result then show buffer)

(defvar aid-build--sites (make-hash-table :test 'equal)
  "The root of each project to its `aid-build-site'.")

(defun aid-build-root (&optional dir)
  "The root of the project here, or in DIR, as the core names it."
  (let ((default-directory (or dir default-directory)))
    (directory-file-name (expand-file-name (aid-project-root)))))

(defun aid-build--site (root)
  "What is known of the build of ROOT."
  (or (gethash root aid-build--sites)
      (puthash root (aid-build-site--make :root root) aid-build--sites)))

(defun aid-build-status (&optional root)
  "The status of the build of ROOT, or of the project here.
It is `unknown', `running', `green' or `red'."
  (let ((site (gethash (or root (aid-build-root)) aid-build--sites)))
    (if site (aid-build-site-status site) 'unknown)))

;;; The mode line

(defvar-local aid-build--lighter nil
  "The build's status as the mode line shows it.")
(put 'aid-build--lighter 'risky-local-variable t)

(defvar aid-build--lighter-map
  (let ((map (make-sparse-keymap)))
    (define-key map [mode-line mouse-1] #'aid-build-show)
    (define-key map [mode-line mouse-3] #'aid-build)
    map)
  "Keys of the status in the mode line.")

(defun aid-build-words (site)
  "The status of SITE in a word or two, with its face."
  (let ((status (aid-build-site-status site)) (errors (aid-build-site-errors site)))
    (propertize (cond ((memq status '(unknown green)) (symbol-name status))
                      ((zerop errors) (symbol-name status))
                      (t (format "%s %d" status errors)))
                'face (pcase status
                        ('green 'aid-build-green)
                        ('red 'aid-build-red)
                        (_ (if (zerop errors) 'aid-build-other 'aid-build-red))))))

(defun aid-build--lighter-of (site)
  "The status of SITE for a mode line."
  (list " Build:" (propertize (aid-build-words site)
                              'mouse-face 'mode-line-highlight 'local-map aid-build--lighter-map
                              'help-echo (format "%s in %s\nmouse-1: its output; mouse-3: build"
                                                 (or (aid-build-site-command site) "The build")
                                                 (abbreviate-file-name (aid-build-site-root site))))))

(defun aid-build--in-p (buffer root)
  "Whether BUFFER shows a file of the project at ROOT, or its chat."
  (let ((file (buffer-file-name buffer)) (under (file-name-as-directory root)))
    (or (and file (string-prefix-p under file))
        (and (eq 'aid-chat-mode (buffer-local-value 'major-mode buffer))
             (with-current-buffer buffer
               (equal root (ignore-errors (aid-build-root))))))))

(defun aid-build--update (site)
  "Show the status of SITE in the mode lines of its project's buffers."
  (let ((lighter (aid-build--lighter-of site)))
    (dolist (buffer (buffer-list))
      (when (aid-build--in-p buffer (aid-build-site-root site))
        (with-current-buffer buffer
          (setq aid-build--lighter lighter)))))
  (force-mode-line-update t))

(defun aid-build--found-file ()
  "Show the status in the buffer that has just visited a file, or became a chat."
  (unless (zerop (hash-table-count aid-build--sites))
    (cl-loop for site being the hash-values of aid-build--sites
             when (aid-build--in-p (current-buffer) (aid-build-site-root site))
             do (setq aid-build--lighter (aid-build--lighter-of site)))))

(add-to-list 'mode-line-misc-info '(aid-build--lighter aid-build--lighter) t)
(add-hook 'find-file-hook #'aid-build--found-file)
(add-hook 'aid-chat-mode-hook #'aid-build--found-file)

;;; What is asked for

(defun aid-build--environment ()
  "The environment of a build here: without what colours, and each name once."
  (let (seen)
    (cl-loop for entry in (append '("TERM=dumb" "NO_COLOR=1" "CARGO_TERM_COLOR=never")
                                  process-environment)
             for name = (car (split-string entry "="))
             unless (member name seen)
             when (progn (push name seen) (string-search "=" entry))
             collect entry)))

(defun aid-build--wish (root &optional what line)
  "A request to build the project at ROOT.
WHAT is nil, \"test\" or \"watch\", LINE a command for the shell."
  (list :root root :dir (directory-file-name (expand-file-name default-directory))
        :what what :line line :env (aid-build--environment)))

(defun aid-build--own-command ()
  "The `compile-command' here, if somebody has set it."
  (and (boundp 'compile-command) (stringp compile-command)
       (or (local-variable-p 'compile-command)
           (not (member compile-command
                        (list "make -k "          ; while compile.el is not loaded
                              (eval (car (get 'compile-command 'standard-value)) t)))))
       compile-command))

(defun aid-build--find (wish)
  "The command of WISH, a plist, and WISH with `compile-command' if that counts.
A `compile-command' of this buffer or folder goes before what the project's
files tell, one of the whole Emacs behind it."
  (let ((own (and (not (plist-get wish :what)) (not (plist-get wish :line))
                  (aid-build--own-command)))
        (found (aid--mod-build-command wish)))
    (when (and own (or (plist-get found :error)
                       (and (local-variable-p 'compile-command)
                            (not (equal (plist-get found :tool) "settings")))))
      (setq wish (plist-put (copy-sequence wish) :line own)
            found (aid--mod-build-command wish)))
    (cons found wish)))

(defun aid-build--allowed (found wish)
  "Ask, unless that was done before, whether FOUND, the command of WISH, may run."
  (or (plist-get found :trusted)
      (when (yes-or-no-p (format "Run `%s' in %s, now and later (it does what the project's files say)? "
                                 (plist-get found :command)
                                 (abbreviate-file-name (plist-get found :dir))))
        (aid--mod-build-trust (append (list :shown (plist-get found :command)) wish))
        t)))

(defun aid-build-ready (root)
  "The wish to build ROOT if its command was allowed already, or nil."
  (pcase-let ((`(,found . ,wish) (aid-build--find (aid-build--wish root))))
    (and (plist-get found :trusted) wish)))

(defun aid-build-possible-p (root)
  "Whether it is known how ROOT is built."
  (not (or (file-remote-p root)
           (plist-get (car (aid-build--find (aid-build--wish root))) :error))))

;;; Running

(defun aid-build--unsaved (root)
  "The buffers of files below ROOT that are not saved."
  (cl-remove-if-not (lambda (buffer)
                      (and (buffer-file-name buffer) (buffer-modified-p buffer)
                           (string-prefix-p (file-name-as-directory root) (buffer-file-name buffer))))
                    (buffer-list)))

(defun aid-build-save (root)
  "Offer to save what is not saved below ROOT, as before a compilation."
  (let ((unsaved (aid-build--unsaved root)))
    (when unsaved
      (save-some-buffers (not (bound-and-true-p compilation-ask-about-save))
                         (lambda () (memq (current-buffer) unsaved))))))

(defun aid-build-start (wish &optional then show)
  "Build what WISH says; call THEN, if any, with the plist of its result.
With SHOW a red one is shown.  What builds there is stopped; who waits for that
waits for this one."
  (require 'aid-build-buffer)
  (aid-build--saved-forget (plist-get wish :root))
  (let* ((site (aid-build--site (plist-get wish :root)))
         (id (aid--mod-build-start wish)))
    (setf (aid-build-site-id site) id
          (aid-build-site-wish site) wish
          (aid-build-site-then site) (if then (cons then (aid-build-site-then site))
                                       (aid-build-site-then site))
          (aid-build-site-show site) show
          (aid-build-site-status site) 'running
          (aid-build-site-errors site) 0
          (aid-build-site-warnings site) 0)
    (aid--on-event id (lambda (kind val &rest _) (aid-build--event site id kind val)))
    (aid-build--update site)
    site))

(defun aid-build--event (site id kind val)
  "Take the event KIND with VAL of request ID of SITE."
  ;; One that was stopped for a newer one ends behind it.
  (when (eql id (aid-build-site-id site))
    (pcase kind
      ('build (pcase (plist-get val :state)
                ("started" (aid-build--begins site val))
                ("printed" (aid-build--printed site val))
                ("round" (aid-build--result site val))))
      ('result (setf (aid-build-site-id site) nil)
               (aid-build--result site val))
      ('error (setf (aid-build-site-id site) nil)
              (aid-build--failed site val)))))

(defun aid-build--begins (site val)
  "Note that a build of SITE begins, as VAL says."
  (setf (aid-build-site-status site) 'running
        (aid-build-site-command site) (plist-get val :command)
        (aid-build-site-dir site) (plist-get val :dir)
        (aid-build-site-errors site) 0
        (aid-build-site-warnings site) 0)
  (aid-build-buffer-begin site)
  (aid-build--update site))

(defun aid-build--printed (site val)
  "Note what VAL says that the build of SITE has printed."
  (aid-build-buffer-add site (plist-get val :output))
  (unless (eql (aid-build-site-errors site) (plist-get val :errors))
    (setf (aid-build-site-errors site) (plist-get val :errors))
    (aid-build--update site))
  (setf (aid-build-site-warnings site) (plist-get val :warnings)))

(defun aid-build--second-source (site val)
  "VAL, the result of SITE, and if the core found no error in it, compilation's."
  (require 'aid-build-buffer)
  (let ((more (and (eq 'red (plist-get val :status)) (eql 0 (plist-get val :errors))
                   (buffer-live-p (aid-build-site-buffer site))
                   (aid-build-buffer-errors (aid-build-site-buffer site) (aid-build-site-root site)))))
    (if more
        (plist-put (plist-put (copy-sequence val) :diags more) :errors (length more))
      val)))

(defun aid-build--sum (val)
  "What VAL, a result, comes to in a line."
  (format "%s: %s%s (%s)"
          (capitalize (symbol-name (plist-get val :status)))
          (if (and (eql 0 (plist-get val :errors)) (eq 'red (plist-get val :status)))
              (format "exit status %d" (plist-get val :code))
            (format "%d error%s, %d warning%s" (plist-get val :errors)
                    (if (eql 1 (plist-get val :errors)) "" "s") (plist-get val :warnings)
                    (if (eql 1 (plist-get val :warnings)) "" "s")))
          (format " in %.1f s" (/ (plist-get val :ms) 1000.0))
          (plist-get val :command)))

(defun aid-build--result (site val)
  "Note that the build of SITE has come to VAL."
  (setq val (aid-build--second-source site val))
  (let ((before (plist-get (aid-build-site-result site) :status)))
    ;; What builds by itself is told of when it has changed.
    (when (or (aid-build-site-show site) (not (eq before (plist-get val :status))))
      (message "%s" (aid-build--sum val))))
  (setf (aid-build-site-status site) (plist-get val :status)
        (aid-build-site-errors site) (plist-get val :errors)
        (aid-build-site-warnings site) (plist-get val :warnings)
        (aid-build-site-result site) val)
  (aid-build-buffer-end site (aid-build--sum val))
  (aid-build--update site)
  (when (and (aid-build-site-show site) (eq 'red (plist-get val :status)))
    (aid-build-buffer-show site))
  (dolist (then (prog1 (reverse (aid-build-site-then site))
                  (setf (aid-build-site-then site) nil)))
    (funcall then val))
  (run-hook-with-args 'aid-build-finished-functions (aid-build-site-root site) val))

(defun aid-build--failed (site val)
  "Note that the build of SITE could not run, for what VAL says."
  (setf (aid-build-site-status site) 'unknown
        (aid-build-site-errors site) 0
        (aid-build-site-then site) nil)
  (aid-build-buffer-end site (plist-get val :message))
  (aid-build--update site)
  (message "%s" (plist-get val :message)))

;;; Commands

(defun aid-build--read (root)
  "Ask what to run in ROOT: give WHAT and LINE for `aid-build--wish'."
  (require 'aid-read)
  (let* ((known (cl-loop for what in '(nil "test" "watch")
                         for found = (aid--mod-build-command (aid-build--wish root what))
                         unless (plist-get found :error)
                         collect (cons (plist-get found :command) what)))
         (line (aid-read-line (format-prompt "Build by" (caar known)) (mapcar #'car known) nil (caar known))))
    (if-let ((one (assoc line known)))
        (list (cdr one) nil)
      (list nil line))))

(defun aid-build--local-root ()
  "The root of the project here, which is on this machine."
  (aid-module-ensure)
  (let ((root (aid-build-root)))
    (when (file-remote-p root)
      (user-error "Only projects on this machine are built; M-x compile builds others"))
    root))

;;;###autoload
(defun aid-build (&optional what line)
  "Build the project here.
How, its settings (`build' and `test' in .aid/config.json) or its files tell,
or `compile-command'.  With a prefix argument ask for another way: its tests,
the tool's own watch mode, or any command.  From Lisp, WHAT is nil, \"test\" or
\"watch\", and LINE a command for the shell.  Buffers are saved as before a
compilation; the result is in the mode line, and `next-error' walks its errors."
  (interactive (and current-prefix-arg (aid-build--read (aid-build--local-root))))
  (let ((root (aid-build--local-root)))
    (pcase-let ((`(,found . ,wish) (aid-build--find (aid-build--wish root what line))))
      (when (plist-get found :error)
        (user-error "%s" (plist-get found :error)))
      (when line                        ; who types a command has allowed it
        (setq wish (append '(:leave t) wish)))
      (if (not (or line (aid-build--allowed found wish)))
          (message "Nothing was run")
        (aid-build-save root)
        (aid-build-start wish nil t)))))

;;;###autoload
(defun aid-build-stop ()
  "Stop the build of the project here."
  (interactive)
  (let* ((root (aid-build--local-root)) (site (gethash root aid-build--sites)))
    (if (and site (aid-build-site-id site))
        (aid--mod-build-stop root)
      (user-error "Nothing is being built in %s" (abbreviate-file-name root)))))

(defun aid-build-show ()
  "Show what the build of the project here has printed."
  (interactive)
  (require 'aid-build-buffer)
  (let ((site (gethash (aid-build-root) aid-build--sites)))
    (unless (and site (buffer-live-p (aid-build-site-buffer site)))
      (user-error "Nothing was built here; M-x aid-build does"))
    (aid-build-buffer-show site)))

;;; On save

(defvar aid-build--timers nil
  "An alist of roots and the timers that will build what was saved there.")

(defun aid-build--saved-forget (root)
  "Build nothing for what was saved in ROOT until now."
  (when-let ((timer (cdr (assoc root aid-build--timers))))
    (cancel-timer timer))
  (setq aid-build--timers (assoc-delete-all root aid-build--timers)))

(defun aid-build--saved-now (root dir)
  "Build ROOT, of which a file in DIR was saved, if that may be."
  (let* ((default-directory dir)
         (site (gethash root aid-build--sites))
         (wish (aid-build-ready root)))
    ;; A tool that watches has seen it.
    (when (and wish (not (and site (aid-build-site-id site)
                              (equal "watch" (plist-get (aid-build-site-wish site) :what)))))
      (aid-build-start wish))))

(defun aid-build--saved ()
  "Build soon what was saved, when `aid-build-on-save' says so.
Several files that are saved at once are built together."
  (when (and aid-build-on-save buffer-file-name (fboundp 'aid--mod-build-start)
             (not (file-remote-p buffer-file-name)))
    (let ((root (aid-build-root)))
      (aid-build--saved-forget root)
      (push (cons root (run-at-time 0.1 nil #'aid-build--saved-now root default-directory))
            aid-build--timers))))

(add-hook 'after-save-hook #'aid-build--saved)

;;; Other compilations

(defun aid-build--program (command)
  "The program that COMMAND, a line for the shell, runs first, without its folder."
  (cl-loop for word in (split-string (or command ""))
           unless (string-match-p "\\`[[:alnum:]_]+=" word)
           return (file-name-nondirectory word)))

(defun aid-build--builds-p (root dir line)
  "Whether LINE, run in DIR, builds the project at ROOT, as far as can be told.
It does if its program builds or tests the project, or made it red."
  (let* ((default-directory (file-name-as-directory dir))
         (site (gethash root aid-build--sites))
         (known (cl-loop for what in '(nil "test")
                         collect (plist-get (car (aid-build--find (aid-build--wish root what))) :command)))
         (programs (delq nil (mapcar #'aid-build--program
                                     (cons (and site (aid-build-site-command site)) known)))))
    (or (null programs)
        (member (aid-build--program line) programs))))

(defun aid-build-adopt (buffer how)
  "Take the compilation in BUFFER, which has ended as HOW says, for the last build.
`compilation-finish-functions' calls it: what \\[compile] finds counts, too.  But
that another program than the project's succeeds does not make it green."
  (let* ((root (aid-build-root (buffer-local-value 'default-directory buffer)))
         (code (cond ((string-prefix-p "finished" how) 0)
                     ((string-match "code \\([0-9]+\\)" how) (string-to-number (match-string 1 how))))))
    (when (and code (not (file-remote-p root)) (< (buffer-size buffer) 1000000)
               (eq 'compilation-mode (buffer-local-value 'major-mode buffer))
               (or (/= code 0)
                   (with-current-buffer buffer
                     (aid-build--builds-p root default-directory (car-safe compilation-arguments)))))
      (let* ((site (aid-build--site root))
             (id (with-current-buffer buffer
                   (aid--mod-build-told
                    (list :root root :dir (directory-file-name (expand-file-name default-directory))
                          :line (or (car-safe compilation-arguments) "compile") :code code
                          :text (buffer-substring-no-properties (point-min) (point-max)))))))
        (unless (aid-build-site-id site)
          (setf (aid-build-site-buffer site) buffer)
          (aid--on-event id (lambda (kind val &rest _)
                              (when (eq kind 'result)
                                (aid-quietly
                                  (aid-build--adopted site val))))))))))

(defun aid-build--adopted (site val)
  "Note that another's compilation has come to VAL, for SITE."
  (setq val (aid-build--second-source site val))
  (setf (aid-build-site-status site) (plist-get val :status)
        (aid-build-site-errors site) (plist-get val :errors)
        (aid-build-site-command site) (plist-get val :command)
        (aid-build-site-result site) val)
  (aid-build--update site)
  (run-hook-with-args 'aid-build-finished-functions (aid-build-site-root site) val))

(defun aid-build--core-replaced ()
  "Begin anew what watched when the core was replaced."
  (cl-loop for site being the hash-values of aid-build--sites
           when (and (aid-build-site-id site)
                     (equal "watch" (plist-get (aid-build-site-wish site) :what)))
           do (aid-build-start (aid-build-site-wish site))))

(add-hook 'aid-after-reload-hook #'aid-build--core-replaced)

(provide 'aid-build)
;;; aid-build.el ends here
