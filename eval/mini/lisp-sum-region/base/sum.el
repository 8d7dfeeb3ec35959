;;; sum.el --- Adding up  -*- lexical-binding: t -*-
;;; Code:

(defun sum-numbers (numbers)
  "Give the sum of NUMBERS."
  (apply #'+ numbers))

(provide 'sum)
;;; sum.el ends here
