;;; export.el --- An Emacs whose events are exported  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What tests/otlp/run has an Emacs do: record events until it is told to stop
;; that, to take another core, or to end, by files in its home; or ask in a chat,
;; and decide on a hunk of the answer.

;;; Code:

(require 'aid-module)
(require 'aid-measure)

(declare-function aid-chat-ask "aid-chat-send" (chat question &optional send))
(declare-function aid-chat-create "aid-chat" (root))
(declare-function aid-chat-key "aid-chat-text" ())
(declare-function aid-chat-meta "aid-chat-text" (number &optional sub))
(declare-function aid--mod-measure-decision "ext:aid-module"
                  (chat request root path id decision was op method shift similarity text edit))
(declare-function aid--mod-measure-typed "ext:aid-module" (root path chars seconds))

(defun aid-otlp-told-p (name)
  "Whether the file NAME has come; it is removed."
  (let ((file (expand-file-name name "~")))
    (and (file-exists-p file) (progn (delete-file file) t))))

(defun aid-otlp-decide (chat request)
  "Record that a hunk that REQUEST of CHAT made was accepted."
  (aid--mod-measure-decision chat request "/tmp" "a.c" "1" "accepted" nil nil nil nil nil "+x\n" nil))

(defun aid-otlp-record ()
  "Record a decision and some typing, and say what the core has to say."
  (dolist (words (list (aid-otlp-decide "k3y" "r1")
                       (aid--mod-measure-typed "/tmp" "a.c" 1 1)))
    (when words (message "said: %s" words))))

(defun aid-otlp-run ()
  "Record until the file quit has come."
  (let ((recording t))
    (aid-module-ensure)
    (while (not (aid-otlp-told-p "quit"))
      (when recording
        (aid-otlp-record))
      (when (aid-otlp-told-p "rest")
        (setq recording nil)
        (sleep-for 1)                   ; its thread looks four times a second
        (message "resting"))
      (when (aid-otlp-told-p "reload")
        (aid-reload "~/other-core.so"))
      (accept-process-output nil 0.02))
    (message "quitting")))

(defun aid-otlp-ask ()
  "Ask in a chat, record a decision on a hunk of its answer, and wait for the file quit."
  (require 'aid)
  (require 'aid-chat)
  (let ((chat (aid-chat-create default-directory)) request)
    (aid-chat-ask chat "How many?")
    (with-current-buffer chat
      (while (not (setq request (cdr (assoc "req" (aid-chat-meta 2)))))
        (accept-process-output nil 0.02))
      (aid-otlp-decide (aid-chat-key) request)
      (set-buffer-modified-p nil))
    (while (not (aid-otlp-told-p "quit"))
      (accept-process-output nil 0.02))))

(setq aid-module-directory (expand-file-name "build/" (file-name-directory (directory-file-name (car load-path)))))
(if (getenv "AID_OTLP_ASK") (aid-otlp-ask) (aid-otlp-run))

;;; export.el ends here
