"""Further kinds of damage to what stands around the hunks: how an answer wraps a diff, how often it says it, and how it spells
names, sections and counts."""
from damage import AROUND, BETWEEN, NUMBERS, OPENERS, base, fence, kind, no_fences_inside, rename_all
from scene import Unfit, informative, need_unique

# --- names -----------------------------------------------------------------------------------------------------------


@kind("path-backslashes", NUMBERS)
def path_backslashes(scene):
    if any("/" not in c.old_path for c in scene.changes):
        raise Unfit
    rename_all(scene, lambda path: path.replace("/", "\\"))


@kind("path-ab-twice", NUMBERS)
def path_ab_twice(scene):
    for p in scene.patch:
        p.head = "plain"
        p.old_name, p.new_name = "a/a/" + p.change.old_path, "b/b/" + p.change.new_path


@kind("path-other-case", NUMBERS)
def path_other_case(scene):
    """No other file of the project has the name but for the case of its letters."""
    names = [p.lower() for p in scene.before()]
    if len(set(names)) < len(names) or all(c.old_path == c.old_path.lower() for c in scene.changes):
        raise Unfit
    rename_all(scene, str.lower)


@kind("path-dot-slash", NUMBERS)
def path_dot_slash(scene):
    rename_all(scene, lambda path: "./" + path)


@kind("path-in-quotes", NUMBERS)
def path_in_quotes(scene):
    mark = scene.rng.choice(('"', "`", "'", "**"))
    rename_all(scene, lambda path: mark + path + mark)


# --- the line with the numbers ---------------------------------------------------------------------------------------

@kind("header-no-counts", NUMBERS)
def header_no_counts(scene):
    for h in scene.hunks():
        h.header = "@@ -%d +%d @@" % (h.a, h.b)


@kind("header-one-side", NUMBERS, need_unique)
def header_one_side(scene):
    for h in scene.hunks():
        h.header = scene.rng.choice(("@@ -%d,%d @@" % (h.a, h.count()[0]), "@@ %d @@" % h.a, "@@ line %d @@" % h.a))


@kind("section-of-another", NUMBERS, need_unique)
def section_of_another(scene):
    """The line after the @@ is that of another definition of the file."""
    heads = {id(p): [x.rstrip() for x in p.change.old if informative(x) and x[0].isalpha()] for p in scene.patch}
    if not any(heads.values()):
        raise Unfit
    bare = scene.rng.random() < 0.5
    for p, h in scene.pairs():
        h.section = scene.rng.choice(heads[id(p)] or [""])[:80]
        h.header = "@@ %s" % h.section if bare else None


# --- around ----------------------------------------------------------------------------------------------------------

def diff(scene):
    return [x for p in scene.patch for x in p.render()]


@kind("header-each-hunk", AROUND)
def header_each_hunk(scene):
    """The file's header stands before each of its hunks."""
    if all(len(p.hunks) < 2 for p in scene.patch):
        raise Unfit
    scene.envelope = lambda s: [x for p, h in s.pairs() for x in p.header() + h.render()]


@kind("quoted", AROUND, no_fences_inside)
def quoted(scene):
    """The whole diff in a Markdown quote."""
    opener, fenced = scene.rng.choice(OPENERS), scene.rng.random() < 0.5
    scene.envelope = lambda s: [opener, "", *(("> " + x).rstrip() if not x else "> " + x
                                              for x in (fence(diff(s)) if fenced else diff(s))), ""]


@kind("list-items", AROUND, no_fences_inside)
def list_items(scene):
    """A fence for each file inside the items of a list, indented like these."""
    mark = scene.rng.choice(("1. ", "- ", "* "))
    words = [scene.rng.choice(BETWEEN) for _ in scene.patch]
    indent = " " * len(mark)
    scene.envelope = lambda s: [x for p, w in zip(s.patch, words)
                                for x in (mark + w, "", *((indent + x) if x else "" for x in fence(p.render())), "")]


@kind("indented-block", AROUND)
def indented_block(scene):
    """A code block of Markdown without fences: four blanks before every line."""
    opener = scene.rng.choice(OPENERS)
    scene.envelope = lambda s: [opener, "", *("    " + x for x in diff(s)), ""]


@kind("fence-of-other-signs", AROUND)
def fence_of_other_signs(scene):
    marks = scene.rng.choice(("~~~", "````", "`````"))
    texts = [x.text for h in scene.hunks() for x in h.lines]
    if any(marks in t for t in texts):
        raise Unfit
    scene.envelope = lambda s: [BETWEEN[0], "", marks + "diff", *diff(s), marks, ""]


@kind("fence-not-closed", AROUND, no_fences_inside)
def fence_not_closed(scene):
    scene.envelope = lambda s: [BETWEEN[1], "", "```diff", *diff(s)]


@kind("in-tags", AROUND)
def in_tags(scene):
    tag = scene.rng.choice(("patch", "diff", "answer", "code"))
    scene.envelope = lambda s: ["<%s>" % tag, *diff(s), "</%s>" % tag]


@kind("in-heredoc", AROUND)
def in_heredoc(scene):
    """As a shell command that would apply it."""
    command = scene.rng.choice(("git apply <<'EOF'", "patch -p1 <<'EOF'", "cat > fix.patch << 'EOF'"))
    fenced = scene.rng.random() < 0.5 and not any("```" in x.text for h in scene.hunks() for x in h.lines)
    scene.envelope = lambda s: fence([command, *diff(s), "EOF"], "sh") if fenced else [command, *diff(s), "EOF"]


@kind("as-mail", AROUND)
def as_mail(scene):
    """As `git format-patch' writes it."""
    stat = [" %s | %d %s" % (p.change.old_path, sum(h.count()[1] for h in p.hunks), "++--") for p in scene.patch]
    if any(c.eol != "\n" for c in scene.changes):
        raise Unfit
    for p in scene.patch:
        p.head = "git"
    scene.envelope = lambda s: [
        "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001", "From: A U Thor <author@example.org>",
        "Date: Fri, 1 Mar 2024 12:34:56 +0100", "Subject: [PATCH] Make it right", "", "It was wrong.", "---", *stat,
        " %d files changed, 3 insertions(+), 2 deletions(-)" % len(stat), "", *diff(s), "-- ", "2.39.2", ""]


@kind("answer-twice", AROUND, no_fences_inside)
def answer_twice(scene):
    """The same diff a second time at the end of the answer."""
    need_unique(scene)
    scene.envelope = lambda s: [BETWEEN[0], "", *fence(diff(s)), "", "Here is the whole patch once more:", "",
                                *fence(diff(s)), ""]


@kind("hunk-twice", AROUND)
def hunk_twice(scene):
    """One hunk stands twice in the answer, the second time at once or at the end."""
    need_unique(scene)
    p = scene.rng.choice(scene.patch)
    i = scene.rng.randrange(len(p.hunks))
    p.hunks.insert(scene.rng.choice((i + 1, len(p.hunks))), p.hunks[i])


@kind("fence-each-hunk-bare", AROUND, no_fences_inside)
def fence_each_hunk_bare(scene):
    """A fence for each hunk, the file named before the first one only; the text of the others stands in no other file."""
    if all(len(p.hunks) < 2 for p in scene.patch):
        raise Unfit
    need_unique(scene)
    for p, h in scene.pairs():
        telling = [x.text.strip() for x in h.old() if informative(x.text)]
        for path, text in scene.before().items():
            have = {line.strip() for line in text.split("\n")}
            if path != p.change.old_path and sum(t in have for t in telling) > 1:
                raise Unfit

    def envelope(s):
        out = []
        for p in s.patch:
            out += ["In `%s`:" % p.change.old_path, ""]
            for h in p.hunks:
                out += [*fence(h.render()), "", BETWEEN[1], ""]
        return out
    scene.envelope = envelope


@kind("comments-between-hunks", AROUND)
def comments_between_hunks(scene):
    """Comments where no line of a diff can stand."""
    for p in scene.patch:
        for h in p.hunks:
            h.before = [scene.rng.choice(("# In %s" % base(p.change.old_path), "# ----", "// next hunk"))]
