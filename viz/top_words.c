/* The texts of `lockdep-lite top` that all its ways of showing share. See top.h. */
#include "top.h"

#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "graft.h"
#include "task.h"

#define SECOND_NS 1000000000ull

const char *viz_top_class_name(struct viz_top *top, const struct ldl_held *entry)
{
	return viz_class_name(top->run, ldl_held_class(entry));
}

const char *viz_top_place(
	struct viz_top *top, const struct ldl_held *entry, char *text, size_t size)
{
	return viz_address_text(
		top->run, viz_graft_frame(top->run, ldl_held_ip(entry)), text, size);
}

const char *viz_top_watching(const struct viz_top *top)
{
	static const char *const names[] = {"unknown", "off", "nonblock", "full"};

	return names[top->header.control & LDL_RUN_MASK];
}

const char *viz_top_time(uint64_t ns, char *text, size_t size)
{
	if (ns < 10 * SECOND_NS)
		snprintf(text, size, "%u.%u s", (unsigned int)(ns / SECOND_NS),
			(unsigned int)(ns / (SECOND_NS / 10) % 10));
	else if (ns < 600 * SECOND_NS)
		snprintf(text, size, "%u s", (unsigned int)(ns / SECOND_NS));
	else
		snprintf(text, size, "%llu min", (unsigned long long)(ns / SECOND_NS / 60));
	return text;
}

/* The first of those who hold a lock, in words, and how many there are. */
struct holders {
	const struct viz_top *top;
	char *text;
	size_t size, count;
};

static bool add_holder(void *context, const struct viz_observer_blocker *blocker)
{
	struct holders *holders = context;
	const struct ldl_thread_record *record = &blocker->thread->record;
	char name[16], clean[64];

	if (holders->count++ > 0)
		return true;
	memcpy(name, record->name, sizeof(name));
	if (holders->top->is_attached && blocker->process == holders->top)
		(void)viz_task_name(holders->top->header.pid, record->tid, name);
	viz_clean_copy(clean, sizeof(clean), name);
	snprintf(holders->text, holders->size, "%s #%u (tid %u%s)", clean[0] ? clean : "thread",
		record->serial, record->tid,
		blocker->process != holders->top ? " of another process" : "");
	return true;
}

const char *viz_top_holders(
	const struct viz_top *top, const struct viz_top_row *row, char *text, size_t size)
{
	struct holders holders = {top, text, size, 0};
	size_t len;

	text[0] = 0;
	viz_observer_blockers(top->observer, top, row->thread->slot, add_holder, &holders);
	len = strlen(text);
	if (holders.count > 1 && len < size)
		snprintf(text + len, size - len, " and %zu more", holders.count - 1);
	return text;
}
