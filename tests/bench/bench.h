/* What the files of the benchmark share: the two sets of lock functions, the alternating
 * measurement, and the rows it prints.
 *
 * A figure is a ratio: the same loop, in the same process, on the same locks, calls libc's own
 * functions and the watched ones through the same pointers, in alternating blocks. Times are only
 * shown beside it. No figure fails a run: `make bench` prints what was promised and what came. */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* calls.c: one implementation of the lock functions. */
struct calls {
	int (*mutex_init)(pthread_mutex_t *, const pthread_mutexattr_t *);
	int (*mutex_destroy)(pthread_mutex_t *);
	int (*mutex_lock)(pthread_mutex_t *);
	int (*mutex_trylock)(pthread_mutex_t *);
	int (*mutex_unlock)(pthread_mutex_t *);
	int (*read_lock)(pthread_rwlock_t *);
	int (*write_lock)(pthread_rwlock_t *);
	int (*rw_unlock)(pthread_rwlock_t *);
	int (*spin_lock)(pthread_spinlock_t *);
	int (*spin_unlock)(pthread_spinlock_t *);
	int (*cond_wait)(pthread_cond_t *, pthread_mutex_t *);
	int (*cond_signal)(pthread_cond_t *);
	void *(*allocate)(size_t);
	void (*give_back)(void *);
	void (*might_alloc)(
		unsigned int); /* ours: the annotation; libc's: a function that returns */
};

/* libc's own, and what a call by name reaches in this process: the preload library's when it is
 * there, else libc's again. */
extern struct calls bench_bare, bench_ours;

/* Fills both. False: a function is missing; says so on stderr. */
bool bench_calls_find(void);

/* measure.c */

/* Runs `ops` operations by `calls` and returns the nanoseconds they took. Blocks of different
 * `slice` may use different locks; each slice is run once by either set of calls. */
typedef double (*bench_block)(const struct calls *calls, void *arg, long ops, int slice);

struct bench_load {
	const char *name;
	bench_block block;
	void *arg;
	long ops;  /* of one block */
	int quads; /* each is bare, ours, ours, bare (or the reverse) over two slices */
};

/* A ratio is ours : bare. The quiet moments are the quarter of the quads that were the fastest,
 * bare and ours together: when another program shares the core, instructions get dearer but the
 * lock's own wait does not, and the ratio says more about that program than about us. */
struct bench_sample {
	double ratio;             /* median over the quiet moments */
	double low, median, high; /* over all quads */
	double bare_ns, ours_ns;  /* of one operation, medians over the quiet moments */
};

void bench_measure(const struct bench_load *load, struct bench_sample *sample);

/* The same from times that were taken elsewhere: `count` pairs, of one operation each. */
void bench_summarize(
	const double *bare, const double *ours, int count, struct bench_sample *sample);

/* The machine-readable line: bench.row NAME[SUFFIX] RATIO BARE_NS OURS_NS LOW MEDIAN HIGH */
void bench_row_print(const char *name, const char *suffix, const struct bench_sample *sample);

/* Reads such a line; false when it is none. `name` has room for BENCH_NAME_MAX bytes. */
#define BENCH_NAME_MAX 48
bool bench_row_read(const char *line, char *name, struct bench_sample *sample);

/* bench_measure() and bench_row_print() in one; nothing when the row is not wanted. */
void bench_run(const struct bench_load *load, const char *suffix);

/* Rows whose names begin so are wanted; "" at first: all. */
extern const char *bench_only;
bool bench_is_wanted(const char *name);

double bench_median(double *values, int count); /* sorts them */
double bench_now_ns(void);                      /* time on the clock on the wall */
double bench_cpu_ns(void);                      /* time this thread was on a CPU */
uint64_t bench_random(uint64_t *state);
void bench_pin(
	int which); /* to the first or second CPU that we may use, if there are two; -1: all */

/* rows_one.c, rows_two.c, rows_alloc.c, edges.c: run in a process of their own, under a preload
 * library. */
void bench_rows_one_thread(const char *suffix);
void bench_rows_two_threads(void);
void bench_rows_alloc(const char *suffix);
bool bench_edges(const char *shape);

/* spawn.c: children. */
struct bench_setting {
	const char *preload; /* path of the preload library; NULL: calibrate, ours is libc */
	const char *alloc;   /* path of the one for `run --alloc`; NULL: as above */
	const char *self;    /* path of this program */
	const char *trivial; /* path of the program that does nothing */
	const char *storm;   /* path of the program that does nothing twice; NULL: no such row */
	char directory[64];  /* for arenas and sockets; removed at the end */
};

/* Starts argv[0]; watched: under the preload library, its arena at DIRECTORY/`arena`, with the
 * further LOCKDEP_LITE options `more` ("" or ":memory=…"). `in`, `out` and `err` (or -1) become
 * its standard input, output and error. Returns the pid or -1. */
struct bench_child {
	char *const *argv;
	bool watched;
	const char *arena, *more;
	int in, out, err;
};
pid_t bench_spawn(const struct bench_setting *setting, const struct bench_child *child);

/* Waits for it; 0 when it exited with 0. */
int bench_reap(pid_t pid);

/* Removes an arena that a child has left in DIRECTORY. */
void bench_forget_arena(const struct bench_setting *setting, const char *arena);

/* runs.c: the rows of the measured processes, each started several times. */
void bench_rows_calls(const struct bench_setting *setting);
void bench_rows_of_alloc(const struct bench_setting *setting);
void bench_rows_edges(const struct bench_setting *setting);

/* process.c, servers.c: compare processes, watched and not, in alternating runs. */
void bench_rows_process(const struct bench_setting *setting);
void bench_rows_storm(const struct bench_setting *setting);
void bench_rows_servers(const struct bench_setting *setting);

/* table.c: collects rows and prints the table of the README. */
void bench_table_add(const char *line);
void bench_table_print(void);

#endif
