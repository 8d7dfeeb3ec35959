;;; aid-rollout-help.el --- Installed cores for tests  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A folder as `make install' leaves it, with test cores as versions, and
;; Emacsen of their own that load them: crashes are real.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'aid-module-helper)

(defun aid-tests-hash (name)
  "The hash that the core NAME is installed by."
  (substring (secure-hash 'sha256 name) 0 12))

(defun aid-tests-install (folder name version &optional built source)
  "Install in FOLDER the test core SOURCE, else NAME, as VERSION, BUILT at a time.
It is the newest then; give its file."
  (make-directory folder t)
  (unless (file-exists-p (expand-file-name "aid-module.so" folder))
    (copy-file (expand-file-name "aid-module.so" aid-tests-build) (file-name-as-directory folder)))
  (let* ((hash (aid-tests-hash name))
         (file (expand-file-name (format "aid-core-%s.so" hash) folder)))
    (if (file-exists-p (expand-file-name (format "test-cores/%s.so" (or source name)) aid-tests-build))
        (copy-file (expand-file-name (format "test-cores/%s.so" (or source name)) aid-tests-build) file t)
      (write-region (or source name) nil file nil 0))
    (write-region (format "version %s\nhash %s\nbuilt %s\nabi 2\n" version hash (or built "2026-01-01T00:00:00Z"))
                  nil (concat (file-name-sans-extension file) ".txt") nil 0)
    (write-region (concat (file-name-nondirectory file) "\n") nil (expand-file-name "aid-core" folder) nil 0)
    file))

(defmacro aid-tests-with-home (home &rest body)
  "Evaluate BODY with HOME, a fresh folder, for state and settings of children."
  (declare (indent 1) (debug (symbolp body)))
  `(let* ((,home (make-temp-file "aid-rollout" t))
          (process-environment (append (list (concat "XDG_STATE_HOME=" ,home "/state")
                                             (concat "XDG_CONFIG_HOME=" ,home "/config")
                                             (concat "HOME=" ,home) "LD_PRELOAD=")
                                       process-environment)))
     (unwind-protect (progn ,@body)
       (delete-directory ,home t))))

(defun aid-tests-emacs (folder &rest forms)
  "Run FORMS in an Emacs of its own whose cores are in FOLDER.
Give (STATUS . OUTPUT); STATUS is a string when a signal ended it."
  (with-temp-buffer
    (let ((status (apply #'call-process (expand-file-name invocation-name invocation-directory) nil t nil
                         "-Q" "--batch" "-module-assertions" "-L" aid--lisp-directory "-l" "aid-module"
                         "--eval" (prin1-to-string `(setq aid-module-directory ,folder warning-minimum-log-level :warning))
                         (cl-loop for form in forms collect "--eval" collect (prin1-to-string form)))))
      (cons status (buffer-string)))))

(defun aid-tests-marks (home)
  "The names of the marks in the state of HOME."
  (let ((folder (concat home "/state/aid/cores")))
    (and (file-directory-p folder)
         (directory-files folder nil "\\.\\(run\\|crash-.*\\)\\'"))))

(provide 'aid-rollout-help)
;;; aid-rollout-help.el ends here
