#!/bin/bash
# ctl: a process is switched while it runs, at once and without harm; others' files are refused.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build load load.c
build hang hang.c
export LC_ALL=C

# says NAME STATUS TEXT ARGUMENT…: what the command prints, and its exit status.
says()
{
	local found

	found=$("$lockdep_lite" "${@:4}" 2>&1)
	same "$1" "$2 $3" "$? $found"
}

same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected: $2" "found: $3" "${@:4}"
	fi
}

# start NAME PROGRAM ARGUMENT…: watched without the launcher; $pid and $arena.
start()
{
	arena=$work/$1.ldl
	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$arena" "${@:2}" >"$work/$1.out" 2>&1 &
	pid=$!
	wait_until [ -s "$arena" ]
	sleep 0.2
}

counter()
{
	"$lockdep_lite" report --json "$arena" | python3 -c "
import json, sys
print(json.load(sys.stdin)['counters'].get('$1', 0))"
}

start load "$work/load" "$work/go"
says 'off, by pid' 0 "process $pid: full -> off" ctl $pid off
sleep 0.2
before=$(counter slow_paths)
sleep 1
same 'while it is off nothing is looked at' "$before" "$(counter slow_paths)"
same 'status says so' 'watching: off' "$("$lockdep_lite" ctl $pid status | head -n 1)"
says 'off again changes nothing' 0 "process $pid: off already" ctl "$arena" off
says 'nonblock, by file' 0 "process $pid: off -> nonblock" ctl "$arena" nonblock
says 'full' 0 "process $pid: nonblock -> full" ctl "$arena" full
wait_until test "$before" != "$(counter slow_paths)"
same 'and it is watched again' yes "$([ "$(counter slow_paths)" -gt "$before" ] && echo yes)"
says 'reset' 0 "process $pid: the figures of contention begin anew" ctl $pid reset
same 'reset is counted' 1 "$(counter resets)"
# Both ways, in the midst of everything.
for round in $(seq 60); do
	for mode in off full nonblock off nonblock full; do
		"$lockdep_lite" ctl "$arena" $mode || break 2
	done
done >"$work/switches" 2>&1
same 'it is switched 360 times under load' "360 process $pid: nonblock -> full" \
	"$(grep -c "^process $pid: .* -> " "$work/switches") $(tail -n 1 "$work/switches")"
sleep 0.3
"$lockdep_lite" report "$arena" >"$work/report" 2>&1
same 'and there is no finding' 0 $? "$(cat "$work/report")"
touch "$work/go"
wait $pid
same 'the program did what it does alone' '0 done' "$? $(cat "$work/load.out")"
"$lockdep_lite" report --json "$arena" >"$work/json"
same 'what it did wrong at the end is found' 'error lock-order L1 lock_a -> lock_b -> lock_a' \
	"$(python3 $src/findings.py "$work/json")"
says 'an ended process is not switched' 2 "lockdep-lite: its process has ended, there is nothing \
to switch: $arena: name a process that runs" ctl "$arena" off

# A stray write of the program made the table of threads lie where it cannot: nothing is written there.
start damaged "$work/load" "$work/go2"
damaged=$(python3 - "$arena" <<'END'
import struct, sys
with open(sys.argv[1], 'r+b') as file:
    page = file.read(4096)
    # A table: its offset, the size of a slot, ...; of 80 bytes are those of threads alone. (Not a
    # counter that stands at 80, behind one at 0.)
    places = [at for at in range(0, 4096 - 16, 8) if struct.unpack_from('<QI', page, at)[1] == 80
              and struct.unpack_from('<Q', page, at)[0] % 4096 == 0 < struct.unpack_from('<Q', page, at)[0]]
    file.seek(places[0])
    file.write(struct.pack('<Q', 1 << 33))
    print(len(places))
END
)
same 'the damage is done' 1 "$damaged"
size=$(stat -c %s "$arena")
says 'a table that cannot be there is left alone' 0 "process $pid: full -> off" ctl "$arena" off
same 'and the file is as long as before' "$size" "$(stat -c %s "$arena")"
touch "$work/go2"
wait $pid
same 'nor does the program mind' '0 done' "$? $(cat "$work/damaged.out")"

# Bad input: one line, status 2.
says 'no such process' 2 "lockdep-lite: no such process: $pid: check the pid, or name the file of \
its arena" ctl $pid off
says 'no such word' 2 'lockdep-lite: ctl: no such word: on: give status, off, nonblock, full or reset' \
	ctl "$arena" on
says 'no word' 2 'lockdep-lite: ctl: a process, and what to do: see `lockdep-lite ctl --help`' \
	ctl "$arena"
says 'a process that is not watched' 2 "lockdep-lite: not watched: process $$: start it with \
lockdep-lite run" ctl $$ off
printf 'no arena' >"$work/text"
chmod 600 "$work/text"
says 'a file that is none' 2 "lockdep-lite: not a lockdep-lite arena: $work/text: give a file that \
\`lockdep-lite run -o FILE\` wrote" ctl "$work/text" off
same 'it is not written to' 'no arena' "$(cat "$work/text")"
ln -s load.ldl "$work/link"
says 'a symbolic link' 2 "lockdep-lite: cannot open (a symbolic link): $work/link: name the file \
that it leads to" ctl "$work/link" off
mkfifo "$work/fifo"
says 'a pipe' 2 "lockdep-lite: cannot open (not a plain file): $work/fifo: name the file of an arena" \
	ctl "$work/fifo" off

# Files of others. A path that leads elsewhere since it was mapped is not taken.
start moved "$work/hang" slow
same 'an arena is for its owner alone' 600 "$(stat -c %a "$arena")"
mv "$arena" "$work/elsewhere"
cp "$work/load.ldl" "$arena"
found=$("$lockdep_lite" ctl $pid off 2>&1)
case $(id -u),$found in
0,"process $pid: full -> off") ok 'a file in the place of the mapped one is not taken for it' ;;
[1-9]*,"lockdep-lite: not watched: process $pid: start it with lockdep-lite run")
	ok 'a file in the place of the mapped one is not taken for it' ;;
*) not_ok 'a file in the place of the mapped one is not taken for it' "$found" ;;
esac
kill $pid
wait $pid 2>/dev/null
# A link that somebody put where the arena is to be made leads nobody's file astray.
printf 'precious' >"$work/victim"
ln -s victim "$work/planted.ldl"
LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$work/planted.ldl" "$work/hang" robust >/dev/null
same 'a planted link is not followed' 'precious regular file 600' \
	"$(cat "$work/victim") $(stat -c '%F %a' "$work/planted.ldl.1")"

name='another user is refused, for reading and writing'
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$work"
	start theirs "$work/hang" slow
	nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	cp "$lockdep_lite" "$work/command"
	found=$(for words in "ctl $arena off" "ctl $arena status" "report $arena" "top --once $arena" \
		"ctl $pid off" "top --once $pid"; do
		"${nobody[@]}" "$work/command" $words 2>&1
		echo $?
	done)
	same "$name" "lockdep-lite: cannot open (Permission denied): $arena: be its owner, or root
2
lockdep-lite: cannot open (permission denied): $arena: be its owner, or root
2
lockdep-lite: cannot open (permission denied): $arena: be its owner, or root
2
lockdep-lite: cannot open (Permission denied): $arena: be its owner, or root
2
lockdep-lite: cannot look into another user's process: process $pid: check the pid; be its owner, or root
2
lockdep-lite: cannot look into another user's process: process $pid: check the pid; be its owner, or root
2" "$found"
	chmod 666 "$arena"
	found=$("${nobody[@]}" "$work/command" ctl "$arena" off 2>&1)
	same 'mode bits do not make another user its owner' \
		"lockdep-lite: another user's arena: $arena: be its owner, or root" "$found"
	kill $pid
	wait $pid 2>/dev/null

	# All of it by somebody who has no privileges, from another terminal.
	mkdir "$work/plain"
	chown 65534:65534 "$work/plain"
	cp "$lockdep_lite" "$O"/liblockdep_lite*.so* "$O/libdir" "$work/hang" "$work/plain"
	(cd "$work/plain" && exec "${nobody[@]}" ./lockdep-lite run --log=log -o kept.ldl -- ./hang abba) &
	launcher=$!
	wait_until grep -q 'verdict deadlocked' "$work/plain/log"
	program=$(pgrep -P $launcher)
	found=$("${nobody[@]}" "$work/plain/lockdep-lite" top "$program" </dev/null 2>&1)
	same 'a plain user sees why the program hangs' '1 1' \
		"$? $(grep -c '^deadlock: lock order inversion between lock_a and lock_b' <<<"$found")" "$found"
	found=$("${nobody[@]}" "$work/plain/lockdep-lite" ctl "$program" off 2>&1)
	same 'and may switch it' "0 process $program: full -> off" "$? $found"
	kill -9 "$program"
	wait $launcher
else
	skip "$name" 'needs root and setpriv(1), to be two users'
fi

finish
