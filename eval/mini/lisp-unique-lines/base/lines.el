;;; lines.el --- Commands on lines  -*- lexical-binding: t -*-
;;; Code:

(defun lines-count (beg end)
  "Give the number of lines between BEG and END."
  (count-lines beg end))

(provide 'lines)
;;; lines.el ends here
