#!/bin/bash
# Many locks held, alive, dead; many threads; every table full. Nothing crashes, the program does not
# notice, and the report says how much was not seen.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build crowd crowd.c

# With the default memory everything of this size is seen: no drops.
complete()
{
	local name="crowd $1: nothing dropped" drops

	is_wanted "$name" || return
	check "crowd $1" '' "$work/crowd" "$1" -- "error lock-order L1 $2"
	drops=$(drops_of "$dir" 2>&1)
	if [ "$drops" = 0 ]; then
		ok "$name"
	else
		not_ok "$name" "drops: $drops" "$(cat "$dir/log" 2>/dev/null)"
	fi
}
# held COUNT: the shortest way round is held[0], held[COUNT - 1], whatever lies between.
held()
{
	local name="crowd hold_$1" wrong found drops

	is_wanted "$name" || return
	dir=$work/runs/hold_$1
	run_both "$dir" '' "$work/crowd" "hold_$1"
	wrong=$(differences "$dir")
	found=$(python3 $src/findings.py "$dir/json" 2>&1)
	drops=$(drops_of "$dir")
	if [ -n "$wrong" ]; then
		not_ok "$name" "$wrong"
	elif [ "$found" = "error lock-order L1 held[0] -> held[$(($1 - 1))] -> held[0]" ]; then
		ok "$name: reported, dropped: $drops"
	elif [ "$2" = may_drop ] && [ -z "$found" ] && [ "$drops" -gt 0 ]; then
		ok "$name: half a million orders do not fit, dropped: $drops"
	else
		not_ok "$name" "$found" "dropped: $drops"
	fi
}
held 65 ''
held 129 ''
held 1000 may_drop
ab='lock_a -> lock_b -> lock_a'
complete live_100000 "$ab"
complete threads_10000 "$ab"
complete threads_2000 "$ab"
complete detached_1000 "$ab"

# Past the held stack's end locks are counted, and afterwards orders are seen again.
if is_wanted 'crowd hold_5000'; then
	check 'crowd hold_5000: seen again afterwards' '' "$work/crowd" hold_5000 -- \
		"error lock-order L1 $ab"
	drops=$(drops_of "$dir")
	if [ "$drops" -ge $((2 * (5000 - 4096))) ]; then
		ok 'crowd hold_5000: the overflow is counted'
	else
		not_ok 'crowd hold_5000: the overflow is counted' "drops: $drops" "$(cat "$dir/log")"
	fi
fi

# full CASE: an arena of one megabyte cannot hold what the case makes.
full()
{
	local name="full: $1" wrong drops

	is_wanted "$name" || return
	dir=$work/runs/$1
	run_both "$dir" --memory=1M "$work/crowd" "$1"
	wrong=$(differences "$dir")
	drops=$(drops_of "$dir" 2>&1)
	if [ -z "$wrong" ] && [ "$drops" -gt 0 ]; then
		ok "$name: $drops not seen"
	else
		not_ok "$name" "$wrong" "drops: $drops" "$(head -n 40 "$dir/log")"
	fi
	# The default memory, for the same work: no crash either, whatever is seen.
	dir=$work/runs/$1.default
	run_both "$dir" '' "$work/crowd" "$1"
	wrong=$(differences "$dir")
	if [ -z "$wrong" ]; then
		ok "$name, with the default memory: $(drops_of "$dir") not seen"
	else
		not_ok "$name, with the default memory" "$wrong"
	fi
}
for table in classes instances edges chains threads held findings sites strings; do
	full fill_$table
done

finish
