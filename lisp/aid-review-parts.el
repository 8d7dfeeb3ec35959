;;; aid-review-parts.el --- What a review is about  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A review is about the hunks of an answer and of the answers that correct it,
;; one part each, placed in the files as they are now.  What was decided about
;; them stands in the chat, with the answer that holds them.

;;; Code:

(require 'aid-apply)
(require 'aid-decisions)
(require 'aid-settle)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answer-text "aid-chat-text" (number))
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat-meta "aid-chat-text" (number))
(declare-function aid-chat-root "aid-chat" ())

(cl-defstruct (aid-review-part (:constructor aid-review-part-make))
  "An answer under review: its TURN's number, its TEXT, the PATCH in that."
  turn text patch)

(cl-defstruct (aid-review (:constructor aid-review--make))
  "One review: the CHAT buffer of FILE, and its PARTS.
These are an answer and those that correct it.
HUNKS is a vector of `aid-hunk', HISTORY those that were decided, the last
first; TOUCHED is as `aid-apply-touched', WINDOWS what `q' restores."
  chat file parts root hunks history touched windows)

(defvar-local aid-review--this nil
  "The `aid-review' that this buffer shows.")

;;; Hunks and their places

(defun aid-review-turns (review)
  "The numbers of the answers that REVIEW is about."
  (mapcar #'aid-review-part-turn (aid-review-parts review)))

(defun aid-review--own (review part)
  "The hunks of REVIEW that PART holds, a vector."
  (cl-remove-if-not (lambda (hunk) (eq part (aid-hunk-part hunk))) (aid-review-hunks review)))

(defun aid-review--hunks (part)
  "A vector of `aid-hunk' for PART, a file without hunks having one of its own."
  (let* ((patch (aid-review-part-patch part))
         (texts (vconcat (plist-get patch :hunks))) hunks)
    (cl-loop
     for file in (plist-get patch :files) for number from 0
     do (dolist (index (or (plist-get file :hunks) '(nil)))
          (let ((hunk (and index (aref texts index))))
            (push (aid-hunk-make
                   :index index :file number :part part
                   :path (plist-get file :path) :old-path (plist-get file :old_path)
                   :op (intern (plist-get file :op)) :mode (plist-get file :mode)
                   :id (if hunk (plist-get hunk :id)
                         (aid-hunk-file-id (plist-get file :path)))
                   :text (or (plist-get hunk :text) ""))
                  hunks))))
    (vconcat (nreverse hunks))))

(defun aid-review-chat-buffer (review)
  "The chat of REVIEW, opened again when it was closed; an error when it is gone."
  (let ((chat (aid-review-chat review)) (file (aid-review-file review)))
    (cond ((buffer-live-p chat) chat)
          ((and file (file-exists-p file))
           (setf (aid-review-chat review) (find-file-noselect file)))
          (t (user-error "The chat of this review is gone")))))

(defun aid-review--follow (old new)
  "Note in the reviews that are shown that the chat OLD is the file NEW now."
  (dolist (buffer (buffer-list))
    (let ((review (buffer-local-value 'aid-review--this buffer)))
      (when (and review (equal old (aid-review-file review)))
        (setf (aid-review-file review) new)))))

(add-hook 'aid-chat-moved-functions #'aid-review--follow)

(defun aid-review-undecided-p (hunk)
  "Whether HUNK still waits for a decision (a skipped one does)."
  (memq (aid-hunk-state hunk) '(nil skipped)))

(defun aid-review-open (hunks)
  "How those of HUNKS, all of one part, that are undecided are to be placed.
Arguments for `aid-apply-plan'."
  (list :only (cl-loop for h across hunks
                       when (and (aid-hunk-index h) (aid-review-undecided-p h))
                       collect (aid-hunk-index h))
        :chosen (cl-loop for h across hunks for line = (aid-hunk-chosen-line h)
                         when line collect (cons (aid-hunk-index h) line))))

(defun aid-review-place (review)
  "Place all undecided hunks of REVIEW in the files as they are now."
  (dolist (part (aid-review-parts review))
    (let ((hunks (aid-review--own review part)))
      (cl-loop for file in (plist-get (apply #'aid-apply-plan (aid-review-part-text part)
                                             (aid-review-part-patch part)
                                             (aid-review-root review) (aid-review-open hunks))
                                      :files)
               for number from 0
               do (aid-review--take-places hunks number file)))))

(defun aid-review--own-path (hunk)
  "What the file of HUNK is called until its hunks are decided."
  (if (eq (aid-hunk-op hunk) 'rename) (aid-hunk-old-path hunk) (aid-hunk-path hunk)))

(defun aid-review-visit-file (review hunk)
  "See that a buffer visits the file of HUNK of REVIEW.
Give non-nil when that is new: all undecided hunks are placed anew then."
  (when (and (not (eq (aid-hunk-op hunk) 'create))
             (aid-apply-visit (aid-review-root review) (aid-review--own-path hunk)))
    (aid-review-place review)
    t))

(defun aid-review--take-places (hunks number file)
  "Note in those of HUNKS that belong to file NUMBER what plan FILE says."
  (let ((places (plist-get file :hunks)))
    (cl-loop for h across hunks
             when (and (= (aid-hunk-file h) number) (aid-review-undecided-p h))
             ;; A patch may call a file by another name than it has here.
             do (setf (aid-hunk-path h) (plist-get file :path)
                      (aid-hunk-old-path h) (plist-get file :old_path)
                      (aid-hunk-op h) (intern (plist-get file :op))
                      (aid-hunk-place h)
                      (or (cl-find (aid-hunk-index h) places
                                   :key (lambda (p) (plist-get p :index)))
                          (list :status (plist-get file :status)
                                :reason (plist-get file :reason)
                                :method (plist-get file :op)))
                      (aid-hunk-new-text h) (plist-get file :text)))))

(defun aid-review--live (chat turn)
  "The review of answer TURN in CHAT that a buffer shows, or nil."
  (cl-loop for buffer in (buffer-list)
           for review = (buffer-local-value 'aid-review--this buffer)
           when (and review (memq turn (aid-review-turns review))
                     (or (eq chat (aid-review-chat review))
                         (and (buffer-file-name chat)
                              (equal (buffer-file-name chat) (aid-review-file review)))))
           return review))

(defun aid-review-same-p (a b)
  "Whether the hunks A and B, which may be nil, are one hunk of one answer."
  (and a b
       (equal (aid-hunk-id a) (aid-hunk-id b))
       (equal (aid-hunk-index a) (aid-hunk-index b))
       (equal (aid-review-part-turn (aid-hunk-part a)) (aid-review-part-turn (aid-hunk-part b)))))

(defun aid-review--carry-over (review old)
  "Keep for REVIEW what OLD, a review of the same answer, knows to take back."
  (setf (aid-review-touched review) (aid-review-touched old)
        (aid-review-windows review) (aid-review-windows old))
  (cl-loop for hunk across (aid-review-hunks review)
           for other = (cl-find-if
                        (lambda (h)
                          (and (equal (aid-hunk-id h) (aid-hunk-id hunk))
                               (eql (aid-review-part-turn (aid-hunk-part h))
                                    (aid-review-part-turn (aid-hunk-part hunk)))))
                        (aid-review-hunks old))
           when other
           do (setf (aid-hunk-record hunk) (aid-hunk-record other)
                    (aid-hunk-edit hunk) (aid-hunk-edit other)
                    (aid-hunk-chosen hunk) (aid-hunk-chosen other)
                    (aid-hunk-choices hunk) (aid-hunk-choices other)
                    (aid-hunk-replaced hunk) (aid-hunk-replaced other))))

(defun aid-review--restored (hunks)
  "The history of HUNKS that were decided earlier, the last first."
  (nreverse (cl-remove-if-not #'aid-hunk-state (append hunks nil))))

;; An answer that was asked to correct hunks of an earlier one says so in its meta line.

(defun aid-review--corrects (turn)
  "The answer here whose hunks answer TURN corrects, or nil."
  (when-let ((number (cdr (assoc "corrects" (aid-chat-meta turn)))))
    (let ((number (string-to-number number)))
      (and (< 0 number turn) number))))

(defun aid-review--related (turn)
  "The answers here that are reviewed with TURN: one and its corrections."
  (let (earlier)
    (while (setq earlier (aid-review--corrects turn))
      (setq turn earlier)))
  (let ((all (list turn)))
    (dolist (other (aid-chat-answers) (nreverse all))
      (when (memq (aid-review--corrects other) all)
        (push other all)))))

(defun aid-review--part (turn)
  "Answer TURN here, to be reviewed, or nil when it holds no patch."
  (ignore-errors (aid-settle turn))
  (when-let ((text (ignore-errors (aid-chat-answer-text turn))))
    (let ((patch (aid--mod-patch-read text)))
      (and (plist-get patch :files)
           (aid-review-part-make :turn turn :text text :patch patch)))))

(defun aid-review-of (chat turn)
  "A review of answer TURN in the buffer CHAT, or an error when it has no patch."
  (with-current-buffer chat
    (let* ((parts (delq nil (mapcar #'aid-review--part (aid-review--related turn))))
           (old (aid-review--live chat turn))
           (review (aid-review--make :chat chat :file buffer-file-name :parts parts
                                     :root (aid-chat-root))))
      (unless (memq turn (aid-review-turns review))
        (user-error "This answer holds no patch"))
      (setf (aid-review-hunks review) (apply #'vconcat (mapcar #'aid-review--hunks parts)))
      (dolist (part parts)
        (aid-decisions-restore chat (aid-review-part-turn part) (aid-review--own review part)))
      (setf (aid-review-history review) (aid-review--restored (aid-review-hunks review)))
      (when old
        (aid-review--carry-over review old))
      (aid-review-place review)
      review)))

(defun aid-review-write (review)
  "Write the decisions of REVIEW into its chat."
  (let ((chat (aid-review-chat-buffer review)))
    (dolist (part (aid-review-parts review))
      (aid-decisions-write chat (aid-review-part-turn part) (aid-review--own review part)))))

(defun aid-review-give-mode (review hunk key)
  "Give the file of HUNK of REVIEW the mode that its patch states beside a change.
KEY is :mode, or :old_mode to take that back; it goes with the file's first
accepted hunk, and back with its last one."
  (let* ((root (aid-review-root review)) (old (aid-hunk-old-path hunk))
         (patch (aid-review-part-patch (aid-hunk-part hunk)))
         (mode (plist-get (nth (aid-hunk-file hunk) (plist-get patch :files)) key)))
    (when (and mode (or (eq (aid-hunk-op hunk) 'rename)
                        (and (eq (aid-hunk-op hunk) 'modify) (aid-hunk-index hunk))))
      (condition-case err
          (aid-apply-mode root (if (and old (file-exists-p (aid-apply-file root old)))
                                   old
                                 (aid-hunk-path hunk))
                          mode)
        (error (message "%s keeps its mode: %s" (aid-hunk-path hunk)
                        (aid-error-words err)))))))

(provide 'aid-review-parts)
;;; aid-review-parts.el ends here
