# What the soaks share: a bare server and one that is watched in production mode are driven in turns
# for SOAK_SECONDS; then rates, memory and the arena are judged. To be sourced by bash in the tree's
# root. Results are lines of TAP, figures are comments. A ratio is shown beside what was promised, but
# never fails: a busy machine spoils it. Wrong answers, errors and memory that grows do.
# SOAK_CALIBRATE=1: both servers are bare, which tells how far from 1.00 the machine is.

# The arena lies where the launcher would put it: a disk would be measured otherwise.
if [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -n 1)" -gt 2000000 ]; then
	export TMPDIR=/dev/shm
fi
. tests/apps/lib.sh
export LC_ALL=C
seconds=${SOAK_SECONDS:-600}
calibrate=${SOAK_CALIBRATE:-}
soak=$O/tests/bench/soak
growth_max=1024 # kB, of a watched server's memory above a bare one's, after the warm-up

# show FILE: the rows of the soak, as a table.
show()
{
	awk '
	# Three figures that count.
	function unit(ns) {
		return ns < 1e4 ? sprintf("%.0f ns", ns) : ns < 1e7 ? sprintf("%.1f us", ns / 1e3) : \
			sprintf("%.2f ms", ns / 1e6)
	}
	function promise(name) {
		return name ~ /throughput$/ ? ">= 0.98" : name ~ /p99$/ ? "<= 1.03" : "-"
	}
	BEGIN {
		print "# ratios of watched to bare: medians, those of the quiet quarter, and the least and the greatest;"
		print "# for p99 the one of all that was answered"
		printf "# %-32s %-9s %-7s %-9s %-9s %-7s %s\n", "row", "promised", "came", "bare",
			"watched", "quiet", "from - to"
	}
	$1 == "bench.row" {
		printf "# %-32s %-9s %-7.3f %-9s %-9s %-7.3f %.2f - %.2f\n", $2, promise($2), $7,
			unit($4), unit($5), $3, $6, $8
	}' "$1"
	awk '
	$1 == "soak.latency" {
		printf "# latency of %s, %s:", $2, $3
		for (i = 4; $i != "of"; i += 2)
			printf " %s %.1f us,", $i, $(i + 1) / 1e3
		printf " of %d\n", $(i + 1)
	}
	$1 == "soak.memory" {
		printf "# memory, %s, %s: %d kB: private %d, files %d, shared %d\n", $2,
			$3 == "warm" ? "warmed up" : "at the end", $4, $5, $6, $7
	}' "$1"
}

# memory_of PID WAY WHEN: a line as the soak program prints it.
memory_of()
{
	awk -v name="soak.memory $2 $3" '
	/^(VmRSS|RssAnon|RssFile|RssShmem):/ { kibi[$1] = $2 }
	END { print name, kibi["VmRSS:"], kibi["RssAnon:"], kibi["RssFile:"], kibi["RssShmem:"] }' \
		"/proc/$1/status"
}

# growth FILE COLUMN: (7: files and shared, among which the arena is) kB by which the watched and the bare server's memory grew after the warm-up.
growth()
{
	awk -v column="$2" '
	$1 == "soak.memory" && $4 > 0 { kibi[$2 $3] = column == 7 ? $6 + $7 : $column; count++ }
	END {
		if (count == 4)
			print kibi["watchedend"] - kibi["watchedwarm"], kibi["bareend"] - kibi["barewarm"]
	}' "$1"
}

# judge_growth WHAT KB OURS BARE: it is at most so much more than bare.
judge_growth()
{
	if [ $# = 4 ] && [ $(($3 - $4)) -lt "$2" ]; then
		ok "$1: it grew by $3 kB, bare by $4 kB"
	else
		not_ok "$1" "it grew by ${3:-?} kB, bare by ${4:-?} kB"
	fi
}

# check_memory NAME FILE: all of it, and what is shared: the arena, which is all that we have.
check_memory()
{
	judge_growth "$1: memory is flat" "$growth_max" $(growth "$2" 4)
	judge_growth "$1: the part of it that is ours is flat" 1024 $(growth "$2" 7)
}

# check_arena NAME FILE: report opens it, the audit finds it sound; both say so in the log.
check_arena()
{
	local status

	if [ -n "$calibrate" ]; then
		skip "$1: the file" 'calibration: nothing is watched'
		return
	fi
	"$lockdep_lite" report "$2" >"$work/report" 2>&1
	status=$?
	if [ $status -le 1 ]; then
		ok "$1: report opens the file"
		head -n 40 "$work/report" | sed 's/^/# /'
		"$lockdep_lite" top "$2" 2>&1 | grep -E '^  (cost|own time):' | sed 's/^/#/'
	else
		not_ok "$1: report opens the file" "status $status" "$(cat "$work/report")"
	fi
	if "$lockdep_lite" doctor "$2" >"$work/doctor" 2>&1; then
		ok "$1: $(sed 's/^.*: its/its/' "$work/doctor")"
	else
		not_ok "$1: the file is sound" "$(cat "$work/doctor")"
	fi
}

# check_same NAME DIR FILTER PART…: what both printed, and how they ended.
check_same()
{
	local name=$1 dir=$2 filter=$3 part wrong=''
	shift 3
	for part in "$@"; do
		wrong+=$(diff -u --label bare --label watched <(sed -E "$filter" "$dir/bare.$part") \
			<(sed -E "$filter" "$dir/watched.$part") 2>&1 | head -n 30)
	done
	if [ -z "$wrong" ]; then
		ok "$name: the same $* as bare"
	else
		not_ok "$name: the same $* as bare" "$wrong"
	fi
}
