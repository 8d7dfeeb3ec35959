;;; aid-error-tests.el --- Tests of what is said of errors  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Code:

(require 'aid-error)
(require 'ert)

(defun aid-error-tests--shown (body)
  "What the command loop would show of the error that BODY signals."
  (let (shown)
    (condition-case err
        (funcall body)
      (error (aid-error--shown (lambda (err context caller)
                                 (should (equal (list context caller) '("where " test-command)))
                                 (setq shown (error-message-string err)))
                               err "where " 'test-command)))
    shown))

(ert-deftest aid-error-a-person-reads-the-sentence-alone ()
  "The code is for programs, and a sentence needs no quotes."
  (should (equal (aid-error-tests--shown (lambda () (signal 'aid-error '(invalid "The question is empty: write \"it\""))))
                 "The question is empty: write \"it\""))
  (should (equal (aid-error-words '(aid-error state "The core is busy")) "The core is busy"))
  (should (equal (aid-error-words '(aid-error state)) "AID: state")))

(ert-deftest aid-error-others-are-shown-as-ever ()
  "An error that is not ours reaches Emacs as it was signalled."
  (should (equal (aid-error-tests--shown (lambda () (user-error "No %s" "file"))) "No file"))
  (should (equal (aid-error-tests--shown (lambda () (signal 'wrong-type-argument '(listp "a"))))
                 "Wrong type argument: listp, \"a\""))
  (should (equal (aid-error-words '(file-missing "Opening" "No such file")) "Opening: No such file")))

(ert-deftest aid-error-is-in-force-where-commands-end ()
  "Emacs's own function for errors of commands is asked through ours."
  (should (advice-function-member-p #'aid-error--shown (default-value 'command-error-function))))

(ert-deftest aid-error-has-one-who-words-it ()
  "Nobody else makes the words of an error: of ours they would show the code, too."
  (dolist (file (directory-files (file-name-directory (locate-library "aid-error.el")) t "\\`aid.*\\.el\\'"))
    (unless (equal (file-name-nondirectory file) "aid-error.el")
      (with-temp-buffer
        (insert-file-contents file)
        (should-not (and (search-forward "(error-message-string " nil t) file))))))

(provide 'aid-error-tests)
;;; aid-error-tests.el ends here
