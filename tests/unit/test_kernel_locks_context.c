/* Where a lock may be taken, by the kernel-style header: L12, L13, L14, RCU; each with its twin. */
#include <lockdep_lite/kernel.h>
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static DEFINE_SPINLOCK(spin);
static DEFINE_SPINLOCK(other_spin);
static DEFINE_RAW_SPINLOCK(raw_spin);
static DEFINE_MUTEX(mutex);
static DEFINE_RWLOCK(rwlock);
static DEFINE_PER_CPU(local_lock_t, local) = INIT_LOCAL_LOCK(local);
static seqcount_t seqcount = SEQCNT_ZERO(seqcount);
DEFINE_STATIC_SRCU(domain);

static bool found(enum ldl_rule rule)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	return result->count == 1 && result->findings[0].rule == rule;
}

static bool found_nothing(void)
{
	return ldl_finding_count() == 0;
}

static void enter_hardirq(bool is_threaded)
{
	local_irq_disable();
	irq_enter();
	if (is_threaded)
		lockdep_hardirq_threaded();
}

static void exit_hardirq(void)
{
	irq_exit();
	local_irq_enable();
}

static void take_in_handler(spinlock_t *lock)
{
	enter_hardirq(true);
	spin_lock(lock);
	spin_unlock(lock);
	exit_hardirq();
}

static void L12_a_handlers_lock_taken_with_interrupts_on_is_reported(void)
{
	lockdep_reset();
	take_in_handler(&spin);
	CU_ASSERT(found_nothing());
	spin_lock(&spin);
	spin_unlock(&spin);
	CU_ASSERT(found(LDL_RULE_INTERRUPT));
}

static void L12_a_handlers_lock_taken_with_interrupts_off_is_silent(void)
{
	unsigned long flags, inner;

	lockdep_reset();
	take_in_handler(&spin);
	spin_lock_irq(&spin);
	spin_unlock_irq(&spin);
	spin_lock_irqsave(&spin, flags);
	CU_ASSERT_TRUE(irqs_disabled());
	spin_lock_irqsave(&other_spin, inner);
	spin_unlock_irqrestore(&other_spin, inner);
	CU_ASSERT_TRUE(irqs_disabled());
	spin_unlock_irqrestore(&spin, flags);
	CU_ASSERT_FALSE(irqs_disabled());
	CU_ASSERT_TRUE(spin_trylock_irqsave(&spin, flags));
	spin_unlock_irqrestore(&spin, flags);
	CU_ASSERT(found_nothing());
}

static void L12_a_lock_below_a_handlers_lock_is_reported(void)
{
	lockdep_reset();
	take_in_handler(&other_spin);
	spin_lock(&spin);
	spin_unlock(&spin);
	CU_ASSERT(found_nothing());
	spin_lock_irq(&other_spin);
	spin_lock(&spin);
	spin_unlock(&spin);
	spin_unlock_irq(&other_spin);
	CU_ASSERT(found(LDL_RULE_INTERRUPT));
}

static void take_in_softirq(void)
{
	local_bh_disable();
	lockdep_softirq_enter();
	spin_lock(&spin);
	spin_unlock(&spin);
	lockdep_softirq_exit();
	local_bh_enable();
}

static void L12_a_soft_handlers_lock_wants_soft_interrupts_off(void)
{
	lockdep_reset();
	take_in_softirq();
	spin_lock_bh(&spin);
	CU_ASSERT_TRUE(in_softirq());
	spin_unlock_bh(&spin);
	CU_ASSERT_FALSE(in_softirq());
	CU_ASSERT(found_nothing());
	spin_lock(&spin);
	spin_unlock(&spin);
	CU_ASSERT(found(LDL_RULE_INTERRUPT));
}

static void L12_a_sequence_reader_interrupted_by_a_writer_is_silent(void)
{
	lockdep_reset();
	enter_hardirq(true);
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
	exit_hardirq();
	(void)read_seqcount_begin(&seqcount);
	CU_ASSERT_FALSE(irqs_disabled());
	CU_ASSERT(found_nothing());
}

static void L12_a_sequence_writer_interrupted_by_a_reader_is_reported(void)
{
	unsigned int at;

	lockdep_reset();
	enter_hardirq(true);
	do {
		at = read_seqcount_begin(&seqcount);
	} while (read_seqcount_retry(&seqcount, at));
	exit_hardirq();
	local_irq_disable();
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
	local_irq_enable();
	CU_ASSERT(found_nothing());
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
	CU_ASSERT(found(LDL_RULE_INTERRUPT));
}

static void L13_a_spin_lock_in_a_raw_one_is_reported(void)
{
	lockdep_reset();
	spin_lock(&spin);
	raw_spin_lock(&raw_spin);
	raw_spin_unlock(&raw_spin);
	spin_unlock(&spin);
	CU_ASSERT(found_nothing());
	raw_spin_lock(&raw_spin);
	spin_lock(&other_spin);
	spin_unlock(&other_spin);
	raw_spin_unlock(&raw_spin);
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void L13_a_mutex_in_a_spin_lock_is_reported(void)
{
	lockdep_reset();
	mutex_lock(&mutex);
	spin_lock(&spin);
	spin_unlock(&spin);
	mutex_unlock(&mutex);
	spin_lock(&spin);
	CU_ASSERT_TRUE(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
	spin_unlock(&spin);
	CU_ASSERT(found_nothing());
	spin_lock(&other_spin);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	spin_unlock(&other_spin);
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void L13_only_a_threaded_handler_may_take_a_spin_lock(void)
{
	lockdep_reset();
	take_in_handler(&spin);
	enter_hardirq(false);
	raw_spin_lock(&raw_spin);
	raw_spin_unlock(&raw_spin);
	exit_hardirq();
	CU_ASSERT(found_nothing());
	enter_hardirq(false);
	spin_lock(&spin);
	spin_unlock(&spin);
	exit_hardirq();
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void L13_what_rcu_readers_may_take(void)
{
	lockdep_reset();
	rcu_read_lock();
	rcu_read_lock();
	spin_lock(&spin);
	spin_unlock(&spin);
	rcu_read_unlock();
	CU_ASSERT_TRUE(rcu_read_lock_held());
	rcu_read_unlock();
	rcu_read_lock_bh();
	spin_lock(&spin);
	spin_unlock(&spin);
	rcu_read_unlock_bh();
	rcu_read_lock_sched();
	raw_spin_lock(&raw_spin);
	raw_spin_unlock(&raw_spin);
	rcu_read_unlock_sched();
	CU_ASSERT(found_nothing());
	rcu_read_lock_sched();
	spin_lock(&other_spin);
	spin_unlock(&other_spin);
	rcu_read_unlock_sched();
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void L13_a_mutex_in_an_rcu_reader_is_reported(void)
{
	lockdep_reset();
	mutex_lock(&mutex);
	rcu_read_lock();
	rcu_read_unlock();
	mutex_unlock(&mutex);
	CU_ASSERT(found_nothing());
	rcu_read_lock();
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	rcu_read_unlock();
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void L1_waiting_for_readers_under_a_lock_that_they_take_is_reported(void)
{
	int index;

	lockdep_reset();
	index = srcu_read_lock(&domain);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	srcu_read_unlock(&domain, index);
	synchronize_srcu(&domain);
	synchronize_rcu();
	CU_ASSERT(found_nothing());
	mutex_lock(&mutex);
	synchronize_srcu(&domain);
	mutex_unlock(&mutex);
	CU_ASSERT(found(LDL_RULE_ORDER));
}

/* Holds on, so that the real wait has something to wait for. */
struct published {
	struct rcu_head head;
	int value;
};
static struct published *published;
static int freed;

static void note_freed(struct rcu_head *head)
{
	struct published *old = container_of(head, struct published, head);

	old->value = -1;
	freed++;
}

static void *read_published(void *unused)
{
	for (int i = 0; i < 20000; i++) {
		rcu_read_lock();
		CU_ASSERT_NOT_EQUAL(rcu_dereference(published)->value, -1);
		rcu_read_unlock();
	}
	return unused;
}

static void rcu_readers_never_see_what_was_given_up(void)
{
	static struct published versions[64];
	pthread_t reader;

	lockdep_reset();
	freed = 0;
	versions[0].value = 1;
	rcu_assign_pointer(published, &versions[0]);
	CU_ASSERT_FALSE_FATAL(pthread_create(&reader, NULL, read_published, NULL));
	for (int i = 1; i < 64; i++) {
		versions[i].value = i + 1;
		rcu_assign_pointer(published, &versions[i]);
		if (i % 2) {
			synchronize_rcu();
			note_freed(&versions[i - 1].head);
		} else {
			call_rcu(&versions[i - 1].head, note_freed);
			rcu_barrier();
		}
	}
	pthread_join(reader, NULL);
	CU_ASSERT_EQUAL(freed, 63);
	CU_ASSERT(found_nothing());
}

static void L14_sleeping_with_preemption_disabled_is_reported(void)
{
	lockdep_reset();
	might_sleep();
	msleep(1);
	cond_resched();
	preempt_disable();
	CU_ASSERT_TRUE(in_atomic());
	udelay(1);
	preempt_enable();
	CU_ASSERT_FALSE(in_atomic());
	CU_ASSERT(found_nothing());
	preempt_disable();
	might_sleep();
	preempt_enable();
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L14_sleeping_with_interrupts_disabled_is_reported(void)
{
	lockdep_reset();
	mutex_lock(&mutex);
	msleep(1);
	mutex_unlock(&mutex);
	CU_ASSERT(found_nothing());
	local_bh_disable();
	msleep(1);
	local_bh_enable();
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L13_sleeping_in_a_spin_lock_is_reported(void)
{
	lockdep_reset();
	spin_lock(&spin);
	CU_ASSERT_TRUE(in_atomic());
	udelay(1);
	spin_unlock(&spin);
	CU_ASSERT(found_nothing());
	spin_lock_irq(&spin);
	might_sleep();
	spin_unlock_irq(&spin);
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void L13_sleeping_in_an_rcu_reader_is_reported(void)
{
	lockdep_reset();
	msleep(1);
	rcu_read_lock();
	might_sleep();
	rcu_read_unlock();
	CU_ASSERT(found(LDL_RULE_WAIT_TYPE));
}

static void A6_sleeping_in_a_non_blocking_section_is_reported(void)
{
	lockdep_reset();
	ldl_non_block_start();
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	ldl_non_block_end();
	CU_ASSERT(found_nothing());
	ldl_non_block_start();
	msleep(1);
	ldl_non_block_end();
	CU_ASSERT(found(LDL_RULE_A6));
}

static void assertions_about_interrupts_are_silent_when_they_hold(void)
{
	lockdep_reset();
	lockdep_assert_irqs_enabled();
	lockdep_assert_preemption_enabled();
	local_irq_disable();
	lockdep_assert_irqs_disabled();
	lockdep_assert_preemption_disabled();
	local_irq_enable();
	enter_hardirq(true);
	lockdep_assert_in_irq();
	CU_ASSERT_TRUE(in_interrupt());
	exit_hardirq();
	local_bh_disable();
	lockdep_assert_in_softirq();
	local_bh_enable();
	CU_ASSERT_TRUE(in_task());
	CU_ASSERT(found_nothing());
}

static void L14_a_false_assertion_about_interrupts_is_reported(void)
{
	lockdep_reset();
	lockdep_assert_irqs_disabled();
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

static void L14_a_pointer_without_protection_is_reported(void)
{
	static struct published one;

	lockdep_reset();
	rcu_assign_pointer(published, &one);
	mutex_lock(&mutex);
	(void)rcu_dereference_protected(published, lockdep_is_held(&mutex));
	(void)rcu_dereference_check(published, lockdep_is_held(&mutex));
	mutex_unlock(&mutex);
	CU_ASSERT(found_nothing());
	(void)rcu_dereference(published);
	CU_ASSERT(found(LDL_RULE_MISUSE));
}

/* The kernel's local_lock_3A and 3B. */
static void L12_no_interrupts_cycle_goes_through_a_local_lock(void)
{
	lockdep_reset();
	local_lock(&local);
	spin_lock(&other_spin);
	spin_unlock(&other_spin);
	local_unlock(&local);
	take_in_handler(&spin);
	local_irq_disable();
	spin_lock(&spin);
	local_lock(&local);
	local_unlock(&local);
	spin_unlock(&spin);
	local_irq_enable();
	CU_ASSERT(found_nothing());
	local_irq_disable();
	spin_lock(&spin);
	spin_lock(&other_spin);
	spin_unlock(&other_spin);
	spin_unlock(&spin);
	local_irq_enable();
	CU_ASSERT(found(LDL_RULE_INTERRUPT));
}

static void L10_an_associated_counter_wants_its_lock(void)
{
	static seqcount_mutex_t counter = SEQCNT_MUTEX_ZERO(counter, &mutex);

	lockdep_reset();
	mutex_lock(&mutex);
	write_seqcount_begin(&counter);
	write_seqcount_end(&counter);
	mutex_unlock(&mutex);
	CU_ASSERT(found_nothing());
	write_seqcount_begin(&counter);
	write_seqcount_end(&counter);
	CU_ASSERT(found(LDL_RULE_NOT_HELD));
}

static void readers_in_interrupts_overtake_writers(void)
{
	lockdep_reset();
	CU_ASSERT_FALSE(read_lock_is_recursive());
	enter_hardirq(true);
	CU_ASSERT_TRUE(read_lock_is_recursive());
	read_lock(&rwlock);
	read_unlock(&rwlock);
	exit_hardirq();
	CU_ASSERT(found_nothing());
}

LDL_SUITE(kernel_locks_context)
{
	LDL_TEST(L12_a_handlers_lock_taken_with_interrupts_on_is_reported);
	LDL_TEST(L12_a_handlers_lock_taken_with_interrupts_off_is_silent);
	LDL_TEST(L12_a_lock_below_a_handlers_lock_is_reported);
	LDL_TEST(L12_a_soft_handlers_lock_wants_soft_interrupts_off);
	LDL_TEST(L12_a_sequence_writer_interrupted_by_a_reader_is_reported);
	LDL_TEST(L12_a_sequence_reader_interrupted_by_a_writer_is_silent);
	LDL_TEST(L12_no_interrupts_cycle_goes_through_a_local_lock);
	LDL_TEST(L13_a_spin_lock_in_a_raw_one_is_reported);
	LDL_TEST(L13_a_mutex_in_a_spin_lock_is_reported);
	LDL_TEST(L13_only_a_threaded_handler_may_take_a_spin_lock);
	LDL_TEST(L13_what_rcu_readers_may_take);
	LDL_TEST(L13_a_mutex_in_an_rcu_reader_is_reported);
	LDL_TEST(L1_waiting_for_readers_under_a_lock_that_they_take_is_reported);
	LDL_TEST(rcu_readers_never_see_what_was_given_up);
	LDL_TEST(L14_sleeping_with_preemption_disabled_is_reported);
	LDL_TEST(L14_sleeping_with_interrupts_disabled_is_reported);
	LDL_TEST(L13_sleeping_in_a_spin_lock_is_reported);
	LDL_TEST(L13_sleeping_in_an_rcu_reader_is_reported);
	LDL_TEST(A6_sleeping_in_a_non_blocking_section_is_reported);
	LDL_TEST(assertions_about_interrupts_are_silent_when_they_hold);
	LDL_TEST(L14_a_false_assertion_about_interrupts_is_reported);
	LDL_TEST(L14_a_pointer_without_protection_is_reported);
	LDL_TEST(L10_an_associated_counter_wants_its_lock);
	LDL_TEST(readers_in_interrupts_overtake_writers);
}
