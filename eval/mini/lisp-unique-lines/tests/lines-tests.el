(require 'ert)
(require 'lines)

(ert-deftest lines-tests-buffer ()
  (with-temp-buffer
    (insert "a\nb\na\n\nc\n\nb")
    (should (equal (call-interactively #'unique-lines) "3 lines deleted"))
    (should (equal (buffer-string) "a\nb\n\nc\n"))))

(ert-deftest lines-tests-region ()
  (with-temp-buffer
    (insert "a\na\nx\nx\na\n")
    (unique-lines 5 9)
    (should (equal (buffer-string) "a\na\nx\na\n"))))
