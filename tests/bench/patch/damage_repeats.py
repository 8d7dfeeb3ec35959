"""The kinds of damage in which the text of a hunk stands in several places of the file, exactly or nearly: some can be
told apart by number, order or section, the others must be refused."""
import copy
import re

from damage import REFUSE, REPEATS, header_empty, kind
from damage_file import insert_lines
from damage_text import garble, paraphrase
from scene import Unfit, informative, need_distinct, places

APART = 30      # lines from one copy to the next, at least


def only_file(scene):
    """The one file that the case is about; the commit's other files stay as they are and out of the patch."""
    p = scene.rng.choice(scene.patch)
    scene.patch = [p]
    for c in scene.changes:
        if c is not p.change:
            scene.others[c.old_path] = c.old_text()
    scene.changes = [p.change]
    return p


def only_hunk(scene):
    """The one hunk that the case is about: the edits of the others are dropped."""
    need_distinct(scene)
    p = only_file(scene)
    h = scene.rng.choice(p.hunks)
    ats = [x.at for x in h.old()]
    p.change.edits = [e for e in p.change.edits if ats[0] <= e.at and e.end <= ats[-1] + 1]
    if ats[-1] == len(p.change.old) - 1 or not p.change.old_final or not p.change.new_final or not p.change.edits:
        raise Unfit
    scene.build()
    if len(scene.patch[0].hunks) != 1:
        raise Unfit
    return scene.patch[0], scene.patch[0].hunks[0]


def breaks(change):
    """The indices where foreign lines may come in without tearing anything apart: after a blank line."""
    return [i for i in range(1, len(change.old)) if not change.old[i - 1].strip() and change.old[i].strip()]


def grow(scene, change, least):
    """Lengthens the file with text of other files until it has room."""
    text = [line for other in sorted(scene.others) for line in scene.others[other].replace("\r", "").split("\n")]
    have = {x.strip() for x in change.old if informative(x)}
    text = [line for line in text if line.strip() not in have]
    if len(change.old) < least:
        half = text[:least // 2]
        insert_lines(change, 0, half + [""])
        change.old += [""] + text[least // 2:least]


def put_copies(scene, p, h, n, spoil=None, where=lambda at: True):
    """Puts N copies of the hunk's old lines elsewhere, far from the original and from one another; SPOIL alters each.
    Gives the indices of all, the original's too."""
    c = p.change
    grow(scene, c, 60 * (n + 1))
    block = [x.text for x in h.old()]
    first = next(i for i in [places(c, h)] if len(i) == 1)[0] if len(places(c, h)) == 1 else None
    if first is None:
        raise Unfit
    taken = [first]
    for _ in range(n):
        spots = [i for i in breaks(c) if where(i)
                 and all(i < t - APART - len(block) or i > t + len(block) + APART for t in taken)]
        if not spots:
            raise Unfit
        at = scene.rng.choice(spots)
        new = (spoil(list(block)) if spoil else list(block)) + [""]
        insert_lines(c, at, new)
        taken = [t + len(new) if t >= at else t for t in taken] + [at]
    return taken


def stand_at(scene, original):
    """Builds the patch anew, for the file with the copies in it; gives its only hunk."""
    scene.build()
    h, = scene.patch[0].hunks
    if h.old()[0].at > original or h.old()[-1].at < original:
        raise Unfit
    return h


def repeated(scene, n=None):
    p, h = only_hunk(scene)
    taken = put_copies(scene, p, h, n or scene.rng.randint(1, 3))
    h = stand_at(scene, taken[0])
    if len(places(p.change, h)) != len(taken):
        raise Unfit
    return h, taken


@kind("repeat-right-number", REPEATS)
def repeat_right_number(scene):
    repeated(scene)


@kind("repeat-near-number", REPEATS)
def repeat_near_number(scene):
    h, _ = repeated(scene)
    off = scene.rng.choice((-3, -2, -1, 1, 2, 3))
    h.a, h.b = max(1, h.a + off), max(1, h.b + off)


@kind("repeat-by-order", REPEATS)
def repeat_by_order(scene):
    """A hunk for each of the copies, in order, without numbers."""
    h, taken = repeated(scene)
    c = scene.changes[0]
    edits, origin = list(c.edits), taken[0]
    for at in taken[1:]:
        for e in edits:
            extra = copy.deepcopy(e)
            extra.at += at - origin
            c.edits.append(extra)
    c.edits.sort(key=lambda e: e.at)
    scene.build()
    for extra in scene.hunks():
        if [x.text for x in extra.old()] != [x.text for x in h.old()]:
            raise Unfit
    header_empty(scene)


@kind("repeat-by-section", REPEATS)
def repeat_by_section(scene):
    """The line after the @@ names the definition that holds the one meant."""
    p, h = only_hunk(scene)
    if any(re.match(r"\S", x.text) for x in h.old()):
        raise Unfit
    taken = put_copies(scene, p, h, scene.rng.randint(1, 2))
    h = stand_at(scene, taken[0])
    c, heads = p.change, []
    for at in taken:
        head = next((i for i in range(at - 1, -1, -1) if re.match(r"\S", c.old[i])), None)
        if head is None or not informative(c.old[head]):
            raise Unfit
        heads.append(head)
    line = c.old[heads[0]].rstrip()
    if len(set(heads)) < len(heads) or sum(x.rstrip() == line for x in c.old) != 1 or len(places(c, h)) != len(taken):
        raise Unfit
    h.header = scene.rng.choice(("@@ %s", "@@ @@ %s", "@@ %s @@")) % line


def alter(scene, block, most):
    """A copy that is nearly the same: every second telling line has another word."""
    rows = [i for i, t in enumerate(block) if informative(t)]
    scene.rng.shuffle(rows)
    hit = 0
    for i in rows:
        new = re.sub(r"[A-Za-z_]{3,}", lambda m: m[0] + scene.rng.choice(("_b", "_next", "2")), block[i], count=1)
        if hit < most and new != block[i]:
            block[i] = new
            hit += 1
    if not hit:
        raise Unfit
    return block


@kind("near-copies-exact", REPEATS)
def near_copies_exact(scene):
    """Nearly the same text elsewhere, the exact one here, and no numbers."""
    p, h = only_hunk(scene)
    taken = put_copies(scene, p, h, scene.rng.randint(1, 3), lambda b: alter(scene, b, scene.rng.randint(1, 2)))
    stand_at(scene, taken[0])
    header_empty(scene)


@kind("near-copies-garbled", REPEATS)
def near_copies_garbled(scene):
    """The place itself fits but for one line of context; the copies differ in half of their telling lines."""
    p, h = only_hunk(scene)
    telling = sum(informative(x.text) for x in h.old())
    if telling < 4:
        raise Unfit
    taken = put_copies(scene, p, h, scene.rng.randint(1, 2), lambda b: alter(scene, b, max(3, telling // 2)))
    h = stand_at(scene, taken[0])
    if not garble(scene, h, lambda x, i: x.lines[i].op == " ", lambda t: paraphrase(scene.rng, t)):
        raise Unfit


# --- what must be refused --------------------------------------------------------------------------------------------

@kind("repeat-nonsense-number", REFUSE)
def repeat_nonsense_number(scene):
    h, _ = repeated(scene)
    h.a = h.b = len(scene.changes[0].old) + scene.rng.randint(500, 5000)
    scene.refuse, h.section = True, ""


@kind("repeat-no-number", REFUSE)
def repeat_no_number(scene):
    repeated(scene)
    header_empty(scene)
    scene.refuse = True


@kind("two-places-no-evidence", REFUSE)
def two_places_no_evidence(scene):
    """Two places alike; the number stands in the middle between them, and the section names neither."""
    h, taken = repeated(scene, 1)
    middle = (taken[0] + taken[1]) // 2 + 1
    h.a = h.b = middle
    h.section, scene.refuse = "", True
