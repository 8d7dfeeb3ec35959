;;; frame.el --- What the pictures have in common  -*- lexical-binding: t; -*-

;;; Code:

(defun shots-frame (theme)
  "Make the frame look the same everywhere, in THEME."
  (menu-bar-mode -1)
  (tool-bar-mode -1)
  (scroll-bar-mode -1)
  (blink-cursor-mode -1)
  (load-theme theme t)
  (when (member "JetBrains Mono" (font-family-list))
    (set-face-attribute 'default nil :family "JetBrains Mono" :height 110)
    (set-face-attribute 'fixed-pitch nil :family "JetBrains Mono")))

(defun shots-take (name)
  "Draw the frame into docs/shots/NAME.png."
  (redisplay t)
  (let ((coding-system-for-write 'binary))
    (write-region (x-export-frames nil 'png) nil
                  (expand-file-name (concat name ".png") (getenv "SHOTS")) nil 'quiet)))

;;; frame.el ends here
