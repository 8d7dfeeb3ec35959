;;; emacs.el --- Diffs applied by diff-mode, for the patch bench  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Reads lines "FOLDER<TAB>DIFF" from standard input.  For each, takes the text of DIFF for a diff in FOLDER and calls
;; `diff-apply-hunk' on every hunk, as a person would who answers no question; then saves the files.  Says "=> ok" or "=> "
;; and the first error on standard error.

;;; Code:

(require 'diff-mode)

(setq make-backup-files nil auto-save-default nil create-lockfiles nil vc-handled-backends nil
      diff-advance-after-apply-hunk nil enable-local-variables nil inhibit-message t
      find-file-hook nil require-final-newline nil mode-require-final-newline nil save-silently t)
(prefer-coding-system 'utf-8)

(defun bench-no-answer (&rest _)
  "Answer a question by giving up."
  (user-error "A question was asked"))

(dolist (ask '(y-or-n-p yes-or-no-p read-file-name read-char))
  (advice-add ask :override #'bench-no-answer))

(defun bench-error (function &rest arguments)
  "Call FUNCTION with ARGUMENTS; return the message of its error, or nil."
  (condition-case err
      (progn (apply function arguments) nil)
    (error (error-message-string err))))

(defun bench-hunk ()
  "Apply the hunk at point."
  (save-window-excursion
    (diff-apply-hunk)))

(defun bench-save-all ()
  "Save and forget every visited file; return the first error or nil."
  (let ((first nil))
    (dolist (buffer (buffer-list) first)
      (when (buffer-file-name buffer)
        (with-current-buffer buffer
          (when (buffer-modified-p)
            (setq first (or first (bench-error #'save-buffer))))
          (set-buffer-modified-p nil))
        (kill-buffer buffer)))))

(defun bench-apply (folder diff)
  "Apply the text of the file DIFF in FOLDER; return the first error or nil."
  (let ((first nil) (hunks 0) (next (point-min)))
    (with-temp-buffer
      (setq default-directory (file-name-as-directory folder))
      (insert-file-contents diff)
      (diff-mode)
      (goto-char next)
      (while (re-search-forward diff-hunk-header-re nil t)
        (setq hunks (1+ hunks) next (point))
        (goto-char (match-beginning 0))
        (let ((failed (bench-error #'bench-hunk)))
          (setq first (or first failed)))
        (goto-char next)))
    (let ((failed (bench-save-all)))
      (or first failed (and (= hunks 0) "There is no hunk")))))

(let (line)
  (while (setq line (ignore-errors (read-string "")))
    (let* ((parts (split-string line "\t"))
           (said (condition-case err
                     (or (bench-apply (car parts) (cadr parts)) "ok")
                   (error (error-message-string err)))))
      (princ (format "=> %s\n" (replace-regexp-in-string "\n" " " said)) #'external-debugging-output))))

;;; emacs.el ends here
