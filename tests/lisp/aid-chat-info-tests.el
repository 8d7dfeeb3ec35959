;;; aid-chat-info-tests.el --- Tests of what a chat's lines say of themselves  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The words at the right edge, and in place of markers.

;;; Code:

(require 'aid-module-helper)
(require 'aid-chat-help)
(require 'aid-chat-nav)

(ert-deftest aid-chat-display-says-why-it-ended ()
  "An answer that is not whole says so, also when nothing failed."
  (pcase-dolist (`(,stop . ,words) '(("length" . "ended at the length limit · 412 tok")
                                     ("refusal" . "refused · 412 tok") ("tools" . "412 tok")
                                     ("odd" . "odd · 412 tok")))
    (aid-chat-tests-with chat
      (aid-chat-tests-ask "Why?")
      (aid-chat-tests-text "So\n")
      (aid-chat-tests-done :meta (format "model=m req=r1 out=412 stop=%s state=done" stop))
      (should (string-search (format "## some-model |%s\n" words)
                             (aid-chat-tests-visible (point-min) (point-max)))))))

(ert-deftest aid-chat-display-in-plain-terminals ()
  "Where only ASCII can be displayed, all that is shown in place of text is ASCII."
  (aid-chat-tests-with chat
    (cl-letf (((symbol-function 'char-displayable-p) (lambda (char) (< char 128))))
      (aid-chat-tests-ask (concat "Why?\n" (make-string 11000 ?o)))
      (aid-chat-tests-text (aid-chat-tests-key "<!--aid:KEY reasoning-->\n> Secret\n\nSo.\n"))
      (aid-chat-head-update)
      (should-not (string-match-p "[^[:ascii:]]" aid-chat--header))
      (aid-chat-tests-done :meta "model=m req=r1 out=412 ms=2300 cost=0.01 state=done")
      (let ((seen (aid-chat-tests-visible (point-min) (point-max))))
        (should (string-search "## some-model |2.3 s - 412 tok - $0.01\n" seen))
        (should (string-search " ... 10000 more" seen))
        (should-not (string-match-p "[^[:ascii:]]" seen)))
      (should-not (string-match-p "[^[:ascii:]]" (caar (aid-chat-imenu)))))))

(provide 'aid-chat-info-tests)
;;; aid-chat-info-tests.el ends here
