;;; aid-chat-habits-tests.el --- Tests of what people do to any buffer  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat is an ordinary buffer: people narrow it, fill it, clone it, change its
;; mode, and say no.

;;; Code:

(require 'aid-chat-help)
(require 'aid-chat-nav)
(require 'aid-chat-complete)

;;; Typing where nothing is seen

(ert-deftest aid-chat-typed-beside-a-marker-is-seen ()
  "What is typed into a line that shows something else, or nothing, is seen there."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text (aid-chat-tests-key "<!--aid:KEY reasoning-->\n> Secret\n\nSo.\n"))
    (aid-chat-tests-done)
    (dolist (marker '(" reasoning" " meta"))
      (goto-char (point-min))
      (search-forward marker)
      (forward-line 0)
      (insert "mine ")
      (end-of-line)
      (insert " too")
      (let ((seen (aid-chat-tests-visible (line-beginning-position) (line-end-position))))
        (should (string-match-p "\\`mine .* too\\'" seen))
        (should-not (string-search "<!--" seen))))))

(ert-deftest aid-chat-point-passes-hidden-lines ()
  "Point does not come to rest before a line that is not seen: what is typed there would be in it."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-done)
    (aid-chat-fontify (point-min) (point-max))
    (goto-char (point-min))
    (search-forward " meta")
    (forward-line 0)
    (should (invisible-p (get-pos-property (point) 'invisible)))
    (forward-line)
    (should-not (invisible-p (get-pos-property (point) 'invisible)))))

(ert-deftest aid-chat-nothing-before-the-first-line ()
  "Nothing is typed before the unseen line that makes a file a chat."
  (aid-chat-tests-with chat
    (aid-chat-fontify (point-min) (point-max))
    (let ((text (buffer-string)))
      (goto-char (point-min))
      (should (string-search "makes this file a chat"
                             (error-message-string (should-error (insert "x") :type 'text-read-only))))
      (should-error (kill-line) :type 'text-read-only)
      (should (equal (buffer-string) text))
      (forward-line)
      (insert "x")
      (undo-boundary)
      (delete-region (1- (point)) (point-max)))
    (text-mode)
    (goto-char (point-min))
    (insert "x")
    (should (looking-back "\\`x" nil))))

;;; Other buffers

(ert-deftest aid-chat-mode-elsewhere ()
  "In a buffer that is no chat its mode writes nothing, and says so."
  (aid-module-ensure)
  (with-temp-buffer
    (insert "Some text.\n")
    (aid-chat-mode)
    (dolist (command '(aid-chat-send aid-chat-previous-question aid-chat-next-question))
      (should (string-search "no chat" (cadr (should-error (call-interactively command)
                                                           :type 'user-error)))))
    (should-error (aid-chat-quote 1 5) :type 'user-error)
    (aid-chat-measure)
    (aid-chat-fontify (point-min) (point-max))
    (should (equal (buffer-string) "Some text.\n"))))

;;; Opening

(defun aid-chat-habits-tests--loaded (text)
  "The libraries that take time among those of an Emacs with a chat of TEXT, and its mode."
  (let* ((home (make-temp-file "aid-chat-tests" t))
         (chat (expand-file-name "x.aid.md" home)))
    (unwind-protect
        (with-temp-buffer
          (write-region text nil chat nil 'quiet)
          (let ((process-environment (append (list (concat "HOME=" home) (concat "XDG_STATE_HOME=" home))
                                             process-environment)))
            (call-process
             (expand-file-name invocation-name invocation-directory) nil t nil "-Q" "--batch"
             "--eval"                   ; Emacs 29 brings one of them along
             (prin1-to-string
              '(setq libraries (delq nil (mapcar (lambda (it) (and (not (featurep it)) it))
                                                 '(cl-lib subr-x outline seq)))))
             "-L" (file-name-directory (locate-library "aid")) "-l" "aid" "--eval"
             (prin1-to-string
              `(progn (find-file ,chat)
                      (aid-chat-fontify (point-min) (point-max))
                      (princ (list major-mode
                                   (delq nil (mapcar (lambda (it) (and (featurep it) it))
                                                     libraries))))))))
          (goto-char (point-max))
          (forward-line 0)
          (read (current-buffer)))
      (delete-directory home t))))

(ert-deftest aid-chat-opens-without-libraries ()
  "A chat is shown without libraries that take longer to load than it does."
  (let ((new "<!--aid:abc chat v=1 root=.-->\n# t\n\n## You <!--aid:abc 1 user-->\n"))
    (should (equal (aid-chat-habits-tests--loaded new) '(aid-chat-mode nil)))
    (should (equal (aid-chat-habits-tests--loaded
                    (concat new "Why?\n```c\n" (make-string 40 ?\n) "```\n\n"
                            "## m <!--aid:abc 2 answer-->\n<!--aid:abc meta req=r1 state=done-->\nSo.\n"))
                   '(aid-chat-mode nil)))))

(ert-deftest aid-chat-opening-connects-to-nothing ()
  "What a chat names elsewhere is neither connected to nor run to show its cost."
  (aid-chat-tests-with chat
    (with-current-buffer
        (aid-chat-tests-open
         "x.aid.md" (concat "<!--aid:abc chat v=1 root=.-->\n# t\n\n## You <!--aid:abc 1 user-->\n"
                            "- [a](/ssh:host.invalid:/a.c) <!--aid:abc item tok=7-->\n"
                            "- [d](aid:diff/0123456789ab) <!--aid:abc item tok=5-->\n"))
      (let ((file-name-handler-alist
             (cons (cons "\\`/ssh:" (lambda (operation &rest args)
                                      (pcase operation
                                        ('file-remote-p "/ssh:host.invalid:")
                                        ('get-file-buffer nil)
                                        ('expand-file-name (car args))
                                        (_ (ert-fail (list operation args))))))
                   file-name-handler-alist)))
        (cl-letf (((symbol-function 'process-file) (lambda (&rest args) (ert-fail args))))
          (aid-chat-measure)
          (should (equal aid-chat--open-cost '(2 . 12))))))))

;;; Filling

(ert-deftest aid-chat-fills-words-alone ()
  "Filling a paragraph joins neither headings nor context lines with it."
  (aid-chat-tests-with chat
    (goto-char (cdr (aid-chat-open-question)))
    (let ((start (point)))
      (insert (make-string 30 ?a) " " (make-string 30 ?b) "\n" (make-string 30 ?c) "\n")
      (aid-chat-add-item chat "a.c" "../../project/a.c")
      (aid-chat-add-item chat "b.c" "../../project/b.c")
      (goto-char start)
      (fill-paragraph)
      (should (equal (count-matches "^## You <!--aid:[[:alnum:]]+ 1 user-->$" (point-min) (point-max)) 1))
      (should (looking-at "a\\{30\\} b\\{30\\}\nc\\{30\\}\n\n- "))
      (search-forward "[a.c]")
      (fill-paragraph)
      (should (= 2 (length (aid-chat--open-items)))))))

;;; Narrowing

(ert-deftest aid-chat-quotes-from-a-narrowed-chat ()
  "What is quoted in a narrowed chat gets into the question, not into what is seen."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Because.\n")
    (aid-chat-tests-done)
    (goto-char (point-min))
    (search-forward "Because.")
    (narrow-to-region (line-beginning-position) (line-end-position))
    (aid-chat-quote (point-min) (point-max))
    (insert "Oh.")
    (widen)
    (should (equal (string-trim (aid-chat-answer-text 2)) "Because."))
    (should (string-match-p "user-->\n> Because\\.\n\nOh\\." (buffer-string)))))

(ert-deftest aid-chat-past-questions-in-a-narrowed-chat ()
  "Past questions come into the question, whatever is narrowed to."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Because.\n")
    (aid-chat-tests-done)
    (goto-char (point-min))
    (search-forward "Because.")
    (narrow-to-region (line-beginning-position) (line-end-position))
    (should-not (aid-chat-in-question-p))
    (aid-chat-previous-question 1)
    (widen)
    (should (equal (string-trim (aid-chat-answer-text 2)) "Because."))
    (should (string-suffix-p "user-->\nWhy?" (string-trim (buffer-string))))))

(ert-deftest aid-chat-visits-in-a-narrowed-file ()
  "A link leads to its line also when that does not lie in what is seen of the file."
  (aid-chat-tests-with chat
    (save-window-excursion
      (switch-to-buffer chat)
      (with-current-buffer (find-file-noselect (expand-file-name "a.c" project))
        (narrow-to-region (point-min) 6))
      (goto-char (cdr (aid-chat-open-question)))
      (insert "see [a.c](../../project/a.c#L2)")
      (backward-char 3)
      (aid-chat-visit)
      (with-current-buffer (window-buffer)
        (should (equal (buffer-name) "a.c"))
        (should (looking-at "int b;"))))))

(ert-deftest aid-chat-completes-symbols-of-a-narrowed-file ()
  "A definition that is completed is the one meant, in a narrowed file and when it moves."
  (aid-chat-tests-with chat
    (write-region "int a;\n\nint\nf (void)\n{\n  return 1;\n}\n" nil
                  (expand-file-name "f.c" project) nil 'quiet)
    (let ((buffer (find-file-noselect (expand-file-name "f.c" project))) item)
      (with-current-buffer buffer
        (goto-char (point-min))
        (search-forward "f (")
        (narrow-to-region (line-beginning-position 0) (point-max)))
      (setq item (aid-chat--symbol-item "f" buffer (with-current-buffer buffer (point))))
      (should (equal (car item) "f.c:3-7"))
      (should (string-suffix-p "project/f.c#L3-L7" (nth 1 item)))
      (with-current-buffer buffer
        (widen)
        (goto-char (point-min))
        (insert "// more\n"))
      (should (equal (aid-chat--item-text (nth 1 item)) "int\nf (void)\n{\n  return 1;\n}\n")))))

;;; Saving

(ert-deftest aid-chat-is-saved-unasked ()
  "Where all buffers are saved, a chat in AID's own folder is without a question; no other."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Not sent yet")
    (let ((save-silently t) (asked 0))
      (cl-letf (((symbol-function 'map-y-or-n-p)
                 (lambda (_ask _act list &rest _)
                   (setq asked (cl-count-if (lambda (b) (and (eq b chat) (buffer-modified-p b))) list)))))
        (save-some-buffers)
        (should-not (buffer-modified-p))
        (should (= asked 0))
        (aid-chat-move (expand-file-name "mine.aid.md" project))
        (insert ", still")
        (save-some-buffers)
        (should (buffer-modified-p))
        (should (= asked 1))))))

;;; Asking again

(ert-deftest aid-chat-again-from-the-question ()
  "Asked in the open question, the last answer is asked for again."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Because.\n")
    (aid-chat-tests-done)
    (goto-char (point-max))
    (call-interactively #'aid-chat-again)
    (should (= 2 (length aid-chat-tests--asked)))
    (should (= 1 (length (aid-chat-turns 'alternative))))
    (goto-char (point-min))
    (should-error (call-interactively #'aid-chat-again) :type 'user-error)))

(ert-deftest aid-chat-again-shows-the-new-answer ()
  "What is asked again after it was stopped is seen to arrive; the cut answer is folded."
  (aid-chat-tests-with chat
    (save-window-excursion
      (switch-to-buffer chat)
      (aid-chat-tests-ask "Why?")
      (aid-chat-tests-text (apply #'concat (make-list 100 "Cut.\n")))
      (aid-chat-tests-event 'error '(:code cancelled :message "Stopped." :state "cut" :meta "state=cut"))
      (goto-char (point-max))
      (set-window-start nil (save-excursion (forward-line -10) (point)))
      (aid-chat-send)
      (let ((answer (plist-get (aid-chat--answer 2) :beg)))
        (should (= (window-start) answer))
        (should (= (point) (point-max)))
        (aid-chat-tests-text "New.\n")
        (should (= (window-start) answer)))
      (goto-char (point-min))
      (search-forward "New.")
      (should-not (invisible-p (1- (point))))
      (search-forward "Cut.")
      (should (invisible-p (1- (point))))
      (should-not (invisible-p (car (aid-chat-open-question)))))))

(ert-deftest aid-chat-again-from-within-the-answer ()
  "Who asks again in an answer goes along with the new one, not with the old."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Because.\n")
    (aid-chat-tests-done)
    (goto-char (point-min))
    (search-forward "Beca")
    (call-interactively #'aid-chat-again)
    (aid-chat-tests-text "So.")
    (should (looking-back "^So\\." (line-beginning-position)))))

;;; Saying no

(ert-deftest aid-chat-not-sent-keeps-the-strategy ()
  "A question that is not sent still begins with its strategy."
  (aid-chat-tests-with chat
    (goto-char (cdr (aid-chat-open-question)))
    (insert "/edit Fix it.\n\n- [p](/etc/passwd) " (aid-chat--marker "item") "\n")
    (let ((before (buffer-string)))
      (cl-letf (((symbol-function 'yes-or-no-p) #'ignore))
        (should-error (aid-chat-send) :type 'user-error))
      (should (equal (buffer-string) before))
      (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (signal 'quit nil))))
        (should (eq 'quit (condition-case nil (aid-chat-send) (quit 'quit)))))
      (should (equal (buffer-string) before))
      (cl-letf (((symbol-function 'yes-or-no-p) #'always)
                ((symbol-function 'aid--mod-ask) (lambda (_) (error "No"))))
        (should-error (aid-chat-send)))
      (should (string-search "user-->\n/edit Fix it.\n" (buffer-string))))))

;;; Turns

(ert-deftest aid-chat-no-more-turns ()
  "Where there is no turn to go to, point stays."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-done)
    (goto-char (point-max))
    (insert "word")
    (let ((here (point)))
      (should-error (aid-chat-next-turn) :type 'user-error)
      (should (= here (point))))
    (goto-char (+ 3 (point-min)))
    (should-error (aid-chat-previous-turn) :type 'user-error)
    (should (= (point) (+ 3 (point-min))))
    (aid-chat-previous-turn -2)
    (should (looking-at-p "## some-model"))))

;;; Other buffers, other modes

(ert-deftest aid-chat-killed-clone ()
  "An indirect clone of a chat can be killed; the chat's answer goes on."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-doc)
    (let ((clone (clone-indirect-buffer "clone" nil)))
      (kill-buffer clone))
    (should-not aid-chat-tests--cancelled)
    (should aid-chat--doc)
    (should (aid--mod-doc-size aid-chat--doc))
    (aid-chat-tests-text "Because.\n")
    (aid-chat-tests-done)
    (should (string-search "Because." (aid-chat-answer-text 2)))))

(ert-deftest aid-chat-in-another-mode ()
  "In another mode everything that is in the file is seen."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text (aid-chat-tests-key "<!--aid:KEY reasoning-->\n> Hmm.\n> Well.\n\nBecause.\n"))
    (aid-chat-tests-done)
    (aid-chat-fontify (point-min) (point-max))
    (goto-char (point-min))
    (should (invisible-p (save-excursion (search-forward "Hmm") (point))))
    (text-mode)
    (while (not (eobp))
      (should-not (invisible-p (point)))
      (should-not (get-char-property (point) 'display))
      (forward-char))))

(provide 'aid-chat-habits-tests)
;;; aid-chat-habits-tests.el ends here
