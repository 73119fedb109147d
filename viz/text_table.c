/* The table "could hang like this": who takes what, in which order, until nobody can go on. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inventory.h"
#include "text_parts.h"

#define COLUMNS_MAX 6u   /* threads side by side; more are listed one below the other */
#define WIDTH_MAX   110u /* of the whole table */
#define COLUMN_GAP  3u
#define CELL_MAX    (VIZ_LABEL_MAX + VIZ_GFP_MAX)
#define POOL_WORD   "mempool " /* before a quoted name: "elements of" says it already */

struct column {
	char head[VIZ_HEAD_MAX];
	char took[CELL_MAX];
	char wants[CELL_MAX];
	size_t width;
};

size_t viz_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static const char *lock_verb(unsigned int kind, unsigned int mode)
{
	if (mode & LDL_MODE_TRY)
		return mode & LDL_MODE_SHARED ? "try_read_lock" : "trylock";
	if (mode & LDL_MODE_TIMED)
		return mode & LDL_MODE_SHARED ? "timed_read_lock" : "timed_lock";
	if (mode & LDL_MODE_SHARED)
		return "read_lock";
	return kind == LDL_KIND_RWLOCK ? "write_lock" : "lock";
}

/* What is no lock, with %s for its name: had, and waited for. */
struct cell_words {
	const char *has, *waits;
};

static const struct cell_words cells[LDL_KIND_COUNT] = {
	[LDL_KIND_RECLAIM] = {"%s runs", "wait(%s)"},
	[LDL_KIND_NONBLOCK] = {"%s begins", "sleep, though %s runs"},
	[LDL_KIND_RESERVE] = {"has the last element of %s", "wait(%s)"},
	[LDL_KIND_EVENT] = {"has to wake %s", "wait(%s)"},
	[LDL_KIND_INTERRUPT] = {"%s comes in", "%s comes in here"},
};

static void fill_words(const char *words, const char *label, char cell[CELL_MAX])
{
	const char *hole = strstr(words, "%s");

	snprintf(cell, CELL_MAX, "%.*s%s%s", (int)(hole - words), words, label, hole + 2);
}

/* Elements that are handed out beside the reserve do not hang: all of it has to be out. */
static void fill_reserve(
	const struct viz_text *text, ldl_class_id class, const char *label, char cell[CELL_MAX])
{
	uint32_t size = viz_reserve_size(text->run, class);

	if (size > 1)
		snprintf(cell, CELL_MAX, "has the last of %" PRIu32 " elements of %s", size, label);
	else
		fill_words(cells[LDL_KIND_RESERVE].has, label, cell);
}

static void fill_request(const struct viz_hop *hop, char cell[CELL_MAX])
{
	char mask[VIZ_GFP_MAX];

	snprintf(cell, CELL_MAX, "%s(%s)", hop->is_retry ? "retry" : "alloc",
		viz_gfp_text(hop->witness->gfp, mask, sizeof(mask)));
}

static void fill_cell(const struct viz_text *text, uint32_t index, bool is_to, char cell[CELL_MAX])
{
	struct viz_hop hop = viz_hop_of(text->run, &text->steps[index]);
	unsigned int kind = is_to ? hop.to_kind : hop.from_kind;
	const struct cell_words *words = &cells[kind % LDL_KIND_COUNT];
	unsigned int mode = 0;
	char label[VIZ_LABEL_MAX];

	viz_text_label(text, index, is_to, label);
	if (kind == LDL_KIND_RESERVE && strncmp(label, POOL_WORD, strlen(POOL_WORD)) == 0)
		memmove(label, label + strlen(POOL_WORD), strlen(label + strlen(POOL_WORD)) + 1);
	if (hop.witness)
		mode = is_to ? hop.witness->to_mode : hop.witness->from_mode;
	if (!words->has)
		snprintf(cell, CELL_MAX, "%s(%s)", lock_verb(kind, mode), label);
	else if (is_to && hop.witness && hop.witness->gfp &&
		 (kind == LDL_KIND_RECLAIM || kind == LDL_KIND_NONBLOCK))
		fill_request(&hop, cell);
	else if (!is_to && kind == LDL_KIND_RESERVE)
		fill_reserve(text, text->steps[index].from, label, cell);
	else if (!is_to && hop.runner)
		fill_words(words->has, hop.runner, cell);
	else
		fill_words(is_to ? words->waits : words->has, label, cell);
}

static bool is_repeated(
	const struct viz_text *text, uint32_t index, const struct ldl_witness *witness)
{
	for (uint32_t i = 0; witness && i < index && i < 64; i++) {
		const struct ldl_witness *before = viz_text_witness(text, i);

		if (before && before->thread_serial == witness->thread_serial &&
			before->tid == witness->tid)
			return true;
	}
	return false;
}

/* A cycle needs as many threads as edges: where one thread made two, the second stands for another
 * thread that comes the same way. Reclaim, handlers and wakers are whoever does it then. */
const char *viz_text_head(const struct viz_text *text, uint32_t index, char head[VIZ_HEAD_MAX])
{
	const struct ldl_witness *witness = viz_text_witness(text, index);
	struct viz_hop hop = viz_hop_of(text->run, &text->steps[index]);
	char label[VIZ_LABEL_MAX];

	viz_text_label(text, index, false, label);
	if (hop.from_kind == LDL_KIND_RECLAIM)
		snprintf(head, VIZ_HEAD_MAX, "%s (any thread that %s)", label,
			strchr(label, ' ') ? "runs it" : "allocates");
	else if (hop.from_kind == LDL_KIND_INTERRUPT)
		snprintf(head, VIZ_HEAD_MAX, "%s (on top of the thread)", label);
	else if (viz_text_is_declared(witness))
		snprintf(head, VIZ_HEAD_MAX, "as declared");
	else if (hop.from_kind == LDL_KIND_EVENT)
		snprintf(head, VIZ_HEAD_MAX, "who wakes %s", label);
	else if (witness)
		snprintf(head, VIZ_HEAD_MAX, "%s%s",
			is_repeated(text, index, witness) ? "one like " : "",
			viz_thread_label(text->run, witness, label, sizeof(label)));
	else
		snprintf(head, VIZ_HEAD_MAX, "a thread");
	return head;
}

static void fill_column(const struct viz_text *text, uint32_t index, struct column *column)
{
	size_t width;

	viz_text_head(text, index, column->head);
	fill_cell(text, index, false, column->took);
	fill_cell(text, index, true, column->wants);
	column->width = viz_text_width(column->head);
	width = viz_text_width(column->took);
	column->width = width > column->width ? width : column->width;
	width = viz_text_width(column->wants);
	column->width = (width > column->width ? width : column->width) + COLUMN_GAP;
}

static void print_cell(const struct viz_text *text, size_t indent, const char *cell)
{
	fprintf(text->out, "    %*s%s", (int)indent, "", cell);
}

static void print_side_by_side(const struct viz_text *text, const struct column *columns)
{
	size_t indent = 0;

	fprintf(text->out, "    ");
	for (uint32_t i = 0; i < text->count; i++)
		fprintf(text->out, "%s%*s", columns[i].head,
			i + 1 < text->count
				? (int)(columns[i].width - viz_text_width(columns[i].head))
				: 0,
			"");
	fprintf(text->out, "\n    ");
	for (uint32_t i = 0; i < text->count; i++) {
		for (size_t at = 0; at < columns[i].width - COLUMN_GAP; at++)
			fputc('-', text->out);
		fprintf(text->out, "%*s", i + 1 < text->count ? (int)COLUMN_GAP : 0, "");
	}
	fprintf(text->out, "\n");
	for (uint32_t i = 0; i < text->count; indent += columns[i++].width) {
		print_cell(text, indent, columns[i].took);
		fprintf(text->out, "\n");
	}
	indent = 0;
	for (uint32_t i = 0; i < text->count; indent += columns[i++].width) {
		print_cell(text, indent, columns[i].wants);
		fprintf(text->out, "  waits\n");
	}
}

static void print_one_below_the_other(const struct viz_text *text)
{
	struct column column;
	uint32_t gap_first, gap_past;

	viz_text_gap(text, &gap_first, &gap_past);
	for (uint32_t i = 0; i < text->count; i++) {
		if (i == gap_first && gap_past > gap_first) {
			viz_text_print_gap(text, gap_past - gap_first);
			i = gap_past;
		}
		fill_column(text, i, &column);
		fprintf(text->out, "    %s:\n      %s\n      %s  waits\n", column.head, column.took,
			column.wants);
	}
}

void viz_text_table(const struct viz_text *text)
{
	struct column columns[COLUMNS_MAX];
	size_t width = 0;

	for (uint32_t i = 0; i < text->count && text->count <= COLUMNS_MAX; i++) {
		fill_column(text, i, &columns[i]);
		width += columns[i].width;
	}
	fprintf(text->out, "\n  %s:\n",
		text->finding->verdict == LDL_VERDICT_DEADLOCKED ? "hangs like this"
								 : "could hang like this");
	if (text->count <= COLUMNS_MAX && width <= WIDTH_MAX)
		print_side_by_side(text, columns);
	else
		print_one_below_the_other(text);
}
