#!/bin/bash
# Programs that really hang are told to be deadlocked while they hang, within two seconds or so, and
# by their files afterwards; programs that only wait are not.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build hang hang.c
hang=$work/hang

# verdicts FILE: of a JSON report, those that are "deadlocked".
verdicts()
{
	python3 $src/findings.py --verdicts "$1" 2>&1 | sed -n 's/^deadlocked //p'
}

# same NAME EXPECTED FOUND FILE…: on failure the files are shown.
same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected: $2" "found: $3" "$(tail -n 40 "${@:4}")"
	fi
}

# hangs CASE FINDING: `run` sees it, ends the program and tells exactly this deadlock.
hangs()
{
	local began

	is_wanted "$1" || return
	dir=$work/runs/$1
	mkdir -p "$dir"
	began=$(date +%s%N)
	timeout -k 5 60 "$lockdep_lite" run --on-deadlock=kill --json="$dir/json" --log="$dir/log" \
		-o "$dir/arena" -- "$hang" "$1" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	took=$((($(date +%s%N) - began) / 1000000))
	same "$1: the deadlock is told ($took ms)" "$2" "$(verdicts "$dir/json")" "$dir/log" "$dir/err"
	same "$1: and the program ended by SIGKILL" "${3:-137}" "$status" "$dir/log" "$dir/err"
	# Two seconds are promised; the rest is for a machine that is busy with other things.
	same "$1: soon enough" yes "$([ $took -lt 8000 ] && echo yes || echo "$took ms")" "$dir/log"
}

# shows TEXT: the log of the case before has it.
shows()
{
	is_wanted "${dir##*/}" || return
	if grep -qF -- "$1" "$dir/log"; then
		ok "${dir##*/}: shows “$1”"
	else
		not_ok "${dir##*/}: shows “$1”" "$(cat "$dir/log")"
	fi
}

# goes_on CASE [OPTION…]: the twin ends as it would alone, and nothing is told of a deadlock.
goes_on()
{
	is_wanted "$1" || return
	dir=$work/runs/$1
	mkdir -p "$dir"
	timeout -k 5 60 "$lockdep_lite" run "${@:2}" --on-deadlock=kill --json="$dir/json" \
		--log="$dir/log" -o "$dir/arena" -- "$hang" "$1" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	same "$1: goes on" '0 done' "$status $(cat "$dir/out")" "$dir/log" "$dir/err"
	same "$1: is no deadlock" '' "$(verdicts "$dir/json")" "$dir/log"
}

hangs abba 'error lock-order L1 lock_a -> lock_b -> lock_a'
shows '  hangs like this:'
shows 'lock_b -> lock_a  by taker-2'
shows 'wants lock_a  in   take_pair (hang.c:'
hangs three 'error lock-order L1 lock_a -> lock_b -> lock_c -> lock_a'
hangs self 'error recursion L4 lock_a -> lock_a'
hangs reader_writer 'error lock-order L1 lock_b -> table -> lock_b'
hangs upgrade 'error recursion L4 table -> table'
hangs fair_reader 'error recursion L4 fair -> fair'
shows 'the reader waits behind a writer that waits already, writer (tid '
goes_on overtaking_reader
hangs gone 'error misuse L15 lock_a'
shows 'which has ended without releasing it'
hangs main_gone 'error misuse L15 lock_a'
goes_on robust
hangs two_processes 'error lock-order L1 map_shared -> map_shared -> map_shared'
shows ' of process '
hangs process_gone 'error misuse L15 map_shared'
goes_on two_processes_in_order
hangs condition 'error lock-order L1 lock_a -> lock_b -> lock_a'
goes_on condition_in_time
hangs spinning 'error lock-order L1 spinning -> spinning -> spinning'
hangs in_child 'error lock-order L1 lock_a -> lock_b -> lock_a' 0
goes_on busy
goes_on timed
goes_on slow --stall=1
shows ' has waited for lock_a for 1.'
shows 'held by slow-holder (tid '
shows 'hold_for_long (hang.c:'
goes_on slow
same 'slow: without --stall nothing is told of it' '' "$(grep 'long wait' "$dir/log")" "$dir/log"

# What `run` does about it.
dir=$work/actions
mkdir -p "$dir"
(
	ulimit -c 0
	exec timeout -k 5 60 "$lockdep_lite" run --on-deadlock=core -o "$dir/core.ldl" --log="$dir/log" \
		-- "$hang" abba
) >/dev/null 2>&1
same '--on-deadlock=core aborts the program' 134 $? "$dir/log"
timeout -k 5 60 "$lockdep_lite" run --on-deadlock=kill --error-exitcode=9 -o "$dir/nine.ldl" \
	--log="$dir/log" -- "$hang" gone
same 'a deadlock is an error for --error-exitcode' 9 $? "$dir/log"
timeout -k 5 60 "$lockdep_lite" run -q --on-deadlock=kill -o "$dir/quiet.ldl" --log="$dir/log" \
	-- "$hang" self
same '-q: nothing while it runs, the sum at the end' '0 1' \
	"$(grep -c '^deadlock' "$dir/log") $(grep -c 'findings: 1 error' "$dir/log")" "$dir/log"
"$lockdep_lite" run --on-deadlock=panic -- "$hang" self 2>"$dir/err"
same 'a wrong action is refused' \
	'125 lockdep-lite: bad --on-deadlock: panic: give report, kill or core' \
	"$? $(cat "$dir/err")" "$dir/err"
"$lockdep_lite" run --stall=0 -- "$hang" self 2>"$dir/err"
same 'so is a wrong time' \
	'125 lockdep-lite: bad --stall: 0: give a number of seconds from 1 to 86400' \
	"$? $(cat "$dir/err")" "$dir/err"

# By default the program is left alone: it hangs until somebody else ends it.
"$lockdep_lite" run -o "$dir/left.ldl" --log="$dir/left.log" -- "$hang" abba >/dev/null 2>&1 &
launcher=$!
wait_until grep -q 'verdict deadlocked' "$dir/left.log"
sleep 0.5
program=$(pgrep -P $launcher)
same 'without --on-deadlock the program is left as it is' yes \
	"$([ -n "$program" ] && kill -0 "$program" && echo yes)" "$dir/left.log"
[ -z "$program" ] || kill "$program"
wait $launcher
same 'and ends by the signal that ends it' 143 $? "$dir/left.log"

# report FILE, of a process that hangs now, and when it is over.
export LOCKDEP_LITE="quiet:out=$dir/%e.ldl"
cp "$hang" "$dir/live"
LD_PRELOAD=$preload "$dir/live" abba &
program=$!
unset LOCKDEP_LITE
wait_until [ -s "$dir/live.ldl" ]
sleep 0.3
"$lockdep_lite" report "$dir/live.ldl" >"$dir/report" 2>&1
same 'report: the deadlock of a live process comes first' \
	'1 deadlock: lock order inversion between lock_a and lock_b' "$? $(head -n 1 "$dir/report")" \
	"$dir/report"
same 'report: since when' 1 "$(grep -c 'seen from outside, without progress for' "$dir/report")" \
	"$dir/report"
"$lockdep_lite" graph "$dir/live.ldl" -o "$dir/live.dot" 2>"$dir/err"
same 'graph: a picture of a live process says so' 1 "$(grep -c 'error, deadlocked' "$dir/live.dot")" \
	"$dir/err"
kill -9 $program
wait $program 2>/dev/null
"$lockdep_lite" report "$dir/live.ldl" >"$dir/report" 2>&1
same 'report: it is there when the process was killed' \
	'1 deadlock: lock order inversion between lock_a and lock_b' "$? $(head -n 1 "$dir/report")" \
	"$dir/report"
same 'report: and how it ended is said' 1 "$(grep -c 'when the process ended' "$dir/report")" \
	"$dir/report"
"$lockdep_lite" report --json "$work/runs/busy/arena" >"$dir/json"
same 'report: a process that ended well has none' '' "$(verdicts "$dir/json")" "$dir/json"

# Of several processes, by the folder that they write into.
"$lockdep_lite" run --log="$dir/two.log" -o "$dir/two.ldl" -- "$hang" two_processes &
launcher=$!
wait_until grep -q 'verdict deadlocked' "$dir/two.log"
program=$(pgrep -P $launcher)
folder=$(dirname "$("$lockdep_lite" doctor "$program" | sed -n 's/^ok    arena: //p')")
"$lockdep_lite" report --json "$folder" >"$dir/json" 2>"$dir/err"
same 'report: a deadlock of two live processes' \
	'1 error lock-order L1 map_shared -> map_shared -> map_shared' "$? $(verdicts "$dir/json")" \
	"$dir/err"
kill -9 "$program" $(pgrep -P "$program")
wait $launcher

# Many that wait for one lock are told of once.
cat >"$work/many.c" <<'END'
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *wait_for_it(void *argument)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return argument;
}
int main(void)
{
	pthread_t threads[100];
	pthread_mutex_lock(&lock);
	for (int i = 0; i < 100; i++)
		pthread_create(&threads[i], NULL, wait_for_it, NULL);
	sleep(4);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 100; i++)
		pthread_join(threads[i], NULL);
}
END
$CC -g -o "$work/many" "$work/many.c" -lpthread
"$lockdep_lite" run --stall=1 --log="$dir/many.log" -o "$dir/many.ldl" -- "$work/many"
same 'a stall of many threads is told of once' '1 1' "$(grep -c '^long wait' "$dir/many.log") $(grep -c \
	'    and 99 more threads wait for it' "$dir/many.log")" "$dir/many.log"

finish
