;;; aid-invisible-tests.el --- Tests of what is shown though it would not be seen  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; An answer cannot disguise code: controls of direction, characters without
;; width and tags are shown in a chat and in a review, and stay in the text.

;;; Code:

(require 'aid-chat-help)
(require 'aid-project-help)

(defun aid-invisible-tests-shown (string)
  "STRING as it is shown."
  (with-temp-buffer
    (insert string)
    (aid-invisible-show (point-min) (point-max))
    (should (equal string (buffer-substring-no-properties (point-min) (point-max))))
    (mapconcat (lambda (pos)
                 (or (get-text-property pos 'display) (string (char-after pos))))
               (number-sequence (point-min) (1- (point-max))) "")))

(ert-deftest aid-invisible-shows-each ()
  "Every control, character without width and tag is shown, also one beside its like."
  (dolist (char (append (number-sequence #x202a #x202e) (number-sequence #x2066 #x2069)
                        '(#x200e #x200f #x061c #x200b #x2060 #xfeff #xe0000 #xe0041 #xe007f)))
    (should (equal (aid-invisible-tests-shown (format "a%cb" char))
                   (format "a[U+%04X]b" char)))
    (should (equal (aid-invisible-string (format "a%cb" char)) (format "a[U+%04X]b" char))))
  (with-temp-buffer
    (insert "\u200b\u200b")
    (aid-invisible-show 1 3)
    (should-not (eq (get-text-property 1 'display) (get-text-property 2 'display)))))

(ert-deftest aid-invisible-leaves-scripts-and-emoji ()
  "Joiners between letters and emoji are left alone; in what is ASCII they are shown."
  (dolist (text '("می\u200cخواهم" "क्\u200dष" "👩\u200d💻" "שלום עולם" "naïve — “quoted”"))
    (should (equal (aid-invisible-tests-shown text) text)))
  (should (equal (aid-invisible-tests-shown "ad\u200dmin") "ad[U+200D]min"))
  (should (equal (aid-invisible-tests-shown "é\u200c\u200d\u200c") "é\u200c[U+200D][U+200C]")))

(ert-deftest aid-invisible-in-a-chat ()
  "A chat shows them in an answer that has arrived, and while it arrives."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "plain text\n")
    (should (get-text-property (1- (aid-chat-stream-end aid-chat--stream)) 'fontified))
    (aid-chat-tests-text "if (admin\u202e \u2066// check\u2069 \u2066) {\n")
    (let ((end (marker-position (aid-chat-stream-end aid-chat--stream))))
      (should-not (get-text-property (1- end) 'fontified))
      (should (string-search "if (admin[U+202E] [U+2066]// check[U+2069] [U+2066]) {\n"
                             (aid-chat-tests-visible (point-min) end))))
    (aid-chat-tests-done)
    (should (string-search "if (admin\u202e \u2066// check\u2069 \u2066) {\n"
                           (filter-buffer-substring (point-min) (point-max))))))

(ert-deftest aid-invisible-in-a-review ()
  "A review shows them in its hunks, and in what it would write, which stays what came."
  (aid-project-with '(("a.c" . "int a;\nint b;\n"))
    (aid-project-review (aid-project-diff "--- a/a.c" "+++ b/a.c" "@@ -1,2 +1,2 @@"
                                          " int a;" "-int b;" "+int \u202eb;"))
    (should (derived-mode-p 'aid-review-mode))
    (should (eq bidi-paragraph-direction 'left-to-right))
    (run-hook-with-args 'jit-lock-functions (point-min) (point-max))
    (goto-char (point-min))
    (search-forward "+int \u202e")
    (should (equal (get-text-property (1- (point)) 'display) "[U+202E]"))
    (should (cl-find-if (lambda (o) (string-search "int [U+202E]b;"
                                                   (or (overlay-get o 'after-string)
                                                       (overlay-get o 'before-string) "")))
                        aid-review-show--overlays))
    (aid-project-key "y")
    (should (equal (aid-project-text "a.c") "int a;\nint \u202eb;\n"))))

(provide 'aid-invisible-tests)
;;; aid-invisible-tests.el ends here
