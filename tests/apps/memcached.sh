#!/bin/bash
# memcached with two worker threads, its maintenance threads, and load from four connections.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/apps/lib.sh
need memcached python3

dir=$work/runs/memcached
sockets=$work/sockets
mkdir -p "$sockets"
chmod 711 "$work"
as_user=()
if [ "$(id -u)" = 0 ]; then
	as_user=(-u nobody)
	chown nobody "$sockets"
fi
for way in bare watched; do
	start_server "$dir" $way memcached -t 2 -m 64 -s "$sockets/$way" -a 0777 "${as_user[@]}" \
		-o modern,slab_reassign,slab_automove=2
	if wait_for 20 test -S "$sockets/$way" &&
		tests/tools/load-memcached "$sockets/$way" 8 4 >"$work/$way.load" 2>&1; then
		ok "memcached $way: $(cat "$work/$way.load")"
	else
		not_ok "memcached $way" "$(cat "$work/$way.load" "$dir/$way.err")"
	fi
	stop_server "$dir" $way TERM
done
compare memcached "$dir" ''
finish
