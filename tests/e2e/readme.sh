#!/bin/bash
# Runs what README.md shows: each block of shell commands that a comment `<!-- run -->` precedes, in
# order, in a copy of the tree; `<!-- run: status N -->` for a last command that has to end so. The
# lines of a block `<!-- shows -->` must occur in the output of the block before it.
set -u
cd "$(dirname "$0")/../.."

O=$(realpath "${O:-build}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/lockdep-lite
number=0
failures=0

result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$work/out"
		failures=$((failures + 1))
	fi
}

mkdir -p "$tree/build" "$work/blocks"
cp -a core instrument viz examples tests .ci Makefile README.md LICENSE "$tree/"
for part in core instrument viz examples lockdep-lite libdir; do
	[ ! -e "$O/$part" ] || cp -a "$O/$part" "$tree/build/"
done
cp -a "$O"/liblockdep_lite* "$tree/build/"

# Writes blocks/NUMBER.KIND with the block's text; KIND is run.STATUS or shows.
awk -v folder="$work/blocks" '
/^<!-- run -->$/ { kind = "run.0"; next }
/^<!-- run: status [0-9]+ -->$/ { kind = "run." $4; next }
/^<!-- shows -->$/ { kind = "shows"; next }
/^```/ && inside { inside = 0; close(file); kind = ""; next }
/^```/ && kind != "" { inside = 1; file = sprintf("%s/%02d.%s", folder, ++count, kind); next }
inside { print >file }
' README.md

cd "$tree"
unset LD_LIBRARY_PATH LD_PRELOAD LOCKDEP_LITE MAKEFLAGS MFLAGS
for block in "$work"/blocks/*; do
	first=$(head -n 1 "$block")
	case $block in
	*.run.*)
		timeout 300 bash -e "$block" >"$work/out" 2>&1
		status=$?
		wanted=${block##*.}
		[ $status = "$wanted" ] || echo "exit status $status instead of $wanted" >>"$work/out"
		[ $status = "$wanted" ]
		result $? "runs: $first"
		;;
	*.shows)
		missing=0
		# Numbers of processes and threads, and addresses, differ from run to run.
		blur='s/[0-9]+/N/g; s/[[:space:]]+/ /g'
		while IFS= read -r line; do
			grep -qxF -e "$(sed -E "$blur" <<<"$line")" <(sed -E "$blur" "$work/out") ||
				{ echo "not shown: $line" >>"$work/out"; missing=1; }
		done < <(grep -vxE '(…|\.\.\.)?' "$block")
		result $missing "shows: $first"
		;;
	esac
done
[ $number -ge 8 ]
result $? 'there are blocks to run'

links=0
for file in $(grep -oE '\]\([^)#:]+\)' README.md | tr -d '()]'); do
	[ -e "$file" ] || { echo "README.md refers to $file, which does not exist" >>"$work/out"; links=1; }
done
result $links 'every file that is referred to exists'

echo "1..$number"
[ $failures = 0 ]
