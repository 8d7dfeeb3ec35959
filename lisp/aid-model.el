;;; aid-model.el --- Choosing models, and their keys  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Which models there are is in the core's settings.  Keys come from
;; auth-source: "machine HOST login apikey password KEY".  The core looks for
;; them in the environment when there is none, and nobody keeps or shows them.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))

(declare-function aid--mod-models "ext:aid-module" (root))
(declare-function auth-source-search "auth-source" (&rest spec))

(defvar auth-sources)

(defcustom aid-model nil
  "The name of the model to ask, or nil for the one that config.json names.
A chat may have its own: `aid-set-model'."
  :type '(choice (const :tag "As configured" nil) string)
  :group 'aid)

(defcustom aid-strategy nil
  "The name of the strategy to ask by, or nil for the one that is configured.
A chat may have its own: `aid-set-strategy'."
  :type '(choice (const :tag "As configured" nil) string)
  :group 'aid)

(defun aid-model-secret (info)
  "The key for the model that INFO describes, by auth-source, or nil.
INFO is a plist of `aid--mod-model-info'."
  (when (and (plist-get info :needs_key) (plist-get info :host))
    (require 'auth-source)
    (when-let ((found (car (auth-source-search :host (plist-get info :host)
                                               :user "apikey" :max 1
                                               :require '(:secret))))
               (secret (plist-get found :secret)))
      (if (functionp secret) (funcall secret) secret))))

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

(defun aid-model--note (info)
  "What a completion list is to say of the model INFO."
  (concat "  " (or (plist-get info :provider) "")
          (if (plist-get info :local) ", local" "")
          (let ((context (or (plist-get info :context) 0)))
            (if (> context 0) (format ", %dk" (/ context 1000)) ""))
          (if (aid-model--key-missing-p info) ", key missing" "")
          (if (plist-get info :default) ", default" "")))

(defun aid-model-read (prompt root)
  "Read the name of a model with PROMPT; those configured for ROOT are completed.
Another is a provider's, PROVIDER/NAME.  Give nil for no name."
  (let* ((models (aid--mod-models root))
         (names (mapcar (lambda (info) (plist-get info :id)) models))
         (note (lambda (name)
                 (aid-model--note (cl-loop for info in models
                                           when (equal (plist-get info :id) name) return info))))
         (table (lambda (string predicate action)
                  (if (eq action 'metadata)
                      `(metadata (category . aid-model) (annotation-function . ,note))
                    (complete-with-action action names string predicate))))
         (name (completing-read prompt table nil 'confirm)))
    (unless (string-empty-p name)
      name)))

(provide 'aid-model)
;;; aid-model.el ends here
