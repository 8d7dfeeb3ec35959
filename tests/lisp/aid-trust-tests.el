;;; aid-trust-tests.el --- What leaves, and what a project may say  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Code:

(require 'aid-chat-help)
(require 'aid-secrets)
(require 'aid-trust)
(require 'aid-context)

(defvar inhibit-interaction)

(defconst aid-trust-tests--token (concat "gh" "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a")
  "Nobody's token, in two parts so that no scanner takes it for somebody's.")

(defconst aid-trust-tests--other (concat "gl" "pat-vB3nR8wL5cF1jH6dS0gK")
  "Another one.")

(defvar aid-trust-tests--prompts nil "What was asked, the last first.")

(defmacro aid-trust-tests-answering (keys &rest body)
  "Run BODY; the questions about secrets are answered by KEYS, one after the other."
  (declare (indent 1))
  `(let ((keys ,keys) (aid-trust-tests--prompts nil))
     (cl-letf (((symbol-function 'read-multiple-choice)
                (lambda (prompt choices &rest _)
                  (push prompt aid-trust-tests--prompts)
                  (or (assq (pop keys) choices) (error "No such choice")))))
       ,@body)))

(defun aid-trust-tests--write (file text)
  "Write TEXT to FILE of the chat's project."
  (let ((name (expand-file-name file (aid-chat-root))))
    (make-directory (file-name-directory name) t)
    (with-temp-file name (insert text))))

(defun aid-trust-tests--ask (question &optional item)
  "Ask QUESTION with the file ITEM, and give what was asked of the core."
  (goto-char (car (aid-chat-open-question)))
  (insert "\n" question)
  (when item
    (aid-chat-add-item (current-buffer) item (file-relative-name (expand-file-name item (aid-chat-root)))))
  (aid-chat-send)
  (car aid-chat-tests--asked))

(ert-deftest aid-secrets-nothing-asks-nothing ()
  (aid-chat-tests-with chat
    (aid-trust-tests-answering nil
      (should (aid-trust-tests--ask "What is this?" "a.c"))
      (should-not aid-trust-tests--prompts))))

(ert-deftest aid-secrets-cancel-sends-nothing ()
  (aid-chat-tests-with chat
    (aid-trust-tests-answering '(?c)
      (let ((before (point-max)))
        (should-error (aid-trust-tests--ask (concat "Why is " aid-trust-tests--token " refused?"))
                      :type 'user-error)
        (should-not aid-chat-tests--asked)
        (should-not aid-chat--stream)
        (should (string-search aid-trust-tests--token (buffer-string)))
        (should (> (point-max) before)))
      (should (string-match-p "\\`Your question, line 1: GitHub token, ghp_\\.\\.\\. (40 characters)"
                              (car aid-trust-tests--prompts)))
      (should-not (string-search aid-trust-tests--token (car aid-trust-tests--prompts))))))

(ert-deftest aid-secrets-typed-is-replaced ()
  (aid-chat-tests-with chat
    (aid-trust-tests-answering '(?r)
      (let ((asked (aid-trust-tests--ask (concat "Über " aid-trust-tests--token ", why?"))))
        (should (string-search "Über [removed: GitHub token], why?" (plist-get asked :text)))
        (should-not (string-search aid-trust-tests--token (buffer-string)))))))

(ert-deftest aid-secrets-written-into-an-answer-is-replaced ()
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text "Because.")
    (aid-chat-tests-event 'done '(:state "done" :meta "model=m req=r1 got=0123456789abcdef state=done"))
    (goto-char (point-min))
    (search-forward "Because")
    (insert " of " aid-trust-tests--token)
    (aid-trust-tests-answering '(?r)
      (let ((asked (aid-trust-tests--ask "And?")))
        (should (string-match-p "\\`An answer that was edited, line 1: GitHub token" (car aid-trust-tests--prompts)))
        (should (string-search "Because of [removed: GitHub token]." (plist-get asked :text)))))))

(ert-deftest aid-secrets-a-model-s-own-is-asked-about-once ()
  "What a model wrote goes to whatever model is asked next: it is asked about, and once for all of it."
  (aid-chat-tests-with chat
    (aid-chat-tests-ask "Why?")
    (aid-chat-tests-text (concat "Because of " aid-trust-tests--token " and " aid-trust-tests--token "."))
    (aid-chat-tests-event 'done '(:state "done" :meta "model=m req=r1 state=done"))
    (aid-trust-tests-answering '(?s)
      (should (plist-get (aid-trust-tests--ask "And?") :allow-secrets))
      (should (string-match-p "\\`An answer, line 1: GitHub token, ghp_\\.\\.\\. (40 characters)\\.  Send it\\'"
                              (car aid-trust-tests--prompts)))
      (aid-chat--abandon)
      (aid-trust-tests--ask (concat "Is " aid-trust-tests--token " it?"))   ; the person insists already
      (should (= 1 (length aid-trust-tests--prompts))))))

(ert-deftest aid-secrets-of-the-strategy-are-told-before ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write ".aid/strategies/ask.md" (concat "Say\n" aid-trust-tests--token "\n"))
    (aid-trust-tests-answering '(?s)
      (should (plist-get (aid-trust-tests--ask "And?") :allow-secrets))
      (should (string-match-p "\\`The strategy's prompt, line 2: GitHub token" (car aid-trust-tests--prompts))))))

(ert-deftest aid-secrets-all-the-same-is-remembered-for-this-one ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write "b.c" (concat "x " aid-trust-tests--token "\n"))
    (aid-trust-tests-answering '(?s ?c)
      (let ((asked (aid-trust-tests--ask "What is this?" "b.c")))
        (should (stringp (plist-get asked :allow-secrets)))
        (should (equal (list (plist-get asked :allow-secrets)) aid-secrets--allowed)))
      (aid-chat--abandon)
      (aid-trust-tests--ask "And now?")         ; the same item again: nothing is asked
      (should (= 1 (length aid-trust-tests--prompts)))
      (aid-chat--abandon)
      (should-error (aid-trust-tests--ask aid-trust-tests--other) :type 'user-error)
      (should (= 2 (length aid-trust-tests--prompts))))))

(ert-deftest aid-secrets-in-an-item-are-replaced-by-the-core ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write "b.c" (concat "x " aid-trust-tests--token "\n"))
    (aid-trust-tests-answering '(?r)
      (let ((asked (aid-trust-tests--ask "What is this?" "b.c")))
        (should-not (plist-get asked :allow-secrets))
        (should (equal (list (plist-get asked :remove-secrets)) aid-secrets--removed))
        (should (string-search "[b.c]" (plist-get asked :text)))))))

(ert-deftest aid-secrets-without-the-item ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write ".env" "COLOR=blue\n")
    (aid-trust-tests-answering '(?w)
      (let ((asked (aid-trust-tests--ask "What is this?" ".env")))
        (should-not (string-search ".env" (plist-get asked :text))))
      (should (string-match-p "\\.env, a file of environment variables" (car aid-trust-tests--prompts))))))

(ert-deftest aid-secrets-are-asked-about-place-by-place ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write "b.c" (concat "x " aid-trust-tests--token "\ny " aid-trust-tests--other "\n"))
    (aid-trust-tests-answering '(?r ?s)
      (let ((asked (aid-trust-tests--ask (concat "Why " aid-trust-tests--other) "b.c")))
        (should (= 2 (length aid-trust-tests--prompts)))
        (should (string-search "Why [removed: GitLab token]" (plist-get asked :text)))
        (should (= 2 (length aid-secrets--allowed)))))))

(ert-deftest aid-secrets-a-quit-leaves-the-question ()
  (aid-chat-tests-with chat
    (cl-letf (((symbol-function 'read-multiple-choice) (lambda (&rest _) (signal 'quit nil))))
      (should (equal 'quit (condition-case nil
                               (aid-trust-tests--ask (concat "/edit " aid-trust-tests--token))
                             (quit 'quit))))
      (should-not aid-chat-tests--asked)
      (should (string-search (concat "/edit " aid-trust-tests--token) (buffer-string))))))

(ert-deftest aid-secrets-ask-nobody-while-somebody-types ()
  "What is sent by itself, as a queue is, is not sent when it is to be asked about."
  (aid-chat-tests-with chat
    (let ((inhibit-interaction t))
      (should (eq 'inhibited (condition-case nil
                                 (aid-trust-tests--ask aid-trust-tests--token)
                               (inhibited-interaction 'inhibited)))))
    (should-not aid-chat-tests--asked)))

;;; Trust

(defconst aid-trust-tests--settings
  "{\"providers\": {\"p\": {\"key_command\": [\"sh\", \"-c\", \"x\"]}}}\n"
  "What runs a program.")

(ert-deftest aid-trust-shows-asks-and-takes-back ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write ".aid/config.json" aid-trust-tests--settings)
    (let ((root (expand-file-name (aid-chat-root))) shown (answer nil))
      (cl-letf (((symbol-function 'yes-or-no-p)
                 (lambda (_) (setq shown (with-current-buffer "*aid-trust*" (buffer-string))) answer)))
        (aid-trust)
        (should (string-search "runs this program on your machine, as you: [\"sh\", \"-c\", \"x\"]" shown))
        (should (string-search aid-trust-tests--settings shown))
        (should (aid--mod-trust-waiting root))
        (setq answer t)
        (aid-trust)
        (should-not (aid--mod-trust-waiting root))
        (setq shown nil)
        (aid-trust)
        (should-not shown)                      ; nothing is left to ask
        (aid-distrust)
        (should (aid--mod-trust-waiting root))))))

(ert-deftest aid-trust-what-changes-while-it-is-shown-is-not-trusted ()
  (aid-chat-tests-with chat
    (aid-trust-tests--write ".aid/config.json" aid-trust-tests--settings)
    (cl-letf (((symbol-function 'yes-or-no-p)
               (lambda (_)
                 (aid-trust-tests--write ".aid/config.json"
                                         (string-replace "\"x\"" "\"rm\"" aid-trust-tests--settings))
                 t)))
      (should-error (aid-trust))
      (should (aid--mod-trust-waiting (expand-file-name (aid-chat-root)))))))

(ert-deftest aid-trust-is-mentioned-once ()
  (aid-chat-tests-with chat
    (let ((aid-trust--told nil) (said nil))
      (cl-letf (((symbol-function 'message) (lambda (format &rest args)
                                              (push (apply #'format format args) said))))
        (aid-trust-mention (aid-chat-root))
        (should-not said)
        (aid-trust-tests--write ".aid/config.json" aid-trust-tests--settings)
        (aid-trust-mention (aid-chat-root))
        (should (string-match-p "Left out, .* not trusted: providers\\.p\\.key_command\\.  M-x aid-trust shows"
                                (car said)))
        (aid-trust-mention (aid-chat-root))
        (should (= 1 (length said)))))))

(provide 'aid-trust-tests)
;;; aid-trust-tests.el ends here
