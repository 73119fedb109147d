/* What `lockdep-lite top` shows. See top.h. */
#include "top.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clean.h"
#include "deadlock_finding.h"
#include "graft.h"
#include "task.h"

#define PEERS_MAX    64u  /* other processes of the same run that are watched, too */
#define STATES_MAX   512u /* threads that the kernel is asked about at a time */
#define SECOND_NS    1000000000ull
#define FORGET_EVERY 256u
#define RATE_NS      400000000ull    /* the least time that a rate is measured over */
#define RUN_FOLDER   "lockdep-lite." /* of `lockdep-lite run`: one for each run */

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* The observer's names are the top itself, for its process, and the peers. */
static struct viz_run *run_of(void *context, const void *id)
{
	struct viz_top *top = context;
	struct viz_top_peer *peer = (struct viz_top_peer *)(uintptr_t)id;
	char path[64], error[512];

	if (id == top)
		return top->run;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", peer->fd);
	if (!peer->run && viz_run_open(&peer->run, path, error, sizeof(error)) != LDL_OK)
		return NULL;
	return peer->run;
}

/* Deadlocks begin with a thread of the process that was added first: others are not its own. */
static void keep_deadlock(void *context, const struct viz_deadlock *deadlock)
{
	struct viz_top *top = context;
	struct viz_deadlock **grown = reallocarray(
		top->deadlocks, top->deadlock_count + 1, sizeof(struct viz_deadlock *));
	ldl_finding_id *ids;

	if (!grown)
		return;
	top->deadlocks = grown;
	if (deadlock->steps[0].process != top)
		return;
	ids = reallocarray(top->deadlock_findings, top->deadlock_count + 1, sizeof(ldl_finding_id));
	if (!ids)
		return;
	top->deadlock_findings = ids;
	grown[top->deadlock_count] = viz_deadlock_copy(deadlock);
	ids[top->deadlock_count] = 0;
	top->deadlock_count += grown[top->deadlock_count] != NULL;
}

/* Only files of the same user, and not those that ended. */
static void add_peer(struct viz_top *top, int folder, const char *name, uid_t owner)
{
	struct stat about, own;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool is_other = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
			about.st_uid == owner && fstat(top->fd, &own) == 0 &&
			about.st_ino != own.st_ino;

	if (is_other && top->peer_count < PEERS_MAX &&
		viz_observer_add(top->observer, &top->peers[top->peer_count], fd))
		top->peers[top->peer_count++].fd = fd;
	else if (fd >= 0)
		close(fd);
}

/* Processes of one run may share locks: the cycle may go through several of them. */
static void add_peers(struct viz_top *top)
{
	char folder[sizeof(top->target.path)], *slash;
	struct dirent *entry;
	struct stat about;
	DIR *stream;

	snprintf(folder, sizeof(folder), "%s", top->target.path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = 0;
	slash = strrchr(folder, '/');
	if (!slash || strncmp(slash + 1, RUN_FOLDER, strlen(RUN_FOLDER)) != 0 ||
		fstat(top->fd, &about) != 0)
		return;
	top->peers = calloc(PEERS_MAX, sizeof(*top->peers));
	stream = top->peers ? opendir(folder) : NULL;
	while (stream && (entry = readdir(stream)) != NULL) {
		if (strstr(entry->d_name, ".ldl"))
			add_peer(top, dirfd(stream), entry->d_name, about.st_uid);
	}
	if (stream)
		closedir(stream);
}

/* In a line on `path`, puts the name that the user knows in its place. */
static void name_file(char *error, size_t size, const char *path, const char *name)
{
	char *place = strstr(error, path);
	char line[1024];

	if (!place)
		return;
	snprintf(line, sizeof(line), "%.*s%s%s", (int)(place - error), error, name,
		place + strlen(path));
	viz_clean_copy(error, size, line);
}

bool viz_top_open(struct viz_top *top, const char *word, char *error, size_t error_size)
{
	struct viz_observer_events events = {.context = top, .deadlocked = keep_deadlock};
	char path[64];

	memset(top, 0, sizeof(*top));
	top->fd = -1;
	if (!viz_target_find(&top->target, word, error, error_size))
		return false;
	top->fd = viz_target_open(&top->target, O_RDONLY, error, error_size);
	if (top->fd < 0)
		return false;
	/* Through what is open: what the name leads to may change. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", top->fd);
	if (viz_run_open(&top->run, path, error, error_size) != LDL_OK) {
		name_file(error, error_size, path, top->target.path);
		close(top->fd);
		return false;
	}
	top->began_ns = top->refreshed_ns = top->rated_ns = clock_ns();
	top->header = *viz_run_snapshot(top->run)->arena.header;
	top->rated_slow = top->header.counters[LDL_COUNT_SLOW_PATHS];
	top->observer = viz_observer_new(&events, true);
	if (top->observer && viz_observer_add(top->observer, top, top->fd)) {
		add_peers(top);
		return true;
	}
	snprintf(error, error_size, "out of memory: %s: close some programs", word);
	viz_top_close(top);
	return false;
}

void viz_top_close(struct viz_top *top)
{
	viz_observer_free(top->observer);
	viz_run_close(top->run);
	for (size_t i = 0; i < top->peer_count; i++) {
		viz_run_close(top->peers[i].run);
		close(top->peers[i].fd);
	}
	free(top->peers);
	for (size_t i = 0; i < top->deadlock_count; i++)
		free(top->deadlocks[i]);
	free(top->deadlocks);
	free(top->deadlock_findings);
	free(top->rows);
	free(top->classes);
	if (top->fd >= 0)
		close(top->fd);
	memset(top, 0, sizeof(*top));
	top->fd = -1;
}

void viz_top_poll(struct viz_top *top)
{
	top->row_count = 0;
	viz_observer_poll(top->observer);
}

static int compare_rows(const void *one, const void *other, void *context)
{
	const struct viz_top_row *a = one, *b = other;
	const struct viz_top *top = context;
	uint32_t a_depth = viz_look_depth(a->thread), b_depth = viz_look_depth(b->thread);
	/* Who waits for a condition variable has nothing to hurry for. */
	uint64_t a_wait = a->is_asleep ? 0 : a->wait_ns, b_wait = b->is_asleep ? 0 : b->wait_ns;

	if (top->sort == VIZ_TOP_BY_WAIT && a_wait != b_wait)
		return a_wait > b_wait ? -1 : 1;
	if (top->sort != VIZ_TOP_BY_TID && a_depth != b_depth)
		return a_depth > b_depth ? -1 : 1;
	if (a->thread->record.tid != b->thread->record.tid)
		return a->thread->record.tid < b->thread->record.tid ? -1 : 1;
	return a->thread->record.serial < b->thread->record.serial ? -1 : 1;
}

static void fill_row(struct viz_top *top, struct viz_top_row *row,
	const struct viz_look_thread *thread, bool is_state_wanted)
{
	const struct ldl_thread_record *record = &thread->record;
	struct viz_task task = {VIZ_TASK_UNKNOWN, 0, 0};

	*row = (struct viz_top_row){
		.thread = thread,
		.is_asleep = thread->is_wanting && record->wait_addr,
		.wait_ns = viz_observer_wait_ns(top->observer, top, thread->slot),
	};
	memcpy(row->name, record->name, sizeof(row->name));
	if (!top->is_attached || !is_state_wanted)
		return;
	task = viz_task_look(top->header.pid, record->tid);
	row->state = task.presence == VIZ_TASK_GONE ? 'Z' : task.state;
	(void)viz_task_name(top->header.pid, record->tid, row->name);
}

/* A slot whose thread has ended and took nothing along is of no interest. */
static bool is_over(const struct viz_top_row *row)
{
	return row->state == 'Z' && row->thread->count == 0;
}

static void make_rows(struct viz_top *top, const struct viz_look *look)
{
	struct viz_top_row *rows = reallocarray(top->rows, look->thread_count + 1, sizeof(*rows));

	top->row_count = 0;
	if (!rows)
		return;
	top->rows = rows;
	for (size_t i = 0; i < look->thread_count; i++) {
		fill_row(top, &rows[top->row_count], &look->threads[i], i < STATES_MAX);
		top->row_count += !is_over(&rows[top->row_count]);
	}
	if (top->row_count)
		qsort_r(rows, top->row_count, sizeof(*rows), compare_rows, top);
}

static int compare_classes(const void *one, const void *other)
{
	const struct viz_top_class *a = one, *b = other;

	if (a->contention.total_ns != b->contention.total_ns)
		return a->contention.total_ns > b->contention.total_ns ? -1 : 1;
	return (a->class > b->class) - (a->class < b->class);
}

static void make_classes(struct viz_top *top)
{
	uint32_t count = top->header.tables[LDL_TABLE_CLASSES].used;
	size_t found = 0;
	struct viz_top_class *grown;

	for (int pass = 0; pass < 2; pass++) {
		top->class_count = 0;
		for (ldl_class_id id = 1; id < count; id++) {
			struct viz_contention contention =
				viz_observer_contention(top->observer, top, id);

			if (contention.count && pass && top->class_count < found)
				top->classes[top->class_count++] =
					(struct viz_top_class){id, contention};
			found += contention.count && !pass;
		}
		grown = pass ? top->classes : reallocarray(top->classes, found + 1, sizeof(*grown));
		if (!grown)
			return;
		top->classes = grown;
	}
	qsort(top->classes, top->class_count, sizeof(*top->classes), compare_classes);
}

static bool has_news(const struct viz_top *top, const struct ldl_header *fresh)
{
	static const enum ldl_table_id tables[] = {
		LDL_TABLE_CLASSES, LDL_TABLE_SITES, LDL_TABLE_MODULES, LDL_TABLE_FINDINGS};
	const struct ldl_header *known = viz_run_snapshot(top->run)->arena.header;

	for (size_t i = 0; i < ldl_array_len(tables); i++) {
		if (fresh->tables[tables[i]].used != known->tables[tables[i]].used)
			return true;
	}
	return fresh->finding_serial != known->finding_serial;
}

/* Names of what is new, findings of new deadlocks. */
static void read_again(struct viz_top *top)
{
	char error[512];
	bool is_new = has_news(top, &top->header);

	/* Places are made for each picture: not to be kept for ever. */
	if (++top->refreshes % FORGET_EVERY == 0)
		viz_run_forget(top->run);

	for (size_t i = 0; i < top->deadlock_count; i++)
		is_new |= !top->deadlock_findings[i];
	if (!is_new || viz_run_reload(top->run, error, sizeof(error)) != LDL_OK)
		return;
	for (size_t i = 0; i < top->deadlock_count; i++)
		top->deadlock_findings[i] =
			viz_deadlock_add(top->run, top->deadlocks[i], run_of, top);
}

static void measure_rate(struct viz_top *top, uint64_t slow)
{
	uint64_t span_ns = top->refreshed_ns - top->rated_ns;

	if (span_ns < RATE_NS)
		return;
	top->slow_rate = (double)(slow - top->rated_slow) * (double)SECOND_NS / (double)span_ns;
	top->rated_ns = top->refreshed_ns;
	top->rated_slow = slow;
}

static void measure(struct viz_top *top, const struct ldl_header *fresh)
{
	struct stat about;

	top->refreshed_ns = clock_ns();
	measure_rate(top, fresh->counters[LDL_COUNT_SLOW_PATHS]);
	top->bytes = fstat(top->fd, &about) == 0 ? (uint64_t)about.st_blocks * 512 : 0;
	top->header = *fresh;
	top->is_live = !viz_observer_is_frozen(top->fd, fresh);
	top->is_attached = top->is_live && viz_observer_is_mapped(fresh->pid, top->fd);
}

void viz_top_refresh(struct viz_top *top)
{
	const struct viz_look *look = viz_observer_look(top->observer, top);

	top->row_count = 0;
	if (!look)
		return;
	measure(top, &look->header);
	read_again(top);
	make_rows(top, look);
	make_classes(top);
}
