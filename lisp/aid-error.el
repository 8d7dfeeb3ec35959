;;; aid-error.el --- What went wrong, in words  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core signals `aid-error' with a code, which programs look at, and a
;; sentence, which is all that a person is to see.  Emacs would show both, the
;; sentence in quotes; so it is given the sentence alone.

;;; Code:

(define-error 'aid-error "AID")

(defun aid-error-of (val)
  "Signal `aid-error' for VAL, the core's plist of an error's :code and :message."
  (signal 'aid-error (list (intern (plist-get val :code)) (plist-get val :message))))

(defun aid-error-words (err)
  "What ERR, which was signalled, says to a person."
  (if (and (eq (car-safe err) 'aid-error) (stringp (nth 2 err)))
      (nth 2 err)
    (error-message-string err)))

(defun aid-error--shown (show err &rest where)
  "Have SHOW, the `command-error-function', show ERR, and WHERE it was, in words."
  (apply show (if (eq (car-safe err) 'aid-error)
                  (list 'user-error (aid-error-words err))
                err)
         where))

(add-function :around (default-value 'command-error-function) #'aid-error--shown)

(provide 'aid-error)
;;; aid-error.el ends here
