#!/bin/bash
# The test tools themselves: what has to be counted as a failure is, and what has to be found is found.
set -u
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

# result NAME CONDITION…: one line of TAP.
result()
{
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/out"
		failures=$((failures + 1))
	fi
}
failures=0

# run_list LIST: the runner's exit status, its output in $work/out.
run_list()
{
	printf '%s\n' "$@" | tests/tools/run-tests "$work/logs" >"$work/out" 2>&1
}
ends_with()
{
	[ "$(tail -n 1 "$work/out")" = "$1" ]
}
fails_with()
{
	local last=$1
	shift
	! run_list "$@" && ends_with "$last"
}
passes_with()
{
	local last=$1
	shift
	run_list "$@" && ends_with "$last"
}

result 'a command that counts nothing is one test' passes_with '1 passed, 0 failed, 0 skipped' 'a 9 true'
result 'a command that fails is a failure' fails_with '0 passed, 1 failed, 0 skipped' 'a 9 false'
result 'counts are added up' passes_with '5 passed, 0 failed, 1 skipped' \
	'a 9 echo 2 passed, 0 failed, 0 skipped' 'b 9 echo 3 passed, 0 failed, 1 skipped'
result 'a counted failure is one whatever the exit status' fails_with '2 passed, 1 failed, 0 skipped' \
	'a 9 echo 2 passed, 1 failed, 0 skipped; true'
result 'an exit status is a failure whatever was counted' fails_with '2 passed, 1 failed, 0 skipped' \
	'a 9 echo 2 passed, 0 failed, 0 skipped; false'
result 'TAP is read' fails_with '1 passed, 1 failed, 1 skipped' \
	"a 9 printf 'ok 1 - x\nnot ok 2 - y\nok 3 - z # SKIP why\n'"
result 'TAP that stops before its plan is fulfilled has failed' fails_with '1 passed, 1 failed, 0 skipped' \
	"a 9 printf '1..2\nok 1 - x\n'"
result 'a suite of which nothing ran has failed' fails_with '0 passed, 1 failed, 0 skipped' \
	'a 9 echo 0 passed, 0 failed, 0 skipped'
result 'no suite at all has failed' fails_with '0 passed, 0 failed, 0 skipped' ''
result 'a suite that hangs is stopped' fails_with '0 passed, 1 failed, 0 skipped' 'a 1 sleep 60'
shows_failure()
{
	fails_with '0 passed, 1 failed, 0 skipped' 'a 9 echo the-output; false' && grep -q 'the-output' "$work/out"
}
result 'the output of what failed is shown' shows_failure
shows_skip()
{
	passes_with '0 passed, 0 failed, 1 skipped' "a 9 echo 'ok 1 - x # SKIP no such machine'"
	grep -q 'skip:.*no such machine' "$work/out"
}
result 'the reason of a skip is shown' shows_skip
# The first one waits for the second, which only helps where both run.
runs_together()
{
	printf '%s\n' "first 9 until [ -e $work/met ]; do sleep 0.1; done; echo 2 passed, 0 failed, 0 skipped" \
		"second 9 touch $work/met; echo 1 passed, 1 failed, 1 skipped" 'third 9 true' |
		tests/tools/run-tests -j 2 "$work/logs" >"$work/out" 2>&1
	[ $? = 1 ] && ends_with '4 passed, 1 failed, 1 skipped' &&
		[ "$(grep -oE '^(first|second|third):' "$work/out" | tr -d '\n')" = first:second:third: ]
}
result 'suites that run beside one another are added up in order' runs_together

# A copy of the sources, to be spoiled.
spoil=$work/tree
copy_tree()
{
	rm -rf "$spoil"
	mkdir -p "$spoil"
	cp -r core instrument viz examples tests Makefile .ci "$spoil/"
}
# complains CHECK PATTERN: in the spoiled tree.
complains()
{
	! (cd "$spoil" && "tests/tools/$1") >"$work/out" 2>&1 && grep -qE "$2" "$work/out"
}

copy_tree
echo '#include "snapshot.h"' >>"$spoil/core/types.h"
result 'an include that goes up inside core is found' \
	complains check-layers '^core/types.h:[0-9]+: includes core/snapshot.h'
result 'headers that include one another in a circle are found' complains check-layers 'include loop'
copy_tree
echo '/* x */' >"$spoil/viz/extra.h"
echo '#include "viz/extra.h"' >>"$spoil/core/arena.h"
result 'an include from core to viz is found' complains check-layers '^core/arena.h:[0-9]+: includes viz/extra.h'
copy_tree
echo '/* x */' >"$spoil/core/extra.h"
result 'a file of core that is not in LAYERS is found' complains check-layers '^core/extra.h:1: not listed'
copy_tree
printf '/* x */\n#include "instrument/launch/elf_file.h"\n' >"$spoil/viz/extra.c"
result 'an include from viz to instrument is found' complains check-layers '^viz/extra.c:2: includes instrument'

copy_tree
{ echo '/* x */'; seq -f '/* %g */' 500; } >"$spoil/core/extra.c"
result 'a file of 501 lines is found' complains check-size '^core/extra.c:1: 501 lines'
copy_tree
{ printf '/* x */\nint f(void)\n{\n'; seq -f '	/* %g */' 68; echo '}'; } >"$spoil/core/extra.c"
result 'a function of 71 lines is found' complains check-size '^core/extra.c:2: a function of 71 lines'
copy_tree
{ echo '/* x */'; printf '\t/* %090d */\n' 0; } >"$spoil/core/extra.c"
result 'a line of 104 columns is found' complains check-size '^core/extra.c:2: 104 columns'

# A build folder of which everything is wrong. $spoil is still a copy of the sources.
out=$spoil/out
mkdir -p "$out/core"
CC=${CC:-gcc}
echo '#include <stdlib.h>
void *ldl_made(void);
void *ldl_made(void) { return malloc(1); }' | $CC -fPIC -x c -c -o "$out/core/made.o" -
echo '#include <math.h>
#include <stdio.h>
double stray(double x);
double stray(double x) { puts("x"); return sin(x); }' |
	$CC -shared -fPIC -O0 -fno-builtin -o "$out/liblockdep_lite_preload.so" -x c - -lm
cp "$out/liblockdep_lite_preload.so" "$out/liblockdep_lite.so.0"
printf 'int main(void) { return 0; }\n' | $CC -z execstack -o "$out/lockdep-lite" -x c -
cp "$out/core/made.o" "$out/liblockdep_lite.a"
finds_symbols()
{
	! (cd "$spoil" && tests/tools/check-symbols out) >"$work/out" 2>&1 && grep -qE "$1" "$work/out"
}
result 'malloc in core is found' finds_symbols 'core/made.o: malloc'
result 'another library than libc is found' finds_symbols 'libm\.so\.6'
result 'stdio in the preload library is found' finds_symbols '^ +puts$'
result 'a stray export is found' finds_symbols '^ +stray$'
result 'a missing export is found' finds_symbols '^ +ldl_lock_acquire$'
result 'a wrong soname is found' finds_symbols 'SONAME is wrong'
result 'an executable stack is found' finds_symbols 'executable stack'

echo "1..$number"
[ $failures = 0 ]
