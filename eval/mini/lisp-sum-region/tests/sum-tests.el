(require 'ert)
(require 'sum)

(defun sum-tests--of (text)
  (with-temp-buffer
    (insert text)
    (sum-region (point-min) (point-max))))

(ert-deftest sum-tests-shown ()
  (should (equal (sum-tests--of "1 2\n3") "6"))
  (should (equal (sum-tests--of "a1 b_2 4") "4"))
  (should (equal (sum-tests--of "1.5, -2.5 (10)") "9.0"))
  (should (equal (sum-tests--of "none") "0")))

(ert-deftest sum-tests-inserted ()
  (with-temp-buffer
    (insert "1\n2\n")
    (sum-region (point-min) (point-max) t)
    (should (equal (buffer-string) "1\n2\n3"))))
