(require 'ert)
(require 'slug)

(ert-deftest slug-tests ()
  (should (equal (slug-make "A, b") "a-b"))
  (should (equal (slug-make "  Hello, World!  ") "hello-world"))
  (should (equal (slug-make "Ünï 2.0") "ünï-2-0"))
  (should (equal (slug-make "--") "")))
