#!/bin/bash
# The kernel-style header in a plain program: linked with the library, with weak symbols only, and
# switched off; by both compilers, with their warnings on.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

flags=(-Icore/include -Iinstrument/kernel -Wno-override-init)
order='error lock-order L1 &device.lock -> registry_lock -> &device.lock'
line=$(grep -n 'init_completion(' $src/kernel.c | cut -d: -f1)
event="error event L11 &device.lock -> event '&device.idle (kernel.c:$line)' -> &device.lock"
spin='error recursion L13 &device.queue_lock -> &device.queue_lock'

# compiles COMPILER [FLAG…]: without a warning at any level of optimization that users have.
compiles()
{
	local compiler=$1 level name
	shift
	name="compiles: $compiler $*"
	is_wanted "$name" || return
	if ! command -v "$compiler" >/dev/null; then
		skip "$name" "$compiler is not installed"
		return
	fi
	for level in -O0 -O2 -Os; do
		if ! "$compiler" -std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-unused-parameter \
			$level "${flags[@]}" "$@" -c -o "$work/object.o" $src/kernel.c \
			>"$work/out" 2>&1; then
			not_ok "$name" "$level" "$(cat "$work/out")"
			return
		fi
	done
	ok "$name"
}

# found PROGRAM CASE [FINDING…]: watched; what the program itself says is not compared, for a linked
# library reports by itself when nobody watches.
found()
{
	local name="$1 $2" wrong

	is_wanted "$name" || return
	dir=$work/runs/$1.$2
	run_both "$dir" '' "$work/$1" "$2"
	wrong=$(diff -u "$dir/bare.out" "$dir/watched.out"; findings_differ "$dir" "${@:3}")
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong"
	fi
}

for compiler in gcc clang; do
	compiles $compiler
	compiles $compiler -DLDL_WEAK
	compiles $compiler -DLDL_DISABLE
done

build linked kernel.c "${flags[@]}" -L"$O" -Wl,-rpath,"$O" -llockdep_lite
build weak kernel.c "${flags[@]}" -DLDL_WEAK
build off kernel.c "${flags[@]}" -DLDL_DISABLE
for program in linked weak; do
	found $program order "$order"
	found $program same_order
	found $program completion "$event"
	found $program completion_twin
	found $program sleep_in_spin "$spin"
done

# Nothing of the library is asked for, and the locks still lock.
silent off order
silent off completion
if nm -u "$work/off" | grep -q ldl_; then
	not_ok 'LDL_DISABLE leaves no reference' "$(nm -u "$work/off")"
else
	ok 'LDL_DISABLE leaves no reference'
fi

finish
