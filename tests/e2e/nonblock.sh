#!/bin/bash
# Rule A13: mode=nonblock keeps no graph. What a context that must not block does itself is found, by
# the launcher's mode and by the environment alone; lock orders are not looked at.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

# Weak: the preload library answers. Linked: the program starts the checker itself.
build weak nonblock.c -Icore/include -DLDL_WEAK
build linked nonblock.c -Icore/include -L"$O" -Wl,-rpath,"$O" -llockdep_lite

# inside CASE RULE: the one finding, with the launcher.
inside()
{
	local name="nonblock mode, $1: $2" found

	is_wanted "$name" || return
	dir=$work/runs/$1
	run_both "$dir" --mode=nonblock "$work/weak" "$1"
	found=$(python3 $src/findings.py "$dir/json" 2>&1 | cut -d' ' -f1-3)
	if [ "$found" = "error nonblock $2" ] && [ -z "$(differences "$dir")" ]; then
		ok "$name"
	else
		not_ok "$name" "found: $found" "$(differences "$dir")" "$(cat "$dir/log")"
	fi
}

a13_what_blocks_in_the_context_is_reported()
{
	inside alloc A2
	inside noio A3
	inside wait A6
	inside sleep A6
	inside condition A6
}

# Printed as it is found, without the launcher's help.
a13_without_the_launcher_it_is_reported()
{
	local printed

	is_wanted 'nonblock mode by the environment' || return
	printed=$(LOCKDEP_LITE="mode=nonblock:out=$work/linked.ldl" "$work/linked" alloc 2>&1)
	if [[ $printed == *'error: A2:'*done ]]; then
		ok 'nonblock mode by the environment: A2'
	else
		not_ok 'nonblock mode by the environment: A2' "$printed"
	fi
}

# The same program, with a graph and without: only then is there something to report.
a13_cycles_are_silent()
{
	check 'cycles, with a graph' --strict "$work/weak" cycles -- 'error lock-order L1 a -> b -> a' \
		'error nonblock A1 a -> non-blocking section -> a'
	check 'nonblock mode, cycles: silent' --mode=nonblock "$work/weak" cycles --
}

a13_what_is_done_beside_the_context_is_silent()
{
	check 'nonblock mode, beside: silent' --mode=nonblock "$work/weak" beside --
	check 'nonblock mode, condition beside: silent' --mode=nonblock "$work/weak" no_condition --
}

# With a graph: a pthread lock that is tried in vain was tried all the same.
a8_a_try_that_failed_is_silent()
{
	check 'A8: a notifier tries a pthread mutex in vain: silent' '' "$work/weak" busy_notifier --
}

a13_what_blocks_in_the_context_is_reported
a8_a_try_that_failed_is_silent
a13_without_the_launcher_it_is_reported
a13_cycles_are_silent
a13_what_is_done_beside_the_context_is_silent
finish
