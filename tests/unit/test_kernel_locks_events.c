/* Completions, semaphores, wait queues and threads of the kernel-style header: that they wake who
 * waits, and that what the waker needs is found when the waiter holds it (L11, A6). */
#include <lockdep_lite/kernel.h>
#include "tests/support/lockstep.h"
#include "tests/support/scenario.h"
#include "tests/support/suite.h"

static DEFINE_MUTEX(mutex);
static DEFINE_MUTEX(other_mutex);
static struct completion done;
static struct semaphore semaphore;
static wait_queue_head_t queue;
static int condition;

static bool found(enum ldl_rule rule)
{
	const struct ldl_scenario_result *result = ldl_scenario_findings();

	return result->count == 1 && result->findings[0].rule == rule;
}

static bool found_nothing(void)
{
	return ldl_finding_count() == 0;
}

static void begin(void)
{
	lockdep_reset();
	init_completion(&done);
	sema_init(&semaphore, 0);
	init_waitqueue_head(&queue);
	WRITE_ONCE(condition, 0);
}

static void pass(struct mutex *lock)
{
	mutex_lock(lock);
	mutex_unlock(lock);
}

static void complete_after_mutex(void *lock)
{
	pass((struct mutex *)lock);
	complete(&done);
}

static void L11_waiting_with_the_lock_that_the_waker_takes_is_reported(void)
{
	begin();
	lockstep_call(1, complete_after_mutex, &mutex);
	CU_ASSERT(found_nothing());
	mutex_lock(&mutex);
	wait_for_completion(&done);
	mutex_unlock(&mutex);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

static void L11_waiting_with_another_lock_is_silent(void)
{
	begin();
	lockstep_call(1, complete_after_mutex, &mutex);
	mutex_lock(&other_mutex);
	wait_for_completion(&done);
	mutex_unlock(&other_mutex);
	pass(&mutex);
	CU_ASSERT(found_nothing());
}

static void L11_trying_for_a_completion_is_no_wait(void)
{
	begin();
	lockstep_call(1, complete_after_mutex, &mutex);
	mutex_lock(&mutex);
	CU_ASSERT_TRUE(completion_done(&done));
	CU_ASSERT_TRUE(try_wait_for_completion(&done));
	CU_ASSERT_FALSE(try_wait_for_completion(&done));
	mutex_unlock(&mutex);
	CU_ASSERT(found_nothing());
}

static void up_after_mutex(void *lock)
{
	pass((struct mutex *)lock);
	up(&semaphore);
}

static void L11_a_semaphore_is_an_event(void)
{
	begin();
	lockstep_call(1, up_after_mutex, &mutex);
	mutex_lock(&other_mutex);
	down(&semaphore);
	mutex_unlock(&other_mutex);
	CU_ASSERT(found_nothing());
	lockstep_call(1, up_after_mutex, &mutex);
	mutex_lock(&mutex);
	down(&semaphore);
	mutex_unlock(&mutex);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

/* Whoever gives it back held the mutex before it took it: who has the mutex waits for nobody. */
static void L11_a_semaphore_taken_and_given_back_inside_a_mutex_is_silent(void)
{
	begin();
	sema_init(&semaphore, 2);
	for (int i = 0; i < 3; i++) {
		mutex_lock(&mutex);
		down(&semaphore);
		down(&semaphore);
		pass(&other_mutex);
		up(&semaphore);
		up(&semaphore);
		mutex_unlock(&mutex);
	}
	CU_ASSERT(found_nothing());
	mutex_lock(&other_mutex);
	down(&semaphore);
	mutex_unlock(&other_mutex);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

static void L11_what_is_left_of_what_was_held_before_is_silent(void)
{
	begin();
	sema_init(&semaphore, 1);
	mutex_lock(&mutex);
	mutex_lock(&other_mutex);
	down(&semaphore);
	mutex_unlock(&other_mutex);
	up(&semaphore);
	mutex_unlock(&mutex);
	CU_ASSERT(found_nothing());
}

static void L11_a_semaphore_tried_for_inside_a_mutex_is_silent(void)
{
	begin();
	sema_init(&semaphore, 1);
	for (int i = 0; i < 2; i++) {
		mutex_lock(&mutex);
		if (i)
			down(&semaphore);
		else
			CU_ASSERT_EQUAL(down_trylock(&semaphore), 0);
		up(&semaphore);
		mutex_unlock(&mutex);
	}
	CU_ASSERT(found_nothing());
}

/* Who has the semaphore wants the mutex. */
static void L11_a_mutex_taken_with_a_semaphore_that_was_tried_for_is_reported(void)
{
	begin();
	sema_init(&semaphore, 1);
	CU_ASSERT_EQUAL(down_trylock(&semaphore), 0);
	pass(&mutex);
	CU_ASSERT_EQUAL(down_trylock(&semaphore), 1);
	up(&semaphore);
	CU_ASSERT(found_nothing());
	mutex_lock(&mutex);
	down(&semaphore);
	mutex_unlock(&mutex);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

static void L11_a_mutex_taken_anew_to_give_it_back_is_reported(void)
{
	begin();
	sema_init(&semaphore, 1);
	for (int i = 0; i < 2; i++) {
		mutex_lock(&mutex);
		(i ? up : down)(&semaphore);
		mutex_unlock(&mutex);
	}
	CU_ASSERT(found(LDL_RULE_EVENT));
}

static void wake_with_mutex(void *lock)
{
	mutex_lock((struct mutex *)lock);
	WRITE_ONCE(condition, 1);
	wake_up(&queue);
	mutex_unlock((struct mutex *)lock);
}

static void L11_a_wait_queue_is_an_event(void)
{
	begin();
	lockstep_call(1, wake_with_mutex, &mutex);
	mutex_lock(&other_mutex);
	wait_event(queue, READ_ONCE(condition));
	mutex_unlock(&other_mutex);
	CU_ASSERT(found_nothing());
	mutex_lock(&mutex);
	wait_event(queue, READ_ONCE(condition));
	mutex_unlock(&mutex);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

static int work_with_mutex(void *is_running)
{
	WRITE_ONCE(*(int *)is_running, 1);
	while (!kthread_should_stop()) {
		if (mutex_trylock(&mutex))
			mutex_unlock(&mutex);
		usleep_range(100, 200);
	}
	pass(&other_mutex);
	return 42;
}

static struct task_struct *run_worker(void)
{
	int is_running = 0;
	struct task_struct *task = kthread_run(work_with_mutex, &is_running, "worker/%d", 1);

	CU_ASSERT_FALSE_FATAL(IS_ERR(task));
	while (!READ_ONCE(is_running))
		udelay(100);
	return task;
}

static void L11_stopping_a_thread_with_a_lock_that_it_takes_is_reported(void)
{
	struct task_struct *task;

	begin();
	task = run_worker();
	mutex_lock(&mutex);
	CU_ASSERT_EQUAL(kthread_stop(task), 42);
	mutex_unlock(&mutex);
	task = kthread_create(work_with_mutex, NULL, "never run");
	CU_ASSERT_EQUAL(kthread_stop(task), -EINTR);
	CU_ASSERT(found_nothing());
	/* Its name is the class of its end: what the first worker took, this one may. */
	mutex_lock(&other_mutex);
	task = kthread_create(work_with_mutex, NULL, "worker/%d", 1);
	CU_ASSERT_EQUAL(kthread_stop(task), -EINTR);
	mutex_unlock(&other_mutex);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

static void A6_waiting_for_a_completion_in_a_non_blocking_section_is_reported(void)
{
	begin();
	complete(&done);
	ldl_non_block_start();
	CU_ASSERT_TRUE(try_wait_for_completion(&done));
	ldl_non_block_end();
	CU_ASSERT(found_nothing());
	complete(&done);
	ldl_non_block_start();
	wait_for_completion(&done);
	ldl_non_block_end();
	CU_ASSERT(found(LDL_RULE_A6));
}

/* From here on: that they work. */
static int served, turns;

static int serve(void *unused)
{
	(void)unused;
	for (int i = 0; i < 500; i++) {
		down(&semaphore);
		served++;
		complete(&done);
	}
	return served;
}

static void completions_and_semaphores_hand_over(void)
{
	struct task_struct *task;

	begin();
	served = 0;
	task = kthread_run(serve, NULL, "server");
	CU_ASSERT_FALSE_FATAL(IS_ERR(task));
	for (int i = 0; i < 500; i++) {
		up(&semaphore);
		wait_for_completion(&done);
		CU_ASSERT_EQUAL(served, i + 1);
	}
	CU_ASSERT_EQUAL(kthread_stop(task), 500);
	CU_ASSERT(found_nothing());
}

static int answer_requests(void *unused)
{
	(void)unused;
	for (int i = 0; i < 3; i++) {
		down(&semaphore);
		complete(&done);
	}
	return 0;
}

/* Each request needs the answer to the one before, never its own. */
static void L11_requests_and_answers_in_turn_are_silent(void)
{
	struct task_struct *task;

	begin();
	task = kthread_run(answer_requests, NULL, "server");
	CU_ASSERT_FALSE_FATAL(IS_ERR(task));
	for (int i = 0; i < 3; i++) {
		up(&semaphore);
		wait_for_completion(&done);
	}
	CU_ASSERT_EQUAL(kthread_stop(task), 0);
	CU_ASSERT(found_nothing());
}

static void take_both(struct semaphore *outer, struct semaphore *inner)
{
	down(outer);
	down(inner);
	up(inner);
	up(outer);
}

static void L11_semaphores_used_as_locks_in_both_orders_are_reported(void)
{
	struct semaphore first, second;

	begin();
	sema_init(&first, 1);
	sema_init(&second, 1);
	take_both(&first, &second);
	take_both(&first, &second);
	CU_ASSERT(found_nothing());
	take_both(&second, &first);
	CU_ASSERT(found(LDL_RULE_EVENT));
}

/* Two threads in turns: each waits until it is its own. */
static int take_turns(void *mine)
{
	for (int i = 0; i < 500; i++) {
		wait_event(queue, smp_load_acquire(&turns) % 2 == *(int *)mine);
		smp_store_release(&turns, READ_ONCE(turns) + 1);
		wake_up_all(&queue);
	}
	return 0;
}

static void wait_queues_lose_no_wake(void)
{
	int even = 0, odd = 1;
	struct task_struct *task;

	begin();
	turns = 0;
	task = kthread_run(take_turns, &odd, "odd");
	CU_ASSERT_FALSE_FATAL(IS_ERR(task));
	take_turns(&even);
	kthread_stop(task);
	CU_ASSERT_EQUAL(turns, 1000);
	CU_ASSERT_FALSE(waitqueue_active(&queue));
	CU_ASSERT(found_nothing());
}

static int awake;

static int wait_exclusively(void *unused)
{
	(void)unused;
	if (wait_event_interruptible_exclusive(queue, READ_ONCE(condition)))
		return 1;
	__atomic_fetch_add(&awake, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void an_exclusive_waiter_is_woken_alone(void)
{
	struct task_struct *tasks[3];
	int others;

	begin();
	awake = 0;
	for (int i = 0; i < 3; i++)
		tasks[i] = kthread_run(wait_exclusively, NULL, "waiter");
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FALSE_FATAL(IS_ERR(tasks[i]));
		while (READ_ONCE(tasks[i]->__state) != TASK_INTERRUPTIBLE)
			udelay(100);
	}
	WRITE_ONCE(condition, 1);
	wake_up(&queue);
	while (!READ_ONCE(awake))
		msleep(1);
	msleep(5);
	others = READ_ONCE(awake);
	wake_up_all(&queue);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(kthread_stop(tasks[i]), 0);
	CU_ASSERT_EQUAL(others, 1);
	CU_ASSERT_EQUAL(awake, 3);
}

static void complete_all_lets_everybody_go(void)
{
	begin();
	complete_all(&done);
	for (int i = 0; i < 3; i++)
		wait_for_completion(&done);
	reinit_completion(&done);
	CU_ASSERT_FALSE(completion_done(&done));
	CU_ASSERT_EQUAL(wait_for_completion_timeout(&done, 2), 0);
}

static int complete_it(void *completion)
{
	complete((struct completion *)completion);
	return 0;
}

static void a_completion_may_live_on_the_stack(void)
{
	begin();
	for (int i = 0; i < 50; i++) {
		DECLARE_COMPLETION_ONSTACK(here);
		struct task_struct *task = kthread_run(complete_it, &here, "completer");

		CU_ASSERT_FALSE_FATAL(IS_ERR(task));
		wait_for_completion(&here);
		kthread_stop(task);
	}
	CU_ASSERT(found_nothing());
}

static int sleep_until_woken(void *unused)
{
	(void)unused;
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !kthread_should_park())
			schedule();
		set_current_state(TASK_RUNNING);
		if (kthread_should_park())
			kthread_parkme();
	}
	return 0;
}

static void a_thread_sleeps_parks_and_stops(void)
{
	struct task_struct *task;

	begin();
	task = kthread_run(sleep_until_woken, NULL, "sleeper");
	CU_ASSERT_FALSE_FATAL(IS_ERR(task));
	CU_ASSERT_EQUAL(kthread_park(task), 0);
	kthread_unpark(task);
	wake_up_process(task);
	CU_ASSERT_EQUAL(kthread_stop(task), 0);
	CU_ASSERT(found_nothing());
}

LDL_SUITE(kernel_locks_events)
{
	LDL_TEST(L11_waiting_with_the_lock_that_the_waker_takes_is_reported);
	LDL_TEST(L11_waiting_with_another_lock_is_silent);
	LDL_TEST(L11_trying_for_a_completion_is_no_wait);
	LDL_TEST(L11_a_semaphore_is_an_event);
	LDL_TEST(L11_a_semaphore_taken_and_given_back_inside_a_mutex_is_silent);
	LDL_TEST(L11_what_is_left_of_what_was_held_before_is_silent);
	LDL_TEST(L11_a_semaphore_tried_for_inside_a_mutex_is_silent);
	LDL_TEST(L11_a_mutex_taken_with_a_semaphore_that_was_tried_for_is_reported);
	LDL_TEST(L11_a_mutex_taken_anew_to_give_it_back_is_reported);
	LDL_TEST(L11_a_wait_queue_is_an_event);
	LDL_TEST(L11_stopping_a_thread_with_a_lock_that_it_takes_is_reported);
	LDL_TEST(A6_waiting_for_a_completion_in_a_non_blocking_section_is_reported);
	LDL_TEST(completions_and_semaphores_hand_over);
	LDL_TEST(L11_requests_and_answers_in_turn_are_silent);
	LDL_TEST(L11_semaphores_used_as_locks_in_both_orders_are_reported);
	LDL_TEST(wait_queues_lose_no_wake);
	LDL_TEST(an_exclusive_waiter_is_woken_alone);
	LDL_TEST(complete_all_lets_everybody_go);
	LDL_TEST(a_completion_may_live_on_the_stack);
	LDL_TEST(a_thread_sleeps_parks_and_stops);
}
