;;; aid-experiments.el --- What one is in, and what comes of it  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The settings may declare experiments, which give some people or requests
;; other settings than the rest.  `aid-experiments' shows in which of them the
;; question at hand takes part, and why, and the report of each by what is
;; recorded on this machine.  The core makes the reports, on another thread.
;; One whose variant does harm is switched off, and that is said once.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-module)
(require 'aid-in-force)

(declare-function aid--mod-experiments-soon "ext:aid-module" (plist))
(declare-function aid--mod-experiments-check-soon "ext:aid-module" (plist))
(declare-function aid-chat-doc "aid-chat-text" ())
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-project-root "aid-project" ())

(defvar-local aid-experiments--from nil
  "The buffer whose question this buffer's list is about.")

(define-derived-mode aid-experiments-mode special-mode "AID-Experiments"
  "The experiments of the settings, and what comes of them.
\\<aid-experiments-mode-map>\\[revert-buffer] looks again.

\\{aid-experiments-mode-map}"
  :group 'aid
  (setq-local revert-buffer-function (lambda (&rest _) (aid-experiments--look)))
  (visual-line-mode))

(defun aid-experiments--question ()
  "What the core is told of the question at hand: a plist."
  (if (derived-mode-p 'aid-chat-mode)
      (list :doc (aid-chat-doc) :root (aid-chat-root) :model aid-model :strategy aid-strategy
            :exact (not aid-strategy-variants))
    (let ((root (aid-project-root)))
      (list :chat "" :root (and root (not (file-remote-p root)) (expand-file-name root))
            :model aid-model :strategy aid-strategy :exact (not aid-strategy-variants)))))

;;; Writing

(defun aid-experiments--part (n of)
  "N of OF as a cell of the table."
  (if (> of 0) (format "%d/%d" n of) "-"))

(defun aid-experiments--insert-counts (counts by)
  "Insert the table of COUNTS, plists; BY says whether persons were assigned."
  (let ((row "  %-16s %9s %9s %9s %9s %9s %9s %9s\n"))
    (insert (propertize (format row "variant" (if (equal by "request") "assigned" "people")
                                "requests" "hunks" "accepted" "undone" "kept" "red")
                        'face 'bold))
    (dolist (count counts)
      (cl-flet ((at (key) (plist-get count key)))
        (insert (format row (at :arm) (at :seen) (at :requests) (at :offered) (at :taken) (at :undone)
                        (aid-experiments--part (at :kept) (at :chars))
                        (aid-experiments--part (at :red) (at :builds))))))))

(defun aid-experiments--insert-report (all by)
  "Insert ALL, what came of an experiment whose units are BY."
  (insert "\n")
  (if (= (plist-get all :persons) 0)
      (insert "Nobody has been in it yet, by the events of " (plist-get all :from) ".\n")
    (aid-experiments--insert-counts (plist-get all :counts) by)
    (insert "\n" (format "By the events of %s.\n" (plist-get all :from))
            (plist-get (plist-get all :report) :text))))

(defun aid-experiments--insert (experiment)
  "Insert what is known of EXPERIMENT, a plist."
  (cl-flet ((at (key) (plist-get experiment key)))
    (insert (propertize (at :name) 'face 'bold)
            (format "  %s, by %s, of %s\n" (at :state) (at :by) (string-join (at :variants) ", ")))
    (when (at :hypothesis)
      (insert (at :hypothesis) "\n"))
    (insert (if (at :variant) (format "You are in \"%s\": " (at :variant)) "You are not in it: ")
            (at :why) (format " (%s).\n" (at :reason)))
    (when (at :off)
      (insert (propertize (at :off) 'face 'warning)
              (format "\n\"aid experiment resume %s\" has it go on.\n" (at :name))))
    (if (at :report)
        (aid-experiments--insert-report (at :report) (at :by))
      (insert (or (at :problem) "") "\n"))
    (insert "\n")))

(defun aid-experiments--show (experiments)
  "Write EXPERIMENTS, plists, into this buffer; point stays on its line."
  (let ((inhibit-read-only t) (line (line-number-at-pos)))
    (erase-buffer)
    (mapc #'aid-experiments--insert experiments)
    (unless experiments
      (insert "The settings have no experiments.\n"))
    (goto-char (point-min))
    (forward-line (1- line))))

(defun aid-experiments--look ()
  "Have the core look at the experiments, and show them when it has."
  (aid--on-event-here (aid--mod-experiments-soon
                       (with-current-buffer (if (buffer-live-p aid-experiments--from)
                                                aid-experiments--from
                                              (current-buffer))
                         (aid-experiments--question)))
                      (lambda (kind value &rest _)
                        (if (eq kind 'result)
                            (aid-experiments--show value)
                          (message "%s" (plist-get value :message))))))

;;;###autoload
(defun aid-experiments ()
  "Show the experiments of the settings: what this is in, why, and their reports."
  (interactive)
  (aid-module-ensure)
  (let ((from (if (derived-mode-p 'aid-experiments-mode) aid-experiments--from (current-buffer)))
        (directory default-directory))
    (with-current-buffer (get-buffer-create "*aid-experiments*")
      (aid-experiments-mode)
      (setq aid-experiments--from from
            default-directory directory)
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert "...\n"))
      (aid-experiments--look)
      (pop-to-buffer (current-buffer)))))

;;; Harm

(defvar aid-experiments--checked nil
  "When this Emacs looked for harm last, in seconds; nil: not yet.")

(defconst aid-experiments--every 600
  "In how many seconds this Emacs looks for harm again.
The core counts once an hour at most, for all of them.")

(defun aid-experiments-check ()
  "Have the core look whether an experiment does harm here, if it is time."
  (when (or (not aid-experiments--checked)
            (> (- (float-time) aid-experiments--checked) aid-experiments--every))
    (setq aid-experiments--checked (float-time))
    (condition-case err
        (aid--on-event (aid--mod-experiments-check-soon (aid-experiments--question))
                       (lambda (kind words &rest _)
                         (when (and (eq kind 'result) words)
                           (aid--warn words))))
      (aid-error (message "%s" (aid-error-words err))))))

(provide 'aid-experiments)
;;; aid-experiments.el ends here
