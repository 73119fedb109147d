#!/bin/bash
# mode=prod in the worst program: all new, all the time. It behaves as alone, the report says what was
# not seen, memory stays what it was; an ordinary program loses nothing. And a broken engine is off.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build storm ../../bench/storm.c
build load load.c
export LC_ALL=C

same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected: $2" "found: $3" "${@:4}"
	fi
}

# watched NAME OPTIONS COMMAND…: in production, without the launcher; its output, and $arena.
watched()
{
	arena=$work/$1.ldl
	LD_PRELOAD=$preload LOCKDEP_LITE="mode=prod:out=$arena$2" "${@:3}" 2>&1
}

json()
{
	"$lockdep_lite" report --json "$arena" | python3 -c "
import json, sys
run = json.load(sys.stdin)
print($1)"
}

rounds=5000 # it lasts for longer than a window of the governor's, on a fast machine too
for what in 'static' 'made' 'static made'; do
	bare=$("$work/storm" $rounds $what; echo $?)
	found=$(watched storm "" "$work/storm" $rounds $what; echo $?)
	arena=$work/storm.ldl
	same "a storm ($what) does what it does alone" "$bare" "$found"
	same "its arena ($what) has the size that it had" 16777216 "$(stat -c %s "$arena")"
	"$lockdep_lite" report "$arena" >"$work/report"
	same "and the report ($what) finds nothing wrong" 0 $? "$(cat "$work/report")"
	[ "$what" = 'static made' ] || rm "$arena"
done
same 'what was not seen is counted, by kind' True \
	"$(json "any(name.endswith('_refused') for name in run['drops'])")" "$(cat "$work/report")"
if grep -q '^  not seen: .*, above the rate or the budget: [1-9]' "$work/report"; then
	ok 'and told in the report'
else
	not_ok 'and told in the report' "$(cat "$work/report")"
fi
same 'some of it was seen' True "$(json "run['classes'] > 1000 and run['edges'] > 100")"
same 'the budget is the default one' 10000 "$(json "run['engine']['budget_ppm']")"
same 'the engine knows what it cost' True "$(json "run['engine']['own_ns'] > 0")"
same 'and did not break' "''" "$(json "repr(run['engine']['broken'])")"

# The least budget: everything is given up, and that is told.
watched tight ':budget=0.01%' "$work/storm" 4000 >/dev/null
arena=$work/tight.ldl
same 'over its budget it gives up all that is new' 'edges True' \
	"$(json "run['engine']['gives_up'], run['engine']['gave_up_ns']['edges'] > 0" | tr -d "(),'")"
same 'the report says so' 1 \
	"$("$lockdep_lite" report "$arena" | grep -c '^  given up to keep within the budget: ')"
same 'and ctl status' 1 "$("$lockdep_lite" ctl "$arena" status |
	grep -c '^own time: .* (budget 0.01 %, .*), gives up edges$')"
same 'and top' 1 "$("$lockdep_lite" top --once "$arena" |
	grep -c '^  own time: .* (budget 0.01 %, .*), gives up edges$')"
found=$(watched free ':budget=0' "$work/storm" 100)
arena=$work/free.ldl
same 'without a budget nothing is measured' '0 0' \
	"$(json "run['engine']['budget_ppm'], run['engine']['own_ns']" | tr -d '(),')"

# The twin: a program that does again what it did before.
watched calm '' "$work/storm" 100 calm >/dev/null
arena=$work/calm.ldl
"$lockdep_lite" report "$arena" >"$work/report"
name='an ordinary program'
says "$work/report" '  nothing was dropped'
lacks "$work/report" 'not seen'
lacks "$work/report" 'given up'
lacks "$work/report" 'switched itself off'
same 'nothing of it is lost' '{} 3 nothing' \
	"$(json "run['drops'], run['edges'], run['engine']['gives_up']" | tr -d "(),'")"

# The breaker. The damage is the reason itself, written where the engine looks for it.
arena=$work/broken.ldl
LD_PRELOAD=$preload LOCKDEP_LITE="mode=prod:out=$arena" "$work/load" "$work/go" >"$work/load.out" 2>&1 &
pid=$!
wait_until [ -s "$arena" ]
wait_until grep -q 'watching: full' <("$lockdep_lite" ctl $pid status)
python3 - "$arena" <<'END'
import struct, sys
file = open(sys.argv[1], 'r+b')
size, = struct.unpack('<I', file.read(28)[24:28])
file.seek(size - 24)
file.write(struct.pack('<IIQQ', 1, 11, 4000000000, 1500000000))
END
is_off()
{
	"$lockdep_lite" ctl $pid status | grep -qx 'watching: off'
}
wait_until is_off
same 'a broken engine is off' 'watching: off' "$("$lockdep_lite" ctl $pid status | head -n 1)"
reason='the engine switched itself off for good after 1.5 s: an id past the end of its table (4000000000 of edges)'
for mode in full nonblock; do
	found=$("$lockdep_lite" ctl $pid $mode 2>&1; echo $?)
	same "and ctl refuses $mode" "lockdep-lite: $reason: $(readlink -f "$arena"): start the process \
anew, and report this
2" "$found"
done
same 'ctl off is no news' "0 process $pid: off already" "$("$lockdep_lite" ctl $pid off >"$work/off"
	echo $? "$(cat "$work/off")")"
name='the reason'
"$lockdep_lite" report "$arena" >"$work/report"
says "$work/report" "  $reason"
"$lockdep_lite" top --once $pid >"$work/top"
says "$work/top" "  $reason"
touch "$work/go"
wait $pid
same 'the program did what it does alone' '0 done' "$? $(cat "$work/load.out")"

finish
