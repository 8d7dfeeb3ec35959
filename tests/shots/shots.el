;;; shots.el --- The pictures of the README  -*- lexical-binding: t; -*-

;;; Commentary:

;; Plays the main job in a window and draws the frame at its stations.

;;; Code:

(load (expand-file-name "../../docs/sample/demo.el" (file-name-directory load-file-name)) nil t)
(load (expand-file-name "frame.el" (file-name-directory load-file-name)) nil t)

(defun shots-chat (chat turn)
  "Draw the answered chat, then the review of answer TURN in CHAT."
  (select-window (get-buffer-window chat))
  (with-current-buffer chat
    (goto-char (point-max))
    (recenter -2)
    (shots-take "chat")
    (goto-char (car (aid-chat-answer-body turn)))
    (aid-review turn)
    (run-at-time 0.5 nil
                 (lambda ()
                   (set-buffer (window-buffer))
                   (aid-review-accept)
                   (run-at-time 0.5 nil
                                (lambda ()
                                  (shots-take "review")
                                  (set-buffer-modified-p nil)
                                  (let (kill-emacs-query-functions confirm-kill-emacs)
                                    (save-some-buffers t)
                                    (kill-emacs))))))))

(remove-hook 'emacs-startup-hook #'aid-demo)
(add-hook 'emacs-startup-hook
          (lambda ()
            (shots-frame 'modus-operandi)
            (set-frame-size nil 176 48)
            (sit-for 0.5)
            (aid-demo)
            (run-at-time
             1 nil
             (lambda ()
               (add-hook 'aid-answer-done-functions
                         (lambda (chat turn) (run-at-time 2 nil #'shots-chat chat turn)))
               (run-at-time 3 nil #'shots-take "streaming")
               (call-interactively #'aid-chat-send))))
          90)

;;; shots.el ends here
