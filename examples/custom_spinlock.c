/* A spin lock of one's own, made visible with four calls of the annotation API.
 *
 * expect: error lock-order device.queue -> device.registers -> device.queue
 * expect (linked): error lock-order device.queue -> device.registers -> device.queue
 *
 * No interposer can see a lock that is one atomic flag. ldl_lock_acquire() announces the wait (and
 * checks it, before it can hang), ldl_lock_acquired() and ldl_lock_release() frame the hold. The
 * class names are the program's own. The program reports by itself when it runs alone, being linked
 * against the library, and just the same under `lockdep-lite run`. */
#include <lockdep_lite.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

struct spinlock {
	atomic_flag is_taken;
};

static void spinlock_init(struct spinlock *lock, const char *class_name)
{
	atomic_flag_clear(&lock->is_taken);
	ldl_lock_init(lock, ldl_class(class_name, LDL_CLASS_STRICT), 0);
}

static void spinlock_lock(struct spinlock *lock)
{
	ldl_lock_acquire(lock, LDL_EXCLUSIVE);
	while (atomic_flag_test_and_set_explicit(&lock->is_taken, memory_order_acquire))
		;
	ldl_lock_acquired(lock, LDL_EXCLUSIVE);
}

static void spinlock_unlock(struct spinlock *lock)
{
	ldl_lock_release(lock);
	atomic_flag_clear_explicit(&lock->is_taken, memory_order_release);
}

static struct spinlock queue, registers;
static sem_t first_is_done, second_is_done;

static void *submit_request(void *unused)
{
	spinlock_lock(&queue);
	spinlock_lock(&registers);
	spinlock_unlock(&registers);
	spinlock_unlock(&queue);
	sem_post(&first_is_done);
	sem_wait(&second_is_done);
	return NULL;
}

static void *handle_completion(void *unused)
{
	sem_wait(&first_is_done);
	spinlock_lock(&registers);
	spinlock_lock(&queue);
	spinlock_unlock(&queue);
	spinlock_unlock(&registers);
	sem_post(&second_is_done);
	return NULL;
}

int main(void)
{
	pthread_t submitter, completer;

	spinlock_init(&queue, "device.queue");
	spinlock_init(&registers, "device.registers");
	sem_init(&first_is_done, 0, 0);
	sem_init(&second_is_done, 0, 0);
	pthread_create(&submitter, NULL, submit_request, NULL);
	pthread_create(&completer, NULL, handle_completion, NULL);
	pthread_join(submitter, NULL);
	pthread_join(completer, NULL);
	puts("the device is idle");
	return 0;
}
