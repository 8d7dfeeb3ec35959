;;; aid-queue.el --- Questions that wait for an answer to end  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A question that is sent while an answer arrives is queued.  It is a turn of
;; the chat like any other, behind the answer and before the open question, and
;; the marker of its heading says that it waits: it is edited, removed, saved
;; and undone as text.  When the answer has ended well the first of the queue is
;; sent; when not, the queue waits for the person.  Nothing asks or waits then,
;; for a timer sends it: what might is done when the question is queued, secrets
;; are looked for by the core meanwhile, and a question that cannot be sent so
;; waits, too.

;;; Code:

(require 'aid-chat-send)
(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))

(declare-function aid-recipe-complete "aid-recipe" (&optional name))
(declare-function aid-chat--agree "aid-chat-send" (items))
(declare-function aid-context-core-p "aid-context" (target))
(declare-function aid-chat--save "aid-chat" ())
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-module-ensure "aid-module" ())

(declare-function aid-model-info "aid-in-force" (&optional name strategy))
(autoload 'aid-chat--typed-names "aid-chat-complete")
(autoload 'aid-model-secret "aid-model")
(autoload 'aid-model-secret-near-p "aid-model")
(autoload 'aid-secrets-look "aid-secrets")

(defvar inhibit-interaction)

;;; The queue as text

(defun aid-queue--write (turn number queued)
  "Make TURN, a question, number NUMBER, and say in its heading if it is QUEUED."
  (save-excursion
    (goto-char (plist-get turn :beg))
    (let* ((marker (aid-chat--next-marker nil))
           (words (format "%d user%s" number (if queued " queued" ""))))
      (unless (equal words (nth 2 marker))
        (aid-chat--replace (nth 0 marker) (nth 1 marker) (aid-chat--marker words))
        (aid-chat--refresh-line (plist-get turn :beg))))))

(defun aid-queue--number ()
  "Make the numbers of the questions behind the last answer grow.
Each leaves one for the answer to the question before it."
  (let ((turns nil) (last nil))
    (save-excursion
      (goto-char (point-max))
      (while (eq (plist-get (setq last (aid-chat--turn-back)) :kind) 'user)
        (push (cons (copy-marker (plist-get last :beg)) last) turns)))
    (let ((least (1+ (or (plist-get last :number) 0))))
      (pcase-dolist (`(,at . ,turn) turns)
        (let ((number (max least (plist-get turn :number))))
          (aid-queue--write (plist-put turn :beg (marker-position at)) number
                            (plist-get turn :queued))
          (set-marker at nil)
          (setq least (+ 2 number)))))))

(defun aid-queue--note ()
  "Show how many questions wait, and whether an answer is arriving."
  (aid-chat--note-queued)
  (aid-chat-head-update))

(defun aid-queue-at (&optional pos)
  "The queued question at POS or point, a turn, or nil."
  (let ((pos (or pos (point))))
    (cl-loop for turn in (aid-chat-queued)
             when (and (<= (plist-get turn :beg) pos) (< pos (plist-get turn :end)))
             return turn)))

;;; With nobody there

(defvar-local aid-queue--looked-up nil
  "The names after \"@\" in questions that were queued, which were looked up then.")

(defun aid-queue--typed ()
  "The names after \"@\" in the question that counts as the open one."
  (pcase-let ((`(,beg . ,end) (aid-chat--prose-bounds)))
    (aid-chat--typed-names (or (aid-chat-model-line-end) beg) end)))

(defun aid-queue--model-info ()
  "What is known of the model for the question that counts as the open one."
  (aid-model-info (or (save-excursion
                        (and (aid-chat-model--at-line) (match-string-no-properties 2)))
                      aid-model (plist-get (aid-strategy-info) :model))))

(defun aid-queue--prepare ()
  "Do for the open question now what may wait or ask when it is sent."
  (setq aid-queue--looked-up (append (aid-queue--typed) aid-queue--looked-up))
  (ignore-errors (aid-model-secret (aid-queue--model-info))))

(defun aid-queue--live-items ()
  "The context items of the question that counts as the open one, unsent ones."
  (cl-loop for item in (aid-chat--open-items)
           unless (assoc "sent" (aid-chat--words (nth 3 item))) collect item))

(defun aid-queue--hindrance ()
  "Why the question that counts as the open one cannot be sent with nobody there.
It is nil when it can."
  (cond ((cl-loop for name in (aid-queue--typed) thereis (not (member name aid-queue--looked-up)))
         "What \"@\" names in it is to be looked up")
        ((cl-loop for item in (aid-queue--live-items) for target = (nth 2 item)
                  thereis (not (or (aid-chat--item-near-p target)
                                   ;; Who has just sent it wants that the core fetches it.
                                   (and (aid-queue--left-p) (aid-context-core-p target)))))
         "What a context line names is to be fetched")
        ((not (aid-model-secret-near-p (aid-queue--model-info)))
         "Its model's key is to be asked for")))

;;; Left while something was looked for

(cl-defstruct (aid-queue-left (:constructor aid-queue-left--make) (:copier nil) (:predicate nil))
  "The question that was sent, and left because a key was pressed before it went.
AT is where it begins, STRATEGY and MODEL are those that it was sent with; HELD
says that it does not go by itself any more."
  at strategy model held)

(defvar-local aid-queue--left nil
  "The `aid-queue-left' of this chat, or nil.")

(defun aid-queue--left-p ()
  "Whether the question that comes first is the one that was left."
  (and aid-queue--left
       (let ((first (car (aid-chat-queued))))
         (and first (= (plist-get first :beg) (aid-queue-left-at aid-queue--left))))))

(defmacro aid-queue--as-left (&rest body)
  "Do BODY with the strategy and the model of the question that was left, if any."
  `(if (not (aid-queue--left-p))
       (progn ,@body)
     (let ((aid-strategy (aid-queue-left-strategy aid-queue--left))
           (aid-model (aid-queue-left-model aid-queue--left)))
       ,@body)))

(defun aid-queue--complete (way)
  "Add what belongs to the question that was left, waiting for it by WAY.
Give nil when something of it is still to come: it is gone on with then."
  (or (not (aid-queue--left-p))
      (aid-chat--with-sending (plist-get (car (aid-chat-queued)) :number)
        (not (catch 'aid-chat-later
               (let ((aid-chat-later--way way))
                 (aid-queue--add-recipe))
               nil)))))

(defun aid-queue--forget-left ()
  "No question is left any more."
  (when aid-queue--left
    (set-marker (aid-queue-left-at aid-queue--left) nil)
    (setq aid-queue--left nil))
  (aid-chat-later-forget))

;;;###autoload
(defun aid-queue-leave ()
  "Queue the open question, which goes when what was looked for has come."
  (let ((beg (copy-marker (plist-get (aid-chat--open-turn) :beg))))
    (setq aid-queue--looked-up (append (aid-queue--typed) aid-queue--looked-up)
          aid-queue--left (aid-queue-left--make :at beg :strategy aid-strategy :model aid-model))
    (aid-queue--put)
    (aid-queue--note)
    (message "The question goes when what belongs to it is found")))

(defun aid-queue-go-on (chat)
  "Go on with the question that was left in CHAT."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (when (save-restriction (widen) (aid-chat-queued))
        (aid-queue--next chat)))))

(defun aid-queue-hold ()
  "Do not send the question that was left; give non-nil if there was one."
  (when (save-restriction (widen) (aid-queue--left-p))
    (setf (aid-queue-left-held aid-queue--left) t)
    (aid-queue--say-waits "Stopped before it was sent")
    t))

;;; Adding

(defun aid-queue--add-recipe ()
  "Add what the strategy says goes with the question that counts as the open one.
What of it is to be agreed to is asked."
  (pcase (aid-chat--take-strategy)
    (`(,name ,text ,at) (unwind-protect (aid-recipe-complete name)
                          (aid-chat--replace at at text)))
    (_ (aid-recipe-complete)))
  (aid-chat--agree (aid-chat--open-items)))

(defun aid-queue--add-context ()
  "Add what goes with the open question now, where it is seen and can be deleted.
What is to be agreed to is asked now, for later nobody may be there."
  (aid-chat--add-typed)
  (aid-queue--add-recipe)
  (aid-queue--prepare))

(defun aid-queue--add ()
  "Queue the open question, and begin a new one below it."
  (aid-queue--add-context)
  (aid-queue--put))

(defun aid-queue--put ()
  "Make the open question the last of the queue, and begin a new one below it."
  (let* ((turn (aid-chat--open-turn))
         (at (save-excursion
               (goto-char (point-max))
               (skip-chars-backward " \t\n")
               (copy-marker (point)))))
    (aid-queue--write turn (plist-get turn :number) t)
    (aid-chat--put-behind at (point-max)
                          (concat "\n\n" (aid-chat--question (+ 2 (plist-get turn :number)))))
    (set-marker at nil)
    (aid-queue--number)))

(defun aid-queue--add-typed ()
  "Queue what the open question says; give nil when that is nothing."
  (let ((inside (aid-chat-in-question-p)))
    (save-restriction
      (widen)
      (unless (aid-chat--blank-p (aid-chat-open-question))
        (aid-queue--add)
        (when inside
          (goto-char (point-max)))
        t))))

;;; Sending

(defun aid-queue--first ()
  "The first question of the queue; before it those are removed that are empty."
  (let ((turn (car (aid-chat-queued))))
    (while (and turn (aid-chat--blank-p (cons (plist-get turn :body) (plist-get turn :end))))
      (aid-chat--replace (plist-get turn :beg) (plist-get turn :end) "")
      (setq aid-chat--turns-moved t)
      (aid-chat--settle-undo)           ; what was in it has no place any more
      (setq turn (car (aid-chat-queued))))
    turn))

(defvar-local aid-queue--busy nil
  "Whether the first question of the queue is being sent.")

(defun aid-queue--send-first ()
  "Send the first question of the queue."
  (let ((aid-queue--busy t))            ; who is asked something meanwhile lets timers run
    (aid-queue--send-first-now)))

(defun aid-queue--send-first-now ()
  "Send the first question of the queue, whether or not that is done already."
  (save-restriction
    (widen)
    (unless (aid-queue--left-p)         ; for it they were called before it was left
      (run-hook-with-args 'aid-before-send-functions (current-buffer)))
    (unwind-protect
        (progn
          (unless (aid-queue--first)
            (user-error "The question is empty"))
          (aid-queue--number)
          (aid-queue--as-left
           (aid-queue--complete 'patient)
           (aid-chat--with-sending (plist-get (aid-queue--first) :number)
             (let ((aid-recipe-automatic nil))      ; all of that is there since it was queued
               (aid-chat--add-typed)
               (when (aid-chat--near-full-p)
                 (aid-compact-check))
               (aid-chat--send-open)
               (aid-queue--write (aid-chat--open-turn) aid-chat--sending nil))))
          (aid-queue--forget-left))
      (aid-queue--note)
      (aid-chat--save))))

(defun aid-queue--say-waits (why)
  "Say that the queue waits, and WHY."
  (when (and (get-buffer-window nil 'visible) (not (active-minibuffer-window)))
    (let ((n (length (aid-chat-queued))))
      (message "%s.  %d queued question%s: %s there sends" (string-remove-suffix "." why) n (if (= n 1) " waits" "s wait")
               (substitute-command-keys "\\<aid-chat-mode-map>\\[aid-chat-send]")))))

(defun aid-queue--alone (chat function)
  "Call FUNCTION in CHAT, with nobody there, if its queue can be sent."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (when (and (derived-mode-p 'aid-chat-mode) (not aid-chat--stream) (not aid-queue--busy)
                 (aid-chat-queued))
        (condition-case err
            (let ((inhibit-interaction t) (use-dialog-box nil) (aid-chat--alone t))
              (save-restriction
                (widen)
                (funcall function)))
          (inhibited-interaction (aid-queue--say-waits "You are to be asked before it is sent")
                                 (aid-chat-later-forget))
          (error (aid-queue--say-waits (aid-error-words err))
                 (aid-chat-later-forget)))))))

(defun aid-queue--text ()
  "The text of the first question of the queue."
  (let ((turn (or (aid-queue--first) (user-error "The question is empty"))))
    (buffer-substring-no-properties (plist-get turn :body) (plist-get turn :end))))

(defvar-local aid-queue--looking nil
  "How often the core is looking for secrets just now in what is to be sent next.")

(defun aid-queue--next (chat)
  "Send the first question of CHAT's queue when it was looked through for secrets.
It is not when anything about it needs somebody to be there."
  (aid-queue--alone
   chat
   (lambda ()
     (aid-queue--as-left
      (when (and (not (and (aid-queue--left-p) (aid-queue-left-held aid-queue--left)))
                 (aid-queue--complete 'never))
        (let* ((text (aid-queue--text))
               (plist (aid-chat--with-sending (plist-get (aid-queue--first) :number)
                        (when-let ((why (aid-queue--hindrance)))
                          (user-error "%s" why))
                        (cdr (aid-chat--request-plist nil (aid-queue--live-items) nil)))))
          (setq aid-queue--looking (1+ (or aid-queue--looking 0)))
          (aid-secrets-look plist
                            ;; Whoever else hears of events does so before the next begins.
                            (lambda (held) (run-with-timer 0 nil #'aid-queue--looked chat text held)))))))))

(defun aid-queue--looked (chat text held)
  "Send the first question of CHAT's queue if it is TEXT and nothing in it is HELD.
When it was edited meanwhile it is looked through once more."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (setq aid-queue--looking (and (> (or aid-queue--looking 0) 1) (1- aid-queue--looking)))))
  (aid-queue--alone
   chat
   (lambda ()
     (cond ((not (equal text (aid-queue--text))) (aid-queue--next chat))
           (held (user-error "What looks like a secret would be sent with it"))
           ;; What has to be waited for brings it back to `aid-queue--next'.
           (t (catch 'aid-chat-later
                (let ((aid-chat-later--way 'never))
                  (aid-queue--send-first))))))))

(defun aid-queue--answered-p ()
  "Whether the answer before the queue has ended well."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (plist-get (car (aid-chat-queued)) :beg))
      (let (turn)
        (while (eq (plist-get (setq turn (aid-chat--turn-back)) :kind) 'alternative))
        (or (not (eq (plist-get turn :kind) 'answer))
            (equal "done" (aid-chat--word "state" (aid-chat-meta (plist-get turn :number)))))))))

(defun aid-queue-on-answer (chat &rest _)
  "Send the first question of CHAT's queue if its answer has ended well."
  (with-current-buffer chat
    (when (and (not aid-chat--stream) (aid-chat-queued))
      (let ((steered aid-chat--steered))
        (setq aid-chat--steered nil)
        (aid-queue--note)
        (if (or steered (aid-queue--answered-p))
            ;; Whoever else hears of the answer's end does so before the next begins.
            (run-with-timer 0 nil #'aid-queue--next chat)
          (aid-queue--say-waits "The answer did not end well"))))))

;;;###autoload
(defun aid-queue-send ()
  "Queue the open question while an answer arrives; else send what is queued.
With nothing queued at point and nothing new, an answer that failed is asked for
again."
  (let ((here (aid-queue-at)))
    (cond ((and here aid-chat--stream)
           (user-error "This question is queued; %s sends it at once"
                       (substitute-command-keys "\\[aid-chat-steer]")))
          (aid-chat--stream
           (unless (aid-queue--add-typed)
             (user-error "An answer is arriving; %s stops it"
                         (substitute-command-keys "\\[aid-chat-stop]")))
           (aid-queue--note)
           (aid-chat--save)
           (message "Queued; %s sends at once"
                    (substitute-command-keys "\\[aid-chat-steer]")))
          ((or here (aid-queue--add-typed) (not (aid-chat--last-failed)))
           (aid-queue--send-first))
          (t (aid-chat-again (aid-chat--last-failed))
             (aid-chat--save)))))

;;; Steering

(defun aid-queue--to-front (turn)
  "Move what is queued before TURN behind it."
  (let* ((beg (plist-get (car (aid-chat-queued)) :beg))
         (text (buffer-substring-no-properties beg (plist-get turn :beg))))
    (unless (string-empty-p text)
      (setq aid-chat--turns-moved t)
      (aid-chat--replace (plist-get turn :end) (plist-get turn :end) text)
      (aid-chat--replace beg (plist-get turn :beg) "")
      (aid-chat--settle-undo))))

(defun aid-queue--choose ()
  "Put at the queue's front what is to be sent at once.
That is the queued question at point, else the open one, else the first."
  (let ((here (aid-queue-at)))
    (unless here
      (when (aid-queue--add-typed)
        (setq here (car (last (aid-chat-queued))))))
    (unless (or here (aid-chat-queued))
      (user-error "The question is empty"))
    (save-restriction
      (widen)
      (when here
        (aid-queue--to-front here))
      (aid-queue--number))))

;;;###autoload
(defun aid-chat-steer ()
  "Send the question at once: an answer that is arriving is stopped, and kept.
It is the queued question at point, else the open one, else the first that is
queued.  What else is queued comes after it."
  (interactive)
  (aid-module-ensure)
  (if (not (or aid-chat--stream (aid-chat-queued)))
      (aid-chat-send)
    (aid-queue--choose)
    (aid-queue--note)
    (if (not aid-chat--stream)
        (aid-queue--send-first)
      (setq aid-chat--steered t)
      (aid-chat--cancel)
      (aid-chat--save))))

;;; Removing

;;;###autoload
(defun aid-queue-remove ()
  "Remove the queued question at point, else the last one.
Undo brings it back, until something is sent."
  (interactive)
  (let ((turn (or (aid-queue-at) (car (last (aid-chat-queued)))
                  (user-error "No question is queued"))))
    (save-restriction
      (widen)
      (delete-region (plist-get turn :beg) (plist-get turn :end)))
    (setq aid-chat--turns-moved t)
    (aid-queue--note)
    (aid-chat--save)
    (message "Not queued any more; %s brings it back" (substitute-command-keys "\\[undo]"))))

(provide 'aid-queue)
;;; aid-queue.el ends here
