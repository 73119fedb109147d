#!/bin/bash
# Each system call of ours fails once: the program is as alone, its arenas are sound, and what was
# not seen is told or counted. See tests/faults/. SOAK=1: every call, with every error it may bring.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

refusing=$O/tests/faults/$(basename "$preload")
if [ ! -e "$refusing" ]; then
	echo "Bail out! $refusing is not built: make faults-preload"
	exit 1
fi
build survivor survivor.c -ldl
build module.so module.c -fPIC -shared

few='--sample=4,16'
[ -z "${SOAK:-}" ] || few='--kinds=4'

# faults NAME LIBRARY OPTION… CASE…: the cases' lines of TAP, under one number each.
faults()
{
	local name=$1 library=$2
	shift 2
	is_wanted "$name" || return
	while IFS= read -r line; do
		case $line in
		'ok '*) ok "$name, ${line#* - }" ;;
		'not ok '*) not_ok "$name, ${line#* - }" ;;
		*) echo "$line" ;;
		esac
	done < <(python3 tests/faults/inject.py --library="$library" --command="$lockdep_lite" \
		"${@:1:$#-1}" "$work/survivor" ${!#} || echo "not ok 0 - inject.py fails")
}
faults 'one call fails' "$refusing" $few 'abba forks churn modules'
faults 'one call fails, prod' "$refusing" $few --options=mode=prod 'abba'
faults 'one call fails, alloc' "${refusing%.so}_alloc.so" $few 'allocates'
faults 'a call fails from then on' "$refusing" --going-on ${SOAK:+--kinds=4} 'abba forks churn modules'
[ -z "${SOAK:-}" ] || faults 'one call fails in a crowd' "$refusing" --sample=4,16 --kinds=4 'crowd'

finish
