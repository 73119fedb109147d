#!/bin/bash
# Processes that change what they are half-way: by exec, clone, setuid, chroot, limits. The program
# does as alone; every arena that there is afterwards is sound, belongs to its first owner, and has
# what was seen before the change and after it. Forks, daemons and modules: process.sh; limits from
# the start: hostile.sh; crowds of threads: limits.sh.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build survive survive.c
abba='error lock-order L1 lock_a -> lock_b -> lock_a'

# survives CASE ARENAS: as many arenas, all of them sound, and ARENAS of them have the order in both
# directions.
survives()
{
	local name="survive $1" mode wrong found status=0 file

	for mode in check prod; do
		is_wanted "$name" || continue
		dir=$work/runs/$1.$mode
		mkdir -p "$dir/arenas"
		timeout -k 5 60 "$work/survive" "$1" >"$dir/bare.out" 2>"$dir/bare.err" </dev/null
		echo $? >"$dir/bare.status"
		timeout -k 5 60 env LD_PRELOAD="$preload" \
			LOCKDEP_LITE="quiet:mode=$mode:out=$dir/arenas/%p.ldl" "$work/survive" "$1" \
			>"$dir/watched.out" 2>"$dir/watched.err" </dev/null
		echo $? >"$dir/watched.status"
		if [ "$(cat "$dir/bare.status")" = 77 ]; then
			skip "$name, $mode" 'this system does not let us'
			continue
		fi
		wrong=$(differences "$dir")
		"$lockdep_lite" doctor "$dir"/arenas/* >"$dir/doctor" 2>&1 || wrong+=$(cat "$dir/doctor")
		found=
		for file in "$dir"/arenas/*; do
			"$lockdep_lite" report --json "$file" >"$dir/json" 2>>"$dir/report.err"
			found+=$(python3 $src/findings.py "$dir/json" 2>&1)$'\n'
			[ "$(stat -c '%a %u' "$file")" = "600 $(id -u)" ] || wrong+="mode and owner of $file"
		done
		[ "$(grep -cxF "$abba" <<<"$found")" = "$2" ] || wrong+="found: $found"
		if [ -z "$wrong" ]; then
			ok "$name, $mode: $(ls "$dir/arenas" | wc -l) arenas"
		else
			not_ok "$name, $mode" "$wrong" "$(ls "$dir/arenas")"
		fi
	done
}
survives exec_midway 1
survives exec_in_a_thread 1
survives clone_vfork 1
survives clone_vm 1
survives clone_copy 1
survives fork_unknown_to_libc 1
survives under_fork 1
survives setuid_midway 1
survives chroot_midway 1
survives limited_memory 2
survives limited_data 2
survives limited_files 1
survives limited_stack 2
survives limited_locks 2
survives limited_size 1

finish
