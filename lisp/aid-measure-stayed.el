;;; aid-measure-stayed.el --- What stays of accepted hunks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A buffer with accepted text tells the core of its changes for ten minutes,
;; and the core how much of each hunk is there after 30 s, 2, 5 and 10
;; minutes.  When the buffer is closed, or its changes were not told, its text
;; is compared, or its file's.  At the next commit that holds the file, within
;; a day, it is compared once more.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'aid-measure)

(declare-function aid--mod-track-open "ext:aid-module" (size))
(declare-function aid--mod-track-close "ext:aid-module" (track))
(declare-function aid--mod-track-change "ext:aid-module" (track beg removed text))
(declare-function aid--mod-track-accept "ext:aid-module" (track hunk beg text))
(declare-function aid--mod-track-drop "ext:aid-module" (track hunk))
(declare-function aid--mod-track-stayed "ext:aid-module" (track size text hunks))
(declare-function aid-apply-record-edits "aid-apply" (record))
(declare-function aid-apply-record-file "aid-apply" (record))

(defvar aid-measure-stayed-ages '((30 . "30s") (120 . "2m") (300 . "5m") (600 . "10m"))
  "Ages in seconds at which accepted hunks are looked at, and what that is called.")

(defconst aid-measure-stayed--day 86400
  "Seconds for which a commit is waited for.")

(defconst aid-measure-stayed--pause 60
  "Seconds between two looks for a commit.")

(defconst aid-measure-stayed--most (* 4 1024 1024)
  "Bytes of a file that is compared.")

(cl-defstruct (aid-measure-stayed--file (:constructor aid-measure-stayed--make))
  "A FILE with accepted text: TRACK is the core's number, HUNKS what is followed.
BUFFER tells its changes, or is nil when it does no more."
  track file buffer hunks)

(cl-defstruct (aid-measure-stayed--hunk (:constructor aid-measure-stayed--hunk-make))
  "A hunk NUMBER that the review's HUNK is, accepted AT some time.
NAMES is a plist for the core, AGES are those to come, HEAD is when the
repository's log had changed last."
  number hunk at names ages head)

(defvar aid-measure-stayed--files nil "All that is followed.")
(defvar aid-measure-stayed--number 0 "The last hunk's.")
(defvar aid-measure-stayed--timer nil "The timer for the next look.")
(defvar aid-measure-stayed--timer-at 0 "When that is.")
(defvar aid-measure-stayed--last-head nil "What HEAD of a root was lately: (ROOT TIME HEAD).")

(defvar-local aid-measure-stayed--here nil "What is followed in this buffer.")
(put 'aid-measure-stayed--here 'permanent-local t)

;;; Following

(defun aid-measure-stayed--changed (beg end old)
  "Tell the core that OLD characters at BEG became those up to END."
  (when aid-measure-stayed--here
    (condition-case nil
        (aid--mod-track-change (aid-measure-stayed--file-track aid-measure-stayed--here)
                               (1- beg) old
                               (save-restriction
                                 (widen)
                                 (buffer-substring-no-properties beg end)))
      (error (aid-measure-stayed--let-go)))))

(defun aid-measure-stayed--let-go ()
  "Tell no more of this buffer's changes."
  (remove-hook 'after-change-functions #'aid-measure-stayed--changed t)
  (remove-hook 'kill-buffer-hook #'aid-measure-stayed--let-go t)
  (when aid-measure-stayed--here
    (setf (aid-measure-stayed--file-buffer aid-measure-stayed--here) nil)
    (when buffer-file-name              ; it may have been written under another name
      (setf (aid-measure-stayed--file-file aid-measure-stayed--here) buffer-file-name))
    (setq aid-measure-stayed--here nil)))

(defun aid-measure-stayed--told-p ()
  "Whether this buffer's changes are told; else tell no more of them.
When a function that another package has put into `after-change-functions' errs,
Emacs empties that, and nobody hears of what was changed since."
  (or (memq #'aid-measure-stayed--changed after-change-functions)
      (aid-measure-stayed--let-go)))

;; A mode that is set anew, as on reverting, leaves them.
(put 'aid-measure-stayed--changed 'permanent-local-hook t)
(put 'aid-measure-stayed--let-go 'permanent-local-hook t)

(defun aid-measure-stayed--follow (file)
  "What is followed in this buffer of FILE, begun now unless it is already."
  (or (and aid-measure-stayed--here (aid-measure-stayed--told-p) aid-measure-stayed--here)
      (let ((new (aid-measure-stayed--make :file file :buffer (current-buffer)
                                           :track (aid--mod-track-open (buffer-size)))))
        (push new aid-measure-stayed--files)
        (add-hook 'after-change-functions #'aid-measure-stayed--changed nil t)
        (add-hook 'kill-buffer-hook #'aid-measure-stayed--let-go nil t)
        (setq aid-measure-stayed--here new))))

(defun aid-measure-stayed--take (followed number edits)
  "Tell the core of FOLLOWED that hunk NUMBER made EDITS; give whether it could."
  (let ((any nil))
    (pcase-dolist (`(,beg ,end ,_old ,new) edits)
      (when (and (< beg end) (equal new (buffer-substring-no-properties beg end))
                 (aid--mod-track-accept (aid-measure-stayed--file-track followed)
                                        number (1- beg) new))
        (setq any t)))
    any))

(defun aid-measure-accepted (hunk names record)
  "Follow what RECORD says that HUNK inserted; NAMES are the core's for it."
  (let* ((edits (aid-apply-record-edits record))
         (buffer (and edits (marker-buffer (caar edits))))
         (file (aid-apply-record-file record))
         (number (cl-incf aid-measure-stayed--number)))
    (when (and buffer (or (buffer-local-value 'aid-measure-stayed--here buffer)
                          (not (file-remote-p file))))
      (with-current-buffer buffer
        (save-restriction
          (widen)
          (let ((followed (aid-measure-stayed--follow file)))
            (when (aid-measure-stayed--take followed number edits)
              (push (aid-measure-stayed--hunk-make
                     :number number :hunk hunk :at (float-time) :names names
                     :ages aid-measure-stayed-ages
                     :head (aid-measure-stayed--head-lately (plist-get names :root)))
                    (aid-measure-stayed--file-hunks followed)))
            (aid-measure-stayed--in (caar aid-measure-stayed-ages))))))))

(defun aid-measure-taken-back (hunk)
  "Follow HUNK no more."
  (dolist (followed aid-measure-stayed--files)
    (dolist (h (aid-measure-stayed--file-hunks followed))
      (when (eq hunk (aid-measure-stayed--hunk-hunk h))
        (aid--mod-track-drop (aid-measure-stayed--file-track followed)
                             (aid-measure-stayed--hunk-number h))
        (setf (aid-measure-stayed--file-hunks followed)
              (delq h (aid-measure-stayed--file-hunks followed)))))))

;;; Looking

(defun aid-measure-stayed--text (followed)
  "The text of FOLLOWED's file as it is for the person, or nil."
  (let* ((file (aid-measure-stayed--file-file followed)) (buffer (find-buffer-visiting file)))
    (cond (buffer (with-current-buffer buffer
                    (save-restriction
                      (widen)
                      (buffer-substring-no-properties (point-min) (point-max)))))
          (t (aid-measure-stayed--disk file)))))

(defun aid-measure-stayed--disk (file)
  "The text that FILE holds on disk, or nil."
  (when (and (file-regular-p file)
             (<= (file-attribute-size (file-attributes file)) aid-measure-stayed--most))
    (with-temp-buffer
      (insert-file-contents file)
      (buffer-string))))

(defun aid-measure-stayed--plists (hunks when now)
  "HUNKS as the core wants them, looked at WHEN, which is NOW."
  (mapcar (lambda (h)
            (append (list :number (aid-measure-stayed--hunk-number h) :when when
                          :after (max 0 (round (- now (aid-measure-stayed--hunk-at h)))))
                    (aid-measure-stayed--hunk-names h)))
          hunks))

(defun aid-measure-stayed--note (followed hunks when now &optional text)
  "Have the core record how much of HUNKS of FOLLOWED there is, WHEN, at NOW.
With TEXT, how much of them that holds."
  (let* ((plists (aid-measure-stayed--plists hunks when now))
         (track (aid-measure-stayed--file-track followed))
         (buffer (aid-measure-stayed--file-buffer followed)))
    (unless (and (not text) (buffer-live-p buffer)
                 (with-current-buffer buffer (aid-measure-stayed--told-p))
                 (aid--mod-track-stayed track (buffer-size buffer) nil plists))
      (aid--mod-track-stayed track 0 (or text (aid-measure-stayed--text followed) "") plists))))

(defun aid-measure-stayed--due (followed now)
  "Look at those hunks of FOLLOWED whose time has come, NOW."
  (pcase-dolist (`(,age . ,when) aid-measure-stayed-ages)
    (let ((due (cl-remove-if-not
                (lambda (h) (and (assoc age (aid-measure-stayed--hunk-ages h))
                                 (>= (- now (aid-measure-stayed--hunk-at h)) age)))
                (aid-measure-stayed--file-hunks followed))))
      (dolist (h due)
        (setf (aid-measure-stayed--hunk-ages h)
              (cl-remove age (aid-measure-stayed--hunk-ages h) :key #'car)))
      (when due
        (aid-measure-stayed--note followed due when now)))))

(defun aid-measure-stayed--drop-old (followed now)
  "Forget what is done with of FOLLOWED, NOW; give whether anything is left."
  (let ((hunks (cl-remove-if (lambda (h)
                               (or (> (- now (aid-measure-stayed--hunk-at h))
                                      aid-measure-stayed--day)
                                   (not (or (aid-measure-stayed--hunk-ages h)
                                            (aid-measure-stayed--hunk-head h)))))
                             (aid-measure-stayed--file-hunks followed))))
    (setf (aid-measure-stayed--file-hunks followed) hunks)
    (unless (cl-some #'aid-measure-stayed--hunk-ages hunks)
      (when (buffer-live-p (aid-measure-stayed--file-buffer followed))
        (with-current-buffer (aid-measure-stayed--file-buffer followed)
          (aid-measure-stayed--let-go))))
    (or hunks
        (progn (aid--mod-track-close (aid-measure-stayed--file-track followed)) nil))))

(defun aid-measure-stayed-look ()
  "Look at what is due by now, and when to look again."
  (setq aid-measure-stayed--timer nil)
  (let ((now (float-time)))
    (dolist (followed aid-measure-stayed--files)
      (condition-case nil
          (progn (aid-measure-stayed--due followed now)
                 (aid-measure-stayed--commits followed now))
        ;; Another core took over, which knows nothing of it.
        (error (setf (aid-measure-stayed--file-hunks followed) nil))))
    (setq aid-measure-stayed--files
          (cl-remove-if-not (lambda (followed)
                              (ignore-errors (aid-measure-stayed--drop-old followed now)))
                            aid-measure-stayed--files)))
  (aid-measure-stayed--plan))

(defun aid-measure-stayed--next (now)
  "Seconds from NOW until something is due, or nil."
  (let (next)
    (dolist (followed aid-measure-stayed--files next)
      (dolist (h (aid-measure-stayed--file-hunks followed))
        (let ((wait (if-let ((age (caar (aid-measure-stayed--hunk-ages h))))
                        (- (+ (aid-measure-stayed--hunk-at h) age) now)
                      aid-measure-stayed--pause)))
          (setq next (min (max wait 0) (or next aid-measure-stayed--pause)
                          aid-measure-stayed--pause)))))))

(defun aid-measure-stayed--in (wait)
  "Have a timer look in WAIT seconds, unless one does earlier."
  (let ((at (+ (float-time) wait)))
    (unless (and aid-measure-stayed--timer (<= aid-measure-stayed--timer-at at))
      (when aid-measure-stayed--timer
        (cancel-timer aid-measure-stayed--timer))
      (setq aid-measure-stayed--timer-at at
            aid-measure-stayed--timer
            (run-at-time (+ wait 0.05) nil #'aid-measure-stayed-look)))))

(defun aid-measure-stayed--plan ()
  "Have a timer look when something is due."
  (when-let ((wait (aid-measure-stayed--next (float-time))))
    (aid-measure-stayed--in wait)))

;;; Commits

(defun aid-measure-stayed--log (root)
  "The file in which Git logs what HEAD of ROOT was, or nil."
  (let ((git (and root (expand-file-name ".git" root))))
    (when (and git (file-exists-p git))
      (expand-file-name
       "logs/HEAD"
       (if (file-directory-p git)
           git
         (with-temp-buffer
           (insert-file-contents git)
           (and (looking-at "gitdir: \\(.*\\)")
                (expand-file-name (match-string 1) root))))))))

(defun aid-measure-stayed--head (root)
  "When HEAD of ROOT was changed last, or nil when nobody knows."
  (when-let ((log (ignore-errors (aid-measure-stayed--log root))))
    (if (file-exists-p log)
        (float-time (file-attribute-modification-time (file-attributes log)))
      0.0)))

(defun aid-measure-stayed--head-lately (root)
  "When HEAD of ROOT was changed last, as of a moment ago: hunks come in rows."
  (let ((now (float-time)))
    (pcase aid-measure-stayed--last-head
      (`(,(pred (equal root)) ,(pred (< (- now 5))) ,head) head)
      (_ (nth 2 (setq aid-measure-stayed--last-head
                      (list root now (aid-measure-stayed--head root))))))))

(defun aid-measure-stayed--is-commit-p (root)
  "Whether it was by a commit that HEAD of ROOT was changed last."
  (let ((log (aid-measure-stayed--log root)))
    (with-temp-buffer
      (let ((size (file-attribute-size (file-attributes log))))
        (insert-file-contents log nil (max 0 (- size 2000)) size))
      (goto-char (point-max))
      (forward-line -1)
      (looking-at ".*\tcommit\\b"))))

(defun aid-measure-stayed--commits (followed now)
  "Look at the file of FOLLOWED when it was committed by NOW."
  (let* ((hunks (aid-measure-stayed--file-hunks followed))
         (waiting (cl-remove-if-not #'aid-measure-stayed--hunk-head hunks))
         (root (and waiting (plist-get (aid-measure-stayed--hunk-names (car waiting)) :root)))
         (head (and root (aid-measure-stayed--head root)))
         (new (and head (cl-remove-if (lambda (h) (= head (aid-measure-stayed--hunk-head h)))
                                      waiting))))
    (when new
      (dolist (h new)
        (setf (aid-measure-stayed--hunk-head h) head))
      (when (aid-measure-stayed--is-commit-p root)
        (aid-measure-stayed--ask-git followed new root now)))))

(defun aid-measure-stayed--ask-git (followed hunks root now)
  "Look at HUNKS of FOLLOWED in ROOT, at NOW, if Git has its file committed."
  (let ((file (aid-measure-stayed--file-file followed)) (default-directory root))
    (make-process
     :name "aid-measure" :noquery t :buffer nil :connection-type 'pipe
     :command (list "git" "--no-optional-locks" "diff" "--quiet" "HEAD" "--" file)
     :sentinel
     (lambda (process _)
       (when (and (eq 'exit (process-status process)) (eq 0 (process-exit-status process)))
         (aid-measure-stayed--committed followed hunks now))))))

(defun aid-measure-stayed--committed (followed hunks now)
  "Look at HUNKS of FOLLOWED, whose file was committed, at NOW."
  (when-let ((text (and (memq followed aid-measure-stayed--files)
                        (aid-measure-stayed--disk (aid-measure-stayed--file-file followed)))))
    (ignore-errors
      (aid-measure-stayed--note followed (cl-intersection
                                          hunks (aid-measure-stayed--file-hunks followed))
                                "commit" now text))
    (dolist (h hunks)
      (setf (aid-measure-stayed--hunk-head h) nil))))

(provide 'aid-measure-stayed)
;;; aid-measure-stayed.el ends here
