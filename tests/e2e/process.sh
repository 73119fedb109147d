#!/bin/bash
# Forks, daemons, modules, allocators, ways to end: each process has its own arena, and what happens
# in it is seen; the programs do the same, watched and alone.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build process process.c -ldl
build module.so module.c -fPIC -shared
build heap heap.c
build libearly.so module.c -fPIC -shared -DCONSTRUCTOR
build early early.c -L"$work" -learly -Wl,-rpath,'$ORIGIN'

abba='error lock-order L1 lock_a -> lock_b -> lock_a'

# report_of FILE: the findings of a kept arena.
report_of()
{
	"$lockdep_lite" report --json "$1" >"$1.json" 2>"$1.err"
	python3 $src/findings.py "$1.json" 2>&1
}

# child_reported CASE: nothing in the parent, and one finding in an arena beside the parent's.
child_reported()
{
	local name="process $1: the child's finding" wrong found='' file

	is_wanted "$name" || return
	dir=$work/runs/$1
	run_both "$dir" '' "$work/process" "$1"
	wrong=$(differences "$dir")
	for file in "$dir"/arena.*; do
		case $file in
		*.json | *.err) ;;
		*) [ ! -e "$file" ] || found+=$(report_of "$file") ;;
		esac
	done
	if [ -z "$wrong" ] && [ "$found" = "$abba" ] && [ "$2" = "$(report_of "$dir/arena")" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong" "found: $found" "$(ls "$dir")" "$(cat "$dir/log")"
	fi
}
child_reported fork_child_inverts ''

# A daemon's arena is looked at when the command has ended: the daemon may still be at work.
daemon()
{
	local name='process daemonise: the program does the same'

	is_wanted "$name" || return
	dir=$work/runs/daemonise
	run_both "$dir" '' "$work/process" daemonise
	wait_until grep -q 'is done' "$dir/bare.out"
	wait_until grep -q 'is done' "$dir/watched.out"
	if [ -z "$(differences "$dir")" ]; then
		ok "$name"
	else
		not_ok "$name" "$(differences "$dir")"
	fi
	# Without the command, the file is the daemon's own.
	mkdir "$work/daemon"
	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$work/daemon/%e.%p.ldl" \
		"$work/process" daemonise >"$work/daemon/out"
	wait_until grep -q 'is done' "$work/daemon/out"
	found=$(for file in "$work"/daemon/*.ldl; do report_of "$file"; done)
	if [ "$found" = "$abba" ]; then
		ok 'process daemonise: its finding is in its own arena'
	else
		not_ok 'process daemonise: its finding is in its own arena' "$found" "$(ls "$work/daemon")"
	fi
}
daemon

reported process fork_holding "$abba"
silent process forks_100
export LDL_TEST_VARIABLE=kept
silent process environment
reported process vforks "$abba"
reported process spawns "$abba"
reported process reloaded_module 'error lock-order L1 module_a -> module_b -> module_a'
reported process at_exit "$abba"
reported process main_thread_leaves "$abba"
reported process killed_by_itself "$abba"
reported process underscore_exit "$abba"
reported process signal_in_slow_path "$abba"
reported process named_threads "$abba"
if is_wanted 'process named_threads'; then
	edges=$(python3 $src/findings.py --edges "$dir/json")
	if grep -q 'lock_a -> lock_b .*writer-of-b' <<<"$edges" &&
		grep -q 'lock_b -> lock_a .*writer-of-a' <<<"$edges"; then
		ok 'process named_threads: the names are in the report'
	else
		not_ok 'process named_threads: the names are in the report' "$edges"
	fi
fi

check 'locks in a constructor' '' "$work/early" -- \
	'error lock-order L1 module_a -> module_b -> module_a'

silent heap same_order
reported heap abba "$abba"
silent heap forks

# The same allocator under another program, preloaded beside us, in both orders.
build heap.so heap.c -fPIC -shared
build order order.c
for order in '$1:$LD_PRELOAD' '$LD_PRELOAD:$1'; do
	check "preloaded allocator, $order" '' \
		sh -c "LD_PRELOAD=\"$order\" exec \"\$2\" abba" - "$work/heap.so" "$work/order" -- "$abba"
done

finish
