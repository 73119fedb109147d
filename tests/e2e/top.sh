#!/bin/bash
# top: what the threads of a running process hold and wait for, once as text and as JSON, and live on
# a terminal.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build hang hang.c
export LC_ALL=C.UTF-8

same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected: $2" "found: $3" "${@:4}"
	fi
}

# start CASE: watched without the launcher; $pid and $arena.
start()
{
	arena=$work/$1.ldl
	rm -f "$arena"
	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$arena" "$work/hang" "$1" >"$work/$1.out" 2>&1 &
	pid=$!
	wait_until [ -s "$arena" ]
	sleep 0.5
}

stop()
{
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}

# blurred FILE: numbers of processes and threads, addresses and times differ from run to run.
blurred()
{
	sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/tid [0-9]+/tid N/g; s/pid [0-9]+/pid N/g
		s/[0-9]+(\.[0-9])? s\b/TIME/g; s/[0-9.]+ of 64 MiB/SIZE/; s/hang\.c:[0-9]+/hang.c/
		s/[0-9]+ acquisitions.*put off/COST/; s/ +TIME/ TIME/g' "$1"
}

start abba
"$lockdep_lite" top $pid >"$work/text" 2>&1 </dev/null
same 'a deadlock is status 1' 1 $?
cat >"$work/expected" <<'END'
hang, pid N: running, watching: full, mode check
  3 threads, 2 locks, 2 classes, 2 edges
  findings: 1 error, 0 warnings; nothing was dropped
  cost: COST, SIZE

deadlock: lock order inversion between lock_a and lock_b
  seen from outside, without progress between two looks.

  taker-1 #2 (tid N): waits for at least TIME
    holds lock_a, exclusive, at ADDRESS  from take_pair (hang.c), for TIME
    wants lock_b, exclusive, at ADDRESS  in take_pair (hang.c)
      held by taker-2 #3 (tid N)

  taker-2 #3 (tid N): waits for at least TIME
    holds lock_b, exclusive, at ADDRESS  from take_pair (hang.c), for TIME
    wants lock_a, exclusive, at ADDRESS  in take_pair (hang.c)
      held by taker-1 #2 (tid N)

  1 thread holds nothing and wants nothing

  waits     total   longest  for
END
# The two are equally long; which comes first does not matter. Nor how soon it was seen.
blurred "$work/text" | sed 's/without progress for TIME so far/without progress between two looks/' |
	grep -vE '^ +1 TIME TIME' | sed -E '/taker-[12] #/,/held by/b' >"$work/found"
same 'text: threads, what they hold and want, where' '' \
	"$(diff -u <(sort "$work/expected") <(sort "$work/found"))" "$(cat "$work/text")"
same 'text: contention of both classes' 2 "$(blurred "$work/text" | grep -cE '^ +1 TIME TIME +lock_[ab]$')" \
	"$(cat "$work/text")"

"$lockdep_lite" top --json "$arena" >"$work/json"
python3 - "$work/json" $pid >"$work/found" 2>&1 <<'END'
import json, sys
top = json.load(open(sys.argv[1]))
threads = {thread["name"]: thread for thread in top["threads"]}
print(top["pid"] == int(sys.argv[2]), top["live"], top["watching"], top["mode"])
for name, other in ("taker-1", "taker-2"), ("taker-2", "taker-1"):
    one, wants = threads[name], threads[name]["wants"]
    print(name, one["state"], [held["class"] for held in one["holds"]], wants["class"],
          wants["seconds"] >= 0.9, [holder["tid"] for holder in wants["held_by"]] == [threads[other]["tid"]])
print(threads["hang"]["holds"], threads["hang"]["wants"])
print(sorted(entry["class"] for entry in top["contention"]),
      all(entry["count"] == 1 and entry["total_seconds"] >= 0.9 for entry in top["contention"]))
print([(deadlock["verdict"], deadlock["rule"]) for deadlock in top["deadlocks"]])
print(top["findings"], top["not_seen"], sorted(top["cost"]))
END
cat >"$work/expected" <<'END'
True True full check
taker-1 S ['lock_a'] lock_b True True
taker-2 S ['lock_b'] lock_a True True
[] None
['lock_a', 'lock_b'] True
[('deadlocked', 'L1')]
{'error': 1, 'warning': 0, 'info': 0} 0 ['broken', 'budget_ppm', 'bytes', 'gives_up', 'own_ppm', 'put_off', 'size', 'slow_paths', 'slow_paths_per_second']
END
same 'json: the same, for scripts' '' "$(diff -u "$work/expected" "$work/found")"
stop
"$lockdep_lite" top --once "$arena" >"$work/text"
same 'an ended process: its last state' "1 2 0" "$? $(grep -c ': waited when the process ended' \
	"$work/text") $(grep -c ' waits  ' "$work/text")" "$(cat "$work/text")"

# A twin that goes on.
start slow
"$lockdep_lite" top --interval=0.5 $pid >"$work/text"
same 'who waits for a slow one is shown, and is no deadlock' '0 1' \
	"$? $(grep -c 'held by slow-holder #2 (tid ' "$work/text")" "$(cat "$work/text")"
stop
start condition_in_time
"$lockdep_lite" top --interval=0.5 $pid >"$work/text"
same 'a wait for a condition variable is told from one for a lock' '0 1 1 1' \
	"$? $(grep -c 'waits for a condition variable at 0x' "$work/text") $(grep -c \
	'needs lock_a, ' "$work/text") $(grep -c 'held by waiter #2' "$work/text")" "$(cat "$work/text")"
same 'which is no contention' 'lock_b' "$(sed -n '/longest  for/,$ { s/.* //p }' "$work/text" | tail -n +2)" \
	"$(cat "$work/text")"
stop

# Processes of one run.
"$lockdep_lite" run --log="$work/log" -o "$work/kept.ldl" -- "$work/hang" two_processes &
launcher=$!
wait_until grep -q 'verdict deadlocked' "$work/log"
program=$(pgrep -P $launcher)
"$lockdep_lite" top "$program" >"$work/text" 2>&1
same 'a deadlock of two processes is found from one of them' '1 1 1' "$? $(grep -c \
	'^deadlock: ' "$work/text") $(grep -c 'of another process)' "$work/text")" "$(cat "$work/text")"
kill -9 $program $(pgrep -P "$program")
wait $launcher

# The live view.
name='on a terminal it is live'
if command -v tmux >/dev/null; then
	tm()
	{
		tmux -L "ldl-$$" "$@"
	}
	# screen PATTERN: waits until the screen shows it; leaves the screen in $work/screen.
	screen()
	{
		local tries

		for tries in $(seq 100); do
			tm capture-pane -p >"$work/screen"
			grep -qE -- "$1" "$work/screen" && return
			sleep 0.1
		done
		return 1
	}
	# shows NAME PATTERN
	shows()
	{
		screen "$2"
		same "$1" 0 $? "$(cat "$work/screen")"
	}
	start abba
	tm new-session -d -x 110 -y 26 \
		"TERM=screen '$lockdep_lite' top --interval=0.3 $pid; echo status \$?; sleep 100"
	shows "$name" 'taker-1 #2 +waits +[0-9.]+ s +1 lock_b +taker-2 #3'
	shows 'live: the deadlock is in its head' '^deadlock: lock order inversion between lock_a and lock_b'
	shows 'live: contention' '^ +1 +[0-9.]+ s +[0-9.]+ s +lock_a'
	shows 'live: the keys are named' '^q quit .* s sort \(waits\)'
	tm send-keys s s
	shows 'live: s sorts' 's sort \(number\)'
	tm send-keys j Enter
	shows 'live: Enter shows what the chosen thread holds' \
		'^  holds lock_[ab], exclusive, at 0x[0-9a-f]+  from take_pair \(hang\.c:'
	"$lockdep_lite" ctl $pid off >/dev/null
	shows 'live: a switch is seen' 'watching: off'
	tm resize-window -x 60 -y 12
	sleep 0.5
	shows 'live: smaller' '^ +[0-9]+ taker-1 #2 +waits'
	same 'live: nothing is wider or longer then' '12 yes' "$(wc -l <"$work/screen") $(
		awk 'length($0) > 60 { wide = 1 } END { print wide ? "no" : "yes" }' "$work/screen")"
	tm resize-window -x 110 -y 26
	shows 'live: larger again' 'taker-1 #2 +waits .* taker-2 #3'
	stop
	shows 'live: the end of the process is seen' ': ended, watching'
	tm send-keys q
	shows 'live: q quits, with the status of a deadlock' '^status 1'
	tm respawn-pane -k "TERM=no-such-terminal '$lockdep_lite' top $arena; echo status \$?; sleep 100"
	shows 'live: an unknown terminal is one line' \
		'^lockdep-lite: unknown terminal: no-such-terminal: set TERM, or use --once'
	shows 'live: and status 2' '^status 2'
	tm kill-server
else
	skip "$name" 'needs tmux'
fi

# says NAME TEXT ARGUMENT…: one line, status 2.
says()
{
	local found

	found=$("$lockdep_lite" "${@:3}" 2>&1)
	same "$1" "2 lockdep-lite: $2" "$? $found"
}

says 'a wrong interval' 'bad --interval: 0: give a number of seconds from 0.2 to 3600' \
	top --interval=0 "$arena"
says 'no process' 'top: one process or file: see `lockdep-lite top --help`' top
says 'a process that is gone' "no such process: $pid: check the pid, or name the file of its arena" \
	top $pid
says 'a file that is none' "not a lockdep-lite arena: $0: give a file that \`lockdep-lite run -o FILE\` wrote" \
	top --once "$0"
# The names of a file that is anybody's do not reach the terminal as they are.
python3 - "$arena" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.find(b"taker-")
while at >= 0:
    data[at:at + 2] = b"\x1b["
    at = data.find(b"taker-", at)
open(sys.argv[1], "wb").write(data)
END
"$lockdep_lite" top --once "$arena" >"$work/text"
same 'no control characters are printed' '' "$(tr -d '\n\t -~\200-\377' <"$work/text" | od -c | head -n 3 |
	grep -v '^0000000$')" "$(cat -v "$work/text")"

finish
