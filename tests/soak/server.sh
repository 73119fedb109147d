#!/bin/bash
# server.sh memcached|redis: mixed requests from eight connections, one and sixteen of each at a time.
# Every answer is compared.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/soak/lib.sh
name=$1
case $name in
memcached) need memcached ;;
redis) need redis-server ;;
esac

watched_by=(--preload "$preload")
[ -z "$calibrate" ] || watched_by=()
"$soak" "${watched_by[@]}" --directory "$work" --seconds "$seconds" "$name" \
	>"$work/rows" 2>"$work/wrong"
status=$?
show "$work/rows"
if [ $status = 0 ] && [ ! -s "$work/wrong" ]; then
	ok "$name: $(awk '$1 == "soak.latency" { n[$3] += $NF * ($2 ~ /batch$/ ? 16 : 1) }
		END { printf "%d answers, watched %d, all of them right", n["bare"], n["watched"] }' "$work/rows")"
else
	not_ok "$name: all answers are right" "status $status" "$(head -n 20 "$work/wrong")"
fi
for way in bare watched; do
	sed -n "s/^soak.status $way //p" "$work/rows" >"$work/$way.status"
done
# Redis begins the lines of its log with its pid and the time.
check_same "$name" "$work" 's/[0-9]+//g' out err status
check_memory "$name" "$work/rows"
check_arena "$name" "$work/$name.ldl"
finish
