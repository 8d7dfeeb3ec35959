;;; aid-append.el --- Append what Emacs shows to a question  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Each `aid-append-' command leaves one line in the open question of the
;; project's chat: a link to what will be sent (aid-context.el).

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'aid-context)
(require 'aid-chat-send)
(require 'aid-in-force)

(declare-function aid--mod-definition-at "ext:aid-module" (text file at))
(declare-function aid--mod-tokens "ext:aid-module" (text))
(declare-function aid--mod-chat-hash "ext:aid-module" (body))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-add-item "aid-chat-send" (chat label target &optional words))
(declare-function aid-chat--prose-bounds "aid-chat-send" ())
(declare-function aid-errors-at-point "aid-errors" ())
(declare-function aid-errors-text "aid-errors" (&optional path))
(declare-function aid-chat-quote "aid-chat-nav" (beg end))
(autoload 'aid-context-count-soon "aid-context-items")
(declare-function dired-get-marked-files "dired" (&optional localp arg filter distinguish error))
(declare-function comint-previous-prompt "comint" (n))
(declare-function which-function "which-func" ())

(defvar Info-current-file)
(defvar Info-current-node)
(defvar comint-last-prompt)
(defvar eshell-last-input-start)
(defvar eshell-last-output-start)

;;; The line

(defun aid-append--chat ()
  "The chat to append to."
  (aid-module-ensure)
  (require 'aid-chat)
  (or aid-append-chat (aid-chat-at-hand)))

(defun aid-append--show (chat)
  "Let the windows of CHAT show the end of its open question.
The point of another window than the selected goes along when it would not be
seen."
  (dolist (window (get-buffer-window-list chat nil t))
    (let ((selected (eq window (selected-window))))
      (unless (pos-visible-in-window-p (with-current-buffer chat (point-max)) window)
        (with-selected-window window
          (let ((from (save-excursion
                        (goto-char (point-max))
                        (vertical-motion (- 2 (window-body-height)))
                        (point)))
                (prose (cdr (aid-chat--prose-bounds))))
            (when (and (< (point) from) (not selected))
              (goto-char (if (<= from prose (point-max)) prose (point-max))))
            (when (<= from (point))
              (set-window-start window from t))))))))

(defconst aid-append--counted 200000
  "Characters of a text that is counted at once; of a longer one the size tells.")

(defun aid-append--add (label target text &optional meta)
  "Add an item line LABEL for TARGET, whose TEXT is shown as a cost, with META.
TEXT nil: the core finds out what it costs."
  (let ((chat (aid-append--chat))
        (tokens (cond ((not text) nil)
                      ((< (length text) aid-append--counted) (aid--mod-tokens text))
                      (t (/ (length text) 4)))))
    (aid-chat-add-item chat label target
                       (string-join (delq nil (list meta (and tokens (format "tok=%d" tokens)))) " "))
    (aid-append--show chat)
    (if tokens
        (message "%s: ~%d tokens" label tokens)
      (message "%s: appended" label)
      (with-current-buffer chat
        (aid-context-count-soon target)))))

(defun aid-append--chat-dir ()
  "The folder of the chat to append to."
  (file-name-as-directory
   (expand-file-name (buffer-local-value 'default-directory (aid-append--chat)))))

(defun aid-append--snapshot (label kind name text)
  "Add an item LABEL of KIND and NAME whose TEXT is taken now.
The target holds a hash of TEXT, so that another text is another item."
  (aid-module-ensure)
  (when (string-blank-p text)
    (user-error "There is nothing to append"))
  (let ((target (format "aid:%s/%s%s" kind
                        (if (string-empty-p name) "" (concat (aid-context--encode name) "/"))
                        (substring (aid--mod-chat-hash text) 0 12))))
    (puthash target text aid-context--snapshots)
    (aid-append--add label target text)))

(defun aid-append--file ()
  "The file of this buffer, or of the one that it is an indirect buffer of."
  (buffer-file-name (buffer-base-buffer)))

(defun aid-append--range-target (dir first last beg end)
  "The target for lines FIRST to LAST of this file, from DIR.
It follows the text from BEG to END."
  (aid-context--follow dir (aid-context--file-target dir (aid-append--file) first last)
                       (with-current-buffer (or (buffer-base-buffer) (current-buffer))
                         (cons (copy-marker beg t) (copy-marker end)))))

(defun aid-append--add-lines (beg end &optional symbol)
  "Add the lines from BEG to END of this buffer; SYMBOL is what they define."
  (save-restriction
    (widen)
    (let* ((beg (save-excursion (goto-char beg) (forward-line 0) (point)))
           (end (save-excursion
                  (goto-char end)
                  (unless (and (bolp) (> end beg)) (forward-line 1))
                  (point)))
           (first (line-number-at-pos beg))
           (last (line-number-at-pos (max beg (1- end))))
           (text (buffer-substring-no-properties beg end)))
      (when (= beg end)
        (user-error "There is nothing to append"))
      (if (not (aid-append--file))
          (aid-append--snapshot (format "%s:%d-%d" (buffer-name) first last)
                                "text" (buffer-name) text)
        (aid-append--add
         (aid-context--label (aid-append--file) (aid-project-root) first last)
         (aid-append--range-target (aid-append--chat-dir) first last beg end)
         text (and symbol (format "sym=%s" (aid-context--encode symbol))))))))

;;; Commands

;;;###autoload
(defun aid-append-region (beg end)
  "Append the lines of the region from BEG to END to the open question."
  (interactive "r")
  (aid-append--add-lines beg end)
  (deactivate-mark))

;;;###autoload
(defun aid-append-definition ()
  "Append the definition at point to the open question."
  (interactive)
  (let ((bounds (aid-append-definition-bounds)))
    (unless bounds
      (user-error "There is no definition here"))
    (aid-append--add-lines (car bounds) (cdr bounds) (aid-append--definition-name))))

(defconst aid-append--scanned 262144
  "Characters of a buffer at most in which the core looks for a definition.")

(defun aid-append--scanned ()
  "The bounds and name of the definition at point by the core, a list, or nil.
It knows languages that Emacs may have no mode for."
  (when (and (aid-append--file) (not (derived-mode-p 'text-mode))
             (<= (buffer-size) aid-append--scanned))
    (aid-module-ensure)
    (save-restriction
      (widen)
      (pcase (aid--mod-definition-at (buffer-substring-no-properties (point-min) (point-max))
                                     (file-name-nondirectory (aid-append--file)) (1- (point)))
        (`(,beg ,end ,name) (list (1+ beg) (1+ end) name))))))

(defun aid-append-definition-bounds ()
  "The bounds of the definition at point, or nil."
  (or (and (derived-mode-p 'prog-mode)
           (bounds-of-thing-at-point 'defun))
      (pcase (aid-append--scanned)
        (`(,beg ,end . ,_) (cons beg end)))))

(defun aid-append--definition-name ()
  "The name of the definition at point, or nil."
  (require 'which-func)
  (or (ignore-errors (which-function))
      (nth 2 (aid-append--scanned))))

(defun aid-append--add-file (file)
  "Add FILE, or the listing of a directory."
  (let* ((file (expand-file-name file))
         (dir (aid-append--chat-dir))
         (target (aid-context--file-target dir file)))
    (unless (or (file-readable-p file) (find-buffer-visiting file))
      (user-error "%s cannot be read" file))
    (aid-append--add
     (aid-context--label file (aid-project-root))
     target
     (if (file-directory-p file)
         (aid-context--listing file)
       (aid-context--file-text target dir)))))

;;;###autoload
(defun aid-append-buffer ()
  "Append this buffer to the open question."
  (interactive)
  (when (eq (aid-append--chat) (or (buffer-base-buffer) (current-buffer)))
    (user-error "This is the chat itself: all of it is sent"))
  (if (aid-append--file)
      (aid-append--add-file (aid-append--file))
    (let ((text (aid-context--lines (current-buffer) nil nil)))
      (when (string-blank-p text)
        (user-error "There is nothing to append"))
      (aid-append--add (buffer-name)
                       (concat "aid:buffer/" (aid-context--encode (buffer-name)))
                       text))))

;;;###autoload
(defun aid-append-file (file)
  "Append FILE to the open question."
  (interactive (list (read-file-name "Append file: " nil nil t)))
  (aid-append--add-file file))

;;;###autoload
(defun aid-append-directory (directory)
  "Append the names in DIRECTORY to the open question."
  (interactive (list (read-directory-name "Append the listing of: " nil nil t)))
  (aid-append--add-file (directory-file-name directory)))

;;;###autoload
(defun aid-append-dired ()
  "Append the files marked in this Dired buffer to the open question."
  (interactive)
  (unless (derived-mode-p 'dired-mode)
    (user-error "This is no Dired buffer"))
  (mapc #'aid-append--add-file (or (delq nil (dired-get-marked-files))
                                   (user-error "There is no file on this line"))))

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
      (aid-append--add (if file (format "errors in %s" file) "all errors")
                       (if file (concat "aid:errors/" (aid-context--encode file)) "aid:errors")
                       text))))

;;;###autoload
(defun aid-append-error ()
  "Append the error at point to the open question."
  (interactive)
  (require 'aid-errors)
  (let ((text (or (aid-errors-at-point) (user-error "There is no error here"))))
    (aid-append--snapshot (concat "error: " (truncate-string-to-width
                                             (car (split-string text "\n")) 60 nil nil "…"))
                          "error" "" text)))

(defun aid-append--comint-output ()
  "The last command and its output, up to the prompt, in this comint buffer."
  (let ((inhibit-field-text-motion t) (from (1+ (point-max)))
        (end (or (and comint-last-prompt (marker-position (car comint-last-prompt))) (point-max))))
    (goto-char end)
    ;; A key that interrupts counts as an input that is blank.
    (while (and (< (point) from)
                (progn (setq from (point))
                       (comint-previous-prompt 1)
                       (looking-at-p "[ \t]*$"))))
    (let ((beg (line-beginning-position)))
      (buffer-substring-no-properties (if (< beg end) beg (point-min)) end))))

(defun aid-append--shell-output ()
  "The last command and its output in this shell buffer."
  (save-excursion
    (save-restriction
      (widen)
      (cond ((derived-mode-p 'comint-mode) (aid-append--comint-output))
            ((and (derived-mode-p 'eshell-mode)
                  (marker-position eshell-last-input-start))
             (buffer-substring-no-properties eshell-last-input-start eshell-last-output-start))
            (t (goto-char (point-max))
               (forward-line -50)
               (buffer-substring-no-properties (point) (point-max)))))))

;;;###autoload
(defun aid-append-shell ()
  "Append the last command and its output of this shell buffer."
  (interactive)
  (unless (derived-mode-p 'comint-mode 'eshell-mode 'term-mode)
    (user-error "This is no shell buffer"))
  (aid-append--snapshot (format "output in %s" (buffer-name)) "shell" (buffer-name)
                        (aid-append--shell-output)))

;;;###autoload
(defun aid-append-info ()
  "Append this Info node to the open question."
  (interactive)
  (unless (derived-mode-p 'Info-mode)
    (user-error "This is no Info buffer"))
  (let ((node (format "(%s) %s" (file-name-base Info-current-file) Info-current-node)))
    (aid-append--snapshot node "info" node
                          (buffer-substring-no-properties (point-min) (point-max)))))

;;;###autoload
(defun aid-append-kill ()
  "Append the head of the kill ring to the open question."
  (interactive)
  (aid-append--snapshot "pasted text" "kill" "" (substring-no-properties (current-kill 0 t))))

;;;###autoload
(defun aid-append-dwim ()
  "Append what point is on: region, files, error, shell output, definition, buffer.
Of a difference without a file it is the text as it is now; in the chat itself
the region is quoted."
  (interactive)
  (cond ((and (use-region-p) (eq (aid-append--chat) (current-buffer)))
         (aid-chat-quote (region-beginning) (region-end)))
        ((use-region-p) (aid-append-region (region-beginning) (region-end)))
        ((derived-mode-p 'dired-mode) (aid-append-dired))
        ((derived-mode-p 'Info-mode) (aid-append-info))
        ((derived-mode-p 'comint-mode 'eshell-mode 'term-mode) (aid-append-shell))
        ((derived-mode-p 'grep-mode 'xref--xref-buffer-mode 'occur-mode)
         (aid-append-buffer))
        ((and (derived-mode-p 'diff-mode) (not (aid-append--file)))
         (aid-append--snapshot (buffer-name) "text" (buffer-name)
                               (aid-context--lines (current-buffer) nil nil)))
        ((and (require 'aid-errors) (aid-errors-at-point)) (aid-append-error))
        ((aid-append-definition-bounds) (aid-append-definition))
        (t (aid-append-buffer))))

(provide 'aid-append)
;;; aid-append.el ends here
