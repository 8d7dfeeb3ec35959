;;; aid-chat-head.el --- A chat's header line  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The header line says what an answer does, who answers, and what the next
;; question carries.  It is a string made when something happened and at most
;; twice a second while an answer arrives, never while Emacs draws.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-display)
(require 'aid-in-force)

(declare-function aid-set-model "aid-model" (model &optional scope))
(declare-function aid--mod-model-info "ext:aid-module" (id root &optional doc strategy exact))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid--mod-tokens-exact "ext:aid-module" (name))
(declare-function aid-context-item-text "aid-context" (target dir))
(declare-function aid-context-parse-target "aid-context" (target dir))
(declare-function aid-chat--head-state "aid-chat-spinner" (stream))
(declare-function aid-chat-stream-model "aid-chat-spinner" (stream))
(autoload 'aid-cost-foretell "aid-cost")
(autoload 'aid-cost-agree "aid-cost")
(autoload 'aid-cost-dollars "aid-cost")

(defvar aid-context--snapshots)

(defvar-local aid-chat--stream nil
  "The answer that is arriving in this chat, or nil.")

(defvar-local aid-chat--beside nil
  "The answers that arrive in this chat beside `aid-chat--stream'.")

(defun aid-chat-streams ()
  "All answers that are arriving in this chat."
  (and aid-chat--stream (cons aid-chat--stream aid-chat--beside)))

(defvar-local aid-chat--waiting 0
  "How many questions of this chat are queued, as was last looked.")

(defvar-local aid-chat--sending nil
  "The number of the question that counts as the open one, nil: the last.
`aid-chat--with-sending' binds it.")

(defmacro aid-chat--with-sending (number &rest body)
  "Run BODY while question NUMBER of this chat counts as its open one."
  (declare (indent 1) (debug t))
  `(progn
     ;; It is this buffer's then: other chats have theirs, whatever runs meanwhile.
     (make-local-variable 'aid-chat--sending)
     (let ((aid-chat--sending ,number))
       ,@body)))

(defvar-local aid-chat--header ""
  "The text of the header line.")
(put 'aid-chat--header 'risky-local-variable t)

(defvar-local aid-chat--model-name nil
  "The name of the configured model; nil until known, `none' when there is none.")

(defvar-local aid-chat--open-cost '(0 . 0)
  "How many context items the open question has, and their tokens.")

(defvar-local aid-chat--forecast nil
  "What the open question would send, as the core foretold it last: a plist.")

(defvar-local aid-chat--tokens-for nil
  "What tokens are counted for: a model's name at its server, and whether exactly.")

(defconst aid-chat--model-map
  (let ((map (make-sparse-keymap)))
    (define-key map [header-line mouse-1] #'aid-set-model)
    (define-key map [header-line mouse-2] #'aid-set-model)
    map)
  "Keymap of the model in the header line.")

(defun aid-chat--head-text ()
  "The header line's text as of now."
  (concat
   (if aid-chat--stream (aid-chat--head-state aid-chat--stream) "")
   (if (> aid-chat--waiting 0)
       (format "   %d queued%s" aid-chat--waiting (if aid-chat--stream "" ", waiting"))
     "")
   "   " (propertize (or (and aid-chat--stream (aid-chat-stream-model aid-chat--stream))
                         aid-model
                         (pcase aid-chat--model-name ('nil "") ('none "no model") (name name)))
                     'mouse-face 'highlight
                     'help-echo (string-trim-left
                                 (concat (aid-experiments-words) "\nmouse-1: another model"))
                     'local-map aid-chat--model-map)
   (aid-strategy-head)
   (pcase aid-chat--open-cost
     (`(0 . ,_) "")
     (`(,n . ,tokens) (format "   %d item%s %s" n (if (= n 1) "" "s")
                              (aid-chat--tokens tokens))))
   (aid-chat--head-forecast)))

(defun aid-chat--tokens (n)
  "The number N of tokens in few letters, marked unless it is exact."
  (concat (if (cdr aid-chat--tokens-for) "" "~") (aid-chat--count n)))

(defun aid-chat--head-forecast ()
  "The chat's tokens against the window, and its cost, for the header line."
  (let* ((bar (aid-chat-sign "│" "|"))
         (window (or (plist-get aid-chat--forecast :window) 0))
         (cost (or (plist-get aid-chat--forecast :chat_cost) 0))
         (tokens (if aid-chat--forecast
                     (concat (if (plist-get aid-chat--forecast :exact) "" "~")
                             (aid-chat--count (plist-get aid-chat--forecast :tokens)))
                   (concat "~" (aid-chat--count (/ (buffer-size) 4))))))
    (concat (format " %s chat %s" bar tokens)
            (if (> window 0) (concat "/" (aid-chat--count window)) "")
            (if (> cost 0) (format " %s %s" bar (aid-cost-dollars cost)) ""))))

(defun aid-chat-head-renew ()
  "Make the header line's text what is so now; give nil when it was."
  (let ((text (aid-chat--head-text)))
    (unless (equal-including-properties text aid-chat--header)
      (setq aid-chat--header text))))

(defun aid-chat-head-update ()
  "Make the header line and the mode line of this chat say what is so now."
  (when (and (aid-chat-head-renew) (get-buffer-window nil t))
    (force-mode-line-update)))

;;; What the open question costs

(defvar aid-chat-measured-hook nil
  "Hook run in a chat when what its next request would be has been found out.")

(defvar-local aid-chat--measurer nil
  "The timer that is going to measure the open question, or nil.")

(defun aid-chat--item-text (target)
  "The text of context item TARGET, nil when it is for the core to read."
  (aid-context-item-text target default-directory))

(defun aid-chat--item-near-p (target)
  "Whether what TARGET names is had without connecting to or running anything."
  (if (string-match-p "\\`\\(?:aid:\\|https?://\\)" target)
      (or (string-match-p "\\`aid:\\(?:buffer\\|errors\\|build\\)\\_>" target)
          (and (boundp 'aid-context--snapshots) (gethash target aid-context--snapshots)))
    (let ((file (expand-file-name (aid-percent-decode
                                   (replace-regexp-in-string "#.*\\'" "" target)))))
      (or (not (file-remote-p file)) (get-file-buffer file)))))

(defun aid-chat--item-cost (item)
  "About how many tokens the context ITEM, of `aid-chat--open-items', has.
That is what the core has counted last, else what its line says, else a guess."
  (pcase-let ((`(,_ ,_ ,target ,words) item))
    (or (gethash target aid-chat--item-tokens)
        (when-let ((said (aid-chat--word "tok" (aid-chat--words words))))
          (string-to-number said))
        (aid-chat--guess-cost target))))

(defun aid-chat--guess-cost (target)
  "About how many tokens TARGET has, by its size; no file is read for it."
  (pcase (and (aid-chat--item-near-p target)
              (aid-context-parse-target target default-directory))
    (`(,_ ,(and first (pred natnump)) ,last) (* 10 (max 0 (- (1+ last) first))))
    (`(,file . ,_)
     (/ (or (if-let ((buffer (find-buffer-visiting file)))
                (buffer-size buffer)
              (file-attribute-size (file-attributes file)))
            0)
        4))
    (_ 0)))

(defconst aid-chat--item-line
  "^ *[-*+] \\[\\([^\n]*\\)\\](\\([^\n]*\\)) *<!--aid:\\([[:alnum:]]+\\) item\\([^\n]*\\)-->"
  "Matches a context line: label, target, key and other words.")

(defun aid-chat--open-items ()
  "The context items of the open question, as (POSITION LABEL TARGET WORDS)."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-max))
      (let* ((last (if aid-chat--sending
                       (aid-chat--turn-with 'user aid-chat--sending)
                     (aid-chat--turn-back)))
             (end (or (plist-get last :end) (point-max)))
             (items nil))
        (goto-char (if (eq (plist-get last :kind) 'user) (plist-get last :body) end))
        (while (re-search-forward aid-chat--item-line end t)
          (when (equal (match-string 3) (aid-chat-key))
            (push (list (match-beginning 0) (match-string-no-properties 1)
                        (match-string-no-properties 2) (match-string-no-properties 4))
                  items)))
        (nreverse items)))))

(defun aid-chat--note-model (configured model)
  "Note that CONFIGURED is the settings' model and MODEL the one to be asked.
Each is a plist with :id, :name and :exact, or nil when there is none."
  (let ((for (cons (plist-get model :name) (plist-get model :exact)))
        (before aid-chat--tokens-for))
    (setq aid-chat--model-name (or (plist-get configured :id) 'none)
          aid-chat--tokens-for for)
    (unless (or (not before) (equal (car before) (car for)))
      (clrhash aid-chat--item-tokens)
      (aid-chat--count-items))))

(defun aid-chat--find-model ()
  "Find out the name of the model that is configured."
  (let* ((model (ignore-errors (aid-model-info)))
         (configured (if aid-model
                         (ignore-errors (aid--mod-model-info nil (aid-chat-root)))
                       model)))
    (aid-chat--note-model
     configured (append model (list :exact (aid--mod-tokens-exact (plist-get model :name)))))))

(defun aid-chat-head-refind ()
  "Have all chats show the model that is configured now."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (derived-mode-p 'aid-chat-mode)
        (setq aid-chat--model-name nil)
        (aid-chat--find-model)
        (aid-chat-head-update)))))

(defun aid-chat--note-queued ()
  "Look how many questions wait, and have their headings displayed anew."
  (save-restriction
    (widen)
    (let ((queued (aid-chat-queued)))
      (setq aid-chat--waiting (length queued))
      (dolist (turn queued)
        (aid-chat--refresh-line (plist-get turn :beg))))))

(defun aid-chat--count-items ()
  "Add up what the open question's context costs, as far as it is known."
  (let ((items (aid-chat--open-items)))
    (setq aid-chat--open-cost
          (cons (length items) (apply #'+ (mapcar #'aid-chat--item-cost items))))))

(defun aid-chat--note-costs (costs)
  "Show COSTS, what the core has counted: plists of :target and :tokens."
  (let ((changed (cl-loop for cost across (vconcat costs)
                          for target = (plist-get cost :target) for tokens = (plist-get cost :tokens)
                          unless (eql tokens (gethash target aid-chat--item-tokens))
                          do (puthash target tokens aid-chat--item-tokens)
                          and collect target)))
    (when changed
      (dolist (item (aid-chat--open-items))
        (when (member (nth 2 item) changed)
          (aid-chat--refresh-line (car item)))))
    (aid-chat--count-items)))

(defun aid-chat-measure ()
  "Find out what the open question's context costs, and show it.
What takes the core longer, it tells when it has found out."
  (setq aid-chat--measurer nil)
  (unless aid-chat--model-name
    (aid-chat--find-model))
  (aid-chat--note-queued)
  (aid-chat--count-items)
  (aid-chat-head-update)
  (aid-cost-foretell))

(defun aid-chat--measure-soon ()
  "Measure the open question when Emacs has been idle for a while from now on."
  (unless aid-chat--measurer
    (let ((chat (current-buffer)))
      (setq aid-chat--measurer
            (run-with-idle-timer (aid-chat--idle-in 0.5) nil
                                 (lambda ()
                                   (when (buffer-live-p chat)
                                     (with-current-buffer chat
                                       (when (derived-mode-p 'aid-chat-mode)
                                         (aid-chat-measure))))))))))

(defun aid-chat--measure-anew ()
  "Forget what was measured, for another model or strategy, and measure again soon."
  (setq aid-chat--forecast nil)
  (aid-chat-head-update)
  (aid-chat--measure-soon))

(provide 'aid-chat-head)
;;; aid-chat-head.el ends here
