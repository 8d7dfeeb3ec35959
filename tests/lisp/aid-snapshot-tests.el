;;; aid-snapshot-tests.el --- Tests of snapshots and of a file's history  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The mode with the real core and git: what is taken, what is remembered,
;; what is not saved; and the versions of a file, shown and brought back.

;;; Code:

(require 'aid-project-help)
(require 'aid-snapshot)
(require 'aid-history)

(defmacro aid-snapshot-tests-with (&rest body)
  "Run BODY in the buffer of a.c in a project, `root' its root, links resolved."
  `(aid-project-with '(("a.c" . "int one;\n") (".aid/x" . ""))
     (let ((aid-snapshot--sites nil) (aid-snapshot--remembered 'unread)
           (root (directory-file-name (file-truename aid-project-root-folder))))
       (unwind-protect
           (with-current-buffer (aid-project-buffer "a.c")
             ,@body)
         (aid-snapshot--stop root t)))))

(defun aid-snapshot-tests-take (root)
  "Take a snapshot of ROOT now and give its id."
  (let ((cell (aid-tests-collect (aid--mod-snapshot-take-soon root))))
    (aid-tests-wait (lambda () (aid-tests-ended cell)))
    (pcase (car (car cell))
      (`(result ,val) (plist-get val :id))
      (`(error ,val) (ert-fail (plist-get val :message))))))

(defun aid-snapshot-tests-write (text root)
  "Save this buffer with TEXT, and take the snapshot of ROOT that has it; give its id."
  (let ((before (aid-snapshot-tests-take root)) id)
    (erase-buffer)
    (insert text)
    (let (message-log-max)
      (save-buffer))
    (aid-tests-wait (lambda () (not (equal before (setq id (aid-snapshot-tests-take root))))))
    id))

(defun aid-snapshot-tests-text (root id)
  "The text of a.c in snapshot ID of ROOT."
  (let ((cell (aid-tests-collect (aid--mod-snapshot-text-soon root id "a.c"))))
    (aid-tests-wait (lambda () (aid-tests-ended cell)))
    (plist-get (nth 1 (car (car cell))) :text)))

(ert-deftest aid-snapshot-mode-is-a-projects ()
  "It is on in all buffers of the project, takes a snapshot, and is remembered until it is switched off."
  (aid-snapshot-tests-with
   (aid-project-write "b.c" "int two;\n")
   (let ((other (aid-project-buffer "b.c")))
     (aid-snapshot-mode 1)
     (should aid-snapshot-mode)
     (should (buffer-local-value 'aid-snapshot-mode other))
     (aid-tests-wait (lambda () (aid-snapshot-site-last (aid-snapshot--site root))))
     (should (equal "int one;\n" (aid-snapshot-tests-text root (aid-snapshot-site-last (aid-snapshot--site root)))))
     ;; Another session: the first file that is visited switches it on.
     (aid-snapshot--stop root nil)
     (setq aid-snapshot--remembered 'unread)
     (should-not aid-snapshot-mode)
     (aid-snapshot-found-file)
     (should aid-snapshot-mode)
     (aid-snapshot--start-again root)
     (should (aid-snapshot--site root))
     (aid-snapshot-mode -1)
     (should-not (buffer-local-value 'aid-snapshot-mode other))
     (aid-tests-wait (lambda ()
                       (setq aid-snapshot--remembered 'unread)
                       (not (member root (aid-snapshot--roots)))))
     (aid-snapshot-found-file)
     (should-not aid-snapshot-mode))))

(ert-deftest aid-snapshot-home-is-asked-about ()
  "The home, and what holds it, is no single project: who does not mean all of it gets no snapshots."
  (aid-snapshot-tests-with
   (aid-project-write "home/me/b.c" "int two;\n")
   (dolist (home (list root (expand-file-name "home/me" root)))
     (with-environment-variables (("HOME" home))
       (let (asked)
         (cl-letf (((symbol-function 'yes-or-no-p) (lambda (prompt) (push prompt asked) nil)))
           (should-error (aid-snapshot-mode 1) :type 'user-error)
           (should-error (aid-snapshot) :type 'user-error))
         (should (= 2 (length asked)))
         (should-not aid-snapshot-mode)
         (should-not (aid-snapshot--site root)))))
   (with-environment-variables (("HOME" root))
     (cl-letf (((symbol-function 'yes-or-no-p) #'always))
       (aid-snapshot-mode 1))
     (should (aid-snapshot--site root))
     (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (ert-fail "It was asked again"))))
       (aid-snapshot-mode 1)))))

(ert-deftest aid-snapshot-command ()
  "A snapshot is taken at once, also without the mode, and said."
  (aid-snapshot-tests-with
   (let ((said (aid-project-said
                (aid-snapshot)
                (aid-tests-wait (lambda () aid-project--messages)))))
     (should (string-match-p "Snapshot [[:xdigit:]]\\{12\\} of" said)))
   (should (string-match-p "Nothing has changed"
                           (aid-project-said (aid-snapshot) (aid-tests-wait (lambda () aid-project--messages)))))))

(defmacro aid-snapshot-tests-unsaved (&rest body)
  "Run BODY in the buffer of a.c, of which snapshots have up to 100 bytes that are not saved."
  `(aid-snapshot-tests-with
    (cl-letf (((symbol-function 'aid--mod-snapshot-wants-unsaved) (lambda (_) 100)))
      (let ((aid-snapshot-unsaved-interval 3600))
        (aid-snapshot-mode 1)
        (aid-tests-wait (lambda () (aid-snapshot-site-last (aid-snapshot--site root))))
        ,@body))))

(defun aid-snapshot-tests-now (root)
  "The text of a.c in a snapshot of ROOT that is taken when the core has what is not saved."
  (aid-snapshot--send-unsaved)
  (aid-snapshot-tests-text root (aid-snapshot-tests-take root)))

(ert-deftest aid-snapshot-unsaved ()
  "What is not saved is in a snapshot if the settings want it, and no more when it is saved or reverted."
  (aid-snapshot-tests-unsaved
   (goto-char (point-max))
   (insert "int typed;\n")
   (set-buffer-file-coding-system 'utf-8-dos)
   (narrow-to-region 1 3)
   (should (equal "int one;\r\nint typed;\r\n" (aid-snapshot-tests-now root)))
   (should (equal "int one;\n" (aid-project-disk "a.c")))
   (revert-buffer t t)
   (should (equal "int one;\n" (aid-snapshot-tests-now root)))))

(ert-deftest aid-snapshot-unsaved-and-renamed ()
  "What is not saved is no more of the file that the buffer visited before."
  (aid-snapshot-tests-unsaved
   (insert "int typed;\n")
   (should (equal "int typed;\nint one;\n" (aid-snapshot-tests-now root)))
   (let ((message-log-max nil))
     (set-visited-file-name (aid-project-file "b.c") t t))
   (should (buffer-modified-p))
   (should (equal "int one;\n" (aid-snapshot-tests-now root)))
   (set-buffer-modified-p nil)))

(ert-deftest aid-snapshot-unsaved-and-odd ()
  "What is too large, or no UTF-8, is in no snapshot; the file on the disk is."
  (aid-snapshot-tests-unsaved
   (insert "int typed;\n")
   (should (equal "int typed;\nint one;\n" (aid-snapshot-tests-now root)))
   (insert (make-string 100 ?x))
   (should (equal "int one;\n" (aid-snapshot-tests-now root)))
   (delete-region (point-min) (point-max))
   (insert "int typed;\n")
   (should (equal "int typed;\n" (aid-snapshot-tests-now root)))
   (insert (unibyte-char-to-multibyte #x80))
   (should (equal "int one;\n" (aid-snapshot-tests-now root)))
   (set-buffer-modified-p nil)))

(ert-deftest aid-snapshot-folder-without-a-state ()
  "An empty XDG_STATE_HOME is none, as for the core."
  (let ((process-environment (cons "XDG_STATE_HOME=" process-environment)))
    (should (equal (expand-file-name "~/.local/state/aid/snapshots/") (aid-snapshot--folder)))))

(ert-deftest aid-snapshot-remote ()
  "A project of another machine is refused."
  (with-temp-buffer
    (cl-letf (((symbol-function 'aid-snapshot-root) (lambda () "/ssh:nowhere:/x")))
      (should-error (aid-snapshot-mode 1) :type 'user-error)
      (should-not aid-snapshot-mode))))

;;; History

(defmacro aid-snapshot-tests-history (&rest body)
  "Run BODY in the list of a.c, which had three versions; `file' is its buffer."
  `(aid-snapshot-tests-with
    (aid-snapshot-tests-write "int one;\nint two;\n" root)
    (aid-snapshot-tests-write "int three;\n" root)
    (let ((file (current-buffer)))
      (aid-history)
      (set-buffer (window-buffer))
      (should (derived-mode-p 'aid-history-mode))
      (aid-tests-wait (lambda () (eql 3 (length aid-history--versions))))
      (unwind-protect
          (progn ,@body)
        (dolist (buffer (buffer-list))
          (when (string-match-p "\\`\\(\\*aid-history\\|a\\.c at \\)" (buffer-name buffer))
            (kill-buffer buffer)))))))

(ert-deftest aid-history-lists ()
  "The versions of a file are listed, the newest first, with what they changed."
  (aid-snapshot-tests-history
   (should (equal '("+1 -2" "+1 -0" "new +1 -0") (mapcar #'aid-history--change aid-history--versions)))
   (should (string-match-p "\\`just now +unknown +\\+1 -2 " (buffer-substring (point-min) (line-end-position))))
   ;; A version that has come is in it after `g', and point stays on its line.
   (forward-line 1)
   (let ((id (tabulated-list-get-id)))
     (with-current-buffer file
       (aid-snapshot-tests-write "int four;\n" root))
     (aid-project-key "g")
     (aid-tests-wait (lambda () (eql 4 (length aid-history--versions))))
     (should (equal id (tabulated-list-get-id))))))

(ert-deftest aid-history-build ()
  "A version that was not built as it is says how the one before stood."
  (should (equal '("green" "red 3" "unknown" "was green" "was red 3" "was red" "unknown")
                 (mapcar (lambda (version)
                           (substring-no-properties
                            (aid-history--build (list :status (nth 0 version) :errors (nth 1 version)
                                                      :exact (nth 2 version)))))
                         '((green 0 t) (red 3 t) (unknown 0 t) (green 0 nil) (red 3 nil) (red 0 nil)
                           (unknown 0 nil))))))

(ert-deftest aid-history-ago ()
  "Times are said as people say them."
  (should (equal '("just now" "3 min ago" "2 h ago" "1 day ago" "9 days ago")
                 (mapcar #'aid-history--ago '(5 200 7300 90000 800000)))))

(ert-deftest aid-history-shows-a-version ()
  "A version is shown in the file's mode, read-only; SPC stays in the list."
  (aid-snapshot-tests-history
   (let ((list (current-buffer)))
     (forward-line 1)
     (aid-project-key "SPC")
     (aid-tests-wait (lambda () (cl-find-if (lambda (b) (string-prefix-p "a.c at " (buffer-name b))) (buffer-list))))
     (should (eq list (window-buffer)))
     (aid-project-key "RET")
     (aid-tests-wait (lambda () (not (eq list (window-buffer)))))
     (set-buffer (window-buffer))
     (should (equal "int one;\nint two;\n" (buffer-string)))
     (should (derived-mode-p 'c-mode))
     (should buffer-read-only)
     (should-not buffer-file-name))))

(ert-deftest aid-history-compares ()
  "A version is compared with what is there now, in diff-mode."
  (aid-snapshot-tests-history
   (forward-line 2)
   (aid-project-key "=")
   (aid-tests-wait (lambda ()
                     (when-let ((buffer (get-buffer "*aid-history-diff*")))
                       (with-current-buffer buffer
                         (and (derived-mode-p 'diff-mode)
                              (string-match-p "^\\+int three;" (buffer-string))
                              (string-match-p "^-int one;" (buffer-string)))))))))

(ert-deftest aid-history-restores ()
  "A version comes back into the buffer as one change that can be undone; the file is left alone."
  (aid-snapshot-tests-history
   (forward-line 2)
   (aid-project-key "r")
   (aid-tests-wait (lambda () (equal "int one;\n" (with-current-buffer file (buffer-string)))))
   (with-current-buffer file
     (should (buffer-modified-p))
     (should (equal "int three;\n" (aid-project-disk "a.c")))
     (aid-project-undo)
     (should (equal "int three;\n" (buffer-string))))))

(ert-deftest aid-history-of-nothing ()
  "A file without versions is said to have none; a line that is none is said to be none."
  (aid-snapshot-tests-with
   (should (string-match-p "There are no snapshots"
                           (aid-project-said (aid-history) (aid-tests-wait (lambda () aid-project--messages)))))
   (set-buffer (window-buffer))
   (should-error (aid-history-show) :type 'user-error)))

(provide 'aid-snapshot-tests)
;;; aid-snapshot-tests.el ends here
