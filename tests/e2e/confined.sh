#!/bin/bash
# Preloaded without the launcher, where much is forbidden: system calls that fail, limits, other
# users, other roots. The program does what it does alone, and at most one line says what is missing.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build hostile hostile.c
build confine confine.c
chmod 755 "$work"
cp "$preload" "$work/preload.so" # where any user may read it
preload=$work/preload.so
hostile=$work/hostile
files=$work/files
options= # for the next program; FILES stands for the folder

# alone and watched COMMAND…: its output and status in alone.out and watched.out; what it said in
# watched.err.
alone()
{
	{ "$@" >"$work/alone.out" 2>/dev/null </dev/null; } 2>/dev/null
	echo "status $?" >>"$work/alone.out"
}

watched()
{
	rm -rf "$files"
	mkdir -m 1777 "$files"
	{ "$@" >"$work/watched.out" 2>"$work/watched.err" </dev/null; } 2>/dev/null
	echo "status $?" >>"$work/watched.out"
}

# with OPTIONS COMMAND…: the command with the library. What confines the program is left out, so that
# what is forbidden is forbidden from the start of what is watched.
with()
{
	local options=${1//FILES/$files}
	shift
	env LD_PRELOAD="$preload" \
		LOCKDEP_LITE="exclude=env,confine,sh,dash,bash,setpriv:$options" "$@"
}

has_finding()
{
	"$lockdep_lite" report "$files"/*.ldl* 2>/dev/null | grep -q '^possible deadlock'
}

# verdict NAME LINES SEEN: what was watched did as alone, said so many lines, and its file holds the
# order (yes), or there is none (no).
verdict()
{
	local name=$1 lines=$2 seen=$3 wrong

	wrong=$(diff -u "$work/alone.out" "$work/watched.out")
	[ "$(wc -l <"$work/watched.err")" = "$lines" ] || wrong+="lines other than $lines: $(cat "$work/watched.err")"
	if [ "$seen" = yes ]; then
		has_finding || wrong+="the order is in no file: $(ls "$files")"
	else
		[ -z "$(ls "$files")" ] || wrong+="a file was left behind: $(ls "$files")"
	fi
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong"
	fi
}

# forbidden LINES SEEN CALL…: each call fails, in two ways.
forbidden()
{
	local lines=$1 seen=$2 call error name
	shift 2
	for call; do
		for error in EPERM ENOSYS; do
			name="$call: $error"
			is_wanted "$name" || continue
			alone "$work/confine" "$call=$error" -- "$hostile" abba
			if grep -qx 'status 77' "$work/alone.out"; then
				skip "$name" 'no seccomp filter can be installed here'
			elif ! grep -qx 'status 0' "$work/alone.out"; then
				skip "$name" 'no program starts without it'
			else
				# mode=prod: in check mode the finding itself is printed.
				watched with 'mode=prod:out=FILES/%e.%p.ldl:keep=5' \
					"$work/confine" "$call=$error" -- "$hostile" abba
				verdict "$name" "$lines" "$seen"
			fi
		done
	done
}

forbidden 0 yes memfd_create fallocate madvise open-path open-folder readlinkat unlinkat getdents64 \
	fcntl lseek fstat uname getpid getppid gettid geteuid tgkill prctl prlimit64 rt_sigprocmask \
	sched_getaffinity munmap ppoll newfstatat pread64 openat close
forbidden 1 no ftruncate mmap-shared open-create

every='memfd_create=EPERM ftruncate=EPERM fallocate=EPERM madvise=EPERM mmap-shared=EPERM
	open-create=EPERM open-path=EPERM open-folder=EPERM readlinkat=EPERM getdents64=EPERM fstat=EPERM
	gettid=EPERM prctl=EPERM rt_sigprocmask=EPERM sched_getaffinity=EPERM ppoll=EPERM'
for mode in check prod; do
	name="all of these at once, in memory, mode=$mode"
	is_wanted "$name" || continue
	alone "$work/confine" $every -- "$hostile" abba
	if ! grep -qx 'status 0' "$work/alone.out"; then
		skip "$name" 'no seccomp filter can be installed here'
		continue
	fi
	watched with "mode=$mode:quiet" "$work/confine" $every -- "$hostile" abba
	verdict "$name" 0 no
done

# limited NAME LINES SEEN LIMITS [OPTIONS]: in a shell that sets the limits first.
limited()
{
	local name=$1 lines=$2 seen=$3 limits=$4

	is_wanted "$name" || return
	alone sh -c "$limits; exec '$hostile' abba"
	watched with "mode=prod:${5:-out=FILES/%e.%p.ldl}" sh -c "$limits; exec '$hostile' abba"
	verdict "$name" "$lines" "$seen"
}
limited 'address space of 100 MiB' 0 yes 'ulimit -v 102400'
limited 'four descriptors' 0 yes 'ulimit -n 4'
limited 'files of two megabytes: a smaller arena' 0 yes 'ulimit -f 4096'
limited 'files of 50 KiB: none' 1 no 'ulimit -f 100'
limited "no files, and the kernel does not tell" 1 no "ulimit -f 100; \
	exec '$work/confine' prlimit64=EPERM -- '$hostile' abba"
limited 'no locked memory, a small stack' 0 yes 'ulimit -l 0; ulimit -s 256'

# The one line of ours must not be one write too many.
name='standard error is a file that may not grow'
if is_wanted "$name"; then
	with 'loud:mode=prod:out=/no/such/folder/x' sh -c "ulimit -f 0; exec '$hostile' abba 2>'$work/err'" 2>/dev/null </dev/null |
		cat >"$work/out"
	status=${PIPESTATUS[0]}
	if [ "$status" = 0 ] && [ "$(cat "$work/out")" = 'abba is done' ] && [ ! -s "$work/err" ]; then
		ok "$name"
	else
		not_ok "$name" "status $status" "$(cat "$work/out" "$work/err")"
	fi
fi

# --- names and folders

# named NAME LINES SEEN OPTIONS: nothing is forbidden, but the name may be no good.
named()
{
	local name=$1 lines=$2 seen=$3

	is_wanted "$name" || return
	alone "$hostile" abba
	watched with "mode=prod:$4" "$hostile" abba
	verdict "$name" "$lines" "$seen"
}
named 'a folder that does not exist' 1 no 'out=FILES/no/such/%p.ldl'
name='the line says what and how to mend it'
is_wanted "$name" && if grep -q 'no such folder.*name a writable folder' "$work/watched.err"; then
	ok "$name"
else
	not_ok "$name" "$(cat "$work/watched.err")"
fi
named 'a folder that is a file' 1 no "out=$hostile/%p.ldl"
named 'a folder of the kernel' 1 no 'out=/proc/self/%p.ldl'
named 'a name that is too long' 1 no "out=FILES/$(printf 'x%.0s' {1..300}).ldl"

name='every letter of a name'
if is_wanted "$name"; then
	alone "$hostile" abba
	watched with 'mode=prod:out=FILES/%e-%h-%n-%q{LDL_TEST_WORD}-%%-%t.%p.ldl' \
		env LDL_TEST_WORD=a/b "$hostile" abba
	verdict "$name" 0 yes
	found=$(basename "$files"/*)
	if [[ $found =~ ^hostile-$(uname -n)-0-a_b-%-[0-9]{10}\.[0-9]+\.ldl$ ]]; then
		ok "$name is filled in"
	else
		not_ok "$name is filled in" "$found"
	fi
fi

# planted NAME COMMAND: COMMAND puts something at FILES/fixed.ldl that must be left as it is.
planted()
{
	local name=$1

	is_wanted "$name" || return
	rm -rf "$files"
	mkdir -m 1777 "$files"
	echo precious >"$work/precious"
	(cd "$files" && eval "$2")
	local before=$(stat -c '%i %s %Y %F' "$files/fixed.ldl" "$work/precious" 2>/dev/null)
	with 'mode=prod:keep=1:out=FILES/fixed.ldl' "$hostile" abba >"$work/out" 2>"$work/err"
	local status=$? after=$(stat -c '%i %s %Y %F' "$files/fixed.ldl" "$work/precious" 2>/dev/null)
	if [ $status = 0 ] && [ "$before" = "$after" ] && [ "$(cat "$work/precious")" = precious ] &&
		"$lockdep_lite" report "$files/fixed.ldl.1" | grep -q '^possible deadlock'; then
		ok "$name"
	else
		not_ok "$name" "status $status" "$before" "$after" "$(ls -l "$files")" "$(cat "$work/err")"
	fi
}
planted 'a symlink in its place is not followed' "ln -s '$work/precious' fixed.ldl"
planted 'nor one that leads nowhere' "ln -s '$work/nowhere' fixed.ldl"
planted 'a file in its place is left alone' 'echo foreign >fixed.ldl'
planted 'and a folder' 'mkdir fixed.ldl'
planted 'and a pipe' 'mkfifo fixed.ldl'

# --- other users, other roots

if setpriv --reuid=65534 --regid=65534 --clear-groups "$hostile" abba >/dev/null 2>&1; then
	as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
	name='nobody, in a shared folder'
	if is_wanted "$name"; then
		alone $as_nobody "$hostile" abba
		watched with 'mode=prod:out=FILES/%e.%p.ldl' $as_nobody "$hostile" abba
		verdict "$name" 0 yes
		name='its file is its own alone'
		found=$(stat -c '%u %a' "$files"/*)
		[ "$found" = '65534 600' ] && ok "$name" || not_ok "$name" "$found"
	fi
	name='nobody, in a folder of root'
	if is_wanted "$name"; then
		alone $as_nobody "$hostile" abba
		mkdir -p "$work/roots"
		watched with "mode=prod:out=$work/roots/%e.%p.ldl" $as_nobody "$hostile" abba
		verdict "$name" 1 no
	fi
	# Of a shared folder each user removes its own files only.
	name='keep= in a shared folder is about own files'
	if is_wanted "$name"; then
		rm -rf "$files"
		mkdir -m 1777 "$files"
		for i in 1 2 3; do
			with 'mode=prod:out=FILES/%e.%p.ldl' "$hostile" abba >/dev/null
		done
		for i in 1 2 3; do
			with 'mode=prod:keep=1:out=FILES/%e.%p.ldl' $as_nobody "$hostile" abba >/dev/null
		done
		found=$(stat -c %u "$files"/* | sort -n | uniq -c | tr -s ' \n' ' ')
		[ "$found" = ' 3 0 1 65534 ' ] && ok "$name" || not_ok "$name" "$found"
	fi
else
	for name in 'nobody, in a shared folder' 'nobody, in a folder of root' \
		'keep= in a shared folder is about own files'; do
		skip "$name" 'no other user can be taken on here'
	done
fi

# A root with the program and its libraries: no /proc, no /dev, no /etc, no /tmp.
root=$work/root
mkdir -p "$root/files"
for file in "$hostile" $(ldd "$hostile" | grep -oE '/[^ ]+'); do
	mkdir -p "$root$(dirname "$file")"
	cp -L "$file" "$root$file"
done
cp "$preload" "$root/preload.so"
if chroot "$root" "$hostile" abba >"$work/alone.out" 2>/dev/null; then
	echo 'status 0' >>"$work/alone.out"
	# in_root NAME SEEN OPTIONS
	in_root()
	{
		is_wanted "$1" || return
		rm -rf "$root/files" "$files"
		mkdir "$root/files" "$files"
		python3 - "$root" "$hostile" "$3" >"$work/watched.out" 2>"$work/watched.err" <<'END'
import os, sys
os.chroot(sys.argv[1]); os.chdir("/")
os.execve(sys.argv[2], [sys.argv[2], "abba"], {"LD_PRELOAD": "/preload.so", "LOCKDEP_LITE": sys.argv[3]})
END
		echo "status $?" >>"$work/watched.out"
		cp "$root/files"/* "$files" 2>/dev/null
		verdict "$1" 0 "$2"
	}
	in_root 'no /proc, no /dev/shm' yes 'mode=prod:out=/files/%e.%p.ldl'
	in_root '… programs are told apart all the same' yes 'mode=prod:include=hostile:out=/files/%e.%p.ldl'
	in_root '… and left out' no 'mode=prod:exclude=hostile:out=/files/%e.%p.ldl'
	in_root '… in memory' no 'mode=prod'
else
	skip 'no /proc, no /dev/shm' 'no other root can be taken on here'
fi

read_only='mount -o remount,ro,bind / 2>/dev/null; mount -o remount,ro,bind /dev/shm 2>/dev/null
	mount -o remount,ro,bind /tmp 2>/dev/null; exec "$@"'
name='a root that is read-only'
if is_wanted "$name"; then
	rm -rf "$files"
	if [ "$(unshare -m sh -c "$read_only" - sh -c "mkdir '$files' 2>/dev/null || echo yes" 2>&1)" = yes ]; then
		alone "$hostile" abba
		unshare -m sh -c "$read_only" - env LD_PRELOAD="$preload" \
			LOCKDEP_LITE="exclude=env:mode=prod:out=$work/%e.ldl" "$hostile" abba \
			>"$work/watched.out" 2>"$work/watched.err"
		echo "status $?" >>"$work/watched.out"
		mkdir -p "$files"
		verdict "$name" 1 no
		grep -q read-only "$work/watched.err" && ok '… is what the line says' ||
			not_ok '… is what the line says' "$(cat "$work/watched.err")"
	else
		skip "$name" 'no mount namespace can be made here'
	fi
fi

finish
