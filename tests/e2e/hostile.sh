#!/bin/bash
# Limits, sandboxes, missing descriptors, other roots, full disks: the program runs as if alone.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build hostile hostile.c
abba='error lock-order L1 lock_a -> lock_b -> lock_a'

# same NAME COMMAND…: the program must not notice; what was found is another matter here. A program
# that ends with 77 even alone could not make its surroundings.
same()
{
	local name=$1 wrong
	shift
	is_wanted "$name" || return
	dir=$work/runs/${name// /_}
	run_both "$dir" "${options:-}" "$@"
	if [ "$(cat "$dir/bare.status")" = 77 ]; then
		skip "$name" 'this system does not let us'
		return
	fi
	wrong=$(differences "$dir")
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong" "$(head -n 20 "$dir/log")"
	fi
}

# also_found NAME: the last program's order was seen all the same.
also_found()
{
	local name="$1: seen all the same" found

	is_wanted "$name" || return
	found=$(python3 $src/findings.py "$dir/json" 2>&1)
	if [ "$(cat "$dir/bare.status")" = 77 ]; then
		skip "$name" 'this system does not let us'
	elif [ "$found" = "$abba" ]; then
		ok "$name"
	else
		not_ok "$name" "$found" "$(head -n 20 "$dir/log")"
	fi
}

same 'sandboxed threads' "$work/hostile" sandboxed_threads
same 'sandboxed main thread' "$work/hostile" sandboxed_main
same 'strict sandbox' "$work/hostile" strict_sandbox
for limit in address_space files; do
	same "limited $limit" "$work/hostile" limited_$limit
	also_found "limited $limit"
done
same 'lowest descriptor' "$work/hostile" lowest_descriptor
also_found 'lowest descriptor'
same 'everything closed by the program' "$work/hostile" closes_everything
also_found 'everything closed by the program'
same 'other root' "$work/hostile" other_root
also_found 'other root'
same 'unmapped locks' "$work/hostile" unmapped_lock
also_found 'unmapped locks'
same 'errno' "$work/hostile" errno_stays

# Limits that are there before the program starts: the shell, which is watched too, sets them.
for limit in '-v 102400' '-n 4' '-f 0' '-l 0' '-s 256'; do
	same "ulimit $limit" sh -c "ulimit $limit && exec '$work/hostile' abba"
done
same 'descriptors 0 to 2 closed' sh -c "'$work/hostile' closed_descriptors <&- >&- 2>&-"

# The command itself with its descriptors closed.
if is_wanted 'the command without descriptors 0 to 2'; then
	"$lockdep_lite" run -o "$work/closed.ldl" --log="$work/closed.log" -- "$work/hostile" closed_descriptors <&- >&- 2>&-
	status=$?
	if [ $status = 11 ]; then
		ok 'the command without descriptors 0 to 2'
	else
		not_ok 'the command without descriptors 0 to 2' "status $status" "$(cat "$work/closed.log")"
	fi
fi

# preloaded NAME FOLDER: without the command, with an arena in FOLDER.
preloaded()
{
	local name=$1 status

	is_wanted "$name" || return
	LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$2/%e.%p.ldl" "$work/hostile" abba \
		>"$work/out" 2>"$work/err"
	status=$?
	if [ $status = 0 ] && [ "$(cat "$work/out")" = 'abba is done' ] && [ "$(wc -l <"$work/err")" -le 1 ]; then
		ok "$name"
	else
		not_ok "$name" "status $status" "$(cat "$work/out" "$work/err")"
	fi
}
preloaded 'arena in a folder that does not exist' "$work/no/such/folder"
preloaded 'arena in /proc' /proc/self

small=$work/small
mkdir "$small"
if mount -t tmpfs -o size=1m tmpfs "$small" 2>/dev/null; then
	preloaded 'arena on a tmpfs of one megabyte' "$small"
	preloaded 'arena beside another on it' "$small"
	dd if=/dev/zero of="$small/fill" bs=64k 2>/dev/null
	preloaded 'arena on a full tmpfs' "$small"
	umount "$small"
else
	for name in 'arena on a tmpfs of one megabyte' 'arena on a full tmpfs'; do
		skip "$name" 'no tmpfs can be mounted here'
	done
fi

# Nothing can be written anywhere, /dev/shm included.
read_only='mount -o remount,ro,bind / && mount -o remount,ro,bind /dev/shm 2>/dev/null; exec "$@"'
if is_wanted 'read-only root'; then
	if [ "$(unshare -m sh -c "$read_only" - sh -c 'touch /read-only 2>/dev/null || echo yes' 2>&1)" = yes ]; then
		unshare -m sh -c "$read_only" - "$lockdep_lite" run -o "$work/read-only.ldl" -- "$work/hostile" abba \
			>"$work/out" 2>"$work/err"
		status=$?
		if [ $status = 0 ] && [ "$(cat "$work/out")" = 'abba is done' ]; then
			ok 'read-only root'
		else
			not_ok 'read-only root' "status $status" "$(cat "$work/out" "$work/err")"
		fi
	else
		skip 'read-only root' 'no mount namespace can be made here'
	fi
fi

finish
