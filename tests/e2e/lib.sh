# What the end-to-end scripts share: building the small programs, running one bare and watched, and
# comparing. To be sourced, in the tree's root, by bash. Results are lines of TAP.

O=$(realpath "${O:-build}")
CC=${CC:-gcc}
CXX=${CXX:-g++}
export O CC CXX
src=tests/e2e/src
lockdep_lite=$O/lockdep-lite
preload=$O/liblockdep_lite_preload.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failures=0
only=${ONLY:-} # a pattern: run only the cases it matches

ok()
{
	number=$((number + 1))
	echo "ok $number - $1"
}

not_ok()
{
	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /' | head -n 60
}

skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

finish()
{
	echo "1..$number"
	[ $failures = 0 ]
	exit
}

is_wanted()
{
	[ -z "$only" ] || [[ $1 =~ $only ]]
}

# build PROGRAM SOURCE [FLAG…]: a test program; what does not compile ends the script.
build()
{
	local program=$1 source=$2 compiler
	shift 2
	compiler="$CC -std=gnu11 -Wmissing-prototypes"
	case $source in
	*.cc) compiler="$CXX -std=c++20" ;;
	esac
	if ! $compiler -Wall -Wextra -Wno-unused-parameter -g -O2 -I$src -o "$work/$program" \
		"$src/$source" "$@" -lpthread; then
		echo "Bail out! $source does not compile"
		exit 1
	fi
}

# wait_until COMMAND…: tries for twenty seconds.
wait_until()
{
	local tries=200

	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return
		sleep 0.1
	done
}

# run_both DIR OPTIONS COMMAND…: bare and watched, into DIR/{bare,watched}.{out,err,status} and
# DIR/json, DIR/log. The program has 60 seconds; OPTIONS are more options for `run`.
run_both()
{
	local dir=$1 options=$2
	shift 2
	mkdir -p "$dir"
	# The braces: what the shell itself says of a killed program is no news here.
	{ timeout -k 5 60 "$@" >"$dir/bare.out" 2>"$dir/bare.err" </dev/null; } 2>/dev/null
	echo $? >"$dir/bare.status"
	{
		timeout -k 5 120 "$lockdep_lite" run $options --json="$dir/json" --log="$dir/log" \
			-o "$dir/arena" -- "$@" >"$dir/watched.out" 2>"$dir/watched.err" </dev/null
	} 2>/dev/null
	echo $? >"$dir/watched.status"
}

# differences DIR: what the program did otherwise when it was watched; nothing when all is the same.
differences()
{
	local part

	for part in out err status; do
		diff -u "$1/bare.$part" "$1/watched.$part" | head -n 20
	done
}

# findings_differ DIR EXPECTED…: what was found against one line for each finding.
findings_differ()
{
	local dir=$1
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | sort >"$dir/expected"
	[ $# != 0 ] || : >"$dir/expected"
	if [ ! -s "$dir/json" ]; then
		echo "no JSON was written"
		cat "$dir/log" "$dir/watched.err" 2>/dev/null
		return
	fi
	python3 $src/findings.py "$dir/json" >"$dir/found" 2>&1
	diff -u --label expected --label found "$dir/expected" "$dir/found"
}

# check NAME OPTIONS COMMAND -- [FINDING…]: runs the command both ways; the program must not notice,
# and exactly these findings must come. Further output: the variable `dir`.
check()
{
	local name=$1 options=$2 wrong command=()
	shift 2
	is_wanted "$name" || return 1
	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	dir=$work/runs/${name// /_}
	run_both "$dir" "$options" "${command[@]}"
	wrong=$(differences "$dir"; findings_differ "$dir" "$@")
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong"
		return 1
	fi
}

# reported PROGRAM CASE FINDING… and silent PROGRAM CASE: the usual checks of one case.
reported()
{
	check "$1 $2" '' "$work/$1" "$2" -- "${@:3}"
}

silent()
{
	check "$1 $2: silent" '' "$work/$1" "$2" --
}

# drops_of DIR: everything that was not seen, added up.
drops_of()
{
	python3 $src/findings.py --drops "$1/json"
}

# expect NAME STATUS COMMAND…: its exit status, its output in ./out and ./err; to be called in $work.
# What it said is then for `says` and `lacks`.
expect()
{
	name=$1
	local wanted=$2
	shift 2
	"$@" >out 2>err </dev/null
	local status=$?
	if [ $status = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "status $status instead of $wanted" "$(cat out err)"
	fi
}

# says FILE LINE: the line, a whole one, is there. lacks FILE WORDS: they are in no line.
says()
{
	if grep -qxF -e "$2" "$1"; then
		ok "$name: $2"
	else
		not_ok "$name: $2" "$(head -n 20 "$1")"
	fi
}
lacks()
{
	if grep -qF -e "$2" "$1"; then
		not_ok "$name: no $2" "$(head -n 20 "$1")"
	else
		ok "$name: no $2"
	fi
}
