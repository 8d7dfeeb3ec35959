;;; aid-model-tests.el --- Tests of choosing models  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What a completion list says of models, and that it asks for nothing.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-model)
(require 'auth-source)

(defun aid-model-tests--note (sources)
  "The note on a model that needs a key; SOURCES gives `auth-sources' for a folder."
  (let* ((home (file-name-as-directory (make-temp-file "aid-model-tests" t)))
         (auth-source-do-cache nil)
         (auth-sources (funcall sources home)))
    (unwind-protect
        (aid-model--note '(:id "far" :provider "p" :host "far.example" :needs_key t :key "missing"))
      (delete-directory home t))))

(defun aid-model-tests--authinfo (home name text)
  "Write TEXT into the file NAME in HOME and give its name."
  (let ((file (expand-file-name name home))
        (file-name-handler-alist nil))  ; which would encrypt it
    (with-temp-file file (insert text))
    file))

(ert-deftest aid-model-notes-what-is-missing ()
  "A model that needs a key and has none says so; one of this machine says that."
  (should (equal (aid-model-tests--note (lambda (home) (list (expand-file-name "none" home))))
                 "  p, key missing"))
  (should (equal (aid-model--note '(:provider "here" :local t :key "none" :default t))
                 "  here, local, default")))

(ert-deftest aid-model-notes-know-auth-source ()
  "A key that auth-source has is not missing."
  (should (equal (aid-model-tests--note
                  (lambda (home)
                    (list (aid-model-tests--authinfo
                           home "authinfo" "machine far.example login apikey password k\n"))))
                 "  p"))
  (should (equal (aid-model-tests--note
                  (lambda (home)
                    (list (aid-model-tests--authinfo
                           home "authinfo" "machine other.example login apikey password k\n"))))
                 "  p, key missing")))

(ert-deftest aid-model-notes-ask-for-no-passphrase ()
  "A file that only a passphrase opens is not opened for a note, and may hold the key."
  (cl-letf (((symbol-function 'auth-source-search)
             (lambda (&rest _) (error "This asks for a passphrase"))))
    (should (equal (aid-model-tests--note
                    (lambda (home) (list (aid-model-tests--authinfo home "authinfo.gpg" "?"))))
                   "  p"))))

(provide 'aid-model-tests)
;;; aid-model-tests.el ends here
