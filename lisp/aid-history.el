;;; aid-history.el --- A file through time  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-history' lists the versions of a file that snapshots have kept
;; (`aid-snapshot-mode'), the newest first, with how the build stood.  Each can
;; be shown, compared with what is there now, and brought back into the buffer
;; as one change that can be undone.  The file itself is left alone.

;;; Code:

(require 'cl-lib)
(require 'tabulated-list)
(require 'aid-module)
(require 'aid-snapshot)
(eval-when-compile (require 'subr-x))

(declare-function aid--mod-snapshot-log-soon "ext:aid-module" (root path most))
(declare-function aid--mod-snapshot-text-soon "ext:aid-module" (root id path))
(declare-function diff-no-select "diff" (old new &optional switches no-async buf))

(defcustom aid-history-max 1000
  "Versions of a file that are listed at most."
  :type 'integer
  :group 'aid)

(defface aid-history-green '((t :inherit success))
  "Face of a version at which the build was green."
  :group 'aid)

(defface aid-history-red '((t :inherit error))
  "Face of a version at which the build was red."
  :group 'aid)

(defvar-local aid-history--file nil
  "The file whose versions are listed.")
(defvar-local aid-history--root nil
  "The root of its project.")
(defvar-local aid-history--path nil
  "The file, relative to the root.")
(defvar-local aid-history--versions nil
  "The versions, plists of the core.")

;;; The list

(defun aid-history--ago (seconds)
  "SECONDS as people say how long ago something was."
  (cond ((< seconds 60) "just now")
        ((< seconds 3600) (format "%d min ago" (/ seconds 60)))
        ((< seconds 86400) (format "%d h ago" (/ seconds 3600)))
        (t (format "%d day%s ago" (/ seconds 86400) (if (< seconds 172800) "" "s")))))

(defun aid-history--change (version)
  "What VERSION changed, in a word or two."
  (if (equal "deleted" (plist-get version :change))
      "deleted"
    (concat (if (equal "added" (plist-get version :change)) "new " "")
            (if (>= (plist-get version :added) 0)
                (format "+%d -%d" (plist-get version :added) (plist-get version :removed))
              "binary"))))

(defun aid-history--build (version)
  "How the build stood at VERSION, or before, if it was not built as it is."
  (let* ((status (plist-get version :status)) (errors (plist-get version :errors))
         (words (if (and (eq status 'red) (> errors 0)) (format "red %d" errors) (symbol-name status))))
    (if (or (plist-get version :exact) (eq status 'unknown))
        (propertize words 'face (pcase status ('green 'aid-history-green) ('red 'aid-history-red) (_ 'shadow)))
      (propertize (concat "was " words) 'face 'shadow
                  'help-echo "So was the last build; files have changed since"))))

(defun aid-history--entries ()
  "The rows of the list."
  (let ((now (round (float-time))))
    (mapcar (lambda (version)
              (let ((time (plist-get version :time)))
                (list (plist-get version :id)
                      (vector (aid-history--ago (max 0 (- now time)))
                              (aid-history--build version)
                              (aid-history--change version)
                              (format-time-string "%F %T" time)
                              (substring (plist-get version :id) 0 12)))))
            aid-history--versions)))

(defun aid-history--listed (kind val)
  "Show the versions VAL that have come, or what kept them, by KIND."
  (if (eq kind 'error)
      (message "%s" (plist-get val :message))
    (setq aid-history--versions val)
    (let ((line (line-number-at-pos)) (id (tabulated-list-get-id)))
      (tabulated-list-print)
      (goto-char (point-min))
      (unless (and id (cl-loop until (eobp)
                               thereis (equal id (tabulated-list-get-id))
                               do (forward-line)))
        (goto-char (point-min))
        (forward-line (1- line))))
    (if val
        (message "%s" (substitute-command-keys "\\[aid-history-show] shows a version, \\[aid-history-diff] \
compares it with now, \\[aid-history-restore] brings it back"))
      (message "No snapshot has %s yet; M-x aid-snapshot-mode takes some" aid-history--path))))

(defun aid-history--refresh (&rest _)
  "List the versions anew."
  (aid--on-event-here (aid--mod-snapshot-log-soon aid-history--root aid-history--path aid-history-max)
                      (lambda (kind val &rest _) (aid-history--listed kind val))))

(defvar aid-history-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'aid-history-show)
    (define-key map (kbd "SPC") #'aid-history-display)
    (define-key map (kbd "=") #'aid-history-diff)
    (define-key map (kbd "r") #'aid-history-restore)
    (define-key map [mouse-2] #'aid-history-show)
    map)
  "Keys in the list of a file's versions.")

(easy-menu-define aid-history-menu aid-history-mode-map
  "The menu of a file's versions."
  '("History"
    ["Show this version" aid-history-show]
    ["Compare with now" aid-history-diff]
    ["Restore into the buffer" aid-history-restore]
    "--"
    ["List anew" revert-buffer]
    ["Leave" quit-window]))

(define-derived-mode aid-history-mode tabulated-list-mode "AID-History"
  "The versions of a file, the newest first.
\\<aid-history-mode-map>\\[aid-history-show] shows one, \\[aid-history-display] shows it and stays here,
\\[aid-history-diff] compares it with what is there now, \\[aid-history-restore] brings it back."
  :group 'aid
  (setq tabulated-list-format [("When" 14 nil) ("Build" 11 nil) ("Change" 12 nil) ("Time" 20 t) ("Snapshot" 0 nil)]
        tabulated-list-entries #'aid-history--entries)
  (setq-local revert-buffer-function #'aid-history--refresh)
  (tabulated-list-init-header))

;;;###autoload
(defun aid-history (&optional file)
  "Show FILE, or the file here, through time, as snapshots have kept it."
  (interactive (list (or buffer-file-name aid-history--file
                         (read-file-name "History of file: " nil nil t))))
  (aid-module-ensure)
  (let* ((file (file-truename (or file buffer-file-name)))
         (root (let ((default-directory (file-name-directory file))) (aid-snapshot-root)))
         (path (or (aid-snapshot--below file root)
                   (user-error "%s is in no project" (abbreviate-file-name file))))
         (buffer (get-buffer-create (format "*aid-history %s*" path))))
    (with-current-buffer buffer
      (aid-history-mode)
      (setq aid-history--file file
            aid-history--root root
            aid-history--path path
            default-directory (file-name-directory file))
      (aid-history--refresh))
    (pop-to-buffer buffer)))

;;; One version

(defun aid-history--version ()
  "The version on this line."
  (or (cl-find (tabulated-list-get-id) aid-history--versions
               :key (lambda (version) (plist-get version :id)) :test #'equal)
      (user-error "There is no version on this line")))

(defun aid-history--with-text (version then)
  "Call THEN with the bytes of VERSION, a unibyte string, in this buffer."
  (when (equal "deleted" (plist-get version :change))
    (user-error "The file was deleted then; the line below has its last version"))
  (aid--on-event-here
   (aid--mod-snapshot-text-soon aid-history--root (plist-get version :id) aid-history--path)
   (lambda (kind val &rest _)
     (cond ((eq kind 'error) (message "%s" (plist-get val :message)))
           ((not (plist-get val :utf8))
            (message "This version is no UTF-8 text; aid snapshot restore %.12s brings it back" (plist-get version :id)))
           (t (funcall then (encode-coding-string (plist-get val :text) 'utf-8-unix)))))))

(defun aid-history--coding ()
  "The coding system of the file whose versions are listed."
  (let ((buffer (find-buffer-visiting aid-history--file)))
    (or (and buffer (buffer-local-value 'buffer-file-coding-system buffer)) 'utf-8)))

(defun aid-history--buffer (version bytes)
  "A buffer that shows VERSION, which is BYTES, in the file's mode."
  (let ((file aid-history--file) (text (decode-coding-string bytes (aid-history--coding)))
        (name (format "%s at %s" (file-name-nondirectory aid-history--file)
                      (format-time-string "%F %T" (plist-get version :time)))))
    (with-current-buffer (get-buffer-create name)
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert text))
      (setq default-directory (file-name-directory file))
      (delay-mode-hooks                 ; nobody's server is to be told of it
        (let ((buffer-file-name file) (enable-local-variables nil))
          (set-auto-mode)))
      (setq aid-history--file file)     ; its history is the file's
      (font-lock-mode 1)
      (set-buffer-modified-p nil)
      (setq buffer-read-only t)
      (goto-char (point-min))
      (view-mode 1)
      (current-buffer))))

(defun aid-history-show (&optional event)
  "Show the version on this line, or the one that was clicked on with EVENT."
  (interactive (list last-nonmenu-event))
  (when (mouse-event-p event)
    (mouse-set-point event))
  (let ((version (aid-history--version)))
    (aid-history--with-text version (lambda (bytes) (pop-to-buffer (aid-history--buffer version bytes))))))

(defun aid-history-display ()
  "Show the version on this line in another window, and stay here."
  (interactive)
  (let ((version (aid-history--version)))
    (aid-history--with-text version (lambda (bytes) (display-buffer (aid-history--buffer version bytes))))))

(defun aid-history--now ()
  "The buffer that has the file as it is now; it is visited if it is not."
  (or (find-buffer-visiting aid-history--file)
      (if (file-exists-p aid-history--file)
          (find-file-noselect aid-history--file)
        (user-error "%s is not there any more" (abbreviate-file-name aid-history--file)))))

(defun aid-history-diff ()
  "Compare the version on this line with what is there now."
  (interactive)
  (require 'diff)
  (let ((version (aid-history--version)) (now (aid-history--now)))
    (aid-history--with-text
     version
     (lambda (bytes)
       (display-buffer (diff-no-select (aid-history--buffer version bytes) now nil nil
                                       (get-buffer-create "*aid-history-diff*")))))))

(defun aid-history-restore ()
  "Bring the version on this line back into the file's buffer.
It is one change, which can be undone; the file is not saved."
  (interactive)
  (let* ((version (aid-history--version))
         (now (if (file-exists-p aid-history--file) (aid-history--now) (find-file-noselect aid-history--file))))
    (with-current-buffer now
      (barf-if-buffer-read-only))
    (aid-history--with-text version (lambda (bytes) (aid-history--replace now version bytes)))))

(defun aid-history--replace (buffer version bytes)
  "Make the text of BUFFER that of VERSION, which is BYTES, in one change."
  (with-current-buffer buffer
    (let ((text (decode-coding-string bytes (or buffer-file-coding-system 'utf-8))))
      (undo-boundary)
      (atomic-change-group
        (save-restriction
          (widen)
          (with-temp-buffer
            (insert text)
            (let ((source (current-buffer)))
              (with-current-buffer buffer
                (replace-buffer-contents source 0.5))))))
      (undo-boundary))
    (display-buffer buffer)
    (message "%s is as it was %s; undo takes that back, and it is not saved" (buffer-name)
             (aid-history--ago (max 0 (- (round (float-time)) (plist-get version :time)))))))

(provide 'aid-history)
;;; aid-history.el ends here
