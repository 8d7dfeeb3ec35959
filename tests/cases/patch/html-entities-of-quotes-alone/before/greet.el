(defun greet (name)
  (message "Hello, %s" name))
