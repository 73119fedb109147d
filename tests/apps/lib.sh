# What the runs of well-known programs share: each runs bare and watched, on loopback and Unix sockets
# only, and must do the same. To be sourced by bash in the tree's root. Results are lines of TAP.

. tests/e2e/lib.sh
PATH=/usr/bin:/bin:$PATH:/usr/sbin:/sbin # the distribution's own programs first
pids=()

clean_up_apps()
{
	local pid

	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up_apps EXIT

need()
{
	local program

	for program in "$@"; do
		if ! command -v "$program" >/dev/null; then
			skip "$program" 'it is not installed'
			finish
		fi
	done
}

# sum_up DIR: what the watched processes saw, for the log: locks, classes, edges, chains, what was
# dropped, of the program and of those of its children that took locks.
sum_up()
{
	local file

	for file in "$1/arena" "$1"/arena.[0-9]*; do
		[ -e "$file" ] || continue
		"$lockdep_lite" report --json "$file" 2>/dev/null | python3 -c '
import json, sys
document = json.load(sys.stdin)
for run in document.get("runs", [document]):
    print("# %s: %d locks, %d classes, %d edges, %d chains, %d threads; dropped: %s; findings: %d" % (
        run["program"].rsplit("/", 1)[-1], run["locks"], run["classes"], run["edges"], run["chains"],
        run["threads"], run["drops"] or "nothing", len(run["findings"])))
    for finding in run["findings"]:
        print("#   %s, %s: %s" % (finding["severity"], finding["verdict"], finding["title"]))'
	done | sort | uniq -c | sed -E 's/^ *([0-9]+) #/# \1 x/' | head -n 30
}

# compare NAME DIR FILTER: output and status as alone; nothing dropped. FILTER is a sed script that
# takes out what differs between any two runs: times, pids, rates.
compare()
{
	local name=$1 part wrong=''

	dir=$2
	for part in out err status; do
		wrong+=$(diff -u --label bare --label watched \
			<(sed -E "$3" "$dir/bare.$part") <(sed -E "$3" "$dir/watched.$part") | head -n 30)
	done
	if [ -z "$wrong" ]; then
		ok "$name: the same, watched"
	else
		not_ok "$name: the same, watched" "$wrong"
	fi
	if [ ! -s "$dir/json" ]; then
		not_ok "$name: a report" "$(tail -n 20 "$dir/log" 2>/dev/null)"
		return
	fi
	sum_up "$dir"
	if [ "$(drops_of "$dir")" = 0 ]; then
		ok "$name: nothing dropped"
	else
		not_ok "$name: nothing dropped" "$(tail -n 12 "$dir/log")"
	fi
}

# program_twice NAME FILTER COMMAND…: a program that runs to its end by itself.
program_twice()
{
	local name=$1 filter=$2
	shift 2
	run_both "$work/runs/${name// /_}" '' "$@"
	compare "$name" "$work/runs/${name// /_}" "$filter"
}

# start_server DIR WAY COMMAND…: WAY is bare or watched. Sets `server` to the pid to be signalled.
# Watched by `run`, or as the array watched_by says.
watched_by=()
start_server()
{
	local dir=$1 way=$2 watch=()
	shift 2
	if [ "$way" != bare ]; then
		watch=("$lockdep_lite" run --json="$dir/json" --log="$dir/log" -o "$dir/arena" --)
		[ ${#watched_by[@]} = 0 ] || watch=("${watched_by[@]}")
	fi
	mkdir -p "$dir"
	"${watch[@]}" "$@" >"$dir/$way.out" 2>"$dir/$way.err" </dev/null &
	server=$!
	pids+=("$server")
}

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for()
{
	local tries=$(($1 * 10))
	shift
	while [ $tries -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
		tries=$((tries - 1))
	done
	return 1
}

# stop_server DIR WAY SIGNAL: asks it to end, in a minute at most, and keeps its status.
stop_server()
{
	kill -s "$3" "$server"
	wait_for 60 eval "! kill -0 $server" || kill -KILL "$server"
	wait "$server"
	echo $? >"$1/$2.status"
}

# start_mariadb DIR WAY OPTION…: makes a database in $work/WAY.data and starts its server.
start_mariadb()
{
	local dir=$1 way=$2 data=$work/$2.data as_user=()
	shift 2
	mkdir -p "$data"
	chmod 711 "$work"
	if [ "$(id -u)" = 0 ]; then
		chown mysql "$data"
		as_user=(--user=mysql)
	fi
	if ! mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal \
		--skip-test-db "${as_user[@]}" >"$work/install.log" 2>&1; then
		not_ok 'mariadb-install-db' "$(tail -n 20 "$work/install.log")"
		finish
	fi
	start_server "$dir" "$way" mariadbd --no-defaults --datadir="$data" --socket="$data/socket" \
		--skip-networking --pid-file="$data/pid" "$@" "${as_user[@]}"
	if ! wait_for 60 sql "$way" -e 'select 1'; then
		not_ok "mariadbd $way: starts" "$(tail -n 20 "$dir/$way.err")"
		finish
	fi
}

# sql WAY ARGUMENT…: a client of that server.
sql()
{
	local way=$1
	shift
	mariadb --no-defaults --socket="$work/$way.data/socket" -u root --batch --skip-column-names "$@"
}

# What differs in the server's own words between any two runs.
mariadb_filter='s/^[0-9-]+ +[0-9:]+ +[0-9]+ //; s/[0-9]+//g; s/(bare|watched)\.data/data/g
	/[Bb]uffer pool\(s\)|rollback segments|Log sequence|processing/d'
