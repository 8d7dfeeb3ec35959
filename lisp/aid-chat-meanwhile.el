;;; aid-chat-meanwhile.el --- What a person does while an answer arrives  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Every change of a chat is told to the core, and whether it touches an answer
;; that is arriving; answers are stopped, and chats killed.  How an answer
;; arrives is in aid-chat-stream.el, which is loaded with the first question.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-head)

(declare-function aid--await "aid-module" (seconds done &optional alone))
(declare-function aid--mod-cancel "ext:aid-module" (id))
(declare-function aid--mod-journal-remove "ext:aid-module" (file req))
(declare-function aid-chat--save "aid-chat" ())
(declare-function aid-chat--kept-p "aid-chat" ())
(declare-function aid-chat--stream-remove "aid-chat-stream" (stream))
(declare-function aid-chat--note-change "aid-chat-stream" (stream beg end))
(declare-function aid-chat-stream-id "aid-chat-spinner" (stream))
(declare-function aid-compact-stop "aid-compact" ())
(declare-function aid-queue-hold "aid-queue" ())

(defvar aid-answer-done-functions nil
  "Functions called when an answer has ended, well or not.
Each gets the chat's buffer and the answer's number.")

(defvar aid-alternative-done-functions nil
  "Functions called when an answer has ended that arrived as an alternative.
Each gets the chat's buffer, the answer's number and the alternative's.")

(defvar-local aid-chat--journals nil
  "Requests whose journals are to be removed once the chat is saved.")

(defvar-local aid-chat--moved nil
  "Targets when the arriving answer was asked for, and what they are now: an alist.")

;;; Changes

(defvar aid-chat--left (make-hash-table :test #'eq :weakness 'key)
  "Undo entries of deletions that ended just before where an answer goes on.
When they are undone, their text belongs before what came since.")

(defvar-local aid-chat--leftward nil
  "Whether the change that is being made ends just at the end of an answer.")

(defun aid-chat--before-change (beg end)
  "Note how the change from BEG to END lies to an answer that is arriving."
  (setq aid-chat--leftward nil)
  (dolist (stream (aid-chat-streams))
    (aid-chat--note-change stream beg end)))

(defun aid-chat--after-change (beg end deleted)
  "Tell the core that DELETED characters at BEG became the text up to END."
  (aid-chat--doc-edit beg deleted (buffer-substring-no-properties beg end))
  (when (and aid-chat--leftward (> deleted 0) (consp buffer-undo-list))
    (when-let ((entry (cl-loop repeat 4 for e in buffer-undo-list
                               when (stringp (car-safe e)) return e)))
      (puthash entry t aid-chat--left)))
  (setq aid-chat--leftward nil)
  (aid-chat--measure-soon))

;;; Stopping

(defvar-local aid-chat--steered nil
  "Whether the first queued question is sent however the arriving answer ends.")

(defun aid-chat--cancel ()
  "Have the core stop all answers that are arriving here."
  (dolist (stream (aid-chat-streams))
    (aid--mod-cancel (aid-chat-stream-id stream))))

(defun aid-chat-stop ()
  "Stop the answer that is arriving in this chat, or all that are."
  (interactive)
  (with-current-buffer (if (mouse-event-p last-nonmenu-event)
                           (window-buffer (posn-window (event-start last-nonmenu-event)))
                         (current-buffer))
    (cond (aid-chat--stream
           (setq aid-chat--steered nil)
           (aid-chat--cancel))
          ((and (featurep 'aid-compact) (aid-compact-stop)))
          ((and (featurep 'aid-queue) (aid-queue-hold)))
          (t (user-error "No answer is arriving here")))))

(defun aid-chat--abandon ()
  "Stop the answers that are arriving and let go of them, for good."
  (dolist (stream (aid-chat-streams))
    (ignore-errors (aid--mod-cancel (aid-chat-stream-id stream)))
    (aid-chat--stream-remove stream)))

(defconst aid-chat--stop-seconds 0.5
  "How long the core may take to end an answer whose chat is killed, in seconds.")

(defun aid-chat--stop-and-save ()
  "Stop the answer that is arriving here and save the chat, which is to be killed.
Only a chat that is saved by itself: for another, Emacs asks.  Give t: let it be
killed.  An answer that does not end in time is brought back from its journal."
  (when (and (aid-chat--kept-p) aid-chat--stream)
    (aid-chat--cancel)
    (aid--await aid-chat--stop-seconds (lambda () (not aid-chat--stream)))
    (aid-chat--save))
  t)

(defun aid-chat--remove-journals ()
  "Remove the journals of answers that are now saved."
  (dolist (req aid-chat--journals)
    (ignore-errors (aid--mod-journal-remove buffer-file-name req)))
  (setq aid-chat--journals nil))

(provide 'aid-chat-meanwhile)
;;; aid-chat-meanwhile.el ends here
