/* The process begins, forks, restricts itself, ends. */
#include "instrument/preload/event.h"
#include "instrument/preload/real.h"

#include "core/options.h"

#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

/* Tells the annotation library that its calls are answered here; see core/lockdep_lite.c. */
LDL_EXPORT extern const char ldl_preloaded[];
const char ldl_preloaded[] = "preloaded";

/* Takes this library out of LD_PRELOAD, in place: setenv() would allocate, and others stay. */
static void leave_environment(char **variables)
{
	static const char own[] = "liblockdep_lite_preload.so";
	char *list = NULL;

	for (char **at = variables; at && *at; at++) {
		if (strncmp(*at, "LD_PRELOAD=", 11) == 0)
			list = *at + 11;
	}
	for (char *at = list; at && *at;) {
		size_t len = strcspn(at, ": ");
		bool is_own = len >= sizeof(own) - 1 &&
			      memcmp(at + len - (sizeof(own) - 1), own, sizeof(own) - 1) == 0;
		size_t skip = len + (at[len] != '\0');

		if (is_own)
			memmove(at, at + skip, strlen(at + skip) + 1);
		else
			at += skip;
	}
}

/* Runs before libc's own constructor (-z initfirst): libc's `environ` is not there yet. */
__attribute__((constructor)) static void start(int count, char **arguments, char **variables)
{
	struct ldl_options options;

	ldl_real_resolve();
	ldl_options_early_environment(variables);
	ldl_options_parse(&options, ldl_options_text());
	if (options.no_children)
		leave_environment(variables);
	/* Registered first, so that our prepare runs last: the program's handlers still lock. */
	if (ldl_engine_start())
		pthread_atfork(ldl_engine_fork_prepare, ldl_engine_fork_parent,
			ldl_engine_fork_early_child);
}

int __libc_start_main(int (*run)(int, char **, char **), int count, char **arguments,
	void (*init)(void), void (*finish)(void), void (*finish_loader)(void), void *stack_end);

/* Between the last constructor and main: the unwinder may be warmed up. */
LDL_EXPORT int __libc_start_main(int (*run)(int, char **, char **), int count, char **arguments,
	void (*init)(void), void (*finish)(void), void (*finish_loader)(void), void *stack_end)
{
	if (ldl_engine_is_ready())
		ldl_engine_libc_is_up();
	return ldl_real.libc_start_main(
		run, count, arguments, init, finish, finish_loader, stack_end);
}

LDL_EXPORT int prctl(int option, ...)
{
	unsigned long arguments[4];
	va_list list;

	va_start(list, option);
	for (size_t i = 0; i < ldl_array_len(arguments); i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	/* Before: the filter may kill whoever makes a call that it does not know. */
	if (option == PR_SET_SECCOMP)
		ldl_engine_stop_syscalls();
	return ldl_real.prctl(option, arguments[0], arguments[1], arguments[2], arguments[3]);
}
