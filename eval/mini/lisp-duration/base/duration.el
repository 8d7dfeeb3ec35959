;;; duration.el --- Spans of time as people write them  -*- lexical-binding: t -*-
;;; Code:

(defun duration-parse (text)
  "Give the seconds that TEXT says."
  (cond ((string-suffix-p "s" text) (string-to-number text))
        ((string-suffix-p "m" text) (* 60 (string-to-number text)))))

(provide 'duration)
;;; duration.el ends here
