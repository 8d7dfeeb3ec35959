;;; aid-context-pins.el --- Items that stay  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A pinned item is in every request.  What was sent is in the conversation
;; already; so a pin does something only when its turn was compacted away, or
;; when the item has changed since: then it goes with the next question again.
;; The pin is a word of the item's line in the chat.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-send)
(require 'aid-context-stale)

(defun aid-context-pin-toggle (pos)
  "Pin the item whose line is at POS in this chat, or unpin it."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char pos)
      (forward-line 0)
      (unless (looking-at aid-chat--item-line)
        (user-error "No item is on this line"))
      (let* ((beg (match-beginning 4)) (end (match-end 4))
             (words (match-string-no-properties 4))
             (pinned (assoc "pin" (aid-chat--words words))))
        (aid-chat--replace beg end
                           (if pinned
                               (replace-regexp-in-string " pin=[^ ]*" "" words)
                             (concat (string-trim-right words) " pin=1")))
        (set-buffer-modified-p t)))))

(defun aid-context-pins--compacted ()
  "The number of the last turn that a summary stands for, 0 when there is none."
  (let ((most 0))
    (dolist (turn (aid-chat-turns 'summary))
      (save-excursion
        (goto-char (plist-get turn :beg))
        (when (looking-at "[^\n]* summary of=[0-9]+-\\([0-9]+\\)")
          (setq most (max most (string-to-number (match-string 1)))))))
    most))

(defun aid-context-pins--all ()
  "The pinned items of this chat, each once, as its last line has it.
Each is (NUMBER LABEL TARGET SENT)."
  (let (pins)
    (dolist (turn (aid-chat-turns 'user))
      (save-excursion
        (goto-char (plist-get turn :body))
        (let ((end (plist-get (aid-chat--with-end turn) :end)))
          (while (re-search-forward aid-chat--item-line end t)
            (when (equal (match-string 3) (aid-chat-key))
              (let* ((label (match-string-no-properties 1)) (target (match-string-no-properties 2))
                     (words (aid-chat--words (match-string-no-properties 4)))
                     (old (assoc target pins)))
                (when (or (assoc "pin" words) old)
                  (setf (alist-get target pins nil nil #'equal)
                        (list (plist-get turn :number) label target (aid-chat--word "sent" words))))))))))
    (mapcar #'cdr pins)))

(defun aid-context-pins-complete (chat)
  "Add to the open question of CHAT the pinned items that it needs again."
  (with-current-buffer chat
    (when (save-excursion
            (goto-char (point-min))
            (search-forward " pin=" nil t))
      (let ((gone (aid-context-pins--compacted)) (open (aid-chat--open-items)))
        (pcase-dolist (`(,number ,label ,target ,sent) (aid-context-pins--all))
          (when (and sent
                     (not (cl-loop for item in open thereis (equal (nth 2 item) target)))
                     (or (<= number gone) (eq (aid-context-stale-state target sent) 'changed)))
            (aid-chat-add-item chat label target
                               (concat "pin=1 why=" (if (<= number gone) "pinned" "pinned%2C%20changed")))))))))

(provide 'aid-context-pins)
;;; aid-context-pins.el ends here
