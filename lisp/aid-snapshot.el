;;; aid-snapshot.el --- Snapshots of work as it is being done  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-snapshot-mode' switches snapshots on for the project here.  A thread of
;; the core takes them; here are switching them on and off, the texts of
;; buffers that are not saved, if the settings want those, and what went wrong.
;; That they are on is remembered with the snapshots, in the state's folder,
;; where no file of a project can say it.  `aid-history' shows them.

;;; Code:

(require 'cl-lib)
(require 'aid-module)
(require 'aid-project)

(declare-function aid--mod-snapshot-start "ext:aid-module" (root))
(declare-function aid--mod-snapshot-stop "ext:aid-module" (root forget))
(declare-function aid--mod-snapshot-wants-unsaved "ext:aid-module" (root))
(declare-function aid--mod-snapshot-unsaved "ext:aid-module" (root path text))
(declare-function aid--mod-snapshot-take-soon "ext:aid-module" (root))

(defvar aid-snapshot-mode)

(defcustom aid-snapshot-unsaved-interval 10
  "Seconds between looks at what is not saved, for snapshots that hold it.
Whether they do is the setting \"unsaved\" of \"snapshots\"."
  :type 'number
  :group 'aid)

(cl-defstruct (aid-snapshot-site (:constructor aid-snapshot-site--make))
  "A project at ROOT that snapshots are taken of.
ID is the request of their events, UNSAVED the bytes that a file which is not
saved may have to be in them, nil for none, SENT an alist of buffers and
\(PATH . TICK) of the text that the core has of them,
LAST the id of the last snapshot that was told of."
  root id unsaved sent last)

(defvar aid-snapshot--sites nil
  "The projects that snapshots are taken of.")

(defvar aid-snapshot--timer nil
  "The timer that looks at what is not saved.")

(defvar aid-snapshot--remembered 'unread
  "The roots for which snapshots are on, as the state's folder has it.")

;;; Where

(defun aid-snapshot-root ()
  "The root of the project here, its links resolved."
  (directory-file-name (file-truename (aid-project-root))))

(defun aid-snapshot--check-root (root)
  "Ask whether all of ROOT is meant where it holds more than one project.
That is the home and what it is in, with all that is private there.
Where snapshots are taken already nothing is asked."
  (when (and (not (aid-snapshot--site root))
             (file-in-directory-p "~/" root)
             (not (yes-or-no-p (format "%s is no single project.  Take snapshots of all of it? " (abbreviate-file-name root)))))
    (user-error "No snapshots are taken of %s: visit a file of a project" (abbreviate-file-name root))))

(defun aid-snapshot--folder ()
  "The folder that all projects' snapshots are in."
  (expand-file-name "aid/snapshots/" (let ((state (getenv "XDG_STATE_HOME")))
                                       (if (member state '(nil "")) "~/.local/state" state))))

(defun aid-snapshot--site (root)
  "The site of the project at ROOT, or nil."
  (cl-find root aid-snapshot--sites :key #'aid-snapshot-site-root :test #'equal))

(defun aid-snapshot--true-file (buffer)
  "The file of BUFFER, its links resolved, or nil."
  (let ((name (buffer-local-value 'buffer-file-truename buffer)))
    (and name (not (file-remote-p name)) (expand-file-name name))))

(defun aid-snapshot--below (file root)
  "FILE relative to ROOT when it is below it, or nil."
  (let ((folder (file-name-as-directory root)))
    (and file (string-prefix-p folder file) (substring file (length folder)))))

(defun aid-snapshot--mark (root on)
  "Set the mode to ON in the buffers of files below ROOT."
  (dolist (buffer (buffer-list))
    (when (aid-snapshot--below (aid-snapshot--true-file buffer) root)
      (with-current-buffer buffer
        (setq aid-snapshot-mode on))))
  (force-mode-line-update t))

;;; On and off

(defun aid-snapshot--start (root)
  "Have snapshots of ROOT taken."
  (unless (aid-snapshot--site root)
    (aid-module-ensure)
    (let* ((id (aid--mod-snapshot-start root))
           (site (aid-snapshot-site--make :root root :id id
                                          :unsaved (aid--mod-snapshot-wants-unsaved root))))
      (push site aid-snapshot--sites)
      (aid--on-event id (lambda (kind val &rest _) (aid-snapshot--event site id kind val)))
      (when (and (aid-snapshot-site-unsaved site) (not aid-snapshot--timer))
        (setq aid-snapshot--timer (run-at-time aid-snapshot-unsaved-interval aid-snapshot-unsaved-interval
                                               #'aid-snapshot--send-unsaved)))))
  (aid-snapshot--mark root t))

(defun aid-snapshot--stop (root forget)
  "Have no more snapshots of ROOT taken; with FORGET not in later sessions either."
  (setq aid-snapshot--sites (delq (aid-snapshot--site root) aid-snapshot--sites))
  (when (fboundp 'aid--mod-snapshot-stop)
    (aid--mod-snapshot-stop root forget))
  (when (and aid-snapshot--timer (cl-notany #'aid-snapshot-site-unsaved aid-snapshot--sites))
    (cancel-timer aid-snapshot--timer)
    (setq aid-snapshot--timer nil))
  (aid-snapshot--mark root nil))

(defun aid-snapshot--event (site id kind val)
  "Take the event KIND with VAL of request ID of SITE."
  (when (and (memq site aid-snapshot--sites) (eql id (aid-snapshot-site-id site)))
    (pcase kind
      ('snapshot (if (plist-get val :trouble)
                     (message "Snapshots: %s" (plist-get val :trouble))
                   (setf (aid-snapshot-site-last site) (plist-get val :id))))
      ('error (setq aid-snapshot--sites (delq site aid-snapshot--sites))
              (aid-snapshot--mark (aid-snapshot-site-root site) nil)
              (message "Snapshots: %s" (plist-get val :message))))))

;;;###autoload
(define-minor-mode aid-snapshot-mode
  "Take snapshots of this project while it is being worked on.
The mode belongs to the project: it is on in all buffers of its files, and in
later sessions, until it is switched off.  Snapshots lie outside of the project
and its version control; \\[aid-history] shows a file through time."
  :lighter " Snap"
  :group 'aid
  (let ((on aid-snapshot-mode) (root (aid-snapshot-root)))
    (setq aid-snapshot-mode nil)        ; until it is so
    (when (file-remote-p root)
      (user-error "Snapshots are taken on this machine only"))
    (when on
      (aid-snapshot--check-root root))
    (setq aid-snapshot--remembered (delete root (aid-snapshot--roots)))
    (if (not on)
        (aid-snapshot--stop root t)
      (aid-snapshot--start root)
      (push root aid-snapshot--remembered)
      (setq aid-snapshot-mode t))))

;;;###autoload
(defun aid-snapshot ()
  "Take a snapshot of this project now."
  (interactive)
  (aid-module-ensure)
  (let ((root (aid-snapshot-root)))
    (aid-snapshot--check-root root)
    (aid--on-event (aid--mod-snapshot-take-soon root)
                   (lambda (kind val &rest _)
                     (message "%s" (pcase kind
                                     ('error (plist-get val :message))
                                     ((guard (plist-get val :taken))
                                      (format "Snapshot %.12s of %s" (plist-get val :id) (abbreviate-file-name root)))
                                     (_ (format "Nothing has changed since snapshot %.12s" (plist-get val :id)))))))))

;;; Later sessions

(defun aid-snapshot--read (file)
  "The text of FILE."
  (with-temp-buffer
    (insert-file-contents file)
    (buffer-string)))

(defun aid-snapshot--roots ()
  "The roots for which snapshots are on, read once."
  (when (eq aid-snapshot--remembered 'unread)
    (setq aid-snapshot--remembered
          (cl-loop for folder in (and (file-directory-p (aid-snapshot--folder))
                                      (directory-files (aid-snapshot--folder) t "\\`[[:xdigit:]]+\\'"))
                   when (file-exists-p (expand-file-name "on" folder))
                   collect (aid-snapshot--read (expand-file-name "root" folder)))))
  aid-snapshot--remembered)

;;;###autoload
(defun aid-snapshot-found-file ()
  "Switch snapshots on again where the file that was visited has them."
  (when-let ((file (aid-snapshot--true-file (current-buffer)))
             (root (cl-find-if (lambda (root) (aid-snapshot--below file root)) (aid-snapshot--roots))))
    (setq aid-snapshot-mode t)
    (unless (aid-snapshot--site root)
      (run-with-idle-timer 1 nil #'aid-snapshot--start-again root))))

(defun aid-snapshot--start-again (root)
  "Have snapshots of ROOT taken, unless they were switched off meanwhile."
  (when (and (member root (aid-snapshot--roots)) (file-directory-p root))
    (with-demoted-errors "Snapshots: %S"
      (aid-snapshot--start root))))

(defun aid-snapshot--reloaded ()
  "Have the new core take the snapshots that the old one took."
  (let ((roots (mapcar #'aid-snapshot-site-root aid-snapshot--sites)))
    (setq aid-snapshot--sites nil)
    (mapc #'aid-snapshot--start-again roots)))
(add-hook 'aid-after-reload-hook #'aid-snapshot--reloaded)

;;; What is not saved

(defun aid-snapshot--has-bytes ()
  "Whether there is a byte here that is no character's."
  (save-excursion
    (goto-char (point-min))
    (skip-chars-forward "^\x3fff80-\x3fffff")
    (not (eobp))))

(defun aid-snapshot--text (most)
  "What this buffer would be saved as; nil when that is no UTF-8.
Nil also when it is more than MOST bytes."
  (let ((coding (or buffer-file-coding-system 'utf-8)))
    (when (and (memq (coding-system-base coding) '(utf-8 undecided us-ascii prefer-utf-8))
               (<= (buffer-size) most)) ; a character is a byte or more: nothing huge is looked through
      (save-restriction
        (widen)
        (unless (aid-snapshot--has-bytes)
          (let ((text (buffer-substring-no-properties (point-min) (point-max))))
            (if (eq 1 (coding-system-eol-type coding))
                (string-replace "\n" "\r\n" text)
              text)))))))

(defun aid-snapshot--path (site buffer)
  "The path in SITE of the file of BUFFER, if that is not saved, or nil."
  (and (buffer-live-p buffer)
       (buffer-modified-p buffer)
       (aid-snapshot--below (aid-snapshot--true-file buffer) (aid-snapshot-site-root site))))

(defun aid-snapshot--take-back (site sent)
  "Tell the core that its text SENT of SITE is none any more."
  (aid--mod-snapshot-unsaved (aid-snapshot-site-root site) (cadr sent) nil)
  (setf (aid-snapshot-site-sent site) (delq sent (aid-snapshot-site-sent site))))

(defun aid-snapshot--send (site buffer path)
  "Send the text of BUFFER, file PATH of SITE, unless the core has it."
  (let ((tick (buffer-chars-modified-tick buffer)) (sent (assq buffer (aid-snapshot-site-sent site))))
    (unless (equal (cdr sent) (cons path tick))
      (let ((text (with-current-buffer buffer (aid-snapshot--text (aid-snapshot-site-unsaved site)))))
        (cond ((null text) (when sent (aid-snapshot--take-back site sent)))
              ((aid--mod-snapshot-unsaved (aid-snapshot-site-root site) path text)
               (setf (aid-snapshot-site-sent site)
                     (cons (cons buffer (cons path tick)) (delq sent (aid-snapshot-site-sent site))))))))))

(defun aid-snapshot--send-saved (site)
  "Tell the core which texts of SITE that it has are no longer to be saved there."
  (dolist (sent (aid-snapshot-site-sent site))
    (unless (equal (cadr sent) (aid-snapshot--path site (car sent)))
      (aid-snapshot--take-back site sent))))

(defun aid-snapshot--send-unsaved ()
  "Send the core what is not saved in the projects that want it."
  (dolist (site (cl-remove-if-not #'aid-snapshot-site-unsaved aid-snapshot--sites))
    (aid-snapshot--send-saved site)
    (dolist (buffer (buffer-list))
      (when-let ((path (aid-snapshot--path site buffer)))
        (aid-snapshot--send site buffer path)))))

(provide 'aid-snapshot)
;;; aid-snapshot.el ends here
