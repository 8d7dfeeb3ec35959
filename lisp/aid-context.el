;;; aid-context.el --- Append what Emacs shows to a question  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Each `aid-append-' command leaves one line in the open question of the
;; project's chat: a link to what will be sent.  The text is read when the
;; question is sent, so it is what Emacs shows then: an unsaved buffer, the
;; errors of that moment.  A range follows its text while its buffer lives.

;;; Code:

(require 'project)
(require 'cl-lib)
(require 'subr-x)
(require 'url-util)

(declare-function aid--mod-tokens "ext:aid-module" (text))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-chat-for "aid-chat" (root))
(declare-function aid-chat-add-item "aid-chat" (buffer label target meta))
(declare-function dired-get-marked-files "dired" (&optional localp arg filter distinguish error))
(declare-function comint-previous-prompt "comint" (n))
(declare-function Info-copy-current-node-name "info" (&optional arg))

(defvar aid-context--ranges (make-hash-table :test #'equal)
  "The markers (BEG . END) of ranges by (CHAT-FOLDER . TARGET).")

(defvar aid-context--snapshots (make-hash-table :test #'equal)
  "Texts that were taken when they were appended, by target.")

(defcustom aid-context-functions nil
  "Functions that know further targets.
Each gets the target and the chat's folder, and gives its text or nil."
  :type 'hook
  :group 'aid)

(defcustom aid-context-visit-functions nil
  "Functions that show further targets.
Each gets the target and gives non-nil when it has shown it."
  :type 'hook
  :group 'aid)

;;; The project

(defcustom aid-project-markers
  '(".aid" "dune-project" "Cargo.toml" "go.mod" "package.json" "pyproject.toml"
    "CMakeLists.txt" "configure.ac" "Makefile")
  "Files that mark the root of a project that is in no version control."
  :type '(repeat string)
  :group 'aid)

(defun aid-context--marked-root ()
  "The nearest folder above this one that holds one of `aid-project-markers'."
  (unless (file-remote-p default-directory)
    (locate-dominating-file
     default-directory
     (lambda (folder)
       (seq-some (lambda (name) (file-exists-p (expand-file-name name folder)))
                 aid-project-markers)))))

(defun aid-project-root ()
  "The root of the project here.
That is project.el's, else the nearest folder with one of
`aid-project-markers', else this directory."
  (let ((project (project-current)))
    (expand-file-name
     (file-name-as-directory
      (cond ((and project (fboundp 'project-root)) (project-root project))
            (project (car (with-no-warnings (project-roots project))))
            ((aid-context--marked-root))
            (t default-directory))))))

;;; Targets

(defun aid-context--encode (path)
  "PATH as a link's target holds it."
  (url-hexify-string path (cons ?/ url-unreserved-chars)))

(defun aid-context--file-target (dir file &optional first last)
  "The target for FILE, lines FIRST to LAST, from the chat's folder DIR."
  (concat (aid-context--encode (if (file-remote-p file)
                                   file
                                 (file-relative-name file dir)))
          (cond ((not first) "")
                ((= first last) (format "#L%d" first))
                (t (format "#L%d-L%d" first last)))))

(defun aid-context--label (file root &optional first last)
  "What people call FILE, lines FIRST to LAST, in the project at ROOT."
  (concat (if (file-in-directory-p file root)
              (file-relative-name file root)
            (abbreviate-file-name file))
          (cond ((not first) "")
                ((= first last) (format ":%d" first))
                (t (format ":%d-%d" first last)))))

(defun aid-context-parse-target (target dir)
  "What the file TARGET means in DIR: (FILE FIRST LAST), or nil for aid: targets."
  (unless (string-prefix-p "aid:" target)
    (let (first last)
      (when (string-match "#L\\([0-9]+\\)\\(?:-L?\\([0-9]+\\)\\)?\\'" target)
        (setq first (string-to-number (match-string 1 target))
              last (if (match-string 2 target)
                       (string-to-number (match-string 2 target))
                     first)
              target (substring target 0 (match-beginning 0))))
      (list (expand-file-name (decode-coding-string (url-unhex-string target) 'utf-8) dir)
            first last))))

;;; Texts

(defun aid-context--lines (buffer first last)
  "Lines FIRST to LAST of BUFFER, or all of it when FIRST is nil."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (goto-char (point-min))
        (buffer-substring-no-properties
         (if first (line-beginning-position first) (point-min))
         (if first (line-beginning-position (1+ last)) (point-max)))))))

(defun aid-context--range-text (key)
  "The text that the range KEY follows, or nil when its buffer is gone."
  (pcase (gethash key aid-context--ranges)
    (`(,beg . ,end)
     (when (and (marker-buffer beg) (buffer-live-p (marker-buffer beg)))
       (with-current-buffer (marker-buffer beg)
         (save-restriction
           (widen)
           (buffer-substring-no-properties beg end)))))))

(defun aid-context--file-text (target dir)
  "The text of the file TARGET from DIR, as far as only Emacs knows it."
  (pcase-let* ((`(,file ,first ,last) (aid-context-parse-target target dir))
               (buffer (find-buffer-visiting file)))
    (cond ((aid-context--range-text (cons dir target)))
          ((and buffer (buffer-modified-p buffer)) (aid-context--lines buffer first last))
          ((file-remote-p file)
           (aid-context--lines (or buffer (find-file-noselect file)) first last)))))

(defun aid-context-item-text (target dir)
  "The text of TARGET in a chat in DIR, or nil when the core reads it.
Signals an error when the text cannot be had any more."
  (setq dir (file-name-as-directory (expand-file-name dir)))
  (cond
   ((run-hook-with-args-until-success 'aid-context-functions target dir))
   ((not (string-prefix-p "aid:" target)) (aid-context--file-text target dir))
   ((gethash target aid-context--snapshots))
   ((string-match "\\`aid:errors\\(?:/\\(.*\\)\\)?\\'" target)
    (let ((name (match-string 1 target)))
      (require 'aid-errors)
      (aid-errors-text (and name (url-unhex-string name)))))
   ((string-match "\\`aid:buffer/\\([^#]*\\)\\'" target)
    (let ((buffer (get-buffer (decode-coding-string
                               (url-unhex-string (match-string 1 target)) 'utf-8))))
      (unless buffer
        (user-error "The buffer of \"%s\" is gone: delete its line" target))
      (aid-context--lines buffer nil nil)))
   ((string-prefix-p "aid:diff" target) (aid-context--diff-text))
   (t (user-error "\"%s\" was taken in another session and is gone: delete its line" target))))

(declare-function aid-errors-text "aid-errors" (&optional path))
(declare-function aid-errors-at-point "aid-errors" ())

;;; Adding

(defun aid-context--add (label target text &optional meta)
  "Add an item line LABEL for TARGET, whose TEXT is shown as a cost, with META."
  (let ((chat (aid-chat-for (aid-project-root)))
        (tokens (aid--mod-tokens text)))
    (aid-chat-add-item chat label target
                       (string-join (delq nil (list meta (format "tok=%d" tokens))) " "))
    (message "%s: ~%d tokens" label tokens)))

(defun aid-context--chat-dir ()
  "The folder of the project's chat."
  (aid-module-ensure)
  (buffer-local-value 'default-directory (aid-chat-for (aid-project-root))))

(defun aid-context--snapshot (label kind name text)
  "Add an item LABEL of KIND and NAME whose TEXT is taken now."
  (aid-module-ensure)
  (when (string-blank-p text)
    (user-error "There is nothing to append"))
  (let ((target (format "aid:%s/%s" kind (aid-context--encode name))))
    (puthash target text aid-context--snapshots)
    (aid-context--add label target text)))

(defun aid-context--add-lines (beg end &optional symbol)
  "Add the lines from BEG to END of this buffer; SYMBOL is what they define."
  (save-restriction
    (widen)
    (let* ((beg (save-excursion (goto-char beg) (line-beginning-position)))
           (end (save-excursion
                  (goto-char end)
                  (if (and (bolp) (> end beg)) end
                    (min (point-max) (1+ (line-end-position))))))
           (text (buffer-substring-no-properties beg end)))
      (if (not buffer-file-name)
          (aid-context--snapshot (format "%s:%d-%d" (buffer-name) (line-number-at-pos beg)
                                         (line-number-at-pos (max beg (1- end))))
                                 "text" (format "%s/%s" (buffer-name) (sxhash text)) text)
        (let* ((dir (aid-context--chat-dir))
               (first (line-number-at-pos beg))
               (last (line-number-at-pos (max beg (1- end))))
               (target (aid-context--file-target dir buffer-file-name first last)))
          (puthash (cons dir target) (cons (copy-marker beg) (copy-marker end))
                   aid-context--ranges)
          (aid-context--add
           (aid-context--label buffer-file-name (aid-project-root) first last)
           target text (and symbol (format "sym=%s" (aid-context--encode symbol)))))))))

;;;###autoload
(defun aid-append-region (beg end)
  "Append the lines of the region from BEG to END to the open question."
  (interactive "r")
  (aid-context--add-lines beg end)
  (deactivate-mark))

;;;###autoload
(defun aid-append-definition ()
  "Append the definition at point to the open question."
  (interactive)
  (let ((bounds (aid-context-definition-bounds)))
    (unless bounds
      (user-error "There is no definition here"))
    (aid-context--add-lines (car bounds) (cdr bounds) (aid-context--definition-name))))

(defun aid-context-definition-bounds ()
  "The bounds of the definition at point, or nil."
  (and (derived-mode-p 'prog-mode)
       (bounds-of-thing-at-point 'defun)))

(declare-function which-function "which-func" ())

(defun aid-context--definition-name ()
  "The name of the definition at point, or nil."
  (require 'which-func)
  (ignore-errors (which-function)))

(defun aid-context--add-file (file)
  "Add FILE, or the listing of a directory."
  (let* ((file (expand-file-name file))
         (dir (aid-context--chat-dir))
         (target (aid-context--file-target dir file)))
    (unless (file-readable-p file)
      (user-error "%s cannot be read" file))
    (aid-context--add
     (aid-context--label file (aid-project-root))
     target
     (cond ((file-directory-p file) (string-join (directory-files file) "\n"))
           ((aid-context--file-text target dir))
           (t (with-temp-buffer
                (insert-file-contents file)
                (buffer-string)))))))

;;;###autoload
(defun aid-append-buffer ()
  "Append this buffer to the open question."
  (interactive)
  (if buffer-file-name
      (aid-context--add-file buffer-file-name)
    (aid-module-ensure)
    (aid-context--add (buffer-name)
                      (concat "aid:buffer/" (aid-context--encode (buffer-name)))
                      (aid-context--lines (current-buffer) nil nil))))

;;;###autoload
(defun aid-append-file (file)
  "Append FILE to the open question."
  (interactive (list (read-file-name "Append file: " nil nil t)))
  (aid-context--add-file file))

;;;###autoload
(defun aid-append-directory (directory)
  "Append the names in DIRECTORY to the open question."
  (interactive (list (read-directory-name "Append the listing of: " nil nil t)))
  (aid-context--add-file (directory-file-name directory)))

;;;###autoload
(defun aid-append-dired ()
  "Append the files marked in this Dired buffer to the open question."
  (interactive)
  (unless (derived-mode-p 'dired-mode)
    (user-error "This is no Dired buffer"))
  (mapc #'aid-context--add-file (dired-get-marked-files)))

;;;###autoload
(defun aid-append-errors (&optional here)
  "Append the errors of this buffer's file, or of all; with HERE, the one at point.
They come from Flymake, Flycheck and compilation buffers."
  (interactive "P")
  (require 'aid-errors)
  (if here
      (aid-append-error)
    (let* ((file (and buffer-file-name (derived-mode-p 'prog-mode 'text-mode)
                      (file-relative-name buffer-file-name (aid-project-root))))
           (own (and file (aid-errors-text file)))
           (file (and own (not (string-empty-p own)) file))
           (text (or (and file own) (aid-errors-text nil))))
      (when (string-blank-p text)
        (user-error "No errors are known: neither Flymake, Flycheck nor a compilation has any"))
      (aid-module-ensure)
      (aid-context--add (if file (format "errors in %s" file) "all errors")
                        (if file (concat "aid:errors/" (aid-context--encode file)) "aid:errors")
                        text))))

;;;###autoload
(defun aid-append-error ()
  "Append the error at point to the open question."
  (interactive)
  (require 'aid-errors)
  (let ((text (or (aid-errors-at-point) (user-error "There is no error here"))))
    (aid-context--snapshot (format "error: %s" (truncate-string-to-width
                                                (car (split-string text "\n")) 60 nil nil t))
                           "error" (format "%x" (sxhash text)) text)))

(defun aid-context--diff-text ()
  "The uncommitted changes of the project here, in Git or Mercurial."
  (let* ((default-directory (aid-project-root))
         (command (cond ((locate-dominating-file default-directory ".hg")
                         '("hg" "diff" "--git"))
                        ((locate-dominating-file default-directory ".git")
                         '("git" "--no-pager" "diff" "--no-color" "--no-ext-diff" "HEAD"))
                        (t (user-error "There is no Git or Mercurial repository here")))))
    (with-temp-buffer
      (unless (eql 0 (apply #'process-file (car command) nil t nil (cdr command)))
        (user-error "%s: %s" (car command) (string-trim (buffer-string))))
      (buffer-string))))

;;;###autoload
(defun aid-append-diff ()
  "Append the project's uncommitted changes to the open question."
  (interactive)
  (let ((text (aid-context--diff-text)))
    (when (string-blank-p text)
      (user-error "There are no uncommitted changes"))
    (aid-context--snapshot "uncommitted changes" "diff" (format "%x" (sxhash text)) text)))

(defun aid-context--shell-output ()
  "The last command's output in this comint or Eshell buffer."
  (save-excursion
    (let* ((end (if (bound-and-true-p comint-last-prompt)
                    (car comint-last-prompt)
                  (point-max)))
           (beg (progn (goto-char end)
                       (if (derived-mode-p 'comint-mode)
                           (comint-previous-prompt 1)
                         (forward-line -50))
                       (line-beginning-position))))
      (buffer-substring-no-properties beg end))))

(defvar comint-last-prompt)

;;;###autoload
(defun aid-append-shell ()
  "Append the last command and its output of this shell buffer."
  (interactive)
  (unless (derived-mode-p 'comint-mode 'eshell-mode 'term-mode)
    (user-error "This is no shell buffer"))
  (let ((text (aid-context--shell-output)))
    (aid-context--snapshot (format "output in %s" (buffer-name)) "shell"
                           (format "%s/%x" (buffer-name) (sxhash text)) text)))

;;;###autoload
(defun aid-append-info ()
  "Append this Info node to the open question."
  (interactive)
  (unless (derived-mode-p 'Info-mode)
    (user-error "This is no Info buffer"))
  (let ((node (Info-copy-current-node-name)))
    (aid-context--snapshot node "info" node
                           (buffer-substring-no-properties (point-min) (point-max)))))

;;;###autoload
(defun aid-append-kill ()
  "Append the head of the kill ring to the open question."
  (interactive)
  (let ((text (substring-no-properties (current-kill 0 t))))
    (aid-context--snapshot "pasted text" "kill" (format "%x" (sxhash text)) text)))

;;;###autoload
(defun aid-append-dwim ()
  "Append what point is on: region, files, error, shell output, definition, buffer."
  (interactive)
  (cond ((use-region-p) (aid-append-region (region-beginning) (region-end)))
        ((derived-mode-p 'dired-mode) (aid-append-dired))
        ((derived-mode-p 'Info-mode) (aid-append-info))
        ((derived-mode-p 'comint-mode 'eshell-mode 'term-mode) (aid-append-shell))
        ((derived-mode-p 'compilation-mode 'xref--xref-buffer-mode 'occur-mode)
         (aid-append-buffer))
        ((derived-mode-p 'diff-mode) (aid-append-diff))
        ((and (require 'aid-errors) (aid-errors-at-point)) (aid-append-error))
        ((aid-context-definition-bounds) (aid-append-definition))
        (t (aid-append-buffer))))

;;; Visiting

(defun aid-context-visit (target dir &optional preview)
  "Show what TARGET names, in a chat in DIR; with PREVIEW, stay here."
  (let ((display (if preview #'display-buffer #'pop-to-buffer)))
    (pcase (aid-context-parse-target target dir)
      (`(,file ,first ,_last)
       (let* ((buffer (find-file-noselect file))
              (window (progn (funcall display buffer) (get-buffer-window buffer))))
         (when (and first window)
           (with-current-buffer buffer
             (save-restriction
               (widen)
               (goto-char (point-min))
               (forward-line (1- first))
               (set-window-point window (point)))))))
      (_ (cond ((run-hook-with-args-until-success 'aid-context-visit-functions target))
               ((string-match "\\`aid:buffer/\\(.*\\)\\'" target)
                (funcall display (url-unhex-string (match-string 1 target))))
               (t (funcall display (aid-context--text-buffer target dir))))))))

(defun aid-context--text-buffer (target dir)
  "A buffer that shows the text of TARGET in DIR."
  (let ((text (aid-context-item-text target dir)))
    (with-current-buffer (get-buffer-create (format "*aid: %s*" target))
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert (or text ""))
        (goto-char (point-min)))
      (special-mode)
      (current-buffer))))

(provide 'aid-context)
;;; aid-context.el ends here
