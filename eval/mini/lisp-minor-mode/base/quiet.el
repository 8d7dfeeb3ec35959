;;; quiet.el --- No bell  -*- lexical-binding: t -*-
;;; Code:

(defun quiet-on ()
  "Ring no bell."
  (setq ring-bell-function #'ignore))

(provide 'quiet)
;;; quiet.el ends here
