;;; aid-undo.el --- Take back all that an answer changed  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Each accepted hunk is taken back by its markers while its buffer lives,
;; else by placing its reverse, which works after a restart too.  What the
;; person has edited since is left alone and listed.

;;; Code:

(require 'aid-review)
(require 'cl-lib)
(require 'subr-x)

(autoload 'aid-measure-decided "aid-measure")
(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answers "aid-chat-text" ())
(declare-function aid-chat-answer-at "aid-chat-text" (&optional pos))
(declare-function aid-chat-at-hand "aid-chat" ())

;;; Renamed files

(defun aid-undo--there-p (root path)
  "Whether PATH under ROOT is a file or in a buffer."
  (let ((file (aid-apply-file root path)))
    (or (file-exists-p file) (find-buffer-visiting file))))

(defun aid-undo--renamed-p (root hunk)
  "Whether the file of HUNK under ROOT has the new name that a patch gave it."
  (and (eq (aid-hunk-op hunk) 'rename)
       (not (aid-undo--there-p root (aid-hunk-old-path hunk)))
       (aid-undo--there-p root (aid-hunk-path hunk))))

(defun aid-undo--rename-back (root hunk)
  "Give the file of HUNK under ROOT its old name again.  Give nil or a reason."
  (condition-case err
      (progn (aid-apply-rename root (aid-hunk-path hunk) (aid-hunk-old-path hunk))
             (aid-apply--remove-folders (aid-apply-file root (aid-hunk-path hunk))
                                        (and (aid-hunk-record hunk)
                                             (aid-apply-record-made (aid-hunk-record hunk))))
             nil)
    (error (aid-error-words err))))

;;; By placing the reverse

(defun aid-undo--path (root hunk)
  "What the file of HUNK under ROOT is called now."
  (if (and (eq (aid-hunk-op hunk) 'rename) (not (aid-undo--renamed-p root hunk)))
      (aid-hunk-old-path hunk)
    (aid-hunk-path hunk)))

(defun aid-undo--source (review hunk)
  "What to reverse for HUNK of REVIEW: text, patch, numbers of file and hunk.
That is the answer, but for what was edited or has another name now."
  (let* ((edited (and (eq (aid-hunk-state hunk) 'edited)
                      (or (aid-hunk-edit hunk)
                          (aid-decisions-edited-text (aid-review-chat review)
                                                     (aid-review-part-turn (aid-hunk-part hunk))
                                                     hunk)
                          (error "The text that was applied instead is not in the chat"))))
         (text (and (or edited (eq (aid-hunk-op hunk) 'rename))
                    (aid-decisions-diff (aid-undo--path (aid-review-root review) hunk)
                                        (or edited (aid-hunk-text hunk))
                                        (eq (aid-hunk-op hunk) 'create)))))
    (if text
        (list text (aid--mod-patch-read text) 0 0)
      (list (aid-review-part-text (aid-hunk-part hunk)) (aid-review-part-patch (aid-hunk-part hunk))
            (aid-hunk-file hunk) (aid-hunk-index hunk)))))

(defun aid-undo--by-placing (review hunk only-look)
  "Take HUNK of REVIEW back by placing its reverse.  Give nil or a reason.
With ONLY-LOOK change nothing: nil is when it is taken back already."
  (condition-case err
      (pcase-let* ((`(,text ,patch ,number ,index) (aid-undo--source review hunk))
                   (root (aid-review-root review))
                   (_ (and index (not only-look)
                           (aid-apply-visit root (aid-undo--path root hunk))))
                   (plan (aid-apply-plan text patch root :reverse t
                                         :only (and index (list index))))
                   (file (nth number (plist-get plan :files)))
                   (place (cl-find-if (lambda (h) (eql index (plist-get h :index)))
                                      (plist-get file :hunks))))
        (pcase (or (plist-get place :status) (plist-get file :status))
          ("already" nil)
          ;; What resembles the change is not it.
          ((guard (equal (plist-get place :method) "adjusted"))
           (aid-undo--reason hunk "it was edited since"))
          ((and "applied" (guard (not only-look))) (aid-undo--reverse root file place))
          ("applied" "it is there")
          (_ (aid-undo--reason hunk (or (plist-get place :reason) "")
                               (plist-get file :reason)))))
    (error (aid-error-words err))))

(defun aid-undo--reason (hunk &rest reasons)
  "Why HUNK is left alone: the first of REASONS that says something."
  (format "%s: %s" (aid-hunk-path hunk)
          (or (cl-find-if (lambda (reason) (not (string-empty-p (or reason "")))) reasons)
              "the change is not there any more")))

(defun aid-undo--reverse (root file place)
  "Apply FILE of a reverse plan under ROOT, of it the hunk PLACE.  Give nil."
  (let ((path (plist-get file :path)))
    (pcase (plist-get file :op)
      ;; The plan says that it holds just what was made.
      ("delete" (aid-apply-remove (aid-apply-file root path)))
      ("create" (unless (aid-undo--there-p root path)
                  (aid-apply-create root path (plist-get file :text) (plist-get file :mode))))
      ((and "modify" (guard (not place)))
       (aid-apply-mode root path (plist-get file :mode)))
      (_ (aid-apply-modify root path (plist-get place :edits)))))
  nil)

;;; One hunk

(defun aid-undo--text (review hunk)
  "Take back what HUNK of REVIEW changed in a text.  Give nil or a reason."
  (let* ((record (aid-hunk-record hunk))
         (why (if record (aid-apply-reverse record) 'gone)))
    (cond ((eq why 'gone) (aid-undo--by-placing review hunk nil))
          ((and why (eq 'modify (aid-apply-record-op record))
                (not (aid-undo--by-placing review hunk t)))
           nil)
          (t why))))

(defun aid-undo-hunk (review hunk)
  "Take back what HUNK of REVIEW did.  Give nil, or why it can't be taken back.
A renamed file has its old name first: it gets the new one when all of its
hunks are decided."
  (let* ((root (aid-review-root review))
         (applied (memq (aid-hunk-state hunk) '(accepted edited)))
         (why (and applied (aid-undo--renamed-p root hunk)
                   (aid-undo--rename-back root hunk))))
    (when (and applied (not why) (or (aid-hunk-index hunk) (not (eq (aid-hunk-op hunk) 'rename))))
      (setq why (aid-undo--text review hunk)))
    (unless why
      (aid-measure-decided review hunk 'undone (aid-hunk-state hunk))
      (setf (aid-hunk-state hunk) nil (aid-hunk-record hunk) nil (aid-hunk-edit hunk) nil
            (aid-hunk-replaced hunk) nil)
      (when (and applied
                 (not (cl-some (lambda (h) (and (memq (aid-hunk-state h) '(accepted edited))
                                                (aid-hunk-same-file-p h hunk)))
                               (aid-review-hunks review))))
        (aid-review-give-mode review hunk :old_mode)))
    why))

;;; The whole answer

(defun aid-undo--applied (review turn)
  "The hunks of answer TURN in REVIEW that were applied, the last first."
  (reverse (cl-remove-if-not (lambda (h) (and (eql turn (aid-review-part-turn (aid-hunk-part h)))
                                              (memq (aid-hunk-state h) '(accepted edited))))
                             (append (aid-review-hunks review) nil))))

(defun aid-undo--applied-p (turn)
  "Whether hunks of answer TURN here were applied."
  (cl-some (lambda (known) (memq (cdr known) '(accepted edited)))
           (aid-decisions-read (current-buffer) turn)))

(defun aid-undo--turn (turn)
  "The answer that is meant: TURN, the one at point, the last with applied hunks."
  (let ((here (aid-chat-answer-at)))
    (or turn
        (and here (aid-undo--applied-p here) here)
        (cl-find-if #'aid-undo--applied-p (reverse (aid-chat-answers)))
        (user-error "No answer's hunks were applied in this chat"))))

(defun aid-undo--say (turn all whys)
  "Say that ALL hunks of answer TURN were taken back but those with WHYS."
  (if whys
      (message "%d of %d taken back; left alone:\n%s" (- all (length whys)) all
               (string-join (delete-dups whys) "\n"))
    (message "Took back %d hunk%s of answer %d" all (if (= 1 all) "" "s") turn)))

;;;###autoload
(defun aid-undo-answer (&optional turn)
  "Take back every change that an answer made, over all its files.
In a chat it is the answer at point when hunks of it were applied, else the
last such answer; elsewhere the last one of the project's chat.  With TURN,
that answer.  Places that were edited since are left alone and listed; files
are saved as after a review."
  (interactive)
  (with-current-buffer (if aid-review--this
                           (aid-review-chat-buffer aid-review--this)
                         (require 'aid-chat)
                         (aid-chat-at-hand))
    (let* ((turn (aid-undo--turn turn))
           (review (aid-review-of (current-buffer) turn))
           (aid-apply-touched (aid-review-touched review))
           (hunks (aid-undo--applied review turn))
           (whys (delq nil (mapcar (lambda (h) (aid-undo-hunk review h)) hunks))))
      (aid-review-write review)
      (aid-apply-save aid-apply-touched)
      (setf (aid-review-touched review) nil
            (aid-review-history review) (aid-review--restored (aid-review-hunks review)))
      (aid-review-show-anew review)
      (run-hook-with-args 'aid-after-review-functions (current-buffer) turn)
      (aid-undo--say turn (length hunks) whys)
      (run-hook-with-args 'aid-review-left-functions (current-buffer) (list turn)))))

(provide 'aid-undo)
;;; aid-undo.el ends here
