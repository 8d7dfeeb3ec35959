(require 'ert)
(require 'table)

(ert-deftest table-tests ()
  (should (equal (table-align '(("a" "bb") ("ccc" "d"))) "a    bb\nccc  d"))
  (should (equal (table-align '(("a") ("b" "c" "d"))) "a\nb  c  d"))
  (should (equal (table-align '(("日本" "x") ("a" "y"))) "日本  x\na     y"))
  (should (equal (table-align nil) "")))
