/* An audio callback takes a lock under which another thread calls malloc().
 *
 * Source: rule A1 in user space. A callback has some milliseconds to fill its buffer. Who holds the
 * lock may sleep in malloc() for as long as the kernel needs to make memory free, and the callback
 * sleeps as long: a dropout, or worse, on the day when memory is short.
 *
 *	user interface			sound device
 *	load_preset()			fill_buffer()
 *	lock(preset)			lock(preset)  waits
 *	malloc()  waits for memory
 *
 * run: --alloc
 * expect: error A1 load_preset fill_buffer
 * expect (--repaired): clean
 * expect (--careless): error A2 fill_buffer
 * picture: octagon realtime
 *
 * `lockdep-lite run --alloc` sees the lock and the malloc(). The one thing that it must be told is
 * that the callback must not block: LDL_CTX_REALTIME. The repaired twin tries the lock, and plays
 * the old preset once more when it fails. The careless one tries it, too, but asks for memory in
 * the callback itself: that is found without a graph as well (--mode=nonblock). */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lockdep_lite.h>

enum { FRAMES = 256, PERIODS = 8, PRESETS = 4 };

static pthread_mutex_t preset_lock = PTHREAD_MUTEX_INITIALIZER;
static float *preset; /* a gain for each frame of a period */
static float *played; /* the last period */
static bool is_repaired, is_careless;

/* The user chose another sound. */
static void load_preset(int number)
{
	float *gains;

	pthread_mutex_lock(&preset_lock);
	gains = malloc(FRAMES * sizeof(*gains));
	for (int i = 0; gains && i < FRAMES; i++)
		gains[i] = (float)number / PRESETS;
	free(preset);
	preset = gains;
	pthread_mutex_unlock(&preset_lock);
}

static bool lock_preset(void)
{
	if (is_repaired || is_careless)
		return pthread_mutex_trylock(&preset_lock) == 0;
	pthread_mutex_lock(&preset_lock);
	return true;
}

/* Keeps what was played, to be drawn. */
static void keep(const float *buffer)
{
	float *copy = malloc(FRAMES * sizeof(*copy));

	if (copy)
		memcpy(copy, buffer, FRAMES * sizeof(*copy));
	free(played);
	played = copy;
}

/* Called by the sound device, each time that it needs another period. */
static void fill_buffer(float *buffer)
{
	static float gains[FRAMES];

	ldl_context_enter(LDL_CTX_REALTIME);
	if (lock_preset()) {
		if (preset)
			memcpy(gains, preset, sizeof(gains));
		pthread_mutex_unlock(&preset_lock);
	}
	for (int i = 0; i < FRAMES; i++)
		buffer[i] *= gains[i];
	if (is_careless)
		keep(buffer);
	ldl_context_exit(LDL_CTX_REALTIME);
}

/* Stands for the sound device and its thread. */
static void *play(void *unused)
{
	static float buffer[FRAMES];

	for (int period = 0; period < PERIODS; period++) {
		for (int i = 0; i < FRAMES; i++)
			buffer[i] = 1;
		fill_buffer(buffer);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t device;

	is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	is_careless = argc > 1 && !strcmp(argv[1], "--careless");
	for (int number = 1; number <= PRESETS; number++)
		load_preset(number);
	pthread_create(&device, NULL, play, NULL);
	pthread_join(device, NULL);
	printf("%d periods were played\n", PERIODS);
	free(preset);
	free(played);
	return 0;
}
