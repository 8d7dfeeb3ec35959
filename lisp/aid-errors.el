;;; aid-errors.el --- The errors that Emacs knows of  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Flymake, Flycheck and compilation buffers in one form: lines
;; "FILE:LINE:COLUMN: KIND: MESSAGE", as a compiler would print them.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(eval-when-compile (require 'compile))  ; what reads a message's place are macros

(declare-function flymake-diagnostics "flymake" (&optional beg end))
(declare-function flymake-diagnostic-beg "flymake" (diag))
(declare-function flymake-diagnostic-type "flymake" (diag))
(declare-function flymake-diagnostic-text "flymake" (diag))
(declare-function flycheck-overlay-errors-in "ext:flycheck" (beg end))
(declare-function flycheck-error-line "ext:flycheck" (err))
(declare-function flycheck-error-column "ext:flycheck" (err))
(declare-function flycheck-error-level "ext:flycheck" (err))
(declare-function flycheck-error-message "ext:flycheck" (err))
(declare-function aid-project-root "aid-project" ())

(declare-function compilation--ensure-parse "compile" (limit))
(declare-function compilation--message->loc "compile" (message))

(defvar flycheck-current-errors)

(defun aid-errors--name (buffer)
  "What BUFFER's file is called in the project."
  (let ((file (buffer-file-name buffer)))
    (if file
        (file-relative-name file (with-current-buffer buffer (aid-project-root)))
      (buffer-name buffer))))

(defun aid-errors--line (name line column kind text)
  "One error: KIND and TEXT at LINE and COLUMN of NAME."
  (format "%s:%d:%d: %s: %s" name line (or column 1) kind (string-trim text)))

(defun aid-errors--flymake-kind (diagnostic)
  "\"error\", \"warning\" or \"note\" for the Flymake DIAGNOSTIC."
  (let ((type (format "%s" (flymake-diagnostic-type diagnostic))))
    (cond ((string-match-p "error" type) "error")
          ((string-match-p "warning" type) "warning")
          (t "note"))))

(defun aid-errors--flymake (beg end)
  "Flymake's diagnostics between BEG and END of this buffer."
  (when (bound-and-true-p flymake-mode)
    (mapcar (lambda (diagnostic)
              (save-excursion
                (goto-char (flymake-diagnostic-beg diagnostic))
                (aid-errors--line (aid-errors--name (current-buffer))
                                  (line-number-at-pos nil t) (1+ (current-column))
                                  (aid-errors--flymake-kind diagnostic)
                                  (flymake-diagnostic-text diagnostic))))
            (flymake-diagnostics beg end))))

(defun aid-errors--flycheck (beg end)
  "Flycheck's errors between BEG and END of this buffer."
  (when (bound-and-true-p flycheck-mode)
    (mapcar (lambda (err)
              (aid-errors--line (aid-errors--name (current-buffer))
                                (or (flycheck-error-line err) 1) (flycheck-error-column err)
                                (flycheck-error-level err) (or (flycheck-error-message err) "")))
            (if (and (= beg (point-min)) (= end (point-max)))
                flycheck-current-errors
              (flycheck-overlay-errors-in beg end)))))

(defun aid-errors--buffer (buffer)
  "The errors of BUFFER by its checkers."
  (with-current-buffer buffer
    (save-restriction
      (widen)
      (append (aid-errors--flymake (point-min) (point-max))
              (aid-errors--flycheck (point-min) (point-max))))))

(defconst aid-errors--no-message
  (concat "[ \t]*$\\|Compilation \\|[^ \t\n:]+: \\(?:In \\|At top level\\)"
          "\\|\\(?:g?make\\|ninja\\)\\(?:\\[[0-9]+\\]\\)?: \\|In file included from"
          "\\|\\(?:error\\|warning\\)\\(?:\\[[^]\n]*\\]\\)?: ")
  "Matches the beginning of a line that does not go on a compiler's message.")

(defun aid-errors--looking-at-none-p ()
  "Whether the line at point does not go on a compiler's message."
  (let ((case-fold-search nil))
    (looking-at-p aid-errors--no-message)))

(defun aid-errors--message-p ()
  "Whether a compiler's message begins in the line at point.
Rust's are known too where compile.el does not know them: in Emacs 30."
  (or (text-property-not-all (line-beginning-position) (line-end-position)
                             'compilation-message nil)
      (save-excursion
        (forward-line 0)
        (looking-at-p " *--> [^\n]+:[0-9]+:[0-9]+$"))))

(defun aid-errors--message-beg ()
  "Where the message at point, at a line's beginning, begins.
Some compilers say what is wrong before they say where."
  (let ((here (point)) (case-fold-search nil))
    (save-excursion
      (if (and (zerop (forward-line -1))
               (not (aid-errors--message-p))
               (looking-at "\\(?:error\\|warning\\)\\(?:\\[[^]\n]*\\]\\)?: "))
          (point)
        here))))

(defun aid-errors--message-end ()
  "Where the message at point ends: at the next one, or what is none."
  (save-excursion
    (forward-line 1)
    (while (not (or (eobp) (aid-errors--message-p) (aid-errors--looking-at-none-p)))
      (forward-line 1))
    (point)))

(defun aid-errors--line-now (loc)
  "The line where LOC of a compilation is now: once visited it moves with its text."
  (let ((marker (compilation--loc->marker loc)))
    (if (and marker (buffer-live-p (marker-buffer marker)))
        (with-current-buffer (marker-buffer marker)
          (line-number-at-pos marker t))
      (or (compilation--loc->line loc) 0))))

(defun aid-errors--message-place (&optional now)
  "The place in the project that the message at point names: \"FILE:LINE\", or nil.
Compilation knows which folder a make had entered.  With NOW the line is where
what the message is about has moved to since."
  (when-let* ((pos (text-property-not-all (line-beginning-position) (line-end-position)
                                          'compilation-message nil))
              (loc (compilation--message->loc (get-text-property pos 'compilation-message)))
              (spec (compilation--file-struct->file-spec (compilation--loc->file-struct loc))))
    (format "%s:%d"
            (file-relative-name (expand-file-name (car spec) (or (cadr spec) default-directory))
                                (aid-project-root))
            (if now (aid-errors--line-now loc) (or (compilation--loc->line loc) 0)))))

(defun aid-errors--message ()
  "The message of the compiler in the line at point, with its place as a property.
Another one says where that is now."
  (let ((place (ignore-errors (aid-errors--message-place)))
        (now (ignore-errors (aid-errors--message-place t)))
        (text (string-trim-right
               (buffer-substring-no-properties (save-excursion (forward-line 0) (aid-errors--message-beg))
                                               (aid-errors--message-end)))))
    (if place (propertize text 'aid-errors-place place 'aid-errors-now now) text)))

(defun aid-errors--names-p (path)
  "Whether the message in the line at point names PATH."
  (or (not path)
      (string-match-p (concat "\\(?:\\`\\|[^[:alnum:]_.-]\\)"
                              (regexp-quote (file-name-nondirectory path))
                              "\\(?:\\'\\|[^[:alnum:]_-]\\)")
                      (buffer-substring-no-properties (line-beginning-position)
                                                      (line-end-position)))))

(defun aid-errors--parse ()
  "See that all messages in this compilation buffer are known as such."
  (when (fboundp 'compilation--ensure-parse)
    (compilation--ensure-parse (point-max))))

(defun aid-errors--compilation (buffer path)
  "The messages in the compilation BUFFER, only those that name PATH unless nil."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (aid-errors--parse)
        (goto-char (point-min))
        (let (found)
          (while (not (eobp))
            (if (not (and (aid-errors--message-p) (aid-errors--names-p path)
                          (not (aid-errors--looking-at-none-p))))
                (forward-line 1)
              (push (aid-errors--message) found)
              (goto-char (aid-errors--message-end))))
          (nreverse found))))))

(defun aid-errors--compilation-buffers ()
  "The compilation buffers of this project, not those of grep."
  (let ((root (aid-project-root)))
    (cl-remove-if-not (lambda (buffer)
                        (with-current-buffer buffer
                          (and (derived-mode-p 'compilation-mode)
                               (not (derived-mode-p 'grep-mode))
                               (file-in-directory-p default-directory root))))
                      (buffer-list))))

(defun aid-errors--compiled-here ()
  "What this project's compilations say of the line at point of this file."
  (when-let ((file (buffer-file-name (buffer-base-buffer))))
    (let* ((name (file-relative-name file (aid-project-root)))
           (place (format "%s:%d" name (line-number-at-pos nil t))))
      (cl-loop for buffer in (aid-errors--compilation-buffers)
               append (cl-loop for text in (aid-errors--compilation buffer name)
                               when (equal place (or (get-text-property 0 'aid-errors-now text)
                                                     (aid-errors--place text)))
                               collect text)))))

(defun aid-errors--place (text)
  "The first place that TEXT, an error, names: \"FILE:LINE\", or nil."
  (or
   (and (not (string-empty-p text)) (get-text-property 0 'aid-errors-place text))
   (and (string-match (concat "\\(?:File \"\\([^\"\n]+\\)\", lines? \\([0-9]+\\)"
                              "\\|^ *\\(?:--> \\)?\\([^ \t\n:][^\n:]*\\):\\([0-9]+\\):\\)")
                      text)
        (concat (or (match-string 1 text) (match-string 3 text)) ":"
                (or (match-string 2 text) (match-string 4 text))))))

(defun aid-errors--plain (text)
  "TEXT with plain quotes: a compiler's depend on the locale that it runs in."
  (replace-regexp-in-string "[‘’`]" "'" text t t))

(defun aid-errors--words (text)
  "What TEXT, an error, says: its first line without place and kind."
  (replace-regexp-in-string
   (concat "\\`.*?:[0-9]+:\\(?:[0-9]+:\\)? "
           "\\(?:[Ee]rror\\|[Ww]arning\\|[Nn]ote\\|info\\)\\(?:\\[[^]]*\\]\\)?: ")
   "" (car (split-string text "\n"))))

(defconst aid-errors--compared 100
  "Errors at one place with which another one there is compared at most.")

(defun aid-errors--joined (errors)
  "ERRORS without those that another one at the same place says, too.
So a compiler's message, with the lines that it shows, stands for Flymake's."
  (let ((at (make-hash-table :test #'equal)))
    (dolist (one errors)
      (when-let ((place (aid-errors--place one)))
        (push one (gethash place at))))
    (cl-remove-if
     (lambda (one)
       (let ((words (aid-errors--plain (aid-errors--words one)))
             (there (gethash (aid-errors--place one) at)))
         (and (not (string-empty-p words))
              (cl-loop for other in there
                       repeat aid-errors--compared
                       thereis (and (not (eq other one))
                                    (or (> (length other) (length one))
                                        (and (= (length other) (length one))
                                             (memq other (cdr (memq one there)))))
                                    (string-search words (aid-errors--plain other)))))))
     errors)))

(defun aid-errors-text (&optional path known)
  "All errors of the project here, or those of PATH in it, one a line or more.
What several checkers say of one place is told once.  Those at the places KNOWN,
a list of \"FILE:LINE\", are left out."
  (let* ((root (aid-project-root))
         (file (and path (expand-file-name path root)))
         (buffers (if file
                      (delq nil (list (find-buffer-visiting file)))
                    (cl-remove-if-not (lambda (b) (and (buffer-file-name b)
                                                       (file-in-directory-p (buffer-file-name b) root)))
                                      (buffer-list)))))
    (string-join
     (cl-delete-if
      (lambda (one) (and known (member (aid-errors--place one) known)))
      (aid-errors--joined
       (delete-dups
        (append (cl-mapcan #'aid-errors--buffer buffers)
                (cl-mapcan (lambda (b) (aid-errors--compilation b path))
                           (aid-errors--compilation-buffers))))))
     "\n")))

(defun aid-errors-at-point ()
  "The error at point, or nil: of checkers and compilations."
  (let ((found (if (derived-mode-p 'compilation-mode)
                   (progn (aid-errors--parse)
                          (and (aid-errors--message-p) (list (aid-errors--message))))
                 (aid-errors--joined
                  (append (aid-errors--flymake (line-beginning-position) (line-end-position))
                          (aid-errors--flycheck (line-beginning-position) (line-end-position))
                          (aid-errors--compiled-here))))))
    (and found (string-trim (string-join found "\n")))))

(provide 'aid-errors)
;;; aid-errors.el ends here
