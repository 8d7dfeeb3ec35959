;;; aid-chat-complete.el --- Completion in the open question  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; "@" completes what a question may be about: files of the project, buffers,
;; and symbols of the buffers on screen and of the project; what is chosen becomes
;; a context line.
;; What was typed out in full becomes one when the question is sent.  "/" at the
;; question's beginning completes a strategy.  Nothing pops up.

;;; Code:

(require 'cl-lib)
(require 'aid-percent)
(require 'aid-context)
(require 'aid-chat-send)
(require 'aid-chat-symbols)

(declare-function aid-chat-model-line-end "aid-chat-model" ())
(declare-function aid-strategy-table "aid-strategy" (root))
(declare-function aid--mod-context-written "ext:aid-module" (item))
(declare-function aid-chat-root "aid-chat" ())
(declare-function imenu--subalist-p "imenu" (item))
(declare-function imenu--make-index-alist "imenu" (&optional noerror))
(declare-function aid--mod-project-listed-soon "ext:aid-module" (root))
(declare-function aid--mod-project-match "ext:aid-module" (root text most))

(defconst aid-chat--complete-most 300
  "Files of a project beyond this many are not offered at once.")

(defconst aid-chat--list-wait 0.06
  "How long a project's first list is waited for, in seconds.
Most are there by then.")

(defvar aid-chat--listing nil
  "The roots whose files the core is listing, as far as it was asked.")

(defun aid-chat--await-list (root)
  "Wait a moment for the first list of the files at ROOT; a key ends the wait.
Give nil when it is not there."
  (let (come)
    (unless (member root aid-chat--listing)
      (push root aid-chat--listing)
      (aid--on-event (aid--mod-project-listed-soon root)
                     (lambda (&rest _)
                       (setq come t
                             aid-chat--listing (delete root aid-chat--listing)))))
    (aid--await aid-chat--list-wait (lambda () (or come (input-pending-p))) t)
    come))

(defun aid-chat--project-files (text)
  "The project's files that hold TEXT, relative to its root, the best first.
The core knows them; none while it lists them for the first time, when that
takes more than a moment."
  (when-let ((root (aid-chat-root)))
    (ignore-errors
      (let* ((root (expand-file-name root))
             (match (lambda () (aid--mod-project-match root text aid-chat--complete-most)))
             (found (funcall match)))
        (when (and (equal found '(nil)) (aid-chat--await-list root))
          (setq found (funcall match)))
        (cdr found)))))

(defun aid-chat--visible-buffers ()
  "The file buffers that are on screen, without chats."
  (cl-remove-if-not (lambda (buffer)
                      (and (buffer-file-name buffer)
                           (not (provided-mode-derived-p
                                 (buffer-local-value 'major-mode buffer) 'aid-chat-mode))))
                    (delete-dups (mapcar #'window-buffer (window-list)))))

(defun aid-chat--flat (index prefix)
  "All places in the imenu INDEX as (NAME . POSITION), names after PREFIX."
  (mapcan (lambda (entry)
            (cond ((not (consp entry)) nil)
                  ((imenu--subalist-p entry) (aid-chat--flat (cdr entry) prefix))
                  ((number-or-marker-p (cdr entry))
                   (list (cons (concat prefix (substring-no-properties (car entry)))
                               (cdr entry))))))
          index))

(defun aid-chat--symbols ()
  "The definitions in the buffers on screen: (NAME BUFFER . POSITION)."
  (require 'imenu)
  (mapcan (lambda (buffer)
            (with-current-buffer buffer
              (mapcar (lambda (leaf) (cons (car leaf) (cons buffer (cdr leaf))))
                      (ignore-errors
                        (aid-chat--flat (cdr (imenu--make-index-alist t)) "")))))
          (aid-chat--visible-buffers)))

(defun aid-chat--file-item (file)
  "The item of FILE, relative to the project's root."
  (list file (aid-context--file-target default-directory
                                       (expand-file-name file (aid-chat-root)))
        ""))

(defun aid-chat--candidates ()
  "What \"@\" may stand for besides files: an alist of names and functions.
A function gives an item: a list of label, target and words."
  (append
   (delq nil (mapcar (lambda (buffer)
                       (let ((name (buffer-name buffer)))
                         (unless (or (string-prefix-p " " name) (buffer-file-name buffer))
                           (cons name (lambda ()
                                        (list name (concat "aid:buffer/"
                                                           (aid-percent-encode name "[-a-zA-Z0-9_.~]"))
                                              ""))))))
                     (buffer-list)))
   (mapcar (lambda (symbol)
             (cons (car symbol)
                   (lambda () (aid-chat--symbol-item (car symbol) (cadr symbol) (cddr symbol)))))
           (aid-chat--symbols))))

(defun aid-chat--definition-bounds (buffer pos)
  "The bounds of the definition at POS in BUFFER, else of the line there."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (goto-char pos)
        (or (bounds-of-thing-at-point 'defun)
            (cons (line-beginning-position) (line-end-position)))))))

(defun aid-chat--symbol-item (name buffer pos)
  "The item for the definition NAME at POS in BUFFER; it follows its text there."
  (pcase-let* ((`(,beg . ,end) (aid-chat--definition-bounds buffer pos))
               (dir default-directory) (file (buffer-file-name buffer))
               (root (or (aid-chat-root) dir)))
    (with-current-buffer buffer
      (let ((first (line-number-at-pos beg t))
            (last (line-number-at-pos (max beg (1- end)) t)))
        (list (aid-context--label file root first last)
              (aid-context--follow dir (aid-context--file-target dir file first last)
                                   (cons (copy-marker beg t) (copy-marker end)))
              (concat "sym=" (aid-chat--encode name)))))))

;; Any part of a name completes it: of "src/lexer.c" one remembers the last.
(add-to-list 'completion-category-defaults '(aid-item (styles substring)))

(defun aid-chat--project-item (name)
  "The item of NAME, a file or a symbol of the project."
  (if (and (aid-chat-symbols-known-p name)
           (not (file-exists-p (expand-file-name name (aid-chat-root)))))
      (aid-chat--written-item (concat "@" name))
    (aid-chat--file-item name)))

(defun aid-chat--item-table (beg names)
  "A completion table of NAMES, and of the project for what stands behind BEG.
These are files that hold it and symbols that begin with it.  The core is asked
again when that has changed."
  (let ((buffer (current-buffer)) (beg (copy-marker beg)) typed found)
    (lambda (string predicate action)
      (if (eq action 'metadata)
          '(metadata (category . aid-item))
        (let ((now (with-current-buffer buffer
                     (save-excursion
                       (goto-char beg)
                       (skip-chars-forward "^ \t\n")
                       (buffer-substring-no-properties beg (point))))))
          (unless (and found (equal now typed))
            (with-current-buffer buffer
              (let ((symbols (cl-set-difference (aid-chat-symbols now) names :test #'equal)))
                (setq found (append (aid-chat--project-files now) symbols)
                      typed (unless (aid-chat-symbols-pending-p) now)))))
          (complete-with-action action (append found names) string predicate))))))

(defun aid-chat-complete-item ()
  "Complete an \"@\" word of the open question: for `completion-at-point'."
  (save-excursion
    (let ((end (point)))
      (skip-chars-backward "^ \t\n@" (line-beginning-position))
      (let ((beg (point)))
        (when (and (eq (char-before) ?@)
                   (memq (char-before (1- beg)) '(?\s ?\t ?\n ?\( nil))
                   (aid-chat-in-question-p))
          (let ((others (aid-chat--candidates)))
            ;; Exclusive, for what is not is only completed by its beginning.
            (list beg end (aid-chat--item-table beg (mapcar #'car others))
                  :company-kind (lambda (_) 'file)
                  :exit-function
                  (lambda (name status)
                    (when (memq status '(finished sole exact))
                      (let* ((name (substring-no-properties name))
                             (make (cdr (assoc name others))))
                        (aid-chat--complete-done
                         name (if make (funcall make) (aid-chat--project-item name)))))))))))))

(defun aid-chat--complete-done (name item)
  "Replace the \"@NAME\" before point by its name, and add ITEM."
  (let ((beg (- (point) (length name) 1)))
    (when (and (>= beg (point-min)) (eq (char-after beg) ?@))
      (delete-region beg (1+ beg)))
    (let ((here (copy-marker (point))))
      (apply #'aid-chat-add-item (current-buffer) item)
      (goto-char here)
      (set-marker here nil))))

;;; What was typed

(defun aid-chat--typed-item (name)
  "The item that NAME, typed out after an \"@\", stands for, or nil.
Files are those of the project, also such as are not offered."
  (let* ((root (aid-chat-root)) (file (and root (expand-file-name name root))))
    (if (and file (string-match-p "[[:alnum:]]" name)
             (file-in-directory-p file root) (file-exists-p file))
        (list name (aid-context--file-target default-directory file) "")
      (if-let ((make (cdr (assoc name (aid-chat--candidates)))))
          (funcall make)
        (aid-chat--written-item (if (aid-chat-symbols-known-p name) (concat "@" name) name))))))

(defun aid-chat--written-item (name)
  "The item of a kind that NAME names, as in \"@commit:HEAD\", or nil."
  (let ((kind (ignore-errors
                (aid--mod-context-written
                 (if (string-prefix-p "http" name)     ; a sentence may end behind it
                     (string-trim-right name "[].,:;?!)'\"]+")
                   name)))))
    (and kind (list (plist-get kind :label) (plist-get kind :target) ""))))

(defun aid-chat--typed-names (beg end)
  "What follows an \"@\" from BEG to END, outside of blocks of code."
  (save-excursion
    (goto-char beg)
    (let (names fence)
      (while (< (point) end)
        (let ((eol (min end (line-end-position))))
          (cond ((looking-at " \\{0,3\\}\\(```\\|~~~\\)")
                 (cond ((not fence) (setq fence (match-string 1)))
                       ((equal fence (match-string 1)) (setq fence nil))))
                ((not fence)
                 (while (re-search-forward "\\(?:^\\|[ \t(]\\)@\\([^ \t\n@]+\\)" eol t)
                   (push (match-string-no-properties 1) names))))
          (goto-char (1+ eol))))
      (nreverse names))))

(defun aid-chat-add-typed-items ()
  "Add an item for each \"@NAME\" that was typed out in the open question."
  (pcase-let ((`(,beg . ,end) (aid-chat--prose-bounds)))
    (dolist (name (aid-chat--typed-names (or (aid-chat-model-line-end) beg) end))
      (when-let ((item (or (aid-chat--typed-item name)
                           (let ((bare (string-trim-right name "[].,:;?!)'\"]+")))
                             (and (not (member bare (list name "")))
                                  (aid-chat--typed-item bare))))))
        (apply #'aid-chat-add-item (current-buffer) item)))))

(defun aid-chat-complete-strategy ()
  "Complete a strategy at the beginning of the open question."
  (save-excursion
    (let ((end (point)))
      (skip-chars-backward "[:alnum:]-")
      (let ((beg (point)))
        (when (and (eq (char-before) ?/)
                   (aid-chat-in-question-p)
                   (save-excursion
                     (goto-char (1- beg))
                     (skip-chars-backward " \t\n")
                     (<= (point) (car (aid-chat-open-question)))))
          (list beg end (aid-strategy-table (aid-chat-root)) :exclusive 'no))))))

(provide 'aid-chat-complete)
;;; aid-chat-complete.el ends here
