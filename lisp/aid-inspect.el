;;; aid-inspect.el --- What is sent, as it is sent  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-inspect' shows the request that the open question would make: address
;; and headers, with a variable where the key goes, and below them its body,
;; which may be edited and sent as it stands.  `aid-inspect-last' shows the last
;; request of a chat and the reply byte by byte.  The core makes both; a key is
;; in neither.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat)
(require 'aid-chat-send)

(declare-function aid--mod-inspect-soon "ext:aid-module" (plist))
(declare-function aid--mod-inspect-last "ext:aid-module" (key))
(declare-function aid--mod-inspect-curl "ext:aid-module" (url headers variable body))
(declare-function aid--mod-inspect-check "ext:aid-module" (text))
(declare-function aid--mod-inspect-format "ext:aid-module" (text))
(declare-function json-mode "ext:json-mode" ())
(declare-function js-json-mode "js" ())

(defgroup aid-inspect nil
  "Looking at what is sent."
  :group 'aid
  :prefix "aid-inspect-")

(defface aid-inspect-head '((t :inherit font-lock-comment-face))
  "Face of what stands above a request's body.")

(defconst aid-inspect-fontify-max 500000
  "Characters of a body that is shown in a mode for JSON; a longer one is plain.")

(defvar-local aid-inspect--chat nil "The chat that this request is of.")
(defvar-local aid-inspect--request nil "The request, as the core gives it.")
(defvar-local aid-inspect--body nil "A marker where the body begins.")

;;; The request

(defun aid-inspect--with-line (taken function)
  "Call FUNCTION with the name in TAKEN, then put back what was taken.
TAKEN is nil, or a name, the text that it was taken with and where from."
  (unwind-protect
      (funcall function (car taken))
    (when taken
      (pcase-let ((`(,_ ,text ,at) taken))
        (aid-chat--replace at at text)))))

(defconst aid-inspect--seconds 20
  "How long the core may take to make a request, in seconds.")

(defun aid-inspect-of (plist)
  "The request that asking PLIST would make, a plist; the core makes it meanwhile."
  (pcase (aid-chat-later-job 'inspect aid-inspect--seconds (lambda () (aid--mod-inspect-soon plist)))
    (`(result ,request ,text)
     (let ((chars (plist-get request :body_chars)))
       (append (list :body (substring text 0 chars) :formatted (substring text chars)) request)))
    (`(error ,val . ,_) (aid-error-of val))
    (_ (user-error "The request is not made yet: a disk may be slow; try again"))))

(defun aid-inspect--ask (strategy)
  "Have the core show what it would send for the question by STRATEGY."
  (aid-recipe-complete strategy)
  (let ((items (cl-loop for item in (aid-chat--open-items)
                        unless (assoc "sent" (aid-chat--words (nth 3 item))) collect item)))
    (aid-inspect-of (cdr (aid-chat--request-plist strategy items nil)))))

(defun aid-inspect-request ()
  "The request that this chat's open question would make, a plist.
The question gets the context that sending would add."
  (save-restriction
    (widen)
    (aid-chat--add-typed)
    (aid-inspect--with-line
     (aid-chat-model-take)
     (lambda (model)
       (let ((aid-model (or model aid-model)))
         (aid-inspect--with-line (aid-chat--take-strategy) #'aid-inspect--ask))))))

(defun aid-inspect--headers (headers)
  "HEADERS, plists of the core, as an alist."
  (mapcar (lambda (header) (cons (plist-get header :name) (plist-get header :value))) headers))

(defun aid-inspect-prefix-words (request)
  "What is to be said of the beginning of REQUEST that the server has seen."
  (let ((prefix (plist-get request :prefix))
        (all (aid-chat--count (plist-get request :tokens))))
    (cond ((not prefix) (format "about %s tokens" all))
          ((plist-get prefix :whole)
           (format "prefix unchanged for %s of %s tokens"
                   (aid-chat--count (plist-get prefix :tokens)) all))
          (t (format "prefix changed after %s of %s tokens"
                     (aid-chat--count (plist-get prefix :tokens)) all)))))

(defun aid-inspect--one-line (text)
  "TEXT on one line."
  (truncate-string-to-width (replace-regexp-in-string "[\n\t ]+" " " text) 60 nil nil t))

(defun aid-inspect--head (request)
  "The lines above the body of REQUEST."
  (let ((prefix (plist-get request :prefix))
        (context (plist-get request :context)))
    (concat
     (format "// POST %s\n" (plist-get request :url))
     (mapconcat (lambda (header) (format "// %s: %s\n" (car header) (cdr header)))
                (aid-inspect--headers (plist-get request :headers)) "")
     (format "// %s%s\n" (aid-inspect-prefix-words request)
             (if (> context 0) (format ", of the %s that %s takes" (aid-chat--count context)
                                       (plist-get request :model))
               ""))
     (when (and prefix (not (plist-get prefix :whole)))
       (format "//   after \"%s\"\n//   was   \"%s\"\n//   is    \"%s\"\n"
               (aid-inspect--one-line (plist-get prefix :before))
               (aid-inspect--one-line (plist-get prefix :was))
               (aid-inspect--one-line (plist-get prefix :is))))
     (substitute-command-keys
      "// \\<aid-inspect-mode-map>\\[aid-inspect-send] sends what stands below, \
\\[aid-inspect-copy-curl] copies it as a command, \\[aid-inspect-quit] leaves\n"))))

(defun aid-inspect--major-mode (size)
  "Turn on a mode for SIZE characters of JSON."
  (let ((enable-local-variables nil))
    (cond ((> size aid-inspect-fontify-max) (text-mode))
          ((fboundp 'json-mode) (json-mode))
          ((fboundp 'js-json-mode) (js-json-mode))
          (t (js-mode)))))

(defun aid-inspect--fill (chat request)
  "Show REQUEST of CHAT in this buffer."
  (let ((inhibit-read-only t) (head (aid-inspect--head request)))
    (erase-buffer)
    (aid-inspect--major-mode (length (plist-get request :formatted)))
    (buffer-disable-undo)
    (insert (propertize head 'face 'aid-inspect-head 'font-lock-face 'aid-inspect-head
                        'read-only t 'front-sticky '(read-only) 'rear-nonsticky t))
    (setq aid-inspect--body (point-marker)
          aid-inspect--chat chat
          aid-inspect--request request)
    (insert (plist-get request :formatted) "\n")
    (goto-char aid-inspect--body)
    (set-buffer-modified-p nil)
    (buffer-enable-undo)
    (aid-inspect-mode 1)))

(defvar aid-inspect-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'aid-inspect-send)
    (define-key map (kbd "C-c C-w") #'aid-inspect-copy-curl)
    (define-key map (kbd "C-c C-k") #'aid-inspect-quit)
    map)
  "Keys where a request is inspected.")

(define-minor-mode aid-inspect-mode
  "Minor mode where a request is looked at before it is sent."
  :lighter " Inspect"
  :interactive nil)

;;;###autoload
(defun aid-inspect ()
  "Show the exact request that the chat's open question would make.
The body below the headers may be edited: \\<aid-inspect-mode-map>\\[aid-inspect-send] sends it as it then stands."
  (interactive)
  (aid-module-ensure)
  (let* ((chat (aid-chat-at-hand))
         (request (with-current-buffer chat (aid-inspect-request)))
         (buffer (get-buffer-create (format "*aid-inspect %s*" (buffer-name chat)))))
    (with-current-buffer buffer
      (when (and aid-inspect--body (buffer-modified-p)
                 (not (y-or-n-p "The request that is shown was edited; show it anew? ")))
        (pop-to-buffer buffer)
        (user-error "The edited request is as it was"))
      (aid-inspect--fill chat request))
    (pop-to-buffer buffer)
    (message "%s" (aid-inspect-prefix-words request))))

(defun aid-inspect--text ()
  "The body as it stands."
  (buffer-substring-no-properties aid-inspect--body (point-max)))

(defun aid-inspect--check (text)
  "Signal an error where TEXT, the body, is no JSON, and move there."
  (pcase (aid--mod-inspect-check text)
    (`(,line ,column ,message)
     (goto-char aid-inspect--body)
     (forward-line (1- line))
     (forward-char (min (1- column) (- (line-end-position) (point))))
     (user-error "%s (line %d of this buffer)" message (line-number-at-pos nil t)))))

(defun aid-inspect-quit ()
  "Leave the request without sending it."
  (interactive)
  (quit-window t))

(defun aid-inspect--body-to-send ()
  "What stands here, or nil when it is what the chat would send itself."
  (let ((text (aid-inspect--text)) (body (plist-get aid-inspect--request :body)))
    (cond ((buffer-modified-p)
           (aid-inspect--check text)
           text)
          ((not (equal body (with-current-buffer aid-inspect--chat
                              (plist-get (aid-inspect-request) :body))))
           body))))

(defun aid-inspect-send ()
  "Send what stands here instead of the request that the open question makes.
The answer streams into the chat, and its meta line says when it is not an
answer to what the chat would have sent."
  (interactive)
  (let ((chat aid-inspect--chat))
    (unless (buffer-live-p chat)
      (user-error "The chat of this request is gone"))
    (aid-chat-check-idle chat)          ; a request that was inspected is not queued
    (let ((aid-chat--body (aid-inspect--body-to-send)) (aid-chat-later-may-leave nil))
      (with-current-buffer chat
        (aid-chat-send)))
    (quit-window t)
    (when-let ((window (get-buffer-window chat)))
      (select-window window))))

(defun aid-inspect-copy-curl ()
  "Copy this request as a command for a shell, which takes the key from a variable."
  (interactive)
  (let ((text (aid-inspect--text)))
    (kill-new (aid--mod-inspect-curl
               (plist-get aid-inspect--request :url)
               (aid-inspect--headers (plist-get aid-inspect--request :headers))
               (plist-get aid-inspect--request :variable)
               (if (buffer-modified-p) text (plist-get aid-inspect--request :body))))
    (message "Copied; the command takes the key from $%s"
             (plist-get aid-inspect--request :variable))))

;;; The last one

(defvar aid-inspect-last-font-lock
  '(("^== .*$" . 'bold)
    ("^\\([[:alnum:]-]+:\\) " (1 'font-lock-keyword-face)))
  "What is highlighted where a request and its reply are shown.")

(define-derived-mode aid-inspect-last-mode special-mode "AID-Last"
  "Mode of a request that was sent, and its reply."
  (setq-local font-lock-defaults '(aid-inspect-last-font-lock t))
  (setq-local outline-regexp "== ")
  (setq-local truncate-lines nil)
  (setq bidi-paragraph-direction 'left-to-right))

(defun aid-inspect--ms (us)
  "US microseconds in milliseconds, in words."
  (format "%.1f ms" (/ us 1000.0)))

(defun aid-inspect--times (last)
  "How long the parts of LAST took, in words.
The figures count from the beginning of the last attempt."
  (string-join
   (cl-loop for (key . name) in '((:lookup_us . "name found") (:connect_us . "connected")
                                  (:ready_us . "TLS") (:first_byte_us . "first byte")
                                  (:total_us . "all"))
            for us = (or (plist-get last key) 0)
            when (> us 0) collect (format "%s after %s" name (aid-inspect--ms us)))
   ", "))

(defun aid-inspect--insert-headers (headers)
  "Insert HEADERS, plists of the core."
  (pcase-dolist (`(,name . ,value) (aid-inspect--headers headers))
    (insert name ": " value "\n")))

(defun aid-inspect--insert-last (last)
  "Insert LAST, a request and its reply."
  (insert (format "== Request to %s (%s), %s\n" (plist-get last :model) (plist-get last :wire)
                  (format-time-string "%F %T" (/ (plist-get last :started_ms) 1000)))
          (format "POST %s\n" (plist-get last :url)))
  (aid-inspect--insert-headers (plist-get last :headers))
  (insert "\n" (if (> (plist-get last :body_left_out) 0)
                   (format "(%d bytes, which were not kept)" (plist-get last :body_left_out))
                 (aid--mod-inspect-format (plist-get last :body)))
          "\n\n"
          (format "== Reply: %s%s\n"
                  (pcase (plist-get last :status) (0 "none") (status (format "status %d" status)))
                  (cond ((equal (plist-get last :state) "running") ", still arriving")
                        ((plist-get last :code) (format ", error %s" (plist-get last :code)))
                        (t "")))
          (let ((times (aid-inspect--times last)))
            (if (string-empty-p times) "" (concat "(" times ")\n"))))
  (aid-inspect--insert-headers (plist-get last :reply_headers))
  (insert "\n" (or (plist-get last :reply) "") "\n")
  (when (> (plist-get last :reply_left_out) 0)
    (insert (format "(%d bytes more, which were not kept)\n" (plist-get last :reply_left_out)))))

;;;###autoload
(defun aid-inspect-last ()
  "Show the last request of the chat as it was sent, and the raw reply.
Both are in memory alone, and only for the last chats."
  (interactive)
  (aid-module-ensure)
  (let* ((chat (aid-chat-at-hand))
         (last (or (aid--mod-inspect-last (with-current-buffer chat (or (aid-chat-key) "")))
                   (user-error "Nothing was sent from this chat since Emacs or the core began")))
         (buffer (get-buffer-create (format "*aid-last %s*" (buffer-name chat)))))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (aid-inspect-last-mode)
        (erase-buffer)
        (aid-inspect--insert-last last)
        (goto-char (point-min))
        (setq aid-inspect--chat chat)
        (setq-local revert-buffer-function
                    (lambda (&rest _) (with-current-buffer aid-inspect--chat (aid-inspect-last))))))
    (pop-to-buffer buffer)))

(provide 'aid-inspect)
;;; aid-inspect.el ends here
