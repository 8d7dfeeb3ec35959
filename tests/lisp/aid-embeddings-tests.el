;;; aid-embeddings-tests.el --- Tests of what is similar in meaning  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A project whose settings name who makes embeddings: a real `aid replay'.  The
;; passages are asked for in the background, a search finds what shares no word
;; with it, the doctor checks the server, and what is wrong is said once.

;;; Code:

(require 'ert)
(require 'cl-lib)
(require 'aid-module-helper)
(require 'aid-context)
(require 'aid-recipe)
(require 'aid-doctor)
(require 'auth-source)

(declare-function aid--mod-find-soon "ext:aid-module" (plist))
(declare-function aid--mod-settings "ext:aid-module" (root))

(declare-function aid--mod-trust-report "ext:aid-module" (root))
(declare-function aid--mod-trust-add "ext:aid-module" (root name hash))
(declare-function aid--mod-trust-drop "ext:aid-module" (root))

(defvar aid-embeddings-tests--server nil "The process of `aid replay'.")

(defconst aid-embeddings-tests--script
  "{\"format\": \"aid-replay-1\", \"models\": [\"toy\"], \"exchanges\": [],
    \"default\": {\"match\": {\"path\": \"/embeddings\"}, \"embeddings\":
    {\"meanings\": [[\"invoice\", \"owe\"], [\"crash\", \"die\"], [\"paint\"]]}}}"
  "The server's rule.")

(defconst aid-embeddings-tests--settings
  "{\"providers\": {\"e\": {\"url\": \"http://127.0.0.1:%s/v1\", \"retries\": 0}},
    \"embeddings\": {\"provider\": \"e\", \"model\": \"toy\"}}"
  "The project's settings, with a place for the port.")

(defun aid-embeddings-tests--serve (home)
  "Start the server in HOME and give its port."
  (let ((script (expand-file-name "script.json" home)) (ready (expand-file-name "port" home)))
    (write-region aid-embeddings-tests--script nil script nil 'quiet)
    (setq aid-embeddings-tests--server
          (make-process :name "aid-replay" :noquery t
                        :command (list (expand-file-name "aid" aid-tests-build) "replay" "--ready-file" ready script)))
    (with-timeout (60 (ert-fail "The server does not listen"))
      (while (not (and (file-exists-p ready) (> (file-attribute-size (file-attributes ready)) 0)))
        (accept-process-output nil 0.02)))
    (with-temp-buffer (insert-file-contents ready) (string-trim (buffer-string)))))

(defmacro aid-embeddings-tests-with (&rest body)
  "Run BODY in a project of three files that names a server of embeddings, and is trusted."
  `(let* ((home (file-name-as-directory (file-truename (make-temp-file "aid-embed" t))))
          (root (expand-file-name "project" home))
          (auth-sources nil))
     (unwind-protect
         (let ((port (aid-embeddings-tests--serve home)))
           (make-directory (expand-file-name ".aid" root) t)
           (cl-loop for (name . text) in
                    (list '("a.c" . "int invoice_total;\n") '("b.c" . "int crash_now;\n")
                          '("c.c" . "int paint_all;\n")
                          (cons ".aid/config.json"
                                (format aid-embeddings-tests--settings port)))
                    do (write-region text nil (expand-file-name name root) nil 'quiet))
           (aid-module-ensure)
           (should-not (plist-get (aid--mod-settings root) :embedder))
           (let ((file (elt (plist-get (aid--mod-trust-report root) :files) 0)))
             (aid--mod-trust-add root (plist-get file :name) (plist-get file :hash)))
           ,@body)
       (delete-process aid-embeddings-tests--server)
       (aid--mod-trust-drop root)
       (delete-directory home t))))

(defun aid-embeddings-tests--result (id)
  "What the request ID gives."
  (let (event)
    (aid--on-event id (lambda (kind value &rest _) (setq event (list kind value))))
    (with-timeout (60 (ert-fail "Waited a minute in vain"))
      (while (not event)
        (accept-process-output nil 0.02)))
    (should (eq (car event) 'result))
    (cadr event)))

(defun aid-embeddings-tests--find (root text)
  "What is found in ROOT for TEXT."
  (aid-embeddings-tests--result
   (aid--mod-find-soon (list :root root :dir root
                             :text text :error "" :max 10 :tokens 10000 :wait 20000))))

(ert-deftest aid-embeddings-find-what-shares-no-word ()
  "Passages get their vectors in the background, and are found by their meaning then."
  (aid-embeddings-tests-with
   (should (equal (plist-get (plist-get (aid--mod-settings root) :embedder) :name) "toy"))
   (let (items)
     (with-timeout (60 (ert-fail "Nothing is found by its meaning"))
       (while (not (setq items (plist-get (aid-embeddings-tests--find root "how much does she owe") :items)))
         (accept-process-output nil 0.05)))
     (should (= (length items) 1))
     (should (string-prefix-p "a.c" (plist-get (car items) :target)))
     (should (equal (plist-get (car items) :why) "similar in meaning")))
   (delete-process aid-embeddings-tests--server)
   (let ((found (aid-embeddings-tests--find root "why does it die")))
     (should-not (plist-get found :items))
     (should (string-search "left out" (plist-get found :note)))
     (let ((inhibit-message t))
       (aid-recipe-note-found root found)
       (should (string-search "left out" (with-current-buffer (messages-buffer) (buffer-string))))))
   (should-not (plist-get (aid-embeddings-tests--find root "what could die here") :note))))

(ert-deftest aid-embeddings-are-checked-by-the-doctor ()
  "The doctor says whether vectors come, and where the text goes."
  (aid-embeddings-tests-with
   (cl-letf (((symbol-function 'aid--mod-models) #'ignore)
             ((symbol-function 'aid-project-root) (lambda () root)))
     (unwind-protect
         (save-window-excursion
           (aid-doctor)
           (with-timeout (60 (ert-fail (buffer-string)))
             (while (not (string-match-p "^  ok      e/toy: it makes vectors of 16 numbers .*stays on this machine$"
                                         (buffer-string)))
               (accept-process-output nil 0.05)))
           (delete-process aid-embeddings-tests--server)
           (revert-buffer)
           (with-timeout (60 (ert-fail (buffer-string)))
             (while (not (string-match-p "^  wrong   e/toy: " (buffer-string)))
               (accept-process-output nil 0.05))))
       (kill-buffer "*AID doctor*")))))

(provide 'aid-embeddings-tests)
;;; aid-embeddings-tests.el ends here
