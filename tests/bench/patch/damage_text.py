"""The kinds of damage that spoil the lines of a hunk: the column of the operators, context, blanks, and line ends."""
import html
import re

from damage import BLANKS, CONTEXT, ENDS, PREFIX, header_empty, kind
from scene import Unfit, informative, need_distinct, need_unique

# --- the prefix column -----------------------------------------------------------------------------------------------


def each_line(scene, wanted, change):
    """Changes the lines that are WANTED; there must be one."""
    hit = [x for h in scene.hunks() for x in h.lines if wanted(x)]
    if not hit:
        raise Unfit
    for x in hit:
        change(x)


def set_raw(raw):
    def change(x):
        x.raw = raw(x)
    return change


@kind("blank-context-bare", PREFIX)
def blank_context_bare(scene):
    each_line(scene, lambda x: x.op == " " and not x.text, set_raw(lambda x: ""))


@kind("blank-context-bare-no-numbers", PREFIX, need_unique)
def blank_context_bare_no_numbers(scene):
    blank_context_bare(scene)
    header_empty(scene)


@kind("blank-addition-bare", PREFIX)
def blank_addition_bare(scene):
    """Additions that are blank lose their plus; the counts still count them."""
    each_line(scene, lambda x: x.op == "+" and not x.text, set_raw(lambda x: ""))
    if any(all(x.op == " " or x.raw == "" for x in h.lines) for h in scene.hunks()):
        raise Unfit


LOOKS_LIKE_OPERATOR = re.compile(r"[-+\\@]|diff |\*\*\* |```")


@kind("context-bare", PREFIX, need_distinct)
def context_bare(scene):
    context = [x for h in scene.hunks() for x in h.lines if x.op == " "]
    if not context or any(LOOKS_LIKE_OPERATOR.match(x.text) for x in context):
        raise Unfit
    each_line(scene, lambda x: x.op == " ", set_raw(lambda x: x.text))


@kind("extra-blank", PREFIX, need_distinct)
def extra_blank(scene):
    each_line(scene, lambda x: x.text.strip(), set_raw(lambda x: x.op + " " + x.text))


@kind("first-indent-lost", PREFIX, need_distinct)
def first_indent_lost(scene):
    firsts = [h.lines[0] for h in scene.hunks()]
    if not any(x.text[:1] in (" ", "\t") and x.text.strip() for x in firsts) or any(x.op == "+" for x in firsts):
        raise Unfit
    for x in firsts:
        x.text = x.text.lstrip()


# --- context ---------------------------------------------------------------------------------------------------------

def near(hunk, i, ops):
    """Whether a line next to line I has one of the operators OPS."""
    return any(0 <= k < len(hunk.lines) and hunk.lines[k].op in ops for k in (i - 1, i + 1))


def joins(hunk, i):
    """Whether line I keeps two changes apart: without it they would be one, and nothing would show that it is missing."""
    return 0 < i < len(hunk.lines) - 1 and hunk.lines[i - 1].op != " " and hunk.lines[i + 1].op != " "


def drop_one(scene, wanted):
    """Takes one context line out of a hunk that keeps text enough; the counts follow or stay, as models do."""
    found = [(h, i) for h in scene.hunks() for i, x in enumerate(h.lines)
             if x.op == " " and not joins(h, i) and wanted(h, i)]
    found = [(h, i) for h, i in found if sum(informative(x.text) for x in h.old() if x is not h.lines[i]) >= 3]
    if not found:
        raise Unfit
    hunk, i = scene.rng.choice(found)
    if scene.rng.random() < 0.5:
        hunk.freeze()
    del hunk.lines[i]


@kind("context-dropped-far", CONTEXT, need_distinct)
def context_dropped_far(scene):
    drop_one(scene, lambda h, i: 0 < i < len(h.lines) - 1 and not near(h, i, "+-"))


@kind("context-dropped-at-deletion", CONTEXT, need_distinct)
def context_dropped_at_deletion(scene):
    def wanted(h, i):
        after_insertion = i > 0 and h.lines[i - 1].op == "+"
        k = i - 1
        while after_insertion and k >= 0 and h.lines[k].op == "+":
            k -= 1
        replaced = after_insertion and k >= 0 and h.lines[k].op == "-"
        return (near(h, i, "-") or replaced) and not (i + 1 < len(h.lines) and h.lines[i + 1].op == "+")
    drop_one(scene, wanted)


@kind("context-dropped-at-insertion", CONTEXT, need_distinct)
def context_dropped_at_insertion(scene):
    """The insertion has two neighbours in the patch and three in the file: whoever is careful refuses."""
    def wanted(h, i):
        k = i - 1
        while k >= 0 and h.lines[k].op == "+":
            k -= 1
        inserted_above = k < i - 1 and (k < 0 or h.lines[k].op == " ")
        inserted_below = i + 1 < len(h.lines) and h.lines[i + 1].op == "+"
        return h.lines[i].text.strip() and (inserted_above or inserted_below) and not near(h, i, "-")
    drop_one(scene, wanted)


WORD = re.compile(r"[A-Za-z_][A-Za-z_]{3,}")
COMMENT = re.compile(r"^\s*(//|#(?!\s*(include|define|if|else|endif|elif|ifdef|ifndef|undef|pragma))|;|/\*|\*\s|\(\*)")
SUBSTITUTES = ("value", "result", "entry", "current", "other", "handle", "number", "simple", "item")


def other_word(rng, text, most=None):
    """TEXT with one of its words replaced, so that it stays recognisable; None when it has too little."""
    words = [m for m in WORD.finditer(text) if most is None or len(m[0]) <= most]
    if not words or len(text.strip()) < 14:
        return None
    m = rng.choice(words)
    new = rng.choice([w for w in SUBSTITUTES if w != m[0]])
    if len(m[0]) > 0.35 * len(text.strip()):
        return None
    return text[:m.start()] + new + text[m.end():]


def paraphrase(rng, text):
    """TEXT as somebody would write it from memory: no digit changes, most of it stays."""
    ways = [lambda t: other_word(rng, t, 9),
            lambda t: t.rstrip().rstrip(";") if t.rstrip().endswith(";") else None,
            lambda t: t.replace("'", '"') if t.count("'") == 2 else None,
            lambda t: re.sub(r"\s*(//|#|/\*|;;).*$", "", t) if re.search(r"\w.*\s(//|#|/\*|;;)", t) else None,
            lambda t: re.sub(r"\((\w+), (\w+)\)", r"(\2, \1)", t),
            lambda t: re.sub(r" = ", " := ", t, count=1)]
    rng.shuffle(ways)
    for way in ways:
        new = way(text)
        if new and new != text and len(new.strip()) > 10 and re.findall(r"\d+", new) == re.findall(r"\d+", text):
            return new
    return None


def garble(scene, hunk, wanted, new_text):
    """Rewrites one line of HUNK, which keeps two other telling lines; the new text stands nowhere in the file."""
    change = next(p.change for p, h in scene.pairs() if h is hunk)
    have = {x.strip() for x in change.old}
    rows = [x for i, x in enumerate(hunk.lines) if wanted(hunk, i) and informative(x.text)]
    scene.rng.shuffle(rows)
    for x in rows:
        rest = sum(informative(y.text) for y in hunk.lines if y.op != "+" and y is not x)
        new = new_text(x.text) if rest >= 2 else None
        if new and new != x.text and new.strip() not in have:
            x.text = new
            return True
    return False


def garble_one(scene, wanted, new_text):
    hunks = scene.hunks()
    scene.rng.shuffle(hunks)
    if not any(garble(scene, h, wanted, new_text) for h in hunks):
        raise Unfit


def is_context(h, i):
    return h.lines[i].op == " "


@kind("comment-word", CONTEXT, need_distinct)
def comment_word(scene):
    garble_one(scene, lambda h, i: is_context(h, i) and COMMENT.match(h.lines[i].text), lambda t: other_word(scene.rng, t))


@kind("paraphrased-far", CONTEXT, need_distinct)
def paraphrased_far(scene):
    garble_one(scene, lambda h, i: is_context(h, i) and not near(h, i, "+-"), lambda t: paraphrase(scene.rng, t))


@kind("paraphrased-adjacent", CONTEXT, need_distinct)
def paraphrased_adjacent(scene):
    garble_one(scene, lambda h, i: is_context(h, i) and near(h, i, "+-"), lambda t: paraphrase(scene.rng, t))


@kind("paraphrased-each-hunk", CONTEXT, need_distinct)
def paraphrased_each_hunk(scene):
    hit = [garble(scene, h, is_context, lambda t: paraphrase(scene.rng, t)) for h in scene.hunks()]
    if not all(hit):
        raise Unfit


@kind("deletion-paraphrased", CONTEXT, need_distinct)
def deletion_paraphrased(scene):
    """A line to delete is recognisable: one short word of a long line differs."""
    def new_text(text):
        return other_word(scene.rng, text, 6) if len(text.strip()) >= 30 else None
    garble_one(scene, lambda h, i: h.lines[i].op == "-", new_text)


TYPOGRAPHY = str.maketrans({"'": "\u2019", '"': "\u201d", "-": "\u2013", "\u2019": "'", "\u201c": '"', "\u201d": '"'})


@kind("unicode-punctuation", CONTEXT, need_distinct)
def unicode_punctuation(scene):
    """Quotes and dashes of the old lines come out typographic; what is inserted is taken as written."""
    def change(x):
        x.text = x.text.translate(TYPOGRAPHY)
    each_line(scene, lambda x: x.op != "+" and informative(x.text) and x.text.translate(TYPOGRAPHY) != x.text, change)


@kind("html-escapes", CONTEXT, need_distinct)
def html_escapes(scene):
    texts = [x.text for h in scene.hunks() for x in h.lines]
    files = "\n".join(line for c in scene.changes for line in c.old)
    if re.search(r"&(lt|gt|amp|quot|#\d+);", files + "\n".join(texts)):
        raise Unfit
    if not any(html.escape(t, False) != t for t in texts):
        raise Unfit

    def change(x):
        x.text = html.escape(x.text, False)
    each_line(scene, lambda x: True, change)


# --- blanks ----------------------------------------------------------------------------------------------------------

@kind("trailing-stripped", BLANKS, need_unique)
def trailing_stripped(scene):
    """The file has trailing blanks that the patch lacks; what the edits replace goes, what stays keeps them."""
    for p, h in scene.pairs():
        rows = [x for x in h.old() if x.text.strip()]
        for x in scene.rng.sample(rows, min(len(rows), 2)):
            p.change.old[x.at] += scene.rng.choice((" ", "  ", "\t"))


@kind("trailing-added", BLANKS, need_unique)
def trailing_added(scene):
    for h in scene.hunks():
        rows = [x for x in h.lines if x.op != "+"]
        for x in scene.rng.sample(rows, min(len(rows), 3)):
            x.text += scene.rng.choice((" ", "  "))


def indent_of(text):
    return text[:len(text) - len(text.lstrip(" \t"))]


def to_spaces(text, unit):
    lead = indent_of(text)
    return lead.expandtabs(unit) + text[len(lead):]


def to_tabs(text, unit):
    lead = indent_of(text).expandtabs(unit)
    return "\t" * (len(lead) // unit) + " " * (len(lead) % unit) + text[len(indent_of(text)):]


def convert(scene, there, back, mark):
    """Converts the indentation of the patch; it must be possible to tell from each file's old lines, and to undo."""
    for p in scene.patch:
        old = [x for h in p.hunks for x in h.old() if x.text.strip()]
        if not any(there(x.text) != x.text for x in old):
            raise Unfit
        lines = [x for h in p.hunks for x in h.lines if x.text.strip()]
        if any(back(there(x.text)) != x.text for x in lines) or any(mark in indent_of(there(x.text)) for x in lines):
            raise Unfit
    for h in scene.hunks():
        for x in h.lines:
            x.text = there(x.text) if x.text.strip() else x.text


@kind("tabs-to-spaces", BLANKS, need_distinct)
def tabs_to_spaces(scene):
    unit = scene.rng.choice((8, 4))
    convert(scene, lambda t: to_spaces(t, unit), lambda t: to_tabs(t, unit), "\t")


@kind("spaces-to-tabs", BLANKS, need_distinct)
def spaces_to_tabs(scene):
    """Only lines on a tab stop: others would keep some blanks, and the patch would show both."""
    indents = [len(indent_of(x.text)) for h in scene.hunks() for x in h.lines if x.text.strip()]
    units = [u for u in (8, 4, 2) if all(n % u == 0 for n in indents)]
    if not units or any("\t" in indent_of(x.text) for h in scene.hunks() for x in h.lines):
        raise Unfit
    convert(scene, lambda t: to_tabs(t, units[0]), lambda t: to_spaces(t, units[0]), " ")


@kind("indent-removed", BLANKS, need_distinct)
def indent_removed(scene):
    cut = 0
    for h in scene.hunks():
        indents = [indent_of(x.text) for x in h.lines if x.text.strip()]
        common = min(indents, key=len)
        if common and all(i.startswith(common) for i in indents):
            cut += 1
            for x in h.lines:
                x.text = x.text[len(common):] if x.text.strip() else x.text
    if not cut:
        raise Unfit


@kind("indent-added", BLANKS, need_distinct)
def indent_added(scene):
    tabs = sum(line.startswith("\t") for c in scene.changes for line in c.old)
    more = "\t" if tabs * 10 > sum(len(c.old) for c in scene.changes) else " " * scene.rng.choice((2, 4, 4))
    if more == "\t" and any(" " in indent_of(x.text) for h in scene.hunks() for x in h.lines):
        raise Unfit
    if more != "\t" and any("\t" in indent_of(x.text) for h in scene.hunks() for x in h.lines):
        raise Unfit

    def change(x):
        x.text = more + x.text
    each_line(scene, lambda x: x.text.strip(), change)


# --- line ends -------------------------------------------------------------------------------------------------------

@kind("crlf-file", ENDS)
def crlf_file(scene):
    for c in scene.changes:
        c.eol = "\r\n"


@kind("crlf-patch", ENDS)
def crlf_patch(scene):
    if any(c.eol == "\r\n" for c in scene.changes):
        raise Unfit
    scene.crlf = True


def cut_after(change, n):
    """Ends the file N lines after the last edit, so that its end is part of the patch."""
    del change.old[change.edits[-1].end + n:]


def take_final_newline(scene, lines_after, wanted):
    """Cuts the files LINES_AFTER the last edit, and takes the last line end off those that are WANTED."""
    if any(not c.old_final or not c.new_final for c in scene.changes):
        raise Unfit
    hit = []
    for c in scene.changes:
        cut_after(c, lines_after)
        if wanted(c) and c.old[-1].strip() and c.new()[-1].strip():
            c.old_final = c.new_final = False
            hit.append(c)
    if not hit:
        raise Unfit
    return hit


@kind("no-final-newline-kept", ENDS)
def no_final_newline_kept(scene):
    """The file's last line is context; the patch has no marker for it."""
    take_final_newline(scene, scene.rng.randint(1, 3), lambda c: c.edits[-1].end < len(c.old))
    build_unmarked(scene)


@kind("no-final-newline-changed", ENDS)
def no_final_newline_changed(scene):
    """The last line itself changes: without marker it keeps the file's state, with markers it is what they say."""
    hit = take_final_newline(scene, 0, lambda c: c.edits[-1].gone > 0 and c.edits[-1].lines)
    if scene.rng.random() < 0.5:
        build_unmarked(scene)
        return
    for c in hit:
        c.new_final = scene.rng.random() < 0.5
    scene.build()


def build_unmarked(scene):
    scene.build()
    for h in scene.hunks():
        for x in h.lines:
            x.bare_end = False
