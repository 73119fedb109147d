#!/bin/bash
# Handlers and callbacks that come in while the program waits: nothing changes, nothing is found.
set -u
cd "$(dirname "$0")/../.." || exit
. tests/e2e/lib.sh

build interrupted interrupted.c
silent interrupted handler_takes_the_waited_mutex
silent interrupted handler_forks_during_a_wait
silent interrupted callback_of_the_loader_locks
silent interrupted refused_wait

# A child that is not watched has no arena, and every call knows.
cat >"$work/unwatched_child.c" <<'END'
#include <lockdep_lite.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status;

	ldl_lock_acquire(&status, LDL_EXCLUSIVE);
	ldl_lock_acquired(&status, LDL_EXCLUSIVE);
	if (fork() == 0) {
		ldl_lock_release(&status);
		_exit(ldl_finding_count() + ldl_class("x", 0) == 0 ? 5 : 6);
	}
	wait(&status);
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}
END
$CC -Icore/include -o "$work/unwatched_child" "$work/unwatched_child.c" -L"$O" -llockdep_lite -Wl,-rpath,"$O"
is_wanted 'a child that is not watched' &&
	if [ "$(LOCKDEP_LITE=no-children "$work/unwatched_child")" = 5 ]; then
		ok 'a child that is not watched'
	else
		not_ok 'a child that is not watched' "$(LOCKDEP_LITE=no-children "$work/unwatched_child" 2>&1)"
	fi
finish
