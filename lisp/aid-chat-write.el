;;; aid-chat-write.el --- AID writes into a chat, and undo stays true  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The one way in which AID writes into a chat: `aid-chat--replace', which leaves
;; no trace in the undo list but shifts what is there, so that a person's undo
;; undoes just what that person typed.

;;; Code:

(eval-when-compile (require 'cl-lib))
(require 'aid-chat-text)

(defvar aid-chat--left)

;;; Undo

;; An entry's positions are those of the text as it was just after the change
;; that the entry records.  So while the list is walked, from the last change to
;; the first, the place of AID's own writing is followed back through them.

(defun aid-chat--shift-pos (pos at to added tie)
  "POS, which may be negative, after the text from AT to TO became ADDED long.
With TIE a position just where something is inserted moves behind it."
  (let* ((abs (abs pos))
         (new (cond ((< abs at) abs)
                    ((= abs at) (if (and tie (= at to)) (+ abs added) abs))
                    ((>= abs to) (+ abs added (- at to)))
                    (t at))))
    (if (< pos 0) (- new) new)))

(defun aid-chat--shift-range (range at to added)
  "Shift RANGE, a cons of positions.
AT, TO and ADDED as in `aid-chat--shift-pos'.
What is written at its end stays outside, what is written inside grows it."
  (let ((beg (aid-chat--shift-pos (car range) at to added t)))
    (setcdr range (max beg (aid-chat--shift-pos (cdr range) at to added nil)))
    (setcar range beg)))

(defun aid-chat--before-insertion (pos beg end)
  "Where POS was before the text from BEG to END was inserted."
  (cond ((<= pos beg) pos)
        ((< pos end) beg)
        (t (- pos (- end beg)))))

(defun aid-chat--shift-plain-entry (cell at to added)
  "Shift the entry in CELL of an undo list if it records no change of text.
AT, TO and ADDED as in `aid-chat--shift-pos'."
  (let ((entry (car cell)))
    (pcase entry
      ((pred integerp)
       (setcar cell (aid-chat--shift-pos entry at to added t)))
      (`(nil ,_ ,_ . ,(and range `(,(pred integerp) . ,_)))
       (aid-chat--shift-range range at to added))
      (`(apply ,(pred integerp) ,(pred integerp) ,(pred integerp) . ,_)
       (let ((range (cons (nth 2 entry) (nth 3 entry))))
         (aid-chat--shift-range range at to added)
         (setcar (nthcdr 2 entry) (car range))
         (setcar (nthcdr 3 entry) (cdr range))))
      ;; The file's text of then is no longer all of the text: the time is made to match none.
      (`(t . ,_) (setcdr entry '(0 1))))))

(defun aid-chat--shift-insertion (cell at to added split)
  "Shift the insertion in CELL of an undo list.
AT, TO and ADDED as in `aid-chat--shift-pos'.
Give where AT and TO were before it, or nil when the writing goes with it.
With SPLIT the entry becomes two around the writing."
  (let* ((entry (car cell)) (beg (car entry)) (end (cdr entry)))
    (cond ((and split (= at to) (< beg at end))
           (setcdr cell (cons (cons beg at) (cdr cell)))
           (setcar cell (cons (+ at added) (+ end added)))
           (cons beg beg))
          (t
           (aid-chat--shift-range entry at to added)
           (unless (and (<= beg at) (<= to end) (or (< at to) (< beg at end)))
             (cons (aid-chat--before-insertion at beg end)
                   (aid-chat--before-insertion to beg end)))))))

(defvar aid-chat--all-left nil
  "Whether what was deleted just where AID writes now belongs before that.")

(defun aid-chat--shift-deletion (entry at to added)
  "Shift the deletion ENTRY of an undo list.
AT, TO and ADDED as in `aid-chat--shift-pos'.
Give where AT and TO were before it."
  (let* ((left (or aid-chat--all-left (gethash entry aid-chat--left)))
         (pos (cdr entry)) (abs (abs pos)) (len (length (car entry))))
    (setcdr entry (aid-chat--shift-pos pos at to added (not left)))
    (cons (if (or (> at abs) (and left (= at abs))) (+ at len) at)
          (if (or (> to abs) (and left (= to abs))) (+ to len) to))))

(defun aid-chat--shift-list (list at to added split)
  "Shift the undo LIST after the text from AT to TO became ADDED long.
SPLIT as in `aid-chat--replace'.  Give t when `pending-undo-list' is its tail."
  (let (shared)
    (while (consp list)
      (let ((cell list) (entry (car list)) place)
        (when (eq list pending-undo-list)
          (setq shared t))
        (setq list (cdr list))
        (cond ((not at)
               (when (eq (car-safe entry) t)
                 (setcdr entry '(0 1))))
              ((null entry))
              ((and (consp entry) (integerp (car entry)) (integerp (cdr entry)))
               (setq place (aid-chat--shift-insertion cell at to added split)
                     at (car place) to (cdr place)))
              ((and (consp entry) (stringp (car entry)))
               (setq place (aid-chat--shift-deletion entry at to added)
                     at (car place) to (cdr place)))
              (t (setq place (and (eq (car-safe entry) 'apply) (integerp (nth 1 entry))
                                  (>= at (nth 3 entry))
                                  (nth 1 entry)))
                 (aid-chat--shift-plain-entry cell at to added)
                 (when place
                   (setq at (+ at place) to (+ to place)))))))
    shared))

(defun aid-chat--shift-undo (at to added split)
  "Shift what can be undone after the text from AT to TO became ADDED long.
SPLIT as in `aid-chat--replace'."
  (unless (or (aid-chat--shift-list buffer-undo-list at to added split)
              ;; A list of its own is an undo in a region, which may be another buffer's.
              (not (consp pending-undo-list))
              (not (eq last-command 'undo))
              (not (eq (current-buffer) (window-buffer))))
    (aid-chat--shift-list pending-undo-list at to added split)))

(defvar-local aid-chat--turns-moved nil
  "Whether whole turns were moved or removed since a request was last made.")

(defun aid-chat--settle-undo ()
  "Let what moved or removed whole turns here be undone no more.
AID is about to write turns of its own around them, and undo would tear those."
  (when aid-chat--turns-moved
    (setq aid-chat--turns-moved nil)
    (unless (eq buffer-undo-list t)
      (setq buffer-undo-list nil))
    (when (and (eq last-command 'undo) (eq (current-buffer) (window-buffer)))
      (setq pending-undo-list t))))

;;; Writing

(defun aid-chat--replace (beg end text &optional split)
  "Replace BEG to END by TEXT as AID's own writing, and give TEXT's end.
It cannot be undone and disturbs no undoing, runs no hooks, moves no point
and needs no write permission.  With SPLIT, TEXT stays when an insertion that
surrounds it is undone; otherwise it goes with it."
  (save-restriction
    (widen)
    ;; Numbers: what is shifted goes into the undo list.
    (setq beg (+ beg 0) end (+ end 0))
    (aid-chat--shift-undo beg end (length text) split)
    (let ((inhibit-modification-hooks t)
          (inhibit-read-only t)
          (buffer-undo-list t)
          ;; A file that changed meanwhile is a question for the next save, not for now.
          (buffer-file-name (and (or (buffer-modified-p) (verify-visited-file-modtime))
                                 buffer-file-name)))
      (save-excursion
        (goto-char end)
        (insert text)
        (when (< beg end)
          (delete-region beg end))))
    (syntax-ppss-flush-cache beg)
    (aid-chat--doc-edit beg (- end beg) text)
    (+ beg (length text))))

(provide 'aid-chat-write)
;;; aid-chat-write.el ends here
