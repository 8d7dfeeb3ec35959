;;; aid-chat-later-tests.el --- Tests of keys that come before a question is sent  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Code:

(require 'aid-module-helper)
(require 'aid-queue-help)
(require 'aid-recipe)
(require 'aid-strategy)
(require 'aid-chat-complete)
(require 'aid-retry)

(declare-function aid--mod-find-soon "ext:aid-module" (plist))

(defun aid-chat-later-tests--put (folder name text)
  "Write TEXT to the file NAME below FOLDER."
  (let ((file (expand-file-name name folder)))
    (make-directory (file-name-directory file) t)
    (write-region text nil file nil 'quiet)))

(defun aid-chat-later-tests--until (what)
  "Let events and timers come until WHAT, a function, gives non-nil; give that."
  (let ((limit (+ (float-time) 20)) found)
    (while (and (not (setq found (funcall what))) (< (float-time) limit))
      (accept-process-output nil 0.02))
    (should found)
    found))

(defmacro aid-chat-later-tests-with (chat &rest body)
  "Run BODY in a new CHAT of a project that is searched before a question goes.
A key is there to be read as soon as somebody looks."
  (declare (indent 1))
  `(aid-chat-tests-with ,chat
     (aid-chat-later-tests--put project ".aid/strategies/seek.md"
                                "---\ndescription: Searches\ncontext: [search]\n---\nHelp.\n")
     (aid-chat-later-tests--put project "lib/rules.py"
                                "def parse_rule(line):\n    name, _, rest = line.partition(':')\n    return name, rest\n")
     (let ((aid-recipe--search-seconds 20) (aid-recipe-automatic t) (unread-command-events (list ?x)))
       (aid-set-strategy "seek")
       ,@body)))

(defun aid-chat-later-tests--lines ()
  "The context lines of the question that was asked last."
  (plist-get (car aid-chat-tests--asked) :text))

(ert-deftest aid-chat-later-a-key-is-not-held-up ()
  "A key that is pressed while the project is searched is read at once; the question goes with all that is found."
  (aid-chat-later-tests-with chat
    (aid-chat-tests-ask "Why does `parse_rule` lose a colon?")
    (should-not aid-chat-tests--asked)
    (should (equal (aid-queue-tests-turns) '("1 user queued: Why does `parse_rule` lose a colon?" "3 user: ")))
    (should (= (point) (point-max)))
    (insert "Meanwhile")                ; what is typed is the next question
    (aid-chat-later-tests--until (lambda () aid-chat-tests--asked))
    (should (string-match-p "\\[lib/rules.py:1-3\\].* why=" (aid-chat-later-tests--lines)))
    (should (equal (plist-get (car aid-chat-tests--asked) :turn) 1))
    (should (equal (aid-queue-tests-turns)
                   '("1 user: Why does `parse_rule` lose a colon?" "2 answer: " "3 user: Meanwhile")))
    (should-not aid-queue--left)
    (should (aid-queue-tests-sound-p))))

(ert-deftest aid-chat-later-without-a-key-nothing-is-queued ()
  "As long as no key is pressed the question goes in one step."
  (aid-chat-later-tests-with chat
    (setq unread-command-events nil)
    (aid-chat-tests-ask "Why does `parse_rule` lose a colon?")
    (should (string-search "[lib/rules.py:1-3]" (aid-chat-later-tests--lines)))))

(ert-deftest aid-chat-later-keeps-its-strategy ()
  "A question that a command asks by a strategy and a model of its own goes by them, though it was left."
  (aid-chat-later-tests-with chat
    (aid-set-strategy "ask")
    (let ((aid-strategy "seek") (aid-model "other"))
      (aid-chat-ask chat "Why does `parse_rule` lose a colon?"))
    (should-not aid-chat-tests--asked)
    (aid-chat-later-tests--until (lambda () aid-chat-tests--asked))
    (should (equal "seek" (plist-get (car aid-chat-tests--asked) :strategy)))
    (should (equal "other" (plist-get (car aid-chat-tests--asked) :model)))
    (should (string-search "[lib/rules.py:1-3]" (aid-chat-later-tests--lines)))))

(ert-deftest aid-chat-later-strategy-that-was-typed ()
  "\"/seek\" before a question that was left stays there until it goes."
  (aid-chat-later-tests-with chat
    (aid-set-strategy "ask")
    (aid-chat-tests-ask "/seek Why does `parse_rule` lose a colon?")
    (should (equal (car (aid-queue-tests-turns)) "1 user queued: /seek Why does `parse_rule` lose a colon?"))
    (aid-chat-later-tests--until (lambda () aid-chat-tests--asked))
    (should (equal "seek" (plist-get (car aid-chat-tests--asked) :strategy)))
    (should (equal (car (aid-queue-tests-turns)) "1 user: Why does `parse_rule` lose a colon?"))))

(ert-deftest aid-chat-later-stops ()
  "What was stopped before it went does not go by itself; sent again it has its context."
  (aid-chat-later-tests-with chat
    (aid-chat-tests-ask "Why does `parse_rule` lose a colon?")
    (aid-chat-stop)
    (let ((limit (+ (float-time) 1)))
      (while (< (float-time) limit)
        (accept-process-output nil 0.05)))
    (should-not aid-chat-tests--asked)
    (setq unread-command-events nil)
    (aid-chat-send)
    (should (string-search "[lib/rules.py:1-3]" (aid-chat-later-tests--lines)))
    (should-not aid-queue--left)))

(ert-deftest aid-chat-later-sent-again-goes-at-once ()
  "Sending once more waits for what is missing, and the question goes only once."
  (aid-chat-later-tests-with chat
    (aid-chat-tests-ask "Why does `parse_rule` lose a colon?")
    (setq unread-command-events nil)
    (aid-chat-send)
    (should (= 1 (length aid-chat-tests--asked)))
    (should (string-search "[lib/rules.py:1-3]" (aid-chat-later-tests--lines)))
    (let ((limit (+ (float-time) 0.5)))
      (while (< (float-time) limit)
        (accept-process-output nil 0.05)))
    (should (= 1 (length aid-chat-tests--asked)))))

(ert-deftest aid-chat-later-waits-for-who-needs-the-answer ()
  "Asking again about refused hunks has its answer begun, whatever is typed."
  (aid-chat-later-tests-with chat
    (should (equal 2 (aid-retry--ask chat "Why does `parse_rule` lose a colon?")))
    (should (string-search "[lib/rules.py:1-3]" (aid-chat-later-tests--lines)))))

(ert-deftest aid-chat-later-asks-nothing-behind-one-s-back ()
  "What is to be agreed to is not asked while somebody types elsewhere: the question waits."
  (aid-chat-later-tests-with chat
    (let ((outside (expand-file-name "secret.txt" home)))
      (write-region "x" nil outside nil 'quiet)
      (goto-char (point-max))
      (insert (format "Why does `parse_rule` lose a colon?\n\n- [s](%s) %s\n" outside (aid-chat--marker "item")))
      (cl-letf (((symbol-function 'yes-or-no-p) (lambda (&rest _) (signal 'inhibited-interaction nil))))
        (aid-chat-send)
        (aid-chat-later-tests--until (lambda () (string-search "lib/rules.py" (buffer-string))))
        (let ((limit (+ (float-time) 0.3)))
          (while (< (float-time) limit)
            (accept-process-output nil 0.05))))
      (should-not aid-chat-tests--asked)
      (setq unread-command-events nil)
      (cl-letf (((symbol-function 'yes-or-no-p) #'always))
        (aid-chat-send))
      (should aid-chat-tests--asked))))

(ert-deftest aid-chat-later-gives-up-in-time ()
  "A search that does not end is waited for only so long, also when the question was left."
  (aid-chat-later-tests-with chat
    (let ((aid-recipe--search-seconds 0.3))
      (cl-letf (((symbol-function 'aid--mod-find-soon) (lambda (_) (cl-incf aid-chat-tests--id))))
        (aid-chat-tests-ask "Why?")
        (should-not aid-chat-tests--asked)
        (aid-chat-later-tests--until (lambda () aid-chat-tests--asked))))))

(ert-deftest aid-chat-completion-is-not-held-up-by-a-first-list ()
  "While a project is listed for the first time a key ends the wait of completion."
  (aid-chat-tests-with chat
    (let ((unread-command-events (list ?x)) (aid-chat--listing nil) (begin (float-time)) (aid-chat--list-wait 20))
      (cl-letf (((symbol-function 'aid--mod-project-match) (lambda (&rest _) (list nil)))
                ((symbol-function 'aid--mod-project-listed-soon) (lambda (_) (cl-incf aid-chat-tests--id))))
        (should-not (aid-chat--project-files "a"))
        (should-not (aid-chat--project-files "a"))      ; and is not asked for twice
        (should (= 1 (length aid-chat--listing)))
        (should (< (- (float-time) begin) 10))))
    (let ((aid-chat--listing nil) (aid-chat--list-wait 20))
      (should (equal (aid-chat--project-files "a") '("a.c"))))))

(provide 'aid-chat-later-tests)
;;; aid-chat-later-tests.el ends here
