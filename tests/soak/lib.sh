# What the soaks share: a bare server and one that is watched in production mode are driven in turns
# for SOAK_SECONDS; then rates, memory and the arena are judged. To be sourced by bash in the tree's
# root. Results are lines of TAP, figures are comments. A ratio is shown beside what was promised, but
# never fails: a busy machine spoils it. Wrong answers, errors and memory that grows do.

# The arena lies where the launcher would put it: a disk would be measured otherwise.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. tests/apps/lib.sh
export LC_ALL=C
seconds=${SOAK_SECONDS:-600}
soak=$O/tests/bench/soak
growth_max=1024 # kB

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
		print "# ratios of watched to bare: medians, those of the quiet quarter, and the least and the greatest"
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

# check_memory NAME FILE: after the warm-up the watched one grew no more than the bare one.
check_memory()
{
	local growth

	growth=$(awk '
	$1 == "soak.memory" { kibi[$2 $3] = $4 }
	END {
		for (key in kibi)
			count += kibi[key] > 0
		if (count == 4)
			print kibi["watchedend"] - kibi["watchedwarm"], kibi["bareend"] - kibi["barewarm"]
	}' "$2")
	set -- "$1" $growth
	if [ $# = 3 ] && [ $(($2 - $3)) -lt $growth_max ]; then
		ok "$1: memory is flat: it grew by $2 kB, bare by $3 kB"
	else
		not_ok "$1: memory is flat" "it grew by ${2:-?} kB, bare by ${3:-?} kB"
	fi
}

# check_arena NAME FILE: report opens it, the audit finds it sound; both say so in the log.
check_arena()
{
	local status

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
