(require 'ert)
(require 'wrap)

(ert-deftest wrap-tests ()
  (should (equal (wrap-words "a bb ccc dddd" 6) '("a bb" "ccc" "dddd")))
  (should (equal (wrap-words "aa bb" 5) '("aa bb")))
  (should (equal (wrap-words "a\n\tincomprehensible b" 4) '("a" "incomprehensible" "b")))
  (should (equal (wrap-words "  " 4) nil)))
