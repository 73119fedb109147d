/* What is found about the kernel-style header's locks: orders, recursion, misuse, assertions, each
 * with a twin that is all right. By rule id: L1, L5 to L10, L14. */
#include <string.h>
#include <lockdep_lite/kernel.h>
#include "tests/support/lockstep.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

struct object {
	struct mutex mutex;
	spinlock_t spin;
	struct rw_semaphore sem;
};

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(first_spin);
static DEFINE_RAW_SPINLOCK(second_spin);
static DEFINE_RWLOCK(rwlock);
static DECLARE_RWSEM(sem);

static void init_object(struct object *object)
{
	mutex_init(&object->mutex);
	spin_lock_init(&object->spin);
	init_rwsem(&object->sem);
}

/* The one finding that there is breaks this rule. */
static bool found(enum ldl_rule rule)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	return result->count == 1 && result->findings[0].rule == rule;
}

static bool found_nothing(void)
{
	return ldl_finding_count() == 0;
}

static void take_both(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void L1_two_mutexes_in_both_orders_are_reported(void)
{
	lockdep_reset();
	take_both(&first, &second);
	take_both(&first, &second);
	CU_ASSERT(found_nothing());
	take_both(&second, &first);
	CU_ASSERT(found(LDL_RULE_ORDER));
}

static void L1_a_finding_names_the_locks_as_the_source_does(void)
{
	lockdep_reset();
	take_both(&first, &second);
	take_both(&second, &first);
	CU_ASSERT_STRING_EQUAL(
		ldl_scenario_findings()->findings[0].path, "first -> second -> first");
}

static void L1_spin_locks_of_both_kinds_are_ordered(void)
{
	lockdep_reset();
	spin_lock(&first_spin);
	raw_spin_lock(&second_spin);
	raw_spin_unlock(&second_spin);
	spin_unlock(&first_spin);
	CU_ASSERT(found_nothing());
	raw_spin_lock(&second_spin);
	CU_ASSERT_TRUE(spin_trylock(&first_spin));
	spin_unlock(&first_spin);
	CU_ASSERT(found_nothing());
	might_lock(&first_spin);
	raw_spin_unlock(&second_spin);
	CU_ASSERT_EQUAL(ldl_scenario_findings()->findings[0].rule == LDL_RULE_ORDER ||
				ldl_scenario_findings()->findings[1].rule == LDL_RULE_ORDER,
		1);
}

static void L1_might_lock_counts_though_nothing_was_taken(void)
{
	lockdep_reset();
	take_both(&first, &second);
	mutex_lock(&second);
	might_lock(&first);
	mutex_unlock(&second);
	CU_ASSERT(found(LDL_RULE_ORDER));
	CU_ASSERT_FALSE(mutex_is_locked(&first));
}

/* read_lock() may overtake a writer only where the kernel lets it. */
static void read_twice(void)
{
	read_lock(&rwlock);
	read_lock(&rwlock);
	read_unlock(&rwlock);
	read_unlock(&rwlock);
}

static void L5_reading_twice_is_reported_for_fair_readers(void)
{
	lockdep_reset();
	read_twice();
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void L5_reading_twice_is_silent_for_recursive_readers(void)
{
	lockdep_reset();
	force_read_lock_recursive = 1;
	read_twice();
	force_read_lock_recursive = 0;
	CU_ASSERT(found_nothing());
	local_irq_disable();
	irq_enter();
	lockdep_hardirq_threaded();
	read_twice();
	irq_exit();
	local_irq_enable();
	CU_ASSERT(found_nothing());
}

static void L5_reading_a_rwsem_twice_is_reported(void)
{
	lockdep_reset();
	down_read(&sem);
	CU_ASSERT(found_nothing());
	down_read(&sem);
	up_read(&sem);
	up_read(&sem);
	CU_ASSERT_EQUAL(ldl_finding_count(), 1);
}

static void L5_two_locks_from_one_place_of_initialisation_are_one_class(void)
{
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	take_both(&a.mutex, &first);
	take_both(&b.mutex, &first);
	CU_ASSERT(found_nothing());
	take_both(&a.mutex, &b.mutex);
	CU_ASSERT(found(LDL_RULE_SAME_CLASS));
}

static void L5_a_declared_nesting_is_silent(void)
{
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	mutex_lock(&a.mutex);
	mutex_lock_nested(&b.mutex, SINGLE_DEPTH_NESTING);
	mutex_unlock(&b.mutex);
	mutex_unlock(&a.mutex);
	CU_ASSERT(found_nothing());
}

static void L5_a_nest_lock_keeps_a_class_apart(void)
{
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	mutex_lock(&first);
	mutex_lock_nest_lock(&a.mutex, &first);
	mutex_lock_nest_lock(&b.mutex, &first);
	mutex_unlock(&b.mutex);
	mutex_unlock(&a.mutex);
	mutex_unlock(&first);
	down_write(&sem);
	spin_lock_nest_lock(&a.spin, &sem);
	spin_lock_nest_lock(&b.spin, &sem);
	spin_unlock(&b.spin);
	spin_unlock(&a.spin);
	up_write(&sem);
	CU_ASSERT(found_nothing());
}

static void L14_a_nest_lock_that_is_not_held_is_reported(void)
{
	struct object a;

	lockdep_reset();
	init_object(&a);
	mutex_lock_nest_lock(&a.mutex, &first);
	mutex_unlock(&a.mutex);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void another_class_is_another_class(void)
{
	static struct lock_class_key key;
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	lockdep_set_class(&b.mutex, &key);
	take_both(&a.mutex, &b.mutex);
	CU_ASSERT(found_nothing());
	CU_ASSERT_TRUE(lockdep_match_class(&b.mutex, &key));
	CU_ASSERT_FALSE(lockdep_match_class(&a.mutex, &key));
	take_both(&b.mutex, &a.mutex);
	CU_ASSERT(found(LDL_RULE_ORDER));
}

static void a_subclass_of_the_lock_is_another_class(void)
{
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	lockdep_set_subclass(&b.mutex, 1);
	take_both(&a.mutex, &b.mutex);
	CU_ASSERT(found_nothing());
	take_both(&b.mutex, &a.mutex);
	CU_ASSERT(found(LDL_RULE_ORDER));
}

static void a_class_that_is_not_validated_is_held_and_no_more(void)
{
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	lockdep_set_novalidate_class(&a.mutex);
	lockdep_set_novalidate_class(&b.mutex);
	mutex_lock(&a.mutex);
	CU_ASSERT_EQUAL(lockdep_is_held(&a.mutex), LOCK_STATE_HELD);
	mutex_lock(&b.mutex);
	mutex_unlock(&b.mutex);
	mutex_unlock(&a.mutex);
	take_both(&b.mutex, &first);
	take_both(&first, &b.mutex);
	CU_ASSERT(found_nothing());
}

static void lockdep_off_hides_what_is_between(void)
{
	lockdep_reset();
	lockdep_off();
	take_both(&first, &second);
	take_both(&second, &first);
	lockdep_on();
	CU_ASSERT(found_nothing());
	CU_ASSERT_EQUAL(debug_locks, 1);
	take_both(&first, &second);
	take_both(&second, &first);
	CU_ASSERT_EQUAL(debug_locks, 0);
}

static void L6_an_unlock_too_many_is_reported(void)
{
	lockdep_reset();
	mutex_lock(&first);
	mutex_unlock(&first);
	CU_ASSERT(found_nothing());
	mutex_unlock(&first);
	CU_ASSERT(found(LDL_RULE_UNLOCK_UNHELD));
}

static void unlock_first(void *unused)
{
	(void)unused;
	mutex_unlock(&first);
}

static void L7_an_unlock_by_another_thread_is_reported(void)
{
	lockdep_reset();
	mutex_lock(&first);
	lockstep_call(1, unlock_first, NULL);
	CU_ASSERT(found(LDL_RULE_UNLOCK_FOREIGN));
}

static void read_end(void *unused)
{
	(void)unused;
	up_read_non_owner(&sem);
}

static void L7_a_reader_without_owner_may_be_released_elsewhere(void)
{
	lockdep_reset();
	down_read_non_owner(&sem);
	lockstep_call(1, read_end, NULL);
	CU_ASSERT(found_nothing());
	CU_ASSERT_FALSE(rwsem_is_locked(&sem));
}

static void L8_initialising_a_held_lock_is_reported(void)
{
	struct object a;

	lockdep_reset();
	init_object(&a);
	init_object(&a);
	CU_ASSERT(found_nothing());
	mutex_lock(&a.mutex);
	mutex_init(&a.mutex);
	CU_ASSERT(found(LDL_RULE_INIT_HELD));
}

static void L9_destroying_a_held_mutex_is_reported(void)
{
	struct object a;

	lockdep_reset();
	init_object(&a);
	mutex_lock(&a.mutex);
	mutex_unlock(&a.mutex);
	mutex_destroy(&a.mutex);
	CU_ASSERT(found_nothing());
	mutex_init(&a.mutex);
	mutex_lock(&a.mutex);
	mutex_destroy(&a.mutex);
	CU_ASSERT(found(LDL_RULE_DESTROY_HELD));
}

static void L10_assertions_are_silent_when_they_hold(void)
{
	lockdep_reset();
	lockdep_assert_not_held(&first);
	mutex_lock(&first);
	lockdep_assert_held(&first);
	lockdep_assert_held_once(&first);
	mutex_unlock(&first);
	spin_lock(&first_spin);
	assert_spin_locked(&first_spin);
	spin_unlock(&first_spin);
	down_write(&sem);
	lockdep_assert_held_write(&sem);
	downgrade_write(&sem);
	lockdep_assert_held_read(&sem);
	CU_ASSERT_EQUAL(lockdep_is_held_type(&sem, 0), LOCK_STATE_NOT_HELD);
	CU_ASSERT_EQUAL(lockdep_is_held(&sem), LOCK_STATE_HELD);
	up_read(&sem);
	lockdep_assert_none_held_once();
	CU_ASSERT_EQUAL(lockdep_depth(current), 0);
	CU_ASSERT(found_nothing());
}

static void L10_an_assertion_that_fails_is_reported(void)
{
	lockdep_reset();
	mutex_lock(&first);
	mutex_unlock(&first);
	lockdep_assert_held(&first);
	CU_ASSERT(found(LDL_RULE_NOT_HELD));
}

static void L14_holding_as_reader_is_not_holding_as_writer(void)
{
	lockdep_reset();
	down_read(&sem);
	lockdep_assert_held_read(&sem);
	CU_ASSERT(found_nothing());
	lockdep_assert_held_write(&sem);
	CU_ASSERT(found(LDL_RULE_MISUSE));
	up_read(&sem);
}

static void L14_releasing_a_pinned_lock_is_reported(void)
{
	struct pin_cookie cookie;

	lockdep_reset();
	mutex_lock(&first);
	cookie = lockdep_pin_lock(&first);
	lockdep_unpin_lock(&first, cookie);
	mutex_unlock(&first);
	CU_ASSERT(found_nothing());
	mutex_lock(&first);
	cookie = lockdep_pin_lock(&first);
	mutex_unlock(&first);
	CU_ASSERT(found(LDL_RULE_MISUSE));
	lockdep_unpin_lock(&first, cookie);
}

/* A lock of the program's own, by the kernel's raw calls. */
static void L1_lock_maps_are_checked_like_locks(void)
{
	static struct lock_class_key key;
	struct lockdep_map map;

	lockdep_reset();
	lockdep_init_map(&map, "map", &key, 0);
	lock_map_acquire(&map);
	CU_ASSERT_EQUAL(lock_is_held(&map), LOCK_STATE_HELD);
	mutex_lock(&first);
	mutex_unlock(&first);
	lock_map_release(&map);
	CU_ASSERT(found_nothing());
	mutex_lock(&first);
	lock_map_acquire_tryread(&map);
	lock_map_release(&map);
	CU_ASSERT(found_nothing());
	lock_map_acquire_read(&map);
	lock_map_release(&map);
	mutex_unlock(&first);
	CU_ASSERT(found(LDL_RULE_ORDER));
}

static void a_held_lock_can_change_its_class(void)
{
	static struct lock_class_key key;
	struct object a, b;

	lockdep_reset();
	init_object(&a);
	init_object(&b);
	mutex_lock(&a.mutex);
	lock_set_class(&a.mutex.dep_map, "other", &key, 0, _THIS_IP_);
	CU_ASSERT_EQUAL(lockdep_is_held(&a.mutex), LOCK_STATE_HELD);
	mutex_lock(&b.mutex);
	mutex_unlock(&b.mutex);
	mutex_unlock(&a.mutex);
	CU_ASSERT(found_nothing());
}

static int leave_early(bool is_early)
{
	guard(mutex)(&first);
	CU_ASSERT_TRUE(mutex_is_locked(&first));
	scoped_guard(spinlock_irqsave, &first_spin)
	{
		CU_ASSERT_TRUE(spin_is_locked(&first_spin) && irqs_disabled());
		if (is_early)
			return 1;
	}
	CU_ASSERT_FALSE(spin_is_locked(&first_spin) || irqs_disabled());
	guard(rwsem_read)(&sem);
	guard(rcu)();
	lockdep_assert_held_read(&sem);
	return 2;
}

static void L1_guards_release_where_their_scope_ends(void)
{
	lockdep_reset();
	CU_ASSERT_EQUAL(leave_early(true), 1);
	CU_ASSERT_EQUAL(leave_early(false), 2);
	CU_ASSERT_FALSE(mutex_is_locked(&first) || spin_is_locked(&first_spin) ||
			rwsem_is_locked(&sem) || irqs_disabled() || rcu_read_lock_held());
	lockdep_assert_none_held_once();
	CU_ASSERT(found_nothing());
	scoped_guard(rwsem_write, &sem) mutex_lock(&first);
	mutex_unlock(&first);
	CU_ASSERT(found(LDL_RULE_ORDER));
}

LDL_SUITE(kernel_locks_order)
{
	LDL_TEST(L1_two_mutexes_in_both_orders_are_reported);
	LDL_TEST(L1_a_finding_names_the_locks_as_the_source_does);
	LDL_TEST(L1_spin_locks_of_both_kinds_are_ordered);
	LDL_TEST(L1_might_lock_counts_though_nothing_was_taken);
	LDL_TEST(L5_reading_twice_is_reported_for_fair_readers);
	LDL_TEST(L5_reading_twice_is_silent_for_recursive_readers);
	LDL_TEST(L5_reading_a_rwsem_twice_is_reported);
	LDL_TEST(L5_two_locks_from_one_place_of_initialisation_are_one_class);
	LDL_TEST(L5_a_declared_nesting_is_silent);
	LDL_TEST(L5_a_nest_lock_keeps_a_class_apart);
	LDL_TEST(L14_a_nest_lock_that_is_not_held_is_reported);
	LDL_TEST(another_class_is_another_class);
	LDL_TEST(a_subclass_of_the_lock_is_another_class);
	LDL_TEST(a_class_that_is_not_validated_is_held_and_no_more);
	LDL_TEST(lockdep_off_hides_what_is_between);
	LDL_TEST(L6_an_unlock_too_many_is_reported);
	LDL_TEST(L7_an_unlock_by_another_thread_is_reported);
	LDL_TEST(L7_a_reader_without_owner_may_be_released_elsewhere);
	LDL_TEST(L8_initialising_a_held_lock_is_reported);
	LDL_TEST(L9_destroying_a_held_mutex_is_reported);
	LDL_TEST(L10_assertions_are_silent_when_they_hold);
	LDL_TEST(L10_an_assertion_that_fails_is_reported);
	LDL_TEST(L14_holding_as_reader_is_not_holding_as_writer);
	LDL_TEST(L14_releasing_a_pinned_lock_is_reported);
	LDL_TEST(L1_lock_maps_are_checked_like_locks);
	LDL_TEST(a_held_lock_can_change_its_class);
	LDL_TEST(L1_guards_release_where_their_scope_ends);
}
