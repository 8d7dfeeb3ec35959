;;; aid-review-edit.el --- Change a hunk before it is applied  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A hunk may be edited as a diff and applied as it is then, or its file be
;; gone through with Ediff or with `smerge-mode'.

;;; Code:

(require 'cl-lib)
(require 'aid-review-commands)
(require 'ediff)
(require 'smerge-mode)

(declare-function aid--mod-patch-read "ext:aid-module" (text))

;;; As a diff

(defvar-local aid-review-edit--hunk nil
  "The hunk that is edited here.")
(defvar-local aid-review-edit--review nil
  "The buffer of its review.")

(defvar aid-review-edit-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'aid-review-edit-finish)
    (define-key map (kbd "C-c C-k") #'aid-review-edit-abort)
    map)
  "Keys while a hunk is edited.")

(define-minor-mode aid-review-edit-mode
  "Edit a hunk.
\\<aid-review-edit-map>\\[aid-review-edit-finish] applies it, \\[aid-review-edit-abort] leaves it as it was."
  :lighter " Edit" :keymap aid-review-edit-map)

(defun aid-review-edit--open (hunk review)
  "The buffer in which HUNK of the buffer REVIEW is being edited already, or nil."
  (cl-loop for buffer in (buffer-list)
           for of = (buffer-local-value 'aid-review-edit--review buffer)
           when (and of (or (eq of review) (not (buffer-live-p of)))
                     (aid-review-same-p hunk (buffer-local-value 'aid-review-edit--hunk
                                                                       buffer)))
           return buffer))

(defun aid-review-edit--begin (hunk)
  "A new buffer with the text of HUNK, to be edited."
  (with-current-buffer (generate-new-buffer "*aid-hunk*")
    (insert (aid-hunk-text hunk))
    (diff-mode)
    (aid-invisible-in-code)
    (setq buffer-read-only nil
          buffer-undo-list nil)
    (aid-review-edit-mode)
    (setq header-line-format " Edit the hunk: C-c C-c applies it, C-c C-k leaves it")
    (goto-char (point-min))
    ;; What one wants to change is most often what is new.
    (or (re-search-forward "^\\+" nil t) (re-search-forward "^-" nil t) (forward-line 1))
    (forward-line 0)
    (current-buffer)))

(defun aid-review-edit ()
  "Edit the hunk at point, then apply what was made of it."
  (interactive)
  (let* ((hunk (aid-review--undecided-here)) (review (current-buffer))
         (open (aid-review-edit--open hunk review)))
    (when (or (not (aid-hunk-index hunk)) (eq (aid-hunk-op hunk) 'delete))
      (user-error "This hunk has no text to edit"))
    (select-window (display-buffer (or open (aid-review-edit--begin hunk))
                                   '((display-buffer-below-selected) (category . aid-review))))
    (setq aid-review-edit--hunk hunk
          aid-review-edit--review review)))

(defun aid-review-edit--hunk-now ()
  "The hunk that is edited here, as its review has it now."
  (unless (buffer-live-p aid-review-edit--review)
    (user-error "The review of this hunk is closed"))
  (let* ((hunks (aid-review-hunks (buffer-local-value 'aid-review--this aid-review-edit--review)))
         (hunk (or (cl-find aid-review-edit--hunk hunks :test #'aid-review-same-p)
                   (user-error "The answer does not hold this hunk any more"))))
    (unless (aid-review-undecided-p hunk)
      (user-error "This hunk is %s already" (aid-hunk-state hunk)))
    hunk))

(defun aid-review-edit-finish ()
  "Apply the hunk as edited; it stays here when it does not fit."
  (interactive)
  (let ((text (buffer-substring-no-properties (point-min) (point-max)))
        (hunk (aid-review-edit--hunk-now)) (review aid-review-edit--review))
    (let ((file (with-current-buffer review (aid-review-edit--plan hunk text))))
      (with-current-buffer review
        (setf (aid-hunk-record hunk) (aid-review-edit--apply hunk file)
              (aid-hunk-edit hunk) text))
      (quit-window t)
      (when (get-buffer-window review)
        (select-window (get-buffer-window review)))
      (with-current-buffer review
        (aid-review-show-nothing)
        (aid-review--decide (list hunk) 'edited)
        (aid-review--go-on)))))

(defun aid-review-edit-abort ()
  "Leave the hunk as it was."
  (interactive)
  (let ((review aid-review-edit--review))
    (quit-window t)
    (when (and (buffer-live-p review) (get-buffer-window review))
      (select-window (get-buffer-window review)))))

(defun aid-review-edit--plan (hunk text)
  "The plan's file for TEXT, an edited form of HUNK; an error unless it fits."
  (aid-review-visit-file aid-review--this hunk)
  (let* ((diff (aid-decisions-diff (aid-review--own-path hunk) text
                                   (eq (aid-hunk-op hunk) 'create)))
         (line (aid-hunk-chosen-line hunk))
         (plan (aid-apply-plan diff (aid--mod-patch-read diff) (aid-review-root aid-review--this)
                               :chosen (and line (list (cons 0 line)))))
         (file (car (plist-get plan :files)))
         (refused (cl-find-if (lambda (h) (not (equal (plist-get h :status) "applied")))
                              (plist-get file :hunks))))
    (when (or refused (not file) (cdr (plist-get plan :files))
              (not (equal (plist-get file :status) "applied")))
      (user-error "The edited hunk does not fit: %s"
                  (cl-find-if (lambda (reason) (not (string-empty-p (or reason ""))))
                              (list (plist-get refused :reason) (plist-get file :reason)
                                    "there must be one hunk, with a change in it"))))
    file))

(defun aid-review-edit--apply (hunk file)
  "Apply FILE of a plan for the edited HUNK.  Give its record."
  (let ((root (aid-review-root aid-review--this)))
    (aid-review--touching
     (if (eq (aid-hunk-op hunk) 'create)
         (aid-apply-create root (aid-hunk-path hunk) (plist-get file :text))
       (aid-apply-modify root (aid-review--own-path hunk)
                         (cl-loop for h in (plist-get file :hunks)
                                  append (plist-get h :edits)))))))

;;; With Ediff, and as conflicts

(defun aid-review--proposed (hunk)
  "The buffer of the file of HUNK, and its edits that are still open, ascending."
  (let* ((review aid-review--this)
         (file (aid-apply-file (aid-review-root review) (aid-review--own-path hunk))))
    (unless (or (file-exists-p file) (find-buffer-visiting file))
      (user-error "%s is not there to compare with" (abbreviate-file-name file)))
    (aid-review-visit-file review hunk)
    (aid-review-place review)
    (cons (find-buffer-visiting file)
          (sort (cl-loop for h across (aid-review-hunks review)
                         when (and (aid-hunk-same-file-p h hunk)
                                   (aid-review-undecided-p h)
                                   (equal (plist-get (aid-hunk-place h) :status) "applied"))
                         append (copy-sequence (plist-get (aid-hunk-place h) :edits)))
                (lambda (a b) (< (car a) (car b)))))))

(defun aid-review-ediff ()
  "Compare the file of the hunk at point with what the answer makes of it."
  (interactive)
  (pcase-let* ((`(,buffer . ,edits) (aid-review--proposed (aid-review--here)))
               (proposed (get-buffer-create (format "*%s as proposed*" (buffer-name buffer)))))
    (with-current-buffer proposed
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert (aid-apply-text buffer))
        (pcase-dolist (`(,beg ,end ,text) (reverse edits))
          (goto-char (1+ beg))
          (delete-region (1+ beg) (1+ end))
          (insert text)))
      (delay-mode-hooks (funcall (buffer-local-value 'major-mode buffer))))
    (aid-review-show-nothing)
    (ediff-buffers buffer proposed)))

(defun aid-review--conflict (buffer edit)
  "EDIT, a list (CBEG CEND TEXT) for BUFFER, as one that leaves a conflict."
  (pcase-let ((`(,beg ,end ,text) edit)
              (lines (lambda (text)
                       (if (string-match-p "[^\n]\\'" text) (concat text "\n") text))))
    (list beg end
          (concat "<<<<<<< file\n"
                  (funcall lines (substring (aid-apply-text buffer) beg end))
                  "=======\n" (funcall lines text) ">>>>>>> answer\n"))))

(defun aid-review-smerge ()
  "Put the open hunks of the file at point into it as conflicts, for `smerge-mode'."
  (interactive)
  (pcase-let* ((`(,buffer . ,edits) (aid-review--proposed (aid-review--here))))
    (aid-review-show-nothing)
    (unless edits
      (user-error "No hunk of this file fits"))
    (aid-apply--check-writable (buffer-file-name buffer) buffer)
    (aid-apply-edits buffer (mapcar (lambda (edit) (aid-review--conflict buffer edit)) edits))
    (pop-to-buffer buffer)
    (smerge-mode 1)))

(provide 'aid-review-edit)
;;; aid-review-edit.el ends here
