#!/bin/bash
# `make demo` ends with the path of a picture that shows a cycle, and leaves no server behind.
set -u
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

result()
{
	if [ "$2" = 0 ]; then
		echo "ok $1 - $3"
	else
		echo "not ok $1 - $3"
		sed 's/^/# /' "$work/out"
		failures=$((failures + 1))
	fi
}

env -u MAKEFLAGS -u MFLAGS make --no-print-directory O="${O:-build}" demo >"$work/out" 2>&1
result 1 $? 'make demo succeeds'
picture=$(tail -n 1 "$work/out")
[ -s "$picture" ] && grep -q '</svg>' "$picture"
result 2 $? 'its last line is the path of a picture'
grep -qE '^[1-9][0-9]* requests answered$' "$work/out" && grep -qE '^[1-9][0-9]* bytes heard$' "$work/out"
result 3 $? 'the servers did what they are there for'
[[ $picture == */icecast.svg ]] && grep -q 'predicted' "$work/out"
result 4 $? "icecast2's circle of locks is found"
grep -A 4 'memcached, pid' "$work/out" | grep -q 'findings: 0 errors'
result 5 $? "memcached's locks are in order"

echo '1..5'
[ $failures = 0 ]
