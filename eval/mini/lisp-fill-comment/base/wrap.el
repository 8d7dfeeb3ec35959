;;; wrap.el --- Words on lines  -*- lexical-binding: t -*-
;;; Code:

(defun wrap-words (text width)
  "Give the words of TEXT as lines of WIDTH."
  (let (lines (line ""))
    (dolist (word (split-string text " "))
      (if (> (length line) width)
          (progn (push line lines) (setq line word))
        (setq line (concat line " " word))))
    (nreverse lines)))

(provide 'wrap)
;;; wrap.el ends here
