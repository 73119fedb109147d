#!/bin/bash
# `run --alloc`: the program's own requests for memory are allocations that may reclaim. Each way to
# ask is reported under a lock that the reclaimer takes, and silent without --alloc; programs that
# bring an allocator, and programs that have nothing to do with any of it, behave as alone.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

cycle='error reclaim A4 cache_lock -> reclaim -> cache_lock'
io_cycle='error reclaim A4 cache_lock -> reclaim.io -> cache_lock'

# reported_alloc PROGRAM CASE FINDING…; silent_alloc PROGRAM CASE
reported_alloc()
{
	check "A4: $1 $2" --alloc "$work/$1" "$2" -- "${@:3}"
}
silent_alloc()
{
	check "A4: $1 $2: silent" --alloc "$work/$1" "$2" --
}

build alloc alloc.c -Icore/include
for way in malloc calloc realloc reallocarray posix_memalign aligned_alloc memalign valloc pvalloc mmap mremap sbrk brk; do
	reported_alloc alloc $way "$cycle"
done
check 'A4: alloc thread' --alloc "$work/alloc" thread -- "$cycle"
silent_alloc alloc free
silent_alloc alloc other
silent_alloc alloc plain
check 'A4: malloc without --alloc: silent' '' "$work/alloc" malloc --
check 'A4: thread without --alloc: silent' '' "$work/alloc" thread --
reported_alloc alloc signal "$cycle"

# The finding leads to both places.
check 'A4: both places' --alloc "$work/alloc" malloc -- "$cycle" &&
	if python3 $src/findings.py --edges "$dir/json" | grep -q 'cache_lock -> reclaim .*by_malloc' &&
		python3 $src/findings.py --edges "$dir/json" | grep -q 'reclaim -> cache_lock .*evict_for'; then
		ok 'A4: both places are named'
	else
		not_ok 'A4: both places are named' "$(python3 $src/findings.py --edges "$dir/json")"
	fi

# An I/O flusher is in a noio scope until it is no longer one. To become one takes a privilege; without
# it a library between us and libc says yes.
flusher=alloc
if [ "$("$work/alloc" flusher)" != 'flusher: 1' ]; then
	$CC -g -O2 -shared -fPIC -o "$work/libflusher.so" $src/flusher.c
	build alloc_marked alloc.c -Icore/include -Wl,--no-as-needed -L"$work" -lflusher -Wl,-rpath,"$work"
	flusher=alloc_marked
fi
check "A4: $flusher flusher: silent" --alloc "$work/$flusher" flusher --
check "A4: $flusher flusher_thread: silent" --alloc "$work/$flusher" flusher_thread --
check "A4: $flusher former_flusher" --alloc "$work/$flusher" former_flusher -- "$io_cycle"
reported_alloc alloc no_flusher "$io_cycle"

check 'alloc answers' --alloc "$work/alloc" answers --
check 'alloc churn' --alloc "$work/alloc" churn --

# In a forked child: the parent's report has nothing, the child's has the cycle.
run_both "$work/fork" --alloc "$work/alloc" fork
if [ -z "$(differences "$work/fork")" ] &&
	[ "$(python3 $src/findings.py "$work/fork/json" | sort -u)" = "$cycle" ]; then
	ok 'A4: alloc fork'
else
	not_ok 'A4: alloc fork' "$(differences "$work/fork")" "$(cat "$work/fork/log")"
fi

build alloc_new alloc_new.cc -Icore/include
build own_new alloc_new.cc -Icore/include -DOWN_NEW -Wno-sized-deallocation
for way in plain plain_nothrow aligned aligned_nothrow array array_nothrow array_aligned array_aligned_nothrow; do
	reported_alloc alloc_new $way "$cycle"
done
check 'alloc_new all' --alloc "$work/alloc_new" all --
check 'alloc_new failures' --alloc "$work/alloc_new" failures --
check 'own_new all' --alloc "$work/own_new" all --
check 'A4: own_new array' --alloc "$work/own_new" array -- "$cycle"

# A plug-in's operators stay a pair.
if $CXX -std=c++20 -g -O1 -shared -fPIC -o "$work/plugin.so" $src/plugin.cc; then
	build plugin_host plugin_host.c -ldl
	check 'plug-in with operators of its own' --alloc "$work/plugin_host" "$work/plugin.so" --
fi

# An allocator that is a library, and its own mappings and locks.
jemalloc=$(ldconfig -p | sed -n 's/.*=> \(.*libjemalloc\.so\.2\)$/\1/p' | head -n 1)
if [ -n "$jemalloc" ]; then
	export LD_PRELOAD=$jemalloc
	check 'A4: jemalloc, malloc' --alloc "$work/alloc" malloc -- "$cycle"
	check 'A4: jemalloc, new' --alloc "$work/alloc_new" array -- "$cycle"
	check 'A4: jemalloc, mmap' --alloc "$work/alloc" mmap -- "$cycle"
	silent_alloc alloc other
	check 'jemalloc, churn' --alloc "$work/alloc" churn --
	check 'jemalloc, all operators' --alloc "$work/alloc_new" all --
	unset LD_PRELOAD
else
	skip 'A4: jemalloc' 'libjemalloc2 is not installed'
fi

# A program with a sanitizer's allocator, which comes after us when it is a shared library.
for how in '' -shared-libasan; do
	name="AddressSanitizer ${how:-inside}"
	if ! clang -fsanitize=address $how -g -o "$work/asan" -Icore/include -std=gnu11 $src/alloc.c -lpthread \
		2>/dev/null; then
		skip "$name" 'clang has no such runtime'
		continue
	fi
	LD_LIBRARY_PATH=$(dirname "$(clang -print-file-name=libclang_rt.asan-x86_64.so)") \
		check "$name" --alloc "$work/asan" churn --
done

# Programs as they are.
cat >"$work/threads.py" <<'END'
import json, threading
def work():
    for i in range(200):
        json.loads(json.dumps({str(k): [k] * 50 for k in range(100)}))
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print("done")
END
check 'python3 as alone' --alloc python3 "$work/threads.py" --
check 'bash as alone' --alloc bash -c 'for i in {1..50}; do x=$(echo $i); done; echo "$x"; set | wc -l | grep -c .' --
if command -v git >/dev/null; then
	git init -q "$work/repo" && (cd "$work/repo" && seq 1000 >file && git add file &&
		git -c user.name=x -c user.email=x@example.org commit -qm first)
	check 'git as alone' --alloc git -C "$work/repo" log --stat --format=%s --
else
	skip 'git as alone' 'git is not installed'
fi

# The launcher finds the library beside the plain one, hands it on to children, and takes it back.
cp "$preload" "$work/liblockdep_lite_preload.so"
said=$(LOCKDEP_LITE_PRELOAD=$work/liblockdep_lite_preload.so "$lockdep_lite" run --alloc -o "$work/none" -- true 2>&1)
if [ $? = 125 ] && [[ $said == *'liblockdep_lite_preload_alloc.so'* ]]; then
	ok 'no library for --alloc: one line'
else
	not_ok 'no library for --alloc: one line' "$said"
fi
cp "${preload%.so}_alloc.so" "$work/"
said=$(LOCKDEP_LITE_PRELOAD=$work/liblockdep_lite_preload.so "$lockdep_lite" run --alloc -q -o "$work/beside" -- \
	bash -c 'echo "$LD_PRELOAD"' 2>/dev/null)
if [ "$said" = "$(realpath "$work")/liblockdep_lite_preload_alloc.so" ]; then
	ok 'the library for --alloc is taken from beside the plain one'
else
	not_ok 'the library for --alloc is taken from beside the plain one' "$said"
fi
said=$("$lockdep_lite" run --alloc --no-children -q -o "$work/alone" -- bash -c 'echo "<$LD_PRELOAD>"' 2>/dev/null)
if [ "$said" = '<>' ]; then
	ok '--alloc --no-children'
else
	not_ok '--alloc --no-children' "$said"
fi
check 'A4: a child of a shell' --alloc bash -c "$work/alloc malloc; exit 0" -- "$cycle"

# By hand, without the launcher.
if [ "$(LOCKDEP_LITE=quiet LD_PRELOAD=$O/liblockdep_lite_preload_alloc.so "$work/alloc" answers)" = \
	"$("$work/alloc" answers)" ]; then
	ok 'LD_PRELOAD by hand'
else
	not_ok 'LD_PRELOAD by hand'
fi

finish
