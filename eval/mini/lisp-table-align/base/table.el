;;; table.el --- Text in columns  -*- lexical-binding: t -*-
;;; Code:

(defun table--widths (rows)
  (apply #'cl-mapcar (lambda (&rest cells) (apply #'max (mapcar #'length cells))) rows))

(defun table-align (rows)
  "Give ROWS, lists of strings, as a string of aligned lines."
  (let ((widths (table--widths rows)))
    (mapconcat (lambda (row)
                 (mapconcat (lambda (cell) (string-pad cell (1+ (pop widths)))) row " "))
               rows "\n")))

(require 'cl-lib)
(provide 'table)
;;; table.el ends here
