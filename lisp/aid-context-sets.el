;;; aid-context-sets.el --- Named sets of items  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What one often asks about together has a name: a set of items.  A person's
;; sets are kept in AID's state folder, a project's own in its .aid/sets.json.
;; The command aid knows them too, as "set:NAME".

;;; Code:

(eval-when-compile (require 'subr-x))
(require 'cl-lib)
(require 'aid-context-items)

(declare-function aid--mod-sets "ext:aid-module" (root))
(declare-function aid--mod-set-save "ext:aid-module" (root name items &optional shared))

(defun aid-context-sets--all ()
  "The sets of the project of the chat at hand, as plists."
  (with-current-buffer (aid-append--chat)
    (append (aid--mod-sets (directory-file-name (aid-chat-root))) nil)))

(defun aid-context-sets--read (prompt sets)
  "Read the name of one of SETS, asking by PROMPT."
  (unless sets
    (user-error "This project has no sets; M-x aid-context-save-set saves one"))
  (let ((completion-extra-properties
         (list :annotation-function
               (lambda (name)
                 (let ((set (cl-find name sets :key (lambda (s) (plist-get s :name)) :test #'equal)))
                   (format "  %d items%s" (length (plist-get set :items))
                           (if (plist-get set :shared) ", the project's" "")))))))
    (completing-read prompt (mapcar (lambda (set) (plist-get set :name)) sets) nil t)))

(defun aid-context-sets--written (target)
  "TARGET, of an item of this chat, as a set holds it; nil when it cannot.
A set outlives what only Emacs knows."
  (pcase (aid-context-parse-target target (expand-file-name default-directory))
    (`(,file ,first ,last)
     (unless (file-remote-p file)
       (let ((root (aid-chat-root)))
         (concat (if (file-in-directory-p file root)
                     (directory-file-name (file-relative-name file root))
                   file)
                 (and first (format "#L%d-L%d" first last))))))
    (_ (cond ((string-match-p "\\`https?://" target) target)
             ((not (aid-context-core-p target)) nil)
             ((string-match "\\`aid:\\([^/]+\\)\\(?:/\\(.*\\)\\)?\\'" target)
              (concat (match-string 1 target) ":"
                      (aid-percent-decode (or (match-string 2 target) ""))))))))

;;;###autoload
(defun aid-context-save-set (name &optional shared)
  "Save the items of the open question as the set NAME of this project.
With a prefix argument, SHARED, save it in the project's .aid/sets.json.
What only Emacs knows, such as buffers and snapshots, is left out."
  (interactive (list (completing-read "Save the question's items as the set: "
                                      (mapcar (lambda (set) (plist-get set :name))
                                              (aid-context-sets--all)))
                     current-prefix-arg))
  (with-current-buffer (aid-append--chat)
    (let* ((targets (mapcar (lambda (item) (nth 2 item)) (aid-chat--open-items)))
           (items (delq nil (mapcar #'aid-context-sets--written targets))))
      (unless items
        (user-error "The open question has no items that a set can hold"))
      (aid--mod-set-save (directory-file-name (aid-chat-root)) name items (and shared t))
      (message "Set \"%s\": %d item%s%s" name (length items) (if (cdr items) "s" "")
               (if (= (length items) (length targets)) ""
                 (format ", without %d that only Emacs knows" (- (length targets) (length items))))))))

;;;###autoload
(defun aid-context-add-set (name)
  "Add the items of the set NAME to the open question."
  (interactive (list (aid-context-sets--read "Add the set: " (aid-context-sets--all))))
  (let* ((set (or (cl-find name (aid-context-sets--all)
                           :key (lambda (s) (plist-get s :name)) :test #'equal)
                  (user-error "There is no set \"%s\" in this project" name)))
         (chat (aid-append--chat)) (missing nil))
    (dolist (written (append (plist-get set :items) nil))
      (pcase (with-current-buffer chat (aid-context-written-item written))
        (`(,label ,target)
         (if (and (plist-get set :shared) (aid-context-core-p target))
             ;; The project brings it: it is read when the person sends it.
             (aid-chat-add-item chat label target)
           (aid-context--add label target)))
        (_ (push written missing))))
    (aid-append--show chat)
    (message "Set \"%s\" added%s" name
             (if missing (concat ", but for what is not there: " (string-join (nreverse missing) ", "))
               ""))))

;;;###autoload
(defun aid-context-forget-set (name)
  "Forget the set NAME of this project."
  (interactive (list (aid-context-sets--read "Forget the set: " (aid-context-sets--all))))
  (let ((set (cl-find name (aid-context-sets--all)
                      :key (lambda (s) (plist-get s :name)) :test #'equal)))
    (when (or (not (plist-get set :shared))
              (yes-or-no-p (format "Remove \"%s\" from the project's .aid/sets.json? " name)))
      (with-current-buffer (aid-append--chat)
        (aid--mod-set-save (directory-file-name (aid-chat-root)) name nil (plist-get set :shared)))
      (message "Set \"%s\" forgotten" name))))

(provide 'aid-context-sets)
;;; aid-context-sets.el ends here
