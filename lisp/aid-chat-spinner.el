;;; aid-chat-spinner.el --- What is known of an answer that arrives, and its spinner  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The header line says what an answer does that is arriving, and the mode line
;; turns meanwhile.  A chat in which none arrives does without this file.

;;; Code:

(eval-when-compile (require 'cl-lib))
(require 'aid-chat-head)

(declare-function aid-chat-stop "aid-chat-meanwhile" ())

(cl-defstruct (aid-chat-stream (:copier nil) (:predicate nil) :noinline)
  "An answer that is arriving."
  id buffer
  number                                ; of the answer
  (sub 0)                               ; of the alternative that it is, 0: it is none
  beg end                               ; markers: its body so far
  question                              ; marker: the heading of what it answers
  (state 'asking)                       ; asking, streaming or retry
  model
  started first                         ; when it was asked, when text came first
  (chars 0)
  (turned 0)                            ; when its spinner turned last,
  (drawn 0)                             ; and when Emacs was made to draw it
  until why                             ; of a retry
  fold                                  ; the fold that is being written
  touched)                              ; whether the person changed the body

;;; The header line

(defconst aid-chat--stop-map
  (let ((map (make-sparse-keymap)))
    (define-key map [header-line mouse-1] #'aid-chat-stop)
    (define-key map [header-line mouse-2] #'aid-chat-stop)
    map)
  "Keymap of the header line's stop button.")

(defconst aid-chat--stop-button
  (propertize "[stop]" 'face 'aid-chat-link 'mouse-face 'highlight
              'help-echo "Stop the answer" 'local-map aid-chat--stop-map)
  "The header line's stop button.")

(defun aid-chat--head-state (stream)
  "What STREAM does, in words, with a button to stop it."
  (let* ((first (aid-chat-stream-first stream))
         (since (and first (- (float-time) first)))
         (words (pcase (aid-chat-stream-state stream)
                  ('retry (format "trying again in %d s"
                                  (max 0 (ceiling (- (aid-chat-stream-until stream)
                                                     (float-time))))))
                  ('streaming (if (and since (> since 0.5))
                                  (format "streaming %d tok/s"
                                          (/ (aid-chat-stream-chars stream) 4 since))
                                "streaming"))
                  (_ "asking")))
         (more (length aid-chat--beside)))
    (concat " " (aid-chat-sign "●" "*") " " words " "
            (if (> more 0) (format "and %d more " more) "")
            aid-chat--stop-button
            (if (eq (aid-chat-stream-state stream) 'retry)
                (concat "  " (aid-chat-stream-why stream))
              ""))))

;;; The spinner

(defvar aid-chat--spinner nil
  "The timer that turns all spinners, nil when nothing turns.")

(defvar aid-chat--live nil
  "The answers that are arriving, in all chats.")

(defconst aid-chat--turn-seconds 0.5
  "How often a spinner turns, in seconds.")

;; `force-mode-line-update' makes Emacs draw a whole window anew and make all of
;; its menu bar: a millisecond and more, as much as four pieces of text cost.  But
;; where a mode line says a line's number, as it does by default, Emacs draws it
;; and the header line with every change of the text.  So while text comes in,
;; that is counted on, and drawing forced now and then, for where it does not hold.

(defconst aid-chat--draw-seconds 4
  "How often both lines are drawn where Emacs does not do so by itself.")

(defun aid-chat--turn-spinner (stream)
  "Turn the spinner of STREAM, and say in the header line what it does.
Both are seen with the next change of the text."
  (let ((frames (if (char-displayable-p ?◐) "◐◓◑◒" "|/-\\"))
        (turn (truncate (/ (float-time) aid-chat--turn-seconds))))
    (setf (aid-chat-stream-turned stream) (float-time))
    (setq mode-line-process
          (concat " AID:" (string (aref frames (mod turn (length frames))))))
    (aid-chat-head-renew)))

(defun aid-chat--draw-spinner (stream)
  "Turn the spinner of STREAM, and have it drawn."
  (with-current-buffer (aid-chat-stream-buffer stream)
    (aid-chat--turn-spinner stream)
    (setf (aid-chat-stream-drawn stream) (float-time))
    (when (get-buffer-window nil t)
      (force-mode-line-update))))

(defun aid-chat--spin-due (stream)
  "Turn the spinner of STREAM, in this chat, when it is time.
Text that comes in calls this, for Emacs is about to redisplay anyway."
  (let ((now (float-time)))
    (cond ((<= (- now (aid-chat-stream-turned stream)) aid-chat--turn-seconds))
          ((> (- now (aid-chat-stream-drawn stream)) aid-chat--draw-seconds)
           (aid-chat--draw-spinner stream))
          (t (aid-chat--turn-spinner stream)))))

(defun aid-chat--spin ()
  "Turn the spinners that no text turns, or stop when no answer is arriving."
  (setq aid-chat--live (cl-loop for stream in aid-chat--live
                                when (buffer-live-p (aid-chat-stream-buffer stream))
                                collect stream))
  (if aid-chat--live
      (dolist (stream aid-chat--live)
        (when (or (eq (aid-chat-stream-state stream) 'retry)   ; which counts seconds
                  (> (- (float-time) (aid-chat-stream-turned stream))
                     (* 2 aid-chat--turn-seconds)))
          (aid-chat--draw-spinner stream)))
    (when aid-chat--spinner
      (cancel-timer aid-chat--spinner)
      (setq aid-chat--spinner nil))))

(defun aid-chat--spin-add (stream)
  "Have a spinner turn for STREAM."
  (push stream aid-chat--live)
  (unless aid-chat--spinner
    (setq aid-chat--spinner (run-with-timer aid-chat--turn-seconds aid-chat--turn-seconds
                                            #'aid-chat--spin))))

(defun aid-chat--spin-remove (stream)
  "Have no spinner turn for STREAM any more."
  (setq aid-chat--live (delq stream aid-chat--live))
  (when (buffer-live-p (aid-chat-stream-buffer stream))
    (with-current-buffer (aid-chat-stream-buffer stream)
      (setq mode-line-process nil)))
  (aid-chat--spin))

(provide 'aid-chat-spinner)
;;; aid-chat-spinner.el ends here
