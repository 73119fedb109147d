/* Arenas of runs as files. See runs.h. */
#include "tests/support/runs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/engine.h"
#include "tests/support/snapshot_walk.h"
#include "tests/support/suite.h"
#include "viz/merge.h"

#define MERGES_MAX 64u

static char folder[64];
static char run_paths[RUNS_MAX][96], merge_paths[MERGES_MAX][96];
static unsigned int merges;
static char error[400];

void ldl_runs_begin(void)
{
	strcpy(folder, "/tmp/ldl-runs-XXXXXX");
	merges = 0;
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

void ldl_runs_end(void)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		unlinkat(dirfd(stream), entry->d_name, 0);
	if (stream)
		closedir(stream);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

/* What is in use; all else is a hole. */
static void write_arena(const struct ldl_arena *arena, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(ftruncate(fd, (off_t)arena->size), 0);
	CU_ASSERT_EQUAL(pwrite(fd, arena->base, LDL_PAGE, 0), LDL_PAGE);
	for (unsigned int i = 0; i < LDL_TABLE_COUNT; i++) {
		const struct ldl_table *table = ldl_arena_table(arena, i);
		uint32_t used = i == LDL_TABLE_INSTANCE_INFO
					? ldl_arena_table(arena, LDL_TABLE_INSTANCES)->used
					: table->used;
		size_t len = (size_t)used * table->slot_size;

		CU_ASSERT_EQUAL(
			pwrite(fd, arena->table[i], len, (off_t)table->offset), (ssize_t)len);
	}
	close(fd);
}

const char *ldl_runs_make(
	unsigned int number, const struct ldl_scenario_kind *kind, const char *text)
{
	ldl_scenario_run(kind, text);
	snprintf(run_paths[number], sizeof(run_paths[number]), "%s/run-%u.ldl", folder, number);
	write_arena(ldl_engine_arena(), run_paths[number]);
	return run_paths[number];
}

static size_t add(char *text, size_t used, size_t size, const char *more)
{
	int len = snprintf(text + used, size - used, "%s", more);

	return used + (size_t)len < size ? used + (size_t)len : size - 1;
}

/* A group: locks that one thread takes, each once. */
static size_t add_group(struct ldl_random *random, unsigned int locks, bool by_instance, char *text,
	size_t used, size_t size)
{
	static const char *const modes[] = {
		"", "", "", "", " R(", " r(", " W(", " try(", " timed("};
	unsigned int taken = 0, count = 2 + ldl_random_below(random, 3);

	for (unsigned int i = 0; i < count; i++) {
		unsigned int lock = ldl_random_below(random, locks);
		const char *mode = modes[ldl_random_below(random, 9)];
		bool is_one_of_many = by_instance && lock < 3;
		char name[8];

		if (taken & 1u << lock)
			continue;
		taken |= 1u << lock;
		snprintf(name, sizeof(name), is_one_of_many ? "X%c" : "%c",
			is_one_of_many ? '1' + (char)lock : 'A' + (char)lock);
		used = add(text, used, size, mode);
		used = add(text, used, size, name);
		used = add(text, used, size, *mode ? ") " : " ");
	}
	return used;
}

const char *ldl_runs_random(
	struct ldl_random *random, unsigned int locks, bool by_instance, char *text, size_t size)
{
	unsigned int groups = 1 + ldl_random_below(random, 5);
	size_t used = 0;

	text[0] = 0;
	for (unsigned int i = 0; i < groups; i++) {
		char thread[8];

		snprintf(thread, sizeof(thread), "T%u: ", 1 + ldl_random_below(random, 3));
		used = add(text, used, size, thread);
		used = add_group(random, locks, by_instance, text, used, size);
		used = add(text, used, size, i + 1 < groups ? "; " : "");
	}
	return text;
}

const char *ldl_runs_merge(const char *const *paths, unsigned int count)
{
	struct viz_merge *merge = viz_merge_new();
	char *path = merge_paths[merges % MERGES_MAX];
	bool is_good = true;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(merge);
	snprintf(path, sizeof(merge_paths[0]), "%s/merge-%u", folder, merges++ % MERGES_MAX);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CU_ASSERT_FATAL(fd >= 0);
	for (unsigned int i = 0; is_good && i < count; i++)
		is_good = viz_merge_add(merge, paths[i], error, sizeof(error));
	is_good = is_good && viz_merge_write(merge, fd, path, error, sizeof(error));
	close(fd);
	viz_merge_free(merge);
	return is_good ? path : NULL;
}

const char *ldl_runs_error(void)
{
	return error;
}

bool ldl_runs_are_equal(const char *one, const char *other)
{
	FILE *a = fopen(one, "r"), *b = fopen(other, "r");
	int byte = EOF, twin = EOF;

	while (a && b && (byte = fgetc(a)) == (twin = fgetc(b)) && byte != EOF)
		;
	if (a)
		fclose(a);
	if (b)
		fclose(b);
	return a && b && byte == twin;
}

void ldl_runs_open(struct ldl_snapshot *snapshot, const char *path)
{
	const char *broken;

	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open(snapshot, path), LDL_OK);
	CU_ASSERT_EQUAL(snapshot->repairs, 0);
	broken = ldl_walk_snapshot(snapshot);
	if (broken)
		printf("walk: %s ", broken);
	CU_ASSERT_PTR_NULL(broken);
}
