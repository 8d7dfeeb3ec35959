#!/usr/bin/env python3
"""Counts what `aid metrics report --json` says once more, from the events themselves, one by one.
usage: tests/cli/counted.py REPORT EVENTS AID BY     whose every number is held against EVENTS, and opened with AID"""
import json, math, subprocess, sys
from collections import defaultdict

report = json.load(open(sys.argv[1]))
events = [json.loads(line) for line in open(sys.argv[2])]
AID, BY = sys.argv[3], sys.argv[4]
TAKEN = ("accepted", "edited")
AGES = {"30s": 30, "2m": 120, "5m": 300, "10m": 600, "commit": None}

requests = {e["request"]: e for e in events if e["kind"] == "request"}
hunks = defaultdict(list)
for e in events:
    if e["kind"] == "decision":
        hunks[e["request"], e["data"]["hunk"]].append(e)


def languages(request):
    n = defaultdict(int)
    for e in events:
        if e["kind"] == "decision" and e["request"] == request and e.get("language"):
            n[e["language"]] += 1
    return min(n, key=lambda name: (-n[name], name)) if n else None


def group(e):
    """The group that E is in."""
    if BY == "language":
        return e.get("language") if e["kind"] in ("decision", "stayed", "typed") else languages(e["request"])
    return requests[e["request"]]["data"].get(BY)


def count():
    """For each group the hits and all of each share, and lists of numbers."""
    n = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    lists = defaultdict(lambda: defaultdict(list))

    def add(g, key, hits, of):
        n[g][key][0] += hits
        n[g][key][1] += of

    for e in events:
        d = e["data"]
        if e["kind"] == "request":
            g = group(e)
            lists[g]["requests"].append(1)
            lists[g]["cost"].append(d["cost"])
            lists[g]["first"].append(d["first_ms"])
            lists[g]["whole"].append(d["ms"])
        elif e["kind"] == "patch":
            fit = sum(d.get(k, 0) for k in ("exact", "shifted", "whitespace", "adjusted", "already"))
            add(group(e), "fit", fit, fit + d["refused"])
        elif e["kind"] == "stayed":
            add(group(e), "kept_" + d["when"], d["kept"], d["chars"])
    for (_, _), list_ in hunks.items():
        g, last = group(list_[0]), list_[-1]["data"]["decision"]
        ever = any(e["data"]["decision"] in TAKEN for e in list_)
        add(g, "accepted", last in TAKEN, 1)
        add(g, "edited", last == "edited", last in TAKEN)
        add(g, "undone", ever and any(e["data"]["decision"] == "undone" and e["data"]["was"] in TAKEN for e in list_), ever)
        for before, e in zip(list_, list_[1:]):
            for when, seconds in AGES.items():
                if e["data"]["decision"] == "undone" and before["data"]["decision"] in TAKEN and seconds and \
                   e["at"] - before["at"] < 1000 * seconds:
                    add(g, "kept_" + when, 0, before["data"]["inserted"])
    return n, lists


def near(a, b, what):
    if a is None or abs(a - b) > 1e-9 * max(1, abs(b)):
        sys.exit("%s: %r, not %r" % (what, a, b))


def check(told, shares, lists):
    numbers, name = told["numbers"], told["name"]
    near(numbers["requests"]["value"], len(lists["requests"]), name + " requests")
    for key, (hits, of) in shares.items():
        if of:
            near(numbers[key]["hits"], hits, "%s %s, hits" % (name, key))
            near(numbers[key]["of"], of, "%s %s, of" % (name, key))
            near(numbers[key]["value"], hits / of, name + " " + key)
            if not 0 <= numbers[key]["low"] <= hits / of <= numbers[key]["high"] <= 1:
                sys.exit("%s %s is not within its interval" % (name, key))
    near(numbers["cost"]["value"] or 0, sum(lists["cost"]), name + " cost")
    for key in ("first", "whole"):
        values = sorted(lists[key])
        for q in (50, 90) if values else ():
            near(numbers["%s_p%d" % (key, q)]["value"], values[math.ceil(q / 100 * len(values) - 1e-9) - 1], "%s %s" % (name, key))


def opened(number):
    """How many events the command lists for NUMBER."""
    options = []
    for key, value in number["events"].items():
        options += ["--" + key] if value is True else ["--" + key, value]
    out = subprocess.run([AID, "metrics", "events", "--json"] + options, capture_output=True, text=True, check=True).stdout
    return out.count("\n")


shares, lists = count()
for told in report["groups"]:
    check(told, shares[told["keys"][BY]], lists[told["keys"][BY]])
    listed = opened(told["numbers"]["fit"])
    due = sum(e["kind"] == "patch" and group(e) == told["keys"][BY] for e in events)
    near(listed, due, told["name"] + " patches")
    listed = opened(told["numbers"]["kept_10m"])
    due = sum(e["kind"] == "stayed" and e["data"]["when"] == "10m" and group(e) == told["keys"][BY] for e in events)
    near(listed, due, told["name"] + " kept after 10 min")
if {told["keys"][BY] for told in report["groups"]} != set(shares) | set(lists):
    sys.exit("other groups: %s" % [told["name"] for told in report["groups"]])
print(len(report["groups"]), "groups")
