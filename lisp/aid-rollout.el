;;; aid-rollout.el --- Which core runs, and what the team says  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Now and then the core looks, on a thread, whether the person's team has
;; published new settings, and which of the installed cores is to run: the
;; one that the settings name, the one of their variant in an experiment,
;; the team's, or the newest.  When that is another one than runs, it takes
;; over as with `aid-reload': requests go on in the old one.  `aid-cores'
;; lists the cores.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-module)
(require 'tabulated-list)

(declare-function aid--mod-installed "ext:aid-module" (directory))
(declare-function aid--mod-told "ext:aid-module" (hash forget))
(declare-function aid--mod-rollout-soon "ext:aid-module" (folder force))
(declare-function aid--mod-config-store "ext:aid-module" (root key value))

(defcustom aid-rollout-interval 60
  "Seconds between two looks at what is to run, and at the team's settings.
A team's address is asked as often as the settings say, whatever stands
here."
  :type '(number :tag "Seconds")
  :group 'aid)

(defcustom aid-rollout-follow t
  "Whether another core takes over in this Emacs when settings say so.
When nil, the next Emacs starts it."
  :type 'boolean
  :group 'aid)

(defvar aid-rollout--timer nil)
(defvar aid-rollout--running nil
  "Whether a look is on its way.")
(defvar aid-rollout--told nil
  "What was told in this session, a list of strings.")

;;; Looking

(defun aid-rollout-begin ()
  "Look at once, and every `aid-rollout-interval' seconds from now on."
  (unless (timerp aid-rollout--timer)
    (setq aid-rollout--timer (run-at-time 0 aid-rollout-interval #'aid-rollout-check))))

(defun aid-rollout--tell-once (text)
  "Say TEXT, unless it was said."
  (unless (or (null text) (string-empty-p text) (member text aid-rollout--told))
    (push text aid-rollout--told)
    (message "AID: %s" text)))

(defun aid-rollout-check (&optional force)
  "Look which core is to run, and whether the team has new settings.
With FORCE, do so although it is not time yet, and say what comes of it."
  (when (and (fboundp 'aid--mod-rollout-soon) (aid--current-core)
             (or force (not aid-rollout--running)))
    (setq aid-rollout--running t)
    (condition-case err
        (aid--on-event (aid--mod-rollout-soon aid--module-found (and force t))
                       (lambda (kind value) (aid-rollout--arrived kind value force)))
      (aid-error (setq aid-rollout--running nil)
                 (when force
                   (signal (car err) (cdr err)))))))

(defun aid-rollout--arrived (kind value force)
  "Do as VALUE says that came as KIND; with FORCE, somebody waits for it."
  (setq aid-rollout--running nil)
  (if (eq kind 'error)
      (when force
        (message "AID: %s" (plist-get value :message)))
    (aid-rollout--team value force)
    (when (plist-get value :harm)
      (aid--warn (plist-get value :harm)))
    (mapc #'aid-rollout--tell-once
          (split-string (or (plist-get (plist-get value :choice) :notes) "") "\n" t))
    (aid-rollout--tell-once (plist-get value :error))
    (aid-rollout--follow (plist-get value :choice))))

(defun aid-rollout--team (value force)
  "Say what of VALUE is about the team's settings.
With FORCE, say also that there is nothing new."
  (let ((error (plist-get value :team_error)) (name (plist-get value :team_name)))
    (when force
      (setq aid-rollout--told (delete error aid-rollout--told)))
    (cond (error (aid-rollout--tell-once error))
          ((plist-get value :team_changed)
           (message "AID: the settings of %s apply from now on (serial %d)"
                    (if (string-empty-p name) "your team" name) (plist-get value :team_serial)))
          (force (message (if (plist-get value :team) "AID: your team has nothing new"
                            "AID: your settings name no team"))))))

;;; Taking over

(defconst aid-rollout--reasons
  '(("pin" . "your settings say so")
    ("team" . "your team's settings say so")
    ("newest" . "it is the newest")
    ("guardrail" . "the newest is what an experiment has shown to harm")
    ("previous" . "the other one took Emacs down"))
  "Why a core is to run, in words.")

(defun aid-rollout--reason (choice)
  "Why the core of CHOICE is to run, in words."
  (if (equal (plist-get choice :by) "experiment")
      (format "by the experiment %s" (plist-get choice :name))
    (or (cdr (assoc (plist-get choice :by) aid-rollout--reasons)) "it was chosen")))

(defun aid-rollout--wants (choice)
  "Whether CHOICE is to take over from the core that runs.
The newest one does only after one that settings had wanted; what took
other Emacsen down runs on here; and what a person loaded by hand stays."
  (let ((by (plist-get aid--chosen :by)) (hash (plist-get choice :hash)))
    (and hash aid-rollout-follow
         (not (equal hash (plist-get aid--chosen :hash)))
         (not (equal by "hand"))
         (not (plist-get choice :crashed))
         (not (member hash aid--failed-cores))
         (not (equal (list by (plist-get choice :by)) '("newest" "newest"))))))

(defun aid-rollout--follow (choice)
  "Have the core of CHOICE take over, if another one runs."
  (when (aid-rollout--wants choice)
    (condition-case err
        (progn
          (aid--swap (plist-get choice :file))
          (setq aid--chosen choice)
          (message "%s runs now: %s" (aid--core-name choice) (aid-rollout--reason choice)))
      (error
       (push (plist-get choice :hash) aid--failed-cores)
       (aid--warn (format "%s does not start:\n%s.\nThe core that ran before runs on."
                          (aid--core-name choice)
                          (string-trim-right (aid-error-words err) "[.]")))))))

;;;###autoload
(defun aid-team-refresh ()
  "Look now whether your team has published new settings."
  (interactive)
  (aid-module-ensure)
  (aid-rollout-check t))

;;; The list

(defvar aid-cores-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'aid-cores-load)
    (define-key map (kbd "u") #'aid-cores-use)
    (define-key map (kbd "a") #'aid-cores-auto)
    (define-key map (kbd "t") #'aid-cores-try-again)
    map)
  "Keys in the list of cores.")

(defun aid-cores--notes (core next running)
  "What there is to say of CORE.
NEXT is the choice that starts next, RUNNING the file that runs here."
  (string-join
   (delq nil
         (list (and (equal (plist-get core :file) running) "runs here")
               (cond ((equal (plist-get core :hash) (plist-get next :hash))
                      (format "starts next: %s" (aid-rollout--reason next)))
                     ((plist-get core :newest) "newest"))
               (and (> (plist-get core :crashes) 0)
                    (format "took Emacs down %d times" (plist-get core :crashes)))
               (and (not (plist-get core :loads)) "does not go with this AID")))
   ", "))

(defun aid-cores--entries ()
  "The rows of the list."
  (let ((next (aid--choose-core ""))
        (running (plist-get (aid--current-core) :file)))
    (mapcar (lambda (core)
              (list core (vector (plist-get core :version) (plist-get core :hash) (plist-get core :built)
                                 (number-to-string (plist-get core :running))
                                 (aid-cores--notes core next running))))
            (aid--mod-installed aid--module-found))))

(define-derived-mode aid-cores-mode tabulated-list-mode "AID-Cores"
  "The installed cores.
\\<aid-cores-mode-map>\\[aid-cores-load] has one run here, \\[aid-cores-use] has it run everywhere until \\[aid-cores-auto]."
  :group 'aid
  (setq tabulated-list-format [("Version" 12 t) ("Hash" 13 nil) ("Built" 21 t) ("Emacsen" 8 nil) ("" 0 nil)]
        tabulated-list-entries #'aid-cores--entries)
  (tabulated-list-init-header))

(defun aid-cores--here ()
  "The plist of the core on this line."
  (or (tabulated-list-get-id) (user-error "There is no core on this line")))

(defun aid-cores--pin (value)
  "Have the person's setting \"core\" be VALUE, and look what follows."
  (aid--mod-config-store nil "core" value)
  (setq aid--chosen (list :by "" :hash (plist-get aid--chosen :hash))
        aid--failed-cores nil)
  (aid-rollout-check)
  (revert-buffer))

(defun aid-cores-load ()
  "Have the core on this line run in this Emacs."
  (interactive)
  (aid-reload (plist-get (aid-cores--here) :file))
  (revert-buffer))

(defun aid-cores-use ()
  "Have the core on this line run in every Emacs, whatever else settings say."
  (interactive)
  (let ((core (aid-cores--here)))
    (aid--mod-told (plist-get core :hash) t)
    (aid-cores--pin (format "%s+%s" (plist-get core :version) (plist-get core :hash)))))

(defun aid-cores-auto ()
  "Have the core run that experiments and your team say, or the newest."
  (interactive)
  (aid-cores--pin nil))

(defun aid-cores-try-again ()
  "Forget that the core on this line took Emacs down: it may start again."
  (interactive)
  (aid--mod-told (plist-get (aid-cores--here) :hash) t)
  (revert-buffer))

;;;###autoload
(defun aid-cores ()
  "List the cores that are installed side by side."
  (interactive)
  (aid-module-ensure)
  (with-current-buffer (get-buffer-create "*aid-cores*")
    (aid-cores-mode)
    (tabulated-list-print)
    (pop-to-buffer (current-buffer))))

(provide 'aid-rollout)
;;; aid-rollout.el ends here
