;;; metrics.el --- The pictures of the report of what became of answers  -*- lexical-binding: t; -*-

;;; Code:

(load (expand-file-name "frame.el" (file-name-directory load-file-name)) nil t)
(require 'aid)
(require 'aid-metrics)

(defun shots-metrics-come ()
  "Draw the report when it has come."
  (if (or (not aid-metrics--report) aid-metrics--job aid-metrics--drawing)
      (run-at-time 0.3 nil #'shots-metrics-come)
    (aid-metrics-next)
    (shots-take (concat "metrics" (if (equal (getenv "SHOTS_THEME") "modus-vivendi") "-dark" "")))
    (let (kill-emacs-query-functions)
      (kill-emacs))))

(add-hook 'emacs-startup-hook
          (lambda ()
            (shots-frame (intern (getenv "SHOTS_THEME")))
            (set-frame-size nil 100 60)
            (sit-for 0.5)
            (setq aid-metrics-days 90)
            (aid-metrics)
            (delete-other-windows)
            (shots-metrics-come))
          90)

;;; metrics.el ends here
