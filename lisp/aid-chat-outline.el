;;; aid-chat-outline.el --- The outline of a chat  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Turns are the headings of a chat's outline, alternative answers headings
;; below them.  To load outline.el takes a tenth of the time that a person
;; notices, and its commands are not needed on the first screen: a chat is shown
;; first and gets its outline when Emacs is idle, or when a command needs it.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'outline)
(require 'aid-chat-text)
(require 'aid-chat-display)

;; Until now they looked as outline's do by default; from now on as a theme has them.
(cl-loop for (face . parent) in '((aid-chat-heading1 . outline-1) (aid-chat-heading2 . outline-2)
                                  (aid-chat-heading3 . outline-3) (aid-chat-heading4 . outline-4))
         do (face-spec-set face `((t :inherit ,parent)) 'face-defface-spec))

(defun aid-chat--outline-level ()
  "The outline level of the heading at point."
  (if (looking-at-p "###") 2 1))

(defun aid-chat--outline-setup ()
  "Make outlines know this chat's headings."
  (setq-local outline-regexp (concat "##.*" (regexp-quote (aid-chat--prefix)) "[0-9]"))
  (setq-local outline-level #'aid-chat--outline-level))

(defun aid-chat-outline-on ()
  "Give this chat its outline, unless it has it."
  (unless outline-minor-mode
    (aid-chat--outline-setup)
    (add-hook 'aid-chat-key-hook #'aid-chat--outline-setup nil t)
    (outline-minor-mode 1)))

(defun aid-chat--heading-p ()
  "Whether point is on a turn's heading."
  (aid-chat-outline-on)
  (save-excursion
    (beginning-of-line)
    (looking-at-p outline-regexp)))

(defun aid-chat-fold-turn (pos)
  "Fold the turn whose heading POS is in."
  (aid-chat-outline-on)
  (save-excursion
    (goto-char pos)
    (beginning-of-line)
    (when (looking-at-p outline-regexp)
      (outline-hide-subtree))))

(defun aid-chat-fold-alternatives ()
  "Fold the alternative answers."
  (save-excursion
    (goto-char (point-min))
    (while (search-forward " alternative-->" nil t)
      (aid-chat-fold-turn (point)))))

(defun aid-chat-summary-range (turn)
  "The numbers of the turns that TURN, a summary, stands for, as (FROM . TO).
Nil when its heading does not say."
  (save-excursion
    (goto-char (plist-get turn :beg))
    (when (re-search-forward " summary of=\\([0-9]+\\)-\\([0-9]+\\)-->" (plist-get turn :body) t)
      (cons (string-to-number (match-string 1)) (string-to-number (match-string 2))))))

(defun aid-chat-fold-summarised ()
  "Fold the turns that summaries stand for: they are not sent."
  (let ((turns (aid-chat-turns)) before)
    (dolist (turn turns)
      (when-let ((range (and (eq (plist-get turn :kind) 'summary)
                             (aid-chat-summary-range turn))))
        (dolist (old before)
          (when (<= (car range) (plist-get old :number) (cdr range))
            (aid-chat-fold-turn (plist-get old :beg)))))
      (push turn before))))

(provide 'aid-chat-outline)
;;; aid-chat-outline.el ends here
