"""A real Emacs in a real terminal (tmux), driven by keys and read by its screen."""
import json, os, shutil, subprocess, tempfile, time

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
EMACS = os.environ.get("EMACS", "emacs")
PATIENCE = 60  # seconds: what hangs is to fail, and not what is slow


class Failed(Exception):
    pass


class Replay:
    """`aid replay` on a free port, and a settings folder that points at it."""

    def __init__(self, work, script):
        self.work, self.log = work, os.path.join(work, "requests.jsonl")
        path, ready = os.path.join(work, "script.json"), os.path.join(work, "port")
        with open(path, "w") as f:
            json.dump(script, f)
        self.process = subprocess.Popen([TOP + "/build/aid", "replay", "--port", "0", "--ready-file", ready, "--log", self.log, path],
                                        stdout=subprocess.DEVNULL)
        end = time.time() + PATIENCE
        while not (os.path.exists(ready) and open(ready).read().strip()):
            if time.time() > end:
                raise Failed("aid replay did not start")
            time.sleep(0.02)
        folder = os.path.join(work, "config/aid")
        os.makedirs(folder, exist_ok=True)
        url = "http://127.0.0.1:%s/v1" % open(ready).read().strip()
        with open(folder + "/config.json", "w") as f:
            json.dump({"model": "sample", "providers": {"sample": {"wire": "openai-chat", "url": url}},
                       "models": {"sample": {"provider": "sample", "name": "sample"}}}, f)

    def requests(self):
        with open(self.log) as f:
            return [json.loads(line) for line in f]

    def stop(self):
        self.process.terminate()
        self.process.wait()


# Each test has a home of its own, in which Emacs would compile all it loads to machine code, beside the test, and in vain.
EMACS_OPTIONS = "-nw -Q --eval '(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil)' -L %s/lisp" % TOP


class Terminal:
    """Emacs in a tmux pane of its own server; everything it writes lies under WORK."""

    def __init__(self, work, folder, width=100, height=40, init="", programs=None, state=None):
        """PROGRAMS is a folder whose programs go before the system's, STATE one that several share for what is recorded."""
        init_file = os.path.join(work, "init.el")
        with open(init_file, "w") as f:
            f.write("(require 'aid)\n(global-set-key (kbd \"C-c i\") aid-prefix-map)\n"
                    "(setq inhibit-startup-screen t make-backup-files nil aid-build-after-review nil)\n"
                    "(menu-bar-mode -1)\n" + init)
        env = "env HOME=%s XDG_CONFIG_HOME=%s/config XDG_CACHE_HOME=%s/cache XDG_STATE_HOME=%s" % (work, work, work,
                                                                                                 state or work + "/state")
        if programs:
            env += " PATH=%s:%s" % (programs, os.environ["PATH"])
        command = "cd %s && %s %s %s -l %s 2>%s/stderr; sleep 0.2" % (folder, env, EMACS, EMACS_OPTIONS, init_file, work)
        self.start("aid-screen-%d-%s" % (os.getpid(), os.path.basename(work)), work, command, width, height)
        self.wait("scratch")

    @classmethod
    def running(cls, *args):
        """One whose Emacs is started by the shell command COMMAND of ARGS, which are those of `start'."""
        t = cls.__new__(cls)
        t.start(*args)
        return t

    def start(self, name, work, command, width=100, height=40):
        """Runs COMMAND in the only pane of a tmux server called NAME."""
        self.name, self.work = name, work
        self.tmux("kill-server", check=False)
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), command)

    def tmux(self, *args, check=True):
        return subprocess.run(["tmux", "-L", self.name, "-f", "/dev/null"] + list(args), capture_output=True, text=True, check=check).stdout

    def keys(self, *keys):
        """Keys as Emacs writes them; anything in quotes '"..."' is typed as text."""
        for key in keys:
            if key.startswith('"'):
                text = key[1:-1]
                # tmux takes a semicolon at the end for its own.
                self.tmux("send-keys", "-l", text[:-1] + "\\;" if text.endswith(";") else text)
            else:
                for k in key.split():
                    self.tmux("send-keys", {"RET": "Enter", "TAB": "Tab", "SPC": "Space", "ESC": "Escape"}.get(k, k))
                    time.sleep(0.02)

    def command(self, name, *answers):
        self.keys("M-x", '"%s"' % name, "RET")
        for a in answers:
            time.sleep(0.2)
            self.keys('"%s"' % a, "RET")

    def eval(self, form):
        """Evaluates FORM and gives what it prints."""
        out = os.path.join(self.work, "eval")
        if os.path.exists(out):
            os.unlink(out)
        text = '(condition-case e (prin1-to-string %s) (error (format \"!%%S\" e)))' % form
        self.keys("M-:", '"(write-region %s nil \"%s\" nil 0)"' % (text, out), "RET")
        until(lambda: os.path.exists(out), "the value of %s" % form, says=self.screen)
        time.sleep(0.05)
        value = read(out)
        if value.startswith("!"):
            raise Failed("%s is an error: %s" % (form, value[1:]))
        return value

    def screen(self):
        return self.tmux("capture-pane", "-p", check=False)

    def wait(self, *texts, timeout=PATIENCE, gone=()):
        """Waits until all of TEXTS and none of GONE are on the screen."""
        end = time.time() + timeout
        while time.time() < end:
            s = self.screen()
            if all(t in s for t in texts) and not any(t in s for t in gone):
                return s
            time.sleep(0.05)
        raise Failed("waited for %r, without %r; the screen is:\n%s" % (texts, gone, self.screen()))

    def quit(self):
        """Types C-g and waits until Emacs has read it: what is typed before that is thrown away.  Where another message takes the
        place of "Quit" at once, ten seconds are enough for that."""
        self.keys("C-g")
        end = time.time() + 10
        while "Quit" not in self.screen() and time.time() < end:
            time.sleep(0.02)

    def close(self):
        self.tmux("kill-server", check=False)


def until(what, words, timeout=PATIENCE, says=str):
    """Waits until WHAT gives something true, and gives it; a failure prints what SAYS gives."""
    limit = time.time() + timeout
    while True:
        value = what()
        if value:
            return value
        if time.time() > limit:
            raise Failed("waited for %s\n%s" % (words, says()))
        time.sleep(0.05)


def scratch():
    return tempfile.mkdtemp(prefix="aid-screen.")


def sample(work, name="c"):
    """A copy of a sample project and its replay script, unpaced unless told."""
    folder = os.path.join(work, "project")
    shutil.copytree(os.path.join(TOP, "docs/sample", name), folder)
    with open(os.path.join(TOP, "docs/sample", name + ".replay.json")) as f:
        return folder, json.load(f)


def read(*path):
    with open(os.path.join(*path)) as f:
        return f.read()
