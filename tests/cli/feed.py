#!/usr/bin/env python3
"""Adds people to an experiment in the events of $XDG_STATE_HOME, as many to each variant as is said, and writes into fed.json
what a report has to count then, of those that were there before as well (which is all they did: ask).
usage: feed.py EXPERIMENT VARIANT=PEOPLE... [--before] [--harm]
--before: they did alike before they were exposed; --harm: the last variant's people undo what they accept."""
import json, os, random, sqlite3, sys, time

draw = random.Random(7)
ARM = {"seen": 0, "requests": 0, "offered": 0, "taken": 0, "accepted": 0, "undone": 0, "chars": 0, "kept": 0, "hunks": 0, "refused": 0,
       "builds": 0, "red": 0}


class Feed:
    def __init__(self):
        self.db = sqlite3.connect(os.path.join(os.environ["XDG_STATE_HOME"], "aid/events.db"))
        self.version = self.one("SELECT json_extract(data, '$.version') FROM events WHERE kind = 'exposure' LIMIT 1")
        self.now = int(time.time() * 1000)
        self.serial = 0

    def one(self, sql):
        return self.db.execute(sql).fetchone()[0]

    def add(self, at, kind, person, data, request=None, project=None):
        self.serial += 1
        row = (at.to_bytes(6, "big") + b"\x70\x00" + self.serial.to_bytes(8, "big"), at, kind, request, person, project, json.dumps(data))
        self.db.execute("INSERT INTO events(id, at, kind, request, person, project, data) VALUES(?, ?, ?, ?, ?, ?, ?)", row)


def answer(feed, at, person, pair, taste, harm, sums):
    """One request with two hunks and what became of them; a person of TASTE in [0, 1) accepts so much."""
    request = "%s-%d" % (person, feed.serial)
    said = {"outcome": "done", "ms": draw.randrange(800, 1200)}
    if pair:
        said["variant"] = "other=thing," + pair
    feed.add(at, "request", person, said, request)
    sums["requests"] += 1
    feed.add(at + 1, "patch", person, {"exact": 2, "refused": 1}, request)
    feed.add(at + 900, "patch", person, {"exact": 0, "refused": 3}, request)     # placed again: the first one counts
    sums["hunks"] += 3
    sums["refused"] += 1
    for hunk in "ab":
        takes = draw.random() < taste
        feed.add(at + 2, "decision", person, {"hunk": request + hunk, "decision": "skipped"}, request)
        feed.add(at + 3, "decision", person, {"hunk": request + hunk, "decision": "accepted" if takes else "rejected"}, request, person)
        undoes = takes and draw.random() < (0.8 if harm else 0.05)
        if undoes:
            feed.add(at + 4, "decision", person, {"hunk": request + hunk, "decision": "undone", "was": "accepted"}, request, person)
        sums["offered"] += 1
        sums["taken"] += takes and not undoes
        sums["accepted"] += takes
        sums["undone"] += undoes
        if takes:
            feed.add(at + 5, "stayed", person, {"hunk": request + hunk, "when": "30s", "chars": 40, "kept": 40}, request)
            feed.add(at + 6, "stayed", person, {"hunk": request + hunk, "when": "10m", "chars": 40, "kept": 30}, request)
            sums["chars"] += 40
            sums["kept"] += 30
    build(feed, at, person, sums, takes)


def build(feed, at, person, sums, takes):
    """A build after the answer; it is red now and then, and belongs to the answer only if something was taken from that."""
    red = draw.random() < 0.3
    feed.add(at + 7, "build", person, {"status": "red" if red else "green", "before": "green"}, None, person)
    feed.add(at + 8, "build", person, {"status": "red", "before": "red"}, None, person)     # again, and nothing came between
    took = feed.one("SELECT count(*) FROM events WHERE kind = 'decision' AND person = '%s' AND at BETWEEN %d AND %d"
                    " AND json_extract(data, '$.decision') = 'accepted'" % (person, at, at + 7))
    sums["builds"] += took > 0
    sums["red"] += red and took > 0


def main():
    name = sys.argv[1]
    arms = [a.split("=") for a in sys.argv[2:] if not a.startswith("--")]
    feed, sums = Feed(), {}
    for arm, n in arms:
        s = sums[arm] = dict(ARM, arm=arm)
        s["seen"] = feed.one("SELECT count(*) FROM events WHERE kind = 'exposure' AND json_extract(data, '$.variant') = '%s'" % arm)
        s["requests"] = feed.one("SELECT count(*) FROM events WHERE kind = 'request' AND json_extract(data, '$.variant') = '%s=%s'"
                                 % (name, arm))
        harm = "--harm" in sys.argv and arm == arms[-1][0]
        for i in range(int(n)):
            person, taste = "fed-%s-%d" % (arm, i), draw.random()
            day = feed.now - 3 * 86400000 + 1000 * i
            for k in range(10 if "--before" in sys.argv else 1):
                answer(feed, day + 10000 * k, person, None, taste, False, dict(ARM))
            day += 86400000
            feed.add(day, "exposure", person, {"experiment": name, "variant": arm, "version": feed.version, "unit": person})
            feed.add(day, "exposure", person, {"experiment": name, "variant": arm, "version": "00000000", "unit": person})
            s["seen"] += 1
            for k in range(10 if "--before" in sys.argv else 2):
                answer(feed, day + 10 + 10000 * k, person, "%s=%s" % (name, arm), taste, harm, s)
    feed.db.commit()
    with open("fed.json", "w") as f:
        json.dump({a: {k: int(v) if k != "arm" else v for k, v in s.items()} for a, s in sums.items()}, f)


main()
