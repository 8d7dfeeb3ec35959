;;; aid-review-commands.el --- Decide on hunks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The commands of a review: accept, edit, reject, skip, take back, choose.

;;; Code:

(require 'aid-review)
(require 'ediff)
(require 'smerge-mode)

(defun aid-review--decide (hunk state)
  "Give HUNK the STATE, keep it in the chat, show it."
  (setf (aid-hunk-state hunk) state)
  (push hunk (aid-review-history aid-review--this))
  (aid-decisions-write (aid-review-chat aid-review--this)
                       (aid-review-turn aid-review--this)
                       (aid-review-hunks aid-review--this))
  (aid-review-place aid-review--this)
  (aid-review--update))

(defun aid-review--go-on ()
  "Move to the next undecided hunk; say so when there is none."
  (if-let ((next (or (aid-review--other 1)
                     (seq-find #'aid-review-undecided-p
                               (aid-review-hunks aid-review--this)))))
      (aid-review--goto next)
    (aid-review-show-nothing)
    (aid-review-finish-renames aid-review--this)
    (message "All hunks are decided; q leaves")))

(defun aid-review--note-clean (review file)
  "Remember in REVIEW whether FILE had unsaved changes before its first hunk."
  (unless (assoc file (aid-review-clean review))
    (let ((buffer (find-buffer-visiting file)))
      (push (cons file (not (and buffer (buffer-modified-p buffer))))
            (aid-review-clean review)))))

(defun aid-review--apply (hunk)
  "Apply HUNK as it is placed now.  Give its record."
  (let* ((review aid-review--this)
         (root (aid-review-root review))
         (path (aid-hunk-path hunk))
         (place (aid-hunk-place hunk)))
    (pcase (plist-get place :status)
      ("refused" (user-error "%s" (plist-get place :reason)))
      ("already" (user-error "This change is in the file already; k takes it off the list")))
    (aid-review--note-clean
     review (expand-file-name (if (eq (aid-hunk-op hunk) 'rename)
                                  (aid-hunk-old-path hunk)
                                path)
                              root))
    (pcase (aid-hunk-op hunk)
      ('create (aid-apply-create root path (aid-hunk-new-text hunk)))
      ('delete (aid-apply-delete root path))
      ('rename (if (aid-hunk-index hunk)
                   (aid-apply-modify root (aid-hunk-old-path hunk) (plist-get place :edits))
                 (aid-apply-rename root (aid-hunk-old-path hunk) path)))
      (_ (aid-apply-modify root path (plist-get place :edits))))))

(defun aid-review-finish-renames (review)
  "Give the files of REVIEW their new names once their hunks are decided.
Hunks are placed in the file under its old name until then."
  (let ((hunks (append (aid-review-hunks review) nil)))
    (dolist (hunk hunks)
      (let ((own (seq-filter (lambda (h) (= (aid-hunk-file h) (aid-hunk-file hunk))) hunks)))
        (when (and (eq (aid-hunk-op hunk) 'rename) (aid-hunk-index hunk)
                   (eq hunk (car own))
                   (seq-some #'aid-hunk-record own)
                   (not (aid-hunk-rename hunk)))
          (setf (aid-hunk-rename hunk)
                (aid-apply-rename (aid-review-root review)
                                  (aid-hunk-old-path hunk) (aid-hunk-path hunk))))))))

(defun aid-review-accept ()
  "Accept the hunk at point: apply it to its buffer, and go on."
  (interactive)
  (let ((hunk (aid-review--here)))
    (unless (aid-review-undecided-p hunk)
      (user-error "This hunk is %s already; u takes decisions back" (aid-hunk-state hunk)))
    (aid-review-show-nothing)
    (aid-review-place aid-review--this)
    (setf (aid-hunk-record hunk) (aid-review--apply hunk))
    (aid-review--decide hunk 'accepted)
    (aid-review--go-on)))

(defun aid-review--plain-p (hunk)
  "Whether HUNK fits exactly or merely moved."
  (let ((place (aid-hunk-place hunk)))
    (and (equal (plist-get place :status) "applied")
         (member (plist-get place :method) '("exact" "shifted" "create" "delete" "rename")))))

(defun aid-review-accept-rest ()
  "Accept all undecided hunks that fit exactly or merely moved.
Stop at the first that would be adjusted or does not fit."
  (interactive)
  (let ((n 0) stop)
    (cl-loop for hunk across (aid-review-hunks aid-review--this)
             until stop
             when (aid-review-undecided-p hunk)
             do (if (not (aid-review--plain-p hunk))
                    (setq stop hunk)
                  (setf (aid-hunk-record hunk) (aid-review--apply hunk))
                  (aid-review--decide hunk 'accepted)
                  (setq n (1+ n))))
    (if (not stop)
        (aid-review--go-on)
      (aid-review--goto stop)
      (message "%d accepted; this one needs a look: %s" n (aid-hunk-words stop)))))

(defun aid-review-reject ()
  "Reject the hunk at point and go on."
  (interactive)
  (let ((hunk (aid-review--here)))
    (unless (aid-review-undecided-p hunk)
      (user-error "This hunk is %s already; u takes decisions back" (aid-hunk-state hunk)))
    (aid-review--decide hunk 'rejected)
    (aid-review--go-on)))

(defun aid-review-reject-file ()
  "Reject all undecided hunks of the file at point and go on."
  (interactive)
  (let ((file (aid-hunk-file (aid-review--here))))
    (cl-loop for hunk across (aid-review-hunks aid-review--this)
             when (and (= (aid-hunk-file hunk) file) (aid-review-undecided-p hunk))
             do (aid-review--decide hunk 'rejected))
    (aid-review--go-on)))

(defun aid-review--pass (step)
  "Move in direction STEP; an undecided hunk that is passed is skipped."
  (let* ((hunk (aid-review-hunk-at))
         (hunks (aid-review-hunks aid-review--this))
         (at (or (seq-position hunks hunk #'eq) 0))
         (next (+ at step)))
    (unless (and (>= next 0) (< next (length hunks)))
      (user-error (if (> step 0) "This is the last hunk" "This is the first hunk")))
    (when (and hunk (null (aid-hunk-state hunk)) (> step 0))
      (aid-review--decide hunk 'skipped))
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
         (at (or (seq-position hunks (get-text-property (point) 'aid-hunk) #'eq) -1))
         (next (if reset 0 (+ at (or n 1)))))
    (unless (and (>= next 0) (< next (length hunks)))
      (user-error "No more hunks"))
    (aid-review--goto (aref hunks next))
    (aid-review-visit)))

(defun aid-review-visit ()
  "Go to the place of the hunk at point in its file."
  (interactive)
  (let ((window (aid-review-show-place (aid-review--here) (aid-review-root aid-review--this))))
    (when (window-live-p window)
      (select-window window))))

(defun aid-review-choose ()
  "Choose the place of an ambiguous hunk by the number typed."
  (interactive)
  (let* ((hunk (aid-review--here))
         (number (- last-command-event ?0))
         (lines (plist-get (aid-hunk-place hunk) :candidates))
         (line (nth (1- number) lines)))
    (unless line
      (user-error (if lines (format "There are only %d places" (length lines))
                    "This hunk has no other places")))
    (setf (aid-hunk-chosen hunk) line)
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
  (let* ((rename (aid-hunk-rename hunk))
         (record (aid-hunk-record hunk))
         (why (or (and rename (aid-apply-reverse rename))
                  (and record (aid-apply-reverse record)))))
    (if (eq why 'gone)
        (setq why "Its buffer was closed: use M-x aid-undo-answer"))
    (unless why
      (setf (aid-hunk-record hunk) nil (aid-hunk-rename hunk) nil
            (aid-hunk-edit hunk) nil (aid-hunk-state hunk) nil))
    why))

(defun aid-review-take-back ()
  "Take back the last decision."
  (interactive)
  (let* ((review aid-review--this)
         (hunk (or (pop (aid-review-history review))
                   (user-error "There is no decision to take back")))
         (why (aid-review--take-back hunk)))
    (when why
      (user-error "%s" why))
    (aid-decisions-write (aid-review-chat review) (aid-review-turn review)
                         (aid-review-hunks review))
    (aid-review-refresh)
    (aid-review--goto hunk)))

(defun aid-review-take-back-all ()
  "Take back all decisions of this review."
  (interactive)
  (while (aid-review-history aid-review--this)
    (aid-review-take-back)))

;;; Editing a hunk before it is applied

(declare-function aid--mod-patch-path "ext:aid-module" (root path))
(declare-function aid--mod-patch-read "ext:aid-module" (text))

(defvar-local aid-review-edit--done nil
  "Function of the edited text.")

(defvar aid-review-edit-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'aid-review-edit-finish)
    (define-key map (kbd "C-c C-k") #'aid-review-edit-abort)
    map)
  "Keys while a hunk is edited.")

(define-minor-mode aid-review-edit-mode
  "Edit a hunk: \\<aid-review-edit-map>\\[aid-review-edit-finish] applies it, \\[aid-review-edit-abort] leaves it as it was."
  :lighter " Edit" :keymap aid-review-edit-map)

(defun aid-review-edit ()
  "Edit the hunk at point, then apply what was made of it."
  (interactive)
  (let ((hunk (aid-review--here)) (review (current-buffer)))
    (unless (and (aid-review-undecided-p hunk) (aid-hunk-index hunk))
      (user-error "Only an undecided hunk with text can be edited"))
    (let ((buffer (get-buffer-create "*aid-hunk*")))
      (with-current-buffer buffer
        (let ((inhibit-read-only t))
          (erase-buffer)
          (insert (aid-hunk-text hunk)))
        (diff-mode)
        (setq buffer-read-only nil)
        (aid-review-edit-mode)
        (setq header-line-format " Edit the hunk: C-c C-c applies it, C-c C-k leaves it"
              aid-review-edit--done
              (lambda (text) (with-current-buffer review (aid-review--accept-edited hunk text))))
        (goto-char (point-min))
        (forward-line 1))
      (select-window (display-buffer buffer '((display-buffer-below-selected)
                                              (category . aid-review)))))))

(defun aid-review-edit-finish ()
  "Apply the hunk as edited."
  (interactive)
  (let ((text (buffer-string)) (done aid-review-edit--done))
    (funcall done text)
    (quit-window t)))

(defun aid-review-edit-abort ()
  "Leave the hunk as it was."
  (interactive)
  (quit-window t))

(defun aid-review--accept-edited (hunk text)
  "Apply TEXT, an edited form of HUNK, and note it."
  (let* ((review aid-review--this)
         (path (aid-hunk-path hunk))
         (create (eq (aid-hunk-op hunk) 'create))
         (diff (format "```diff\n--- %s\n+++ b/%s\n%s%s```\n"
                       (if create "/dev/null" (concat "a/" path)) path
                       text (if (string-suffix-p "\n" text) "" "\n")))
         (patch (aid--mod-patch-read diff))
         (file (car (plist-get (aid-apply-plan diff patch (aid-review-root review)) :files)))
         (refused (seq-find (lambda (h) (not (equal (plist-get h :status) "applied")))
                            (plist-get file :hunks))))
    (when (or refused (not file) (not (equal (plist-get file :status) "applied")))
      (user-error "The edited hunk does not fit: %s"
                  (or (plist-get refused :reason) (plist-get file :reason) "no hunk in it")))
    (aid-review-show-nothing)
    (aid-review--note-clean review (expand-file-name path (aid-review-root review)))
    (setf (aid-hunk-edit hunk) text
          (aid-hunk-record hunk)
          (if create
              (aid-apply-create (aid-review-root review) path (plist-get file :text))
            (aid-apply-modify (aid-review-root review) path
                              (cl-loop for h in (plist-get file :hunks)
                                       append (plist-get h :edits)))))
    (aid-review--decide hunk 'edited)
    (aid-review--go-on)))

;;; Other ways to look at a file

(defun aid-review--proposed (hunk)
  "The buffer of the file of HUNK, and its edits that are still open."
  (let* ((review aid-review--this)
         (file (aid--mod-patch-path (expand-file-name (aid-review-root review))
                                    (aid-hunk-path hunk))))
    (aid-review-place review)
    (cons (find-file-noselect file)
          (cl-loop for h across (aid-review-hunks review)
                   when (and (= (aid-hunk-file h) (aid-hunk-file hunk))
                             (aid-review-undecided-p h))
                   append (plist-get (aid-hunk-place h) :edits)))))

(defun aid-review-ediff ()
  "Compare the file of the hunk at point with what the answer makes of it."
  (interactive)
  (pcase-let* ((`(,buffer . ,edits) (aid-review--proposed (aid-review--here)))
               (proposed (get-buffer-create (format "*%s as proposed*" (buffer-name buffer)))))
    (with-current-buffer proposed
      (erase-buffer)
      (insert (aid-apply--buffer-text buffer))
      (pcase-dolist (`(,beg ,end ,text) (reverse edits))
        (goto-char (1+ beg))
        (delete-region (1+ beg) (1+ end))
        (insert text))
      (delay-mode-hooks (funcall (buffer-local-value 'major-mode buffer))))
    (aid-review-show-nothing)
    (ediff-buffers buffer proposed)))

(defun aid-review-smerge ()
  "Put the open hunks of the file at point into it as conflicts, for `smerge-mode'."
  (interactive)
  (pcase-let* ((`(,buffer . ,edits) (aid-review--proposed (aid-review--here))))
    (aid-review-show-nothing)
    (aid-apply--edits
     buffer
     (mapcar (pcase-lambda (`(,beg ,end ,text))
               (list beg end
                     (concat "<<<<<<< file\n"
                             (with-current-buffer buffer
                               (save-restriction
                                 (widen)
                                 (buffer-substring-no-properties (1+ beg) (1+ end))))
                             "=======\n" text ">>>>>>> answer\n")))
             edits))
    (pop-to-buffer buffer)
    (smerge-mode 1)))

(provide 'aid-review-commands)
;;; aid-review-commands.el ends here
