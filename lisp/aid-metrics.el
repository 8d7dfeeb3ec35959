;;; aid-metrics.el --- What became of answers, in numbers  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; The report that the core makes of what is recorded (docs/measure.md): a
;; line for each model, or whatever is asked for, with each number, its 95%
;; confidence interval under it, and how it went from week to week under that.
;; Where Emacs shows pictures the weeks are a plot with the interval as a band,
;; else a line of blocks.  The core works on a thread of its own; the buffer
;; shows the last report meanwhile.

;;; Code:

(require 'aid-module)
(require 'aid-face)
(eval-when-compile (require 'cl-lib) (require 'subr-x))

(declare-function aid--mod-metrics-soon "ext:aid-module" (plist))
(declare-function aid-metrics-plot "aid-metrics-plot" (number unit columns &optional running))
(declare-function aid-metrics-plot-p "aid-metrics-plot" ())
(declare-function aid-metrics-plot-height "aid-metrics-plot" ())
(declare-function aid-metrics-events "aid-metrics-events" (title filter))
(declare-function aid-project-root "aid-project" ())
(autoload 'aid-metrics-events "aid-metrics-events")

(aid-face-new aid-metrics-heading '((t :inherit bold))
  "Face of the titles in the report of what became of answers." :group 'aid)
(aid-face-new aid-metrics-label '((t :inherit shadow))
  "Face of what stands over numbers, and of intervals under them." :group 'aid)
(aid-face-new aid-metrics-plot '((t :inherit font-lock-function-name-face))
  "Face of plots and lines of blocks; a plot has its foreground." :group 'aid)

(defcustom aid-metrics-by '("model")
  "What the report of `aid-metrics' has lines for: a list of words.
The words are \"model\", \"strategy\", \"variant\", \"language\", \"week\"
and \"project\"; several of them make a line for each combination."
  :type '(repeat (choice (const "model") (const "strategy") (const "variant")
                         (const "language") (const "week") (const "project")))
  :group 'aid)

(defcustom aid-metrics-days 30
  "How many days back the report of `aid-metrics' goes; nil: to the beginning."
  :type '(choice integer (const :tag "All" nil))
  :group 'aid)

(defconst aid-metrics--kinds '("model" "strategy" "variant" "language" "week" "project")
  "What there can be lines for.")
(defconst aid-metrics--spans '(("a week" . 7) ("30 days" . 30) ("90 days" . 90) ("a year" . 365) ("all"))
  "How far back a report can go.")
(defconst aid-metrics--name 20 "Columns of a line's name.")
(defconst aid-metrics--weeks 9 "Weeks of a line of blocks.")
(defconst aid-metrics--most 40 "Lines that are shown; more would keep Emacs.")

(defvar-local aid-metrics--by nil "What this report has lines for.")
(defvar-local aid-metrics--days nil "How many days back it goes, or nil.")
(defvar-local aid-metrics--root nil "The project that it is about, or nil: all.")
(defvar-local aid-metrics--here nil "The project from which it was called.")
(defvar-local aid-metrics--report nil "The core's report, or nil.")
(defvar-local aid-metrics--job nil "The id of the report that is being made, or nil.")
(defvar-local aid-metrics--error nil "Why there is no report, or nil.")
(defvar-local aid-metrics--sort nil "The key of the number by which lines are sorted, and t for the least first.")

;;; Making it

(defun aid-metrics--roots ()
  "The folders of projects that the report is to tell by name."
  (delete-dups
   (mapcar #'expand-file-name
           (seq-remove #'file-remote-p
                       (append (and aid-metrics--here (list aid-metrics--here))
                               (and (fboundp 'project-known-project-roots)
                                    (ignore-errors (project-known-project-roots))))))))

(defun aid-metrics--since ()
  "The time since which requests count, in ms, or nil."
  (and aid-metrics--days
       (round (* 1000 (- (float-time) (* 86400 aid-metrics--days))))))

(defun aid-metrics-refresh (&rest _)
  "Make the report anew; what is shown stays until it has come."
  (interactive)
  (aid-module-ensure)
  (let ((id (aid--mod-metrics-soon
             (list :by aid-metrics--by :since (aid-metrics--since) :root aid-metrics--root
                   :roots (aid-metrics--roots)))))
    (setq aid-metrics--job id)
    (aid--on-event-here id (lambda (kind &optional val)
                             (when (eql id aid-metrics--job)
                               (aid-metrics--arrived kind val))))
    (unless aid-metrics--report
      (aid-metrics--show))
    (aid-metrics--head)))

(defun aid-metrics--arrived (kind val)
  "Show the report VAL, or why there is none: VAL of an event of KIND."
  (setq aid-metrics--job nil
        aid-metrics--error (and (eq kind 'error) (or (plist-get val :message) "The core gave none"))
        aid-metrics--report (and (eq kind 'result) val))
  (aid-metrics--show)
  (aid-metrics--head))

;;; Numbers and lines

(defun aid-metrics--number (group key)
  "The number KEY, a string, of GROUP."
  (plist-get (plist-get group :numbers) (intern (concat ":" key))))

(defun aid-metrics--groups ()
  "The report's groups as they are sorted."
  (let ((groups (append (plist-get aid-metrics--report :groups) nil)))
    (pcase aid-metrics--sort
      (`(,key . ,least)
       (let ((value (lambda (group) (plist-get (aid-metrics--number group key) :value))))
         (append (sort (seq-filter value groups)
                       (lambda (a b) (if least (< (funcall value a) (funcall value b))
                                       (> (funcall value a) (funcall value b)))))
                 (seq-remove value groups))))
      (_ groups))))

(defun aid-metrics--blocks ()
  "The metrics by their blocks: a list of a title and its metrics each."
  (let (blocks)
    (dolist (metric (append (plist-get aid-metrics--report :metrics) nil))
      (unless (equal (car (car blocks)) (plist-get metric :block))
        (push (list (plist-get metric :block)) blocks))
      (push metric (cdr (car blocks))))
    (mapcar (lambda (block) (cons (car block) (nreverse (cdr block)))) (nreverse blocks))))

(defun aid-metrics--fit (text width &optional left)
  "TEXT in WIDTH columns, at their right, or at their left with LEFT."
  (let ((text (if (> (string-width text) width) (truncate-string-to-width text width nil nil "…") text)))
    (let ((blank (make-string (max 0 (- width (string-width text))) ?\s)))
      (if left (concat text blank) (concat blank text)))))

(defvar-local aid-metrics--displayable t
  "Whether block characters can be shown here: to ask for each would take long.")

(defun aid-metrics--spark (spark width)
  "The last WIDTH weeks of SPARK, with signs that can be shown."
  (let ((spark (substring spark (max 0 (- (length spark) width)))))
    (if aid-metrics--displayable
        spark
      (apply #'string (mapcar (lambda (char)
                                (aref "_.-~=+*# " (or (seq-position "▁▂▃▄▅▆▇█" char) 8)))
                              spark)))))

(defun aid-metrics--explain (metric number)
  "What NUMBER, which is of METRIC, says, in words."
  (let ((of (plist-get number :of)) (hits (plist-get number :hits)) (n (plist-get number :n))
        (name (plist-get metric :name)))
    (concat (capitalize (substring name 0 1)) (substring name 1) ": "
            (or (plist-get number :text) "nothing is known")
            (when (plist-get number :range)
              (format " (%s with 95%% confidence)" (plist-get number :range)))
            (when of (format ", %d of %d" hits of))
            (when (and (not of) (> n 0)) (format ", of %d" n))
            "\nRET: the events behind it")))

(defun aid-metrics--help (_window object pos)
  "What the number at POS of the buffer OBJECT says, in words."
  (pcase (get-text-property pos 'aid-metrics-number object)
    (`(,_ ,metric ,number) (aid-metrics--explain metric number))))

(defun aid-metrics--cell (text width group metric number face)
  "TEXT in WIDTH columns as a part of what is shown of NUMBER, a METRIC of GROUP."
  (let ((cell (propertize (aid-metrics--fit text (1- width)) 'face face)))
    (when (plist-get number :text)
      (add-text-properties 0 (length cell)
                           (list 'aid-metrics-number (list group metric number)
                                 'aid-metrics-at (cons (plist-get group :name) (plist-get metric :key))
                                 'mouse-face 'highlight 'follow-link t
                                 'help-echo #'aid-metrics--help)
                           cell))
    (concat " " cell)))

(defun aid-metrics--plot-cell (cell metric number)
  "Note in CELL, a blank and blocks, that it is to be a plot of NUMBER, a METRIC."
  (when (plist-get number :series)
    (put-text-property 1 (length cell) 'aid-metrics-plot (cons number (plist-get metric :unit)) cell))
  cell)

(defconst aid-metrics--slice 0.004
  "Seconds for which plots are drawn before other things have their turn.")

(defvar-local aid-metrics--drawing nil
  "The timer that goes on drawing plots, or nil.")

(defun aid-metrics--draw (buffer pos)
  "Draw the plots that BUFFER has from POS on, for a moment; the rest soon after."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (let ((limit (+ (float-time) aid-metrics--slice)) (inhibit-read-only t)
            (running (aid-metrics--running-p)) plot)
        (while (and pos (< (float-time) limit))
          (when (setq plot (get-text-property pos 'aid-metrics-plot))
            (let ((end (next-single-property-change pos 'aid-metrics-plot nil (point-max))))
              (with-silent-modifications
                (remove-text-properties pos end '(aid-metrics-plot nil))
                (put-text-property pos end 'display
                                   (aid-metrics-plot (car plot) (cdr plot) (- end pos) running)))))
          (setq pos (next-single-property-change pos 'aid-metrics-plot)))
        (setq aid-metrics--drawing
              (and pos (run-with-timer 0.001 nil #'aid-metrics--draw buffer pos)))))))

(defun aid-metrics--running-p ()
  "Whether the last week of the report is this one, which is not over."
  (equal (car (last (append (plist-get aid-metrics--report :weeks) nil)))
         (format-time-string "%G-W%V")))

(defun aid-metrics--draw-all ()
  "Begin to draw the plots of this buffer anew."
  (when aid-metrics--drawing
    (cancel-timer aid-metrics--drawing))
  (aid-metrics--draw (current-buffer) (point-min)))

(defun aid-metrics--row (row group metrics plots)
  "One of the lines of GROUP: ROW, `:text', `:range' or `:spark', of METRICS.
With PLOTS, `:spark' is pictures.  Nil when there is nothing to tell."
  (let ((any (and (eq row :text) (not (plist-get group :keys)))) cells)
    (dolist (metric metrics)
      (let* ((number (aid-metrics--number group (plist-get metric :key)))
             (column (plist-get metric :columns))
             (text (or (plist-get number row) ""))
             (text (if (eq row :spark) (aid-metrics--spark text aid-metrics--weeks) text))
             (face (pcase row (:text 'default) (:range 'aid-metrics-label) (_ 'aid-metrics-plot)))
             (cell (aid-metrics--cell text column group metric number face)))
        (unless (string-empty-p text)
          (setq any t)
          (when (and plots (eq row :spark))
            (setq cell (aid-metrics--plot-cell cell metric number))))
        (push cell cells)))
    (when any
      (concat (propertize (aid-metrics--fit (if (eq row :text) (plist-get group :name) "")
                                            aid-metrics--name t)
                          'face (and (not (plist-get group :keys)) 'aid-metrics-heading))
              (apply #'concat (nreverse cells))
              ;; A plot that comes later moves nothing.
              (if (and plots (eq row :spark))
                  (propertize "\n" 'line-height (1+ (aid-metrics-plot-height)))
                "\n")))))

(defun aid-metrics--labels (title metrics)
  "The line over a table: TITLE and the labels of METRICS."
  (concat (propertize (aid-metrics--fit title aid-metrics--name t) 'face 'aid-metrics-heading)
          (mapconcat (lambda (metric)
                       (let ((label (aid-metrics--label (plist-get metric :label) metric)))
                         (concat (make-string (max 0 (- (plist-get metric :columns) (string-width label))) ?\s)
                                 label)))
                     metrics "")
          "\n"))

(defun aid-metrics--label (label metric)
  "LABEL over the numbers of METRIC, marked when it is what lines are sorted by."
  (let ((key (plist-get metric :key)))
    (propertize (if (equal key (car aid-metrics--sort))
                    (concat (if (cdr aid-metrics--sort) "↑" "↓") label)
                  label)
                'face 'aid-metrics-label 'aid-metrics-column key 'mouse-face 'highlight
                'help-echo (format "%s\nmouse-2, s: sort by it" (plist-get metric :name)))))

;;; The buffer

(defun aid-metrics--words ()
  "What the report is about, in words."
  (concat "What became of answers"
          (if aid-metrics--days (format ", last %d days" aid-metrics--days) ", ever")
          (when aid-metrics--by (concat ", by " (string-join aid-metrics--by " and ")))
          (when aid-metrics--root
            (concat ", in " (file-name-nondirectory (directory-file-name aid-metrics--root))))))

(defun aid-metrics--head ()
  "Say in the header line what is shown, and whether it is being made anew."
  (setq header-line-format
        (concat " " (replace-regexp-in-string "%" "%%" (aid-metrics--words))
                (when aid-metrics--job "  (counting...)")))
  (force-mode-line-update))

(defun aid-metrics--insert ()
  "Insert the report's tables."
  (let* ((groups (aid-metrics--groups)) (plots (aid-metrics--plots-p))
         (lines (cons (plist-get aid-metrics--report :all) (seq-take groups aid-metrics--most))))
    (dolist (block (aid-metrics--blocks))
      (insert (aid-metrics--labels (car block) (cdr block)))
      (dolist (group lines)
        (dolist (row '(:text :range :spark))
          (when-let ((line (aid-metrics--row row group (cdr block) plots)))
            (insert line))))
      (insert "\n"))
    (when (> (length groups) aid-metrics--most)
      (insert (format "%d more: ask for less, or for all with \"aid metrics report\".\n\n"
                      (- (length groups) aid-metrics--most))))
    (aid-metrics--insert-legend)))

(defun aid-metrics--insert-legend ()
  "Insert what the lines are and which keys there are."
  (let ((weeks (append (plist-get aid-metrics--report :weeks) nil)))
    (insert (propertize
             (concat (when weeks
                       (format "Under a number: its 95%% confidence interval, and the weeks from %s to %s%s.\n"
                               (car (if (aid-metrics--plots-p) weeks (last weeks aid-metrics--weeks)))
                               (car (last weeks))
                               (if (aid-metrics--running-p) " (not over)" "")))
                     (substitute-command-keys
                      (concat "\\<aid-metrics-mode-map>\\[aid-metrics-open] events  "
                              "\\[aid-metrics-group] lines  \\[aid-metrics-span] time  "
                              "\\[aid-metrics-project] project  \\[aid-metrics-sort] sort  "
                              "\\[revert-buffer] refresh  \\[quit-window] quit")))
             'face 'aid-metrics-label)
            "\n")))

(defun aid-metrics--plots-p ()
  "Whether plots can be shown in the window of this buffer."
  (and (display-images-p) (require 'aid-metrics-plot) (aid-metrics-plot-p)))

(defun aid-metrics--show ()
  "Show the report, or why there is none; point stays on its number."
  (let* ((inhibit-read-only t) (at (get-text-property (point) 'aid-metrics-at)) (line (line-number-at-pos))
         (column (current-column)))
    (erase-buffer)
    (setq aid-metrics--displayable (char-displayable-p ?▅))
    (cond (aid-metrics--error (insert aid-metrics--error "\n"))
          ((not aid-metrics--report) (insert "Counting...\n"))
          (t (aid-metrics--insert)))
    (goto-char (point-min))
    (unless (and at (aid-metrics--find at))
      (forward-line (1- line))
      (move-to-column column))
    (set-buffer-modified-p nil)
    (aid-metrics--draw-all)))

(defun aid-metrics--find (at)
  "Go to the number of AT, a group's name and a metric's key; nil when it is gone."
  (let ((pos (point-min)) found)
    (while (and pos (not found))
      (if (equal at (get-text-property pos 'aid-metrics-at))
          (setq found (goto-char pos))
        (setq pos (next-single-property-change pos 'aid-metrics-at))))
    found))

;;; Commands

(defun aid-metrics--here (event)
  "Go to where EVENT, if it is one of the mouse, was."
  (when (mouse-event-p event)
    (mouse-set-point event)))

(defun aid-metrics-open (&optional event)
  "List the events behind the number here, or sort by the label here.
EVENT is what was clicked on."
  (interactive (list last-nonmenu-event))
  (aid-metrics--here event)
  (if (get-text-property (point) 'aid-metrics-column)
      (aid-metrics-sort)
    (pcase (get-text-property (point) 'aid-metrics-number)
      (`(,group ,metric ,number)
       (aid-metrics-events (format "%s: %s %s" (plist-get group :name) (plist-get metric :name)
                                   (plist-get number :text))
                           (plist-get number :events)))
      (_ (user-error "There is no number here")))))

(defun aid-metrics-next (&optional back)
  "Go to the next number, with BACK to the one before."
  (interactive)
  (let ((pos (point)) (here (get-text-property (point) 'aid-metrics-at)))
    (while (and (setq pos (if back (previous-single-property-change pos 'aid-metrics-at)
                            (next-single-property-change pos 'aid-metrics-at)))
                (member (get-text-property pos 'aid-metrics-at) (list nil here))))
    (unless pos
      (user-error "There is no further number"))
    (goto-char pos)
    (when back                          ; from the end of a number to its beginning
      (goto-char (previous-single-property-change (1+ pos) 'aid-metrics-at nil (point-min))))
    (skip-chars-forward " ")))

(defun aid-metrics-previous ()
  "Go to the number before."
  (interactive)
  (aid-metrics-next t))

(defun aid-metrics-sort ()
  "Sort the lines by the number here, the greatest first; again, the least first."
  (interactive)
  (let ((key (or (get-text-property (point) 'aid-metrics-column)
                 (cdr (get-text-property (point) 'aid-metrics-at))
                 (user-error "Go to the numbers by which to sort"))))
    (setq aid-metrics--sort (cons key (and (equal key (car aid-metrics--sort))
                                           (not (cdr aid-metrics--sort)))))
    (aid-metrics--show)))

(defun aid-metrics-group (by)
  "Have a line for each of BY, a list of words, or of their combinations."
  (interactive (list (completing-read-multiple
                      (format "Lines for each (%s): " (string-join aid-metrics--by ","))
                      aid-metrics--kinds nil t nil nil (string-join aid-metrics--by ","))))
  (setq aid-metrics--by (delete-dups (delete "" by))
        aid-metrics--sort nil)
  (aid-metrics-refresh))

(defun aid-metrics-span (days)
  "Report of the last DAYS; nil means all."
  (interactive (list (cdr (assoc (completing-read "Back for: " aid-metrics--spans nil t)
                                 aid-metrics--spans))))
  (setq aid-metrics--days days)
  (aid-metrics-refresh))

(defun aid-metrics-project ()
  "Report of the project here alone, or of all projects again."
  (interactive)
  (setq aid-metrics--root (and (not aid-metrics--root) aid-metrics--here))
  (aid-metrics-refresh))

(defvar aid-metrics-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map special-mode-map)
    (pcase-dolist (`(,key . ,command)
                   '(("RET" . aid-metrics-open) ("TAB" . aid-metrics-next) ("<backtab>" . aid-metrics-previous)
                     ("p" . aid-metrics-project) ("b" . aid-metrics-group)
                     ("d" . aid-metrics-span) ("s" . aid-metrics-sort) ("<mouse-2>" . aid-metrics-open)))
      (define-key map (kbd key) command))
    map)
  "Keys in the report of what became of answers.")

(define-derived-mode aid-metrics-mode special-mode "AID-Metrics"
  "The report of what became of answers.
Each number has its 95% confidence interval under it, and the weeks.
\\{aid-metrics-mode-map}"
  :group 'aid
  (buffer-disable-undo)
  (setq truncate-lines t
        revert-buffer-function #'aid-metrics-refresh))

;;;###autoload
(defun aid-metrics ()
  "Show what became of answers: how they fitted, what was accepted, what stayed."
  (interactive)
  (aid-module-ensure)
  (require 'aid-project)
  (let ((root (ignore-errors (aid-project-root))) (buffer (get-buffer-create "*aid-metrics*")))
    (with-current-buffer buffer
      (unless (derived-mode-p 'aid-metrics-mode)
        (aid-metrics-mode)
        (setq aid-metrics--by aid-metrics-by
              aid-metrics--days aid-metrics-days))
      (when (and root (not (file-remote-p root)))
        (setq default-directory root
              aid-metrics--here root))
      (aid-metrics-refresh))
    (pop-to-buffer buffer)))

(provide 'aid-metrics)
;;; aid-metrics.el ends here
