#!/usr/bin/env python3
"""Adds to the events of $XDG_STATE_HOME what several people may have done in an experiment, drawn at random, with all that a report has to
get right: several arms, exposures that were written twice or of another version, requests before and long before, hunks that
were decided on again, replaced and undone, patches placed again, builds of several projects between decisions, fields that are missing.
usage: history.py SEED EXPERIMENT VERSION PEOPLE [--several] VARIANT...
--several: some people are in several arms"""
import json, os, random, sqlite3, sys, time

DAY = 86400000


class History:
    def __init__(self, seed, experiment, version, variants, several):
        self.several = several
        self.draw = random.Random(seed)
        self.experiment, self.version, self.variants = experiment, version, variants
        self.db = sqlite3.connect(os.path.join(os.environ["XDG_STATE_HOME"], "aid/events.db"))
        self.now = int(time.time() * 1000)
        self.serial = seed * 1000000

    def some(self, **fields):
        """FIELDS, of which now and then one is missing."""
        return {k: v for k, v in fields.items() if v is not None and self.draw.random() > 0.02}

    def add(self, at, kind, person, data, request=None, project=None):
        self.serial += 1
        row = (at.to_bytes(6, "big") + b"\x70\x00" + self.serial.to_bytes(8, "big"), at, kind, request, person, project, json.dumps(data))
        self.db.execute("INSERT INTO events(id, at, kind, request, person, project, data) VALUES(?, ?, ?, ?, ?, ?, ?)", row)

    def expose(self, at, person, arm, request):
        for version in (self.version, self.draw.choice([self.version, "00000000"])):
            self.add(at, "exposure", person, {"experiment": self.experiment, "variant": arm, "version": version, "unit": person}, request)
        if self.draw.random() < 0.3:
            self.add(at, "exposure", person, {"experiment": "another", "variant": arm, "version": self.version}, request)

    def hunk(self, at, person, request, project, name):
        d, states = self.draw, ["accepted", "edited", "rejected", "skipped", "replaced"]
        was = None
        for step in range(d.randrange(1, 4)):
            now = "undone" if was in ("accepted", "edited") and d.random() < 0.4 else d.choice(states)
            self.add(at + step, "decision", person, self.some(hunk=name, decision=now, was=was, inserted=d.randrange(200)), request, project)
            was = now
        for age in ("30s", "10m", "10m" if d.random() < 0.1 else "commit"):
            chars = d.randrange(1, 500)
            self.add(at + 4, "stayed", person, self.some(hunk=name, when=age, chars=chars, kept=d.randrange(0, chars + 20)), request)

    def answer(self, at, person, arm):
        d = self.draw
        request, project = "%s-%d" % (person, self.serial), d.choice([person + "-one", person + "-two"])
        pairs = ["other=old"] if d.random() < 0.5 else []
        if arm:
            pairs.insert(d.randrange(len(pairs) + 1), "%s=%s" % (self.experiment, arm))
        self.add(at, "request", person, self.some(ms=d.randrange(200, 9000), outcome=d.choice(["done", "done", "cut", "failed"]),
                                                  cost=d.random(), variant=",".join(pairs) or None), request, project)
        for again in range(d.randrange(3)):
            self.add(at + 1 + again, "patch", person,
                     self.some(**{k: d.randrange(3) for k in ("exact", "shifted", "whitespace", "adjusted", "already", "refused")}), request)
        for i in range(d.randrange(4)):
            self.hunk(at + 10 * (i + 1), person, request, project, "%s-%d" % (request, i))
        for i in range(d.randrange(3)):
            self.add(at + 60 + d.randrange(-50, 50), "build", person,
                     self.some(what="build", status=d.choice(["green", "red", "unknown"]), before=d.choice(["green", "red", None])), None,
                     d.choice([project, person + "-two"]))
        return request

    def live(self, person):
        d = self.draw
        first = self.now - d.randrange(5, 20) * DAY
        arms = d.sample(self.variants, 2 if self.several and d.random() < 0.3 else 1)
        for _ in range(d.randrange(12)):
            self.answer(first - d.randrange(40 * DAY), person, None)
        for arm in arms:
            self.expose(first, person, arm, None)
        for _ in range(d.randrange(30)):
            at, arm = first + d.randrange(4 * DAY), d.choice(arms)
            request = self.answer(at, person, arm if d.random() < 0.95 else d.choice(self.variants + [None]))
            if d.random() < 0.3:
                self.expose(at, person, arm, request)


def main():
    seed, experiment, version, people = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    words = sys.argv[5:]
    h = History(seed, experiment, version, [w for w in words if w != "--several"], "--several" in words)
    for i in range(people):
        h.live("%s%d-%d" % (h.draw.choice(["Ada", "ada", "\u00e9mile", "zo\u00eb-", "p_", "P-"]), i, seed))
    h.db.commit()


main()
