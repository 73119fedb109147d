/* The process begins, forks, restricts itself, ends. */
#include "instrument/preload/event.h"
#include "instrument/preload/plain.h"
#include "instrument/preload/real.h"

#include "core/options.h"

#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

/* Tells the annotation library that its calls are answered here; see core/lockdep_lite.c. */
LDL_EXPORT extern const char ldl_preloaded[];
const char ldl_preloaded[] = "preloaded";

/* 1 once a thread of this process was marked as an I/O flusher. */
static uint32_t has_flushers;

/* Whether a word of LD_PRELOAD names this library, in either build. */
static bool is_own(const char *word, size_t len)
{
	static const char *const names[] = {
		"liblockdep_lite_preload.so", "liblockdep_lite_preload_alloc.so"};

	for (size_t i = 0; i < ldl_array_len(names); i++) {
		size_t name_len = strlen(names[i]);

		if (len >= name_len && memcmp(word + len - name_len, names[i], name_len) == 0)
			return true;
	}
	return false;
}

/* Takes this library out of LD_PRELOAD, in place: setenv() would allocate, and others stay. */
static void leave_environment(char **variables)
{
	char *list = NULL;

	for (char **at = variables; at && *at; at++) {
		if (strncmp(*at, "LD_PRELOAD=", 11) == 0)
			list = *at + 11;
	}
	for (char *at = list; at && *at;) {
		size_t len = strcspn(at, ": ");
		size_t skip = len + (at[len] != '\0');

		if (is_own(at, len))
			memmove(at, at + skip, strlen(at + skip) + 1);
		else
			at += skip;
	}
}

extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
	void *library) __attribute__((weak));
extern void *__dso_handle;

/* Hidden: core's calls come here. The copy that libc has for each library needs glibc. */
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return __register_atfork ? __register_atfork(prepare, parent, child, __dso_handle) : ENOSYS;
}

static void begin_child(void)
{
	ldl_plain_end();
	ldl_engine_fork_early_child();
}

/* Runs before libc's own constructor (-z initfirst): libc's `environ` is not there yet. */
__attribute__((constructor)) static void start(int count, char **arguments, char **variables)
{
	ldl_real_resolve();
	if (!ldl_real_is_glibc()) /* which alone gives arguments to constructors */
		return;
	ldl_options_early_environment(variables);
	/* Registered first, so that our prepare runs last: the program's handlers still lock. */
	ldl_engine_sees_posix_locks(true);
	if (ldl_engine_start())
		pthread_atfork(ldl_engine_fork_prepare, ldl_engine_fork_parent, begin_child);
	if (ldl_engine_keeps_to_itself())
		leave_environment(variables);
}

bool ldl_process_has_flushers(void)
{
	return ldl_load_relaxed(&has_flushers);
}

/* A thread that is an I/O flusher allocates without I/O: a noio scope that is nobody's to close. */
static void set_flusher(bool is_one)
{
	uint32_t others = ldl_engine_scope_clear() & ~LDL_SCOPE_NOIO;

	ldl_engine_scope_put_back(is_one ? others | LDL_SCOPE_NOIO : others);
}

/* The kernel hands the mark on to new threads. (And over exec; but to ask for it at each start
 * could offend a seccomp filter that the program was started under.) */
void ldl_process_inherit_flusher(void)
{
	if (ldl_process_has_flushers() && ldl_real.prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0) == 1)
		set_flusher(true);
}

int __libc_start_main(int (*run)(int, char **, char **), int count, char **arguments,
	void (*init)(void), void (*finish)(void), void (*finish_loader)(void), void *stack_end);

/* Between the last constructor and main: the unwinder may be warmed up. */
LDL_EXPORT int __libc_start_main(int (*run)(int, char **, char **), int count, char **arguments,
	void (*init)(void), void (*finish)(void), void (*finish_loader)(void), void *stack_end)
{
	if (ldl_engine_is_ready())
		ldl_engine_libc_is_up();
	if (!ldl_real.libc_start_main) /* musl runs constructors from in there */
		ldl_real_resolve();
	return ldl_real.libc_start_main(
		run, count, arguments, init, finish, finish_loader, stack_end);
}

LDL_EXPORT int prctl(int option, ...)
{
	unsigned long arguments[4];
	va_list list;
	int result;

	va_start(list, option);
	for (size_t i = 0; i < ldl_array_len(arguments); i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	/* Before: the filter may kill whoever makes a call that it does not know. */
	if (option == PR_SET_SECCOMP)
		ldl_engine_stop_syscalls();
	result = ldl_real.prctl(option, arguments[0], arguments[1], arguments[2], arguments[3]);
	if (option == PR_SET_IO_FLUSHER && result == 0) {
		ldl_store_relaxed(&has_flushers, 1);
		set_flusher(arguments[0] == 1);
	}
	return result;
}
