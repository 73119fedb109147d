#!/bin/bash
# `merge`: the cycle that no single run saw; merges as input of everything that reads arenas, merge itself too; files
# that are not overwritten, and none that is left behind.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build merge merge.c
mkdir "$work/host"
cp "$work/merge" "$work/host/merge"
cd "$work" || exit
merge=("$lockdep_lite" merge)
report=("$lockdep_lite" report)

# watch FILE COMMAND…
watch()
{
	local file=$1
	shift
	"$lockdep_lite" run --quiet -o "$file" --log=log -- "$@"
}
# same NAME ONE OTHER
same()
{
	if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1" "$(cmp "$2" "$3" 2>&1)"; fi
}

watch ab.ldl ./merge ab
watch ba.ldl ./host/merge ba
watch bc.ldl ./merge bc
for run in ab ba bc; do
	expect "$run alone" 0 "${report[@]}" $run.ldl
	says out '  findings: 0 errors, 0 warnings, 0 info'
done

expect 'two orders of two runs' 0 "${merge[@]}" -o both.ldl ab.ldl ba.ldl
if [ -s out ] || [ -s err ]; then not_ok "$name: silent" "$(cat out err)"; else ok "$name: silent"; fi
expect 'the cycle that no single run saw' 1 "${report[@]}" both.ldl
says out 'possible deadlock: lock order inversion between locks[1] and locks[0]'
says out '  note: no single run saw it: its steps are from different runs'
says out 'merge, mode check:'
says out '  2 runs merged: ab.ldl, ba.ldl'
says out '  findings: 1 error, 0 warnings, 0 info'
if grep -q '^  verdict potential: ' out; then ok "$name: potential"; else not_ok "$name: potential" "$(cat out)"; fi
expect 'one order' 0 "${merge[@]}" -o none.ldl ab.ldl bc.ldl
expect 'no cycle' 0 "${report[@]}" none.ldl
says out '  findings: 0 errors, 0 warnings, 0 info'

expect 'in the other order' 0 "${merge[@]}" -o turned.ldl ba.ldl ab.ldl
same 'order does not matter' both.ldl turned.ldl
expect 'twice' 0 "${merge[@]}" -o twice.ldl ab.ldl both.ldl ba.ldl both.ldl
same 'nor how often' both.ldl twice.ldl
expect 'all at once' 0 "${merge[@]}" -o all.ldl ab.ldl ba.ldl bc.ldl
expect 'and in steps' 0 "${merge[@]}" -o steps.ldl bc.ldl both.ldl
same 'nor in how many steps' all.ldl steps.ldl
mkdir runs
cp ab.ldl ba.ldl bc.ldl both.ldl runs
expect 'a folder' 0 "${merge[@]}" -o folder.ldl runs
expect 'of the same runs' 0 "$lockdep_lite" diff all.ldl folder.ldl
says out '0 new, 0 changed, 0 gone, 1 as before; 0 new errors'

expect 'JSON names the runs' 1 "${report[@]}" --json all.ldl
python3 - out >said <<'END'
import json, sys
run = json.load(open(sys.argv[1]))
print(run["pid"], *[source["file"] for source in run["merged"]], run["repairs"], run["findings"][0]["verdict"],
      run["classes"], run["edges"], run["locks"], run["drops"])
END
says said '0 ab.ldl ba.ldl bc.ldl 0 potential 3 3 6 {}'
expect 'a picture' 0 "$lockdep_lite" graph both.ldl -o both.dot
if grep -q '1 cycle' both.dot; then ok "$name: 1 cycle"; else not_ok "$name: 1 cycle" "$(head -c 1000 both.dot)"; fi
expect 'new in the merge' 1 "$lockdep_lite" diff runs/ab.ldl both.ldl
expect 'known from it' 0 "${report[@]}" --baseline=both.ldl all.ldl
says out '  hidden: 1 known'

# A run that sees it alone has the same finding.
watch abba.ldl bash -c './merge ab; ./merge ba' # two processes: two files
expect 'processes of one run' 0 "${merge[@]}" -o processes.ldl abba.ldl*
expect 'they are runs of their own' 1 "${report[@]}" processes.ldl
expect 'and their cycle is the same' 0 "$lockdep_lite" diff both.ldl processes.ldl

# Nothing is overwritten, nothing left behind.
refused()
{
	expect "$@"
	if [ "$(wc -l <err)" = 1 ] && [ ! -s out ]; then ok "$name: one line"; else not_ok "$name: one line" "$(cat out err)"; fi
	if [ -n "$(find . -name 'new.ldl*')" ]; then not_ok "$name: no file" "$(ls)"; else ok "$name: no file"; fi
}
cp both.ldl before
refused 'a file that is there' 2 "${merge[@]}" -o both.ldl ab.ldl
says err 'lockdep-lite: there is a file already: both.ldl: name another one with -o, or remove it'
same "$name stays" both.ldl before
ln -s nowhere link.ldl
refused 'a link that is there' 2 "${merge[@]}" -o link.ldl ab.ldl
head -c 70000 ab.ldl >cut.ldl
head -c -100 both.ldl >cut_merge.ldl
head -c "$(python3 -c 'import struct; print(struct.unpack_from("<Q", open("both.ldl", "rb").read(4096), 16)[0])')" \
	both.ldl >no_runs.ldl
mkdir empty
for bad in gone.ldl cut.ldl cut_merge.ldl no_runs.ldl empty "$O/lockdep-lite"; do
	refused "bad input: ${bad##*/}" 2 "${merge[@]}" -o new.ldl ab.ldl "$bad" ba.ldl
	if grep -q "^lockdep-lite: .*: $bad: ." err; then ok "$name is named"; else not_ok "$name is named" "$(cat err)"; fi
done
refused 'no such folder' 2 "${merge[@]}" -o no/new.ldl ab.ldl
refused 'no output' 2 "${merge[@]}" ab.ldl
refused 'no input' 2 "${merge[@]}" -o new.ldl
refused 'an unknown option' 2 "${merge[@]}" --what -o new.ldl ab.ldl
if is_wanted 'a full disk'; then
	(ulimit -f 8; trap '' XFSZ; "${merge[@]}" -o new.ldl ab.ldl ba.ldl) >out 2>err
	status=$? name='a full disk'
	if [ $status = 2 ] && [ ! -e new.ldl ] && [ "$(wc -l <err)" = 1 ]; then
		ok "$name"
	else
		not_ok "$name" "status $status" "$(cat err; ls)"
	fi
fi
finish
