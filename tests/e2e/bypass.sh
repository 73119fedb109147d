#!/bin/bash
# Modules whose locks pass by the watcher are counted, and nothing else about them changes; others are
# seen. Each is found by the program's own run path, which libc looks up by who calls dlopen().
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

mkdir "$work/modules"
build modules/bypass-module.so module.c -fPIC -shared
build bypass bypass.c -ldl "-Wl,-rpath,\$ORIGIN/modules"

# counted NAME WANTED: how many calls the last run's report tells of.
counted()
{
	local is

	is_wanted "$1" || return
	is=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["drops"].get("modules_unwatched", 0))' "$dir/json")
	if [ "$is" = "$2" ]; then
		ok "$1"
	else
		not_ok "$1" "counted: $is"
	fi
}
order='error lock-order L1 module_a -> module_b -> module_a'
reported bypass plainly "$order"
counted 'a plain dlopen is no bypass' 0
reported bypass beside "$order"
counted 'dlmopen into the base namespace is no bypass' 0
silent bypass deeply
counted 'RTLD_DEEPBIND is counted' 1
silent bypass apart
counted 'dlmopen is counted' 1
finish
