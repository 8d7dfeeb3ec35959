;;; aid-context-pins.el --- Items that stay  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A pinned item is in every request.  What was sent is in the conversation
;; already; so a pin does something only when its turn was compacted away: then
;; the item goes with the next question again; or when it has changed since: then
;; what changed goes with it, as a diff behind the conversation, which a server
;; has cached.  The pin is a word of the item's line in the chat.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-percent)
(require 'aid-append)
(require 'aid-chat-send)
(require 'aid-context-stale)

(declare-function aid-chat-root "aid-chat" ())

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

(defun aid-context-pins--sent ()
  "What of this chat's items was sent, each target once, as its last line has it.
Each is (TARGET NUMBER LABEL SENT PINNED); a pin on any line of it counts."
  (let (found)
    (dolist (turn (aid-chat-turns 'user))
      (save-excursion
        (goto-char (plist-get turn :body))
        (let ((end (plist-get (aid-chat--with-end turn) :end)))
          (while (re-search-forward aid-chat--item-line end t)
            (when (equal (match-string 3) (aid-chat-key))
              (let* ((label (match-string-no-properties 1)) (target (match-string-no-properties 2))
                     (words (aid-chat--words (match-string-no-properties 4)))
                     (old (assoc target found)))
                (when (aid-chat--word "sent" words)
                  (setf (alist-get target found nil nil #'equal)
                        (list (plist-get turn :number) label (aid-chat--word "sent" words)
                              (or (and (assoc "pin" words) t) (nth 4 old)))))))))))
    (nreverse found)))

(defun aid-context-changes-item (label target sent)
  "The item that tells what changed in TARGET, called LABEL, since SENT was sent.
A list of label and target; nil where the core cannot tell: the file is not in
the project, or its buffer is not saved."
  (pcase (aid-context-parse-target target (expand-file-name default-directory))
    (`(,file ,first ,last)
     (let ((root (aid-chat-root)) (buffer (get-file-buffer file)))
       (when (and root (not (file-remote-p file)) (file-in-directory-p file root)
                  (not (and buffer (buffer-modified-p buffer))))
         (list (concat "changes in " label)
               (concat "aid:changes/" sent "/"
                       (aid-percent-encode
                        (concat (file-relative-name file root)
                                (and first (format "#L%d-L%d" first last)))
                        "[-a-zA-Z0-9_.~/]"))))))))

(defun aid-context-pins--changed (sent target hash)
  "Whether it is to be told what changed in TARGET since HASH was sent.
SENT is all that was sent: what was told as changes counts while it is so."
  (and (eq (aid-context-stale-state target hash) 'changed)
       (not (cl-loop for (other _number _label told) in sent
                     thereis (and (string-prefix-p (concat "aid:changes/" hash "/") other)
                                  (eq (aid-context-stale-state other told) 'same))))))

(defun aid-context-pins--add (sent one gone open why)
  "Add to the open question what ONE of SENT needs, with WHY; give its label.
GONE is the last turn that was compacted away, OPEN the targets there already."
  (pcase-let ((`(,target ,number ,label ,hash ,_) one))
    (let ((item (cond ((string-prefix-p "aid:changes/" target) nil)
                      ((<= number gone) (list label target))
                      ((aid-context-pins--changed sent target hash)
                       (or (aid-context-changes-item label target hash) (list label target))))))
      (when (and item (not (member (nth 1 item) open)) (not (member target open)))
        (aid-chat-add-item (current-buffer) (car item) (nth 1 item)
                           (concat "why=" (aid-percent-encode why "[-a-zA-Z0-9_.~/]")))
        (car item)))))

(defcustom aid-context-resend nil
  "Whether a question tells what changed in the files that were sent before.
When it is nil, that is so of pinned items alone; \\[aid-append-changes] does it
for all of them.  Their texts stay where they stand in the conversation, so
that what a server has cached stays true: a diff comes behind."
  :type 'boolean
  :group 'aid)

(defun aid-context-pins-complete (chat)
  "Add to the open question of CHAT the pinned items that it needs again."
  (with-current-buffer chat
    (save-restriction
      (widen)
      (when (save-excursion
              (goto-char (point-min))
              (search-forward (if aid-context-resend " sent=" " pin=") nil t))
        (let ((gone (aid-context-pins--compacted)) (sent (aid-context-pins--sent))
              (open (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items))))
          (dolist (one sent)
            (cond ((nth 4 one) (aid-context-pins--add sent one gone open "pinned"))
                  ((and aid-context-resend (> (nth 1 one) gone))
                   (aid-context-pins--add sent one gone open "changed since")))))))))

;;;###autoload
(defun aid-append-changes ()
  "Append what changed in the files that were sent in the chat since they were."
  (interactive)
  (with-current-buffer (aid-append--chat)
    (save-restriction
      (widen)
      (let* ((gone (aid-context-pins--compacted)) (sent (aid-context-pins--sent))
             (open (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items)))
             (labels (delq nil (mapcar (lambda (one)
                                         (and (> (nth 1 one) gone)
                                              (aid-context-pins--add sent one gone open "changed since")))
                                       sent))))
        (aid-context-stale-check)
        (message "%s" (if labels
                          (concat "Appended " (string-join labels ", "))
                        "Nothing that was sent is known to have changed"))))))

(provide 'aid-context-pins)
;;; aid-context-pins.el ends here
