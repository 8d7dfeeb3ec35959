;;; aid-ask-tests.el --- Tests of asking from the code  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `aid-ask' and its kin in code buffers, the list of chats, the menus.  What
;; is asked of the core is looked at; no request is made.

;;; Code:

(require 'aid-context-help)
(require 'aid-chats)
(require 'transient)
(require 'aid-menu)

(declare-function aid--mod-doc-text "ext:aid-module" (doc))

(defvar aid-ask-tests--asked nil "What was asked of the core: its id, strategy, chat's text.")

(defmacro aid-ask-tests-with (&rest body)
  "Run BODY in a project whose src/a.c is selected; what is asked is noted."
  `(aid-context-tests-with
    (let ((aid-ask-tests--asked nil) (aid-strategy nil) (aid-model nil))
      (cl-letf (((symbol-function 'aid--mod-ask)
                 (lambda (plist)
                   (push (list (cl-incf aid-project--id) (plist-get plist :strategy)
                               (aid--mod-doc-text (plist-get plist :doc)))
                         aid-ask-tests--asked)
                   aid-project--id))
                ((symbol-function 'aid--mod-model-info) (lambda (&rest _) '(:id "model"))))
        (switch-to-buffer (aid-project-buffer "src/a.c"))
        (goto-char (point-min))
        ,@body))))

(defun aid-ask-tests-answer (text)
  "Have TEXT answer what was asked last."
  (let ((id (caar aid-ask-tests--asked)))
    (aid--dispatch (list id 'text text 0 []))
    (aid--dispatch (list id 'done (list :state "done" :meta "model=m req=r1 state=done")))))

(ert-deftest aid-ask-takes-the-definition ()
  "The question goes with the definition at point; no window but the chat's changes."
  (aid-ask-tests-with
   (search-forward "return 2")
   (split-window-below)
   (let ((windows (mapcar (lambda (w) (list w (window-buffer w) (window-point w))) (window-list)))
         (here (selected-window)) (at (point)))
     (aid-ask "Why two?")
     (should (eq here (selected-window)))
     (should (= at (point)))
     (dolist (before windows)
       (when (eq (window-buffer (car before)) (nth 1 before))
         (should (= (window-point (car before)) (nth 2 before)))))
     (should (get-buffer-window (aid-context-tests-chat))))
   (let ((sent (nth 2 (car aid-ask-tests--asked))))
     (should (string-match-p (concat "\nWhy two\\?\n\n- \\[src/a.c:9-13\\]"
                                     "(../../project/src/a.c#L9-L13) <!--aid:.* item sym=two ")
                             sent)))))

(ert-deftest aid-ask-touches-no-other-window ()
  "Where Emacs would pop up no window, the chat has half of the asking one, and all go on showing what they showed."
  (aid-ask-tests-with
   (set-window-buffer (split-window-right) (get-buffer-create " *notes*"))
   (let ((shown (mapcar (lambda (window) (cons window (window-buffer window))) (window-list))))
     (aid-ask "Why?")
     (should (equal shown (mapcar (lambda (before) (cons (car before) (window-buffer (car before)))) shown)))
     (should (get-buffer-window (aid-context-tests-chat))))
   (kill-buffer " *notes*")))

(ert-deftest aid-ask-takes-the-region ()
  "An active region is taken instead of the definition."
  (aid-ask-tests-with
   (let ((transient-mark-mode t))
     (search-forward "return 2")
     (push-mark (line-beginning-position) t t)
     (aid-ask "Why?")
     (let ((sent (nth 2 (car aid-ask-tests--asked))))
       (should (string-search "[src/a.c:12](" sent))
       (should-not (string-search "sym=" sent))))))

(ert-deftest aid-ask-in-a-new-chat ()
  "With a prefix argument it is a new chat, with the context; it is the one used from then on."
  (aid-ask-tests-with
   (search-forward "return 2")
   (let ((old (aid-context-tests-chat)))
     (aid-ask "New?" t)
     (let ((new (window-buffer (seq-find (lambda (w) (with-current-buffer (window-buffer w)
                                                       (derived-mode-p 'aid-chat-mode)))
                                         (window-list)))))
       (should-not (eq old new))
       (should (eq new (aid-context-tests-chat)))
       (should-not (with-current-buffer old (string-search "src/a.c" (buffer-string))))
       (should (with-current-buffer new (string-search "[src/a.c:9-13]" (buffer-string))))))))

(ert-deftest aid-ask-nothing ()
  "Without a question nothing is asked and nothing is left."
  (aid-ask-tests-with
   (should-error (aid-ask "  ") :type 'user-error)
   (should-not aid-ask-tests--asked)))

(ert-deftest aid-rewrite-reviews-in-place ()
  "A rewrite asks for an edit of the region, and its review opens when it has come."
  (aid-ask-tests-with
   (search-forward "return 2")
   (aid-rewrite (line-beginning-position) (line-end-position) "Return three.")
   (should (equal (nth 1 (car aid-ask-tests--asked)) "edit"))
   (should (string-search "[src/a.c:12]" (nth 2 (car aid-ask-tests--asked))))
   (should (string-search "Return three." (nth 2 (car aid-ask-tests--asked))))
   (aid-ask-tests-answer (aid-project-diff "--- a/src/a.c" "+++ b/src/a.c" "@@ -11,3 +11,3 @@"
                                           " {" "-  return 2;" "+  return 3;" " }"))
   (aid-project-key "y")
   (should (string-search "return 3;" (aid-project-text "src/a.c")))))

(ert-deftest aid-rewrite-reviews-where-the-chat-is ()
  "A chat that is shown gives its window to the review, and the code keeps its own."
  (aid-ask-tests-with
   (delete-other-windows)
   (let* ((code (selected-window)) (text (current-buffer)) (beside (split-window))
          (chat (aid-chat-for aid-project-root-folder)))
     (set-window-buffer beside chat)
     (search-forward "return 2")
     (aid-rewrite (line-beginning-position) (line-end-position) "Return three.")
     (aid-ask-tests-answer (aid-project-diff "--- a/src/a.c" "+++ b/src/a.c" "@@ -11,3 +11,3 @@"
                                             " {" "-  return 2;" "+  return 3;" " }"))
     (should (eq (selected-window) beside))
     (should (with-current-buffer (window-buffer beside) (derived-mode-p 'aid-review-mode)))
     (should (eq (window-buffer code) text))
     (should (= 2 (length (window-list))))
     (aid-project-key "k")
     (aid-project-key "q")
     (should (eq (window-buffer beside) chat))
     (should (eq (selected-window) code)))))

(ert-deftest aid-rewrite-takes-what-one-sees ()
  "An old mark is no region: without an active one it is the definition at point."
  (aid-ask-tests-with
   (let ((transient-mark-mode t))
     (cl-letf (((symbol-function 'read-string) (lambda (&rest _) "Return three.")))
       (push-mark (point-max) t)
       (should-error (call-interactively #'aid-rewrite) :type 'user-error)
       (search-forward "return 2")
       (call-interactively #'aid-rewrite))
     (should (string-search "[src/a.c:9-13]" (nth 2 (car aid-ask-tests--asked)))))))

(ert-deftest aid-rewrite-without-a-change ()
  "A rewrite that is answered without a change shows the answer and says so."
  (aid-ask-tests-with
   (aid-rewrite (line-beginning-position) (line-end-position) "Better.")
   (should (string-search "no change" (aid-project-said (aid-ask-tests-answer "It is fine."))))
   (should (get-buffer-window (aid-context-tests-chat)))))

(ert-deftest aid-chat-there-and-back ()
  "`aid-chat' goes to the project's chat and back."
  (aid-ask-tests-with
   (let ((here (window-buffer)))
     (aid-chat)
     (should (eq (window-buffer) (aid-context-tests-chat)))
     (with-current-buffer (window-buffer) (aid-chat))
     (should (eq (window-buffer) here)))))

(ert-deftest aid-chats-lists-and-opens ()
  "The list has every chat with its project and title, the newest first, and opens them."
  (aid-context-tests-with
   (let ((first (aid-project-chat)) (second (aid-project-chat)) files)
     (aid-project-answer first "one")
     (with-current-buffer second (goto-char (point-min)) (search-forward "# New chat") (replace-match "# Other"))
     (aid-project-answer second "two")
     (setq files (mapcar #'buffer-file-name (list second first)))
     (set-file-times (nth 1 files) (time-subtract nil 5000))
     (mapc #'kill-buffer (list first second))
     (aid-chats)
     (should (equal (mapcar #'car (funcall tabulated-list-entries)) files))
     (goto-char (point-min))
     (should (looking-at ".*project +Other$"))
     (forward-line 1)
     (should (looking-at ".*project +Please\\."))
     (aid-chats-open)
     (should (equal buffer-file-name (nth 1 files)))
     (should (derived-mode-p 'aid-chat-mode))
     (cl-letf (((symbol-function 'yes-or-no-p) #'always))
       (with-current-buffer "*aid-chats*"
         (aid-chats-delete)
         (should-not (file-exists-p (nth 1 files)))
         (should (equal (mapcar #'car (funcall tabulated-list-entries)) (list (car files))))))
     (kill-buffer "*aid-chats*"))))

(ert-deftest aid-chats-leave-locks-alone ()
  "A lock, as of a chat that is not saved, is no chat to be listed or opened."
  (aid-context-tests-with
   (let* ((chat (aid-project-chat))
          (file (progn (aid-project-answer chat "one") (buffer-file-name chat)))
          (lock (lambda (folder) (make-symbolic-link "a@b.1:2" (expand-file-name ".#x.aid.md" folder)))))
     (funcall lock (file-name-directory file))
     (funcall lock aid-project-root-folder)
     (kill-buffer chat)
     (aid-chats)
     (should (equal (mapcar #'car (funcall tabulated-list-entries)) (list file)))
     (kill-buffer "*aid-chats*")
     (should (equal (buffer-file-name (aid-chat-for aid-project-root-folder)) file)))))

(ert-deftest aid-keys-and-menus ()
  "The prefix map, the menu bar and the transient have commands that exist; nothing else is bound."
  (map-keymap (lambda (key command)
                (should (characterp key))
                (should (commandp command)))
              aid-prefix-map)
  (should-not (where-is-internal 'aid-ask global-map t))
  (should (keymapp (lookup-key global-map [menu-bar tools aid])))
  (should (commandp 'aid-menu))
  (should (get 'aid-menu 'transient--prefix))
  (should (get 'aid 'group-documentation)))

(ert-deftest aid-rewrite-takes-no-keys ()
  "When somebody types meanwhile, the review waits until it is asked for."
  (aid-ask-tests-with
   (search-forward "return 2")
   (aid-rewrite (line-beginning-position) (line-end-position) "Return three.")
   (let ((here (current-window-configuration)) (num-input-keys (1+ num-input-keys)))
     (should (string-search
              "C-c C-a"
              (aid-project-said
               (aid-ask-tests-answer (aid-project-diff "--- a/src/a.c" "+++ b/src/a.c" "@@ -11,3 +11,3 @@"
                                                       " {" "-  return 2;" "+  return 3;" " }")))))
     (should (compare-window-configurations here (current-window-configuration))))))

(ert-deftest aid-chat-back-keeps-the-last-chat ()
  "Who went back from a chat comes to the same one again."
  (aid-ask-tests-with
   (let ((old (aid-project-chat)) (new (aid-project-chat)))
     (dolist (chat (list old new))
       (pop-to-buffer-same-window chat))
     (switch-to-buffer (aid-project-buffer "src/a.c"))
     (aid-chat)
     (should (eq (window-buffer) new))
     (set-buffer new)
     (aid-chat)
     (set-buffer (window-buffer))
     (aid-chat)
     (should (eq (window-buffer) new)))))

(ert-deftest aid-set-model-reads ()
  "A model's name is completed, with notes; no name means what is configured."
  (aid-ask-tests-with
   (let ((chat (aid-context-tests-chat)) (aid-model "some"))
     (cl-letf (((symbol-function 'aid--mod-models)
                (lambda (&rest _) '((:id "here" :provider "p" :local t :default t))))
               ((symbol-function 'aid--mod-discover) (lambda (&rest _) (cl-incf aid-project--id))))
       (cl-letf (((symbol-function 'completing-read)
                  (lambda (_prompt table &rest _)
                    (let ((note (completion-metadata-get (completion-metadata "" table nil)
                                                         'annotation-function)))
                      (should (equal (all-completions "" table) '("here")))
                      (should (string-suffix-p "  p, local, default" (funcall note "here"))))
                    "")))
         (call-interactively #'aid-set-model)
         (should-not aid-model))
       (cl-letf (((symbol-function 'completing-read) (lambda (&rest _) "far/other")))
         (call-interactively #'aid-set-model)
         (should (equal aid-model "far/other"))
         (should (string-search "far/other" (buffer-local-value 'aid-chat--header chat))))))))

(ert-deftest aid-chats-mouse ()
  "A click opens the chat that was clicked on."
  (aid-context-tests-with
   (let ((first (aid-project-chat)) (second (aid-project-chat)) file event)
     (aid-project-answer first "one")
     (aid-project-answer second "two")
     (aid-chats)
     (goto-char (point-min))
     (save-excursion
       (forward-line 1)
       (setq file (tabulated-list-get-id)
             event (list 'mouse-2 (list (selected-window) (point) '(0 . 0) 0))))
     (aid-chats-open event)
     (should (equal buffer-file-name file))
     (kill-buffer "*aid-chats*"))))

(ert-deftest aid-chats-delete-asks-for-unsaved-text ()
  "A chat with unsaved text that is not to be killed is not deleted either."
  (aid-context-tests-with
   (let ((chat (aid-project-chat)))
     (aid-project-answer chat "one")
     (with-current-buffer chat
       (add-hook 'kill-buffer-query-functions #'ignore nil t))
     (aid-chats)
     (goto-char (point-min))
     (cl-letf (((symbol-function 'yes-or-no-p) #'always))
       (aid-chats-delete))
     (should (buffer-live-p chat))
     (should (file-exists-p (buffer-file-name chat)))
     (kill-buffer "*aid-chats*"))))

(provide 'aid-ask-tests)
;;; aid-ask-tests.el ends here
