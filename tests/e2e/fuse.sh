#!/bin/bash
# FUSE daemons, understood without annotation: what a notification under a lock may wait for is found,
# and nothing else is said. First the protocol between a program and itself, then a daemon of libfuse
# on a mount.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

directory="error event L11 cache_lock -> event 'fuse directory request' -> cache_lock"
data="error event L11 cache_lock -> event 'fuse data request' -> cache_lock"

# -rdynamic: the preload library has to find the program's own fstat().
if echo '#include <linux/fuse.h>' | $CC -E -x c - >/dev/null 2>&1; then
	build fuse_wire fuse_wire.c -rdynamic
	for name in entry delete vector pipe own_then_lock; do
		reported fuse_wire $name "$directory"
	done
	for name in inode store; do
		reported fuse_wire $name "$data"
	done
	reported fuse_wire two_second \
		"error event L11 cache_lock -> event 'fuse directory request (2nd)' -> cache_lock"
	for name in own own_renamed; do
		reported fuse_wire $name "error recursion L4 event 'fuse directory request' -> event 'fuse directory request'"
	done
	for name in attributes other_kind getattr forget poll retrieve answered answered_vector answered_pipe \
		answered_elsewhere next own_elsewhere two no_device; do
		silent fuse_wire $name
	done
	check 'D17: fuse_wire writeback' --alloc "$work/fuse_wire" writeback -- 'warning policy D17 write_page'
	check 'D17: fuse_wire write: silent' --alloc "$work/fuse_wire" write --
	check 'D17: fuse_wire writeback without --alloc: silent' '' "$work/fuse_wire" writeback --
	$CC -g -O2 -shared -fPIC -o "$work/libflusher.so" $src/flusher.c
	build fuse_marked fuse_wire.c -rdynamic -Wl,--no-as-needed -L"$work" -lflusher -Wl,-rpath,"$work"
	check 'D17: fuse_wire writeback_marked: silent' --alloc "$work/fuse_marked" writeback_marked --
else
	skip 'fuse_wire' '<linux/fuse.h> is missing (linux-libc-dev)'
fi

# The example, on a real mount.
tests/tools/install-deps extra >"$work/deps" 2>&1
if ! pkg-config --exists fuse3 2>/dev/null; then
	skip 'fuse_daemon' "libfuse3-dev is not installed: $(tail -n 1 "$work/deps")"
	finish
fi
if ! env -u MAKEFLAGS -u MFLAGS make -s O="$O" CC="$CC" fuse-example >"$work/made" 2>&1; then
	not_ok 'fuse_daemon is built' "$(cat "$work/made")"
	finish
fi
daemon=$O/examples/fuse_daemon
said=$(timeout 30 "$daemon" --repaired 2>&1)
if [ $? = 77 ]; then
	skip 'fuse_daemon' "$(tail -n 1 <<<"$said")"
	finish
fi
check 'fuse_daemon' '' "$daemon" -- "$directory" "$data" &&
	if python3 $src/findings.py --edges "$dir/json" | grep -q "cache_lock -> event 'fuse directory request' .*forget" &&
		python3 $src/findings.py --edges "$dir/json" |
		grep -q "event 'fuse directory request' -> cache_lock .*serve_lookup"; then
		ok 'fuse_daemon: both places are named'
	else
		not_ok 'fuse_daemon: both places are named' "$(python3 $src/findings.py --edges "$dir/json")"
	fi
check 'fuse_daemon --repaired' '' "$daemon" --repaired --
check 'fuse_daemon --alloc' --alloc "$daemon" -- "$directory" "$data"
check 'fuse_daemon --repaired --alloc' --alloc "$daemon" --repaired --
finish
