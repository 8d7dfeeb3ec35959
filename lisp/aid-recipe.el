;;; aid-recipe.el --- The context that a strategy asks for  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A strategy names sources of context: the project's errors, the uncommitted
;; changes, the files that go with those of the question.  Here they become
;; context lines, each with why it was added; what one deletes stays deleted.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-percent)
(require 'aid-chat-later)
(require 'aid-chat-send)
(require 'aid-in-force)

(declare-function aid--mod-recipe-soon "ext:aid-module" (name doc root dir))
(declare-function aid--mod-find-soon "ext:aid-module" (plist))
(declare-function aid--on-event-here "aid-module" (id function))
(declare-function aid--await "aid-module" (seconds done &optional alone))
(declare-function aid-module-ensure "aid-module" ())
(declare-function aid-context--file-target "aid-context" (dir file &optional first last))
(declare-function aid-context--item-soon "aid-context-items" (target &optional typed count))
(declare-function aid-context--note-cost "aid-context-items" (target val))
(declare-function aid--mod-build-last "ext:aid-module" (root))
(declare-function aid-errors-text "aid-errors" (&optional path known))
(declare-function aid-chat-root "aid-chat" ())
(autoload 'aid-model-secret "aid-model")
(autoload 'aid-model-secret-near-p "aid-model")
(declare-function aid-chat-at-hand "aid-chat" ())
(declare-function aid-chat-doc "aid-chat-text" ())
(declare-function aid-chat--own-p "aid-chat" ())
(declare-function aid-chat-add-item "aid-chat-send" (chat label target &optional words))
(declare-function aid-chat--open-items "aid-chat-head" ())
(declare-function aid-chat--item-cost "aid-chat-head" (item))
(declare-function aid-chat--guess-cost "aid-chat-head" (target))
(declare-function aid-chat--open-turn "aid-chat-send" ())
(declare-function aid-chat--prose-bounds "aid-chat-send" ())
(declare-function aid-context-item-text "aid-context" (target dir))

(declare-function aid-context-pins--sent "aid-context-pins" ())
(declare-function aid-context-pins--compacted "aid-context-pins" ())
(declare-function aid-context-stale-check "aid-context-stale" ())
(declare-function aid-context-stale-state "aid-context-stale" (target sent))

(defvar aid-chat--allowed)
(defvar aid-context-stale--asked)

(defcustom aid-recipe-search-tokens 4000
  "About how many tokens of the project are added by a strategy that searches it."
  :type 'natnum
  :group 'aid)

(defcustom aid-recipe-search-passages 6
  "How many passages of the project are added by a strategy that searches it."
  :type 'natnum
  :group 'aid)

(defvar-local aid-recipe--offered nil
  "The open question's number, and the targets that were added to it already.
What one has deleted is not added again.")

(defvar aid-recipe--adding nil
  "Whether context is being added by a strategy.")

(defun aid-recipe--offered-p (target)
  "Whether TARGET was added to the open question already by a strategy."
  (let ((number (plist-get (aid-chat--open-turn) :number)))
    (unless (eql number (car aid-recipe--offered))
      (setq aid-recipe--offered (list number)))
    (member target (cdr aid-recipe--offered))))

(defun aid-recipe--add (label target why)
  "Add the context line LABEL for TARGET to this chat, for WHY, unless it was once."
  (unless (aid-recipe--offered-p target)
    (push target (cdr aid-recipe--offered))
    (let ((allowed aid-chat--allowed))
      (aid-chat-add-item (current-buffer) label target
                         (concat "why=" (aid-percent-encode why "[-a-zA-Z0-9_.~/]")))
      ;; In a chat of somebody else's it is asked about as the rest is.
      (unless (aid-chat--own-p)
        (setq aid-chat--allowed allowed)))
    (list label)))

;;; What the core finds out

(defvar aid-recipe--search-seconds 1.0
  "How long a question waits for what is found in its project at most, in seconds.
That takes some milliseconds, unless the project is indexed for the first time.")

;;; Lines

(defun aid-recipe--has-p (regexp)
  "Whether the open question has an item whose target matches REGEXP."
  (cl-loop for item in (aid-chat--open-items) thereis (string-match-p regexp (nth 2 item))))

(defun aid-recipe--error-places (text)
  "The places that the errors in TEXT name: an alist of files and first lines."
  (let ((places nil) (start 0))
    (while (string-match (concat "^\\(?:File \"\\([^\"\n]+\\)\", lines? \\([0-9]+\\)"
                                 "\\|\\([^ \t\n:][^\n:]*\\):\\([0-9]+\\):\\)")
                         text start)
      (let ((file (or (match-string 1 text) (match-string 3 text)))
            (line (string-to-number (or (match-string 2 text) (match-string 4 text)))))
        (setq start (match-end 0))
        (unless (assoc file places)
          (push (cons file line) places))))
    (nreverse places)))

(defconst aid-recipe--error-files 5
  "So many files that errors name are added at most.")

(defconst aid-recipe--error-lines 60
  "So many lines around an error are added of a file that is too large.")

(defun aid-recipe--add-place (file line budget)
  "Add FILE, a name in the project, that has an error in LINE.
Of a file that has more than BUDGET tokens the lines around it are added."
  (let* ((root (aid-chat-root)) (full (expand-file-name file root))
         (whole (aid-context--file-target default-directory full)))
    (when (and (file-in-directory-p full root) (file-regular-p full)
               (not (aid-recipe--has-p (concat "\\`" (regexp-quote whole) "\\(?:#\\|\\'\\)"))))
      (if (<= (aid-chat--guess-cost whole) budget)
          (aid-recipe--add file whole "named by an error")
        (let ((first (max 1 (- line aid-recipe--error-lines)))
              (last (+ line aid-recipe--error-lines)))
          (aid-recipe--add (format "%s:%d-%d" file first last)
                           (aid-context--file-target default-directory full first last)
                           "around an error"))))))

(defun aid-recipe-build-places ()
  "Where the red build that the open question holds fails: \"FILE:LINE\" of each.
What other checkers say of the same place is known by it."
  (when (aid-recipe--has-p "\\`aid:build\\'")
    (cl-loop for diag in (plist-get (aid--mod-build-last
                                     (directory-file-name (expand-file-name (aid-chat-root))))
                                    :diags)
             when (plist-get diag :path)
             collect (format "%s:%d" (plist-get diag :path) (plist-get diag :line)))))

(defun aid-recipe--add-errors (name budget)
  "Add the project's errors for strategy NAME, and files of BUDGET tokens in all.
What the build's item says already is not added again."
  (require 'aid-errors)
  (let ((text (aid-errors-text nil (aid-recipe-build-places))))
    (unless (string-blank-p text)
      (append
       (unless (aid-recipe--has-p "\\`aid:errors?\\_>")
         (aid-recipe--add "all errors" "aid:errors" (concat "asked for by " name)))
       (cl-loop for (file . line) in (aid-recipe--error-places text)
                repeat aid-recipe--error-files
                append (aid-recipe--add-place
                        file line (- budget (apply #'+ (mapcar #'aid-chat--item-cost
                                                               (aid-chat--open-items))))))))))

(defun aid-recipe--add-diff (name)
  "Add the uncommitted changes for strategy NAME, if there are any."
  (require 'aid-context-items)
  (unless (or (aid-recipe--has-p "\\`aid:diff\\_>") (aid-recipe--offered-p "aid:diff"))
    (let ((val (aid-chat-later-job 'diff aid-recipe--search-seconds
                                   (lambda () (aid-context--item-soon "aid:diff")))))
      (unless (or (eq (car val) 'error) (plist-get (cadr val) :nothing))
        (prog1 (aid-recipe--add "uncommitted changes" "aid:diff" (concat "asked for by " name))
          (when val
            (aid-context--note-cost "aid:diff" (cadr val))))))))

(defun aid-recipe--files-soon (name)
  "Have the core find the files that strategy NAME adds; give the answer's id."
  (aid--mod-recipe-soon name (aid-chat-doc) (aid-chat-root) default-directory))

(defun aid-recipe--add-files (name job)
  "Add the files that strategy NAME says go with those of the open question.
JOB is what the core's work is called: there may be two of it for a question."
  (pcase (aid-chat-later-job job aid-recipe--search-seconds
                             (lambda () (aid-recipe--files-soon name)))
    (`(result ,made . ,_) (aid-recipe--add-made name made))
    (`(error ,val . ,_) (aid-error-of val))))

(defun aid-recipe--add-made (name made)
  "Add what strategy NAME adds to the open question, which the core has MADE."
  (let ((left (mapcar (lambda (item) (plist-get item :label)) (plist-get made :left_out))))
    (when left
      (message "Left out, for the budget of %s is full: %s" name (string-join left ", ")))
    (cl-loop for item in (plist-get made :items)
             append (aid-recipe--add (plist-get item :label) (plist-get item :target)
                                     (plist-get item :why)))))

;;; What the project's index finds

(defun aid-recipe--open-files (root)
  "The files below ROOT that windows show, the selected window's first, from ROOT."
  (cl-loop for window in (window-list nil 'no-minibuffer (frame-selected-window))
           for file = (buffer-file-name (window-buffer window))
           when (and file (not (file-remote-p file)) (file-in-directory-p file root)
                     (not (with-current-buffer (window-buffer window)
                            (derived-mode-p 'aid-chat-mode))))
           collect (file-relative-name (file-truename file) (file-truename root))))

(defvar aid-recipe--stale-seconds 0.2
  "How long a question waits for what has changed since it was sent, in seconds.
That takes some milliseconds.")

(defun aid-recipe--sent-before ()
  "The targets that earlier questions show and that are as they were then.
What is in a turn that was compacted is shown no more."
  (when (save-excursion
          (goto-char (point-min))
          (search-forward " sent=" nil t))
    (require 'aid-context-pins)
    (aid-context-stale-check)
    (aid--await aid-recipe--stale-seconds (lambda () (not aid-context-stale--asked)))
    (let ((gone (aid-context-pins--compacted)))
      (cl-loop for (target number _label hash _pinned) in (aid-context-pins--sent)
               when (and (> number gone) (eq (aid-context-stale-state target hash) 'same))
               collect target))))

(defun aid-recipe--taken-away (root)
  "What the chat shows, and what was deleted from its question, as paths from ROOT.
Neither is to be found anew."
  (let ((open (append (aid-recipe--sent-before)
                      (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items))))
        (number (plist-get (aid-chat--open-turn) :number)))
    (cl-loop for target in (append open (and (eql number (car aid-recipe--offered))
                                             (cdr aid-recipe--offered)))
             unless (string-prefix-p "aid:" target)
             collect (pcase-let ((`(,path ,lines) (split-string target "#")))
                       (concat (file-relative-name
                                (file-truename (expand-file-name (aid-percent-decode path)))
                                (file-truename root))
                               (if lines (concat "#" lines) ""))))))

(defvar aid-recipe--wanted-keys nil
  "Hosts of embeddings whose key the core has not found, as (ROOT . HOST).")

(defun aid-recipe-note-found (root found)
  "Tell what the core says of what it FOUND in the project at ROOT."
  (setf (alist-get root aid-recipe--wanted-keys nil t #'equal) (plist-get found :wants_key))
  (when-let ((note (plist-get found :note)))
    (message "%s" note)))

(defun aid-recipe-embedding-secret (root)
  "The key that the core wants for embeddings of the project at ROOT, or nil.
Nothing is asked for it."
  (when-let ((host (alist-get root aid-recipe--wanted-keys nil nil #'equal))
             (info (list :needs_key t :host host)))
    (and (aid-model-secret-near-p info) (aid-model-secret info))))

(defun aid-recipe--find ()
  "What the core finds in the project for the open question: a plist, or nil.
Nil as well when that takes too long."
  (let* ((root (aid-chat-root)) (bounds (aid-chat--prose-bounds))
         (errors (cl-loop for item in (aid-chat--open-items)
                          when (string-match-p "\\`aid:\\(?:errors?\\|build\\)\\_>" (nth 2 item))
                          return (aid-context-item-text (nth 2 item) default-directory)))
         (plist (list :root (directory-file-name (expand-file-name root))
                      :dir (expand-file-name default-directory)
                      :text (buffer-substring-no-properties (car bounds) (cdr bounds))
                      :error (or errors "")
                      :open (aid-recipe--open-files root)
                      :without (aid-recipe--taken-away root)
                      :secret (aid-recipe-embedding-secret root)
                      :max aid-recipe-search-passages :tokens aid-recipe-search-tokens
                      :wait (round (* 500 aid-recipe--search-seconds)))))
    (pcase (aid-chat-later-job 'find aid-recipe--search-seconds (lambda () (aid--mod-find-soon plist)))
      (`(result ,val . ,_) val)
      (`(error ,val . ,_)
       (unless (equal (plist-get val :code) "refused") ; a folder that is never searched
         (message "%s" (plist-get val :message)))
       nil))))

(defun aid-recipe--add-found ()
  "Add the passages of the project that the core finds for the open question."
  (let ((found (save-restriction (widen) (aid-recipe--find))))
    (when (and found (plist-get found :partial))
      (message "The project is still being indexed: what was found may not be all"))
    (when found
      (aid-recipe-note-found (aid-chat-root) found))
    (cl-loop for item in (plist-get found :items)
             append (aid-recipe--add (plist-get item :label) (plist-get item :target)
                                     (plist-get item :why)))))

(defun aid-recipe--here-p ()
  "Whether this chat has a project on this machine."
  (let ((root (aid-chat-root)))
    (and root (not (file-remote-p root)) (not (file-remote-p default-directory)))))

(defun aid-recipe--run (name)
  "Add to this chat what strategy NAME, or the one in force, asks for.
Give the labels."
  (let* ((info (aid-strategy-info name))
         (sources (plist-get info :context))
         (aid-recipe--adding t))
    (unless (or (plist-get info :error) (not (aid-recipe--here-p)))
      ;; What the build says comes before what others say of the same places.
      (append (and (member "build" sources)
                   (aid-recipe--add-files (plist-get info :name) 'build))
              (and (member "errors" sources)
                   (aid-recipe--add-errors (plist-get info :name) (plist-get info :budget)))
              (and (member "diff" sources)
                   (aid-recipe--add-diff (plist-get info :name)))
              (and (member "search" sources) (aid-recipe--add-found))
              (and (or (member "siblings" sources) (member "instructions" sources))
                   (aid-recipe--add-files (plist-get info :name) 'files))))))

(defun aid-recipe--follow-by (name)
  "Add the files that strategy NAME says go with those of the open question.
When a key is pressed before the core has found them they are added later."
  (let ((number (plist-get (aid-chat--open-turn) :number)) come)
    (aid--on-event-here
     (aid-recipe--files-soon name)
     (lambda (kind val)
       (setq come t)
       (save-restriction
         (widen)
         (cond ((eq kind 'error) (message "No context was added: %s" (plist-get val :message)))
               ((eql number (plist-get (aid-chat--open-turn) :number))
                (let ((aid-recipe--adding t))
                  (aid-recipe--add-made name val)))))))
    (aid--await aid-recipe--search-seconds (lambda () (or come (input-pending-p))))))

(defun aid-recipe-follow ()
  "Add the files that go with what was just added to this chat's question."
  (when (and aid-recipe-automatic (not aid-recipe--adding) (aid-recipe--here-p))
    (condition-case err
        (let* ((info (aid-strategy-info)) (sources (plist-get info :context)))
          (when (and (not (plist-get info :error))
                     (or (member "siblings" sources) (member "instructions" sources)))
            (aid-recipe--follow-by (plist-get info :name))))
      (error (message "No context was added: %s" (aid-error-words err))))))

(defun aid-recipe-complete (&optional name)
  "Add what is missing to this chat's question by strategy NAME, before it is sent."
  (when aid-recipe-automatic
    (aid-recipe--run name)))

;;;###autoload
(defun aid-append-recipe ()
  "Append the context that the strategy asks for, as it would be when sending."
  (interactive)
  (aid-module-ensure)
  (require 'aid-chat)
  (with-current-buffer (aid-chat-at-hand)
    (setq aid-recipe--offered nil)
    (let ((labels (aid-recipe--run nil)))
      (message "%s" (if labels
                        (concat "Appended " (string-join labels ", "))
                      "The strategy adds nothing")))))

(provide 'aid-recipe)
;;; aid-recipe.el ends here
