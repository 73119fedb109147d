#!/bin/sh
# `make bench-peers`: the loops of peer_loop.c bare, under lockdep-lite, and under other checkers,
# in interleaved runs. Prints ratios to the bare program (abseil: to its own mutex without checks).
#
#	peers.sh BUILD_FOLDER PRELOAD_LIBRARY
#
# A checker that is not installed is skipped with the name of its package. No figure fails the run.
set -eu

build=$1
preload=$2
source=$(dirname "$0")
CC=${CC:-gcc}
CXX=${CXX:-g++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
peers="bare ours"

skip()
{
	echo "bench.skip $1: $2"
}

if "$CC" -O2 -g -fsanitize=thread -o "$build/peer_tsan" "$source/peer_loop.c" -lpthread \
	2>"$work/log"; then
	peers="$peers tsan"
else
	skip tsan "$CC -fsanitize=thread does not link: apt-get install libtsan2"
fi
if command -v valgrind >/dev/null 2>&1; then
	peers="$peers helgrind"
else
	skip helgrind "not installed: apt-get install valgrind"
fi
if ! command -v pkg-config >/dev/null 2>&1 || ! pkg-config --exists absl_synchronization; then
	skip abseil "not installed: apt-get install libabsl-dev pkg-config"
elif "$CXX" -std=c++17 -O2 $(pkg-config --cflags absl_synchronization) -o "$build/peer_absl" \
	"$source/peer_absl.cc" $(pkg-config --libs absl_synchronization) -lpthread 2>"$work/log"; then
	peers="$peers absl_off absl"
else
	skip abseil "$CXX cannot build with it: $(head -n 1 "$work/log")"
fi

# Its own line each: scale, how many runs, and how it is started. What a checker prints is not ours.
run_peer()
{
	case $1 in
	bare) "$build/peer_loop" 1 ;;
	ours) LD_PRELOAD=$preload LOCKDEP_LITE="quiet:out=$work/%p.%n.ldl" "$build/peer_loop" 1 ;;
	tsan) TSAN_OPTIONS=detect_deadlocks=1:report_bugs=0 "$build/peer_tsan" 5 ;;
	helgrind) valgrind -q --tool=helgrind "$build/peer_loop" 200 ;;
	absl_off) "$build/peer_absl" off 1 ;;
	absl) "$build/peer_absl" report 1 ;;
	esac 2>>"$work/noise" | sed "s/^/$1 /"
	rm -f "$work"/*.ldl
}

for round in 1 2 3 4 5 6 7 8 9; do
	for peer in $peers; do
		# Helgrind is slow, and its ratio is no close call.
		if [ "$peer" = helgrind ] && [ "$round" -gt 1 ]; then
			continue
		fi
		run_peer "$peer" >>"$work/lines"
	done
done

sort -k1,1 -k2,2 -k3,3n "$work/lines" | awk '
{
	is_peer[$1] = 1
	value[$1, $2, ++count[$1, $2]] = $3
}
function median(peer, row, n)
{
	n = count[peer, row]
	if (n == 0)
		return 0
	return (value[peer, row, int((n + 1) / 2)] + value[peer, row, int(n / 2) + 1]) / 2
}
END {
	rows = split("depth1 depth3 pairs.warm pairs.cold readers2", row)
	peers = split("ours tsan helgrind absl", peer)
	title["ours"] = "lockdep-lite"
	title["tsan"] = "gcc TSan, deadlocks on"
	title["helgrind"] = "Helgrind"
	title["absl"] = "abseil, own mutexes, report : off"
	for (p = 1; p <= peers; p++) {
		if (!(peer[p] in is_peer))
			continue
		base = peer[p] == "absl" ? "absl_off" : "bare"
		for (r = 1; r <= rows; r++) {
			bare = median(base, row[r])
			ours = median(peer[p], row[r])
			ratio[p, r] = bare > 0 && ours > 0 ? ours / bare : 0
			printf "bench.row %s.%s %.4f %.2f %.2f\n", peer[p], row[r], ratio[p, r], bare, ours
		}
	}
	printf "\n| ratio to the bare program         | 1 mutex | 3 nested |"
	printf " pairs of 1000, warm | the same, cold | readers |\n"
	printf "|-----------------------------------|--------:|---------:|"
	printf "--------------------:|---------------:|--------:|\n"
	for (p = 1; p <= peers; p++)
		if (peer[p] in is_peer)
			printf "| %-33s | %7.2f | %8.2f | %19.2f | %14.2f | %7.2f |\n", title[peer[p]], \
				ratio[p, 1], ratio[p, 2], ratio[p, 3], ratio[p, 4], ratio[p, 5]
}'
