;;; aid-review-commands.el --- Decide on hunks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The commands of a review: accept, edit, reject, skip, take back, choose.

;;; Code:

(require 'cl-lib)
(require 'aid-review)

(autoload 'aid-measure-decided "aid-measure")
(declare-function aid-undo-hunk "aid-undo" (review hunk))

(defun aid-review--decide (hunks state)
  "Give HUNKS, a list, the STATE, keep it in the chat, show it."
  (dolist (hunk hunks)
    (aid-measure-decided aid-review--this hunk state (aid-hunk-state hunk))
    (setf (aid-hunk-state hunk) state)
    (setf (aid-review-history aid-review--this)
          (cons hunk (remq hunk (aid-review-history aid-review--this)))))
  (when (and hunks (memq state '(accepted edited)))
    (aid-review-give-mode aid-review--this (car hunks) :mode))
  (aid-review--changed))

(defun aid-review--changed ()
  "Write the decisions into the chat and show the hunks as they are now."
  (let ((review aid-review--this))
    (aid-review-write review)
    (aid-review-place review)
    (aid-review--update)))

(defun aid-review--go-on ()
  "Move to the next undecided hunk; say so when there is none."
  (if-let ((next (or (aid-review--other 1)
                     (cl-find-if #'aid-review-undecided-p
                                 (aid-review-hunks aid-review--this)))))
      (aid-review--goto next)
    (aid-review-show-nothing)
    (aid-review-finish-renames aid-review--this)
    (message "All hunks are decided; q leaves")))

(defmacro aid-review--touching (&rest body)
  "Do BODY, which changes files, and remember for the review what it touched."
  (declare (indent 0) (debug t))
  `(let ((aid-apply-touched (aid-review-touched aid-review--this)))
     (unwind-protect (progn ,@body)
       (setf (aid-review-touched aid-review--this) aid-apply-touched))))

(defun aid-review--apply (hunk)
  "Apply HUNK as it is placed now.  Give its record."
  (let* ((root (aid-review-root aid-review--this))
         (path (aid-hunk-path hunk))
         (place (aid-hunk-place hunk)))
    (pcase (plist-get place :status)
      ("refused" (user-error "%s" (plist-get place :reason)))
      ("already" (user-error "This change is in the file already; k takes it off the list")))
    (aid-review--touching
     (pcase (aid-hunk-op hunk)
       ('create (aid-apply-create root path (aid-hunk-new-text hunk) (aid-hunk-mode hunk)))
       ((and 'modify (guard (not (aid-hunk-index hunk))))
        (aid-apply-mode root path (aid-hunk-mode hunk)))
       ('delete (aid-apply-delete root path))
       ((and 'rename (guard (not (aid-hunk-index hunk))))
        (aid-apply-rename root (aid-hunk-old-path hunk) path))
       (_ (aid-apply-modify root (aid-review--own-path hunk) (plist-get place :edits)))))))

(defun aid-review--group (hunk)
  "The hunks that are accepted with HUNK: all of a new or a deleted file."
  (if (memq (aid-hunk-op hunk) '(create delete))
      (cl-remove-if-not (lambda (h) (and (aid-hunk-same-file-p h hunk)
                                         (aid-review-undecided-p h)))
                        (append (aid-review-hunks aid-review--this) nil))
    (list hunk)))

(defun aid-review--accept (hunk)
  "Apply HUNK and decide so."
  (aid-review-visit-file aid-review--this hunk)
  (let ((record (aid-review--apply hunk)) (group (aid-review--group hunk)))
    (setf (aid-hunk-record hunk) record)
    (aid-review-show-nothing)
    (aid-review--decide group 'accepted)))

(defun aid-review-finish-renames (review)
  "Give the files of REVIEW their new names once their hunks are decided.
Hunks are placed in the file under its old name until then."
  (let ((hunks (append (aid-review-hunks review) nil)) (root (aid-review-root review)))
    (dolist (hunk hunks)
      (let ((own (cl-remove-if-not (lambda (h) (aid-hunk-same-file-p h hunk)) hunks)))
        (when (and (eq (aid-hunk-op hunk) 'rename) (aid-hunk-index hunk) (eq hunk (car own))
                   (not (cl-some #'aid-review-undecided-p own))
                   (cl-some (lambda (h) (memq (aid-hunk-state h) '(accepted edited))) own)
                   (file-exists-p (aid-apply-file root (aid-hunk-old-path hunk))))
          (condition-case err
              (aid-apply-rename root (aid-hunk-old-path hunk) (aid-hunk-path hunk))
            (error (message "%s keeps its name: %s" (aid-hunk-old-path hunk)
                            (aid-error-words err)))))))))

(defun aid-review--undecided-here ()
  "The hunk at point, or an error when it is decided."
  (let ((hunk (aid-review--here)))
    (if (aid-review-undecided-p hunk)
        hunk
      (user-error "This hunk is %s already; u takes decisions back" (aid-hunk-state hunk)))))

(defun aid-review--plain-p (hunk)
  "Whether HUNK fits exactly or merely moved."
  (let ((place (aid-hunk-place hunk)))
    (and (equal (plist-get place :status) "applied")
         (member (plist-get place :method)
                 '("exact" "shifted" "create" "delete" "rename" "modify")))))

(defun aid-review--how (hunk)
  "How HUNK fits, wherever that is."
  (mapcar (lambda (key) (plist-get (aid-hunk-place hunk) key)) '(:status :method :similarity)))

(defun aid-review--check-seen (hunk how)
  "Signal an error when HUNK, which was shown as HOW, fits worse by now."
  (unless (or (aid-review--plain-p hunk)
              (equal how (aid-review--how hunk))
              (not (equal (plist-get (aid-hunk-place hunk) :status) "applied")))
    (aid-review--update)
    (aid-review--goto hunk)
    (user-error "The file was changed meanwhile: look at this hunk, then accept again")))

(defun aid-review-accept ()
  "Accept the hunk at point: apply it to its buffer, and go on.
When its file was changed so that it would be adjusted now, it is shown first."
  (interactive)
  (let* ((hunk (aid-review--undecided-here)) (how (aid-review--how hunk)))
    (aid-review-place aid-review--this)
    (aid-review--check-seen hunk how)
    (aid-review--accept hunk)
    (aid-review--go-on)))

(defun aid-review-accept-rest ()
  "Accept all undecided hunks that fit exactly or merely moved.
Stop at the first that would be adjusted or does not fit."
  (interactive)
  (let ((n 0) stop)
    (aid-review-place aid-review--this)
    (cl-loop for hunk across (aid-review-hunks aid-review--this)
             until stop
             when (aid-review-undecided-p hunk)
             do (if (not (aid-review--plain-p hunk))
                    (setq stop hunk)
                  (aid-review--accept hunk)
                  (setq n (1+ n))))
    (if (not stop)
        (aid-review--go-on)
      (aid-review--goto stop)
      (message "%d accepted; this one needs a look: %s" n (aid-hunk-words stop)))))

(defun aid-review-reject ()
  "Reject the hunk at point and go on."
  (interactive)
  (aid-review--decide (list (aid-review--undecided-here)) 'rejected)
  (aid-review--go-on))

(defun aid-review-reject-file ()
  "Reject all undecided hunks of the file at point and go on."
  (interactive)
  (let ((here (aid-review--here)))
    (aid-review--decide (cl-remove-if-not (lambda (hunk) (and (aid-hunk-same-file-p hunk here)
                                                              (aid-review-undecided-p hunk)))
                                          (append (aid-review-hunks aid-review--this) nil))
                        'rejected)
    (aid-review--go-on)))

(defun aid-review--pass (step)
  "Move in direction STEP; an undecided hunk that is passed is skipped."
  (let* ((hunk (aid-review-hunk-at))
         (hunks (aid-review-hunks aid-review--this))
         (at (or (cl-position hunk hunks) 0))
         (next (+ at step)))
    (unless (and (>= next 0) (< next (length hunks)))
      (user-error (if (> step 0) "This is the last hunk" "This is the first hunk")))
    (when (and hunk (null (aid-hunk-state hunk)) (> step 0))
      (aid-review--decide (list hunk) 'skipped))
    (aid-review--goto (aref hunks next))))

(defun aid-review-next ()
  "Go to the next hunk; an undecided one that is passed counts as skipped."
  (interactive)
  (aid-review--pass 1))

(defun aid-review-previous ()
  "Go to the previous hunk."
  (interactive)
  (aid-review--pass -1))

(defun aid-review-next-error (&optional n reset)
  "Move N hunks on, for `next-error'; from the first when RESET."
  (when reset
    (goto-char (point-min)))
  (let* ((hunks (aid-review-hunks aid-review--this))
         (at (or (cl-position (get-text-property (point) 'aid-hunk) hunks) -1))
         (next (if reset 0 (+ at (or n 1)))))
    (unless (and (>= next 0) (< next (length hunks)))
      (user-error "No more hunks"))
    (aid-review--goto (aref hunks next))
    (aid-review-visit)))

(defun aid-review-visit ()
  "Go to the place of the hunk at point in its file."
  (interactive)
  (let* ((hunk (aid-review--here))
         (_new (aid-review-visit-file aid-review--this hunk))
         (window (aid-review-show-place hunk (aid-review-root aid-review--this))))
    (when (window-live-p window)
      (aid-review-show-forget-point (window-buffer window))
      (select-window window)
      (aid-review-show-go hunk))))

(defun aid-review--read-line (lines)
  "Ask for one of LINES."
  (string-to-number (completing-read (format "Line (%d of them): " (length lines))
                                     (mapcar #'number-to-string lines) nil t)))

(defun aid-review--choices (hunk)
  "The lines among which a person chooses the place of HUNK, as they are now."
  (when (aid-hunk-chosen-line hunk)
    (setf (aid-hunk-chosen hunk) nil)
    (aid-review-place aid-review--this))
  (plist-get (aid-hunk-place hunk) :candidates))

(defun aid-review--choose (hunk line lines)
  "Place HUNK at LINE, one of LINES.
It stays there when the lines before it become more or fewer."
  (let ((buffer (aid-review-show-file hunk (aid-review-root aid-review--this))))
    (setf (aid-hunk-choices hunk) lines
          (aid-hunk-chosen hunk)
          (if (not buffer)
              line
            (with-current-buffer buffer
              (save-excursion
                (save-restriction
                  (widen)
                  (goto-char (point-min))
                  (forward-line (1- line))
                  (copy-marker (point) t))))))))

(defun aid-review-choose ()
  "Choose the place of an ambiguous hunk by the digit typed, or any of them with 0.
The change is shown at its place; until it is accepted, another digit chooses
another place."
  (interactive)
  (let* ((hunk (aid-review--undecided-here))
         (number (- last-command-event ?0))
         (chosen (aid-hunk-chosen hunk))
         (lines (aid-review--choices hunk))
         (line (cond ((> number 0) (nth (1- number) lines))
                     (lines (aid-review--read-line lines)))))
    (unless line
      (setf (aid-hunk-chosen hunk) chosen)
      (aid-review-place aid-review--this)
      (user-error (if lines (format "There are only %d places" (length lines))
                    "This hunk has no other places")))
    (aid-review--choose hunk line lines)
    (aid-review-place aid-review--this)
    (aid-review--update)
    (aid-review--goto hunk)))

(defun aid-review-refresh ()
  "Place all undecided hunks anew in the files as they are now."
  (interactive)
  (aid-review-place aid-review--this)
  (aid-review--update))

;;; Taking back

(defun aid-review--take-back (hunk)
  "Take back the decision on HUNK.  Give nil, or why it can't be."
  (require 'aid-undo)
  (aid-review--touching
   (let ((why (aid-undo-hunk aid-review--this hunk)))
     (unless why
       (setf (aid-review-history aid-review--this)
             (remq hunk (aid-review-history aid-review--this))))
     why)))

(defun aid-review-take-back ()
  "Take back the last decision."
  (interactive)
  (let* ((hunk (or (car (aid-review-history aid-review--this))
                   (user-error "There is no decision to take back")))
         (group (cl-remove-if-not (lambda (h) (and (aid-hunk-same-file-p h hunk)
                                                   (eq (aid-hunk-state h) (aid-hunk-state hunk))
                                                   (memq (aid-hunk-op h) '(create delete))))
                                  (aid-review-history aid-review--this)))
         (whys (delq nil (mapcar #'aid-review--take-back (or group (list hunk))))))
    (aid-review-show-nothing)
    (aid-review--changed)
    (aid-review--goto hunk)
    (when whys
      (user-error "%s" (car whys)))))

(defun aid-review-take-back-all ()
  "Take back all decisions of this review; say what can't be."
  (interactive)
  (let ((whys (delq nil (mapcar #'aid-review--take-back
                                (copy-sequence (aid-review-history aid-review--this))))))
    (aid-review-show-nothing)
    (aid-review--changed)
    (aid-review--go-to-first)
    (when whys
      (message "Left alone:\n%s" (string-join (delete-dups whys) "\n")))))

(provide 'aid-review-commands)

(require 'aid-review-edit)
;;; aid-review-commands.el ends here
