;;; aid-context-panel.el --- What the next request holds  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; One list of everything that the next request of a chat shows the model: what
;; it is, why it is there, what it costs, how old it is, whether the server has
;; seen it.  The header line has the sum against the model's window.  The list
;; follows the chat, and what is done in the list happens in the chat: its lines
;; are the truth.

;;; Code:

(require 'cl-lib)
(eval-when-compile (require 'subr-x))
(require 'tabulated-list)
(require 'aid-chat)
(require 'aid-context-items)
(require 'aid-context-stale)
(require 'aid-cost)

(declare-function aid--mod-items-soon "ext:aid-module" (plist))
(declare-function aid--mod-blob-get "ext:aid-module" (hash))
(declare-function aid-project-root "aid-project" ())
(declare-function aid-chat-visit "aid-chat-nav" (&optional preview pos))
(declare-function aid-context-save-set "aid-context-sets" (name &optional shared))
(declare-function aid-context-add-set "aid-context-sets" (name))

(autoload 'aid-context-pin-toggle "aid-context-pins")
(autoload 'aid-append-changes "aid-context-pins" "Append what changed since it was sent." t)

(defvar-local aid-context-panel--chat nil
  "The chat that this panel is of.")

(defvar-local aid-context-panel--val nil
  "What the core told of the chat's next request last.")

(defvar-local aid-context-panel--failure nil
  "Why the core could not list the chat's next request last, or nil.")

(defvar-local aid-context-panel--marked nil
  "The rows with a mark: an alist of ids and characters.")

(defvar-local aid-context-panel--asked nil
  "Whether the core is making the list.")

(defface aid-context-panel-bar '((t :inherit bold))
  "The filled part of the bar."
  :group 'aid)

(defface aid-context-panel-rest '((t :inherit shadow))
  "The empty part of the bar."
  :group 'aid)

;;; Rows

(defun aid-context-panel--age (seconds)
  "SECONDS in few letters."
  (cond ((not seconds) "now")
        ((< seconds 60) (format "%d s" seconds))
        ((< seconds 3600) (format "%d min" (/ seconds 60)))
        ((< seconds 86400) (format "%d h" (/ seconds 3600)))
        (t (format "%d d" (/ seconds 86400)))))

(defun aid-context-panel--state (item)
  "What became of ITEM: in the cache, sent, changed since, or new."
  (let* ((sent (plist-get item :sent))
         (state (and sent (with-current-buffer aid-context-panel--chat
                            (aid-context-stale-state (plist-get item :target) sent)))))
    (concat (cond ((plist-get item :cached) "cached")
                  (sent "sent")
                  ((plist-get item :known) "new")
                  (t "not read"))
            (pcase state ('changed ", changed") ('gone ", gone") (_ "")))))

(defun aid-context-panel--id (item)
  "The id of the row of ITEM."
  (list (plist-get item :turn) (plist-get item :target)))

(defun aid-context-panel--row (item)
  "The row of ITEM."
  (let ((state (aid-context-panel--state item)))
    (list (aid-context-panel--id item)
          (vector (if (plist-get item :pinned) "pin" "")
                  (list (aid-invisible-string (plist-get item :label))
                        'action (lambda (_) (aid-context-panel-visit))
                        'follow-link t 'help-echo (plist-get item :target))
                  (or (plist-get item :why) (if (plist-get item :sent) "in the chat" "you"))
                  (concat (if (plist-get item :known) "" "~") (number-to-string (plist-get item :tokens)))
                  (aid-context-panel--age (plist-get item :age))
                  (if (string-search "," state) (propertize state 'face 'aid-chat-warning) state)
                  (number-to-string (plist-get item :turn))))))

(defun aid-context-panel--entries ()
  "The rows of the panel."
  (mapcar #'aid-context-panel--row (append (plist-get aid-context-panel--val :items) nil)))

(defun aid-context-panel--item (id)
  "What the core told of the item with ID."
  (cl-find id (append (plist-get aid-context-panel--val :items) nil)
           :key #'aid-context-panel--id :test #'equal))

(defun aid-context-panel--number (column)
  "A predicate that compares two rows by the number in COLUMN."
  (lambda (a b)
    (let ((number (lambda (row)
                    (string-to-number (string-trim-left (aref (cadr row) column) "~")))))
      (< (funcall number a) (funcall number b)))))

(defun aid-context-panel--older-p (a b)
  "Whether the text of row A is younger than that of row B."
  (let ((age (lambda (row) (or (plist-get (aid-context-panel--item (car row)) :age) -1))))
    (< (funcall age a) (funcall age b))))

;;; The header line

(defun aid-context-panel--bar (part whole width)
  "A bar of WIDTH columns that shows PART of WHOLE."
  (let ((full (if (> whole 0) (min width (ceiling (* width part) whole)) 0)))
    (concat (propertize (make-string full (aref (aid-chat-sign "█" "#") 0))
                        'face 'aid-context-panel-bar)
            (propertize (make-string (- width full) (aref (aid-chat-sign "░" ".") 0))
                        'face 'aid-context-panel-rest))))

(defun aid-context-panel--head ()
  "The header line's text as of now."
  (let* ((val aid-context-panel--val)
         (items (append (plist-get val :items) nil))
         (tokens (or (plist-get val :tokens) 0)) (window (or (plist-get val :window) 0))
         (budget (with-current-buffer aid-context-panel--chat
                   (or (plist-get (ignore-errors (aid-strategy-info)) :budget) 0)))
         (sum (cl-loop for item in items unless (plist-get item :sent) sum (plist-get item :tokens)))
         (count #'aid-chat--count))
    (if (not val)
        (concat " " (or aid-context-panel--failure "reading..."))
      (concat " " (if (> window 0)
                      (aid-context-panel--bar tokens window 20)
                    (aid-context-panel--bar sum budget 20))
              (format " %s%s tokens" (funcall count tokens)
                      (if (> window 0) (concat " of " (funcall count window)) ""))
              (if (> (plist-get val :cached) 0)
                  (format ", %s cached" (funcall count (plist-get val :cached)))
                "")
              (format "   %d item%s" (length items) (if (= (length items) 1) "" "s"))
              (if (or (> sum 0) (> budget 0))
                  (format ", new %s%s" (funcall count sum)
                          (if (> budget 0) (concat " of " (funcall count budget)) ""))
                "")
              (aid-context-panel--problem)))))

(defun aid-context-panel--problem ()
  "Why what is listed cannot be sent, or not be listed anew, for the header line."
  (if-let ((words (or aid-context-panel--failure (plist-get aid-context-panel--val :problem))))
      (concat "   " (propertize words 'face 'aid-chat-warning))
    ""))

;;; Showing

(defconst aid-context-panel--fixed 46
  "Columns besides those of the item and its reason, with what parts them.")

(defun aid-context-panel--format (width)
  "The columns of a panel that is WIDTH columns wide.
What became of an item is to be seen beside what it is: names give way to it."
  (let* ((room (max 26 (- width aid-context-panel--fixed)))
         (item (min 38 (- room (min 22 (max 10 (/ (* 2 room) 5)))))))
    `[("Pin" 4 t)
      ("Item" ,item t)
      ("Reason" ,(min 22 (- room item)) t)
      ("Tokens" 8 ,(aid-context-panel--number 3) :right-align t)
      ("Age" 6 aid-context-panel--older-p)
      ("State" 15 t)
      ("Turn" 0 ,(aid-context-panel--number 6))]))

(defvar-local aid-context-panel--width nil
  "The width of the window that the columns were made for, or nil.")

(defun aid-context-panel--fit ()
  "Make the columns as wide as the panel's window has room for.
Give non-nil when it is wider or narrower than before: a person may have made
columns wider since."
  (let ((width (window-body-width (get-buffer-window nil t))))
    (when (and (get-buffer-window nil t) (not (eql width aid-context-panel--width)))
      (setq aid-context-panel--width width
            tabulated-list-format (aid-context-panel--format width))
      (tabulated-list-init-header)
      t)))

(defun aid-context-panel--resized (frame)
  "Show the panels of FRAME in the width that their windows have now."
  (dolist (window (window-list frame 'no-minibuffer))
    (with-current-buffer (window-buffer window)
      (when (and (derived-mode-p 'aid-context-panel-mode) (aid-context-panel--fit))
        (aid-context-panel--print)))))

(defun aid-context-panel--to-row ()
  "Move from the heading to the first row, in each window that shows the panel."
  (unless (tabulated-list-get-id)
    (goto-char (point-min))
    (while (not (or (eobp) (tabulated-list-get-id)))
      (forward-line 1))
    (dolist (window (get-buffer-window-list nil nil t))
      (set-window-point window (point)))))

(defun aid-context-panel--print ()
  "Show the rows; point stays in its row, marks stay."
  (let ((inhibit-read-only t))
    (aid-context-panel--fit)
    (tabulated-list-print t)
    (aid-context-panel--to-row)
    (save-excursion
      (goto-char (point-min))
      (while (not (eobp))
        (when-let ((mark (cdr (assoc (tabulated-list-get-id) aid-context-panel--marked))))
          (tabulated-list-put-tag (string mark)))
        (forward-line 1)))
    (setq header-line-format (string-replace "%" "%%" (aid-context-panel--head)))
    (force-mode-line-update)))

(defun aid-context-panel--refresh ()
  "Have the core list what the next request holds, and show it when it has."
  (let ((chat aid-context-panel--chat))
    (when (and (buffer-live-p chat) (not aid-context-panel--asked))
      (setq aid-context-panel--asked
            (with-current-buffer chat (aid--mod-items-soon (aid-cost--plist))))
      (aid--on-event-here aid-context-panel--asked
                          (lambda (kind val)
                            (setq aid-context-panel--asked nil)
                            (setq aid-context-panel--failure
                                  (and (eq kind 'error) (plist-get val :message)))
                            (unless aid-context-panel--failure
                              (setq aid-context-panel--val val))
                            (aid-context-panel--print))))))

(defun aid-context-panel--follow ()
  "Have the panel of this chat, if it is on screen, show what is so now."
  (let ((chat (current-buffer)))
    (dolist (buffer (buffer-list))
      (when (and (eq (buffer-local-value 'aid-context-panel--chat buffer) chat)
                 (get-buffer-window buffer t))
        (with-current-buffer buffer
          (aid-context-panel--refresh))))))

(add-hook 'aid-chat-measured-hook #'aid-context-panel--follow)
(add-hook 'aid-context-stale-functions #'aid-context-panel--follow)

(defun aid-context-panel-revert (&rest _)
  "List anew what the next request holds, and look at the files again."
  (interactive)
  (unless (buffer-live-p aid-context-panel--chat)
    (user-error "The chat of this panel is gone"))
  (with-current-buffer aid-context-panel--chat
    (aid-context-stale-check))
  (aid-context-panel--refresh))

;;; The chat's lines

(defun aid-context-panel--line (id)
  "Where the line of the item with ID is in the chat, this buffer, or nil."
  (save-excursion
    (save-restriction
      (widen)
      (when-let ((turn (aid-chat--turn-with 'user (car id))))
        (goto-char (plist-get turn :body))
        (cl-loop while (re-search-forward aid-chat--item-line (plist-get turn :end) t)
                 when (and (equal (match-string 2) (cadr id))
                           (equal (match-string 3) (aid-chat-key)))
                 return (match-beginning 0))))))

(defun aid-context-panel--at (id)
  "Where the line of the item with ID is in the chat; an error when it is gone."
  (with-current-buffer aid-context-panel--chat
    (or (aid-context-panel--line id)
        (user-error "The line is gone from the chat; `g' lists anew"))))

(defun aid-context-panel--id-here ()
  "The id of the row that point is in."
  (unless (buffer-live-p aid-context-panel--chat)
    (user-error "The chat of this panel is gone"))
  (or (tabulated-list-get-id) (user-error "There is no item on this line")))

(defun aid-context-panel--chosen ()
  "The ids of the marked rows, else of the one that point is in."
  (or (cl-loop for (id . mark) in aid-context-panel--marked when (eq mark ?*) collect id)
      (list (aid-context-panel--id-here))))

(defun aid-context-panel--delete (ids)
  "Delete the lines of the items with IDS from the chat.
Ask first when any of them was sent."
  (let ((sent (cl-count-if (lambda (id) (plist-get (aid-context-panel--item id) :sent)) ids)))
    (when (or (zerop sent)
              (yes-or-no-p (format (concat "%s part of what was said: the model will not see %s"
                                           " any more, and the cache is lost from there.  Delete? ")
                                   (if (= sent 1) "One item is" (format "%d items are" sent))
                                   (if (= sent 1) "it" "them"))))
      (with-current-buffer aid-context-panel--chat
        (dolist (id ids)
          (when-let ((pos (aid-context-panel--line id)))
            (save-restriction
              (widen)
              (save-excursion
                (goto-char pos)
                (delete-region pos (min (point-max) (line-beginning-position 2)))))))
        (aid-chat--measure-soon))
      (setq aid-context-panel--marked
            (cl-remove-if (lambda (mark) (member (car mark) ids)) aid-context-panel--marked))
      (aid-context-panel--refresh))))

;;; Commands

(defun aid-context-panel-visit (&optional preview)
  "Visit what the item on this line names; with PREVIEW, only show it."
  (interactive "P")
  (let ((pos (aid-context-panel--at (aid-context-panel--id-here))))
    (with-current-buffer aid-context-panel--chat
      (aid-chat-visit preview pos))))

(defun aid-context-panel-preview ()
  "Show the text of the item on this line, as it was or would be sent."
  (interactive)
  (let* ((id (aid-context-panel--id-here)) (sent (plist-get (aid-context-panel--item id) :sent))
         (text (and sent (ignore-errors (aid--mod-blob-get sent)))))
    (if (and text (multibyte-string-p text))
        (aid-context--show-text (concat (cadr id) ", as it was sent") text #'display-buffer)
      (with-current-buffer aid-context-panel--chat
        (if (aid-context-core-p (cadr id))
            (aid-context-preview (cadr id))
          (aid-chat-visit t (aid-context-panel--at-here id)))))))

(defun aid-context-panel--at-here (id)
  "Where the line of the item with ID is in this chat."
  (or (aid-context-panel--line id) (user-error "The line is gone from the chat")))

(defun aid-context-panel-show-line ()
  "Show the item's line in the chat."
  (interactive)
  (let ((pos (aid-context-panel--at (aid-context-panel--id-here))))
    (pop-to-buffer aid-context-panel--chat)
    (aid-chat-goto pos)))

(defun aid-context-panel--mark (mark n)
  "Put MARK, a character or nil, on N rows from here."
  (dotimes (_ n)
    (when-let ((id (tabulated-list-get-id)))
      (setf (alist-get id aid-context-panel--marked nil t #'equal) mark)
      (tabulated-list-put-tag (if mark (string mark) " ")))
    (forward-line 1)))

(defun aid-context-panel-mark (n)
  "Mark this item and the next ones, N in all."
  (interactive "p")
  (aid-context-panel--mark ?* n))

(defun aid-context-panel-unmark (n)
  "Take the mark off this item and the next ones, N in all."
  (interactive "p")
  (aid-context-panel--mark nil n))

(defun aid-context-panel-unmark-backward ()
  "Take the mark off the item above, and go there."
  (interactive)
  (forward-line -1)
  (save-excursion (aid-context-panel--mark nil 1)))

(defun aid-context-panel-unmark-all ()
  "Take all marks away."
  (interactive)
  (setq aid-context-panel--marked nil)
  (tabulated-list-clear-all-tags))

(defun aid-context-panel-flag (n)
  "Flag this item and the next ones, N in all, for deletion."
  (interactive "p")
  (aid-context-panel--mark ?D n))

(defun aid-context-panel-execute ()
  "Delete the flagged items from the chat."
  (interactive)
  (aid-context-panel--delete
   (or (cl-loop for (id . mark) in aid-context-panel--marked when (eq mark ?D) collect id)
       (user-error "No item is flagged; `d' flags one"))))

(defun aid-context-panel-delete ()
  "Delete the marked items, or the one on this line, from the chat."
  (interactive)
  (aid-context-panel--delete (aid-context-panel--chosen)))

(defun aid-context-panel-pin ()
  "Pin the marked items, or the one on this line; or unpin it.
A pinned item is in every request: when its turn is compacted away, or it has
changed since it was sent, it goes with the next question again."
  (interactive)
  (let ((ids (aid-context-panel--chosen)))
    (with-current-buffer aid-context-panel--chat
      (dolist (id ids)
        (when-let ((pos (aid-context-panel--line id)))
          (aid-context-pin-toggle pos)))
      (aid-chat--measure-soon))
    (aid-context-panel--refresh)))

(defun aid-context-panel-add ()
  "Add an item to the open question."
  (interactive)
  (unless (buffer-live-p aid-context-panel--chat)
    (user-error "The chat of this panel is gone"))
  (let ((aid-append-chat aid-context-panel--chat))
    (call-interactively #'aid-append-item))
  (aid-context-panel--refresh))

(defun aid-context-panel-save-set ()
  "Save the items of the open question as a named set."
  (interactive)
  (let ((aid-append-chat aid-context-panel--chat))
    (call-interactively #'aid-context-save-set)))

(defun aid-context-panel-add-set ()
  "Add a named set of items to the open question."
  (interactive)
  (let ((aid-append-chat aid-context-panel--chat))
    (call-interactively #'aid-context-add-set))
  (aid-context-panel--refresh))

(defun aid-context-panel-changes ()
  "Add to the open question what changed in the files that were sent."
  (interactive)
  (let ((aid-append-chat aid-context-panel--chat))
    (aid-append-changes))
  (aid-context-panel--refresh))

;;; The mode

(defvar aid-context-panel-mode-map
  (let ((map (make-sparse-keymap)))
    (pcase-dolist (`(,key . ,command)
                   '(("RET" . aid-context-panel-visit) ("C-o" . aid-context-panel-preview)
                     ("SPC" . aid-context-panel-preview) ("o" . aid-context-panel-show-line)
                     ("m" . aid-context-panel-mark) ("u" . aid-context-panel-unmark)
                     ("DEL" . aid-context-panel-unmark-backward) ("U" . aid-context-panel-unmark-all)
                     ("d" . aid-context-panel-flag) ("x" . aid-context-panel-execute)
                     ("D" . aid-context-panel-delete) ("P" . aid-context-panel-pin)
                     ("+" . aid-context-panel-add) ("a" . aid-context-panel-add)
                     ("c" . aid-context-panel-changes) ("w" . aid-context-panel-save-set) ("i" . aid-context-panel-add-set)))
      (define-key map (kbd key) command))
    map)
  "Keys in the context panel.")

(define-derived-mode aid-context-panel-mode tabulated-list-mode "AID-Context"
  "What the next request of a chat holds.
\\<aid-context-panel-mode-map>\\[aid-context-panel-add] adds an item, \\[aid-context-panel-delete] deletes one,
\\[aid-context-panel-preview] shows its text.

\\{aid-context-panel-mode-map}"
  :group 'aid
  (setq tabulated-list-format (aid-context-panel--format 1000)
        tabulated-list-padding 2
        tabulated-list-use-header-line nil
        tabulated-list-entries #'aid-context-panel--entries)
  (setq-local revert-buffer-function #'aid-context-panel-revert)
  (add-hook 'window-size-change-functions #'aid-context-panel--resized)
  (tabulated-list-init-header))

(with-eval-after-load 'evil
  (when (fboundp 'evil-set-initial-state)
    (evil-set-initial-state 'aid-context-panel-mode 'emacs)))

;;;###autoload
(defun aid-context-panel ()
  "List what the next request of the project's chat holds."
  (interactive)
  (let* ((chat (aid-append--chat))
         (panel (get-buffer-create (format "*aid context: %s*" (buffer-name chat)))))
    (with-current-buffer panel
      (unless (derived-mode-p 'aid-context-panel-mode)
        (aid-context-panel-mode))
      (setq aid-context-panel--chat chat
            default-directory (with-current-buffer chat
                                (aid-project-root)))
      (setq header-line-format (aid-context-panel--head))
      (aid-context-panel-revert))
    (pop-to-buffer panel '((display-buffer-reuse-window display-buffer-below-selected)
                           (window-height . 15) (category . aid-context)))))

(provide 'aid-context-panel)
;;; aid-context-panel.el ends here
