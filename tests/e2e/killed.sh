#!/bin/bash
# A program that keeps the watcher's writer at work is killed at random moments, or ends itself in
# unfriendly ways: each file opens, and its records keep the laws of core/snapshot_audit.h.
# SEED=N repeats a run; SOAK=1: a thousand moments.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

ulimit -c 0
build busywork busywork.c
moments=40
[ -z "${SOAK:-}" ] || moments=1000
seed=${SEED:-$((RANDOM % 10000))}
RANDOM=$seed
arenas=$work/arenas
mkdir "$arenas"

# examine: what the doctor says against each file is kept in $work/unsound; the files go.
examine()
{
	"$lockdep_lite" doctor "$arenas"/*.ldl >"$work/said"
	# Killed before its first page was written, it is not an arena yet.
	grep -v '^ok' "$work/said" | grep -vE 'not an arena yet|empty file' >>"$work/unsound"
	sound=$((sound + $(grep -c '^ok' "$work/said")))
	cut_off=$((cut_off + $(grep -c 'in the middle of a step' "$work/said")))
	if grep -vE '^ok|not an arena yet|empty file' "$work/said" >/dev/null && [ -n "${KEEP:-}" ]; then
		cp -r "$arenas" "$KEEP/arenas.$((++kept))"
	fi
	rm -f "$arenas"/*
}

# kill_at MODE: a run that is killed within a fifth of a second, more often in its beginning.
kill_at()
{
	local moment=$((RANDOM % 450))

	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:mode=$1:memory=8M:out=$arenas/%p.ldl" \
		"$work/busywork" $RANDOM >/dev/null &
	sleep "0.$(printf %06d $((moment * moment)))"
	kill -KILL $!
	wait $! 2>/dev/null
}

killed()
{
	local name="killed at $2 random moments, mode=$1, seed $seed" sound=0 cut_off=0 kept=0 i

	is_wanted "$name" || return
	: >"$work/unsound"
	for ((i = 1; i <= $2; i++)); do
		kill_at "$1"
		[ $((i % 10)) != 0 ] || examine
	done
	if [ -s "$work/unsound" ]; then
		not_ok "$name" "$(cat "$work/unsound")"
	elif [ $sound -lt $(($2 / 2)) ]; then
		not_ok "$name" "only $sound files are there"
	else
		ok "$name: $sound files are sound, $cut_off of them cut off in the middle of a step"
	fi
} 2>/dev/null # the shell's own words on killed jobs
killed check $((moments * 3 / 4))
killed prod $((moments / 4))

# ends HOW STATUS: the process ends itself while its threads are at work; both must end alike.
ends()
{
	local name="ends by $1 amid the work of others" sound=0 cut_off=0 kept=0 i status wrong=

	is_wanted "$name" || return
	: >"$work/unsound"
	for i in 1 2 3 4 5; do
		{
			LD_PRELOAD=$preload LOCKDEP_LITE="quiet:memory=8M:out=$arenas/%p.ldl" \
				timeout -k 5 60 "$work/busywork" $RANDOM "$1" $((RANDOM % 50000)) \
				>"$work/out" 2>"$work/err"
		} 2>/dev/null
		status=$?
		[ $status = "$2" ] || wrong+="status $status instead of $2 "
		[ "$(cat "$work/out" "$work/err")" = 'at work' ] || wrong+=$(cat "$work/out" "$work/err")
	done
	examine
	if [ -z "$wrong" ] && [ ! -s "$work/unsound" ] && [ $sound -ge 5 ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong" "$(cat "$work/unsound")" "$sound files are sound"
	fi
} 2>/dev/null
ends abort 134
ends overflow 139
ends _exit 33
ends exit 34

is_written()
{
	"$lockdep_lite" doctor "$1" | grep -q 'being written'
}

# What the doctor says, and of which files.
if is_wanted 'doctor'; then
	cd "$work" || exit
	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:memory=2M:out=$work/kept" ./busywork 1 exit 20000 >/dev/null
	expect 'doctor: a sound file without a telling name' 0 "$lockdep_lite" doctor kept
	head -c 100000 kept >short.ldl
	expect 'doctor: a file that was cut short' 2 "$lockdep_lite" doctor kept short.ldl
	says out 'no    short.ldl: damaged: '"$(sed -n 's/.*damaged: //p' out)"
	echo text >text.ldl
	expect 'doctor: a file that is none of ours' 2 "$lockdep_lite" doctor text.ldl
	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$work/live.ldl" ./busywork 1 >/dev/null &
	wait_until is_written live.ldl
	expect 'doctor: a file that is being written' 1 "$lockdep_lite" doctor live.ldl
	kill -KILL $!
	wait $! 2>/dev/null
	cd - >/dev/null || exit
fi 2>/dev/null

finish
