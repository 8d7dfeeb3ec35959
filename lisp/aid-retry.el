;;; aid-retry.el --- Ask again about refused hunks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What of an answer was refused is reported to the model: each hunk, why it
;; does not fit, and what the file has there.  The hunks that come back join
;; the review, as those of an answer that corrects the first one; the hunks
;; that they replace are rejected.  Which answer corrects which is kept in the
;; chat, so that a later review is about both again.

;;; Code:

(require 'aid-review)
(require 'cl-lib)
(require 'subr-x)

(autoload 'aid-measure-decided "aid-measure")
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat-ask "aid-chat-send" (chat question))

(defvar aid-chat-later-may-leave)
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-check-idle "aid-chat-send" (chat))
(declare-function aid-chat-key "aid-chat-text" ())
(declare-function aid-chat-meta "aid-chat-text" (number))
(declare-function aid-chat-meta-set "aid-chat-text" (number key value))
(declare-function aid-chat-open-question "aid-chat-send" ())
(declare-function aid-chat--replace "aid-chat-text" (beg end text &optional split))

(defvar aid-answer-done-functions)

(defcustom aid-retry-question "\
These changes do not fit the files as they are now.  Send the corrected hunks
only, as one unified diff in a fenced block: with the files' lines exactly as
they are, and enough of them that each hunk fits one place.  Leave out whatever
is not listed here."
  "What the model is asked about refused hunks; the report on them follows."
  :type 'string
  :group 'aid)

;;; What was refused

(defun aid-retry--refused-p (hunk)
  "Whether HUNK is undecided and has no place."
  (and (aid-review-undecided-p hunk)
       (equal (plist-get (aid-hunk-place hunk) :status) "refused")))

(defun aid-retry--refused (review)
  "The hunks of REVIEW that are undecided and have no place."
  (cl-remove-if-not #'aid-retry--refused-p (append (aid-review-hunks review) nil)))

(defun aid-retry--report-part (review part)
  "The report on what is refused of PART of REVIEW."
  (let* ((hunks (aid-review--own review part))
         (files (delete-dups (mapcar #'aid-hunk-file
                                     (cl-remove-if-not #'aid-retry--refused-p hunks)))))
    (if files
        (apply #'aid-apply-plan (aid-review-part-text part) (aid-review-part-patch part)
               (aid-review-root review) :report (append files nil) (aid-review-open hunks))
      "")))

(defun aid-retry-report (review)
  "What is refused in REVIEW, as a text for people and models."
  (mapconcat (lambda (part) (aid-retry--report-part review part)) (aid-review-parts review) ""))

;;; Asking

(defun aid-retry--ask (chat question)
  "Ask QUESTION in CHAT; what is written in its open question stays there."
  (aid-chat-check-idle chat)
  (with-current-buffer chat
    (pcase-let* ((`(,beg . ,end) (aid-chat-open-question))
                 (draft (buffer-substring-no-properties beg end))
                 (asked nil))
      (aid-chat--replace beg end "")
      (unwind-protect
          (progn (let ((aid-chat-later-may-leave nil))
                   (aid-chat-ask chat question))
                 (setq asked t))
        (pcase-let ((`(,from . ,to) (aid-chat-open-question)))
          (unless (and asked (string-blank-p draft))
            (aid-chat--replace from to draft))))
      (car (last (aid-chat-answers))))))

(defun aid-retry--when-done (chat turn function)
  "Call FUNCTION once answer TURN in CHAT is all there.
One that failed may be asked for again."
  (letrec ((once (lambda (_chat number)
                   (let ((state (cdr (assoc "state" (aid-chat-meta turn)))))
                     (when (or (/= number turn) (equal state "done"))
                       (remove-hook 'aid-answer-done-functions once t))
                     (when (and (= number turn) (equal state "done"))
                       (funcall function))))))
    (with-current-buffer chat
      (add-hook 'aid-answer-done-functions once 90 t))))

(defun aid-retry--review ()
  "The review that is meant here: this one, or that of the chat's answer."
  (or aid-review--this
      (with-current-buffer (progn (require 'aid-chat) (aid-chat-at-hand))
        (let ((turn (aid-review--turn)))
          (or (aid-review--live (current-buffer) turn)
              (aid-review-of (current-buffer) turn))))))

;;;###autoload
(defun aid-retry-refused ()
  "Ask the model again about the hunks that were refused.
It gets what they say, why they do not fit, and what the files have there.  When
its answer has come, the corrected hunks join the review, and those that they
replace are rejected.  In a chat it is about the answer at point, or the last
one with a patch."
  (interactive)
  (let* ((review (aid-retry--review))
         (chat (aid-review-chat-buffer review))
         (refused (progn (aid-review-place review) (aid-retry--refused review))))
    (unless refused
      (user-error "No hunk is refused: there is nothing to ask again"))
    (let* ((key (with-current-buffer chat (aid-chat-key)))
           (report (string-replace key "" (aid-retry-report review)))
           (first (car (aid-review-turns review)))
           (turn (aid-retry--ask chat (concat aid-retry-question "\n\n"
                                              (string-trim-right report)))))
      (aid-retry--when-done
       chat turn (lambda () (aid-retry--join chat first turn refused)))
      (message "Asked again about %d refused hunk%s; the answer arrives in %s"
               (length refused) (if (cdr refused) "s" "") (buffer-name chat)))))

;;; The answer

(defun aid-retry--changes (hunk)
  "The lines that HUNK deletes and inserts, without blanks around them."
  (let (lines)
    (dolist (line (split-string (aid-hunk-text hunk) "\n") lines)
      (when (string-match "\\`[-+][ \t]*\\(.*?[^ \t].*?\\)[ \t]*\\'" line)
        (push (match-string 1 line) lines)))))

(defun aid-retry--same-path-p (a b)
  "Whether the hunks A and B are about one file."
  (cl-intersection (list (aid-hunk-path a) (or (aid-hunk-old-path a) (aid-hunk-path a)))
                   (list (aid-hunk-path b) (or (aid-hunk-old-path b) (aid-hunk-path b)))
                   :test #'equal))

(defun aid-retry--replaced (asked new)
  "Those hunks of ASKED that the hunks NEW replace.
In a file with as many new ones these are all; with fewer, those that have a
changed line in common with one."
  (cl-remove-if-not
   (lambda (hunk)
     (let ((own (cl-remove-if-not (lambda (h) (aid-retry--same-path-p hunk h)) new))
           (all (cl-count-if (lambda (h) (aid-retry--same-path-p hunk h)) asked)))
       (and own
            (or (>= (length own) all)
                (cl-some (lambda (h) (cl-intersection (aid-retry--changes h)
                                                      (aid-retry--changes hunk) :test #'equal))
                         own)))))
   asked))

(defun aid-retry--reject (review replaced turn)
  "Reject the hunks of REVIEW in REPLACED: answer TURN has corrected ones."
  (cl-loop for hunk across (aid-review-hunks review)
           when (and (aid-review-undecided-p hunk)
                     (cl-find hunk replaced :test #'aid-review-same-p))
           do (aid-measure-decided review hunk 'replaced (aid-hunk-state hunk))
           (setf (aid-hunk-state hunk) 'rejected
                    (aid-hunk-replaced hunk) turn)
           (push hunk (aid-review-history review))))

(defun aid-retry--join (chat first turn asked)
  "Let answer TURN in CHAT join the review of answer FIRST.
ASKED are the hunks that it was asked to correct."
  (with-current-buffer chat
    (if (not (aid-review--part turn))
        (message "Answer %d holds no corrected hunks" turn)
      (aid-chat-meta-set turn "corrects"
                         (number-to-string (apply #'max (mapcar #'aid-retry--turn asked))))
      (let* ((shown (aid-review--live chat first))
             (review (aid-review-of chat first))
             (new (cl-remove-if-not (lambda (h) (eql turn (aid-retry--turn h)))
                                    (append (aid-review-hunks review) nil))))
        (aid-retry--reject review (aid-retry--replaced asked new) turn)
        (aid-review-write review)
        (if shown
            (aid-retry--show review)
          (run-hook-with-args 'aid-after-review-functions chat first))
        (message "%d corrected hunk%s joined the review%s" (length new) (if (cdr new) "s" "")
                 (if shown "" ": C-c C-a on the answer begins it"))))))

(defun aid-retry--show (review)
  "Show REVIEW in its buffer, and the place of the hunk that a person is at."
  (aid-review-show-anew review)
  (when-let ((window (get-buffer-window (aid-review--buffer review))))
    (with-selected-window window
      (when-let ((hunk (aid-review-hunk-at)))
        (aid-review-visit-file review hunk)
        (aid-review-show-place hunk (aid-review-root review))))))

(defun aid-retry--turn (hunk)
  "The answer that holds HUNK."
  (aid-review-part-turn (aid-hunk-part hunk)))

(provide 'aid-retry)
;;; aid-retry.el ends here
