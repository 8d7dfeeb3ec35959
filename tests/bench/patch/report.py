"""The tables of a run, and the verdicts against what the product promises."""
from collections import Counter, defaultdict

from judge import EXACT, PARTIAL, REFUSED, WRONG

# Groups that must be exact without exception, and so must "clean".
FLAWLESS = ("clean", "numbers/headers", "fences/prose", "EOL/EOF", "must refuse")


class Tally:
    """The outcomes of one engine over some cases."""

    def __init__(self):
        self.counts, self.faults, self.n = Counter(), Counter(), 0

    def add(self, outcome, fault):
        self.n += 1
        self.counts[outcome] += 1
        if fault:
            self.faults[fault] += 1

    def share(self, outcome):
        return 100 * self.counts[outcome] / max(1, self.n)

    def cell(self):
        """exact/refused/partial/wrong as whole percents, the last with how many of them are in a wrong place."""
        place = self.faults["place"]
        return "%3.0f %3.0f %3.0f %3.0f%s" % (*(self.share(x) for x in (EXACT, REFUSED, PARTIAL, WRONG)),
                                             "!%-2d" % place if place else "   ")


class Report:
    def __init__(self, engines):
        self.engines = engines
        self.kinds = {e: defaultdict(Tally) for e in engines}
        self.groups = {e: defaultdict(Tally) for e in engines}
        self.all = {e: Tally() for e in engines}
        self.times, self.order, self.group_of = defaultdict(list), [], {}

    def add(self, engine, case, outcome, fault, seconds):
        if case.kind not in self.group_of:
            self.order.append(case.kind)
            self.group_of[case.kind] = case.group
        for tally in (self.kinds[engine][case.kind], self.groups[engine][case.group], self.all[engine]):
            tally.add(outcome, fault)
        self.times[engine].append(seconds)

    def table(self, title, names, tallies):
        print("%-30s%5s  %s" % (title, "n", "".join("%-22s" % e for e in self.engines)))
        for name in names:
            n = max(tallies[e][name].n for e in self.engines)
            print("%-30s%5d  %s" % (name, n, "".join("%-22s" % tallies[e][name].cell() for e in self.engines)))
        print()

    def show(self):
        print("exact, refused, partial, wrong in %; ! and how many of the wrong are in a wrong place or had to be refused\n")
        self.table("kind", self.order, self.kinds)
        self.table("group", sorted(set(self.group_of.values())), self.groups)
        outcomes, faults = (EXACT, REFUSED, PARTIAL, WRONG), ("place", "text", "blanks", "ends", "nothing done")
        print("%-12s%7s%s   wrong in %s" % ("overall", "n", "".join("%9s" % x for x in outcomes), ", ".join(faults)))
        for e in self.engines:
            t = self.all[e]
            shares = "".join("%8.1f%%" % t.share(x) for x in outcomes)
            parts = ", ".join("%.2f%%" % (100 * t.faults[f] / max(1, t.n)) for f in faults)
            print("%-12s%7d%s   %s" % (e, t.n, shares, parts))
        print()
        for e in self.engines:
            print("%-12s p50 %.3f ms, p99 %.3f ms a case%s" % (e, 1e3 * self.percentile(e, 50), 1e3 * self.percentile(e, 99),
                  ", in process" if e == "aid" else ", its process included" if e != "Emacs" else ", in a running Emacs"))
        print()

    def percentile(self, engine, p):
        times = sorted(self.times[engine])
        return times[min(len(times) - 1, len(times) * p // 100)] if times else 0.0

    def verdicts(self):
        """Prints them; whether all are reached."""
        t = self.all["aid"]
        place = 100 * t.faults["place"] / max(1, t.n)
        good = [verdict("exact at least 98.5%", t.share(EXACT) >= 98.5, "%.2f%%" % t.share(EXACT)),
                verdict("wrong at most 0.2%", t.share(WRONG) <= 0.2, "%.2f%%" % t.share(WRONG)),
                verdict("in a wrong place at most 0.05%", place <= 0.05, "%.2f%%" % place),
                verdict("refused at most 1.5%", t.share(REFUSED) <= 1.5, "%.2f%%" % t.share(REFUSED)),
                verdict("no partial writes", t.counts[PARTIAL] == 0, "%d" % t.counts[PARTIAL])]
        for group in FLAWLESS:
            if group in self.groups["aid"]:
                g = self.groups["aid"][group]
                good.append(verdict("%s: all exact" % group, g.counts[EXACT] == g.n, "%d of %d" % (g.counts[EXACT], g.n)))
        p50, p99 = (1e3 * self.percentile("aid", p) for p in (50, 99))
        good += [verdict("p50 under 0.3 ms", p50 < 0.3, "%.3f ms" % p50),
                 verdict("p99 under 10 ms", p99 < 10, "%.3f ms" % p99)]
        return all(good)


def verdict(what, good, figure):
    print("    %s %s: %s" % ("reached " if good else "MISSED  ", what, figure))
    return good
