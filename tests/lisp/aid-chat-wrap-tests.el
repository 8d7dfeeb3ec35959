;;; aid-chat-wrap-tests.el --- Lines that break at words while they arrive  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; While an answer arrives a chat breaks its lines itself, in its text's
;; properties only.  That the rows are those of Emacs is seen in a real
;; terminal (tests/screen).

;;; Code:

(require 'aid-chat-help)

(defmacro aid-chat-wrap-tests-with (width &rest body)
  "Run BODY in a chat that is asked something and shown in a window WIDTH columns wide."
  (declare (indent 1))
  `(aid-chat-tests-with chat
     (save-window-excursion
       (cl-letf (((symbol-function 'window-max-chars-per-line) (lambda (&rest _) ,width)))
         (switch-to-buffer chat)
         (aid-chat-tests-ask "Why?")
         ,@body))))

(defun aid-chat-wrap-tests-rows ()
  "The answer as rows: its breaks are written as newlines."
  (pcase-let ((`(,beg . ,end) (cons (marker-position (aid-chat-stream-beg aid-chat--stream))
                                    (marker-position (aid-chat-stream-end aid-chat--stream)))))
    (split-string (mapconcat (lambda (pos)
                               (or (get-text-property pos 'display) (string (char-after pos))))
                             (number-sequence beg (1- end)) "")
                  "\n")))

(ert-deftest aid-chat-wrap-at-words ()
  "A line breaks at the blank before the first word that does not fit, however it comes in."
  (aid-chat-wrap-tests-with 12
    (should-not word-wrap)
    (dolist (piece '("one two thr" "ee four" " five\nsix" " seven eight nine ten"))
      (aid-chat-tests-text piece))
    (should (equal (aid-chat-wrap-tests-rows)
                   '("one two" "three four" "five" "six seven" "eight nine" "ten")))))

(ert-deftest aid-chat-wrap-edges ()
  "A word as wide as the window has a row, a wider one is left to Emacs, wide characters count."
  (aid-chat-wrap-tests-with 12
    (aid-chat-tests-text "twelve12char next abcdefghijklmnopq r\n")
    (aid-chat-tests-text "日本語 日本語 x\n")
    (should (equal (aid-chat-wrap-tests-rows)
                   '("twelve12char" "next" "abcdefghijklmnopq r" "日本語" "日本語 x" "")))))

(ert-deftest aid-chat-wrap-breaks-stay ()
  "What is broken is not broken again: a property that is put anew is drawn anew."
  (aid-chat-wrap-tests-with 12
    (aid-chat-tests-text "one two three four")
    (let ((tick (buffer-modified-tick)) (beg (aid-chat-stream-beg aid-chat--stream)))
      (with-silent-modifications
        (aid-chat-wrap-lines beg (aid-chat-stream-end aid-chat--stream)))
      (should (= tick (buffer-modified-tick))))))

(ert-deftest aid-chat-wrap-marker-lines ()
  "Lines with markers, which are shown as something short, are not broken."
  (aid-chat-wrap-tests-with 12
    (aid-chat-tests-text (concat (aid-chat--marker "reasoning") "\n> I think so\n"))
    (should-not (text-property-not-all (point-min) (point-max) 'aid-wrap nil))))

(ert-deftest aid-chat-wrap-ends ()
  "When the answer has ended Emacs wraps, nothing is left, and the text never changed."
  (aid-chat-wrap-tests-with 12
    (aid-chat-tests-text "one two three four")
    (should (equal (string-trim (aid-chat-answer-text 2)) "one two three four"))
    (should (equal (filter-buffer-substring (point-min) (point-max))
                   (buffer-substring-no-properties (point-min) (point-max))))
    (aid-chat-tests-done)
    (should word-wrap)
    (should-not (text-property-not-all (point-min) (point-max) 'aid-wrap nil))
    (should-not (memq #'aid-chat-wrap--window window-scroll-functions))))

(ert-deftest aid-chat-wrap-redisplayed ()
  "Text that is displayed anew, as code is when its block is whole, keeps its breaks."
  (aid-chat-wrap-tests-with 12
    (aid-chat-tests-text "one two three four\n")
    (let ((rows (aid-chat-wrap-tests-rows)))
      (with-silent-modifications
        (aid-chat-fontify (aid-chat-stream-beg aid-chat--stream) (aid-chat-stream-end aid-chat--stream)))
      (should (equal rows (aid-chat-wrap-tests-rows))))))

(ert-deftest aid-chat-wrap-follows-the-window ()
  "A window of another width breaks lines anew; windows that differ leave it to Emacs."
  (let ((width 12))
    (aid-chat-wrap-tests-with width
      (aid-chat-tests-text "one two three four")
      (setq width 9)
      (aid-chat--note-width (selected-window))
      (aid-chat-tests-text " five")
      (should (equal (aid-chat-wrap-tests-rows) '("one two" "three" "four five")))
      (split-window)
      (cl-letf (((symbol-function 'window-max-chars-per-line)
                 (lambda (window) (if (eq window (selected-window)) 9 20))))
        (aid-chat--note-width (selected-window)))
      (should word-wrap)
      (should-not (text-property-not-all (point-min) (point-max) 'aid-wrap nil)))))

(ert-deftest aid-chat-wrap-truncated ()
  "Lines that are truncated stay so."
  (aid-chat-tests-with chat
    (setq truncate-lines t)
    (save-window-excursion
      (switch-to-buffer chat)
      (aid-chat-tests-ask "Why?")
      (should-not aid-chat-wrap--width)
      (should word-wrap))))

(provide 'aid-chat-wrap-tests)
;;; aid-chat-wrap-tests.el ends here
