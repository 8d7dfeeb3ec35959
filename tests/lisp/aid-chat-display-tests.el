;;; aid-chat-display-tests.el --- Tests of chats: display, moving about  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What one sees of a chat, and how one moves in it.

;;; Code:

(require 'aid-module-helper)
(require 'aid-chat-help)
(require 'aid-chat-complete)
(require 'aid-face)

;;; Display

(ert-deftest aid-chat-display-hides-markers ()
  "Markers are not seen, and the text stays as it is."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why **so**?")
    (aid-chat-tests-text "It *is*.\n")
    (aid-chat-tests-event 'done '(:state "done" :meta "model=m req=r1 out=412 ms=2300 state=done"))
    (let* ((text (buffer-substring-no-properties (point-min) (point-max)))
           (seen (aid-chat-tests-visible (point-min) (point-max))))
      (should (equal text (buffer-substring-no-properties (point-min) (point-max))))
      (should-not (string-search "<!--" seen))
      (should (string-search "## some-model |2.3 s · 412 tok\n" seen))
      (should (string-prefix-p "# Why" seen))
      (let ((copied (filter-buffer-substring (point-min) (point-max))))
        (should (equal-including-properties copied text))))))

(ert-deftest aid-chat-display-strong ()
  "What the core calls strong looks so."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "So **strong** it\n")
    (aid-chat-fontify (point-min) (point-max))
    (let ((face (get-text-property (+ 3 (string-search "strong" (buffer-string))) 'face)))
      (should (memq 'aid-chat-strong (ensure-list face))))))

(ert-deftest aid-chat-display-directions ()
  "Paragraphs face as their letters do from the first right-to-left letter on."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Because, größer 日本語.\n")
    (aid-chat-fontify (point-min) (point-max))
    (should (eq bidi-paragraph-direction 'left-to-right))
    (aid-chat-tests-text "\nשלום\n")            ; as it streams, before it is displayed
    (should-not bidi-paragraph-direction))
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "سلام\n")                           ; typed: when it is displayed
    (aid-chat-fontify (point-min) (point-max))
    (should-not bidi-paragraph-direction)))

(ert-deftest aid-face-new-is-a-face-like-others ()
  "A new face has its attributes, a theme's go before them, and its changes are told to Emacs."
  (custom-declare-theme 'aid-face-tests 'aid-face-tests-theme)
  (custom-theme-set-faces 'aid-face-tests '(aid-face-tests-themed ((t :inherit italic))))
  (unwind-protect
      (progn
        (enable-theme 'aid-face-tests)
        (eval '(aid-face-new aid-face-tests-plain '((t :inherit bold)) "Plain." :group 'aid) t)
        (eval '(aid-face-new aid-face-tests-themed '((t :inherit bold)) "Themed." :group 'aid) t)
        (should (eq (face-attribute 'aid-face-tests-plain :inherit) 'bold))
        (should (eq (face-attribute 'aid-face-tests-themed :inherit) 'italic))
        (should (equal (face-documentation 'aid-face-tests-plain) "Plain."))
        (dolist (face '(aid-face-tests-plain aid-chat-code aid-invisible))
          (should (facep face))
          (should-not (get face 'face-no-inherit))))
    (disable-theme 'aid-face-tests)))

(ert-deftest aid-chat-display-items ()
  "A context line shows its label alone only when that tells where it leads."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Look")
    (aid-chat-add-item chat "a.c" "../../project/a.c")
    (aid-chat-add-item chat "b.c" "../../../etc/passwd")
    (aid-chat-measure)
    (aid-tests-wait (lambda () (gethash "../../project/a.c" aid-chat--item-tokens)))
    (let ((seen (aid-chat-tests-visible (point-min) (point-max))))
      (should (string-match-p "^- a\\.c |~[0-9]+ tok$" seen))
      (should (string-search "- [b.c](../../../etc/passwd)" seen)))))

(ert-deftest aid-chat-display-edge-gives-way ()
  "The right edge shows nothing where the text reaches it."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Look")
    (aid-chat-add-item chat (concat "dir/" (make-string 70 ?x) ".c")
                       (concat "dir/" (make-string 70 ?x) ".c") "tok=123456")
    (should-not (string-search "|" (aid-chat-tests-visible (car (aid-chat-open-question))
                                                           (point-max))))))

(ert-deftest aid-chat-display-edge-beside-hidden-targets ()
  "The target of a link, which is not seen, takes no room from the right edge."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Look")
    (aid-chat-add-item chat "src/context/something.c:100-120"
                       "../../../../../src/project/src/context/something.c#L100-L120" "tok=123")
    (should (string-match-p "^- src/context/something\\.c:100-120 |~?123 tok$"
                            (aid-chat-tests-visible (point-min) (point-max))))))

(ert-deftest aid-chat-display-folds ()
  "Thoughts are folded, also as they arrive, and unfold with TAB."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text (aid-chat-tests-key "<!--aid:KEY reasoning-->\n> Secret"))
    (aid-chat-tests-text " one\n> secret two")
    (aid-chat-tests-text "\n> \n> secret three")
    (let ((seen (lambda () (aid-chat-tests-visible (point-min) (point-max)))))
      (should (invisible-p (1- (aid-chat-stream-end aid-chat--stream))))
      (aid-chat-tests-text "\n\nOpen answer")
      (should-not (invisible-p (1- (aid-chat-stream-end aid-chat--stream))))
      (aid-chat-tests-done :reasoning_ms 1100)
      (should (string-match-p "^. thought for 1.1 s\n\nOpen answer" (funcall seen)))
      (goto-char (point-min))
      (search-forward "reasoning ms")
      (aid-chat-tab)
      (should (string-search "secret three" (funcall seen)))
      (aid-chat-tab)
      (should-not (string-search "secret three" (funcall seen))))))

(defun aid-chat-tests-block (lines)
  "A block of code of so many LINES, its fences included."
  (concat "```c\n" (mapconcat (lambda (n) (format "int v%d;\n" n))
                              (number-sequence 1 (- lines 2)) "")
          "```\n"))

(ert-deftest aid-chat-display-pasted-folds ()
  "A long block in a question is folded to its first line when it was sent, not before."
  (aid-chat-tests-with chat
    (let ((aid-chat-pasted-lines 12)
          (seen (lambda () (aid-chat-tests-visible (point-min) (point-max))))
          (quoted (concat "> quoted 1\n" (mapconcat (lambda (n) (format "> quoted %d" n))
                                                    (number-sequence 2 15) "\n"))))
      (goto-char (point-max))
      (insert "Look:\n\n" (aid-chat-tests-block 36) "\n" quoted "\n\nShort:\n\n"
              (aid-chat-tests-block 12) "Why?")
      (should (string-search "int v20;" (funcall seen)))
      (with-silent-modifications
        (put-text-property (point-min) (point-max) 'fontified t))
      (aid-chat-send)
      (goto-char (point-min))
      (search-forward "int v20;")
      (should-not (get-text-property (point) 'fontified)) ; Emacs displays it anew
      (goto-char (point-max))
      (let ((sent (plist-get (car aid-chat-tests--asked) :text)))
        (should (string-search "int v34;\n```\n" sent)))
      (should (string-match-p (concat "^Look:\n\n```c \\[\\+35 lines\\]\n\n> quoted 1 \\[\\+14 lines\\]\n\n"
                                      "Short:\n\n```c\nint v1;\n")
                              (funcall seen)))
      (aid-chat-tests-done)
      ;; The key that unfolds it, on its first line only.
      (goto-char (point-min))
      (search-forward "```c")
      (aid-chat-tab)
      (should (string-search "```c\nint v1;\n" (funcall seen)))
      (should (string-search "int v34;\n```\n\n> quoted 1 [+" (funcall seen)))
      (aid-chat-tab)
      (should-not (string-search "int v34;" (funcall seen)))
      (aid-chat-next-button)
      (should (looking-at-p "> quoted 1\n"))
      ;; All of it is copied and deleted as ever.
      (let ((copy (filter-buffer-substring (point-min) (point-max))))
        (should (string-search "int v34;" copy))
        (should (string-search "> quoted 14" copy))))))

(ert-deftest aid-chat-display-pasted-nested ()
  "What looks like a quote in a block of code is no fold of its own."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask (concat "~~~\n" (mapconcat (lambda (n) (format "> said %d\n" n))
                                                   (number-sequence 1 30) "")
                                "~~~"))
    (let ((seen (lambda () (aid-chat-tests-visible (point-min) (point-max)))))
      (should (string-search "~~~ [+31 lines]\n" (funcall seen)))
      (should (= 1 (cl-count-if (lambda (o) (overlay-get o 'aid-fold))
                                (overlays-in (point-min) (point-max)))))
      (goto-char (point-min))
      (search-forward "\n~~~")
      (aid-chat-tab)
      (should (string-search "> said 1\n> said 2\n" (funcall seen))))))

(ert-deftest aid-chat-display-pasted-search ()
  "A search opens the block that it ends in."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask (aid-chat-tests-block 36))
    (aid-chat-tests-done)
    (aid-chat-tests-visible (point-min) (point-max))
    (goto-char (point-min))
    (search-forward "int v20")
    (should (invisible-p (1- (point))))
    (let ((fold (cl-find-if (lambda (o) (overlay-get o 'aid-fold)) (overlays-at (point)))))
      (funcall (overlay-get fold 'isearch-open-invisible) fold))
    (should-not (invisible-p (1- (point))))
    ;; It stays open as it is displayed anew.
    (should (string-search "int v20" (aid-chat-tests-visible (point-min) (point-max))))))

(ert-deftest aid-chat-display-pasted-edited ()
  "A fold goes with its block's first line, so that nothing is hidden without a head."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask (concat "Look:\n\n" (aid-chat-tests-block 36)))
    (aid-chat-tests-done)
    (aid-chat-tests-visible (point-min) (point-max))
    (goto-char (point-min))
    (search-forward "```c")
    (delete-region (line-beginning-position) (point))
    (aid-chat-fontify (line-beginning-position) (line-end-position))
    (should (string-search "int v20;" (aid-chat-tests-visible (point-min) (point-max))))))

(ert-deftest aid-chat-display-pasted-reopened ()
  "Blocks are folded in a chat that is opened, however it comes into view; point's is not."
  (aid-chat-tests-with chat
    (let* ((block (aid-chat-tests-block 36))
           (text (concat "<!--aid:k7Qx2mT9 chat v=1 root=..-->\n# T\n\n## You <!--aid:k7Qx2mT9 1 user-->\n"
                         block "\n## m <!--aid:k7Qx2mT9 2 answer-->\n" block
                         "\n## You <!--aid:k7Qx2mT9 3 user-->\n" block)))
      (with-current-buffer (aid-chat-tests-open "a.aid.md" text)
        (goto-char (point-min))
        (search-forward "int v20")
        (let ((middle (line-beginning-position)))
          (goto-char (point-max))
          (aid-chat-fontify middle (+ middle 5))
          (should (invisible-p middle)))
        (let ((seen (aid-chat-tests-visible (point-min) (point-max))) (at 0) (n 0))
          (while (setq at (string-search "int v20;" seen at))
            (setq at (1+ at) n (1+ n)))
          (should (= n 2))              ; in the answer and in the open question
          (should (string-search "## You \n```c [+35 lines]\n\n## m" seen)))
        (aid-chat-mode)
        (mapc #'delete-overlay (overlays-in (point-min) (point-max)))
        (goto-char (point-min))
        (search-forward "int v20")
        (aid-chat-fontify (point-min) (point-max))
        (should-not (invisible-p (point)))
        (let ((aid-chat-pasted-lines nil))
          (goto-char (point-min))
          (aid-chat-fontify (point-min) (point-max))
          (search-forward "int v20")
          (should-not (invisible-p (point))))))))

(ert-deftest aid-chat-display-long-line ()
  "A very long line is shown shortened."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (dotimes (_ 30)
      (aid-chat-tests-text (make-string 1000 ?x)))
    (let ((pos (1- (aid-chat-stream-end aid-chat--stream))))
      (should (string-match-p "29000 more" (get-text-property pos 'display)))
      (aid-chat-fontify (- pos 10) pos)
      (should (string-match-p "29000 more" (get-text-property pos 'display))))
    (should (= 30000 (length (string-trim (aid-chat-answer-text 2)))))))

(ert-deftest aid-chat-display-code ()
  "Complete code is shown by its language's mode, its text untouched."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (let ((code "```c\nint main (void) { return 0; }\n```\n\n```server\nx\n```\n"))
      (aid-chat-tests-text code)
      (aid-chat-tests-done)
      (let ((text (buffer-substring-no-properties (point-min) (point-max))))
        (dolist (block (aid--mod-doc-blocks (aid-chat-doc) 0 (buffer-size)))
          (aid-chat--code-block block t))
        (should (equal text (buffer-substring-no-properties (point-min) (point-max)))))
      (goto-char (point-min))
      (search-forward "return")
      (should (memq 'font-lock-keyword-face
                    (ensure-list (get-text-property (1- (point)) 'face))))
      (should-not (aid-chat--code-mode "server"))
      (aid-chat-fontify (point-min) (point-max))
      (should (memq 'font-lock-keyword-face
                    (ensure-list (get-text-property (1- (point)) 'face)))))))

(ert-deftest aid-chat-display-code-waits ()
  "No mode is loaded for code while an answer arrives in any chat; after that, one is."
  (aid-chat-tests-with chat
    (let ((other (aid-chat-create project)) (kept (get-buffer " *aid-code c-mode*"))
          (aid-chat--code-known (make-hash-table :test #'equal)))
      (when kept
        (kill-buffer kept))
      (with-current-buffer other
        (aid-chat-tests-ask "Here, too?"))
      (aid-chat-tests-ask "Why?")
      (aid-chat-tests-text "```c\nint main (void) { return 0; }\n```\n")
      (aid-chat-tests-done)
      (should aid-chat--live)
      (save-window-excursion
        (switch-to-buffer chat)
        (aid-chat--code-in-view chat)
        (should-not (get-buffer " *aid-code c-mode*"))
        (should-not aid-chat--code-timer)
        (with-current-buffer other
          (aid-chat-tests-done))
        (should-not aid-chat--live)
        (should aid-chat--code-timer)
        (aid-chat--code-in-view chat))
      (goto-char (point-min))
      (search-forward "return")
      (should (memq 'font-lock-keyword-face
                    (ensure-list (get-text-property (1- (point)) 'face)))))))

(ert-deftest aid-chat-display-code-before-any-question ()
  "Code is shown in an Emacs that has not asked anything yet."
  (let ((chat (make-temp-file "aid-chat-tests" nil ".md" "# Code\n\n```c\nint main (void) { return 0; }\n```\n")))
    (unwind-protect
        (with-temp-buffer
          (call-process (expand-file-name invocation-name invocation-directory) nil '(t nil) nil
                        "-Q" "--batch" "-L" (file-name-directory (locate-library "aid-chat")) "-l" "aid-chat"
                        "--visit" chat "--eval"
                        (prin1-to-string
                         '(progn (aid-chat-mode)
                                 (switch-to-buffer (current-buffer))
                                 (aid-chat-fontify (point-min) (point-max))
                                 (aid-chat--code-in-view (current-buffer))
                                 (search-forward "return")
                                 (prin1 (get-text-property (1- (point)) 'face)))))
          (should (equal (buffer-string) "(font-lock-keyword-face aid-chat-block)")))
      (delete-file chat))))

;;; After a crash

(ert-deftest aid-chat-restores-journal ()
  "What arrived before Emacs died is brought back, and the journal then removed."
  (aid-chat-tests-with chat
    (make-directory aid-chat-directory t)
    (let ((journal (expand-file-name "x.aid.md.journal-r1" aid-chat-directory)))
      (write-region "{\"req\":\"r1\",\"turn\":2}\nSo:\n```c\nint a;" nil journal nil 'quiet)
      (with-current-buffer
          (aid-chat-tests-open
           "x.aid.md" (concat "<!--aid:k chat v=1-->\n## You <!--aid:k 1 user-->\nWhy?\n\n"
                              "## m <!--aid:k 2 answer-->\n<!--aid:k meta req=r1 state=streaming-->\n\n\n\n"
                              "## You <!--aid:k 3 user-->\n"))
        (should (string-search (concat "\nSo:\n```c\nint a;\n```\n<!--aid:k end closed=fence-->\n\n"
                                       "## You <!--aid:k 3 user-->\n")
                               (buffer-string)))
        (should (equal (cdr (assoc "state" (aid-chat-meta 2))) "cut"))
        (should (file-exists-p journal))
        (save-buffer 0)
        (should-not (file-exists-p journal))))))

;;; Moving about

(ert-deftest aid-chat-moving ()
  "Turns are walked and listed; past questions come back."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "First?")
    (aid-chat-tests-text "One")
    (aid-chat-tests-done)
    (aid-chat-tests-ask "Second?")
    (aid-chat-tests-text "Two")
    (aid-chat-tests-done)
    (goto-char (point-min))
    (aid-chat-next-turn)
    (should (looking-at-p "## You"))
    (aid-chat-next-turn 3)
    (should (looking-at-p "## some-model"))
    (aid-chat-previous-turn)
    (should (looking-at-p "## You .* 3 user"))
    (should (equal (mapcar #'car (seq-take (aid-chat-imenu) 2)) '("1 First?" "3 Second?")))
    (goto-char (point-max))
    (insert "draft")
    (let ((say (lambda ()
                 (let ((bounds (aid-chat--prose-bounds)))
                   (buffer-substring-no-properties (car bounds) (cdr bounds))))))
      (aid-chat-add-item chat "a.c" "../../project/a.c")
      (setq last-command nil)
      (aid-chat-previous-question 1)
      (should (equal (funcall say) "Second?"))
      (setq last-command this-command)
      (aid-chat-previous-question 1)
      (should (equal (funcall say) "First?"))
      (should-error (aid-chat-previous-question 1) :type 'user-error)
      (aid-chat-next-question 2)
      (should (equal (funcall say) "draft"))
      (should (= 1 (length (aid-chat--open-items)))))))

(ert-deftest aid-chat-quoting ()
  "A region is quoted into the open question, without markers."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "First?")
    (aid-chat-tests-text "One\nTwo\n")
    (aid-chat-tests-done)
    (let ((body (aid-chat-answer-body 2)))
      (aid-chat-quote (plist-get (aid-chat--answer 2) :beg) (cdr body)))
    (let ((bounds (aid-chat-open-question)))
      (should (string-search "> One\n> Two\n\n" (buffer-substring (car bounds) (cdr bounds))))
      (should-not (string-search "<!--" (buffer-substring (car bounds) (cdr bounds)))))))

(ert-deftest aid-chat-links ()
  "A context line and a link lead to their file and line."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "See [b](../../project/a.c#L2) there")
    (aid-chat-add-item chat "a.c" "../../project/a.c#L2-L2")
    (should (equal (aid-chat--link-at (caar (aid-chat--open-items))) "../../project/a.c#L2-L2"))
    (search-backward "[b]")
    (save-window-excursion
      (switch-to-buffer chat)
      (aid-chat-visit)
      (with-current-buffer (find-buffer-visiting (expand-file-name "a.c" project))
        (should (looking-at-p "int b"))))))

(ert-deftest aid-chat-completion ()
  "\"@\" completes a file into a context line, \"/\" a strategy."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "See @a.")
    (with-timeout (20 (ert-fail "The files were not listed"))
      (while (not (aid-chat--project-files "a."))
        (sleep-for 0.02)))
    (pcase-let ((`(,beg ,end ,names . ,plist) (aid-chat-complete-item)))
      (should (equal (buffer-substring-no-properties beg end) "a."))
      (should (member "a.c" (all-completions "" names)))
      (delete-region beg end)
      (insert "a.c")
      (funcall (plist-get plist :exit-function) "a.c" 'finished))
    (insert " now")
    (should (string-search "See a.c now\n\n- [a.c](../../project/a.c) <!--" (buffer-string)))
    (should-not (aid-chat-complete-strategy))
    (delete-region (car (aid-chat-open-question)) (point-max))
    (goto-char (point-max))
    (insert "/e")
    (should (member "edit" (all-completions "e" (nth 2 (aid-chat-complete-strategy)))))
    (goto-char (point-min))
    (forward-line)
    (insert "@a")
    (should-not (aid-chat-complete-item))))

(ert-deftest aid-chat-completion-by-the-last-part ()
  "\"@\" completes a file's name by its last part, as TAB does it."
  (aid-chat-tests-with chat
    (make-directory (expand-file-name "src" project))
    (write-region "" nil (expand-file-name "src/lexer.c" project) nil 'quiet)
    (cl-letf (((symbol-function 'aid-chat--project-files) (lambda (_) '("a.c" "src/lexer.c"))))
      (goto-char (point-max))
      (insert "See @lex")
      (switch-to-buffer chat)
      (call-interactively #'aid-chat-tab)
      (should (string-search "See src/lexer.c\n\n- [src/lexer.c](../../project/src/lexer.c) <!--" (buffer-string))))))

(ert-deftest aid-chat-completion-knows-the-project-s-files ()
  "\"@\" offers the files that are not ignored, and those that come later, by any part."
  (aid-chat-tests-with chat
    (let ((default-directory project))
      (call-process "git" nil nil nil "init" "-q")
      (make-directory "lib")
      (dolist (name '("lib/parser.ml" "lib/parser.cmo" "README.parse" ".gitignore"))
        (write-region "*.cmo\n" nil name nil 'quiet)))
    (goto-char (point-max))
    (insert "See @pars")
    (with-timeout (20 (ert-fail "The files were not listed"))
      (while (not (equal (aid-chat--project-files "pars") '("lib/parser.ml" "README.parse")))
        (sleep-for 0.02)))
    (let ((names (nth 2 (aid-chat-complete-item))))
      (should (equal (seq-take (all-completions "" names) 2) '("lib/parser.ml" "README.parse")))
      ;; What is typed on asks for more of them.
      (delete-char -4)
      (insert ".gitig")
      (should (equal (car (all-completions "" names)) ".gitignore"))
      (should-not (member "lib/parser.ml" (all-completions "" names))))
    (write-region "" nil (expand-file-name "lib/parser_later.ml" project) nil 'quiet)
    (with-timeout (20 (ert-fail "The new file was not noticed"))
      (while (not (equal (aid-chat--project-files "parser_l") '("lib/parser_later.ml")))
        (sleep-for 0.02)))))

(ert-deftest aid-chat-typed-names-become-items ()
  "A file that is named after an \"@\" is shown to the model, but none in code or outside."
  (aid-chat-tests-with chat
    (dolist (name '("b.c" "c.c" "d.c"))
      (write-region "" nil (expand-file-name name project) nil 'quiet))
    (write-region "" nil (expand-file-name "outside" home) nil 'quiet)
    (aid-chat-tests-ask "See @a.c, (@b.c) x@c.c @../outside @. @./ @nobody.\n```\n@d.c\n```\n")
    (should (equal (mapcar (lambda (item) (plist-get item :target))
                           (plist-get (aid--mod-doc-parse (aid-chat-doc)) :items))
                   '("../../project/a.c" "../../project/b.c")))
    (should (string-search "[b.c](" (plist-get (car aid-chat-tests--asked) :text)))))

(ert-deftest aid-chat-finding ()
  "A project's chat is found again, open or saved."
  (aid-chat-tests-with chat
    (should (eq (aid-chat-for project) chat))
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-done)
    (let ((file buffer-file-name))
      (kill-buffer chat)
      (with-current-buffer (aid-chat-for project)
        (should (equal buffer-file-name file))
        (should (equal (aid-chat-root) project))))))

(provide 'aid-chat-display-tests)
;;; aid-chat-display-tests.el ends here
