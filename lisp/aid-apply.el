;;; aid-apply.el --- Apply and take back an answer's hunks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A hunk that the core has placed is applied to the live buffer, never to
;; the file under it: one undo step a hunk, markers and point elsewhere where
;; they were.  Each application leaves a record by which it is taken back.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-plan "ext:aid-module" (plist))
(declare-function aid--mod-patch-path "ext:aid-module" (root path))

(defcustom aid-after-apply-functions nil
  "Functions called after a hunk was applied or taken back.
Each gets the buffer and the symbol `applied' or `reversed'."
  :type 'hook
  :group 'aid)

;;; What is asked of the core

(defun aid-apply--buffer-text (buffer)
  "The whole text of BUFFER."
  (with-current-buffer buffer
    (save-restriction
      (widen)
      (buffer-substring-no-properties (point-min) (point-max)))))

(defun aid-apply--path (root path)
  "The absolute name of the patch's PATH under ROOT, or nil when refused."
  (condition-case nil
      (aid--mod-patch-path (expand-file-name root) path)
    (aid-error nil)))

(defun aid-apply--visiting (root path)
  "The buffer that visits PATH under ROOT, or nil."
  (when-let* ((path path)
              (name (aid-apply--path root path)))
    (find-buffer-visiting name)))

(defun aid-apply--remote-text (root path)
  "The text of PATH under the remote ROOT, read through Emacs."
  (let ((name (expand-file-name path root)))
    (when (file-readable-p name)
      (aid-apply--buffer-text (find-file-noselect name)))))

(defun aid-apply-texts (root paths)
  "The texts of PATHS under ROOT that only Emacs knows, as an alist."
  (delq nil
        (mapcar (lambda (path)
                  (let ((buffer (and (not (file-remote-p root))
                                     (aid-apply--visiting root path))))
                    (cond (buffer (cons path (aid-apply--buffer-text buffer)))
                          ((file-remote-p root)
                           (when-let ((text (aid-apply--remote-text root path)))
                             (cons path text))))))
                (delete-dups (delq nil (copy-sequence paths))))))

(defun aid-apply-paths (patch)
  "All paths that PATCH (from `aid--mod-patch-read') names."
  (cl-loop for file in (plist-get patch :files)
           collect (plist-get file :path)
           collect (plist-get file :old_path)))

(cl-defun aid-apply-plan (text patch root &key chosen only reverse)
  "Place the hunks of PATCH, which was read from TEXT, under ROOT.
CHOSEN, ONLY and REVERSE are as for `aid--mod-patch-plan'."
  (aid--mod-patch-plan
   (list :text text :root (expand-file-name root)
         :texts (aid-apply-texts root (aid-apply-paths patch))
         :chosen chosen :only only :reverse reverse)))

;;; Applying edits to a buffer

(cl-defstruct (aid-apply-record (:constructor aid-apply--record-make))
  "What was done for one hunk: OP, FILE, its old name, and the edits made.
EDITS is a list of (BEG-MARKER END-MARKER OLD-TEXT NEW-TEXT)."
  op file old-file edits content)

(defun aid-apply--check-writable (file buffer)
  "Signal an error unless FILE, visited by BUFFER or nil, may be changed."
  (when (and buffer (buffer-local-value 'buffer-read-only buffer))
    (user-error "%s is read-only in its buffer: make it writable (C-x C-q), then accept again"
                (buffer-name buffer)))
  (when (and (file-exists-p file) (not (file-writable-p file)))
    (user-error "%s is write-protected: change its mode, then accept again"
                (abbreviate-file-name file))))

(defun aid-apply--edits (buffer edits)
  "Make EDITS, a list of (CBEG CEND TEXT), in BUFFER as one undo step.
Give the list of edit records."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (undo-boundary)
        (let (records)
          (atomic-change-group
            (dolist (edit (reverse edits))
              (pcase-let* ((`(,cbeg ,cend ,text) edit)
                           (beg (1+ cbeg)) (end (1+ cend))
                           (old (buffer-substring-no-properties beg end)))
                (goto-char beg)
                (delete-region beg end)
                (insert text)
                (push (list (copy-marker beg) (copy-marker (point) nil) old text)
                      records))))
          (undo-boundary)
          (run-hook-with-args 'aid-after-apply-functions buffer 'applied)
          records)))))

(defun aid-apply-modify (root path edits)
  "Apply EDITS to PATH under ROOT in its buffer.  Give a record."
  (let* ((file (if (file-remote-p root)
                   (expand-file-name path root)
                 (aid--mod-patch-path (expand-file-name root) path)))
         (buffer (or (find-buffer-visiting file) (find-file-noselect file))))
    (aid-apply--check-writable file buffer)
    (aid-apply--record-make :op 'modify :file file
                            :edits (aid-apply--edits buffer edits))))

(defun aid-apply-create (root path text)
  "Make the new file PATH under ROOT with TEXT, in a buffer.  Give a record."
  (let* ((file (aid--mod-patch-path (expand-file-name root) path))
         (buffer (find-file-noselect file)))
    (when (or (file-exists-p file) (> (buffer-size buffer) 0))
      (user-error "%s is there already" (abbreviate-file-name file)))
    (prog1 (aid-apply--record-make
            :op 'create :file file :content text
            :edits (aid-apply--edits buffer (list (list 0 0 text))))
      (with-current-buffer buffer
        (normal-mode t)))))

(defun aid-apply-delete (root path)
  "Delete the file PATH under ROOT, keeping its text in the record."
  (let* ((file (aid--mod-patch-path (expand-file-name root) path))
         (buffer (find-buffer-visiting file)))
    (when (and buffer (buffer-modified-p buffer))
      (user-error "%s has unsaved changes: save it, then accept again"
                  (buffer-name buffer)))
    (aid-apply--check-writable file nil)
    (let ((content (aid-apply--buffer-text (or buffer (find-file-noselect file)))))
      (delete-file file t)
      (when-let ((now (find-buffer-visiting file)))
        (kill-buffer now))
      (aid-apply--record-make :op 'delete :file file :content content))))

(defun aid-apply-rename (root old new)
  "Rename the file OLD to NEW, both under ROOT.  Give a record."
  (let* ((from (aid--mod-patch-path (expand-file-name root) old))
         (to (aid--mod-patch-path (expand-file-name root) new)))
    (when (file-exists-p to)
      (user-error "%s is there already" (abbreviate-file-name to)))
    (aid-apply--rename-file from to)
    (aid-apply--record-make :op 'rename :file to :old-file from)))

(defun aid-apply--rename-file (from to)
  "Rename FROM to TO, and what visits it, keeping unsaved changes."
  (let ((buffer (find-buffer-visiting from)))
    (make-directory (file-name-directory to) t)
    (rename-file from to)
    (when buffer
      (with-current-buffer buffer
        (let ((modified (buffer-modified-p)))
          (set-visited-file-name to t t)
          (set-buffer-modified-p modified))))))

;;; Taking back

(defun aid-apply--edit-intact-p (edit)
  "Whether the text that EDIT inserted is still there, unedited."
  (pcase-let ((`(,beg ,end ,_old ,new) edit))
    (and (marker-buffer beg)
         (with-current-buffer (marker-buffer beg)
           (save-restriction
             (widen)
             (equal (buffer-substring-no-properties beg end) new))))))

(defun aid-apply--reverse-edits (edits)
  "Put back what EDITS replaced, as one undo step."
  (when edits
    (with-current-buffer (marker-buffer (caar edits))
      (save-excursion
        (save-restriction
          (widen)
          (undo-boundary)
          (atomic-change-group
            (pcase-dolist (`(,beg ,end ,old ,_new) edits)
              (goto-char beg)
              (delete-region beg end)
              (insert old)))
          (undo-boundary)
          (run-hook-with-args 'aid-after-apply-functions (current-buffer) 'reversed))))))

(defun aid-apply--remove-created (record)
  "Take back the creation in RECORD: its buffer and its file go."
  (let* ((file (aid-apply-record-file record))
         (buffer (find-buffer-visiting file)))
    (when buffer
      (with-current-buffer buffer
        (set-buffer-modified-p nil))
      (kill-buffer buffer))
    (when (file-exists-p file)
      (delete-file file t))))

(defun aid-apply--created-intact-p (record)
  "Whether the file that RECORD created holds just its text."
  (let* ((file (aid-apply-record-file record))
         (buffer (find-buffer-visiting file)))
    (equal (aid-apply-record-content record)
           (cond (buffer (aid-apply--buffer-text buffer))
                 ((file-exists-p file)
                  (with-temp-buffer
                    (insert-file-contents file)
                    (buffer-string)))))))

(defun aid-apply--restore-deleted (record)
  "Bring back the file that RECORD deleted."
  (let ((file (aid-apply-record-file record)))
    (if (file-exists-p file)
        (format "%s is there again with other text" (abbreviate-file-name file))
      (make-directory (file-name-directory file) t)
      (let ((coding-system-for-write 'utf-8-unix))
        (write-region (aid-apply-record-content record) nil file nil 'quiet))
      nil)))

(defun aid-apply-reverse (record)
  "Take back what RECORD did.  Give nil, or why it can't be taken back."
  (pcase (aid-apply-record-op record)
    ('modify
     (let ((edits (aid-apply-record-edits record)))
       (cond ((not (cl-every (lambda (edit) (marker-buffer (car edit))) edits))
              'gone)
             ((cl-every #'aid-apply--edit-intact-p edits)
              (aid-apply--reverse-edits edits)
              nil)
             (t (format "%s was edited at this place since"
                        (abbreviate-file-name (aid-apply-record-file record)))))))
    ('create
     (if (aid-apply--created-intact-p record)
         (progn (aid-apply--remove-created record) nil)
       (format "%s was edited since it was made"
               (abbreviate-file-name (aid-apply-record-file record)))))
    ('delete (aid-apply--restore-deleted record))
    ('rename
     (let ((from (aid-apply-record-file record))
           (to (aid-apply-record-old-file record)))
       (if (or (file-exists-p to) (not (file-exists-p from)))
           (format "%s cannot get its old name back" (abbreviate-file-name from))
         (aid-apply--rename-file from to)
         nil)))))

(provide 'aid-apply)
;;; aid-apply.el ends here
