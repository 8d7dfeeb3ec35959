;;; aid-judge.el --- What an answer would come to  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; An answer is judged before it is reviewed: the core applies it to a copy of
;; the project as it is now, with what is not saved, and builds that in a box.
;; The line under the answer then says what it would come to, and in a review
;; each hunk's line has its own word, before anything touches the tree.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'cl-lib)
(require 'aid-build)
(require 'aid-review)

(declare-function aid--mod-judge-soon "ext:aid-module" (plist))
(declare-function aid--mod-judge-stop "ext:aid-module" (root))
(declare-function aid-chat-answer-text "aid-chat-text" (number))
(declare-function aid-chat-root "aid-chat" ())

;;;###autoload
(defcustom aid-judge-answers nil
  "Whether an answer with a patch is judged as soon as it has come.
With t it is said whether it type-checks and builds, with `tests' also whether
the tests pass.  Only by a command that was allowed in the project, by an
`aid-build', and in a box: your files stay as they are."
  :type '(choice (const :tag "No" nil) (const :tag "Types and build" t)
                 (const :tag "Tests, too" tests))
  :group 'aid)

(cl-defstruct (aid-judge (:constructor aid-judge--make))
  "What is known of one answer.
ID is the request that runs, or nil, VAL what it came to, a plist; TICKS an
alist of the project's buffers and how they were, ROOT its folder.  ASKED: a
person waits for it."
  id val ticks root asked)

(defvar-local aid-judge--known nil
  "The numbers of this chat's answers to an `aid-judge', or nil.")

(defvar aid-judge--told nil
  "Why nothing was judged, what was said of that once.")

(defun aid-judge--of (chat turn)
  "What is known of answer TURN in CHAT, or nil."
  (let ((known (and (buffer-live-p chat) (buffer-local-value 'aid-judge--known chat))))
    (and known (gethash turn known))))

;;; Judging

(defun aid-judge--ticks (root)
  "The buffers of files below ROOT and how often they were changed."
  (cl-loop for buffer in (buffer-list)
           for file = (buffer-file-name buffer)
           when (and file (string-prefix-p (file-name-as-directory root) file))
           collect (cons buffer (buffer-chars-modified-tick buffer))))

(defun aid-judge--text (buffer)
  "The text of BUFFER as it would be saved."
  (let ((text (aid-apply-text buffer))
        (eol (coding-system-eol-type (buffer-local-value 'buffer-file-coding-system buffer))))
    (if (eql eol 1) (string-replace "\n" "\r\n" text) text)))

(defun aid-judge--texts (root)
  "The texts that are not saved below ROOT, by their paths."
  (mapcar (lambda (buffer)
            (cons (file-relative-name (buffer-file-name buffer) root) (aid-judge--text buffer)))
          (aid-build--unsaved root)))

(defun aid-judge--begin (chat turn root wish &optional asked more)
  "Judge answer TURN in CHAT, by the build that WISH names, of the project at ROOT.
ASKED: a person waits for it.  MORE are arguments for `aid--mod-judge-soon'."
  (with-current-buffer chat
    (let* ((judge (aid-judge--make :root root :ticks (aid-judge--ticks root) :asked asked))
           (id (aid--mod-judge-soon
                (append more (list :root root :dir (plist-get wish :dir) :line (plist-get wish :line)
                                   :answer (aid-chat-answer-text turn) :texts (aid-judge--texts root)
                                   :tests (eq 'tests aid-judge-answers))))))
      (setf (aid-judge-id judge) id)
      (unless aid-judge--known
        (setq aid-judge--known (make-hash-table)))
      (puthash turn judge aid-judge--known)
      (aid--on-event-here id (lambda (kind val &rest _) (aid-judge--ended turn judge kind val)))
      (aid-judge--show turn))))

(defun aid-judge--ended (turn judge kind val)
  "Note that JUDGE, of answer TURN here, has come to what KIND and VAL say.
With the kind `judged\=' that is about the whole; the hunks come later."
  (unless (eq kind 'judged)
    (setf (aid-judge-id judge) nil))
  (when (eq judge (gethash turn aid-judge--known))
    (if (memq kind '(judged result))
        (progn
          (setf (aid-judge-val judge) val)
          (when (and (eq kind 'result) (aid-judge-asked judge))
            (message "Answer %d %s" turn (or (aid-judge--sum val) "was not judged"))))
      (remhash turn aid-judge--known)
      (unless (equal "cancelled" (format "%s" (plist-get val :code)))
        (aid-judge--tell (plist-get val :message))))
    (aid-judge--show turn)))

(defun aid-judge--tell (words)
  "Say once in WORDS why nothing is judged."
  (unless (member words aid-judge--told)
    (push words aid-judge--told)
    (message "Not judged: %s" words)))

(defun aid-judge--show (turn)
  "Show what is known of answer TURN of this chat anew."
  (aid-status-refresh turn)
  (let ((chat (current-buffer)))
    (dolist (buffer (buffer-list))
      (let ((review (buffer-local-value 'aid-review--this buffer)))
        (when (and review (eq chat (aid-review-chat review)) (memq turn (aid-review-turns review)))
          (with-current-buffer buffer
            (aid-review--update)))))))

(defun aid-judge--here (chat ask)
  "The root of CHAT's project and the wish to build it, if that is allowed.
With ASK, that is asked about; else it is said once why nothing is judged."
  (with-current-buffer chat
    (let ((root (and (aid-chat-root) (directory-file-name (aid-chat-root)))))
      (when (and root (not (file-remote-p root)))
        (pcase-let* ((default-directory (file-name-as-directory root))
                     (`(,found . ,wish) (aid-build--find (aid-build--wish root))))
          (cond ((plist-get found :error)
                 (if ask (user-error "%s" (plist-get found :error))))
                ((if ask (aid-build--allowed found wish) (plist-get found :trusted))
                 (cons root wish))
                (ask (user-error "Nothing was run"))
                (t (aid-judge--tell (format "`%s' was not allowed in %s yet; M-x aid-judge asks"
                                            (plist-get found :command) (abbreviate-file-name root)))
                   nil)))))))

;;;###autoload
(defun aid-judge-answer (chat turn)
  "Judge answer TURN in CHAT, which has just come, if that is wished and allowed."
  (when aid-judge-answers
    (condition-case err
        (pcase (aid-judge--here chat nil)
          (`(,root . ,wish) (aid-judge--begin chat turn root wish)))
      (error (aid-judge--tell (aid-error-words err))))))

;;;###autoload
(defun aid-judge ()
  "Say what the answer at point, or the last one with a patch, would come to.
It is built in a box, over a copy of the project; nothing is changed.  In a
review it is about the hunks of the answer at point that are undecided."
  (interactive)
  (aid-module-ensure)
  (if aid-review--this
      (let* ((review aid-review--this) (part (aid-hunk-part (aid-review--here)))
             (open (aid-review-open (aid-review--own review part))))
        (unless (plist-get open :only)
          (user-error "All hunks of this answer are decided"))
        (aid-judge--ask (aid-review-chat-buffer review) (aid-review-part-turn part) open))
    (with-current-buffer (aid-chat-at-hand)
      (aid-judge--ask (current-buffer) (aid-review--turn)))))

(defun aid-judge--ask (chat turn &optional more)
  "Judge answer TURN in CHAT because a person asks; MORE as in `aid-judge--begin'."
  (pcase (aid-judge--here chat t)
    (`(,root . ,wish)
     (setq aid-judge--told nil)
     (aid-judge--begin chat turn root wish t more))
    (_ (user-error "Only projects on this machine are judged"))))

;;; Words

(defun aid-judge--stale-p (judge)
  "Whether the project's buffers were changed by hand since JUDGE looked."
  (cl-loop for (buffer . tick) in (aid-judge--ticks (aid-judge-root judge))
           for cell = (assq buffer (aid-judge-ticks judge))
           ;; One that was visited since is as its file was, until it is changed.
           thereis (if cell (/= tick (cdr cell)) (buffer-modified-p buffer))))

(defun aid-judge--applied (buffer _how)
  "Note that BUFFER was changed by a hunk, which is no change by hand.
What was judged of the others holds with it, and without it again."
  (dolist (chat (buffer-list))
    (when-let ((known (buffer-local-value 'aid-judge--known chat)))
      (maphash (lambda (_ judge)
                 (setf (alist-get buffer (aid-judge-ticks judge)) (buffer-chars-modified-tick buffer)))
               known))))

(defun aid-judge--passed (passed)
  "PASSED, a list of names of rungs, in words."
  (if (or (cdr passed) (not (equal passed '("parses"))))
      (mapconcat (lambda (rung)
                   (pcase rung ("types" "type-checks") ("tests" "passes its tests") (_ rung)))
                 (remove "parses" passed) ", ")
    "parses"))

(defun aid-judge--fault (fault &optional without)
  "FAULT, a plist, in words, with what it comes WITHOUT."
  (concat (pcase (plist-get fault :rung)
            ("applies" "does not apply")
            ("parses" "does not parse")
            ("types" "does not type-check")
            ("tests" "fails the tests")
            (_ "breaks the build"))
          (pcase (plist-get fault :result)
            ("failed" "")
            (limit (format " (%s)" limit)))
          (if without (concat ", also" without) "")
          ": "
          (if (plist-get fault :path)
              (format "%s:%d: " (plist-get fault :path) (plist-get fault :line))
            "")
          (plist-get fault :message)))

(defun aid-judge--sum (val)
  "VAL, what came of an answer, in words with a face, or nil."
  (let ((passed (aid-judge--passed (plist-get val :passed))))
    (pcase (plist-get val :status)
      ("green" (propertize passed 'face 'aid-build-green))
      ("red" (propertize (aid-judge--fault (plist-get val :fault)) 'face 'aid-build-red))
      ("broken" (propertize (format "%s%sthe project itself does not pass: %s" passed
                                    (if (string-empty-p passed) "" "; ") (plist-get val :broken))
                            'face 'aid-build-other)))))

(defun aid-judge--dim (words judge)
  "WORDS of JUDGE, in their face while they hold."
  (if (aid-judge--stale-p judge)
      (propertize (concat "earlier: " (substring-no-properties words)) 'face 'shadow)
    words))

(defun aid-judge-words (turn)
  "What is to be said of answer TURN of this chat, or nil.
What was decided since makes it idle."
  (when-let ((judge (aid-judge--of (current-buffer) turn)))
    (let ((words (and (aid-judge-val judge) (aid-judge--sum (aid-judge-val judge)))))
      (cond ((and (aid-judge-id judge) (not words)) (propertize "judging" 'face 'aid-build-other))
            ((and words (not (rassq 'accepted (aid-decisions-read (current-buffer) turn))))
             (aid-judge--dim (aid-invisible-string (truncate-string-to-width words 72 nil nil t))
                             judge))))))

(defun aid-judge--word (judge hunk)
  "What JUDGE says of HUNK: a plist, or nil."
  (cl-find-if (lambda (one)
                (and (equal (plist-get one :id) (aid-hunk-id hunk))
                     (eql (plist-get one :hunk) (aid-hunk-index hunk))))
              (plist-get (aid-judge-val judge) :hunks)))

(defun aid-judge--without (review judge hunk)
  "What JUDGE has taken out of HUNK's answer of REVIEW, in words.
What passed did so without all that breaks; what breaks was blamed once that was
out which breaks the whole."
  (let* ((passed (equal "passed" (plist-get (aid-judge--word judge hunk) :word)))
         (numbers (cl-loop for other across (aid-review-hunks review) for n from 1
                           for word = (and (eq (aid-hunk-part other) (aid-hunk-part hunk))
                                           (aid-judge--word judge other))
                           when (and (equal "breaks" (plist-get word :word))
                                     (or passed (plist-get word :whole)))
                           collect (number-to-string n))))
    (format " without hunk%s %s" (if (cdr numbers) "s" "") (string-join numbers ", "))))

(defun aid-judge-hunk-words (review hunk)
  "What is to be said of HUNK of REVIEW, or nil."
  (let* ((judge (aid-judge--of (aid-review-chat review) (aid-review-part-turn (aid-hunk-part hunk))))
         (word (and judge (aid-review-undecided-p hunk) (aid-judge--word judge hunk)))
         (rest (if (or (null word) (plist-get word :whole)) "" (aid-judge--without review judge hunk))))
    (if (and judge (aid-judge-id judge) (aid-review-undecided-p hunk))
        (propertize "judging" 'face 'aid-build-other)
      (when-let ((words (pcase (plist-get word :word)
                          ("passed" (propertize (concat (aid-judge--passed (plist-get word :passed)) rest)
                                                'face 'aid-build-green))
                          ("breaks" (propertize (aid-judge--fault (plist-get word :fault)
                                                                  (and (not (equal rest "")) rest))
                                                'face 'aid-build-red))
                          ("unknown" (propertize "not judged" 'face 'aid-build-other)))))
        (if (aid-judge--decided-otherwise-p review hunk)
            (propertize (concat "earlier: " (substring-no-properties words)) 'face 'shadow)
          (aid-judge--dim words judge))))))

(defun aid-judge--decided-otherwise-p (review hunk)
  "Whether of HUNK's answer in REVIEW hunks were rejected or edited."
  (cl-some (lambda (other) (memq (aid-hunk-state other) '(rejected edited)))
           (aid-review--own review (aid-hunk-part hunk))))

;;; Going to what is at fault

(defun aid-judge--fault-here ()
  "What is said to be at fault at point: (ROOT . FAULT), or nil."
  (let* ((review aid-review--this)
         (hunk (and review (aid-review--here)))
         (turn (if hunk (aid-review-part-turn (aid-hunk-part hunk)) (aid-review--turn)))
         (judge (aid-judge--of (if review (aid-review-chat review) (current-buffer)) turn))
         (word (and judge hunk (aid-judge--word judge hunk)))
         (fault (and judge (or (plist-get word :fault)
                               (plist-get (aid-judge-val judge) :fault)))))
    (and fault (cons (aid-judge-root judge) fault))))

;;;###autoload
(defun aid-judge-visit ()
  "Go to where an error would be that the judged answer, or hunk, makes.
The line is that of the file as it is now."
  (interactive)
  (pcase (aid-judge--fault-here)
    ('nil (user-error "Nothing at fault is known here; M-x aid-judge judges"))
    (`(,root . ,fault)
     (let ((file (and (plist-get fault :path) (expand-file-name (plist-get fault :path) root))))
       (when (and file (file-exists-p file))
         (find-file-other-window file)
         (widen)
         (goto-char (point-min))
         (forward-line (1- (max 1 (plist-get fault :line)))))
       (message "%s" (aid-judge--fault fault))))))

(add-hook 'aid-status-words-functions #'aid-judge-words)
(add-hook 'aid-review-hunk-words-functions #'aid-judge-hunk-words)
(add-hook 'aid-after-apply-functions #'aid-judge--applied)

(provide 'aid-judge)
;;; aid-judge.el ends here
