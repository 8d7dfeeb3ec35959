;;; aid-quiet.el --- Without a word  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What AID does by itself, in a timer or when something arrives, says nothing,
;; and what the echo area shows meanwhile is somebody else's.

;;; Code:

(defmacro aid-quietly (&rest body)
  "Evaluate BODY without a message; what the echo area shows stays there.
It would not with `inhibit-message' alone: Emacs clears the echo area even for
what it does not say."
  (declare (indent 0) (debug t))
  (let ((said (make-symbol "said")))
    `(let ((,said (current-message)))
       (unwind-protect
           (let ((inhibit-message t)) ,@body)
         (when (and ,said (not (current-message)))
           (let ((message-log-max nil))
             (message "%s" ,said)))))))

(provide 'aid-quiet)
;;; aid-quiet.el ends here
