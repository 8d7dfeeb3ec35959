;;; aid-doctor.el --- Check the models from end to end  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A buffer that says of each model whether it can be asked, and if not what is
;; wrong and what to do.  The core asks all of them at once; each line is
;; written when its answer has come.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-module)
(require 'aid-model)

(declare-function aid--mod-models "ext:aid-module" (root &optional all))
(declare-function aid--mod-discover "ext:aid-module" (provider root secret))
(declare-function aid--mod-model-check "ext:aid-module" (model root secret spend))
(declare-function aid--mod-settings "ext:aid-module" (root))
(declare-function aid--mod-version "ext:aid-module" ())
(declare-function aid-project-root "aid-project" ())

(defvar auth-sources)

(defface aid-doctor-ok '((t :inherit success))
  "Face of what is well."
  :group 'aid)

(defface aid-doctor-wrong '((t :inherit error))
  "Face of what is wrong."
  :group 'aid)

(defvar-local aid-doctor--root nil
  "The project whose models are checked.")

(defvar-local aid-doctor--free nil
  "Whether no answers are asked for.")

(defvar-local aid-doctor--models nil
  "What is checked: plists of the core.")

(defvar-local aid-doctor--results nil
  "What was found, as (ID . PLIST) for each model that has been checked.")

(defvar-local aid-doctor--servers 'asked
  "The servers that run here, or `asked'.")

(defvar-local aid-doctor--embeddings nil
  "What was found of who makes embeddings, or nil.")

(defvar-local aid-doctor--run 0
  "Counts the checks of this buffer: what an older one finds is not shown.")

(defvar aid-doctor-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map (make-composed-keymap button-buffer-map special-mode-map))
    map)
  "Keys of `aid-doctor'.")

(define-derived-mode aid-doctor-mode special-mode "AID-Doctor"
  "What is well and what is wrong with the models.
\\<aid-doctor-mode-map>\\[revert-buffer] checks again, \\[forward-button] goes \
to the next button.

\\{aid-doctor-mode-map}"
  :group 'aid
  (setq-local revert-buffer-function (lambda (&rest _) (aid-doctor--check)))
  (setq-local truncate-lines nil)
  (visual-line-mode))

;;; What to check

(defun aid-doctor--wanted (root)
  "The models to check in the project at ROOT.
Those that are configured, and of each provider whose key is there the first."
  (cl-loop for info in (aid--mod-models root 'first)
           when (or (plist-get info :configured) (plist-get info :default)
                    (not (equal (plist-get info :key) "missing"))
                    (aid-model-secret info)) ; a check was asked for: so may be a passphrase
           collect info))

;;; Writing

(defun aid-doctor--file-button (label file)
  "Insert a button with LABEL that visits FILE."
  (insert-text-button label 'action (lambda (_) (find-file-other-window file))
                      'follow-link t 'help-echo (format "Visit %s" file)))

(defun aid-doctor--keys-file ()
  "The file that auth-source reads keys from, as far as it is a file."
  (require 'auth-source)
  (cl-loop for source in (ensure-list auth-sources)
           when (and (stringp source) (not (string-match-p "\\`[a-z-]+:" source)))
           return (expand-file-name source)))

(defun aid-doctor--insert-settings ()
  "Insert what is to be said of the settings."
  (let ((settings (aid--mod-settings aid-doctor--root))
        (project (and aid-doctor--root
                      (expand-file-name ".aid/config.json" aid-doctor--root))))
    (insert (format "AID %s\n\nSettings: " (aid--mod-version)))
    (aid-doctor--file-button (abbreviate-file-name (plist-get settings :path))
                             (plist-get settings :path))
    (insert (if (plist-get settings :exists) "\n" " (there is none yet)\n"))
    (when (and project (file-exists-p project))
      (insert "Project:  ")
      (aid-doctor--file-button (abbreviate-file-name project) project)
      (insert "\n"))
    (when (plist-get settings :error)
      (insert (propertize (format "wrong: %s\n" (plist-get settings :error))
                          'face 'aid-doctor-wrong)))
    (dolist (warning (split-string (plist-get settings :warnings) "\n" t))
      (insert "warning: " warning "\n"))))

(defun aid-doctor--insert-help (result)
  "Insert what to do about RESULT, with buttons that lead there."
  (let ((failed (cl-loop for step in (plist-get result :steps)
                         when (equal (plist-get step :state) "wrong")
                         return (plist-get step :step)))
        (keys (aid-doctor--keys-file)))
    (when (plist-get result :help)
      (insert "          " (plist-get result :help) "\n"))
    (insert "          ")
    (when (and keys (member failed '("key" "accepted")))
      (aid-doctor--file-button "[keys]" keys)
      (insert " "))
    (aid-doctor--file-button "[settings]" (plist-get (aid--mod-settings nil) :path))
    (insert "\n")))

(defun aid-doctor--insert-model (info)
  "Insert what is known of the model INFO."
  (let* ((id (plist-get info :id))
         (result (cdr (assoc id aid-doctor--results))))
    (insert (cond ((not result) "  ...     ")
                  ((plist-get result :ok) (propertize "  ok      " 'face 'aid-doctor-ok))
                  (t (propertize "  wrong   " 'face 'aid-doctor-wrong)))
            (or (plist-get info :label) id)
            (if (plist-get info :default) " (default)" "")
            (if result (concat ": " (plist-get result :message)) "")
            "\n")
    (when (and result (not (plist-get result :ok)))
      (aid-doctor--insert-help result))))

(defun aid-doctor--insert-embeddings ()
  "Insert who makes embeddings, if anybody does."
  (let* ((settings (aid--mod-settings aid-doctor--root))
         (by (plist-get settings :embedder)))
    (when (plist-get settings :embeds)
      (insert "\nEmbeddings, for what is similar in meaning\n")
      (let ((aid-doctor--results (list (cons "" aid-doctor--embeddings))))
        (aid-doctor--insert-model
         (list :id "" :label (if by
                                 (format "%s/%s" (plist-get by :provider) (plist-get by :name))
                               "settings")))))))

(defun aid-doctor--insert-servers ()
  "Insert the servers that run here."
  (insert "\nServers on this machine\n")
  (cond ((eq aid-doctor--servers 'asked) (insert "  ...\n"))
        ((null aid-doctor--servers) (insert "  none\n"))
        (t (dolist (server aid-doctor--servers)
             (insert (format "  %s (%s): %s\n" (plist-get server :url)
                             (plist-get server :provider)
                             (mapconcat (lambda (info) (plist-get info :name))
                                        (plist-get server :models) ", ")))))))

(defun aid-doctor--show ()
  "Write this buffer anew; point stays on its line."
  (let ((inhibit-read-only t) (line (line-number-at-pos)) (column (current-column)))
    (erase-buffer)
    (aid-doctor--insert-settings)
    (insert "\nModels\n")
    (mapc #'aid-doctor--insert-model aid-doctor--models)
    (unless aid-doctor--models
      (insert "  none: name one in the settings, start a server on this machine, or put a key into\n"
              "  ~/.authinfo.gpg: machine api.anthropic.com login apikey password KEY\n"))
    (aid-doctor--insert-embeddings)
    (aid-doctor--insert-servers)
    (goto-char (point-min))
    (forward-line (1- line))
    (move-to-column column)))

;;; Checking

(defun aid-doctor--on-result (id function)
  "Call FUNCTION in this buffer with what the request ID gives, and show it.
An error gives a plist that tells of it."
  (let ((run aid-doctor--run))
    (aid--on-event-here id (lambda (kind value &rest _)
                             (when (eq run aid-doctor--run)
                               (funcall function (if (eq kind 'result)
                                                     value
                                                   (list :ok nil :message (plist-get value :message))))
                               (aid-doctor--show))))))

(defun aid-doctor--check-embeddings ()
  "Check who makes embeddings, if anybody does by the settings."
  (let ((settings (aid--mod-settings aid-doctor--root)))
    (when (plist-get settings :embeds)
      (aid-doctor--on-result
       (aid--mod-model-check nil aid-doctor--root
                             (when-let ((by (plist-get settings :embedder)))
                               (aid-model-secret by))
                             (not aid-doctor--free))
       (lambda (result) (setq aid-doctor--embeddings result))))))

(defun aid-doctor--check ()
  "Check everything, and show it as it comes."
  (cl-incf aid-doctor--run)
  (setq aid-doctor--results nil
        aid-doctor--servers 'asked
        aid-doctor--embeddings nil
        aid-doctor--models (condition-case err
                               (aid-doctor--wanted aid-doctor--root)
                             (aid-error (message "%s" (aid-error-words err)) nil)))
  (dolist (info aid-doctor--models)
    (let ((id (plist-get info :id)))
      (aid-doctor--on-result
       (aid--mod-model-check id aid-doctor--root (aid-model-secret info)
                             (not aid-doctor--free))
       (lambda (result) (push (cons id result) aid-doctor--results)))))
  (aid-doctor--check-embeddings)
  (aid-doctor--on-result (aid--mod-discover nil aid-doctor--root nil)
                         (lambda (servers)
                           (setq aid-doctor--servers
                                 (and (consp (car servers)) servers))))
  (aid-doctor--show))

;;;###autoload
(defun aid-doctor (&optional free)
  "Check the models that are set up, from end to end, and show what is wrong.
Each is asked for a word of an answer, which may cost a fraction of a cent; with
FREE, the prefix argument, only what costs nothing is done."
  (interactive "P")
  (aid-module-ensure)
  (require 'aid-context)
  (let ((root (aid-project-root)) (buffer (get-buffer-create "*AID doctor*")))
    (with-current-buffer buffer
      (unless (derived-mode-p 'aid-doctor-mode)
        (aid-doctor-mode))
      (setq aid-doctor--root (and root (expand-file-name root))
            aid-doctor--free free)
      (aid-doctor--check))
    (pop-to-buffer buffer)))

(provide 'aid-doctor)
;;; aid-doctor.el ends here
