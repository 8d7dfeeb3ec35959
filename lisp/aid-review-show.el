;;; aid-review-show.el --- Show a hunk at its place in the source  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The file at the place of a hunk, with the change in overlays before it is
;; made: what goes is marked, what comes stands beside it.  Windows are taken
;; by `display-buffer' with the category `aid-review'.

;;; Code:

(require 'aid-decisions)
(require 'aid-invisible)
(require 'cl-lib)
(require 'diff-mode)
(require 'subr-x)

(defcustom aid-review-side-by-side-width 160
  "Columns of a frame from which a review stands beside the source, not above it."
  :type 'integer
  :group 'aid)

(defvar aid-review-show--overlays nil
  "The overlays that show a change that is not made yet.")

(defvar aid-review-show--points nil
  "Where point was, as a marker, in each buffer that a review has shown.")

(defun aid-review-show--keep-point ()
  "Remember where point is in this buffer before a review first shows it."
  (unless (assq (current-buffer) aid-review-show--points)
    (push (cons (current-buffer) (point-marker)) aid-review-show--points)))

(defun aid-review-show-forget-point (buffer)
  "Let point in BUFFER be where it is: the person went there."
  (setq aid-review-show--points (assq-delete-all buffer aid-review-show--points)))

(defun aid-review-show-restore-points ()
  "Put point back to where it was in the buffers that were shown."
  (pcase-dolist (`(,buffer . ,marker) aid-review-show--points)
    (when (and (buffer-live-p buffer) (not (get-buffer-window buffer t)))
      (with-current-buffer buffer
        (goto-char marker)))
    (set-marker marker nil))
  (setq aid-review-show--points nil))

(defun aid-review-show-nothing ()
  "Take the shown change away."
  (mapc #'delete-overlay aid-review-show--overlays)
  (setq aid-review-show--overlays nil))

(defun aid-review-display (buffer chat)
  "Display the review BUFFER and select its window.
It is that of its CHAT, if one shows it here, so that the source keeps its own;
else the selected one."
  (let ((window (get-buffer-window chat)))
    (select-window
     (display-buffer buffer `((display-buffer-reuse-window
                               ,@(and window '(display-buffer-in-previous-window))
                               display-buffer-same-window)
                              ,@(and window `((previous-window . ,window)))
                              (category . aid-review))))))

(defvar aid-review-show--window nil
  "The window that a source was last shown in, and the source, as a cons.")

(defun aid-review-show--last-window ()
  "The window in this frame that still shows the last source, or nil."
  (pcase aid-review-show--window
    (`(,window . ,buffer)
     (and (window-live-p window) (eq (window-buffer window) buffer)
          (eq (window-frame window) (selected-frame))
          window))))

(defun aid-review-show--source-window (buffer)
  "A window that shows the source BUFFER, beside or below the selected one.
One file takes the place of the other.  A new window takes half of the selected
one: left alone, Emacs 28 would take nearly all."
  (let ((beside (>= (frame-width) aid-review-side-by-side-width))
        (last (aid-review-show--last-window)))
    (display-buffer buffer
                    `((display-buffer-reuse-window
                       ,@(and last '(display-buffer-in-previous-window))
                       display-buffer-in-direction)
                      ,@(and last `((previous-window . ,last)))
                      ,@(if beside
                            `((direction . right) (window-width . ,(/ (window-total-width) 2)))
                          `((direction . below) (window-height . ,(/ (window-total-height) 2))))
                      (category . aid-review)
                      (inhibit-same-window . t)))))

(defun aid-review-show--added (text)
  "TEXT as it is shown where it is to come, its lines not told by colour alone."
  (propertize (replace-regexp-in-string "^\\(?:.\\|\n\\)" "+ \\&" (aid-invisible-string text))
              'face 'diff-added))

(defun aid-review-show--edit (edit)
  "Show EDIT, a list (CBEG CEND TEXT), in the current buffer."
  (pcase-let* ((`(,cbeg ,cend ,text) edit)
               (overlay (make-overlay (1+ cbeg) (1+ cend))))
    (overlay-put overlay 'face 'diff-removed)
    (overlay-put overlay 'line-prefix (propertize "- " 'face 'diff-removed))
    (overlay-put overlay (if (= cbeg cend) 'before-string 'after-string)
                 (aid-review-show--added text))
    (overlay-put overlay 'priority 100)
    (push overlay aid-review-show--overlays)))

(defun aid-review-show--candidates (lines)
  "Show in the current buffer which digit chooses which of LINES."
  (save-excursion
    (cl-loop for line in lines for number from 1 to 9
             do (goto-char (point-min))
             (forward-line (1- line))
             (let ((overlay (make-overlay (point) (point))))
               (overlay-put overlay 'before-string
                            (propertize (format "%d: here?\n" number) 'face 'warning))
               (overlay-put overlay 'priority 100)
               (push overlay aid-review-show--overlays)))))

(defun aid-review-show-file (hunk root)
  "The buffer of the file that HUNK under ROOT changes, or nil."
  (let* ((path (if (eq (aid-hunk-op hunk) 'rename)
                   (aid-hunk-old-path hunk)
                 (aid-hunk-path hunk)))
         (name (ignore-errors (aid-apply-file root path))))
    (and name (or (find-buffer-visiting name)
                  (and (file-exists-p name) (find-file-noselect name))))))

(defun aid-review-show--position (hunk)
  "Where HUNK is, or what is nearest to it, in the current buffer."
  (let ((place (aid-hunk-place hunk)))
    (cond ((and (plist-get place :beg) (not (equal (plist-get place :status) "refused")))
           (1+ (plist-get place :beg)))
          ((aid-hunk-record hunk)
           (when-let ((edit (car (aid-apply-record-edits (aid-hunk-record hunk)))))
             (marker-position (car edit))))
          ((or (car (plist-get place :candidates))
               (and (> (or (plist-get place :line) 0) 0) (plist-get place :line)))
           (save-excursion
             (goto-char (point-min))
             (forward-line (1- (or (car (plist-get place :candidates))
                                   (plist-get place :line))))
             (point))))))

(defun aid-review-show-go (hunk)
  "Move to the place of HUNK in this buffer, and widen it when that is not seen."
  (when-let ((pos (save-restriction
                    (widen)
                    (aid-review-show--position hunk))))
    (unless (<= (point-min) pos (point-max))
      (widen))
    (goto-char pos)))

(defun aid-review-show-place (hunk root)
  "Show HUNK at its place in the file under ROOT.  Give the window or nil."
  (aid-review-show-nothing)
  (when-let ((buffer (aid-review-show-file hunk root)))
    (with-current-buffer buffer
      (aid-review-show--keep-point))
    (let ((window (aid-review-show--source-window buffer))
          (place (aid-hunk-place hunk)))
      (setq aid-review-show--window (cons window buffer))
      (with-current-buffer buffer
        (save-restriction
          (widen)
          (when (and (memq (aid-hunk-state hunk) '(nil skipped))
                     (equal (plist-get place :status) "applied")
                     (not (eq (aid-hunk-op hunk) 'create)))
            (mapc #'aid-review-show--edit (plist-get place :edits)))
          (when (memq (aid-hunk-state hunk) '(nil skipped))
            (aid-review-show--candidates (plist-get place :candidates)))
          (when-let ((pos (aid-review-show--position hunk)))
            (when (window-live-p window)
              (set-window-point window pos)
              (with-selected-window window
                (goto-char pos)
                (recenter (/ (window-height) 4)))))))
      window)))

(provide 'aid-review-show)
;;; aid-review-show.el ends here
