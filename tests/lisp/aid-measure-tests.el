;;; aid-measure-tests.el --- Tests of what is recorded of answers  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; An answer that is asked for and decided on leaves its events in the file,
;; as `aid metrics events' lists them; what is kept of accepted text is
;; recorded at its ages, from the buffer, and from the file when that is closed.

;;; Code:

(require 'aid-project-help)
(require 'aid-status)
(require 'aid-measure)
(require 'aid-measure-stayed)
(require 'json)

(declare-function aid--mod-trust-report "ext:aid-module" (root))
(declare-function aid--mod-trust-add "ext:aid-module" (root name hash))
(declare-function aid--mod-trust-drop "ext:aid-module" (root))

(defun aid-measure-tests-events (kind)
  "The events of KIND in the project of the test, as plists."
  (with-temp-buffer
    ;; The core's own folder is that of the environment that Emacs was started with.
    (let ((default-directory aid-project-root-folder)
          (process-environment (default-toplevel-value 'process-environment)))
      (call-process (expand-file-name "aid" aid-tests-build) nil t nil "metrics" "events" "--json"
                    "--kind" kind "--project" aid-project-root-folder))
    (goto-char (point-min))
    (let ((json-object-type 'plist) (json-array-type 'list) events)
      (while (ignore-errors (push (json-read) events)))
      (nreverse events))))

(defun aid-measure-tests-data (kind &rest keys)
  "The values of KEYS in the data of the events of KIND, in their order."
  (mapcar (lambda (event)
            (mapcar (lambda (key) (plist-get (plist-get event :data) key)) keys))
          (aid-measure-tests-events kind)))

(defun aid-measure-tests-wait (kind n)
  "Wait until there are N events of KIND."
  (aid-tests-wait (lambda () (>= (length (aid-measure-tests-events kind)) n))))

(defconst aid-measure-tests-files
  '(("a.txt" . "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n")))

(defconst aid-measure-tests-answer
  (aid-project-diff "--- a/a.txt" "+++ b/a.txt"
                    "@@ -1,3 +1,4 @@" " one" "-two" "+zwei und noch viel mehr" "+2 ist eine Zahl" " three"
                    "@@ -5,3 +6,3 @@" " five" "-six" "+sechs" " seven"
                    "@@ -9,3 +10,3 @@" " nine" "-ten" "+zehn" " eleven"))

;;; Decisions

(ert-deftest aid-measure-records-decisions ()
  "Accepted, edited, rejected and undone hunks are events of one request, without their texts."
  (aid-project-with aid-measure-tests-files
    (let ((chat (aid-project-review aid-measure-tests-answer)))
      (aid-project-key "y")
      (aid-project-key "e")
      (goto-char (point-min))
      (search-forward "+sechs")
      (insert " und mehr")
      (aid-project-key "C-c C-c")
      (aid-project-key "k")
      (aid-project-key "u")
      (with-current-buffer chat
        (aid-undo-answer))
      (aid-measure-tests-wait "decision" 6)
      (should (equal (aid-measure-tests-data "decision" :decision :was :inserted :deleted)
                     '(("accepted" nil 40 4) ("edited" nil 15 4) ("rejected" nil 5 4)
                       ("undone" "rejected" 5 4) ("undone" "edited" 15 4) ("undone" "accepted" 40 4))))
      (let ((events (aid-measure-tests-events "decision")))
        (should (= 1 (length (delete-dups (mapcar (lambda (e) (plist-get e :request)) events)))))
        (should (plist-get (car events) :request))
        (should (= 3 (length (delete-dups (mapcar (lambda (e) (plist-get (plist-get e :data) :hunk))
                                                  events)))))
        (let ((edited (plist-get (plist-get (nth 1 events) :data) :edited)))
          (should (and (> edited 0.2) (< edited 0.7))))
        (should-not (string-search "sechs" (format "%S" events)))
        (should-not (string-search "a.txt" (format "%S" events)))))))

(ert-deftest aid-measure-records-how-patches-fit ()
  "When an answer has come, how its hunks fit is recorded once, as of its request."
  (aid-project-with aid-measure-tests-files
    (aid-project-write "a.txt" "0\none\ntwo\nthree\nfour\nfive\n6\nseven\n")
    (let ((chat (aid-project-chat)))
      (let ((turn (aid-project-answer chat aid-measure-tests-answer)))
        (aid-measure-tests-wait "patch" 1)
        (with-current-buffer chat
          (aid-status-check chat turn)
          (aid-review turn)))
      (aid-project-key "y")
      (aid-measure-tests-wait "decision" 1)
      (should (equal (aid-measure-tests-data "patch" :format :hunks :shifted :refused)
                     '(("unified" 3 1 2))))
      (should (equal (plist-get (car (aid-measure-tests-events "patch")) :request)
                     (plist-get (car (aid-measure-tests-events "decision")) :request))))))

;;; A request

(defun aid-measure-tests-serve (text)
  "Serve TEXT as the answer to whatever is asked, from the project's folder; give the process and the port."
  (let ((script (expand-file-name "script.json" aid-project-home))
        (ready (expand-file-name "port" aid-project-home)))
    (with-temp-file script
      (insert (json-encode `((format . "aid-replay-1")
                             (exchanges . [((answer . ((text . ,text))) (times . 0))])))))
    (let ((server (make-process :name "aid-replay" :noquery t
                                :command (list (expand-file-name "aid" aid-tests-build)
                                               "replay" "--ready-file" ready script))))
      (aid-tests-wait (lambda () (and (file-exists-p ready)
                                      (> (file-attribute-size (file-attributes ready)) 0))))
      (cons server (with-temp-buffer (insert-file-contents ready) (string-trim (buffer-string)))))))

(defun aid-measure-tests-trust (port)
  "Have the project's settings name the server at PORT, and trust them."
  (aid-project-write
   ".aid/config.json"
   (format "{\"model\": \"s/sample\", \"providers\": {\"s\": {\"url\": \"http://127.0.0.1:%s/v1\", \"retries\": 0}}}" port))
  (let ((file (elt (plist-get (aid--mod-trust-report aid-project-root-folder) :files) 0)))
    (aid--mod-trust-add aid-project-root-folder (plist-get file :name) (plist-get file :hash))))

(ert-deftest aid-measure-joins-a-request-and-what-became-of-it ()
  "A question that is asked, its context, its patch and the decisions are events of one request."
  (aid-project-with aid-measure-tests-files
    (let* ((served (aid-measure-tests-serve aid-measure-tests-answer)) (chat (aid-project-chat))
           (auth-sources nil))
      (unwind-protect
          (progn
            (aid-measure-tests-trust (cdr served))
            (with-current-buffer chat
              (goto-char (point-max))
              (insert "Count in German.")
              (aid-chat-send)
              (aid-tests-wait (lambda () (let ((turn (car (last (aid-chat-answers)))))
                                           (and turn (equal "done" (cdr (assoc "state" (aid-chat-meta turn))))))))
              (aid-measure-tests-wait "patch" 1)
              (aid-review))
            (set-buffer (window-buffer))
            (aid-project-key "y")
            (aid-project-key "k")
            (aid-measure-tests-wait "decision" 2)
            (should (equal (aid-measure-tests-data "request" :provider :name :outcome :chars)
                           (list (list "s" "sample" "done" (length aid-measure-tests-answer)))))
            (should (equal (aid-measure-tests-data "patch" :hunks :exact) '((3 3))))
            (should (equal (aid-measure-tests-data "decision" :decision) '(("accepted") ("rejected"))))
            (let ((requests (mapcar (lambda (e) (plist-get e :request))
                                    (append (aid-measure-tests-events "request")
                                            (aid-measure-tests-events "patch")
                                            (aid-measure-tests-events "decision")))))
              (should (car requests))
              (should (= 1 (length (delete-dups requests))))))
        (aid--mod-trust-drop aid-project-root-folder)
        (delete-process (car served))))))

;;; What stays

(defmacro aid-measure-tests-later (seconds &rest body)
  "Do BODY as if SECONDS had passed."
  (declare (indent 1))
  `(let ((now (float-time)))
     (cl-letf (((symbol-function 'float-time)
                (let ((real (symbol-function 'float-time)))
                  (lambda (&optional time) (if time (funcall real time) (+ now ,seconds))))))
       ,@body)))

(defun aid-measure-tests-stayed ()
  "What is recorded of what stays: when, characters, those kept, how it was found."
  (aid-measure-tests-data "stayed" :when :chars :kept :how))

(defmacro aid-measure-tests-accepted (&rest body)
  "Run BODY in the file's buffer when the first hunk of the answer was accepted."
  `(aid-project-with aid-measure-tests-files
     (let ((aid-measure-stayed--files nil) (aid-measure-stayed--timer nil))
       (aid-project-review aid-measure-tests-answer)
       (aid-project-key "y")
       (with-current-buffer (aid-project-buffer "a.txt")
         (buffer-enable-undo)
         ,@body))))

(ert-deftest aid-measure-follows-accepted-text ()
  "Deleted characters are gone, undone they are back; after ten minutes changes are told no more."
  (aid-measure-tests-accepted
   (goto-char (point-min))
   (search-forward " und noch")
   (undo-boundary)
   (replace-match "")
   (undo-boundary)
   (insert " typed")
   (aid-measure-tests-later 31 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 1)
   (should (equal (aid-measure-tests-stayed) '(("30s" 40 31 "changes"))))
   (let (last-command)
     (undo-boundary)
     (undo 2))
   (should (string-search "zwei und noch viel" (buffer-string)))
   (narrow-to-region (point-max) (point-max))
   (aid-measure-tests-later 121 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 2)
   (should (equal (nth 1 (aid-measure-tests-stayed)) '("2m" 40 40 "changes")))
   (should (memq #'aid-measure-stayed--changed after-change-functions))
   (aid-measure-tests-later 601 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 4)
   (should (equal (mapcar #'car (aid-measure-tests-stayed)) '("30s" "2m" "5m" "10m")))
   (should-not (memq #'aid-measure-stayed--changed after-change-functions))))

(ert-deftest aid-measure-follows-a-reverted-buffer ()
  "Reverting to what was saved brings the text back; another program's change takes it."
  (aid-measure-tests-accepted
   (let ((inhibit-message t) (require-final-newline nil))
     (save-buffer)
     (erase-buffer)
     (insert "nothing\n")
     (aid-measure-tests-later 31 (aid-measure-stayed-look))
     (revert-buffer t t)
     (aid-measure-tests-later 121 (aid-measure-stayed-look))
     (aid-project-write "a.txt" "one\nzwei und noch viel mehr\nthree\n")
     (revert-buffer t t)
     (aid-measure-tests-later 301 (aid-measure-stayed-look)))
   (aid-measure-tests-wait "stayed" 3)
   (should (equal (mapcar #'cdr (aid-measure-tests-stayed))
                  '((40 0 "changes") (40 40 "changes") (40 24 "changes"))))))

(ert-deftest aid-measure-follows-through-the-file ()
  "When the buffer is closed its file tells; when it is opened again that buffer does."
  (aid-measure-tests-accepted
   (let ((inhibit-message t))
     (save-buffer)
     (kill-buffer))
   (aid-measure-tests-later 31 (aid-measure-stayed-look))
   (aid-project-write "a.txt" "one\nzwei und noch viel mehr\nthree\n")
   (aid-measure-tests-later 121 (aid-measure-stayed-look))
   (with-current-buffer (aid-project-buffer "a.txt")
     (erase-buffer))
   (aid-measure-tests-later 301 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 3)
   (should (equal (aid-measure-tests-stayed)
                  '(("30s" 40 40 "text") ("2m" 40 24 "text") ("5m" 40 0 "text"))))))

(ert-deftest aid-measure-follows-changes-that-nobody-told ()
  "A change without its hooks is noticed, and the text compared."
  (aid-measure-tests-accepted
   (let ((inhibit-modification-hooks t))
     (goto-char (point-min))
     (insert "new\n")
     (search-forward "2 ist eine Zahl\n")
     (replace-match ""))
   (aid-measure-tests-later 31 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 1)
   (should (equal (aid-measure-tests-stayed) '(("30s" 40 24 "text"))))))

(ert-deftest aid-measure-follows-although-another-function-errs ()
  "When Emacs has emptied `after-change-functions', the text is compared, and later hunks are followed anew."
  (aid-measure-tests-accepted
   (let ((inhibit-message t))
     (add-hook 'after-change-functions (lambda (&rest _) (error "Not mine")) -90 t)
     (ignore-errors (insert "x") (delete-char -1)))
   (should-not (memq #'aid-measure-stayed--changed after-change-functions))
   (goto-char (point-min))
   (search-forward "2 ist eine Zahl")
   (replace-match "2 nix eine Zahl")      ; as long as before
   (aid-measure-tests-later 31 (aid-measure-stayed-look))
   (set-buffer (window-buffer))
   (should-error (aid-project-key "y") :type 'user-error) ; it was changed, and is shown again first
   (aid-project-key "y")
   (with-current-buffer (aid-project-buffer "a.txt")
     (should (memq #'aid-measure-stayed--changed after-change-functions)))
   (aid-measure-tests-later 35 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 2)
   (should (equal (aid-measure-tests-stayed) '(("30s" 40 37 "text") ("30s" 6 6 "changes"))))))

(ert-deftest aid-measure-follows-a-file-to-its-new-name ()
  "What a buffer was written as is compared when it is closed."
  (aid-measure-tests-accepted
   (let ((inhibit-message t))
     (write-file (expand-file-name "b.txt" aid-project-root-folder))
     (kill-buffer))
   (aid-project-write "a.txt" "nothing\n")
   (aid-measure-tests-later 31 (aid-measure-stayed-look))
   (aid-measure-tests-wait "stayed" 1)
   (should (equal (aid-measure-tests-stayed) '(("30s" 40 40 "text"))))))

(ert-deftest aid-measure-follows-to-a-commit ()
  "When the file is committed, what it holds then is recorded."
  (skip-unless (executable-find "git"))
  (aid-project-with aid-measure-tests-files
    (let ((aid-measure-stayed--files nil) (aid-measure-stayed--last-head nil) (inhibit-message t))
      (aid-project-run "git" "init" "-q")
      (aid-project-run "git" "add" ".")
      (aid-project-run "git" "-c" "user.name=n" "-c" "user.email=e" "commit" "-qm" "first")
      (aid-project-review aid-measure-tests-answer)
      (aid-project-key "y")
      (with-current-buffer (aid-project-buffer "a.txt")
        (goto-char (point-min))
        (search-forward "2 ist eine Zahl\n")
        (replace-match "")
        (save-buffer))
      (aid-measure-stayed-look)
      (should-not (aid-measure-tests-stayed))
      (sleep-for 0.01)                  ; a log's time is that of the clock's last tick
      (aid-project-run "git" "-c" "user.name=n" "-c" "user.email=e" "commit" "-qam" "second")
      (aid-measure-stayed-look)
      (aid-measure-tests-wait "stayed" 1)
      (should (equal (aid-measure-tests-stayed) '(("commit" 40 24 "text")))))))

(ert-deftest aid-measure-forgets-what-was-taken-back ()
  "A hunk that was taken back is looked at no more."
  (aid-measure-tests-accepted
   (set-buffer (window-buffer))
   (aid-project-key "u")
   (aid-measure-tests-later 601 (aid-measure-stayed-look))
   (should-not aid-measure-stayed--files)
   (aid-measure-tests-wait "decision" 2)
   (should-not (aid-measure-tests-stayed))))

;;; Typing

(ert-deftest aid-measure-counts-what-is-typed ()
  "Characters that are typed in a file are counted, in a chat they are not."
  (aid-project-with aid-measure-tests-files
    (let ((chat (aid-project-chat)) (aid-measure--typing nil) (aid-measure--since nil)
          (last-command-event ?x))
      (with-current-buffer (aid-project-buffer "a.txt")
        (dotimes (_ 7) (call-interactively #'self-insert-command))
        (let ((current-prefix-arg 3))
          (call-interactively #'self-insert-command)))
      (with-current-buffer chat
        (goto-char (point-max))
        (call-interactively #'self-insert-command))
      (aid-measure-typed)
      (aid-measure-typed)
      (aid-measure-tests-wait "typed" 1)
      (should (equal (aid-measure-tests-data "typed" :chars) '((10)))))))

(provide 'aid-measure-tests)
;;; aid-measure-tests.el ends here
