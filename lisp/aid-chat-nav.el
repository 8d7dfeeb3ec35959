;;; aid-chat-nav.el --- Moving about in a chat  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Turns are walked, folded and listed, links are followed, past questions
;; come back, and a region is quoted into the open question.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'aid-chat-outline)
(require 'aid-chat-pasted)
(require 'aid-chat-send)

(defvar aid-context-visit-functions)
(autoload 'aid-chat--edited-p "aid-chat-edited")

;;; Turns

(defun aid-chat-next-turn (&optional n)
  "Move to the heading of the Nth next turn."
  (interactive "p")
  (let ((n (or n 1)) turn)
    (if (< n 0)
        (aid-chat-previous-turn (- n))
      (save-excursion
        (end-of-line)
        (dotimes (_ n)
          (setq turn (or (aid-chat--turn-forward) turn))))
      (goto-char (plist-get (or turn (user-error "No next turn")) :beg)))))

(defun aid-chat-previous-turn (&optional n)
  "Move to the heading of the Nth previous turn."
  (interactive "p")
  (let ((n (or n 1)) turn)
    (if (< n 0)
        (aid-chat-next-turn (- n))
      (save-excursion
        (beginning-of-line)
        (dotimes (_ n)
          (setq turn (or (aid-chat--turn-back) turn))))
      (goto-char (plist-get (or turn (user-error "No previous turn")) :beg)))))

(defun aid-chat--first-line (turn)
  "The first words of TURN."
  (save-excursion
    (goto-char (plist-get turn :body))
    (skip-chars-forward " \t\n")
    (truncate-string-to-width
     (buffer-substring-no-properties (point) (min (line-end-position) (+ (point) 200)))
     60 nil nil (aid-chat-sign "…" "..."))))

(defun aid-chat-imenu ()
  "The questions of this chat, for imenu."
  (save-restriction
    (widen)
    (delq nil (mapcar (lambda (turn)
                        (when (< (plist-get turn :body) (point-max))
                          (cons (format "%d %s" (plist-get turn :number)
                                        (aid-chat--first-line turn))
                                (plist-get turn :beg))))
                      (aid-chat-turns 'user)))))

(defun aid-chat-tab ()
  "Fold or unfold what the line at point heads, else go to the next button.
In the open question it is what TAB is elsewhere: indentation and completion."
  (interactive)
  (cond ((aid-chat--heading-p) (beginning-of-line) (outline-cycle))
        ((aid-chat-fold-toggle))
        ((or (aid-chat-in-question-p) (plist-get (aid-chat-turn-at) :queued))
         (call-interactively #'indent-for-tab-command))
        (t (aid-chat-next-button))))

(defun aid-chat-next-button ()
  "Move to the next context line, fold or heading."
  (interactive)
  (let ((here (point)) marker)
    (end-of-line)
    (while (and (setq marker (aid-chat--next-marker nil))
                (not (string-match-p "\\`\\(item\\|reasoning\\|tool\\|edited\\|[0-9]\\)"
                                     (nth 2 marker)))))
    (let ((pasted (aid-chat-pasted-next here (and marker (car marker)))))
      (cond (pasted (goto-char pasted))
            (marker (beginning-of-line))
            (t (goto-char here))))))

(defun aid-chat-describe ()
  "Say what is at the right edge of the line or turn at point."
  (interactive)
  (let* ((turn (or (aid-chat-turn-at) (user-error "This is before the first turn")))
         (meta (aid-chat--meta-line turn))
         (item (get-text-property (line-beginning-position) 'help-echo)))
    (message "%s %d%s" (pcase (plist-get turn :kind)
                         ('user "Question") ('answer "Answer") ('summary "Summary up to turn")
                         (_ "Alternative to answer"))
             (plist-get turn :number)
             (let ((info (or item
                             (string-join
                              (delq nil (list (aid-chat--heading-info turn (aid-chat--edited-p turn))
                                              (and meta (aid-chat--meta-details (nth 2 meta)))))
                              "; "))))
               (if (member info '(nil "")) "" (concat ": " info))))))

;;; Links

(defun aid-chat--link-at (pos)
  "The target of the link at POS, or of the context line there, or nil."
  (save-excursion
    (goto-char pos)
    (or (get-text-property pos 'aid-target)
        (let ((eol (line-end-position)) found)
          (beginning-of-line)
          (if (looking-at aid-chat--item-line)
              (match-string-no-properties 2)
            (while (and (not found)
                        (re-search-forward "\\[[^]\n]*\\](\\([^) \n]+\\)[^)\n]*)\\|<\\(https?:[^ >\n]+\\)>"
                                           eol t))
              (when (<= (match-beginning 0) pos (match-end 0))
                (setq found (or (match-string-no-properties 1)
                                (match-string-no-properties 2)))))
            found)))))

(defun aid-chat--visit-file (target preview)
  "Show the file and line that TARGET names; only show it when PREVIEW."
  (unless (string-match "\\`\\([^#]*\\)\\(?:#L\\([0-9]+\\).*\\)?" target)
    (user-error "\"%s\" names no file" target))
  (let* ((line (match-string 2 target))
         (file (expand-file-name (aid-percent-decode (match-string 1 target)))))
    (when (and (file-remote-p file)
               (not (equal (file-remote-p file) (file-remote-p default-directory)))
               (not (y-or-n-p (format "Connect to %s? " (file-remote-p file)))))
      (user-error "Not visited"))
    (unless (file-exists-p file)
      (user-error "There is no file %s" (abbreviate-file-name file)))
    (let* ((buffer (find-file-noselect file))
           (window (display-buffer buffer '((display-buffer-reuse-window
                                             display-buffer-use-some-window)
                                            (inhibit-same-window . t) (category . aid-source)))))
      (with-selected-window window
        (when line
          (aid-chat-goto (save-restriction
                           (widen)
                           (goto-char (point-min))
                           (forward-line (1- (string-to-number line)))
                           (point)))))
      (unless preview
        (select-window window)))))

(autoload 'aid-context-preview "aid-context-items")

(defun aid-chat--item-at-p (pos)
  "Whether the line at POS is a context line."
  (save-excursion
    (goto-char pos)
    (forward-line 0)
    (looking-at-p aid-chat--item-line)))

(defun aid-chat-visit (&optional preview pos)
  "Visit what the link at POS or point leads to.
With PREVIEW, the prefix argument, show it and stay here."
  (interactive "P")
  (let ((target (or (aid-chat--link-at (or pos (point))) (user-error "No link is here"))))
    (cond ((and preview (string-match-p "\\`https?:" target) (aid-chat--item-at-p (or pos (point))))
           (aid-context-preview target))
          ((string-match-p "\\`\\(https?\\|mailto\\):" target) (browse-url target))
          ((run-hook-with-args-until-success 'aid-context-visit-functions target))
          ((string-prefix-p "aid:" target)
           (user-error "\"%s\" is nothing that can be visited" target))
          (t (aid-chat--visit-file target preview)))))

(defun aid-chat-visit-mouse (event)
  "Visit what the link that was clicked with EVENT leads to."
  (interactive "e")
  (let ((start (event-start event)))
    (select-window (posn-window start))
    (aid-chat-visit nil (posn-point start))))

;;; Past questions

(defvar-local aid-chat--history-at nil
  "How many questions back the open question was taken from.")

(defvar-local aid-chat--draft nil
  "What the open question said before past ones were put there.")

(defun aid-chat--question-text (turn)
  "The words of TURN, a question, without its context lines."
  (save-excursion
    (goto-char (plist-get turn :body))
    (let ((end (plist-get (aid-chat--with-end turn) :end)))
      (when (re-search-forward aid-chat--item-line end t)
        (setq end (line-beginning-position)))
      (string-trim (buffer-substring-no-properties (plist-get turn :body) end)))))

(defun aid-chat-previous-question (n)
  "Put the Nth previous question into the open one; what was there is kept."
  (interactive "p")
  (let* ((past (cdr (reverse (aid-chat-turns 'user))))
         (bounds (aid-chat--prose-bounds))
         (going (memq last-command '(aid-chat-previous-question aid-chat-next-question)))
         (at (+ n (if going (or aid-chat--history-at 0) 0))))
    (unless going
      (setq aid-chat--draft (save-restriction
                              (widen)
                              (buffer-substring-no-properties (car bounds) (cdr bounds)))))
    (unless (<= 0 at (length past))
      (user-error (if (< at 0) "No later question" "No earlier question")))
    (setq aid-chat--history-at at)
    (aid-chat-goto (car bounds))
    (delete-region (car bounds) (cdr bounds))
    (insert (if (zerop at)
                (or aid-chat--draft "")
              (aid-chat--question-text (nth (1- at) past))))
    (setq this-command 'aid-chat-previous-question)))

(defun aid-chat-next-question (n)
  "Put the Nth next question into the open one."
  (interactive "p")
  (aid-chat-previous-question (- n)))

(defun aid-chat-quote (beg end)
  "Quote the region from BEG to END into the open question, and go there."
  (interactive "r")
  (let ((text (replace-regexp-in-string
               (concat " *" (regexp-quote (aid-chat--prefix)) ".*?-->") ""
               (buffer-substring-no-properties beg end))))
    (deactivate-mark)
    (push-mark nil t)
    (let ((bounds (aid-chat--prose-bounds)))
      (aid-chat-goto (cdr bounds))
      (insert (if (= (car bounds) (cdr bounds)) "" "\n\n")
              (replace-regexp-in-string "^" "> " (string-trim text "\n+" "\n+"))
              "\n\n")
      (unless (or (eobp) (looking-at-p "\n"))
        (save-excursion (insert "\n"))))))

(provide 'aid-chat-nav)
;;; aid-chat-nav.el ends here
