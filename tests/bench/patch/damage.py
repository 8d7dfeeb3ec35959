"""The register of the kinds of damage, and the kinds that spoil numbers, names and what stands around a diff.

A kind is a function from a scene to None that spoils it in place, or raises Unfit.  Its check says first whether the
undamaged patch leaves enough for the right place to be the only right one: without numbers a hunk must be unique."""
from dataclasses import dataclass
from typing import Callable

from scene import Unfit, informative, need_unique


@dataclass
class Kind:
    name: str
    group: str
    spoil: Callable
    check: Callable = None

    def apply(self, scene):
        if self.check:
            self.check(scene)
        self.spoil(scene)


KINDS = {}
NUMBERS, AROUND, PREFIX = "numbers/headers", "fences/prose", "prefix column"
CONTEXT, BLANKS, ENDS = "context garbled", "whitespace/indent", "EOL/EOF"
STRUCTURE, STALE, REPEATS, REFUSE = "structure", "stale base", "repeats (must apply)", "must refuse"
OPERATIONS, MIXES, CLEAN = "new/delete/rename", "mixes", "clean"


def kind(name, group, check=None):
    def register(spoil):
        KINDS[name] = Kind(name, group, spoil, check)
        return spoil
    return register


@kind("clean", CLEAN)
def clean(scene):
    """Nothing is spoilt: what is real may still be hard."""


# --- numbers ---------------------------------------------------------------------------------------------------------

@kind("numbers-wrong", NUMBERS, need_unique)
def numbers_wrong(scene):
    for h in scene.hunks():
        off = scene.rng.choice((-1, 1)) * scene.rng.randint(1, 60)
        h.a, h.b = max(1, h.a + off), max(1, h.b + off)


@kind("numbers-all-1", NUMBERS, need_unique)
def numbers_all_1(scene):
    for h in scene.hunks():
        h.a = h.b = 1


@kind("numbers-0", NUMBERS, need_unique)
def numbers_0(scene):
    for h in scene.hunks():
        h.header = "@@ -0,0 +0,0 @@"


@kind("header-empty", NUMBERS, need_unique)
def header_empty(scene):
    for h in scene.hunks():
        h.header = "@@ @@"


@kind("header-ellipsis", NUMBERS, need_unique)
def header_ellipsis(scene):
    for h in scene.hunks():
        h.header = "@@ ... @@"


@kind("header-section", NUMBERS, need_unique)
def header_section(scene):
    for h in scene.hunks():
        h.header = ("@@ " + h.section + scene.rng.choice((" @@", ""))).rstrip()


@kind("counts-wrong", NUMBERS, need_unique)
def counts_wrong(scene):
    for h in scene.hunks():
        h.counts = tuple(max(1, n + scene.rng.choice((-3, -2, -1, 1, 2, 3))) for n in h.count())


@kind("header-all-wrong", NUMBERS, need_unique)
def header_all_wrong(scene):
    numbers_wrong(scene)
    counts_wrong(scene)
    for h in scene.hunks():
        h.section = scene.rng.choice(("", h.section, "main"))


# --- names -----------------------------------------------------------------------------------------------------------

def rename_all(scene, to):
    for p in scene.patch:
        p.head = "plain"
        p.old_name = p.new_name = to(p.change.old_path)


@kind("path-no-ab", NUMBERS)
def path_no_ab(scene):
    rename_all(scene, lambda path: path)


def base(path):
    return path.rsplit("/", 1)[-1]


@kind("path-base", NUMBERS)
def path_base(scene):
    names = [base(p) for p in scene.before()]
    if any(names.count(base(c.old_path)) > 1 for c in scene.changes) or all("/" not in c.old_path for c in scene.changes):
        raise Unfit
    rename_all(scene, base)


@kind("path-base-several", NUMBERS, need_unique)
def path_base_several(scene):
    """Two files of the project have the name, and the text fits one of them."""
    c = scene.changes[0]
    others = sorted(t for p, t in scene.others.items() if len(t.splitlines()) > 3)
    if len(scene.changes) > 1 or "/" not in c.old_path or not others:
        raise Unfit
    text = scene.rng.choice(others)
    for h in scene.hunks():
        telling = [x.text.strip() for x in h.old() if informative(x.text)]
        if sum(t in text for t in telling) * 3 > len(telling):
            raise Unfit
    scene.others[scene.rng.choice(("old/", "extra/sub/")) + base(c.old_path)] = text
    rename_all(scene, base)


@kind("path-extra-prefix", NUMBERS)
def path_extra_prefix(scene):
    prefix = scene.rng.choice(("project/", "myproject/", "checkout/trunk/main/", scene.commit.name + "/"))
    rename_all(scene, lambda path: prefix + path)
    if scene.rng.random() < 0.5:
        for p in scene.patch:
            p.old_name, p.new_name = "a/" + p.old_name, "b/" + p.new_name


@kind("path-missing-folder", NUMBERS)
def path_missing_folder(scene):
    paths = list(scene.before())
    short = {c.old_path: c.old_path.split("/", 1)[-1] for c in scene.changes}
    if any(s == p or sum(q == s or q.endswith("/" + s) for q in paths) > 1 for p, s in short.items()):
        raise Unfit
    rename_all(scene, short.get)
    for p in scene.patch:
        p.old_name, p.new_name = "a/" + p.old_name, "b/" + p.new_name


@kind("path-timestamps", NUMBERS)
def path_timestamps(scene):
    for p in scene.patch:
        p.head = "plain"
        p.stamp = scene.rng.choice(("\t", " ")) + "2024-03-0%d 12:34:56.000000000 +0100" % scene.rng.randint(1, 9)


@kind("path-plus-only", NUMBERS)
def path_plus_only(scene):
    for p in scene.patch:
        p.head = "plus"


@kind("path-none", NUMBERS, need_unique)
def path_none(scene):
    """No header at all: the text must tell which of the files is meant."""
    if len(scene.changes) > 1:
        raise Unfit
    c, = scene.changes
    for text in scene.others.values():
        have = {line.strip() for line in text.split("\n")}
        if any(sum(x.text.strip() in have for x in h.old() if informative(x.text)) > 1 for h in scene.hunks()):
            raise Unfit
    if any(sum(informative(x.text) for x in h.old()) < 2 for h in scene.hunks()):
        raise Unfit
    scene.patch[0].head = "none"


# --- around ----------------------------------------------------------------------------------------------------------

OPENERS = ("Here is the change:", "I found the problem. The fix is below.", "Sure! This patch does what you ask for:")
CLOSERS = ("This keeps the old behaviour for other callers.", "Let me know if you'd like tests as well.", "That's all.")
BETWEEN = ("Then the second place has to follow:", "Next, the same thing further down.", "And finally:")


def no_fences_inside(scene):
    if any(x.text.lstrip().startswith(("```", "~~~")) for h in scene.hunks() for x in h.lines):
        raise Unfit


def fence(lines, language="diff"):
    return ["```" + language, *lines, "```"]


@kind("fence-one", AROUND, no_fences_inside)
def fence_one(scene):
    opener, closer = scene.rng.choice(OPENERS), scene.rng.choice(CLOSERS)
    language = scene.rng.choice(("diff", "diff", "patch", ""))
    scene.envelope = lambda s: [opener, "", *fence([x for p in s.patch for x in p.render()], language), "", closer]


@kind("fence-each-file", AROUND, no_fences_inside)
def fence_each_file(scene):
    words = [scene.rng.choice(BETWEEN) for _ in scene.patch]
    scene.envelope = lambda s: [x for p, w in zip(s.patch, words) for x in (w, "", *fence(p.render()), "")]


@kind("fence-path-in-prose", AROUND, no_fences_inside)
def fence_path_in_prose(scene):
    form = scene.rng.choice(("In `%s`:", "**%s**", "### `%s`", "Change %s like this:", "#### %s"))
    blank = scene.rng.choice(([], [""]))

    def envelope(s):
        for p in s.patch:
            p.head = "none"
        return [x for p in s.patch for x in (form % p.change.old_path, *blank, *fence(p.render()), "")]
    scene.envelope = envelope


def prose_after_hunks(scene):
    if len(scene.hunks()) < 2:
        raise Unfit
    for p in scene.patch:
        for h in p.hunks[:-1]:
            blank = scene.rng.choice(([], [""]))
            h.after = blank + [scene.rng.choice(BETWEEN)] + blank
            if h.lines[-1].op == "+" or not h.lines[-1].text.strip():
                raise Unfit


@kind("prose-between-hunks", AROUND)
def prose_between_hunks(scene):
    prose_after_hunks(scene)


@kind("prose-between-hunks-bare", AROUND, need_unique)
def prose_between_hunks_bare(scene):
    """The same without numbers: no count says where a hunk ends."""
    prose_after_hunks(scene)
    header_empty(scene)


@kind("prose-between-fences", AROUND, no_fences_inside)
def prose_between_fences(scene):
    """A fence for each hunk, the file named anew in each."""
    if len(scene.hunks()) < 2:
        raise Unfit
    words = [scene.rng.choice(BETWEEN + CLOSERS) for _ in scene.hunks()]
    head = scene.rng.choice(("plain", "git"))

    def envelope(s):
        for p in s.patch:
            p.head = head if p.head == "git" else p.head
        blocks = [p.header() + h.render() for p, h in s.pairs()]
        return [x for w, b in zip(words, blocks) for x in (w, "", *fence(b), "")]
    scene.envelope = envelope
