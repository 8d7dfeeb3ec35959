;;; aid-queue-alone-tests.el --- Tests of queues with nobody there  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A timer sends what is queued: nothing of that asks, lists files, connects,
;; looks for keys or waits.  What would need it stays queued and says why.

;;; Code:

(require 'aid-queue-help)

(declare-function aid--mod-doc-text "ext:aid-module" (doc))
(declare-function auth-source-remember "auth-source" (spec found))
(declare-function auth-source-forget "auth-source" (spec))

(defvar auth-sources)
(defvar auth-source-do-cache)
(defvar inhibit-interaction)

(ert-deftest aid-queue-looks-no-names-up-by-itself ()
  "A name after \"@\" is looked up by a command alone, for that may list all files."
  (aid-queue-tests-with chat
    (require 'aid-chat-complete)
    (let ((looked nil) (alone nil))
      (cl-letf (((symbol-function 'aid-chat--typed-item)
                 (lambda (name) (push (list name alone) looked) nil)))
        (aid-chat-tests-ask "Two, @somebody there?")
        (should (equal looked '(("somebody" nil))))
        (setq alone t)
        (aid-queue-tests-end "done")
        ;; It was looked up when it was queued.
        (should (equal (aid-queue-tests-sent) '(nil 3)))
        (setq alone nil)
        (aid-chat-tests-ask "Three?")
        (search-backward "Three?")
        (insert "@other and ")
        (setq alone t looked nil)
        (should (string-search "\"@\" names in it is to be looked up.  1 queued question waits"
                               (aid-queue-tests-said (aid-queue-tests-end "done"))))
        (should-not looked)
        (should (equal (aid-queue-tests-sent) '(nil 3)))
        (setq alone nil)
        (aid-chat-send)
        (should (equal looked '(("other" nil))))
        (should (equal (aid-queue-tests-sent) '(nil 3 5)))))))

(ert-deftest aid-queue-fetches-nothing-by-itself ()
  "What must be run or connected to for a context line waits for the person."
  (aid-queue-tests-with chat
    (aid-chat-add-item chat "diff" "aid:diff")
    (aid-chat-tests-ask "Two?")
    (should (string-search "is to be fetched" (aid-queue-tests-said (aid-queue-tests-end "done"))))
    (should (equal (aid-queue-tests-sent) '(nil)))
    (search-backward "Two?")
    (aid-chat-send)
    (should (equal (aid-queue-tests-sent) '(nil 3)))))

(ert-deftest aid-queue-asks-for-no-key-by-itself ()
  "The key is looked for when a question is queued; a timer takes what is remembered."
  (aid-queue-tests-with chat
    (require 'auth-source)
    (let ((auth-sources (list (expand-file-name "authinfo.gpg" home))) (auth-source-do-cache t)
          (spec '(:host "h.example" :user "apikey" :max 1 :require (:secret)))
          (searched 0))
      (let ((file-name-handler-alist nil))
        (with-temp-file (car auth-sources)
          (insert "encrypted")))
      (cl-letf (((symbol-function 'aid--mod-model-info)
                 (lambda (&rest _) (list :id "m" :needs_key t :host "h.example")))
                ((symbol-function 'auth-source-search)
                 (lambda (&rest spec)
                   (when inhibit-interaction
                     (ert-fail "auth-source was asked by a timer"))
                   (cl-incf searched)
                   (auth-source-remember spec '((:secret "k")))
                   '((:secret "k")))))
        (unwind-protect
            (progn
              (aid-chat-tests-ask "Two?")
              (should (= 1 searched))
              (aid-chat-tests-ask "Three?")
              (cl-letf (((symbol-function 'auth-source-search) (lambda (&rest _) '((:secret "k")))))
                (aid-queue-tests-end "done"))
              (should (equal (aid-queue-tests-sent) '(nil 3)))
              (should (equal (plist-get (car aid-chat-tests--asked) :secret) "k"))
              (auth-source-forget spec)
              (should (string-search "key is to be asked for"
                                     (aid-queue-tests-said (aid-queue-tests-end "done"))))
              (should (equal (aid-queue-tests-sent) '(nil 3)))
              (search-backward "Three?")
              (aid-chat-send)
              (should (equal (aid-queue-tests-sent) '(nil 3 5))))
          (auth-source-forget spec))))))

(ert-deftest aid-queue-waits-for-no-look-at-secrets ()
  "The core looks for secrets while Emacs goes on; one that it finds keeps the question."
  (aid-queue-tests-with chat
    (cl-letf (((symbol-function 'aid-secrets--held)
               (lambda (_) (ert-fail "a timer waited"))))
      (aid-chat-tests-ask "Two?")
      (aid-chat-tests-ask "Three?")
      (aid-queue-tests-end "done")
      (should (equal (aid-queue-tests-sent) '(nil 3)))
      (save-excursion
        (search-backward "Three?")
        (insert "gh" "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a "))
      (should (string-search "looks like a secret"
                             (aid-queue-tests-said (aid-queue-tests-end "done"))))
      (should (equal (aid-queue-tests-sent) '(nil 3))))))

(ert-deftest aid-queue-is-edited-while-it-is-looked-through ()
  "What is sent is what was looked through."
  (aid-queue-tests-with chat
    (aid-chat-tests-ask "Two?")
    (let ((looks nil))
      (cl-letf (((symbol-function 'aid-secrets-look)
                 (lambda (plist then)
                   (push (aid--mod-doc-text (plist-get plist :doc)) looks)
                   (unless (cdr looks)
                     (save-excursion
                       (search-backward "Two?")
                       (insert "One and ")))
                   (funcall then nil))))
        (aid-queue-tests-end "done")
        (should (= 2 (length looks)))
        (should (string-search "One and Two?" (car looks)))
        (should (equal (aid-queue-tests-sent) '(nil 3)))))))

(provide 'aid-queue-alone-tests)
;;; aid-queue-alone-tests.el ends here
