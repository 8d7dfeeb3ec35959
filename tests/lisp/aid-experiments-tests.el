;;; aid-experiments-tests.el --- Tests of experiments in chats  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What a chat shows, and is asked by, when the settings declare experiments.

;;; Code:

(require 'aid-module-helper)
(require 'aid-chat-help)
(require 'aid-strategy)
(require 'aid-experiments)

(declare-function aid--mod-trust-report "ext:aid-module" (root))
(declare-function aid--mod-trust-add "ext:aid-module" (root name hash))

(defun aid-experiments-tests--put (project experiments)
  "Give PROJECT the EXPERIMENTS, as JSON, and strategies: \"own\" names its model."
  (make-directory (expand-file-name ".aid/strategies" project) t)
  (dolist (file `(("config.json" ,(format "{\"experiments\": {%s}}" experiments))
                  ("strategies/own.md" "---\ndescription: d\nmodel: l\n---\nHelp.\n")
                  ("strategies/other.md" "---\ndescription: d\n---\nHelp.\n")))
    (write-region (cadr file) nil (expand-file-name (concat ".aid/" (car file)) project) nil 'quiet)))

(ert-deftest aid-experiments-leave-alone-what-was-chosen ()
  "A strategy of an experiment that sets models, too, is not shown where one was chosen."
  (aid-chat-tests-with chat
    (aid-experiments-tests--put
     project "\"x\": {\"variants\": [{\"name\": \"only\", \"settings\": {\"model\": \"n\", \"strategy\": \"other\"}}]}")
    (should (equal (plist-get (aid-strategy-info) :name) "other"))
    (setq-local aid-model "m")
    (should-not (equal (plist-get (aid-strategy-info) :name) "other"))))

(ert-deftest aid-experiments-a-strategy-s-model-was-not-chosen ()
  "The model that a strategy names is not told the core as the person's choice."
  (aid-chat-tests-with chat
    (aid-experiments-tests--put
     project "\"x\": {\"variants\": [{\"name\": \"only\", \"settings\": {\"strategy\": \"own\"}}]}")
    (let ((root (aid-chat-root)))
      (seq-doseq (file (plist-get (aid--mod-trust-report root) :files))
        (aid--mod-trust-add root (plist-get file :name) (plist-get file :hash))))
    (should (equal (plist-get (aid-strategy-info) :model) "l"))
    (aid-chat-tests-ask "Why?")
    (should-not (plist-get (car aid-chat-tests--asked) :model))
    (should (string-search "\n## l " (buffer-string)))))

(ert-deftest aid-experiments-are-listed-with-what-one-is-in ()
  "The list says which variant one is in and why, and that there is no report of one variant."
  (aid-chat-tests-with chat
    (aid-experiments-tests--put
     project "\"x\": {\"hypothesis\": \"It helps\", \"variants\": [{\"name\": \"only\", \"settings\": {\"strategy\": \"own\"}}]}")
    (save-window-excursion
      (aid-experiments)
      (with-current-buffer "*aid-experiments*"
        (aid-tests-wait (lambda () (not (equal (buffer-string) "...\n"))))
        (should (string-prefix-p
                 "x  runs, by person, of only\nIt helps\nYou are in \"only\": there is one variant (STATIC).\n"
                 (buffer-string)))
        (should (string-search "nothing to compare" (buffer-string)))
        (kill-buffer)))))

(provide 'aid-experiments-tests)
;;; aid-experiments-tests.el ends here
