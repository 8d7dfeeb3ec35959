;;; slug.el --- Names for files from titles  -*- lexical-binding: t -*-
;;; Code:

(defun slug-make (title)
  "Give TITLE as a name."
  (replace-regexp-in-string "[^[:alnum:]]" "-" title))

(provide 'slug)
;;; slug.el ends here
