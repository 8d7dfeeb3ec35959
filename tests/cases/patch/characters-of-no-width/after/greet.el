(defun greet (name)
  (beep)
  (message "Hello, %s" name))
