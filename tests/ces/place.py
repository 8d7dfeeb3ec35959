"""What the suites of aid ces share: a place of its own for each case, and how cases are run."""
import json, os, shutil, subprocess, sys, tempfile, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "..", "..", "build")
AID = os.path.realpath(os.environ.get("AID", os.path.join(BUILD, "aid")))


class Skip(Exception):
    pass


class Place:
    """A folder of its own: repositories, and all that AID keeps."""

    def __init__(self):
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="aid-ces-"))
        self.root = self.dir + "/project"
        os.mkdir(self.root)
        self.env = dict(os.environ, HOME=self.dir, XDG_STATE_HOME=self.dir + "/state", XDG_CONFIG_HOME=self.dir + "/config",
                        XDG_CACHE_HOME=self.dir + "/cache", GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null",
                        GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org", GIT_COMMITTER_NAME="Ann",
                        GIT_COMMITTER_EMAIL="ann@example.org", HGPLAIN="1", HGRCPATH="", HGUSER="Ann")
        self.warm = self.dir + "/cache/aid/ces"

    def write(self, name, text, mode=None):
        path = self.root + "/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        if mode is not None:
            os.chmod(path, mode)

    def run(self, *args, ok=(0,), text=None, cwd=None):
        p = subprocess.run(args, cwd=cwd or self.root, env=self.env, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           universal_newlines=True)
        assert ok is None or p.returncode in ok, "%s: status %d: %s%s" % (args, p.returncode, p.stdout, p.stderr)
        self.status, self.err = p.returncode, p.stderr
        return p.stdout

    def commit(self):
        self.run("sh", "-c", "git init -q . && git add -A && git commit -qm base")

    def submit(self, answer, *args, **more):
        """The verdict; its exit status must say the same."""
        v = json.loads(self.run(AID, "ces", "submit", "--json", *args, ok=(0, 1), text=answer, **more))
        assert self.status == (0 if v["green"] else 1), (self.status, v)
        return v

    def trees(self):
        return json.loads(self.run(AID, "ces", "status", "--json"))["warm"]

    def tidy(self):
        """Nothing half made is left, no process and no mount."""
        assert os.listdir(self.warm + "/making") == [], os.listdir(self.warm + "/making")
        with open("/proc/mounts") as f:
            assert self.dir not in f.read()

    def close(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.dir], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir, ignore_errors=True)


def results(v):
    return " ".join(r["result"] for r in v["rungs"])


def expect(v, words):
    assert results(v) == words, json.dumps(v, indent=1)


def change(path, old, new):
    return "--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-%s\n+%s\n" % (path, path, old, new)


ANSWER = change("a", "one 1", "two 1")


def need(*programs):
    for program in programs:
        if not shutil.which(program, path="/usr/local/bin:/usr/bin:/bin"):
            raise Skip(program + " is not installed")


def run(cases, seed=""):
    """Those that the command line names, or all; the exit status."""
    bad = 0
    for wanted in sys.argv[1:]:
        if wanted not in dict(cases):
            sys.exit('there is no case "%s"' % wanted)
    for name, case in cases:
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        p = Place()
        try:
            need("bwrap", "git")
            case(p)
            print("ok ces: %s" % name, flush=True)
        except Skip as why:
            print("ok ces: %s # skip %s" % (name, why), flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            print("not ok ces: %s%s" % (name, seed), flush=True)
            bad = 1
        finally:
            p.close()
    return bad
