#!/bin/bash
# redis-server with two I/O threads, under redis-benchmark and with a save in a forked child.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/apps/lib.sh
need redis-server redis-cli redis-benchmark

dir=$work/runs/redis
for way in bare watched; do
	data=$work/$way
	mkdir -p "$data"
	start_server "$dir" $way redis-server --io-threads 2 --io-threads-do-reads yes --port 0 \
		--unixsocket "$data/socket" --dir "$data" --save '' --appendonly yes \
		--lazyfree-lazy-user-del yes
	redis()
	{
		redis-cli -s "$data/socket" "$@"
	}
	if ! wait_for 20 redis ping; then
		not_ok "redis $way: starts" "$(tail "$dir/$way.out" "$dir/$way.err")"
	fi
	redis-benchmark -s "$data/socket" -q -n 40000 -c 20 -P 4 -t set,get,incr,lpush,lrange_100 \
		>"$work/$way.load" 2>&1
	status=$?
	redis bgsave >/dev/null
	wait_for 20 test -s "$data/dump.rdb"
	redis bgrewriteaof >/dev/null
	wait_for 20 eval 'redis info persistence | grep -q aof_rewrite_in_progress:0 &&
		redis info persistence | grep -q aof_rewrite_scheduled:0'
	redis eval 'for i = 1, 1000 do redis.call("set", "k" .. i, i) end return redis.call("get", "k7")' 0 \
		>"$work/$way.answer"
	redis del mylist >/dev/null
	if [ $status = 0 ] && [ "$(cat "$work/$way.answer")" = 7 ] && [ -s "$data/dump.rdb" ]; then
		ok "redis $way: $(tr '\r' '\n' <"$work/$way.load" | grep -c 'requests per second') loads done"
	else
		not_ok "redis $way" "$(cat "$work/$way.load" "$work/$way.answer")"
	fi
	stop_server "$dir" $way TERM
done
# The log's lines begin with pid and time, and tell sizes and durations.
compare redis "$dir" 's/(bare|watched)\/socket/socket/; s/^[0-9]+:[CM] .{20,30} [*#.-] //
	/^ .*[|_.`-]{2}/d; s/[0-9]+//g; /^$/d; /Warning|WARNING|Server initialized/!{/^[^A-Z]/d}
	/Removing the history|DB saved|Fork CoW|RDB|AOF|rewrite|Background|saving|DB loaded|Residual|SYNC append/d'
finish
