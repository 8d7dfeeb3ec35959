;;; aid-chat-symbols.el --- The names that a project defines  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core's index knows what the files of a project define.  Completion asks it
;; for the names that begin with what was typed, waits a moment for the answer,
;; and else makes do with what was told before: Emacs never stands still.

;;; Code:

(require 'cl-lib)
(require 'aid-module)

(declare-function aid--mod-symbols-soon "ext:aid-module" (root text most))
(declare-function aid-chat-root "aid-chat" ())

(defconst aid-chat-symbols--most 300
  "Names beyond this many are not offered at once.")

(defconst aid-chat-symbols--wait 0.05
  "How long an answer is waited for, in seconds.  It takes some milliseconds.")

(defconst aid-chat-symbols--seconds 20
  "How long an answer counts: files change.")

(defconst aid-chat-symbols--kept 20
  "So many answers are kept.")

(cl-defstruct (aid-chat-symbols-answer (:copier nil) (:predicate nil))
  "The NAMES that begin with TEXT, as of TIME; MORE: there may be others."
  text time more names)

(defvar-local aid-chat-symbols--answers nil
  "What the core has told for this chat's project, the newest first.")

(defvar-local aid-chat-symbols--asked nil
  "The text that the core is asked for now, or nil.")

(defvar-local aid-chat-symbols--next nil
  "The text that it is to be asked for after that, or nil.")

(defun aid-chat-symbols--answer (text)
  "An answer that tells all names that begin with TEXT, or nil."
  (cl-loop for answer in aid-chat-symbols--answers
           when (and (< (- (float-time) (aid-chat-symbols-answer-time answer))
                        aid-chat-symbols--seconds)
                     (string-prefix-p (aid-chat-symbols-answer-text answer) text)
                     (or (equal text (aid-chat-symbols-answer-text answer))
                         (not (aid-chat-symbols-answer-more answer))))
           return answer))

(defun aid-chat-symbols--note (text more names)
  "Note that NAMES begin with TEXT, and whether there may be MORE."
  (push (make-aid-chat-symbols-answer :text text :time (float-time) :more more :names names)
        aid-chat-symbols--answers)
  (when-let ((last (nthcdr (1- aid-chat-symbols--kept) aid-chat-symbols--answers)))
    (setcdr last nil)))

(defun aid-chat-symbols--take (kind val)
  "Take the answer VAL of KIND, and ask for what has been typed since."
  (let ((text aid-chat-symbols--asked) (next aid-chat-symbols--next))
    (setq aid-chat-symbols--asked nil
          aid-chat-symbols--next nil)
    (if (eq kind 'result)
        (aid-chat-symbols--note text (car val) (cdr val))
      (aid-chat-symbols--note "" nil nil))      ; a project that is not indexed
    (when (and next (not (aid-chat-symbols--answer next)))
      (aid-chat-symbols--ask next))))

(defun aid-chat-symbols--ask (text)
  "Ask the core for the names that begin with TEXT, one question at a time."
  (if aid-chat-symbols--asked
      (setq aid-chat-symbols--next text)
    (let ((root (aid-chat-root)))
      (when (and root (not (file-remote-p root)))
        (setq aid-chat-symbols--asked text)
        (condition-case nil
            (aid--on-event-here
             (aid--mod-symbols-soon (directory-file-name (expand-file-name root)) text
                                    aid-chat-symbols--most)
             (lambda (kind &optional val)
               (aid-chat-symbols--take kind val)))
          (aid-error (setq aid-chat-symbols--asked nil)))))))

(defun aid-chat-symbols-pending-p ()
  "Whether an answer is to come."
  (and aid-chat-symbols--asked t))

(defun aid-chat-symbols (text)
  "The names that this chat's project defines and that begin with TEXT.
A letter in its beginning may be a capital there.  Those are known that
the core tells within a moment, which a key ends, else those that it told
of less of TEXT."
  (unless (or (string-empty-p text) (string-match-p "[/ \t\n]" text))
    (unless (aid-chat-symbols--answer text)
      (aid-chat-symbols--ask text)
      (aid--await aid-chat-symbols--wait
                  (lambda () (or (not aid-chat-symbols--asked) (input-pending-p))) t))
    (when-let ((answer (or (aid-chat-symbols--answer text)
                           (cl-find-if (lambda (answer)
                                         (string-prefix-p (aid-chat-symbols-answer-text answer) text))
                                       aid-chat-symbols--answers))))
      (aid-chat-symbols-answer-names answer))))

(defun aid-chat-symbols-known-p (name)
  "Whether the core has told of NAME."
  (cl-loop for answer in aid-chat-symbols--answers
           thereis (member name (aid-chat-symbols-answer-names answer))))

(provide 'aid-chat-symbols)
;;; aid-chat-symbols.el ends here
