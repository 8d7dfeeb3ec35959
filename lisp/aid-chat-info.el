;;; aid-chat-info.el --- What a chat's lines say of themselves  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The words at the right edge of a chat, and of errors, made of what marker
;; lines hold.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'aid-chat-display)

(declare-function aid-cost-dollars "aid-cost" (cost))
(autoload 'aid-chat-diff-received-mouse "aid-chat-edited" "Show what was edited." t)

(defun aid-chat--joined (parts)
  "Those of PARTS that are not nil with dots between them, or nil."
  (when (setq parts (delq nil parts))
    (string-join parts (concat " " (aid-chat-sign "·" "-") " "))))

(defun aid-chat--seconds (ms)
  "MS, a string of milliseconds, in words."
  (let ((n (string-to-number ms)))
    (if (< n 60000)
        (format "%.1f s" (/ n 1000.0))
      (format "%d min %d s" (/ n 60000) (/ (% n 60000) 1000)))))

(defconst aid-chat--stops
  '(("end") ("tools") ("sequence") ("length" . "ended at the length limit")
    ("context" . "ended with the context full") ("filter" . "ended by a filter")
    ("refusal" . "refused") ("pause" . "paused"))
  "What is said of why an answer ended, by the core's word; nil when it is whole.")

(defun aid-chat--stop-words (stop)
  "What is said of an answer that ended for the reason STOP, or nil."
  (and stop (if-let ((known (assoc stop aid-chat--stops))) (cdr known) stop)))

(defvar aid-chat-edited-map
  (let ((map (make-sparse-keymap)))
    (define-key map [mouse-2] #'aid-chat-diff-received-mouse)
    map)
  "Keymap on the word that says that an answer was edited.")

(defun aid-chat--meta-info (words &optional edited)
  "What the WORDS of a meta line tell in one line, or nil.
With EDITED also that its answer is not what was received."
  (let* ((get (lambda (key) (aid-chat--word key words)))
         (parts (list (and edited
                           (propertize "edited" 'mouse-face 'highlight
                                       'keymap aid-chat-edited-map
                                       'help-echo "mouse-2: show the difference"))
                      (pcase (funcall get "state")
                        ((or 'nil "done") nil)
                        ("streaming" "arriving")
                        (state state))
                      (unless (funcall get "note")   ; which says more, in a line of its own
                        (aid-chat--stop-words (funcall get "stop")))
                      (and (funcall get "ms") (aid-chat--seconds (funcall get "ms")))
                      (and (funcall get "out")
                           (concat (aid-chat--count (string-to-number (funcall get "out"))) " tok"))
                      (when-let ((cost (funcall get "cost")))
                        (aid-cost-dollars (string-to-number cost))))))
    (aid-chat--joined parts)))

(defun aid-chat--meta-details (words)
  "What the WORDS of a meta line tell besides, or nil: input, cache and speed."
  (let* ((get (lambda (key) (when-let ((text (aid-chat--word key words)))
                              (string-to-number text))))
         (in (funcall get "in")) (cached (funcall get "cached")) (out (funcall get "out"))
         (ms (funcall get "ms")) (first (funcall get "first")) (cost (aid-chat--word "cost" words))
         (parts (list (and in (format "%d tokens in" in))
                      (and in cached (> in 0) (> cached 0)
                           (format "%d of them cached (%d%%)" cached (/ (* 100 cached) in)))
                      (and first (format "first text after %.1f s" (/ first 1000.0)))
                      (and out first ms (> ms first)
                           (format "%d tok/s" (/ (* 1000 out) (- ms first))))
                      (and cost (concat "$" cost)))))
    (and (delq nil parts) (string-join (delq nil parts) ", "))))

(defun aid-chat--error-line (words)
  "The text for the error or the early end in a meta line's WORDS, or nil."
  (let ((message (aid-chat--word "error" words)) (note (aid-chat--word "note" words)))
    (cond ((member (aid-chat--word "state" words) '("failed" "cut"))
           (propertize (format "%s (%s to ask again)\n"
                               (string-trim-right (aid-invisible-string
                                                   (or message "The answer was cut short."))
                                                  "\\.")
                               (substitute-command-keys "\\[aid-chat-send]"))
                       'face 'aid-chat-error))
          (note (propertize (aid-invisible-string (concat (aid-chat--sentence note) "\n"))
                            'face 'aid-chat-warning)))))

(provide 'aid-chat-info)
;;; aid-chat-info.el ends here
