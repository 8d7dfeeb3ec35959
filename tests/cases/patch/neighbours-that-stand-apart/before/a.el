(require 'one)
(require 'two)

(defun first ()
  (message "1"))

(defun second ()
  (message "2"))

(describe "all"
  (it "works"))
