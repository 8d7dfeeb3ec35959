;;; aid-chat-pasted.el --- Fold long blocks in questions that were sent  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A long block of code or quote that somebody pasted into a question is in the
;; way once it was sent.  It is folded to its first line, in the way thoughts
;; are, when it comes into view.  The open question is never folded.

;;; Code:

(eval-when-compile (require 'cl-lib))
(require 'aid-chat-display)

(declare-function aid--mod-doc-blocks "ext:aid-module" (doc beg end))

(defcustom aid-chat-pasted-lines 12
  "Blocks of more lines than this are folded in questions that were sent.
They are blocks of code and quotes.  Nil means that none is."
  :type '(choice natnum (const :tag "Never fold" nil))
  :group 'aid-chat)

(defconst aid-chat-pasted--quote " \\{0,3\\}>"
  "Matches the beginning of a line in a quote.")

(defconst aid-chat-pasted--unquote "^\\(?: \\{4\\}\\| \\{0,3\\}\\(?:[^ >\n]\\|$\\)\\)"
  "Matches the beginning of a line that is in no quote.")

(defun aid-chat-pasted--sent (beg end)
  "The parts of BEG to END that are in questions that were sent, as (BEG . END)."
  (save-excursion
    (goto-char beg)
    (end-of-line)
    (let ((turn (aid-chat--turn-back)) next parts)
      (goto-char (if turn (plist-get turn :body) beg))
      (while (and (setq next (aid-chat--turn-forward))
                  (progn
                    (when (and (eq (plist-get turn :kind) 'user)
                               (not (plist-get turn :queued)))
                      (push (cons (max beg (plist-get turn :body))
                                  (min end (plist-get next :beg)))
                            parts))
                    (setq turn next)
                    (< (plist-get next :beg) end))))
      (cl-loop for part in parts when (< (car part) (cdr part)) collect part))))

(defun aid-chat-pasted--known (pos)
  "The fold over POS, or nil."
  (cl-loop for o in (overlays-at pos) when (eq (overlay-get o 'aid-fold) 'pasted) return o))

(defun aid-chat-pasted--quotes (beg end)
  "The quotes that begin or are first seen from BEG to END, as (BEG . END)."
  (save-excursion
    (goto-char beg)
    (let (found fold)
      (while (and (< (point) end)
                  (re-search-forward (concat "^" aid-chat-pasted--quote) end t))
        (beginning-of-line)
        (if (setq fold (aid-chat-pasted--known (point)))
            (goto-char (overlay-end fold))
          (let ((first (point)))
            (when (re-search-backward aid-chat-pasted--unquote nil t)
              (forward-line 1)
              (setq first (point)))
            (if (re-search-forward aid-chat-pasted--unquote nil t)
                (beginning-of-line)
              (goto-char (point-max)))
            (push (cons first (point)) found))))
      found)))

(defun aid-chat-pasted--blocks (beg end)
  "The blocks of code and quotes from BEG to END, part of a question."
  (let* ((doc (aid-chat-doc))
         (code (mapcar (lambda (block)
                         (cons (1+ (plist-get block :beg)) (1+ (plist-get block :end))))
                       (and doc (ignore-errors
                                  (aid--mod-doc-blocks doc (1- beg) (1- end)))))))
    (append (cl-loop for block in code
                     unless (and (< (car block) beg) (aid-chat-pasted--known beg)) collect block)
            (cl-loop for quoted in (aid-chat-pasted--quotes beg end)
                     unless (cl-loop for (from . to) in code
                                     thereis (and (<= from (car quoted)) (< (car quoted) to)))
                     collect quoted))))

(defun aid-chat-pasted--show (block)
  "Show BLOCK, its bounds, as a fold if it is long, and give the fold.
Its first line says how many more there are."
  (save-excursion
    (goto-char (car block))
    (let* ((eol (line-end-position)) (body (line-beginning-position 2))
           (lines (if (< body (cdr block)) (count-lines body (cdr block)) 0)))
      (when (>= lines aid-chat-pasted-lines)
        (let ((fold (aid-chat--fold-make body (cdr block) 'pasted)))
          (when (overlay-get fold 'invisible)
            (put-text-property eol (1+ eol) 'display
                               (concat (propertize (format " [+%d lines]" lines)
                                                   'face 'aid-chat-fold)
                                       "\n")))
          fold)))))

(defun aid-chat-pasted-show (beg end)
  "Fold the long blocks that touch BEG to END in questions that were sent.
Folds that begin there and have no such block any more go."
  (let (folds)
    (when aid-chat-pasted-lines
      (pcase-dolist (`(,from . ,to) (aid-chat-pasted--sent beg end))
        (dolist (block (aid-chat-pasted--blocks from to))
          (push (aid-chat-pasted--show block) folds))))
    (dolist (fold (overlays-in beg (1+ end)))
      (when (and (eq (overlay-get fold 'aid-fold) 'pasted)
                 (< beg (overlay-start fold) (1+ end))
                 (not (memq fold folds)))
        (delete-overlay fold)))))

(defun aid-chat-pasted-next (pos limit)
  "Where the line is that heads the next block behind POS, or nil.
It is to be before LIMIT, when that is not nil."
  (let (found)
    (dolist (fold (overlays-in pos (or limit (point-max))) found)
      (when (eq (overlay-get fold 'aid-fold) 'pasted)
        (let ((head (save-excursion
                      (goto-char (overlay-start fold))
                      (line-beginning-position 0))))
          (when (and (> head pos) (or (not found) (< head found)))
            (setq found head)))))))

(provide 'aid-chat-pasted)
;;; aid-chat-pasted.el ends here
