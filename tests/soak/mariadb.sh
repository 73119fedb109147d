#!/bin/bash
# mariadbd under four kinds of sysbench's load, from four threads: transactions, the same statements as
# text and each for itself, writes, and reads of single rows. No error is tolerated; afterwards each table
# has the rows that it must have, and what both servers are asked alike leaves the same data.
#
# Servers have half of the CPUs and the load the other half, since which thread comes to lie beside
# which is worth a fifth of the throughput, and a matter of luck.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/soak/lib.sh
need mariadbd mariadb mariadb-install-db sysbench

tables=4 rows_each=10000
growth_max=4096 # it has dozens of threads with heaps of their own, which come and go
run_seconds=1
cpus=$(nproc)
load_cpus=0-$((cpus > 1 ? cpus / 2 - 1 : 0))
server_cpus=$((cpus / 2))-$((cpus - 1))
dir=$work/runs/mariadb
rows=$work/rows
: >"$rows"
declare -A load=(
	[transactions]=oltp_read_write
	[text]='oltp_read_write --db-ps-mode=disable --skip-trx=on --delete-inserts=0'
	[writes]=oltp_write_only
	[reads]=oltp_point_select
)

# bench WAY ARGUMENT…
bench()
{
	local way=$1
	shift
	taskset -c "$load_cpus" sysbench --db-driver=mysql --mysql-socket="$work/$way.data/socket" --mysql-user=root --mysql-db=t \
		--tables=$tables --table-size=$rows_each --rand-type=uniform --threads=4 "$@" 2>&1
}

# drive WAY LOAD: appends to WAY.LOAD the nanoseconds of a transaction, to WAY.LOAD.latency how many
# took so many milliseconds, and to WAY.events how many there were, what failed and what had to be
# connected anew.
drive()
{
	if ! bench "$1" --histogram=on --time=$run_seconds ${load[$2]} run >"$work/said" || grep -q FATAL "$work/said"; then
		not_ok "mariadb $1: $2" "$(tail -n 20 "$work/said")"
		finish
	fi
	awk -v events="$work/$1.events" -v latency="$work/$1.$2.latency" '
	/^ +[0-9.]+ +\|/ { print $1, $NF >>latency }
	/^ *transactions:/ { count = $2; rate = substr($3, 2) }
	/^ *ignored errors:/ { failed = $3 }
	/^ *reconnects:/ { anew = $2 }
	END {
		print 1e9 / rate
		print count, failed, anew >>events
	}' "$work/said" >>"$work/$1.$2"
}

# p99 WAY LOAD: nanoseconds that one of a hundred transactions of the whole soak took longer than.
p99()
{
	sort -n "$work/$1.$2.latency" | awk '
	{ value[NR] = $1; count[NR] = $2; all += $2 }
	END {
		for (i = 1; seen + count[i] < 0.99 * all; i++)
			seen += count[i]
		print value[i] * 1e6
	}'
}

# Loads in turns, each on the bare and the watched server, every other time the other way round.
soak()
{
	local round=0 ways=(bare watched) kind way warm=''

	SECONDS=0
	while [ $SECONDS -lt "$seconds" ]; do
		for kind in transactions text writes reads; do
			for way in "${ways[@]}"; do
				drive "$way" $kind
			done
		done
		round=$((round + 1))
		ways=("${ways[1]}" "${ways[0]}")
		if [ -z "$warm" ] && [ $((SECONDS * 10)) -ge "$seconds" ]; then
			warm=1
			remember_memory warm
		fi
	done
	remember_memory end
}

remember_memory()
{
	memory_of "$server_bare" bare "$1" >>"$rows"
	memory_of "$server_watched" watched "$1" >>"$rows"
}

# Four clients at once, each with rows of its own, so that their order does not matter.
ask_alike()
{
	local client clients=()

	sql "$1" t -e 'create table alike (id int primary key, client int, text varchar(100), key (client))'
	for client in 1 2 3 4; do
		for row in $(seq 500); do
			echo "insert into alike values ($client * 1000 + $row, $client, 'row $row');"
			[ $((row % 25)) != 0 ] || echo "begin; update alike set text = concat(text, '+')
				where id between $client * 1000 and $client * 1000 + $row;
				delete from alike where id = $client * 1000 + $row - 3; commit;"
		done | sql "$1" t &
		clients+=($!)
	done
	wait "${clients[@]}"
}

# answers WAY: what the tables hold in the end.
answers()
{
	local table

	ask_alike "$1"
	for table in sbtest1 sbtest2 sbtest3 sbtest4; do
		sql "$1" t -e "select '$table', count(*), sum(id) from $table; check table $table"
	done
	sql "$1" t -e 'check table alike; checksum table alike; select count(*) from alike;
		show global status like "Connection_errors%"; show global status like "Aborted%"'
}

for way in bare watched; do
	watched_by=(env)
	[ -n "$calibrate" ] ||
		watched_by+=(LD_PRELOAD="$preload" LOCKDEP_LITE="mode=prod:quiet:out=$work/mariadb.ldl")
	start_mariadb "$dir" $way --innodb-buffer-pool-size=64M \
		--innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=2
	declare "server_$way=$server"
	taskset -acp "$server_cpus" "$server" >"$work/said"
	# A table larger than the buffer pool, so that none of its memory is touched for the first time later.
	sql $way -e 'create database t; use t; create table large engine=innodb
		select seq, repeat("x", 8000) as text from seq_1_to_12000; drop table large'
	bench $way --threads=1 oltp_read_write prepare >"$work/said" ||
		not_ok "mariadb $way: prepare" "$(tail "$work/said")"
done
soak
for kind in transactions text writes reads; do
	paste -d ' ' "$work"/{bare,watched}.$kind | "$soak" --row "mariadb.$kind.throughput" >>"$rows"
	echo "$(p99 bare $kind) $(p99 watched $kind)" | "$soak" --row "mariadb.$kind.p99" >>"$rows"
done
show "$rows"

for way in bare watched; do
	answers $way >"$work/$way.answers" 2>&1
	server_of=server_$way
	server=${!server_of}
	stop_server "$dir" $way TERM
	awk -v way=$way '{ count += $1; failed += $2; anew += $3 }
		END { printf "%s: %d transactions, %d undone by InnoDB, %d connected anew\n", way, count, failed, anew }' \
		"$work/$way.events" >"$work/$way.sum"
done
cp "$work"/{bare,watched}.answers "$dir"
# InnoDB undoes a transaction when two wait for each other's rows, which is a matter of luck.
if [ "$(awk '{ failed[NR] = $4; anew += $8 } END { print failed[2] <= failed[1] + 3 && !anew }' \
	"$work"/{bare,watched}.sum)" = 1 ]; then
	ok "mariadb: no errors: $(cat "$work"/{bare,watched}.sum | paste -sd ';')"
else
	not_ok 'mariadb: no errors' "$(cat "$work"/{bare,watched}.sum)"
fi
sum=$((rows_each * (rows_each + 1) / 2))
if [ "$(grep -c "^sbtest[1-4]	$rows_each	$sum\$" "$dir/watched.answers")" = $tables ]; then
	ok "mariadb: the tables have the rows that they must have"
else
	not_ok 'mariadb: the tables have the rows that they must have' "$(cat "$dir/watched.answers")"
fi
check_same mariadb "$dir" '' answers status
check_same mariadb "$dir" "$mariadb_filter" out err
check_memory mariadb "$rows"
check_arena mariadb "$work/mariadb.ldl"
finish
