"""Further kinds of damage inside of hunks: joined, cut and doubled ones, gutters, signs, single lines that are written
differently; and some that must be refused."""
import re

from damage import BLANKS, CONTEXT, ENDS, PREFIX, REFUSE, STRUCTURE, header_empty, kind, no_fences_inside
from damage_text import COMMENT, each_line, garble_one, indent_of, is_context, near, set_raw
from scene import Hunk, Line, Unfit, informative, need_distinct, need_unique, places

# --- structure -------------------------------------------------------------------------------------------------------


@kind("merged-hunks", STRUCTURE, need_distinct)
def merged_hunks(scene):
    """Two hunks under one header, with nothing to show that lines are left out between them."""
    found = [p for p in scene.patch if len(p.hunks) > 1]
    if not found:
        raise Unfit
    p = scene.rng.choice(found)
    i = scene.rng.randrange(len(p.hunks) - 1)
    a, b = p.hunks[i:i + 2]
    if b.lines[0].at is None or a.lines[-1].at is None or b.lines[0].at <= a.lines[-1].at + 1:
        raise Unfit
    a.lines += b.lines
    a.header = scene.rng.choice((None, "@@ @@"))
    del p.hunks[i + 1]


def long_deletion(scene):
    found = [(p, h, e) for p in scene.patch for h in p.hunks for e in p.change.edits
             if e.gone >= 4 and any(x.at == e.at and x.op == "-" for x in h.lines)]
    if not found:
        raise Unfit
    return scene.rng.choice(found)


@kind("split-in-deletion", STRUCTURE, need_distinct)
def split_in_deletion(scene):
    """A hunk is cut in two in the middle of what it deletes; each half is a hunk of its own with right numbers."""
    p, h, e = long_deletion(scene)
    cut = next(i for i, x in enumerate(h.lines) if x.at == e.at and x.op == "-") + e.gone // 2
    head, tail = h.lines[:cut], h.lines[cut:]
    for part in (head, tail):
        if sum(informative(x.text) for x in part if x.op != "+") < 2:
            raise Unfit
    old, new = sum(x.op != "+" for x in head), sum(x.op != "-" for x in head)
    p.hunks[p.hunks.index(h):p.hunks.index(h) + 1] = [Hunk(head, h.a, h.b, h.section),
                                                      Hunk(tail, h.a + old, h.b + new, h.section)]
    need_unique(scene)
    if scene.rng.random() < 0.5:
        header_empty(scene)


@kind("additions-first", STRUCTURE, need_unique)
def additions_first(scene):
    """What replaces lines stands before them."""
    hit = 0
    for h in scene.hunks():
        for i in range(len(h.lines) - 1, 0, -1):
            if h.lines[i - 1].op == "-" and h.lines[i].op == "+" and not h.lines[i - 1].bare_end:
                beg, end = i, i
                while beg > 0 and h.lines[beg - 1].op == "-":
                    beg -= 1
                while end < len(h.lines) and h.lines[end].op == "+":
                    end += 1
                if h.lines[end - 1].bare_end:
                    raise Unfit
                h.lines[beg:end] = h.lines[i:end] + h.lines[beg:i]
                hit += 1
    if not hit:
        raise Unfit


@kind("context-replaced-by-itself", STRUCTURE, need_unique)
def context_replaced_by_itself(scene):
    """A context line is deleted and inserted again, unchanged."""
    rows = [(h, i) for h in scene.hunks() for i, x in enumerate(h.lines) if x.op == " " and x.text and not x.bare_end]
    if not rows:
        raise Unfit
    h, i = scene.rng.choice(rows)
    x = h.lines[i]
    h.lines[i:i + 1] = [Line("-", x.text, x.at), Line("+", x.text)]


@kind("context-doubled", STRUCTURE, need_distinct)
def context_doubled(scene):
    """A context line that touches no change stands twice."""
    rows = [(h, i) for h in scene.hunks() for i, x in enumerate(h.lines)
            if x.op == " " and informative(x.text) and not near(h, i, "+-")]
    if not rows:
        raise Unfit
    h, i = scene.rng.choice(rows)
    h.lines.insert(i, Line(" ", h.lines[i].text))


@kind("last-context-dropped", CONTEXT, need_distinct)
def last_context_dropped(scene):
    """Every hunk lacks its last line of context, or its first; the counts stay."""
    end = scene.rng.choice((0, -1))
    hit = 0
    for h in scene.hunks():
        if h.lines[end].op == " " and h.lines[1 if end == 0 else -2].op == " ":
            h.freeze()
            del h.lines[end]
            hit += 1
    if not hit or any(not any(informative(x.text) for x in h.old()) for h in scene.hunks()):
        raise Unfit
    need_unique(scene)


# --- the prefix column -----------------------------------------------------------------------------------------------

@kind("operator-and-blank", PREFIX, need_distinct)
def operator_and_blank(scene):
    """A blank behind the sign of each changed line, none before context; what is deleted shows that."""
    for h in scene.hunks():
        if not any(x.op == "-" and x.text.strip() for x in h.lines):
            raise Unfit
    each_line(scene, lambda x: x.op != " " and x.text.strip(), set_raw(lambda x: x.op + " " + x.text))


def number_lines(scene, form):
    """Numbers before the lines of each hunk: the old ones, and for additions the new ones."""
    for h in scene.hunks():
        old, new = h.a, h.b
        for x in h.lines:
            x.raw = form(x, new if x.op == "+" else old)
            old += x.op != "+"
            new += x.op != "-"


@kind("gutter-behind-operator", PREFIX, need_distinct)
def gutter_behind_operator(scene):
    bar = scene.rng.choice((" | ", "|", ": "))
    number_lines(scene, lambda x, n: "%s%4d%s%s" % (x.op, n, bar, x.text))


@kind("gutter-before-operator", PREFIX, need_distinct)
def gutter_before_operator(scene):
    bar = scene.rng.choice((" | ", "|", "  "))
    number_lines(scene, lambda x, n: "%4d%s%s%s" % (n, bar, x.op, x.text))


@kind("addition-without-plus", PREFIX, need_unique)
def addition_without_plus(scene):
    """One of at least three lines that come in together, an inner one, lost its sign."""
    have = {x.strip() for c in scene.changes for x in c.old}
    rows = [h.lines[i] for h in scene.hunks() for i in range(1, len(h.lines) - 1)
            if all(x.op == "+" for x in h.lines[i - 1:i + 2]) and informative(h.lines[i].text)
            and h.lines[i].text.strip() not in have and not re.match(r"[-+ @\\]|\*\*\* |```|diff ", h.lines[i].text)]
    if not rows:
        raise Unfit
    x = scene.rng.choice(rows)
    x.raw = x.text


# --- lines that are written differently ------------------------------------------------------------------------------

@kind("quotes-changed", CONTEXT, need_distinct)
def quotes_changed(scene):
    """A line of context has the other quotes."""
    table = str.maketrans("'\"", "\"'")
    garble_one(scene, lambda h, i: is_context(h, i) and re.search("['\"]", h.lines[i].text) and len(h.lines[i].text) > 20,
               lambda t: t.translate(table))


@kind("remark-added", CONTEXT, need_distinct)
def remark_added(scene):
    """A remark behind a line of context that is no part of it."""
    remark = scene.rng.choice(("  // <- changed below", "  # unchanged", "  // existing", " /* here */"))
    garble_one(scene, lambda h, i: is_context(h, i) and len(h.lines[i].text.strip()) > 24, lambda t: t + remark)


@kind("comment-reflowed", CONTEXT, need_distinct)
def comment_reflowed(scene):
    """Two lines of a comment in the context are broken elsewhere."""
    rows = []
    for h in scene.hunks():
        for i in range(len(h.lines) - 1):
            a, b = h.lines[i:i + 2]
            if a.op == b.op == " " and COMMENT.match(a.text) and COMMENT.match(b.text) and not near(h, i, "+-") \
               and not near(h, i + 1, "+-"):
                m, words = re.match(r"(\s*(?://+|#+|;+|\*)\s+)(\S.*)$", b.text), a.text.split()
                if m and len(words) > 4 and len(b.text.split()) > 3 and len(words[-1]) < 12:
                    rows.append((a, b, m, words[-1]))
    if not rows:
        raise Unfit
    a, b, m, word = scene.rng.choice(rows)
    if sum(informative(x.text) for h in scene.hunks() for x in h.old() if x not in (a, b)) < 2:
        raise Unfit
    a.text = a.text.rstrip()[:-len(word)].rstrip()
    b.text = m[1] + word + " " + m[2]


@kind("two-lines-garbled", CONTEXT, need_distinct)
def two_lines_garbled(scene):
    """Two lines of one hunk's context: one with other quotes, words or blanks, another left out."""
    rows = [h for h in scene.hunks() if sum(informative(x.text) for x in h.old()) >= 6]
    if not rows:
        raise Unfit
    h = scene.rng.choice(rows)
    far = [i for i, x in enumerate(h.lines) if x.op == " " and informative(x.text) and not near(h, i, "+-")]
    if len(far) < 2:
        raise Unfit
    i, k = scene.rng.sample(far, 2)
    x = h.lines[i]
    x.text = indent_of(x.text) + re.sub(r"\s+", "  ", x.text.strip())
    del h.lines[k]


@kind("indent-of-some", BLANKS, need_distinct)
def indent_of_some(scene):
    """A third of each hunk's context is indented otherwise; all the rest, and what comes in, is right."""
    hit = 0
    for h in scene.hunks():
        rows = [x for x in h.lines if x.op == " " and informative(x.text)]
        for x in rows[:len(rows) // 3]:
            x.text = indent_of(x.text) + scene.rng.choice(("  ", " ", "    ")) + x.text.lstrip()
            hit += 1
    if not hit:
        raise Unfit


@kind("blank-context-dropped", BLANKS, need_distinct)
def blank_context_dropped(scene):
    """Blank lines of context between two others, none of them changed, are left out."""
    hit = 0
    for h in scene.hunks():
        for i in range(len(h.lines) - 2, 0, -1):
            if h.lines[i].op == " " and not h.lines[i].text.strip() and not near(h, i, "+-"):
                del h.lines[i]
                hit += 1
    if not hit:
        raise Unfit


@kind("blank-context-added", BLANKS, need_distinct)
def blank_context_added(scene):
    """A blank line between two of context that the file does not have."""
    rows = [(h, i) for h in scene.hunks() for i in range(1, len(h.lines))
            if h.lines[i - 1].op == h.lines[i].op == " " and h.lines[i - 1].text.strip() and h.lines[i].text.strip()]
    if not rows:
        raise Unfit
    h, i = scene.rng.choice(rows)
    h.lines.insert(i, Line(" ", ""))


@kind("tabs-escaped", BLANKS, need_distinct)
def tabs_escaped(scene):
    """Tabs at the beginnings of lines are written as a backslash and a t."""
    if any(x.startswith("\\t") for c in scene.changes for x in c.old):
        raise Unfit

    def escape(x):
        x.text = indent_of(x.text).replace("\t", "\\t") + x.text.lstrip(" \t")
    each_line(scene, lambda x: "\t" in indent_of(x.text) and x.text.strip(), escape)
    for h in scene.hunks():
        if not any(x.op != "+" and x.text.startswith("\\t") for x in h.lines):
            raise Unfit


@kind("crlf-some-lines", ENDS)
def crlf_some_lines(scene):
    """Some lines of the answer end with a carriage return."""
    if any(c.eol == "\r\n" for c in scene.changes):
        raise Unfit
    for h in scene.hunks():
        for x in h.lines:
            if scene.rng.random() < 0.5:
                x.raw = x.op + x.text + "\r"


# --- what must be refused --------------------------------------------------------------------------------------------

@kind("reversed", REFUSE, need_distinct)
def reversed_patch(scene):
    """Old and new are confused: what the patch would delete is not there."""
    scene.refuse = True
    for h in scene.hunks():
        for x in h.lines:
            x.op = {"+": "-", "-": "+"}.get(x.op, " ")
        h.a, h.b = h.b, h.a
    for p in scene.patch:
        have = {x.strip() for x in p.change.old}
        for h in p.hunks:
            gone = [x.text.strip() for x in h.lines if x.op == "-" and informative(x.text)]
            if not gone or any(x in have for x in gone) or places(p.change, h):
                raise Unfit


@kind("cut-off", REFUSE, no_fences_inside)
def cut_off(scene):
    """The answer ends in the middle of a line of its last hunk's change, with the fence open."""
    scene.refuse = True
    scene.patch = scene.patch[:1]
    scene.changes = [scene.patch[0].change]
    h = scene.patch[0].hunks[-1]
    rows = [i for i, x in enumerate(h.lines) if x.op == "+" and len(x.text.strip()) > 12]
    if not rows or len(rows) < 2:
        raise Unfit
    at = scene.rng.choice(rows[:-1])
    h.freeze()
    cut = h.lines[at].render()
    del h.lines[at:]
    scene.envelope = lambda s: ["```diff", *s.patch[0].render(), cut[:len(cut) // 2]]
    scene.open_end = True


@kind("deleted-number-changed", REFUSE, need_distinct)
def deleted_number_changed(scene):
    """A line to delete has another number than any line of the file."""
    have = {x.strip() for c in scene.changes for x in c.old}
    rows = [x for h in scene.hunks() for x in h.lines if x.op == "-" and re.search(r"\d", x.text) and len(x.text) > 12]
    if not rows:
        raise Unfit
    x = scene.rng.choice(rows)
    x.text = re.sub(r"\d+", lambda m: str(int(m[0]) + 7 if len(m[0]) < 9 else 7), x.text, count=1)
    if x.text.strip() in have:
        raise Unfit
    scene.refuse = True


@kind("deleted-line-invented", REFUSE, need_distinct)
def deleted_line_invented(scene):
    """Among what is deleted is a line that the file never had."""
    found = [(h, i) for h in scene.hunks() for i, x in enumerate(h.lines) if x.op == "-" and informative(x.text)]
    if not found:
        raise Unfit
    h, i = scene.rng.choice(found)
    line = indent_of(h.lines[i].text) + "frobnicate_all (quux, %d);" % scene.rng.randint(100, 999)
    h.lines.insert(i + scene.rng.choice((0, 1)), Line("-", line))
    scene.refuse = True


@kind("neighbours-apart", REFUSE)
def neighbours_apart(scene):
    """The two lines between which something is to come in stand far from one another."""
    p = scene.rng.choice(scene.patch)
    c = p.change
    telling = [i for i, x in enumerate(c.old) if informative(x) and sum(y.strip() == x.strip() for y in c.old) == 1]
    pairs = [(a, b) for a in telling for b in telling if 12 <= b - a <= 40]
    if not pairs:
        raise Unfit
    a, b = scene.rng.choice(pairs)
    lines = [Line(" ", c.old[i], i) for i in range(max(0, a - 2), a + 1)]
    lines += [Line("+", "frobnicate (everything);")]
    lines += [Line(" ", c.old[i], i) for i in range(b, min(len(c.old), b + 3))]
    p.hunks = [Hunk(lines, max(1, a - 1), max(1, a - 1), "")]
    scene.patch = [p]
    scene.refuse = True
