(require 'ert)
(require 'duration)

(ert-deftest duration-tests-parts ()
  (should (= (duration-parse "90s") 90))
  (should (= (duration-parse "5m") 300))
  (should (= (duration-parse "1h30m") 5400))
  (should (= (duration-parse "2d 4h") (+ 172800 14400))))

(ert-deftest duration-tests-nonsense ()
  (dolist (text '("" "5" "m" "5x" "1h!" "1H"))
    (let ((err (should-error (duration-parse text) :type 'user-error)))
      (should (string-match-p (regexp-quote text) (error-message-string err))))))
