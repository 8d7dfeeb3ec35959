;;; aid-conventions-tests.el --- Tests of what Emacs expects of a package  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The Key Binding Conventions, Customize, docstrings and autoloads, for all of
;; the files in lisp/.

;;; Code:

(require 'aid-module-helper)
(require 'ert)
(require 'cl-lib)
(require 'wid-edit)

(defconst aid-conventions-tests--folder (file-name-directory (locate-library "aid")))

(dolist (file (directory-files aid-conventions-tests--folder nil "\\`aid.*\\.el\\'"))
  (require (intern (file-name-sans-extension file))))

(defun aid-conventions-tests--ours (predicate)
  "The symbols of AID for which PREDICATE is non-nil, by name."
  (let (found)
    (mapatoms (lambda (symbol)
                (when (and (string-match-p "\\`aid\\(-\\|\\'\\)" (symbol-name symbol))
                           (not (string-match-p "-tests?-\\|-tests\\'" (symbol-name symbol)))
                           (funcall predicate symbol))
                  (push symbol found))))
    (sort found #'string<)))

(defun aid-conventions-tests--group (symbol)
  "A group that SYMBOL is in, or nil."
  (let (found)
    (mapatoms (lambda (group)
                (when (assq symbol (get group 'custom-group))
                  (setq found group))))
    found))

(ert-deftest aid-conventions-customs ()
  "What can be customized is in a group of AID, and its type has its value."
  (dolist (variable (aid-conventions-tests--ours
                     (lambda (symbol)
                       (and (custom-variable-p symbol)
                            (not (string-suffix-p "-mode-hook" (symbol-name symbol)))))))
    (let ((group (aid-conventions-tests--group variable)) (type (get variable 'custom-type)))
      (ert-info ((format "%s" variable))
        (should (string-prefix-p "aid" (symbol-name group)))
        (should type)
        (unless (eq type 'hook)         ; Emacs does not say so of an empty one
          (should (widget-apply (widget-convert type) :match (default-value variable))))))))

(ert-deftest aid-conventions-macros-are-not-declared-functions ()
  "A file that is compiled alone, as Emacs compiles natively, must know which names of others are macros."
  (dolist (file (directory-files aid-conventions-tests--folder t "\\`aid.*\\.el\\'"))
    (with-temp-buffer
      (insert-file-contents file)
      (while (re-search-forward "^(declare-function \\([^ ]+\\) \"\\([^\":]+\\)\"" nil t)
        (let ((name (intern (match-string 1))) (library (intern (match-string 2))))
          (require library nil t)
          (ert-info ((format "%s in %s" name file))
            (should-not (macrop name))))))))

(ert-deftest aid-conventions-docstrings ()
  "Each public function, variable and command says what it is for; no command is private."
  (dolist (function (aid-conventions-tests--ours #'fboundp))
    (ert-info ((format "%s" function))
      (if (string-match-p "--" (symbol-name function))
          (should-not (commandp function))
        (should (or (keymapp (symbol-function function))
                    (documentation function)))))))

(ert-deftest aid-conventions-keys ()
  "What belongs to the user is free: C-c and a letter, F5 to F9, and C-h behind a prefix."
  (dolist (map (aid-conventions-tests--ours
                (lambda (symbol) (and (boundp symbol) (keymapp (symbol-value symbol))))))
    (ert-info ((format "%s" map))
      (dolist (letter (append (number-sequence ?a ?z) (number-sequence ?A ?Z)))
        (should-not (commandp (lookup-key (symbol-value map) (vector ?\C-c letter)))))
      (dolist (key '([f5] [f6] [f7] [f8] [f9] [?\C-c ?\C-h] [?\C-h]))
        (should-not (commandp (lookup-key (symbol-value map) key)))))))

(ert-deftest aid-conventions-autoloads ()
  "Commands of the prefix map and the menu bar have autoload cookies, for installed packages."
  (let ((cookies (make-hash-table)))
    (dolist (file (directory-files aid-conventions-tests--folder t "\\`aid.*\\.el\\'"))
      (with-temp-buffer
        (insert-file-contents file)
        (while (re-search-forward
                "^;;;###autoload\\(?: (autoload '\\|\n([-a-z]+ \\)\\(aid[-a-z]*\\)" nil t)
          (puthash (intern (match-string 1)) t cookies))))
    (dolist (map (list aid-prefix-map aid-menu-bar))
      (map-keymap (lambda (_ binding)
                    (let ((command (if (eq (car-safe binding) 'menu-item) (nth 2 binding) binding)))
                      (when (and command (symbolp command) (commandp command))
                        (ert-info ((format "%s" command))
                          (should (gethash command cookies))))))
                  map))))

(provide 'aid-conventions-tests)
;;; aid-conventions-tests.el ends here
