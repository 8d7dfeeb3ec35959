;;; aid-context-items.el --- Items that the core reads  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Commits, history, pages of the web and the like are read by AID's core, so
;; that `aid ask -c ITEM' and Emacs give the same text.  Reading them runs a
;; program or asks a server: it happens on the core's threads, and the line says
;; what it costs when that is known.  What an item is called is what one writes
;; after "-c" of the command: "commit:HEAD~3..", "https://...", a file.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-append)
(require 'aid-chat)

(declare-function aid--mod-context-kinds "ext:aid-module" ())
(declare-function aid--mod-context-written "ext:aid-module" (item))
(declare-function aid--mod-item-soon "ext:aid-module" (plist))
(declare-function vc-responsible-backend "vc" (file &optional no-error))
(declare-function vc-call-backend "vc-hooks" (backend function-name &rest args))
(declare-function aid--mod-sets "ext:aid-module" (root))
(declare-function aid-context-add-set "aid-context-sets" (name))
(declare-function aid-read-line "aid-read" (prompt collection &optional history default))
(declare-function aid-chat-symbols "aid-chat-symbols" (text))
(declare-function aid-chat--project-files "aid-chat-complete" (text))

(defvar aid-append-item-history nil
  "Items that were typed in the minibuffer.")

;;; Reading

(defun aid-context--item-soon (target &optional typed count)
  "Have the core read TARGET of this chat, and give the id of what it tells.
TYPED: the person has just written TARGET.  COUNT: its text is not wanted."
  (aid--mod-item-soon (list :target target :dir (expand-file-name default-directory)
                            :root (aid-chat-root) :typed typed :count count
                            :model (car aid-chat--tokens-for))))

(defun aid-context-read-soon (target function &optional typed)
  "Have the core read TARGET of this chat; call FUNCTION with what it is.
That is a plist of :text, nil for an image or PDF, :media, :tokens, :exact and
:nothing, non-nil when :text only says that there is nothing;
or an error's message, a string.  FUNCTION is called in this chat while it
lives.  TYPED: the person has just written TARGET; a page may be on a private
network then, and is fetched anew."
  (aid--on-event-here
   (aid-context--item-soon target typed)
   (lambda (kind val)
     (funcall function (if (eq kind 'error) (plist-get val :message) val)))))

(defvar-local aid-context--uncounted nil
  "Targets whose cost is being found out, the one that is counted first.")

;;;###autoload
(defun aid-context-count-soon (target)
  "Have the line of TARGET, in the open question here, say what it costs.
The core counts one after the other."
  (setq aid-context--uncounted (append aid-context--uncounted (list target)))
  (unless (cdr aid-context--uncounted)
    (aid-context--count-next)))

(defun aid-context--count-next ()
  "Have the first of `aid-context--uncounted' counted, unless the core is busy."
  (let ((target (car aid-context--uncounted)))
    (condition-case nil
        (aid--on-event-here
         (aid-context--item-soon target nil t)
         (lambda (kind val)
           (pop aid-context--uncounted)
           (unwind-protect
               (unless (eq kind 'error)
                 (aid-context--note-cost target val))
             (when aid-context--uncounted
               (aid-context--count-next)))))
      (aid-error (setq aid-context--uncounted nil)))))     ; the next measure tells what they cost

(defun aid-context--note-cost (target val)
  "Have the lines of the open question that lead to TARGET say what VAL costs."
  (puthash target (plist-get val :tokens) aid-chat--item-tokens)
  (save-excursion
    (save-restriction
      (widen)
      (pcase-dolist (`(,pos ,_ ,at ,words) (reverse (aid-chat--open-items)))
        (when (and (equal at target) (not (assoc "sent" (aid-chat--words words))))
          (goto-char pos)
          (when (looking-at aid-chat--item-line)
            (aid-chat--replace
             (match-beginning 4) (match-end 4)
             (format "%s tok=%d" (replace-regexp-in-string " tok=[0-9]+" "" words)
                     (plist-get val :tokens))))))))
  (aid-chat--measure-soon))

(defun aid-context--add (label target &optional words)
  "Add an item LABEL for TARGET to the chat, and have its cost found out.
WORDS go into its marker.  It is what the person has just asked for."
  (let ((chat (aid-append--chat)))
    (aid-chat-add-item chat label target words)
    (aid-append--show chat)
    (with-current-buffer chat
      (if (not (aid-context-core-p target))
          (message "%s: appended" label)
        (message "%s: reading..." label)
        (aid-context-read-soon
         target
         (lambda (val)
           (cond ((stringp val)
                  (unless (plist-get (aid-context--kind target) :name)   ; there is nothing to mend
                    (aid-context--take-back target))
                  (message "%s: %s" label val))
                 ((plist-get val :nothing)
                  (aid-context--take-back target)
                  (message "%s" (string-trim (plist-get val :text))))
                 (t (aid-context--note-cost target val)
                    (message "%s: %s%d tokens" label (if (plist-get val :exact) "" "~")
                             (plist-get val :tokens)))))
         t)))))

(defun aid-context--take-back (target)
  "Delete the lines of the open question that lead to TARGET."
  (save-excursion
    (save-restriction
      (widen)
      (pcase-dolist (`(,pos ,_ ,at ,_) (reverse (aid-chat--open-items)))
        (when (equal at target)
          (goto-char pos)
          (delete-region pos (min (point-max) (line-beginning-position 2)))))))
  (aid-chat--measure-soon))

;;; Showing

(defun aid-context--show-text (title text display)
  "Show TEXT in a buffer called after TITLE, by the function DISPLAY."
  (let ((buffer (get-buffer-create (format "*aid: %s*" title))))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert text)
        (goto-char (point-min)))
      (cond ((not (string-match-p "^diff --git " text)) (special-mode))
            (t (setq buffer-read-only t) (diff-mode))))
    (funcall display buffer)))

(defun aid-context-preview (target &optional display)
  "Show the text of TARGET, an item of this chat, as it would be sent now.
DISPLAY shows a buffer, `display-buffer' when it is nil."
  (let ((text (and (not (aid-context-core-p target)) (aid-context-item-text target default-directory)))
        (display (or display #'display-buffer)))
    (if text
        (aid-context--show-text target text display)
      (message "%s: reading..." target)
      (aid-context-read-soon
       target
       (lambda (val)
         (cond ((stringp val) (message "%s" val))
               ((plist-get val :media)
                (message "%s: %s, about %d tokens" target (plist-get val :media) (plist-get val :tokens)))
               (t (message nil)
                  (aid-context--show-text target (plist-get val :text) display))))))))

;;; Writing an item

(defun aid-context-written-item (written)
  "The item that WRITTEN stands for: a list of label and target, or nil.
It is what one writes after \"-c\" of the command aid, but files are told from
the root of this chat's project."
  (let ((kind (aid--mod-context-written written)))
    (if kind
        (list (plist-get kind :label) (plist-get kind :target))
      (pcase-let* ((root (aid-chat-root))
                   (`(,path ,first ,last) (aid-context--split-lines written))
                   (file (expand-file-name path root)))
        (when (file-exists-p file)
          (list (aid-context--label file root first last)
                (aid-context--file-target default-directory file first last)))))))

(defun aid-context--split-lines (written)
  "WRITTEN, a file's name with \"#L3-L9\" behind it or not, as (PATH FIRST LAST)."
  (if (string-match aid-context-lines-regexp written)
      (let ((first (string-to-number (match-string 1 written))))
        (list (substring written 0 (match-beginning 0)) first
              (if (match-string 2 written) (string-to-number (match-string 2 written)) first)))
    (list written nil nil)))

(defun aid-append--item-candidates ()
  "What completes in `aid-append-item' besides files: an alist of words and notes."
  (append
   (cl-loop for set in (ignore-errors (aid--mod-sets (directory-file-name (aid-chat-root))))
            collect (cons (concat "set:" (plist-get set :name))
                          (format "%d items" (length (plist-get set :items)))))
   (cl-loop for kind in (append (aid--mod-context-kinds) nil)
            unless (or (plist-get kind :editor) (equal (plist-get kind :word) "url"))
            collect (cons (concat (plist-get kind :word) ":") (plist-get kind :about)))))

(defun aid-append--item-table ()
  "A completion table of items, for the chat here."
  (require 'aid-chat-complete)
  (let ((candidates (aid-append--item-candidates)) (chat (current-buffer)))
    (lambda (string predicate action)
      (if (eq action 'metadata)
          `(metadata (category . aid-item)
                     (annotation-function
                      . ,(lambda (name)
                           (if-let ((about (cdr (assoc name candidates))))
                               (concat "  " about)
                             ""))))
        (complete-with-action
         action
         (append candidates
                 (let ((typed (if (minibufferp) (minibuffer-contents-no-properties) string)))
                   (with-current-buffer chat
                     (if (string-prefix-p "@" typed)
                         (mapcar (lambda (name) (list (concat "@" name)))
                                 (aid-chat-symbols (substring typed 1)))
                       (mapcar #'list (aid-chat--project-files string))))))
         string predicate)))))

;;;###autoload
(defun aid-append-item (item)
  "Append ITEM, as one writes it after \"-c\" of the command aid.
That is a file of the project, with \"#L3-L9\" behind it or not,
\"commit:HEAD~3..\", \"history:FILE\", an address, \"set:NAME\", and so on."
  (interactive
   (list (with-current-buffer (aid-append--chat)
           (require 'aid-read)
           (aid-read-line "Append item: " (aid-append--item-table) 'aid-append-item-history))))
  (let ((item (string-trim item)))
    (if (string-prefix-p "set:" item)
        (progn (require 'aid-context-sets)
               (aid-context-add-set (substring item 4)))
      (pcase (with-current-buffer (aid-append--chat) (aid-context-written-item item))
        (`(,label ,target) (aid-context--add label target))
        (_ (user-error "There is no \"%s\" in the project, and it is no kind of item" item))))))

;;; Commands for some kinds

;;;###autoload
(defun aid-append-url (address)
  "Append the page at ADDRESS, as text, to the open question.
It is fetched now, and again when it is sent after ten minutes."
  (interactive (list (read-string "Append page: " (thing-at-point 'url))))
  (unless (string-match-p "\\`https?://" address)
    (user-error "An address begins with http:// or https://"))
  (aid-append-item address))

;;;###autoload
(defun aid-append-diff ()
  "Append the project's uncommitted changes to the open question.
They are those of the moment when it is sent, of a remote project those of now."
  (interactive)
  (let ((root (aid-project-root)))
    (if (file-remote-p root)
        (aid-append--snapshot "uncommitted changes" "text" "uncommitted changes"
                              (aid-append--remote-diff root))
      (aid-context--add "uncommitted changes" "aid:diff"))))

(defun aid-append--remote-diff (root)
  "The uncommitted changes at ROOT, which is remote, as Emacs finds them out."
  (require 'vc)
  (let* ((default-directory root)
         (backend (or (vc-responsible-backend root t)
                      (user-error "There is no version control at %s" root))))
    (with-temp-buffer
      (setq default-directory root)
      (vc-call-backend backend 'diff (list root) nil nil (current-buffer))
      (buffer-string))))

(defun aid-append--commit-here ()
  "The commit that point is on, where a mode tells it, or nil."
  (cond ((derived-mode-p 'log-view-mode)
         (and (fboundp 'log-view-current-tag) (log-view-current-tag)))
        ((derived-mode-p 'vc-annotate-mode)
         (car (and (fboundp 'vc-annotate-extract-revision-at-line)
                   (vc-annotate-extract-revision-at-line))))
        ((and (derived-mode-p 'magit-mode) (fboundp 'magit-commit-at-point))
         (magit-commit-at-point))))

(declare-function log-view-current-tag "log-view" (&optional pos))
(declare-function vc-annotate-extract-revision-at-line "vc-annotate" ())
(declare-function magit-commit-at-point "ext:magit-git" ())

;;;###autoload
(defun aid-append-commit (commit)
  "Append what COMMIT says and changes; of a range \"A..B\", all its commits."
  (interactive (let ((here (aid-append--commit-here)))
                 (list (read-string (format-prompt "Append commit or range" (or here "HEAD"))
                                    nil nil (or here "HEAD")))))
  (aid-append-item (concat "commit:" commit)))

;;;###autoload
(defun aid-append-symbol (name)
  "Append the definitions of NAME in the project, by default the symbol at point."
  (interactive (let ((here (thing-at-point 'symbol t)))
                 (list (read-string (if here (format-prompt "Append definition of" here)
                                      "Append definition of: ")
                                    nil nil here))))
  (aid-append-item (concat "@" name)))

(defun aid-append--place (beg end)
  "The lines from BEG to END of this buffer's file, as an item names them.
When both are nil it is the file."
  (let ((file (or buffer-file-name (user-error "This buffer visits no file")))
        (root (with-current-buffer (aid-append--chat) (aid-chat-root))))
    (unless (file-in-directory-p file root)
      (user-error "%s is not in the chat's project" (buffer-name)))
    (concat (file-relative-name file root)
            (and beg (format "#L%d-L%d" (line-number-at-pos beg t)
                             (line-number-at-pos (max beg (1- end)) t))))))

;;;###autoload
(defun aid-append-history (&optional beg end)
  "Append the commits that changed the region, from BEG to END, or this file."
  (interactive (and (use-region-p) (list (region-beginning) (region-end))))
  (aid-append-item (concat "history:" (aid-append--place beg end))))

;;;###autoload
(defun aid-append-blame (&optional beg end)
  "Append who wrote the lines of the region, or of this file, and why.
The region is from BEG to END."
  (interactive (and (use-region-p) (list (region-beginning) (region-end))))
  (aid-append-item (concat "blame:" (aid-append--place beg end))))

(provide 'aid-context-items)
;;; aid-context-items.el ends here
