;;; aid-chat-habits-tests.el --- Tests of what people do to any buffer  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat is an ordinary buffer: people narrow it, fill it, clone it, change its
;; mode, and press \\`C-g'.

;;; Code:

(require 'aid-chat-help)
(require 'aid-chat-nav)

;;; Opening

(defun aid-chat-habits-tests--loaded (text)
  "Which libraries that take time an Emacs has loaded that shows a chat with TEXT."
  (let* ((home (make-temp-file "aid-chat-tests" t))
         (chat (expand-file-name "x.aid.md" home)))
    (unwind-protect
        (with-temp-buffer
          (write-region text nil chat nil 'quiet)
          (let ((process-environment (append (list (concat "HOME=" home) (concat "XDG_STATE_HOME=" home))
                                             process-environment)))
            (call-process
             (expand-file-name invocation-name invocation-directory) nil t nil "-Q" "--batch"
             "-L" (file-name-directory (locate-library "aid")) "-l" "aid" "--eval"
             (prin1-to-string
              `(progn (find-file ,chat)
                      (aid-chat-fontify (point-min) (point-max))
                      (princ (list major-mode
                                   (delq nil (mapcar (lambda (it) (and (featurep it) it))
                                                     '(cl-lib subr-x outline seq)))))))))
          (goto-char (point-max))
          (forward-line 0)
          (read (current-buffer)))
      (delete-directory home t))))

(ert-deftest aid-chat-opens-without-libraries ()
  "A chat is shown without libraries that take longer to load than it does."
  (let ((new "<!--aid:abc chat v=1 root=.-->\n# t\n\n## You <!--aid:abc 1 user-->\n"))
    (should (equal (aid-chat-habits-tests--loaded new) '(aid-chat-mode nil)))
    (should (equal (aid-chat-habits-tests--loaded
                    (concat new "Why?\n```c\n" (make-string 40 ?\n) "```\n\n"
                            "## m <!--aid:abc 2 answer-->\n<!--aid:abc meta req=r1 state=done-->\nSo.\n"))
                   '(aid-chat-mode nil)))))

(provide 'aid-chat-habits-tests)
;;; aid-chat-habits-tests.el ends here
