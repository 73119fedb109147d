#!/bin/bash
# What is not shown again: suppressions as they are written and as they are generated, baselines of every form,
# in `run` and in `report`; what is said of those that are of no use any more, or make no sense.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

# Four findings: static locks, locks of two makers, locks first taken, and a twin file's static locks.
build pairs identity.c $src/identity_twin.c -fno-optimize-sibling-calls -fno-ipa-icf
abba=$O/examples/abba
cd "$work" || exit

findings='possible deadlock'
"$lockdep_lite" run --quiet -o four.ldl --log=log -- ./pairs
"$lockdep_lite" run --quiet -o abba.ldl --log=log -- "$abba" >/dev/null
report=("$lockdep_lite" report)

expect 'four findings' 1 "${report[@]}" four.ldl
says out '  findings: 4 errors, 0 warnings, 0 info'
lacks out hidden:

# Written by hand.
cat >hand.supp <<'END'
# the twin's
deadlock:identity_twin.c
{
   two makers
   L1
   lock:make_*
   fun:nest
   fun:forth
   --
   ...
   fun:turns_run
}
END
expect 'two are suppressed' 1 "${report[@]}" --suppressions=hand.supp four.ldl
says out '  findings: 2 errors, 0 warnings, 0 info'
says out '  hidden: 2 suppressed'
lacks out make_first
lacks err unused
echo 'any:warm_*' >more.supp
echo 'any:lock_a' >>more.supp
expect 'all are suppressed by two files' 0 "${report[@]}" --suppressions=hand.supp --suppressions=more.supp four.ldl
says out '  findings: 0 errors, 0 warnings, 0 info'
says out '  hidden: 4 suppressed'
lacks out "$findings"
expect 'JSON counts what is hidden' 0 "${report[@]}" --json --suppressions=hand.supp --suppressions=more.supp four.ldl
says out '    "suppressed": 4,'
lacks out "$findings"
expect 'unused suppressions are told' 1 "${report[@]}" --suppressions=hand.supp abba.ldl
says err "lockdep-lite: unused suppression: hand.supp:2: deadlock:identity_twin.c"
says err "lockdep-lite: unused suppression: hand.supp:3: two makers"
lacks out hidden:
printf 'deadlock:x\nfun:y\n' >bad.supp
expect 'a line that makes no sense' 2 "${report[@]}" --suppressions=bad.supp four.ldl
says err 'lockdep-lite: suppression of no known kind: bad.supp:2: take deadlock, any, id, a kind (lock-order, reclaim, …) or a rule (L1, A4, …)'
lacks out "$findings"

# Generated: each entry hides its own finding, and no other.
expect 'suppressions are generated' 1 "${report[@]}" --gen-suppressions four.ldl
cp out all.supp
lacks out findings:
expect 'together they hide all' 0 "${report[@]}" --suppressions=all.supp four.ldl
says out '  hidden: 4 suppressed'
lacks err unused
awk '/^{/ { n++ } { print >("one." n ".supp") }' all.supp
for i in 1 2 3 4; do
	expect "entry $i hides one" 1 "${report[@]}" --suppressions=one.$i.supp four.ldl
	says out '  hidden: 1 suppressed'
	lacks out "$(sed -n 's/^ *id:/finding /p' one.$i.supp)"
done
grep -v ' id:' all.supp >stacks.supp
expect 'without ids their stacks do' 0 "${report[@]}" --suppressions=stacks.supp four.ldl
lacks err unused
expect 'what is hidden gets no entry' 0 "${report[@]}" --gen-suppressions --suppressions=all.supp four.ldl
lacks out '{'

# While it runs.
expect 'run hides it' 0 "$lockdep_lite" run --error-exitcode=9 --suppressions=all.supp -- ./pairs
lacks err "$findings"
says err '  hidden: 4 suppressed'
expect 'run tells unused ones' 9 "$lockdep_lite" run --error-exitcode=9 --suppressions=hand.supp -- "$abba"
says err 'lockdep-lite: unused suppression: hand.supp:3: two makers'
expect 'run refuses a bad line before it starts anything' 125 "$lockdep_lite" run --suppressions=bad.supp -- touch started
lacks err "$findings"
if [ -e started ]; then not_ok 'nothing was started'; else ok 'nothing was started'; fi
expect 'run generates them' 9 "$lockdep_lite" run --error-exitcode=9 --gen-suppressions -- "$abba"
sed -n '/^{$/,/^}$/p' err >abba.supp
expect 'and they are good' 0 "$lockdep_lite" run --error-exitcode=9 --suppressions=abba.supp -- "$abba"
says err '  hidden: 1 suppressed'

# Baselines.
expect 'a baseline is written' 1 "${report[@]}" --write-baseline=known.txt four.ldl
says out '  findings: 4 errors, 0 warnings, 0 info'
"${report[@]}" --json=four.json four.ldl
mkdir runs
cp four.ldl runs/
for known in known.txt four.json four.ldl runs; do
	expect "known from $known" 0 "${report[@]}" --baseline=$known four.ldl
	says out '  findings: 0 errors, 0 warnings, 0 info'
	says out '  hidden: 4 known'
	lacks out "$findings"
	lacks err gone
done
expect 'run knows them too' 0 "$lockdep_lite" run --error-exitcode=9 --baseline=known.txt -- ./pairs
says err '  hidden: 4 known'
lacks err "$findings"
sed '/identity\|lock_a/d' known.txt >half.txt
expect 'what is new is shown' 1 "${report[@]}" --baseline=half.txt four.ldl
says out '  findings: 2 errors, 0 warnings, 0 info'
says out '  hidden: 2 known'
expect 'JSON counts what is known' 1 "${report[@]}" --json --baseline=half.txt four.ldl
says out '    "known": 2'
expect 'what is gone is told in one line' 1 "${report[@]}" --baseline=known.txt abba.ldl
first=$(grep -v '^#' known.txt | head -n 1 | cut -d ' ' -f 1)
says err "lockdep-lite: 4 known findings are gone ($first and others): known.txt: take them out there"
expect 'the same of one, in run' 9 "$lockdep_lite" run --error-exitcode=9 --baseline=<(tail -n 1 known.txt) -- "$abba"
if [ "$(grep -c 'a known finding is gone' err)" = 1 ]; then ok "$name"; else not_ok "$name" "$(cat err)"; fi
sed 's/ error / warning /' known.txt >mild.txt
expect 'what was a warning and is an error is new' 1 "${report[@]}" --baseline=mild.txt four.ldl
says out '  findings: 4 errors, 0 warnings, 0 info'
lacks err gone
cut -d ' ' -f 1 known.txt | grep -v '#' >ids.txt
expect 'ids alone will do' 0 "${report[@]}" --baseline=ids.txt four.ldl
expect 'suppressions come first' 0 "${report[@]}" --baseline=known.txt --suppressions=hand.supp four.ldl
says out '  hidden: 2 suppressed, 2 known'
lacks err gone
expect 'what is known stays in a new baseline' 0 "${report[@]}" --baseline=known.txt --write-baseline=again.txt four.ldl
if cmp -s known.txt again.txt; then ok "$name"; else not_ok "$name" "$(diff known.txt again.txt)"; fi

echo 'no id' >bad.txt
echo '{"findings": [{"id": "12"}]}' >bad.json
echo '{"findings": [' >worse.json
head -c 5000 four.ldl >cut.ldl
for bad in bad.txt:1 bad.json worse.json cut.ldl gone.txt; do
	expect "not a baseline: $bad" 2 "${report[@]}" --baseline=${bad%:1} four.ldl
	lacks out "$findings"
	if [ "$(wc -l <err)" = 1 ] && grep -qF ": $bad: " err; then ok "$name: one line"; else not_ok "$name: one line" "$(cat err)"; fi
done
expect 'run refuses it too' 125 "$lockdep_lite" run --baseline=bad.txt -- touch started
expect 'a place that cannot be written' 2 "${report[@]}" --write-baseline=no/where four.ldl

expect 'a picture' 0 "$lockdep_lite" graph four.ldl -o four.dot
grep -qF '4 cycles' four.dot || not_ok "$name: 4 cycles" "$(head -c 2000 four.dot)"
expect 'a picture without the suppressed' 0 "$lockdep_lite" graph --suppressions=all.supp four.ldl -o four.dot
lacks four.dot '4 cycles'
finish
