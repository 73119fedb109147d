/* The read side against randomly damaged arenas, without a fuzzer: fuzz-smoke [NUMBER [SEED]].
 * The seed is printed, and which damage broke a promise: both together repeat it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "core/snapshot.h"
#include "tests/support/damage.h"
#include "tests/support/sample_arena.h"
#include "tests/support/snapshot_walk.h"

#define FILE_EVERY 8u /* one in this many goes through a file instead of memory */

struct tally {
	uint64_t read, repaired, refused;
};

static int file = -1;

/* The same bytes through a memfd, sparse where the kernel likes. */
static const char *walk_file(const void *bytes, size_t len, ldl_status *status, uint64_t *repairs)
{
	struct ldl_snapshot snapshot;
	const char *broken = NULL;
	char path[64];

	if (file < 0)
		file = memfd_create("fuzz-smoke", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, bytes, len, 0) != (ssize_t)len)
		return "cannot write the test's own file";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	*status = ldl_snapshot_open(&snapshot, path);
	*repairs = snapshot.repairs;
	if (*status == LDL_OK)
		broken = ldl_walk_snapshot(&snapshot);
	ldl_snapshot_close(&snapshot);
	return broken;
}

/* One damage, its numbers from the seed and its own number alone. */
static const char *try_damage(
	const unsigned char *pristine, unsigned char *bytes, uint64_t number, struct tally *tally)
{
	struct ldl_random random = ldl_random_make(number);
	uint64_t repairs = 0;
	ldl_status status;
	const char *broken;
	size_t len;

	memcpy(bytes, pristine, LDL_SAMPLE_SIZE);
	len = ldl_damage_bytes(&random, bytes, LDL_SAMPLE_SIZE);
	if (number % FILE_EVERY == 0)
		broken = walk_file(bytes, len, &status, &repairs);
	else
		broken = ldl_walk_bytes(bytes, len, &status, &repairs);
	if (broken)
		return broken;
	tally->read += status == LDL_OK;
	tally->repaired += status == LDL_OK && repairs != 0;
	tally->refused += status != LDL_OK;
	return NULL;
}

/* Damage that never showed, or that nothing could be read after, would test nothing. */
static bool tally_is_sound(const struct tally *tally, uint64_t count)
{
	printf("fuzz-smoke: %llu arenas read, %llu of them repaired, %llu refused\n",
		(unsigned long long)tally->read, (unsigned long long)tally->repaired,
		(unsigned long long)tally->refused);
	return tally->repaired >= count / 4 && (tally->refused > 0 || count < 1000);
}

/* False when one of `count` damages broke a promise. */
static bool try_damages(const unsigned char *pristine, unsigned char *bytes, uint64_t count)
{
	struct tally tally = {0};

	for (uint64_t number = 1; number <= count; number++) {
		const char *broken = try_damage(pristine, bytes, number, &tally);

		if (!broken)
			continue;
		printf("fuzz-smoke: damage %llu broke a promise: %s\n", (unsigned long long)number,
			broken);
		return false;
	}
	return tally_is_sound(&tally, count);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
	unsigned char *pristine, *bytes;
	struct ldl_arena arena;
	bool passed;

	ldl_random_set_seed(argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL));
	printf("fuzz-smoke: seed %llu\n", (unsigned long long)ldl_random_seed());
	fflush(stdout); /* known also after a crash */
	pristine = ldl_sample_make(&arena);
	bytes = malloc(LDL_SAMPLE_SIZE);
	if (!pristine || !bytes)
		return 2;
	passed = try_damages(pristine, bytes, count);
	printf("%d passed, %d failed, 0 skipped\n", passed, !passed);
	free(pristine);
	free(bytes);
	return passed ? 0 : 1;
}
