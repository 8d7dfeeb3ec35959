;;; aid-chat-stream.el --- An answer arrives in a chat  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core's events become text.  A piece of an answer costs one insertion and
;; one text property per span, wherever in the chat the person types meanwhile:
;; the answer's end is a marker, and nothing moves point or a window except
;; those that stand just at that end.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-meanwhile)
(require 'aid-chat-spinner)
(require 'aid-chat-wrap)
(require 'aid-chat-code)

(declare-function aid--on-event "aid-module" (id function))
(declare-function aid-chat--save "aid-chat" ())
(declare-function aid-context-stale-watch "aid-context-stale" ())
(declare-function aid-status-found "aid-status" (end val))

;;; Begin

(defun aid-chat-stream-begin (id number beg question model &optional sub)
  "Let request ID's answer NUMBER arrive at BEG, in answer to what is at QUESTION.
MODEL is the name that the header line shows.  With SUB it arrives as
alternative SUB of that answer, beside what arrives already."
  (aid-chat--settle-undo)
  ;; Now, when one waits anyway, and not when the answer is shown or ends.
  (mapc #'require '(aid-status aid-queue aid-chat-pasted aid-chat-outline aid-cost))
  (let ((stream (make-aid-chat-stream
                 :id id :buffer (current-buffer) :number number :model model :sub (or sub 0)
                 :beg (copy-marker beg) :end (copy-marker beg)
                 :question (copy-marker question) :started (float-time))))
    (if aid-chat--stream
        (setq aid-chat--beside (append aid-chat--beside (list stream)))
      (setq aid-chat--stream stream
            aid-chat--moved nil))
    (aid-chat--spin-add stream)
    (aid-chat-wrap-adapt)
    (aid-chat-head-update)
    (aid-chat--measure-soon)
    (aid--on-event id (lambda (&rest event) (aid-chat-stream-event stream event)))
    stream))

(defun aid-chat-stream-event (stream event)
  "Act on EVENT of STREAM: a list of its kind and what comes with it."
  (when (buffer-live-p (aid-chat-stream-buffer stream))
    (with-current-buffer (aid-chat-stream-buffer stream)
      (when (memq stream (aid-chat-streams))
        (save-restriction
          (widen)
          (pcase event
            (`(text ,text ,from ,spans) (aid-chat--on-text stream text from spans))
            (`(frozen ,val) (aid-chat--on-frozen stream val))
            (`(start ,val) (aid-chat--on-start stream val))
            (`(retry ,val) (aid-chat--on-retry stream val))
            ((and `(found ,val) (guard (zerop (aid-chat-stream-sub stream))))
             (aid-status-found (aid-chat-stream-end stream) val))
            (`(rekey ,val) (aid-chat--rekey (plist-get val :old) (plist-get val :new)))
            (`(done ,val) (aid-chat--on-end stream val))
            (`(error ,val) (aid-chat--on-end stream val))))))))

;;; Text

(defun aid-chat--at-end (pos)
  "The windows of this chat whose point is at POS."
  (let (found)
    (dolist (window (get-buffer-window-list nil nil t) found)
      (when (= (window-point window) pos)
        (push window found)))))

(defun aid-chat--on-text (stream text from spans)
  "Append TEXT to STREAM's answer, whose faces from FROM on are SPANS."
  (let* ((at (marker-position (aid-chat-stream-end stream)))
         (base (marker-position (aid-chat-stream-beg stream)))
         (following (aid-chat--at-end at))
         (here (= (point) at))
         (end (aid-chat--replace at at text t)))
    (set-marker (aid-chat-stream-end stream) end)
    (when here
      (goto-char end))
    (dolist (window following)
      (set-window-point window end))
    (setf (aid-chat-stream-state stream) 'streaming)
    (unless (aid-chat-stream-first stream)
      (setf (aid-chat-stream-first stream) (float-time)))
    (setf (aid-chat-stream-chars stream)
          (+ (length text) (aid-chat-stream-chars stream)))
    (aid-chat--spin-due stream)
    (unless (aid-chat-stream-touched stream)
      (with-silent-modifications
        (when from                      ; else the faces come with a later piece
          (let ((from (min at (+ base from))))
            (when (< from at)
              (remove-list-of-text-properties from at '(face)))
            (aid-chat--apply-spans spans base from end)))
        (aid-chat--finish-text stream text at end)))))

(defun aid-chat--finish-text (stream text at end)
  "Display what TEXT, from AT to END, brought to STREAM besides spans."
  (let ((ascii (= (length text) (string-bytes text))))
    ;; Others than ASCII may be from right to left, or not be seen: such text is displayed
    ;; as old text is, when it is in view.
    (unless ascii
      (aid-chat-display-direct at end))
    (put-text-property at end 'fontified
                       (or ascii (not (aid-invisible-p (max (point-min) (1- at)) end)))))
  (save-excursion
    (goto-char at)
    (let ((bol (line-beginning-position)))
      (when (string-search "<!--aid:" text)
        (aid-chat--show-markers bol end)
        (setf (aid-chat-stream-fold stream) (aid-chat--fold-growing end)))
      (when (aid-chat-stream-fold stream)
        (aid-chat--fold-grow stream bol end))
      (goto-char end)
      (aid-chat--shorten-line)
      (aid-chat-wrap-lines bol end)))
  (when (string-search "```" text)
    (aid-chat-code-soon)))

(defun aid-chat--fold-growing (end)
  "The fold that surrounds END, where an answer is growing, or nil."
  (cl-loop for o in (overlays-at (1- end))
           when (and (overlay-get o 'aid-fold) (> (overlay-end o) end)) return o))

(defun aid-chat--fold-grow (stream bol end)
  "End STREAM's fold where its quote ends, if that is between BOL and END.
Until then the fold grows by itself, for the answer goes on inside it."
  (let ((fold (aid-chat-stream-fold stream)))
    (goto-char (max bol (or (overlay-start fold) bol)))
    (while (and (< (point) end) (looking-at-p ">") (zerop (forward-line 1))))
    (when (and (overlay-buffer fold) (<= (point) end))
      (move-overlay fold (overlay-start fold) (max (overlay-start fold) (point)))
      (setf (aid-chat-stream-fold stream) nil))))

;;; Other events

(defun aid-chat--on-start (stream val)
  "Note VAL, what is known of the server that answers STREAM."
  (setf (aid-chat-stream-state stream) 'streaming)
  (when (plist-get val :id)
    (setf (aid-chat-stream-model stream) (plist-get val :id)))
  (aid-chat-head-update))

(defun aid-chat--on-retry (stream val)
  "Show that STREAM is going to be tried again, by VAL."
  (setf (aid-chat-stream-state stream) 'retry
        (aid-chat-stream-why stream) (or (plist-get val :message) "")
        (aid-chat-stream-until stream)
        (+ (float-time) (/ (or (plist-get val :wait_ms) 0) 1000.0)))
  (aid-chat-head-update))

(defun aid-chat--on-frozen (stream val)
  "Write the hashes in VAL, of what was sent, into STREAM's question."
  (let ((items (append (plist-get val :items) nil)))
    (save-excursion
      (goto-char (aid-chat-stream-question stream))
      (forward-line 1)
      (let ((end (plist-get (aid-chat-turn-at (aid-chat-stream-question stream)) :end)))
        (setq end (copy-marker end))
        (while (re-search-forward aid-chat--item-line end t)
          (let* ((target (match-string-no-properties 2))
                 (beg (match-beginning 4)) (end (match-end 4))
                 (words (match-string-no-properties 4))
                 (item (cl-loop for i in items for was = (plist-get i :target)
                                when (equal target (or (cdr (assoc was aid-chat--moved)) was))
                                return i)))
            (when (and item
                       (equal (match-string 3) (aid-chat-key))
                       (not (assoc "sent" (aid-chat--words words))))
              (goto-char (aid-chat--replace
                          beg end (format "%s sent=%s tok=%d%s"
                                          (replace-regexp-in-string " \\(?:tok\\|est\\)=[0-9]+" "" words)
                                          (plist-get item :hash)
                                          (or (plist-get item :tokens) 0)
                                          (if (plist-get val :exact) "" " est=1")))))))
        (set-marker end nil)))
    (when items
      (aid-context-stale-watch))))

(defun aid-chat--rekey (old new)
  "Make NEW the key of this chat instead of OLD."
  (let ((prefix (format "<!--aid:%s " old)) (fresh (format "<!--aid:%s " new)))
    (save-excursion
      (goto-char (point-min))
      (while (search-forward prefix nil t)
        (let ((beg (match-beginning 0)))
          (unless (aid-chat--quoted-p)
            (goto-char (aid-chat--replace beg (+ beg (length prefix)) fresh))))))
    ;; What was deleted must come back as part of this chat, too.
    (when (consp buffer-undo-list)
      (dolist (entry buffer-undo-list)
        (when (and (stringp (car-safe entry)) (string-search prefix (car entry)))
          (setcar entry (string-replace prefix fresh (car entry))))))
    (setq aid-chat--key new)
    (run-hooks 'aid-chat-key-hook)
    (when (fboundp 'jit-lock-refontify)
      (jit-lock-refontify))))

(defvar aid-chat-key-hook nil
  "Hook run in a chat that has taken a new key.")

;;; End

(defun aid-chat--write-meta (turn val)
  "Replace TURN's meta line by VAL, the report of the answer's end."
  (let ((line (aid-chat--meta-line turn))
        (words (or (plist-get val :meta) ""))
        (message (plist-get val :message)) (note (plist-get val :note)))
    (unless (string-search "state=" words)
      (setq words (string-trim-left
                   (format "%s state=%s" words (or (plist-get val :state) "done")))))
    (when message
      (setq words (format "%s error=%s" words (aid-chat--encode message))))
    (when note
      (setq words (format "%s note=%s" words (aid-chat--encode note))))
    (when-let ((with (aid-chat--word "with" (nth 2 line))))
      (setq words (format "%s with=%s" words (aid-chat--encode with))))
    (aid-chat--replace (if line (car line) (plist-get turn :body))
                       (if line (nth 1 line) (plist-get turn :body))
                       (concat (aid-chat--marker (concat "meta " words)) "\n"))))

(defun aid-chat--write-reasoning (beg end ms)
  "Write MS into the first reasoning marker from BEG to END."
  (save-excursion
    (goto-char beg)
    (let (marker)
      (while (and (setq marker (aid-chat--next-marker end))
                  (not (equal (nth 2 marker) "reasoning"))))
      (when marker
        (let ((at (- (nth 1 marker) 3)))
          (aid-chat--replace at at (format " ms=%d" ms))
          (aid-chat--refresh-line at))))))

(defun aid-chat--say-end (val)
  "Say in the echo area how an answer ended badly or early, by VAL, its report.
The line in its turn may be out of sight."
  (when-let ((message (and (get-buffer-window nil 'visible)
                           (not (active-minibuffer-window))
                           (if (member (plist-get val :state) '("failed" "cut"))
                               (plist-get val :message)
                             (aid-chat--sentence (plist-get val :note))))))
    (message "%s" message)))

(defun aid-chat--stream-remove (stream)
  "Let go of STREAM, which has ended; the first of those beside it takes its place."
  (if (eq stream aid-chat--stream)
      (setq aid-chat--stream (pop aid-chat--beside))
    (setq aid-chat--beside (delq stream aid-chat--beside)))
  (aid-chat--spin-remove stream)
  (unless aid-chat--stream
    (aid-chat-wrap-end))
  (unless aid-chat--live
    (aid-chat-code-resume)))

(defun aid-chat--on-end (stream val)
  "End STREAM by VAL, the report of its end."
  (let* ((number (aid-chat-stream-number stream))
         (sub (aid-chat-stream-sub stream))
         (turn (aid-chat--answer number sub))
         (ms (plist-get val :reasoning_ms))
         (end (aid-chat-stream-end stream)))
    (aid-chat--stream-remove stream)
    (when ms
      (aid-chat--write-reasoning (aid-chat-stream-beg stream) end ms))
    (when (save-excursion (goto-char end) (and (bolp) (looking-at-p "\n\n")))
      (aid-chat--replace end (1+ end) ""))
    (when turn
      (aid-chat--write-meta turn val)
      (aid-chat--refresh-line (plist-get turn :beg)))
    (when (aid-chat-stream-touched stream)
      (with-silent-modifications
        (put-text-property (aid-chat-stream-beg stream) end 'fontified nil)))
    (when-let ((req (cdr (assoc "req" (aid-chat-meta number sub)))))
      (push req aid-chat--journals))
    (aid-chat-head-update)
    (aid-cost-foretell)
    (aid-chat-code-soon)
    (aid-chat--save)
    (aid-chat--say-end val)
    (if (zerop sub)
        (run-hook-with-args 'aid-answer-done-functions (current-buffer) number)
      (run-hook-with-args 'aid-alternative-done-functions (current-buffer) number sub))
    (set-marker (aid-chat-stream-beg stream) nil)
    (set-marker (aid-chat-stream-question stream) nil)
    (set-marker end nil)))

;;; What the person changes

(defun aid-chat--note-change (stream beg end)
  "Note how the change from BEG to END, which is going to be, lies to STREAM."
  (let ((at (marker-position (aid-chat-stream-end stream))))
    (when (and (< beg end) (= end at))
      (setq aid-chat--leftward t))
    (when (and (< beg at) (>= end (aid-chat-stream-beg stream)))
      (setf (aid-chat-stream-touched stream) t))))

(provide 'aid-chat-stream)
;;; aid-chat-stream.el ends here
