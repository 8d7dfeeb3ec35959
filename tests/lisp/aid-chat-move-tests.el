;;; aid-chat-move-tests.el --- Tests of moving chats  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Chats are moved between AID's own folder and projects, by every way that
;; Emacs has.  What they name afterwards is asked of the core.

;;; Code:

(require 'aid-project-help)
(require 'aid-chats)
(require 'aid-chat-move)
(require 'aid-context-items)
(require 'dired-aux)
(require 'vc)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))

(defconst aid-chat-move-tests--files
  '(("src/a.c" . "int a;\nint b;\nint c;\n") ("src/odd name é%(1).c" . "odd\n") ("top.c" . "top\n")
    ("Makefile" . "all:\n"))
  "The files of the project that is talked about.")

(defmacro aid-chat-move-tests-with (chat &rest body)
  "Run BODY in a new chat, bound to CHAT, of a project, with items in its question."
  (declare (indent 1))
  `(aid-project-with aid-chat-move-tests--files
     (let ((,chat (aid-project-chat)))
       (with-current-buffer (aid-project-buffer "src/a.c")
         (let ((aid-append-chat ,chat))
           (aid-append-region 8 14)
           (aid-append-file (aid-project-file "src/odd name é%(1).c"))
           (aid-append-file (aid-project-file "top.c"))))
       (with-current-buffer ,chat
         (buffer-enable-undo)
         (aid-tests-wait (lambda () (not aid-context--uncounted)))
         (aid-chat--write)
         ,@body))))

(defun aid-chat-move-tests--read ()
  "What the context lines of this chat name, by the core: their texts."
  (mapcar (lambda (item) (aid-tests-item default-directory (plist-get item :target)))
          (append (plist-get (aid--mod-doc-parse (aid-chat-doc)) :items) nil)))

(defconst aid-chat-move-tests--texts '("int b;\n" "odd\n" "top\n")
  "What `aid-chat-move-tests--read' gives wherever the chat is.")

(defun aid-chat-move-tests--right (file)
  "Signal unless this chat is FILE, and all in it leads where it did, also on disk."
  (should (equal buffer-file-name file))
  (should (equal (file-truename (aid-chat-root)) aid-project-root-folder))
  (should (equal (aid-chat-move-tests--read) aid-chat-move-tests--texts))
  (should (derived-mode-p 'aid-chat-mode))
  (should-not (buffer-modified-p))
  (let ((text (buffer-substring-no-properties (point-min) (point-max))))
    (with-temp-buffer
      (insert-file-contents file)
      (should (equal text (buffer-string))))))

(defun aid-chat-move-tests--line (regexp)
  "The line of this chat that REGEXP matches."
  (save-excursion
    (goto-char (point-min))
    (re-search-forward regexp)
    (buffer-substring-no-properties (line-beginning-position) (line-end-position))))

;;; The command

(ert-deftest aid-chat-moves-into-the-project-and-back ()
  "A chat moves into its project by default, and from there back; its links lead where they did."
  (aid-chat-move-tests-with chat
    (let ((old buffer-file-name) (before (buffer-string)))
      (goto-char (point-min))
      (search-forward "# New chat")
      (replace-match "# Lexer: nested, Comments")
      (let ((file (aid-chat-move--default)))
        (should (equal file (aid-project-file "lexer-nested-comments.aid.md")))
        (aid-chat-move file)
        (aid-chat-move-tests--right file))
      (should-not (file-exists-p old))
      (should (string-match-p "root=\\.-->" (aid-chat-move-tests--line " chat v=1")))
      (should (string-prefix-p "- [src/a.c:2](src/a.c#L2) <!--" (aid-chat-move-tests--line "a\\.c:2")))
      (should (string-search "](src/odd%20name%20%C3%A9%25%281%29.c)" (aid-chat-move-tests--line "odd")))
      (let ((back (aid-chat-move--default)))
        (should (equal (file-name-directory back) (file-name-directory old)))
        (aid-chat-move old)
        (aid-chat-move-tests--right old))
      (should-not (directory-files aid-project-root-folder nil "aid\\.md"))
      (should (equal (string-replace "Lexer: nested, Comments" "New chat" (buffer-string)) before)))))

(ert-deftest aid-chat-moves-into-a-folder ()
  "The folder by default is one's own to choose, and made; a folder keeps the name."
  (aid-chat-move-tests-with chat
    (aid-project-run "git" "init" "-q")
    (let ((aid-chat-project-directory "doc/chats") (name (file-name-nondirectory buffer-file-name)))
      (should (equal (aid-chat-move--default) (aid-project-file (concat "doc/chats/" name))))
      (aid-chat-move (aid-chat-move--default))
      (aid-chat-move-tests--right (aid-project-file (concat "doc/chats/" name)))
      (should (string-search "](../../top.c)" (aid-chat-move-tests--line "top")))
      (aid-chat-move (aid-project-file "src"))
      (aid-chat-move-tests--right (aid-project-file (concat "src/" name)))
      (aid-chat-move (aid-project-file "src/plain"))
      (aid-chat-move-tests--right (aid-project-file "src/plain.aid.md")))))

(ert-deftest aid-chat-move-rewrites-links-only ()
  "Only structural item lines change: no prose, quote, label, hash, other key or aid: target."
  (aid-project-with aid-chat-move-tests--files
    (let* ((file (expand-file-name "c/x.aid.md" aid-chat-directory))
           (marker "<!--aid:k7Qx2mT9 ")
           (same (concat "See [a](../../project/src/a.c) and\n"
                         "> - [q](../../project/q.c) " marker "item-->\n\n"
                         "- [o](../../project/o.c) <!--aid:other123 item-->\n"
                         "- [u](https://example.org/a.c) " marker "item-->\n"
                         "- [e](aid:errors/src/a.c) " marker "item sent=77b0e2-->\n"
                         "- [abs](/etc/x.c) " marker "item-->\n"))
           (text (concat marker "chat v=1 root=../../project extra=1-->\n# T\n\n## You " marker "1 user-->\n"
                         same
                         "1. [../../project/top.c](%stop.c#L1-2) " marker "item sent=3f1a9c tok=7-->\n"
                         "+ [x](<%sodd%%20name>)  " marker "item-->\n"
                         "\n## You " marker "2 user-->\n"))
           (was (format text "../../project/" "../../project/")))
      (make-directory (file-name-directory file) t)
      (write-region was nil file nil 'quiet)
      (with-current-buffer (find-file-noselect file)
        (aid-chat-move (aid-project-file "x.aid.md"))
        (should (equal (buffer-substring-no-properties (point-min) (point-max))
                       (string-replace "root=../../project " "root=. " (format text "" ""))))
        (aid-chat-move file)
        (should (equal (buffer-substring-no-properties (point-min) (point-max)) was))))))

(ert-deftest aid-chat-move-asks-and-refuses ()
  "Nothing is overwritten unasked, and neither chat is harmed by a move that does not happen."
  (aid-chat-move-tests-with chat
    (let ((old buffer-file-name) (other (aid-project-file "other.aid.md")) (text (buffer-string)))
      (aid-project-write "other.aid.md" "precious\n")
      (cl-letf (((symbol-function 'yes-or-no-p) #'ignore))
        (should-error (aid-chat-move other) :type 'user-error))
      (should-error (aid-chat-move old) :type 'user-error)
      (should-error (aid-chat-move (aid-project-file "src/a.c")) :type 'user-error)
      (add-name-to-file old (aid-project-file "same.aid.md"))
      (should-error (aid-chat-move (aid-project-file "same.aid.md")) :type 'user-error)
      (should (equal (aid-project-disk "other.aid.md") "precious\n"))
      (should (equal (buffer-string) text))
      (aid-chat-move-tests--right old)
      (cl-letf (((symbol-function 'yes-or-no-p) #'always))
        (aid-chat-move other))
      (aid-chat-move-tests--right other)
      (should-not (file-exists-p old)))))

(ert-deftest aid-chat-move-not-while-it-arrives ()
  "A chat with an arriving answer stays, and says what stops it."
  (aid-chat-move-tests-with chat
    (let ((old buffer-file-name))
      (cl-letf (((symbol-function 'aid--mod-ask) (lambda (_) (cl-incf aid-project--id)))
                ((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model"))))
        (aid-chat-ask chat "Please."))
      (should (string-search "C-c C-k" (cadr (should-error (aid-chat-move (aid-project-file "x.aid.md"))
                                                           :type 'user-error))))
      (should (equal buffer-file-name old))
      (should-not (file-exists-p (aid-project-file "x.aid.md"))))))

(ert-deftest aid-chat-move-that-fails ()
  "When the new file cannot be written, the chat is the old file's as before."
  (aid-chat-move-tests-with chat
    (let ((old buffer-file-name) (text (buffer-string)) (new (aid-project-file "x.aid.md")))
      (cl-letf (((symbol-function 'save-buffer) (lambda (&rest _) (error "No space left"))))
        (should-error (aid-chat-move new)))
      (should (equal (buffer-string) text))
      (aid-chat-move-tests--right old)
      (should-not (file-exists-p new))
      ;; A save that writes nothing and says nothing is none either.
      (cl-letf (((symbol-function 'save-buffer) #'ignore))
        (should-error (aid-chat-move new)))
      (aid-chat-move-tests--right old)
      (goto-char (point-max))
      (insert "More")
      (cl-letf (((symbol-function 'save-buffer) (lambda (&rest _) (error "No space left"))))
        (should-error (aid-chat-move new)))
      (should (buffer-modified-p))
      (aid-chat--write)
      (aid-chat-move-tests--right old)
      ;; What another program wrote into the old file must not be deleted.
      (write-region "theirs\n" nil old t 'quiet)
      (set-file-times old (time-add nil 5))
      (should-error (aid-chat-move new) :type 'user-error)
      (should-not (file-exists-p new)))))

;;; Other ways

(ert-deftest aid-chat-write-file-follows ()
  "`write-file' makes a copy whose links are right; what stays behind stays right, too."
  (aid-chat-move-tests-with chat
    (let ((old buffer-file-name) (new (aid-project-file "src/b.aid.md")))
      (write-file new)
      (aid-chat-move-tests--right new)
      (should (string-prefix-p "- [src/a.c:2](a.c#L2) <!--" (aid-chat-move-tests--line "a\\.c:2")))
      (with-current-buffer (find-file-noselect old)
        (aid-chat-move-tests--right old)))))

(ert-deftest aid-chat-rename-follows ()
  "A renamed chat's file is written, for it has the links of its old place; Dired and VC, too."
  (aid-chat-move-tests-with chat
    (let ((new (aid-project-file "b.aid.md")))
      (rename-file buffer-file-name new)
      (set-visited-file-name new nil t)
      (aid-chat-move-tests--right new)
      (let ((dired-vc-rename-file nil))
        (dired-rename-file new (aid-project-file "src/d.aid.md") nil))
      (aid-chat-move-tests--right (aid-project-file "src/d.aid.md"))
      (aid-project-run "git" "init" "-q")
      (aid-project-run "git" "add" "src")
      (aid-project-run "git" "-c" "user.name=x" "-c" "user.email=x@y" "commit" "-qm" "x")
      (vc-refresh-state)
      (vc-rename-file (aid-project-file "src/d.aid.md") (aid-project-file "v.aid.md"))
      (aid-chat-move-tests--right (aid-project-file "v.aid.md"))
      (when (fboundp 'rename-visited-file)
        (rename-visited-file (aid-project-file "src/r.aid.md"))
        (aid-chat-move-tests--right (aid-project-file "src/r.aid.md"))))))

(ert-deftest aid-chat-rename-keeps-changes-for-their-save ()
  "What was not saved when a chat was renamed is not saved by that."
  (aid-chat-move-tests-with chat
    (let ((new (aid-project-file "b.aid.md")) (old buffer-file-name))
      (goto-char (point-max))
      (insert "Unsaved")
      (rename-file old new)
      (set-visited-file-name new nil t)
      (should (buffer-modified-p))
      (should-not (string-search "Unsaved" (aid-project-disk "b.aid.md")))
      (aid-chat--write)
      (aid-chat-move-tests--right new))))

(ert-deftest aid-chat-write-file-while-it-arrives ()
  "The hashes of what was sent reach their lines in a chat that got another name meanwhile."
  (aid-chat-move-tests-with chat
    (let ((target (nth 2 (car (aid-chat--open-items)))) (id (cl-incf aid-project--id)))
      (cl-letf (((symbol-function 'aid--mod-ask) (lambda (_) id))
                ((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model"))))
        (aid-chat-ask chat "Please."))
      (write-file (aid-project-file "src/b.aid.md"))
      (write-file (aid-project-file "b.aid.md"))
      (aid--dispatch (list id 'frozen (list :items (vector (list :target target :hash "abc" :tokens 3)) :exact t)))
      (should (string-match-p "(src/a\\.c#L2) <!--.* sent=abc tok=3-->" (aid-chat-move-tests--line "a\\.c:2")))
      (aid--dispatch (list id 'text "So." 0 []))
      (aid--dispatch (list id 'done (list :state "done" :meta "model=m req=r1 state=done")))
      (should (equal (string-trim (aid-chat-answer-text 2)) "So."))
      (aid-chat--write)
      (aid-chat-move-tests--right (aid-project-file "b.aid.md")))))

;;; What goes with a chat

(ert-deftest aid-chat-move-undo ()
  "A move is no step of undo; what is undone after it was the person's, and leads where it did."
  (aid-chat-move-tests-with chat
    (setq buffer-undo-list nil)
    (goto-char (point-min))
    (search-forward "[top.c]")
    (beginning-of-line)
    (insert "typed\n")
    (undo-boundary)
    (delete-region (line-beginning-position) (line-beginning-position 2))
    (undo-boundary)
    (goto-char (car (aid-chat-open-question)))
    (insert "above\n")
    (undo-boundary)
    (aid-chat-move (aid-project-file "src/u.aid.md"))
    (aid-project-undo)
    (should-not (string-search "above" (buffer-string)))
    (let ((last-command 'undo)) (undo 1))
    (should (string-search "typed\n- [top.c](../top.c) <!--" (buffer-string)))
    (let ((last-command 'undo)) (undo 1))
    (should-not (string-search "typed" (buffer-string)))
    (should (equal (aid-chat-move-tests--read) aid-chat-move-tests--texts))
    (should (string-search "root=..-->" (buffer-string)))))

(ert-deftest aid-chat-move-keeps-following ()
  "A range still follows its text, and two chats that meet in a folder keep theirs apart."
  (aid-chat-move-tests-with chat
    (with-current-buffer (aid-project-buffer "src/a.c")
      (goto-char (point-min))
      (insert "/* new */\n"))
    (let ((other (aid-project-chat)))
      (with-current-buffer other
        (aid-chat--write)
        (aid-chat-move (aid-project-file "other.aid.md")))
      (with-current-buffer (aid-project-buffer "src/a.c")
        (let ((aid-append-chat other))
          (aid-append-region 11 17)))
      (aid-chat-move (aid-project-file "x.aid.md"))
      (dolist (pair (list (cons chat "int b;\n") (cons other "int a;\n")))
        (with-current-buffer (car pair)
          (should (equal (aid-context-item-text (nth 2 (car (aid-chat--open-items))) default-directory)
                         (cdr pair))))))))

(ert-deftest aid-chat-move-keeps-agreements ()
  "What the person put into the question needs no agreement in the new place."
  (aid-chat-move-tests-with chat
    (setq aid-chat--allowed nil)
    (aid-chat-move (aid-project-file "x.aid.md"))
    (should-not (aid-chat--own-p))
    (cl-letf (((symbol-function 'yes-or-no-p) (lambda (&rest _) (error "Asked"))))
      (aid-chat--agree (aid-chat--open-items)))))

(ert-deftest aid-chat-move-takes-journals ()
  "What has not been saved of an answer goes where the chat goes; what has been saved does not."
  (aid-chat-move-tests-with chat
    (let ((old buffer-file-name) (new (aid-project-file "x.aid.md")))
      (dolist (journal '(".journal-r1" ".journal-r7.1"))
        (write-region "{}\n" nil (concat old journal) nil 'quiet))
      (setq aid-chat--journals (list "r1"))
      (aid-chat-move new)
      (should-not (directory-files (file-name-directory old) nil "journal"))
      (should (equal (directory-files aid-project-root-folder nil "journal")
                     '("x.aid.md.journal-r7.1")))
      (rename-file new old)
      (set-visited-file-name old nil t)
      (should (file-exists-p (concat old ".journal-r7.1"))))))

(ert-deftest aid-chats-finds-moved-chats ()
  "The list has the chats in this project beside AID's own, and open ones wherever they are."
  (aid-chat-move-tests-with chat
    (let ((aid-chat-project-directory "chats") (moved (aid-project-file "chats/m.aid.md"))
          (away (expand-file-name "away.aid.md" aid-project-home))
          (other (aid-project-chat)) (own (aid-project-chat)))
      (with-current-buffer own (aid-chat--write))
      (with-current-buffer other (aid-chat--write) (aid-chat-move away))
      (aid-chat-move moved)
      (kill-buffer chat)
      (set-buffer (aid-project-buffer "top.c"))
      (save-window-excursion
        (aid-chats)
        (should (equal (sort (mapcar #'car (aid-chats--entries)) #'string<)
                       (sort (list moved away (buffer-file-name own)) #'string<)))
        (dolist (entry (aid-chats--entries))
          (should (equal (aref (cadr entry) 1) "project"))
          (should (equal (aref (cadr entry) 2) "New chat")))
        (kill-buffer "*aid-chats*"))
      ;; It is still the project's chat.
      (kill-buffer own)
      (should (eq (aid-chat-for aid-project-root-folder) other)))))

(ert-deftest aid-review-finds-a-moved-chat ()
  "A review goes on in its chat, moved and closed meanwhile."
  (aid-project-with '(("a.c" . "int a;\n"))
    (let ((chat (aid-project-review (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -1 +1 @@"
                                                      "-int a;" "+int b;")))
          (new (aid-project-file "x.aid.md")))
      (with-current-buffer chat
        (aid-chat-move new))
      (kill-buffer chat)
      (aid-project-key "y")
      (should (equal (aid-project-text "a.c") "int b;\n"))
      (should (equal (aid-project-states (find-buffer-visiting new)) '(accepted))))))

(provide 'aid-chat-move-tests)
;;; aid-chat-move-tests.el ends here
