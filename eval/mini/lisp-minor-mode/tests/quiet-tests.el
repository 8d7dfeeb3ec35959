(require 'ert)
(require 'quiet)

(ert-deftest quiet-tests-local ()
  (let ((outside (default-value 'ring-bell-function)))
    (with-temp-buffer
      (quiet-mode 1)
      (should (eq ring-bell-function #'ignore))
      (should (eq (default-value 'ring-bell-function) outside))
      (quiet-mode -1)
      (should (eq ring-bell-function outside))
      (should-not (local-variable-p 'ring-bell-function)))))

(ert-deftest quiet-tests-what-was-local-comes-back ()
  (with-temp-buffer
    (setq-local ring-bell-function #'beep)
    (quiet-mode 1)
    (quiet-mode -1)
    (should (eq ring-bell-function #'beep))
    (should (equal (cadr (assq 'quiet-mode minor-mode-alist)) " Quiet"))))
