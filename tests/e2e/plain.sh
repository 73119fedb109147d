#!/bin/bash
# Uncontended mutexes of the plain kind and those like it are taken without libc: the program sees no
# difference, and libc's own functions, and other libraries in between, get on with it.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build plain plain.c
for type in static adaptive normal; do
	# To destroy a locked one is misuse: of the first one, and of those that words() made.
	first=make
	[ $type != static ] || first=mutex
	check "words of $type" '' "$work/plain" words $type -- "warning misuse L9 $first" \
		'warning misuse L9 words' 'warning misuse L9 words' 'warning misuse L9 words'
	for what in contend mixed turns; do
		check "$what, $type: silent" '' "$work/plain" $what $type --
	done
done

offset_of()
{
	nm "$preload" | awk -v name="$1" '$3 == name { print $1 }'
}
says()
{
	local name=$1 wanted=$2 said
	shift 2
	said=$("$lockdep_lite" run --quiet --log="$work/log" -- "$@" 2>&1 | grep -v 'came through')
	if [ "$said" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "wanted: $wanted" "said: $said"
	fi
}

# Whether it is done at all, as the library itself says.
used=("$work/plain" used "$(offset_of ldl_plain_is_used)")
open=$'one thread: 0\ntwo threads: 1\nforked: 0\nforked, two threads: 1'
shut=${open//: 1/: 0}
says 'plain mutexes are taken here once there are two threads' "$open" "${used[@]}"
says 'they are left to libc where locks may be elided' "$shut" \
	env GLIBC_TUNABLES=glibc.elision.enable=1 "${used[@]}"
# Of ten locks each, how many are libc's. (A kind's first goes its long way, but is taken already.)
says 'so are adaptive ones, and normal ones by name; others are left to libc' \
	$'plain: 0\nadaptive: 0\nnormal: 0\nerrorcheck: 10\nrecursive: 10\nmtx_plain: 0' \
	"$work/plain" kinds "$(offset_of ldl_real)"

# Another library behind ours gets every call that it gets without us.
if $CC -shared -fPIC -O2 -o "$work/behind.so" $src/behind.c; then
	with_behind=(sh -c 'LD_PRELOAD="$LD_PRELOAD $0" exec "$@"' "$work/behind.so")
	check 'a library behind ours sees every lock' '' "${with_behind[@]}" "$work/plain" contend --
	says 'plain mutexes are left to the library behind ours' "$shut" "${with_behind[@]}" "${used[@]}"
else
	not_ok 'behind.c compiles' ''
fi

finish
