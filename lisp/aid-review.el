;;; aid-review.el --- Review an answer's hunks one by one  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The hunks of an answer as a valid diff, in a buffer derived from
;; `diff-mode', each with its state; beside it the file at the place, with the
;; change shown before it is made (aid-review-show.el).  Decisions are kept in
;; the chat (aid-decisions.el); applying is aid-apply.el's.

;;; Code:

(require 'aid-apply)
(require 'aid-decisions)
(require 'aid-review-show)
(require 'diff-mode)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answer-text "aid-chat" (turn))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat-answer-at "aid-chat-text" (&optional pos))
(declare-function aid-chat-answers "aid-chat-text" ())

(defcustom aid-save-after-review t
  "Whether files are saved when a review ends.
With t, files that had no unsaved changes before their first accepted hunk
are saved at once and others are asked about, unless
`compilation-ask-about-save' is nil, when all are saved.  With nil, nothing
is saved."
  :type 'boolean
  :group 'aid)

(defcustom aid-after-review-functions nil
  "Functions called when a review ends, with the chat buffer and the turn."
  :type 'hook
  :group 'aid)

(cl-defstruct (aid-review (:constructor aid-review--make))
  "One review: the CHAT buffer, the number of its TURN, the answer's TEXT and PATCH.
HUNKS is a vector of `aid-hunk'; CLEAN the files that had no unsaved changes."
  chat turn text patch root hunks history clean windows)

(defvar-local aid-review--this nil
  "The `aid-review' that this buffer shows.")
(defvar-local aid-review--keys t
  "Non-nil puts this mode's keys before `diff-mode''s read-only ones.")

;;; Hunks and their places

(defun aid-review--hunks (patch)
  "A vector of `aid-hunk' for PATCH, a file without hunks having one of its own."
  (let ((texts (vconcat (plist-get patch :hunks))) hunks)
    (cl-loop
     for file in (plist-get patch :files) for number from 0
     do (dolist (index (or (plist-get file :hunks) '(nil)))
          (let ((hunk (and index (aref texts index))))
            (push (aid-hunk-make
                   :index index :file number
                   :path (plist-get file :path) :old-path (plist-get file :old_path)
                   :op (intern (plist-get file :op))
                   :id (if hunk (plist-get hunk :id)
                         (aid-hunk-file-id (plist-get file :path)))
                   :beg (plist-get (or hunk file) :beg)
                   :text (or (plist-get hunk :text) ""))
                  hunks))))
    (vconcat (nreverse hunks))))

(defun aid-review-undecided-p (hunk)
  "Whether HUNK still waits for a decision (a skipped one does)."
  (memq (aid-hunk-state hunk) '(nil skipped)))

(defun aid-review-place (review)
  "Place all undecided hunks of REVIEW in the files as they are now."
  (let* ((hunks (aid-review-hunks review))
         (open (cl-loop for h across hunks
                        when (and (aid-hunk-index h) (aid-review-undecided-p h))
                        collect (aid-hunk-index h)))
         (chosen (cl-loop for h across hunks
                          when (aid-hunk-chosen h)
                          collect (cons (aid-hunk-index h) (aid-hunk-chosen h))))
         (plan (aid-apply-plan (aid-review-text review) (aid-review-patch review)
                               (aid-review-root review)
                               :only open :chosen chosen)))
    (cl-loop for file in (plist-get plan :files) for number from 0
             do (aid-review--take-places hunks number file))))

(defun aid-review--take-places (hunks number file)
  "Note in those of HUNKS that belong to file NUMBER what plan FILE says."
  (let ((places (plist-get file :hunks)))
    (cl-loop for h across hunks
             when (and (= (aid-hunk-file h) number) (aid-review-undecided-p h))
             do (setf (aid-hunk-place h)
                      (or (cl-find (aid-hunk-index h) places
                                   :key (lambda (p) (plist-get p :index)))
                          (list :status (plist-get file :status)
                                :reason (plist-get file :reason)
                                :method (plist-get file :op)))
                      (aid-hunk-new-text h) (plist-get file :text)))))

(defun aid-review-of (chat turn)
  "A review of answer TURN in the buffer CHAT, or an error when it has no patch."
  (with-current-buffer chat
    (let* ((text (aid-chat-answer-text turn))
           (patch (aid--mod-patch-read text)))
      (unless (plist-get patch :files)
        (user-error "This answer holds no patch"))
      (let ((review (aid-review--make :chat chat :turn turn :text text :patch patch
                                      :root (aid-chat-root)
                                      :hunks (aid-review--hunks patch))))
        (aid-decisions-restore chat turn (aid-review-hunks review))
        (aid-review-place review)
        review))))

;;; The buffer

(defvar aid-review-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map diff-mode-map)
    (pcase-dolist (`(,key . ,command)
                   '(("y" . aid-review-accept) ("e" . aid-review-edit)
                     ("n" . aid-review-next) ("p" . aid-review-previous)
                     ("k" . aid-review-reject) ("K" . aid-review-reject-file)
                     ("u" . aid-review-take-back) ("U" . aid-review-take-back-all)
                     ("!" . aid-review-accept-rest) ("g" . aid-review-refresh)
                     ("q" . aid-review-quit) ("?" . describe-mode)
                     ("RET" . aid-review-visit) ("o" . aid-review-visit)
                     ("C-c C-e" . aid-review-ediff) ("C-c C-m" . aid-review-smerge)))
      (define-key map (kbd key) command))
    (dotimes (i 9)
      (define-key map (kbd (number-to-string (1+ i))) #'aid-review-choose))
    (define-key map [remap diff-apply-hunk] #'aid-review-accept)
    (define-key map [remap diff-apply-buffer] #'aid-review-accept-rest)
    (define-key map [remap diff-hunk-kill] #'aid-review-reject)
    (define-key map [remap diff-file-kill] #'aid-review-reject-file)
    (define-key map [remap diff-goto-source] #'aid-review-visit)
    (define-key map [remap undo] #'aid-review-take-back)
    map)
  "Keys of a review.")

(define-derived-mode aid-review-mode diff-mode "AID-Review"
  "Review the hunks of an answer.

\\<aid-review-mode-map>\\[aid-review-accept] accepts the hunk at point, \\[aid-review-edit] edits it first, \\[aid-review-reject] rejects it,
\\[aid-review-next] goes on, \\[aid-review-take-back] takes the last decision back, \\[aid-review-accept-rest] accepts all that fit
without adjustment, \\[aid-review-quit] leaves; `aid-review-resume' comes back.

\\{aid-review-mode-map}"
  :group 'aid
  (setq buffer-read-only t
        next-error-function #'aid-review-next-error
        header-line-format '(:eval (aid-review--header)))
  (setq-local revert-buffer-function (lambda (&rest _) (aid-review-refresh)))
  ;; On Emacs 28 diff-mode's map for read-only buffers comes before any major mode's.
  (setq-local minor-mode-overriding-map-alist
              (cons (cons 'aid-review--keys aid-review-mode-map)
                    minor-mode-overriding-map-alist)))

(with-eval-after-load 'evil
  (when (fboundp 'evil-set-initial-state)
    (evil-set-initial-state 'aid-review-mode 'emacs)))

(defun aid-review--header ()
  "The header line: which answer, which hunk, the keys."
  (let* ((review aid-review--this)
         (hunks (aid-review-hunks review))
         (here (aid-review-hunk-at)))
    (format " Review  answer %d of %s   %d/%d   y e n p k K u ! q ?"
            (aid-review-turn review)
            (if (buffer-live-p (aid-review-chat review))
                (buffer-name (aid-review-chat review))
              "a closed chat")
            (if here (1+ (seq-position hunks here #'eq)) 0)
            (length hunks))))

(defun aid-review--insert-file (file op)
  "Insert the header lines of the plan's FILE with operation OP."
  (let ((path (plist-get file :path))
        (old (or (plist-get file :old_path) (plist-get file :path))))
    (insert "--- " (if (eq op 'create) "/dev/null" (concat "a/" old)) "\n"
            "+++ " (if (eq op 'delete) "/dev/null" (concat "b/" path)) "\n")))

(defun aid-review--fill ()
  "Write the review into its buffer."
  (let ((inhibit-read-only t) (last -1)
        (files (vconcat (plist-get (aid-review-patch aid-review--this) :files))))
    (erase-buffer)
    (remove-overlays)
    (cl-loop
     for hunk across (aid-review-hunks aid-review--this) for n from 1
     do (unless (= last (setq last (aid-hunk-file hunk)))
          (aid-review--insert-file (aref files last) (aid-hunk-op hunk)))
     (let ((beg (point)))
       (insert (if (string-empty-p (aid-hunk-text hunk)) "\n" (aid-hunk-text hunk)))
       (unless (bolp) (insert "\n"))
       (put-text-property beg (point) 'aid-hunk hunk)
       (let ((mark (make-overlay beg beg)))
         (overlay-put mark 'aid-review-mark t)
         (setf (aid-hunk-mark hunk) mark
               (aid-hunk-pos hunk) (copy-marker beg)))
       (aid-review-mark hunk n)))
    (set-buffer-modified-p nil)))

(defun aid-review-mark (hunk number)
  "Show the state of HUNK, the NUMBERth, on its first line."
  (overlay-put (aid-hunk-mark hunk) 'before-string
               (concat (aid-hunk-sign hunk) (format " %d  " number)
                       (propertize (aid-hunk-words hunk) 'face 'shadow) "\n")))

(defun aid-review--update ()
  "Show the states of all hunks anew."
  (cl-loop for hunk across (aid-review-hunks aid-review--this) for n from 1
           do (aid-review-mark hunk n))
  (force-mode-line-update))

(defun aid-review-hunk-at (&optional pos)
  "The hunk at POS, or after the file's header there, or nil."
  (or (get-text-property (or pos (point)) 'aid-hunk)
      (when-let ((next (next-single-property-change (or pos (point)) 'aid-hunk)))
        (get-text-property next 'aid-hunk))))

(defun aid-review--here ()
  "The hunk at point, or an error."
  (or (aid-review-hunk-at)
      (user-error "There is no hunk here")))

(defun aid-review--goto (hunk)
  "Move to HUNK and show its place."
  (goto-char (aid-hunk-pos hunk))
  (when-let ((window (get-buffer-window)))
    (set-window-point window (point)))
  (setq next-error-last-buffer (current-buffer))
  (aid-review-show-place hunk (aid-review-root aid-review--this)))

(defun aid-review--other (step)
  "The next hunk in direction STEP that is undecided, or nil."
  (let* ((hunks (aid-review-hunks aid-review--this))
         (at (or (seq-position hunks (aid-review-hunk-at) #'eq) 0)))
    (cl-loop for i = (+ at step) then (+ i step)
             while (and (>= i 0) (< i (length hunks)))
             when (aid-review-undecided-p (aref hunks i))
             return (aref hunks i))))

;;; Opening and leaving

(defun aid-review--last-patch ()
  "The number of the last answer here that holds a patch, or nil."
  (seq-find (lambda (turn)
              (plist-get (aid--mod-patch-read (aid-chat-answer-text turn)) :files))
            (reverse (aid-chat-answers))))

;;;###autoload
(defun aid-review (&optional turn)
  "Review the hunks of the answer at point, or of the last one with a patch.
TURN is the answer's number."
  (interactive)
  (let* ((chat (current-buffer))
         (turn (or turn (aid-chat-answer-at) (aid-review--last-patch)
                   (user-error "No answer in this chat holds a patch")))
         (review (aid-review-of chat turn))
         (windows (current-window-configuration))
         (buffer (get-buffer-create (format "*aid-review: %s %d*" (buffer-name chat) turn))))
    (with-current-buffer buffer
      (aid-review-mode)
      (setq aid-review--this review
            default-directory (file-name-as-directory (aid-review-root review)))
      (setf (aid-review-windows review) windows)
      (aid-review--fill))
    (aid-review-display buffer)
    (aid-review--go-to-first)))

(defun aid-review--go-to-first ()
  "Move to the first undecided hunk, else to the first."
  (let ((hunks (aid-review-hunks aid-review--this)))
    (aid-review--goto (or (seq-find #'aid-review-undecided-p hunks) (aref hunks 0)))))

;;;###autoload
(defun aid-review-resume ()
  "Go back to the review that was left last."
  (interactive)
  (if-let ((buffer (seq-find (lambda (b) (buffer-local-value 'aid-review--this b))
                             (buffer-list))))
      (progn
        (setf (aid-review-windows (buffer-local-value 'aid-review--this buffer))
              (current-window-configuration))
        (aid-review-display buffer)
        (aid-review-refresh)
        (aid-review--go-to-first))
    (user-error "No review was left; C-c C-a on an answer begins one")))

(defun aid-review-quit ()
  "Leave the review; `aid-review-resume' comes back to it.
Changed files are saved as `aid-save-after-review' says."
  (interactive)
  (let ((review aid-review--this))
    (aid-review-finish-renames review)
    (aid-review-show-nothing)
    (aid-review--save review)
    (when (window-configuration-p (aid-review-windows review))
      (set-window-configuration (aid-review-windows review)))
    (bury-buffer (get-buffer (format "*aid-review: %s %d*"
                                     (buffer-name (aid-review-chat review))
                                     (aid-review-turn review))))
    (run-hook-with-args 'aid-after-review-functions
                        (aid-review-chat review) (aid-review-turn review))))

(defvar compilation-ask-about-save)

(defun aid-review--save (review)
  "Save what REVIEW changed, as `aid-save-after-review' says."
  (when aid-save-after-review
    (cl-loop
     for (file . clean) in (aid-review-clean review)
     for buffer = (find-buffer-visiting file)
     when (and buffer (buffer-modified-p buffer))
     do (when (or clean
                  (null (bound-and-true-p compilation-ask-about-save))
                  (y-or-n-p (format "%s had unsaved changes before the review.  Save it? "
                                    (buffer-name buffer))))
          (with-current-buffer buffer
            (make-directory (file-name-directory file) t)
            (save-buffer))))))

(provide 'aid-review)

(require 'aid-review-commands)
;;; aid-review.el ends here
