;;; aid-invisible.el --- Characters that are not seen are shown  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Controls of writing direction, characters without width and tags can make
;; code look like other code.  They stay in the text and are shown as "[U+202E]".
;; That is a `display' property, not a display table: only behind a property
;; does Emacs's reordering no longer see the control, so that what follows it
;; stays in its order.  Text that is really written from right to left is
;; reordered as ever.  The joiners that scripts and emoji need stay unseen
;; there; behind ASCII, or one behind the other, they have no such use.

;;; Code:

(eval-when-compile
  (require 'subr-x)
  (require 'aid-face))

(aid-face-new aid-invisible '((t :inherit escape-glyph))
  "What stands for a character that would not be seen."
  :group 'aid)

(defconst aid-invisible--chars
  "[\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\U000E0000-\U000E007F]"
  "Matches a character that is not seen.")

(defun aid-invisible--joins-p (char before)
  "Whether CHAR is a joiner with a use, behind the character BEFORE."
  (and (memq char '(#x200C #x200D)) before (> before 127)
       (not (memq before '(#x200C #x200D)))))

(defun aid-invisible--next (end)
  "Move behind the next character to be shown before END, or give nil."
  (let (found)
    (while (and (not found) (re-search-forward aid-invisible--chars end t))
      (setq found (not (aid-invisible--joins-p (char-before) (char-before (1- (point)))))))
    found))

(defun aid-invisible-p (beg end)
  "Whether there is a character to be shown from BEG to END."
  (save-excursion
    (goto-char beg)
    (aid-invisible--next end)))

(defun aid-invisible--sign (char)
  "What is shown for CHAR: a new string, for Emacs joins neighbours with the same."
  (propertize (format "[U+%04X]" char) 'face 'aid-invisible))

(defun aid-invisible-show (beg end)
  "Show the characters from BEG to END that would not be seen."
  (with-silent-modifications
    (save-match-data
      (save-excursion
        (goto-char beg)
        (while (aid-invisible--next end)
          (put-text-property (1- (point)) (point) 'display
                             (aid-invisible--sign (char-before))))))))

(defun aid-invisible-string (string)
  "STRING with signs for the characters that would not be seen."
  (if (string-match-p aid-invisible--chars string)
      (replace-regexp-in-string aid-invisible--chars
                                (lambda (char) (aid-invisible--sign (aref char 0))) string t t)
    string))

(defun aid-invisible-in-code ()
  "Show what would not be seen in this buffer of code."
  (setq bidi-paragraph-direction 'left-to-right)
  (setq-local text-property-default-nonsticky
              (cons '(display . t) text-property-default-nonsticky))
  (jit-lock-register #'aid-invisible-show)
  ;; After font-lock, which may manage the property, too.
  (remove-hook 'jit-lock-functions #'aid-invisible-show t)
  (add-hook 'jit-lock-functions #'aid-invisible-show 90 t))

(provide 'aid-invisible)
;;; aid-invisible.el ends here
