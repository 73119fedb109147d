/* Start-up: options, arena, threads. Nothing here runs in the steady state. */
#include "engine_state.h"

#include "config.h"
#include "fmt.h"
#include "keep.h"
#include "programs.h"
#include "report.h"
#include "segment.h"
#include "site.h"
#include "spin.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define NAME_TRIES 1000u /* .1, .2, … after a file name that is taken */

static __thread bool is_attaching;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The arguments, joined by blanks. */
static ldl_string_id command_text(struct ldl_arena *arena)
{
	char text[LDL_STRING_MAX + 1];
	int fd = ldl_sys_open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
	int64_t len = fd >= 0 ? ldl_sys_pread(fd, text, LDL_STRING_MAX, 0) : 0;

	if (fd >= 0)
		ldl_sys_close(fd);
	if (len <= 0)
		return 0;
	for (int64_t i = 0; i + 1 < len; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	return ldl_text_add(arena, text, strnlen(text, (size_t)len));
}

/* The name that the template gives, or the same with .1, .2 …, whichever is free. Another process
 * may take it meanwhile: then the next one is tried. */
static ldl_status create_free(char *path, size_t size, int *error)
{
	const struct ldl_options *options = &ldl_engine.options;
	size_t len = strlen(path);

	for (uint32_t n = 1;; n++) {
		int fd = ldl_sys_open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
		ldl_status status;

		if (fd < 0) {
			status = ldl_arena_create(&ldl_engine.arena, path, options->memory, error);
			if (status != LDL_OK || *error != EEXIST || n == NAME_TRIES)
				return status;
			ldl_arena_unmap(&ldl_engine.arena);
		} else {
			ldl_sys_close(fd);
		}
		if (n == NAME_TRIES)
			break;
		ldl_fmt(path + len, size - len, ".%u", n);
	}
	*error = EEXIST;
	return ldl_arena_create(&ldl_engine.arena, NULL, options->memory, &(int){0});
}

/* Leaves the file's name in `file`; "": there is none. */
static ldl_status create_named(uint32_t serial, char *file, size_t size, int *error)
{
	const struct ldl_options *options = &ldl_engine.options;
	ldl_status status;

	file[0] = '\0';
	if (!options->out[0])
		return ldl_arena_create(&ldl_engine.arena, NULL, options->memory, error);
	if (!ldl_options_expand(file, size - 16, options->out, base_name(ldl_module_program()),
		    ldl_engine.pid, serial)) {
		file[0] = '\0';
		*error = ENAMETOOLONG;
		return ldl_arena_create(&ldl_engine.arena, NULL, options->memory, &(int){0});
	}
	status = create_free(file, size, error);
	if (status != LDL_OK || *error)
		file[0] = '\0';
	return status;
}

/* One line on the program's stderr, unless the user, or a launcher that speaks for us, wants none.
 */
static void say(const char *text)
{
	if (!ldl_engine.options.quiet)
		ldl_report_line(text);
}

static const char *why_no_file(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such folder";
	case EACCES:
	case EPERM:
		return "this user, or its sandbox, may make no file there";
	case EROFS:
		return "the file system is read-only";
	case ENOSPC:
	case EDQUOT:
		return "there is no room";
	case EFBIG:
		return "files may not be so large (RLIMIT_FSIZE)";
	case EMFILE:
	case ENFILE:
		return "too many files are open";
	case ENAMETOOLONG:
		return "the name is too long";
	case EEXIST:
		return "all names that it may get are taken";
	default:
		return "the kernel refuses it";
	}
}

/* Once in a program's life: its children would say the same. */
static void say_no_file(int error)
{
	static bool is_said;
	char line[LDL_OPTIONS_PATH_MAX + 200];

	if (is_said)
		return;
	is_said = true;
	ldl_fmt(line, sizeof(line),
		"watching in memory only, %s (error %d): %s: name a writable folder in out=",
		why_no_file(error), error, ldl_engine.options.out);
	say(line);
}

static void describe_process(void)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	struct ldl_header *header = arena->header;

	header->pid = (uint32_t)ldl_engine.pid;
	header->parent_pid = (uint32_t)ldl_sys_getppid();
	header->prod = ldl_engine.options.prod;
	header->program = ldl_text_add(arena, ldl_module_program(), strlen(ldl_module_program()));
	header->command = command_text(arena);
	if (ldl_engine.options.off)
		header->control = LDL_RUN_OFF | LDL_RUN_EPOCH;
	else if (ldl_engine.options.nonblock)
		header->control = LDL_RUN_NONBLOCK | LDL_RUN_EPOCH;
	header->state = LDL_STATE_RUNNING;
}

bool ldl_engine_open_arena(uint32_t serial)
{
	struct ldl_engine *engine = &ldl_engine;
	char file[LDL_OPTIONS_PATH_MAX + 320];
	int error = 0;

	engine->pid = ldl_sys_getpid();
	if (create_named(serial, file, sizeof(file), &error) != LDL_OK) {
		say("no memory for the arena: this process: raise RLIMIT_AS or lower "
		    "memory=; it runs unwatched");
		return false;
	}
	if (error && engine->options.out[0])
		say_no_file(error);
	/* A child that is forked later has other things to do. */
	if (file[0] && !serial)
		ldl_keep_limit(&engine->options, file);
	if (!ldl_work_map(&engine->work, &engine->arena))
		say("no memory for cycle searches: this process: raise RLIMIT_AS; "
		    "cycles are not looked for");
	describe_process();
	ldl_engine_control = &engine->arena.header->control;
	return true;
}

static uint32_t *map_alive(void)
{
	uint32_t *word = ldl_sys_mmap(
		NULL, LDL_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, NULL);

	if (word && ldl_sys_madvise(word, LDL_PAGE, MADV_WIPEONFORK) == 0)
		*word = 1;
	else if (word)
		word = NULL;
	return word;
}

bool ldl_engine_start(void)
{
	static uint32_t is_started;
	int kept = errno;

	if (ldl_exchange_acquire(&is_started, 1))
		return ldl_engine.is_ready;
	ldl_config_load(&ldl_engine.options);
	if (!ldl_programs_is_watched(&ldl_engine.options, ldl_module_program())) {
		/* As if nobody had loaded us; but what it starts may be watched. */
		ldl_engine.options.no_children = false;
		errno = kept;
		return false;
	}
	ldl_report_start();
	if (ldl_engine.options.problem[0])
		say(ldl_engine.options.problem);
	ldl_engine.alive = map_alive();
	if (ldl_engine_open_arena(0)) {
		ldl_module_refresh(&ldl_engine.arena);
		ldl_signal_fence();
		ldl_engine.is_ready = true;
	}
	errno = kept;
	return ldl_engine.is_ready;
}

bool ldl_engine_keeps_to_itself(void)
{
	return ldl_engine.options.no_children;
}

void ldl_engine_libc_is_up(void)
{
	int kept = errno;

	ldl_site_warm_up();
	errno = kept;
}

/* Gives the calling thread its slot, caches and name. `thread` may be prepared by its creator. */
static void begin(struct ldl_thread *thread)
{
	ldl_thread_flush(thread, ldl_load_relaxed(ldl_engine_control));
	ldl_store_relaxed(&thread->tid, ldl_sys_own_tid());
	ldl_store_relaxed(&thread->record->tid, thread->tid);
	ldl_store_release(&thread->record->state, LDL_THREAD_RUNNING);
	(void)ldl_thread_name(&ldl_engine.arena, thread);
	thread->reset = ldl_engine.resets;
	ldl_thread_become(thread);
	ldl_signal_fence();
	thread->control = thread->saved_control;
}

struct ldl_thread *ldl_engine_attach(void)
{
	struct ldl_thread *thread = NULL, *old = ldl_thread_known();
	uint64_t signals;

	/* A handler that interrupted this very function is passed through. */
	if (is_attaching || !ldl_engine.arena.may_syscall) {
		ldl_engine_count(LDL_COUNT_THREADS_UNWATCHED);
		return NULL;
	}
	signals = ldl_sys_hold_signals(true); /* a thread that jumped out would never attach */
	is_attaching = true;
	ldl_signal_fence();
	if (ldl_engine_lock()) {
		if (!old)
			thread = ldl_thread_take(
				&ldl_engine.arena, LDL_THREAD_STARTING, 0, ldl_engine.pid);
		else if (ldl_thread_begin_again(&ldl_engine.arena, old))
			thread = old;
		ldl_engine_unlock();
	}
	if (thread)
		begin(thread);
	ldl_signal_fence();
	is_attaching = false;
	ldl_sys_give_signals(signals);
	return thread;
}

struct ldl_thread *ldl_engine_thread_prepare(void *(*start)(void *), void *argument)
{
	struct ldl_thread *self = ldl_engine_enter(), *thread = NULL;

	if (!self)
		return NULL;
	if (ldl_engine.arena.may_syscall && ldl_engine_lock()) {
		thread = ldl_thread_take(&ldl_engine.arena, LDL_THREAD_STARTING,
			self->record->serial, ldl_engine.pid);
		if (thread)
			ldl_segment_create(&ldl_engine.arena, self, thread);
		ldl_engine_unlock();
	}
	if (thread) {
		thread->start = start;
		thread->start_argument = argument;
	}
	ldl_engine_leave(self);
	return thread;
}

void ldl_engine_thread_cancel(struct ldl_thread *thread)
{
	struct ldl_thread *self = ldl_engine_enter();

	if (!self)
		return;
	if (ldl_engine_lock()) {
		ldl_thread_give(&ldl_engine.arena, thread);
		ldl_engine_unlock();
	}
	ldl_engine_leave(self);
}

void ldl_engine_thread_adopt(struct ldl_thread *thread, uint64_t handle)
{
	int kept = errno;

	/* A signal handler may have come first and attached the thread: that slot stays in use. */
	if (ldl_thread_known()) {
		ldl_engine_thread_cancel(thread);
		return;
	}
	thread->handle = handle;
	ldl_joins_note(handle, thread->record->serial, 0);
	is_attaching = true;
	ldl_signal_fence();
	begin(thread);
	ldl_signal_fence();
	is_attaching = false;
	errno = kept;
}

uint32_t ldl_engine_join(void)
{
	return ldl_engine.is_ready ? ldl_load_relaxed(&ldl_engine.arena.header->thread_serial) : 0;
}

void ldl_engine_joined(uint64_t handle, uint32_t serial_last)
{
	ldl_segment_id last = ldl_joins_end(handle, serial_last);
	struct ldl_thread *thread = last ? ldl_engine_enter() : NULL;

	if (!thread)
		return;
	if (ldl_engine_lock()) {
		ldl_segment_join(&ldl_engine.arena, thread, last);
		ldl_engine_unlock();
	}
	ldl_engine_leave(thread);
}

/* Scopes that a thread takes to its grave (rule E2). */
static void leak_scopes(void)
{
	struct ldl_thread *thread = ldl_engine_enter();
	uint32_t count = thread ? thread->context.scope_count : 0;

	if (!thread)
		return;
	if (count)
		ldl_engine_scope_broken(thread,
			(const void *)(uintptr_t)thread->context.scopes[count - 1].ip,
			"opened here, and still open when its thread ended");
	thread->context.scope_count = 0;
	thread->context.deep_count = 0;
	ldl_engine_leave(thread);
}

void ldl_engine_thread_exit(void)
{
	struct ldl_thread *thread = ldl_thread_known();

	if (!thread || !thread->record)
		return;
	/* In a handler that interrupted us: those frames will not be run again. */
	if (thread->guard)
		ldl_engine_mend(thread);
	if (thread->context.scope_count)
		leak_scopes();
	ldl_engine_count_allocs(thread);
	ldl_store_release(&thread->record->state, LDL_THREAD_EXITING);
}

void ldl_engine_reset(void)
{
	struct ldl_arena *arena = &ldl_engine.arena;
	uint32_t threads, serial;

	if (!ldl_engine.is_ready)
		return;
	threads = ldl_load_relaxed(&ldl_arena_table(arena, LDL_TABLE_THREADS)->used);
	serial = arena->header->thread_serial;
	ldl_arena_clear(arena);
	/* Slots stay theirs: threads that do not know of the reset yet begin again in them. */
	ldl_arena_table(arena, LDL_TABLE_THREADS)->used = threads;
	arena->header->thread_serial = serial;
	ldl_held_forget_runs();
	ldl_joins_forget();
	ldl_module_forget();
	ldl_engine.resets++;
	describe_process();
	ldl_module_refresh(arena);
}

void ldl_engine_module_bypasses(void)
{
	struct ldl_thread *thread = ldl_engine_enter();

	if (!thread)
		return;
	ldl_engine_count(LDL_COUNT_MODULES_UNWATCHED);
	ldl_engine_leave(thread);
}

void ldl_engine_stop_syscalls(void)
{
	ldl_engine.arena.may_syscall = false;
}

void ldl_engine_exit(void)
{
	uint32_t threads;

	if (!ldl_engine.is_ready || (ldl_engine.alive && !*ldl_engine.alive))
		return;
	threads = ldl_load_relaxed(&ldl_arena_table(&ldl_engine.arena, LDL_TABLE_THREADS)->used);
	for (ldl_thread_id id = 1; id < threads; id++) {
		struct ldl_thread *thread = ldl_thread_private(id);

		if (thread)
			ldl_engine_count_allocs(thread);
	}
	ldl_store_relaxed(&ldl_engine.arena.header->state, LDL_STATE_EXITED);
}
