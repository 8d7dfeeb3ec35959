;;; aid-search-tests.el --- Tests of searching a project  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What `aid-search' shows of a real index.

;;; Code:

(require 'aid-context-help)
(require 'aid-search)

(ert-deftest aid-search-shows-names-and-reasons ()
  "Each place that is found says what it defines and why it was found."
  (aid-context-tests-with
   (let (shown)
     (aid-context-tests-in "src/a.c"
       (let ((xref-show-xrefs-function (lambda (fetcher _alist) (setq shown (funcall fetcher)))))
         (aid-search "what does `one` return?")
         (aid-tests-wait (lambda () shown))))
     (let ((first (car shown)))
       (should (equal "one: defines `one`" (xref-item-summary first)))
       (should (equal (aid-project-file "src/a.c") (xref-location-group (xref-item-location first))))))))

(provide 'aid-search-tests)
;;; aid-search-tests.el ends here
