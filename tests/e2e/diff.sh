#!/bin/bash
# `diff`: what is new, gone, or judged otherwise, between arenas, folders of them and JSON reports; and the exit
# status that a CI job goes by.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build pairs identity.c $src/identity_twin.c
build touched identity.c $src/identity_twin.c -DTOUCHED
build rebuilt identity.c $src/identity_twin.c -DUNRELATED
build order order.c
cd "$work" || exit
diff=("$lockdep_lite" diff)

# watch FILE COMMAND…
watch()
{
	local file=$1
	shift
	"$lockdep_lite" run --quiet -o "$file" --log=log -- "$@" >/dev/null
}
id_of()
{
	"$lockdep_lite" report --json "$1" | sed -n 's/^ *"id": "\([0-9a-f]*\)",$/\1/p' | head -n 1
}

watch pairs.ldl ./pairs
watch abba.ldl ./order abba
abba_title='possible deadlock: lock order inversion between lock_b and lock_a'
abba_id=$(id_of abba.ldl)

expect 'nothing new' 0 "${diff[@]}" pairs.ldl pairs.ldl
says out '0 new, 0 changed, 0 gone, 4 as before; 0 new errors'
# In a place of the old one, as builds are.
mv rebuilt pairs
watch rebuilt.ldl ./pairs
expect 'a rebuild is nothing new' 0 "${diff[@]}" pairs.ldl rebuilt.ldl
says out '0 new, 0 changed, 0 gone, 4 as before; 0 new errors'
mv touched pairs
watch touched.ldl ./pairs
expect 'a pair is made in another function' 1 "${diff[@]}" pairs.ldl touched.ldl
says out '1 new, 0 changed, 1 gone, 3 as before; 1 new error'

mkdir both
cp pairs.ldl abba.ldl both
expect 'a finding is new' 1 "${diff[@]}" pairs.ldl both
says out "new:     $abba_id error, predicted: $abba_title"
says out '1 new, 0 changed, 0 gone, 4 as before; 1 new error'
expect 'a finding is gone' 0 "${diff[@]}" both pairs.ldl
says out "gone:    $abba_id error, predicted: $abba_title"
says out '0 new, 0 changed, 1 gone, 4 as before; 0 new errors'
echo 'deadlock:lock_a' >abba.supp
expect 'a suppressed one is neither' 0 "${diff[@]}" --suppressions=abba.supp pairs.ldl both
lacks out "$abba_id"
expect 'JSON' 1 "${diff[@]}" --json pairs.ldl both
python3 - out "$abba_id" >said <<'END'
import json, sys
document = json.load(open(sys.argv[1]))
[new] = document["differences"]["new"]
print(new["id"] == sys.argv[2], new["severity"], new["verdict"], new["rule"], document["differences"]["gone"],
      document["same"], document["new_errors"], document["old"], document["new"])
END
says said 'True error predicted L1 [] 4 1 pairs.ldl both'
expect 'JSON to a file' 1 "${diff[@]}" --json=out.json pairs.ldl both
if cmp -s out.json <("${diff[@]}" --json pairs.ldl both); then ok "$name: the same"; else not_ok "$name: the same"; fi

"$lockdep_lite" report --json=abba.json abba.ldl
"$lockdep_lite" report --json=both.json both
expect 'an arena and its JSON' 0 "${diff[@]}" abba.json abba.ldl
says out '0 new, 0 changed, 0 gone, 1 as before; 0 new errors'
expect 'JSON of several runs' 1 "${diff[@]}" abba.json both.json
says out '4 new, 0 changed, 0 gone, 1 as before; 4 new errors'

# judged VERDICT SEVERITY: the same finding, weighed otherwise.
judged()
{
	sed "s/\"verdict\": \"predicted\"/\"verdict\": \"$1\"/; s/\"severity\": \"error\"/\"severity\": \"$2\"/" abba.json >"$1.json"
}
judged potential error
judged bounded warning
judged gated info
judged ordered info
expect 'evidence became stronger' 0 "${diff[@]}" potential.json abba.ldl
says out "changed: $abba_id from error, potential to error, predicted: $abba_title"
says out '0 new, 1 changed, 0 gone, 0 as before; 0 new errors'
expect 'a warning became an error' 1 "${diff[@]}" bounded.json abba.ldl
says out "changed: $abba_id from warning, bounded to error, predicted: $abba_title"
says out '0 new, 1 changed, 0 gone, 0 as before; 1 new error'
expect 'a harmless one became an error' 1 "${diff[@]}" gated.json abba.ldl
expect 'an error became harmless' 0 "${diff[@]}" abba.ldl gated.json
says out "changed: $abba_id from error, predicted to info, gated: $abba_title"
echo '{"findings": []}' >none.json
expect 'a new one that is no error' 0 "${diff[@]}" none.json ordered.json
says out '1 new, 0 changed, 0 gone, 0 as before; 0 new errors'
expect 'a new one that cannot happen' 0 "${diff[@]}" none.json gated.json
says out '0 new, 0 changed, 0 gone, 0 as before; 0 new errors'

# What cannot be compared.
head -c 70000 abba.ldl >cut.ldl
echo '{' >cut.json
echo '[]' >list.json
echo '{"runs": {}}' >runs.json
echo '{"runs": [3]}' >number.json
echo '{"findings": [{"id": "0123456789abcdef", "severity": "fatal", "verdict": "none"}]}' >severity.json
echo '{"findings": [{"id": 7}]}' >id.json
mkdir empty
for bad in gone.ldl cut.ldl cut.json list.json runs.json number.json severity.json id.json empty; do
	for order in "$bad abba.ldl" "abba.ldl $bad"; do
		expect "bad input: $order" 2 "${diff[@]}" $order
		if [ "$(wc -l <err)" = 1 ] && grep -q "^lockdep-lite: .*: $bad: ." err && [ ! -s out ]; then
			ok "$name: one line"
		else
			not_ok "$name: one line" "$(cat out err)"
		fi
	done
done
for usage in '' 'abba.ldl' 'abba.ldl abba.ldl abba.ldl' '--what abba.ldl abba.ldl' '--suppressions'; do
	expect "bad usage: $usage" 2 "${diff[@]}" $usage
	if [ "$(wc -l <err)" = 1 ]; then ok "$name: one line"; else not_ok "$name: one line" "$(cat err)"; fi
done
expect 'no place for the JSON' 2 "${diff[@]}" --json=no/where abba.ldl abba.ldl
finish
