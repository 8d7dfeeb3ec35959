;;; stream.el --- Streaming into a frame that follows it  -*- lexical-binding: t; -*-

;;; Commentary:

;; BENCH_WAY says how the text of BENCH_TEXT comes in: idle (not at all), plain
;; (frame-sized pieces into text-mode), token (one insert a token into text-mode), aid (a
;; real chat and a real server).  BENCH_RATE tokens a second for BENCH_SECONDS,
;; BENCH_STREAMS at once.

;;; Code:

(require 'clocks)

(defvar bench-way (getenv "BENCH_WAY"))
(defvar bench-rate (string-to-number (or (getenv "BENCH_RATE") "100")))
(defvar bench-seconds (string-to-number (or (getenv "BENCH_SECONDS") "10")))
(defvar bench-streams (string-to-number (or (getenv "BENCH_STREAMS") "1")))
(defconst bench-token 4 "Characters of a token.")
(defconst bench-frame 0.033)

(defun bench-text ()
  "The text that streams."
  (with-temp-buffer
    (insert-file-contents (getenv "BENCH_TEXT"))
    (buffer-string)))

(defun bench-finish ()
  "Stop and report."
  (bench-report (append (list :way bench-way :tokens (* bench-rate bench-streams bench-seconds))
                        (bench-stop))))

(defun bench-idle ()
  "Do nothing."
  (switch-to-buffer "*idle*")
  (redisplay)
  (bench-start)
  (run-at-time bench-seconds nil #'bench-finish))

(defun bench-plain (period)
  "Insert into text-mode buffers, every PERIOD seconds what has come by then."
  (let ((text (bench-text)) (sent 0) (chunk (round (* period bench-rate bench-token))) timer buffers)
    (dotimes (i bench-streams)
      (let ((buffer (generate-new-buffer "*plain*")))
        (with-current-buffer buffer (text-mode))
        (push buffer buffers)))
    (bench-show buffers)
    (redisplay)
    (bench-start)
    (setq timer
          (run-at-time
           period period
           (lambda ()
             (let ((end (min (length text) (+ sent (max 1 chunk)))))
               (dolist (buffer buffers)
                 (with-current-buffer buffer
                   (goto-char (point-max))
                   (insert (substring text sent end))
                   (dolist (w (get-buffer-window-list buffer)) (set-window-point w (point-max)))))
               (setq sent end)
               (when (>= sent (* bench-rate bench-token bench-seconds))
                 (cancel-timer timer)
                 (bench-finish))))))))

(defun bench-show (buffers)
  "Show BUFFERS, each in a window of its own; more than four in two columns."
  (delete-other-windows)
  (switch-to-buffer (car buffers))
  (let* ((column (if (> (length buffers) 4) (/ (length buffers) 2) (length buffers)))
         (right (and (> (length buffers) column) (split-window-right)))
         (n 1))
    (dolist (buffer (cdr buffers))
      (select-window (if (= n column) right (split-window-below)))
      (switch-to-buffer buffer)
      (balance-windows)
      (setq n (1+ n))))
  (select-window (frame-first-window)))

(defun bench-aid ()
  "Stream answers of a real server into real chats."
  (require 'aid)
  (require 'aid-chat)
  (aid-module-ensure)
  (let ((left bench-streams) chats)
    (dotimes (i bench-streams)
      (push (aid-chat-create (getenv "BENCH_ROOT")) chats))
    (bench-show chats)
    (dolist (chat chats)
      (dolist (w (get-buffer-window-list chat))
        (set-window-point w (with-current-buffer chat (point-max)))))
    (add-hook 'aid-answer-done-functions
              (lambda (&rest _) (when (zerop (setq left (1- left))) (bench-finish))))
    (redisplay)
    (dolist (chat chats) (aid-chat-ask chat "stream"))
    (bench-start)))

(run-at-time 1 nil
             (lambda ()
               (pcase bench-way
                 ("idle" (bench-idle))
                 ("plain" (bench-plain bench-frame))
                 ("token" (bench-plain (/ 1.0 bench-rate)))
                 ("aid" (bench-aid)))))

;;; stream.el ends here
