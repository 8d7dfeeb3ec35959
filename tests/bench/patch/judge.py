"""What an engine's result is worth, against the truth."""
import re
from collections import Counter

EXACT, REFUSED, PARTIAL, WRONG = "exact", "refused", "partial", "wrong"


def judge(case, result):
    """The outcome and, for what is wrong, in what: "place", "text", "blanks", "ends" or "nothing done".

    What is applied though it must be refused is in a wrong place.  An error that is reported though all files are as
    they should be is no failure; one after which some have changed is partial."""
    changed = result.files != case.before
    if result.files == (case.before if case.truth is None else case.truth):
        return EXACT, ""
    if not changed:
        return (WRONG, "nothing done") if result.ok else (REFUSED, "")
    if not result.ok:
        return PARTIAL, ""
    return WRONG, "place" if case.truth is None else fault(case.before, case.truth, result.files)


def fault(before, truth, got):
    """The worst of what differs, over all files."""
    differ = [p for p in set(truth) | set(got) if truth.get(p) != got.get(p)]
    faults = {fault_of_file(before.get(p, ""), truth.get(p), got.get(p)) for p in differ}
    return next(f for f in ("place", "text", "blanks", "ends") if f in faults)


def flat(text):
    """The lines without any blanks, but for blank ones that are told from none."""
    return [re.sub(r"\s+", "", line) for line in text.splitlines()]


def fault_of_file(before, truth, got):
    if truth is None or got is None:
        return "place"
    if [x.rstrip() for x in truth.splitlines()] == [x.rstrip() for x in got.splitlines()]:
        same = truth.replace("\r", "").rstrip("\n") == got.replace("\r", "").rstrip("\n")
        return "ends" if same else "blanks"
    if [x for x in flat(truth) if x] == [x for x in flat(got) if x]:
        return "blanks"
    old = Counter(flat(before))
    want, have = Counter(flat(truth)), Counter(flat(got))
    # The same lines came in and the place is another: they stand elsewhere, or others than the right ones went.
    if want - old == have - old:
        return "place"
    return "text"
