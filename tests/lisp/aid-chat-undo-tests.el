;;; aid-chat-undo-tests.el --- Tests of chats: undo, the core's copy  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A person's undoing and AID's writing do not disturb each other.

;;; Code:

(require 'aid-chat-help)

;;; Undo

(defconst aid-chat-undo-no-utf-8
  (string ?\[ #xd800 ?- #xdfff #x110000 ?- #x3fff7f #x3fff80 ?- #x3fffff ?\])
  "Matches a character that UTF-8 cannot hold.")

(defun aid-chat-undo-clean (text)
  "TEXT with what UTF-8 cannot hold replaced, a character for a character."
  (if (string-match-p aid-chat-undo-no-utf-8 text)
      (replace-regexp-in-string aid-chat-undo-no-utf-8 "\ufffd" text t t)
    text))

(ert-deftest aid-chat-undo-keeps-unsaved ()
  "Undoing all that was typed does not call a chat saved that has a new answer."
  (aid-chat-tests-with chat
    (insert "x")
    (save-buffer 0)
    (buffer-disable-undo)
    (buffer-enable-undo)
    (goto-char (point-max))
    (insert "typed")
    (undo-boundary)
    (aid-chat--replace (point-min) (point-min) "")
    (setq last-command nil)
    (undo)
    (should (buffer-modified-p))))

(ert-deftest aid-chat-undo-left-of-stream ()
  "A deletion at an answer's end is undone before what came since."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "foo")
    (undo-boundary)
    (let ((end (marker-position (aid-chat-stream-end aid-chat--stream))))
      (delete-region (1- end) end))
    (undo-boundary)
    (aid-chat-tests-text " bar")
    (setq last-command nil)
    (undo)
    (should (string-search "foo bar" (aid-chat-answer-text 2)))))

(defun aid-chat-tests--type (random chat)
  "Do in CHAT's open question what RANDOM, a list of numbers, says."
  (with-current-buffer chat
    (pcase-let* ((`(,what ,where ,size) random)
                 (`(,beg . ,end) (aid-chat-open-question))
                 (pos (+ beg (mod where (1+ (- end beg))))))
      (undo-boundary)
      (pcase (mod what 6)
        ((or 0 1 2)
         (goto-char pos)
         (insert (substring "abc def ghi jkl mno" 0 (1+ (mod size 18)))))
        (3 (goto-char pos)
           (delete-region pos (min end (+ pos (mod size 9)))))
        (4 (goto-char pos)
           (upcase-region pos (min end (+ pos (mod size 9)))))
        (5 (setq last-command nil)
           (dotimes (_ (1+ (mod size 3)))
             (condition-case nil (undo) (user-error nil))
             (setq last-command 'undo))))
      (undo-boundary))))

(ert-deftest aid-chat-undo-property ()
  "Typing and undoing during four answers gives what they give one after another."
  (random "aid-chat")
  (dotimes (_ 25)
    (let* ((steps (cl-loop repeat 40 collect (list (random 600) (random 10000) (random 100))))
           (plain nil) (mixed nil) (answers (make-list 4 "")) (streamed nil))
      (dolist (with-stream '(nil t))
        (aid-chat-tests-with chat
          (dotimes (_ 4)
            (let ((other (if (= 0 (length streamed)) chat (aid-chat-create project))))
              (push other streamed)))
          (dolist (other streamed)
            (with-current-buffer other
              (buffer-enable-undo)
              (aid-chat-tests-ask "Why?")
              (setq buffer-undo-list nil)))
          (dolist (step steps)
            (let ((n 0))
              (dolist (other streamed)
                (when with-stream
                  (with-current-buffer other
                    (let ((text (format "%d line\n" (nth 1 step))))
                      (cl-callf concat (nth n answers) text)
                      (aid-chat-tests-text text))))
                (aid-chat-tests--type step other)
                (setq n (1+ n)))))
          (let ((n 0))
            (dolist (other streamed)
              (with-current-buffer other
                (let* ((bounds (aid-chat-open-question))
                       (text (buffer-substring-no-properties (car bounds) (cdr bounds))))
                  (if with-stream (push text mixed) (push text plain))
                  (when with-stream
                    (should (equal (string-trim (aid-chat-answer-text 2))
                                   (string-trim (nth n answers))))
                    (should (equal (aid--mod-doc-text (aid-chat-doc))
                                   (buffer-substring-no-properties (point-min) (point-max)))))))
              (setq n (1+ n)))))
        (setq streamed nil))
      (should (equal plain mixed)))))

(defun aid-chat-tests--undo-all ()
  "Undo all that can be undone."
  (setq last-command nil)
  (undo-start)
  (while (consp pending-undo-list)
    (undo-more 1)))

(ert-deftest aid-chat-undo-all ()
  "Undoing everything after typing all over a stream leaves just the answer."
  (random "aid-chat-all")
  (dotimes (_ 20)
    (aid-chat-tests-with chat
      (aid-chat-tests-ask "Why?")
      (setq buffer-undo-list nil)
      (let* ((at (aid-chat-stream-beg aid-chat--stream))
             (before (buffer-substring-no-properties (point-min) at))
             (after (buffer-substring-no-properties at (point-max)))
             (answer ""))
        (dotimes (_ 60)
          (let ((text (format "<%d>\n" (random 1000))))
            (setq answer (concat answer text))
            (aid-chat-tests-text text))
          (undo-boundary)
          (goto-char (+ (length before) (random (- (point-max) (length before)))))
          (let ((to (min (point-max) (+ (point) (random 5)))))
            (cond ((zerop (random 2)) (insert "ty"))
                  ;; One deletion on both sides of where text arrives has no one place to return to.
                  ((< (point) (aid-chat-stream-end aid-chat--stream) to))
                  ((< (point) at))
                  (t (delete-region (point) to))))
          (undo-boundary))
        (aid-chat-tests--undo-all)
        (should (equal (concat before answer after)
                       (buffer-substring-no-properties (point-min) (point-max))))))))

;;; The core's copy

(ert-deftest aid-chat-doc-in-pieces ()
  "The core's copy is the same however many pieces it is told in."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "Grüße, \U0001F600, 日本\n- [a.c](../a.c) <!--aid:" (aid-chat-key) " item-->\n")
    (let* ((whole (aid--mod-doc-text (aid-chat-doc)))
           (turns (aid--mod-doc-parse (aid-chat-doc))))
      (dolist (aid-chat--doc-piece '(1 2 7 64))
        (aid-chat--doc-close)
        (should (equal (aid--mod-doc-text (aid-chat-doc)) whole))
        (should (equal (aid--mod-doc-parse (aid-chat-doc)) turns))))))

(ert-deftest aid-chat-doc-in-step ()
  "The core's copy follows every change, and is made anew when it fell apart."
  (aid-chat-tests-with chat
    (random "doc")
    (goto-char (point-max))
    (dotimes (_ 200)
      (goto-char (+ (point-min) (random (buffer-size))))
      (pcase (random 4)
        (0 (insert "ä€ 1\n"))
        (1 (delete-region (point) (min (point-max) (+ (point) (random 9)))))
        (2 (aid-chat--replace (point) (point) "own 😀"))
        (3 (insert (string #x3fff80)))))
    (should (equal (aid--mod-doc-text (aid-chat-doc))
                   (aid-chat-undo-clean (buffer-substring-no-properties (point-min) (point-max)))))
    (let ((inhibit-modification-hooks t))
      (insert "unseen"))
    (should (string-search "unseen" (aid--mod-doc-text (aid-chat-doc))))
    (let ((old (aid-chat-doc)))
      (run-hooks 'aid-after-reload-hook)
      (should-not (eql old (aid-chat-doc))))))

(ert-deftest aid-chat-undo-holds-no-marker ()
  "What is written where a marker stands leaves numbers in the undo list."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "one two three")
    (undo-boundary)
    (delete-region (- (point-max) 6) (- (point-max) 5))
    (undo-boundary)
    (let ((at (copy-marker (- (point-max) 8))))
      (aid-chat--replace at (point-max) "\n\nmore\n")
      (aid-chat--replace at at "x"))
    (should-not (cl-some (lambda (entry)
                           (or (markerp entry)
                               (and (consp entry) (or (markerp (cdr entry))
                                                      (and (markerp (car entry))
                                                           (not (integerp (cdr entry))))))))
                         (remq nil buffer-undo-list)))
    (aid-chat--replace (point-max) (point-max) "y")))

(provide 'aid-chat-undo-tests)
;;; aid-chat-undo-tests.el ends here
