#!/bin/bash
# Left on without the launcher: the config file, lists of programs, limits on files left behind, and
# the examples in instrument/deploy, each tried as far as this machine allows.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build hostile hostile.c
chmod 755 "$work"
hostile=$work/hostile
files=$work/files
examples=$PWD/instrument/deploy
deploy_py=$PWD/$src/deploy.py
umask 022

fresh()
{
	rm -rf "$files"
	mkdir -m 1777 "$files"
}

# watched OPTIONS COMMAND…: into out and err; the files in FILES, the order in one of them, if at all.
watched()
{
	local options=${1//FILES/$files}
	shift
	env - PATH="$PATH" LD_PRELOAD="$preload" LOCKDEP_LITE="$options" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
}

# The programs whose files are there, in order, one word each.
programs_left()
{
	(cd "$files" && ls) | sed 's/\..*//' | sort | tr '\n' ' ' | sed 's/ $//'
}

# is NAME WANTED GOT
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "wanted: $2" "got: $3" "$(cat "$work/err" 2>/dev/null)"
	fi
}

has_finding()
{
	"$lockdep_lite" report "$files"/*.ldl* 2>/dev/null | grep -q '^possible deadlock'
}

# ran NAME PROGRAMS LINES: the program was itself, these left files with the order, so many lines came.
ran()
{
	local wrong=
	[ "$(cat "$work/out")" = 'abba is done' ] || wrong+="output: $(cat "$work/out")"$'\n'
	[ "$(programs_left)" = "$2" ] || wrong+="files of: $(programs_left) instead of: $2"$'\n'
	[ -z "$2" ] || has_finding || wrong+='the order is in no file'$'\n'
	[ "$(wc -l <"$work/err")" = "$3" ] || wrong+="lines other than $3: $(cat "$work/err")"
	[ -z "$wrong" ] && ok "$1" || not_ok "$1" "$wrong"
}

# --- the config file

config=$work/lockdep-lite.conf
printf '# a comment\nmode = prod\nout = %s/%%e.%%p.ldl  # where\n' "$files" >"$config"
fresh
watched "config=$config" "$hostile" abba
ran 'a config file' hostile 0
fresh
watched "config=$config:out=FILES/variable.ldl" "$hostile" abba
ran 'the variable wins' variable 0
echo loud >>"$config"
fresh
watched "config=$config" "$hostile" abba
ran 'a line that makes no sense is named, the others count' hostile 1
is 'with file, line, what and mend' \
	"lockdep-lite: 'loud': $config:4: left out; see lockdep-lite-deploy(7)" "$(cat "$work/err")"
watched "config=$config:quiet" "$hostile" abba
is 'quiet: not even that' '' "$(cat "$work/err")"
chmod 666 "$config"
fresh
watched "mode=prod:config=$config" "$hostile" abba
ran 'a file that anybody may write is left out' '' 1
chmod 644 "$config"
fresh
watched "mode=prod:config=$work/nowhere" "$hostile" abba
ran 'one that is not there' '' 1
printf '%.0s#' {1..16385} >"$config"
watched "mode=prod:config=$config" "$hostile" abba
ran 'one that is too large' '' 1

# The default path, in a root of its own.
root=$work/root
mkdir -p "$root/files" "$root/etc"
for file in "$hostile" $(ldd "$hostile" | grep -oE '/[^ ]+'); do
	mkdir -p "$root$(dirname "$file")"
	cp -L "$file" "$root$file"
done
cp "$preload" "$root/preload.so"
in_root()
{
	rm -f "$root/files"/*
	fresh
	python3 - "$root" "$hostile" "$1" >"$work/out" 2>"$work/err" <<'END'
import os, sys
os.chroot(sys.argv[1]); os.chdir("/")
os.execve(sys.argv[2], [sys.argv[2], "abba"], {"LD_PRELOAD": "/preload.so", "LOCKDEP_LITE": sys.argv[3]})
END
	cp "$root/files"/* "$files" 2>/dev/null
}
if chroot "$root" "$hostile" abba >/dev/null 2>&1; then
	in_root 'mode=prod'
	ran 'no /etc/lockdep-lite.conf: silence' '' 0
	printf 'mode=prod\nout=/files/%%e.%%p.ldl\n' >"$root/etc/lockdep-lite.conf"
	in_root ''
	ran '/etc/lockdep-lite.conf is read' hostile 0
	in_root 'mode=prod:config='
	ran '… unless the variable says that there is none' '' 0
	chmod 622 "$root/etc/lockdep-lite.conf"
	in_root 'mode=prod'
	ran '… or anybody may write to it' '' 1
else
	skip '/etc/lockdep-lite.conf' 'no other root can be taken on here'
fi

# --- lists of programs

fresh
watched 'mode=prod:out=FILES/%e.%p.ldl:exclude=env,hos*' "$hostile" abba
ran 'exclude= leaves a program out' '' 0
fresh
watched 'mode=prod:out=FILES/%e.%p.ldl:include=hostile' "$hostile" abba
ran 'include= leaves all others out' hostile 0
fresh
watched 'mode=prod:out=FILES/%e.%p.ldl:include=h*:exclude=hostile' "$hostile" abba
ran 'exclude= wins' '' 0
fresh
watched "mode=prod:out=FILES/%e.%p.ldl:include=$work/*" "$hostile" abba
ran 'a pattern with a slash is about the path' hostile 0
fresh
watched 'mode=prod:out=FILES/%e.%p.ldl:exclude=*sh,env' sh -c "'$hostile' abba; true"
ran 'what a program that is left out starts, is watched' hostile 0
fresh
watched 'mode=prod:out=FILES/%e.%p.ldl:exclude=*sh,env:no-children' sh -c "'$hostile' abba; true"
ran 'with no-children too' hostile 0
fresh
watched 'mode=prod:out=FILES/%e.%p.ldl:no-children:exclude=env' sh -c "'$hostile' abba; true"
is '… which keeps to programs that are watched' sh "$(programs_left)"
fresh
ln -s "$hostile" "$work/alias"
watched 'mode=prod:out=FILES/%e.%p.ldl:include=alias' "$work/alias" abba
ran 'a program is called what it was started as' alias 0
fresh
printf '#!/bin/sh\ntrue\n' >"$work/script"
chmod +x "$work/script"
watched 'mode=prod:out=FILES/%e.%p.ldl:exclude=env' "$work/script"
is '… but a script what runs it' "$(basename "$(realpath /bin/sh)")" "$(programs_left)"

# Nothing of ours is mapped but the library's own bytes, and no descriptor is open.
of_ours='grep -c memfd:lockdep-lite /proc/$$/maps; ls /proc/$$/fd | wc -l'
env - PATH="$PATH" sh -c "$of_ours" >"$work/out" 2>"$work/err" </dev/null
bare=$(tail -n 1 "$work/out")
watched 'exclude=*sh,env' sh -c "$of_ours"
is 'a program that is left out has no arena' "0 $bare" "$(tr '\n' ' ' <"$work/out" | sed 's/ $//')"
watched 'quiet:exclude=env' sh -c "$of_ours"
is '… its twin has one' "1 $bare" "$(tr '\n' ' ' <"$work/out" | sed 's/ $//')"

# doctor STATUS… WORDS OPTIONS: of hostile, in this environment; 01: either status.
doctor()
{
	LOCKDEP_LITE=$3 "$lockdep_lite" doctor "$hostile" >"$work/out" 2>&1
	local status=$?
	if grep -qE "$2" "$work/out" && [[ $1 == *$status* ]]; then
		ok "doctor: $3"
	else
		not_ok "doctor: $3" "status $status" "$(cat "$work/out")"
	fi
}
doctor 01 '^ok +options: it is watched, mode=prod, out=/run/%p.ldl$' 'mode=prod:out=/run/%p.ldl'
doctor 2 '^no +options: .*exclude=host\* leaves it out$' 'exclude=a,host*'
doctor 2 '^no +options: .*include= leaves it out: none of a,b fits$' 'include=a,b'
doctor 01 '^warn +options: mode=off' 'mode=off'
doctor 01 "^warn +options: .*$work/nowhere: it is not there" "config=$work/nowhere"
printf 'exclude = hostile\n' >"$config"
doctor 2 "^ok +config file: $config\$" "config=$config"
cd "$work"
LOCKDEP_LITE=exclude=hostile "$lockdep_lite" run -- "$hostile" abba >"$work/out" 2>"$work/err"
is 'run says why it is not watched' "lockdep-lite: not watched: $hostile: exclude=hostile leaves it out" \
	"$(cat "$work/err")"
cd - >/dev/null

# --- files left behind

fresh
for i in 1 2 3 4 5; do
	watched 'mode=prod:keep=3:out=FILES/%e.%p.ldl' "$hostile" abba
done
is 'keep=3: three are left' 3 "$(find "$files" -type f | wc -l)"
newest=$(ls -t "$files" | head -n 1)
"$lockdep_lite" report "$files/$newest" | grep -q '^possible deadlock'
is 'the newest is one of them, and whole' 0 $?
fresh
for i in 1 2 3 4 5; do
	watched 'mode=prod:out=FILES/%e.%p.ldl' "$hostile" abba
done
one=$(($(du -sk "$files" | cut -f1) / 5))
watched "mode=prod:keep-size=$((one * 3))K:out=FILES/%e.%p.ldl" "$hostile" abba
kept=$(find "$files" -type f | wc -l)
[ "$kept" -ge 2 ] && [ "$kept" -le 4 ]
is 'keep-size=: so many bytes are left' 0 $?
# A program that runs keeps its file.
fresh
mkfifo "$work/fifo"
env - PATH="$PATH" LD_PRELOAD="$preload" LOCKDEP_LITE="mode=prod:exclude=env:out=$files/%e.%p.ldl" \
	cat "$work/fifo" >/dev/null &
running=$!
exec 9>"$work/fifo"
wait_until ls "$files/cat.$running.ldl"
for i in 1 2 3; do
	watched 'mode=prod:exclude=env:keep=1:out=FILES/%e.%p.ldl' "$hostile" abba
done
is 'keep=: the file of a running program stays' 'cat hostile' "$(programs_left)"
exec 9>&-
wait $running
watched 'mode=prod:exclude=env:keep=1:out=FILES/%e.%p.ldl' "$hostile" abba
is '… until it has ended' hostile "$(programs_left)"

# Many at once want the same name: each gets one.
fresh
for i in 1 2 3 4 5 6 7 8; do
	env LD_PRELOAD="$preload" LOCKDEP_LITE="mode=prod:exclude=env:out=$files/one.ldl" "$hostile" abba \
		>/dev/null 2>>"$work/many" &
done
wait
is 'eight programs that want one name get eight' '8 ' "$(find "$files" -type f | wc -l) $(cat "$work/many")"

# --- privileges of its own

build secure secure.c -Icore/include "$O/liblockdep_lite.a"
chmod u+s "$work/secure"
fresh
as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
if [ "$($as_nobody "$work/secure" 2>/dev/null)" = 'secure: 1' ]; then
	LOCKDEP_LITE="out=$files/%e.ldl:loud" $as_nobody "$work/secure" >"$work/out" 2>"$work/err"
	is 'a privileged program listens to no variable' 'secure: 1  ' "$(cat "$work/out") $(cat "$work/err") $(programs_left)"
	LOCKDEP_LITE="out=$files/%e.ldl" "$work/secure" >"$work/out" 2>"$work/err"
	is '… its twin does' 'secure: 0  secure' "$(cat "$work/out") $(cat "$work/err") $(programs_left)"
else
	skip 'a privileged program listens to no variable' 'no set-user-ID program can be made here'
fi

# --- the examples

sed "s|/run/lockdep-lite/|$files/|" "$examples/lockdep-lite.conf" >"$config"
fresh
watched "config=$config" "$hostile" abba
ran 'lockdep-lite.conf' hostile 0
fresh
watched "config=$config" sh -c "'$hostile' abba; true"
ran 'lockdep-lite.conf leaves the shell out' hostile 0

# try_example NAME KIND FILE FOLDER CONFIG PROGRAM: a program with the environment that the file gives,
# and its config, if any, in CONFIG; FOLDER, in it, stands for our own. PROGRAM: how the file begins.
try_example()
{
	local name=$1 kind=$2 file=$3 folder=$4 words=()

	if ! python3 "$deploy_py" "$kind" "$file" ${5:-} >"$work/words" 2>"$work/err"; then
		not_ok "$name" "$(cat "$work/err")"
		return
	fi
	mapfile -t words < <(grep -E '^(LD_PRELOAD|LOCKDEP_LITE)=' "$work/words" |
		sed "s|^LD_PRELOAD=.*|LD_PRELOAD=$preload|; s|$folder/|$files/|; s|include=memcached|include=hostile|")
	if [ -n "${5:-}" ]; then
		sed -i "s|$folder/|$files/|; s|include = memcached|include = hostile|" "$5"
		words[1]=LOCKDEP_LITE=config=$5
	fi
	fresh
	env - PATH="$PATH" "${words[@]}" "$hostile" abba >"$work/out" 2>"$work/err" </dev/null
	ran "$name" "$6" 0
}
try_example 'systemd.conf' systemd "$examples/systemd.conf" /run/lockdep-lite/lockdep-test '' hostile
grep -qx 'RuntimeDirectory=lockdep-lite/lockdep-test' "$work/words"
is 'systemd.conf: the folder is the one that is made' 0 $?
try_example 'Dockerfile' docker "$examples/Dockerfile" /var/lib/lockdep-lite '' "$(uname -n | sed 's/\..*//')"
if python3 -c 'import yaml' 2>/dev/null; then
	try_example 'kubernetes.yaml' kubernetes "$examples/kubernetes.yaml" /var/lib/lockdep-lite \
		"$config" "$(uname -n | sed 's/\..*//')"
else
	skip 'kubernetes.yaml' 'python3-yaml is not installed'
fi

if command -v systemd-analyze >/dev/null; then
	units=$work/units
	mkdir -p "$units/lockdep-test.service.d"
	cp "$examples/systemd.conf" "$units/lockdep-test.service.d/lockdep-lite.conf"
	printf '[Unit]\nDescription=A test\n\n[Service]\nExecStart=/bin/true\n' >"$units/lockdep-test.service"
	SYSTEMD_UNIT_PATH=$units: systemd-analyze verify "$units/lockdep-test.service" >"$work/err" 2>&1
	status=$?
	is 'systemd.conf: systemd has nothing to say against it' 0 \
		"$status$(grep -F lockdep-test "$work/err")"
	# The twin: a mistake would be told.
	echo 'RuntimeDirektory=x' >>"$units/lockdep-test.service.d/lockdep-lite.conf"
	SYSTEMD_UNIT_PATH=$units: systemd-analyze verify "$units/lockdep-test.service" >"$work/err" 2>&1
	grep -q 'lockdep-lite.conf.*RuntimeDirektory' "$work/err"
	is 'systemd.conf: a mistake would be told' 0 $?
else
	skip 'systemd.conf: systemd has nothing to say against it' 'systemd-analyze is not installed'
fi

# members SET…: the calls in these of systemd's sets, and in the sets in them.
members()
{
	local set more

	for set; do
		more=$(systemd-analyze syscall-filter "$set" 2>/dev/null | tail -n +2 | grep -oE '^ +[@a-z0-9_-]+$')
		grep -oE '[a-z0-9_]+$' <<<"$(grep -v @ <<<"$more")"
		members $(grep @ <<<"$more")
	done
}

# The page's list of calls is what a filter has to allow: it must hold all that are made.
page=viz/man/lockdep-lite-deploy.7.scd
needed=$(sed -n '/^\*openat\* /,/^and /p' $page | grep -oE '\*[a-z0-9_]+\*' | tr -d '*' | sort -u)
if members @system-service >"$work/allowed" 2>/dev/null && [ -s "$work/allowed" ]; then
	is 'all calls are in @system-service' '' "$(comm -23 <(echo "$needed") <(sort -u "$work/allowed") | xargs)"
else
	skip 'all calls are in @system-service' 'systemd-analyze tells no sets of calls'
fi
if strace -o "$work/trace" true 2>/dev/null; then
	fresh
	calls()
	{
		sed 's/^[0-9]* *//; s/(.*//' "$1" | grep -xE '[a-z_0-9]+' | sort -u
	}
	strace -f -o "$work/bare" "$hostile" abba >/dev/null 2>&1
	for i in 1 2; do
		strace -f -o "$work/trace" -E LD_PRELOAD="$preload" \
			-E LOCKDEP_LITE="mode=prod:loud:keep=1:out=$files/%e.%p.ldl" "$hostile" abba >/dev/null 2>&1
	done
	# What libc calls too may be made in other numbers, but it is allowed.
	is 'no call is made that the page does not list' '' \
		"$(comm -23 <(calls "$work/trace") <({ calls "$work/bare"; echo "$needed"; } | sort -u) | xargs)"
else
	skip 'no call is made that the page does not list' 'strace cannot be used here'
fi

# wrapped LIBRARY FOLDER [OPTIONS]
wrapped()
{
	rm -rf "$files"
	env - PATH="$PATH" LOCKDEP_LITE_PRELOAD="$1" LOCKDEP_LITE_FOLDER="$2" ${3:+LOCKDEP_LITE="$3"} \
		"$examples/watched" "$hostile" abba >"$work/out" 2>"$work/err" </dev/null
}
wrapped "$preload" "$files"
ran 'watched' hostile 0
is 'watched: the folder that it makes is for all users' 1777 "$(stat -c %a "$files")"
wrapped "$preload" "$files" "out=$files/mine.ldl"
ran 'watched: what was said before wins' mine 0
mkdir -p "$files"
wrapped "$work/nowhere.so" "$files"
mkdir -p "$files"
ran 'watched: without the library the program runs' '' 0
wrapped "$preload" /proc/self
mkdir -p "$files"
ran 'watched: without a folder it runs' '' 0
"$examples/watched" sh -c 'exit 7'
is 'watched: the status is the program'"'"'s' 7 $?
"$examples/watched" 2>/dev/null
is 'watched: no program' 125 $?

finish
