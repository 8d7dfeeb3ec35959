;;; aid-metrics-plot.el --- Small plots of weeks  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A line for the number of each week, a band behind it where it is with 95%
;; confidence, a dot at the last week, or a ring if that is not over; as large
;; as the columns of a table.

;;; Code:

(require 'svg)
(eval-when-compile (require 'cl-lib))

(defun aid-metrics-plot-p ()
  "Whether this Emacs draws SVG."
  (image-type-available-p 'svg))

(defun aid-metrics-plot--top (values highs unit)
  "What the upper edge of a plot of VALUES stands for.
HIGHS are their upper bounds.  Of a share, a UNIT, it is the whole."
  (if (equal unit "share")
      1.0
    (let ((most (apply #'max 0 (delq nil (copy-sequence values)))))
      (max (min (apply #'max 0 (delq nil (copy-sequence highs))) (* 2 most)) (* 1.1 most) 1e-9))))

(defun aid-metrics-plot--runs (points)
  "POINTS, some of them nil, as a list of lists of those that follow each other."
  (let (runs run)
    (dolist (point points)
      (if point
          (push point run)
        (when run (push (nreverse run) runs))
        (setq run nil)))
    (when run (push (nreverse run) runs))
    (nreverse runs)))

(defun aid-metrics-plot--points (number top width height)
  "The weeks of NUMBER in a plot of WIDTH and HEIGHT whose upper edge is TOP.
Each is nil, or a list of X, Y and the Y of the two bounds."
  (let* ((series (plist-get number :series))
         (values (append (plist-get series :value) nil))
         (edge 3.0)
         (step (/ (- width (* 2 edge)) (max 1 (1- (length values)))))
         ;; Quarters of a pixel are written quickly.
         (y (lambda (v) (/ (fround (* 4 (- height edge (* (- height (* 2 edge)) (min 1.0 (max 0.0 (/ v top)))))))
                           4)))
         (x (if (cdr values) edge (/ width 2.0))))
    (cl-mapcar (lambda (value low high)
                 (prog1 (and value
                             (list (/ (fround (* 4 x)) 4) (funcall y value)
                                   (funcall y (or low value)) (funcall y (or high value))))
                   (setq x (+ x step))))
               values (append (plist-get series :low) nil) (append (plist-get series :high) nil))))

(defun aid-metrics-plot--draw-run (svg run color)
  "Draw RUN, points that follow each other, with its band into SVG in COLOR."
  (if (cdr run)
      (progn
        (svg-polygon svg (append (mapcar (lambda (p) (cons (nth 0 p) (nth 3 p))) run)
                                 (mapcar (lambda (p) (cons (nth 0 p) (nth 2 p))) (reverse run)))
                     :fill color :fill-opacity 0.18 :stroke "none")
        (svg-polyline svg (mapcar (lambda (p) (cons (nth 0 p) (nth 1 p))) run)
                      :fill "none" :stroke color :stroke-width 1.5 :stroke-linejoin "round"))
    (pcase-let ((`(,x ,y ,low ,high) (car run)))
      (svg-line svg x low x high :stroke color :stroke-width 4 :stroke-opacity 0.18)
      (svg-circle svg x y 1.5 :fill color))))

(defun aid-metrics-plot--color (face default &optional ground)
  "The foreground of FACE as SVG knows it, by its red, green and blue; or DEFAULT.
With GROUND its background.  SVG knows a color by its name only if that is none
of X's own, like \"Blue1\"."
  (let* ((name (if ground (face-background face nil t) (face-foreground face nil t)))
         (rgb (and name (or (tty-color-standard-values name) (color-values name)))))
    (if rgb
        (apply #'format "#%02x%02x%02x" (mapcar (lambda (part) (ash part -8)) rgb))
      default)))

(defun aid-metrics-plot-height ()
  "How high a plot is, in pixels."
  (round (* 1.6 (frame-char-height))))

(defun aid-metrics-plot--draw-last (svg point color running)
  "Draw the last POINT into SVG in COLOR: a ring if its week is RUNNING."
  (if running
      (svg-circle svg (nth 0 point) (nth 1 point) 2.25 :stroke color :stroke-width 1.25
                  :fill (aid-metrics-plot--color 'default "#ffffff" t))
    (svg-circle svg (nth 0 point) (nth 1 point) 2.5 :fill color)))

(defun aid-metrics-plot (number unit columns &optional running)
  "A picture, COLUMNS wide, of the weeks of NUMBER, which is of UNIT.
The last of them is not over if it is RUNNING.  Nil without any week."
  (let* ((width (* columns (frame-char-width))) (height (aid-metrics-plot-height))
         (series (plist-get number :series))
         (top (aid-metrics-plot--top (append (plist-get series :value) nil)
                                     (append (plist-get series :high) nil) unit))
         (points (aid-metrics-plot--points number top width height))
         (color (aid-metrics-plot--color 'aid-metrics-plot "#3366aa"))
         (last (car (last (delq nil (copy-sequence points))))))
    (when last
      (let ((svg (svg-create width height)))
        (svg-line svg 0 (- height 1.5) width (- height 1.5)
                  :stroke (aid-metrics-plot--color 'shadow "#888888") :stroke-opacity 0.35 :stroke-width 1)
        (dolist (run (aid-metrics-plot--runs points))
          (aid-metrics-plot--draw-run svg run color))
        (aid-metrics-plot--draw-last svg last color (and running (car (last points))))
        (svg-image svg :ascent 'center :scale 1.0)))))

(provide 'aid-metrics-plot)
;;; aid-metrics-plot.el ends here
