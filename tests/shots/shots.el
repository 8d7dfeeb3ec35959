;;; shots.el --- The pictures of the README  -*- lexical-binding: t; -*-

;;; Commentary:

;; Plays the main job in a window and draws the frame at its stations.

;;; Code:

(load (expand-file-name "../../docs/sample/demo.el" (file-name-directory load-file-name)) nil t)

(defun shots-frame ()
  "Make the frame look the same everywhere."
  (menu-bar-mode -1)
  (tool-bar-mode -1)
  (scroll-bar-mode -1)
  (blink-cursor-mode -1)
  (load-theme 'modus-operandi t)
  (when (member "JetBrains Mono" (font-family-list))
    (set-face-attribute 'default nil :family "JetBrains Mono" :height 110)
    (set-face-attribute 'fixed-pitch nil :family "JetBrains Mono")))

(defun shots-take (name)
  "Draw the frame into docs/shots/NAME.png."
  (redisplay t)
  (let ((coding-system-for-write 'binary))
    (write-region (x-export-frames nil 'png) nil
                  (expand-file-name (concat name ".png") (getenv "SHOTS")) nil 'quiet)))

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
            (shots-frame)
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
