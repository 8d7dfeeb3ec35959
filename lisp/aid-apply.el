;;; aid-apply.el --- Apply and take back an answer's hunks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A hunk that the core has placed is applied to the live buffer, never to
;; the file under it: one undo step a hunk, markers and point elsewhere where
;; they were.  Each application leaves a record by which it is taken back.

;;; Code:

(require 'aid-error)
(require 'cl-lib)
(require 'subr-x)

(declare-function aid--mod-patch-plan "ext:aid-module" (plist))
(declare-function aid--mod-patch-report "ext:aid-module" (plist))
(declare-function aid--mod-patch-path "ext:aid-module" (root path))

(defcustom aid-after-apply-functions nil
  "Functions called after a hunk was applied or taken back.
Each gets the buffer and the symbol `applied' or `reversed'."
  :type 'hook
  :group 'aid)

(defcustom aid-save-after-review t
  "Whether files are saved when a review ends, or an answer was taken back.
With t, files that had no unsaved changes before their first changed hunk
are saved at once and others are asked about, unless
`compilation-ask-about-save' is nil, when all are saved.  With nil, nothing
is saved."
  :type 'boolean
  :group 'aid)

;;; Names

(defun aid-apply--with-local-root (root function)
  "Call FUNCTION with ROOT as the core may know it.
Of a remote folder the core knows nothing: it gets an empty one, and the texts
that Emacs has read."
  (if (not (file-remote-p root))
      (funcall function (expand-file-name root))
    (let ((empty (make-temp-file "aid" t)))
      (unwind-protect (funcall function empty)
        (delete-directory empty)))))

(defun aid-apply-file (root path)
  "The absolute name of PATH, which a patch names, under ROOT.
Signals `aid-error' with the reason when a patch may not write there."
  (let ((local (aid-apply--with-local-root
                root (lambda (folder) (aid--mod-patch-path folder path)))))
    (if (not (file-remote-p root))
        local
      (let ((file (expand-file-name path root)))
        (unless (file-in-directory-p file root)
          (signal 'aid-error (list 'refused (format "%s leads out of the project" path))))
        file))))

(defun aid-apply-visit (root path)
  "Visit PATH under ROOT unless a buffer does, and give that buffer then.
What was placed in the bytes of a file may be elsewhere in its buffer, which has
no carriage returns and counts characters by the file's own coding."
  (when-let ((name (and path (ignore-errors (aid-apply-file root path)))))
    (and (file-exists-p name) (not (find-buffer-visiting name)) (find-file-noselect name t))))

(defun aid-apply-visiting (root path)
  "The buffer that visits PATH under ROOT, or nil."
  (when-let ((name (and path (ignore-errors (aid-apply-file root path)))))
    (find-buffer-visiting name)))

;;; What is asked of the core

(defun aid-apply-text (buffer)
  "The whole text of BUFFER."
  (with-current-buffer buffer
    (save-restriction
      (widen)
      (buffer-substring-no-properties (point-min) (point-max)))))

(defun aid-apply--remote-text (root path)
  "The text of PATH under the remote ROOT, read through Emacs."
  (when-let ((name (ignore-errors (aid-apply-file root path))))
    (when (and (file-readable-p name) (file-regular-p name))
      (aid-apply-text (find-file-noselect name)))))

(defun aid-apply-texts (root paths)
  "The texts of PATHS under ROOT that only Emacs knows, as an alist."
  (delq nil
        (mapcar (lambda (path)
                  (if-let ((buffer (aid-apply-visiting root path)))
                      (cons path (aid-apply-text buffer))
                    (when-let ((text (and (file-remote-p root)
                                          (aid-apply--remote-text root path))))
                      (cons path text))))
                (delete-dups (delq nil (copy-sequence paths))))))

(defun aid-apply-paths (patch)
  "All paths in PATCH: from `aid--mod-patch-read', or a plan."
  (cl-loop for file in (plist-get patch :files)
           collect (plist-get file :path)
           collect (plist-get file :old_path)))

(cl-defun aid-apply-plan (text patch root &key chosen only reverse report)
  "Place the hunks of PATCH, which was read from TEXT, under ROOT.
CHOSEN, ONLY and REVERSE are as for `aid--mod-patch-plan'.  With REPORT, a list
of the numbers of files, give what is refused of these, as a text."
  (let* ((named (aid-apply-paths patch))
         (ask (lambda (function paths)
                (aid-apply--with-local-root
                 root (lambda (folder)
                        (funcall function
                                 (list :text text :root folder :texts (aid-apply-texts root paths)
                                       :files report :chosen chosen :only only
                                       :reverse reverse))))))
         (plan (funcall ask #'aid--mod-patch-plan named))
         ;; It may be about a buffer that the patch calls by another name.
         (found (cl-remove-if-not (lambda (path) (aid-apply-visiting root path))
                                  (cl-set-difference (aid-apply-paths plan) named :test #'equal))))
    (cond (report (funcall ask #'aid--mod-patch-report (append found named)))
          (found (funcall ask #'aid--mod-patch-plan (append found named)))
          (t plan))))

;;; Applying edits to a buffer

(cl-defstruct (aid-apply-record (:constructor aid-apply--record-make))
  "What was done for one hunk: OP, FILE, and the EDITS made.
EDITS is a list of (BEG-MARKER END-MARKER OLD-TEXT NEW-TEXT).  CONTENT is the
text of a created file, or the bytes of a deleted one; MODES were the file's;
MADE is the first folder that was made for it."
  op file edits content modes made)

(defvar aid-apply-touched nil
  "The buffers that were changed, each with whether it was unmodified before.
Bound by those who save them afterwards: an alist.")

(defun aid-apply--touch (buffer)
  "Note that BUFFER is going to be changed."
  (unless (assq buffer aid-apply-touched)
    (push (cons buffer (not (buffer-modified-p buffer))) aid-apply-touched)))

(defun aid-apply--check-writable (file buffer)
  "Signal an error unless FILE, visited by BUFFER or nil, may be changed."
  (when (and (file-exists-p file) (not (file-writable-p file)))
    (user-error "%s is write-protected: change its mode, then accept again"
                (abbreviate-file-name file)))
  (when (and buffer (buffer-local-value 'buffer-read-only buffer))
    (user-error "%s is read-only in its buffer: make it writable (C-x C-q), then accept again"
                (buffer-name buffer)))
  (when (and buffer (not (verify-visited-file-modtime buffer)))
    (user-error "%s changed on disk: revert its buffer, then accept again"
                (abbreviate-file-name file))))

(defun aid-apply--edit (edit)
  "Make EDIT, a list (CBEG CEND TEXT), in this buffer and give its record.
What is typed later just before or after the text is none of it."
  (pcase-let* ((`(,cbeg ,cend ,text) edit)
               (beg (1+ cbeg)) (end (1+ cend))
               (old (buffer-substring-no-properties beg end)))
    (goto-char beg)
    (delete-region beg end)
    (insert text)
    (list (copy-marker beg (not (string-empty-p text))) (copy-marker (point)) old text)))

(defun aid-apply-edits (buffer edits)
  "Make EDITS, a list of (CBEG CEND TEXT), in BUFFER as one undo step.
Give the list of edit records."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (undo-boundary)
        (let (records)
          (atomic-change-group
            (dolist (edit (sort (copy-sequence edits) (lambda (a b) (> (car a) (car b)))))
              (push (aid-apply--edit edit) records)))
          (undo-boundary)
          (run-hook-with-args 'aid-after-apply-functions buffer 'applied)
          records)))))

(defun aid-apply-modify (root path edits)
  "Apply EDITS to PATH under ROOT in the buffer where they were placed.
Give a record."
  (let* ((file (aid-apply-file root path))
         (buffer (or (find-buffer-visiting file)
                     (error "%s is in no buffer" (abbreviate-file-name file)))))
    (aid-apply--check-writable file buffer)
    (aid-apply--touch buffer)
    (aid-apply--record-make :op 'modify :file file
                            :edits (aid-apply-edits buffer edits))))

(defun aid-apply--missing-folder (file)
  "The topmost folder above FILE that does not exist, or nil."
  (let ((folder (file-name-directory file)) missing)
    (while (not (file-exists-p folder))
      (setq missing folder
            folder (file-name-directory (directory-file-name folder))))
    (unless (file-writable-p folder)
      (user-error "The folder %s is write-protected" (abbreviate-file-name folder)))
    missing))

(defun aid-apply--executable (modes mode)
  "MODES of a file that a patch gives MODE, a string: whoever reads may execute."
  (if (equal mode "100755")
      (logior modes (ash (logand modes #o444) -2))
    (logand modes (lognot #o111))))

(defun aid-apply-mode (root path mode)
  "Make the file PATH under ROOT executable, or not, as MODE says.  Give a record."
  (let* ((file (aid-apply-file root path)) (modes (file-modes file)))
    (aid-apply--check-writable file nil)
    (set-file-modes file (aid-apply--executable modes mode))
    (aid-apply--record-make :op 'mode :file file :modes modes)))

(defun aid-apply--mode-when-saved (mode)
  "Give this buffer's file MODE when it is first saved."
  (let (hook)
    (setq hook (lambda ()
                 (remove-hook 'after-save-hook hook t)
                 (set-file-modes buffer-file-name
                                 (aid-apply--executable (file-modes buffer-file-name) mode))))
    (add-hook 'after-save-hook hook nil t)))

(defun aid-apply-create (root path text &optional mode)
  "Make the new file PATH under ROOT with TEXT, in a buffer.  Give a record.
It gets MODE, as a patch states it, when it is saved."
  (let* ((file (aid-apply-file root path))
         (there (file-exists-p file))
         (made (aid-apply--missing-folder file))
         (open (find-buffer-visiting file))
         (buffer (or open (find-file-noselect file t))))
    (when (> (buffer-size buffer) 0)
      (user-error "%s is there already" (abbreviate-file-name file)))
    ;; Emacs takes a file in a folder that is yet to be made for read-only.
    (unless (or there open)
      (with-current-buffer buffer
        (setq buffer-read-only nil)))
    (aid-apply--check-writable file buffer)
    (aid-apply--touch buffer)
    (prog1 (aid-apply--record-make
            :op (if there 'modify 'create) :file file :content text :made made
            :edits (aid-apply-edits buffer (list (list 0 0 text))))
      (with-current-buffer buffer
        (set-buffer-modified-p t)
        (normal-mode t)
        (when mode
          (aid-apply--mode-when-saved mode))))))

(defun aid-apply--bytes (file)
  "The bytes of FILE."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert-file-contents-literally file)
    (buffer-string)))

(defun aid-apply-delete (root path)
  "Delete the file PATH under ROOT, keeping its text in the record."
  (let* ((file (aid-apply-file root path))
         (buffer (find-buffer-visiting file)))
    (when (and buffer (buffer-modified-p buffer))
      (user-error "%s has unsaved changes: save it, then accept again"
                  (buffer-name buffer)))
    (aid-apply--check-writable file nil)
    (let ((record (aid-apply--record-make :op 'delete :file file :modes (file-modes file)
                                          :content (aid-apply--bytes file))))
      (delete-file file t)
      (when buffer
        (kill-buffer buffer))
      record)))

(defun aid-apply-rename (root old new)
  "Rename the file OLD to NEW, both under ROOT, and what visits it.
Unsaved changes stay unsaved.  Give a record."
  (let* ((from (aid-apply-file root old))
         (to (aid-apply-file root new))
         (buffer (find-buffer-visiting from)))
    (when (or (file-exists-p to) (find-buffer-visiting to))
      (user-error "%s is there already" (abbreviate-file-name to)))
    (let ((made (aid-apply--missing-folder to)))
      (make-directory (file-name-directory to) t)
      (rename-file from to)
      (when buffer
        (with-current-buffer buffer
          (let ((modified (buffer-modified-p)))
            (set-visited-file-name to t t)
            (set-visited-file-modtime)
            (set-buffer-modified-p modified))))
      (aid-apply--record-make :op 'rename :file to :content old :made made))))

;;; Saving

(defvar compilation-ask-about-save)

(defun aid-apply--save-p (buffer clean)
  "Whether BUFFER, which had no unsaved changes when CLEAN, is to be saved."
  (and (buffer-live-p buffer) (buffer-modified-p buffer) (buffer-file-name buffer)
       (or clean
           (and (boundp 'compilation-ask-about-save) (not compilation-ask-about-save))
           (y-or-n-p (format "%s had other unsaved changes.  Save it? "
                             (buffer-name buffer))))))

(defun aid-apply-save (touched)
  "Save the buffers in TOUCHED, an alist as `aid-apply-touched'.
`aid-save-after-review' says which."
  (when aid-save-after-review
    (pcase-dolist (`(,buffer . ,clean) touched)
      (when (aid-apply--save-p buffer clean)
        (with-current-buffer buffer
          (make-directory (file-name-directory buffer-file-name) t)
          (condition-case err
              ;; What an answer makes of a file's end is meant.
              (let ((require-final-newline nil) (mode-require-final-newline nil))
                (save-buffer))
            (error (message "%s was not saved: %s" (buffer-name)
                            (aid-error-words err)))))))))

;;; Taking back

(defun aid-apply--edit-intact-p (edit)
  "Whether the text that EDIT inserted is still there, unedited."
  (pcase-let ((`(,beg ,end ,_old ,new) edit))
    (with-current-buffer (marker-buffer beg)
      (save-restriction
        (widen)
        (and (<= beg end)
             (equal (buffer-substring-no-properties beg end) new))))))

(defun aid-apply--reverse-edits (edits)
  "Put back what EDITS replaced, as one undo step."
  (when edits
    (with-current-buffer (marker-buffer (caar edits))
      (aid-apply--touch (current-buffer))
      (save-excursion
        (save-restriction
          (widen)
          (undo-boundary)
          (atomic-change-group
            (pcase-dolist (`(,beg ,end ,old ,_new) (reverse edits))
              (goto-char beg)
              (delete-region beg end)
              (insert old)))
          (undo-boundary)
          (run-hook-with-args 'aid-after-apply-functions (current-buffer) 'reversed))))))

(defun aid-apply--edited-since (record)
  "The words for a place of RECORD that a person has edited."
  (format "%s was edited at this place since"
          (abbreviate-file-name (aid-apply-record-file record))))

(defun aid-apply--reverse-modify (record)
  "Take back the edits of RECORD.  Give nil, `gone', or a reason."
  (let ((edits (aid-apply-record-edits record)))
    (cond ((not (cl-every (lambda (edit) (buffer-live-p (marker-buffer (car edit)))) edits))
           'gone)
          ((and edits (buffer-local-value 'buffer-read-only (marker-buffer (caar edits))))
           (format "%s is read-only in its buffer" (buffer-name (marker-buffer (caar edits)))))
          ((cl-every #'aid-apply--edit-intact-p edits)
           (aid-apply--reverse-edits edits)
           nil)
          (t (aid-apply--edited-since record)))))

(defun aid-apply--created-text (record)
  "What the file that RECORD created holds now, or nil when it is gone."
  (let* ((file (aid-apply-record-file record))
         (buffer (find-buffer-visiting file)))
    (cond (buffer (aid-apply-text buffer))
          ((file-exists-p file)
           (with-temp-buffer
             (insert-file-contents file)
             (buffer-string))))))

(defun aid-apply-remove (file &optional made)
  "Delete FILE and its buffer, and folders down from MADE that are empty then."
  (when-let ((buffer (find-buffer-visiting file)))
    (with-current-buffer buffer
      (set-buffer-modified-p nil))
    (kill-buffer buffer))
  (when (file-exists-p file)
    (delete-file file t))
  (aid-apply--remove-folders file made))

(defun aid-apply--remove-folders (file made)
  "Delete the folders of FILE, from MADE on, that are empty."
  (let ((folder (file-name-directory file)))
    (while (and made (string-prefix-p made folder)
                (ignore-errors (delete-directory folder) t))
      (setq folder (file-name-directory (directory-file-name folder))))))

(defun aid-apply--restore-deleted (record)
  "Bring back the file that RECORD deleted.  Give nil or a reason."
  (let ((file (aid-apply-record-file record)))
    (if (file-exists-p file)
        (format "%s is there again" (abbreviate-file-name file))
      (make-directory (file-name-directory file) t)
      (let ((coding-system-for-write 'no-conversion))
        (write-region (aid-apply-record-content record) nil file nil 'quiet))
      (set-file-modes file (aid-apply-record-modes record))
      nil)))

(defun aid-apply--reverse-create (record)
  "Remove what RECORD created.  Give nil or a reason."
  (let ((text (aid-apply--created-text record)))
    (if (member text (list nil (aid-apply-record-content record)))
        (progn (aid-apply-remove (aid-apply-record-file record)
                                 (aid-apply-record-made record))
               nil)
      (format "%s was edited since it was made"
              (abbreviate-file-name (aid-apply-record-file record))))))

(defun aid-apply-reverse (record)
  "Take back what RECORD did to a file's text, or to a whole file.
Give nil, why it can't be taken back, or `gone' when its buffer is closed."
  (pcase (aid-apply-record-op record)
    ('modify (aid-apply--reverse-modify record))
    ('create (aid-apply--reverse-create record))
    ('delete (aid-apply--restore-deleted record))
    ('mode (set-file-modes (aid-apply-record-file record) (aid-apply-record-modes record)))
    (_ 'gone)))

(provide 'aid-apply)
;;; aid-apply.el ends here
