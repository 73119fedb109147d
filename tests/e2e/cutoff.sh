#!/bin/bash
# Threads that die or jump away inside the watcher's slow path: all others are watched as before, no
# check waits for the dead, and the program does not notice.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build cutoff cutoff.c
# cut CASE VERDICT: the order is found; and no check was put off, as each is when a dead thread has the lock.
cut()
{
	# Strict: one side may be over before the thread of the other one is made.
	check "cutoff $1" --strict "$work/cutoff" "$1" -- "$2 lock_a -> lock_b -> lock_a" || return
	is_wanted "$1: nobody waits" || return
	python3 - "$dir/json" >"$dir/busy" <<'END'
import json, sys
counters = json.load(open(sys.argv[1])).get("counters", {})
print(*[f"{name} {counters[name]}" for name in ("writer_busy", "writer_lost") if counters.get(name)])
END
	if [ "$(tr -d '[:space:]' <"$dir/busy")" = '' ]; then
		ok "$1: nobody waits"
	else
		not_ok "$1: nobody waits" "$(cat "$dir/busy")"
	fi
}
cut cancelled_asynchronously 'error lock-order L1'
cut exit_in_a_handler 'error lock-order L1'
cut jump_out_of_a_handler 'error lock-order L1'

# A jump is noticed at one of the next calls: in two milliseconds there are far fewer than the million
# that would prove it in any case. Only where no call comes by the same depth of the stack it is left to that.
if is_wanted 'jumps are noticed soon'; then
	jumps=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["counters"].get("cut_off", 0))' "$work/runs/cutoff_jump_out_of_a_handler/json")
	if [ "$jumps" -ge 24 ]; then
		ok 'jumps are noticed soon'
	else
		not_ok 'jumps are noticed soon' "$jumps of 48"
	fi
fi
finish
