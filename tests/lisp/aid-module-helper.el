;;; aid-module-helper.el --- Cores and events for tests  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Loading the test cores of a build (the folder in the variable AID_BUILD,
;; else build), and waiting for events.

;;; Code:

(require 'cl-lib)
(require 'aid-module)

(defconst aid-tests-build
  (expand-file-name (or (getenv "AID_BUILD") "build")
                    (locate-dominating-file (or load-file-name default-directory) "Makefile"))
  "The build whose module is tested.")

(setq aid-module-directory aid-tests-build)

(defconst aid-tests-directory (file-name-as-directory (make-temp-file "aid-tests" t))
  "Where copies of cores go; deleted at exit.")
(add-hook 'kill-emacs-hook (lambda () (delete-directory aid-tests-directory t)))

(defvar aid-tests--copies 0)

(defun aid-tests-copy (name)
  "A copy of the test core NAME under a name that was never loaded."
  (let ((to (expand-file-name (format "%s-%d.so" name (cl-incf aid-tests--copies)) aid-tests-directory)))
    (copy-file (expand-file-name (format "test-cores/%s.so" name) aid-tests-build) to)
    to))

(defun aid-tests-load (name)
  "Load a fresh copy of the test core NAME with nothing left of others; return its file."
  (aid--load-loader)
  (unless (process-live-p aid--process)
    (aid--attach))
  (let ((file (aid-tests-copy name)))
    (aid--mod-load file)
    (aid--mod-reap t "next test")
    (aid-tests-drain)
    file))

(defun aid-tests-drain ()
  "All events that wait."
  (let (events more)
    (while (setq more (aid--mod-drain))
      (setq events (append events more)))
    events))

(defun aid-tests-wait (predicate)
  "Let events come until PREDICATE holds."
  (with-timeout (60 (ert-fail "Waited a minute in vain"))
    (while (not (funcall predicate))
      (accept-process-output nil 0.05))))

(defun aid-tests-collect (id)
  "A cell (EVENTS), newest first, of the events of ID from now on."
  (let ((cell (list nil)))
    (aid--on-event id (lambda (&rest event) (push event (car cell))))
    cell))

(defun aid-tests-ended (cell)
  "Whether the last event in CELL has come."
  (memq (car (car (car cell))) '(done error checked result)))

(defun aid-tests-text (cell)
  "The text in CELL."
  (mapconcat (lambda (event) (if (eq (car event) 'text) (nth 1 event) ""))
             (reverse (car cell)) ""))

(declare-function aid--mod-item-soon "ext:aid-module" (plist))

(defun aid-tests-item (dir target)
  "The text that the core reads for TARGET, in a chat in DIR; or the code of its error, a symbol."
  (let ((cell (aid-tests-collect (aid--mod-item-soon (list :dir dir :root dir :target target)))))
    (aid-tests-wait (lambda () (aid-tests-ended cell)))
    (pcase (car (car cell))
      (`(result ,val) (plist-get val :text))
      (`(error ,val) (intern (plist-get val :code))))))

(provide 'aid-module-helper)
;;; aid-module-helper.el ends here
