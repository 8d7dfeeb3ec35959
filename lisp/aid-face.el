;;; aid-face.el --- New faces without the cost of changed ones  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; When a face changes, Emacs forgets all faces that it has worked out for the
;; frames, for any of them may inherit the changed one, and works them out anew
;; at the next redisplay.  In a terminal of 256 colours that takes longer than to
;; load the file that defines the face.  A face that is only just being defined
;; is inherited by none of those, so that nothing needs to be forgotten.

;;; Code:

(defmacro aid-face-new (face spec doc &rest args)
  "Define FACE by SPEC, DOC and ARGS as `defface' does; forget no other face.
If the face is there already it is defined as ever."
  (declare (indent defun) (doc-string 3))
  `(progn
     (unless (facep ',face)
       (put ',face 'face-no-inherit t))  ; Emacs asks for that before it forgets
     (defface ,face ,spec ,doc ,@args)
     (put ',face 'face-no-inherit nil)))

(provide 'aid-face)
;;; aid-face.el ends here
