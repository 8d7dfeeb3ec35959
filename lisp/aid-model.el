;;; aid-model.el --- Choosing models, and their keys  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Which models there are is in the core's settings, and told by the servers
;; that run here: they are asked when a model is chosen, while one may already
;; type.  Keys come from auth-source: "machine HOST login apikey password KEY".
;; The core looks for them in the environment when there is none, and nobody
;; keeps or shows them.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))
(require 'aid-module)
(require 'aid-in-force)

(declare-function aid--mod-models "ext:aid-module" (root &optional all))
(declare-function aid--mod-model-info "ext:aid-module" (id root))
(declare-function aid--mod-discover "ext:aid-module" (provider root secret))
(declare-function aid--mod-config-store "ext:aid-module" (root key value))
(declare-function aid-project-root "aid-project" ())
(declare-function aid-chat-set "aid-chat" (variable value))
(declare-function aid-chat-head-refind "aid-chat-head" ())
(declare-function aid-chat-keep "aid-chat-text" (key value))
(declare-function icomplete-exhibit "icomplete" ())
(autoload 'aid-read-affixation "aid-read")
(autoload 'aid-read-scope "aid-read")
(declare-function auth-source-search "auth-source" (&rest spec))

(defvar auth-sources)
(defvar auth-source-do-cache)
(declare-function auth-source-remembered-p "auth-source" (spec))

(defun aid-model--secret-spec (info)
  "What auth-source is asked for the model that INFO describes, nil: nothing."
  (when (and (plist-get info :needs_key) (plist-get info :host))
    (require 'auth-source)
    (list :host (plist-get info :host) :user "apikey" :max 1 :require '(:secret))))

(defun aid-model-secret (info)
  "The key for the model that INFO describes, by auth-source, or nil.
INFO is a plist of `aid--mod-model-info'."
  (when-let ((spec (aid-model--secret-spec info))
             (found (car (apply #'auth-source-search spec)))
             (secret (plist-get found :secret)))
    (if (functionp secret) (funcall secret) secret)))

(defun aid-model-secret-near-p (info)
  "Whether `aid-model-secret' for INFO would ask nobody and wait for nothing."
  (let ((spec (aid-model--secret-spec info)))
    (or (not spec)
        (and auth-source-do-cache (auth-source-remembered-p spec))
        (cl-loop for source in (ensure-list auth-sources)
                 always (or (aid-model--no-source-p source) (aid-model--open-source-p source))))))

(defun aid-model--open-source-p (source)
  "Whether SOURCE of `auth-sources' can be read without asking for anything."
  (let ((file (if (and (consp source) (stringp (plist-get source :source)))
                  (plist-get source :source)
                source)))
    (and (stringp file)
         (not (string-match-p "\\.gpg\\'\\|\\`\\(?:secrets\\|macos-keychain[^:]*\\):" file)))))

(defun aid-model--no-source-p (source)
  "Whether SOURCE of `auth-sources' is a file that is not there."
  (and (stringp source) (file-name-absolute-p source) (not (file-exists-p source))))

(defun aid-model--key-missing-p (info)
  "Whether the model that INFO describes has no key, for sure.
Nothing is asked to find out: what wants a passphrase may hold the key."
  (and (plist-get info :needs_key)
       (equal (plist-get info :key) "missing")
       (progn (require 'auth-source)
              (let ((sources (cl-loop for source in (ensure-list auth-sources)
                                      unless (aid-model--no-source-p source) collect source)))
                (and (cl-loop for source in sources always (aid-model--open-source-p source))
                     (not (let ((auth-sources sources))
                            (aid-model-secret info))))))))

(defvar aid-model--found nil
  "The servers that run here, as the core told of them last.")

(defvar aid-model--looked nil
  "When the servers were looked for last, or nil; t while that goes on.")

(defvar aid-model--listed nil
  "What single providers were asked for, the last first, as the core tells it.")

(defconst aid-model--fresh-seconds 10
  "How long the servers that were found are taken for all there are.")

;;; Notes

(defun aid-model-size (tokens)
  "TOKENS in short: 200k, 1M."
  (cond ((>= tokens 1000000) (format "%.3gM" (/ tokens 1e6)))
        ((> tokens 0) (format "%dk" (/ (+ tokens 500) 1000)))
        (t "")))

(defun aid-model-price (info)
  "What the model INFO costs: dollars for a million tokens in and out, or \"\"."
  (let ((price (plist-get info :price)))
    (if (and (plist-get price :input) (plist-get price :output))
        (format "$%g/$%g" (plist-get price :input) (plist-get price :output))
      "")))

(defun aid-model--note (info)
  "What a completion list is to say of the model INFO."
  (if (plist-get info :error)
      (concat "  " (plist-get info :error))
    (string-trim-right
     (format "  %5s  %-12s  %s"
             (aid-model-size (or (plist-get info :context) 0))
             (aid-model-price info)
             (string-join
              (append (list (or (plist-get info :title) (plist-get info :provider) ""))
                      (and (plist-get info :local) '("local"))
                      (and (aid-model--key-missing-p info) '("key missing"))
                      (and (plist-get info :default) '("default"))
                      (remove "text" (plist-get info :abilities)))
              ", ")))))

;;; What there is to choose from

(defun aid-model--found-models ()
  "The models of the servers that run here, and of those that were asked."
  (cl-loop for server in (append aid-model--found aid-model--listed)
           append (plist-get server :models)))

(defun aid-model-candidates (root)
  "The models that can be asked in the project at ROOT, each once.
Those that are configured come first; of the known ones those whose key is not
missing for sure."
  (let ((seen (make-hash-table :test #'equal)) (hosts nil))
    (cl-loop for info in (append (aid--mod-models root t) (aid-model--found-models))
             for id = (plist-get info :id)
             unless (gethash id seen)
             if (or (plist-get info :configured) (plist-get info :default)
                    (not (equal (plist-get info :key) "missing"))
                    (let ((host (plist-get info :host)))
                      (unless (assoc host hosts)
                        (push (cons host (aid-model--key-missing-p info)) hosts))
                      (not (cdr (assoc host hosts)))))
             do (puthash id t seen)
             and collect info)))

(defun aid-model-look (root &optional then)
  "Look for the servers that run here, for the project at ROOT; return at once.
THEN is called when they have answered.  Nobody is asked again who was just
asked."
  (unless (or (eq aid-model--looked t)
              (and aid-model--looked
                   (< (- (float-time) aid-model--looked) aid-model--fresh-seconds)))
    (setq aid-model--looked t)
    (condition-case err
        (aid--on-event (aid--mod-discover nil root nil)
                       (lambda (kind value &rest _)
                         (setq aid-model--looked (float-time))
                         (when (eq kind 'result)
                           (setq aid-model--found value)
                           (when then
                             (funcall then)))))
      (aid-error (setq aid-model--looked nil)
                 (message "%s" (aid-error-words err))))))

;;;###autoload
(defun aid-list-models (provider)
  "Ask PROVIDER's server which models it has, to choose among them from now on."
  (interactive
   (progn (aid-module-ensure)
          (require 'aid-context)
          (list (completing-read
                 "Provider: "
                 (delete-dups (delq nil (mapcar (lambda (info) (plist-get info :provider))
                                                (aid--mod-models (aid-project-root) t))))))))
  (aid-module-ensure)
  (require 'aid-context)
  (let* ((root (aid-project-root))
         (info (aid--mod-model-info (concat provider "/x") root)))
    (aid--on-event (aid--mod-discover provider root (aid-model-secret info))
                   (lambda (kind value &rest _)
                     (aid-model--on-list provider (if (eq kind 'result) (car value) value))))))

(defun aid-model--on-list (provider server)
  "Take what PROVIDER's SERVER, a plist, told of its models, and say how many."
  (if (not (plist-get server :ok))
      (message "%s: %s" provider (plist-get server :message))
    (setq aid-model--listed
          (cons server (cl-loop for other in aid-model--listed
                                unless (equal (plist-get other :provider) provider)
                                collect other)))
    (message "%s has %d models; %s chooses one" (plist-get server :title)
             (length (plist-get server :models))
             (substitute-command-keys "\\[aid-set-model]"))))

(defun aid-model--refresh ()
  "Show what was found in the completion list that is on screen, if it is ours."
  (when-let ((window (active-minibuffer-window)))
    (with-selected-window window
      (when (eq (completion-metadata-get
                 (completion-metadata "" minibuffer-completion-table nil) 'category)
                'aid-model)
        (cond ((get-buffer-window "*Completions*" 0) (minibuffer-completion-help))
              ((bound-and-true-p icomplete-mode) (icomplete-exhibit)))))))

(defun aid-model--table (root)
  "A completion table of the models in ROOT; it grows while servers answer."
  (let* ((models nil)
         (known 'none)
         (all (lambda ()
                (unless (equal known (cons aid-model--found aid-model--listed))
                  (setq known (cons aid-model--found aid-model--listed)
                        models (aid-model-candidates root)))
                models))
         (info (lambda (name)
                 (cl-loop for info in (funcall all)
                          when (equal (plist-get info :id) name) return info)))
         (note (lambda (name) (aid-model--note (funcall info name))))
         (group (lambda (name transform)
                  (if transform
                      name
                    (or (plist-get (funcall info name) :title) "Other")))))
    (lambda (string predicate action)
      (if (eq action 'metadata)
          `(metadata (category . aid-model) (affixation-function . ,(aid-read-affixation note))
                     (annotation-function . ,note)
                     (group-function . ,group) (display-sort-function . identity)
                     (cycle-sort-function . identity))
        (complete-with-action action
                              (mapcar (lambda (info) (plist-get info :id)) (funcall all))
                              string predicate)))))

(defvar aid-model-history nil
  "Models that were chosen.")

(defun aid-model-read (prompt root)
  "Read the name of a model with PROMPT, completing those of the project at ROOT.
Another is a provider's, PROVIDER/NAME.  Give nil for no name."
  (aid-model-look root #'aid-model--refresh)
  (let ((name (completing-read prompt (aid-model--table root) nil 'confirm nil
                               'aid-model-history)))
    (unless (string-empty-p name)
      name)))

;;; Choosing

(defun aid-model--forget ()
  "Have this chat, if it is one, no model of its own."
  (kill-local-variable 'aid-model)
  (when (derived-mode-p 'aid-chat-mode)
    (aid-chat-keep "model" nil)))

(defun aid-model--set-project (root model)
  "Make MODEL the default of the project at ROOT."
  (when (file-remote-p root)
    (user-error "Settings of a remote project are not written"))
  (aid--mod-config-store (directory-file-name (expand-file-name root)) "model" model)
  (aid-model--forget))

(defun aid-model--tell (model scope)
  "Say what became of setting MODEL in SCOPE."
  (message "Model %s%s%s" (or model "as configured")
           (pcase scope
             ('project " in this project")
             ('everywhere " everywhere")
             (_ ""))
           (if (and (eq scope 'project) aid-model)
               (format "; here it is %s, for `aid-model' says so" aid-model)
             "")))

;;;###autoload
(defun aid-set-model (model &optional scope)
  "Use MODEL in this chat; outside of a chat, in this session.
With nil, or no name, it is the one that is configured.  With a prefix argument
ask for the SCOPE: `chat' keeps it in the chat's file, `project' makes it the
default of the project, in its .aid/config.json, and `everywhere' yours, which
is saved.  A line \"@model NAME\" at the beginning of a question is for that
question alone."
  (interactive (progn (aid-module-ensure)
                      (require 'aid-context)
                      (let ((scope (and current-prefix-arg (aid-read-scope 'aid-model))))
                        (list (aid-model-read "Model (or PROVIDER/NAME): " (aid-project-root))
                              scope))))
  (require 'aid-chat)
  (require 'aid-context)
  (when model                           ; an unknown name is an error now, not at the next question
    (aid--mod-model-info model (aid-project-root)))
  (pcase scope
    ('project (aid-model--set-project (aid-project-root) model))
    ('everywhere (aid-model--forget)
                 (customize-save-variable 'aid-model model))
    (_ (aid-chat-set 'aid-model model)
       (when (derived-mode-p 'aid-chat-mode)
         (aid-chat-keep "model" model))))
  (aid-chat-head-refind)
  (aid-model--tell model scope))

(provide 'aid-model)
;;; aid-model.el ends here
