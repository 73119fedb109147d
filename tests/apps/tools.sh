#!/bin/bash
# Programs with threads that run to their end: git gc, python3, stress-ng, pigz, xz.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/apps/lib.sh

# have PROGRAM: or a visible skip.
have()
{
	command -v "$1" >/dev/null && return
	skip "$1" 'it is not installed'
	return 1
}

head -c 6000000 "$lockdep_lite" >"$work/input"
for i in 1 2 3 4 5 6; do
	cat "$work/input"
done >"$work/input.6"

make_repository()
{
	local i

	git init -q "$1" && cd "$1" || return
	for i in $(seq 40); do
		seq "$i" $((i * 300)) >"file$i"
		git add . && git -c user.name=n -c user.email=e@example.org commit -q -m "$i"
	done
}

if have git; then
	(make_repository "$work/bare.git" && cp -a "$work/bare.git" "$work/watched.git") >/dev/null 2>&1
	run_both "$work/runs/git" '' sh -c 'case ${LD_PRELOAD-} in *lockdep_lite*) cd "$1/watched.git" ;;
		*) cd "$1/bare.git" ;; esac
		git -c pack.threads=2 -c gc.auto=0 gc --aggressive --quiet && git fsck --full &&
		git count-objects -v | grep -v size && git rev-parse HEAD' - "$work"
	compare 'git gc' "$work/runs/git" ''
fi

if have python3; then
	program_twice python3 '' python3 -X faulthandler -c '
import concurrent.futures, hashlib, queue, subprocess, threading
data = bytes(range(256)) * 4096
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(*pool.map(lambda i: hashlib.sha256(data[i:]).hexdigest(), range(40)), sep="\n")
jobs, lock, total = queue.Queue(10), threading.RLock(), [0]
def work():
    while (job := jobs.get()) is not None:
        with lock, lock:
            total[0] += job
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for i in range(20000): jobs.put(i)
for thread in threads: jobs.put(None)
for thread in threads: thread.join()
print(total[0], subprocess.run(["sh", "-c", "exit 3"]).returncode)'
	program_twice 'python3 multiprocessing' '' python3 -c '
import multiprocessing
if __name__ == "__main__":
    for method in "fork", "spawn", "forkserver":
        with multiprocessing.get_context(method).Pool(3) as pool:
            print(method, sum(pool.map(abs, range(1000))))' </dev/null
fi

if have stress-ng; then
	program_twice 'stress-ng --pthread' 's/\[[0-9]+\]//; s/[0-9]+\.[0-9]+s?//g' \
		stress-ng --pthread 2 --pthread-ops 3000 --timeout 40
	program_twice 'stress-ng --mutex' 's/\[[0-9]+\]//; s/[0-9]+\.[0-9]+s?//g' \
		stress-ng --mutex 1 --mutex-ops 20000 --timeout 40
fi

if have pigz; then
	program_twice pigz '' sh -c 'pigz -p 2 -c "$1" | md5sum; pigz -p 2 -c "$1" | pigz -d -p 2 | md5sum' \
		- "$work/input.6"
fi
if have xz; then
	program_twice xz '' sh -c 'xz -T2 -1 --block-size=1MiB -c "$1" | tee "$1.xz" | md5sum
		xz -T2 -dc "$1.xz" | md5sum; rm "$1.xz"' - "$work/input.6"
fi

finish
