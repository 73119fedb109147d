#!/bin/bash
# Events of an unmodified build's own words (LDL_WEAK) beside POSIX locks, watched by the preload library:
# rule L11.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build weak events.c -Icore/include -DLDL_WEAK

# Whichever thread is faster: the worker may come to its wait before the request or after it.
for _ in 1 2 3; do
	check 'a lock taken between the wait and the wake' '' "$work/weak" between -- \
		"error event L11 event 'done' -> mutex -> event 'done'"
	check 'a request under a lock, and its reply: silent' '' "$work/weak" reply --
done

finish
