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
(require 'aid-status)
(require 'diff-mode)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answer-text "aid-chat" (turn))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat-answer-at "aid-chat-text" (&optional pos))
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat--save "aid-chat" ())
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-review-ediff "aid-review-edit" ())

(defcustom aid-after-review-functions nil
  "Functions called when a review ends, with the chat buffer and the turn."
  :type 'hook
  :group 'aid)

(cl-defstruct (aid-review (:constructor aid-review--make))
  "One review: the CHAT buffer of FILE, its TURN's number, the answer's TEXT and PATCH.
HUNKS is a vector of `aid-hunk', HISTORY those that were decided, the last
first; TOUCHED is as `aid-apply-touched', WINDOWS what `q' restores."
  chat file turn text patch root hunks history touched windows)

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

(defun aid-review-give-mode (review hunk key)
  "Give the file of HUNK of REVIEW the mode that its patch states beside a change.
KEY is :mode, or :old_mode to take that back; it goes with the file's first
accepted hunk, and back with its last one."
  (let* ((root (aid-review-root review)) (old (aid-hunk-old-path hunk))
         (file (nth (aid-hunk-file hunk) (plist-get (aid-review-patch review) :files)))
         (mode (plist-get file key)))
    (when (and mode (or (eq (aid-hunk-op hunk) 'rename)
                        (and (eq (aid-hunk-op hunk) 'modify) (aid-hunk-index hunk))))
      (condition-case err
          (aid-apply-mode root (if (and old (file-exists-p (aid-apply-file root old)))
                                   old
                                 (aid-hunk-path hunk))
                          mode)
        (error (message "%s keeps its mode: %s" (aid-hunk-path hunk)
                        (error-message-string err)))))))

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

(defun aid-review--live (chat turn)
  "The review of answer TURN in CHAT that a buffer shows, or nil."
  (cl-loop for buffer in (buffer-list)
           for review = (buffer-local-value 'aid-review--this buffer)
           when (and review (= turn (aid-review-turn review))
                     (or (eq chat (aid-review-chat review))
                         (and (buffer-file-name chat)
                              (equal (buffer-file-name chat) (aid-review-file review)))))
           return review))

(defun aid-review--carry-over (review old)
  "Keep for REVIEW what OLD, a review of the same answer, knows to take back."
  (setf (aid-review-touched review) (aid-review-touched old)
        (aid-review-windows review) (aid-review-windows old))
  (cl-loop for hunk across (aid-review-hunks review)
           for other = (cl-find-if (lambda (h) (equal (aid-hunk-id h) (aid-hunk-id hunk)))
                                   (aid-review-hunks old))
           when other
           do (setf (aid-hunk-record hunk) (aid-hunk-record other)
                    (aid-hunk-edit hunk) (aid-hunk-edit other)
                    (aid-hunk-chosen hunk) (aid-hunk-chosen other))))

(defun aid-review--restored (hunks)
  "The history of HUNKS that were decided earlier, the last first."
  (nreverse (cl-remove-if-not #'aid-hunk-state (append hunks nil))))

(defun aid-review-of (chat turn)
  "A review of answer TURN in the buffer CHAT, or an error when it has no patch."
  (with-current-buffer chat
    (let* ((text (aid-chat-answer-text turn))
           (patch (aid--mod-patch-read text))
           (old (aid-review--live chat turn)))
      (unless (plist-get patch :files)
        (user-error "This answer holds no patch"))
      (let* ((hunks (aid-review--hunks patch))
             (review (aid-review--make :chat chat :file buffer-file-name :turn turn :text text
                                       :patch patch :root (aid-chat-root) :hunks hunks)))
        (aid-decisions-restore chat turn hunks)
        (setf (aid-review-history review) (aid-review--restored hunks))
        (when old
          (aid-review--carry-over review old))
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
    (define-key map [remap diff-ediff-patch] #'aid-review-ediff)
    (define-key map [remap undo] #'aid-review-take-back)
    map)
  "Keys of a review.")

(define-derived-mode aid-review-mode diff-mode "AID-Review"
  "Review the hunks of an answer.

\\<aid-review-mode-map>\\[aid-review-accept] accepts the hunk at point, \\[aid-review-edit] edits it first,
\\[aid-review-reject] rejects it, \\[aid-review-next] goes on, \\[aid-review-take-back] takes the last decision
back, \\[aid-review-accept-rest] accepts all that fit without adjustment, \\[aid-review-quit] leaves;
`aid-review-resume' comes back.

\\{aid-review-mode-map}"
  :group 'aid
  (setq buffer-read-only t
        next-error-function #'aid-review-next-error
        header-line-format '(:eval (aid-review--header)))
  (setq-local revert-buffer-function (lambda (&rest _) (aid-review-refresh)))
  (add-hook 'kill-buffer-hook #'aid-review-show-nothing nil t)
  (aid-invisible-in-code)
  ;; The short keys of diff-mode's read-only buffers: on Emacs 28 they come before any major mode's,
  ;; on later ones this variable brings them in.
  (setq-local diff-mode-read-only t)
  (setq-local minor-mode-overriding-map-alist
              (cons (cons 'aid-review--keys aid-review-mode-map)
                    minor-mode-overriding-map-alist)))

(with-eval-after-load 'evil
  (when (fboundp 'evil-set-initial-state)
    (evil-set-initial-state 'aid-review-mode 'emacs)))

(defun aid-review--header ()
  "The header line: which answer, which hunk, the keys."
  (let* ((review aid-review--this)
         (hunks (and review (aid-review-hunks review)))
         (here (and review (aid-review-hunk-at))))
    (when review
      (format " Review  answer %d of %s   %d/%d   y e n p k K u ! q ?"
              (aid-review-turn review)
              (if (buffer-live-p (aid-review-chat review))
                  (buffer-name (aid-review-chat review))
                "a closed chat")
              (if here (1+ (cl-position here hunks)) 0)
              (length hunks)))))

(defun aid-review--insert-file (file op hunks)
  "Insert the header lines of the patch's FILE with operation OP.
What has HUNKS has lines with their file's names; Git's say the rest."
  (let* ((path (plist-get file :path))
         (old (or (plist-get file :old_path) path)))
    (unless (and hunks (eq op 'modify))
      (insert (format "diff --git a/%s b/%s\n" old path)
              (pcase op
                ('create (format "new file mode %s\n" (or (plist-get file :mode) "100644")))
                ('delete (format "deleted file mode %s\n" (or (plist-get file :old_mode) "100644")))
                ('modify (format "old mode %s\nnew mode %s\n" (plist-get file :old_mode)
                                 (plist-get file :mode)))
                (_ (format "rename from %s\nrename to %s\n" old path)))))
    (when hunks
      (insert "--- " (if (eq op 'create) "/dev/null" (concat "a/" old)) "\n"
              "+++ " (if (eq op 'delete) "/dev/null" (concat "b/" path)) "\n"))))

(defun aid-review--hunk-text (hunk shift)
  "The text of HUNK, its lines numbered as it is placed.
Hunks before it add SHIFT lines.  Give it and the lines that it adds."
  (let ((text (aid-hunk-text hunk)) (line (plist-get (aid-hunk-place hunk) :line)) (more 0))
    (when (string-match "\\`@@ -\\([0-9]+\\),\\([0-9]+\\) \\+\\([0-9]+\\),\\([0-9]+\\)" text)
      (let ((old (string-to-number (match-string 2 text)))
            (new (string-to-number (match-string 4 text))))
        (setq more (- new old))
        (when (and line (> line 0) (> old 0) (> new 0)
                   (equal (plist-get (aid-hunk-place hunk) :status) "applied"))
          (setq text (replace-match (format "@@ -%d,%d +%d,%d" line old (+ line shift) new)
                                    t t text)))))
    (cons text more)))

(defun aid-review--insert-hunk (hunk number shift)
  "Insert HUNK, the NUMBERth; SHIFT is as for `aid-review--hunk-text'.
Give the lines that it adds."
  (pcase-let ((`(,text . ,more) (aid-review--hunk-text hunk shift)) (beg (point)))
    (insert (if (string-empty-p text) "\n" text))
    (unless (bolp) (insert "\n"))
    (put-text-property beg (point) 'aid-hunk hunk)
    (let ((mark (make-overlay beg beg)))
      (overlay-put mark 'aid-review-mark t)
      (setf (aid-hunk-mark hunk) mark
            (aid-hunk-pos hunk) (copy-marker beg)))
    (aid-review-mark hunk number)
    more))

(defun aid-review--fill ()
  "Write the review into its buffer."
  (let ((inhibit-read-only t) (last -1) (shift 0)
        (files (vconcat (plist-get (aid-review-patch aid-review--this) :files))))
    (erase-buffer)
    (remove-overlays)
    (cl-loop
     for hunk across (aid-review-hunks aid-review--this) for n from 1
     do (unless (= last (aid-hunk-file hunk))
          (setq last (aid-hunk-file hunk) shift 0)
          (aid-review--insert-file (aref files last) (aid-hunk-op hunk) (aid-hunk-index hunk)))
     (setq shift (+ shift (aid-review--insert-hunk hunk n shift))))
    (set-buffer-modified-p nil)))

(defun aid-review-mark (hunk number)
  "Show the state of HUNK, the NUMBERth, on its first line."
  (overlay-put (aid-hunk-mark hunk) 'before-string
               (concat (aid-hunk-sign hunk) (format " %d  " number)
                       (propertize (aid-invisible-string (aid-hunk-words hunk)) 'face 'shadow) "\n")))

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
         (at (or (cl-position (aid-review-hunk-at) hunks) 0)))
    (cl-loop for i = (+ at step) then (+ i step)
             while (and (>= i 0) (< i (length hunks)))
             when (aid-review-undecided-p (aref hunks i))
             return (aref hunks i))))

;;; Opening and leaving

(defun aid-review--patch-p (turn)
  "Whether answer TURN here holds a patch."
  (plist-get (aid--mod-patch-read (aid-chat-answer-text turn)) :files))

(defun aid-review--turn ()
  "The answer at point if it holds a patch, else the last one that does."
  (let ((here (aid-chat-answer-at)))
    (cond ((and here (aid-review--patch-p here)) here)
          ((cl-find-if #'aid-review--patch-p (reverse (aid-chat-answers))))
          (t (user-error "No answer in this chat holds a patch")))))

(defun aid-review--buffer (review)
  "The buffer for REVIEW."
  (get-buffer-create (format "*aid-review: %s %d*" (buffer-name (aid-review-chat review))
                             (aid-review-turn review))))

(defun aid-review--show-in (buffer review)
  "Let BUFFER show REVIEW."
  (with-current-buffer buffer
    (aid-review-mode)
    (setq aid-review--this review
          default-directory (file-name-as-directory (aid-review-root review)))
    (aid-review--fill)))

(defun aid-review-show-anew (review)
  "Let the buffer that shows REVIEW's answer, if there is one, show REVIEW."
  (let ((old (aid-review--live (aid-review-chat review) (aid-review-turn review))))
    (when old
      (aid-review-show-nothing)
      (aid-review-place review)
      (dolist (buffer (buffer-list))
        (when (eq old (buffer-local-value 'aid-review--this buffer))
          (aid-review--show-in buffer review))))))

;;;###autoload
(defun aid-review (&optional turn)
  "Review the hunks of the answer at point, or of the last one with a patch.
TURN is the answer's number."
  (interactive)
  (with-current-buffer (if (derived-mode-p 'aid-chat-mode)
                           (current-buffer)
                         (require 'aid-chat)
                         (aid-chat-at-hand))
    (let* ((review (aid-review-of (current-buffer) (or turn (aid-review--turn))))
           (buffer (aid-review--buffer review)))
      (unless (get-buffer-window buffer)
        (setf (aid-review-windows review) (current-window-configuration)))
      (aid-review--show-in buffer review)
      (aid-review-display buffer)))
  (aid-review--go-to-first))

(defun aid-review--go-to-first ()
  "Move to the first undecided hunk, else to the first."
  (with-current-buffer (window-buffer)
    (let ((hunks (aid-review-hunks aid-review--this)))
      (aid-review--goto (or (cl-find-if #'aid-review-undecided-p hunks) (aref hunks 0))))))

;;;###autoload
(defun aid-review-resume ()
  "Go back to the review that was left last."
  (interactive)
  (if-let ((buffer (cl-find-if (lambda (b) (buffer-local-value 'aid-review--this b))
                               (buffer-list))))
      (with-current-buffer buffer
        (unless (get-buffer-window buffer)
          (setf (aid-review-windows aid-review--this) (current-window-configuration)))
        (aid-review-display buffer)
        (aid-review-refresh)
        (aid-review--go-to-first))
    (user-error "No review was left; C-c C-a on an answer begins one")))

(defun aid-review-quit ()
  "Leave the review; `aid-review-resume' comes back to it.
Changed files are saved as `aid-save-after-review' says."
  (interactive)
  (let ((review aid-review--this) (buffer (current-buffer)))
    (aid-review-finish-renames review)
    (aid-review-show-nothing)
    (aid-apply-save (aid-review-touched review))
    (setf (aid-review-touched review) nil)
    (let ((windows (aid-review-windows review)))
      (if (and (window-configuration-p windows)
               (frame-live-p (window-configuration-frame windows)))
          (set-window-configuration windows)
        (quit-window)))
    (aid-review-show-restore-points)
    (bury-buffer buffer)
    (when (buffer-live-p (aid-review-chat review))
      (run-hook-with-args 'aid-after-review-functions
                          (aid-review-chat review) (aid-review-turn review)))))

(provide 'aid-review)

(require 'aid-review-commands)
;;; aid-review.el ends here
