#!/bin/bash
# mariadbd: made, started, filled by four clients at once, read, shut down.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/apps/lib.sh
need mariadbd mariadb mariadb-install-db

dir=$work/runs/mariadb
for way in bare watched; do
	start_mariadb "$dir" $way --innodb-buffer-pool-size=32M
	sql $way -e 'create database t; create table t.r (id int primary key auto_increment, client int,
		text varchar(100), key (client)) engine=innodb' 2>"$work/$way.sql"
	clients=()
	for client in 1 2 3 4; do
		for row in $(seq 300); do
			echo "insert into t.r (client, text) values ($client, 'row $row');"
			[ $((row % 50)) != 0 ] ||
				echo "update t.r set text = 'changed' where client = $client and id % 7 = 0;"
		done | sql $way >>"$work/$way.sql" 2>&1 &
		clients+=($!)
	done
	for client in "${clients[@]}"; do
		wait "$client"
	done
	sql $way -e 'select client, count(*) from t.r group by client order by client; alter table t.r add
		column more int; optimize table t.r; check table t.r' >"$work/$way.answer" 2>>"$work/$way.sql"
	stop_server "$dir" $way TERM
	if [ ! -s "$work/$way.sql" ] && [ "$(head -n 4 "$work/$way.answer" | cut -f 2 | sort -u)" = 300 ]; then
		ok "mariadbd $way: $(wc -l <"$work/$way.answer") lines of answers"
	else
		not_ok "mariadbd $way" "$(cat "$work/$way.sql" "$work/$way.answer")" "$(tail "$dir/$way.err")"
	fi
done
if diff "$work/bare.answer" "$work/watched.answer" >/dev/null; then
	ok 'mariadbd: the same answers, watched'
else
	not_ok 'mariadbd: the same answers, watched' "$(diff "$work/bare.answer" "$work/watched.answer")"
fi
compare mariadbd "$dir" "$mariadb_filter"
finish
