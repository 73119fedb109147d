/* Arenas to report on. See samples.h. */
#include "tests/support/samples.h"

#include <lockdep_lite.h>
#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"
#include "tests/support/verdicts.h"
#include "tests/support/waits.h"

#define LONG_STEPS 30u
#define LONG_NAME  500u

/* A ring through these, one thread for each step; whoever waits for reclaim, or for a context that
 * must not block, allocates. */
static ldl_finding_id put_ring(enum ldl_finding_kind kind, enum ldl_rule rule,
	const ldl_class_id *classes, const enum ldl_kind *kinds, uint32_t count)
{
	ldl_edge_id edges[LONG_STEPS];

	for (uint32_t i = 0; i < count; i++) {
		enum ldl_kind next = kinds[(i + 1) % count];
		bool allocates = next == LDL_KIND_RECLAIM || next == LDL_KIND_NONBLOCK;

		edges[i] = ldl_waits_edge(classes[i], classes[(i + 1) % count], 1 + i,
			allocates ? LDL_GFP_NOFS : 0, allocates ? LDL_GFP_KERNEL : 0);
	}
	return ldl_waits_cycle(kind, rule, edges, count);
}

/* A cycle as the engine would find it for a rule that is one. */
static const struct cycle {
	enum ldl_finding_kind kind;
	enum ldl_rule rule;
	enum ldl_kind kinds[3];
	const char *names[3]; /* NULL: fewer */
} cycles[] = {
	{LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, {LDL_KIND_MUTEX, LDL_KIND_RWLOCK, LDL_KIND_SPIN},
		{"list", "tree", "queue"}},
	{LDL_FINDING_LOCK_ORDER, LDL_RULE_DECLARED_ORDER, {LDL_KIND_MUTEX, LDL_KIND_CUSTOM},
		{"parent", "child"}},
	{LDL_FINDING_NONBLOCK, LDL_RULE_A1, {LDL_KIND_NONBLOCK, LDL_KIND_MUTEX},
		{"oom_reaper", "mmap_lock"}},
	{LDL_FINDING_RECLAIM, LDL_RULE_A4, {LDL_KIND_MUTEX, LDL_KIND_RECLAIM},
		{"inode_lock", "reclaim.fs"}},
	{LDL_FINDING_NONBLOCK, LDL_RULE_A5, {LDL_KIND_NONBLOCK, LDL_KIND_EVENT, LDL_KIND_MUTEX},
		{"mmu_notifier", "flushed", "flush_lock"}},
	{LDL_FINDING_RECLAIM, LDL_RULE_B9, {LDL_KIND_MUTEX, LDL_KIND_RECLAIM},
		{"retry_lock", "reclaim.io"}},
	{LDL_FINDING_RESERVE, LDL_RULE_C2, {LDL_KIND_RESERVE, LDL_KIND_RESERVE}, {"bio", "crypt"}},
	{LDL_FINDING_RESERVE, LDL_RULE_C3, {LDL_KIND_MUTEX, LDL_KIND_RESERVE},
		{"free_lock", "request"}},
	{LDL_FINDING_EVENT, LDL_RULE_EVENT, {LDL_KIND_MUTEX, LDL_KIND_EVENT},
		{"work_lock", "work_done"}},
	{LDL_FINDING_SIGNAL, LDL_RULE_INTERRUPT, {LDL_KIND_SPIN, LDL_KIND_INTERRUPT},
		{"counter_lock", "softirq"}},
};

static void put_cycle(const struct cycle *cycle)
{
	ldl_class_id classes[3];
	uint32_t count = 0;

	for (; count < 3 && cycle->names[count]; count++)
		classes[count] = ldl_waits_class(cycle->kinds[count], cycle->names[count]);
	put_ring(cycle->kind, cycle->rule, classes, cycle->kinds, count);
}

static void fill_cycles(void)
{
	ldl_waits_begin();
	for (size_t i = 0; i < ldl_array_len(cycles); i++)
		put_cycle(&cycles[i]);
}

static const struct cycle *cycle_of(unsigned int rule)
{
	for (size_t i = 0; i < ldl_array_len(cycles); i++) {
		if (cycles[i].rule == rule)
			return &cycles[i];
	}
	return NULL;
}

static enum ldl_finding_kind kind_of(unsigned int rule)
{
	if (rule == LDL_RULE_SELF_DEADLOCK || rule == LDL_RULE_SAME_CLASS)
		return LDL_FINDING_RECURSION;
	if (rule == LDL_RULE_INSTANCE_ORDER)
		return LDL_FINDING_LOCK_ORDER;
	if (rule < LDL_RULE_CATALOGUE)
		return LDL_FINDING_MISUSE;
	return rule < LDL_RULE_B1 ? LDL_FINDING_NONBLOCK : LDL_FINDING_POLICY;
}

/* Locks of one class in both orders: the edges are those of instances. */
static void put_instances(void)
{
	ldl_class_id class = ldl_waits_class(LDL_KIND_MUTEX, "node");
	ldl_edge_id edges[2] = {
		ldl_waits_edge(class, class, 1, 0, 0), ldl_waits_edge(class, class, 2, 0, 0)};

	ldl_waits_move(edges[0], 0x9000, 0xa000);
	ldl_waits_move(edges[1], 0xa000, 0x9000);
	ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_INSTANCE_ORDER, edges, 2);
}

static void put_breach(unsigned int rule, ldl_class_id lock, ldl_class_id place)
{
	bool is_of_lock = rule < LDL_RULE_CATALOGUE;

	ldl_waits_breach(&(struct ldl_waits_breach){.kind = kind_of(rule),
		.rule = rule,
		.severity = rule % 3,
		.from = lock,
		.to = is_of_lock ? lock : place,
		.gfp = is_of_lock ? 0 : LDL_GFP_NOIO,
		.gfp_asked = is_of_lock ? 0 : LDL_GFP_KERNEL,
		.note = rule % 2 ? "a note: one line more" : NULL});
}

static void fill_rules(void)
{
	ldl_class_id lock, place;

	ldl_waits_begin();
	lock = ldl_waits_class(LDL_KIND_MUTEX, "some_lock");
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	for (unsigned int rule = 1; rule < LDL_RULE_COUNT; rule++) {
		if (cycle_of(rule))
			put_cycle(cycle_of(rule));
		else if (rule == LDL_RULE_INSTANCE_ORDER)
			put_instances();
		else
			put_breach(rule, lock, place);
	}
}

static void fill_hostile(void)
{
	static const char *const names[] = {
		"<&>\"'\\ ]]> <!-- %s %n \" onload=\"x",
		"\x01\x1b[31mred\x1b[0m\x7f\xc2\x85\n\t\r",
		"\xff\xfe\xc0\x80\xed\xa0\x80 broken \xe2\x82",
		"\xef\xbf\xbe\xef\xbf\xbf \xf0\x9f\x94\x92 \xe2\x80\xae"
		"drawkcab",
		"",
	};
	static const enum ldl_kind kinds[ldl_array_len(names)] = {
		LDL_KIND_MUTEX, LDL_KIND_RWLOCK, LDL_KIND_SPIN, LDL_KIND_CUSTOM, LDL_KIND_MUTEX};
	ldl_class_id classes[ldl_array_len(names)];
	ldl_class_id place;

	ldl_waits_begin();
	ldl_waits_rename("/tmp/a b/../%41;#?\xc3\xa9/./pro\"g<&>\x02\xff",
		"/lib/s\xc3\xa4mple 100%.so", "w<&>\"\x03\xff");
	for (size_t i = 0; i < ldl_array_len(names); i++)
		classes[i] = ldl_waits_class(kinds[i], names[i]);
	put_ring(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, classes, kinds, ldl_array_len(names));
	place = ldl_waits_class(LDL_KIND_ALLOCATION, NULL);
	ldl_waits_breach(&(struct ldl_waits_breach){.kind = LDL_FINDING_POLICY,
		.rule = LDL_RULE_B3,
		.severity = LDL_SEVERITY_ERROR,
		.to = place,
		.gfp = LDL_GFP_NOFAIL,
		.gfp_asked = LDL_GFP_NOFAIL,
		.note = "a \"note\"\n<with> & \xfe"});
}

static void fill_long(void)
{
	static enum ldl_kind kinds[LONG_STEPS];
	ldl_class_id classes[LONG_STEPS];
	char name[LONG_NAME + 1];

	ldl_waits_begin();
	memset(name, 'x', LONG_NAME);
	name[LONG_NAME] = 0;
	for (uint32_t i = 0; i < LONG_STEPS; i++) {
		name[0] = (char)('0' + i);
		kinds[i] = LDL_KIND_MUTEX;
		classes[i] = ldl_waits_class(kinds[i], name);
	}
	put_ring(LDL_FINDING_LOCK_ORDER, LDL_RULE_ORDER, classes, kinds, LONG_STEPS);
}

static void fill_declared(void)
{
	ldl_class_id one, two;
	ldl_edge_id edges[2];

	ldl_waits_begin();
	one = ldl_waits_class(LDL_KIND_MUTEX, "one");
	two = ldl_waits_class(LDL_KIND_MUTEX, "two");
	edges[0] = ldl_waits_edge(one, two, 1, 0, 0);
	edges[1] = ldl_waits_edge(two, one, 2, 0, 0);
	ldl_waits_declare(edges[0]);
	ldl_waits_cycle(LDL_FINDING_LOCK_ORDER, LDL_RULE_DECLARED_ORDER, edges, 2);
}

static void fill_empty(void)
{
	ldl_waits_begin();
}

const struct ldl_sample_arena ldl_samples[] = {
	{"verdicts", ldl_verdicts_begin},
	{"rules", fill_rules},
	{"cycles", fill_cycles},
	{"hostile", fill_hostile},
	{"long", fill_long},
	{"declared", fill_declared},
	{"empty", fill_empty},
};

const size_t ldl_sample_count = ldl_array_len(ldl_samples);

void ldl_sample_lay(const char *name)
{
	for (size_t i = 0; i < ldl_sample_count; i++) {
		if (strcmp(ldl_samples[i].name, name) == 0) {
			ldl_samples[i].fill();
			return;
		}
	}
	abort();
}
