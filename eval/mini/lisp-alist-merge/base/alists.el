;;; alists.el --- More of alists  -*- lexical-binding: t -*-
;;; Code:

(defun alist-merge (a b)
  "Give the alists A and B as one."
  (nconc a b))

(provide 'alists)
;;; alists.el ends here
