;;; aid-project.el --- Where a project's root is  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Every chat belongs to a project, which is found before it can be opened.

;;; Code:

(eval-when-compile
  (require 'cl-lib)
  (require 'subr-x))

(declare-function aid-chat-root "aid-chat" ())
(declare-function project-root "project" (project))
(declare-function project-roots "project" (project))

(defcustom aid-project-markers
  '(".aid" "dune-project" "Cargo.toml" "go.mod" "package.json" "pyproject.toml"
    "CMakeLists.txt" "configure.ac" "Makefile")
  "Files that mark the root of a project that is in no version control."
  :type '(repeat string)
  :group 'aid)

(defun aid-project--marked-root ()
  "The nearest folder above this one that holds one of `aid-project-markers'."
  (unless (file-remote-p default-directory)
    (locate-dominating-file
     default-directory
     (lambda (folder)
       (cl-loop for name in aid-project-markers
                thereis (file-exists-p (expand-file-name name folder)))))))

(defconst aid-project--vc-signs '(".git" ".hg" ".svn" ".bzr" "CVS" "RCS" "SCCS" ".src")
  "Files and folders that tell version control to project.el.")

(defun aid-project--vc-sign ()
  "The nearest version control's folder or file at or above this folder."
  (cl-flet ((sign (folder) (cl-loop for name in aid-project--vc-signs
                                    for file = (expand-file-name name folder)
                                    when (file-exists-p file) return file)))
    (when-let ((folder (locate-dominating-file default-directory #'sign)))
      (sign folder))))

(defun aid-project--known-root ()
  "The root of the project here as project.el knows it, or nil.
To load project.el takes longer than all of AID, so what it would say of
a plain folder or a plain checkout is found without it."
  (let ((sign (and (not (file-remote-p default-directory))
                   (not (featurep 'project))
                   (not (boundp 'project-find-functions))   ; nobody has set it up
                   (or (aid-project--vc-sign) 'none))))
    (cond ((eq sign 'none) nil)
          ((and sign (member (file-name-nondirectory sign) '(".git" ".hg"))
                (file-directory-p sign))                    ; a submodule's is a file
           (file-name-directory sign))
          ((when-let ((project (project-current)))
             (if (fboundp 'project-root)
                 (project-root project)
               (car (with-no-warnings (project-roots project)))))))))

(defun aid-project--jj-root ()
  "The root of the Jujutsu repository here, nil outside of one.
Nobody else in Emacs knows them, unless a package makes project.el do."
  (unless (file-remote-p default-directory)
    (locate-dominating-file default-directory ".jj")))

(defun aid-project-root ()
  "The root of the project here; in a chat, of that chat's.
That is project.el's, else that of a Jujutsu repository, else the nearest folder
with one of `aid-project-markers', else this directory."
  (expand-file-name
   (file-name-as-directory
    (or (and (derived-mode-p 'aid-chat-mode) (aid-chat-root))
        (aid-project--known-root)
        (aid-project--jj-root)
        (aid-project--marked-root)
        default-directory))))

(provide 'aid-project)
;;; aid-project.el ends here
