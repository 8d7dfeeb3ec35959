;;; judge.el --- The picture of a review with what each hunk would come to  -*- lexical-binding: t; -*-

;;; Commentary:

;; An answer with a mistake is judged as soon as it has come, in the sample
;; project, whose build was allowed; the review is drawn at the mistake.

;;; Code:

(load (expand-file-name "../../docs/sample/demo.el" (file-name-directory load-file-name)) nil t)
(load (expand-file-name "frame.el" (file-name-directory load-file-name)) nil t)
(require 'aid-build)
(require 'aid-judge)

(defun shots-judge-when (ready go)
  "Call GO once READY gives something true."
  (if (funcall ready)
      (funcall go)
    (run-at-time 0.3 nil #'shots-judge-when ready go)))

(defun shots-judge-review (chat turn)
  "Review answer TURN of CHAT, and draw it at the hunk that breaks the build."
  (select-window (get-buffer-window chat))
  (with-current-buffer chat
    (aid-review turn))
  (with-current-buffer (window-buffer)
    (aid-review-next)
    (run-at-time 1 nil (lambda ()
                         (shots-take (or (getenv "SHOTS_NAME") "judge"))
                         (let (kill-emacs-query-functions kill-emacs-hook)
                           (kill-emacs))))))

(defun shots-judge-judged-p (chat turn)
  "Whether all that is to be said of answer TURN in CHAT is known."
  (let ((judge (aid-judge--of chat turn)))
    (and judge (aid-judge-val judge) (not (aid-judge-id judge)))))

(remove-hook 'emacs-startup-hook #'aid-demo)
(add-hook 'emacs-startup-hook
          (lambda ()
            (shots-frame (intern (or (getenv "SHOTS_THEME") "modus-operandi")))
            (set-frame-size nil 176 48)
            (sit-for 0.5)
            (aid-demo)
            (setq aid-judge-answers t)
            (with-selected-window (get-buffer-window (get-file-buffer (expand-file-name (car aid-demo-files)
                                                                                        aid-demo-project)))
              (cl-letf (((symbol-function 'yes-or-no-p) #'always))
                (aid-build)))
            (add-hook 'aid-answer-done-functions
                      (lambda (chat turn)
                        (shots-judge-when (lambda () (shots-judge-judged-p chat turn))
                                          (lambda () (shots-judge-review chat turn)))))
            (let ((chat (current-buffer)))
              (run-at-time 3 nil (lambda ()
                                   (with-current-buffer chat
                                     (call-interactively #'aid-chat-send))))))
          90)

;;; judge.el ends here
