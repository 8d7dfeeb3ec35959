;;; aid-chat-send.el --- A question becomes a request  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The last turn of a chat is the open question.  Sending it hands the chat's
;; text to the core and writes, in one go, the heading of the answer and the
;; next open question below it, so that one can write on while the answer
;; arrives.  What leaves the project is asked about once before it is sent, as is
;; what looks like a secret.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-later)
(require 'aid-chat-meanwhile)
(require 'aid-chat-model)
(require 'aid-chat-write)
(require 'aid-in-force)

(declare-function aid-model-read "aid-model" (prompt root))
(declare-function aid-model-secret "aid-model" (info))
(declare-function aid-recipe-complete "aid-recipe" (&optional name))
(declare-function aid-recipe-follow "aid-recipe" ())
(declare-function aid-strategy-names "aid-strategy" (root))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid--mod-ask "ext:aid-module" (plist))
(declare-function aid-chat-root "aid-chat" ())
(declare-function aid-chat--save "aid-chat" ())
(declare-function aid-chat--own-p "aid-chat" ())
(declare-function aid-queue-send "aid-queue" ())
(declare-function aid-chat-add-typed-items "aid-chat-complete" ())

(autoload 'aid-compact-check "aid-compact")
(autoload 'aid-queue-leave "aid-queue")
(autoload 'aid-chat-stream-begin "aid-chat-stream")
(autoload 'aid-chat-again "aid-chat-again" nil t)
(autoload 'aid-context-pins-complete "aid-context-pins")
(autoload 'aid-secrets-agree "aid-secrets")
(autoload 'aid-trust-mention "aid-trust")

(defvar aid-before-send-functions nil
  "Functions called before a question is sent, with the chat's buffer.
Each may change the chat; one that signals an error keeps it from being sent.")

(defvar aid-chat--alone nil
  "Whether a question is being sent with nobody there, as by a timer.
Nothing asks or waits then; what might was looked after before.")

(defvar-local aid-chat--allowed nil
  "The targets of context lines that this person put into the question.
A target in a list of its own was agreed to when it was first sent.")

;;; The open question

(defun aid-chat-in-question-p ()
  "Whether point is in the open question."
  (let ((turn (save-excursion
                (save-restriction
                  (widen)
                  (goto-char (point-max))
                  (aid-chat--turn-back)))))
    (and (eq (plist-get turn :kind) 'user)
         (>= (point) (plist-get turn :body)))))

(defun aid-chat--open-turn ()
  "The turn that is the open question; it is made when there is none.
While a queued question is sent, it is that one."
  (if aid-chat--sending
      (or (aid-chat--turn-with 'user aid-chat--sending) (user-error "The question is gone"))
    (aid-chat--last-question)))

(defun aid-chat--last-question ()
  "The last turn when it is a question that is not queued; else one is made."
  (unless (aid-chat-key)
    (user-error "This is no chat, for its first line is not one's; M-x aid-new-chat makes one"))
  (save-excursion
    (goto-char (point-max))
    (let ((turn (aid-chat--turn-back)))
      (unless (and (eq (plist-get turn :kind) 'user) (not (plist-get turn :queued)))
        (let ((number (1+ (or (plist-get turn :number) 0))))
          (goto-char (point-max))
          (aid-chat--replace (point) (point)
                             (concat (if (bolp) "\n" "\n\n") (aid-chat--question number)))
          (goto-char (point-max))
          (setq turn (aid-chat--turn-back))))
      (plist-put turn :end (point-max)))))

(defun aid-chat--question (number)
  "The heading of question NUMBER."
  (concat "## You " (aid-chat--marker (format "%d user" number)) "\n"))

(defun aid-chat-open-question ()
  "Where the text of the open question is, as (BEG . END)."
  (save-restriction
    (widen)
    (let ((body (plist-get (aid-chat--open-turn) :body)))
      (save-excursion
        (goto-char body)
        (unless (bolp)                  ; a heading at the end without a newline
          (setq body (aid-chat--replace body body "\n"))))
      (cons body (plist-get (aid-chat--open-turn) :end)))))

(defun aid-chat--prose-bounds ()
  "Where the words of the open question are, without its context lines."
  (pcase-let ((`(,beg . ,end) (aid-chat-open-question)))
    (save-excursion
      (save-restriction
        (widen)
        (goto-char beg)
        (let ((key (aid-chat-key)) found)   ; another chat's lines are words like any other
          (while (and (not found) (re-search-forward aid-chat--item-line end t))
            (when (equal (match-string 3) key)
              (setq found t
                    end (line-beginning-position)))))
        (goto-char end)
        (skip-chars-backward " \t\n" beg)
        (cons beg (point))))))

(defun aid-chat-goto (pos)
  "Move to POS, widening this buffer when it does not lie in what is seen."
  (unless (<= (point-min) pos (point-max))
    (widen))
  (goto-char pos))

(defun aid-chat-add-item (chat label target &optional words)
  "Add a context line to the open question of CHAT.
It says LABEL and leads to TARGET; WORDS go into its marker.
Nothing is added when the question has TARGET already."
  (with-current-buffer chat
    (save-excursion
      (save-restriction
        (widen)
        (unless (cl-loop for item in (aid-chat--open-items) thereis (equal (nth 2 item) target))
          (let ((line (format "- [%s](%s) %s\n" (aid-chat--clean-label label) target
                              (aid-chat--marker (string-trim-right
                                                 (concat "item " (or words ""))))))
                (last (car (last (aid-chat--open-items)))))
            (if last
                (progn (goto-char (car last))
                       (forward-line 1)
                       (insert (if (bolp) "" "\n") line))
              (goto-char (cdr (aid-chat--prose-bounds)))
              (delete-region (point) (cdr (aid-chat-open-question)))
              (insert "\n\n" line (if (eobp) "" "\n")))
            (unless (member target aid-chat--allowed)
              (push target aid-chat--allowed))
            (aid-chat--measure-soon)
            (aid-recipe-follow)))))))

(defun aid-chat--balanced-p (label)
  "Whether the brackets in LABEL end only what they began: \"app/[id]/page.tsx\"."
  (let ((depth 0))
    (and (not (string-match-p "\\](\\|\\\\\\(?:[][]\\|\\'\\)" label))
         (cl-loop for char across label
                  do (cl-case char (?\[ (cl-incf depth)) (?\] (cl-decf depth)))
                  never (< depth 0))
         (zerop depth))))

(defun aid-chat--clean-label (label)
  "LABEL as it may stand in the brackets of a link: on one line, and balanced."
  (replace-regexp-in-string (if (aid-chat--balanced-p label)
                                "[[:cntrl:]]\\|<!--"
                              "[][\\[:cntrl:]]\\|<!--")
                            " " label))

;;; What may be sent

(defun aid-chat--outside-p (target)
  "Whether TARGET names a file that is not in the chat's project."
  (and (not (string-match-p "\\`\\(?:aid:\\|https?://\\)" target))
       (let ((file (expand-file-name (aid-percent-decode
                                      (replace-regexp-in-string "#.*\\'" "" target))))
             (root (aid-chat-root)))
         (not (and root (equal (file-remote-p file) (file-remote-p root))
                   (file-in-directory-p file root))))))

(defun aid-chat--agree (items)
  "Ask whether those of ITEMS may be sent that nobody agreed to yet."
  (let ((targets
         (cl-loop for item in items for target = (nth 2 item)
                  unless (if (aid-chat--outside-p target)
                             (member (list target) aid-chat--allowed)
                           (or (member target aid-chat--allowed) (aid-chat--own-p)))
                  collect target)))
    (when targets
      (unless (yes-or-no-p (format "Send %s to the model, %s? "
                                   (string-join targets ", ")
                                   (if (cl-loop for target in targets thereis (aid-chat--outside-p target))
                                       "from outside the project"
                                     "which this chat came with")))
        (user-error "Not sent"))
      (dolist (target targets)
        (push target aid-chat--allowed)
        (push (list target) aid-chat--allowed)))))

;;; Sending

(defun aid-chat--next-request ()
  "A name for a request that this chat does not have yet."
  (let ((most 0))
    (save-excursion
      (goto-char (point-min))
      (while (re-search-forward " req=r\\([0-9]+\\)" nil t)
        (setq most (max most (string-to-number (match-string 1))))))
    (format "r%d" (1+ most))))

(defun aid-chat--take-strategy ()
  "Take a strategy's name, as in \"/edit\", off the open question's first line.
Give it with what was taken and from where, to put it back; or nil."
  (pcase-let ((`(,beg . ,end) (aid-chat-open-question)))
    (save-excursion
      (goto-char beg)
      (skip-chars-forward " \t\n" end)
      (when (looking-at "/\\([[:alnum:]-]+\\)\\(?:[ \t\n]+\\|\\'\\)")
        (let ((name (match-string-no-properties 1)) (text (match-string-no-properties 0)))
          (when (member name (aid-strategy-names (aid-chat-root)))
            (aid-chat--replace (point) (+ (point) (length text)) "")
            (list name text (copy-marker (point)))))))))

(defun aid-chat--request-open (request)
  "Do `aid-chat--request-line' with the model that the question itself names.
REQUEST names the request."
  (pcase-let ((`(,name ,text ,at) (aid-chat-model-take)) (asked nil))
    (unwind-protect
        (setq asked (let ((aid-model (or name aid-model)))
                      (aid-chat--request-line request)))
      (when (and name (not asked))
        (aid-chat--replace at at text)))))

(defun aid-chat--request-line (request)
  "Ask the core to answer the open question; give what `aid-chat--request' gives.
REQUEST names the request.  When it is not made, the question is as it was."
  (let ((strategy (aid-chat--take-strategy)) items asked)
    (unwind-protect
        (progn
          (aid-recipe-complete (car strategy))
          (setq items (cl-loop for item in (aid-chat--open-items)
                               unless (assoc "sent" (aid-chat--words (nth 3 item))) collect item))
          (aid-chat--agree items)
          (setq asked (aid-chat--request request (car strategy) items nil)))
      (when (and strategy (not asked))
        (pcase-let ((`(,_ ,text ,at) strategy))
          (aid-chat--replace at at text))))))

(defvar aid-chat--body nil
  "What is sent instead of the body of the request that the chat makes, or nil.")

(defun aid-chat--request-plist (strategy items turn)
  "What the core is asked about question TURN, or the last one when nil.
STRATEGY and ITEMS go with it.  Give it with the model's plist before it; there
is no key in it."
  (let* ((root (aid-chat-root))
         (model (or aid-model (plist-get (aid-strategy-info strategy) :model)))
         (info (aid-model-info model strategy))
         (doc (or (aid-chat-doc) (error "The core cannot read this chat")))
         (turn (or turn aid-chat--sending))
         (texts (delq nil (mapcar (lambda (item)
                                    (when-let ((text (aid-chat--item-text (nth 2 item))))
                                      (cons (nth 2 item) text)))
                                  items))))
    (cons info (list :doc doc :path (and buffer-file-name
                                         (not (file-remote-p buffer-file-name))
                                         buffer-file-name)
                     :root root :model model
                     :strategy (or strategy aid-strategy)
                     :exact (not aid-strategy-variants)
                     :turn turn :items texts))))

(defun aid-chat--request (request strategy items turn)
  "Ask the core to answer question TURN, or the last one when nil.
REQUEST names the request, STRATEGY and ITEMS go with it.  Give its id and the
model's name."
  (pcase-let ((`(,info . ,plist) (aid-chat--request-plist strategy items turn)))
    (cons (prog1 (aid-chat--ask (aid-secrets-agree
                                 (append (list :request request :body aid-chat--body) plist))
                                info)
            (aid-trust-mention (plist-get plist :root)))
          (or (plist-get info :id) (plist-get plist :model) "model"))))

(defun aid-chat--ask (plist info)
  "Ask the core what PLIST says of the model that INFO describes; give the id.
A budget that it would pass is asked about before."
  (let ((over (and (plist-get info :budget) (aid-cost-agree plist))))
    (aid--mod-ask (append (list :over-budget over :secret (aid-model-secret info)) plist))))

(defun aid-chat--answer-head (model number request)
  "The heading and meta line of answer NUMBER by MODEL to REQUEST."
  (concat "## " model " " (aid-chat--marker (format "%d answer" number)) "\n"
          (aid-chat--marker (format "meta req=%s state=streaming" request)) "\n\n"))

(defun aid-chat--put-behind (at end text)
  "Put TEXT at AT, behind a question's words, in place of the blanks up to END.
The blanks go first: undoing what was typed must not reach over what follows it.
What was deleted there comes back in that question."
  (aid-chat--replace at end "")
  (let ((aid-chat--all-left t))
    (aid-chat--replace at at text)))

(defun aid-chat--send-open ()
  "Send the open question."
  (pcase-let* ((number (1+ (plist-get (aid-chat--open-turn) :number)))
               (request (aid-chat--next-request))
               (`(,id . ,model) (prog1 (aid-chat--request-open request)
                                  (aid-chat--set-title)))
               (question (plist-get (aid-chat--open-turn) :beg))
               (end (plist-get (aid-chat--open-turn) :end))
               (at (save-excursion (goto-char end)
                                   (skip-chars-backward " \t\n")
                                   (point)))
               (head (concat "\n\n" (aid-chat--answer-head model number request))))
    (aid-chat--put-behind at end
                          (concat head "\n\n" (if (= end (point-max))
                                                  (aid-chat--question (1+ number))
                                                "")))
    (aid-chat--refresh question at)     ; what was pasted is folded now
    (aid-chat-stream-begin id number (+ at (length head)) question model)))

(defun aid-chat--set-title ()
  "Make the open question's first words the title of a chat that has none."
  (save-excursion
    (goto-char (point-min))
    (forward-line 1)
    (when (looking-at "# *\\(?:New chat\\)? *$")
      (let* ((beg (point)) (end (line-end-position))
             (words (aid-chat--prose-bounds))
             (line (car (split-string (buffer-substring-no-properties (car words) (cdr words))
                                      "\n" t "[ \t]+"))))
        (when line
          (aid-chat--replace beg end (concat "# " (truncate-string-to-width
                                                   (replace-regexp-in-string "<!--.*" "" line)
                                                   72 nil nil "…"))))))))

(defun aid-chat--blank-p (bounds)
  "Whether there is nothing but blanks in BOUNDS."
  (save-excursion
    (goto-char (car bounds))
    (skip-chars-forward " \t\n" (cdr bounds))
    (>= (point) (cdr bounds))))

(defun aid-chat--last-failed ()
  "The number of the last answer when it failed or was cut, else nil."
  (let* ((next (or (car (aid-chat-queued)) (aid-chat--open-turn)))
         (number (1- (plist-get next :number)))
         (state (cdr (assoc "state" (aid-chat-meta number)))))
    (and (member state '("failed" "cut" "streaming")) number)))

(defun aid-chat--add-typed ()
  "Add what the open question names by \"@\", if it does, as items.
With nobody there that was done before, for it may list a project's files."
  (pcase-let ((`(,beg . ,end) (aid-chat--prose-bounds)))
    (when (and (not aid-chat--alone)
               (save-excursion
                 (goto-char beg)
                 (search-forward "@" end t)))
      (aid-chat-add-typed-items))))

(defun aid-chat--items-cost ()
  "What the context lines of this chat say that they cost, in tokens."
  (let ((sum 0))
    (save-excursion
      (goto-char (point-min))
      (while (re-search-forward " item [^\n]*\\<tok=\\([0-9]+\\)" nil t)
        (setq sum (+ sum (string-to-number (match-string 1))))))
    sum))

(defun aid-chat--near-full-p (&optional strategy again)
  "Whether this chat may be too long for its model: then it is worth counting.
It is about the open question, by STRATEGY or the one in force; or, AGAIN, about
an earlier one, to which the open one's own model does not matter.  No text has
more tokens than characters, but for rare signs; what was sent of context lines
is not in the chat.  A request that a person has made is that person's."
  (let* ((named (and (not again)
                     (save-excursion
                       (and (aid-chat-model--at-line) (match-string-no-properties 2)))))
         (model (or named aid-model (plist-get (aid-strategy-info strategy) :model)))
         (context (or (plist-get (aid-model-info model strategy) :context) 0)))
    (and (> context 0) (not aid-chat--body)
         (> (+ (buffer-size) (aid-chat--items-cost) (cdr aid-chat--open-cost))
            (* 0.75 context)))))

(defun aid-chat-send (&optional choose)
  "Send the open question; after an answer that failed, ask it again.
While an answer arrives the question is queued: it is sent when that has ended
well.  In a question that waits, send it.
With CHOOSE, the prefix argument, choose a model first."
  (interactive "P")
  (aid-module-ensure)
  (when choose
    (setq-local aid-model (aid-model-read "Model: " (aid-chat-root))))
  (if (or aid-chat--stream (aid-chat-queued))
      (aid-queue-send)
    (aid-chat--send-now)))

(defun aid-chat-check-idle (chat)
  "Signal an error when an answer arrives in CHAT, or when questions wait there.
What is asked by a command that acts on the answer cannot be queued."
  (with-current-buffer chat
    (cond (aid-chat--stream (user-error "An answer is arriving in %s" (buffer-name)))
          ((aid-chat-queued) (user-error "Questions that are queued in %s come first"
                                         (buffer-name))))))

(defun aid-chat--send-or-leave ()
  "Send the open question, or give non-nil when a key was pressed before that.
What is looked for goes on then."
  (aid-chat-later-forget)
  (catch 'aid-chat-later
    (let ((aid-chat-later--way (and aid-chat-later-may-leave 'leave)))
      (aid-chat--send-open))
    nil))

(defun aid-chat--send-now ()
  "Send the open question, or ask the last one again, when nothing is queued."
  (aid-context-pins-complete (current-buffer))
  (run-hook-with-args 'aid-before-send-functions (current-buffer))
  (let ((inside (aid-chat-in-question-p)))
    (save-restriction
      (widen)
      (cond ((not (aid-chat--blank-p (aid-chat-open-question)))
             (aid-chat--add-typed)
             (when (aid-chat--near-full-p)
               (aid-compact-check))
             (when (aid-chat--send-or-leave)
               (aid-queue-leave)))
            ((aid-chat--last-failed)
             (aid-chat-again (aid-chat--last-failed)))
            (t (user-error "The question is empty"))))
    (when inside
      (goto-char (point-max)))
    (aid-chat--save)))

(defun aid-chat-ask (chat question &optional send)
  "Put QUESTION into the open question of CHAT, before its context, and send it.
SEND does that, when it is not `aid-chat-send'."
  (with-current-buffer chat
    (save-excursion
      (save-restriction
        (widen)
        (pcase-let* ((`(,_ . ,end) (aid-chat--prose-bounds)) (`(,beg . ,_) (aid-chat-open-question)))
          (goto-char end)
          (insert (if (= beg end) "" "\n\n") question
                  (if (looking-at-p "\n") "" "\n")))))
    (goto-char (point-max))
    (funcall (or send #'aid-chat-send))
    ;; Who asks from the code wants to see the answer come.
    (dolist (window (get-buffer-window-list chat nil t))
      (set-window-point window (point-max)))))

(provide 'aid-chat-send)
;;; aid-chat-send.el ends here
