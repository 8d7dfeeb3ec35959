;;; aid-search.el --- Passages of a project that a question is about  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The core's index of a project finds what a few words, a name or a message
;; are about.  What it finds is shown as xref shows references, each place with
;; why it was found; `aid-append-dwim' there appends it to the chat.

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'xref)
(require 'aid-module)
(require 'aid-invisible)
(require 'aid-recipe)

(declare-function aid--mod-find-soon "ext:aid-module" (plist))
(declare-function aid--on-event "aid-module" (id function))
(declare-function aid-project-root "aid-project" ())

(defcustom aid-search-passages 30
  "How many passages `aid-search' shows at most."
  :type 'natnum
  :group 'aid)

(defvar aid-search-history nil
  "What was searched for.")

(defconst aid-search--wait 20000
  "How long a search waits for a project's first index, in milliseconds.")

(defun aid-search--xref (item root)
  "ITEM, which was found in the project at ROOT, as an xref."
  (pcase-let ((`(,path ,first) (split-string (plist-get item :target) "#L")))
    (xref-make (concat (when-let ((name (plist-get item :name)))
                         (concat (aid-invisible-string name) ": "))
                       (aid-invisible-string (plist-get item :why)))
               (xref-make-file-location
                (expand-file-name (aid-percent-decode path) root)
                (string-to-number first) 0))))

(defun aid-search--show (found query root)
  "Show what was FOUND for QUERY in the project at ROOT."
  (let ((items (plist-get found :items)))
    (cond (items
           (funcall xref-show-xrefs-function
                    (lambda () (mapcar (lambda (item) (aid-search--xref item root)) items))
                    `((window . ,(selected-window)) (display-action) (auto-jump)))
           (when (plist-get found :partial)
             (message "The project is still being indexed: search again in a moment for all")))
          ((plist-get found :partial)
           (message "Nothing found for %s yet: the project is being indexed" query))
          (t (message "Nothing found for %s in %d files" query (plist-get found :files))))))

;;;###autoload
(defun aid-search (query)
  "Show the passages of this project that QUERY is about, best first.
QUERY is a name, a few words, an error message or a whole question.  The search
goes on in the background; each place says why it was found."
  (interactive
   (let ((name (thing-at-point 'symbol t)))
     (list (read-string (format-prompt "Search the project for" name)
                        nil 'aid-search-history name))))
  (when (string-blank-p query)
    (user-error "There is nothing to search for"))
  (aid-module-ensure)
  (require 'aid-context)
  (let ((root (expand-file-name (aid-project-root))))
    (when (file-remote-p root)
      (user-error "A remote project is not searched"))
    (aid--on-event
     (aid--mod-find-soon (list :root (directory-file-name root) :dir root :text query :error ""
                               :open (aid-recipe--open-files root) :without nil
                               :weak t :max aid-search-passages :tokens 1000000 :wait aid-search--wait))
     (lambda (kind &optional val)
       (if (eq kind 'result)
           (aid-search--show val query root)
         (message "%s" (plist-get val :message)))))
    (message "Searching %s..." (abbreviate-file-name root))))

;;; Why a file is not searched

(declare-function aid--mod-project-why-soon "ext:aid-module" (root path))

;;;###autoload
(defun aid-why (file)
  "Say what FILE is to its project: text, or why it is left out.
What is left out is neither listed nor searched; it can be appended all the
same."
  (interactive (list (read-file-name "Why is this file listed, or not: " nil buffer-file-name t
                                     (and buffer-file-name (file-name-nondirectory buffer-file-name)))))
  (aid-module-ensure)
  (require 'aid-context)
  (let* ((file (expand-file-name file))
         (root (let ((default-directory (file-name-directory (directory-file-name file))))
                 (expand-file-name (aid-project-root))))
         (name (file-relative-name file root)))
    (when (file-remote-p root)
      (user-error "A remote project is not listed"))
    (aid--on-event
     (aid--mod-project-why-soon (directory-file-name root) name)
     (lambda (kind &optional val)
       (message "%s" (if (eq kind 'result) (concat name ": " val) (plist-get val :message)))))))

(provide 'aid-search)
;;; aid-search.el ends here
