;;; aid-review.el --- Review an answer's hunks one by one  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The hunks of an answer as a valid diff, in a buffer derived from
;; `diff-mode', each with its state; beside it the file at the place, with the
;; change shown before it is made (aid-review-show.el).  Decisions are kept in
;; the chat (aid-decisions.el); applying is aid-apply.el's.

;;; Code:

(require 'aid-review-parts)
(require 'aid-review-show)
(require 'aid-status)
(require 'diff-mode)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid-chat-answer-at "aid-chat-text" (&optional pos))
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-stream-number "aid-chat-spinner" (stream))
(declare-function aid-chat-streams "aid-chat-head" ())
(declare-function aid-review-ediff "aid-review-edit" ())

(defcustom aid-after-review-functions nil
  "Functions called when a review ends, with the chat buffer and the turn."
  :type 'hook
  :group 'aid)

(defcustom aid-review-left-functions nil
  "Functions called when a review was left and its files are saved.
They get the chat buffer and the list of the answers' turns; also when an
answer was taken back."
  :type 'hook
  :group 'aid)

(defvar-local aid-review--keys t
  "Non-nil puts this mode's keys before `diff-mode''s read-only ones.")

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
                     ("t" . aid-retry-refused) ("j" . aid-judge) ("J" . aid-judge-visit)
                     ("q" . aid-review-quit) ("?" . describe-mode)
                     ("RET" . aid-review-visit) ("o" . aid-review-visit)
                     ("C-c C-e" . aid-review-ediff) ("C-c C-m" . aid-review-smerge)))
      (define-key map (kbd key) command))
    (dotimes (i 10)
      (define-key map (kbd (number-to-string i)) #'aid-review-choose))
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
  "Review the hunks of an answer; the source beside it shows the one at point.
\\<aid-review-mode-map>
\\[aid-review-accept]	accept this hunk and go on
\\[aid-review-edit]	edit it first
\\[aid-review-next] \\[aid-review-previous]	the next, the previous; what is passed is skipped, not rejected
\\[aid-review-reject] \\[aid-review-reject-file]	reject this hunk, the hunks of this file
\\[aid-review-take-back] \\[aid-review-take-back-all]	take the last decision back, all of them
\\[aid-review-accept-rest]	accept all that remain and fit without adjustment
1 2 ...	choose among the places of a hunk that fits several
\\[aid-retry-refused]	ask the model again about what was refused
\\[aid-judge]	judge what is undecided in a box; \\[aid-judge-visit] goes to what would be at fault
\\[aid-review-refresh]	place everything anew
\\[aid-review-visit]	visit the place in the source
\\[aid-review-ediff]	compare by Ediff; \\[aid-review-smerge] by conflict markers
\\[aid-review-quit]	leave; `aid-review-resume' comes back

All keys:

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
      (format " Review  answer%s %s of %s   %d/%d   y e n p k K u ! t j q ?"
              (if (cdr (aid-review-parts review)) "s" "")
              (mapconcat #'number-to-string (aid-review-turns review) ", ")
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

(defun aid-review--insert-part (part)
  "Show that the hunks of PART, an answer that corrects others, begin here."
  (overlay-put (make-overlay (point) (point)) 'before-string
               (propertize (format "Answer %d, about what was refused\n"
                                   (aid-review-part-turn part))
                           'face 'bold)))

(defun aid-review--fill ()
  "Write the review into its buffer."
  (let ((inhibit-read-only t) (shift 0) (n 0) last)
    (erase-buffer)
    (remove-overlays)
    (cl-loop
     for hunk across (aid-review-hunks aid-review--this)
     for part = (aid-hunk-part hunk)
     do (unless (or (null last) (eq part (aid-hunk-part last)))
          (aid-review--insert-part part))
     (unless (and last (aid-hunk-same-file-p hunk last))
       (setq shift 0)
       (aid-review--insert-file
        (nth (aid-hunk-file hunk) (plist-get (aid-review-part-patch part) :files))
        (aid-hunk-op hunk) (aid-hunk-index hunk)))
     (setq last hunk n (1+ n)
           shift (+ shift (aid-review--insert-hunk hunk n shift))))
    (set-buffer-modified-p nil)))

(defvar aid-review-hunk-words-functions nil
  "Functions that get a review and a hunk and say more of that, or give nil.
What they say stands on the hunk's line, as far as the window has room.")

(defconst aid-review--words-min 24
  "Columns that what functions say of a hunk has at least.")

(defun aid-review--cut (words column)
  "WORDS as they fit behind COLUMN of the window, all of them in their help."
  (let* ((window (get-buffer-window nil t))
         (room (- (if window (window-body-width window) (frame-width)) column 1)))
    (propertize (truncate-string-to-width words (max aid-review--words-min room) nil nil t)
                'help-echo words)))

(defun aid-review-mark (hunk number)
  "Show the state of HUNK, the NUMBERth, on its first line."
  (let ((line (concat (aid-hunk-sign hunk) (format " %d  " number)
                      (propertize (aid-invisible-string (aid-hunk-words hunk)) 'face 'shadow))))
    (dolist (function aid-review-hunk-words-functions)
      (when-let ((words (funcall function aid-review--this hunk)))
        (setq line (concat line "   " (aid-review--cut (aid-invisible-string words)
                                                       (+ 3 (string-width line)))))))
    (overlay-put (aid-hunk-mark hunk) 'before-string (concat line "\n"))))

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

(defun aid-review--reveal (hunk window)
  "Scroll WINDOW when it does not show all of HUNK, as `diff-hunk-next' does.
The line of its state and the names of its file stand above it."
  (let* ((beg (marker-position (aid-hunk-pos hunk)))
         (end (next-single-property-change beg 'aid-hunk nil (point-max))))
    (unless (and (pos-visible-in-window-p beg window)
                 (pos-visible-in-window-p (max beg (1- end)) window))
      (with-selected-window window
        (goto-char beg)
        (recenter (max 1 (min 3 (- (window-body-height) (count-screen-lines beg end) 1))))))))

(defun aid-review--goto (hunk)
  "Move to HUNK and show its place."
  (goto-char (aid-hunk-pos hunk))
  (when-let ((window (get-buffer-window)))
    (set-window-point window (point))
    (unless noninteractive              ; then nothing is seen
      (aid-review--reveal hunk window)))
  (setq next-error-last-buffer (current-buffer))
  (when (aid-review-visit-file aid-review--this hunk)
    (aid-review--update))
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

(defun aid-review--turn ()
  "The answer at point if it holds a patch, else the last one that does."
  (let ((here (aid-chat-answer-at)))
    (cond ((and here (aid-review--part here)) here)
          ((cl-find-if #'aid-review--part (reverse (aid-chat-answers))))
          (t (user-error "No answer in this chat holds a patch")))))

(defun aid-review--buffer (review)
  "The buffer for REVIEW."
  (get-buffer-create (format "*aid-review: %s %d*" (buffer-name (aid-review-chat review))
                             (car (aid-review-turns review)))))

(defun aid-review--show-in (buffer review)
  "Let BUFFER show REVIEW.  Who was at one of its hunks stays there."
  (with-current-buffer buffer
    (let ((here (and aid-review--this (aid-review-hunk-at))))
      (aid-review-mode)
      (setq aid-review--this review
            default-directory (file-name-as-directory (aid-review-root review)))
      (aid-review--fill)
      (goto-char (point-min))
      (when-let ((hunk (cl-find here (aid-review-hunks review) :test #'aid-review-same-p)))
        (goto-char (aid-hunk-pos hunk)))
      (dolist (window (get-buffer-window-list buffer nil t))
        (set-window-point window (point))))))

(defun aid-review-show-anew (review)
  "Let the buffer that shows REVIEW's answer, if there is one, show REVIEW."
  (let ((old (aid-review--live (aid-review-chat review) (car (aid-review-turns review)))))
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
      (aid-review-display buffer (current-buffer))))
  (aid-review--go-to-first)
  (aid-review--warn-if-arriving))

(defun aid-review--warn-if-arriving ()
  "Say when the answer under review goes on: what comes later is not in it."
  (let* ((review (buffer-local-value 'aid-review--this (window-buffer)))
         (turns (aid-review-turns review)))
    (when (buffer-live-p (aid-review-chat review))
      (with-current-buffer (aid-review-chat review)
        (when (cl-some (lambda (stream) (memq (aid-chat-stream-number stream) turns)) (aid-chat-streams))
          (message "%s" (substitute-command-keys
                         "The answer still arrives; when it has ended, \\[aid-review] there reviews all of it")))))))

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
        (aid-review-display buffer (aid-review-chat aid-review--this))
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
      (dolist (turn (aid-review-turns review))
        (run-hook-with-args 'aid-after-review-functions (aid-review-chat review) turn))
      (run-hook-with-args 'aid-review-left-functions (aid-review-chat review)
                          (aid-review-turns review)))))

(provide 'aid-review)

(require 'aid-review-commands)
(require 'aid-retry)
(require 'aid-build-fix)
(require 'aid-judge)
;;; aid-review.el ends here
