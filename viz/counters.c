/* The words of the counters: what each table and counter of an arena is called, and says. */
#include "counters.h"

#include "core/compiler.h"

static const char *const table_names[] = {
	[LDL_TABLE_STRINGS] = "strings",
	[LDL_TABLE_MODULES] = "modules",
	[LDL_TABLE_FRAMES] = "frames",
	[LDL_TABLE_SITES] = "sites",
	[LDL_TABLE_SITE_HASH] = "site_hash",
	[LDL_TABLE_CLASSES] = "classes",
	[LDL_TABLE_CLASS_HASH] = "class_hash",
	[LDL_TABLE_INSTANCES] = "locks",
	[LDL_TABLE_INSTANCE_INFO] = "lock_info",
	[LDL_TABLE_INSTANCE_HASH] = "lock_hash",
	[LDL_TABLE_NODES] = "nodes",
	[LDL_TABLE_EDGES] = "edges",
	[LDL_TABLE_EDGE_HASH] = "edge_hash",
	[LDL_TABLE_WITNESSES] = "witnesses",
	[LDL_TABLE_ALSO_HELD] = "also_held",
	[LDL_TABLE_CHAINS] = "chains",
	[LDL_TABLE_THREADS] = "threads",
	[LDL_TABLE_HELD] = "held",
	[LDL_TABLE_FINDINGS] = "findings",
	[LDL_TABLE_PATHS] = "paths",
	[LDL_TABLE_ALLOCS] = "allocation_sites",
	[LDL_TABLE_ALLOC_HASH] = "allocation_hash",
	[LDL_TABLE_RESERVES] = "reserves",
	[LDL_TABLE_CALLBACKS] = "callbacks",
	[LDL_TABLE_SEGMENTS] = "segments",
	[LDL_TABLE_TURNS] = "turns",
};

_Static_assert(ldl_array_len(table_names) == LDL_TABLE_COUNT, "every table has a name");

const char *viz_table_name(unsigned int table)
{
	return table < LDL_TABLE_COUNT ? table_names[table] : "unknown";
}

struct counter_words {
	const char *name;
	const char *sentence;
	bool is_loss;
};

static const struct counter_words counters[] = {
	[LDL_COUNT_HELD_OVERFLOW] = {"held_overflow", "locks taken above a full held stack", true},
	[LDL_COUNT_IN_GUARD] = {"in_guard", "events of signal handlers inside the engine", true},
	[LDL_COUNT_THREADS_UNWATCHED] = {"threads_unwatched", "threads not watched", true},
	[LDL_COUNT_WRITER_BUSY] = {"writer_busy",
		"checks put off to the next chance, the graph being busy", false},
	[LDL_COUNT_SEARCH_GAVE_UP] = {"search_gave_up", "searches for a cycle given up", true},
	[LDL_COUNT_UNLOCK_UNKNOWN] = {"unlock_unknown", "releases of locks not seen taken", false},
	[LDL_COUNT_UNLOCK_FOREIGN] = {"unlock_foreign", "releases by another thread", false},
	[LDL_COUNT_INSTANCES_MADE] = {"locks_made", "locks made", false},
	[LDL_COUNT_THREADS_MADE] = {"threads_made", "threads made", false},
	[LDL_COUNT_NO_MEMORY] = {"no_memory", "pages that the kernel would not give", true},
	[LDL_COUNT_CUT_OFF] = {"cut_off", "checks that a signal handler jumped out of", true},
	[LDL_COUNT_WRITER_LOST] = {"writer_lost",
		"thread that died inside the engine: no order was learned from there on", true},
	[LDL_COUNT_MODULES_UNWATCHED] = {"modules_unwatched",
		"libraries opened by RTLD_DEEPBIND or dlmopen, whose locks are not seen", true},
	[LDL_COUNT_SLOW_PATHS] = {"slow_paths", "acquisitions that were checked at length", false},
	[LDL_COUNT_CONTEXTS_DROPPED] = {"contexts_dropped", "non-blocking contexts above the limit",
		true},
	[LDL_COUNT_RESETS] = {"resets", "times that the figures of contention began anew", false},
	[LDL_COUNT_CHAINS_REFUSED] = {"chains_refused",
		"acquisitions not checked, above the rate or the budget", true},
	[LDL_COUNT_LOCKS_REFUSED] = {"locks_refused",
		"calls about new locks, above the rate or the budget", true},
	[LDL_COUNT_THREADS_REFUSED] = {"threads_refused",
		"new threads not watched from their start, above the rate or the budget", true},
	[LDL_COUNT_EVENTS_REFUSED] = {"events_refused",
		"events of threads not watched, above the rate or the budget", true},
	[LDL_COUNT_SCOPES_DROPPED] = {"scopes_dropped",
		"scopes inside too many others: in force, their order not checked", true},
};

const char *viz_counter_name(unsigned int counter)
{
	return counter < ldl_array_len(counters) ? counters[counter].name : "unknown";
}

const char *viz_counter_sentence(unsigned int counter)
{
	return counter < ldl_array_len(counters) ? counters[counter].sentence : "unknown";
}

bool viz_counter_is_loss(unsigned int counter)
{
	return counter < ldl_array_len(counters) && counters[counter].is_loss;
}

uint64_t viz_counter_losses(const struct ldl_header *header)
{
	uint64_t sum = 0;

	for (unsigned int table = 0; table < LDL_TABLE_COUNT; table++)
		sum += header->tables[table].dropped;
	for (unsigned int counter = 0; counter < LDL_COUNT_MAX; counter++)
		sum += viz_counter_is_loss(counter) ? header->counters[counter] : 0;
	return sum;
}
