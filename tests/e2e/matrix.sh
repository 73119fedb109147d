#!/bin/bash
# Which lock orders of compiled programs are reported, over which path, and which are silent; each
# program must do the same, watched and alone.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build order order.c
build kinds kinds.c
build cond cond.c
build cxx cxx.cc
build sameclass sameclass.c

ab='lock_a -> lock_b -> lock_a'

# has_edge NAME LINE…: the last case's edges begin and end with these functions and threads.
has_edges()
{
	local name=$1 line found
	shift
	is_wanted "$name" || return
	found=$(python3 $src/findings.py --edges "$dir/json" 2>&1)
	for line in "$@"; do
		if ! grep -Eq "$line" <<<"$found"; then
			not_ok "$name" "no edge like $line in:" "$found"
			return
		fi
	done
	ok "$name"
}

# ring COUNT: the path ring[0] … as findings.py writes it is long; its length is what counts.
ring()
{
	local name="order ring_of_$1" found

	is_wanted "$name" || return
	dir=$work/runs/ring_of_$1
	run_both "$dir" '' "$work/order" "ring_of_$1"
	found=$(differences "$dir"; python3 $src/findings.py "$dir/json" 2>&1)
	if [ "$(wc -l <<<"$found")" = 1 ] && [[ $found == 'error lock-order L1 '* ]] &&
		[ "$(grep -o ' -> ' <<<"$found" | wc -l)" = "$1" ] &&
		[ "$(tr -s ' >-' '\n' <<<"$found" | grep '^ring' | sort -u | wc -l)" = "$1" ]; then
		ok "$name"
	else
		not_ok "$name" "$(cut -c 1-500 <<<"$found")"
	fi
}

reported order abba "error lock-order L1 $ab"
has_edges 'order abba: both stacks' \
	'^lock_a -> lock_b .*: .*take_a_then_b.* / .*take_a_then_b' \
	'^lock_b -> lock_a .*: .*take_b_then_a.* / .*take_b_then_a'
# The callers are those of this acquisition, not of an earlier one of the same lock.
reported order wrapped "error lock-order L1 $ab"
if is_wanted 'order wrapped'; then
	edges=$(python3 $src/findings.py --edges "$dir/json" 2>&1)
	if grep -q other_user_of_both <<<"$edges"; then
		not_ok 'order wrapped: no stack of somebody else' "$edges"
	else
		ok 'order wrapped: no stack of somebody else'
	fi
fi
reported order abba_often "error lock-order L1 $ab"
silent order same_order
reported order three_threads 'error lock-order L1 lock_a -> lock_b -> lock_c -> lock_a'
ring 20
ring 1000
reported order trylock_first "error lock-order L1 $ab"
silent order trylock_second
reported order writer_against_reader 'error lock-order L1 lock_a -> table -> lock_a'
silent order reader_against_reader
silent order readers_only
reported order fair_readers 'error lock-order L1 fair -> lock_a -> fair'
reported order through_a_spin_lock 'error lock-order L1 lock_a -> through_a_spin_lock -> lock_a'
reported order destroyed_in_the_middle 'error lock-order L1 lock_a -> lock_c -> lock_a'
silent order reused_address
reported order out_of_order_unlock 'error lock-order L1 lock_b -> lock_c -> lock_b'
silent order out_of_order_unlock_silent
silent order recursive_relock
reported order recursive_half_released 'error lock-order L1 lock_a -> recursive -> lock_a'
reported order two_cycles "error lock-order L1 $ab" 'error lock-order L1 lock_a -> lock_c -> lock_a'

reported kinds adaptive_abba 'error lock-order L1 adaptive -> lock_a -> adaptive'
reported kinds errorcheck_abba 'error lock-order L1 errorcheck -> lock_a -> errorcheck'
reported kinds pi_abba 'error lock-order L1 lock_a -> make_special -> lock_a'
reported kinds robust_abba 'error lock-order L1 lock_a -> make_special -> lock_a'
silent kinds timed_out
reported kinds timed_side "warning lock-order L1 $ab"
reported kinds timed_first "error lock-order L1 $ab"
reported kinds owner_dead 'error lock-order L1 lock_a -> make_special -> lock_a'
silent kinds not_recoverable
reported kinds pshared_across_fork 'error lock-order L1 lock_a -> make_special -> lock_a'
reported kinds double_unlock 'warning misuse L6 lock_a'
reported kinds foreign_unlock 'warning misuse L7 lock_a'
reported kinds init_while_held 'warning misuse L8 special_memory'
reported kinds destroy_while_held 'warning misuse L9 lock_a'

# An error return tells the program itself; a hang does not.
no_error()
{
	local name="$1 $2: no error" found

	is_wanted "$name" || return
	dir=$work/runs/$2
	run_both "$dir" '' "$work/$1" "$2"
	found=$(differences "$dir"; python3 $src/findings.py "$dir/json" 2>&1 | grep -v '^warning')
	if [ -z "$found" ]; then
		ok "$name"
	else
		not_ok "$name" "$found"
	fi
}
no_error kinds errorcheck_relock
no_error kinds rwlock_results

# A program that hangs at its first chance is reported before: live, while it still hangs.
hangs()
{
	local name="kinds $1: reported before it hangs" command

	is_wanted "$name" || return
	reported kinds "$1" "$2"
	LDL_TEST_HANG=60 "$lockdep_lite" run -o "$work/live.ldl" -- "$work/kinds" "$1" \
		>"$work/live" 2>&1 </dev/null &
	command=$!
	wait_until grep -q "$3" "$work/live"
	if kill -TERM $command 2>/dev/null && grep -q "$3" "$work/live"; then
		ok "$name"
	else
		not_ok "$name" "$(cat "$work/live")"
	fi
	wait $command
}
hangs self_deadlock 'error recursion L4 lock_a -> lock_a' 'deadlock: lock_a'
hangs first_chance_deadlock "error lock-order L1 $ab" 'possible deadlock: .*lock_a and lock_b\|lock_b and lock_a'

silent cond only_the_mutex
for wait in wait timedwait clockwait; do
	reported cond reacquire_in_$wait 'error lock-order L1 lock_m -> lock_x -> lock_m'
done
silent cond released_while_waiting
silent cond cancelled_wait
reported cond cancelled_wait_nests 'error lock-order L1 lock_m -> lock_x -> lock_m'
reported cond c11_abba 'error lock-order L1 c11_make -> c11_make -> c11_make'
silent cond c11_try_second
silent cond c11_waits
reported cond c11_reacquire 'error lock-order L1 c11_make -> c11_make -> c11_make'

reported cxx mutex_abba 'error lock-order L1 mutex_a -> mutex_b -> mutex_a'
reported cxx recursive_mutex_abba 'error lock-order L1 mutex_b -> recursive -> mutex_b'
reported cxx timed_mutex_abba 'error lock-order L1 mutex_b -> timed -> mutex_b'
reported cxx recursive_timed_mutex_abba 'error lock-order L1 mutex_b -> recursive_timed -> mutex_b'
reported cxx shared_mutex_abba 'error lock-order L1 mutex_b -> shared -> mutex_b'
reported cxx c_and_cxx 'error lock-order L1 c_lock -> mutex_a -> c_lock'
reported cxx shared_writer 'error lock-order L1 mutex_a -> shared -> mutex_a'
silent cxx shared_readers
reported cxx shared_timed_writer 'error lock-order L1 mutex_a -> shared_timed -> mutex_a'
silent cxx recursive_silent
silent cxx scoped_silent
silent cxx scoped_contended
reported cxx timed_first 'error lock-order L1 mutex_b -> timed -> mutex_b'
silent cxx timed_out
silent cxx conditions_silent
reported cxx reacquire 'error lock-order L1 mutex_a -> mutex_b -> mutex_a'
silent cxx jthreads
silent cxx call_once
silent cxx short_lived_silent
reported cxx thread_destructors 'error lock-order L1 mutex_a -> mutex_b -> mutex_a'

nodes='make_nodes -> make_nodes'
silent sameclass hand_over_hand
silent sameclass ordered_by_address
silent sameclass reshaped_tree
reported sameclass ring_of_three "error lock-order L2 $nodes -> make_nodes -> make_nodes"
reported sameclass pair_both_ways "error lock-order L2 $nodes -> make_nodes"
reported sameclass class_against_list 'error lock-order L1 list_lock -> make_nodes -> list_lock'

# Both ways over 16 nodes: each of the 15 neighbouring pairs is a cycle of two of the same class;
# they are one class, so one finding or one for each pair, but never a longer path.
both_ways()
{
	local name='sameclass hand_over_hand_both_ways' found

	is_wanted "$name" || return
	dir=$work/runs/both_ways
	run_both "$dir" '' "$work/sameclass" hand_over_hand_both_ways
	found=$(differences "$dir"; python3 $src/findings.py "$dir/json" 2>&1 | sort -u)
	if [ "$found" = "error lock-order L2 $nodes -> make_nodes" ]; then
		ok "$name"
	else
		not_ok "$name" "$found"
	fi
}
both_ways

finish
