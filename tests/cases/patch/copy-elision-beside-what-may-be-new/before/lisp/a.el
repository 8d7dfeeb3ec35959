(defun a-open (name)
  "Open NAME."
  (let ((buffer (find-file-noselect name)))
    (switch-to-buffer buffer)
    buffer))

(defun a-close (name)
  "Close NAME."
  (let ((buffer (get-file-buffer name)))
    (when buffer
      (kill-buffer buffer))))
