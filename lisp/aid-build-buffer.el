;;; aid-build-buffer.el --- What a build prints  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A buffer for the output of each project's build, in a mode derived from
;; `compilation-mode'.  `next-error' walks what the core has found, which knows
;; more languages; where it found nothing, compilation's own matchers are the
;; second source.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'cl-lib)
(require 'compile)
(require 'aid-build)

(declare-function aid-fix-build "aid-build-fix" ())
(declare-function compilation--message->loc "compile" (message))
(declare-function compilation--message->type "compile" (message))

(defvar-local aid-build-buffer--site nil
  "The `aid-build-site' whose output this buffer holds.")

(defvar-local aid-build-buffer--at nil
  "The number of the diagnostic that `next-error' went to last, or nil.")

(defvar aid-build-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map compilation-mode-map)
    (define-key map "g" #'aid-build-again)
    (define-key map (kbd "C-c C-k") #'aid-build-stop)
    (define-key map (kbd "C-c C-f") #'aid-fix-build)
    map)
  "Keys of the output of a build.")

(define-derived-mode aid-build-mode compilation-mode "AID-Build"
  "What a build prints.
\\<aid-build-mode-map>\\[aid-build-again] builds again, \\[aid-build-stop] stops, \\[aid-fix-build] asks for a fix of the first
error, \\[next-error] walks the errors.

\\{aid-build-mode-map}"
  :group 'aid
  (setq next-error-function #'aid-build-next-error)
  (setq-local revert-buffer-function (lambda (&rest _) (aid-build-again))))

(defun aid-build-again ()
  "Run the build of this buffer again."
  (interactive)
  (let ((site aid-build-buffer--site))
    (aid-build-save (aid-build-site-root site))
    (aid-build-start (aid-build-site-wish site) nil t)))

;;; The text

(defun aid-build-buffer-begin (site)
  "Make the buffer of SITE ready for the output of a build that begins."
  (let ((buffer (get-buffer-create (format "*aid-build: %s*" (file-name-nondirectory (aid-build-site-root site)))))
        (first t))
    (with-current-buffer buffer
      (when (and aid-build-buffer--site (not (eq site aid-build-buffer--site)))
        (setq buffer (generate-new-buffer (buffer-name)))))
    (when (buffer-live-p (aid-build-site-buffer site))
      (unless (eq 'compilation-mode (buffer-local-value 'major-mode (aid-build-site-buffer site)))
        (setq buffer (aid-build-site-buffer site) first nil)))
    (setf (aid-build-site-buffer site) buffer)
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (erase-buffer)
        (when first
          (aid-build-mode))
        (setq aid-build-buffer--site site
              aid-build-buffer--at nil
              ;; What is printed names files from where the command runs, not from where it was asked for.
              default-directory (file-name-as-directory
                                 (or (aid-build-site-dir site) (aid-build-site-root site))))
        (insert (format "%s in %s\n\n" (aid-build-site-command site)
                        (abbreviate-file-name (directory-file-name default-directory))))
        (compilation-forget-errors)))))

(defmacro aid-build-buffer--at-end (site &rest body)
  "Run BODY at the end of the buffer of SITE; windows that show the end follow."
  (declare (indent 1))
  `(when (buffer-live-p (aid-build-site-buffer ,site))
     (with-current-buffer (aid-build-site-buffer ,site)
       (unless (eq major-mode 'compilation-mode)
         (let* ((inhibit-read-only t)
                (end (point-max))
                (following (cl-remove-if-not (lambda (window) (= end (window-point window)))
                                             (get-buffer-window-list nil nil t))))
           (save-excursion
             (goto-char end)
             ,@body)
           (dolist (window following)
             (set-window-point window (point-max))))))))

(defun aid-build-buffer-add (site text)
  "Add TEXT to the output of SITE."
  (aid-build-buffer--at-end site
    (insert text)))

(defun aid-build-buffer-end (site words)
  "Say at the end of the output of SITE how it has ended, in WORDS."
  (aid-build-buffer--at-end site
    (unless (bolp) (insert "\n"))
    (insert "\n" words "\n"))
  (when (buffer-live-p (aid-build-site-buffer site))
    (with-current-buffer (aid-build-site-buffer site)
      (when (aid-build-buffer--diags)
        (setq next-error-last-buffer (current-buffer))))))

(defun aid-build-buffer-show (site)
  "Show the output of SITE without going there."
  (when (buffer-live-p (aid-build-site-buffer site))
    (display-buffer (aid-build-site-buffer site) '(nil (category . aid-build)))))

;;; Walking

(defun aid-build-buffer--diags ()
  "The diagnostics that `next-error' walks here, errors and warnings with a place."
  (cl-remove-if-not (lambda (diag)
                      (and (plist-get diag :path)
                           (not (equal "note" (plist-get diag :severity)))))
                    (and aid-build-buffer--site
                         (plist-get (aid-build-site-result aid-build-buffer--site) :diags))))

(defun aid-build-buffer--regexp (diag)
  "Matches how a compiler names the place of DIAG."
  (format "%s\\(?:\", lines? \\|[:(]\\)%d\\_>" (regexp-quote (file-name-nondirectory (plist-get diag :path)))
          (plist-get diag :line)))

(defun aid-build-buffer--here (diags)
  "The number of the first of DIAGS that the line at point tells of, or nil."
  (save-excursion
    (forward-line 0)
    (cl-loop for diag in diags for n from 0
             when (re-search-forward (aid-build-buffer--regexp diag) (line-end-position) t) return n)))

(defun aid-build-buffer--line-of (diag)
  "Move to the line of this buffer that tells of DIAG, if it is there."
  (goto-char (point-min))
  (when (re-search-forward (aid-build-buffer--regexp diag) nil t)
    (forward-line 0)
    (dolist (window (get-buffer-window-list nil nil t))
      (set-window-point window (point)))))

(defun aid-build-buffer--to-column (form column)
  "Move from the line's beginning to COLUMN, from 0, as those of FORM count.
OCaml counts bytes, GNU's programs what is seen, as `compilation-mode' does by
default, others characters."
  (pcase form
    ("ocaml" (goto-char (or (byte-to-position (+ (position-bytes (point)) column)) (point))))
    ((and "gnu" (guard compilation-error-screen-columns)) (move-to-column column))
    (_ (goto-char (min (line-end-position) (+ (point) column))))))

(defun aid-build-visit (diag root)
  "Go to the place of DIAG in the project at ROOT."
  (let ((buffer (find-file-noselect (expand-file-name (plist-get diag :path) root))))
    (pop-to-buffer buffer '(nil (inhibit-same-window . nil)))
    (let ((pos (save-excursion
                 (save-restriction
                   (widen)
                   (goto-char (point-min))
                   (forward-line (1- (max 1 (plist-get diag :line))))
                   (when (> (plist-get diag :col) 0)
                     (aid-build-buffer--to-column (plist-get diag :form) (1- (plist-get diag :col))))
                   (point)))))
      (unless (<= (point-min) pos (point-max))
        (widen))
      (goto-char pos)
      (message "%s: %s" (plist-get diag :severity) (plist-get diag :message)))))

(defun aid-build-next-error (n &optional reset)
  "Go to the Nth diagnostic from here; with RESET from the first.
With N 0 go to that of the line at point, as \\[compile-goto-error] does there.
What the core does not understand `compilation-mode' walks."
  (interactive "p")
  (let* ((site aid-build-buffer--site) (diags (aid-build-buffer--diags))
         (at (if (and (eql n 0) (not reset))
                 (aid-build-buffer--here diags)
               (+ (if (or reset (null aid-build-buffer--at)) -1 aid-build-buffer--at) n))))
    (cond ((or (null diags) (null at)) (compilation-next-error-function n reset))
          ((< at 0) (user-error "This is the first error"))
          ((>= at (length diags)) (user-error "This is the last error"))
          (t (setq aid-build-buffer--at at
                   next-error-last-buffer (current-buffer))
             (aid-build-buffer--line-of (nth at diags))
             (aid-build-visit (nth at diags) (aid-build-site-root site))))))

;;; The second source

(defun aid-build-buffer--message (message root)
  "What compilation's MESSAGE, which is in the line at point, says, if of ROOT."
  (let* ((loc (compilation--message->loc message))
         (spec (and loc (compilation--file-struct->file-spec (compilation--loc->file-struct loc))))
         (file (and spec (expand-file-name (car spec) (or (cadr spec) default-directory)))))
    (when (and file (eql 2 (compilation--message->type message)))
      (list :path (if (file-in-directory-p file root) (file-relative-name file root) file)
            :line (or (compilation--loc->line loc) 0)
            :col (let ((col (compilation--loc->col loc))) (if (integerp col) (1+ col) 0))
            :severity "error"
            :message (string-trim (buffer-substring-no-properties (line-beginning-position)
                                                                  (line-end-position)))))))

(defun aid-build-buffer-errors (buffer root)
  "The errors in BUFFER, of the project at ROOT, that compilation's matchers find."
  (with-current-buffer buffer
    (save-excursion
      (save-restriction
        (widen)
        (when (fboundp 'compilation--ensure-parse)
          (compilation--ensure-parse (point-max)))
        (let (found)
          (goto-char (point-min))
          (while (< (point) (point-max))
            (let ((message (get-text-property (point) 'compilation-message)))
              (when-let ((one (and message (aid-build-buffer--message message root))))
                (push one found)))
            (goto-char (next-single-property-change (point) 'compilation-message nil (point-max))))
          (delete-dups (nreverse found)))))))

(provide 'aid-build-buffer)
;;; aid-build-buffer.el ends here
