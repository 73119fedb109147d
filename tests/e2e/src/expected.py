#!/usr/bin/python3
"""Compares a report or a picture with what an example says of itself, on standard input.

expected.py findings SOURCE JSON REPORT: a line for each finding, "SEVERITY RULE FUNCTION…". The
    errors and warnings found are exactly these, and the report's part about each names each of the
    functions with its file and line. What is only information may be more.
expected.py shapes SVG: a line for each node, "SHAPE NAME".
Prints what is wrong; nothing when all is as expected."""
import json
import re
import sys
import xml.etree.ElementTree as xml

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"


def parts_of(text):
    """The report's parts, one for each finding: a head at the margin, and what is indented."""
    parts = re.split(r"\n(?=\S.*\n  finding )", "\n" + text)
    return [part for part in parts if "  finding " in part]


def check_findings(source, json_name, report_name):
    with open(json_name, encoding="utf-8") as file:
        found = [(finding["severity"], finding["rule"]) for finding in json.load(file)["findings"]]
    with open(report_name, encoding="utf-8") as file:
        parts = parts_of(file.read())
    wanted = [line.split() for line in sys.stdin if line.strip()]
    for severity, rule in sorted(set(found) - {(words[0], words[1]) for words in wanted}):
        if severity != "info":
            print("found too: %s %s" % (severity, rule))
    for severity, rule, *functions in wanted:
        if (severity, rule) not in found:
            print("not found: %s %s" % (severity, rule))
        elif not any(names_all(part, rule, functions, source) for part in parts):
            print("no report of %s names %s" % (rule, ", ".join(functions)))


def names_all(part, rule, functions, source):
    return "  rule %s:" % rule in part and all(
        re.search(r"\b%s \(%s:\d+\)" % (function, re.escape(source)), part)
        for function in functions)


def shape_of(node):
    if node.find(".//%sellipse" % SVG) is not None:
        return "ellipse"
    polygon = node.find(".//%spolygon" % SVG)
    if polygon is not None:
        corners = set(polygon.get("points").split())
        return {8: "octagon", 4: "box"}.get(len(corners), "%d corners" % len(corners))
    # A cylinder's rim is a line of its own; a rounded box is one closed path.
    if node.find(".//%spolyline" % SVG) is not None or len(node.findall(".//%spath" % SVG)) == 2:
        return "cylinder"
    return "box"


def check_shapes(svg_name):
    nodes = {}
    for group in xml.parse(svg_name).iter("%sg" % SVG):
        if (group.get("class") or "").split()[:1] == ["node"]:
            link = group.find(".//%sa" % SVG)
            nodes[link.get(TITLE).split("\n")[0]] = shape_of(group)
    for line in sys.stdin:
        shape, name = line.strip().split(" ", 1)
        shapes = [nodes[node] for node in nodes if name in node]
        if shape not in shapes:
            print("%s is %s, not %s: %s" % (name, shapes, shape, nodes))


if sys.argv[1] == "findings":
    check_findings(*sys.argv[2:])
else:
    check_shapes(sys.argv[2])
