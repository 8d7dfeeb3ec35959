;;; aid-metrics-events.el --- The events behind a number  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A number of the report says which events it is made of; the core lists them
;; on a thread of its own.  An event opens whole.

;;; Code:

(require 'aid-module)
(require 'tabulated-list)
(eval-when-compile (require 'cl-lib) (require 'subr-x))

(declare-function aid--mod-metrics-events-soon "ext:aid-module" (plist))

(defconst aid-metrics-events--most 1000
  "How many events are listed, the newest.")

(defconst aid-metrics-events--first '(:decision :outcome :status :when :item :format :experiment :chars)
  "Fields whose value tells by itself what an event is.")
(defconst aid-metrics-events--hidden '(:model :name :provider :hunk :core :strategy :variant)
  "Fields that a line leaves out.")

(defvar-local aid-metrics-events--title nil "The number in words.")
(defvar-local aid-metrics-events--filter nil "Which events are listed, for the core.")
(defvar-local aid-metrics-events--list nil "The events.")
(defvar-local aid-metrics-events--job nil "The id of what the core is asked for, or nil.")

(defun aid-metrics-events--value (value)
  "VALUE of a field as text."
  (cond ((floatp value) (replace-regexp-in-string "\\.?0+\\'" "" (format "%.4f" value)))
        ((null value) "no")
        ((eq value t) "yes")
        (t (format "%s" value))))

(defun aid-metrics-events--line (data)
  "What DATA, the fields of an event, tells, in a line."
  (let (first rest)
    (while data
      (let ((key (pop data)) (value (pop data)))
        (cond ((and (memq key aid-metrics-events--first) (stringp value)) (push value first))
              ((not (memq key aid-metrics-events--hidden))
               (push (concat (propertize (substring (symbol-name key) 1) 'face 'shadow) " "
                             (aid-metrics-events--value value))
                     rest)))))
    (string-join (append (nreverse first) (nreverse rest)) "  ")))

(defun aid-metrics-events--time (event)
  "When EVENT happened, as text."
  (format-time-string "%F %T" (seconds-to-time (/ (plist-get event :at) 1000.0))))

(defun aid-metrics-events--entries ()
  "The lines of the list."
  (mapcar (lambda (event)
            (list event
                  (vector (aid-metrics-events--time event)
                          (plist-get event :kind)
                          (or (plist-get event :model) "")
                          (or (plist-get event :language) "")
                          (aid-metrics-events--line (plist-get event :data)))))
          aid-metrics-events--list))

(defun aid-metrics-events--head (words)
  "Put WORDS behind the title in the line above the list."
  (setq mode-line-process (list (format ": %s" words)))
  (force-mode-line-update))

(defun aid-metrics-events-refresh ()
  "Have the core list the events anew."
  (let ((id (aid--mod-metrics-events-soon
             (append (list :last aid-metrics-events--most) aid-metrics-events--filter))))
    (setq aid-metrics-events--job id)
    (aid-metrics-events--head "looking...")
    (aid--on-event-here id (lambda (kind &optional val)
                             (when (eql id aid-metrics-events--job)
                               (aid-metrics-events--arrived kind val))))))

(defun aid-metrics-events--arrived (kind val)
  "Show the events VAL, or why there are none: VAL of an event of KIND."
  (setq aid-metrics-events--job nil
        aid-metrics-events--list (and (eq kind 'result) (append val nil)))
  (let ((n (length aid-metrics-events--list)))
    (aid-metrics-events--head
     (cond ((eq kind 'error) (plist-get val :message))
           ((>= n aid-metrics-events--most) (format "the last %d events" n))
           (t (format "%d event%s" n (if (= n 1) "" "s"))))))
  (tabulated-list-print t))

;;; One event

(defun aid-metrics-events--insert (event)
  "Insert all that EVENT holds."
  (let ((line (lambda (key value)
                (insert (propertize (format "%-18s " key) 'face 'shadow) value "\n"))))
    (funcall line "time" (aid-metrics-events--time event))
    (dolist (key '(:kind :model :language :request :project :chat :path :person :id))
      (when (plist-get event key)
        (funcall line (substring (symbol-name key) 1) (plist-get event key))))
    (insert "\n")
    (cl-loop for (key value) on (plist-get event :data) by #'cddr
             do (funcall line (substring (symbol-name key) 1) (aid-metrics-events--value value)))))

(defun aid-metrics-events-open (&optional pos)
  "Show the event on this line whole; POS is what was clicked on."
  (interactive (list last-nonmenu-event))
  (when (mouse-event-p pos)
    (mouse-set-point pos))
  (let ((event (or (tabulated-list-get-id) (user-error "There is no event on this line"))))
    (with-current-buffer (get-buffer-create "*aid-metrics-event*")
      (special-mode)
      (let ((inhibit-read-only t))
        (erase-buffer)
        (aid-metrics-events--insert event))
      (goto-char (point-min))
      (set-buffer-modified-p nil)
      (display-buffer (current-buffer) '(display-buffer-below-selected (window-height . fit-window-to-buffer))))))

;;; The list

(defvar aid-metrics-events-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'aid-metrics-events-open)
    (define-key map [mouse-2] #'aid-metrics-events-open)
    map)
  "Keys in the list of the events behind a number.")

(define-derived-mode aid-metrics-events-mode tabulated-list-mode "Events"
  "The events that a number is made of.
\\<aid-metrics-events-mode-map>\\[aid-metrics-events-open] shows one whole."
  :group 'aid
  (setq tabulated-list-format [("Time" 20 t) ("Kind" 9 t) ("Model" 16 t) ("Language" 9 t) ("What" 0 nil)]
        tabulated-list-entries #'aid-metrics-events--entries
        tabulated-list-sort-key '("Time" . t))
  (add-hook 'tabulated-list-revert-hook #'aid-metrics-events-refresh nil t)
  (tabulated-list-init-header))

(defun aid-metrics-events (title filter)
  "List the events that FILTER, a plist for the core, means.
TITLE says of what number they are."
  (let ((buffer (get-buffer-create "*aid-metrics-events*")))
    (with-current-buffer buffer
      (aid-metrics-events-mode)
      (setq aid-metrics-events--title title
            aid-metrics-events--filter filter
            aid-metrics-events--list nil
            mode-name "Events")
      (setq-local mode-line-buffer-identification (list (replace-regexp-in-string "%" "%%" title)))
      (aid-metrics-events-refresh)
      (tabulated-list-print))
    (pop-to-buffer buffer)))

(provide 'aid-metrics-events)
;;; aid-metrics-events.el ends here
