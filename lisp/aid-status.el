;;; aid-status.el --- The line under an answer's diff  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Under each block with a patch stands a marker line that holds the decisions
;; about its hunks.  It is shown as words: in how many files and hunks the
;; block would apply now, or why not, and what was decided.  The core looks
;; at that off the main thread.

;;; Code:

(require 'aid-apply)
(require 'aid-decisions)
(require 'aid-chat)
(require 'cl-lib)

(declare-function aid--mod-patch-check "ext:aid-module" (plist))
(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid--on-event "aid-module" (id function))
(declare-function aid-review "aid-review" (&optional turn))

(defvar-local aid-status--known nil
  "What is known of each answer: a hash table from its number to (PATCH . PLAN).
PLAN is `waiting' while the core looks.")

(defun aid-status--table ()
  "The table of what is known of this chat's answers."
  (or aid-status--known (setq aid-status--known (make-hash-table))))

;;; Looking

(defun aid-status-check (chat turn)
  "Let the core see how the patches of answer TURN in CHAT fit now."
  (with-current-buffer chat
    (let* ((text (aid-chat-answer-text turn))
           (patch (aid--mod-patch-read text)))
      (when (plist-get patch :files)
        (puthash turn (cons patch 'waiting) (aid-status--table))
        (aid--on-event
         (aid--mod-patch-check
          (list :text text :root (aid-chat-root)
                :texts (aid-apply-texts (aid-chat-root) (aid-apply-paths patch))))
         (lambda (kind plan &rest _)
           (when (and (eq kind 'checked) (buffer-live-p chat))
             (with-current-buffer chat
               (puthash turn (cons patch plan) (aid-status--table))
               (aid-status--refresh turn)))))))))

(defun aid-status--refresh (turn)
  "Show the status lines of answer TURN anew."
  (save-excursion
    (save-restriction
      (widen)
      (pcase-let ((`(,beg . ,end) (aid-chat-answer-body turn)))
        (goto-char beg)
        (while (re-search-forward (concat "^" (aid-decisions--marker-regexp)) end t)
          (aid-chat--refresh-line (match-beginning 0)))))))

(defun aid-status--on-answer (chat turn)
  "Put status lines under the patches of answer TURN in CHAT."
  (with-current-buffer chat
    (when (plist-get (aid--mod-patch-read (aid-chat-answer-text turn)) :files)
      (aid-decisions-write chat turn [])
      (aid-chat--save)
      (aid-status-check chat turn))))

(defun aid-status--after-review (chat turn)
  "Look anew at answer TURN in CHAT, whose review was left."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (aid-chat--save))
    (aid-status-check chat turn)))

;;; Words

(defun aid-status--plural (n word)
  "N and WORD in its number."
  (format "%d %s%s" n word (if (= n 1) "" "s")))

(defun aid-status--fit (files)
  "How the plan's FILES fit, in a few words, with the first reason where not."
  (let ((exact 0) (adjusted 0) (already 0) (refused 0) (hunks 0) reason)
    (dolist (file files)
      (let ((own (plist-get file :hunks)))
        (unless own
          (setq hunks (1+ hunks))
          (if (equal (plist-get file :status) "applied")
              (setq exact (1+ exact))
            (setq refused (1+ refused) reason (or reason (plist-get file :reason)))))
        (dolist (hunk own)
          (setq hunks (1+ hunks))
          (pcase (plist-get hunk :status)
            ("applied" (if (equal (plist-get hunk :method) "whitespace")
                           (setq adjusted (1+ adjusted))
                         (setq exact (1+ exact))))
            ("already" (setq already (1+ already)))
            (_ (setq refused (1+ refused)
                     reason (or reason
                                (and (not (equal "" (plist-get hunk :reason)))
                                     (plist-get hunk :reason))
                                (plist-get file :reason))))))))
    (concat (aid-status--plural (length files) "file") ", "
            (aid-status--plural hunks "hunk") ": "
            (string-join
             (delq nil (list (and (> exact 0) (format "%d fit" exact))
                             (and (> adjusted 0) (format "%d adjusted" adjusted))
                             (and (> already 0) (format "%d applied already" already))
                             (and (> refused 0) (format "%d refused" refused))))
             ", ")
            (if reason (format " (%s)" reason) ""))))

(defun aid-status--block-files (known pos turn)
  "The plan's files, of KNOWN, that belong to the block before POS in answer TURN."
  (let* ((beg (car (aid-chat-answer-body turn)))
         (at (- pos beg))
         (block (car (last (seq-filter (lambda (b) (<= (plist-get b :end) at))
                                       (plist-get (car known) :blocks)))))
         (files (vconcat (plist-get (cdr known) :files))))
    (mapcar (lambda (i) (aref files i)) (plist-get block :files))))

(defvar aid-status-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'aid-status-review)
    (define-key map [mouse-1] #'aid-status-review-mouse)
    (define-key map [mouse-2] #'aid-status-review-mouse)
    map)
  "Keys on a status line.")

(defun aid-status-review ()
  "Review the answer whose status line point is on."
  (interactive)
  (aid-review (aid-chat-answer-at)))

(defun aid-status-review-mouse (event)
  "Review the answer whose status line was clicked in EVENT."
  (interactive "e")
  (posn-set-point (event-start event))
  (aid-status-review))

(defun aid-status-words (pos)
  "What the decisions' line at POS is shown as."
  (let* ((turn (aid-chat-answer-at pos))
         (known (and turn (gethash turn (aid-status--table))))
         (decided (and turn (aid-decisions-summary
                             (save-excursion
                               (goto-char pos)
                               (and (looking-at (aid-decisions--marker-regexp))
                                    (aid-decisions--parse)))))))
    (when (and turn (not known))
      (puthash turn '(nil . waiting) (aid-status--table))
      (run-at-time 0 nil #'aid-status--check-later (current-buffer) turn))
    (propertize
     (concat "  "
             (if (or (not known) (eq (cdr known) 'waiting))
                 "a patch"
               (aid-status--fit (aid-status--block-files known pos turn)))
             " " (propertize "[review]" 'face 'link)
             (if (or (not decided) (string-empty-p decided)) "" (concat "   " decided))
             "\n")
     'mouse-face 'highlight 'keymap aid-status-map 'help-echo "RET, mouse-1: review")))

(defun aid-status--check-later (chat turn)
  "Look at answer TURN in CHAT if that still exists."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (ignore-errors (aid-status-check chat turn)))))

(setq aid-chat-hunks-function #'aid-status-words)
(add-hook 'aid-answer-done-functions #'aid-status--on-answer)
(add-hook 'aid-after-review-functions #'aid-status--after-review)

(provide 'aid-status)
;;; aid-status.el ends here
