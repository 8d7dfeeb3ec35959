;;; aid-chat-text.el --- The structure of a chat's text  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat is a Markdown file whose structure is in marker lines, which hold
;; "<!--aid:KEY WORDS-->" outside a quote.  Here they are found, taken apart
;; and made; how AID writes into a chat is in aid-chat-write.el.
;;
;; The core holds a copy of each chat (its "doc"), fed by the changes.  It is
;; opened when first needed and anew whenever it does not fit.

;;; Code:

(require 'aid-percent)
(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))

(declare-function aid--mod-doc-open "ext:aid-module" (text))
(declare-function aid--mod-doc-edit "ext:aid-module" (doc beg deleted text))
(declare-function aid--mod-doc-close "ext:aid-module" (doc))
(declare-function aid--mod-doc-size "ext:aid-module" (doc))

(defgroup aid-chat nil
  "Chats with language models in Markdown files."
  :group 'aid
  :prefix "aid-chat-")

(defun aid-chat--sentence (words)
  "WORDS of the core as a line of their own: with a capital; nil for nil."
  (and words (concat (upcase (substring words 0 1)) (substring words 1))))

;;; Markers

(defvar-local aid-chat--key nil
  "The key of this chat: what tells its own markers from all other text.")

(defun aid-chat-key ()
  "The key of the current chat, or nil when its first line has none."
  (or aid-chat--key
      (setq aid-chat--key
            (save-excursion
              (save-restriction
                (widen)
                (goto-char (point-min))
                (and (looking-at "<!--aid:\\([[:alnum:]]+\\) chat\\b")
                     (match-string-no-properties 1)))))))

(defun aid-chat--prefix ()
  "What every marker of this chat begins with."
  (concat "<!--aid:" (or (aid-chat-key) "-") " "))

(defun aid-chat--marker (words)
  "A marker of this chat with WORDS in it."
  (concat (aid-chat--prefix) words "-->"))

(defun aid-chat--quoted-p ()
  "Whether point is in a quote, where nothing is structure."
  (save-excursion
    (beginning-of-line)
    (looking-at-p " \\{0,3\\}>")))

(defun aid-chat--next-marker (limit)
  "Move behind the next marker that begins before LIMIT.
Give (BEG END WORDS), or nil when there is none."
  (let ((prefix (aid-chat--prefix)) found)
    (while (and (not found) (search-forward prefix limit t))
      (let ((beg (match-beginning 0)) (words (point)))
        (unless (aid-chat--quoted-p)
          (when (search-forward "-->" (line-end-position) t)
            (setq found (list beg (point)
                              (buffer-substring-no-properties words (- (point) 3))))))))
    found))

(defun aid-chat--encode (value)
  "VALUE as it may stand in a marker."
  (aid-percent-encode value "[^[:cntrl:] %<>]"))

(defun aid-chat--words (words)
  "The key=value pairs among WORDS of a marker, as an alist of strings."
  (delq nil (mapcar (lambda (word)
                      (when (string-match "\\`\\([^=]+\\)=" word)
                        (cons (match-string 1 word)
                              (aid-percent-decode (substring word (match-end 0))))))
                    (split-string words " +" t))))

(defun aid-chat--word (key words)
  "The value of KEY among WORDS, an alist as `aid-chat--words' gives it."
  (cdr (assoc key words)))

;;; When

(defun aid-chat--idle-in (seconds)
  "How long Emacs will have been idle in SECONDS, for `run-with-idle-timer'.
An idle timer of less is due at once where no command but a timer or an answer
sets it."
  (+ seconds (float-time (or (current-idle-time) 0))))

;;; What the first line keeps

(defconst aid-chat--head-line "<!--aid:[[:alnum:]]+ chat\\([^\n]*?\\)-->"
  "Matches the first line of a chat; its words are in the first group.")

(defun aid-chat-kept (key)
  "The value of KEY in this chat's first line, or nil."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (when (looking-at aid-chat--head-line)
        (aid-chat--word key (aid-chat--words (match-string-no-properties 1)))))))

(defun aid-chat-keep (key value)
  "Write VALUE for KEY into this chat's first line; with nil, have no KEY there."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (when (looking-at aid-chat--head-line)
        (let* ((beg (match-beginning 1)) (end (match-end 1))
               (words (match-string-no-properties 1))
               (new (concat (replace-regexp-in-string (format " +%s=[^ ]*" key) "" words)
                            (if value (format " %s=%s" key (aid-chat--encode value)) ""))))
          (unless (equal new words)
            (aid-chat--replace beg end new)))))))

;;; Turns

(defconst aid-chat--turn-words
  "\\([0-9]+\\)\\(?:\\.\\([0-9]+\\)\\)? \\(user\\|answer\\|alternative\\|summary\\)\\b"
  "Matches the words of the marker in a turn's heading.")

(defun aid-chat--turn-of (marker)
  "The turn with MARKER in its heading, else nil.
A plist of :number, :sub, :kind (a symbol), :beg, :body and :queued."
  (when (and marker (string-match (concat "\\`" aid-chat--turn-words) (nth 2 marker)))
    (let ((words (nth 2 marker)))
      (list :number (string-to-number (match-string 1 words))
            :sub (string-to-number (or (match-string 2 words) "0"))
            :kind (intern (match-string 3 words))
            :queued (and (string-match-p "\\`[0-9]+ user queued\\b" words) t)
            :beg (save-excursion (goto-char (car marker)) (line-beginning-position))
            :body (save-excursion (goto-char (nth 1 marker)) (line-beginning-position 2))))))

(defun aid-chat--turn-back ()
  "Move to the nearest turn's heading marker before point and give the turn."
  (let ((prefix (aid-chat--prefix)) found)
    (while (and (not found) (search-backward prefix nil t))
      ;; A turn's words begin with its number; of other markers there may be thousands.
      (unless (or (not (<= ?0 (or (char-after (match-end 0)) 0) ?9))
                  (aid-chat--quoted-p))
        (setq found (aid-chat--turn-of (save-excursion
                                         (aid-chat--next-marker (line-end-position)))))))
    found))

(defun aid-chat--turn-forward ()
  "Move behind the next turn's heading marker after point and give the turn."
  (let (marker found)
    (while (and (not found) (setq marker (aid-chat--next-marker nil)))
      (setq found (aid-chat--turn-of marker)))
    found))

(defun aid-chat--with-end (turn)
  "TURN with its :end, where the next begins."
  (and turn
       (plist-put turn :end
                  (save-excursion
                    (goto-char (plist-get turn :body))
                    (if-let ((next (aid-chat--turn-forward)))
                        (plist-get next :beg)
                      (point-max))))))

(defun aid-chat-turn-at (&optional pos)
  "The turn at POS or point, a plist, or nil before the first.
It holds :number, :sub, :beg, :body, :end and :kind, which is one of user,
answer, alternative, summary."
  (save-excursion
    (save-restriction
      (widen)
      (when pos
        (goto-char pos))
      (end-of-line)
      (aid-chat--with-end (aid-chat--turn-back)))))

(defun aid-chat-turns (&optional kind)
  "List every turn, or those of KIND, first to last."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (let (turn turns)
        (while (setq turn (aid-chat--turn-forward))
          (when (memq kind (list nil (plist-get turn :kind)))
            (push turn turns)))
        (nreverse turns)))))

(defun aid-chat--turn-with (kind number &optional sub)
  "The last turn of KIND with NUMBER, and with SUB unless that is nil; or nil."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-max))
      (let (turn)
        (while (and (setq turn (aid-chat--turn-back))
                    (not (and (eq (plist-get turn :kind) kind)
                              (= (plist-get turn :number) number)
                              (or (not sub) (= (plist-get turn :sub) sub))))))
        (aid-chat--with-end turn)))))

(defun aid-chat--answer (number &optional sub)
  "The turn that is answer NUMBER, or nil; with SUB its alternative SUB.
SUB nil or 0 is the answer itself."
  (if (memql sub '(nil 0))
      (aid-chat--turn-with 'answer number)
    (aid-chat--turn-with 'alternative number sub)))

(defun aid-chat-group (turn)
  "The answer that TURN is one of, and its alternatives, as they stand in the file.
A list of turns, each with its :end; the first is the answer, unless it is gone."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (plist-get turn :beg))
      (let* ((own (lambda (other) (and other (not (eq (plist-get other :kind) 'user))
                                       (= (plist-get other :number) (plist-get turn :number)))))
             (first turn) other turns)
        (while (and (eq (plist-get first :kind) 'alternative)
                    (funcall own (setq other (aid-chat--turn-back))))
          (setq first other))
        (goto-char (plist-get first :beg))
        (while (funcall own (setq other (aid-chat--turn-forward)))
          (when turns
            (plist-put (car turns) :end (plist-get other :beg)))
          (push other turns))
        (when turns
          (plist-put (car turns) :end (if other (plist-get other :beg) (point-max))))
        (nreverse turns)))))

(defun aid-chat-queued ()
  "The questions that wait to be sent: those behind the last answer that say so.
A list of turns, first to last, each with its :end."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-max))
      (let ((end (point-max)) turn turns)
        (while (eq (plist-get (setq turn (aid-chat--turn-back)) :kind) 'user)
          (when (plist-get turn :queued)
            (push (plist-put turn :end end) turns))
          (setq end (plist-get turn :beg)))
        turns))))

(defun aid-chat--meta-line (turn)
  "The bounds of TURN's meta line, its newline included, and its words; or nil."
  (save-excursion
    (goto-char (plist-get turn :body))
    (when-let ((marker (aid-chat--next-marker
                        (min (plist-get turn :end) (line-beginning-position 4)))))
      (when (string-prefix-p "meta" (nth 2 marker))
        (goto-char (car marker))
        (list (line-beginning-position) (line-beginning-position 2)
              (aid-chat--words (nth 2 marker)))))))

(defun aid-chat-answer-body (number &optional sub)
  "Where the body of answer NUMBER is in the current chat, as (BEG . END).
With SUB it is that of its alternative SUB."
  (let* ((turn (or (aid-chat--answer number sub) (error "There is no answer %s here" number)))
         (meta (save-restriction (widen) (aid-chat--meta-line turn))))
    (cons (if meta (nth 1 meta) (plist-get turn :body)) (plist-get turn :end))))

(defun aid-chat-answer-text (number)
  "The text of answer NUMBER in the current chat."
  (save-restriction
    (widen)
    (let ((body (aid-chat-answer-body number)))
      (buffer-substring-no-properties (car body) (cdr body)))))

(defun aid-chat-answers ()
  "The numbers of the answers in the current chat, first to last."
  (mapcar (lambda (turn) (plist-get turn :number)) (aid-chat-turns 'answer)))

(defun aid-chat-answer-at (&optional pos)
  "The number of the answer at POS or point, or nil."
  (when-let ((turn (aid-chat-turn-at pos)))
    (and (eq (plist-get turn :kind) 'answer) (plist-get turn :number))))

(defun aid-chat-meta (number &optional sub)
  "The words of answer NUMBER's meta line, an alist of strings.
With SUB they are those of its alternative SUB."
  (when-let ((turn (aid-chat--answer number sub)))
    (save-restriction
      (widen)
      (nth 2 (aid-chat--meta-line turn)))))

(defun aid-chat-meta-set (number key value &optional sub)
  "Set KEY to VALUE, or remove it when nil, in answer NUMBER's meta line.
With SUB it is that of its alternative SUB."
  (save-restriction
    (widen)
    (let* ((turn (aid-chat--answer number sub))
           (line (and turn (aid-chat--meta-line turn)))
           (words (assoc-delete-all key (copy-alist (nth 2 line))))
           (words (if value (append words (list (cons key value))) words))
           (text (concat "meta" (mapconcat (lambda (word)
                                             (concat " " (car word) "="
                                                     (aid-chat--encode (cdr word))))
                                           words ""))))
      (when turn
        (aid-chat--replace (if line (car line) (plist-get turn :body))
                           (if line (nth 1 line) (plist-get turn :body))
                           (concat (aid-chat--marker text) "\n"))))))

;;; The core's copy

(defvar-local aid-chat--doc nil
  "The number of the core's copy of this chat, nil when there is none.")

(defconst aid-chat--doc-piece 262144
  "How many characters are told to the core at once.
A string of a whole large chat is copied several times, into memory that Emacs
has to ask the system for.")

(defun aid-chat--doc-open ()
  "Open the core's copy of this chat."
  (save-restriction
    (widen)
    (let ((pos (min (point-max) (+ (point-min) aid-chat--doc-piece)))
          (gc-cons-threshold (max gc-cons-threshold (* 4 (buffer-size)))))   ; once, afterwards
      (setq aid-chat--doc
            (aid--mod-doc-open (buffer-substring-no-properties (point-min) pos)))
      (while (< pos (point-max))
        (let ((end (min (point-max) (+ pos aid-chat--doc-piece))))
          (aid--mod-doc-edit aid-chat--doc (1- pos) 0 (buffer-substring-no-properties pos end))
          (setq pos end))))))

(defun aid-chat-doc ()
  "The number of the core's copy of the current chat, in step with the buffer.
Nil when the core cannot hold it."
  (condition-case nil
      (progn
        (unless (and aid-chat--doc
                     (eql (ignore-errors (aid--mod-doc-size aid-chat--doc)) (buffer-size)))
          (aid-chat--doc-close)
          (aid-chat--doc-open))
        aid-chat--doc)
    (error (aid-chat--doc-close)
           nil)))

(defun aid-chat--doc-close ()
  "Let go of the core's copy."
  (when aid-chat--doc
    (ignore-errors (aid--mod-doc-close aid-chat--doc))
    (setq aid-chat--doc nil)))

(defun aid-chat--doc-edit (beg deleted text)
  "Tell the core that DELETED characters at BEG became TEXT."
  (when aid-chat--doc
    (condition-case nil
        (aid--mod-doc-edit aid-chat--doc (1- beg) deleted text)
      (error (setq aid-chat--doc nil)))))

(autoload 'aid-chat--replace "aid-chat-write")
(autoload 'aid-chat--settle-undo "aid-chat-write")

(provide 'aid-chat-text)
;;; aid-chat-text.el ends here
