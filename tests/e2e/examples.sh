#!/bin/bash
# The examples do what their first lines say: `expect: …` watched by the preload library, and
# `expect (linked): …` alone, with the library that they are linked against.
#
# `expect (ARGUMENT…): error KIND PATH`; `of N` instead of a path counts its locks; `clean`: nothing.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

# brief: findings.py's lines without the rule, and with "of N" when the expectation says so.
brief()
{
	sed -E 's/^(error|warning) ([a-z-]+) L[0-9]+ /\1 \2 /' |
		if [[ $1 == *' of '* ]]; then
			awk '{ n = gsub(/ -> /, " -> "); print $1, $2, "of", n }'
		else
			cat
		fi
}

# Rotates a cycle so that it begins with its smallest name, as findings.py does.
rotated()
{
	python3 -c '
import sys
head, path = sys.argv[1].split(" ", 2)[:2], sys.argv[1].split(" ", 2)[2]
if " -> " in path:
    names = path.split(" -> ")[:-1]
    names = min(names[i:] + names[:i] for i in range(len(names)))
    path = " -> ".join(names + names[:1])
print(*head, path)' "$1"
}

# watched EXAMPLE ARGUMENTS EXPECTED
watched()
{
	local name="$1 $2" wanted=$3 found wrong

	[ "$wanted" = clean ] || wanted=$(rotated "$wanted")
	dir=$work/runs/$1.${2// /_}
	LOCKDEP_LITE=quiet run_both "$dir" '' "$O/examples/$1" $2
	found=$(python3 $src/findings.py "$dir/json" 2>&1 | brief "$wanted")
	wrong=$(differences "$dir")
	if [ -z "$wrong" ] && [ "${found:-clean}" = "$wanted" ]; then
		ok "$name, watched"
	else
		not_ok "$name, watched" "expected $wanted" "found ${found:-clean}" "$wrong"
	fi
}

# linked EXAMPLE ARGUMENTS EXPECTED: names are not known to the process; the classes' own are.
linked()
{
	local name="$1 $2, linked alone" out=$work/linked err=$work/linked.err status class missing=

	LOCKDEP_LITE='' "$O/examples/$1" $2 >"$out" 2>"$err" </dev/null
	status=$?
	for class in $(tr -s ' >-' '\n' <<<"${3#* * }"); do
		[ "$3" = clean ] || grep -qF "$class" "$err" || missing+=" $class"
	done
	if [ $status != 0 ] || [ -n "$missing" ] || { [ "$3" = clean ] && [ -s "$err" ]; }; then
		not_ok "$name" "status $status, missing:$missing, stderr:" "$(cat "$err")"
		return
	fi
	LOCKDEP_LITE=quiet "$O/examples/$1" $2 >"$out.quiet" 2>"$err" </dev/null
	if [ -s "$err" ] || ! cmp -s "$out" "$out.quiet"; then
		not_ok "$name, quiet" "$(cat "$err")"
	else
		ok "$name"
	fi
}

for source in examples/*.c; do
	example=$(basename "$source" .c)
	[ "$example" != fuse_daemon ] || continue # fuse.sh: it needs a mount
	# Those that name rules and functions are examples_memory.sh's.
	! grep -qE '^ \* expect: (error|warning|info) [A-E][0-9]' "$source" || continue
	expectations=$(sed -nE 's/^ \* (expect( \([^)]*\))?: .*)$/\1/p' "$source" | sed 's| \*/$||')
	if [ -z "$expectations" ]; then
		not_ok "$example states what to expect"
		continue
	fi
	while IFS= read -r line; do
		arguments=$(sed -nE 's/^expect \(([^)]*)\):.*/\1/p' <<<"$line")
		expected=${line#*: }
		case $arguments in
		linked*)
			arguments=${arguments#linked}
			linked "$example" "${arguments# }" "$expected"
			;;
		*) watched "$example" "$arguments" "$expected" ;;
		esac
	done <<<"$expectations"
done

finish
