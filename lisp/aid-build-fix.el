;;; aid-build-fix.el --- From red to green  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-fix-build' asks a model to make a red build green, and offers its diff
;; for review.  When a review has ended the project is built, as
;; `aid-build-after-review' says, and the line under the answer tells whether
;; it is green or red, and since which hunk.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'cl-lib)
(require 'aid)
(require 'aid-build)
(require 'aid-chat)
(require 'aid-status)

(declare-function aid--mod-patch-read "ext:aid-module" (text))
(declare-function aid-chat-answer-text "aid-chat-text" (number))
(declare-function aid-chat-ask "aid-chat-send" (chat question &optional send))
(declare-function aid-chat-check-idle "aid-chat-send" (chat))

(defcustom aid-build-after-review 'ask
  "Whether the project is built when a review has ended.
With `ask' it is asked about; with t it is built at once, unless the answer
has touched files that say how to build, when it is asked about all the same.
Never is anything built behind buffers that are not saved without asking."
  :type '(choice (const :tag "Never" nil) (const :tag "Ask" ask) (const :tag "Always" t))
  :group 'aid)

(defconst aid-build-fix--build-files
  (concat "\\(?:\\`\\|/\\)\\(?:dune\\(?:-project\\|-workspace\\)?\\|GNUmakefile\\|[Mm]akefile[^/]*\\|[^/]+\\.mk"
          "\\|CMakeLists\\.txt\\|[^/]+\\.cmake\\|meson\\.build\\|meson_options\\.txt\\|[^/]+\\.ninja"
          "\\|configure[^/]*\\|package\\.json\\|tsconfig[^/]*\\.json\\|Cargo\\.toml\\|build\\.rs\\|go\\.mod"
          "\\|[^/]+\\.opam\\|setup\\.\\(?:py\\|cfg\\)\\|pyproject\\.toml\\|Dockerfile[^/]*\\|Jenkinsfile"
          "\\|\\.gitlab-ci\\.yml\\|\\.travis\\.yml\\)\\'"
          "\\|\\(?:\\`\\|/\\)\\(?:\\.github\\|\\.gitlab\\|\\.ci\\|\\.circleci\\|\\.aid\\)/")
  "Matches the names of files that say what a build or a CI does.")

;;; Asking for a fix

(defun aid-build-fix--first (val)
  "The first error of VAL, a build's result, or nil."
  (cl-find-if (lambda (diag) (equal "error" (plist-get diag :severity))) (plist-get val :diags)))

(defun aid-build-fix--question (val)
  "What is asked about VAL, a red build."
  (let ((first (aid-build-fix--first val)) (errors (plist-get val :errors)))
    (concat (format "Make `%s' succeed again" (plist-get val :command))
            (if (not first)
                "."
              (format "; fix the first of %d error%s%s: %s" errors (if (eql 1 errors) "" "s")
                      (if (plist-get first :path)
                          (format ", %s:%d" (plist-get first :path) (plist-get first :line))
                        "")
                      (plist-get first :message))))))

(defun aid-build-fix--ask (chat val)
  "Ask in CHAT for a fix of VAL, a red build; its review opens when it has come.
Who has typed something meanwhile is not interrupted."
  (let ((keys num-input-keys))
    (aid-chat-check-idle chat)
    (with-current-buffer chat
      (let ((aid-strategy "fix-build"))
        (aid-chat-ask chat (aid-build-fix--question val))))
    (aid--note-used (aid-chat-display chat))
    (aid--when-answered chat (lambda (turn)
                               (aid--review-if-patch chat turn (= keys num-input-keys))))))

(defun aid-build-fix--chat ()
  "The chat to ask in: this one, else the project's."
  (if (derived-mode-p 'aid-chat-mode)
      (current-buffer)
    (aid-chat-at-hand)))

;;;###autoload
(defun aid-fix-build ()
  "Ask for a fix of the first error of this project's build.
Unless the last build is known to be red, it is built first.  The question
goes by the strategy fix-build, which adds what fails and the files it names;
the answer's diff is reviewed as any other."
  (interactive)
  (aid--load-chat)
  (let* ((root (aid-build--local-root)) (chat (aid-build-fix--chat))
         (site (gethash root aid-build--sites)))
    (aid-chat-check-idle chat)
    (if (and site (eq 'red (aid-build-site-status site)))
        (aid-build-fix--ask chat (aid-build-site-result site))
      (pcase-let ((`(,found . ,wish) (aid-build--find (aid-build--wish root))))
        (cond ((plist-get found :error) (user-error "%s" (plist-get found :error)))
              ((not (aid-build--allowed found wish)) (message "Nothing was run"))
              (t (aid-build-save root)
                 (aid-build-start wish (lambda (val) (aid-build-fix--if-red chat val)))))))))

(defun aid-build-fix--if-red (chat val)
  "Ask in CHAT for a fix when VAL, a build's result, is red."
  (if (not (eq 'red (plist-get val :status)))
      (message "The build is %s: there is nothing to fix" (plist-get val :status))
    (when (buffer-live-p chat)
      (aid-build-fix--ask chat val))))

;;; After a review

(cl-defstruct (aid-build-answer (:constructor aid-build-answer--make))
  "What is known of the build since an answer was applied.
STATUS, ERRORS and MS are the last build's; APPLIED are the ids of the hunks
that were applied then, GREEN those when it was green last; BEFORE is the
status before the answer."
  (status 'unknown) (errors 0) (ms 0) applied green before)

(defvar-local aid-build-fix--answers nil
  "The numbers of this chat's answers to an `aid-build-answer'.")

(defun aid-build-fix--answer (turn)
  "What is known of the build since answer TURN of this chat was applied."
  (unless aid-build-fix--answers
    (setq aid-build-fix--answers (make-hash-table)))
  (or (gethash turn aid-build-fix--answers)
      (puthash turn (aid-build-answer--make) aid-build-fix--answers)))

(defun aid-build-fix--applied (chat turn)
  "The ids of the hunks of answer TURN in CHAT that are applied, in their order."
  (cl-loop for (id . state) in (aid-decisions-read chat turn)
           when (memq state '(accepted edited)) collect id))

(defun aid-build-fix--touches-build-p (turns)
  "Whether the answers TURNS of this chat touch files that say how to build."
  (cl-loop for turn in turns
           thereis (cl-loop for file in (plist-get (aid--mod-patch-read (aid-chat-answer-text turn)) :files)
                            thereis (string-match-p aid-build-fix--build-files (plist-get file :path)))))

(defun aid-build-fix--agreed-p (root found turns)
  "Whether to build ROOT by the command FOUND after a review of answers TURNS.
Who is asked anyway whether that may run is not asked twice."
  (let* ((own (aid-build-fix--touches-build-p turns))
         (unsaved (aid-build--unsaved root))
         (what (format "Build now (%s)%s? " (plist-get found :command)
                       (cond (unsaved (format ", without what is not saved in %s"
                                              (mapconcat #'buffer-name unsaved ", ")))
                             (own "; the answer has changed how it is built")
                             (t "")))))
    (or (and (not unsaved)
             (or (not (plist-get found :trusted))
                 (and (eq t aid-build-after-review) (not own))))
        (y-or-n-p what))))

(defun aid-build-fix--changed (chat turns)
  "Those of the answers TURNS in CHAT of which other hunks are applied than known."
  (cl-remove-if (lambda (turn)
                  (equal (aid-build-fix--applied chat turn)
                         (aid-build-answer-applied (aid-build-fix--answer turn))))
                turns))

(defun aid-build-fix--note (chat turn root)
  "Note which hunks of answer TURN in CHAT are applied in the project at ROOT."
  (let ((answer (aid-build-fix--answer turn)))
    (unless (aid-build-answer-applied answer)
      (setf (aid-build-answer-before answer) (aid-build-status root)))
    (setf (aid-build-answer-applied answer) (aid-build-fix--applied chat turn)
          (aid-build-answer-status answer) 'unknown)
    (unless (aid-build-answer-applied answer)
      (remhash turn aid-build-fix--answers))
    (aid-status-refresh turn)))

(defun aid-build-fix--left (chat turns)
  "Build after a review of the answers TURNS in CHAT, as one wishes."
  (when (and aid-build-after-review (buffer-live-p chat))
    (with-current-buffer chat
      (let* ((root (aid-build-root)) (changed (aid-build-fix--changed chat turns)))
        (when (and changed (aid-build-possible-p root))
          (dolist (turn changed)
            (aid-build-fix--note chat turn root))
          (pcase-let ((`(,found . ,wish) (aid-build--find (aid-build--wish root)))
                      (applied (cl-remove-if-not (lambda (turn) (gethash turn aid-build-fix--answers))
                                                 changed)))
            ;; What was taken back is built when everything is.
            (when (and (or applied (eq t aid-build-after-review))
                       (aid-build-fix--agreed-p root found changed)
                       (aid-build--allowed found wish))
              (aid-build-fix--build chat applied wish))))))))

(defun aid-build-fix--build (chat turns wish)
  "Build what WISH says and tell on the lines of answers TURNS in CHAT what came."
  (dolist (turn turns)
    (setf (aid-build-answer-status (aid-build-fix--answer turn)) 'running)
    (aid-status-refresh turn))
  (aid-build-start wish
                   (lambda (val)
                     (when (buffer-live-p chat)
                       (with-current-buffer chat
                         (dolist (turn turns)
                           (aid-build-fix--take turn val)))))))

(defun aid-build-fix--take (turn val)
  "Note that the build since answer TURN of this chat came to VAL."
  (let ((answer (gethash turn (or aid-build-fix--answers (make-hash-table)))))
    (when answer
      (setf (aid-build-answer-status answer) (plist-get val :status)
            (aid-build-answer-errors answer) (plist-get val :errors)
            (aid-build-answer-ms answer) (plist-get val :ms))
      (when (eq 'green (plist-get val :status))
        (setf (aid-build-answer-green answer) (aid-build-answer-applied answer)
              (aid-build-answer-before answer) 'green))
      (aid-status-refresh turn))))

;;; On the answer's line

(defun aid-build-fix--since (answer turn)
  "Since when it is red that ANSWER, of TURN, was applied, in words."
  (let* ((new (cl-set-difference (aid-build-answer-applied answer) (aid-build-answer-green answer)
                                 :test #'equal))
         (hunks (plist-get (aid--mod-patch-read (aid-chat-answer-text turn)) :hunks))
         (first (cl-position-if (lambda (hunk) (member (plist-get hunk :id) new)) hunks)))
    (cond ((eq 'red (aid-build-answer-before answer)) ", as before")
          (first (format " since hunk %d" (1+ first)))
          (t ""))))

(defun aid-build-fix-words (turn)
  "What is to be said of the build since answer TURN of this chat, or nil."
  (let ((answer (and aid-build-fix--answers (gethash turn aid-build-fix--answers))))
    (pcase (and answer (aid-build-answer-status answer))
      ('running (propertize "building" 'face 'aid-build-other))
      ('green (propertize (format "build green %.1f s" (/ (aid-build-answer-ms answer) 1000.0))
                          'face 'aid-build-green))
      ('red (concat (propertize (format "build red %d%s" (aid-build-answer-errors answer)
                                        (aid-build-fix--since answer turn))
                                'face 'aid-build-red)
                    "   C-c C-u undoes, C-c C-f fixes")))))

(add-hook 'aid-status-words-functions #'aid-build-fix-words)
(add-hook 'aid-review-left-functions #'aid-build-fix--left)

(provide 'aid-build-fix)
;;; aid-build-fix.el ends here
