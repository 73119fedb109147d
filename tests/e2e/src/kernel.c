/* A plain program on the kernel-style header: kernel CASE. Threads come one after the other, so
 * nothing ever blocks. */
#include <stdio.h>
#include <string.h>
#include <lockdep_lite/kernel.h>

struct device {
	struct mutex lock;
	spinlock_t queue_lock;
	struct completion idle;
	int users;
};

static DEFINE_MUTEX(registry_lock);
static struct device device;

static int open_device(void *unused)
{
	mutex_lock(&registry_lock);
	mutex_lock(&device.lock);
	device.users++;
	mutex_unlock(&device.lock);
	mutex_unlock(&registry_lock);
	return 0;
}

/* The other way round than open_device(). */
static int remove_device(void *unused)
{
	mutex_lock(&device.lock);
	mutex_lock(&registry_lock);
	device.users = 0;
	mutex_unlock(&registry_lock);
	mutex_unlock(&device.lock);
	return 0;
}

static int close_device(void *unused)
{
	mutex_lock(&device.lock);
	device.users--;
	mutex_unlock(&device.lock);
	complete(&device.idle);
	return 0;
}

static int wait_holding_lock(void *unused)
{
	mutex_lock(&device.lock);
	wait_for_completion(&device.idle);
	mutex_unlock(&device.lock);
	return 0;
}

static int wait_holding_nothing(void *unused)
{
	wait_for_completion(&device.idle);
	mutex_lock(&device.lock);
	mutex_unlock(&device.lock);
	return 0;
}

static int use_queue(void *unused)
{
	spin_lock(&device.queue_lock);
	mutex_lock(&device.lock);
	mutex_unlock(&device.lock);
	spin_unlock(&device.queue_lock);
	return 0;
}

static const struct {
	const char *name;
	int (*first)(void *unused);
	int (*second)(void *unused);
} cases[] = {
	{"order", open_device, remove_device},
	{"same_order", open_device, open_device},
	{"completion", close_device, wait_holding_lock},
	{"completion_twin", close_device, wait_holding_nothing},
	{"sleep_in_spin", use_queue, use_queue},
};

static int run(int (*function)(void *unused))
{
	struct task_struct *task = kthread_create(function, NULL, "worker");
	int result;

	if (IS_ERR(task))
		return 1;
	wake_up_process(task);
	/* It has ended when its exit is there to be waited for. */
	while (!READ_ONCE(to_ldlk_kthread(task)->has_ended))
		usleep_range(100, 200);
	result = kthread_stop(task);
	return result;
}

int main(int argc, char **argv)
{
	mutex_init(&device.lock);
	spin_lock_init(&device.queue_lock);
	init_completion(&device.idle);
	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(cases); i++) {
		if (strcmp(argv[1], cases[i].name))
			continue;
		if (run(cases[i].first) || run(cases[i].second))
			return 1;
		printf("%s: %d users\n", argv[1], device.users);
		return 0;
	}
	return 2;
}
