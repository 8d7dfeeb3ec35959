;;; aid-percent.el --- Percent-encoding  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The AID authors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; What url-util.el does, without the libraries that it loads: a chat is to
;; open at once.

;;; Code:

(defun aid-percent-encode (text keep)
  "TEXT in UTF-8 with every byte but those that the regexp KEEP matches as %XX."
  (mapconcat (lambda (byte)
               (let ((char (string byte)))
                 (if (and (< byte 128) (string-match-p keep char))
                     char
                   (format "%%%02X" byte))))
             (encode-coding-string text 'utf-8) ""))

(defun aid-percent-decode (text)
  "The text that TEXT stands for: %XX is a byte of UTF-8."
  (if (not (string-search "%" text))
      text
    (decode-coding-string
     (replace-regexp-in-string
      "%[[:xdigit:]][[:xdigit:]]"
      (lambda (hex) (unibyte-string (string-to-number (substring hex 1) 16)))
      (encode-coding-string text 'utf-8) t t)
     'utf-8)))

(provide 'aid-percent)
;;; aid-percent.el ends here
