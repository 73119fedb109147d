#!/bin/bash
# The preload library stands in front of every function of libc that takes, releases, makes or ends
# a lock, or waits with one; a function that a newer libc brings shows up here.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

libc=$(ldd "$lockdep_lite" | awk '$1 == "libc.so.6" { print $3 }')
exports()
{
	nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u
}
exports "$preload" >"$work/ours"
exports "$libc" >"$work/libc"

# What these leave out neither takes nor releases a lock: attributes, ceilings, consistency, and the conditions'
# own making, ending and signalling.
wanted=$(grep -E '^(pthread_(mutex|rwlock|spin|cond)_|mtx_|cnd_|thrd_create$|pthread_create$)' "$work/libc" |
	grep -vE "^pthread_(mutex|rwlock|cond)attr|_(get|set)prioceiling\$|_consistent" |
	grep -vE '^(pthread_cond|cnd)_(init|destroy|signal|broadcast)$')
if [ "$(wc -w <<<"$wanted")" -lt 30 ]; then
	not_ok 'libc has the functions that we look for' "$wanted"
fi
for function in $wanted; do
	if grep -qx "$function" "$work/ours"; then
		ok "$function"
	else
		not_ok "$function" "$libc has it, $preload has not"
	fi
done

finish
