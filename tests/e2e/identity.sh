#!/bin/bash
# The ids of findings: the same in every run and folder, at any address, after a rebuild that leaves the functions
# concerned alone; others when they are not.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

twin=$src/identity_twin.c
build plain identity.c $twin
build unrelated identity.c $twin -DUNRELATED
build touched identity.c $twin -DTOUCHED
build fixed identity.c $twin -no-pie

# ids NAME PROGRAM: watches it; the findings' ids, sorted, in $work/NAME.ids.
ids()
{
	"$lockdep_lite" run --quiet -o "$work/$1.ldl" --log="$work/$1.log" -- "$2" >/dev/null
	ids_of "$1" "$work/$1.ldl"
}

# ids_of NAME FILE: the same of a file that there is.
ids_of()
{
	"$lockdep_lite" report --json="$work/$1.json" "$2"
	python3 -c 'import json, sys
for finding in json.load(open(sys.argv[1]))["findings"]:
    print(finding["id"])' "$work/$1.json" | sort >"$work/$1.ids"
}

# differ NAME COUNT ONE OTHER: so many ids of OTHER are not among those of ONE; same NAME ONE OTHER: none.
differ()
{
	is_wanted "$1" || return
	local news
	news=$(comm -13 "$work/$3.ids" "$work/$4.ids")
	if [ "$(grep -c . <<<"$news")" = "$2" ] && [ "$(wc -l <"$work/$4.ids")" = 4 ]; then
		ok "$1"
	else
		not_ok "$1" "new in $4:" "$news" "all of $3:" "$(cat "$work/$3.ids")"
	fi
}
same()
{
	differ "$1" 0 "$2" "$3"
}

ids plain "$work/plain"
ids again "$work/plain"
same 'a second run' plain again
if [ "$(uniq "$work/plain.ids" | wc -l)" = 4 ]; then
	ok 'locks of one name in two files are told apart'
else
	not_ok 'locks of one name in two files are told apart' "$(cat "$work/plain.ids")"
fi
mkdir "$work/elsewhere"
cp "$work/plain" "$work/elsewhere/plain"
ids copy "$work/elsewhere/plain"
same 'a copy in another folder' plain copy
cp "$work/unrelated" "$work/elsewhere/plain"
ids unrelated "$work/elsewhere/plain"
same 'a rebuild with code and data before' plain unrelated
mv "$work/fixed" "$work/elsewhere/plain"
ids fixed "$work/elsewhere/plain"
same 'built for a fixed address' plain fixed
mv "$work/touched" "$work/elsewhere/plain"
ids touched "$work/elsewhere/plain"
differ 'a rebuild that touches the maker of one pair' 1 plain touched
strip -g -o "$work/elsewhere/plain" "$work/plain"
ids no_debug "$work/elsewhere/plain"
strip -g -o "$work/elsewhere/plain" "$work/unrelated"
ids no_debug_again "$work/elsewhere/plain"
same 'without debugging information' no_debug no_debug_again
strip -o "$work/elsewhere/plain" "$work/plain"
ids stripped "$work/elsewhere/plain"
mkdir "$work/third"
mv "$work/elsewhere/plain" "$work/third/plain"
ids stripped_again "$work/third/plain"
same 'without any symbols: the same for one build' stripped stripped_again

# What was kept knows its ids when the program is gone, or another one.
rm "$work/plain"
ids_of gone "$work/plain.ldl"
same 'the program is gone' plain gone
echo 'int main(void) { return 0; }' | $CC -x c -o "$work/plain" -
ids_of replaced "$work/plain.ldl"
same 'the program is another one' plain replaced
finish
