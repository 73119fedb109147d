/* Nesting inside one class, declared with ldl_nest(): silent, because an outer lock guards it.
 *
 * expect: clean
 * expect (linked): clean
 *
 * A strict class says: never two of my locks at once, unless I say so. Here a transfer holds
 * bank.ledger and may therefore lock any two accounts, in any order. The argument `undeclared`
 * leaves the declaration out.
 *
 * expect (undeclared): error recursion bank.account -> bank.account
 * expect (linked undeclared): error recursion bank.account -> bank.account */
#include <lockdep_lite.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct lock {
	atomic_flag is_taken;
};

struct account {
	struct lock lock;
	long balance;
};

static struct lock ledger;
static struct account alice, bob;

static void lock_init(struct lock *lock, const char *class_name)
{
	atomic_flag_clear(&lock->is_taken);
	ldl_lock_init(lock, ldl_class(class_name, LDL_CLASS_STRICT), 0);
}

static void lock_take(struct lock *lock)
{
	ldl_lock_acquire(lock, LDL_EXCLUSIVE);
	while (atomic_flag_test_and_set_explicit(&lock->is_taken, memory_order_acquire))
		;
	ldl_lock_acquired(lock, LDL_EXCLUSIVE);
}

static void lock_drop(struct lock *lock)
{
	ldl_lock_release(lock);
	atomic_flag_clear_explicit(&lock->is_taken, memory_order_release);
}

static void transfer(struct account *from, struct account *to, long amount)
{
	lock_take(&ledger);
	lock_take(&from->lock);
	lock_take(&to->lock);
	from->balance -= amount;
	to->balance += amount;
	lock_drop(&to->lock);
	lock_drop(&from->lock);
	lock_drop(&ledger);
}

static void *pay_back(void *unused)
{
	transfer(&bob, &alice, 10);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t other;

	lock_init(&ledger, "bank.ledger");
	lock_init(&alice.lock, "bank.account");
	lock_init(&bob.lock, "bank.account");
	if (argc < 2 || strcmp(argv[1], "undeclared") != 0)
		ldl_nest(&alice.lock, &ledger);
	pthread_create(&other, NULL, pay_back, NULL);
	transfer(&alice, &bob, 10);
	pthread_join(other, NULL);
	printf("alice has %ld, bob has %ld\n", alice.balance, bob.balance);
	return 0;
}
