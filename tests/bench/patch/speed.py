"""How fast the engine is: a small clean diff, a large file with garbled hunks, and a thousand hunks over many files.

The texts are made here, from a seed.  Each figure is the best of several runs, and a peer is measured in the same run."""
import difflib
import os
import random
import subprocess
import time

from engines import TOP, Tree, write_tree
from report import verdict

WORDS = "count index buffer token state range offset parser node value limit table entry cursor length depth".split()


def source(rng, n):
    """N lines that look like C: blocks of ten, no two lines with text alike."""
    out = []
    for i in range(n):
        if i % 10 == 0:
            out.append("static int %s_%s_%d (struct %s *p)" % (rng.choice(WORDS), rng.choice(WORDS), i, rng.choice(WORDS)))
        elif i % 10 in (1, 8):
            out.append("{" if i % 10 == 1 else "}")
        elif i % 10 == 9:
            out.append("")
        else:
            out.append("  p->%s_%s = %s (p->%s, %d);" % (*rng.choices(WORDS, k=4), i))
    return out


def change_lines(lines, hunks):
    """LINES with a line replaced at HUNKS places, evenly apart."""
    new, step = list(lines), len(lines) // hunks
    for k in range(hunks):
        at = k * step + step // 2
        at += next(i for i in range(10) if new[at + i].startswith("  p->"))
        new[at] = new[at].replace("p->", "q->", 1)
    return new


def diff(path, old, new):
    return list(difflib.unified_diff(old, new, "a/" + path, "b/" + path, lineterm=""))


def garble(patch):
    """One context line of each hunk paraphrased, all numbers kept."""
    out, fresh = [], False
    for line in patch:
        if line.startswith("@@"):
            fresh = True
        elif fresh and line.startswith("   p->"):
            line, fresh = line.replace("p->", "this->", 1).replace(" = ", " := "), False
        out.append(line)
    return out


def text(lines):
    return "\n".join(lines) + "\n"


class Commands(Tree):
    """`git apply' and `aid patch apply' as processes, on fresh files each time.

    Each run has a folder of its own and nothing is removed before the end, and the commands take turns: a file system may be slow
    for a while to make files where many were just removed, which would be charged to whoever comes later."""

    runs = 0

    def take(self, command, files, answer, on_disk):
        """Seconds of one run; ON_DISK: of files that are on the disk, and were not just written."""
        self.runs += 1
        folder = "%s-%d" % (self.folder, self.runs)
        os.mkdir(folder)
        write_tree(folder, files)
        with open(self.patch, "w", encoding="utf-8") as f:
            f.write(answer)
        if on_disk:
            os.sync()
        start = time.perf_counter()
        subprocess.run([*command, self.patch], cwd=folder, env=self.env, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    def best(self, commands, files, answer, runs, on_disk=False):
        """Milliseconds at best, of each command."""
        times = [[self.take(c, files, answer, on_disk) for c in commands] for _ in range(runs)]
        return [min(t) * 1e3 for t in zip(*times)]


def in_process(aid, files, answer, runs):
    """Milliseconds at best, and whether all fitted."""
    said = [aid.nanoseconds(files, answer) for _ in range(runs)]
    return min(ns for ns, _ in said) / 1e6, all(ok for _, ok in said)


def measure(aid):
    rng, commands, good = random.Random(1), Commands(), []
    git = ["git", "apply", "-p1"]
    print("speed (best of several runs)")

    lines = source(rng, 1000)
    files, answer = {"src/one.c": text(lines)}, text(diff("src/one.c", lines, change_lines(lines, 3)))
    [peer] = commands.best([git], files, answer, 20)
    mine, fits = in_process(aid, files, answer, 50)
    good += [verdict("3 clean hunks, 1,000 lines: in process under 0.2 ms", fits and mine < 0.2, "%.3f ms" % mine),
             verdict("... and 20x faster than a git apply process", fits and mine * 20 <= peer,
                     "%.0fx (%.2f ms)" % (peer / mine, peer))]

    lines = source(rng, 20000)
    answer = text(garble(diff("src/big.c", lines, change_lines(lines, 20))))
    mine, fits = in_process(aid, {"src/big.c": text(lines)}, answer, 10)
    good.append(verdict("20 hunks with a garbled line each, 20,000 lines: under 15 ms", fits and mine < 15,
                        "%.2f ms%s" % (mine, "" if fits else ", refused")))

    files, answer = {}, []
    for i in range(200):
        lines = source(rng, 200)
        files["src/f%d.c" % i] = text(lines)
        answer += diff("src/f%d.c" % i, lines, change_lines(lines, 5))
    answer = text(answer)
    [peer] = commands.best([git], files, answer, 3)
    mine, fits = in_process(aid, files, answer, 5)
    good.append(verdict("1,000 clean hunks, 200 files: in process at least half as fast as git apply",
                        fits and mine <= 2 * peer, "%.1f and %.1f ms" % (mine, peer)))
    apply = [os.path.join(TOP, "build/aid"), "patch", "apply"]
    for on_disk, words in ((False, "just written"), (True, "on the disk")):
        peer, whole = commands.best([git, apply], files, answer, 5, on_disk) if fits else (0, float("inf"))
        good.append(verdict("... and aid patch apply, which writes them durably, of files %s" % words, whole <= 2 * peer,
                            "%.1f and %.1f ms" % (whole, peer)))
    commands.stop()
    return all(good)
