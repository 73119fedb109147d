#!/bin/bash
# Uncontended plain mutexes are taken without libc: the program sees no difference, and libc's own
# functions, and other libraries in between, get on with it.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build plain plain.c
# To destroy a locked one is misuse, of the static one and of those that words() made.
reported plain words 'warning misuse L9 mutex' 'warning misuse L9 words' 'warning misuse L9 words' 'warning misuse L9 words'
for what in contend mixed turns; do
	silent plain $what
done

# Whether it is done at all, as the library itself says.
offset=$(nm "$preload" | awk '$3 == "ldl_plain_is_used" { print $1 }')
said()
{
	"$lockdep_lite" run --quiet --log="$work/log" -- "$@" "$work/plain" kinds "$offset" 2>&1 |
		grep -v 'came through'
}
expect()
{
	local name=$1 wanted=$2
	shift 2
	if [ "$(said "$@")" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "wanted: $wanted" "said: $(said "$@")"
	fi
}
open=$'one thread: 0\ntwo threads: 1\nforked: 0\nforked, two threads: 1'
shut=${open//: 1/: 0}
expect 'plain mutexes are taken here once there are two threads' "$open"
expect 'they are left to libc where locks may be elided' "$shut" \
	env GLIBC_TUNABLES=glibc.elision.enable=1

# Another library behind ours gets every call that it gets without us.
if $CC -shared -fPIC -O2 -o "$work/behind.so" $src/behind.c; then
	with_behind=(sh -c 'LD_PRELOAD="$LD_PRELOAD $0" exec "$@"' "$work/behind.so")
	check 'a library behind ours sees every lock' '' "${with_behind[@]}" "$work/plain" contend --
	expect 'plain mutexes are left to the library behind ours' "$shut" "${with_behind[@]}"
else
	not_ok 'behind.c compiles' ''
fi

finish
