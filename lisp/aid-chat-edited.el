;;; aid-chat-edited.el --- Answers that were edited  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; An answer whose text is no longer what was received says "edited" at the
;; right edge of its heading, and a command shows the difference.  The core
;; says whether an answer was edited; it is asked when Emacs is idle, about the
;; answers whose headings were displayed and those changed since.  What it said
;; is a text property of the heading's marker, `aid-edited': the symbol edited
;; or same.

;;; Code:

(require 'aid-chat-display)

(defvar diff-command)
(defvar diff-font-lock-syntax)
(declare-function aid--mod-doc-edited "ext:aid-module" (doc beg end))
(declare-function aid--mod-doc-essence "ext:aid-module" (doc beg end))
(declare-function aid--mod-blob-get "ext:aid-module" (hash))

;;; The mark

(defvar-local aid-chat--edited-timer nil
  "The timer that is going to look which answers were edited, or nil.")

(defvar-local aid-chat--edited-asked nil
  "Markers at the headings whose answers are to be looked at.")

(defvar-local aid-chat--edited-changed nil
  "What was changed since answers were looked at, a cons of markers, or nil.")

(defun aid-chat--edited-later ()
  "Look for answers that were edited when Emacs is next idle."
  (unless aid-chat--edited-timer
    (setq aid-chat--edited-timer
          (run-with-idle-timer (aid-chat--idle-in 0.5) nil #'aid-chat--edited-look (current-buffer)))))

(defun aid-chat-edited-soon (pos)
  "Look soon whether the answer whose heading has its marker at POS was edited."
  (add-hook 'after-change-functions #'aid-chat--edited-note nil t)
  (push (copy-marker pos) aid-chat--edited-asked)
  (aid-chat--edited-later))

(defun aid-chat--edited-note (beg end _deleted)
  "Note that the text from BEG to END was changed."
  (pcase aid-chat--edited-changed
    (`(,from . ,to)
     (set-marker from (min from beg))
     (set-marker to (max to end)))
    (_ (setq aid-chat--edited-changed (cons (copy-marker beg) (copy-marker end t)))))
  (aid-chat--edited-later))

(defun aid-chat--edited-p (turn)
  "Whether the text of TURN is known not to be what was received."
  (and (not (eq (plist-get turn :kind) 'user))
       (aid-chat--word "got" (nth 2 (aid-chat--meta-line turn)))
       (when-let ((doc (aid-chat-doc)))
         (aid--mod-doc-edited doc (1- (plist-get turn :beg)) (1- (plist-get turn :end))))))

(defun aid-chat--edited-check (pos)
  "Look at the answer whose heading has its marker at POS."
  (goto-char pos)
  (beginning-of-line)
  (when-let ((marker (aid-chat--next-marker (line-end-position)))
             (turn (aid-chat--with-end (aid-chat--turn-of marker))))
    (let* ((at (car marker))
           (known (get-text-property at 'aid-edited))
           (now (if (aid-chat--edited-p turn) 'edited 'same)))
      (put-text-property at (1+ at) 'aid-edited now)
      (unless (eq (eq known 'edited) (eq now 'edited))
        (aid-chat--refresh-line at)))))

(defun aid-chat--edited-ask-changed ()
  "Have those answers looked at again that were touched since they were known."
  (pcase-let ((`(,from . ,to) aid-chat--edited-changed))
    (setq aid-chat--edited-changed nil)
    ;; A heading that came or went changed the turn before it, too.
    (let ((turn (aid-chat-turn-at (max (point-min) (1- from)))))
      (goto-char (if turn (plist-get turn :beg) (point-min)))
      (let (marker)
        (while (setq marker (aid-chat--next-marker (max to (line-end-position))))
          (when (get-text-property (car marker) 'aid-edited)
            (push (copy-marker (car marker)) aid-chat--edited-asked)))))
    (set-marker from nil)
    (set-marker to nil)))

(defun aid-chat--edited-look (chat)
  "Look which answers in CHAT were edited, until there is input."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (setq aid-chat--edited-timer nil)
      (save-excursion
        (save-restriction
          (widen)
          (save-match-data
            (with-silent-modifications
              (when aid-chat--edited-changed
                (aid-chat--edited-ask-changed))
              (setq aid-chat--edited-asked (sort aid-chat--edited-asked #'<))
              (while (and aid-chat--edited-asked (not (input-pending-p)))
                (let ((marker (pop aid-chat--edited-asked)))
                  (unless (and aid-chat--edited-asked (= marker (car aid-chat--edited-asked)))
                    (aid-chat--edited-check marker))
                  (set-marker marker nil)))))))
      (when aid-chat--edited-asked
        (aid-chat--edited-later)))))

;;; The difference

(defun aid-chat--received (turn)
  "What was received as TURN, as the store has it; an error when it has not."
  (let ((got (aid-chat--word "got" (nth 2 (aid-chat--meta-line turn)))))
    (cond ((eq (plist-get turn :kind) 'user)
           (user-error "This is a question; only answers are received"))
          ((not got)
           (user-error "Nothing says what was received here"))
          ((not (aid-chat--edited-p turn))
           (user-error "This answer is what was received")))
    (condition-case nil
        (aid--mod-blob-get got)
      (error (user-error "The store has lost what was received here")))))

(defun aid-chat--insert-diff (old new &optional labels)
  "Insert the unified diff from the text OLD to NEW.
LABELS, a list of two, are their names in it."
  (require 'diff)
  (let ((files (list (make-temp-file "aid-received") (make-temp-file "aid-received")))
        (coding-system-for-read 'utf-8-unix) (coding-system-for-write 'utf-8-unix)
        (default-directory temporary-file-directory))
    (unwind-protect
        (progn
          (write-region old nil (car files) nil 'quiet)
          (write-region new nil (cadr files) nil 'quiet)
          (let ((status (apply #'call-process diff-command nil t nil
                               "-a" "-u" "-L" (or (car labels) "received")
                               "-L" (or (cadr labels) "now") files)))
            (unless (memql status '(0 1))
              (error "%s failed: %s" diff-command status))))
      (mapc #'delete-file files))))

(defun aid-chat--difference (name heading texts &optional labels)
  "The buffer NAME with HEADING and the diff of TEXTS, two strings.
LABELS are their names in it."
  (with-current-buffer (get-buffer-create name)
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert heading "; blank lines do not count.\n\n")
      (aid-chat--insert-diff (car texts) (cadr texts) labels)
      (goto-char (point-min)))
    ;; Before: the keys of a diff that cannot be written are decided on then.
    (setq buffer-read-only t)
    (diff-mode)
    ;; The text is a model's: no file is looked for that it might name.
    (setq-local diff-font-lock-syntax nil)
    (setq buffer-undo-list t)
    (current-buffer)))

(defun aid-chat--diff-texts (turn)
  "What was received as TURN, and what counts of it now."
  (save-restriction
    (widen)
    (list (aid-chat--received turn)
          (aid--mod-doc-essence (aid-chat-doc) (1- (plist-get turn :beg))
                                (1- (plist-get turn :end))))))

(defun aid-chat--diff-buffer (turn)
  "A buffer with the difference of TURN to what was received."
  (let ((at (copy-marker (plist-get turn :beg))))
    (with-current-buffer (aid-chat--difference
                          (format "*aid-edited: %s %d*" (buffer-name) (plist-get turn :number))
                          "What was received (-) and what is sent now (+)"
                          (aid-chat--diff-texts turn))
      (setq-local revert-buffer-function
                  (lambda (&rest _)
                    (with-current-buffer (marker-buffer at)
                      (aid-chat--diff-buffer (aid-chat-turn-at at)))))
      (current-buffer))))

;;;###autoload
(defun aid-chat-diff-received (&optional pos)
  "Show how the answer at POS or point differs from what was received."
  (interactive)
  (let ((turn (or (aid-chat-turn-at pos) (user-error "This is before the first turn"))))
    (pop-to-buffer (aid-chat--diff-buffer turn))))

(defun aid-chat-diff-received-mouse (event)
  "Show how the answer clicked on with EVENT differs from what was received."
  (interactive "e")
  (let ((start (event-start event)))
    (select-window (posn-window start))
    (aid-chat-diff-received (posn-point start))))

(provide 'aid-chat-edited)
;;; aid-chat-edited.el ends here
