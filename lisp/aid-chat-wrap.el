;;; aid-chat-wrap.el --- Lines break at words while an answer arrives  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Where `word-wrap' is on, Emacs draws a whole window anew for every change in
;; it (try_window_id in its xdisp.c gives up), which is most of what it costs to
;; show an answer that arrives.  So for that time a chat breaks its lines itself:
;; the blank before the first word that does not fit is displayed as a newline.
;; Breaks never move as a line grows, so only what is new is drawn.  When the
;; answer has ended, or windows of different width show the chat, Emacs wraps
;; again, in the same places.

;;; Code:

(require 'aid-chat-text)

(defvar-local aid-chat-wrap--width nil
  "At how many columns this chat breaks its lines; nil while Emacs does.")

(defconst aid-chat-wrap--most 1000
  "How many characters of a line are looked at.
It is more than is shown of a line that is shown shortened.")

(defun aid-chat-wrap--windows-width ()
  "The columns of all windows that show this chat, or nil when they differ."
  (let ((width nil) (same t))
    (dolist (window (get-buffer-window-list nil nil t))
      (let ((columns (window-max-chars-per-line window)))
        (setq same (and same (or (not width) (= width columns)))
              width columns)))
    (and same width)))

(defun aid-chat-wrap--fit (beg end)
  "Where a row that begins at BEG is full, or nil when END comes before."
  (let ((width aid-chat-wrap--width))
    (when (> (- end beg) (/ width 2))   ; no character is wider than two columns
      (let ((text (buffer-substring-no-properties beg end)))
        (when (> (string-width text) width)
          (+ beg (if (= (string-width text) (length text))
                     width
                   (length (truncate-string-to-width text width)))))))))

(defun aid-chat-wrap--line (beg end)
  "Break the line from BEG to END where it is too wide."
  (let (edge)
    (while (setq edge (aid-chat-wrap--fit beg end))
      (goto-char edge)
      (unless (memq (char-after) '(?\s ?\t))
        (skip-chars-backward "^ \t" beg)
        (when (> (point) beg)
          (backward-char)))
      (if (<= (point) beg)
          (setq beg edge)               ; a long word: Emacs breaks it
        (unless (get-text-property (point) 'aid-wrap)
          (add-text-properties (point) (1+ (point)) '(aid-wrap t display "\n")))
        (setq beg (1+ (point)))))))

(defun aid-chat-wrap-lines (beg end)
  "Break the lines from BEG to END if this chat breaks its lines itself.
Lines with our markers are not: what is shown of them is short."
  (when aid-chat-wrap--width
    (save-excursion
      (goto-char beg)
      (beginning-of-line)
      (let ((prefix nil))
        (while (let ((bol (point)) (eol (min (line-end-position) (+ (point) aid-chat-wrap--most))))
                 (unless (or (<= (- eol bol) (/ aid-chat-wrap--width 2))
                             (search-forward (or prefix (setq prefix (aid-chat--prefix))) eol t))
                   (aid-chat-wrap--line bol eol))
                 (goto-char bol)
                 (and (zerop (forward-line 1)) (< (point) end))))))))

(defun aid-chat-wrap--window (window start)
  "Break the lines that WINDOW is going to show from START on."
  (with-current-buffer (window-buffer window)
    (when aid-chat-wrap--width
      (with-silent-modifications
        (aid-chat-wrap-lines start (save-excursion
                                     (goto-char start)
                                     (forward-line (window-height window))
                                     (point)))))))

(defun aid-chat-wrap-begin ()
  "Break the lines of this chat here instead of in Emacs, if that looks the same."
  (let ((width (and word-wrap (not truncate-lines) (local-variable-p 'word-wrap)
                    (aid-chat-wrap--windows-width))))
    (when (and width (> width 4))
      (setq aid-chat-wrap--width width
            word-wrap nil)
      (add-hook 'window-scroll-functions #'aid-chat-wrap--window nil t)
      (dolist (window (get-buffer-window-list nil nil t))
        (aid-chat-wrap--window window (window-start window))))))

(defun aid-chat-wrap-end ()
  "Let Emacs wrap the lines of this chat again."
  (when aid-chat-wrap--width
    (setq aid-chat-wrap--width nil
          word-wrap t)
    (remove-hook 'window-scroll-functions #'aid-chat-wrap--window t)
    (save-restriction
      (widen)
      (with-silent-modifications
        (let ((pos (point-min)))
          (while (setq pos (text-property-not-all pos (point-max) 'aid-wrap nil))
            (remove-list-of-text-properties pos (1+ pos) '(aid-wrap display))))))))

(defun aid-chat-wrap-adapt ()
  "Break the lines anew if the windows are not as wide as they were."
  (unless (eql aid-chat-wrap--width (aid-chat-wrap--windows-width))
    (aid-chat-wrap-end)
    (aid-chat-wrap-begin)))

(provide 'aid-chat-wrap)
;;; aid-chat-wrap.el ends here
