#!/bin/bash
# icecast2: one source, one listener, a reload of the configuration. Debian 12's 2.4.4 takes three
# locks in a circle there, from three threads, and nothing keeps them apart:
#
#   reload:    global_lock()      then  config_grab_config()      (the slave thread, on SIGHUP)
#   listener:  config_get_config()  then  source->pending_tree    (the accepting thread)
#   source:    source->pending_tree  then  global_lock()          (the source's thread, when it ends)
#
# The program does the same, watched, and the circle is reported without ever having hung.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/apps/lib.sh
need icecast2 curl

port=$((20000 + $$ % 20000))
dir=$work/runs/icecast
share=/usr/share/icecast2
chmod 711 "$work"
mkdir -p "$work/log"
owner=
if [ "$(id -u)" = 0 ]; then
	# It refuses to stay root.
	owner='<changeowner><user>nobody</user><group>nogroup</group></changeowner>'
	chown nobody "$work/log"
fi
cat >"$work/icecast.xml" <<END
<icecast>
	<limits><clients>20</clients><sources>2</sources></limits>
	<authentication><source-password>s</source-password>
		<admin-user>a</admin-user><admin-password>s</admin-password></authentication>
	<hostname>localhost</hostname>
	<listen-socket><port>$port</port><bind-address>127.0.0.1</bind-address></listen-socket>
	<paths><basedir>$share</basedir><logdir>$work/log</logdir>
		<webroot>$share/web</webroot><adminroot>$share/admin</adminroot></paths>
	<logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog></logging>
	<security><chroot>0</chroot>$owner</security>
</icecast>
END

for way in bare watched; do
	start_server "$dir" $way icecast2 -c "$work/icecast.xml"
	if ! wait_for 20 curl -s -o /dev/null "http://127.0.0.1:$port/"; then
		not_ok "icecast2 $way: starts" "$(cat "$dir/$way.err" "$work/log/error.log")"
	fi
	head -c 160000 /dev/zero | curl -s --max-time 10 --limit-rate 40k -T - -u source:s \
		-H 'Content-Type: audio/mpeg' "http://127.0.0.1:$port/stream" >/dev/null &
	source=$!
	sleep 1
	curl -s --max-time 8 "http://127.0.0.1:$port/stream" >"$work/$way.stream" &
	listener=$!
	sleep 1
	kill -HUP $server
	wait $source
	wait $listener
	if [ -s "$work/$way.stream" ]; then
		ok "icecast2 $way: the listener got something"
	else
		not_ok "icecast2 $way" "$(tail "$work/log/error.log")"
	fi
	stop_server "$dir" $way TERM
done
compare icecast2 "$dir" 's/^\[[^]]*\]//'

if grep -q '"rule": "L1"' "$dir/json"; then
	ok 'icecast2: its circle of locks is found'
else
	not_ok 'icecast2: its circle of locks is found' "$(cat "$dir/log")"
fi
finish
