;;; aid-secrets.el --- Secrets do not leave by accident  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Before a question is sent the core builds it and looks through it for keys,
;; tokens and passwords.  What it finds holds the question back, and the person
;; says what becomes of each: send without the item, send it with the value
;; replaced by what it was, or send it all the same.  What was decided holds for
;; these values in this chat while its buffer lives.  The core looks again at
;; the bytes that it sends: whoever does not ask here is refused there.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-chat-later)
(require 'seq)

(declare-function aid--mod-held "ext:aid-module" (plist))
(declare-function aid--mod-secrets "ext:aid-module" (text))
(declare-function aid-chat-key "aid-chat-text" ())
(declare-function aid-chat--turn-forward "aid-chat-text" ())

(defvar aid-chat--item-line)
(defvar inhibit-interaction)
(defvar aid-chat--alone)

(defvar-local aid-secrets--allowed nil
  "The findings that this person sends all the same: the core's names for them.")

(defvar-local aid-secrets--removed nil
  "The findings in items that are replaced wherever they are sent.")

(defconst aid-secrets--seconds 2
  "How long the look for secrets is waited for, for a disk may be stuck.
Then the question is sent, and the core itself holds it back if it must.")

;;; Finding

(defun aid-secrets--plist (plist)
  "PLIST of a request with what was decided in this chat."
  (append (list :allow-secrets (and aid-secrets--allowed (string-join aid-secrets--allowed " "))
                :remove-secrets (and aid-secrets--removed (string-join aid-secrets--removed " ")))
          plist))

(defun aid-secrets--list (kind value &rest _)
  "What keeps a request from being sent, as the core's answer of KIND, VALUE, says."
  (and (eq kind 'result) (append (plist-get value :held) nil)))

(defun aid-secrets-look (plist then)
  "Have the core look for what keeps the request PLIST from being sent.
THEN is called with it, a list of plists, when that is known."
  (aid--on-event (aid--mod-held (aid-secrets--plist plist))
                 (lambda (kind value)
                   (funcall then (aid-secrets--list kind value)))))

(defun aid-secrets--held (plist)
  "What keeps the request PLIST from being sent, as a list of plists."
  ;; What is decided about some changes what is found: it is looked anew each time.
  (let ((aid-chat-later--way (and (eq aid-chat-later--way 'leave) 'leave)))
    (apply #'aid-secrets--list
           (or (aid-chat-later-job 'held aid-secrets--seconds
                                   (lambda () (aid--mod-held (aid-secrets--plist plist))))
               '(nil nil)))))

(defun aid-secrets--group (held)
  "Those of HELD that stand where the first one does."
  (let ((place (lambda (one)
                 (list (plist-get one :target) (plist-get one :asked) (plist-get one :where)))))
    (seq-filter (lambda (one) (equal (funcall place one) (funcall place (car held)))) held)))

;;; Asking

(defun aid-secrets--say (one)
  "What the finding ONE is, and its line."
  (if (plist-get one :file)
      (format "a file of %s" (plist-get one :kind))
    (format "line %d: %s, %s" (plist-get one :line) (plist-get one :kind) (plist-get one :mask))))

(defun aid-secrets--where (one)
  "Where the finding ONE stands, as people say it."
  (or (plist-get one :item)
      (let ((where (plist-get one :where)))
        (concat (upcase (substring where 0 1)) (substring where 1)))))

(defun aid-secrets--prompt (group)
  "What to say about GROUP, findings in one place."
  (let ((more (- (length group) 3)))
    (format "%s, %s%s.  Send it" (aid-secrets--where (car group))
            (mapconcat #'aid-secrets--say (seq-take group 3) "; ")
            (if (> more 0) (format "; and %d more" more) ""))))

(defun aid-secrets--choose (group)
  "Ask what becomes of GROUP: `without', `replaced', `send', or nil to cancel."
  (when inhibit-interaction             ; what reads the choice would not hear of it
    (signal 'inhibited-interaction nil))
  (let ((choice (car (read-multiple-choice
                      (aid-secrets--prompt group)
                      (append
                       '((?r "replaced" "Send \"[removed: ...]\" in the place of each value.")
                         (?s "send all the same" "Send it as it is; you are not asked again here."))
                       (and (plist-get (car group) :target)
                            '((?w "without it" "Take the item out of the question.")))
                       '((?c "cancel" "Send nothing.")))))))
    (cdr (assq choice '((?r . replaced) (?s . send) (?w . without))))))

;;; Doing

(defun aid-secrets--drop-item (target)
  "Take the context lines that lead to TARGET out of this chat's questions."
  (save-excursion
    (goto-char (point-min))
    (let ((inhibit-read-only t))
      (while (re-search-forward aid-chat--item-line nil t)
        (when (and (equal (match-string 3) (aid-chat-key))
                   (equal (match-string 2) target))
          (delete-region (line-beginning-position)
                         (min (point-max) (1+ (line-end-position)))))))))

(defun aid-secrets--written ()
  "Where this chat's turns are that a person may have written in.
They are given as (BEG . END), the last first."
  (save-excursion
    (goto-char (point-min))
    (let (turn all)
      (while (setq turn (aid-chat--turn-forward))
        (when (and (caar all) (not (cdar all)))
          (setcdr (car all) (plist-get turn :beg)))
        (when (memq (plist-get turn :kind) '(user answer summary))
          (push (cons (plist-get turn :body) nil) all)))
      (when (and all (not (cdar all)))
        (setcdr (car all) (point-max)))
      all)))

(defun aid-secrets--replace-typed (ids)
  "Replace what IDS name in this chat's turns; give how many there were."
  (let ((inhibit-read-only t) (n 0))
    (save-excursion
      (pcase-dolist (`(,beg . ,end) (aid-secrets--written))
        (dolist (one (nreverse (append (aid--mod-secrets (buffer-substring-no-properties beg end)) nil)))
          (when (member (plist-get one :id) ids)
            (goto-char (+ beg (plist-get one :beg)))
            (delete-region (point) (+ beg (plist-get one :end)))
            (insert (format "[removed: %s]" (plist-get one :kind)))
            (cl-incf n)))))
    n))

(defun aid-secrets--decide (group)
  "Ask what becomes of GROUP, findings in one place, and do it."
  (let ((ids (mapcar (lambda (one) (plist-get one :id)) group))
        (target (plist-get (car group) :target)))
    (pcase (aid-secrets--choose group)
      ('send (setq aid-secrets--allowed (append ids aid-secrets--allowed)))
      ('without (aid-secrets--drop-item target))
      ((and 'replaced (guard target))
       (setq aid-secrets--removed (append ids aid-secrets--removed)))
      ('replaced (when (zerop (aid-secrets--replace-typed ids))
                   (user-error "Not sent: the %s is in %s; take it out there, or send it all the same"
                               (plist-get (car group) :kind) (plist-get (car group) :where))))
      (_ (user-error "Not sent")))))

(defun aid-secrets-agree (plist)
  "Give PLIST, a request, with what was decided about the secrets in it.
Ask about those that nothing was decided about.  A quit, or the choice to
cancel, is an error: nothing is sent then.  With nobody there they were looked
for before."
  (save-restriction
    (widen)
    (let ((last nil) held)
      (while (setq held (and (not aid-chat--alone)
                               (aid-secrets--held plist)))
        (when (equal held last)         ; what was done did not help
          (user-error "Not sent: %s" (aid-secrets--prompt (aid-secrets--group held))))
        (setq last held)
        (aid-secrets--decide (aid-secrets--group held)))
      (aid-secrets--plist plist))))

(provide 'aid-secrets)
;;; aid-secrets.el ends here
