#!/bin/bash
# The launcher: the program runs as if alone, its exit status comes back, and what cannot be watched
# is said in one line. Needs the build in $O; programs are compiled with $CC.
set -u
cd "$(dirname "$0")/../.."

build=$(realpath "${O:-build}")
cc=${CC:-gcc}
ldl=$build/lockdep-lite
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0
export LC_ALL=C
unset LOCKDEP_LITE LD_PRELOAD

# result NAME CONDITION…: one line of TAP; on failure what the last run printed.
result()
{
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# out: /' "$work/out" | head -n 30
		sed 's/^/# err: /' "$work/err" | head -n 30
		echo "# status: $status"
		failures=$((failures + 1))
	fi
}
skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# run WORD…: runs the launcher in a directory of its own; $status, $work/out, $work/err.
run()
{
	rm -rf "$work/cwd"
	mkdir "$work/cwd"
	(cd "$work/cwd" && exec "$ldl" run "$@") >"$work/out" 2>"$work/err" </dev/null
	status=$?
}
status_is()
{
	[ "$status" = "$1" ]
}
err_has()
{
	grep -q -- "$1" "$work/err"
}
err_lines()
{
	[ "$(wc -l <"$work/err")" = "$1" ]
}
out_is()
{
	[ "$(cat "$work/out")" = "$1" ]
}
all()
{
	local condition
	for condition in "$@"; do
		eval "$condition" || return 1
	done
}
program()
{
	"$cc" -g -o "$work/$1" -x c - "${@:2}" 2>"$work/err"
}

program abba -pthread <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static void *one(void *p) { pthread_mutex_lock(&a); pthread_mutex_lock(&b);
	pthread_mutex_unlock(&b); pthread_mutex_unlock(&a); return p; }
static void *two(void *p) { pthread_mutex_lock(&b); pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a); pthread_mutex_unlock(&b); return p; }
int main(int argc, char **argv) {
	pthread_t t;
	pthread_create(&t, 0, one, 0); pthread_join(t, 0);
	pthread_create(&t, 0, two, 0); pthread_join(t, 0);
	puts("done"); return argc > 1 ? atoi(argv[1]) : 0; }
END
program clean -pthread <<'END'
#include <pthread.h>
int main(void) { static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&m); pthread_mutex_unlock(&m); return 7; }
END
program hang -pthread <<'END'
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static void *other(void *p) { pthread_mutex_lock(&b); pthread_barrier_wait(&both);
	pthread_mutex_lock(&a); return p; }
int main(void) { pthread_t t; pthread_barrier_init(&both, 0, 2);
	pthread_create(&t, 0, other, 0);
	pthread_mutex_lock(&a); pthread_barrier_wait(&both); pthread_mutex_lock(&b); return 0; }
END
program fds <<'END'
#include <fcntl.h>
#include <stdio.h>
int main(int argc, char **argv) { FILE *f; int fd; char open_fds[65] = "";
	for (fd = 0; fd < 64; fd++) open_fds[fd] = fcntl(fd, F_GETFD) < 0 ? '-' : 'x';
	f = fopen(argv[1], "w"); fprintf(f, "%s\n", open_fds); return fclose(f); }
END
program state <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
int main(void) { char line[256]; struct rlimit r; FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6) ||
			!strncmp(line, "SigCgt", 6) || !strncmp(line, "Groups", 6)) fputs(line, stdout);
	for (int i = 0; i < RLIM_NLIMITS; i++) { getrlimit(i, &r);
		printf("%d %lu %lu\n", i, (long)r.rlim_cur, (long)r.rlim_max); }
	printf("%d %d\n", getpgrp() == getpgid(getppid()), getsid(0)); return 0; }
END

# terminal TEXT COMMAND…: runs a command on a terminal of its own, types TEXT when it said "ready".
program terminal -lutil <<'END'
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
	static char seen[65536]; size_t len = 0; int fd, status, typed = 0; ssize_t got;
	char text[2] = {!strcmp(argv[1], "\\003") ? 3 : !strcmp(argv[1], "\\032") ? 26 : argv[1][0], 0};
	pid_t pid = forkpty(&fd, 0, 0, 0);
	if (pid == 0) { execvp(argv[2], argv + 2); _exit(99); }
	while (len < sizeof seen - 1 && (got = read(fd, seen + len, sizeof seen - 1 - len)) > 0) {
		len += got; seen[len] = 0;
		if (!typed && strstr(seen, "ready")) { typed = 1; if (write(fd, text, 1) != 1) return 98; } }
	fputs(seen, stdout); waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
END

# --- exit statuses
for code in 0 1 3 255; do
	run sh -c "exit $code"
	result "exit status $code comes back" status_is $code
done
for signal in 9 11 15; do
	run sh -c "kill -$signal \$\$"
	result "killed by signal $signal is $((128 + signal))" status_is $((128 + signal))
done
run no-such-program
result 'a program that does not exist is 127, in one line' all 'status_is 127' 'err_lines 1' 'err_has no-such-program'
run ./no-such-file
result 'a path that does not exist is 127' all 'status_is 127' 'err_lines 1'
echo text >"$work/plain"
run "$work/plain"
result 'a file without execute permission is 126' all 'status_is 126' 'err_lines 1'
run "$work"
result 'a directory is 126' all 'status_is 126' 'err_lines 1'
run --no-such-option true
result 'an unknown option is 125, in one line' all 'status_is 125' 'err_lines 1' 'err_has no-such-option'
run
result 'no program is 125' all 'status_is 125' 'err_lines 1'
run --memory=3 true
result 'a bad value is 125' all 'status_is 125' 'err_lines 1' 'err_has memory'
run --mode=fast true
result 'a bad mode is 125' all 'status_is 125' 'err_lines 1'
for option in -o --output= --log= --json= --graph=; do
	run "$option-" true
	result "$option- is 125, in one line: standard output is the program's" all 'status_is 125' 'err_lines 1' 'err_has "standard output"' '[ ! -s "$work/out" ]' '[ ! -e "$work/cwd/-" ]'
done
run --json=./- --log=/dev/null true
result 'a file named - is ./-' all 'status_is 0' '[ -s "$work/cwd/-" ]'
run --help
result '--help prints to stdout and is 0' all 'status_is 0' 'err_lines 0' 'grep -q "^usage: lockdep-lite run" "$work/out"'
run -- sh -c 'exit 4'
result '-- ends the options' status_is 4
run sh -c 'exit "$2"' sh -q 6
result "the program's options are the program's" status_is 6

# --- scripts
script()
{
	printf '%s\n' "${@:2}" >"$work/$1"
	chmod +x "$work/$1"
}
script envscript '#!/usr/bin/env sh' 'exit 5'
run "$work/envscript"
result 'a script by env(1) runs' all 'status_is 5' '! err_has "not watched"'
script outer "#!$work/envscript"
run "$work/outer"
result 'a script whose interpreter is a script runs' status_is 5
script textscript 'exit 9'
run "$work/textscript"
result 'a text without #! is run by the shell' status_is 9
script broken '#!/no/such/interpreter' 'exit 5'
run "$work/broken"
result 'a script without its interpreter is 127, and the line names it' all 'status_is 127' 'err_lines 1' 'err_has /no/such/interpreter'
script envless '#!/usr/bin/env no-such-interpreter' 'exit 5'
run "$work/envless"
result 'a script whose env finds nothing is 127' all 'status_is 127' 'err_lines 1' 'err_has no-such-interpreter'
script cleared '#!/usr/bin/env -S -i sh' 'echo "${LD_PRELOAD-none}"; exit 8'
run "$work/cleared"
result 'env -i is said' all 'status_is 8' 'out_is none' 'err_has "env -i"'
script same-name 'exit 21'
(cd "$work" && PATH=":$PATH" "$ldl" run same-name) 2>/dev/null
status=$?
result 'an empty entry of PATH is the current directory' status_is 21

# --- what cannot be watched
unwatched()
{
	all 'status_is 3' 'out_is hello' 'err_lines 1' 'err_has "not watched"' "err_has '$1'"
}
hello='#include <stdio.h>
#include <stdlib.h>
int main(void) { puts("hello"); return getenv("LD_PRELOAD") ? 4 : 3; }'
for kind in static static-pie; do
	if program "$kind" "-$kind" <<<"$hello"; then
		run "$work/$kind"
		result "a $kind program runs as if alone" unwatched 'statically linked'
		script "by-$kind" "#!$work/$kind"
		run "$work/by-$kind"
		result "a script that a $kind program runs is told by name" unwatched "by-$kind"
	else
		skip "a $kind program runs as if alone" "$cc cannot link -$kind here"
	fi
done
# A gate must not pass because nobody looked; a verdict that was not asked for costs nothing.
no_verdict() { all 'status_is 125' 'out_is hello' 'err_has "no verdict for --error-exitcode"'; }
[ ! -x "$work/static" ] || run --error-exitcode=9 "$work/static"
result 'with --error-exitcode a program that cannot be watched is 125' all '[ ! -x "$work/static" ] || no_verdict'
program hello <<<"$hello"
other=$(ldconfig -p | sed -n 's/.*libm.so.6.* => //p' | head -n 1)
LOCKDEP_LITE_PRELOAD=$other run --error-exitcode=9 "$work/hello"
result 'with --error-exitcode a run without an arena is 125' no_verdict
LOCKDEP_LITE_PRELOAD=$other run "$work/hello"
result "without it the status of such a run is the program's" all 'status_is 4' 'err_has "not watched"' '! err_has verdict'
run --error-exitcode=9 "$work/clean"
result "with --error-exitcode a clean watched run's status is the program's" all 'status_is 7' '! err_has verdict'
loader=$(readelf -l "$work/clean" 2>/dev/null | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
if [ -n "$loader" ]; then
	ln -s "$loader" "$work/ld-musl-test.so.1"
	program musl "-Wl,--dynamic-linker=$work/ld-musl-test.so.1" <<<"$hello"
	run "$work/musl"
	result 'a program of another libc runs as if alone' unwatched 'another C library'
else
	skip 'a program of another libc runs as if alone' 'no readelf'
fi
if [ "$(id -u)" = 0 ]; then
	program setuid <<<"$hello"
	chown 65534 "$work/setuid" && chmod u+s "$work/setuid"
	run "$work/setuid"
	result 'a set-user-ID program runs as if alone' unwatched 'set-user-ID'
	chown 0 "$work/setuid" && chmod u+s "$work/setuid"
	run "$work/setuid"
	result 'set-user-ID to the same user is watched' all 'status_is 4' '! err_has "not watched"'
else
	skip 'a set-user-ID program runs as if alone' 'not root'
fi
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && command -v setcap >/dev/null; then
	program capable <<<"$hello"
	setcap cap_net_raw+ep "$work/capable" 2>"$work/err"
	status=$?
	mkdir -p "$work/any"
	cp "$ldl" "$work/any/" && cp "$build"/liblockdep_lite_preload.so "$work/any/"
	chmod 755 "$work" "$work/any"
	(cd "$work/any" && setpriv --reuid=65534 --regid=65534 --clear-groups ./lockdep-lite run ../capable) \
		>"$work/out" 2>"$work/err"
	status=$?
	result 'a program with file capabilities runs as if alone' unwatched 'file capabilities'
else
	skip 'a program with file capabilities runs as if alone' 'needs root, setpriv and setcap'
fi
# sanitized NAME FLAGS…: a program that waits on a condition, which a sanitizer must see whole.
sanitized()
{
	local name=$1
	shift
	if ! program "$name" -pthread "$@" <<'END'
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;
static void *set(void *p) { pthread_mutex_lock(&m); ready = 1; pthread_cond_signal(&c);
	pthread_mutex_unlock(&m); return p; }
int main(void) { pthread_t t; pthread_mutex_lock(&n); pthread_mutex_lock(&m);
	pthread_create(&t, 0, set, 0);
	while (!ready) pthread_cond_wait(&c, &m);
	pthread_mutex_unlock(&m); pthread_mutex_unlock(&n);
	pthread_join(t, 0); puts("hello"); return 3; }
END
	then
		skip "a program with $* runs as if alone" "$cc cannot build it here"
		return
	fi
	"$work/$name" >"$work/out" 2>"$work/err"
	if [ $? != 3 ]; then
		skip "a program with $* runs as if alone" 'its runtime does not run here'
		return
	fi
	run "$work/$name"
	result "a program with $* runs, and a line says so" all 'status_is 3' 'out_is hello' 'err_has "built with .*Sanitizer"' '! err_has "WARNING\|ERROR"'
	run sh -c "'$work/$name'"
	result "a child with $* runs" all 'status_is 3' 'out_is hello' '! err_has "WARNING\|ERROR"'
}
sanitized asan -fsanitize=address
sanitized tsan -fsanitize=thread
result 'below a shared ThreadSanitizer runtime nothing is preloaded' all '! readelf -d "$work/tsan" 2>/dev/null | grep -q libtsan || { run "$work/tsan"; err_has "not watched"; }'
mkdir "$work/a b"
cp "$ldl" "$build/liblockdep_lite_preload.so" "$work/a b/"
"$work/a b/lockdep-lite" run true >"$work/out" 2>"$work/err"
status=$?
result 'a library whose path LD_PRELOAD cannot express is 125, in one line' all 'status_is 125' 'err_lines 1'
LOCKDEP_LITE_PRELOAD=/no/such.so run true
result 'a preload library that is not there is 125, in one line' all 'status_is 125' 'err_lines 1'

# --- as if alone
for redirect in '0<&-' '1>&-' '2>&-' '0<&- 1>&- 2>&-'; do
	rm -f "$work/alone" "$work/watched"
	eval "\"$work/fds\" \"$work/alone\" $redirect"
	eval "\"$ldl\" run \"$work/fds\" \"$work/watched\" $redirect" 2>/dev/null
	result "with $redirect the program finds the same files open" cmp -s "$work/alone" "$work/watched"
done 2>"$work/err"
as_alone()
{
	"$@" >"$work/alone" 2>/dev/null
	"$ldl" run --log=/dev/null "$@" >"$work/watched" 2>/dev/null
	diff "$work/alone" "$work/watched" >"$work/out"
}
result 'signals, limits, group and session are as if alone' as_alone "$work/state"
(trap '' INT HUP PIPE CHLD USR1; as_alone "$work/state")
status=$?
result 'ignored signals stay ignored' status_is 0
(ulimit -Sn 50 && ulimit -Sf 1000 && as_alone "$work/state")
status=$?
result 'lowered limits stay lowered' status_is 0
head -c 100000 /dev/urandom >"$work/random"
"$ldl" run cat <"$work/random" >"$work/copy" 2>/dev/null
result 'stdin and stdout pass through untouched' cmp -s "$work/random" "$work/copy"
LD_PRELOAD=libm.so.6 run sh -c 'echo $LD_PRELOAD'
result 'what LD_PRELOAD had stays behind ours' grep -q '^/.*/liblockdep_lite_preload.so:libm.so.6$' "$work/out"
LOCKDEP_LITE=mode=prod:stack-depth=9 run --stack-depth=8 sh -c 'echo $LOCKDEP_LITE'
result 'options in LOCKDEP_LITE stay, those of run win' all 'grep -q mode=prod "$work/out"' 'grep -q stack-depth=8 "$work/out"' '! grep -q stack-depth=9 "$work/out"'

# --- signals
wait_for()
{
	for _ in $(seq 100); do
		grep -q -- "$1" "$2" 2>/dev/null && return 0
		sleep 0.05
	done
	return 1
}
for signal in TERM HUP USR1 INT QUIT; do
	: >"$work/out"
	# In the background of a script INT and QUIT are ignored, which sh cannot undo: env can.
	env --default-signal=INT,QUIT "$ldl" run sh -c "trap 'echo got; exit 12' $signal; echo ready; while :; do sleep 0.05; done" \
		>"$work/out" 2>"$work/err" &
	wait_for ready "$work/out"
	kill -$signal $!
	wait $!
	status=$?
	result "SIG$signal sent to the launcher reaches the program" all 'status_is 12' 'grep -q got "$work/out"'
done
directory_of()
{
	sed -n 's/.*out=\(\/[^:]*\)\/.*/\1/p' "$work/out"
}
"$ldl" run sh -c 'echo "ready $LOCKDEP_LITE"; sleep 0.5; echo on >"$1"; sleep 0.1; echo end >"$1"' sh "$work/went-on" >"$work/out" 2>"$work/err" &
wait_for ready "$work/out"
kill -9 $!
wait $! 2>/dev/null
result 'the program goes on when the launcher is killed' wait_for end "$work/went-on"
left=$(directory_of)
sleep 0.2
touch -d '5 minutes ago' "$left"
run true
result '… and the next launcher removes what it left' all '[ -n "$left" ]' '[ ! -e "$left" ]'
mkfifo "$work/fifo"
"$ldl" run sh -c 'echo "ready $LOCKDEP_LITE"; read -r line <"$1"' sh "$work/fifo" >"$work/out" 2>"$work/err" &
wait_for ready "$work/out"
left=$(directory_of)
touch -d '5 minutes ago' "$left"
run true
result '… but nothing of a launcher that lives' [ -e "$left" ]
echo >"$work/fifo"
wait
"$work/terminal" '\003' "$ldl" run --log=/dev/null sh -c 'trap "echo interrupted; exit 13" INT; echo ready; while :; do sleep 0.05; done' \
	>"$work/out" 2>"$work/err"
status=$?
result '^C reaches the program once, the launcher stays' all 'status_is 13' '[ "$(grep -c interrupted "$work/out")" = 1 ]'
"$work/terminal" '\003' "$ldl" run --log=/dev/null sh -c 'echo ready; while :; do sleep 0.05; done' >"$work/out" 2>"$work/err"
status=$?
result 'a program that ^C kills is 130' status_is 130

# The shell with job control sees the stop, and lets the program go on.
job='echo $1; "$2" run --log=/dev/null sh -c "$3" sh "$4"; echo "stopped $?"; touch "$4"; fg >/dev/null; echo "ended $?"'
looping='echo ready; while [ ! -e "$1" ]; do sleep 0.05; done; exit 5'
rm -f "$work/go"
"$work/terminal" '\032' bash -m -c "$job" bash typed "$ldl" "$looping" "$work/go" >"$work/out" 2>"$work/err"
status=$?
result '^Z stops the program and the launcher, fg goes on with both' all 'grep -q "stopped 1" "$work/out"' 'grep -q "ended 5" "$work/out"'
rm -f "$work/go"
"$work/terminal" x bash -m -c "$job" bash itself "$ldl" "kill -TSTP \$\$; $looping" "$work/go" >"$work/out" 2>"$work/err"
status=$?
result 'a program that stops itself gives the terminal back' all 'grep -q "stopped 1" "$work/out"' 'grep -q "ended 5" "$work/out"'

# --- children
start=$SECONDS
run sh -c 'sleep 20 >/dev/null 2>&1 & exit 4'
result 'a child left in the background is not waited for' all 'status_is 4' '[ $((SECONDS - start)) -lt 10 ]'
run sh -c "'$work/abba' >/dev/null; exit 6"
result 'a finding in a child is told' all 'status_is 6' 'err_has "possible deadlock"' 'err_has "process [0-9]"'
run --no-children sh -c "'$work/abba' >/dev/null; exit 6"
result '--no-children leaves children alone' all 'status_is 6' '! err_has "possible deadlock"'
run sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done'
result 'many children leave nothing behind' all 'status_is 0' '[ -z "$(ls "$work/cwd")" ]' 'err_has "10 more processes"'

# --- findings, and where they go
run "$work/abba" 3
result 'a finding is told once, the status is kept' all 'status_is 3' 'out_is done' '[ "$(grep -c "^possible deadlock" "$work/err")" = 1 ]'
result 'the next commands are printed' all 'err_has "lockdep-lite report lockdep.abba"' 'err_has "lockdep-lite graph lockdep.abba.*svg"'
result 'the arena is kept, with a link to the latest' all '[ -s "$work"/cwd/lockdep.abba.*.ldl ]' '[ -L "$work/cwd/lockdep.latest.ldl" ]' '[ -s "$work/cwd/lockdep.latest.ldl" ]'
result 'the kept arena can be read' all '(cd "$work/cwd" && "$ldl" report lockdep.latest.ldl >"$work/report"; [ $? = 1 ])' 'grep -q "possible deadlock" "$work/report"'
run --quiet "$work/abba"
result '--quiet prints the summary only' all '! err_has "^possible deadlock"' 'err_has "1 error"'
run --error-exitcode=42 "$work/abba"
result '--error-exitcode is the status when there is an error' status_is 42
run --error-exitcode=42 "$work/clean"
result '… and not when there is none' status_is 7
result 'nothing is kept of a clean run' [ -z "$(ls "$work/cwd")" ]
run -o kept.ldl "$work/clean"
result '-o keeps a clean run' [ -s "$work/cwd/kept.ldl" ]
(cd "$work/cwd" && "$ldl" run -o kept.ldl "$work/clean") 2>"$work/err"
result 'a file that exists is not overwritten' [ -s "$work/cwd/kept.ldl.1" ]
run -o kept.ldl sh -c "'$work/abba'"' & wait'
result "-o keeps a child's arena as FILE.PID" all 'ls "$work"/cwd/kept.ldl.[0-9]* >"$work/out"'
run -o 'x.%e.%q{FLAVOUR}.%n.ldl' "$work/clean"
result 'the name template is expanded' [ -s "$work/cwd/x.clean..1.ldl" ]
run --log=log "$work/abba"
result '--log takes it all' all 'err_lines 0' 'grep -q "possible deadlock" "$work/cwd/log"' 'grep -q "1 error" "$work/cwd/log"'
run --log=/no/such/dir/log "$work/abba" 3
result 'a log that cannot be written costs one line' all 'status_is 3' 'err_has "cannot write the log"' 'err_has "possible deadlock"'
run --json=out.json --graph=out.svg "$work/abba"
result '--json and --graph write their files' all 'grep -q "\"file\": *\"lockdep.abba" "$work/cwd/out.json"' 'grep -q "<svg" "$work/cwd/out.svg"'
run --json=/no/such/dir/x.json --graph=/no/such/dir/x.svg "$work/abba" 3
result 'results that cannot be written cost a line each' all 'status_is 3' '[ "$(grep -c /no/such/dir "$work/err")" = 2 ]' 'err_has "1 error"'
(cd /proc && exec "$ldl" run "$work/abba" 3) >"$work/out" 2>"$work/err"
status=$?
result 'a directory that cannot be written costs one line, not the report' all 'status_is 3' 'err_has "cannot keep"' 'err_has "possible deadlock"' 'err_has "1 error"'
"$ldl" run --error-exitcode=9 "$work/abba" >"$work/out" 2>/dev/full
status=$?
result 'a full stderr costs nothing' status_is 9
run /bin/true
result 'a program without locks is one line' all 'status_is 0' 'err_lines 1' 'err_has "no locks were taken"'

# --- a deadlock that happens
"$ldl" run "$work/hang" >"$work/out" 2>"$work/err" &
result 'a deadlock at its first chance is told while the program hangs' wait_for 'possible deadlock' "$work/err"
kill -TERM $!
wait $!
status=$?
result '… and the launcher ends as the program does' status_is 143

# --- leftovers, doctor
run sh -c 'echo "$LOCKDEP_LITE"'
directory=$(directory_of)
result 'the private directory is gone afterwards' all '[ -n "$directory" ]' '[ ! -e "$directory" ]'
doctor()
{
	"$ldl" doctor "$@" >"$work/out" 2>"$work/err"
	status=$?
}
doctor "$work/clean"
result 'doctor: a program with debug information can be watched' all '[ $status -le 1 ]' 'grep -q "^ok .*dynamically linked" "$work/out"'
doctor no-such-program
result 'doctor: one that does not exist cannot' all 'status_is 2' 'grep -q "^no " "$work/out"'
if [ -e "$work/static" ]; then
	doctor "$work/static"
	result 'doctor: a static program cannot' all 'status_is 2' 'grep -q "^no .*statically" "$work/out"'
fi
doctor $$
result 'doctor: a process that was started without us is not watched' all '[ $status -le 1 ]' 'grep -q "not watched now" "$work/out"'
"$ldl" run sh -c 'echo ready $$; exec sleep 9' >"$work/child" 2>/dev/null &
wait_for ready "$work/child"
sleep 0.2
doctor "$(sed 's/ready //' "$work/child")"
kill $! && wait $! 2>/dev/null
result 'doctor: a watched process, and its arena' all 'grep -q "^ok .*watched: the library" "$work/out"' 'grep -q "^ok .*arena: /" "$work/out"'
doctor --zork
result 'doctor: an unknown option is 2, in one line' all 'status_is 2' 'err_lines 1'

echo "1..$number"
[ $failures = 0 ]
