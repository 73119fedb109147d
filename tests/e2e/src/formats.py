#!/usr/bin/python3
"""Checks documents that the command wrote: formats.py SCHEMA FILE… | formats.py --refuse SCHEMA FOLDER

The first checks each file by its ending and says in one line each what is wrong with it, where. json:
against the JSON Schema that is shipped. sarif: what SARIF 2.1.0 demands of the parts that we use:
members, types, ranges, and that whatever refers to something refers to what is there. xml: what
readers of JUnit rely on: counts that agree, unique names, one case at least.

The second spoils FOLDER/abba.{json,sarif,xml} in ways that have to be found: a line for each, its
name, a tab, and what was wrong with that; nothing when it was found."""
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

import jsonschema

TEXT = {"type": "string", "minLength": 1}
MESSAGE = {"$ref": "#/$defs/message"}


def members(required, optional=None, **more):
    """An object with these members and no others."""
    properties = dict(required, **(optional or {}))
    return dict({"type": "object", "properties": properties, "required": list(required),
                 "additionalProperties": False}, **more)


def several(item, least=0):
    return {"type": "array", "items": item, "minItems": least}


def reference(name):
    return {"$ref": "#/$defs/" + name}


NUMBER = {"type": "integer", "minimum": 0}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **members({"$schema": {"const": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/"
                                    "schemas/sarif-schema-2.1.0.json"},
               "version": {"const": "2.1.0"}, "runs": several(reference("run"))}),
    "$defs": {
        "message": members({"text": TEXT}),
        "artifact": members({"uri": {"type": "string", "format": "uri-reference"}},
                            {"uriBaseId": TEXT}),
        "address": members({}, {"relativeAddress": {"type": "integer"},
                                "absoluteAddress": {"type": "integer", "minimum": -1}},
                           minProperties=1),
        "physical": members({}, {"artifactLocation": reference("artifact"),
                                 "region": members({"startLine": {"type": "integer", "minimum": 1}}),
                                 "address": reference("address")},
                            anyOf=[{"required": ["artifactLocation"]}, {"required": ["address"]}]),
        "logical": members({"fullyQualifiedName": TEXT, "kind": {"const": "function"}}),
        "location": members({}, {"physicalLocation": reference("physical"),
                                 "logicalLocations": several(reference("logical"), 1),
                                 "message": MESSAGE}, minProperties=1),
        "frame": members({"location": reference("location"), "threadId": NUMBER}, {"module": TEXT}),
        "stack": members({"message": MESSAGE, "frames": several(reference("frame"), 1)}),
        "flowLocation": members({"location": reference("location"),
                                 "kinds": dict(several({"enum": ["acquire", "lock", "resource"]}, 1),
                                               uniqueItems=True),
                                 "nestingLevel": NUMBER,
                                 "executionOrder": {"type": "integer", "minimum": 1},
                                 "importance": {"enum": ["essential", "important", "unimportant"]}}),
        "flow": members({"id": TEXT, "locations": several(reference("flowLocation"), 1)}),
        "codeFlow": members({"threadFlows": several(reference("flow"), 1)}, {"message": MESSAGE}),
        "node": members({"id": TEXT, "label": MESSAGE}),
        "edge": members({"id": TEXT, "sourceNodeId": TEXT, "targetNodeId": TEXT, "label": MESSAGE}),
        "graph": members({"description": MESSAGE, "nodes": several(reference("node"), 1),
                          "edges": several(reference("edge"), 1)}),
        "rule": members({"id": TEXT, "shortDescription": MESSAGE, "fullDescription": MESSAGE,
                         "defaultConfiguration": members({"level": LEVEL})}, {"help": MESSAGE}),
        "result": members({
            "ruleId": TEXT, "ruleIndex": NUMBER, "kind": {"const": "fail"},
            "level": {"enum": ["note", "warning", "error"]}, "message": MESSAGE,
            "locations": dict(several(reference("location"), 1), maxItems=1),
            "partialFingerprints": {"type": "object", "minProperties": 1,
                                    "additionalProperties": TEXT},
            "occurrenceCount": {"type": "integer", "minimum": 1},
            "rank": {"type": "number", "minimum": 0, "maximum": 100},
            "codeFlows": several(reference("codeFlow"), 1),
            "stacks": dict(several(reference("stack")), uniqueItems=True),
            "properties": members({"verdict": TEXT, "findingKind": TEXT}),
        }, {"graphs": several(reference("graph"), 1)}),
        "notification": members({"descriptor": members({"id": TEXT}), "level": LEVEL,
                                 "message": MESSAGE}),
        "invocation": members({"executionSuccessful": {"type": "boolean"},
                               "commandLine": {"type": "string"},
                               "executableLocation": reference("artifact"), "processId": NUMBER,
                               "toolExecutionNotifications": several(reference("notification"))},
                              {"startTimeUtc": {"type": "string", "pattern":
                                                r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}}),
        "run": members({
            "tool": members({"driver": members({
                "name": {"const": "lockdep-lite"}, "version": TEXT,
                "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                "rules": dict(several(reference("rule")), uniqueItems=True)})}),
            "automationDetails": members({"id": TEXT}),
            "invocations": dict(several(reference("invocation"), 1), maxItems=1),
            "originalUriBaseIds": {"type": "object",
                                   "additionalProperties": members({"description": MESSAGE})},
            "results": several(reference("result"))}),
    },
}


def places(document, name):
    """Every object that is the value of such a member, with the path to it."""
    todo = [("$", document)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, list):
            todo.extend(("%s[%d]" % (path, at), item) for at, item in enumerate(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                if key == name:
                    yield path + "." + key, item
                todo.append((path + "." + key, item))


def by_schema(schema, document):
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        yield "%s: %s" % (error.json_path, error.message[:300])


def wrong_uris(run):
    for key in ("artifactLocation", "executableLocation"):
        for path, artifact in places(run, key):
            uri, base = artifact["uri"], artifact.get("uriBaseId")
            if not re.fullmatch(r"(?:[A-Za-z0-9._~:/-]|%[0-9A-F]{2})*", uri):
                yield "%s: not percent-encoded: %s" % (path, uri)
            if uri.startswith("file:///") == (base is not None):
                yield "%s: neither an absolute file nor one below a base: %s" % (path, uri)
            if base is not None and base not in run["originalUriBaseIds"]:
                yield "%s: no such base: %s" % (path, base)
            if ".." in uri.split("/") or "." in uri.split("/"):
                yield "%s: not normalized: %s" % (path, uri)


def wrong_graphs(result):
    for graph in result.get("graphs", []):
        nodes = [node["id"] for node in graph["nodes"]]
        edges = [edge["id"] for edge in graph["edges"]]
        if len(set(nodes)) != len(nodes) or len(set(edges)) != len(edges):
            yield "a node or an edge twice in a graph"
        for edge in graph["edges"]:
            if edge["sourceNodeId"] not in nodes or edge["targetNodeId"] not in nodes:
                yield "an edge of a graph leads to no node: %s" % edge["id"]


def wrong_flows(result):
    for code_flow in result["codeFlows"]:
        ids = [flow["id"] for flow in code_flow["threadFlows"]]
        if len(set(ids)) != len(ids):
            yield "a thread flow's id twice"
        orders = [place["executionOrder"] for flow in code_flow["threadFlows"]
                  for place in flow["locations"]]
        if len(set(orders)) != len(orders):
            yield "an execution order twice: %s" % orders
        for flow in code_flow["threadFlows"]:
            order = [place["executionOrder"] for place in flow["locations"]]
            if order != sorted(order):
                yield "a thread flow out of order"


def check_sarif(document):
    wrong = list(by_schema(SARIF, document))
    if wrong:
        yield from wrong
        return
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        if len({rule["id"] for rule in rules}) != len(rules):
            yield "a rule twice"
        if {rule["id"] for rule in rules} != {result["ruleId"] for result in run["results"]}:
            yield "rules and results do not agree"
        for result in run["results"]:
            if result["ruleIndex"] >= len(rules):
                yield "ruleIndex leads to no rule: %d" % result["ruleIndex"]
            elif rules[result["ruleIndex"]]["id"] != result["ruleId"]:
                yield "ruleIndex leads to another rule: %s" % result["ruleId"]
            yield from wrong_graphs(result)
            yield from wrong_flows(result)
        yield from wrong_uris(run)
    for _, text in places(document, "text"):
        if re.search(r"[{}]", text.replace("{{", "").replace("}}", "")):
            yield "a brace that is a place to fill in: %s" % text


def check_junit(root):
    if root.tag != "testsuites":
        yield "the root is %s" % root.tag
    for suite in list(root) + [root]:
        cases = list(suite.iter("testcase"))
        failed = [case for case in cases if case.find("failure") is not None]
        for name, count in (("tests", len(cases)), ("failures", len(failed)), ("errors", 0),
                            ("skipped", 0)):
            if suite.get(name) != str(count):
                yield "%s: %s=%s, but there: %d" % (suite.tag, name, suite.get(name), count)
        if suite.tag == "testsuite" and not cases:
            yield "a suite without a case"
    for suite in root:
        if not suite.get("name") or suite.find("system-out") is None:
            yield "a suite without a name or output"
        if suite.get("timestamp") and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                                                       suite.get("timestamp")):
            yield "bad timestamp: %s" % suite.get("timestamp")
        names = [case.get("name") for case in suite.iter("testcase")]
        if not all(names) or len(set(names)) != len(names):
            yield "a case without a name, or twice"
        for case in suite.iter("testcase"):
            if not case.get("classname") or case.get("time") is None:
                yield "a case without class or time"
            failure = case.find("failure")
            if failure is not None and not (failure.get("type") and failure.get("message") and
                                            failure.text):
                yield "a failure that says nothing"


def check(schema, name, text):
    if name.endswith(".xml"):
        return list(check_junit(ElementTree.fromstring(text.encode("utf-8"))))
    if name.endswith(".sarif"):
        return list(check_sarif(json.loads(text)))
    return list(by_schema(schema, json.loads(text)))


def read(name):
    with open(name, "rb") as file:
        return file.read().decode("utf-8")  # fails when it is none


def spoil_edge(d):
    d["runs"][0]["results"][0]["graphs"][0]["edges"][0]["targetNodeId"] = "x"


def spoil_line(d):
    place = d["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    place["region"]["startLine"] = 0


def spoil_uri(d):
    d["runs"][0]["invocations"][0]["executableLocation"]["uri"] = "file:///a b"


def put(path, value):
    """A function that puts a value at a path of keys and indices."""
    def spoil(d):
        for key in path[:-1]:
            d = d[key]
        d[path[-1]] = value
    return spoil


def drop(path):
    def spoil(d):
        for key in path[:-1]:
            d = d[key]
        del d[path[-1]]
    return spoil


RESULT = ("runs", 0, "results", 0)
SPOILED = [
    ("json", "a member missing", drop(("findings", 0, "edges", 0, "thread")),
     "'thread' is a required"),
    ("json", "a member too many", put(("findings", 0, "extra"), 1), "'extra' was unexpected"),
    ("json", "a number for a text", put(("program",), 1), "not of type 'string'"),
    ("json", "no such verdict", put(("findings", 0, "verdict"), "likely"), "is not one of"),
    ("json", "a negative count", put(("locks",), -1), "less than the minimum"),
    ("json", "a short id", put(("findings", 0, "id"), "abc"), "does not match"),
    ("json", "a list without a version", put(("runs",), []), "unexpected"),
    ("sarif", "no such rule", put(RESULT + ("ruleIndex",), 7), "leads to no rule"),
    ("sarif", "another rule", put(RESULT + ("ruleId",), "L2"), "do not agree"),
    ("sarif", "line 0", spoil_line, "less than the minimum"),
    ("sarif", "a blank in a path", spoil_uri, "not percent-encoded"),
    ("sarif", "no such base", put(("runs", 0, "originalUriBaseIds"), {}), "no such base"),
    ("sarif", "an edge to nowhere", spoil_edge, "leads to no node"),
    ("sarif", "a result without message", drop(RESULT + ("message",)), "'message' is a required"),
    ("sarif", "a brace to fill in", put(RESULT + ("message", "text"), "{0}"), "a place to fill"),
]


def refuse(schema, folder):
    for ending, name, spoil, words in SPOILED:
        document = json.loads(read("%s/abba.%s" % (folder, ending)))
        spoil(document)
        wrong = check(schema, "x." + ending, json.dumps(document))
        found = any(words in line for line in wrong)
        print("%s: %s\t%s" % (ending, name, "" if found else "found instead: %s" % wrong))
    text = read(folder + "/abba.xml").replace('failures="1"', 'failures="2"')
    found = any("but there" in line for line in check(schema, "x.xml", text))
    print("xml: counts that do not agree\t%s" % ("" if found else "not found"))


def main():
    words = sys.argv[1:]
    is_refusal = words[0] == "--refuse"
    schema = json.loads(read(words[1] if is_refusal else words[0]))
    jsonschema.Draft202012Validator.check_schema(schema)
    if is_refusal:
        return refuse(schema, words[2])
    for name in words[1:]:
        try:
            wrong = check(schema, name, read(name))
        except (ValueError, ElementTree.ParseError) as error:
            wrong = [str(error)]
        for line in wrong:
            print("%s: %s" % (name, line))
    return 0


sys.exit(main())
