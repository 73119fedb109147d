#!/bin/bash
# mariadbd with tables of the Aria engine, written to by six clients at once: its log has eight buffers,
# which threads lock hand over hand, round and round. Only who has the current one goes on to the next;
# no lock says so, and yet that ring is no deadlock (core/turn.h). Watched alone: what is looked at is what
# was found, not what the server answers.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/apps/lib.sh
need mariadbd mariadb mariadb-install-db

dir=$work/runs/aria
start_mariadb "$dir" watched --innodb-buffer-pool-size=32M --log-bin="$work/watched.data/binlog" \
	--server-id=1 --event-scheduler=on
sql watched -e 'create database t; use t;
	create table a (id int primary key auto_increment, client int, text varchar(2000), key (client))
		engine=aria transactional=1;
	create table b like a;
	create table r (id int primary key auto_increment, client int, text varchar(2000)) engine=innodb;
	create event e on schedule every 1 second do insert into t.a (client, text) values (99, "event")' \
	2>"$work/sql"

# statements_of CLIENT
statements_of()
{
	local client=$1 row

	for row in $(seq 400); do
		echo "insert into a (client, text) values ($client, repeat('x', 1500)), ($client, repeat('y', 1900));"
		echo "insert into b (client, text) values ($client, repeat('z', 1700));"
		[ $((row % 5)) != 0 ] || echo "update a set text = repeat('u', 1700) where client = $client
			and id % 3 = 0 limit 100; insert into r (client, text) values ($client, 'row');"
		[ $((row % 20)) != 0 ] || echo "delete from a where client = $client and id % 2 = 0;"
		[ $((row % 50)) != 0 ] || echo "create table t$client like a; insert into t$client (text)
			values (repeat('t', 1000)); alter table t$client add column more int;
			optimize table t$client; drop table t$client;"
	done
}

clients=()
for client in 1 2 3 4 5 6; do
	statements_of $client | sql watched t >/dev/null 2>>"$work/sql" &
	clients+=($!)
done
for client in "${clients[@]}"; do
	wait "$client"
done
rows=$(sql watched -e 'select count(*) from t.b' 2>>"$work/sql")
stop_server "$dir" watched TERM
if [ ! -s "$work/sql" ] && [ "$rows" = 2400 ] && [ "$(cat "$dir/watched.status")" = 0 ]; then
	ok 'mariadbd with Aria tables does its work'
else
	not_ok 'mariadbd with Aria tables does its work' "$rows rows" "$(cat "$work/sql")" \
		"$(tail "$dir/watched.err")"
fi
sum_up "$dir"
if [ "$(drops_of "$dir")" = 0 ]; then
	ok 'nothing dropped'
else
	not_ok 'nothing dropped' "$(tail -n 12 "$dir/log")"
fi

# The one cycle inside a class, by default and with --all: how it is seen, and how often in turn.
found=$("$lockdep_lite" report --all --json "$dir/arena" 2>/dev/null | python3 -c '
import json, sys
for finding in json.load(sys.stdin)["findings"]:
    if finding["rule"] == "L2":
        print(finding["verdict"], len(finding["edges"]), finding.get("turns", 0))')
case $found in
gated\ 8\ *)
	ok "the ring of the log's buffers is gated: ${found##* } nestings in turn"
	;;
'')
	skip "the ring of the log's buffers" 'the load did not close it'
	;;
*)
	not_ok "the ring of the log's buffers is gated" "$found"
	;;
esac
if python3 -c '
import json, sys
sys.exit(any(finding["rule"] == "L2" for finding in json.load(open(sys.argv[1]))["findings"]))' "$dir/json"; then
	ok 'it is not shown by default'
else
	not_ok 'it is not shown by default' "$(cat "$dir/log")"
fi
finish
