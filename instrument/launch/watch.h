/* The arenas of running programs, looked at from outside: which there are, which have news,
 * which nobody writes any more.
 *
 * An arena is watched through an open file descriptor: the file may lose its name meanwhile. A
 * look costs one pread() of four bytes and one attempt at a read lease an arena; the directory
 * is read only when it changed. The lease, which the kernel grants when no process has the file
 * open or mapped for writing, tells a dead writer from a live one without trusting process ids,
 * which may be another namespace's or used again.
 *
 * Files in the directory come from processes that may be anybody's: only plain files are opened,
 * no link is followed. One thread at a time; not for signal handlers. */
#ifndef LAUNCH_WATCH_H
#define LAUNCH_WATCH_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "core/compiler.h"
#include "core/format.h"

struct launch_arena {
	struct launch_arena *next;
	int fd;                  /* read-only; /proc/self/fd/N opens it */
	bool is_ready;           /* its header is complete */
	bool is_ended;           /* nobody can write it any more */
	pid_t pid;               /* as the header says */
	uint64_t start_ns;       /* as the header says */
	uint32_t serial;         /* finding_serial when it was last told */
	void *data;              /* the caller's */
	char file[NAME_MAX + 1]; /* in the directory */
};

struct launch_watch {
	DIR *stream;
	struct timespec changed; /* the directory's mtime when it was last read */
	struct launch_arena *arenas;
};

struct launch_watcher {
	void *context;
	/* The findings of `arena` changed since they were last told. */
	void (*changed)(void *context, struct launch_arena *arena);
	/* Nobody writes it any more; comes once, after its last change. True: it is done with,
	 * and is removed with its file; `data` is the callee's to free. */
	bool (*ended)(void *context, struct launch_arena *arena);
};

/* False and errno when the directory cannot be opened. */
bool launch_watch_open(struct launch_watch *watch, const char *dir) LDL_MUST_USE;

/* Looks once at the directory and at each arena, and tells `watcher`. */
void launch_watch_poll(struct launch_watch *watch, const struct launch_watcher *watcher);

/* Reads an arena's header. False: it is not there yet or not an arena's. */
bool launch_arena_header(const struct launch_arena *arena, struct ldl_header *header) LDL_MUST_USE;

/* The arena of `pid`, the newest when it has several (a process that called exec); NULL: none. */
struct launch_arena *launch_watch_find(const struct launch_watch *watch, pid_t pid);

void launch_watch_close(struct launch_watch *watch);

#endif
