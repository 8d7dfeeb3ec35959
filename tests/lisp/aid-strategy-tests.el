;;; aid-strategy-tests.el --- Tests of strategies  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Choosing, editing, the header line, and the context that a strategy adds.

;;; Code:

(require 'aid-module-helper)
(require 'aid-chat-help)
(require 'aid-errors)
(require 'aid-strategy)
(require 'aid-cost)
(require 'aid-recipe)
(require 'aid)

(declare-function aid--mod-strategy-info "ext:aid-module" (name doc root exact))

(defun aid-strategy-tests--put (project file text)
  "Write TEXT into FILE of PROJECT."
  (let ((full (expand-file-name file project)))
    (make-directory (file-name-directory full) t)
    (write-region text nil full nil 'quiet)))

(defun aid-strategy-tests--ocaml (project)
  "Make an OCaml project in PROJECT."
  (aid-strategy-tests--put project "lib/foo.ml" "let x = 1\n")
  (aid-strategy-tests--put project "lib/foo.mli" "val x : int\n")
  (aid-strategy-tests--put project "test/test_foo.ml" "let () = assert (Foo.x = 1)\n"))

(defun aid-strategy-tests--labels ()
  "The labels of the open question's context lines."
  (mapcar #'cadr (aid-chat--open-items)))

(defun aid-strategy-tests--add (chat file)
  "Add FILE of the project to the open question of CHAT."
  (aid-chat-add-item chat file (concat "../../project/" file)))

(defun aid-strategy-tests--measure ()
  "Measure the open question, and wait for what the core says of it."
  (aid-chat-measure)
  (aid-tests-wait (lambda () (not aid-cost--asked))))

(ert-deftest aid-strategy-what-programs-read-is-not-offered ()
  (let ((table (aid-strategy-table temporary-file-directory)))
    (should (member "ask" (all-completions "" table)))
    (should-not (member "describe" (all-completions "" table)))
    (should (test-completion "describe" table))))

(ert-deftest aid-strategy-choosing-tells-what-for ()
  "Completion tells what a strategy is for and where it comes from."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project ".aid/strategies/house.md" "---\ndescription: As we do it\n---\nx\n")
    (aid-strategy-tests--put project ".aid/strategies/bad.md" "{{x}}")
    (let (notes)
      (cl-letf (((symbol-function 'completing-read)
                 (lambda (_prompt table &rest _)
                   (let ((meta (cdr (funcall table "" nil 'metadata))))
                     (should (eq (alist-get 'category meta) 'aid-strategy))
                     ;; In a list they stand in a column.
                     (pcase (funcall (alist-get 'affixation-function meta) '("ask" "edit-blocks-ocaml"))
                       (`(("ask" "" ,ask) ("edit-blocks-ocaml" "" ,edit))
                        (should (string-match-p "\\` \\{16\\}Answers questions" ask))
                        (should (string-match-p "\\` \\{2\\}Changes OCaml" edit))))
                     (dolist (name (all-completions "" table))
                       (push (cons name (substring-no-properties
                                         (funcall (alist-get 'annotation-function meta) name)))
                             notes)))
                   "house")))
        (should (equal (aid-strategy-read "Strategy: " project) "house")))
      (should (equal (cdr (assoc "house" notes)) "  As we do it  project"))
      (should (string-search "bad.md:1:3: there is no variable" (cdr (assoc "bad" notes))))
      (should (string-suffix-p "  shipped, instead of edit in ocaml" (cdr (assoc "edit-ocaml" notes)))))))

(ert-deftest aid-strategy-is-of-this-chat ()
  "A strategy that is set in a chat is that chat's, and its header line says so."
  (aid-chat-tests-with chat
    (aid-set-strategy "review")
    (should (equal aid-strategy "review"))
    (should-not (default-value 'aid-strategy))
    (should (string-search " [review]" aid-chat--header))
    (should (string-match-p "\\`<!--aid:[[:alnum:]]+ chat v=1 root=../../project strategy=review-->\n"
                            (buffer-string)))
    (aid-chat-mode)                     ; as when it is opened again
    (should (equal aid-strategy "review"))
    (aid-chat-tests-ask "Well?")
    (should (equal (plist-get (car aid-chat-tests--asked) :strategy) "review"))))

(ert-deftest aid-strategy-of-the-project-is-in-its-settings ()
  "A strategy for the project goes into its settings, where all front ends find it."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project ".aid/config.json" "{\"models\": {}, \"strategy\": \"ask\"}")
    (aid-set-strategy "review")
    (aid-set-strategy "explain" 'project)
    (should-not aid-strategy)
    (should-not (string-search "strategy=" (buffer-string)))
    (should (string-search " [explain]" aid-chat--header))
    (with-temp-buffer
      (insert-file-contents (expand-file-name ".aid/config.json" project))
      (should (equal (buffer-string) "{\"models\": {}, \"strategy\": \"explain\"}")))
    (aid-set-strategy nil 'project)
    (should (string-search " [ask]" aid-chat--header))))

(ert-deftest aid-strategy-everywhere-is-saved ()
  "A strategy for everywhere is the option's, saved; the chat here has none of its own."
  (aid-chat-tests-with chat
    (let (saved)
      (cl-letf (((symbol-function 'customize-save-variable)
                 (lambda (variable value &rest _) (push (cons variable value) saved)
                   (set-default variable value))))
        (aid-set-strategy "review")
        (aid-set-strategy "explain" 'everywhere)
        (should (equal saved '((aid-strategy . "explain"))))
        (should (string-search " [explain]" aid-chat--header))))))

(ert-deftest aid-strategy-of-another-person-s-chat-is-not-used ()
  "The strategy that somebody else's chat names is not used."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project "notes.aid.md"
                             "<!--aid:k chat v=1 root=. strategy=review-->\n## You <!--aid:k 1 user-->\n")
    (with-current-buffer (find-file-noselect (expand-file-name "notes.aid.md" project))
      (should (derived-mode-p 'aid-chat-mode))
      (should-not (local-variable-p 'aid-strategy)))))

(ert-deftest aid-strategy-variant-is-shown-and-can-be-off ()
  "The header line shows the variant for the files' language, if variants are wanted."
  (aid-chat-tests-with chat
    (aid-strategy-tests--ocaml project)
    (aid-set-strategy "edit")
    (should (string-search " [edit]" aid-chat--header))
    (aid-strategy-tests--add chat "lib/foo.ml")
    (aid-strategy-tests--measure)
    (should (string-search " [edit-ocaml]" aid-chat--header))
    (let ((aid-strategy-variants nil))
      (aid-strategy-tests--measure)
      (should (string-search " [edit]" aid-chat--header))
      (aid-chat-tests-ask "Well?")
      (should (plist-get (car aid-chat-tests--asked) :exact)))))

(ert-deftest aid-strategy-that-is-broken-says-so ()
  "A strategy that cannot be read is called broken, with the place of its error."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project ".aid/strategies/bad.md" "one\n{{x}}")
    (aid-set-strategy "bad")
    (let ((at (string-search "[bad: broken]" aid-chat--header)))
      (should at)
      (should (string-search "bad.md:2:3: there is no variable \"x\""
                             (get-text-property at 'help-echo aid-chat--header))))))

(ert-deftest aid-strategy-brings-siblings-as-lines ()
  "What goes with a file is added as lines that say why, and are sent."
  (aid-chat-tests-with chat
    (aid-strategy-tests--ocaml project)
    (aid-set-strategy "edit")
    (aid-strategy-tests--add chat "lib/foo.ml")
    (should (equal (aid-strategy-tests--labels) '("lib/foo.ml" "lib/foo.mli" "test/test_foo.ml")))
    (should (string-search "item why=interface%20of%20lib/foo.ml-->" (buffer-string)))
    (let ((end (point-max)))
      (goto-char (point-min))
      (search-forward "- [lib/foo.mli]")
      (should (string-search "interface of lib/foo.ml"
                             (aid-chat-tests-visible (line-beginning-position)
                                                     (min end (line-end-position))))))
    (goto-char (car (aid-chat-open-question)))
    (insert "Well?\n")
    (aid-chat-send)
    (should (string-search "](../../project/lib/foo.mli)" (plist-get (car aid-chat-tests--asked) :text)))))

(ert-deftest aid-strategy-does-not-bring-back-what-was-deleted ()
  "A line that was deleted does not come back; the next question has it again."
  (aid-chat-tests-with chat
    (aid-strategy-tests--ocaml project)
    (aid-set-strategy "edit")
    (aid-strategy-tests--add chat "lib/foo.ml")
    (goto-char (point-min))
    (search-forward "- [lib/foo.mli]")
    (delete-region (line-beginning-position) (line-beginning-position 2))
    (goto-char (car (aid-chat-open-question)))
    (insert "Well?\n")
    (aid-chat-send)
    (should-not (string-search "foo.mli" (plist-get (car aid-chat-tests--asked) :text)))
    (aid-chat-tests-text "So.")
    (aid-chat-tests-done)
    (aid-strategy-tests--add chat "lib/foo.ml")
    (should (member "lib/foo.mli" (aid-strategy-tests--labels)))))

(ert-deftest aid-strategy-adds-nothing-when-told-so ()
  "With `aid-recipe-automatic' off only the command adds context."
  (aid-chat-tests-with chat
    (aid-strategy-tests--ocaml project)
    (let ((aid-recipe-automatic nil))
      (aid-set-strategy "edit")
      (aid-strategy-tests--add chat "lib/foo.ml")
      (should (equal (aid-strategy-tests--labels) '("lib/foo.ml")))
      (aid-append-recipe)
      (should (member "lib/foo.mli" (aid-strategy-tests--labels))))))

(ert-deftest aid-strategy-for-one-question-brings-its-context ()
  "What \"/edit\" asks for is added when its question is sent."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project "a.h" "int a;\n")
    (aid-strategy-tests--add chat "a.c")
    (should (equal (aid-strategy-tests--labels) '("a.c")))
    (goto-char (car (aid-chat-open-question)))
    (insert "/edit Well?\n")
    (aid-chat-send)
    (should (equal (plist-get (car aid-chat-tests--asked) :strategy) "edit"))
    (should (string-search "](../../project/a.h)" (plist-get (car aid-chat-tests--asked) :text)))))

(ert-deftest aid-strategy-brings-errors-and-the-files-they-name ()
  "A strategy that asks for errors gets them, and the files that they name."
  (aid-chat-tests-with chat
    (aid-strategy-tests--ocaml project)
    (aid-set-strategy "fix-build")
    (cl-letf (((symbol-function 'aid-errors-text)
               (lambda (&rest _)
                 "File \"lib/foo.ml\", line 1, characters 8-9:\nError: no\n/etc/passwd:1: x\na.c:2:1: error: y")))
      (goto-char (point-max))
      (insert "Well?")
      (aid-chat-send)
      (let ((text (plist-get (car aid-chat-tests--asked) :text)))
        (should (string-search "](aid:errors)" text))
        (should (string-search "](../../project/lib/foo.ml)" text))
        (should (string-search "](../../project/lib/foo.mli)" text))
        (should (string-search "](../../project/a.c)" text))
        (should-not (string-search "passwd" text))))))

(ert-deftest aid-strategy-of-a-large-file-takes-the-lines-around ()
  "Of a file that is larger than the budget only the lines around the error go."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project ".aid/strategies/small.md" "---\ncontext: errors\nbudget: 100\n---\nx\n")
    (aid-strategy-tests--put project "b.c" (apply #'concat (make-list 300 "int b (void) { return 1; }\n")))
    (aid-set-strategy "small")
    (cl-letf (((symbol-function 'aid-errors-text) (lambda (&rest _) "b.c:100:1: error: y")))
      (aid-append-recipe)
      (should (equal (aid-strategy-tests--labels) '("all errors" "b.c:40-160"))))))

(ert-deftest aid-strategy-decides-what-is-asked-about ()
  "`aid-ask' appends the definition or the buffer, as the strategy says."
  (aid-chat-tests-with chat
    (aid-strategy-tests--put project "b.el" ";;; b\n(defun b ()\n  1)\n")
    (let ((file (find-file-noselect (expand-file-name "b.el" project))))
      (dolist (case '(("ask" 2 "b.el:2-3") ("explain" 2 "b.el:2-3") ("explain" 1 "b.el") ("ask" 1 nil)))
        (with-current-buffer chat
          (aid-chat-set 'aid-strategy (car case))
          (let ((bounds (aid-chat-open-question)))
            (delete-region (car bounds) (cdr bounds))))
        (with-current-buffer file
          (emacs-lisp-mode)
          (goto-char (point-min))
          (forward-line (1- (nth 1 case)))
          (cl-letf (((symbol-function 'aid-append-definition-bounds)
                     (lambda () (and (looking-at-p "(defun") (bounds-of-thing-at-point 'defun)))))
            (let ((aid-append-chat chat))
              (aid--append-here))))
        (with-current-buffer chat
          (should (equal (aid-strategy-tests--labels) (and (nth 2 case) (list (nth 2 case))))))))))

(declare-function aid--mod-doc-open "ext:aid-module" (text))
(declare-function aid--mod-doc-edit "ext:aid-module" (doc beg deleted text))
(declare-function aid--mod-doc-text "ext:aid-module" (doc))
(declare-function aid--mod-doc-close "ext:aid-module" (doc))

(ert-deftest aid-strategy-variant-follows-edits ()
  "The strategy in force is of the language that the chat has after each edit."
  (aid-chat-tests-with chat
    (ignore chat)
    (let ((doc (aid--mod-doc-open (concat "<!--aid:k7Qx2mT9 chat v=1 root=.-->\n# t\n\n"
                                          "## You <!--aid:k7Qx2mT9 1 user-->\nWhy?\n"))))
      (cl-flet ((in-force () (plist-get (aid--mod-strategy-info "edit" doc (directory-file-name project) nil) :name))
                (change (old new)
                  (let ((at (string-search old (aid--mod-doc-text doc))))
                    (aid--mod-doc-edit doc at (length old) new))))
        (should (equal (in-force) "edit"))
        (change "Why?\n" "Why?\n- [a.ml](a.ml) <!--aid:k7Qx2mT9 item-->\n")
        (should (equal (in-force) "edit-ocaml"))
        (change "Why?" "Why ever?")
        (should (equal (in-force) "edit-ocaml"))
        (change "(a.ml)" "(a.c)")
        (should (equal (in-force) "edit"))
        (change "(a.c)" "(b.ml)")
        (should (equal (in-force) "edit-ocaml"))
        (change "- [a" "> - [a")
        (should (equal (in-force) "edit"))
        (change "> - [a" "- [a")
        (should (equal (in-force) "edit-ocaml"))
        (change "## You <!--aid:k7Qx2mT9 1 user-->" "## x <!--aid:k7Qx2mT9 1 answer-->")
        (should (equal (in-force) "edit"))
        (aid--mod-doc-close doc)))))

(ert-deftest aid-strategy-edited-is-a-copy-of-the-shipped ()
  "One that came with AID is copied into the person's folder to be edited."
  (aid-chat-tests-with chat
    (let ((process-environment (cons (concat "XDG_CONFIG_HOME=" home) process-environment)))
      (save-window-excursion
        (aid-edit-strategy "review")
        (should (equal buffer-file-name (expand-file-name "aid/strategies/review.md" home)))
        (should (string-search "You review a change" (buffer-string)))
        (goto-char (point-max))
        (insert "{{nothing}}\n")
        (let ((said (list nil)))
          (cl-letf (((symbol-function 'message)
                     (lambda (format &rest args) (push (apply #'format-message format args) said))))
            (save-buffer))
          (should (cl-loop for line in said
                           thereis (and line (string-search "there is no variable \"nothing\"" line)))))))))

(ert-deftest aid-strategy-new-ones-are-sound ()
  "A new strategy begins as one that can be used, in the project if so wanted."
  (aid-chat-tests-with chat
    (save-window-excursion
      (aid-edit-strategy "fresh" t)
      (should (equal buffer-file-name (expand-file-name ".aid/strategies/fresh.md" project)))
      (save-buffer))
    (should-not (plist-get (aid--mod-strategy-info "fresh" nil (directory-file-name project) t) :error))
    (should-error (aid-edit-strategy "No/Name") :type 'user-error)))

(defun aid-strategy-tests--searching (project)
  "Make PROJECT one of some files, with the strategy \"seek\" that searches it."
  (aid-strategy-tests--put project ".aid/strategies/seek.md"
                           "---\ndescription: Searches\ncontext: [search]\n---\nHelp.\n")
  (aid-strategy-tests--put project "lib/rules.py"
                           "def parse_rule(line):\n    name, _, rest = line.partition(':')\n    return name, rest\n")
  (dotimes (i 5)
    (aid-strategy-tests--put project (format "lib/other%d.py" i)
                             (format "def other_%d():\n    return %d\n" i i))))

(ert-deftest aid-strategy-that-searches-brings-what-the-question-names ()
  "A definition that the question names is found and says why; deleted, it stays away."
  (aid-chat-tests-with chat
    (let ((aid-recipe--search-seconds 20))
      (aid-strategy-tests--searching project)
      (aid-set-strategy "seek")
      (goto-char (point-max))
      (insert "Why does `parse_rule` lose a colon?")
      (aid-append-recipe)
      (let ((items (aid-chat--open-items)))
        (should (equal (cadr (car items)) "lib/rules.py:1-3"))
        (should (string-search "parse_rule" (aid-chat--word "why" (aid-chat--words (nth 3 (car items))))))
        (goto-char (car (car items)))
        (delete-region (point) (line-beginning-position 2)))
      (aid-recipe-complete)
      (should-not (member "lib/rules.py:1-3" (aid-strategy-tests--labels))))))

(provide 'aid-strategy-tests)
;;; aid-strategy-tests.el ends here
