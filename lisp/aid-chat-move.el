;;; aid-chat-move.el --- Move a chat, its links with it  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The links of a chat's context lines and the project's root in its first line
;; are relative to its file.  Whenever a chat comes to visit another file, by
;; `aid-chat-move', `write-file', `rename-visited-file' or Dired, they are made
;; right for the new place.  That is AID's own writing, so it is no step that
;; could be undone, and what undo brings back is made right as well.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat)
(require 'aid-chat-send)
(require 'aid-chat-write)
(require 'aid-context)

(declare-function aid--mod-journal-remove "ext:aid-module" (file req))

(defvar aid-chat-moved-functions nil
  "Functions called in a chat that visits another file now.
Each gets the old and the new name.")

;;; Links

(defconst aid-chat-move--fixed "\\`\\(?:aid:\\|mailto:\\|[[:alpha:]][-+.[:alnum:]]*://\\)"
  "Matches the targets that name no file.")

(defun aid-chat-move--target (target old new)
  "TARGET of a link in a file in the folder OLD, as it is in the folder NEW."
  (let* ((lines (and (string-match aid-context-lines-regexp target) (match-string 0 target)))
         (path (aid-percent-decode (substring target 0 (and lines (match-beginning 0))))))
    (if (or (string-match-p aid-chat-move--fixed target)
            (string-empty-p path)
            (file-name-absolute-p path))
        target
      (let ((fresh (concat (aid-context--file-target new (expand-file-name path old)) lines))
            (range (gethash (cons old target) aid-context--ranges)))
        (if range
            (aid-context--follow new fresh range)
          fresh)))))

(defun aid-chat-move--bounds (marker)
  "Where the target is in the item line that MARKER makes one, as (BEG . END).
Nil when it makes none."
  (when (string-match-p "\\`item\\(?: \\|\\'\\)" (nth 2 marker))
    (save-excursion
      (save-restriction
        (goto-char (car marker))
        (narrow-to-region (line-beginning-position) (point))
        (when (and (search-backward "](" nil t)
                   (looking-at (concat "](\\(?:[ \t]*<\\([^>\n]+\\)>[^\n]*"
                                       "\\|[ \t]*\\([^ \t\n<][^ \t\n]*?\\)\\(?:[ \t][^\n]*\\)?\\))"
                                       "[ \t]*\\'")))
          (let ((group (if (match-beginning 1) 1 2)))
            (cons (match-beginning group) (match-end group))))))))

(defun aid-chat-move--each (old new replace)
  "Call REPLACE with the bounds of each target that differs between OLD and NEW.
It also gets what is to be there.  Give the targets before and after, an alist."
  (let (marker changes)
    (goto-char (point-min))
    (while (setq marker (aid-chat--next-marker nil))
      (when-let ((bounds (aid-chat-move--bounds marker)))
        (let* ((target (buffer-substring-no-properties (car bounds) (cdr bounds)))
               (fresh (aid-chat-move--target target old new)))
          (unless (equal target fresh)
            (save-excursion
              (funcall replace (car bounds) (cdr bounds) fresh))
            (push (cons target fresh) changes)))))
    changes))

(defun aid-chat-move--links (old new)
  "Rewrite the links of this chat, which was in the folder OLD and is in NEW.
Give an alist of the targets before and after."
  (aid-chat-move--each old new (lambda (beg end fresh)
                                 (aid-chat--replace beg end fresh)
                                 (aid-chat--refresh-line beg))))

(defun aid-chat-move--root (old new)
  "Rewrite the root in the first line of this chat, moved from OLD to NEW."
  (goto-char (point-min))
  (when (looking-at "<!--aid:[[:alnum:]]+ chat\\_>\\(?:[^\n]*?\\) root=\\([^ \n]*?\\)\\(?: \\|-->\\)")
    (let* ((beg (match-beginning 1)) (end (match-end 1))
           (root (aid-percent-decode (match-string-no-properties 1))))
      (unless (file-name-absolute-p root)
        (aid-chat--replace beg end (aid-chat--root-word (expand-file-name root old) new))))))

(defun aid-chat-move--undo-entry (cell key old new)
  "Rewrite the text that the deletion in CELL of the undo list holds.
The chat has KEY and was moved from the folder OLD to NEW."
  (let* ((entry (car cell)) (at (abs (cdr entry))))
    (setcar entry
            (with-temp-buffer
              (insert (car entry))
              (setq aid-chat--key key)
              (aid-chat-move--each
               old new
               (lambda (beg end fresh)
                 (aid-chat--shift-list (cdr cell) (+ at beg -1) (+ at end -1) (length fresh) nil)
                 (goto-char end)
                 (insert fresh)
                 (delete-region beg end)))
              (buffer-string)))))

(defun aid-chat-move--undo (old new)
  "Rewrite the links in what undo would bring back, moved from OLD to NEW."
  (let ((list buffer-undo-list) (prefix (aid-chat--prefix)) (key (aid-chat-key)))
    (while (consp list)
      (let ((text (car-safe (car list))))
        (when (and (stringp text) (string-search prefix text))
          (aid-chat-move--undo-entry list key old new)))
      (setq list (cdr list)))))

;;; A chat that visits another file

(defun aid-chat-move--agreed (changes kept)
  "Carry what this person agreed to over to the targets that CHANGES made.
KEPT says that the chat was in AID's own folder: what it asks about is this
person's then."
  (let ((now (lambda (target) (or (cdr (assoc target changes)) target))))
    (setq aid-chat--allowed (mapcar (lambda (target)
                                      (if (consp target)
                                          (list (funcall now (car target)))
                                        (funcall now target)))
                                    aid-chat--allowed))
    (when kept
      (dolist (item (aid-chat--open-items))
        (cl-pushnew (nth 2 item) aid-chat--allowed :test #'equal)))))

(defun aid-chat-move--journals (old new)
  "Let the journals of the chat that was the file OLD be those of NEW.
When OLD is still there they are its, too."
  (unless (or (directory-name-p old) (file-remote-p old) (file-remote-p new))
    (let ((name (concat (file-name-nondirectory old) ".journal-")))
      (dolist (journal (ignore-errors
                         (directory-files (file-name-directory old) nil
                                          (concat "\\`" (regexp-quote name)))))
        (ignore-errors
          (funcall (if (file-exists-p old) #'add-name-to-file #'rename-file)
                   (expand-file-name journal (file-name-directory old))
                   (concat new ".journal-" (substring journal (length name)))))))))

(defun aid-chat-move--rewrite (old new)
  "Make this chat, which was in the folder OLD, right for the folder NEW."
  (let ((kept (let ((buffer-file-name (concat old "x"))) (aid-chat--kept-p)))
        changes)
    (save-excursion
      (save-restriction
        (widen)
        (aid-chat-move--root old new)
        (setq changes (aid-chat-move--links old new))
        (aid-chat-move--undo old new)))
    (aid-chat-move--agreed changes kept)
    (when aid-chat--stream
      (pcase-dolist (`(,was . ,is) aid-chat--moved)
        (push (cons was (or (cdr (assoc is changes)) is)) changes))
      (setq aid-chat--moved changes))
    (pcase-dolist (`(,was . ,is) changes)
      (when-let ((tokens (gethash was aid-chat--item-tokens)))
        (puthash is tokens aid-chat--item-tokens)))
    (aid-chat--measure-soon)))

(defun aid-chat-move--on-disk-p ()
  "Whether the file of this chat has just the text of this chat."
  (and (file-exists-p buffer-file-name)
       (let ((file buffer-file-name) (chat (current-buffer))
             (coding-system-for-read 'utf-8))
         (with-temp-buffer
           (insert-file-contents file)
           (let ((copy (current-buffer)) (case-fold-search nil))
             (with-current-buffer chat
               (save-restriction
                 (widen)
                 (and (= (buffer-size) (buffer-size copy))
                      (zerop (compare-buffer-substrings nil nil nil copy nil nil))))))))))

;;;###autoload
(defun aid-chat-move-follow ()
  "Make this chat right for the file that it visits now.
The file is written when it came along with the chat: a renamed file would have
the links of its old place."
  (when (and buffer-file-name (not (equal buffer-file-name aid-chat--home)))
    (let ((old aid-chat--home) (new buffer-file-name) (along (aid-chat-move--on-disk-p)))
      (setq aid-chat--home new)
      (aid-chat-save-unasked)
      (condition-case err
          (progn
            (unless (equal (file-name-directory old) (file-name-directory new))
              (aid-chat-move--rewrite (file-name-directory old) (file-name-directory new)))
            (when (or aid-chat--stream (not (file-exists-p old)))
              (aid-chat-move--journals old new))
            (when (and along (not (aid-chat-move--on-disk-p)))
              (set-visited-file-modtime)
              (aid-chat--write)))
        (error (message "The links of this chat may be wrong now: %s" (aid-error-words err))))
      (run-hook-with-args 'aid-chat-moved-functions old new))))

;;; The command

(defun aid-chat-move--name ()
  "A file name for this chat, made of its title, else the one that it has."
  (let* ((title (save-excursion
                  (save-restriction
                    (widen)
                    (goto-char (point-min))
                    (forward-line 1)
                    (if (looking-at "# *\\([^\n]*\\)") (match-string-no-properties 1) ""))))
         (words (string-join (split-string (downcase title) "[^[:alnum:]]+" t) "-")))
    (if (member words '("" "new-chat"))
        (file-name-nondirectory buffer-file-name)
      (concat (string-trim-right (substring words 0 (min 50 (length words))) "-+") ".aid.md"))))

(defun aid-chat-move--default ()
  "Where this chat is to be moved unless one says otherwise.
That is into its project, and from elsewhere back to AID's own folder."
  (let ((root (or (aid-chat-root) default-directory)))
    (if (aid-chat--kept-p)
        (expand-file-name (aid-chat-move--name)
                          (expand-file-name aid-chat-project-directory root))
      (expand-file-name (file-name-nondirectory buffer-file-name)
                        (aid-chat--project-folder root)))))

(defun aid-chat-move--read ()
  "Ask where this chat is to be moved."
  (aid-chat-move--check)
  (let* ((default (aid-chat-move--default))
         (folder (file-name-directory default)))
    (read-file-name "Move this chat to: " folder default nil (file-name-nondirectory default))))

(defun aid-chat-move--check ()
  "Signal an error when this chat cannot be moved now."
  (cond ((not (derived-mode-p 'aid-chat-mode)) (user-error "This is no chat"))
        ((not buffer-file-name) (user-error "This chat has no file yet; save it first"))
        (aid-chat--stream
         (user-error "An answer is arriving; %s stops it"
                     (substitute-command-keys "\\[aid-chat-stop]")))
        ((not (verify-visited-file-modtime))
         (user-error "%s has changed on disk; revert or save this chat first"
                     (file-name-nondirectory buffer-file-name)))))

(defun aid-chat-move--destination (file)
  "The name of the file that a chat moved to FILE gets, when it may be that one."
  (let ((file (expand-file-name file)))
    (when (or (directory-name-p file) (file-directory-p file))
      (setq file (expand-file-name (file-name-nondirectory buffer-file-name) file)))
    (unless (file-name-extension file)
      (setq file (concat file ".aid.md")))
    (cond ((or (equal file buffer-file-name)
               (and (file-exists-p file) (file-equal-p file buffer-file-name)))
           (user-error "The chat is in %s already" (abbreviate-file-name file)))
          ((file-directory-p file)
           (user-error "%s is a folder" (abbreviate-file-name file)))
          ((find-buffer-visiting file)
           (user-error "Another buffer visits %s" (abbreviate-file-name file)))
          ((and (file-exists-p file)
                (not (yes-or-no-p (format "%s exists; overwrite it? "
                                          (abbreviate-file-name file)))))
           (user-error "Not moved")))
    file))

(defun aid-chat-move--write (old new)
  "Write this chat, which is the file OLD, into the file NEW.
When that fails it is OLD's as before."
  (let ((saved (and (not (buffer-modified-p)) (buffer-hash))) (written nil))
    (unwind-protect
        ;; The old file goes only when the new one is on the disk, in one piece.
        (let ((write-region-inhibit-fsync nil) (file-precious-flag t))
          (set-visited-file-name new t)
          (aid-chat--write)
          (setq written (and (file-exists-p new) (not (buffer-modified-p))))
          (unless written
            (error "%s was not written" (abbreviate-file-name new))))
      (unless written
        (set-visited-file-name old t t)
        (when (file-exists-p old)
          (set-visited-file-modtime))
        (set-buffer-modified-p (not (equal saved (buffer-hash))))))))

;;;###autoload
(defun aid-chat-move (file)
  "Move this chat to FILE, or into FILE when it is a folder.
From AID's own folder that is by default into the project, below
`aid-chat-project-directory'; from elsewhere it is back.  The links of context
lines lead where they did.  Moving is no step that can be undone: move it back."
  (interactive (list (aid-chat-move--read)))
  (aid-chat-move--check)
  (let ((old buffer-file-name) (new (aid-chat-move--destination file))
        (requests aid-chat--journals))
    (with-file-modes (if (file-in-directory-p new aid-chat-directory) #o700 (default-file-modes))
      (make-directory (file-name-directory new) t))
    (aid-chat-move--write old new)
    (condition-case err
        (when (and (file-exists-p old) (not (file-equal-p old new)))
          (delete-file old)
          (dolist (request requests)
            (ignore-errors (aid--mod-journal-remove old request)))
          (aid-chat-move--journals old new))
      (file-error (user-error "The chat is in %s now, but %s could not be deleted: %s"
                              (abbreviate-file-name new) (abbreviate-file-name old)
                              (aid-error-words err))))
    (message "The chat is in %s now" (abbreviate-file-name new))))

(provide 'aid-chat-move)
;;; aid-chat-move.el ends here
