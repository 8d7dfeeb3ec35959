;;; aid-chat-complete.el --- Completion in the open question  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; "@" completes what a question may be about: files of the project, buffers
;; and symbols of the buffers on screen; what is chosen becomes a context line.
;; "/" at the question's beginning completes a strategy.  Nothing pops up.

;;; Code:

(require 'cl-lib)
(require 'aid-percent)
(require 'aid-context)
(require 'aid-chat-send)

(declare-function aid--mod-strategies "ext:aid-module" ())
(declare-function aid-chat-root "aid-chat" ())
(declare-function imenu--subalist-p "imenu" (item))
(declare-function imenu--make-index-alist "imenu" (&optional noerror))
(declare-function project-files "project" (project &optional dirs))

(defconst aid-chat--complete-most 50000
  "Files of a project beyond this many are not offered.")

(defvar-local aid-chat--files-known nil
  "The project's files when they were last listed: (TIME . FILES).")

(defun aid-chat--project-files ()
  "The project's files, relative to its root; listed at most every 10 s."
  (require 'seq)
  (let ((root (aid-chat-root)))
    (unless (and aid-chat--files-known
                 (< (- (float-time) (car aid-chat--files-known)) 10))
      (setq aid-chat--files-known
            (cons (float-time)
                  (ignore-errors
                    (let* ((default-directory root)
                           (project (project-current nil root)))
                      (mapcar (lambda (file) (file-relative-name file root))
                              (seq-take (if project
                                            (project-files project)
                                          (directory-files root t "\\`[^.]"))
                                        aid-chat--complete-most)))))))
    (cdr aid-chat--files-known)))

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

(defun aid-chat--candidates ()
  "What \"@\" may stand for: an alist of names and functions that give an item.
An item is a list of label, target and words."
  (let ((root (aid-chat-root)))
    (append
     (mapcar (lambda (file)
               (cons file (lambda ()
                            (list file (aid-context--file-target default-directory
                                                                 (expand-file-name file root))
                                  ""))))
             (aid-chat--project-files))
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
             (aid-chat--symbols)))))

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

(defun aid-chat-complete-item ()
  "Complete an \"@\" word of the open question: for `completion-at-point'."
  (save-excursion
    (let ((end (point)))
      (skip-chars-backward "^ \t\n@" (line-beginning-position))
      (let ((beg (point)))
        (when (and (eq (char-before) ?@)
                   (memq (char-before (1- beg)) '(?\s ?\t ?\n ?\( nil))
                   (aid-chat-in-question-p))
          (let ((candidates (aid-chat--candidates)))
            (list beg end (mapcar #'car candidates)
                  :exclusive 'no
                  :company-kind (lambda (_) 'file)
                  :exit-function
                  (lambda (name status)
                    (when (memq status '(finished sole exact))
                      (when-let ((make (cdr (assoc (substring-no-properties name)
                                                   candidates))))
                        (aid-chat--complete-done name (funcall make))))))))))))

(defun aid-chat--complete-done (name item)
  "Replace the \"@NAME\" before point by its name, and add ITEM."
  (let ((beg (- (point) (length name) 1)))
    (when (and (>= beg (point-min)) (eq (char-after beg) ?@))
      (delete-region beg (1+ beg)))
    (let ((here (copy-marker (point))))
      (apply #'aid-chat-add-item (current-buffer) item)
      (goto-char here)
      (set-marker here nil))))

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
          (list beg end (aid--mod-strategies) :exclusive 'no))))))

(provide 'aid-chat-complete)
;;; aid-chat-complete.el ends here
