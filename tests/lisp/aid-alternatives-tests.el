;;; aid-alternatives-tests.el --- Tests of other answers to a question  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Alternatives are walked, compared and taken; several models that are asked at
;; the same time give an answer and its alternatives.

;;; Code:

(require 'ediff)
(require 'aid-chat-help)
(require 'aid-alternatives)
(require 'aid-ask-with)
(require 'aid-queue)

(declare-function aid--mod-doc-parse "ext:aid-module" (doc))
(declare-function aid--mod-chat-hash "ext:aid-module" (body))
(declare-function ediff-really-quit "ediff-util" (reverse-default-keep-variants))

(defun aid-alternatives-tests--answer (text)
  "Have TEXT arrive as the whole answer."
  (aid-chat-tests-text text)
  (aid-chat-tests-event 'done (list :state "done"
                                    :meta (format "model=m req=r1 got=%s state=done"
                                                  (aid--mod-chat-hash text)))))

(defmacro aid-alternatives-tests-with (chat &rest body)
  "Run BODY in CHAT with an answer \"Third\" and its alternatives."
  (declare (indent 1))
  `(aid-chat-tests-with ,chat
     (let ((aid-alternative-taken-functions nil))
       (aid-chat-tests-ask "Why?")
       (aid-alternatives-tests--answer "First\n\nfor one.")
       (aid-chat-again 2)
       (aid-alternatives-tests--answer "Second\n\nfor two.")
       (aid-chat-again 2)
       (aid-alternatives-tests--answer "Third\n\nfor three.")
       (goto-char (point-max))
       (setq buffer-undo-list nil)
       ,@body)))

(defun aid-alternatives-tests--turns ()
  "The answers of this chat, as their markers say and what their first line is."
  (mapcar (lambda (turn)
            (save-excursion
              (goto-char (plist-get turn :beg))
              (let ((words (nth 2 (aid-chat--next-marker nil))))
                (goto-char (car (aid-chat-answer-body (plist-get turn :number)
                                                      (plist-get turn :sub))))
                (skip-chars-forward "\n")
                (concat words ": " (buffer-substring-no-properties
                                    (point) (line-end-position))))))
          (append (aid-chat-turns 'answer) (aid-chat-turns 'alternative))))

(defun aid-alternatives-tests--said (function &rest args)
  "What FUNCTION called with ARGS says in the echo area."
  (let (said)
    (cl-letf (((symbol-function 'message)
               (lambda (format &rest args) (setq said (and format (apply #'format format args))))))
      (apply function args))
    said))

(defun aid-alternatives-tests--sent ()
  "The answers in what would be sent now."
  (let ((parsed (aid--mod-doc-parse (aid-chat-doc))))
    (should-not (append (plist-get parsed :problems) nil))
    (cl-loop for turn across (vconcat (plist-get parsed :turns))
             when (equal (format "%s" (plist-get turn :kind)) "answer")
             collect (string-trim
                      (buffer-substring-no-properties
                       (car (aid-chat-answer-body (plist-get turn :number)))
                       (cdr (aid-chat-answer-body (plist-get turn :number))))))))

;;; Asking again

(defun aid-alternatives-tests--done (words)
  "Have an answer end whose meta line says WORDS, too."
  (aid-chat-tests-text "So.")
  (aid-chat-tests-event 'done (list :state "done" :meta (concat "model=m req=r1 " words " state=done"))))

(ert-deftest aid-alternatives-have-the-strategy-of-the-answer ()
  "Asked again, a question is asked as it was, until another strategy is chosen."
  (aid-chat-tests-with chat
    (let ((again (lambda (number)
                   (aid-chat-again number)
                   (let ((asked (car aid-chat-tests--asked)))
                     (aid-alternatives-tests--done
                      (concat "strategy=" (or (plist-get asked :strategy) "ask")))
                     (list (plist-get asked :strategy) (plist-get asked :exact))))))
      (aid-chat-tests-ask "/edit Why?")
      (aid-alternatives-tests--done "strategy=edit")
      (should (equal (funcall again 2) '("edit" t)))
      (aid-chat-tests-ask "And?")
      (should-not (plist-get (car aid-chat-tests--asked) :strategy))
      (aid-alternatives-tests--done "strategy=ask")
      (should (equal (funcall again 2) '("edit" t)))
      (should (equal (funcall again 4) '("ask" t)))
      (aid-set-strategy "explain")
      (should (equal (funcall again 2) '("explain" nil)))
      (should (equal (funcall again 4) '("explain" nil)))
      (aid-chat-tests-ask "/edit Then?")
      (aid-alternatives-tests--done "strategy=edit")
      (should (equal (funcall again 6) '("edit" t))))))

(ert-deftest aid-alternatives-of-a-strategy-that-is-gone ()
  "An answer that does not say its strategy, or names one that is no more, takes what is set."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-alternatives-tests--done "strategy=no-more")
    (aid-chat-again 2)
    (should-not (plist-get (car aid-chat-tests--asked) :strategy))
    (aid-alternatives-tests--done "")
    (aid-chat-again 2)
    (should-not (plist-get (car aid-chat-tests--asked) :strategy))))

;;; Walking

(ert-deftest aid-alternatives-are-walked ()
  "The answers to a question are gone through in a circle; the one gone to is shown."
  (aid-alternatives-tests-with chat
    (should (equal (aid-alternatives-tests--turns)
                   '("2 answer: Third" "2.2 alternative: Second" "2.1 alternative: First")))
    (should (string-match-p "\\`2/3 some-model, alternative; .* makes it the answer\\'"
                            (aid-alternatives-tests--said #'aid-alternatives-next)))
    (should (save-excursion (search-forward "for two") (not (invisible-p (1- (point))))))
    (should (save-excursion (search-forward "for one") (invisible-p (1- (point)))))
    (should (string-prefix-p "3/3" (aid-alternatives-tests--said #'aid-alternatives-next)))
    (should (save-excursion (search-forward "for one") (not (invisible-p (1- (point))))))
    (should (save-excursion (search-backward "for two") (invisible-p (point))))
    (should (equal (aid-alternatives-tests--said #'aid-alternatives-next) "1/3 some-model"))
    (should (looking-at-p "## some-model"))
    (should (string-prefix-p "3/3" (aid-alternatives-tests--said #'aid-alternatives-previous)))))

(ert-deftest aid-alternatives-say-which-they-are ()
  "The right edge of the heading says which of how many; so does the command for it."
  (aid-alternatives-tests-with chat
    (let ((turn (aid-chat--answer 2 2)))
      (should (string-suffix-p "|2/3" (string-trim-right
                                       (aid-chat-tests-visible (plist-get turn :beg)
                                                               (plist-get turn :body)))))
      (goto-char (plist-get turn :beg))
      (should (equal (aid-chat-describe) "Alternative to answer 2: 2/3")))))

(ert-deftest aid-alternatives-from-a-narrowed-part ()
  "Walking widens a chat that shows only something else."
  (aid-alternatives-tests-with chat
    (narrow-to-region (point-max) (point-max))
    (aid-alternatives-next)
    (should-not (buffer-narrowed-p))
    (should (looking-at-p "### "))))

(ert-deftest aid-alternatives-that-are-none ()
  "An answer without alternatives says how one is had."
  (aid-chat-tests-with chat
    (should-error (aid-alternatives-next) :type 'user-error)
    (aid-chat-tests-ask "Why?")
    (aid-alternatives-tests--answer "Yes.")
    (dolist (command '(aid-alternatives-next aid-alternatives-take aid-alternatives-diff))
      (let ((err (should-error (funcall command) :type 'user-error)))
        (should (string-search "C-c C-r asks for another" (cadr err)))))))

;;; Taking

(ert-deftest aid-alternatives-taken-is-sent ()
  "What is taken is the answer then; the other one is an alternative, with its meta line."
  (aid-alternatives-tests-with chat
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (let ((first (aid-chat-meta 2 1)) (third (aid-chat-meta 2)))
      (aid-alternatives-take)
      (should (equal (aid-alternatives-tests--turns)
                     '("2 answer: First" "2.2 alternative: Second" "2.1 alternative: Third")))
      (should (equal (aid-alternatives-tests--sent) '("First\n\nfor one.")))
      (should (equal (aid-chat-meta 2) (append first '(("chosen" . "yes")))))
      (should (equal (aid-chat-meta 2 1) third)))
    (should (looking-at-p "## some-model <"))
    (should (save-excursion (search-forward "for three") (invisible-p (1- (point)))))
    (should-not (aid-chat--edited-p (aid-chat--answer 2)))
    (should-not (aid-chat--edited-p (aid-chat--answer 2 1)))
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (aid-alternatives-take)
    (should (equal (aid-alternatives-tests--sent) '("Third\n\nfor three.")))
    (should-not (assoc "chosen" (aid-chat-meta 2 1)))))

(ert-deftest aid-alternatives-taking-is-undone ()
  "Undo takes it back, and what was edited before then."
  (aid-alternatives-tests-with chat
    (let ((pristine (buffer-string)))
      (goto-char (point-min))
      (search-forward "for three")
      (insert " or more")
      (undo-boundary)
      (let ((before (buffer-string)))
        (goto-char (plist-get (aid-chat--answer 2 1) :beg))
        (aid-alternatives-take)
        (undo-boundary)
        (let ((last-command nil))
          (undo))
        (should (equal-including-properties (substring-no-properties (buffer-string))
                                            (substring-no-properties before)))
        (let ((last-command 'undo))
          (undo-more 1))
        (should (equal (substring-no-properties (buffer-string))
                       (substring-no-properties pristine)))))))

(ert-deftest aid-alternatives-taken-at-the-end-of-a-file ()
  "A chat that was cut behind its alternative is whole again."
  (aid-alternatives-tests-with chat
    (goto-char (point-min))
    (search-forward "for one.")
    (delete-region (point) (point-max))
    (aid-alternatives-take)
    (should (equal (aid-alternatives-tests--turns)
                   '("2 answer: First" "2.2 alternative: Second" "2.1 alternative: Third")))
    (should (equal (aid-alternatives-tests--sent) '("First\n\nfor one.")))))

(ert-deftest aid-alternatives-not-taken ()
  "The answer itself, one that is arriving and one whose changes were accepted are not."
  (aid-alternatives-tests-with chat
    (goto-char (plist-get (aid-chat--answer 2) :beg))
    (should-error (aid-alternatives-take) :type 'user-error)
    (goto-char (point-min))
    (search-forward "for three.")
    (insert "\n\n" (aid-chat--marker "hunks a91c=accepted") "\n")
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (let ((before (buffer-string)))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (_) nil)))
        (should-error (aid-alternatives-take) :type 'user-error))
      (should (equal (buffer-string) before)))
    (aid-chat-again 2)
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (should-error (aid-alternatives-take) :type 'user-error)))

;;; Comparing

(ert-deftest aid-alternatives-difference ()
  "The difference of an alternative to the answer is a diff that names both."
  (aid-alternatives-tests-with chat
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (save-window-excursion
      (aid-alternatives-diff)
      (should (derived-mode-p 'diff-mode))
      (should buffer-read-only)
      (dolist (line '("--- some-model" "+++ some-model, alternative" "-Third" "+First"))
        (should (save-excursion (goto-char (point-min))
                                (re-search-forward (concat "^" (regexp-quote line) "$") nil t))))
      (should-not (string-search "aid:" (buffer-substring (point-min) (point-max))))
      (kill-buffer))))

(ert-deftest aid-alternatives-difference-to-another ()
  "With a prefix argument the other one is chosen."
  (aid-alternatives-tests-with chat
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (save-window-excursion
      (cl-letf (((symbol-function 'completing-read)
                 (lambda (_ table &rest _)
                   (should (equal (mapcar #'car table) '("1 some-model" "2 some-model, alternative")))
                   "2 some-model, alternative")))
        (aid-alternatives-diff t))
      (should (string-search "-Second\n" (buffer-string)))
      (should (string-search "+First\n" (buffer-string)))
      (kill-buffer))))

(ert-deftest aid-alternatives-in-ediff ()
  "Ediff compares copies, which go when it is left."
  (aid-alternatives-tests-with chat
    (let ((before (buffer-list)) (ediff-window-setup-function #'ediff-setup-windows-plain)
          (text (buffer-string)) (ediff-keep-variants t))
      (save-window-excursion
        (aid-alternatives-ediff)
        (let ((control (cl-find-if (lambda (b) (eq (buffer-local-value 'major-mode b) 'ediff-mode))
                                   (buffer-list))))
          (should control)
          (with-current-buffer control
            (ediff-really-quit nil))))
      (should-not (cl-find-if (lambda (b) (and (not (memq b before))
                                               (string-prefix-p "*aid: " (buffer-name b))))
                              (buffer-list)))
      (should (equal (with-current-buffer chat (buffer-string)) text)))))

;;; Several models

(defmacro aid-alternatives-tests-asking (chat &rest body)
  "Run BODY in CHAT when the models x, y and z were asked \"Why?\"."
  (declare (indent 1))
  `(aid-chat-tests-with ,chat
     (let ((aid-alternative-taken-functions nil)
           (aid-alternative-done-functions '(aid-queue-on-answer))
           (aid-answer-done-functions '(aid-queue-on-answer)))
       (goto-char (point-max))
       (insert "/edit Why?")
       (aid-ask-with '("x" "y" " x " "z"))
       ,@body)))

(defun aid-alternatives-tests--to (stream &rest event)
  "Have EVENT happen to STREAM."
  (aid--dispatch (cons (aid-chat-stream-id stream) event)))

(defun aid-alternatives-tests--end (stream state)
  "Have STREAM end in STATE."
  (aid-alternatives-tests--to stream (if (equal state "done") 'done 'error)
                              (list :state state
                                    :meta (concat "model=" (aid-chat-stream-model stream)
                                                  " req=r1 state=" state))))

(ert-deftest aid-ask-with-several-models ()
  "Each model gets the question once; each answer arrives in its own place."
  (aid-alternatives-tests-asking chat
    (should (equal (mapcar (lambda (asked) (list (plist-get asked :model) (plist-get asked :turn)
                                                 (plist-get asked :request) (plist-get asked :strategy)))
                           (reverse aid-chat-tests--asked))
                   '(("x" nil "r1" "edit") ("y" 1 "r2" "edit") ("z" 1 "r3" "edit"))))
    (pcase-let ((`(,x ,y ,z) (aid-chat-streams)))
      (dolist (piece '((z . "Zett ") (x . "Ix ") (y . "Yps ") (x . "goes on.") (z . "too.")
                       (y . "as well.")))
        (aid-alternatives-tests--to (pcase (car piece) ('x x) ('y y) (_ z))
                                    'text (cdr piece) 0 []))
      (should (string-search "and 2 more" (aid-chat--head-text)))
      (goto-char (point-max))
      (insert "half a thought")
      (aid-alternatives-tests--end x "done")
      (should aid-chat--stream)
      (aid-alternatives-tests--to z 'text " More." 0 [])
      (aid-alternatives-tests--end z "failed")
      (aid-alternatives-tests--end y "done"))
    (should-not aid-chat--stream)
    (should (equal (aid-alternatives-tests--turns)
                   '("2 answer: Ix goes on." "2.1 alternative: Yps as well."
                     "2.2 alternative: Zett too. More.")))
    (should (equal (aid-alternatives-tests--sent) '("Ix goes on.")))
    (should (string-suffix-p "half a thought" (buffer-string)))
    (should (equal (mapcar (lambda (sub) (mapcar (lambda (key) (cdr (assoc key (aid-chat-meta 2 sub))))
                                                 '("model" "state" "with")))
                           '(0 1 2))
                   '(("x" "done" "3") ("y" "done" "3") ("z" "failed" "3"))))
    (should-not (buffer-narrowed-p))))

(ert-deftest aid-ask-with-and-choose ()
  "The choice is kept in the chat, also when it is the first model's answer."
  (dolist (sub '(0 1))
    (aid-alternatives-tests-asking chat
      (dolist (stream (aid-chat-streams))
        (aid-alternatives-tests--to stream 'text (aid-chat-stream-model stream) 0 [])
        (aid-alternatives-tests--end stream "done"))
      (goto-char (plist-get (aid-chat--answer 2 sub) :beg))
      (aid-alternatives-take)
      (should (equal (mapcar (lambda (sub) (mapcar (lambda (key) (cdr (assoc key (aid-chat-meta 2 sub))))
                                                   '("model" "with" "chosen")))
                             '(0 1 2))
                     (if (zerop sub)
                         '(("x" "3" "yes") ("y" "3" nil) ("z" "3" nil))
                       '(("y" "3" "yes") ("x" "3" nil) ("z" "3" nil))))))))

(ert-deftest aid-ask-with-side-by-side ()
  "Each answer has a window that follows it; choosing closes those that were made."
  (aid-alternatives-tests-asking chat
    (mapc (lambda (stream) (aid-alternatives-tests--to stream 'text "Begun" 0 [])) (aid-chat-streams))
    (set-window-buffer nil chat)
    (delete-other-windows)
    (aid-ask-with--show)
    (let ((windows (get-buffer-window-list chat)))
      (should (> (length windows) 1))
      (mapc (lambda (stream) (aid-alternatives-tests--to stream 'text " on" 0 [])) (aid-chat-streams))
      (should (eq (car aid-ask-with--windows) (selected-window)))
      (cl-loop for window in aid-ask-with--windows
               for stream in (aid-chat-streams)
               do (should (= (window-point window) (aid-chat-stream-end stream)))))
    (dolist (stream (aid-chat-streams))
      (aid-alternatives-tests--end stream "done"))
    (goto-char (plist-get (aid-chat--answer 2 1) :beg))
    (aid-alternatives-take)
    (should (equal (length (get-buffer-window-list chat)) 1))))

(ert-deftest aid-ask-with-one-that-cannot-be-asked ()
  "A model that cannot be asked is named, and the others answer."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Why?")
    (let ((ask (symbol-function 'aid--mod-ask)))
      (cl-letf (((symbol-function 'aid--mod-ask)
                 (lambda (plist)
                   (if (equal (plist-get plist :model) "y")
                       (error "There is no model y")
                     (funcall ask plist)))))
        (should (equal (aid-alternatives-tests--said #'aid-ask-with '("x" "y" "z"))
                       "y: There is no model y"))))
    (should (equal (mapcar #'aid-chat-stream-model (aid-chat-streams)) '("x" "z")))))

(ert-deftest aid-ask-with-is-refused ()
  "Without two models, a question, or while an answer arrives, nothing is asked."
  (aid-chat-tests-with chat
    (let ((text (buffer-string)))
      (should-error (aid-ask-with '("x" "y")) :type 'user-error)
      (should (equal (buffer-string) text))
      (goto-char (point-max))
      (insert "Why?")
      (should-error (aid-ask-with '("x" "" "x")) :type 'user-error)
      (should-error (aid-ask-with (mapcar #'number-to-string (number-sequence 1 9))) :type 'user-error)
      (goto-char (car (aid-chat-open-question)))
      (insert "@model z\n")
      (should-error (aid-ask-with '("x" "y")) :type 'user-error)
      (delete-region (car (aid-chat-open-question)) (point))
      (should-not aid-chat-tests--asked)
      (aid-chat-send)
      (should-error (aid-ask-with '("x" "y")) :type 'user-error))))

(ert-deftest aid-ask-with-stops-all ()
  "Stopping stops all that are arriving; the queue goes on when the last has ended."
  (aid-alternatives-tests-asking chat
    (let ((streams (aid-chat-streams)) (last-nonmenu-event nil))
      (aid-chat-tests-ask "Next?")
      (aid-chat-stop)
      (should (equal (reverse aid-chat-tests--cancelled) (mapcar #'aid-chat-stream-id streams)))
      (aid-alternatives-tests--end (nth 0 streams) "done")
      (aid-alternatives-tests--end (nth 1 streams) "cut")
      (sleep-for 0.05)
      (should (= 3 (length aid-chat-tests--asked)))
      (aid-alternatives-tests--end (nth 2 streams) "cut")
      (let ((limit (+ (float-time) 10)))
        (while (and (= 3 (length aid-chat-tests--asked)) (< (float-time) limit))
          (sleep-for 0.02)))
      (should (= 4 (length aid-chat-tests--asked)))
      (should (= 3 (plist-get (car aid-chat-tests--asked) :turn))))))

(ert-deftest aid-ask-with-in-a-killed-chat ()
  "Killing the chat lets go of all answers."
  (aid-alternatives-tests-asking chat
    (let ((streams (aid-chat-streams)) (kill-buffer-query-functions nil))
      (set-buffer-modified-p nil)
      (kill-buffer chat)
      (should (= 3 (length (delete-dups aid-chat-tests--cancelled))))
      (should-not (cl-intersection streams aid-chat--live))
      (aid-alternatives-tests--to (car streams) 'text "late" 0 []))))

(ert-deftest aid-ask-with-after-a-crash ()
  "What had arrived of each answer comes back from its journal."
  (aid-chat-tests-with chat
    (with-current-buffer
        (cl-letf (((symbol-function 'aid--mod-journal-list)
                   (lambda (_) '((:req "r2" :turn 2 :text "Yps\n```\ncode")
                                 (:req "r1" :turn 2 :text "Ix")))))
          (aid-chat-tests-open
           "x.aid.md" (concat "<!--aid:k7Qx chat v=1-->\n## You <!--aid:k7Qx 1 user-->\nWhy?\n\n"
                              "## x <!--aid:k7Qx 2 answer-->\n"
                              "<!--aid:k7Qx meta req=r1 state=streaming with=2-->\n\n\n\n"
                              "### y, alternative <!--aid:k7Qx 2.1 alternative-->\n"
                              "<!--aid:k7Qx meta req=r2 state=streaming with=2-->\n\n\n\n"
                              "## You <!--aid:k7Qx 3 user-->\n")))
      (should (equal (aid-alternatives-tests--turns) '("2 answer: Ix" "2.1 alternative: Yps")))
      (should (equal (list (cdr (assoc "state" (aid-chat-meta 2))) (cdr (assoc "state" (aid-chat-meta 2 1))))
                     '("cut" "cut")))
      (should (equal (aid-alternatives-tests--sent) '("Ix")))
      (set-buffer-modified-p nil))))

(provide 'aid-alternatives-tests)
;;; aid-alternatives-tests.el ends here
