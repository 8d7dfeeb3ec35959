;;; aid-compact.el --- Summaries stand for old turns  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat that has become too long for its model is compacted: the model
;; writes a summary of the oldest turns, which is sent instead of them.  The
;; summary is a turn of the chat: it can be read and edited, and when it is
;; deleted, the turns are sent again.  They stay in the file, folded, with their
;; items and decisions.  While the summary is asked for nothing is changed.

;;; Code:

(require 'cl-lib)
(eval-when-compile (require 'subr-x))
(require 'aid-chat)
(require 'aid-chat-send)
(require 'aid-chat-outline)
(require 'aid-inspect)

(declare-function aid-inspect-of "aid-inspect" (plist))
(declare-function aid--mod-cancel "ext:aid-module" (id))
(declare-function aid--on-event "aid-module" (id function))

(defcustom aid-compact-keep 0.25
  "The share of a model's context that the turns after a summary may take.
Turns that fit into it, the last ones, are not summarised."
  :type '(number :tag "Share, from 0 to 1")
  :group 'aid-chat)

(defcustom aid-compact-reserve 4096
  "Tokens that are left free in a model's context for its answer."
  :type 'natnum
  :group 'aid-chat)

(defvar-local aid-compact--running nil
  "The request that is going to bring a summary, its id, or nil.")

;;; Which turns

(defun aid-compact--candidates (turns limit)
  "The answers after which TURNS, plists of the core, can be cut.
They and what is before them are at most LIMIT tokens, or any if that is nil.
Each is a cons of its number and the tokens after it, the last one first."
  (let ((answers (cl-set-difference      ; a summary has its last answer's number
                  (aid-chat-answers)
                  (mapcar (lambda (turn) (plist-get turn :number)) (aid-chat-turns 'summary))))
        (sum 0) (found nil))
    (cl-loop for turn in turns
             do (setq sum (+ sum (plist-get turn :tokens)))
             when (and (memql (plist-get turn :number) answers)
                       (or (not limit) (<= sum limit)))
             do (push (cons (plist-get turn :number) sum) found))
    (mapcar (lambda (cut) (cons (car cut) (- sum (cdr cut)))) found)))

(defun aid-compact--cut (request)
  "The answer up to which the turns of REQUEST are to be summarised, or nil.
What is after it fits into the share to keep, or is as little as can be; the
open question stays in any case."
  (let* ((context (plist-get request :context))
         (turns (append (plist-get request :turns) nil))
         (total (apply #'+ (mapcar (lambda (turn) (plist-get turn :tokens)) turns)))
         (known (> context 0))
         (cuts (aid-compact--candidates
                turns (and known (max 0 (- context aid-compact-reserve
                                           (- (plist-get request :tokens) total))))))
         (keep (* aid-compact-keep (if known context total))))
    ;; The earliest cut that leaves little enough keeps the most.
    (car (or (car (last (cl-remove-if (lambda (cut) (> (cdr cut) keep)) cuts)))
             (car cuts)))))

;;; The summary

(defun aid-compact--end (number)
  "Where what belongs to answer NUMBER ends, its alternatives included."
  (let* ((turn (or (aid-chat--answer number)
                   (user-error "Answer %d is gone" number)))
         (end (plist-get turn :end)) next)
    (while (and (< end (point-max))
                (setq next (aid-chat-turn-at end))
                (memq (plist-get next :kind) '(alternative))
                (= number (plist-get next :number)))
      (setq end (plist-get next :end)))
    end))

(defun aid-compact--from (number)
  "The number of the first turn that a summary up to answer NUMBER stands for."
  (min number (plist-get (car (aid-chat-turns)) :number)))

(defun aid-compact--insert (number text val)
  "Let TEXT stand for the turns up to answer NUMBER; VAL is the request's report.
Give where the summary begins."
  (save-restriction
    (widen)
    (let* ((from (aid-compact--from number))
           (old (cl-loop for turn in (aid-chat-turns 'summary)
                         when (= number (plist-get turn :number)) return turn))
           (beg (if old (plist-get old :beg) (aid-compact--end number)))
           (end (if old (plist-get (aid-chat-turn-at beg) :end) beg))
           (key (aid-chat-key)))
      (aid-chat--replace
       beg end
       (concat (if (save-excursion (goto-char beg) (looking-back "\n\n" (max 1 (- beg 2)))) "" "\n")
               (format "## Summary of turns %d to %d " from number)
               (aid-chat--marker (format "%d summary of=%d-%d" number from number)) "\n"
               (aid-chat--marker (concat "meta " (plist-get val :meta))) "\n\n"
               (string-trim (string-replace key "[...]" text)) "\n\n"))
      (aid-chat--refresh beg (save-excursion (goto-char beg) (forward-line 3) (point)))
      (aid-chat-fold-summarised)
      (aid-chat--measure-soon)
      (aid-chat--save)
      beg)))

(defun aid-compact--on-end (chat number text val)
  "End the compaction of CHAT up to answer NUMBER with TEXT and VAL, its report."
  (with-current-buffer chat
    (setq aid-compact--running nil)
    (cond ((plist-get val :message)
           (message "The chat is as it was: %s" (plist-get val :message)))
          ((string-blank-p text)
           (message "The chat is as it was: the model wrote no summary"))
          ((plist-get val :note)          ; cut, refused, filtered: no summary
           (message "The chat is as it was: %s" (plist-get val :note)))
          (t
           (aid-compact--insert number text val)
           (message "Turns up to %d are folded, and a summary of about %s tokens is sent instead"
                    number (aid-chat--count (/ (length text) 4)))))))

(defun aid-compact--ask (number)
  "Ask for a summary of this chat's turns up to answer NUMBER."
  (pcase-let* ((`(,info . ,plist) (aid-chat--request-plist nil nil nil))
               (chat (current-buffer)) (pieces nil)
               (id (aid-chat--ask (aid-secrets-agree
                                   (append (list :request (aid-chat--next-request)
                                                 :summarise number)
                                           plist))
                                  info)))
    (setq aid-compact--running id)
    (aid--on-event id (lambda (&rest event)
                        (pcase event
                          (`(text ,text . ,_) (push text pieces))
                          ((and `(,(or 'done 'error) ,val) (guard (buffer-live-p chat)))
                           (aid-compact--on-end chat number
                                                (string-join (nreverse pieces)) val)))))
    (message "Summarising the turns up to %d; %s stops it" number
             (substitute-command-keys "\\<aid-chat-mode-map>\\[aid-chat-stop]"))))

;;;###autoload
(defun aid-compact (&optional number)
  "Let a summary, written by the model, stand for the oldest turns of the chat.
They stay in the file, folded, and are not sent.  Deleting the summary sends
them again.  With NUMBER, the prefix argument, they are the turns up to the
answer at point."
  (interactive (list (and current-prefix-arg
                          (or (aid-chat-answer-at) (user-error "No answer is at point")))))
  (aid-module-ensure)
  (with-current-buffer (aid-chat-at-hand)
    (when (or aid-chat--stream aid-compact--running)
      (user-error "An answer is arriving; %s stops it"
                  (substitute-command-keys "\\<aid-chat-mode-map>\\[aid-chat-stop]")))
    (unless (aid-chat-answers)
      (user-error "There is nothing to summarise: no question was answered"))
    (aid-compact--ask (or number
                          (aid-compact--cut (aid-compact--request))
                          (user-error "There is nothing to summarise: \
no answer leaves room for its summary in the model's context")))))

(defun aid-compact--request ()
  "What this chat would send, also when its open question is empty."
  (condition-case nil
      (aid-inspect-request)
    (aid-error (aid-inspect-of
                (append (list :summarise (apply #'max (aid-chat-answers)))
                        (cdr (aid-chat--request-plist nil nil nil)))))))

(defun aid-compact-stop ()
  "Stop the summary that is being written, if one is; give non-nil then."
  (when aid-compact--running
    (aid--mod-cancel aid-compact--running)
    t))

;;;###autoload
(defun aid-compact-check (&optional plist)
  "Ask what to do when the open question does not fit into its model's context.
With PLIST it is about what the core is asked by that instead."
  (let* ((request (if plist (aid-inspect-of plist) (aid-inspect-request)))
         (cut (aid-compact--cut request))
         (context (plist-get request :context))
         (tokens (plist-get request :tokens)))
    (when (and (> context 0) (> (+ tokens aid-compact-reserve) context))
      (let ((said (format "This is about %s tokens, and %s takes %s with its answer"
                          (aid-chat--count tokens) (plist-get request :model)
                          (aid-chat--count context))))
        (cond ((not cut)
               (unless (y-or-n-p (concat said ".  Send it all the same? "))
                 (user-error "Not sent: take away context lines or words")))
              ((y-or-n-p (concat said ".  Summarise the oldest turns first? "))
               (aid-compact cut)
               (user-error "Not sent yet: the oldest turns are being summarised; send again when that is done")))))))

(provide 'aid-compact)
;;; aid-compact.el ends here
