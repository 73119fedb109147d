#!/bin/bash
# Children of another C library inherit LD_PRELOAD: they must start, and run as if alone, unwatched.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

name='a musl child of a watched program'
if ! command -v musl-gcc >/dev/null; then
	skip "$name" 'musl-gcc is not installed (musl-tools)'
	finish
fi
CC=musl-gcc build musl musl.c
# The shell is watched; it is the parent.
for parts in locks threads waits forks; do
	check "$name: $parts" '' sh -c "'$work/musl' $parts; echo it ended with \$?" --
done
# What is inherited stays inherited: a glibc grandchild is watched again.
build order order.c
check "$name: its glibc child" '' sh -c "'$work/musl' exec '$work/order' abba" -- \
	'error lock-order L1 lock_a -> lock_b -> lock_a'

finish
