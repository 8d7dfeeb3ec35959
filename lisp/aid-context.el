;;; aid-context.el --- What the lines of a question stand for  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A context line in a question is a link to what will be sent.  The text is
;; read when the question is sent, so it is what Emacs shows then: an unsaved
;; buffer, the errors of that moment.  A range follows its text while its
;; buffer lives.  The commands that leave such lines are in aid-append.el.

;;; Code:

(require 'aid-percent)
(require 'aid-project)
(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))


(defvar aid-context--ranges (make-hash-table :test #'equal)
  "The markers (BEG . END) of ranges by (CHAT-FOLDER . TARGET).")

(defvar aid-context--snapshots (make-hash-table :test #'equal)
  "Texts that were taken when they were appended, by target.")

(defcustom aid-context-functions nil
  "Functions that know further targets.
Each gets the target and the chat's folder, and gives its text or nil."
  :type 'hook
  :group 'aid)

(defcustom aid-context-visit-functions '(aid-context-visit-own)
  "Functions that show targets in other ways than as files.
Each gets the target, in the chat, and gives non-nil when it has shown it."
  :type 'hook
  :group 'aid)

;;; Targets

(defun aid-context--encode (path)
  "PATH as a link's target holds it."
  (aid-percent-encode path "[-a-zA-Z0-9_.~/]"))

(defun aid-context--file-target (dir file &optional first last)
  "The target for FILE, lines FIRST to LAST, from the chat's folder DIR."
  (concat (aid-context--encode (if (file-remote-p file)
                                   file
                                 (file-relative-name file dir)))
          (cond ((not first) "")
                ((= first last) (format "#L%d" first))
                (t (format "#L%d-L%d" first last)))))

(defconst aid-context-lines-regexp "#L\\([0-9]+\\)\\(?:-L?\\([0-9]+\\)\\)?\\'"
  "Matches the lines that the end of a target names.")

(defun aid-context--label (file root &optional first last)
  "What people call FILE, lines FIRST to LAST, in the project at ROOT."
  (concat (if (file-in-directory-p file root)
              (file-relative-name file root)
            (abbreviate-file-name file))
          (cond ((not first) "")
                ((= first last) (format ":%d" first))
                (t (format ":%d-%d" first last)))))

(defun aid-context-parse-target (target dir)
  "What the file TARGET means in DIR: (FILE FIRST LAST), or nil for other targets."
  (unless (string-match-p "\\`\\(?:aid:\\|https?://\\)" target)
    (let (first last)
      (when (string-match aid-context-lines-regexp target)
        (setq first (string-to-number (match-string 1 target))
              last (if (match-string 2 target)
                       (string-to-number (match-string 2 target))
                     first)
              target (substring target 0 (match-beginning 0))))
      (list (expand-file-name (aid-percent-decode target) dir)
            first last))))

;;; Texts

(declare-function aid--mod-context-kinds "ext:aid-module" ())

(defun aid-context--kind (target)
  "The kind of context that TARGET is of, as the core tells it, or nil.
It is a plist of :word, :about, :name, :costs and :editor."
  (when (string-match "\\`\\(?:\\(https?://\\)\\|aid:\\([a-z-]+\\)\\(?:/\\|\\'\\)\\)" target)
    (let ((word (if (match-beginning 1) "url" (match-string 2 target))))
      (cl-loop for kind in (append (aid--mod-context-kinds) nil)
               when (equal (plist-get kind :word) word) return kind))))

(defun aid-context-core-p (target)
  "Whether TARGET is no file and the core reads it: a commit, a page and so on."
  (let ((kind (aid-context--kind target)))
    (and kind (not (plist-get kind :editor)))))

(defun aid-context--lines (buffer first last)
  "Lines FIRST to LAST of BUFFER, or all of it when FIRST is nil."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (goto-char (point-min))
        (if (not first)
            (buffer-substring-no-properties (point-min) (point-max))
          (forward-line (1- first))
          (buffer-substring-no-properties
           (point) (progn (forward-line (- (1+ last) first)) (point))))))))

(defun aid-context--range-lines (range)
  "The buffer and the bounds of the lines around the markers RANGE, or nil."
  (pcase range
    (`(,beg . ,end)
     (when (and (buffer-live-p (marker-buffer beg)) (< beg end))
       (with-current-buffer (marker-buffer beg)
         (save-excursion
           (save-restriction
             (widen)
             (list (current-buffer)
                   (progn (goto-char beg) (forward-line 0) (point))
                   (progn (goto-char end) (unless (bolp) (forward-line 1)) (point))))))))))

(defun aid-context--range (key)
  "The buffer and the bounds of the lines that the range KEY follows, or nil."
  (aid-context--range-lines (gethash key aid-context--ranges)))

(defun aid-context--follow (dir target range)
  "Have TARGET, a file's lines from DIR, follow the markers RANGE, and give it.
When another text is followed by that name, for it was in these lines once, the
target is spelled in another way."
  (let* ((key (lambda () (cons (file-name-as-directory (expand-file-name dir)) target)))
         (other (aid-context--range (funcall key))))
    (when (and other (not (equal other (aid-context--range-lines range)))
               (string-match aid-context-lines-regexp target))
      (setq target (concat (substring target 0 (match-beginning 0))
                           "#L" (match-string 1 target)
                           "-" (or (match-string 2 target) (match-string 1 target)))))
    (puthash (funcall key) range aid-context--ranges)
    target))

(defun aid-context--range-text (key)
  "The text that the range KEY follows, or nil when its buffer is gone."
  (pcase (aid-context--range key)
    (`(,buffer ,beg ,end)
     (with-current-buffer buffer
       (save-restriction
         (widen)
         (buffer-substring-no-properties beg end))))))

(defun aid-context--listing (directory)
  "The names in DIRECTORY that are not hidden, one a line."
  (concat (string-join (directory-files directory nil "\\`[^.]") "\n") "\n"))

(defun aid-context--file-text (target dir)
  "The text of the file TARGET from DIR, as far as only Emacs knows it."
  (pcase-let* ((`(,file ,first ,last) (aid-context-parse-target target dir))
               (buffer (find-buffer-visiting file)))
    (cond ((aid-context--range-text (cons dir target)))
          ((and buffer (buffer-modified-p buffer)) (aid-context--lines buffer first last))
          ((and (file-remote-p file) (file-directory-p file)) (aid-context--listing file))
          ((file-remote-p file)
           (unless (or buffer (file-readable-p file))
             (user-error "There is no %s: remove its line from the question" file))
           (aid-context--lines (or buffer (find-file-noselect file)) first last)))))

(defun aid-context-item-text (target dir)
  "The text of TARGET in a chat in DIR, or nil when the core reads it.
Signals an error when the text cannot be had any more."
  (setq dir (file-name-as-directory (expand-file-name dir)))
  (cond
   ((run-hook-with-args-until-success 'aid-context-functions target dir))
   ((aid-context-core-p target) nil)
   ((not (string-prefix-p "aid:" target)) (aid-context--file-text target dir))
   ((gethash target aid-context--snapshots))
   ((string-match "\\`aid:errors\\(?:/\\(.*\\)\\)?\\'" target)
    (let ((name (match-string 1 target)))
      (require 'aid-errors)
      (let ((text (aid-errors-text (and name (aid-percent-decode name))
                                   (and (featurep 'aid-recipe) (aid-recipe-build-places)))))
        (if (string-blank-p text) "There are no errors any more.\n" text))))
   ((equal target "aid:build")
    (or (aid--mod-build-text (directory-file-name (expand-file-name (aid-project-root))))
        (user-error "Nothing was built here yet: M-x aid-build does, or delete the line of aid:build")))
   ((string-match "\\`aid:buffer/\\([^#]*\\)\\'" target)
    (let ((buffer (get-buffer (aid-percent-decode (match-string 1 target)))))
      (unless buffer
        (user-error "The buffer of \"%s\" is gone: delete its line" target))
      (aid-context--lines buffer nil nil)))
   (t (user-error "\"%s\" was taken in another session and is gone: delete its line" target))))

(declare-function aid-errors-text "aid-errors" (&optional path known))
(declare-function aid-recipe-build-places "aid-recipe" ())
(declare-function aid--mod-build-text "ext:aid-module" (root))

;;; Visiting

(defun aid-context--visit-file (file first place display)
  "Show FILE at PLACE, or at line FIRST, either nil, by the function DISPLAY."
  (let* ((buffer (find-file-noselect file))
         (window (progn (funcall display buffer) (get-buffer-window buffer)))
         (pos (or place
                  (and first
                       (with-current-buffer buffer
                         (save-excursion
                           (save-restriction
                             (widen)
                             (goto-char (point-min))
                             (forward-line (1- first))
                             (point))))))))
    (when (and pos window)
      (with-current-buffer buffer
        (unless (<= (point-min) pos (point-max))
          (widen)))
      (set-window-point window pos))))

(defun aid-context-visit (target dir &optional preview)
  "Show what TARGET names, in a chat in DIR; with PREVIEW, stay here."
  (let ((display (if preview #'display-buffer #'pop-to-buffer))
        (dir (file-name-as-directory (expand-file-name dir))))
    (pcase (aid-context-parse-target target dir)
      (`(,file ,first ,_last)
       (aid-context--visit-file file first (nth 1 (aid-context--range (cons dir target)))
                                display))
      ((guard (aid-context-core-p target))
       (aid-context-preview target display))
      (_ (funcall display
                  (if (string-match "\\`aid:buffer/\\(.*\\)\\'" target)
                      (or (get-buffer (aid-percent-decode (match-string 1 target)))
                          (user-error "The buffer of \"%s\" is gone" target))
                    (aid-context--text-buffer target dir)))))))

(autoload 'aid-context-preview "aid-context-items")

(defun aid-context-visit-own (target)
  "Show TARGET of the chat here when it is no file, or lines that have moved.
Give non-nil then.  With a prefix argument stay here."
  (let ((dir (file-name-as-directory (expand-file-name default-directory))))
    (when (or (string-prefix-p "aid:" target)
              (aid-context--range (cons dir target)))
      (aid-context-visit target dir current-prefix-arg)
      t)))

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
