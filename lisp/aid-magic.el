;;; aid-magic.el --- Know a chat by its first line, and trust nothing in it  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat is known by its first line, whatever its name is and whatever other
;; modes claim its suffix.  It holds other people's text, so no `mode:', `eval:'
;; or variable in it counts, wherever it stands: Emacs looks for these before it
;; looks at `magic-mode-alist', which is why the first line is asked for there too.

;;; Code:

;;;###autoload
(progn
  (defun aid-magic-chat-p ()
    "Whether the first line of this buffer is a chat's."
    (save-excursion
      (save-restriction
        (widen)
        (goto-char (point-min))
        (looking-at-p "<!--aid:[[:alnum:]]+ chat\\_>"))))
  (advice-add 'inhibit-local-variables-p :after-until #'aid-magic-chat-p)
  (add-to-list 'magic-mode-alist '(aid-magic-chat-p . aid-chat-mode)))

(autoload 'aid-chat-mode "aid-chat" "Mode of chats." t)

(provide 'aid-magic)
;;; aid-magic.el ends here
