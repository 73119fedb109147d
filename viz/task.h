/* A thread as the kernel shows it to anybody: is it there, and has it run in between?
 *
 * Reads /proc/PID/task/TID/status, which needs no right over the process and does not stop it. */
#ifndef VIZ_TASK_H
#define VIZ_TASK_H

#include <stdbool.h>
#include <stdint.h>

enum viz_task_presence {
	VIZ_TASK_UNKNOWN = 0, /* the kernel does not say */
	VIZ_TASK_GONE,        /* the process is there, this thread of it is not */
	VIZ_TASK_THERE,
};

struct viz_task {
	enum viz_task_presence presence;
	char state;        /* 'R', 'S', 'D' …; 0: not known */
	uint64_t switches; /* how often it gave up its processor so far, both ways together */
};

/* Looks at thread `tid` of process `pid`; a thread that is a zombie is gone. */
struct viz_task viz_task_look(uint32_t pid, uint32_t tid);

/* The name that the thread has now; false: it cannot be told, and `name` stays as it is. */
bool viz_task_name(uint32_t pid, uint32_t tid, char name[16]);

/* Whether a thread that was seen twice did not run between: then what it had written before was
 * its whole state in all that time. False also when that cannot be told. */
bool viz_task_slept(const struct viz_task *before, const struct viz_task *after);

#endif
