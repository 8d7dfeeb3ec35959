;;; aid-alternatives.el --- Other answers to the same question  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; An answer that is asked for again stays in the chat as an alternative, folded
;; below the new one, and so do the answers of several models that are asked at
;; the same time.  Here they are walked and compared, and one is made the answer:
;; it changes places with what was the answer, as an edit that undo takes back
;; until something is sent.

;;; Code:

(require 'aid-chat)
(require 'aid-chat-send)
(require 'aid-chat-outline)
(require 'aid-chat-edited)
(require 'cl-lib)
(eval-when-compile (require 'subr-x))

(declare-function aid-chat-stream-number "aid-chat-spinner" (stream))
(declare-function aid--mod-doc-essence "ext:aid-module" (doc beg end))
(declare-function aid-review--live "aid-review-parts" (chat turn))
(declare-function outline-show-subtree "outline" ())
(declare-function ediff-buffers "ediff" (a b &optional startup-hooks job-name merge-file))
(autoload 'aid-review--live "aid-review-parts")

(defvar ediff-cleanup-hook)
(defvar aid-ask-with--windows)

(defvar aid-alternative-taken-functions nil
  "Functions called when an alternative was made the answer.
Each gets the chat's buffer and the answer's number.")

;;; Which

(defun aid-alternatives--here ()
  "The answer or alternative at point, a turn; elsewhere the last answer."
  (let ((turn (aid-chat-turn-at)))
    (if (memq (plist-get turn :kind) '(answer alternative))
        turn
      (save-restriction
        (widen)
        (or (aid-chat--with-end (car (last (aid-chat-turns 'answer))))
            (user-error "There is no answer here"))))))

(defun aid-alternatives--group (turn)
  "The answers that TURN is one of; an error when it is the only one."
  (let ((group (aid-chat-group turn)))
    (unless (cdr group)
      (user-error "This answer has no alternatives; %s asks for another"
                  (substitute-command-keys "\\<aid-chat-mode-map>\\[aid-chat-again]")))
    group))

(defun aid-alternatives--at (turn group)
  "The place of TURN in GROUP, from 0."
  (or (cl-position (plist-get turn :beg) group :key (lambda (other) (plist-get other :beg)))
      0))

(defun aid-alternatives--name (turn)
  "What TURN is called: the words of its heading."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (plist-get turn :beg))
      (let ((marker (aid-chat--next-marker nil)))
        (string-trim (replace-regexp-in-string
                      "\\`#* *" "" (buffer-substring-no-properties
                                    (plist-get turn :beg) (car marker))))))))

;;; Walking

(defun aid-alternatives--unfold (turn group)
  "Show TURN of GROUP, and fold the other alternatives in it."
  (aid-chat-outline-on)
  (save-excursion
    (goto-char (plist-get (car group) :beg))
    (outline-show-subtree)
    (dolist (other group)
      (when (and (eq (plist-get other :kind) 'alternative)
                 (/= (plist-get other :beg) (plist-get turn :beg)))
        (aid-chat-fold-turn (plist-get other :beg))))))

(defun aid-alternatives-next (&optional n)
  "Go to the Nth next answer to the same question, and show it.
After the last one comes the answer itself.
In a question it is about the last answer."
  (interactive "p")
  (let* ((here (aid-alternatives--here))
         (group (aid-alternatives--group here))
         (at (mod (+ (aid-alternatives--at here group) (or n 1)) (length group)))
         (turn (nth at group)))
    (aid-chat-goto (plist-get turn :beg))
    (aid-alternatives--unfold turn group)
    (when (eq (window-buffer) (current-buffer))
      (recenter 0))
    (message "%d/%d %s%s" (1+ at) (length group) (aid-alternatives--name turn)
             (if (zerop at) ""
               (substitute-command-keys "; \\[aid-alternatives-take] makes it the answer")))))

(defun aid-alternatives-previous (&optional n)
  "Go to the Nth previous answer to the same question, and show it."
  (interactive "p")
  (aid-alternatives-next (- (or n 1))))

;;; Taking one

(defun aid-alternatives--retitle (turn head marker)
  "The text of TURN under a heading of HEAD, its name and MARKER's words."
  (let* ((name (replace-regexp-in-string ",? *alternative\\'" "" (aid-alternatives--name turn)))
         (answer (string-suffix-p " answer" marker)))
    (concat head " " name (if answer " " ", alternative ") (aid-chat--marker marker) "\n"
            (string-trim-right (buffer-substring-no-properties (plist-get turn :body)
                                                               (plist-get turn :end))
                               "\n+")
            "\n\n")))

(defun aid-alternatives--swap (answer turn)
  "Make TURN, an alternative to ANSWER, the answer, and ANSWER that alternative.
It is an edit that can be undone, until something is sent."
  (let* ((number (plist-get answer :number))
         (first (aid-alternatives--retitle turn "##" (format "%d answer" number)))
         (second (aid-alternatives--retitle
                  answer "###" (format "%d.%d alternative" number (plist-get turn :sub))))
         (inhibit-read-only t))
    (undo-boundary)
    (atomic-change-group
      (pcase-dolist (`(,old . ,new) (list (cons turn second) (cons answer first)))
        (goto-char (plist-get old :end))
        (insert new)
        (delete-region (plist-get old :beg) (plist-get old :end))))
    (undo-boundary)
    (setq aid-chat--turns-moved t)))

(defun aid-alternatives--check (answer turn)
  "Signal an error unless TURN may take the place of ANSWER."
  (let ((number (plist-get turn :number)))
    (cond ((eq (plist-get turn :kind) 'answer)
           (user-error "This is the answer already"))
          ((not (eq (plist-get answer :kind) 'answer))
           (user-error "The answer that this is an alternative to is gone"))
          ((cl-loop for stream in (aid-chat-streams)
                    thereis (= number (aid-chat-stream-number stream)))
           (user-error "It is still arriving; %s stops it"
                       (substitute-command-keys "\\<aid-chat-mode-map>\\[aid-chat-stop]")))
          ((aid-review--live (current-buffer) number)
           (user-error "A review of the answer is open; leave it first"))
          ((and (save-excursion
                  (goto-char (plist-get answer :body))
                  (re-search-forward (concat (regexp-quote (aid-chat--prefix))
                                             "hunks [^\n]*=\\(?:accepted\\|edited\\)")
                                     (plist-get answer :end) t))
                (not (y-or-n-p "Changes of the answer were accepted, and the files keep them.  \
Take the alternative? ")))
           (user-error "Not taken")))))

(defun aid-alternatives--close-windows ()
  "Delete the windows that showed the answers side by side, but for one.
That is the selected one, else the one that was there before."
  (when-let ((windows (bound-and-true-p aid-ask-with--windows)))
    (let ((kept (if (memq (selected-window) windows) (selected-window) (car windows))))
      (dolist (window windows)
        (when (and (window-live-p window) (eq (window-buffer window) (current-buffer))
                   (not (eq window kept)))
          (ignore-errors (delete-window window)))))
    (setq aid-ask-with--windows nil)))

(defun aid-alternatives-take ()
  "Make the alternative at point the answer: it is what is sent from now on.
What was the answer becomes that alternative.  Which one was chosen is kept in
the chat.  In an answer whose alternatives came at the same time, choose it."
  (interactive)
  (save-restriction
    (widen)
    (let* ((turn (aid-alternatives--here))
           (group (aid-alternatives--group turn))
           (answer (car group))
           (number (plist-get turn :number))
           (together (assoc "with" (aid-chat-meta number))))
      (unless (and (eq (plist-get turn :kind) 'answer) together)
        (aid-alternatives--check answer turn)
        (aid-alternatives--swap answer turn)
        (aid-chat-meta-set number "chosen" nil (plist-get turn :sub)))
      (aid-chat-meta-set number "chosen" "yes")
      (setq answer (aid-chat--answer number))
      (goto-char (plist-get answer :beg))
      (aid-alternatives--unfold answer (aid-chat-group answer))
      (aid-alternatives--close-windows)
      (run-hook-with-args 'aid-alternative-taken-functions (current-buffer) number)))
  (aid-chat--measure-soon)
  (aid-chat--save)
  (message "This is the answer now"))

;;; Comparing

(defun aid-alternatives--pair (choose)
  "Two answers to the same question, turns: the one at point and another.
From the answer that is its first alternative, from an alternative the answer.
With CHOOSE the other one is asked for."
  (let* ((here (aid-alternatives--here))
         (group (aid-alternatives--group here))
         (at (aid-alternatives--at here group))
         (others (append (cl-subseq group 0 at) (nthcdr (1+ at) group)))
         (names (and choose
                     (mapcar (lambda (turn)
                               (cons (format "%d %s" (1+ (aid-alternatives--at turn group))
                                             (aid-alternatives--name turn))
                                     turn))
                             others)))
         (other (if (and choose (cdr others))
                    (cdr (assoc (completing-read "Compare with: " names nil t) names))
                  (car others))))
    (unless other
      (user-error "Nothing to compare with"))
    (sort (list here other) (lambda (a b) (< (plist-get a :beg) (plist-get b :beg))))))

(defun aid-alternatives--text (turn)
  "What counts of the text of TURN."
  (save-restriction
    (widen)
    (aid--mod-doc-essence (or (aid-chat-doc) (error "The core cannot read this chat"))
                          (1- (plist-get turn :beg)) (1- (plist-get turn :end)))))

(defun aid-alternatives-diff (&optional choose)
  "Show how the answer at point differs from its alternative, as a diff.
From an alternative it is the difference to the answer.  With CHOOSE, the prefix
argument, the other one is asked for."
  (interactive "P")
  (let ((pair (aid-alternatives--pair choose)))
    (pop-to-buffer
     (aid-chat--difference
      (format "*aid-alternatives: %s %d*" (buffer-name) (plist-get (car pair) :number))
      "Two answers to one question"
      (mapcar #'aid-alternatives--text pair)
      (mapcar #'aid-alternatives--name pair)))))

(defun aid-alternatives-ediff (&optional choose)
  "Compare the answer at point with its alternative in Ediff.
CHOOSE as in `aid-alternatives-diff'."
  (interactive "P")
  (require 'ediff)
  (let ((buffers (mapcar (lambda (turn)
                           (let ((text (aid-alternatives--text turn))
                                 (name (aid-alternatives--name turn)))
                             (with-current-buffer (generate-new-buffer (format "*aid: %s*" name))
                               (insert text)
                               (text-mode)
                               (setq buffer-read-only t)
                               (current-buffer))))
                         (aid-alternatives--pair choose))))
    (ediff-buffers (car buffers) (cadr buffers)
                   (list (lambda ()
                           (add-hook 'ediff-cleanup-hook
                                     (lambda () (mapc #'kill-buffer (cl-remove-if-not
                                                                     #'buffer-live-p buffers)))
                                     nil t))))))

(provide 'aid-alternatives)
;;; aid-alternatives.el ends here
