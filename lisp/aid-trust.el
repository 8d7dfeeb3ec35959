;;; aid-trust.el --- What a project's files may say  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A project's `.aid/config.json' and strategies came with the project.  Its
;; harmless settings apply at once; the rest is left out until its bytes are
;; trusted.  `aid-trust' shows the files with what they ask for in plain words,
;; and asks; `aid-distrust' takes it back.  The core decides and remembers.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-module)
(require 'seq)
(require 'aid-invisible)

(declare-function aid--mod-trust-report "ext:aid-module" (root))
(declare-function aid--mod-trust-waiting "ext:aid-module" (root))
(declare-function aid--mod-trust-add "ext:aid-module" (root name hash))
(declare-function aid--mod-trust-drop "ext:aid-module" (root))
(declare-function aid-project-root "aid-project" ())
(declare-function aid-chat-root "aid-chat" ())

(defface aid-trust-setting '((t :inherit warning))
  "Face of a setting that needs trust."
  :group 'aid)

(defvar aid-trust--told nil
  "Of what was told in this session: (ROOT NUMBER NAMES).")

(defun aid-trust--root ()
  "The project here, or an error."
  (aid-module-ensure)
  (let ((root (if (derived-mode-p 'aid-chat-mode) (aid-chat-root) (aid-project-root))))
    (when (or (null root) (file-remote-p root))
      (user-error "Here is no project on this machine"))
    (expand-file-name root)))

;;; Showing

(defun aid-trust--insert-file (root file)
  "Insert what FILE of the project at ROOT asks for, and its text."
  (insert (propertize (concat (file-name-as-directory root) (plist-get file :name)) 'face 'bold)
          "  " (cond ((plist-get file :refused) (concat "cannot be trusted: " (plist-get file :refused)))
                     ((null (plist-get file :settings)) "asks for nothing that needs trust")
                     ((plist-get file :trusted) "is trusted")
                     (t "is not trusted: these settings are left out"))
          "\n\n")
  (dolist (one (append (plist-get file :settings) nil))
    (insert "  " (propertize (plist-get one :setting) 'face 'aid-trust-setting)
            " " (plist-get one :does) "\n"))
  (insert "\nThe file:\n\n" (string-trim-right (or (plist-get file :text) "")) "\n\n\n"))

(defun aid-trust--show (root files)
  "Show FILES of the project at ROOT in a buffer, and give it."
  (with-current-buffer (get-buffer-create "*aid-trust*")
    (let ((inhibit-read-only t))
      (erase-buffer)
      (dolist (file files)
        (aid-trust--insert-file root file))
      (aid-invisible-show (point-min) (point-max))
      (goto-char (point-min)))
    (special-mode)
    (setq bidi-paragraph-direction 'left-to-right
          bidi-display-reordering nil   ; nothing is shown in another order than it is read in
          default-directory root)
    (current-buffer)))

;;; Commands

;;;###autoload
(defun aid-trust ()
  "Show what this project's files ask for, and ask whether to trust them.
They are trusted as they are now: one that changes is not trusted any more."
  (interactive)
  (let* ((root (aid-trust--root))
         (files (append (plist-get (aid--mod-trust-report root) :files) nil))
         (needed (seq-filter (lambda (file) (plist-get file :needs)) files))
         (refused (seq-find (lambda (file) (plist-get file :refused)) files)))
    (if (null files)
        (message "%s has no settings of its own" (abbreviate-file-name root))
      (let ((window (display-buffer (aid-trust--show root files) '(display-buffer-pop-up-window))))
        (cond (refused (message "%s: %s" (plist-get refused :name) (plist-get refused :refused)))
              ((null needed) (message "Nothing here waits for trust"))
              ((unwind-protect
                   (yes-or-no-p (format "Trust %s of %s, as long as %s? "
                                        (mapconcat (lambda (file) (plist-get file :name)) needed ", ")
                                        (abbreviate-file-name root)
                                        (if (cdr needed) "they do not change" "it does not change")))
                 (when (window-live-p window)
                   (save-current-buffer
                     (quit-restore-window window))))
               (dolist (file needed)
                 (aid--mod-trust-add root (plist-get file :name) (plist-get file :hash)))
               (message "Trusted"))
              (t (message "Not trusted: these settings stay left out")))))))

;;;###autoload
(defun aid-distrust ()
  "Take back all trust in this project's files."
  (interactive)
  (let ((root (aid-trust--root)))
    (message (if (aid--mod-trust-drop root)
                 "Nothing in %s is trusted any more"
               "Nothing was trusted in %s")
             (abbreviate-file-name root))))

(defun aid-trust-mention (root)
  "Say, once for what it is now, that settings of the project at ROOT are left out."
  (when-let ((waiting (and root (not (file-remote-p root))
                           (append (aid--mod-trust-waiting (expand-file-name root)) nil))))
    (let ((what (cons root waiting)))
      (unless (member what aid-trust--told)
        (push what aid-trust--told)
        (message "Left out, for this project's settings are not trusted: %s.  %s shows what for"
                 (truncate-string-to-width (nth 1 waiting) 60 nil nil "…")
                 (substitute-command-keys "\\[aid-trust]"))))))

(provide 'aid-trust)
;;; aid-trust.el ends here
