#!/bin/bash
# Which verdicts cycles get, and what is silent: a table of small programs, each with its silent twin,
# as they are seen by default and with --strict.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build c verdicts.c $src/verdicts_*.c
build cxx verdicts_cxx.cc

runs=$work/runs
mkdir "$runs"

# What all cases were found to be, by default and with --strict.
as_default() { python3 $src/findings.py --by-folder "$work/json"; }
as_strict() { python3 $src/findings.py --by-folder "$work/json.strict"; }

# expect COLUMN CASE TEXT: what is between commas, a line each.
expect()
{
	[ -z "$3" ] || sed "s/^ */$2: /" <<<"${3//,/$'\n'}" >>"$work/$1.expected"
}

# verdict PROGRAM CASE DEFAULT STRICT: runs the case, which must do as if alone. DEFAULT and STRICT are
# what it must be found to be: verdict, rule and path of each cycle, with commas between them, or
# nothing; STRICT may be `=`, the same. judge() has the findings of all cases read at once.
verdict()
{
	local name=$1-$2

	is_wanted "$name" || return
	{ timeout -k 5 60 "$work/$1" "$2" >"$work/bare" 2>&1 </dev/null; } 2>/dev/null
	echo "status $?" >>"$work/bare"
	mkdir "$runs/$name"
	{
		timeout -k 5 120 "$lockdep_lite" run --quiet --log="$runs/$name/log" -o "$runs/$name/arena" -- \
			"$work/$1" "$2" >"$work/watched" 2>&1 </dev/null
	} 2>/dev/null
	echo "status $?" >>"$work/watched"
	grep -qx 'status 0' "$work/bare" || cat "$work/bare" >"$runs/$name/wrong"
	diff -u "$work/bare" "$work/watched" >>"$runs/$name/wrong"
	expect default "$name" "$3"
	expect strict "$name" "${4/#=/$3}"
	names+=("$name")
}

# judge COLUMN: what was expected and not found, and the other way round, as lines of a diff.
judge()
{
	"as_$1" 2>&1 | sort >"$work/$1.found"
	sort "$work/$1.expected" | comm -3 - "$work/$1.found" |
		sed "s/^[^\t]/$1: expected: &/; s/^\t/$1: found: /" >>"$work/wrong"
}

# not_yet WHY CASE…: what the engine is known to get wrong. Shown as skipped; once it is right, the case
# fails until it is taken out here.
declare -A why_not
not_yet()
{
	for name in "${@:2}"; do
		why_not[$name]=$1
	done
}

# Says of each case how it went.
tell()
{
	local name wrong

	"$lockdep_lite" report --json "$runs"/*/arena* >"$work/json" 2>"$work/err"
	"$lockdep_lite" report --strict --json "$runs"/*/arena* >"$work/json.strict" 2>>"$work/err"
	[ -s "$work/json" ] || not_ok 'a report of all cases' "$(cat "$work/err")"
	judge default
	judge strict
	for name in "${names[@]}"; do
		wrong=$(cat "$runs/$name/wrong"; grep -E "^[a-z]+: [a-z]+: $name: " "$work/wrong")
		if [ -z "$wrong" ] && [ -n "${why_not[$name]:-}" ]; then
			not_ok "$name" 'is right by now: take it out of not_yet'
		elif [ -z "$wrong" ]; then
			ok "$name"
		elif [ -n "${why_not[$name]:-}" ]; then
			skip "$name" "${why_not[$name]}"
		else
			not_ok "$name" "$wrong"
		fi
	done
}

names=()
: >"$work/default.expected" >"$work/strict.expected"
ab='L1 lock_a -> lock_b -> lock_a'
abc='L1 lock_a -> lock_b -> lock_c -> lock_a'

# Gates.
verdict c gate_always 'gated 1' =
verdict c gate_except_first "predicted $ab" =
verdict c gate_except_last "predicted $ab" =
verdict c gate_on_one_side "predicted $ab" =
verdict c gate_differs "predicted $ab" =
verdict c gates_overlap 'gated 1' =
verdict c gate_over_two_of_three 'gated 1' =
verdict c gate_over_one_of_three "predicted $abc" =
verdict c gate_on_the_short_way 'gated 1, predicted L1 lock_a -> lock_c -> lock_b -> lock_a' =
verdict c gate_on_both_ways 'gated 2' =
verdict c gate_in_the_middle \
	'gated 2, predicted L1 gate -> lock_a -> gate, predicted L1 gate -> lock_b -> gate' =
verdict c gate_and_its_own_inversion 'gated 1, predicted L1 gate -> lock_a -> gate' =
verdict c gate_released_early "predicted $ab" =
verdict c gate_released_early_on_one_side "predicted $ab" =
verdict c recursive_gate 'gated 1' =
verdict c recursive_gate_all_released "predicted $ab" =
verdict c spin_gate 'gated 1' =
verdict c spin_on_one_side "predicted $ab" =
verdict c trylock_gate 'gated 1' =
verdict c trylock_gate_that_was_busy "potential $ab" =
verdict c timed_gate 'gated 1' =
verdict c readers_gate "predicted $ab" =
verdict c reader_and_writer_gate 'gated 1' =
verdict c writers_gate 'gated 1' =
verdict c reader_and_trying_writer_gate 'gated 1' =
verdict c readers_and_writers_gate "predicted $ab" =
# While it waits, the gate is open: a is then held, and the gate waited for.
verdict c wait_in_the_middle_of_the_gate 'gated 2, predicted L1 gate -> lock_a -> gate' =
verdict c wait_before_the_order 'gated 1' =
verdict c gate_made 'gated 1' =
verdict c gates_of_one_class "predicted $ab" =
verdict c gate_made_anew "predicted $ab" =
verdict c gate_far_below 'gated 1' =
verdict c gate_of_the_writers 'gated 1' =
verdict c reader_without_the_gate_of_the_writers 'predicted L1 lock_b -> table -> lock_b' =

# Threads.
verdict c two_threads "predicted $ab" =
verdict c two_threads_one_order '' =
verdict c main_alone '' "single-thread $ab"
verdict c main_alone_often '' "single-thread $ab"
verdict c worker_alone '' "single-thread $ab"
verdict c one_does_both_other_one "predicted $ab" =
verdict c three_edges_three_threads "predicted $abc" =
verdict c three_edges_two_threads "potential $abc" =
verdict c three_edges_one_thread '' "single-thread $abc"
verdict c three_edges_each_by_all "predicted $abc" =
verdict c four_edges_two_threads \
	'potential L1 lock_a -> lock_b -> lock_c -> lock_d -> lock_a' =
verdict c siblings_apart "potential $ab" =
verdict c siblings_apart_one_order '' =
verdict c a_thread_for_each_task "potential $ab" =
verdict c a_thread_for_each_task_one_order '' =
verdict c churn_of_100000 "predicted $ab" =
verdict c churn_of_one_order '' =
verdict c pool_of_one '' "single-thread $ab"
verdict c pool_of_four "predicted $ab" =
verdict c detached_side "predicted $ab" =
verdict c detached_one_order '' =
verdict c detached_alone '' "single-thread $ab"
verdict c detached_before "predicted $ab" =
verdict c far_apart "predicted $ab" =
verdict c far_apart_one_order '' =
verdict c timed_second "bounded $ab" =
verdict c timed_second_on_both_sides "bounded $ab" =
verdict c timed_and_not "predicted $ab" =
verdict c timed_by_one_thread '' "single-thread $ab"
verdict c timed_siblings_apart "bounded $ab" =
verdict c timed_unless_gated "bounded $ab" =
verdict c gated_then_alone '' "single-thread $ab"
verdict c gated_then_ordered '' "ordered $ab"
verdict c rises_with_threads "predicted $ab" =
verdict c rises_late "predicted $ab" =
verdict c rises_never '' "single-thread $ab"
verdict c rises_after_many_threads "predicted $ab" =
verdict c many_threads_between '' "single-thread $ab"
verdict c late_worker "predicted $ab" =
verdict c no_late_worker '' "single-thread $ab"
verdict c again_after_many_threads "predicted $ab" =
verdict c not_again_after_many_threads '' "ordered $ab"
verdict c forked_child_inverts '' =
verdict c forked_child_goes_on "predicted $ab" "ordered $ab, predicted $ab"

# The order of threads.
verdict c init_phase '' "ordered $ab"
verdict c init_phase_and_again "predicted $ab" =
verdict c init_phase_one_order '' =
verdict c init_after_an_idle_thread '' "ordered $ab"
verdict c constructor '' "ordered $ab"
verdict c constructor_and_again "predicted $ab" =
verdict c at_exit_after_joining '' "ordered $ab"
verdict c at_exit_with_a_thread "predicted $ab" =
verdict c parent_before_create '' "ordered $ab"
verdict c parent_after_create "predicted $ab" =
verdict c parent_before_and_after_create "predicted $ab" =
verdict c grandparent_before_create '' "ordered $ab"
verdict c grandparent_meanwhile "predicted $ab" =
verdict c created_by_the_elder '' "ordered $ab"
verdict c elder_after_creating "predicted $ab" =
verdict c joined_before '' "ordered $ab"
verdict c joined_all_before '' "ordered $ab"
verdict c joined_before_and_again "predicted $ab" =
verdict c joined_at_once '' "ordered $ab"
verdict c joined_the_other_one "predicted $ab" =
verdict c join_of_a_joiner '' "ordered $ab"
verdict c join_of_one_that_did_not_join "predicted $ab" =
verdict c joined_by_a_child '' "ordered $ab"
verdict c tryjoin '' "ordered $ab"
verdict c timedjoin '' "ordered $ab"
verdict c clockjoin '' "ordered $ab"
verdict c c11_join '' "ordered $ab"
verdict c joins_in_vain "predicted $ab" =
verdict c joined_after_pthread_exit '' "ordered $ab"
verdict c joined_after_cancel '' "ordered $ab"
verdict c joined_after_destructors '' "ordered $ab"

# Locks of one class, by instance; classes, by instances that never meet.
nodes='L2 make_nodes -> make_nodes'
sides='L1 make_lefts_and_rights -> make_lefts_and_rights -> make_lefts_and_rights'
verdict c by_address '' =
verdict c by_address_except_once "predicted $nodes -> make_nodes" =
verdict c by_index '' =
verdict c by_tree '' =
verdict c tree_upwards_once "predicted $nodes -> make_nodes" =
verdict c hand_over_hand '' =
verdict c hand_over_hand_in_a_ring "potential $nodes$(printf ' -> make_nodes%.0s' {3..65})" =
verdict c pair_both_ways "predicted $nodes -> make_nodes" =
verdict c three_accounts "predicted $nodes -> make_nodes -> make_nodes" =
verdict c five_philosophers \
	"predicted $nodes -> make_nodes -> make_nodes -> make_nodes -> make_nodes" =
verdict c five_philosophers_one_after_the_other \
	"predicted $nodes -> make_nodes -> make_nodes -> make_nodes -> make_nodes" =
verdict c ring_in_turn 'gated 1' =
verdict c ring_in_turn_but_once "potential $nodes$(printf ' -> make_nodes%.0s' {3..9})" =
verdict c ring_in_turn_for_a_while "predicted $nodes$(printf ' -> make_nodes%.0s' {3..13})" =
verdict c five_with_a_left_hander '' =
verdict c one_philosopher '' \
	"single-thread $nodes -> make_nodes -> make_nodes -> make_nodes -> make_nodes"
verdict c philosophers_and_waiter 'gated 1' =
verdict c pair_one_after_the_other '' "ordered $nodes -> make_nodes"
verdict c children_under_a_parent 'gated 1' =
verdict c children_under_two_parents "predicted $nodes -> make_nodes" =
verdict c disjoint_instances "potential $sides" =
verdict c disjoint_instances_one_order '' =
verdict c disjoint_instances_meet_later "predicted $sides" =
verdict c disjoint_instances_one_thread '' "single-thread $sides"
verdict c disjoint_instances_joined_before '' "ordered $sides"
verdict c same_life 'predicted L1 lock_a -> make_reborn -> lock_a' =
verdict c another_life_of_another_class '' =
verdict c lives_of_one_class 'potential L1 lock_a -> make_reborn -> lock_a' =
verdict c lives_of_one_class_one_order '' =
verdict c middle_lock_destroyed 'predicted L1 lock_a -> lock_c -> lock_a' =
verdict c middle_lock_destroyed_one_order '' =
verdict c crowd_in_random_order '' =

# C++.
mutexes='L1 mutex_a -> mutex_b -> mutex_a'
verdict cxx two_threads "predicted $mutexes" =
verdict cxx two_threads_one_order '' =
verdict cxx one_thread '' "single-thread $mutexes"
verdict cxx gate_always 'gated 1' =
verdict cxx gate_on_one_side "predicted $mutexes" =
verdict cxx recursive_gate 'gated 1' =
verdict cxx readers_gate "predicted $mutexes" =
verdict cxx reader_and_writer_gate 'gated 1' =
verdict cxx trylock_gate 'gated 1' =
verdict cxx scoped_both '' =
verdict cxx wait_before_the_order 'gated 1' =
verdict cxx wait_in_the_middle_of_the_gate \
	'gated 2, predicted L1 gate -> mutex_a -> gate' =
verdict cxx timed_second 'bounded L1 mutex_a -> timed -> mutex_a' =
verdict cxx thread_joined_before '' "ordered $mutexes"
verdict cxx thread_meanwhile "predicted $mutexes" =
verdict cxx jthread_joined_before '' "ordered $mutexes"
verdict cxx jthreads_apart "potential $mutexes" =
verdict cxx detached "predicted $mutexes" =
verdict cxx async_before '' "ordered $mutexes"
verdict cxx async_meanwhile "predicted $mutexes" =
verdict cxx static_order '' =
export VERDICTS_EARLY=1
verdict cxx static_order_early '' "ordered $mutexes"
unset VERDICTS_EARLY
verdict cxx thread_local_order '' "ordered $mutexes"

# Memory that is used again, freed, unmapped, or left by a thread or a function.
inside='L1 inside_a -> lock_a -> inside_a'
verdict c heap_no_reuse "predicted $inside" =
verdict c heap_reuse '' =
verdict c heap_reuse_by_realloc '' =
verdict c heap_nodes_no_reuse 'predicted L2 take_all -> take_all -> take_all' =
verdict c heap_reuse_by_nodes '' =
verdict c stack_no_reuse "predicted $inside" =
verdict c stack_reuse '' =
verdict c stack_reuse_by_one_thread '' =
verdict c thread_stack_reuse '' =
verdict c mapping_no_reuse "predicted $inside" =
verdict c mapping_reuse '' =
verdict c mapping_over_mapping '' =
verdict cxx heap_no_reuse_by_nodes 'predicted L1 nest_nodes -> nest_nodes -> nest_nodes' =
verdict cxx heap_reuse_by_nodes '' =

tell

# report_of CASE: into $work/json, from the arena of the case.
report_of()
{
	is_wanted "$1" && "$lockdep_lite" report --json "$runs/$1/arena" >"$work/json" 2>"$work/err"
	[ -s "$work/json" ] && is_wanted "$1"
}

# A cycle inside a class names the very locks: as many as there are, each held by the next one's waiter.
for case in pair_both_ways=2 three_accounts=3 five_philosophers=5 disjoint_instances_meet_later=2; do
	report_of "c-${case%=*}" || continue
	found=$(python3 $src/findings.py --rings "$work/json" 2>&1)
	if [ "$found" = "${case#*=}" ]; then
		ok "c-${case%=*}: its ${case#*=} locks are named"
	else
		not_ok "c-${case%=*}: its ${case#*=} locks are named" "$found"
	fi
done

# says CASE WHAT WORDS COMMAND…: the command's output has the words, broken into lines or not.
says()
{
	local name="$1: $2" words=$3
	shift 3
	"$lockdep_lite" "$@" 2>&1 | tr -s '\n ' '  ' >"$work/said"
	if grep -qE "$words" "$work/said"; then
		ok "$name"
	else
		not_ok "$name" "$(cat "$work/said")"
	fi
}

# A ring that is passed on in turn: why it is gated, in every form; a merge keeps it, unless another run
# has the same one out of turn.
if is_wanted c-ring_in_turn && is_wanted c-ring_in_turn_but_once && is_wanted c-five_philosophers; then
	turn='passed on in turn: [0-9]{2,} nestings of this class'
	ring=$runs/c-ring_in_turn/arena
	says c-ring_in_turn text "verdict gated: $turn" report --all "$ring"
	says c-ring_in_turn JSON "\"verdict_means\": *\"$turn.*\"turns\": *[0-9]{2,}" report --all --json "$ring"
	says c-ring_in_turn SARIF "gated: $turn" report --all --sarif "$ring"
	says c-ring_in_turn explained 'Whoever goes on from one of the 8 locks to the next begins where' report --all \
		--explain "$("$lockdep_lite" report --all --json "$ring" | sed -n 's/.*"id": *"\([0-9a-f]*\)".*/\1/p' | head -n 1)" \
		"$ring"
	"$lockdep_lite" merge -o "$work/in_turn" "$ring" "$runs/c-five_philosophers/arena" 2>"$work/err"
	says c-ring_in_turn merged "verdict gated: $turn" report --all "$work/in_turn"
	"$lockdep_lite" merge -o "$work/but_once" "$ring" "$runs/c-ring_in_turn_but_once/arena" 2>"$work/err"
	says c-ring_in_turn 'merged with one that is not' 'verdict potential: .*the chain \(8 edges\)' report \
		"$work/but_once"
	says c-ring_in_turn compared 'potential' diff "$ring" "$runs/c-ring_in_turn_but_once/arena"
fi

# What comes and goes needs no room for good. A hundred thousand locks in one order need more than there
# is for the evidence of all of it, and that is all that is left out.
for case in churn_of_100000 churn_of_one_order; do
	report_of "c-$case" || continue
	found=$(python3 $src/findings.py --drops "$work/json" 2>&1)
	if [ "$found" = 0 ]; then
		ok "c-$case: nothing was dropped"
	else
		not_ok "c-$case: nothing was dropped" "$found"
	fi
done
if report_of c-crowd_in_random_order; then
	found=$(python3 -c 'import json, sys
run = json.load(open(sys.argv[1]))
print(run["locks"], *run["drops"], run["repairs"])' "$work/json" 2>&1)
	if [ "$found" = '100000 witnesses 0' ]; then
		ok 'c-crowd_in_random_order: all locks were seen'
	else
		not_ok 'c-crowd_in_random_order: all locks were seen' "$found"
	fi
fi

finish
