;;; aid-ask-with.el --- One question to several models  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The open question goes to several models at the same time.  The first one's
;; answer is the answer, the others' arrive as its alternatives in the same
;; chat, and windows side by side each follow one.  The word "with" in the meta
;; lines says how many were asked together; `aid-alternatives-take' chooses one,
;; and "chosen" says so.

;;; Code:

(require 'aid-chat)
(require 'aid-chat-send)
(require 'aid-chat-stream)
(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))

(declare-function aid--mod-model-info "ext:aid-module" (id root))
(declare-function aid-project-root "aid-project" ())
(declare-function aid-append-definition-bounds "aid-append" ())
(declare-function aid-append-definition "aid-append" ())
(declare-function aid-append-region "aid-append" (beg end))

(defvar aid-ask-history)
(defvar aid-append-chat)

(defcustom aid-ask-with-windows t
  "Whether the answers of several models are shown in windows side by side."
  :type 'boolean
  :group 'aid-chat)

(defconst aid-ask-with--most 8
  "How many models are asked one question at most.")

(defvar-local aid-ask-with--windows nil
  "The windows that show this chat's answers side by side.
The first one showed the chat before.")

(defun aid-ask-with--read ()
  "Read the names of the models to ask, completed as by `aid-set-model'."
  (aid-module-ensure)
  (let ((root (if (derived-mode-p 'aid-chat-mode)
                  (aid-chat-root)
                (require 'aid-context)
                (aid-project-root))))
    (aid-model-look root #'aid-model--refresh)
    (completing-read-multiple "Models (two or more, with commas): " (aid-model--table root))))

(defun aid-ask-with--check (models)
  "MODELS without what is there twice; an error unless they can be asked together."
  (let ((models (delete-dups (delete "" (mapcar #'string-trim models)))))
    (cond ((not (cdr models))
           (user-error "Name two models or more, with commas between them"))
          ((> (length models) aid-ask-with--most)
           (user-error "At most %d models are asked together" aid-ask-with--most)))
    models))

;;; Sending

(defun aid-ask-with--beside (number question items n)
  "Have `aid-model' answer QUESTION, too, as an alternative to answer NUMBER.
QUESTION is a turn, ITEMS are its context items, N models are asked in all."
  (let* ((request (aid-chat--next-request))
         (asked (aid-chat--request request nil items (plist-get question :number)))
         (group (aid-chat-group (aid-chat--answer number)))
         (sub (1+ (apply #'max (mapcar (lambda (turn) (plist-get turn :sub)) group))))
         (at (plist-get (car (last group)) :end))
         (head (concat "### " (cdr asked) ", alternative "
                       (aid-chat--marker (format "%d.%d alternative" number sub)) "\n"
                       (aid-chat--marker (format "meta req=%s state=streaming with=%d" request n))
                       "\n\n")))
    (aid-chat--replace at at (concat head "\n\n"))
    (aid-chat-stream-begin (car asked) number (+ at (length head))
                           (plist-get question :beg) (cdr asked) sub)))

(defun aid-ask-with--others (models n)
  "Ask MODELS what was just asked, N models in all; give the errors as strings."
  (let* ((number (aid-chat-stream-number aid-chat--stream))
         (question (aid-chat-turn-at (aid-chat-stream-question aid-chat--stream)))
         (items (aid-chat--with-sending (plist-get question :number)
                  (cl-loop for item in (aid-chat--open-items)
                           unless (assoc "sent" (aid-chat--words (nth 3 item))) collect item)))
         errors)
    (aid-chat-meta-set number "with" (number-to-string n))
    (dolist (model models)
      (condition-case err
          (let ((aid-model model))
            (aid-ask-with--beside number question items n))
        (error (push (format "%s: %s" model (aid-error-words err)) errors))))
    (aid-chat--refresh-line (plist-get (aid-chat--answer number) :beg))
    (nreverse errors)))

(defun aid-ask-with--send (models)
  "Send the open question to MODELS; give the errors as strings."
  (let ((taken (aid-chat--take-strategy)) sent)
    (unwind-protect
        (let ((aid-strategy (or (car taken) aid-strategy)))
          (let ((aid-model (car models)))
            (aid-chat--send-open))
          (setq sent t)
          (aid-ask-with--others (cdr models) (length models)))
      (when (and taken (not sent))
        (pcase-let ((`(,_ ,text ,at) taken))
          (aid-chat--replace at at text))))))

;; What is too long for one of them is known before any of them is asked.
(defun aid-ask-with--check-size (models)
  "Ask what to do when the open question is too long for one of MODELS."
  (let* ((sized (cl-loop for model in models
                         for context = (ignore-errors
                                         (plist-get (aid--mod-model-info model (aid-chat-root)) :context))
                         when (and context (> context 0)) collect (cons context model)))
         (aid-model (cdr (car (sort sized (lambda (a b) (< (car a) (car b))))))))
    (when (and aid-model (aid-chat--near-full-p))
      (aid-compact-check))))

;;; Windows

(defun aid-ask-with--split (window)
  "Make a window beside WINDOW, below it when it is narrow; nil without room."
  (ignore-errors
    (split-window window nil (if (>= (window-total-width window) 80) 'right 'below))))

(defun aid-ask-with--show ()
  "Show the answers that are arriving here in windows side by side.
Each follows its answer, as a window does whose point is at its end."
  (when-let ((window (and aid-ask-with-windows (get-buffer-window))))
    (let ((windows (list window)))
      (dolist (_ (cdr (aid-chat-streams)))
        (when-let ((new (aid-ask-with--split (car (sort (copy-sequence windows)
                                                        (lambda (a b) (> (window-total-width a)
                                                                         (window-total-width b))))))))
          (set-window-buffer new (current-buffer))
          (setq windows (append windows (list new)))))
      (setq aid-ask-with--windows windows)
      (cl-loop for stream in (aid-chat-streams) for window in windows
               for turn = (aid-chat--answer (aid-chat-stream-number stream)
                                            (aid-chat-stream-sub stream))
               do (set-window-point window (aid-chat-stream-end stream))
               (set-window-start window (plist-get turn :beg) t)))))

;;; The command

(defun aid-ask-with--open (models)
  "Ask MODELS the open question of this chat."
  (aid-chat-check-idle (current-buffer))
  (run-hook-with-args 'aid-before-send-functions (current-buffer))
  (let (errors)
    (save-restriction
      (widen)
      (when (aid-chat--blank-p (aid-chat-open-question))
        (user-error "The question is empty"))
      (when (aid-chat-model-line-end)
        (user-error "The question names its model itself; delete that line to ask several"))
      (aid-chat--add-typed)
      (aid-ask-with--check-size models)
      (setq errors (aid-ask-with--send models)))
    (aid-chat--save)
    (message "%s" (if errors
                      (string-join errors "; ")
                    (substitute-command-keys
                     "\\<aid-chat-mode-map>\\[aid-alternatives-take] in an answer chooses it")))))

(defun aid-ask-with--question ()
  "Read a question where this is no chat, nil where it is one."
  (unless (derived-mode-p 'aid-chat-mode)
    (let ((question (read-string "Ask: " nil 'aid-ask-history)))
      (when (string-blank-p question)
        (user-error "There is no question"))
      question)))

;;;###autoload
(defun aid-ask-with (models &optional question)
  "Ask MODELS, two or more names, the same question at the same time.
In a chat that is the open question; elsewhere QUESTION, about the region or the
definition at point.  The first model's answer is the answer; the others arrive
as its alternatives.  \\<aid-chat-mode-map>\\[aid-alternatives-take] chooses one."
  (interactive (list (aid-ask-with--read) (aid-ask-with--question)))
  (aid-module-ensure)
  (let* ((models (aid-ask-with--check models))
         (chat (aid-chat-at-hand)))
    (aid-chat-check-idle chat)
    (if (not question)
        (aid-ask-with--open models)
      (require 'aid-append)
      (let ((aid-append-chat chat))
        (cond ((derived-mode-p 'aid-chat-mode))
              ((use-region-p) (aid-append-region (region-beginning) (region-end)))
              ((aid-append-definition-bounds) (aid-append-definition))))
      (aid-chat-display chat)
      (aid-chat-ask chat question (lambda () (aid-ask-with--open models))))
    (with-current-buffer chat
      (aid-ask-with--show))))

(provide 'aid-ask-with)
;;; aid-ask-with.el ends here
