/* Random programs against the naive checker: the engine must report where the model says a strong
 * cycle closed, must not where it says that none did, and each cycle it shows must be one. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lockdep_lite.h>
#include "core/arena.h"
#include "core/engine.h"
#include "tests/model/model.h"
#include "tests/support/lockstep.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#define PROGRAMS  400
#define STEPS_MAX 120
#define WALK_MAX  (2 * NAIVE_NODES + 2)
#define TRACE_MAX 32768

struct program {
	uint64_t number;
	struct model model;
	struct ldl_random random;
	ldl_class_t classes[NAIVE_NODES];
	uint32_t findings;                      /* looked at so far */
	unsigned int ring_reports[NAIVE_NODES]; /* by class: of cycles among its locks */
	bool failed;
	size_t trace_len;
	char trace[TRACE_MAX]; /* what was done, for the message of a failure */
};

static struct program program;
static char lock_bytes[MODEL_LOCKS][64];

static void trace(const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(program.trace + program.trace_len, TRACE_MAX - program.trace_len, format,
		arguments);
	va_end(arguments);
	if (len > 0 && program.trace_len + (size_t)len < TRACE_MAX)
		program.trace_len += (size_t)len;
}

static void differ(const char *what)
{
	if (!program.failed)
		printf("\nmodel: %s, seed %llu, program %llu, after: %s\n", what,
			(unsigned long long)ldl_random_seed(), (unsigned long long)program.number,
			program.trace);
	program.failed = true;
}

/* One call of the API, as it is handed to a thread. */
struct event {
	unsigned int lock, mode;
	enum { EVENT_ACQUIRE, EVENT_ACQUIRED, EVENT_FAILED, EVENT_RELEASE, EVENT_DESTROY } what;
};

static void do_event(void *argument)
{
	const struct event *event = argument;
	const void *lock = lock_bytes[event->lock];

	switch (event->what) {
	case EVENT_ACQUIRE:
		ldl_lock_acquire(lock, event->mode);
		break;
	case EVENT_ACQUIRED:
		ldl_lock_acquired(lock, event->mode);
		break;
	case EVENT_FAILED:
		ldl_lock_failed(lock);
		break;
	case EVENT_RELEASE:
		ldl_lock_release(lock);
		break;
	case EVENT_DESTROY:
		ldl_lock_destroy(lock);
		break;
	}
}

static void call(unsigned int thread, int what, unsigned int lock, unsigned int mode)
{
	struct event event = {lock, mode, what};

	lockstep_call(thread, do_event, &event);
}

static unsigned int class_number(ldl_class_id class)
{
	unsigned int number;

	for (number = 0; number < program.model.classes; number++)
		if (program.classes[number] == class)
			return number;
	differ("a finding names a class that is not the program's");
	return 0;
}

/* The model's vertex for one of the engine's. */
static unsigned int vertex_of(const struct ldl_arena *arena, ldl_node_id id)
{
	const struct ldl_node *node = ldl_node_at(arena, id);
	uint64_t offset;

	if (node->kind == LDL_NODE_CLASS)
		return class_number(node->class);
	offset = ldl_instance_at(arena, node->ref)->addr - (uint64_t)(uintptr_t)lock_bytes;
	if (node->kind != LDL_NODE_INSTANCE || offset >= sizeof(lock_bytes)) {
		differ("a finding names a lock that is not the program's");
		return 0;
	}
	return program.model.classes + (unsigned int)(offset / sizeof(lock_bytes[0]));
}

/* The vertices and types of a finding's path; 0 when it is no cycle or too long for any. */
static unsigned int read_path(
	ldl_finding_id id, unsigned int nodes[WALK_MAX], unsigned int types[WALK_MAX])
{
	const struct ldl_arena *arena = ldl_engine_arena();
	const struct ldl_finding *finding = ldl_finding_at(arena, id);
	unsigned int i;

	if (finding->kind != LDL_FINDING_LOCK_ORDER || finding->path_count > WALK_MAX)
		return 0;
	for (i = 0; i < finding->path_count; i++) {
		const struct ldl_path_step *step = ldl_path_step_at(arena, finding->path_first + i);

		nodes[i] = vertex_of(arena, ldl_edge_at(arena, step->edge)->from);
		types[i] = step->type & LDL_EDGE_TYPES;
	}
	return finding->path_count;
}

static bool path_has(ldl_finding_id id, unsigned int from, unsigned int to)
{
	unsigned int nodes[WALK_MAX], types[WALK_MAX];
	unsigned int i, count = read_path(id, nodes, types);

	for (i = 0; i < count; i++)
		if (nodes[i] == from && nodes[(i + 1) % count] == to)
			return true;
	return false;
}

/* How often cycles among the locks of this class were reported, those seen before included. */
static unsigned int ring_reports(unsigned int class)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	uint32_t last = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used - 1;
	unsigned int reports = 0;
	ldl_finding_id id;

	for (id = 1; id <= last; id++) {
		const struct ldl_finding *finding = ldl_finding_at(arena, id);

		if (finding->rule == LDL_RULE_INSTANCE_ORDER &&
			ldl_path_step_at(arena, finding->path_first)->from ==
				program.classes[class])
			reports += finding->count;
	}
	return reports;
}

/* Rings of one class and length are one finding with a count, so that must have grown. */
static bool is_reported(const struct model_edge *edge)
{
	ldl_finding_id id;

	if (edge->from >= program.model.classes) {
		unsigned int lock = edge->from - program.model.classes;
		unsigned int class = program.model.class_of[lock];

		return ring_reports(class) > program.ring_reports[class];
	}
	for (id = 1; id <= program.findings; id++)
		if (ldl_finding_at(ldl_engine_arena(), id)->rule == LDL_RULE_ORDER &&
			path_has(id, edge->from, edge->to))
			return true;
	return false;
}

static void check_cycle(ldl_finding_id id, const struct model_news *news)
{
	unsigned int nodes[WALK_MAX], types[WALK_MAX];
	unsigned int i, count = read_path(id, nodes, types);

	if (!naive_is_strong_walk(&program.model.graph, nodes, types, count))
		differ("a finding's path is not a strong cycle of the graph");
	for (i = 0; i < news->count; i++)
		if (path_has(id, news->edges[i].from, news->edges[i].to))
			return;
	differ("a cycle was reported that this step has no part in");
}

static void check_new_findings(const struct model_news *news)
{
	const struct ldl_arena *arena = ldl_engine_arena();
	uint32_t last = ldl_arena_table(arena, LDL_TABLE_FINDINGS)->used - 1;
	unsigned int recursion = 0, same_class = 0;

	for (; program.findings < last; program.findings++) {
		ldl_finding_id id = program.findings + 1;

		switch (ldl_finding_at(arena, id)->rule) {
		case LDL_RULE_ORDER:
		case LDL_RULE_INSTANCE_ORDER:
			check_cycle(id, news);
			break;
		case LDL_RULE_SELF_DEADLOCK:
			recursion++;
			break;
		case LDL_RULE_SAME_CLASS:
			same_class++;
			break;
		default:
			differ("a finding of a rule that no step could have broken");
		}
	}
	if (recursion != news->recursion)
		differ("a lock taken by its holder: not once reported, or wrongly");
	if (same_class != news->same_class)
		differ("two locks of one class: not once reported, or wrongly");
}

static void check_missed(const struct model_news *news)
{
	bool closes = false, reported = false;
	unsigned int i;

	for (i = 0; i < news->count; i++) {
		closes |= news->closes[i];
		reported |= news->closes[i] && is_reported(&news->edges[i]);
		if (news->alone[i] && !is_reported(&news->edges[i]))
			differ("a dependency closed a strong cycle: no finding goes through it");
	}
	if (closes && !reported)
		differ("a strong cycle was closed, and none was reported");
}

static void check_silence(void)
{
	static const struct model_news nothing;

	check_new_findings(&nothing);
}

static unsigned int random_mode(void)
{
	static const unsigned int modes[] = {LDL_EXCLUSIVE, LDL_EXCLUSIVE, LDL_SHARED,
		LDL_SHARED_RECURSIVE, LDL_SHARED_RECURSIVE, LDL_EXCLUSIVE | LDL_TIMED};
	unsigned int mode = modes[ldl_random_below(&program.random, 6)];

	return mode | (ldl_random_one_in(&program.random, 7) ? LDL_TRY : 0);
}

/* A reader may read again; every other second hold of one lock cannot succeed. */
static bool can_succeed(unsigned int thread, unsigned int lock, unsigned int mode)
{
	if (!model_is_free(&program.model, lock, mode))
		return false;
	return !model_holds(&program.model, thread, lock) ||
	       (mode & LDL_SHARED_RECURSIVE) == LDL_SHARED_RECURSIVE;
}

static void step_acquire(unsigned int thread)
{
	unsigned int lock = ldl_random_below(&program.random, program.model.locks);
	unsigned int mode = random_mode();
	struct model_news news;
	unsigned int class;
	bool success;

	if (!program.model.alive[lock] || program.model.thread[thread].count == MODEL_HELD)
		return;
	success = can_succeed(thread, lock, mode) && !ldl_random_one_in(&program.random, 9);
	trace(" T%u:%s%u.%u/%u", thread, success ? "" : "fail", program.model.class_of[lock], lock,
		mode);
	for (class = 0; class < program.model.classes; class ++)
		program.ring_reports[class] = ring_reports(class);
	model_acquire(&program.model, thread, lock, mode, &news);
	if (!(mode & LDL_TRY))
		call(thread, EVENT_ACQUIRE, lock, mode);
	check_new_findings(&news);
	check_missed(&news);
	if (success) {
		model_acquired(&program.model, thread, lock, mode);
		call(thread, EVENT_ACQUIRED, lock, mode);
	} else if (!(mode & LDL_TRY)) {
		call(thread, EVENT_FAILED, lock, mode);
	}
	check_silence();
}

static void release_one(unsigned int thread, unsigned int place)
{
	unsigned int lock = program.model.thread[thread].held[place].lock;

	trace(" T%u:-%u.%u", thread, program.model.class_of[lock], lock);
	model_release(&program.model, thread, lock);
	call(thread, EVENT_RELEASE, lock, 0);
}

static void step_release(unsigned int thread)
{
	unsigned int count = program.model.thread[thread].count;

	if (!count)
		return;
	release_one(thread, ldl_random_below(&program.random, count));
	check_silence();
}

static void init_lock(unsigned int lock)
{
	unsigned int class = ldl_random_below(&program.random, program.model.classes);

	model_end(&program.model, lock);
	program.model.class_of[lock] = class;
	program.model.alive[lock] = true;
	ldl_lock_init(lock_bytes[lock], program.classes[class], 0);
}

/* A lock ends, or begins anew as one of another class at the same address. */
static void step_lifetime(unsigned int thread)
{
	unsigned int t, lock = ldl_random_below(&program.random, program.model.locks);

	for (t = 0; t < program.model.threads; t++)
		if (model_holds(&program.model, t, lock))
			return;
	if (program.model.alive[lock] && ldl_random_one_in(&program.random, 2)) {
		trace(" destroy%u", lock);
		call(thread, EVENT_DESTROY, lock, 0);
		model_end(&program.model, lock);
	} else {
		init_lock(lock);
		trace(" init%u.%u", program.model.class_of[lock], lock);
	}
	check_silence();
}

static void start_program(uint64_t number)
{
	unsigned int i;
	bool few;

	ldl_reset();
	memset(&program, 0, sizeof(program));
	program.number = number;
	program.random = ldl_random_make(number);
	/* A few locks of one or two classes meet often; many of many rarely, but in long cycles. */
	few = ldl_random_one_in(&program.random, 3);
	model_start(&program.model, 1 + ldl_random_below(&program.random, few ? 2 : 8),
		3 + ldl_random_below(&program.random, few ? 4 : MODEL_LOCKS - 2),
		1 + ldl_random_below(&program.random, MODEL_THREADS));
	for (i = 0; i < program.model.classes; i++) {
		char name[24];

		snprintf(name, sizeof(name), "class-%u", i);
		program.model.by_instance[i] = ldl_random_one_in(&program.random, 2);
		program.classes[i] = ldl_class(name,
			program.model.by_instance[i] ? LDL_CLASS_BY_INSTANCE : LDL_CLASS_STRICT);
	}
	for (i = 0; i < program.model.locks; i++)
		init_lock(i);
}

/* Gated ones are known, and not counted. Declared locks are never ordered or single-thread. */
static unsigned int count_possible(void)
{
	unsigned int count = 0;

	for (ldl_finding_id id = 1; id <= program.findings; id++)
		count += ldl_finding_at(ldl_engine_arena(), id)->verdict != LDL_VERDICT_GATED;
	return count;
}

static void finish_program(void)
{
	unsigned int thread;

	for (thread = 0; thread < program.model.threads; thread++)
		while (program.model.thread[thread].count)
			release_one(thread, program.model.thread[thread].count - 1);
	check_silence();
	if (ldl_finding_count() != count_possible())
		differ("ldl_finding_count() is not the number of findings that can happen");
}

static bool run_program(uint64_t number)
{
	unsigned int step, steps;

	start_program(number);
	steps = 10 + ldl_random_below(&program.random, STEPS_MAX - 10);
	for (step = 0; step < steps && !program.failed; step++) {
		unsigned int thread = ldl_random_below(&program.random, program.model.threads);
		unsigned int dice = ldl_random_below(&program.random, 100);

		if (dice < 60)
			step_acquire(thread);
		else if (dice < 92)
			step_release(thread);
		else
			step_lifetime(thread);
	}
	if (!program.failed)
		finish_program();
	return !program.failed;
}

static void random_programs_are_judged_as_by_the_naive_model(void)
{
	uint64_t number, programs = (uint64_t)PROGRAMS * ldl_random_effort();
	unsigned int reports = 0, silent = 0;
	bool good = true;

	for (number = 0; good && (ldl_random_soak() || number < programs); number++) {
		good = run_program(number);
		if (program.findings)
			reports++;
		else
			silent++;
	}
	CU_ASSERT(good);
	/* Of so many programs there are always both; if not, nothing was compared. */
	CU_ASSERT(!good || (reports > 0 && silent > 0));
}

LDL_SUITE(model)
{
	LDL_TEST(random_programs_are_judged_as_by_the_naive_model);
}
