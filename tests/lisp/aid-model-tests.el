;;; aid-model-tests.el --- Tests of choosing models  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What a completion list says of models, and that it asks for nothing; the
;; servers that are found while one chooses; where a choice is kept; a model for
;; one question; the buffer that checks them all.  Servers are `aid replay'.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-chat-help)
(require 'aid-model)
(require 'aid-chat-complete)
(require 'aid-doctor)
(require 'auth-source)

(declare-function aid--mod-ask "ext:aid-module" (plist))

(defun aid-model-tests--note (sources)
  "The note on a model that needs a key; SOURCES gives `auth-sources' for a folder."
  (let* ((home (file-name-as-directory (make-temp-file "aid-model-tests" t)))
         (auth-source-do-cache nil)
         (auth-sources (funcall sources home)))
    (unwind-protect
        (aid-model--note '(:id "far" :provider "p" :host "far.example" :needs_key t :key "missing"))
      (delete-directory home t))))

(defun aid-model-tests--authinfo (home name text)
  "Write TEXT into the file NAME in HOME and give its name."
  (let ((file (expand-file-name name home))
        (file-name-handler-alist nil))  ; which would encrypt it
    (with-temp-file file (insert text))
    file))

(ert-deftest aid-model-notes-what-is-missing ()
  "A model that needs a key and has none says so; one of this machine says that."
  (should (equal (aid-model-tests--note (lambda (home) (list (expand-file-name "none" home))))
                 "                       p, key missing"))
  (should (equal (aid-model--note '(:provider "here" :local t :key "none" :default t))
                 "                       here, local, default")))

(ert-deftest aid-model-notes-what-is-known ()
  "Window, price and abilities are told; a model that cannot be asked says why."
  (should (equal (aid-model--note '(:title "T" :context 200000 :key "none"
                                    :price (:input 0.25 :output 2 :as_of "2026-01-01")
                                    :abilities ("text" "image" "tools")))
                 "   200k  $0.25/$2      T, image, tools"))
  (should (equal (aid-model-size 1047576) "1.05M"))
  (should (equal (aid-model--note '(:id "x" :error "No such provider")) "  No such provider")))

(ert-deftest aid-model-notes-know-auth-source ()
  "A key that auth-source has is not missing."
  (should (equal (aid-model-tests--note
                  (lambda (home)
                    (list (aid-model-tests--authinfo
                           home "authinfo" "machine far.example login apikey password k\n"))))
                 "                       p"))
  (should (equal (aid-model-tests--note
                  (lambda (home)
                    (list (aid-model-tests--authinfo
                           home "authinfo" "machine other.example login apikey password k\n"))))
                 "                       p, key missing")))

(ert-deftest aid-model-notes-ask-for-no-passphrase ()
  "A file that only a passphrase opens is not opened for a note, and may hold the key."
  (cl-letf (((symbol-function 'auth-source-search)
             (lambda (&rest _) (error "This asks for a passphrase"))))
    (should (equal (aid-model-tests--note
                    (lambda (home) (list (aid-model-tests--authinfo home "authinfo.gpg" "?"))))
                   "                       p"))))

;;; The core

(defun aid-model-tests--event (id)
  "The event that ends the request ID, as (KIND VALUE)."
  (let (event)
    (aid--on-event id (lambda (kind value &rest _) (setq event (list kind value))))
    (with-timeout (60 (ert-fail "Waited a minute in vain"))
      (while (not event)
        (accept-process-output nil 0.05)))
    event))

(ert-deftest aid-model-core-checks-and-discovers ()
  "A check ends in a result that names the step; an unknown provider is an error."
  (aid-module-ensure)
  (pcase-let ((`(,kind ,value) (aid-model-tests--event
                                (aid--mod-model-check "no-such-provider/x" nil nil t))))
    (should (eq kind 'result))
    (should-not (plist-get value :ok))
    (should (equal (plist-get (car (plist-get value :steps)) :state) "wrong"))
    (should (string-search "no-such-provider" (plist-get value :message))))
  (pcase-let ((`(,kind ,value) (aid-model-tests--event
                                (aid--mod-discover "no-such-provider" nil nil))))
    (should (eq kind 'error))
    (should (string-search "no-such-provider" (plist-get value :message)))))

(ert-deftest aid-model-core-knows-the-presets ()
  "All known models are told of on demand, with what is known of them."
  (aid-module-ensure)
  (let ((info (cl-loop for info in (aid--mod-models nil t)
                       when (equal (plist-get info :id) "anthropic/claude-sonnet-4-5")
                       return info)))
    (should (equal (plist-get info :title) "Anthropic"))
    (should (= (plist-get info :context) 200000))
    (should (member "pdf" (plist-get info :abilities)))
    (should (numberp (plist-get (plist-get info :price) :input)))))

;;; Choosing while servers are asked

(defvar aid-model-tests--id 900000 "The last request's id.")

(defmacro aid-model-tests-looking (&rest body)
  "Run BODY where servers are asked, and answer when `aid-model-tests-answer' is called."
  `(let ((aid-model--found nil) (aid-model--looked nil) (auth-sources nil))
     (cl-letf (((symbol-function 'aid--mod-models)
                (lambda (&rest _)
                  '((:id "mine" :title "Mine" :configured t :key "none" :default t)
                    (:id "far/a" :title "Far" :host "far.example" :needs_key t :key "missing")
                    (:id "near/b" :title "Near" :key "set"))))
               ((symbol-function 'aid--mod-discover)
                (lambda (&rest _) (cl-incf aid-model-tests--id))))
       ,@body)))

(defun aid-model-tests-answer (names)
  "Let a server that runs here tell of its models NAMES."
  (aid--dispatch
   (list aid-model-tests--id 'result
         (list (list :provider "ollama" :title "Ollama" :url "http://h" :ok t
                     :models (mapcar (lambda (name)
                                       (list :id (concat "ollama/" name) :name name
                                             :title "Ollama" :local t :key "none"))
                                     names))))))

(ert-deftest aid-model-offers-what-can-be-asked ()
  "Configured models, those with a key, then what servers have; none whose key is missing."
  (aid-model-tests-looking
   (let ((table (aid-model--table nil)))
     (should (equal (all-completions "" table) '("mine" "near/b")))
     (aid-model-look nil)
     (should (equal (all-completions "" table) '("mine" "near/b")))
     (aid-model-tests-answer '("q:8b"))
     ;; The very table that the minibuffer has.
     (should (equal (all-completions "" table) '("mine" "near/b" "ollama/q:8b"))))))

(ert-deftest aid-model-looks-once ()
  "Servers that were just asked are not asked again; later they are."
  (aid-model-tests-looking
   (let ((before aid-model-tests--id))
     (aid-model-look nil)
     (aid-model-look nil)
     (should (= aid-model-tests--id (1+ before)))
     (aid-model-tests-answer '("q"))
     (aid-model-look nil)
     (should (= aid-model-tests--id (1+ before)))
     (setq aid-model--looked (- (float-time) aid-model--fresh-seconds 1))
     (aid-model-look nil)
     (should (= aid-model-tests--id (+ 2 before))))))

(ert-deftest aid-model-lists-a-provider ()
  "What a provider's server told is offered from then on; an error is said."
  (aid-model-tests-looking
   (let ((aid-model--listed nil))
     (cl-letf (((symbol-function 'aid--mod-model-info) (lambda (id &rest _) (list :id id))))
       (aid-list-models "far"))
     (aid--dispatch (list aid-model-tests--id 'result
                          '((:provider "far" :title "Far" :ok t :models ((:id "far/new" :key "set"))))))
     (should (member "far/new" (all-completions "" (aid-model--table nil))))
     (cl-letf (((symbol-function 'aid--mod-model-info) (lambda (id &rest _) (list :id id))))
       (aid-list-models "far"))
     (aid--dispatch (list aid-model-tests--id 'result
                          '((:provider "far" :title "Far" :ok nil :message "the key is not accepted"))))
     (should (member "far/new" (all-completions "" (aid-model--table nil)))))))

(ert-deftest aid-model-notes-stand-in-groups ()
  "Notes are aligned, and models stand in groups by who has them."
  (aid-model-tests-looking
   (let* ((table (aid-model--table nil))
          (metadata (completion-metadata "" table nil))
          (affix (funcall (completion-metadata-get metadata 'affixation-function)
                          '("mine" "near/b")))
          (group (completion-metadata-get metadata 'group-function)))
     (should (equal (mapcar #'car affix) '("mine" "near/b")))
     (should (equal (mapcar (lambda (row) (string-search "M" (concat (car row) (nth 2 row))))
                            (list (car affix)))
                    (list (string-search "N" (concat "near/b" (nth 2 (cadr affix)))))))
     (should (equal (funcall group "near/b" nil) "Near"))
     (should (equal (funcall group "near/b" t) "near/b"))
     (should (equal (funcall group "typed/by-hand" nil) "Other")))))

;;; Where a choice holds

(defun aid-model-tests--first-line ()
  "The first line of this buffer."
  (save-excursion
    (goto-char (point-min))
    (buffer-substring-no-properties (point) (line-end-position))))

(ert-deftest aid-model-is-kept-in-the-chat ()
  "A chat's model is in its first line, and there again when it is opened anew."
  (aid-chat-tests-with chat
    (let ((before (aid-model-tests--first-line)))
      (aid-set-model "far/a b")
      (should (equal aid-model "far/a b"))
      (should (string-suffix-p " model=far/a%20b-->" (aid-model-tests--first-line)))
      (aid-set-model "other")
      (should (string-suffix-p " model=other-->" (aid-model-tests--first-line)))
      (kill-local-variable 'aid-model)
      (aid-chat-mode)
      (should (equal aid-model "other"))
      (should (equal (default-value 'aid-model) nil))
      (aid-set-model nil)
      (should (equal (aid-model-tests--first-line) before))
      (should-not aid-model))))

(ert-deftest aid-model-of-another-s-chat-is-not-used ()
  "A chat that came from elsewhere does not choose whom questions go to."
  (aid-chat-tests-with chat
    (aid-set-model "far/dear")
    (kill-local-variable 'aid-model)
    (cl-letf (((symbol-function 'aid-chat--own-p) #'ignore))
      (aid-chat-mode))
    (should-not aid-model)))

(ert-deftest aid-model-of-a-project ()
  "A project's model is written into its settings, and nothing else of them changes."
  (aid-chat-tests-with chat
    (let ((file (expand-file-name ".aid/config.json" project)))
      (make-directory (file-name-directory file))
      (write-region "{\n  \"strategy\": \"ask\"\n}\n" nil file nil 'silent)
      (aid-set-model "far/x" 'project)
      (should (equal (with-temp-buffer (insert-file-contents file) (buffer-string))
                     "{\n  \"model\": \"far/x\",\n  \"strategy\": \"ask\"\n}\n"))
      (should-not aid-model)
      (aid-set-model nil 'project)
      (should (equal (with-temp-buffer (insert-file-contents file) (buffer-string))
                     "{\n  \"strategy\": \"ask\"\n}\n")))))

(ert-deftest aid-model-everywhere-is-saved ()
  "A choice for everywhere is an option that is saved, and holds in this chat, too."
  (aid-chat-tests-with chat
    (let (saved)
      (cl-letf (((symbol-function 'customize-save-variable)
                 (lambda (variable value &rest _)
                   (set-default variable value)
                   (push (cons variable value) saved))))
        (aid-set-model "here")
        (aid-set-model "there" 'everywhere)
        (should (equal saved '((aid-model . "there"))))
        (should-not (local-variable-p 'aid-model))
        (should (equal aid-model "there"))
        (should-not (aid-chat-kept "model"))
        (setq-default aid-model nil)))))

;;; A model for one question

(defun aid-model-tests--sent ()
  "What the last request asked for: (MODEL . the question's text)."
  (let ((asked (car aid-chat-tests--asked)))
    (cons (plist-get asked :model)
          (and (string-match "user-->\n\\(\\(?:.\\|\n\\)*?\\)\n*\\'" (plist-get asked :text))
               (match-string 1 (plist-get asked :text))))))

(ert-deftest aid-model-for-one-question ()
  "A line that names a model is for its question alone, and is not sent."
  (aid-chat-tests-with chat
    (aid-set-model "usual")
    (goto-char (point-max))
    (insert "@model far/x\nWhy?")
    (aid-chat-send)
    (should (equal (aid-model-tests--sent) '("far/x" . "Why?")))
    (should (equal aid-model "usual"))))

(ert-deftest aid-model-line-after-a-strategy ()
  "The line may follow a strategy's."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "/edit\n@model far/x\nWhy?")
    (aid-chat-send)
    (should (equal (aid-model-tests--sent) '("far/x" . "Why?")))
    (should (equal (plist-get (car aid-chat-tests--asked) :strategy) "edit"))))

(ert-deftest aid-model-line-is-a-line-of-its-own ()
  "What merely looks like it stays, and names the usual model."
  (dolist (text '("@model far/x is slow" "See:\n@model far/x" "@modelfar/x\nhm" "model: far/x\nhm"))
    (aid-chat-tests-with chat
      (goto-char (point-max))
      (insert text)
      (aid-chat-send)
      (should (equal (aid-model-tests--sent) (cons nil text))))))

(ert-deftest aid-model-line-with-an-unknown-name ()
  "An unknown model is told before anything is sent, and the line is still there."
  (aid-chat-tests-with chat
    (cl-letf (((symbol-function 'aid--mod-model-info)
               (lambda (id &rest _) (signal 'aid-error (list 'notfound (format "no %s" id))))))
      (goto-char (point-max))
      (insert "@model nobody/x\nWhy?")
      (let ((before (buffer-string)))
        (should-error (aid-chat-send) :type 'aid-error)
        (should-not aid-chat-tests--asked)
        (should (equal (buffer-string) before))))))

(ert-deftest aid-model-line-alone-is-no-question ()
  "A model's line without a question is not sent, and stays."
  (aid-chat-tests-with chat
    (goto-char (point-max))
    (insert "@model far/x\n")
    (should-error (aid-chat-send) :type 'user-error)
    (should-not aid-chat-tests--asked)
    (should (string-suffix-p "@model far/x\n" (buffer-string)))))

(ert-deftest aid-model-line-completes ()
  "The name in a model's line completes; elsewhere nothing does."
  (aid-chat-tests-with chat
    (aid-model-tests-looking
     (goto-char (point-max))
     (insert "@model ne")
     (pcase-let ((`(,beg ,end ,table . ,_) (aid-chat-complete-model)))
       (should (equal (buffer-substring-no-properties beg end) "ne"))
       (should (equal (all-completions "ne" table) '("near/b"))))
     (insert "\n@model ne")
     (should-not (aid-chat-complete-model)))))

;;; The doctor

(ert-deftest aid-doctor-says-what-is-wrong ()
  "Each model has a line when its answer has come; what is wrong says what helps."
  (aid-module-ensure)
  (let ((auth-sources nil) (first 5000) (ids nil))
    (cl-letf (((symbol-function 'aid--mod-models)
               (lambda (&rest _)
                 '((:id "good" :configured t :key "none" :default t)
                   (:id "bad" :configured t :key "none")
                   (:id "known/only" :key "missing" :needs_key t :host "h"))))
              ((symbol-function 'aid--mod-model-check)
               (lambda (id &rest _) (push (cons id (cl-incf first)) ids) first))
              ((symbol-function 'aid--mod-discover)
               (lambda (&rest _) (push (cons 'found (cl-incf first)) ids) first)))
      (unwind-protect
          (save-window-excursion
            (aid-doctor)
            (should (string-match-p "^  \\.\\.\\.     good (default)$" (buffer-string)))
            (should-not (string-search "known/only" (buffer-string)))
            (aid--dispatch (list (cdr (assoc "good" ids)) 'result '(:id "good" :ok t :message "it answers")))
            (aid--dispatch (list (cdr (assoc "bad" ids)) 'result
                                 '(:id "bad" :ok nil :message "no way" :help "Start it."
                                   :steps ((:step "connection" :state "wrong" :message "no way")))))
            (aid--dispatch (list (cdr (assq 'found ids)) 'result
                                 '((:provider "ollama" :url "http://h" :models ((:name "q"))))))
            (should (string-match-p "^  ok      good (default): it answers$" (buffer-string)))
            (should (string-match-p "^  wrong   bad: no way\n +Start it\\.\n" (buffer-string)))
            (should (string-match-p "^  http://h (ollama): q$" (buffer-string)))
            (goto-char (point-max))
            (should (button-label (next-button (point-min))))
            ;; Again: an answer to the check before is not taken for one to this.
            (let ((old (cdr (assoc "bad" ids))))
              (revert-buffer)
              (aid--dispatch (list old 'result '(:id "bad" :ok t :message "late")))
              (should-not (string-search "late" (buffer-string)))))
        (kill-buffer "*AID doctor*")))))

(provide 'aid-model-tests)
;;; aid-model-tests.el ends here
