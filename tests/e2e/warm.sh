#!/bin/bash
# A warm program makes not one system call of ours: between two marks strace sees the calls that the
# bare program makes, as many of each, and no others; in all modes, with and without allocations.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build warm warm.c

# calls_of FILE: how many of each call there are between the marks. A call that another thread's
# interrupts is shown in two halves.
calls_of()
{
	sed -n '/"warm begins/,/"warm ends/p' "$1" | grep -vE 'resumed>|\+\+\+|---' |
		sed -E 's/^[0-9]+ +//; s/\(.*//' | sort | uniq -c
}

# trace NAME LIBRARY OPTIONS [cold]: runs the program under strace, into NAME.out and NAME.calls.
trace()
{
	timeout -k 5 120 strace -f -qq -E LD_PRELOAD="$2" -E LOCKDEP_LITE="$3:out=$work/$1.ldl" \
		-o "$work/$1.trace" "$work/warm" ${4:-} >"$work/$1.out" 2>"$work/$1.err" </dev/null
	echo "status $?" >>"$work/$1.out"
	calls_of "$work/$1.trace" >"$work/$1.calls"
}

if ! strace -o "$work/try" true 2>"$work/why"; then
	skip 'no system call of ours in a warm program' "strace cannot trace: $(head -n 1 "$work/why")"
	finish
fi
trace bare '' ''
if [ "$(awk '{ print $2 }' "$work/bare.calls" | paste -sd' ')" = 'futex write' ]; then
	ok 'the bare program makes the calls that it should'
else
	not_ok 'the bare program makes the calls that it should' "$(cat "$work/bare.calls")"
fi

trace bare-cold '' '' cold
trace check-cold "$preload" quiet cold
if diff "$work/bare-cold.calls" "$work/check-cold.calls" | grep -q '^> .*madvise'; then
	ok 'a cold program makes some of ours'
else
	not_ok 'a cold program makes some of ours' "$(cat "$work/check-cold.calls")"
fi

# warm NAME LIBRARY OPTIONS
warm()
{
	local name="no system call of ours in a warm program, $1" wrong

	is_wanted "$name" || return
	trace "$@"
	wrong=$(diff "$work/bare.calls" "$work/$1.calls"; diff "$work/bare.out" "$work/$1.out"
		cat "$work/$1.err"
		"$lockdep_lite" report "$work/$1.ldl" 2>&1 >"$work/said" | head -n 3
		# Nothing of ours would be easy for a library that watches nothing.
		grep -qE '^  .* 4 threads$' "$work/said" || cat "$work/said")
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong"
	fi
}
warm check "$preload" quiet
warm prod "$preload" quiet:mode=prod
warm check-alloc "${preload%.so}_alloc.so" quiet
warm prod-alloc "${preload%.so}_alloc.so" quiet:mode=prod
warm nonblock-alloc "${preload%.so}_alloc.so" quiet:mode=nonblock

finish
