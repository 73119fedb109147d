/* One process of an observer: looks at it, and remembers since when its threads wait. */
#include "observer_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLASSES_MAX (1u << 16) /* whose contention is kept, for each process */

void viz_source_free(struct viz_source *source)
{
	close(source->fd);
	viz_look_free(&source->look);
	viz_look_free(&source->again);
	viz_maps_free(&source->maps);
	free(source->wishes);
	free(source->holds);
	free(source->contention);
	free(source);
}

struct mapped {
	struct stat about;
	bool is_found;
};

static bool is_file(void *context, const struct viz_maps_line *line)
{
	struct mapped *mapped = context;

	mapped->is_found = line->is_shared && line->mapping.inode == mapped->about.st_ino &&
			   line->mapping.device == mapped->about.st_dev;
	return !mapped->is_found;
}

bool viz_observer_is_mapped(uint32_t pid, int fd)
{
	struct mapped mapped = {.is_found = false};

	return pid > 0 && fstat(fd, &mapped.about) == 0 &&
	       viz_maps_each((long)pid, is_file, &mapped) && mapped.is_found;
}

/* A read lease is granted while nobody has the file open or mapped for writing. Who opens it for
 * that just now makes the kernel send SIGIO to who has the lease: us, for a moment. */
bool viz_observer_is_frozen(int fd, const struct ldl_header *header)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	struct ldl_snapshot of_header = {
		.arena = {.base = (unsigned char *)header, .header = (struct ldl_header *)header}};
	int error;

	sigaction(SIGIO, &ignore, &before);
	error = fcntl(fd, F_SETLEASE, F_RDLCK) != 0 ? errno : 0;
	if (error == 0)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	sigaction(SIGIO, &before, NULL);
	if (error == 0 || error == EAGAIN)
		return error == 0;
	return !ldl_snapshot_is_live(&of_header);
}

static bool is_same(const struct viz_wish *wish, const struct viz_look_thread *thread)
{
	return wish->serial == thread->record.serial && wish->depth == thread->record.depth &&
	       wish->wait_addr == thread->record.wait_addr &&
	       memcmp(&wish->entry, viz_look_wish(thread), sizeof(wish->entry)) == 0;
}

/* A wish that cannot be a part of anything: that of a thread which waits for a condition variable
 * and holds nothing else. Idle threads do so all day. */
static bool is_idle(const struct viz_look_thread *thread)
{
	return !thread->is_wanting || (thread->record.wait_addr && thread->count == 1);
}

static bool has_lasting_wish(const struct viz_source *source)
{
	for (size_t i = 0; i < source->look.thread_count; i++) {
		const struct viz_look_thread *thread = &source->look.threads[i];

		if (thread->slot < source->wish_count && !is_idle(thread) &&
			is_same(&source->wishes[thread->slot], thread))
			return true;
	}
	return false;
}

/* What has ended is looked at once. */
bool viz_source_is_suspicious(struct viz_source *source)
{
	bool is_news = source->is_frozen && !source->was_judged;

	source->was_judged = source->is_frozen;
	return is_news || (!source->is_frozen && has_lasting_wish(source));
}

/* Now and then, where there is a reason: the process may have ended meanwhile. */
void viz_source_check_end(struct viz_observer *observer, struct viz_source *source)
{
	if (source->is_frozen || observer->now_ns - source->checked_ns < VIZ_SECOND_NS)
		return;
	source->checked_ns = observer->now_ns;
	source->is_frozen = viz_observer_is_frozen(source->fd, &source->look.header);
	/* Its last state, and no other, is final. */
	if (source->is_frozen)
		source->was_looked_at = viz_look_take(&source->look, source->fd, false);
}

static bool make_wishes(struct viz_source *source)
{
	struct viz_wish *grown;

	if (source->look.slots <= source->wish_count)
		return true;
	grown = reallocarray(source->wishes, source->look.slots, sizeof(*grown));
	if (!grown)
		return false;
	memset(grown + source->wish_count, 0,
		(source->look.slots - source->wish_count) * sizeof(*grown));
	source->wishes = grown;
	source->wish_count = source->look.slots;
	return true;
}

static struct viz_contention *contention_of(struct viz_source *source, ldl_class_id class)
{
	struct viz_contention *grown;
	uint32_t count = source->look.header.tables[LDL_TABLE_CLASSES].used;

	if (class == 0 || class >= count || class >= CLASSES_MAX)
		return NULL;
	if (count > CLASSES_MAX)
		count = CLASSES_MAX;
	if (class < source->class_count)
		return &source->contention[class];
	grown = reallocarray(source->contention, count, sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + source->class_count, 0, (count - source->class_count) * sizeof(*grown));
	source->contention = grown;
	source->class_count = count;
	return &source->contention[class];
}

/* A wait that was seen twice is counted, with the time between; and grows from there on. */
static void count_wait(struct viz_observer *observer, struct viz_source *source,
	const struct viz_look_thread *thread, struct viz_wish *wish)
{
	struct viz_contention *contention;

	if (source->is_frozen || thread->record.wait_addr || !viz_look_is_lock(&wish->entry))
		return;
	contention = contention_of(source, ldl_held_class(&wish->entry));
	if (!contention)
		return;
	contention->count += !wish->is_counted;
	wish->is_counted = true;
	contention->total_ns += observer->now_ns - wish->until_ns;
	if (observer->now_ns - wish->since_ns > contention->longest_ns)
		contention->longest_ns = observer->now_ns - wish->since_ns;
}

static void remember(struct viz_observer *observer, struct viz_source *source,
	const struct viz_look_thread *thread)
{
	struct viz_wish *wish = &source->wishes[thread->slot];

	if (thread->is_wanting && is_same(wish, thread)) {
		wish->seen++;
		count_wait(observer, source, thread, wish);
	} else if (thread->is_wanting) {
		*wish = (struct viz_wish){
			.serial = thread->record.serial,
			.depth = thread->record.depth,
			.entry = *viz_look_wish(thread),
			.wait_addr = thread->record.wait_addr,
			.since_ns = observer->now_ns,
			.seen = 1,
		};
	} else {
		wish->serial = 0;
		wish->seen = 0;
	}
	wish->until_ns = observer->now_ns;
}

/* Since when the thread's outer locks are what they are. */
static void remember_holds(struct viz_observer *observer, struct viz_source *source,
	const struct viz_look_thread *thread)
{
	struct viz_hold *holds = source->holds + (size_t)thread->slot * VIZ_HOLDS;
	uint32_t depth = viz_look_depth(thread);

	for (uint32_t i = 0; i < VIZ_HOLDS; i++) {
		if (i >= depth)
			holds[i].since_ns = 0;
		else if (holds[i].since_ns == 0 || holds[i].serial != thread->record.serial ||
			 memcmp(&holds[i].entry, &thread->held[i], sizeof(holds[i].entry)) != 0)
			holds[i] = (struct viz_hold){
				thread->held[i], thread->record.serial, observer->now_ns};
	}
}

/* More slots of threads; for who wants to show what all of them hold. */
static bool make_holds(struct viz_source *source)
{
	size_t size = VIZ_HOLDS * sizeof(*source->holds);
	struct viz_hold *grown;

	if (source->look.slots <= source->hold_slots)
		return true;
	grown = reallocarray(source->holds, source->look.slots, size);
	if (!grown)
		return false;
	memset(grown + (size_t)source->hold_slots * VIZ_HOLDS, 0,
		(source->look.slots - source->hold_slots) * size);
	source->holds = grown;
	source->hold_slots = source->look.slots;
	return true;
}

void viz_source_remember(struct viz_observer *observer, struct viz_source *source)
{
	uint64_t resets = source->look.header.counters[LDL_COUNT_RESETS];

	if (resets != source->resets && source->contention)
		memset(source->contention, 0, source->class_count * sizeof(*source->contention));
	source->resets = resets;
	if (!make_wishes(source))
		return;
	for (size_t i = 0; i < source->look.thread_count; i++)
		remember(observer, source, &source->look.threads[i]);
	if (!observer->is_whole || source->is_frozen || !make_holds(source))
		return;
	for (size_t i = 0; i < source->look.thread_count; i++)
		remember_holds(observer, source, &source->look.threads[i]);
}

/* What does not change while the file is that process's. */
static void begin_source(struct viz_source *source)
{
	const struct ldl_header *header = &source->look.header;

	source->is_frozen = viz_observer_is_frozen(source->fd, header);
	source->is_attached = !source->is_frozen && viz_observer_is_mapped(header->pid, source->fd);
	source->resets = header->counters[LDL_COUNT_RESETS];
}

void viz_source_look(struct viz_source *source, bool is_light)
{
	bool is_first = !source->was_looked_at;

	if (source->is_frozen && !is_first)
		return;
	if (!viz_look_take(&source->look, source->fd, is_light && !is_first))
		return;
	source->was_looked_at = true;
	if (is_first)
		begin_source(source);
	/* What was written between the look and its end is there now. */
	if (is_first && source->is_frozen)
		source->was_looked_at = viz_look_take(&source->look, source->fd, false);
}
