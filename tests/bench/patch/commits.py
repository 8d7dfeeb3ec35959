"""Real commits as structure: the old lines of each file and the edits that make the new ones.

A commit is taken when it has one parent, changes one to six text files in place, one to a hundred lines of them, and no
file is over 60 kB.  The edits come from git's diff without context; that they turn git's old blob into git's new blob
is checked here, so that everything built on them later stands on what the repository itself says."""
import os
import random
import re
import subprocess
from dataclasses import dataclass, field

MAX_FILES, MAX_CHANGED, MAX_BYTES = 6, 100, 60000
LANGUAGES = {
    "C": (".c", ".h", ".cc", ".cpp", ".hpp"), "OCaml": (".ml", ".mli", ".mly", ".mll"),
    "Lisp": (".el", ".lisp", ".scm", ".clj"), "Python": (".py", ".pyi"),
    "JavaScript": (".js", ".mjs", ".ts", ".jsx", ".tsx"),
    "other": (".go", ".rs", ".java", ".rb", ".sh", ".lua", ".hs", ".pl", ".swift", ".kt", ".cs", ".php", ".css"),
}
_BY_EXTENSION = {e: language for language, all_of_it in LANGUAGES.items() for e in all_of_it}


def language_of(path):
    return _BY_EXTENSION.get(os.path.splitext(path)[1])


@dataclass
class Edit:
    """The GONE lines from index AT give way to LINES."""
    at: int
    gone: int
    lines: list

    @property
    def end(self):
        return self.at + self.gone


@dataclass
class Change:
    """One file before the change and the edits, ascending and apart, that make what it is afterwards."""
    old_path: str
    new_path: str
    old: list
    edits: list
    eol: str = "\n"
    old_final: bool = True         # whether the last line has its line end
    new_final: bool = True
    bom: str = ""

    def copy(self):
        return Change(self.old_path, self.new_path, list(self.old), [Edit(e.at, e.gone, list(e.lines)) for e in self.edits],
                      self.eol, self.old_final, self.new_final, self.bom)

    def new(self):
        return apply_edits(self.old, self.edits)

    def old_text(self):
        return join_lines(self.old, self.eol, self.old_final, self.bom)

    def new_text(self):
        return join_lines(self.new(), self.eol, self.new_final, self.bom)


@dataclass
class Commit:
    repo: str                      # its folder
    sha: str
    changes: list
    others: dict = field(default_factory=dict)    # a few unchanged files of the same tree: path to text

    @property
    def name(self):
        base = os.path.basename(self.repo.rstrip("/"))
        return os.path.basename(os.path.dirname(self.repo.rstrip("/"))) if base in ("repo", ".git") else base


def apply_edits(lines, edits):
    out, at = [], 0
    for e in edits:
        out += lines[at:e.at] + e.lines
        at = e.end
    return out + lines[at:]


def join_lines(lines, eol, final, bom=""):
    return bom + eol.join(lines) + (eol if final and lines else "")


def split_text(text):
    """The text as (lines, eol, final, bom), or None when its line ends are mixed."""
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    text = text[len(bom):]
    eol = "\r\n" if "\r\n" in text else "\n"
    final = text.endswith("\n")
    lines = text.split(eol)
    if lines[-1] == "":
        lines.pop()
    if any("\r" in line or "\n" in line for line in lines):
        return None
    return lines, eol, final, bom


HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def read_edits(diff):
    """The edits of each file in the text of `git diff -U0', a list for each "diff --git" in order.  A line is one up to
    a line feed; a carriage return before it is taken off, as it is from the files."""
    files, lines, i = [], diff.split("\n"), 0
    while i < len(lines):
        m = HUNK.match(lines[i])
        if lines[i].startswith("diff --git "):
            files.append([])
        i += 1
        if not m:
            continue
        start, gone, came = int(m[1]), int(m[2] or 1), int(m[4] or 1)
        fresh, left = [], gone + came
        while left:
            if not lines[i].startswith("\\"):
                left -= 1
                if lines[i].startswith("+"):
                    fresh.append(lines[i][1:].removesuffix("\r"))
            i += 1
        files[-1].append(Edit(start - 1 if gone else start, gone, fresh))
    return files


class Repository:
    """Reads a git repository, with or without a work tree, through git's plumbing."""

    def __init__(self, folder):
        self.folder = folder
        where = ["--git-dir=" + folder] if os.path.exists(os.path.join(folder, "HEAD")) else ["-C", folder]
        self.git = ["git", *where, "-c", "core.quotePath=false", "-c", "diff.algorithm=myers"]

    def run(self, *args, data=None):
        return subprocess.run([*self.git, *args], input=data, capture_output=True, check=True).stdout

    def text(self, *args):
        return self.run(*args).decode("utf-8", "surrogateescape")

    def commits(self):
        return self.text("rev-list", "--min-parents=1", "--max-parents=1", "HEAD").split()

    def blobs(self, ids):
        """The texts of blobs, None for each that is binary, too large or not UTF-8."""
        out, at, texts = self.run("cat-file", "--batch", data="\n".join(ids).encode() + b"\n"), 0, []
        for _ in ids:
            end = out.index(b"\n", at)
            head = out[at:end].split()
            at = end + 1
            if len(head) < 3 or head[1] != b"blob":
                texts.append(None)
                continue
            raw = out[at:at + int(head[2])]
            at += len(raw) + 1
            try:
                texts.append(None if len(raw) > MAX_BYTES or b"\0" in raw else raw.decode())
            except UnicodeDecodeError:
                texts.append(None)
        return texts

    def diff(self, old, new):
        """The edits from one tree to another (or one blob, as ID or COMMIT:PATH)."""
        return read_edits(self.text("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "-U0", old, new))

    def load(self, sha):
        """The commit as structure, or None when it is not of the kind we take."""
        raw = self.text("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", sha + "^", sha).split("\0")[:-1]
        heads, paths = [h.split() for h in raw[0::2]], raw[1::2]
        if not 1 <= len(paths) <= MAX_FILES or not any(map(language_of, paths)):
            return None
        if any((h[0], h[1], h[4]) != (":100644", "100644", "M") for h in heads) or any(set(p) & set(' "') for p in paths):
            return None
        texts = self.blobs([h[k] for h in heads for k in (2, 3)])
        if any(t is None for t in texts):
            return None
        edits = self.diff(sha + "^", sha)
        if len(edits) != len(paths):
            return None
        changes = [make_change(p, a, b, e) for p, a, b, e in zip(paths, texts[0::2], texts[1::2], edits)]
        if any(c is None for c in changes):
            return None
        size = sum(e.gone + len(e.lines) for c in changes for e in c.edits)
        return Commit(self.folder, sha, changes) if 1 <= size <= MAX_CHANGED else None

    def add_others(self, commit, rng, n=3):
        """Gives COMMIT a few files of its tree that it does not change, of its languages first."""
        taken = {c.old_path for c in commit.changes}
        rows = [r.split(None, 3) for r in self.text("ls-tree", "-r", "-z", commit.sha + "^").split("\0")[:-1]]
        rows = [r for r in rows if r[0] == "100644" and r[3] not in taken and " " not in r[3] and language_of(r[3])]
        rng.shuffle(rows)
        spoken = {language_of(p) for p in taken}
        rows.sort(key=lambda r: language_of(r[3]) not in spoken)
        for row, text in zip(rows[:2 * n], self.blobs([r[2] for r in rows[:2 * n]]) if rows else ()):
            if text and len(commit.others) < n and split_text(text):
                commit.others[row[3]] = text

    def later(self, commit, path, most=6):
        """The edits, on the file as COMMIT left it, that later commits made: one list for each of the next versions."""
        shas = self.text("rev-list", "--reverse", "--ancestry-path", commit.sha + "..HEAD", "--", path).split()[:most]
        for sha in shas:
            try:
                edits = self.diff("%s:%s" % (commit.sha, path), "%s:%s" % (sha, path))
            except subprocess.CalledProcessError:      # deleted there
                return
            if len(edits) == 1:
                yield edits[0]


def make_change(path, old_text, new_text, edits):
    """The change, or None when EDITS do not turn the old text into the new one to the byte."""
    old, new = split_text(old_text), split_text(new_text)
    if not old or not new or not old[0] or not new[0] or old[1] != new[1] or old[3] != new[3]:
        return None
    change = Change(path, path, old[0], edits, old[1], old[2], new[2], old[3])
    return change if change.old_text() == old_text and change.new_text() == new_text else None


def sample(folders, seed, each):
    """Up to EACH commits of every repository, by SEED, in the order of their drawing."""
    pool = []
    for folder in folders:
        repo = Repository(folder)
        rng = random.Random("%s %s" % (seed, os.path.basename(folder)))
        shas = repo.commits()
        rng.shuffle(shas)
        found = 0
        for sha in shas:
            commit = repo.load(sha) if found < each else None
            if found >= each:
                break
            if commit:
                repo.add_others(commit, rng)
                pool.append(commit)
                found += 1
    return pool
