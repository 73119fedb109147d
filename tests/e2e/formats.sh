#!/bin/bash
# What the command writes for other programs: JSON that the shipped schema describes, SARIF and JUnit
# that keep the rules of their formats, whatever the names in a file are.
set -u
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

checker=tests/e2e/src/formats.py
schema=viz/schema/report.schema.json
out=$work/out
mkdir "$out" "$work/samples"

# result NAME COMMAND…: a case that holds when the command says nothing and succeeds.
result()
{
	local name=$1 said
	shift
	is_wanted "$name" || return
	if said=$("$@" 2>&1) && [ -z "$said" ]; then
		ok "$name"
	else
		not_ok "$name" "${said:-failed: $*}"
	fi
}

# refuses WORDS COMMAND…: it must fail, and say these words.
refuses()
{
	local words=$1 said
	shift
	said=$("$@" 2>&1) && { echo "accepted"; return 1; }
	grep -qF -- "$words" <<<"$said" || { echo "$said"; return 1; }
}

if ! $CC -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -g -I. -Icore/include -o "$work/samples/write" \
	$src/samples.c tests/support/{samples,waits,verdicts}.c viz/words.c "$O/liblockdep_lite.a"; then
	echo 'Bail out! samples.c does not compile'
	exit 1
fi
"$work/samples/write" "$work/samples" || { echo 'Bail out! no samples'; exit 1; }

# reports NAME STATUS OPTION… FILE…: the three documents of a report; what they hold is checked later.
reports()
{
	local name=$1 wanted=$2 status
	shift 2
	"$lockdep_lite" report --json="$out/$name.json" --sarif="$out/$name.sarif" \
		--junit="$out/$name.xml" "$@"
	status=$?
	[ $status = "$wanted" ] || echo "exit status $status instead of $wanted"
}

for sample in verdicts rules cycles hostile long declared; do
	result "a report on $sample" reports $sample 1 "$work/samples/$sample.ldl"
	result "a report on $sample, everything" \
		reports $sample-all 1 --all --strict --inventory "$work/samples/$sample.ldl"
done
result 'a report on an empty file' reports empty 0 "$work/samples/empty.ldl"
result 'a report on a folder' reports folder 1 "$work/samples"
result 'a report on two files' reports two 1 "$work/samples/"{empty,verdicts}.ldl

# Real programs: places are lines of source here.
for program in abba three_way read_write philosophers clean fs_reclaim oom_reaper mempool_stack nested; do
	watched()
	{
		"$lockdep_lite" run -q --log="$out/log" -o "$out/$program.ldl" --json="$out/$program.json" \
			--sarif="$out/$program.sarif" --junit="$out/$program.xml" -- "$O/examples/$program" \
			>/dev/null 2>&1
		[ -s "$out/$program.xml" ] || cat "$out/log"
	}
	result "a run of $program" watched
done

python3 $checker $schema "$out"/*.json "$out"/*.sarif "$out"/*.xml >"$work/wrong" 2>&1 ||
	echo "$out/: the checker failed" >>"$work/wrong"
for document in "$out"/*.json "$out"/*.sarif "$out"/*.xml; do
	name="${document##*/} is sound"
	result "$name" sed -n "s|^$document: ||p; s|^$out/: |&|p" "$work/wrong"
done
result 'every document was checked' cat <(grep -v "^$out/" "$work/wrong")

while IFS=$'\t' read -r name wrong; do
	result "refused: $name" echo -n "$wrong"
done < <(python3 $checker --refuse $schema "$out" 2>&1)

# query FILE EXPRESSION EXPECTED: what Python makes of a JSON document `d`.
query()
{
	local found
	found=$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out/$1" "$2") && [ "$found" = "$3" ] || { echo "$found"; return 1; }
}
# of_xml FILE EXPRESSION EXPECTED: of an XML document `d`.
of_xml()
{
	local found
	found=$(python3 -c 'import sys, xml.etree.ElementTree as tree
d = tree.parse(sys.argv[1]).getroot()
print(eval(sys.argv[2]))' "$out/$1" "$2") && [ "$found" = "$3" ] || { echo "$found"; return 1; }
}

verdicts='[r["properties"]["verdict"] for r in d["runs"][0]["results"]]'
result 'SARIF has what the view shows, the worst first' query verdicts.sarif "$verdicts" \
	"['deadlocked', 'confirmed', 'none', 'predicted', 'potential', 'bounded']"
result 'SARIF has everything with --all, and errors with --strict' query verdicts-all.sarif \
	'[(r["properties"]["verdict"], r["level"]) for r in d["runs"][0]["results"]][5:]' \
	"[('ordered', 'error'), ('single-thread', 'error'), ('bounded', 'warning'), ('gated', 'note')]"
result 'one thread flow for each edge' query cycles.sarif \
	'[len(r["codeFlows"][0]["threadFlows"]) for r in d["runs"][0]["results"]]' \
	'[3, 2, 2, 2, 3, 2, 2, 2, 2, 2]'
result 'flows say what is held, and what is wanted' query verdicts.sarif \
	'[p["location"]["message"]["text"] for f in d["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"] for p in f["locations"]]' \
	"['holds deadlocked_one here', 'wants deadlocked_two here', 'holds deadlocked_two here', 'wants deadlocked_one here']"
result 'everything is held before anything is wanted' query verdicts.sarif \
	'[p["executionOrder"] for f in d["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"] for p in f["locations"]]' \
	'[1, 3, 2, 4]'
# The same findings, from the JSON beside it.
findings='json.load(open(sys.argv[1].replace(".sarif", ".json")))["findings"]'
result 'the fingerprint is the id' query verdicts.sarif \
	"[r['partialFingerprints']['lockdepLiteFinding/v1'] for r in d['runs'][0]['results']] == \
	[f['id'] for f in $findings]" True
result 'rules keep their ids' query rules.sarif \
	"[r['ruleId'] for r in d['runs'][0]['results']] == [f['rule'] for f in $findings]" True
result 'SARIF of several files has a run for each' query two.sarif \
	'[len(r["results"]) for r in d["runs"]]' '[0, 6]'
result 'JUnit has a failure for each error' of_xml verdicts.xml \
	'[len(list(d.iter("testcase"))), len(list(d.iter("failure")))]' '[5, 5]'
result 'JUnit has more of them with --strict' of_xml verdicts-all.xml \
	'[len(list(d.iter("testcase"))), len(list(d.iter("failure")))]' '[7, 7]'
result 'JUnit has a passed case when there is no error' of_xml empty.xml \
	'[(c.get("name"), len(c)) for c in d.iter("testcase")]' "[('no error was found', 0)]"
result 'JUnit of several files has a suite for each' of_xml two.xml \
	'[s.get("failures") for s in d]' "['0', '5']"

result 'places are lines of source' query abba.sarif \
	'sorted(p["location"]["physicalLocation"]["region"]["startLine"] for f in
	d["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"] for p in f["locations"])' '[18, 19, 30, 31]'
result 'what run writes is what report writes' bash -c "'$lockdep_lite' report --sarif '$out/abba.ldl' |
	cmp - '$out/abba.sarif' && '$lockdep_lite' report --junit '$out/abba.ldl' | cmp - '$out/abba.xml'"

# Every field of the schema says what it is.
described()
{
	python3 - $schema <<'END'
import json, sys
def walk(path, schema):
    for name, part in schema.get("properties", {}).items():
        if not part.get("description") and "$ref" not in part:
            print(path + "." + name, "has no description")
        walk(path + "." + name, part)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            walk(path + "[]", schema[key])
schema = json.load(open(sys.argv[1]))
for name, part in dict(schema["$defs"], report=schema).items():
    if not part.get("description"):
        print(name, "has no description")
    walk(name, part)
END
}
result 'every field of the schema is described' described

# Usage.
result 'two formats on one standard output are refused' refuses 'several formats for standard output' \
	"$lockdep_lite" report --json --sarif "$out/abba.ldl"
result 'a file that cannot be written costs one line' refuses 'create that directory first' \
	"$lockdep_lite" report --sarif=/nowhere/at/all "$out/abba.ldl"
result '--finding and --explain go with text only' refuses '--finding and --explain go with text only' \
	"$lockdep_lite" report --finding=1 --junit "$out/abba.ldl"
result "run's standard output is PROG's" refuses "standard output belongs to PROG" \
	"$lockdep_lite" run --sarif=- -- true
unreadable()
{
	local said
	said=$("$lockdep_lite" report --sarif="$out/none.sarif" $src/lib.sh 2>&1)
	[ $? = 2 ] && [ "$(wc -l <<<"$said")" = 1 ] && [ ! -e "$out/none.sarif" ] || { echo "$said"; return 1; }
}
result 'of what cannot be read nothing is written' unreadable

finish
