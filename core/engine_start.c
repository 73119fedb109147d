/* Start-up: options, arena, threads. Nothing here runs in the steady state. */
#include "engine_state.h"

#include "config.h"
#include "control.h"
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

static __thread bool is_attaching;

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

/* One line on the program's stderr, unless the user, or a launcher that speaks for us, wants none.
 */
void ldl_engine_tell(const char *text)
{
	if (!ldl_engine.options.quiet)
		ldl_report_line(text);
}

/* Marks of locks that were made before it say nothing from now on. */
static void change_marks(void)
{
	ldl_engine.mark_factor =
		ldl_hash_add(ldl_hash_add(ldl_engine.arena.header->start_ns, ldl_engine.resets),
			(uint64_t)ldl_engine.pid) |
		1;
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
	change_marks();
	ldl_engine_begin_counts();
	ldl_governor_start(header, ldl_engine.options.budget_ppm, ldl_engine.options.prod);
	header->state = LDL_STATE_RUNNING;
}

bool ldl_engine_open_arena(uint32_t serial)
{
	struct ldl_engine *engine = &ldl_engine;

	engine->pid = ldl_sys_getpid();
	if (!ldl_engine_make_arena(serial)) {
		ldl_engine_tell("no memory for the arena: this process: raise RLIMIT_AS or lower "
				"memory=; it runs unwatched");
		return false;
	}
	if (!ldl_work_map(&engine->work, &engine->arena))
		ldl_engine_tell("no memory for cycle searches: this process: raise RLIMIT_AS; "
				"cycles are not looked for");
	describe_process();
	ldl_engine_control = &engine->arena.header->control;
	ldl_control_begin(engine->arena.header, ldl_thread_at(&engine->arena, 0),
		engine->arena.capacity[LDL_TABLE_THREADS]);
	return true;
}

/* A word that the kernel wipes in a forked child. Where it will not, one that only fork() clears:
 * see ldl_engine_fork_early_child(). */
static uint32_t *map_alive(void)
{
	static uint32_t not_wiped;
	uint32_t *word = ldl_sys_mmap(
		NULL, LDL_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, NULL);

	if (word && ldl_sys_madvise(word, LDL_PAGE, MADV_WIPEONFORK) < 0) {
		ldl_sys_munmap(word, LDL_PAGE);
		word = NULL;
	}
	if (!word)
		word = &not_wiped;
	*word = 1;
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
		ldl_engine_tell(ldl_engine.options.problem);
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
	ldl_thread_flush(thread, ldl_control_follow(thread->record, ldl_engine_control));
	thread->mark_factor = ldl_engine.mark_factor;
	ldl_store_relaxed(&thread->tid, ldl_sys_own_tid());
	ldl_store_relaxed(&thread->record->tid, thread->tid);
	ldl_store_release(&thread->record->state, LDL_THREAD_RUNNING);
	(void)ldl_thread_name(&ldl_engine.arena, thread);
	thread->reset = ldl_engine.resets;
	ldl_thread_become(thread);
	ldl_signal_fence();
	ldl_engine_reopen(thread);
}

struct ldl_thread *ldl_engine_attach(void)
{
	struct ldl_thread *thread = NULL, *old = ldl_thread_known();
	uint64_t signals, since;

	/* A handler that interrupted this very function is passed through. */
	if (is_attaching || !ldl_engine.arena.may_syscall) {
		ldl_engine_count(LDL_COUNT_THREADS_UNWATCHED);
		return NULL;
	}
	if ((!old && ldl_engine_refuses_thread()) || ldl_engine_is_busy())
		return NULL;
	since = ldl_engine_watch_begin();
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
	ldl_engine_watch_end(since);
	return thread;
}

struct ldl_thread *ldl_engine_thread_prepare(void *(*start)(void *), void *argument)
{
	struct ldl_thread *self = ldl_engine_enter(), *thread = NULL;

	if (!self)
		return NULL;
	if (ldl_engine_admits(self, LDL_EFFORT_THREAD, 0) && ldl_engine.arena.may_syscall &&
		ldl_engine_lock()) {
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
	} else {
		ldl_thread_leave(thread);
	}
	ldl_engine_leave(self);
}

void ldl_engine_thread_adopt(struct ldl_thread *thread, uint64_t handle)
{
	int kept = errno;
	uint64_t since;

	/* A signal handler may have come first and attached the thread: that slot stays in use. */
	if (ldl_thread_known()) {
		ldl_engine_thread_cancel(thread);
		return;
	}
	since = ldl_engine_watch_begin();
	thread->handle = handle;
	ldl_joins_note(handle, thread->record->serial, 0);
	is_attaching = true;
	ldl_signal_fence();
	begin(thread);
	ldl_signal_fence();
	is_attaching = false;
	ldl_engine_watch_end(since);
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
	ldl_engine_count_refused(thread);
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

void ldl_engine_take_plain(bool does)
{
	struct ldl_thread *thread = ldl_thread_known();

	ldl_engine.takes_plain = does;
	if (thread && thread->record)
		thread->plain = does && thread->control;
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

	if (!ldl_engine.is_ready || !*ldl_engine.alive)
		return;
	threads = ldl_arena_used(&ldl_engine.arena, LDL_TABLE_THREADS);
	for (ldl_thread_id id = 1; id < threads; id++) {
		struct ldl_thread *thread = ldl_thread_private(id);

		if (!thread)
			continue;
		ldl_engine_count_allocs(thread);
		ldl_engine_count_refused(thread);
	}
	ldl_engine_count_events();
	ldl_store_relaxed(&ldl_engine.arena.header->state, LDL_STATE_EXITED);
}
