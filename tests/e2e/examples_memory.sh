#!/bin/bash
# The examples about memory do what their first lines say. Each has a faulty twin and, with
# --repaired, a mended one:
#
#	expect: SEVERITY RULE FUNCTION…	a finding; its report names these functions of the example
#	expect (--repaired): clean	no error and no warning
#	expect (--ARGUMENT): SEVERITY…	what another twin shows instead
#	picture: SHAPE NAME		the node whose name contains NAME has this shape
#	run: OPTION…			what `lockdep-lite run` is given
#
# The pictures stay in test-logs/pictures of the build folder, to be looked at.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh
pictures=$O/test-logs/pictures
mkdir -p "$pictures"

# lines EXAMPLE KEYWORD: what its first comment says after this word.
lines()
{
	sed -nE "/\*\//q; s/^ \* $2: (.*)$/\1/p" "examples/$1.c"
}

# watch DIR EXAMPLE ARGUMENT: bare and watched; says what the program noticed.
watch()
{
	# shellcheck disable=SC2046,SC2086 # words
	LOCKDEP_LITE=quiet run_both "$1" "$(lines "$2" run)" "$O/examples/$2" $3
	differences "$1"
	[ "$(cat "$1/watched.status")" = 0 ] || echo "status $(cat "$1/watched.status")"
}

# faulty EXAMPLE [ARGUMENT]. Nothing hangs, now or ever: both runs, and what the launcher does around
# one, take some seconds at most, on a busy machine too.
faulty()
{
	local dir=$work/runs/$1${2-} key="expect${2:+ \\($2\\)}" wrong seconds=$SECONDS
	local name="$1${2:+ $2}: each fault is reported with its places, and nothing else"

	wrong=$(watch "$dir" "$1" "${2-}")
	[ $((SECONDS - seconds)) -lt 5 ] || wrong+=" it took $((SECONDS - seconds)) seconds"
	"$lockdep_lite" report "$dir/arena" >"$dir/report" 2>&1
	wrong+=$(lines "$1" "$key" | python3 $src/expected.py findings "$1.c" "$dir/json" "$dir/report")
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong"
	fi
}

repaired()
{
	local dir=$work/runs/$1.repaired wrong

	wrong=$(watch "$dir" "$1" --repaired)
	wrong+=$(python3 $src/findings.py "$dir/json" 2>&1)
	if [ -z "$wrong" ]; then
		ok "$1: the repaired twin is silent"
	else
		not_ok "$1: the repaired twin is silent" "$wrong"
	fi
}

# Alone, with the library that it is linked against. Whose locks are POSIX's is seen only watched.
linked()
{
	local err=$work/linked.err rule wrong=

	grep -q '<lockdep_lite/kernel.h>' "examples/$1.c" || return
	LOCKDEP_LITE='' timeout 20 "$O/examples/$1" >/dev/null 2>"$err" </dev/null ||
		wrong="status $?"
	while read -r severity rule _; do
		[ "$severity" = info ] || grep -q "^lockdep-lite: $severity: $rule: " "$err" ||
			wrong+=" no $severity $rule;"
	done < <(lines "$1" expect)
	LOCKDEP_LITE='' timeout 20 "$O/examples/$1" --repaired >/dev/null 2>"$err" </dev/null ||
		wrong+=" repaired: status $?"
	wrong+=$(grep -E '^lockdep-lite: (error|warning)' "$err")
	if [ -z "$wrong" ]; then
		ok "$1: the same when it is linked and runs alone"
	else
		not_ok "$1: the same when it is linked and runs alone" "$wrong" "$(cat "$err")"
	fi
}

drawn()
{
	local svg=$pictures/$1.svg wrong

	[ -n "$(lines "$1" picture)" ] || return
	rm -f "$svg"
	wrong=$("$lockdep_lite" graph "$work/runs/$1/arena" -o "$svg" 2>&1)
	wrong+=$(lines "$1" picture | python3 $src/expected.py shapes "$svg" 2>&1)
	if [ -z "$wrong" ]; then
		ok "$1: its picture has the right shapes ($svg)"
	else
		not_ok "$1: its picture has the right shapes ($svg)" "$wrong"
	fi
}

# Compiled with LDL_DISABLE it is an ordinary program, which does the same.
disabled()
{
	local program=$work/disabled wrong

	wrong=$($CC -std=gnu11 -Wall -Wextra -Wno-unused-parameter -O2 -DLDL_DISABLE -Icore/include \
		-Iinstrument/kernel -o "$program" "examples/$1.c" -lpthread -lm 2>&1 &&
		timeout 20 "$program" 2>&1 | diff - "$work/runs/$1/bare.out")
	if [ -z "$wrong" ]; then
		ok "$1: with LDL_DISABLE it needs no library and does the same"
	else
		not_ok "$1: with LDL_DISABLE it needs no library and does the same" "$wrong"
	fi
}

for source in $(grep -lE '^ \* expect: (error|warning|info) [A-E][0-9]' examples/*.c); do
	example=$(basename "$source" .c)
	is_wanted "$example" || continue
	if [ -z "$(sed -nE 's/^ \* expect \(--repaired\): (clean)$/\1/p' "$source")" ]; then
		not_ok "$example says that its repaired twin is clean"
		continue
	fi
	faulty "$example"
	for argument in $(sed -nE 's/^ \* expect \((--[a-z]+)\): (error|warning|info) .*/\1/p' "$source" | sort -u); do
		faulty "$example" "$argument"
	done
	repaired "$example"
	linked "$example"
	drawn "$example"
	disabled "$example"
done

finish
