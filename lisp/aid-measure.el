;;; aid-measure.el --- What became of answers, recorded  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What only Emacs sees of an answer's fate is told to the core, which
;; records it on this machine alone: decisions on hunks, and how many
;; characters a person types.  The setting "measure" turns that off;
;; docs/measure.md tells what is kept.  Whatever goes wrong here costs
;; measurements alone.

;;; Code:

(require 'aid-error)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-measure-decision "ext:aid-module"
                  (chat request root path id decision was op method shift similarity text edit))
(declare-function aid--mod-measure-typed "ext:aid-module" (root path chars seconds))
(declare-function aid-measure-accepted "aid-measure-stayed" (hunk names record))
(declare-function aid-measure-taken-back "aid-measure-stayed" (hunk))
(declare-function aid-chat-key "aid-chat-text" ())
(declare-function aid-chat-meta "aid-chat-text" (number &optional sub))
(declare-function aid-hunk-edit "aid-decisions" (hunk))
(declare-function aid-hunk-id "aid-decisions" (hunk))
(declare-function aid-hunk-op "aid-decisions" (hunk))
(declare-function aid-hunk-part "aid-decisions" (hunk))
(declare-function aid-hunk-path "aid-decisions" (hunk))
(declare-function aid-hunk-place "aid-decisions" (hunk))
(declare-function aid-hunk-record "aid-decisions" (hunk))
(declare-function aid-hunk-text "aid-decisions" (hunk))
(declare-function aid-project-root "aid-project" ())
(declare-function aid-review-chat "aid-review-parts" (review))
(declare-function aid-review-part-turn "aid-review-parts" (part))
(declare-function aid-review-root "aid-review-parts" (review))

(defmacro aid-measure--calmly (&rest body)
  "Do BODY, which gives words for the person or nil; an error is told, too."
  (declare (indent 0) (debug t))
  `(condition-case err
       (when-let ((words (progn ,@body)))
         (message "%s" words))
     (error (message "AID does not measure: %s" (aid-error-words err)))))

;;; Decisions

(defvar aid-measure--requests (make-hash-table :test 'eq :weakness 'key)
  "For each part of a review what its hunks have in common, a plist.")

(defun aid-measure--request (review part)
  "A plist of the chat of REVIEW, the request that made PART, and the root."
  (or (gethash part aid-measure--requests)
      (puthash part
               (append (when (buffer-live-p (aid-review-chat review))
                         (with-current-buffer (aid-review-chat review)
                           (list :chat (aid-chat-key)
                                 :request (cdr (assoc "req" (aid-chat-meta (aid-review-part-turn part)))))))
                       (list :root (expand-file-name (aid-review-root review))))
               aid-measure--requests)))

(defun aid-measure--names (review hunk)
  "A plist of what HUNK of REVIEW is called for the core."
  (append (list :path (aid-hunk-path hunk) :id (aid-hunk-id hunk))
          (aid-measure--request review (aid-hunk-part hunk))))

(defun aid-measure--decision (names hunk decision was)
  "Record the DECISION on HUNK, which is called NAMES; its state WAS another."
  (let ((place (aid-hunk-place hunk)))
    (aid--mod-measure-decision
     (plist-get names :chat) (plist-get names :request) (plist-get names :root)
     (aid-hunk-path hunk) (aid-hunk-id hunk)
     (symbol-name decision) (and was (symbol-name was)) (symbol-name (aid-hunk-op hunk))
     (or (plist-get place :method) (plist-get place :status))
     (plist-get place :shift) (plist-get place :similarity)
     (or (aid-hunk-text hunk) "") (aid-hunk-edit hunk))))

(defun aid-measure-decided (review hunk decision was)
  "Record that the DECISION on HUNK of REVIEW was made; its state WAS another."
  (aid-measure--calmly
    (let ((names (aid-measure--names review hunk)))
      (prog1 (aid-measure--decision names hunk decision was)
        (when (and (memq decision '(accepted edited)) (aid-hunk-record hunk))
          (require 'aid-measure-stayed)
          (aid-measure-accepted hunk names (aid-hunk-record hunk)))
        (when (and (eq decision 'undone) (featurep 'aid-measure-stayed))
          (aid-measure-taken-back hunk))))))

(defun aid-measure-answer (turn)
  "The name under which the core measures the request of answer TURN here, or nil."
  (when-let ((word (cdr (assoc "req" (aid-chat-meta turn)))))
    (format "%s %s" (aid-chat-key) word)))

;;; Typing

(defconst aid-measure--pause 300
  "Seconds after which what was typed is recorded.")

(defvar-local aid-measure--typed 0
  "Characters that were typed here and are not recorded yet.")

(defvar aid-measure--typing nil
  "The buffers where characters were typed that are not recorded yet.")

(defvar aid-measure--since nil
  "When the first of them was typed.")

;;;###autoload
(defun aid-measure-count ()
  "Count the characters just typed, when it is a file that they are typed in."
  (when (and buffer-file-name (not (derived-mode-p 'aid-chat-mode)))
    (when (= 0 aid-measure--typed)
      (push (current-buffer) aid-measure--typing)
      (unless aid-measure--since
        (setq aid-measure--since (float-time))
        (run-at-time aid-measure--pause nil #'aid-measure-typed)))
    (setq aid-measure--typed (+ aid-measure--typed
                                (abs (prefix-numeric-value current-prefix-arg))))))

(defun aid-measure--flush (buffer)
  "Record what was typed in BUFFER.  Give as the core does."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (prog1 (and (> aid-measure--typed 0) (fboundp 'aid--mod-measure-typed)
                  (not (file-remote-p buffer-file-name))
                  (aid--mod-measure-typed
                   (progn (require 'aid-project) (aid-project-root)) buffer-file-name
                   aid-measure--typed
                   (max 0 (round (- (float-time) (or aid-measure--since (float-time)))))))
        (setq aid-measure--typed 0)))))

(defun aid-measure-typed ()
  "Record what was typed since the last time."
  (aid-measure--calmly
    (let (words)
      (dolist (buffer aid-measure--typing)
        (setq words (or (aid-measure--flush buffer) words)))
      (setq aid-measure--typing nil
            aid-measure--since nil)
      words)))

(defun aid-measure--on-kill-buffer ()
  "Record what was typed in this buffer before it goes."
  (when (> aid-measure--typed 0)
    (setq aid-measure--typing (delq (current-buffer) aid-measure--typing))
    (aid-measure--calmly (aid-measure--flush (current-buffer)))))

(add-hook 'kill-buffer-hook #'aid-measure--on-kill-buffer)
;; Before the core is told to stop.
(add-hook 'kill-emacs-hook #'aid-measure-typed -50)

(provide 'aid-measure)
;;; aid-measure.el ends here
