;;; aid-settle.el --- Whole files and edited copies in an answer  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A block of an answer may be the new text of a file that it names, or an
;; edited copy of a part of it.  What it changes depends on the file, so the
;; core compares them once, and the diff that comes of it is kept in the chat,
;; behind the block: its hunks stay the same when the file changes, by them or
;; otherwise.  A block that was refused is compared anew.

;;; Code:

(require 'aid-apply)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid--mod-patch-settle "ext:aid-module" (plist))
(declare-function aid-chat--encode "aid-chat-text" (value))
(declare-function aid-chat--replace "aid-chat-text" (beg end text &optional split))
(declare-function aid-chat--refresh-line "aid-chat-display" (pos))
(declare-function aid-chat-answer-body "aid-chat-text" (number))
(declare-function aid-chat-answer-text "aid-chat-text" (number))
(declare-function aid-chat-key "aid-chat-text" ())
(declare-function aid-chat-root "aid-chat" ())

(defun aid-settle--ask (text paths root)
  "What the blocks of TEXT, which name PATHS, come to under ROOT."
  (aid-apply--with-local-root
   root (lambda (folder)
          (aid--mod-patch-settle (list :text text :root folder
                                       :texts (aid-apply-texts root paths))))))

(defun aid-settle--text (key settled)
  "The lines, of the chat with KEY, that keep SETTLED."
  (let ((fence "```") (diff (plist-get settled :diff)) (refused (plist-get settled :refused)))
    (while (string-search fence diff)
      (setq fence (concat fence "`")))
    (concat (format "<!--aid:%s diff%s-->\n" key
                    (if refused (concat " refused=" (aid-chat--encode refused)) ""))
            (replace-regexp-in-string "^\\(.*\\)\n" "> \\1\n"
                                      (concat fence "diff\n" diff fence "\n")))))

(defun aid-settle--old-end (pos)
  "Where the lines end that were kept at POS, POS when there are none."
  (save-excursion
    (goto-char pos)
    (when (looking-at (format "<!--aid:%s diff\\b.*-->[ \t]*\n?" (regexp-quote (aid-chat-key))))
      (goto-char (match-end 0))
      (while (and (looking-at ">") (not (eobp)))
        (forward-line 1)))
    (point)))

(defun aid-settle--keep (pos settled)
  "Keep SETTLED at POS, which is behind its block."
  (let* ((bol (or (= pos (point-min)) (eq (char-before pos) ?\n)))
         (end (aid-settle--old-end pos))
         (new (concat (if bol "" "\n") (aid-settle--text (aid-chat-key) settled))))
    (unless (equal new (buffer-substring-no-properties pos end))
      (aid-chat--replace pos end new)
      (aid-chat--refresh-line (if bol pos (1+ pos))))))

(defun aid-settle (turn)
  "Let those blocks of answer TURN here that change files count as diffs.
These are whole new texts and edited copies of files.  What comes of them is
kept in the chat; remote files are not compared.
Give what the core reads in the answer when it is as it was, else nil."
  (let* ((text (aid-chat-answer-text turn))
         (patch (aid--mod-patch-read text))
         (paths (plist-get patch :candidates))
         (root (and paths (aid-chat-root))))
    (if (or (not root) (file-remote-p root))
        patch
      (save-excursion
        (save-restriction
          (widen)
          (let ((beg (car (aid-chat-answer-body turn))))
            (dolist (settled (reverse (aid-settle--ask text paths root)))
              (aid-settle--keep (+ beg (plist-get settled :end)) settled))))))))

(provide 'aid-settle)
;;; aid-settle.el ends here
