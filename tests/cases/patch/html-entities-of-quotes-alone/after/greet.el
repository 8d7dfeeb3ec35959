(defun greet (name)
  (setq greeted 'once)
  (message "Hello, %s" name))
