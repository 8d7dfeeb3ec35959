;;; aid-context-items-tests.el --- Items that the core reads, sets, pins  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Real repositories and a real server: what a line shows is what the core reads,
;; and Emacs waits for none of it.

;;; Code:

(require 'aid-context-help)
(require 'aid-context-items)
(require 'aid-context-sets)
(require 'aid-context-pins)

(declare-function aid--mod-item-soon "ext:aid-module" (plist))

(ert-deftest aid-append-item-takes-blanks ()
  "Blanks and question marks are typed, not taken for keys of completion."
  (require 'aid-read)
  (let ((executing-kbd-macro t))
    (dolist (line '("history:a b.c#L1" "https://example.org/?q=x y"))
      (let ((unread-command-events (listify-key-sequence (concat line "\r"))))
        (should (equal line (aid-read-line "Item: " '("history:a.c" "history:b.c"))))))))

(ert-deftest aid-append-commit-says-its-cost-when-it-is-read ()
  "A commit's line is there at once; what it costs follows."
  (aid-context-items-tests-in-git
   (aid-append-commit "HEAD")
   (let ((item (car (aid-context-tests-items))))
     (should (equal (plist-get item :label) "commit HEAD"))
     (should (equal (plist-get item :target) "aid:commit/HEAD")))
   (let ((tokens (aid-context-items-tests-tokens "aid:commit/HEAD"))
         (text (aid-context-items-tests-text "aid:commit/HEAD")))
     (should (string-search "Two is declared" text))
     (should (string-search "+int two (void);" text))
     (should (= tokens (aid--mod-tokens text))))))

(ert-deftest aid-append-commit-that-is-not-there ()
  "What cannot be read is said, and the line stays for the person to mend."
  (aid-context-items-tests-in-git
   (let (said)
     (cl-letf (((symbol-function 'message)
                (lambda (format &rest args)
                  (when format (push (apply #'format-message format args) said)))))
       (aid-append-commit "nosuch")
       (aid-context-items-tests-wait (lambda () (cl-loop for one in said thereis (string-search "git: " one)))))
     (should (equal (aid-context-items-tests-labels) '("commit nosuch"))))))

(ert-deftest aid-append-history-of-a-region ()
  "The lines of the region are those of the file."
  (aid-context-items-tests-in-git
   (aid-context-tests-in "src/b.h"
     (forward-line 1)
     (aid-append-history (point) (point-max))
     (aid-append-blame (point) (point-max)))
   (should (equal (aid-context-items-tests-labels) '("history of src/b.h#L2-L2" "blame of src/b.h#L2-L2")))
   (let ((history (aid-context-items-tests-text "aid:history/src/b.h%23L2-L2"))
         (blame (aid-context-items-tests-text "aid:blame/src/b.h%23L2-L2")))
     (should (string-search "Two is declared" history))
     (should-not (string-search "The beginning" history))
     (should (string-match-p "Ann .*int two" blame)))))

(ert-deftest aid-append-item-takes-what-the-command-takes ()
  "Files with and without lines, kinds, and nothing else."
  (aid-context-items-tests-in-git
   (aid-append-item "src/a.c#L3-L7")
   (aid-append-item "src/b.h")
   (aid-append-item "diff:")
   (should (equal (aid-context-items-tests-labels) '("src/a.c:3-7" "src/b.h" "uncommitted changes")))
   (should (equal (mapcar (lambda (item) (plist-get item :target)) (aid-context-tests-items))
                  (list (aid-context-tests-target "src/a.c#L3-L7") (aid-context-tests-target "src/b.h") "aid:diff")))
   (should-error (aid-append-item "src/none.c") :type 'user-error)
   (should-error (aid-append-item "nosuch:thing") :type 'user-error)
   (should-error (aid-append-item "diff:x") :type 'aid-error)))

(ert-deftest aid-chat-costs-are-counted-by-the-core ()
  "What files cost is counted on the core's threads, with and without a model, anew when they change."
  (dolist (settings '("{}" "{\"model\": \"m\", \"models\": {\"m\": {\"provider\": \"ollama\", \"name\": \"x\"}}}"))
    (aid-context-items-tests-in-git
     (aid-project-write ".aid/config.json" settings)
     (aid-append-item "src/a.c#L3-L7")
     (aid-append-item "src/b.h")
     (with-current-buffer (aid-context-tests-chat)
       (let* ((targets (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items)))
              (lines (aid--mod-tokens "int\none (void)\n{\n  return 1;\n}\n"))
              (counted (lambda (file)
                         (cl-letf (((symbol-function 'aid--mod-tokens) (lambda (&rest args) (ert-fail args)))
                                   ((symbol-function 'insert-file-contents) (lambda (&rest args) (ert-fail args))))
                           (aid-chat-measure)
                           (aid-context-items-tests-wait
                            (lambda () (equal (mapcar (lambda (target) (gethash target aid-chat--item-tokens)) targets)
                                              (list lines file))))
                           (should (equal aid-chat--open-cost (cons 2 (+ lines file))))))))
         (funcall counted (aid--mod-tokens "int one (void);\nint two (void);\n"))
         (aid-project-write "src/b.h" "int one (void);\n")
         (funcall counted (aid--mod-tokens "int one (void);\n"))
         (should-not (string-search "tok=" (buffer-string))))))))

(ert-deftest aid-append-counts-again-when-it-could-not-be-asked ()
  "A file that could not be counted, as the core was busy, keeps no later one from it."
  (aid-context-tests-with
   (cl-letf (((symbol-function 'aid--mod-item-soon)
              (lambda (_) (signal 'aid-error '("state" "The core is busy")))))
     (ignore-errors (aid-append-file (aid-project-file "src/a.c"))))
   (aid-append-file (aid-project-file "src/b.h"))
   (should (= (aid-context-items-tests-tokens (aid-context-tests-target "src/b.h"))
              (aid--mod-tokens "int one (void);\n")))))

(ert-deftest aid-append-counts-in-a-narrowed-chat ()
  "The line of what was appended says what it costs, also where it is out of sight."
  (aid-context-tests-with
   (aid-append-file (aid-project-file "src/b.h"))
   (with-current-buffer (aid-context-tests-chat)
     (narrow-to-region (point-min) (1+ (point-min)))
     (aid-context-items-tests-wait (lambda () (not aid-context--uncounted)))
     (widen))
   (should (= (aid-context-items-tests-tokens (aid-context-tests-target "src/b.h"))
              (aid--mod-tokens "int one (void);\n")))))

(ert-deftest aid-append-item-completes ()
  "Files, kinds and sets complete, and say what they are."
  (aid-context-items-tests-in-git
   (aid-context-add-set-for-test)
   (with-current-buffer (aid-context-tests-chat)
     (let* ((table (aid-append--item-table))
            ;; The core may still be listing the project for the first time.
            (_ (aid-tests-wait (lambda () (member "src/a.c" (all-completions "src" table)))))
            (all (all-completions "" table))
            (annotate (cdr (assq 'annotation-function (cdr (funcall table "" nil 'metadata))))))
       (dolist (name '("src/a.c" "commit:" "history:" "diff:" "set:headers"))
         (should (member name all)))
       (should-not (member "errors:" all))
       (should (equal (funcall annotate "commit:") "  a commit, or a range of commits"))
       (should (equal (funcall annotate "set:headers") "  1 items"))))))

(defun aid-context-add-set-for-test ()
  "Save a set with one file, in the project."
  (make-directory (expand-file-name ".aid" aid-project-root-folder) t)
  (aid-project-write ".aid/sets.json" "{\"sets\": {\"headers\": [\"src/b.h\"]}}"))

(ert-deftest aid-context-typed-items ()
  "\"@commit:HEAD\" in a question is an item like any other; what only looks so is not."
  (aid-context-items-tests-in-git
   (with-current-buffer (aid-context-tests-chat)
     (goto-char (point-max))
     (insert "What does @commit:HEAD~1 do, see (@https://a.example/x). Ask ann@example.org.")
     (aid-chat--add-typed)
     (should (equal (aid-context-items-tests-labels) '("commit HEAD~1" "https://a.example/x"))))))

;;; Uncommitted changes

(defun aid-context-items-tests-commit (tool)
  "Make the project a repository of TOOL and commit all of it."
  (aid-project-run tool "init" "-q")
  (aid-project-run tool "add" ".")
  (if (equal tool "git")
      (aid-project-run "git" "-c" "user.name=x" "-c" "user.email=x@example.org" "commit" "-q" "-m" "x")
    (aid-project-run "hg" "commit" "-q" "-u" "x" "-m" "x")))

(defmacro aid-context-items-tests-no-program (&rest body)
  "Run BODY, in which Emacs itself must run no program."
  `(cl-letf (((symbol-function 'process-file) (lambda (&rest args) (ert-fail args)))
             ((symbol-function 'call-process) (lambda (&rest args) (ert-fail args))))
     ,@body))

(ert-deftest aid-append-diff-of-repositories ()
  "Uncommitted changes are appended alike in Git and Mercurial, and Emacs runs neither."
  (dolist (tool '("git" "hg"))
    (skip-unless (executable-find tool))
    (aid-context-tests-with
     (aid-context-items-tests-commit tool)
     (aid-project-write "src/b.h" "int ünus (void);\n")
     (let ((default-directory (aid-project-file "src/")))
       (should (equal (aid-project-root) aid-project-root-folder))
       (aid-context-items-tests-no-program (aid-append-diff)))
     (let ((tokens (aid-context-items-tests-tokens "aid:diff"))
           (text (aid-context-items-tests-text "aid:diff")))
       (should (equal (aid-context-items-tests-labels) '("uncommitted changes")))
       (should (string-search "+++ b/src/b.h\n" text))
       (should (string-search "\n-int one (void);\n+int ünus (void);\n" text))
       (should (= tokens (aid--mod-tokens text)))))))

(ert-deftest aid-append-diff-before-the-first-commit ()
  "In a repository without a commit all that was added is the change."
  (dolist (tool '("git" "hg"))
    (skip-unless (executable-find tool))
    (aid-context-tests-with
     (aid-project-run tool "init" "-q")
     (aid-project-run tool "add" "src/b.h")
     (aid-append-diff)
     (should (string-search "+int one (void);\n" (aid-context-items-tests-text "aid:diff"))))))

(ert-deftest aid-append-diff-of-nothing ()
  "Where nothing has changed, and where no version control is, that is said and no line stays."
  (dolist (tool '("git" "hg" nil))
    (skip-unless (or (not tool) (executable-find tool)))
    (aid-context-tests-with
     (when tool (aid-context-items-tests-commit tool))
     (let (said)
       (cl-letf (((symbol-function 'message)
                  (lambda (format &rest args)
                    (when format (push (apply #'format-message format args) said)))))
         (aid-append-diff)
         (should (equal (aid-context-items-tests-labels) '("uncommitted changes")))
         (aid-context-items-tests-wait (lambda () (null (aid-context-tests-items)))))
       (should (string-search (if tool "There are no uncommitted changes" "no Git or Mercurial repository")
                              (car said)))))))

(ert-deftest aid-recipe-adds-the-diff ()
  "A strategy that wants the changes has them, once; without changes it has none."
  (aid-context-items-tests-in-git
   (let ((aid-strategy "review"))
     (with-current-buffer (aid-context-tests-chat)
       (aid-context-items-tests-no-program (aid-recipe-complete))
       (should-not (aid-chat--open-items))
       (aid-project-write "src/b.h" "int none;\n")
       (aid-context-items-tests-no-program (aid-recipe-complete))
       (pcase (aid-chat--open-items)
         (`((,_ "uncommitted changes" "aid:diff" ,words))
          (should (string-match-p " tok=[1-9]" words))
          (should (string-search " why=asked%20for%20by%20review" words)))
         (other (ert-fail other)))
       (aid-context--take-back "aid:diff")
       (aid-recipe-complete)                  ; the person has taken it away
       (should-not (aid-chat--open-items))))))

;;; Pages

(defmacro aid-context-items-tests-served (page url &rest body)
  "Run BODY while a server on this machine answers all with PAGE; URL is its address."
  (declare (indent 2))
  `(let* ((server (make-network-process
                   :name "aid-tests-page" :server t :host 'local :service t :family 'ipv4 :noquery t
                   :filter (lambda (client request)
                             (when (string-search "\r\n\r\n" request)
                               (process-send-string
                                client (format (concat "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                                       "Content-Length: %d\r\nConnection: close\r\n\r\n%s")
                                               (string-bytes ,page) ,page))))))
          (,url (format "http://127.0.0.1:%d/page" (process-contact server :service))))
     (unwind-protect (progn ,@body)
       (delete-process server))))

(ert-deftest aid-append-url-is-read-as-text ()
  "A page of one's own machine is read when one has written its address."
  (aid-context-tests-with
   (aid-context-items-tests-served "<h1>Head</h1><p>Some <b>words</b>" url
     (aid-append-url url)
     (should (equal (aid-context-items-tests-labels) (list url)))
     (should (< 0 (aid-context-items-tests-tokens url) 20))
     (should (equal (aid-context-items-tests-text url) "# Head\n\nSome words\n")))))

(ert-deftest aid-context-url-that-a-chat-brings ()
  "An address that nobody has written here is not fetched from a private network."
  (aid-context-tests-with
   (aid-context-items-tests-served "secret" url
     (let ((url (string-replace "127.0.0.1" "127.0.0.9" url)))
       (with-current-buffer (aid-context-tests-chat)
         (aid-chat-add-item (current-buffer) url url))
       (should (string-search "private address" (aid-context-items-tests-text url)))))))

(ert-deftest aid-context-urls-are-no-files ()
  "An address is visited by the browser, is not outside of the project, and has no lines."
  (aid-context-tests-with
   (let ((url "https://a.example/x#L3"))
     (with-current-buffer (aid-context-tests-chat)
       (aid-chat-add-item (current-buffer) url url)
       (should-not (aid-context-parse-target url default-directory))
       (should-not (aid-chat--outside-p url))
       (should (aid-context-core-p url))
       (goto-char (point-min))
       (search-forward "[https")
       (let (browsed)
         (cl-letf (((symbol-function 'browse-url) (lambda (address &rest _) (setq browsed address))))
           (aid-chat-visit))
         (should (equal browsed url)))))))

;;; Sets

(ert-deftest aid-context-sets-are-saved-and-added ()
  "A set holds what outlives this Emacs, and brings it back; the project's are for all."
  (aid-context-items-tests-in-git
   (aid-append-item "src/a.c#L3-L7")
   (aid-append-item "commit:HEAD")
   (kill-new "a snapshot")
   (aid-append-kill)
   (should (string-search "without 1 that only Emacs knows"
                          (aid-project-said (aid-context-save-set "mine"))))
   (aid-context-save-set "ours" t)
   (should (string-search "\"commit:HEAD\"" (aid-project-disk ".aid/sets.json")))
   (with-current-buffer (aid-context-tests-chat)
     (pcase-let ((`(,beg . ,end) (aid-chat-open-question)))
       (delete-region beg end)))
   (should-not (aid-context-tests-items))
   (aid-context-add-set "mine")
   (should (equal (aid-context-items-tests-labels) '("src/a.c:3-7" "commit HEAD")))
   (aid-append-item "set:ours")
   (should (= 2 (length (aid-context-tests-items))))
   (aid-context-forget-set "mine")
   (should-error (aid-context-add-set "mine") :type 'user-error)
   (cl-letf (((symbol-function 'yes-or-no-p) #'always))
     (aid-context-forget-set "ours"))
   (should-not (string-search "commit" (aid-project-disk ".aid/sets.json")))))

(ert-deftest aid-context-set-of-the-project-cannot-reach-out ()
  "What a project's set would hold from outside is refused."
  (aid-context-tests-with
   (aid-project-write "../secret" "x\n")
   (aid-append-file (expand-file-name "../secret" aid-project-root-folder))
   (should (string-search "not in the project"
                          (format "%S" (should-error (aid-context-save-set "leak" t) :type 'aid-error))))
   (should-not (file-exists-p (aid-project-file ".aid/sets.json")))))

;;; Pins, and what has changed

(defun aid-context-items-tests-sent (target hash)
  "Have the line of TARGET say that HASH was sent, and an answer below it."
  (with-current-buffer (aid-context-tests-chat)
    (goto-char (point-min))
    (search-forward (concat "](" target ")"))
    (search-forward " item")
    (insert (format " sent=%s" hash))
    (aid-project-answer (current-buffer) "Well.")))

(ert-deftest aid-context-pin-sends-again-what-changed ()
  "A pinned item goes with the next question when it has changed, and only then."
  (aid-context-tests-with
   (aid-append-item "src/b.h")
   (let ((target (aid-context-tests-target "src/b.h")) (chat (aid-context-tests-chat)))
     (with-current-buffer chat
       (aid-context-pin-toggle (car (car (aid-chat--open-items)))))
     (aid-context-items-tests-sent target "0123456789abcdef")
     (with-current-buffer chat
       (aid-context-pins-complete chat)
       (should-not (aid-chat--open-items))
       (aid-context-stale--note (list (list target "0123456789abcdef" 'changed)))
       (aid-context-pins-complete chat)
       (should (equal (mapcar #'cdr (mapcar #'butlast (aid-chat--open-items)))
                      '(("changes in src/b.h" "aid:changes/0123456789abcdef/src/b.h"))))
       (should (string-search "why=pinned" (nth 3 (car (aid-chat--open-items)))))))))

(ert-deftest aid-context-pin-of-a-compacted-turn ()
  "A pinned item whose turn a summary stands for goes again, whole."
  (aid-context-tests-with
   (aid-append-item "src/b.h")
   (let ((target (aid-context-tests-target "src/b.h")) (chat (aid-context-tests-chat)))
     (with-current-buffer chat
       (aid-context-pin-toggle (car (car (aid-chat--open-items)))))
     (aid-context-items-tests-sent target "0123456789abcdef")
     (with-current-buffer chat
       (cl-letf (((symbol-function 'aid-context-pins--compacted) (lambda () 2)))
         (aid-context-pins-complete chat))
       (should (equal (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items)) (list target)))))))

(ert-deftest aid-append-changes-tells-what-was-not-told ()
  "Changes are appended once, until there are more; an unsaved buffer goes whole."
  (aid-context-tests-with
   (aid-append-item "src/b.h")
   (let* ((target (aid-context-tests-target "src/b.h")) (chat (aid-context-tests-chat))
          (told "aid:changes/0123456789abcdef/src/b.h")
          (open (lambda () (with-current-buffer chat
                             (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items)))))
          (note (lambda (state told-state)
                  (with-current-buffer chat
                    (aid-context-stale--note (list (list target "0123456789abcdef" state)
                                                   (list told "fedcba9876543210" told-state)))))))
     (aid-context-items-tests-sent target "0123456789abcdef")
     (aid-append-changes)
     (should-not (funcall open))
     (funcall note 'changed 'same)
     (aid-append-changes)
     (should (equal (funcall open) (list told)))
     (aid-context-items-tests-sent told "fedcba9876543210")
     (funcall note 'changed 'same)
     (aid-append-changes)
     (should-not (funcall open))
     (funcall note 'changed 'changed)
     (aid-context-tests-in "src/b.h" (insert "// new\n"))
     (aid-append-changes)
     (should (equal (funcall open) (list target))))))

(ert-deftest aid-context-changed-lines-say-so ()
  "A line whose file has changed since it was sent says so, and no longer when it has not."
  (aid-context-tests-with
   (aid-append-item "src/b.h")
   (let ((target (aid-context-tests-target "src/b.h")) (chat (aid-context-tests-chat))
         (seen (lambda ()
                 (save-excursion
                   (goto-char (point-min))
                   (search-forward " item")
                   (aid-chat-fontify (line-beginning-position) (line-end-position))
                   (format "%s" (get-text-property (line-beginning-position) 'help-echo))
                   (substring-no-properties
                    (or (get-text-property (1- (line-end-position)) 'display) ""))))))
     (aid-context-items-tests-sent target "0123456789abcdef")
     (with-current-buffer chat
       (setq aid-chat--width 200)
       (aid-context-stale--note (list (list target "0123456789abcdef" 'changed)))
       (should (string-prefix-p "changed since" (funcall seen)))
       (aid-context-stale--note nil)
       (should-not (string-search "changed" (funcall seen)))))))

(ert-deftest aid-context-stale-asks-the-core ()
  "The core compares what the lines name; what only a buffer knows goes there as text."
  (aid-context-tests-with
   (aid-append-item "src/b.h")
   (aid-append-item "src/a.c")
   (aid-context-items-tests-sent (aid-context-tests-target "src/b.h") "0123456789abcdef")
   (with-current-buffer (aid-context-tests-chat)
     (should-not (aid-context-stale--edited)))
   (aid-context-tests-in "src/b.h" (insert "// new\n"))
   (with-current-buffer (aid-context-tests-chat)
     (pcase-let ((`((,path ,text)) (aid-context-stale--edited)))
       (should (string-suffix-p "/src/b.h" path))
       (should (string-prefix-p "// new\n" text)))
     (aid-context-stale-check)
     (aid-context-items-tests-wait (lambda () aid-context-stale--states))
     ;; Nothing of that name was ever stored.
     (should (eq (aid-context-stale-state (aid-context-tests-target "src/b.h") "0123456789abcdef") 'unknown)))))

(provide 'aid-context-items-tests)
;;; aid-context-items-tests.el ends here
