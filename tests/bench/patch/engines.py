"""The engines that are measured.  Each gets the raw answer and the files, and gives what became of the files.

AID runs in process, in build/bench_patch, which serves one case after another.  `git apply' and GNU patch are a process
for each case, in a folder that is in no repository.  Emacs is one batch process that does each case as a user would:
diff-mode, then diff-apply-hunk on every hunk."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "../../.."))


@dataclass
class Result:
    ok: bool                     # the engine reported success
    files: dict                  # path to text afterwards
    reason: str = ""
    seconds: float = 0.0
    hunks: list = field(default_factory=list)


class Server:
    """A process that answers a line with a line; started anew when it dies or takes more than LIMIT seconds."""

    def __init__(self, command, limit=60, answers="stdout", **options):
        self.command, self.limit, self.answers, self.options = command, limit, answers, options
        self.process, self.rest = None, b""

    def start(self):
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if self.answers == "stdout":
            del streams["stderr"]      # what goes wrong is to be seen
        streams[self.answers] = subprocess.PIPE
        self.process, self.rest = subprocess.Popen(self.command, stdin=subprocess.PIPE, **streams, **self.options), b""

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream:
                    stream.close()
        self.process = None

    def ask(self, line):
        """The answer, or None (and a new process next time) when there is none."""
        if not self.process:
            self.start()
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            return self.read_line(time.monotonic() + self.limit).decode()
        except (OSError, EOFError, TimeoutError):
            self.stop()
            return None

    def read_line(self, until):
        fd = getattr(self.process, self.answers).fileno()
        parts = [self.rest]
        while b"\n" not in parts[-1]:
            if not select.select([fd], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError
            parts.append(os.read(fd, 1 << 20))
            if not parts[-1]:
                raise EOFError
        line, _, self.rest = b"".join(parts).partition(b"\n")
        return line


class Aid:
    name = "aid"

    def __init__(self):
        self.server = Server([os.path.join(TOP, "build/bench_patch")])

    def run(self, case):
        said = self.server.ask(json.dumps({"id": case.id, "files": case.before, "answer": case.answer}))
        if said is None:
            return Result(False, case.before, "the engine died or took too long", float("inf"))
        said = json.loads(said)
        files = dict(case.before)
        for path, text in said["files"].items():
            if text is None:
                files.pop(path, None)
        files.update((path, text) for path, text in said["files"].items() if text is not None)
        return Result(said["ok"], files, said["reason"], said["ns"] / 1e9, said["hunks"])

    def nanoseconds(self, files, answer):
        """The time in process and whether all fits."""
        said = json.loads(self.server.ask(json.dumps({"id": "", "files": files, "answer": answer, "quiet": True})))
        return said["ns"], said["ok"]

    def stop(self):
        self.server.stop()


def write_tree(folder, files):
    for path, text in files.items():
        name = os.path.join(folder, path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "w", encoding="utf-8", newline="") as f:
            f.write(text)


def read_tree(folder):
    files = {}
    for where, _, names in os.walk(folder):
        for n in names:
            name = os.path.join(where, n)
            with open(name, encoding="utf-8", errors="surrogateescape", newline="") as f:
                files[os.path.relpath(name, folder)] = f.read()
    return files


class Tree:
    """A peer that works on files: a fresh folder for each case."""

    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="aid-bench-patch.")
        self.folder, self.patch = os.path.join(self.base, "tree"), os.path.join(self.base, "answer")
        self.env = dict(os.environ, GIT_CEILING_DIRECTORIES=self.base, GIT_CONFIG_NOSYSTEM="1", HOME=self.base,
                        LC_ALL="C.UTF-8")

    def run(self, case):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        write_tree(self.folder, case.before)
        with open(self.patch, "w", encoding="utf-8", newline="") as f:
            f.write(case.answer)
        from_time = time.perf_counter()
        ok, reason = self.apply()
        seconds = time.perf_counter() - from_time
        return Result(ok, read_tree(self.folder), reason, seconds)

    def command(self, *args):
        try:
            done = subprocess.run(args, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=60)
        except subprocess.TimeoutExpired:
            return False, "took too long"
        return done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-500:]

    def stop(self):
        shutil.rmtree(self.base, ignore_errors=True)


class GitApply(Tree):
    name = "git apply"

    def apply(self):
        return self.command("git", "apply", "-p1", self.patch)


class GnuPatch(Tree):
    name = "GNU patch"

    def apply(self):
        return self.command("patch", "-p1", "-f", "-s", "--no-backup-if-mismatch", "-r", "-", "-i", self.patch)


class Emacs(Tree):
    name = "Emacs"

    def __init__(self):
        super().__init__()
        self.server = Server([os.environ.get("EMACS", "emacs"), "-Q", "--batch", "-l", os.path.join(HERE, "emacs.el")],
                             answers="stderr", env=self.env)

    def apply(self):
        said = self.server.ask(self.folder + "\t" + self.patch)
        while said is not None and not said.startswith("=> "):
            said = self.more()      # what Emacs says itself comes on the same stream
        return (False, "Emacs died or took too long") if said is None else (said == "=> ok", said[3:])

    def more(self):
        try:
            return self.server.read_line(time.monotonic() + self.server.limit).decode(errors="replace")
        except (OSError, EOFError, TimeoutError):
            self.server.stop()
            return None

    def stop(self):
        self.server.stop()
        super().stop()


ENGINES = {"aid": Aid, "git": GitApply, "patch": GnuPatch, "emacs": Emacs}
