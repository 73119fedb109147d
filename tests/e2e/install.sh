#!/bin/bash
# Installs into a prefix, builds and watches a program with what is there alone, and uninstalls.
set -u
cd "$(dirname "$0")/../.."

O=${O:-build}
CC=${CC:-gcc}
CXX=${CXX:-g++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/usr
number=0
failures=0

result()
{
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/out"
		failures=$((failures + 1))
	fi
}

# The objects are taken over as they are; what knows the prefix is made anew.
mkdir "$work/build"
for part in core instrument viz examples lockdep-lite; do
	[ ! -e "$O/$part" ] || cp -a "$O/$part" "$work/build/"
done
cp -a "$O"/liblockdep_lite* "$work/build/"

run_make()
{
	env -u MAKEFLAGS -u MFLAGS make O="$work/build" CC="$CC" CXX="$CXX" "$@"
}
nothing_left()
{
	local left

	left=$(find "$1" ! -type d)
	[ -z "$left" ] || { echo "left behind: $left"; return 1; }
}
is_installed()
{
	local file

	for file in bin/lockdep-lite include/lockdep_lite.h include/lockdep_lite.hpp \
		lib/liblockdep_lite.a lib/liblockdep_lite.so lib/liblockdep_lite.so.0 \
		lib/liblockdep_lite_preload.so lib/liblockdep_lite_preload_alloc.so \
		lib/pkgconfig/lockdep-lite.pc share/lockdep-lite/report.schema.json \
		share/lockdep-lite/examples/{lockdep-lite.conf,systemd.conf,Dockerfile,kubernetes.yaml,watched} \
		share/man/man1/lockdep-lite.1 share/man/man3/lockdep_lite.3 share/man/man7/lockdep-lite.7; do
		[ -e "$1/$file" ] || { echo "missing: $file"; return 1; }
	done
}

# All headers that the tree has for users are there, at their places, and no others.
has_headers()
{
	local header

	for header in lockdep_lite.h lockdep_lite.hpp lockdep_lite/{api,gfp,context,memory,reserve,kernel}.h \
		lockdep_lite/kernel/{mutex,gfp}.h; do
		[ -e "$1/$header" ] || { echo "missing: $header"; return 1; }
	done
	diff <(cd core/include && find . ../../instrument/kernel -type f |
		sed 's|^../../instrument/kernel/|./|' | sort) <(cd "$1" && find . -type f | sort)
}

result 'make install' run_make install prefix="$prefix"
result 'everything that belongs there is there' is_installed "$prefix"
result 'the headers are there' has_headers "$prefix/include"

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
unset LD_LIBRARY_PATH LD_PRELOAD LOCKDEP_LITE
lockdep_lite=$prefix/bin/lockdep-lite

cp tests/tools/api_use.c "$work/api_use.c"
cp examples/abba.c "$work/abba.c"
cp tests/e2e/src/kernel.c "$work/kernel.c"
cd "$work"

build_annotated()
{
	$CC -std=c11 -o annotated api_use.c $(pkg-config --cflags --libs lockdep-lite) &&
		readelf -d annotated | grep -q 'NEEDED.*liblockdep_lite\.so\.0'
}
build_static()
{
	$CC -std=c11 -o annotated-static api_use.c $(pkg-config --cflags lockdep-lite) \
		"$prefix/lib/liblockdep_lite.a" $(pkg-config --libs-only-l --static lockdep-lite |
			sed 's/-llockdep_lite//') && ./annotated-static
}
build_cxx()
{
	printf '#include <lockdep_lite.hpp>\nint main() { return ldl_finding_count() != 0; }\n' >cxx.cpp
	$CXX -std=c++20 -Wall -Wextra -Werror -o cxx cxx.cpp $(pkg-config --cflags --libs lockdep-lite) &&
		LD_LIBRARY_PATH=$prefix/lib ./cxx
}
result 'an annotated program is built by pkg-config and linked by soname' build_annotated
result '… and runs' env LD_LIBRARY_PATH="$prefix/lib" ./annotated
result 'an annotated program is linked statically and runs' build_static
result 'a C++20 program is built with the C++ header and runs' build_cxx

# kernel_finds CASE RULES: by itself, nobody watching.
kernel_finds()
{
	LD_LIBRARY_PATH=$prefix/lib ./kernel "$1" >kernel.out 2>&1 &&
		grep -q "^$1: . users" kernel.out &&
		[ "$(sed -n 's/^lockdep-lite: error: \([A-Z0-9]*\):.*/\1/p' kernel.out)" = "$2" ] ||
		{ cat kernel.out; return 1; }
}
for compiler in gcc clang; do
	build_kernel()
	{
		rm -f kernel && $compiler -o kernel kernel.c $(pkg-config --cflags --libs lockdep-lite)
	}
	result "$compiler: a program is built with the kernel-style header" build_kernel
	result '… and finds two locks taken in both orders' kernel_finds order L1
	result '… and nothing when there is one order' kernel_finds same_order ''
done

result 'an unmodified program is built' $CC -pthread -g -o abba abba.c
watch_abba()
{
	"$lockdep_lite" run -o found.ldl -- ./abba >abba.out 2>abba.err ||
		{ echo "exit status $?"; cat abba.err; return 1; }
	grep -q 'lock_a' abba.err && grep -q 'lock_b' abba.err && [ -s found.ldl ] ||
		{ cat abba.err; return 1; }
}
# The build folder is out of reach, so the preload library is the installed one.
mv build build.away
result 'the installed command finds its preload library and watches' watch_abba
reports_abba()
{
	"$lockdep_lite" report found.ldl >report.txt
	[ $? = 1 ] && grep -q 'lock_a' report.txt
}
result 'the installed command reports' reports_abba
mv build.away build
watches_by_wrapper()
{
	LOCKDEP_LITE_FOLDER=$work/left "$prefix/share/lockdep-lite/examples/watched" ./abba >/dev/null &&
		"$lockdep_lite" report left/abba.*.ldl | grep -q 'lock_a'
}
result 'the installed wrapper watches with the installed library' watches_by_wrapper
names_library()
{
	grep -q "LD_PRELOAD=$prefix/lib/liblockdep_lite_preload.so" "$prefix/share/lockdep-lite/examples/systemd.conf"
}
result 'the examples name the installed library' names_library
has_version()
{
	[ "$(pkg-config --modversion lockdep-lite)" = "$("$lockdep_lite" --version | awk '{ print $NF; exit }')" ]
}
result 'pkg-config and the command tell the same version' has_version

cd - >/dev/null
result 'make uninstall' run_make uninstall prefix="$prefix"
result 'nothing is left' nothing_left "$prefix"
no_folder()
{
	[ ! -e "$1" ] || { echo "left behind: $1"; return 1; }
}
result 'no folder of ours is left' no_folder "$prefix/include/lockdep_lite"
result 'no folder of data is left' no_folder "$prefix/share/lockdep-lite"

result 'make install into DESTDIR' run_make install prefix=/usr libdir=/usr/lib64 DESTDIR="$work/stage"
staged()
{
	[ -e "$work/stage/usr/lib64/liblockdep_lite_preload.so" ] &&
		grep -qx 'libdir=/usr/lib64' "$work/stage/usr/lib64/pkgconfig/lockdep-lite.pc" &&
		! grep -rqF "$work" "$work/stage/usr/lib64/pkgconfig" "$work/stage/usr/share/lockdep-lite" &&
		grep -q '/usr/lib64/liblockdep_lite_preload.so' "$work/stage/usr/share/lockdep-lite/examples/watched"
}
result 'DESTDIR is in no file that was staged' staged
result 'the headers are in DESTDIR' has_headers "$work/stage/usr/include"
result 'make uninstall from DESTDIR' run_make uninstall prefix=/usr libdir=/usr/lib64 DESTDIR="$work/stage"
result 'nothing is left in DESTDIR' nothing_left "$work/stage"

echo "1..$number"
[ $failures = 0 ]
