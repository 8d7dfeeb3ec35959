;;; streams.el --- Chats that stream from a real peer  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What tests/net/run has an Emacs do: stream several chats at once, stream one
;; until it is killed, open that one again, and ask a thousand times.

;;; Code:

(require 'aid)
(require 'aid-chat)
(require 'cl-lib)

(defvar aid-chat--stream)
(declare-function aid--mod-abandoned "ext:aid-module" ())
(declare-function aid--mod-ask "ext:aid-module" (plist))
(declare-function aid--mod-cancel "ext:aid-module" (id))

(setq aid-module-directory (expand-file-name "build/" (file-name-directory
                                                       (directory-file-name (car load-path)))))

(defun aid-net-ask ()
  "Ask in a new chat, and give its buffer."
  (let ((chat (aid-chat-create default-directory)))
    (aid-chat-ask chat "Count.")
    chat))

(defun aid-net-text (chat)
  "The last answer of CHAT so far."
  (with-current-buffer chat
    (aid-chat-answer-text (car (last (aid-chat-answers))))))

(defun aid-net-streaming-p (chat)
  "Whether CHAT waits for an answer."
  (buffer-local-value 'aid-chat--stream chat))

(defun aid-net-until (predicate)
  "Let events come until PREDICATE gives non-nil."
  (let ((end (+ (float-time) 50)))
    (while (not (funcall predicate))
      (when (> (float-time) end)
        (error "Waited in vain"))
      (accept-process-output nil 0.02))))

(defun aid-net-streams ()
  "Stream three chats at once, and stop one when all have begun."
  (let ((chats (cl-loop repeat 3 collect (aid-net-ask))))
    (aid-net-until (lambda () (cl-every (lambda (c) (string-search "one two" (aid-net-text c))) chats)))
    (with-current-buffer (cadr chats)
      (aid-chat-stop))
    (aid-net-until (lambda () (cl-notany #'aid-net-streaming-p chats)))
    (message "whole: %d, stopped: %d"
             (cl-count-if (lambda (c) (string-search "eleven twelve" (aid-net-text c))) chats)
             (cl-count-if-not (lambda (c) (string-search "twelve" (aid-net-text c))) chats))))

(defun aid-net-stream-and-tell ()
  "Stream a chat, and tell its last number whenever there is another."
  (let ((chat (aid-net-ask)) told)
    (while t
      (accept-process-output nil 0.02)
      ;; The very last one may lack a digit.
      (let ((last (cadr (nreverse (split-string (aid-net-text chat))))))
        (unless (equal last told)
          (message "%s" (setq told last)))))))

(defun aid-net-open-again ()
  "Open the chat that another Emacs left, and show it."
  (dolist (file (directory-files-recursively (expand-file-name "aid/chats" (getenv "XDG_STATE_HOME")) "\\.md\\'"))
    (with-current-buffer (find-file-noselect file)
      (message "%s" (buffer-string)))))

(defun aid-net-quit ()
  "Stop a request while its name is looked up, and leave Emacs during another."
  (let ((chat (aid-net-ask)) (other (aid-net-ask)))
    (sleep-for 0.5)
    (with-current-buffer chat
      (aid-chat-stop))
    (aid-net-until (lambda () (not (aid-net-streaming-p chat))))
    (unless (aid-net-streaming-p other)
      (error "The other one has ended"))
    (message "stopped, abandoned %d" (aid--mod-abandoned))
    (kill-emacs 0)))

;;; A thousand requests

(defun aid-net-count (what)
  "How many entries /proc/self/WHAT has."
  (length (directory-files (format "/proc/%d/%s" (emacs-pid) what))))

(defun aid-net-kilobytes ()
  "Resident memory of this Emacs that is its own, in kB."
  (with-temp-buffer
    (insert-file-contents (format "/proc/%d/smaps_rollup" (emacs-pid)))
    (re-search-forward "^Private_Dirty: *\\([0-9]+\\)")
    (string-to-number (match-string 1))))

(defun aid-net-ask-many (n)
  "Ask N times, ten at once, with every third request cancelled."
  (dotimes (_ (/ n 10))
    (let ((open 0) ids)
      (dotimes (_ 10)
        (let ((id (aid--mod-ask (list :chat "<!--aid:k7Qx2mT9 chat v=1-->\n## You <!--aid:k7Qx2mT9 1 user-->\nx\n"
                                      :request "r1"))))
          (cl-incf open)
          (push id ids)
          (aid--on-event id (lambda (kind &rest _)
                              (when (memq kind '(done error))
                                (cl-decf open))))))
      (cl-loop for id in ids for i from 0 if (zerop (% i 3)) do (aid--mod-cancel id))
      (aid-net-until (lambda () (zerop open))))))

(defun aid-net-thousand ()
  "Ask a hundred times, and then a thousand times more: what is held does not grow."
  (aid-module-ensure)
  (aid-net-ask-many 100)
  (garbage-collect)
  (let ((files (aid-net-count "fd")) (threads (aid-net-count "task")) (kilobytes (aid-net-kilobytes)))
    (aid-net-ask-many 1000)
    (garbage-collect)
    (sleep-for 0.5)
    (message "files %d to %d, threads %d to %d, kB %d to %d, handlers %d, abandoned %s"
             files (aid-net-count "fd") threads (aid-net-count "task") kilobytes (aid-net-kilobytes)
             (hash-table-count aid--event-handlers) (aid--mod-abandoned))))

(provide 'streams)
;;; streams.el ends here
