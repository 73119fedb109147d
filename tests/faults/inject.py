#!/usr/bin/python3
"""Runs programs with each system call of ours refused once: inject.py [OPTION…] PROGRAM CASE…

Each run must be as the program is alone: output, what it says itself on stderr, exit status, and no
hang. Its arenas must open and be sound; and when there is less in them than without a fault, one
line or a counter must say that something was lost. One line of TAP for each case and kind of fault;
what went wrong is told below it; the exit status says only
whether this program ran to its end. See faults.c for how a call is refused.

--library=FILE    the preload library that can refuse
--command=FILE    lockdep-lite
--options=TEXT    of the watched program: LOCKDEP_LITE
--kinds=N         which errors: the N likeliest of each call (default 1)
--sample=A,N      of calls of one number try the first A, then one in N (default: all)
--going-on        from that call on all of its number fail, as under a filter: once for each number
"""
import concurrent.futures
import getopt
import json
import os
import subprocess
import sys
import tempfile

SECONDS = 60
OURS = "lockdep-lite: "
NO_LOSS = {"locks_made", "threads_made", "slow_paths", "resets"}


class Case:
    def __init__(self, settings, program, name):
        self.settings = settings
        self.command = [program, name]
        self.name = name
        self.bare = self.run_program({})
        self.whole = None

    def run_program(self, more):
        environment = {**os.environ, **more}
        try:
            done = subprocess.run(self.command, env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return ("it hangs", b"", b"")
        return (done.returncode, done.stdout, done.stderr)

    def watch(self, call, kind):
        """The program's (status, stdout, stderr), the arenas' report, the calls that failed."""
        with tempfile.TemporaryDirectory() as folder:
            log = folder + "/log"
            os.mkdir(folder + "/arenas")
            ran = self.run_program({
                "LD_PRELOAD": self.settings["--library"],
                "LDL_FAULTS": "%s,%d,%s" % (call, kind, log),
                "LOCKDEP_LITE": "%s:memory=2M:out=%s/arenas/%%p.ldl" % (
                    self.settings.get("--options", ""), folder)})
            failed = []
            if os.path.exists(log):
                with open(log, encoding="ascii") as lines:
                    failed = [int(line) for line in lines]
            return ran, self.report(folder + "/arenas"), failed

    def report(self, folder):
        files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        if not files:
            return [], ""
        command = self.settings["--command"]
        done = subprocess.run([command, "doctor"] + files, capture_output=True,
                              timeout=SECONDS, check=False)
        if done.returncode != 0:
            return [], done.stdout.decode("utf-8", "replace")
        done = subprocess.run([command, "report", "--json"] + files,
                              capture_output=True, timeout=SECONDS, check=False)
        if done.returncode not in (0, 1):
            return [], done.stderr.decode("utf-8", "replace")
        document = json.loads(done.stdout)
        return document.get("runs", [document]), ""


def seen_in(runs):
    """How much was seen, by name: less of any of these is a loss."""
    return {
        "arenas": len(runs),
        "classes": sum(run["classes"] for run in runs),
        "edges": sum(run["edges"] for run in runs),
        "findings": sum(len(run["findings"]) for run in runs),
    }


def counts_loss(runs):
    return any(run["drops"] or set(run["counters"]) - NO_LOSS for run in runs)


def own_lines(errors):
    """What the program itself says on stderr; and one of our lines that is no finding."""
    rest, told = [], ""
    for line in errors.decode("utf-8", "replace").splitlines():
        if line.startswith(OURS) and not line.startswith((OURS + "error: ", OURS + "warning: ")):
            told = line
        elif not line.startswith((OURS, "  ")):  # the rest of a finding, whose head may be lost
            rest.append(line)
    return rest, told


def judge(case, ran, reported):
    """What is wrong with a run; empty: nothing."""
    runs, damage = reported
    rest, told = own_lines(ran[2])
    if ran[:2] != case.bare[:2]:
        return "status %s, output %r" % ran[:2]
    if rest != own_lines(case.bare[2])[0]:
        return "stderr %r" % rest
    if damage:
        return damage.strip()
    if told or counts_loss(runs):
        return ""
    seen = seen_in(runs)
    missing = ["%s: %d of %d" % (what, seen[what], count)
               for what, count in case.whole.items() if seen[what] < count]
    return missing and "not seen, and nothing says so: " + ", ".join(missing)


def choose(calls, settings):
    """The numbers, from 1 on, of the calls that are to fail."""
    met = {}
    always, every = map(int, settings.get("--sample", "0,1").split(","))
    for index, number in enumerate(calls, 1):
        met[number] = met.get(number, 0) + 1
        if "--going-on" in settings:
            if met[number] == 1:
                yield "%d+" % index
        elif met[number] <= always or met[number] % every == 0:
            yield str(index)


def try_case(case, kind, pool):
    ran, reported, calls = case.watch("0", 0)
    case.whole = seen_in(reported[0])
    wrong = judge(case, ran, reported)
    if wrong or not calls:
        return 0, ["without a fault: " + (wrong or "no call was counted")]

    def attempt(call):
        ran, reported, failed = case.watch(call, kind)
        wrong = judge(case, ran, reported)
        return bool(failed), wrong and "call %s (number %s): %s" % (call, failed[:1], wrong)

    results = list(pool.map(attempt, choose(calls, case.settings)))
    return sum(fired for fired, _ in results), [wrong for _, wrong in results if wrong]


def main():
    names = ["library=", "command=", "options=", "kinds=", "sample=", "going-on"]
    options, rest = getopt.getopt(sys.argv[1:], "", names)
    settings = dict(options)
    number = 0
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        for name in rest[1:]:
            case = Case(settings, rest[0], name)
            for kind in range(int(settings.get("--kinds", "1"))):
                fired, wrong = try_case(case, kind, pool)
                number += 1
                if not wrong and not fired:
                    wrong = ["no call failed"]
                print("%s %d - %s%s, error %d: %d calls failed, each in its run" % (
                    "not ok" if wrong else "ok", number, name,
                    " from then on" if "--going-on" in settings else "", kind, fired))
                for line in wrong[:20]:
                    print("# " + line.replace("\n", "\n# "))
                sys.stdout.flush()


main()
