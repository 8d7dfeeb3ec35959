;;; aid-chat-again.el --- A question is asked again  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Asking again what was answered makes of that answer an alternative, folded
;; below the new one.  It is asked as it was: by the strategy of the answer,
;; unless a person has chosen another one since.

;;; Code:

(require 'aid-chat-send)

(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-strategy-names "aid-strategy" (root))
(declare-function aid-chat-fold-turn "aid-chat-outline" (pos))

(defun aid-chat--question-of (number)
  "The turn that answer NUMBER answers."
  (save-excursion
    (goto-char (plist-get (aid-chat--answer number) :beg))
    (or (aid-chat--turn-back) (user-error "The question is gone"))))

(defun aid-chat--strategy-again (number)
  "The strategy by which what answer NUMBER answers is asked again.
It is that answer's, whatever a question since has said of itself; nil, for the
one in force, when one was chosen since or the answer's is gone."
  (let ((own (cdr (assoc "strategy" (aid-chat-meta number)))))
    (and own
         (not (and aid-strategy--chosen (<= number aid-strategy--chosen)))
         (member own (aid-strategy-names (aid-chat-root)))
         own)))

(defun aid-chat--request-again (request number)
  "Ask the core again what answer NUMBER answers, by its own strategy.
REQUEST names the request; give what `aid-chat--request' gives."
  (let* ((strategy (aid-chat--strategy-again number))
         (aid-strategy-variants (and (not strategy) aid-strategy-variants))
         (turn (plist-get (aid-chat--question-of number) :number)))
    (when (aid-chat--near-full-p strategy t)
      (aid-compact-check (cdr (aid-chat--request-plist strategy nil turn))))
    (aid-chat--request request strategy nil turn)))

(defun aid-chat-again (number)
  "Ask again what answer NUMBER answers; that answer becomes an alternative.
Interactively it is the answer at point; in the open question, the last one.
The model is the one in force, the strategy that of the answer, unless another
was chosen with `aid-set-strategy' since."
  (interactive (list (or (aid-chat-answer-at)
                         (and (aid-chat-in-question-p) (car (last (aid-chat-answers))))
                         (user-error "No answer is at point"))))
  (aid-module-ensure)
  (when aid-chat--stream
    (user-error "An answer is arriving"))
  (save-restriction
    (widen)
    (let* ((request (aid-chat--next-request))
           (asked (aid-chat--request-again request number))
           (turn (aid-chat--answer number))     ; now: what was asked about may have moved it
           (question (aid-chat--question-of number))
           (head (aid-chat--answer-head (cdr asked) number request)))
      (if (aid-chat--blank-p (aid-chat-answer-body number))
          (aid-chat--replace (plist-get turn :beg)
                             (cdr (aid-chat-answer-body number)) (concat head "\n\n"))
        (aid-chat--make-alternative turn)
        (aid-chat--replace (plist-get turn :beg) (plist-get turn :beg) (concat head "\n\n")))
      (aid-chat-stream-begin (car asked) number (+ (plist-get turn :beg) (length head))
                             (plist-get question :beg) (cdr asked))
      (aid-chat--show-again (plist-get turn :beg) (+ (plist-get turn :beg) (length head))))))

(defun aid-chat--show-again (beg at)
  "Show the answer at BEG that was asked for again, whose text arrives at AT.
The alternative below it is folded; a point that was in it goes with the text."
  (let* ((old (save-excursion
                (goto-char at)
                (skip-chars-forward "\n")
                (and (looking-at-p "### ") (point))))
         (end (and old (plist-get (aid-chat-turn-at old) :end)))
         (in-old (lambda (pos) (and old (< at pos end)))))
    (when old
      (aid-chat-fold-turn old))
    (dolist (window (get-buffer-window-list nil nil t))
      (when (funcall in-old (window-point window))
        (set-window-point window at))
      (when (> (window-start window) beg)
        (set-window-start window beg t)))
    (when (funcall in-old (point))
      (goto-char at))))

(defun aid-chat--make-alternative (turn)
  "Make TURN, an answer, an alternative to the answer that is to come."
  (let* ((number (plist-get turn :number))
         (sub (1+ (apply #'max 0 (mapcar (lambda (other)
                                           (if (= number (plist-get other :number))
                                               (plist-get other :sub)
                                             0))
                                         (aid-chat-turns 'alternative))))))
    (save-excursion
      (goto-char (plist-get turn :beg))
      (let* ((marker (aid-chat--next-marker nil))
             (words (string-trim (replace-regexp-in-string
                                  "\\`#* *" "" (buffer-substring-no-properties
                                                (plist-get turn :beg) (car marker))))))
        (aid-chat--replace (plist-get turn :beg) (nth 1 marker)
                           (concat "### " words ", alternative "
                                   (aid-chat--marker (format "%d.%d alternative" number sub))))))))

(provide 'aid-chat-again)
;;; aid-chat-again.el ends here
