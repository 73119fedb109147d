/* The union of runs, as an arena. See merge_union.h. */
#include "merge_union.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/text.h"
#include "frame.h"

#define NAMES_SHOWN 8u /* of runs; JSON has all */

/* Room for the largest arena that there is, or that the kernel gives; only used pages cost. */
static bool open_union(struct viz_union *whole)
{
	void *bytes = MAP_FAILED;
	size_t edges;

	memset(whole, 0, sizeof(*whole));
	for (whole->size = LDL_ARENA_MAX; whole->size >= LDL_ARENA_CHECK; whole->size /= 2) {
		bytes = mmap(NULL, whole->size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (bytes != MAP_FAILED)
			break;
	}
	if (bytes == MAP_FAILED)
		return false;
	if (ldl_arena_init(&whole->arena, bytes, whole->size) != LDL_OK) {
		munmap(bytes, whole->size);
		return false;
	}
	edges = ldl_arena_table(&whole->arena, LDL_TABLE_EDGES)->capacity;
	whole->presence_of = mmap(NULL, edges * sizeof(uint32_t), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (whole->presence_of == MAP_FAILED)
		whole->presence_of = NULL;
	return ldl_work_map(&whole->work, &whole->arena) && whole->presence_of;
}

void viz_union_free(struct viz_union *whole)
{
	size_t edges;

	if (!whole->arena.base)
		return;
	edges = ldl_arena_table(&whole->arena, LDL_TABLE_EDGES)->capacity;
	if (whole->presence_of)
		munmap(whole->presence_of, edges * sizeof(uint32_t));
	ldl_work_unmap(&whole->work);
	munmap(whole->arena.base, whole->size);
	viz_map_free(&whole->strings);
	viz_map_free(&whole->modules);
	viz_map_free(&whole->sites);
	viz_map_free(&whole->objects);
	viz_map_free(&whole->reserves);
	viz_map_free(&whole->callbacks);
	viz_map_free(&whole->findings);
	free(whole->presences);
	for (size_t i = 0; i < whole->candidate_count; i++)
		free(whole->candidates[i].steps);
	free(whole->candidates);
}

/* Ids of a table's records in the union; slot 0 is there even of a table that has none. */
static uint32_t *make_ids(const struct ldl_snapshot *run, enum ldl_table_id table)
{
	return calloc(ldl_snapshot_count(run, table) + 1u, sizeof(uint32_t));
}

static void close_entry(struct viz_entry *entry)
{
	free(entry->modules);
	free(entry->classes);
	free(entry->sites);
	free(entry->nodes);
	free(entry->edges);
	free(entry->witnesses);
	viz_map_free(&entry->instances);
}

static bool open_entry(struct viz_entry *entry)
{
	entry->modules = make_ids(entry->run, LDL_TABLE_MODULES);
	entry->classes = make_ids(entry->run, LDL_TABLE_CLASSES);
	entry->sites = make_ids(entry->run, LDL_TABLE_SITES);
	entry->nodes = make_ids(entry->run, LDL_TABLE_NODES);
	entry->edges = make_ids(entry->run, LDL_TABLE_EDGES);
	entry->witnesses = make_ids(entry->run, LDL_TABLE_WITNESSES);
	return entry->modules && entry->classes && entry->sites && entry->nodes && entry->edges &&
	       entry->witnesses;
}

/* The program of all runs: its path, or where they ran it from several places, its name. */
static void note_program(struct viz_union *whole, const struct ldl_snapshot *run, bool is_only)
{
	const char *program = ldl_snapshot_string(run, run->arena.header->program);
	const char *name = viz_path_base(program);
	char *known = whole->program;

	if (is_only)
		snprintf(known, sizeof(whole->program), "%s", program);
	else if (strcmp(viz_path_base(known), name) != 0)
		snprintf(known, sizeof(whole->program), "several programs");
	else if (strcmp(known, program) != 0)
		snprintf(known, sizeof(whole->program), "%s", name);
}

static bool enter(
	struct viz_union *whole, const struct viz_leaf *leaf, uint32_t number, bool is_first)
{
	struct ldl_snapshot run = {0};
	struct viz_entry entry = {.whole = whole, .run = &run, .leaf = number};
	bool is_good;

	if (!viz_leaf_open(leaf, &run))
		return false;
	is_good = open_entry(&entry);
	if (is_good && is_first)
		note_program(whole, &run, number == 0);
	if (is_good) {
		viz_entry_names(&entry, is_first);
		viz_entry_graph(&entry, is_first);
	}
	if (is_good && !is_first) {
		viz_entry_findings(&entry);
		viz_entry_evidence(&entry);
		viz_entry_counts(&entry);
		whole->chains += viz_leaf_header(leaf)->tables[LDL_TABLE_CHAINS].used;
		whole->thread_base += viz_entry_threads_max(&entry);
		whole->time_base_ns += viz_entry_end_ns(&entry);
	}
	close_entry(&entry);
	ldl_snapshot_close(&run);
	return is_good;
}

/* "3 runs merged: a.ldl, b.ldl, c.ldl", in the place of a command line. Names that do not fit are
 * cut by the string pool. */
static const char *command_of(const struct viz_leaf *leaves, size_t count, char *text, size_t size)
{
	size_t used =
		(size_t)snprintf(text, size, "%zu run%s merged: ", count, count == 1 ? "" : "s");

	for (size_t i = 0; i < count && i < NAMES_SHOWN && used < size; i++)
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", i ? ", " : "", leaves[i].name);
	if (count > NAMES_SHOWN && used < size)
		snprintf(text + used, size - used, " and %zu more", count - NAMES_SHOWN);
	return text;
}

static ldl_string_id keep_text(struct viz_union *whole, const char *text)
{
	return ldl_text_add(&whole->arena, text, strlen(text));
}

/* An arena of no process. */
static void fill_header(struct viz_union *whole, const struct viz_leaf *leaves, size_t count)
{
	struct ldl_header *header = whole->arena.header;
	char text[LDL_STRING_MAX + 1];

	header->pid = header->parent_pid = 0;
	header->state = LDL_STATE_EXITED;
	header->prod = 1;
	for (size_t i = 0; i < count; i++)
		header->prod &= viz_leaf_header(&leaves[i])->prod;
	header->start_ns = 0;
	header->start_realtime = viz_leaf_header(&leaves[0])->start_realtime;
	header->program = keep_text(whole, whole->program);
	header->command = keep_text(whole, command_of(leaves, count, text, sizeof(text)));
	header->control = LDL_RUN_FULL;
	header->finding_serial = ldl_arena_table(&whole->arena, LDL_TABLE_FINDINGS)->used;
	header->thread_serial = whole->thread_base;
}

/* Nobody looks for more evidence in a file; and what a search left behind depends on the one before
 * it, not on the runs. */
static void end_searches(struct ldl_arena *arena)
{
	for (ldl_edge_id id = 1; id < ldl_arena_table(arena, LDL_TABLE_EDGES)->used; id++)
		ldl_edge_at(arena, id)->looks = 0;
	for (ldl_class_id id = 1; id < ldl_arena_table(arena, LDL_TABLE_CLASSES)->used; id++)
		ldl_class_at(arena, id)->flags &= (uint8_t)~LDL_CLASS_WATCHED;
	for (ldl_segment_id id = 1; id < ldl_arena_table(arena, LDL_TABLE_SEGMENTS)->used; id++) {
		ldl_segment_at(arena, id)->mark = 0;
		ldl_segment_at(arena, id)->queued = 0;
	}
}

bool viz_union_make(struct viz_union *whole, const struct viz_leaf *leaves, size_t count)
{
	if (!open_union(whole))
		return false;
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			if (!enter(whole, &leaves[i], (uint32_t)i, pass == 0))
				return false;
		}
	}
	viz_union_find_more(whole);
	end_searches(&whole->arena);
	fill_header(whole, leaves, count);
	return true;
}
