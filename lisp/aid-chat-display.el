;;; aid-chat-display.el --- How a chat looks  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Markdown's spans come from the core; here they become faces, for what is in
;; view only (jit-lock).  Marker lines are hidden or show what they mean at the
;; right edge.  All of it is text properties that never change the text, except
;; the folds, which are overlays so that a search can open them.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x)
  (require 'aid-face))
(require 'aid-chat-text)
(require 'aid-invisible)

(defvar aid-chat--stream)

(declare-function aid--mod-face-names "ext:aid-module" ())
(declare-function aid--mod-doc-spans "ext:aid-module" (doc beg end))
(declare-function aid-chat-visit-mouse "aid-chat-nav" (event))
(declare-function aid-chat-pasted-show "aid-chat-pasted" (beg end))
(declare-function aid-chat--tokens "aid-chat-head" (n))
(declare-function aid-chat-wrap-lines "aid-chat-wrap" (beg end))
(autoload 'aid-chat--meta-info "aid-chat-info")
(autoload 'aid-chat--meta-details "aid-chat-info")
(autoload 'aid-chat--error-line "aid-chat-info")
(autoload 'aid-chat--joined "aid-chat-info")
(autoload 'aid-chat--seconds "aid-chat-info")
(autoload 'aid-chat-code-fontify "aid-chat-code")
(autoload 'aid-chat-edited-soon "aid-chat-edited")

(defgroup aid-chat-faces nil
  "Faces of chats."
  :group 'aid-chat
  :group 'faces)

(defmacro aid-chat--defface (name parent what)
  "Define the face aid-chat- with NAME behind it, inheriting PARENT, for WHAT."
  `(aid-face-new ,(intern (format "aid-chat-%s" name)) '((t :inherit ,parent)) ,what))

(aid-chat--defface heading1 font-lock-function-name-face "The title and other first-level headings.")
(aid-chat--defface heading2 font-lock-variable-name-face "Second-level headings, such as those of turns.")
(aid-chat--defface heading3 font-lock-keyword-face "Third-level headings.")
(aid-chat--defface heading4 font-lock-comment-face "Deeper headings.")
(aid-chat--defface emphasis italic "Emphasized text.")
(aid-chat--defface strong bold "Strongly emphasized text.")
(aid-chat--defface code fixed-pitch "Code in running text.")
(aid-chat--defface fence shadow "The lines that open and close a block of code.")
(aid-chat--defface block fixed-pitch "A block of code.")
(aid-chat--defface link link "The words of a link.")
(aid-chat--defface url shadow "The target of a link.")
(aid-chat--defface image link "An image's words.")
(aid-chat--defface quote font-lock-doc-face "Quoted text.")
(aid-chat--defface bullet font-lock-keyword-face "A list's bullets and numbers.")
(aid-chat--defface table fixed-pitch "A table.")
(aid-chat--defface table-rule shadow "The lines of a table.")
(aid-chat--defface rule shadow "A rule between sections.")
(aid-chat--defface html shadow "HTML.")
(aid-chat--defface markup shadow "The signs of Markdown.")
(aid-chat--defface info shadow "Figures at the right edge.")
(aid-chat--defface fold shadow "The line that stands for folded text.")
(aid-chat--defface error error "An answer's error.")
(aid-chat--defface warning warning "What needs attention.")

(defconst aid-chat--properties
  '(face display invisible help-echo mouse-face keymap follow-link front-sticky read-only
    aid-target aid-code aid-wrap)
  "The text properties that are ours.")

(defconst aid-chat--most 32768
  "How many characters are looked at for display at once.")

(defconst aid-chat--long-line 10240
  "Lines longer than this are shown shortened.")

(defvar-local aid-chat--width 80
  "How wide the window is that the chat was last displayed in.")

(defun aid-chat-sign (sign twin)
  "SIGN where it can be displayed, else its ASCII TWIN."
  (if (char-displayable-p (aref sign 0)) sign twin))

;;; Spans

(defvar aid-chat--faces nil
  "The face of each number that the core uses, nil until known.")

(defun aid-chat--face-vector ()
  "The face of each of the core's numbers."
  (or aid-chat--faces
      (setq aid-chat--faces
            (vconcat (mapcar (lambda (name)
                               (let ((face (intern (format "aid-chat-%s"
                                                           (string-replace "_" "-" (format "%s" name))))))
                                 (and name (facep face) face)))
                             (aid--mod-face-names))))))

(defun aid-chat--apply-spans (spans base from limit)
  "Give the faces of SPANS, whose positions count from BASE, in FROM to LIMIT.
Give non-nil when there is a block of code among them."
  (let ((faces (aid-chat--face-vector)) (covered from) (n (length spans)) (i 0) code)
    (while (< (+ i 2) n)
      (let ((beg (max from (+ base (aref spans i))))
            (end (min limit (+ base (aref spans (1+ i)))))
            (face (aref faces (aref spans (+ i 2)))))
        (when (and face (< beg end))
          (if (>= beg covered)
              (put-text-property beg end 'face face)
            (add-face-text-property beg end face))
          (setq covered (max covered end))
          (when (eq face 'aid-chat-block)
            (setq code t))))
      (setq i (+ i 3)))
    code))

;;; Marker lines

(defun aid-chat--count (n)
  "The number N of tokens in few letters."
  (cond ((< n 1000) (format "%d" n))
        ((< n 10000) (format "%.1fk" (/ n 1000.0)))
        (t (format "%dk" (/ n 1000)))))

(defun aid-chat--seen-width (beg end)
  "How many columns the text from BEG to END takes; what is hidden takes none."
  (let ((width 0) next)
    (while (< beg end)
      (setq next (next-single-property-change beg 'invisible nil end))
      (unless (invisible-p (get-text-property beg 'invisible))
        (cl-incf width (string-width (buffer-substring-no-properties beg next))))
      (setq beg next))
    width))

(defun aid-chat--show-right (beg end text &optional room details)
  "Show TEXT at the right edge in place of the marker from BEG to END.
It is left out when the line's own text reaches so far.  ROOM is how many
columns are left free after it.  DETAILS are told with it by `help-echo'."
  (let* ((len (+ (string-width (or text "")) (or room 0)))
         (used (aid-chat--seen-width (line-beginning-position) beg)))
    (if (or (not text) (> (+ used len 2) aid-chat--width))
        (put-text-property beg end 'invisible 'aid-marker)
      ;; In a terminal the border to the window at the right takes a column of the text's.
      (put-text-property beg (1+ beg) 'display
                         `(space :align-to (- right ,(+ len (if (display-graphic-p) 1 2)))))
      (put-text-property (1+ beg) end 'display (propertize text 'face 'aid-chat-info)))
    (when text
      (put-text-property (line-beginning-position) end 'help-echo
                         (if details (concat text "; " details) text)))))

(defun aid-chat--edited-known-p (pos words)
  "Whether the answer with its marker at POS is known to be edited.
WORDS are its meta line's.  When nothing is known yet, it is looked at soon."
  (when (aid-chat--word "got" words)
    (pcase (get-text-property pos 'aid-edited)
      ('edited t)
      ('nil (aid-chat-edited-soon pos) nil))))

(defun aid-chat--place-info (turn)
  "Which one of how many answers to its question TURN is, as in \"2/3\"; or nil."
  (let ((group (aid-chat-group turn)))
    (and (cdr group)
         (cl-loop for other in group for n from 1
                  when (= (plist-get other :beg) (plist-get turn :beg))
                  return (format "%d/%d" n (length group))))))

(defun aid-chat--heading-info (turn edited)
  "What the right edge of TURN's heading says, or nil; EDITED: that it was edited."
  (if (eq (plist-get turn :kind) 'user)
      (and (plist-get turn :queued) (if aid-chat--stream "queued" "queued, waiting"))
    (aid-chat--joined (list (aid-chat--meta-info (nth 2 (aid-chat--meta-line turn)) edited)
                            (aid-chat--place-info turn)))))

(defun aid-chat--show-heading (marker)
  "Show the heading line of a turn with MARKER in it."
  (pcase-let* ((`(,beg ,end ,_) marker)
               (turn (aid-chat--with-end (aid-chat--turn-of marker)))
               (meta (and (not (eq (plist-get turn :kind) 'user))
                          (aid-chat--meta-line turn))))
    (put-text-property (line-beginning-position) beg 'face
                       (if (eq (plist-get turn :kind) 'alternative)
                           'aid-chat-heading3 'aid-chat-heading2))
    (aid-chat--show-right
     beg end (aid-chat--heading-info turn (aid-chat--edited-known-p beg (nth 2 meta)))
     ;; Alternatives are folded: three dots follow.
     (and (eq (plist-get turn :kind) 'alternative) 3)
     (aid-chat--meta-details (nth 2 meta)))))

(defvar aid-chat-item-map
  (let ((map (make-sparse-keymap)))
    (define-key map [mouse-2] #'aid-chat-visit-mouse)
    map)
  "Keymap on the link of a context line.")

(defvar-local aid-chat--item-tokens (make-hash-table :test #'equal)
  "How many tokens each target cost when it was last measured.")

(defun aid-chat--label-tells-p (label target)
  "Whether LABEL is where TARGET leads, so that it may stand alone."
  (let ((path (replace-regexp-in-string "#.*\\'" "" target)))
    (if (or (string-prefix-p "aid:" target) (equal label target))
        t
      (string-suffix-p (replace-regexp-in-string ":[0-9-]+\\'" "" label)
                       (aid-percent-decode path)))))

(defun aid-chat--show-item (marker)
  "Show the context line with MARKER: its label, and its cost at the right."
  (pcase-let* ((`(,beg ,end ,words) marker)
               (tokens (aid-chat--word "tok" (aid-chat--words words)))
               (why (aid-chat--word "why" (aid-chat--words words)))
               (sent (aid-chat--word "sent" (aid-chat--words words)))
               (marks (and (assoc "pin" (aid-chat--words words)) '("pinned"))))
    (save-excursion
      (beginning-of-line)
      (when (re-search-forward "\\[\\([^\n]*\\)\\](\\([^\n]*\\)) *\\=" beg t)
        (goto-char (line-beginning-position)))
      (when (looking-at " *[-*+] \\(\\[\\)\\([^\n]*\\)\\(\\](\\([^\n]*\\))\\) *<!--aid:")
        (let ((target (match-string-no-properties 4)))
          (when-let ((state (and sent (bound-and-true-p aid-context-stale--states)
                                 (cdr (assq (gethash (cons target sent) aid-context-stale--states)
                                            '((changed . "changed since") (gone . "gone since")))))))
            (push (propertize state 'face 'aid-chat-warning) marks))
          (unless (string-search " sent=" words)
            (setq tokens (or (gethash target aid-chat--item-tokens) tokens)))
          (add-text-properties
           (match-beginning 1) (match-end 3)
           (list 'face 'aid-chat-link 'mouse-face 'highlight 'follow-link t
                 'keymap aid-chat-item-map 'aid-target target 'help-echo target))
          (when (aid-chat--label-tells-p (match-string 2) target)
            (put-text-property (match-beginning 1) (match-end 1) 'invisible 'aid-marker)
            (put-text-property (match-beginning 3) (match-end 3) 'invisible 'aid-marker)))))
    (aid-chat--show-right
     beg end (and (or tokens why marks)
                  (concat (string-join (append marks (and why (list why))) ", ")
                          (if (and (or why marks) tokens) "  " "")
                          (cond ((stringp tokens)
                                 (concat (if (string-search " est=" words) "~" "")
                                         (aid-chat--count (string-to-number tokens)) " tok"))
                                (tokens (concat (aid-chat--tokens tokens) " tok"))))))))

(defun aid-chat--marker-bounds (marker)
  "What to hide of the line of MARKER, which point is in, as (BEG . END).
That is all of it, or the marker alone when somebody has written beside it."
  (let ((bol (line-beginning-position)) (eol (line-end-position)))
    (pcase-let ((`(,beg ,end ,_) marker))
      (if (string-blank-p (concat (buffer-substring-no-properties bol beg)
                                  (buffer-substring-no-properties end eol)))
          (cons bol (line-beginning-position 2))
        (cons beg end)))))

(defun aid-chat--hide-line (marker &optional instead)
  "Hide the line of MARKER, which point is in, or show INSTEAD in its place.
Point goes past a hidden line, so that nothing is typed into it unseen."
  (pcase-let ((`(,beg . ,end) (aid-chat--marker-bounds marker)))
    (if instead
        (put-text-property beg end 'display (if (= end (nth 1 marker)) (string-trim-right instead "\n") instead))
      (add-text-properties beg end '(invisible aid-marker front-sticky (invisible))))))

(defvar aid-chat-hunks-function nil
  "Function of a position that gives what the decisions' line there is shown as.")

(defun aid-chat--show-hunks (marker)
  "Show the line of decisions with MARKER, which point is in, as words."
  (let ((words (and aid-chat-hunks-function
                    (funcall aid-chat-hunks-function (line-beginning-position)))))
    (aid-chat--hide-line marker words)
    (when words
      (pcase-let ((`(,beg . ,end) (aid-chat--marker-bounds marker)))
        (put-text-property beg end 'keymap (get-text-property 0 'keymap words))))))

(defun aid-chat--show-first (marker)
  "Hide the first line of this chat, which has MARKER.
Nothing can be written before it: the file would be no chat any more."
  (aid-chat--hide-line marker)
  (when (bobp)
    (add-text-properties (point) (1+ (point))
                         '(read-only "the first line makes this file a chat"
                           front-sticky (invisible read-only)))))

(defun aid-chat--show-marker (marker)
  "Display the line with MARKER, which point is in."
  (pcase (car (split-string (nth 2 marker) " "))
    ("chat" (aid-chat--show-first marker))
    ("end" (aid-chat--hide-line marker))
    ("hunks" (aid-chat--show-hunks marker))
    ("meta" (aid-chat--hide-line marker (aid-chat--error-line (aid-chat--words (nth 2 marker)))))
    ("item" (aid-chat--show-item marker))
    ((or "reasoning" "tool" "edited" "diff") (aid-chat--show-fold marker))
    ((pred (string-match-p "\\`[0-9]")) (aid-chat--show-heading marker))
    (_ (put-text-property (car marker) (nth 1 marker) 'invisible 'aid-marker))))

(defun aid-chat--show-markers (beg end)
  "Display all marker lines from BEG to END."
  (save-excursion
    (goto-char beg)
    (let (marker)
      (while (setq marker (aid-chat--next-marker end))
        (save-excursion
          (goto-char (car marker))
          (aid-chat--show-marker marker))))))

;;; Folds

(defun aid-chat--fold-label (marker)
  "The words for the fold of MARKER."
  (let ((words (aid-chat--words (nth 2 marker))))
    (pcase (car (split-string (nth 2 marker) " "))
      ("reasoning" (if-let ((ms (aid-chat--word "ms" words)))
                       (concat "thought for " (aid-chat--seconds ms))
                     "thoughts"))
      ("tool" (concat "tool call: "
                      (aid-invisible-string (or (aid-chat--word "name" words) "?"))))
      ("diff" (if (aid-chat--word "refused" words) "as a change: refused" "as a diff"))
      (_ "applied instead"))))

(defun aid-chat--fold-end ()
  "Where the quote or fenced block ends that begins at point."
  (save-excursion
    (cond ((looking-at "\\(```+\\|~~~+\\)")
           (let ((fence (match-string 1)))
             (forward-line 1)
             (if (re-search-forward (concat "^" (regexp-quote fence) "[ \t]*$") nil t)
                 (line-beginning-position 2)
               (point-max))))
          (t
           (while (and (looking-at-p " \\{0,3\\}>") (not (eobp)))
             (forward-line 1))
           (point)))))

(defun aid-chat--fold-at (pos)
  "The fold that begins at POS, an overlay, or nil."
  (cl-loop for o in (overlays-in pos (1+ pos))
           when (and (overlay-get o 'aid-fold) (= (overlay-start o) pos)) return o))

(defun aid-chat--fold-set (fold hidden)
  "Hide the text of FOLD when HIDDEN, else show it."
  (overlay-put fold 'invisible (and hidden 'aid-fold))
  (aid-chat--refresh-line (1- (overlay-start fold))))

(defun aid-chat--fold-open (fold &rest _)
  "Show the text of FOLD, for a search that found something in it."
  (aid-chat--fold-set fold nil))

(defun aid-chat--refresh-line (pos)
  "Have the line at POS displayed anew."
  (save-excursion
    (goto-char pos)
    (aid-chat--refresh (line-beginning-position) (line-beginning-position 2))))

(defun aid-chat--refresh (beg end)
  "Have the text from BEG to END displayed anew."
  (with-silent-modifications
    (put-text-property beg (min (point-max) end) 'fontified nil)))

(defvar aid-chat--point 0
  "Where point is while text is displayed: nothing around it is folded.")

(defun aid-chat--fold-make (body end kind)
  "Fold what is from BODY to END, unless it was unfolded, and give the fold.
KIND is what its property `aid-fold' says.  What point is in is not folded."
  (let ((fold (aid-chat--fold-at body)))
    (if fold
        (unless (= end (overlay-end fold))
          (move-overlay fold body end))
      (setq fold (make-overlay body end nil t nil))
      (overlay-put fold 'aid-fold kind)
      (overlay-put fold 'evaporate t)
      (overlay-put fold 'isearch-open-invisible #'aid-chat--fold-open)
      (unless (<= body aid-chat--point end)
        (overlay-put fold 'invisible 'aid-fold)))
    fold))

(defun aid-chat--show-fold (marker)
  "Show the line of MARKER as the head of a fold over what follows it."
  (let* ((bounds (aid-chat--marker-bounds marker))
         (body (line-beginning-position 2))
         (end (save-excursion (goto-char body) (aid-chat--fold-end)))
         (fold (if (< body end)
                   (aid-chat--fold-make body end t)
                 (aid-chat--fold-at body))))
    (put-text-property
     (car bounds) (min (cdr bounds) (line-end-position)) 'display
     (propertize (concat (if (or (not fold) (overlay-get fold 'invisible))
                             (aid-chat-sign "▸" "+")
                           (aid-chat-sign "▾" "-"))
                         " " (aid-chat--fold-label marker))
                 'face 'aid-chat-fold))))

(defun aid-chat-fold-toggle ()
  "Show or hide the text that the line at point stands for.
Give nil when it stands for none."
  (save-excursion
    (beginning-of-line)
    (when-let ((fold (aid-chat--fold-at (line-beginning-position 2))))
      (aid-chat--fold-set fold (not (overlay-get fold 'invisible)))
      t)))

;;; Long lines

(defun aid-chat--shorten-line ()
  "Show the line that point is in shortened when it is very long."
  (let ((beg (line-beginning-position)) (end (line-end-position)))
    (when (> (- end beg) aid-chat--long-line)
      (put-text-property (+ beg 1000) end 'display
                         (propertize (format " %s %d more characters in this line"
                                             (aid-chat-sign "…" "...") (- end beg 1000))
                                     'face 'aid-chat-info)))))

(defun aid-chat--shorten-lines (beg end)
  "Show the very long lines from BEG to END shortened."
  (save-excursion
    (goto-char beg)
    (while (progn (aid-chat--shorten-line)
                  (and (zerop (forward-line 1)) (< (point) end))))))

;;; Fontification

(defun aid-chat--region (beg end)
  "The whole lines around BEG to END, as far as one may look at once.
In a quote they begin with the marker that it may belong to."
  (save-excursion
    (goto-char beg)
    (beginning-of-line)
    (let ((least (- (point) aid-chat--most)))
      (while (and (> (point) least) (looking-at-p ">") (zerop (forward-line -1)))))
    (cons (point)
          (progn (goto-char (min end (+ beg aid-chat--most)))
                 (if (bolp) (point) (line-beginning-position 2))))))

(defun aid-chat-display-direct (beg end)
  "Have paragraphs face as their letters do once there are such from BEG to END.
Where nothing is written from right to left Emacs need not look back for
the beginning of a paragraph each time it shows a line: that is more than
half of what it costs to show an answer that arrives."
  (when (and bidi-paragraph-direction
             (save-excursion
               (goto-char beg)
               (re-search-forward "\\cR" end t)))
    (setq bidi-paragraph-direction nil)))

(defun aid-chat-fontify (beg end)
  "Display the text from BEG to END, for jit-lock."
  (save-excursion
    (save-restriction
      (widen)
      (pcase-let ((aid-chat--point (point))
                  (inhibit-read-only t)
                  (`(,beg . ,end) (aid-chat--region beg end)))
        (remove-list-of-text-properties beg end aid-chat--properties)
        (aid-chat-display-direct beg end)
        (when-let ((doc (aid-chat-doc)))
          (ignore-errors
            (pcase-let* ((to (min end (+ beg aid-chat--most)))
                         (`(,_ ,_ . ,spans) (aid--mod-doc-spans doc (1- beg) (1- to))))
              (when (aid-chat--apply-spans spans 1 beg to)
                (aid-chat-code-fontify beg end)))))
        (aid-invisible-show beg (min end (+ beg aid-chat--most)))
        (aid-chat--show-markers beg end)
        (goto-char (point-min))
        (when (search-forward " answer-->" nil t)     ; nothing was sent before that
          (aid-chat-pasted-show beg end))
        (aid-chat--shorten-lines beg end)
        (when (featurep 'aid-chat-wrap)     ; an answer has arrived in this Emacs
          (aid-chat-wrap-lines beg end))
        `(jit-lock-bounds ,beg . ,end)))))

(provide 'aid-chat-display)
;;; aid-chat-display.el ends here
