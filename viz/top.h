/* What `lockdep-lite top` shows of a process, apart from how: threads, waits, contention,
 * deadlocks.
 *
 * Open, poll every now and then (only what is the same in two polls counts as a wait), refresh, and
 * show. Rows and texts are good until the next poll. */
#ifndef VIZ_TOP_H
#define VIZ_TOP_H

#include <stdio.h>

#include "model.h"
#include "observer.h"
#include "target.h"

/* A thread. */
struct viz_top_row {
	const struct viz_look_thread *thread;
	char name[16];
	char state; /* as the kernel has it: 'R', 'S' …; 'Z' when it has ended; 0: not known */
	bool is_asleep;   /* waits for a condition variable; then it wants its mutex */
	uint64_t wait_ns; /* its wish is the same for so long; 0: none, or a new one */
};

/* A class that threads were seen to wait for. */
struct viz_top_class {
	ldl_class_id class;
	struct viz_contention contention;
};

/* Another process, which may hold what is waited for. */
struct viz_top_peer {
	int fd;
	struct viz_run *run; /* NULL: not needed yet */
};

enum viz_top_sort { VIZ_TOP_BY_WAIT = 0, VIZ_TOP_BY_HELD, VIZ_TOP_BY_TID, VIZ_TOP_SORT_COUNT };

struct viz_top {
	struct viz_target target;
	int fd;
	struct viz_run *run;
	struct viz_observer *observer;
	struct viz_top_row *rows; /* in order */
	size_t row_count;
	enum viz_top_sort sort;
	struct viz_top_class *classes; /* worst first */
	size_t class_count;
	struct viz_deadlock **deadlocks;
	ldl_finding_id *deadlock_findings; /* in `run`, 0: none */
	size_t deadlock_count;
	unsigned int refreshes;
	struct ldl_header header;  /* of the last refresh */
	bool is_live, is_attached; /* is_attached: its pid is one of ours */
	double slow_rate;          /* slow paths a second, between the last two refreshes */
	uint64_t bytes;            /* of memory that the arena takes */
	uint64_t began_ns, refreshed_ns;
	uint64_t rated_ns, rated_slow; /* what slow_rate was measured from */
	struct viz_top_peer *peers;    /* other processes of the same run */
	size_t peer_count;
};

/* Opens what `word` names. False, with one line in `error`. */
bool viz_top_open(struct viz_top *top, const char *word, char *error, size_t error_size);
void viz_top_close(struct viz_top *top);

void viz_top_poll(struct viz_top *top);

/* Makes rows and figures of the last poll, and reads the arena again when names are missing. */
void viz_top_refresh(struct viz_top *top);

/* "lock_a": the class of an entry. */
const char *viz_top_class_name(struct viz_top *top, const struct ldl_held *entry);

/* Where an entry was taken, or is waited for. Returns `text`. */
const char *viz_top_place(
	struct viz_top *top, const struct ldl_held *entry, char *text, size_t size);

/* Who keeps a thread from what it wants: "taker #3 (tid 12) and 2 more"; "" when nobody is known.
 * Returns `text`. */
const char *viz_top_holders(
	const struct viz_top *top, const struct viz_top_row *row, char *text, size_t size);

/* "off", "nonblock" or "full". */
const char *viz_top_watching(const struct viz_top *top);

/* "0.4 s", "12 s", "3 min". Returns `text`. */
const char *viz_top_time(uint64_t ns, char *text, size_t size);

/* How it is shown: once as text or JSON, or on the terminal until `q`. */
void viz_top_text(FILE *out, struct viz_top *top);
void viz_top_json(FILE *out, struct viz_top *top);

/* False: the terminal cannot do it, which was told. */
bool viz_top_screen(struct viz_top *top, uint64_t interval_ns);

#endif
