#!/usr/bin/python3
"""Says in comparable lines what a JSON report holds: findings.py [OPTION] FILE…

Without option a line for each finding that is an error or a warning, sorted:
    SEVERITY KIND RULE FROM -> … -> FROM
The path begins at its smallest name. Line numbers, "#2" of equal names and C++ namespaces are left
out: they are not what a test of the engine should depend on.
--by-folder: FOLDER: VERDICT RULE PATH for each of those that is a cycle, FOLDER: SEVERITY KIND RULE PATH
for each other one, and FOLDER: gated N for N cycles that a gate makes harmless. FOLDER is the name of the
folder that the arena lies in.
--rings: the number of locks, for each cycle that leads from lock to lock and back to the first.
--edges: a line for each edge of those findings: FROM -> TO TYPE THREAD: FUNCTIONS / FUNCTIONS, of the
stacks of the first and the second acquisition. --verdicts: the usual lines, the verdict in front.
--drops: how much was not seen, in all."""
import json
import os
import re
import sys


def plain(name):
    name = re.sub(r"\(anonymous namespace\)::", "", name)
    return re.sub(r"(:\d+)?(#\d+)?$", "", name)


def path_of(finding):
    names = [plain(edge["from"]) for edge in finding["edges"]]
    if finding["kind"] in ("misuse", "policy"):
        return " ".join(plain(name) for name in finding["classes"])
    turns = [names[i:] + names[:i] for i in range(len(names))]
    best = min(turns)
    return " -> ".join(best + best[:1])


def verdict_line(finding):
    first = finding["verdict"] or "%s %s" % (finding["severity"], finding["kind"])
    return "%s %s %s" % (first, finding["rule"], path_of(finding))


def verdicts_of(run):
    folder = os.path.basename(os.path.dirname(run["file"]))
    for finding in run["findings"]:
        if finding["severity"] != "info":
            yield "%s: %s" % (folder, verdict_line(finding))
    if run["hidden"]["gated"]:
        yield "%s: gated %d" % (folder, run["hidden"]["gated"])


def ring_lines(finding):
    edges = finding["edges"]
    froms = [edge.get("from_lock") for edge in edges]
    if froms[1:] + froms[:1] == [edge.get("to_lock") for edge in edges]:
        yield str(len(set(froms)))


def runs_of(files):
    for name in files:
        with open(name, encoding="utf-8") as file:
            document = json.load(file)
        yield from document.get("runs", [document])


def functions_of(stack):
    return " ".join(frame["function"] or "?" for frame in stack)


def edge_lines(finding):
    for edge in finding["edges"]:
        yield "%s -> %s %s %s: %s / %s" % (
            plain(edge["from"]), plain(edge["to"]), edge["type"], edge["thread"],
            functions_of(edge["from_stack"]), functions_of(edge["stack"]))


def main():
    option = sys.argv[1] if sys.argv[1:2] and sys.argv[1].startswith("--") else ""
    files = sys.argv[2:] if option else sys.argv[1:]
    lines, drops = [], 0
    for run in runs_of(files):
        drops += sum(value for value in run["drops"].values() if isinstance(value, int))
        if option == "--by-folder":
            lines.extend(verdicts_of(run))
            continue
        for finding in run["findings"]:
            if finding["severity"] not in ("error", "warning"):
                continue
            if option == "--edges":
                lines.extend(edge_lines(finding))
            elif option == "--rings":
                lines.extend(ring_lines(finding))
            else:
                verdict = finding["verdict"] + " " if option == "--verdicts" else ""
                lines.append("%s%s %s %s %s" % (verdict, finding["severity"], finding["kind"],
                                                finding["rule"], path_of(finding)))
    if option == "--drops":
        print(drops)
    else:
        print("".join(line + "\n" for line in sorted(lines)), end="")


main()
