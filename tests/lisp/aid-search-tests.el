;;; aid-search-tests.el --- Tests of searching a project  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What `aid-search' shows of a real index.

;;; Code:

(require 'aid-context-help)
(require 'aid-search)
(require 'aid-recipe)
(require 'aid-percent)
(require 'aid-context-stale)

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

(defun aid-search-tests-found ()
  "Complete the open question of this chat; what its lines say, and why."
  (aid-recipe-complete)
  (cl-loop for (_ label _target words) in (aid-chat--open-items)
           collect (cons label (and (string-match "why=\\([^ >]+?\\)\\(?: \\|-->\\|\\'\\)" words)
                                    (aid-percent-decode (match-string 1 words))))))

(ert-deftest aid-search-adds-lines-and-respects-what-is-deleted ()
  "What a question is about is added with its reason; what one deletes is not added again."
  (aid-context-tests-with
   (with-current-buffer (aid-context-tests-chat)
     (let ((aid-strategy "ask"))
       (goto-char (cdr (aid-chat--prose-bounds)))
       (insert "what does `one` return?\n")
       (aid-context-items-tests-wait (lambda () (aid-search-tests-found)))
       (let ((found (aid-search-tests-found)))
         (should (member '("src/a.c:3-7" . "defines `one`") found))
         (should (cl-every #'cdr found))        ; each has its reason
         (should (member '("src/b.h:1" . "declares `one`") found))
         (should (equal found (aid-search-tests-found)))
         (cl-loop for (_ label target _) in (aid-chat--open-items)
                  when (equal label "src/a.c:3-7") do (aid-context--take-back target))
         (let ((again (aid-search-tests-found)))
           (should-not (cl-find "src/a.c" again :key #'car :test #'string-prefix-p))
           (should (= (length again) (1- (length found))))))))))

(ert-deftest aid-search-adds-nothing-that-the-chat-shows ()
  "What an earlier question shows is added again when it has changed, and only then."
  (aid-context-tests-with
   (with-current-buffer (aid-context-tests-chat)
     (let ((aid-strategy "ask") (question "what does `one` return?\n") sent)
       (goto-char (cdr (aid-chat--prose-bounds)))
       (insert question)
       (aid-context-items-tests-wait (lambda () (aid-search-tests-found)))
       (setq sent (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items)))
       (should (= 2 (length sent)))
       (goto-char (point-min))
       (while (search-forward " item" nil t)
         (insert " sent=0123456789abcdef"))
       (aid-project-answer (current-buffer) "It returns 1.")
       (cl-letf (((symbol-function 'aid-context-stale-check) #'ignore))
         (aid-context-stale--note nil)
         (goto-char (cdr (aid-chat--prose-bounds)))
         (insert question)
         (should-not (aid-search-tests-found))
         (aid-context-stale--note (list (list (car sent) "0123456789abcdef" 'changed)))
         (should (equal '("src/a.c:3-7") (mapcar #'car (aid-search-tests-found)))))))))

(provide 'aid-search-tests)
;;; aid-search-tests.el ends here
