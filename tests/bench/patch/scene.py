"""What a damage works on: the files before and after a change, and the patch for it in pieces.

The truth lies in the changes (old lines and edits); the patch is built from them and then spoilt.  A damage that alters
the files alters the changes, and builds the patch anew when the model would have seen the altered file.  Nothing here
reads a patch back."""
import copy
import re

from commits import join_lines


class Unfit(Exception):
    """This commit cannot show this damage; another one may."""


class Line:
    """A line of a hunk; RAW, when set, is what is written in place of operator and text."""
    __slots__ = ("op", "text", "raw", "bare_end", "at")

    def __init__(self, op, text, at=None, bare_end=False):
        self.op, self.text, self.raw, self.at, self.bare_end = op, text, None, at, bare_end

    def render(self):
        return self.op + self.text if self.raw is None else self.raw


class Hunk:
    """HEADER, when set, is written in place of the computed one; COUNTS, when set, in place of the counted lines."""

    def __init__(self, lines, a, b, section):
        self.lines, self.a, self.b, self.section = lines, a, b, section
        self.header, self.counts, self.after, self.before = None, None, [], []

    def old(self):
        return [x for x in self.lines if x.op != "+"]

    def count(self):
        return sum(x.op != "+" for x in self.lines), sum(x.op != "-" for x in self.lines)

    def freeze(self):
        """States the present counts from now on, whatever becomes of the lines."""
        self.counts = self.counts or self.count()

    def render(self):
        m, n = self.counts or self.count()
        section = " " + self.section if self.section else ""
        head = "@@ -%d,%d +%d,%d @@%s" % (self.a, m, self.b, n, section) if self.header is None else self.header
        out = self.before + ([head] if head else [])
        for x in self.lines:
            out.append(x.render())
            if x.bare_end:
                out.append("\\ No newline at end of file")
        return out + self.after


class FilePatch:
    """The part of the patch for one file.  HEAD is "git", "plain", "plus" (one line) or "none"."""

    def __init__(self, change, head):
        self.change, self.head, self.hunks = change, head, []
        self.old_name, self.new_name = "a/" + change.old_path, "b/" + change.new_path
        self.stamp, self.extended = "", []

    def header(self):
        out = []
        if self.head == "git":
            out = ["diff --git a/%s b/%s" % (self.change.old_path, self.change.new_path), *self.extended]
        if self.head in ("git", "plain") and self.hunks:
            out.append("--- " + self.old_name + self.stamp)
        if self.head in ("git", "plain", "plus") and self.hunks:
            out.append("+++ " + self.new_name + self.stamp)
        return out

    def render(self):
        return self.header() + [line for h in self.hunks for line in h.render()]


class Scene:
    """One case in the making."""

    def __init__(self, commit, rng):
        self.commit, self.rng = commit, rng
        self.changes = [c.copy() for c in commit.changes]
        self.others = dict(commit.others)
        self.refuse = self.crlf = False
        self.created, self.deleted = set(), set()    # paths of changes that make or remove a file
        self.envelope = None                         # a function from the scene to the lines of the answer
        self.open_end = False                        # the answer's last line has no line end
        self.note = ""                               # of what a mix is made
        self.build()

    def build(self, context=3):
        """Builds the patch from the changes as they are."""
        head = self.rng.choice(("git", "plain"))
        self.patch = [FilePatch(c, head) for c in self.changes]
        for p in self.patch:
            p.hunks = build_hunks(p.change, context)

    def hunks(self):
        return [h for p in self.patch for h in p.hunks]

    def pairs(self):
        return [(p, h) for p in self.patch for h in p.hunks]

    def before(self):
        files = dict(self.others)
        files.update((c.old_path, c.old_text()) for c in self.changes if c.old_path not in self.created)
        return files

    def truth(self):
        """The files afterwards, or None when nothing may change."""
        if self.refuse:
            return None
        files = self.before()
        for c in self.changes:
            files.pop(c.old_path, None)
        files.update((c.new_path, c.new_text()) for c in self.changes if c.old_path not in self.deleted)
        return files

    def answer(self):
        lines = self.envelope(self) if self.envelope else [x for p in self.patch for x in p.render()]
        return join_lines(lines, "\r\n" if self.crlf else "\n", not self.open_end)


# --- building hunks --------------------------------------------------------------------------------------------------

SECTION = re.compile(r"^(?:[A-Za-z_$]|\(\w)")


def section_before(lines, at):
    """The line that git would show after the second @@ of a hunk that starts at index AT."""
    return next((lines[i].rstrip()[:80] for i in range(at - 1, -1, -1) if SECTION.match(lines[i])), "")


def build_hunk(change, edits, context, shift):
    """One hunk for the EDITS of CHANGE; SHIFT is by how many lines the edits before it move the new side."""
    lines, start = [], max(0, edits[0].at - context)
    end = min(len(change.old), edits[-1].end + context)
    last_old = len(change.old) - 1

    def add_old(op, i):
        # A last line that stays keeps its line end or its lack of it; when that changes, the edits replace it.
        lines.append(Line(op, change.old[i], i, i == last_old and not change.old_final))

    at = start
    for e in edits:
        for i in range(at, e.at):
            add_old(" ", i)
        for i in range(e.at, e.end):
            add_old("-", i)
        lines.extend(Line("+", text) for text in e.lines)
        if e.lines and e.end == len(change.old) and not change.new_final:
            lines[-1].bare_end = True
        at = e.end
    for i in range(at, end):
        add_old(" ", i)
    old_count = sum(x.op != "+" for x in lines)
    new_count = sum(x.op != "-" for x in lines)
    return Hunk(lines, start + (old_count > 0), start + shift + (new_count > 0), section_before(change.old, start))


def build_hunks(change, context=3, merge=True):
    """The hunks of CHANGE as git cuts them, or one for each edit unless MERGE."""
    groups = []
    for e in change.edits:
        if merge and groups and e.at - groups[-1][-1].end <= 2 * context:
            groups[-1].append(e)
        else:
            groups.append([e])
    out, shift = [], 0
    for g in groups:
        out.append(build_hunk(change, g, context, shift))
        shift += sum(len(e.lines) - e.gone for e in g)
    return out


# --- what a line or a place can tell ---------------------------------------------------------------------------------

COMMON = {"else", "begin", "end", "done", "return", "break;", "pass", "then", "else:", "else {", "} else {", "return;",
          "try:", "try {", "default:", "continue;", "in"}


def informative(text):
    s = text.strip()
    return len(s) > 3 and s not in COMMON and any(ch.isalnum() for ch in s)


def places(change, hunk):
    """The indices where the hunk's old lines stand in the file, but for trailing blanks."""
    want, have = [x.text.rstrip() for x in hunk.old()], [x.rstrip() for x in change.old]
    return [i for i in range(len(have) - len(want) + 1) if have[i:i + len(want)] == want] if want else []


def likeness(change, hunk):
    """How much of the hunk's telling text the best other place of the file has, 0 to 1."""
    old = [(k, x.text.strip()) for k, x in enumerate(hunk.old()) if informative(x.text)]
    index, votes, own = {}, {}, next((x.at - k for k, x in enumerate(hunk.old()) if x.at is not None), None)
    for i, text in enumerate(change.old):
        index.setdefault(text.strip(), []).append(i)
    for k, text in old:
        for i in index.get(text, ()):
            votes[i - k] = votes.get(i - k, 0) + 1
    votes.pop(own, None)
    return max(votes.values(), default=0) / max(1, len(old))


def need_unique(scene):
    """Every hunk fits one place only, so that it can be found without numbers."""
    for p, h in scene.pairs():
        if len(places(p.change, h)) != 1 or not any(informative(x.text) for x in h.old()):
            raise Unfit


def need_distinct(scene, most=0.6, least=3):
    """Every hunk has text enough, and no other place is nearly like its own."""
    need_unique(scene)
    for p, h in scene.pairs():
        if sum(informative(x.text) for x in h.old()) < least or likeness(p.change, h) > most:
            raise Unfit


def clone_hunk(hunk):
    return copy.deepcopy(hunk)
