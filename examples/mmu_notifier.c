/* A device driver's MMU notifiers, with the four faults that such notifiers had.
 *
 * Source: rules A1, A7, A8, A9; the mail of August 2019 on notifiers that must not block: look at
 * the range first, then see whether the pages can be given up at once, and refuse only when not.
 *
 * A device has mapped buffers of a process. When the process is killed for its memory, the OOM
 * reaper calls the notifiers for each range that it wants to free, and waits for none of them.
 *
 *	gpu	waits for its lock, which submit_job() holds over an allocation		A1
 *	camera	takes its lock for ranges that are not its own				A7
 *	sensor	refuses whatever it is asked						A8
 *	display	tries its lock, and then waits for another				A9
 *
 * expect: error A1 gpu_invalidate submit_job
 * expect: warning A7 camera_invalidate
 * expect: warning A8 main
 * expect: error A9 display_invalidate
 * expect (--repaired): clean
 * picture: octagon oom_reaper
 *
 * The repaired twin has one way for all: range, trylock, detach, return. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

struct device {
	struct mmu_notifier notifier;
	unsigned long start, end; /* of the mapped range */
	struct mutex lock;        /* of the job and the mapping */
	struct mutex queue_lock;
	bool is_mapped;
	void *job;
};

static struct device gpu = {.start = 0x10000, .end = 0x20000};
static struct device camera = {.start = 0x20000, .end = 0x30000};
static struct device sensor = {.start = 0x30000, .end = 0x40000};
static struct device display = {.start = 0x40000, .end = 0x50000};

static struct device *to_device(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct device, notifier);
}

static bool is_mine(const struct device *device, const struct mmu_notifier_range *range)
{
	return range->start < device->end && range->end > device->start;
}

/* What all notifiers are for: the device lets go of the pages. */
static void detach(struct device *device)
{
	device->is_mapped = false;
}

/* At any other time: a job for the GPU. */
static void submit_job(void)
{
	mutex_lock(&gpu.lock);
	kfree(gpu.job);
	gpu.job = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&gpu.lock);
}

static int gpu_invalidate(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	if (!is_mine(&gpu, range))
		return 0;
	mutex_lock(&gpu.lock);
	detach(&gpu);
	mutex_unlock(&gpu.lock);
	return 0;
}

static int camera_invalidate(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	if (!mutex_trylock(&camera.lock))
		return -EAGAIN;
	if (is_mine(&camera, range))
		detach(&camera);
	mutex_unlock(&camera.lock);
	return 0;
}

static int sensor_invalidate(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	if (!is_mine(&sensor, range))
		return 0;
	return mmu_notifier_range_blockable(range) ? 0 : -EAGAIN;
}

static int display_invalidate(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	if (!is_mine(&display, range))
		return 0;
	if (!mutex_trylock(&display.lock))
		return -EAGAIN;
	mutex_lock(&display.queue_lock);
	detach(&display);
	mutex_unlock(&display.queue_lock);
	mutex_unlock(&display.lock);
	return 0;
}

static int repaired_invalidate(
	struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct device *device = to_device(notifier);

	if (!is_mine(device, range))
		return 0;
	if (!mutex_trylock(&device->lock))
		return -EAGAIN;
	detach(device);
	mutex_unlock(&device->lock);
	return 0;
}

static const struct mmu_notifier_ops repaired_ops = {.invalidate_range_start = repaired_invalidate};
static const struct mmu_notifier_ops gpu_ops = {.invalidate_range_start = gpu_invalidate};
static const struct mmu_notifier_ops camera_ops = {.invalidate_range_start = camera_invalidate};
static const struct mmu_notifier_ops sensor_ops = {.invalidate_range_start = sensor_invalidate};
static const struct mmu_notifier_ops display_ops = {.invalidate_range_start = display_invalidate};

static void attach(struct device *device, const char *name, struct mm_struct *mm,
	const struct mmu_notifier_ops *ops)
{
	mutex_init(&device->lock);
	mutex_init(&device->queue_lock);
	device->is_mapped = true;
	device->notifier.ops = ops;
	mmu_notifier_register(&device->notifier, mm);
	mmu_notifier_interest(&device->notifier, name, device->start, device->end);
}

int main(int argc, char **argv)
{
	bool is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	struct mm_struct *mm = mm_alloc();

	attach(&gpu, "gpu", mm, is_repaired ? &repaired_ops : &gpu_ops);
	attach(&camera, "camera", mm, is_repaired ? &repaired_ops : &camera_ops);
	attach(&sensor, "sensor", mm, is_repaired ? &repaired_ops : &sensor_ops);
	attach(&display, "display", mm, is_repaired ? &repaired_ops : &display_ops);
	submit_job();
	for (unsigned long start = 0; start < 0x60000; start += 0x10000)
		oom_reap_range(mm, start, start + 0x10000);
	printf("still mapped: gpu %d camera %d sensor %d display %d\n", gpu.is_mapped,
		camera.is_mapped, sensor.is_mapped, display.is_mapped);
	return 0;
}
