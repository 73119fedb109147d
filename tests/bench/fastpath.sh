#!/bin/sh
# Prints the machine code of the watched pthread_mutex_lock and pthread_mutex_unlock and counts
# their instructions: fastpath.sh PRELOAD_LIBRARY [FUNCTION…]. The count is of the whole function;
# cold parts that the compiler moved out (FUNCTION.cold) are not in it.
set -eu

library=$1
shift
if ! command -v objdump >/dev/null 2>&1; then
	echo "bench.skip fastpath: objdump is not installed: apt-get install binutils"
	exit 0
fi
[ $# -gt 0 ] || set -- pthread_mutex_lock pthread_mutex_unlock

# "START SIZE" in hexadecimal, of a symbol with or without a version.
find_function()
{
	{
		nm -D -S --defined-only "$library"
		nm -S --defined-only "$library" 2>/dev/null
	} | awk -v name="$1" '{ sub(/@.*/, "", $4) } $4 == name { print $1, $2; exit }'
}

for function in "$@"; do
	place=$(find_function "$function")
	if [ -z "$place" ]; then
		echo "bench: $function: not in $library"
		continue
	fi
	start=0x${place% *}
	stop=$(printf '0x%x' $((start + 0x${place#* })))
	echo "== $function"
	objdump -d --no-show-raw-insn --start-address="$start" --stop-address="$stop" "$library" |
		awk -v function_name="$function" '
		BEGIN { FS = "\t" }
		!/^ *[0-9a-f]+:\t/ { next }
		{ print; instructions++ }
		$2 ~ /lock |^xchg/ { atomic++ }
		$2 ~ /^call/ { calls++ }
		$2 ~ /^j/ { jumps++ }
		$2 ~ /\(%|%fs:/ && $2 !~ /^(lea|nop)/ { memory++ }
		END {
			printf "-- %s: %d instructions, %d with memory operands, %d jumps, %d calls, %d atomic\n\n",
				function_name, instructions, memory, jumps, calls, atomic
		}'
done
