"""The kinds of damage in which the hunks stand wrongly to one another, or the file is not the one the patch was made for:
out of order, overlapping, elided; moved on, already changed, gone; files created, deleted and renamed; and mixes."""
import os
import re

from commits import Edit, Repository, language_of
from damage import AROUND, KINDS, MIXES, OPERATIONS, REFUSE, STALE, STRUCTURE, fence, header_empty, kind, numbers_wrong
from scene import FilePatch, Hunk, Line, Unfit, build_hunks, informative, need_distinct, need_unique, places

# --- structure -------------------------------------------------------------------------------------------------------


@kind("reordered", STRUCTURE, need_unique)
def reordered(scene):
    hit = 0
    for p in scene.patch:
        if len(p.hunks) > 1:
            kept = list(p.hunks)
            while p.hunks == kept:
                scene.rng.shuffle(p.hunks)
            hit += 1
    if not hit:
        raise Unfit


@kind("reordered-no-numbers", STRUCTURE, need_unique)
def reordered_no_numbers(scene):
    reordered(scene)
    header_empty(scene)


def split_hunks(scene):
    """A hunk for each edit, where two of a file are so near that each shows lines the other changes."""
    hit = []
    for p in scene.patch:
        edits = p.change.edits
        if any(b.at - a.end < 3 for a, b in zip(edits, edits[1:])):
            p.hunks = build_hunks(p.change, 3, merge=False)
            hit.append(p)
    if not hit:
        raise Unfit
    return hit


@kind("overlap-as-before", STRUCTURE)
def overlap_as_before(scene):
    """Both hunks show the file as it was: what one shows as context, the other deletes."""
    split_hunks(scene)
    need_unique(scene)


@kind("overlap-as-after", STRUCTURE)
def overlap_as_after(scene):
    """The second hunk shows the file as the first one leaves it."""
    hit = split_hunks(scene)
    need_unique(scene)
    for p in hit:
        c = p.change
        for k in range(1, len(p.hunks)):
            show_earlier_edits(p.hunks[k], c, k)


def show_earlier_edits(hunk, change, k):
    """Rewrites the context before the K-th edit so that it shows the earlier ones as done."""
    e = change.edits[k]
    seen, at = [], 0
    for earlier in change.edits[:k]:
        seen += change.old[at:earlier.at] + earlier.lines
        at = earlier.end
    seen += change.old[at:e.at]
    lead = next(i for i, x in enumerate(hunk.lines) if x.op != " ")
    hunk.lines[:lead] = [Line(" ", text) for text in seen[-3:]]
    hunk.a += sum(len(x.lines) - x.gone for x in change.edits[:k])


ELLIPSES = {"Python": ("# ...", "# ... existing code ...", "..."),
            "OCaml": ("(* ... *)", "(* ... existing code ... *)", "..."),
            "Lisp": (";; ...", ";; ... existing code ...", "..."), None: ("// ...", "// ... existing code ...", "...")}


def ellipsis(scene, path):
    return scene.rng.choice(ELLIPSES.get(language_of(path), ELLIPSES[None]))


@kind("elided-context", STRUCTURE)
def elided_context(scene):
    """Two edits of a file in one hunk, the middle of what lies between replaced by an ellipsis."""
    need_distinct(scene)
    found = [(p, i) for p in scene.patch for i, (a, b) in enumerate(zip(p.change.edits, p.change.edits[1:]))
             if 7 <= b.at - a.end <= 60]
    if not found:
        raise Unfit
    p, i = scene.rng.choice(found)
    c = p.change
    a, b = c.edits[i], c.edits[i + 1]
    gap = b.at - a.end
    one = FilePatch(type(c)(c.old_path, c.new_path, c.old, [a, b], c.eol, c.old_final, c.new_final, c.bom), p.head)
    hunk, = build_hunks(one.change, gap)
    hunk.lines = [x for x in hunk.lines if x.at is None or a.at - 3 <= x.at < b.end + 3]
    hide = [k for k, x in enumerate(hunk.lines) if x.op == " " and x.at is not None and a.end + 3 <= x.at < b.at - 3]
    if not hide:
        raise Unfit
    indent = re.match(r"\s*", hunk.lines[hide[0]].text)[0]
    hunk.lines[hide[0]:hide[-1] + 1] = [Line(" ", indent + ellipsis(scene, c.old_path))]
    hunk.header = scene.rng.choice((None, "@@ @@"))
    # The pair takes the place of the hunks that held the two edits; the other edits keep hunks of their own.
    rest = type(c)(c.old_path, c.new_path, c.old, [e for e in c.edits if e is not a and e is not b], c.eol, c.old_final,
                   c.new_final, c.bom)
    hunk.a = max(1, a.at - 2)
    others = build_hunks(rest, 3)
    p.hunks = sorted(others + [hunk], key=lambda h: h.a)
    if any(o.a <= hunk.a + b.end - a.at + 6 and hunk.a <= o.a + len(o.lines) for o in others):
        raise Unfit


@kind("elided-deletion", STRUCTURE)
def elided_deletion(scene):
    """A long deletion shows its first and last lines only; the last ones stand nowhere else below."""
    need_distinct(scene)
    found = [(p, h, e) for p in scene.patch for e in p.change.edits if e.gone >= 7
             for h in p.hunks if any(x.at == e.at and x.op == "-" for x in h.lines)]
    if not found:
        raise Unfit
    p, h, e = scene.rng.choice(found)
    old = p.change.old
    tail = [x.strip() for x in old[e.end - 2:e.end]]
    stripped = [x.strip() for x in old]
    if not any(map(informative, tail)) or sum(stripped[i:i + 2] == tail for i in range(e.at, len(old))) != 1:
        raise Unfit
    at = [i for i, x in enumerate(h.lines) if x.op == "-" and e.at + 2 <= x.at < e.end - 2]
    line = Line("-", re.match(r"\s*", old[e.at])[0] + ellipsis(scene, p.change.old_path))
    h.lines[at[0]:at[-1] + 1] = [line]
    if scene.rng.random() < 0.5:
        h.header = "@@ @@"


# --- the file moved on -----------------------------------------------------------------------------------------------

@kind("stale-shifted", STALE, need_unique)
def stale_shifted(scene):
    """300 other lines came in at the top after the patch was made."""
    text = [line for other in sorted(scene.others) for line in scene.others[other].replace("\r", "").split("\n")]
    c = scene.rng.choice(scene.changes)
    have = {x.strip() for x in c.old if informative(x)}
    text = [line for line in text if line.strip() not in have][:300]
    if len(text) < 40:
        raise Unfit
    insert_lines(c, 0, (text * 8)[:300])
    need_unique(scene)


def insert_lines(change, at, lines):
    """Puts LINES before index AT of the old file, outside of every edit."""
    if any(e.at < at < e.end for e in change.edits):
        raise Unfit
    change.old[at:at] = lines
    for e in change.edits:
        e.at += len(lines) if e.at >= at else 0


@kind("stale-later-commit", STALE)
def stale_later_commit(scene):
    """A later commit's change to the same file is in it already; no line of it touches what the patch changes."""
    need_distinct(scene)
    repo = Repository(scene.commit.repo)
    c = max(scene.changes, key=lambda x: len(x.old))
    choices = [merged for merged in (merge_later(c, edits) for edits in repo.later(scene.commit, c.old_path)) if merged]
    if not choices:
        raise Unfit
    old, edits = scene.rng.choice(choices)
    if old == c.old:
        raise Unfit
    c.old, c.edits = old, edits


def merge_later(change, later):
    """The old lines with LATER (edits of the new lines) done to them, and the change's edits upon that; None when an
    edit of one comes within two lines of the other's."""
    shift, ours = 0, []                  # our edits in lines of the new file
    for e in change.edits:
        ours.append((e.at + shift, e.at + shift + len(e.lines), e))
        shift += len(e.lines) - e.gone
    if not later or any(l.at - 2 < end and beg < l.end + 2 for l in later for beg, end, _ in ours):
        return None
    if later[-1].end >= len(change.new()) or not change.old_final or not change.new_final:
        return None                      # the last line, whose line end is a matter of its own
    back = [Edit(l.at - sum(len(e.lines) - e.gone for _, end, e in ours if end <= l.at), l.gone, l.lines) for l in later]
    old, at, edits, moved = [], 0, [], 0
    for e in sorted(back + change.edits, key=lambda x: x.at):
        if any(e is x for x in change.edits):
            edits.append(Edit(e.at + moved, e.gone, list(e.lines)))
            continue
        old += change.old[at:e.at] + e.lines
        at = e.end
        moved += len(e.lines) - e.gone
    return old + change.old[at:], edits


@kind("stale-later-commit-no-numbers", STALE)
def stale_later_commit_no_numbers(scene):
    stale_later_commit(scene)
    header_empty(scene)


# --- what must be refused --------------------------------------------------------------------------------------------

@kind("already-applied", REFUSE, need_unique)
def already_applied(scene):
    scene.refuse = True
    for p in scene.patch:
        new = p.change.new()
        p.change.old, p.change.edits = new, []
        p.change.old_final = p.change.new_final
        if any(places(p.change, h) for h in p.hunks):
            raise Unfit
    if scene.rng.random() < 0.3:
        numbers_wrong(scene)


@kind("other-files-hunk", REFUSE, need_unique)
def other_files_hunk(scene):
    """The patch names a file that does not hold its text."""
    if len(scene.changes) > 1:
        raise Unfit
    c, = scene.changes
    names = [p for p, t in sorted(scene.others.items()) if t and not t.isspace()]
    if not names:
        raise Unfit
    name = scene.rng.choice(names)
    have = {line.strip() for text in scene.others.values() for line in text.split("\n")}
    if not any(sum(informative(x.text) for x in h.old()) >= 2
               and not any(x.text.strip() in have for x in h.old() if informative(x.text)) for h in scene.hunks()):
        raise Unfit
    scene.refuse = True
    scene.changes.remove(c)
    scene.patch[0].head = "plain"
    scene.patch[0].old_name, scene.patch[0].new_name = "a/" + name, "b/" + name


@kind("region-gone", REFUSE, need_distinct)
def region_gone(scene):
    """What a hunk stands in was taken out of the file meanwhile."""
    scene.refuse = True
    p, h = scene.rng.choice(scene.pairs())
    c = p.change
    ats = [x.at for x in h.old()]
    telling = [x.text.strip() for x in h.old() if informative(x.text)]
    touched = [x.text.strip() for i, x in enumerate(h.lines) if x.op == "-" and informative(x.text)]
    c.old, c.edits = c.old[:ats[0]] + c.old[ats[-1] + 1:], []
    have = {x.strip() for x in c.old}
    if len(c.old) < 5 or sum(t in have for t in telling) > len(telling) // 3 or any(t in have for t in touched):
        raise Unfit


# --- operations ------------------------------------------------------------------------------------------------------

def smallest(scene, most=200):
    p = min(scene.patch, key=lambda x: len(x.change.old))
    c = p.change
    if not 2 <= len(c.old) <= most or not c.old_final or not c.new_final:
        raise Unfit
    return p, c


def whole_file(p, op, lines):
    n = len(lines)
    p.head = "git"
    p.hunks = [Hunk([Line(op, text) for text in lines], 0 if op == "+" else 1, 1 if op == "+" else 0, "")]
    p.hunks[0].counts = (0, n) if op == "+" else (n, 0)


def make_new(scene):
    p, c = smallest(scene)
    if c.eol != "\n" or c.bom:
        raise Unfit      # a patch does not tell them
    scene.created.add(c.old_path)
    c.edits = [Edit(0, len(c.old), c.new())]
    whole_file(p, "+", c.new())
    p.old_name, p.extended = "/dev/null", ["new file mode 100644"]
    p.head = scene.rng.choice(("git", "plain"))
    return p


@kind("new-file", OPERATIONS)
def new_file(scene):
    make_new(scene)


@kind("new-file-no-plus", OPERATIONS)
def new_file_no_plus(scene):
    """The file's text stands in a fence of its own under the header, without a plus."""
    p = make_new(scene)
    lines = [x for h in p.hunks for x in h.lines]
    if any(re.match(r"[-+@\\]|diff |```|~~~|index |\*\*\* ", x.text) for x in lines):
        raise Unfit
    if not lines[0].text or not lines[-1].text:
        raise Unfit
    for x in lines:
        x.raw = x.text
    p.head = "plain"
    p.hunks[0].header = scene.rng.choice(("", "@@ -0,0 +1,%d @@" % len(lines)))
    scene.envelope = lambda s: [x for q in s.patch for x in (*fence(q.render()), "")]


@kind("delete-file", OPERATIONS)
def delete_file(scene):
    p, c = smallest(scene)
    scene.deleted.add(c.old_path)
    whole_file(p, "-", c.old)
    p.new_name, p.extended = "/dev/null", ["deleted file mode 100644"]
    p.head = scene.rng.choice(("git", "plain"))


def move(scene):
    p = scene.rng.choice(scene.patch)
    c = p.change
    stem, extension = os.path.splitext(c.old_path)
    c.new_path = scene.rng.choice((stem + "_renamed" + extension, "moved/" + os.path.basename(c.old_path)))
    if c.new_path in scene.before() or c.new_path.endswith("/" + c.old_path):
        raise Unfit
    p.new_name = "b/" + c.new_path
    return p


@kind("rename-git", OPERATIONS)
def rename_git(scene):
    p = move(scene)
    p.head = "git"
    p.extended = ["similarity index 9%d%%" % scene.rng.randint(0, 9), "rename from " + p.change.old_path,
                  "rename to " + p.change.new_path]
    if scene.rng.random() < 0.25:
        p.change.edits, p.hunks, p.change.new_final = [], [], p.change.old_final
        p.extended[0] = "similarity index 100%"


@kind("rename-by-names", OPERATIONS)
def rename_by_names(scene):
    move(scene).head = "plain"


# --- mixes -----------------------------------------------------------------------------------------------------------

# One of each layer at most, done in this order: the file, the lines, the numbers, the names, what stands around.
LAYERS = (
    ("stale-shifted", "stale-later-commit", "crlf-file", "trailing-stripped"),
    ("context-dropped-far", "comment-word", "paraphrased-far", "paraphrased-adjacent", "unicode-punctuation",
     "tabs-to-spaces", "indent-removed", "indent-added", "trailing-added", "first-indent-lost"),
    ("blank-context-bare", "context-bare", "reordered"),
    ("numbers-wrong", "numbers-all-1", "header-empty", "header-section", "counts-wrong", "header-all-wrong"),
    ("path-no-ab", "path-base", "path-extra-prefix", "path-plus-only", "crlf-patch"),
    ("fence-one", "fence-each-file", "prose-between-fences"),
)
INDENTED = {"tabs-to-spaces", "indent-removed", "indent-added", "first-indent-lost"}


def mix(scene, n):
    """N kinds of different layers."""
    need_distinct(scene)
    chosen = [KINDS[scene.rng.choice(LAYERS[i])] for i in sorted(scene.rng.sample(range(len(LAYERS)), n))]
    names = {k.name for k in chosen}
    if "context-bare" in names and names & INDENTED:
        raise Unfit          # where the column begins could not be told
    for k in chosen:
        if k.group == AROUND and k.check:
            k.check(scene)
    for k in chosen:
        k.spoil(scene)
    scene.note = ", ".join(k.name for k in chosen)


@kind("mix-2", MIXES)
def mix_2(scene):
    mix(scene, 2)


@kind("mix-3", MIXES)
def mix_3(scene):
    mix(scene, 3)


@kind("mix-4", MIXES)
def mix_4(scene):
    mix(scene, 4)
