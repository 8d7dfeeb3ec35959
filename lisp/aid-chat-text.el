;;; aid-chat-text.el --- The structure of a chat's text, and writing into it  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A chat is a Markdown file whose structure is in marker lines, which hold
;; "<!--aid:KEY WORDS-->" outside a quote.  Here they are found, taken apart
;; and made, and here is the one way in which AID writes into a chat:
;; `aid-chat--replace', which leaves no trace in the undo list but shifts what
;; is there, so that a person's undo undoes just what that person typed.
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

(defun aid-chat-doc ()
  "The number of the core's copy of the current chat, in step with the buffer.
Nil when the core cannot hold it."
  (condition-case nil
      (progn
        (unless (and aid-chat--doc
                     (eql (ignore-errors (aid--mod-doc-size aid-chat--doc)) (buffer-size)))
          (aid-chat--doc-close)
          (setq aid-chat--doc
                (aid--mod-doc-open
                 (save-restriction
                   (widen)
                   (buffer-substring-no-properties (point-min) (point-max))))))
        aid-chat--doc)
    (error (setq aid-chat--doc nil))))

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

;;; Undo

(defvar aid-chat--left (make-hash-table :test #'eq :weakness 'key)
  "Undo entries of deletions that ended just before where an answer goes on.
When they are undone, their text belongs before what came since.")

;; An entry's positions are those of the text as it was just after the change
;; that the entry records.  So while the list is walked, from the last change to
;; the first, the place of AID's own writing is followed back through them.

(defun aid-chat--shift-pos (pos at to added tie)
  "POS, which may be negative, after the text from AT to TO became ADDED long.
With TIE a position just where something is inserted moves behind it."
  (let* ((abs (abs pos))
         (new (cond ((< abs at) abs)
                    ((= abs at) (if (and tie (= at to)) (+ abs added) abs))
                    ((>= abs to) (+ abs added (- at to)))
                    (t at))))
    (if (< pos 0) (- new) new)))

(defun aid-chat--shift-range (range at to added)
  "Shift RANGE, a cons of positions.
AT, TO and ADDED as in `aid-chat--shift-pos'.
What is written at its end stays outside, what is written inside grows it."
  (let ((beg (aid-chat--shift-pos (car range) at to added t)))
    (setcdr range (max beg (aid-chat--shift-pos (cdr range) at to added nil)))
    (setcar range beg)))

(defun aid-chat--before-insertion (pos beg end)
  "Where POS was before the text from BEG to END was inserted."
  (cond ((<= pos beg) pos)
        ((< pos end) beg)
        (t (- pos (- end beg)))))

(defun aid-chat--shift-plain-entry (cell at to added)
  "Shift the entry in CELL of an undo list if it records no change of text.
AT, TO and ADDED as in `aid-chat--shift-pos'."
  (let ((entry (car cell)))
    (pcase entry
      ((pred integerp)
       (setcar cell (aid-chat--shift-pos entry at to added t)))
      (`(nil ,_ ,_ . ,(and range `(,(pred integerp) . ,_)))
       (aid-chat--shift-range range at to added))
      (`(apply ,(pred integerp) ,(pred integerp) ,(pred integerp) . ,_)
       (let ((range (cons (nth 2 entry) (nth 3 entry))))
         (aid-chat--shift-range range at to added)
         (setcar (nthcdr 2 entry) (car range))
         (setcar (nthcdr 3 entry) (cdr range))))
      ;; The file's text of then is no longer all of the text: the time is made to match none.
      (`(t . ,_) (setcdr entry '(0 1))))))

(defun aid-chat--shift-insertion (cell at to added split)
  "Shift the insertion in CELL of an undo list.
AT, TO and ADDED as in `aid-chat--shift-pos'.
Give where AT and TO were before it, or nil when the writing goes with it.
With SPLIT the entry becomes two around the writing."
  (let* ((entry (car cell)) (beg (car entry)) (end (cdr entry)))
    (cond ((and split (= at to) (< beg at end))
           (setcdr cell (cons (cons beg at) (cdr cell)))
           (setcar cell (cons (+ at added) (+ end added)))
           (cons beg beg))
          (t
           (aid-chat--shift-range entry at to added)
           (unless (and (<= beg at) (<= to end) (or (< at to) (< beg at end)))
             (cons (aid-chat--before-insertion at beg end)
                   (aid-chat--before-insertion to beg end)))))))

(defvar aid-chat--all-left nil
  "Whether what was deleted just where AID writes now belongs before that.")

(defun aid-chat--shift-deletion (entry at to added)
  "Shift the deletion ENTRY of an undo list.
AT, TO and ADDED as in `aid-chat--shift-pos'.
Give where AT and TO were before it."
  (let* ((left (or aid-chat--all-left (gethash entry aid-chat--left)))
         (pos (cdr entry)) (abs (abs pos)) (len (length (car entry))))
    (setcdr entry (aid-chat--shift-pos pos at to added (not left)))
    (cons (if (or (> at abs) (and left (= at abs))) (+ at len) at)
          (if (or (> to abs) (and left (= to abs))) (+ to len) to))))

(defun aid-chat--shift-list (list at to added split)
  "Shift the undo LIST after the text from AT to TO became ADDED long.
SPLIT as in `aid-chat--replace'.  Give t when `pending-undo-list' is its tail."
  (let (shared)
    (while (consp list)
      (let ((cell list) (entry (car list)) place)
        (when (eq list pending-undo-list)
          (setq shared t))
        (setq list (cdr list))
        (cond ((not at)
               (when (eq (car-safe entry) t)
                 (setcdr entry '(0 1))))
              ((null entry))
              ((and (consp entry) (integerp (car entry)) (integerp (cdr entry)))
               (setq place (aid-chat--shift-insertion cell at to added split)
                     at (car place) to (cdr place)))
              ((and (consp entry) (stringp (car entry)))
               (setq place (aid-chat--shift-deletion entry at to added)
                     at (car place) to (cdr place)))
              (t (setq place (and (eq (car-safe entry) 'apply) (integerp (nth 1 entry))
                                  (>= at (nth 3 entry))
                                  (nth 1 entry)))
                 (aid-chat--shift-plain-entry cell at to added)
                 (when place
                   (setq at (+ at place) to (+ to place)))))))
    shared))

(defun aid-chat--shift-undo (at to added split)
  "Shift what can be undone after the text from AT to TO became ADDED long.
SPLIT as in `aid-chat--replace'."
  (unless (or (aid-chat--shift-list buffer-undo-list at to added split)
              ;; A list of its own is an undo in a region, which may be another buffer's.
              (not (consp pending-undo-list))
              (not (eq last-command 'undo))
              (not (eq (current-buffer) (window-buffer))))
    (aid-chat--shift-list pending-undo-list at to added split)))

(defvar-local aid-chat--turns-moved nil
  "Whether whole turns were moved or removed since a request was last made.")

(defun aid-chat--settle-undo ()
  "Let what moved or removed whole turns here be undone no more.
AID is about to write turns of its own around them, and undo would tear those."
  (when aid-chat--turns-moved
    (setq aid-chat--turns-moved nil)
    (unless (eq buffer-undo-list t)
      (setq buffer-undo-list nil))
    (when (and (eq last-command 'undo) (eq (current-buffer) (window-buffer)))
      (setq pending-undo-list t))))

(defun aid-chat--replace (beg end text &optional split)
  "Replace BEG to END by TEXT as AID's own writing, and give TEXT's end.
It cannot be undone and disturbs no undoing, runs no hooks, moves no point
and needs no write permission.  With SPLIT, TEXT stays when an insertion that
surrounds it is undone; otherwise it goes with it."
  (save-restriction
    (widen)
    ;; Numbers: what is shifted goes into the undo list.
    (setq beg (+ beg 0) end (+ end 0))
    (aid-chat--shift-undo beg end (length text) split)
    (let ((inhibit-modification-hooks t)
          (inhibit-read-only t)
          (buffer-undo-list t)
          ;; A file that changed meanwhile is a question for the next save, not for now.
          (buffer-file-name (and (or (buffer-modified-p) (verify-visited-file-modtime))
                                 buffer-file-name)))
      (save-excursion
        (goto-char end)
        (insert text)
        (when (< beg end)
          (delete-region beg end))))
    (syntax-ppss-flush-cache beg)
    (aid-chat--doc-edit beg (- end beg) text)
    (+ beg (length text))))

(provide 'aid-chat-text)
;;; aid-chat-text.el ends here
