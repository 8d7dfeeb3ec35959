;;; aid-chat-code.el --- Code in a chat looks like code  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A block of code that is complete and in view gets the faces that its
;; language's mode gives it.  That mode runs in a hidden buffer, without its
;; hooks, when Emacs is idle; faces alone come back, and are remembered.
;; Which modes may run is a list, for the language's name comes from outside.

;;; Code:

(eval-when-compile (require 'cl-lib))
(require 'aid-chat-display)
(require 'aid-quiet)

(defvar aid-chat--stream)
(defvar aid-chat--live)

(declare-function aid--mod-doc-blocks "ext:aid-module" (doc beg end))

(defcustom aid-chat-code-modes
  '(("c" c-mode) ("h" c-mode) ("cpp" c++-mode) ("c++" c++-mode) ("cc" c++-mode)
    ("ocaml" tuareg-mode caml-mode) ("ml" tuareg-mode caml-mode)
    ("diff" diff-mode) ("patch" diff-mode) ("elisp" emacs-lisp-mode)
    ("emacs-lisp" emacs-lisp-mode) ("lisp" lisp-mode) ("scheme" scheme-mode)
    ("python" python-mode) ("py" python-mode) ("sh" sh-mode) ("bash" sh-mode)
    ("shell" sh-mode) ("make" makefile-mode) ("makefile" makefile-mode)
    ("js" js-mode) ("javascript" js-mode) ("json" js-mode) ("ts" typescript-mode js-mode)
    ("typescript" typescript-mode js-mode) ("java" java-mode) ("rust" rust-mode)
    ("go" go-mode) ("ruby" ruby-mode) ("perl" perl-mode) ("lua" lua-mode)
    ("haskell" haskell-mode) ("html" html-mode) ("xml" nxml-mode) ("css" css-mode)
    ("sql" sql-mode) ("yaml" yaml-mode) ("toml" conf-toml-mode) ("ini" conf-mode)
    ("tex" latex-mode))
  "Which major modes show code, by the language's name on the block.
The first mode that there is shows it."
  :type '(alist :key-type (string :tag "Language")
                :value-type (repeat :tag "Modes" symbol))
  :group 'aid-chat)

(defcustom aid-chat-code-size 100000
  "Blocks of code with more characters than this are shown plain."
  :type 'natnum
  :group 'aid-chat)

(defvar aid-chat--code-known (make-hash-table :test #'equal)
  "The faces of blocks of code, by their mode and text's hash.")

(defvar aid-chat--code-waiting nil
  "Chats with code whose mode is to be loaded when no answer arrives any more.")

(defun aid-chat--code-mode (info)
  "The mode for code in the language INFO, or nil."
  (cl-loop for mode in (cdr (assoc (downcase (car (split-string (or info "") "[ ,{]")))
                                   aid-chat-code-modes))
           when (fboundp mode) return mode))

(defun aid-chat--code-buffer (mode)
  "The name of the hidden buffer that MODE runs in."
  (format " *aid-code %s*" mode))

(defun aid-chat--code-spans (mode text)
  "The faces that MODE gives TEXT, as a list of (BEG END FACE), from 0."
  (with-current-buffer (get-buffer-create (aid-chat--code-buffer mode))
    (let ((inhibit-modification-hooks nil) (inhibit-read-only t) (message-log-max nil) (spans nil))
      (aid-quietly
        (unless (eq major-mode mode)
          (delay-mode-hooks (funcall mode)))
        (setq buffer-undo-list t)
        (erase-buffer)
        (insert text)
        (font-lock-ensure))
      (let ((pos (point-min)) next)
        (while (< pos (point-max))
          (setq next (next-single-property-change pos 'face nil (point-max)))
          (when-let ((face (get-text-property pos 'face)))
            (push (list (1- pos) (1- next) face) spans))
          (setq pos next)))
      (nreverse spans))))

(defun aid-chat--code-key (mode beg end)
  "What the code from BEG to END in MODE is remembered by."
  (cons mode (md5 (current-buffer) beg end 'utf-8-emacs)))

(defun aid-chat--code-block (block make)
  "Show the code of BLOCK, a plist of the core, by its language's mode.
Unless MAKE, only when its faces are known; give nil when they are not.
A mode that would have to be loaded first waits until no answer arrives in any
chat: to load one takes Emacs the time of a hundred pieces of text."
  (let* ((beg (1+ (plist-get block :code))) (end (1+ (plist-get block :code_end)))
         (mode (and (plist-get block :closed) (< beg end)
                    (<= (- end beg) aid-chat-code-size)
                    (aid-chat--code-mode (plist-get block :info))))
         (key (and mode (aid-chat--code-key mode beg end)))
         (spans (and mode (gethash key aid-chat--code-known 'unknown))))
    (when (and make (eq spans 'unknown))
      (if (and (bound-and-true-p aid-chat--live) (not (get-buffer (aid-chat--code-buffer mode))))
          (cl-pushnew (current-buffer) aid-chat--code-waiting)
        (when (> (hash-table-count aid-chat--code-known) 500)
          (clrhash aid-chat--code-known))
        (setq spans (ignore-errors
                      (aid-chat--code-spans mode (buffer-substring-no-properties beg end))))
        (puthash key spans aid-chat--code-known)))
    (unless (eq spans 'unknown)
      (dolist (span spans)
        (put-text-property (+ beg (nth 0 span)) (+ beg (nth 1 span)) 'face
                           (list (nth 2 span) 'aid-chat-block)))
      t)))

(defun aid-chat-code-fontify (beg end)
  "Show the blocks of code that touch BEG to END; those not known, soon."
  (when-let ((doc (aid-chat-doc)))
    (dolist (block (aid--mod-doc-blocks doc (1- beg) (1- end)))
      (unless (aid-chat--code-block block nil)
        (aid-chat-code-soon)))))

(defvar-local aid-chat--code-timer nil
  "The timer that is going to show code, or nil.")

(defun aid-chat-code-soon ()
  "Show the code in view when Emacs is next idle, or soon while an answer arrives."
  (unless aid-chat--code-timer
    (setq aid-chat--code-timer
          (if aid-chat--stream
              (run-at-time 1 nil #'aid-chat--code-in-view (current-buffer))
            (run-with-idle-timer (aid-chat--idle-in 0.2) nil #'aid-chat--code-in-view (current-buffer))))))

(defun aid-chat-code-resume ()
  "Show the code that waited until no answer arrives."
  (dolist (chat (prog1 aid-chat--code-waiting
                  (setq aid-chat--code-waiting nil)))
    (when (buffer-live-p chat)
      (with-current-buffer chat
        (aid-chat-code-soon)))))

(defun aid-chat--code-in-view (chat)
  "Show the code that is in view in CHAT."
  (when (buffer-live-p chat)
    (with-current-buffer chat
      (setq aid-chat--code-timer nil)
      (when-let ((doc (aid-chat-doc)))
        (save-restriction
          (widen)
          (save-match-data
            (with-silent-modifications
              (dolist (window (get-buffer-window-list nil nil t))
                (dolist (block (ignore-errors
                                 (aid--mod-doc-blocks doc (1- (window-start window))
                                                      (1- (window-end window)))))
                  (aid-chat--code-block block t))))))))))

(provide 'aid-chat-code)
;;; aid-chat-code.el ends here
