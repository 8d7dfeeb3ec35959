;;; aid-queue-undo-tests.el --- Undo around queued questions and alternatives  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Whatever a person queues, steers, removes, takes and undoes while answers
;; arrive, the file stays a chat and the core's copy stays in step with it.

;;; Code:

(require 'aid-chat-help)
(require 'aid-alternatives)
(require 'aid-ask-with)
(require 'aid-queue)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

(ert-deftest aid-queue-undo-stops-at-the-question ()
  "Undoing a question that ended in blanks takes no answer away, and redo brings it back there."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (undo-boundary)
    (insert "Why? \n\n")
    (undo-boundary)
    (aid-chat-send)
    (aid-chat-tests-text "Because.")
    (let ((sent (buffer-string)) (last-command nil))
      (undo)
      (should (string-search "Because." (buffer-string)))
      (should-not (string-search "Why?" (cadr (split-string (buffer-string) "## "))))
      (undo-boundary)
      (undo)
      (should (equal (buffer-string) sent)))))

(ert-deftest aid-queue-undo-not-over-a-request ()
  "What moved whole turns is not undone once the core writes new ones among them."
  (aid-chat-tests-with chat
    (let ((aid-alternative-taken-functions nil))
      (aid-chat-tests-ask "Why?")
      (dotimes (n 2)
        (aid-chat-tests-text (format "Answer %d." n))
        (aid-chat-tests-done)
        (when (zerop n)
          (aid-chat-again 2)))
      (goto-char (plist-get (aid-chat--answer 2 1) :beg))
      (aid-alternatives-take)
      (aid-chat-again 2)
      (let ((before (buffer-string)) (last-command nil))
        (should-error (undo) :type 'user-error)
        (should (equal (buffer-string) before))))))

(defvar aid-queue-undo-tests--undone nil
  "Whether the last step was an undo.")

(defun aid-queue-undo-tests--step (n)
  "Do one of the things that a person or a server may do now, chosen by N."
  (let ((undone aid-queue-undo-tests--undone))
    (setq aid-queue-undo-tests--undone nil)
    (condition-case nil
        (pcase n
          (0 (goto-char (point-max)) (undo-boundary) (insert (format "Q%d? " (random 1000))))
          (1 (aid-chat-send))
          (2 (aid-chat-steer))
          (3 (undo-boundary) (aid-queue-remove))
          ((or 4 5) (undo-boundary)
           (setq aid-queue-undo-tests--undone t)
           (let ((last-command (and undone 'undo)))
             (undo)))
          (6 (goto-char (+ (point-min) 60 (random (max 1 (- (point-max) 60))))))
          (7 (when-let ((turn (car (aid-chat-queued))))
               (goto-char (plist-get turn :body))
               (undo-boundary)
               (insert "more ")))
          (8 (when aid-chat--stream
               (aid-chat-tests-text "words of an answer\n")))
          (9 (when aid-chat--stream
               (let ((state (nth (random 3) '("done" "failed" "cut"))))
                 (aid-chat-tests-event 'done (list :state state
                                                   :meta (concat "model=m req=r1 state=" state)))
                 (accept-process-output nil 0.002))))
          (10 (aid-alternatives-next))
          (11 (undo-boundary) (aid-alternatives-take))
          (12 (when-let ((answers (aid-chat-answers)))
                (aid-chat-again (car (last answers)))))
          (13 (goto-char (point-max)) (aid-ask-with '("x" "y"))))
      (user-error nil))))

(defun aid-queue-undo-tests--run (seed)
  "Do what SEED says, and check the chat after each step."
  (random (format "queue %d" seed))
  (aid-chat-tests-with chat
    (let ((aid-answer-done-functions '(aid-queue-on-answer))
          (aid-alternative-done-functions '(aid-queue-on-answer))
          (aid-alternative-taken-functions nil)
          (aid-queue-undo-tests--undone nil)
          (aid-ask-with-windows nil) (inhibit-message t) (done nil))
      (cl-letf (((symbol-function 'y-or-n-p) #'always))
        (dotimes (_ 60)
          (push (random 14) done)
          (ert-info ((format "seed %d, steps %S" seed (reverse done)))
            (aid-queue-undo-tests--step (car done))
            (save-restriction (widen) (aid-queue--number))
            (should-not (append (plist-get (aid--mod-doc-parse (aid-chat-doc)) :problems) nil))
            (should (equal (aid--mod-doc-text aid-chat--doc)
                           (buffer-substring-no-properties (point-min) (point-max))))))))))

(ert-deftest aid-queue-undo-anything-at-any-time ()
  "No order of steps leaves a chat that is none."
  (dotimes (seed 50)
    (aid-queue-undo-tests--run seed)))

(provide 'aid-queue-undo-tests)
;;; aid-queue-undo-tests.el ends here
