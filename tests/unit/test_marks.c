/* core/engine_tenant and the fast path that believes in marks: what a mutex says of itself. */
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <lockdep_lite.h>
#include "core/class.h"
#include "core/engine_state.h"
#include "core/instance.h"
#include "tests/support/lockstep.h"
#include "tests/support/suite.h"

/* Laid out like nothing in libc: the engine asks the type where the mark is. */
struct mutex {
	uint32_t word;
	uint64_t mark;
};

static struct mutex a, b, c;

static uint64_t *mark_at(const void *lock)
{
	return &((struct mutex *)lock)->mark;
}

static const struct ldl_lock_type type = {
	.kind = LDL_KIND_MUTEX, .mark = mark_at, .size = sizeof(struct mutex)};

/* Places in the program that nobody calls from. */
static const char places[4];
#define OUTER   (&places[0])
#define INNER   (&places[1])
#define MADE    (&places[2])
#define BY_MARK (&places[3])

static struct ldl_held *top(void)
{
	return &ldl_self.thread->held[ldl_thread_depth(ldl_self.thread) - 1];
}

static void take(struct mutex *mutex, const void *ip)
{
	struct ldl_thread *thread = ldl_engine_acquire_slow(mutex, &type, LDL_MODE_EXCLUSIVE, ip);

	CU_ASSERT_PTR_NOT_NULL_FATAL(thread);
	ldl_engine_acquired();
}

static bool take_by_mark(struct mutex *mutex, uint32_t mode, const void *ip)
{
	return ldl_engine_taken_marked(ldl_self.thread, mutex, mutex->mark, mode, ip);
}

static void give(struct mutex *mutex)
{
	ldl_engine_release(mutex, OUTER);
}

/* Three mutexes of one class, each known at OUTER. */
static void make(void)
{
	struct mutex *const all[] = {&a, &b, &c};

	for (int i = 0; i < 3; i++) {
		memset(all[i], 0, sizeof(*all[i]));
		ldl_engine_init(all[i], &type, 0, 0, MADE);
		take(all[i], OUTER);
		give(all[i]);
	}
}

static void a_mark_tells_what_the_tables_tell(void)
{
	struct ldl_held by_tables, by_mark;

	make();
	take(&a, OUTER);
	by_tables = *top();
	give(&a);
	memset(&ldl_self.thread->held[0], 0, sizeof(by_tables));
	CU_ASSERT_TRUE_FATAL(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
	by_mark = *top();
	CU_ASSERT_EQUAL(ldl_self.record->depth, 1);
	CU_ASSERT_EQUAL(memcmp(&by_mark, &by_tables, sizeof(by_mark)), 0);
	give(&a);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 0);
}

static void what_was_popped_there_does_not_matter(void)
{
	make();
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
		CU_ASSERT_EQUAL(ldl_held_addr(top()), (uint64_t)(uintptr_t)&a);
		give(&a);
		CU_ASSERT_TRUE(take_by_mark(&b, LDL_MODE_EXCLUSIVE, OUTER));
		CU_ASSERT_EQUAL(ldl_held_addr(top()), (uint64_t)(uintptr_t)&b);
		CU_ASSERT_EQUAL(top()->instance,
			ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)&b));
		give(&b);
	}
}

static void a_chain_that_is_new_is_not_passed_by_a_mark(void)
{
	make();
	CU_ASSERT_FALSE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, BY_MARK)); /* the place */
	CU_ASSERT_FALSE(take_by_mark(&a, LDL_MODE_TRY, OUTER));         /* the mode */
	CU_ASSERT_TRUE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
	CU_ASSERT_FALSE(take_by_mark(&b, LDL_MODE_EXCLUSIVE, OUTER)); /* what is held */
	CU_ASSERT_EQUAL(ldl_self.record->depth, 1);
	give(&a);
}

static void what_is_no_mark_is_not_believed(void)
{
	struct mutex copy;

	make();
	copy = a;
	CU_ASSERT_FALSE(take_by_mark(&copy, LDL_MODE_EXCLUSIVE, OUTER)); /* of another address */
	copy.mark = 0;
	CU_ASSERT_FALSE(take_by_mark(&copy, LDL_MODE_EXCLUSIVE, OUTER));
	/* The instance is told apart by nothing, but what it belongs to is. */
	for (int bit = 0; bit < 64; bit++) {
		copy = a;
		a.mark ^= 1ull << bit;
		CU_ASSERT_EQUAL(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER), bit < 32);
		if (bit < 32)
			give(&a);
		a = copy;
	}
	CU_ASSERT_EQUAL(ldl_self.record->depth, 0);
}

static void a_mark_of_before_a_reset_is_none(void)
{
	make();
	CU_ASSERT_TRUE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
	give(&a);
	b = a;
	ldl_reset();
	make();
	a.mark = b.mark;
	CU_ASSERT_FALSE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
	take(&a, OUTER); /* found by its address, and marked again */
	give(&a);
	CU_ASSERT_TRUE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
	give(&a);
}

static void a_lock_that_ends_loses_its_mark(void)
{
	make();
	CU_ASSERT_NOT_EQUAL(a.mark, 0);
	ldl_engine_destroy(&a, true, MADE);
	CU_ASSERT_EQUAL(a.mark, 0);
	CU_ASSERT_NOT_EQUAL(b.mark, 0);
}

/* Mutexes end without a call: what is there by now is the program's own. */
static void what_is_no_mark_of_it_stays_where_it_is(void)
{
	make();
	a.mark = 0x1234;
	ldl_lock_init(&a, ldl_class("another", LDL_CLASS_STRICT), 0);
	CU_ASSERT_EQUAL(a.mark, 0x1234);
	ldl_lock_destroy(&a);
	CU_ASSERT_EQUAL(a.mark, 0x1234);
}

static void so_does_one_that_gets_a_class_by_annotation(void)
{
	make();
	ldl_lock_init(&a, ldl_class("another", LDL_CLASS_STRICT), 0);
	CU_ASSERT_FALSE(take_by_mark(&a, LDL_MODE_EXCLUSIVE, OUTER));
	take(&a, OUTER);
	CU_ASSERT_EQUAL(ldl_held_class(top()), ldl_class("another", LDL_CLASS_STRICT));
	give(&a);
	CU_ASSERT_EQUAL(a.mark, 0);
	ldl_lock_destroy(&a);
}

/* A static initialiser's value was stored over it, in memory that was another lock before. */
static void begin_anew(struct mutex *mutex)
{
	memset(mutex, 0, sizeof(*mutex));
}

static ldl_class_id class_of(const struct mutex *mutex)
{
	return ldl_instance_class(&ldl_engine.arena,
		ldl_instance_find(&ldl_engine.arena, (uint64_t)(uintptr_t)mutex));
}

/* A first tenant's life, which ends without a call, in memory that gets the next one; its class. */
static ldl_class_id live_before(struct mutex *mutex)
{
	ldl_class_id class;

	take(mutex, OUTER);
	give(mutex);
	class = class_of(mutex);
	begin_anew(mutex);
	return class;
}

/* It is known as a lock of its own where it is taken first. */
static void expect_new_tenant(struct mutex *mutex, ldl_class_id before)
{
	take(mutex, INNER);
	CU_ASSERT_NOT_EQUAL(class_of(mutex), before);
	CU_ASSERT_EQUAL(ldl_held_class(top()), class_of(mutex));
	give(mutex);
}

/* Its class is that of its first acquisition; static storage has one tenant, so on the stack. */
static void a_new_tenant_gets_a_class_and_a_mark_of_its_own(void)
{
	struct mutex mutex = {0};
	ldl_class_id first = live_before(&mutex);

	CU_ASSERT_FALSE(take_by_mark(&mutex, LDL_MODE_EXCLUSIVE, OUTER));
	expect_new_tenant(&mutex, first);
	CU_ASSERT_TRUE(take_by_mark(&mutex, LDL_MODE_EXCLUSIVE, INNER));
	CU_ASSERT_EQUAL(ldl_held_class(top()), class_of(&mutex));
	give(&mutex);
	ldl_engine_destroy(&mutex, true, MADE);
}

/* The mutex was copied to where another one was. */
static void so_does_one_that_was_moved_there(void)
{
	struct mutex first = {0}, second = {0};
	ldl_class_id class;

	take(&first, OUTER);
	give(&first);
	take(&second, INNER);
	give(&second);
	class = class_of(&first);
	first = second;
	CU_ASSERT_FALSE(take_by_mark(&first, LDL_MODE_EXCLUSIVE, OUTER));
	take(&first, MADE);
	give(&first);
	CU_ASSERT_NOT_EQUAL(class_of(&first), class);
	CU_ASSERT_TRUE(take_by_mark(&first, LDL_MODE_EXCLUSIVE, MADE));
	give(&first);
	ldl_engine_destroy(&first, true, MADE);
	ldl_engine_destroy(&second, true, MADE);
}

/* In production nobody waits for the table of instances: then it is met at its next use. */
static void a_new_tenant_that_cannot_move_in_now_is_not_taken_for_the_old_one(void)
{
	uint32_t *word = &ldl_engine.arena.header->instance_lock;
	struct mutex mutex = {0};
	ldl_class_id first = live_before(&mutex);

	ldl_engine.options.prod = true;
	lockstep_hold(1, word);
	CU_ASSERT_PTR_NULL(ldl_engine_acquire_slow(&mutex, &type, LDL_MODE_EXCLUSIVE, INNER));
	CU_ASSERT_EQUAL(mutex.mark, 0);
	give(&mutex);
	lockstep_give_back(1, word);
	expect_new_tenant(&mutex, first);
	ldl_engine.options.prod = false;
	lockstep_stop();
	ldl_engine_destroy(&mutex, true, MADE);
}

/* Somebody is finding out what it is: the mark is theirs to make. */
static void a_claim_is_not_written_over(void)
{
	make();
	a.mark = 1;
	take(&a, OUTER);
	give(&a);
	CU_ASSERT_EQUAL(a.mark, 1);
}

static void a_forked_child_marks_anew(void)
{
	struct mutex mutex = {0};
	ldl_class_id class;
	int status = 0;
	pid_t child;

	take(&mutex, OUTER);
	give(&mutex);
	class = class_of(&mutex);
	child = fork();
	if (child == 0) {
		uint64_t mark = mutex.mark;
		bool is_believed;

		take(&mutex, INNER);
		give(&mutex);
		is_believed = ldl_engine_taken_marked(
			ldl_self.thread, &mutex, mark, LDL_MODE_EXCLUSIVE, INNER);
		_exit(is_believed ? 1 : class_of(&mutex) != class ? 2 : mutex.mark == mark ? 3 : 0);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	ldl_engine_destroy(&mutex, true, MADE);
}

/* The thread that released it marked the place where it was. */
static void a_lock_stolen_while_it_moves_down_is_stolen(void)
{
	struct ldl_thread *thread;

	make();
	thread = ldl_self.thread;
	take(&a, OUTER);
	take(&b, INNER);
	CU_ASSERT_TRUE(ldl_engine_pop_below(thread, &a));
	CU_ASSERT_EQUAL(ldl_held_steal(&thread->held[1], 1, (uint64_t)(uintptr_t)&b), 0);
	ldl_engine_moved_down(thread);
	CU_ASSERT_TRUE(ldl_held_is_stolen(&thread->held[0]));
	take(&c, OUTER); /* the slow path purges it */
	CU_ASSERT_EQUAL(ldl_self.record->depth, 1);
	give(&c);
	CU_ASSERT_EQUAL(ldl_finding_count(), 0);
}

static void one_that_nobody_took_is_still_held(void)
{
	make();
	take(&a, OUTER);
	take(&b, INNER);
	CU_ASSERT_TRUE(ldl_engine_pop_below(ldl_self.thread, &a));
	ldl_engine_moved_down(ldl_self.thread);
	CU_ASSERT_FALSE(ldl_held_is_stolen(&ldl_self.thread->held[0]));
	CU_ASSERT_EQUAL(ldl_is_held(&b), 1);
	give(&b);
	CU_ASSERT_EQUAL(ldl_self.record->depth, 0);
}

LDL_SUITE(marks)
{
	LDL_TEST(a_mark_tells_what_the_tables_tell);
	LDL_TEST(what_was_popped_there_does_not_matter);
	LDL_TEST(a_chain_that_is_new_is_not_passed_by_a_mark);
	LDL_TEST(what_is_no_mark_is_not_believed);
	LDL_TEST(a_mark_of_before_a_reset_is_none);
	LDL_TEST(a_lock_that_ends_loses_its_mark);
	LDL_TEST(what_is_no_mark_of_it_stays_where_it_is);
	LDL_TEST(so_does_one_that_gets_a_class_by_annotation);
	LDL_TEST(a_new_tenant_gets_a_class_and_a_mark_of_its_own);
	LDL_TEST(a_new_tenant_that_cannot_move_in_now_is_not_taken_for_the_old_one);
	LDL_TEST(so_does_one_that_was_moved_there);
	LDL_TEST(a_claim_is_not_written_over);
	LDL_TEST(a_forked_child_marks_anew);
	LDL_TEST(a_lock_stolen_while_it_moves_down_is_stolen);
	LDL_TEST(one_that_nobody_took_is_still_held);
}
