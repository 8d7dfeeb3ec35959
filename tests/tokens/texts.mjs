// Texts to count, the same ones for the same seed: code, prose in many scripts, and what no person writes.

/** A generator of numbers from 0 to n - 1 (xorshift). */
export function chance (seed) {
  let s = seed >>> 0 || 1
  return n => {
    s ^= s << 13; s >>>= 0
    s ^= s >>> 17
    s ^= s << 5; s >>>= 0
    return s % n
  }
}

const code = [
  '#include <stdio.h>\nint\nmain (void)\n{\n\tprintf ("%d\\n", 0x7fffFFFF);\t/* done */\n  return 0;\n}\n',
  'template <typename T>\nauto f(T&& x) -> decltype(x) { return std::forward<T>(x); } // C++11\n',
  'fn main() {\n    let v: Vec<u8> = vec![1, 2, 3];\n    println!("{:?}", v.iter().map(|x| x * 2).collect::<Vec<_>>());\n}\n',
  'func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {\n\tif err := s.Do(r); err != nil {\n\t\treturn\n\t}\n}\n',
  'def f(self, *args, **kw):\n    """It\'s documented."""\n    return {k: v for k, v in kw.items() if k != \'x\'}\n\n\n',
  "const f = async ({ a, b = `${a}-x` }) => { await fetch('/api?q=' + encodeURIComponent(a)); };\r\n",
  'export interface Props<T extends object> {\n  readonly id: string | undefined;\n}\n',
  'public static void main(String[] args) throws IOException {\n    System.out.println("HelloWorld".toUpperCase());\n}\n',
  'let rec fold f acc = function [] -> acc | x :: xs -> fold f (f acc x) xs\n;;\n',
  "main :: IO ()\nmain = mapM_ print $ zipWith (\\x y -> x + y) [1..] [2,4..10] where y' = 1\n",
  '(defun aid-f (x &optional y)\n  "Return X.\\n\\nOr \\"Y\\"."\n  (let* ((z (or y #\'car))) `(,x . ,@z)))\n',
  'SELECT u.id, COUNT(*) AS n FROM users u LEFT JOIN o ON o.uid=u.id WHERE u.name LIKE \'%x_\' GROUP BY 1;\n',
  '#!/bin/sh\nset -eu\nfor f in "$@"; do [ -e "$f" ] || { echo "no $f" >&2; exit 1; }; done | sed -n \'s/^## //p\'\n',
  '<!DOCTYPE html>\n<div class="a b" data-x=\'1\'><p>It&rsquo;s</p></div>\n',
  '.a:hover > #b::after{content:"\\201C";margin:-.5em 0 1.25rem;color:#FFaa00!important}\n',
  '{"a":[1,2.5e-10,null,true,{"b":"\\u00e9"}],\n    "c":\t""}\n',
  'all: $(OBJS)\n\t$(CC) -o $@ $^ -lm\n.PHONY: all\n',
  '<?php foreach ($a as $k => $v) { echo "{$k}={$v}\\n"; } ?>\n',
  'class Foo\n  attr_accessor :bar\n  def each(&blk) = @xs.each(&blk)\nend\n',
  'val xs = (1 to 10).filter(_ % 2 == 0).map { case n => s"$n!" }\n',
  'program main\n  implicit none\n  real(8) :: x(100)\n  x = 1.0D0\nend program\n',
  '%macro foo 2\n  mov  eax, [ebx+4*%1]\n  jne  .L%2\n%endmacro\n',
  '\\begin{equation}\\label{eq:1} \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt\\pi}{2} \\end{equation}\n',
  'diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,4 @@ int f\n-  a;\n+  b;\n \n',
  '| a | b |\n|---|:-:|\n| `x` | **y** |\n\n1. one\n   - two\n\n> quote\n\n***\n',
  '2026-01-02T03:04:05.678Z ERROR [main] com.x.Y - failed: java.lang.NullPointerException (Y.java:123)\n',
  'https://user@example.com:8080/a/b//c.d?x=1&y=%20#frag\nC:\\Users\\me\\file.txt\n/usr/lib/x86_64-linux-gnu/libc.so.6\n',
  'aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQgZW5jb2RlZCB0ZXh0IHdpdGggbm90aGluZyBpbiBpdA==\ndeadBEEF0123456789abcdef\n'
]

const prose = [
  "I'm sure they'll say it's what we've always DONE; DON'T you'd think? He'S, 'tis, O'Neil's, rock'n'roll, '80s, ''quoted''. ",
  'Größere Übungen für Straßenbahnführer: ÄÖÜ äöü ß ẞ. L’été, où naît l’œuvre, ça va? ¿Qué señor? Ångström, İstanbul, ıĞ. ',
  'Съешь же ещё этих мягких французских булок, да выпей чаю. ПРИВЕТ Мир! Ѣ ї є ґ. ',
  'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΑΒΓ αβγ ς. ',
  'قال الرجل إنّ الكتابَ على الطاولة ١٢٣٤٥، والسلام. ',
  'דג סקרן שט בים מאוכזב ולפתע מצא חברה. שָׁלוֹם ',
  'हिन्दी में लिखा हुआ वाक्य, क्षत्रिय १२३४। தமிழ் மொழி ภาษาไทยไม่มีช่องว่าง ໑໒໓ ខ្មែរ ',
  '今天的天气很好，我们去公园散步吧。這是繁體中文「引號」。',
  '吾輩は猫である。名前はまだ無い。カタカナとひらがな、ﾊﾝｶｸ、１２３ＡＢＣ々〆ー。',
  '키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. ㄱㄴㄷ ',
  '👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇩🇪🇫🇷 ❤️ 1️⃣ 😀😃😄 🧑🏿‍🚀 ☺︎ ',
  'e\u0301a\u0308o\u0302 n\u0303A\u030A Z\u0351\u036B\u0343\u036Aa\u0300\u0301\u0302\u0303 \u0301alone \u0301ABC ABC\u0301 \u0301\u0302 ',
  'ǅungla ǈ ǋ ʰ ˈ ª º ⅷ Ⅷ ½ ² ₃ ① ㊿ 𝐀𝐛𝟘 𐐀𐐨 𒀀 𓀀 ꙮ ﬁ ŉ ',
  '<|endoftext|> <|fim_prefix|> <|im_start|>user<|im_end|> <|endofprompt|> [INST] </s> ',
  '\u00a0\u2003\u3000x \u2028y\u2029 z\u0085w \u200bzero\u200d \ufeff\u00ad \u180e \u1680 \u202f \u205f ',
  'a\0b\x01\x7f\x1b[31m \u0080\u009f \ufffd \uffff \u{10ffff} \ue000 \u{f0000} \u0378 '
]

const runs = ['a', 'A', ' ', '\n', '\r\n', '\t', '0', '-', '=', '*', '/', '.', '_', 'é', '的', 'é'.normalize('NFD'), '👍', '\u0301', "'", "'s", ' a', '\n ', 'ab', 'Ab',
  'aB', '=-', '\\', '/\n', ' \n', '字A', 'ſ', "'ſ", '\u00a0', '٣', 'ー']

const pick = (r, xs) => xs[r(xs.length)]

/** Characters of every kind, in any order. */
function soup (r, n) {
  const kinds = ['aeiou', 'XYZQ', 'stmdrvl', "'’", ' ', ' \t', '\r\n', '019', '٣४', '.,;:!?', '(){}[]<>', '/\\|', '"`', '+-*=', '_#@$%^&~', '漢字かなカナ한', 'éüñß', 'ÀÖŠǅ',
    'ʰªº', '\u0301\u0308\u20dd', '\u00a0\u2003\u3000\u0085\u2028', 'жЯ', 'ας', 'אب', '👍🏽\u200d', 'ſK', '½²Ⅷ', '\u0000\u007f\ufeff\u200b', '𝐀𝐛𝟘', '€£°§']
  let out = ''
  while (out.length < n) {
    const kind = Array.from(pick(r, kinds))
    for (let i = 1 + (r(3) ? r(3) : r(12)); i > 0; i--) out += pick(r, kind)
  }
  return out
}

/** Bytes that are mostly no UTF-8. */
function broken (r, text) {
  const bytes = Buffer.from(text)
  for (let i = 1 + r(6); i > 0 && bytes.length; i--) bytes[r(bytes.length)] = r(2) ? 128 + r(128) : r(256)
  return bytes.subarray(r(3) ? 0 : r(bytes.length + 1))
}

function slice (r, text) {
  const from = r(text.length), to = from + 1 + r(text.length - from)
  return Buffer.from(text.slice(from, to))          // a lone surrogate becomes U+FFFD
}

function one (r) {
  switch (r(10)) {
    case 0: return Buffer.from(pick(r, code).repeat(1 + r(3)))
    case 1: return slice(r, pick(r, code) + pick(r, code))
    case 2: return Buffer.from(pick(r, prose) + pick(r, prose))
    case 3: return slice(r, pick(r, prose) + pick(r, code))
    case 4: return Buffer.from(pick(r, runs).repeat(1 + r(r(20) ? 90 : 900)) + pick(r, runs) + pick(r, prose))
    case 5: return Buffer.from(soup(r, 1 + r(60)))
    case 6: return Buffer.from(soup(r, 1 + r(400)))
    case 7: return broken(r, pick(r, r(2) ? code : prose))
    case 8: return Buffer.from(pick(r, code).replace(/\n/g, '\r\n').replace(/ /g, () => pick(r, [' ', '  ', '\t', ' '])))
    default: return Buffer.from(String(r(1e9) * (r(2) ? 1 : 1e6)) + pick(r, runs) + (r(1e6) / 7) + pick(r, prose).split(' ')[r(3)])
  }
}

/** N texts, as bytes. */
export function texts (n, seed) {
  const r = chance(seed), out = [Buffer.from('')]
  for (const t of code.concat(prose)) out.push(Buffer.from(t))
  for (const t of runs) out.push(Buffer.from(t.repeat(2000)))
  while (out.length < n) out.push(one(r))
  return out.slice(0, n)
}

/** Every character that is assigned, each among letters, numbers, signs and blanks; a few of those blocks that are all alike. */
export function characters () {
  const alike = [[0x3400, 0x9fff], [0xac00, 0xd7a3], [0xe000, 0xf8ff], [0x17000, 0x18aff], [0x20000, 0x10fffd]]
  const out = []
  let text = ''
  for (let c = 0; c < 0x110000; c++) {
    const s = String.fromCodePoint(c)
    if (/\p{Cn}|\p{Cs}/u.test(s) || (c % 97 && alike.some(([from, to]) => c >= from && c <= to))) continue
    text += `a${s}B ${s}A1${s}2 -${s}\n`
    if (text.length > 1000) {
      out.push(Buffer.from(text))
      text = ''
    }
  }
  return out.concat(Buffer.from(text))
}
