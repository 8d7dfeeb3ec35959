;;; aid-context-panel-tests.el --- The list of what the next request holds  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core lists what it would send of a real chat; what is done in the list
;; happens in the chat.

;;; Code:

(require 'aid-context-help)
(require 'aid-context-panel)
(require 'aid-context-pins)

(defun aid-context-panel-tests-settle ()
  "Wait until the panel, this buffer, shows what the core listed."
  (aid-context-items-tests-wait (lambda () (not aid-context-panel--asked))))

(defmacro aid-context-panel-tests-with (&rest body)
  "Run BODY in the panel of a chat with two files, in a project with a small model."
  `(aid-context-tests-with
    (aid-project-write ".aid/config.json"
                       "{\"model\": \"m\", \"models\": {\"m\": {\"provider\": \"ollama\", \"name\": \"x\", \"context\": 4096}}}")
    (let ((aid-recipe-automatic nil) (chat (aid-context-tests-chat)))
      (ignore chat)
      (aid-append-item "src/a.c#L3-L7")
      (aid-append-item "src/b.h")
      (aid-context-panel)
      (aid-context-panel-tests-settle)
      (unwind-protect (progn ,@body)
        (kill-buffer (current-buffer))))))

(defun aid-context-panel-tests-rows ()
  "The panel's rows as lists of pin, item, reason and state."
  (mapcar (lambda (row)
            (let ((cells (cadr row)))
              (list (aref cells 0) (car (aref cells 1)) (aref cells 2)
                    (substring-no-properties (aref cells 5)))))
          (aid-context-panel--entries)))

(defun aid-context-panel-tests-labels ()
  "The labels of the chat's items."
  (mapcar (lambda (item) (plist-get item :label)) (aid-context-tests-items)))

(defun aid-context-panel-tests-goto (label)
  "Move to the row of LABEL."
  (goto-char (point-min))
  (search-forward label)
  (forward-line 0))

(ert-deftest aid-context-panel-shows-all-of-it ()
  "Each item has a row with what it costs; the header line has the sum and the window."
  (aid-context-panel-tests-with
   (should (equal (aid-context-panel-tests-rows)
                  '(("" "src/a.c:3-7" "you" "new") ("" "src/b.h" "you" "new"))))
   (let ((text (buffer-string)))
     (should (string-match-p "src/a.c:3-7 +you +[0-9]+ +now +new +1$" text))
     (should (string-match-p "Pin +Item +Reason +Tokens +Age +State +Turn" (aid-context-panel-tests-shown))))
   (should (string-match-p "[0-9.k]+ of 4.1k tokens.* 2 items, new [0-9]+ of " header-line-format))
   (should (string-match-p "\\` [█#]+[░.]+ " header-line-format))))

(ert-deftest aid-context-panel-without-a-model ()
  "Where no model is set the items are listed all the same, and that is said; so is a wrong one."
  (aid-context-panel-tests-with
   (let ((panel (current-buffer)))
     (dolist (setting (append (unless (ignore-errors (aid--mod-model-info nil "/")) '(("{}" . "[Nn]o model")))
                              '(("{\"model\": \"nosuch\"}" . "nosuch"))))
       (aid-project-write ".aid/config.json" (car setting))
       (set-buffer panel)
       (aid-context-panel-revert)
       (aid-context-panel-tests-settle)
       (should (equal (aid-context-panel-tests-rows)
                      '(("" "src/a.c:3-7" "you" "new") ("" "src/b.h" "you" "new"))))
       (should (string-match-p "src/a.c:3-7 +you +[1-9][0-9]* +now +new +1$" (buffer-string)))
       (should (string-match-p "[1-9][0-9]* tokens.* 2 items, new [1-9]" header-line-format))
       (should (string-match-p "\\` [█#]+[░.]+ " header-line-format))     ; of the strategy's budget
       (should (string-match-p (cdr setting) header-line-format))))))

(ert-deftest aid-context-panel-says-why-it-lists-nothing ()
  "What hinders the list itself is in the header line, and goes when it is over."
  (aid-context-panel-tests-with
   (let ((panel (current-buffer)))
     (dolist (setting '(("{\"strategy\": \"nosuch\"}" . t) ("{}" . nil)))
       (aid-project-write ".aid/config.json" (car setting))
       (set-buffer panel)
       (aid-context-panel-revert)
       (aid-context-panel-tests-settle)
       (should (eq (cdr setting) (and (string-match-p "nosuch" header-line-format) t)))))))

(defun aid-context-panel-tests-shown ()
  "The panel's text with the heads of its columns, which an overlay shows."
  (concat (mapconcat (lambda (o) (or (overlay-get o 'display) (overlay-get o 'before-string)
                                     (buffer-substring (overlay-start o) (overlay-end o))))
                     (overlays-in (point-min) (point-max)) "")
          (buffer-string)))

(ert-deftest aid-context-panel-is-of-its-chat ()
  "What is appended from the panel, by any command, goes to its chat and from its project."
  (aid-context-panel-tests-with
   (should (equal (file-name-as-directory (aid-project-file "")) (expand-file-name default-directory)))
   (let ((chats (length (aid-chat--live-chats))))
     (aid-append-file "src/a.c")
     (should (eq chat (aid-append--chat)))
     (should (= chats (length (aid-chat--live-chats)))))
   (should (member "src/a.c" (aid-context-panel-tests-labels)))))

(ert-deftest aid-context-panel-deletes ()
  "What is flagged and executed, or deleted at once, is gone from the chat."
  (aid-context-panel-tests-with
   (aid-context-panel-tests-goto "src/b.h")
   (aid-context-panel-flag 1)
   (should (equal (aid-context-panel-tests-labels) '("src/a.c:3-7" "src/b.h")))
   (aid-context-panel-execute)
   (should (equal (aid-context-panel-tests-labels) '("src/a.c:3-7")))
   (aid-context-panel-tests-settle)
   (should (equal (mapcar #'cadr (aid-context-panel-tests-rows)) '("src/a.c:3-7")))
   (aid-context-panel-tests-goto "src/a.c")
   (aid-context-panel-delete)
   (should-not (aid-context-panel-tests-labels))
   (should-error (aid-context-panel-execute) :type 'user-error)))

(ert-deftest aid-context-panel-marks ()
  "Marks go on and off, stay when the list is made anew, and are what a command acts on."
  (aid-context-panel-tests-with
   (goto-char (point-min))
   (unless (tabulated-list-get-id) (forward-line 1))
   (aid-context-panel-mark 2)
   (should (= 2 (length aid-context-panel--marked)))
   (aid-context-panel-unmark-backward)
   (should (= 1 (length aid-context-panel--marked)))
   (aid-context-panel-revert)
   (aid-context-panel-tests-settle)
   (aid-context-panel-tests-goto "src/a.c")
   (should (eq (char-after) ?*))
   (aid-context-panel-tests-goto "src/b.h")
   (should (eq (char-after) ?\s))
   (aid-context-panel-delete)                ; the marked one, not the one here
   (should (equal (aid-context-panel-tests-labels) '("src/b.h")))
   (aid-context-panel-unmark-all)
   (should-not aid-context-panel--marked)))

(ert-deftest aid-context-panel-pins ()
  "A pin is in the chat's line and in the list, and goes again."
  (aid-context-panel-tests-with
   (aid-context-panel-tests-goto "src/b.h")
   (aid-context-panel-pin)
   (aid-context-panel-tests-settle)
   (should (equal (nth 1 (aid-context-panel-tests-rows)) '("pin" "src/b.h" "you" "new")))
   (should (equal (plist-get (plist-get (nth 1 (aid-context-tests-items)) :meta) :pin) "1"))
   (aid-context-panel-pin)
   (aid-context-panel-tests-settle)
   (should (equal (nth 1 (aid-context-panel-tests-rows)) '("" "src/b.h" "you" "new")))))

(ert-deftest aid-context-panel-follows-the-chat ()
  "What is appended to the chat appears in the list, point stays in its row."
  (aid-context-panel-tests-with
   (aid-context-panel-tests-goto "src/b.h")
   (let ((panel (current-buffer)))
     (with-current-buffer chat
       (aid-append-item "Makefile")
       (aid-chat-measure))
     (aid-context-items-tests-wait (lambda () (string-search "Makefile" (buffer-string))))
     (should (eq (current-buffer) panel))
     (should (equal (cadr (tabulated-list-get-id)) (aid-context-tests-target "src/b.h"))))))

(ert-deftest aid-context-panel-adds-and-visits ()
  "An item is added by its name; the line is found in the chat, the file behind it too."
  (aid-context-panel-tests-with
   (cl-letf (((symbol-function 'completing-read) (lambda (&rest _) "Makefile")))
     (call-interactively #'aid-context-panel-add))
   (aid-context-panel-tests-settle)
   (should (equal (mapcar #'cadr (aid-context-panel-tests-rows)) '("src/a.c:3-7" "src/b.h" "Makefile")))
   (let ((panel (current-buffer)))
     (aid-context-panel-tests-goto "src/a.c")
     (aid-context-panel-visit)
     (set-buffer (window-buffer))
     (should (equal buffer-file-name (aid-project-file "src/a.c")))
     (should (= (line-number-at-pos) 3))
     (set-buffer panel)
     (aid-context-panel-tests-goto "src/b.h")
     (aid-context-panel-show-line)
     (should (eq (current-buffer) chat))
     (should (looking-at-p "- \\[src/b\\.h\\]"))
     (set-buffer panel))))

(ert-deftest aid-context-panel-fits-its-window ()
  "In a narrow window names give way, so that what became of an item is seen; point is in the first row."
  (aid-context-panel-tests-with
   (should (equal (cadr (tabulated-list-get-id)) (aid-context-tests-target "src/a.c#L3-L7")))
   (dolist (width '(84 72 200))
     (cl-letf (((symbol-function 'window-body-width) (lambda (&rest _) width)))
       (aid-context-panel--resized (selected-frame)))
     (let ((line (buffer-substring (line-beginning-position) (line-end-position))))
       (should (<= (string-width line) width))
       (should (string-match-p "src/a.c:3-7 +you +[0-9]+ +now +new +1$" line))))
   (should (equal '(38 22) (mapcar (lambda (n) (cadr (aref tabulated-list-format n))) '(1 2))))
   ;; What a person makes wider stays so while the window is the same.
   (cl-letf (((symbol-function 'window-body-width) (lambda (&rest _) 200)))
     (setf (cadr (aref tabulated-list-format 1)) 50)
     (aid-context-panel-revert)
     (aid-context-panel-tests-settle)
     (should (= 50 (cadr (aref tabulated-list-format 1)))))))

(ert-deftest aid-context-panel-previews ()
  "The text of an item is shown without leaving the list: of a file, of what the core reads, of what was sent."
  (aid-context-panel-tests-with
   (let ((panel (current-buffer)))
     (aid-project-run "git" "init" "-q" ".")
     (aid-project-run "git" "-c" "user.name=Ann" "-c" "user.email=a@b" "commit" "-q" "--allow-empty" "-m" "A first commit")
     (aid-context-panel-tests-goto "src/b.h")
     (aid-context-panel-preview)
     (should (get-buffer-window (find-buffer-visiting (aid-project-file "src/b.h"))))
     (should (eq (window-buffer) panel))
     (with-current-buffer chat
       (aid-chat-add-item chat "commit HEAD" "aid:commit/HEAD"))
     (aid-context-panel-revert)
     (aid-context-panel-tests-settle)
     (aid-context-panel-tests-goto "commit HEAD")
     (aid-context-panel-preview)
     (aid-context-items-tests-wait (lambda () (get-buffer "*aid: aid:commit/HEAD*")))
     (with-current-buffer "*aid: aid:commit/HEAD*"
       (should (string-search "A first commit" (buffer-string)))
       (should (get-buffer-window)))
     (should (eq (window-buffer) panel))
     (kill-buffer "*aid: aid:commit/HEAD*"))))

(ert-deftest aid-context-panel-sorts-by-number ()
  "Tokens and turns are sorted as numbers, an estimate's mark aside."
  (let ((less (aid-context-panel--number 3))
        (row (lambda (n) (list nil (vector "" "" "" n "" "" "1")))))
    (should (funcall less (funcall row "9") (funcall row "~10")))
    (should-not (funcall less (funcall row "100") (funcall row "20")))))

(ert-deftest aid-context-panel-of-what-was-sent ()
  "What was sent says so, and is deleted only by agreement."
  (aid-context-panel-tests-with
   (let ((panel (current-buffer)))
     (with-current-buffer chat
       (goto-char (point-min))
       (search-forward "src/b.h) <!--aid:")
       (search-forward " item")
       (insert " sent=0123456789abcdef")
       (aid-project-answer chat "Well."))
     (set-buffer panel)
     (aid-context-panel-revert)
     (aid-context-panel-tests-settle)
     (should (member '("" "src/b.h" "in the chat" "sent") (aid-context-panel-tests-rows)))
     (pcase-dolist (`(,state . ,words) '((changed . "sent, changed") (gone . "sent, gone") (same . "sent")))
       (with-current-buffer chat
         (aid-context-stale--note (list (list (aid-context-tests-target "src/b.h") "0123456789abcdef" state))))
       (should (member (list "" "src/b.h" "in the chat" words) (aid-context-panel-tests-rows))))
     (aid-context-panel-tests-goto "src/b.h")
     (cl-letf (((symbol-function 'yes-or-no-p) #'ignore))
       (aid-context-panel-delete))
     (should (member "src/b.h" (aid-context-panel-tests-labels)))
     (cl-letf (((symbol-function 'yes-or-no-p) #'always))
       (aid-context-panel-delete))
     (should-not (member "src/b.h" (aid-context-panel-tests-labels))))))

(ert-deftest aid-context-panel-runs-nothing ()
  "To list a commit that was not read yet runs no program."
  (aid-context-panel-tests-with
   (let ((panel (current-buffer)))
     (with-current-buffer chat
       (aid-chat-add-item chat "commit HEAD" "aid:commit/HEAD" "tok=77"))
     (set-buffer panel)
     (aid-context-panel-revert)
     (aid-context-panel-tests-settle)
     (should (member '("" "commit HEAD" "you" "not read") (aid-context-panel-tests-rows)))
     (should (string-match-p "commit HEAD +you +~77 " (buffer-string))))))

(provide 'aid-context-panel-tests)
;;; aid-context-panel-tests.el ends here
