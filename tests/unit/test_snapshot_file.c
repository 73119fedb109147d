/* The read side on files: every kind of thing that a path may lead to, and live processes. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/atomic.h"
#include "core/snapshot.h"
#include "tests/support/sample_arena.h"
#include "tests/support/snapshot_walk.h"
#include "tests/support/suite.h"

#define ROUNDS 40u /* races of a reader with a writer */

static struct ldl_arena sample;
static struct ldl_snapshot opened;
static char folder[64];
static char path[128];

static void make_folder(void)
{
	strcpy(folder, "/tmp/ldl-snapshot-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void drop_folder(void)
{
	unlink(path);
	rmdir(path);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void write_file(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void make_sample(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(ldl_sample_make(&sample));
}

/* The path is refused, with `what` and itself in the line. */
static void expect_refusal(ldl_status status, const char *what)
{
	ldl_status got = ldl_snapshot_open(&opened, path);

	CU_ASSERT_EQUAL(got, status);
	CU_ASSERT_PTR_NULL(opened.arena.base);
	CU_ASSERT_EQUAL(strncmp(opened.error, what, strlen(what)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(opened.error, folder));
	if (strncmp(opened.error, what, strlen(what)) != 0)
		printf("said: %s ", opened.error);
}

static void a_file_opens_and_what_lies_behind_its_end_is_ignored(void)
{
	int fd;

	make_folder();
	make_sample();
	write_file(sample.base, LDL_SAMPLE_SIZE);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open(&opened, path), LDL_OK);
	CU_ASSERT_EQUAL(opened.repairs, 0);
	CU_ASSERT_PTR_NULL(ldl_walk_snapshot(&opened));
	ldl_snapshot_close(&opened);
	fd = open(path, O_WRONLY | O_APPEND);
	CU_ASSERT_EQUAL(write(fd, "tail", 4), 4);
	close(fd);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open(&opened, path), LDL_OK);
	CU_ASSERT_EQUAL(opened.repairs, 0);
	CU_ASSERT_EQUAL(opened.arena.size, LDL_SAMPLE_SIZE);
	ldl_snapshot_close(&opened);
	CU_ASSERT_EQUAL(truncate(path, LDL_SAMPLE_SIZE - 1), 0);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open(&opened, path), LDL_OK);
	CU_ASSERT_EQUAL(opened.repairs, 1);
	ldl_snapshot_close(&opened);
	free(sample.base);
	drop_folder();
}

/* Copies pages that are not zero to their places in an empty file. */
static void write_sparse(int fd)
{
	static const unsigned char zeros[LDL_PAGE];

	CU_ASSERT_EQUAL(ftruncate(fd, LDL_SAMPLE_SIZE), 0);
	for (off_t at = 0; at < (off_t)LDL_SAMPLE_SIZE; at += LDL_PAGE) {
		if (memcmp(sample.base + at, zeros, LDL_PAGE) != 0)
			CU_ASSERT_EQUAL(pwrite(fd, sample.base + at, LDL_PAGE, at), LDL_PAGE);
	}
}

static void an_arena_without_a_name_is_reached_through_proc(void)
{
	char name[64];
	void *map;
	int fd = memfd_create("lockdep-lite", MFD_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	make_sample();
	write_sparse(fd);
	snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)getpid(), fd);
	CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open(&opened, name), LDL_OK);
	CU_ASSERT_EQUAL(opened.repairs, 0);
	CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_EDGES), LDL_SAMPLE_EDGES + 1);
	ldl_snapshot_close(&opened);
	map = mmap(NULL, LDL_SAMPLE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	CU_ASSERT_FATAL(map != MAP_FAILED);
	close(fd);
	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", (unsigned long)map,
		(unsigned long)map + LDL_SAMPLE_SIZE);
	if (ldl_snapshot_open(&opened, name) == LDL_OK) {
		CU_ASSERT_EQUAL(opened.repairs, 0);
		CU_ASSERT_EQUAL(ldl_snapshot_count(&opened, LDL_TABLE_EDGES), LDL_SAMPLE_EDGES + 1);
		ldl_snapshot_close(&opened);
	} else if (strstr(opened.error, "permission denied")) {
		ldl_skip("map_files wants a capability that this user does not have");
	} else {
		CU_FAIL("map_files");
	}
	munmap(map, LDL_SAMPLE_SIZE);
	free(sample.base);
}

static void what_is_no_file_is_named_and_does_not_block(void)
{
	make_folder();
	expect_refusal(LDL_SYSTEM, "cannot open (no such file): ");
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	expect_refusal(LDL_BROKEN, "a pipe, not an arena: ");
	unlink(path);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	expect_refusal(LDL_BROKEN, "a directory, not an arena: ");
	rmdir(path);
	CU_ASSERT_EQUAL(symlink("file", path), 0);
	expect_refusal(LDL_SYSTEM, "cannot open (too many symbolic links): ");
	unlink(path);
	write_file("", 0);
	expect_refusal(LDL_BROKEN, "empty file: ");
	write_file("#!/bin/sh\n", 10);
	expect_refusal(LDL_BROKEN, "not a lockdep-lite arena: ");
	if (geteuid() != 0) {
		CU_ASSERT_EQUAL(chmod(path, 0), 0);
		expect_refusal(LDL_SYSTEM, "cannot open (permission denied): ");
	} else {
		ldl_skip("permission denied: root may read everything");
	}
	CU_ASSERT_EQUAL(ldl_snapshot_open(&opened, "/dev/zero"), LDL_BROKEN);
	CU_ASSERT_EQUAL(strncmp(opened.error, "a device, not an arena: ", 24), 0);
	drop_folder();
}

static void an_error_is_one_line_whatever_the_name(void)
{
	char name[2000];

	memset(name, 'n', sizeof(name));
	memcpy(name, "/tmp/\n\033[1m", 10);
	name[sizeof(name) - 1] = 0;
	CU_ASSERT_EQUAL(ldl_snapshot_open(&opened, name), LDL_SYSTEM);
	CU_ASSERT_PTR_NOT_NULL(strstr(opened.error, "the name is too long): ...nn"));
	CU_ASSERT_PTR_NOT_NULL(strstr(opened.error, "nn: use a shorter one"));
	name[20] = 0;
	CU_ASSERT_EQUAL(ldl_snapshot_open(&opened, name), LDL_SYSTEM);
	CU_ASSERT_STRING_EQUAL(
		opened.error, "cannot open (no such file): /tmp/??[1mnnnnnnnnnn: check the name");
}

/* The sample as process `pid` would have made it. */
static bool is_live_as(uint32_t pid, uint64_t start_ns)
{
	bool live;

	sample.header->pid = pid;
	sample.header->start_ns = start_ns;
	CU_ASSERT_EQUAL_FATAL(
		ldl_snapshot_from_bytes(&opened, sample.base, LDL_SAMPLE_SIZE), LDL_OK);
	live = ldl_snapshot_is_live(&opened);
	ldl_snapshot_close(&opened);
	return live;
}

static void an_arena_is_live_while_the_process_that_made_it_is(void)
{
	uint64_t start_ns;
	pid_t child;

	make_sample();
	start_ns = sample.header->start_ns;
	CU_ASSERT_TRUE(is_live_as((uint32_t)getpid(), start_ns));
	CU_ASSERT_FALSE(is_live_as(0, start_ns));
	CU_ASSERT_FALSE(is_live_as(UINT32_MAX, start_ns));
	CU_ASSERT_FALSE(is_live_as((uint32_t)getpid(), UINT64_MAX)); /* an earlier boot's clock */
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	CU_ASSERT_FATAL(child > 0);
	CU_ASSERT_TRUE(is_live_as((uint32_t)child, start_ns));
	/* The pid was another's when the arena was made: this one is younger. */
	if (start_ns > 10000000000u)
		CU_ASSERT_FALSE(is_live_as((uint32_t)child, 1));
	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
	CU_ASSERT_FALSE(is_live_as((uint32_t)child, start_ns)); /* a zombie */
	waitpid(child, NULL, 0);
	CU_ASSERT_FALSE(is_live_as((uint32_t)child, start_ns));
	free(sample.base);
}

/* Adds edges A -> B with a witness each, as fast as it can, each complete before it is linked. */
static void write_edges(struct ldl_arena *arena)
{
	struct ldl_table *edges = ldl_arena_table(arena, LDL_TABLE_EDGES);
	struct ldl_table *witnesses = ldl_arena_table(arena, LDL_TABLE_WITNESSES);
	struct ldl_node *a = ldl_node_at(arena, LDL_SAMPLE_A);
	struct ldl_node *b = ldl_node_at(arena, LDL_SAMPLE_B);

	while (edges->used < edges->capacity && witnesses->used < witnesses->capacity) {
		ldl_edge_id id = ldl_add_relaxed(&edges->used, 1);
		ldl_witness_id evidence = ldl_add_relaxed(&witnesses->used, 1);
		struct ldl_edge *edge = ldl_edge_at(arena, id);

		edge->from = LDL_SAMPLE_A;
		edge->to = LDL_SAMPLE_B;
		edge->next_out = a->out_first;
		edge->next_in = b->in_first;
		ldl_witness_at(arena, evidence)->edge = id;
		ldl_store_release(&edge->witness_first, evidence);
		ldl_store_release(&edge->witness_count, 1);
		ldl_store_release(&a->out_first, id);
		ldl_store_release(&b->in_first, id);
	}
}

/* Edges on a list of a copy, all with their evidence. */
static uint32_t count_whole_edges(void)
{
	const struct ldl_edge *edge;
	uint32_t count = 0;

	for (ldl_edge_id id = ldl_snapshot_node(&opened, LDL_SAMPLE_A)->out_first; id;
		id = edge->next_out) {
		edge = ldl_snapshot_edge(&opened, id);
		count += edge->witness_first != 0;
	}
	return count;
}

/* The writer numbers its edges in sequence, so a list that begins at edge N has all from the
 * sample's last to N, and the sample's own. */
static bool list_is_whole(void)
{
	ldl_edge_id first = ldl_snapshot_node(&opened, LDL_SAMPLE_A)->out_first;

	return first == LDL_SAMPLE_AB || count_whole_edges() == first - LDL_SAMPLE_EDGES + 1;
}

static void a_reader_beside_a_writer_copies_whole_lists(void)
{
	int fd = memfd_create("lockdep-lite", MFD_CLOEXEC);
	struct ldl_arena shared;
	char name[64];
	pid_t writer;
	void *map;

	make_sample();
	write_sparse(fd);
	map = mmap(NULL, LDL_SAMPLE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CU_ASSERT_FATAL(map != MAP_FAILED);
	ldl_arena_adopt(&shared, map, LDL_SAMPLE_SIZE);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		writer = fork();
		if (writer == 0) {
			write_edges(&shared);
			_exit(0);
		}
		CU_ASSERT_FATAL(writer > 0);
		do {
			CU_ASSERT_EQUAL_FATAL(ldl_snapshot_open(&opened, name), LDL_OK);
			CU_ASSERT_EQUAL(opened.repairs, 0);
			CU_ASSERT_PTR_NULL(ldl_walk_snapshot(&opened));
			CU_ASSERT_TRUE(list_is_whole());
			ldl_snapshot_close(&opened);
		} while (waitpid(writer, NULL, WNOHANG) == 0);
		memcpy(map, sample.base, LDL_SAMPLE_SIZE);
	}
	munmap(map, LDL_SAMPLE_SIZE);
	close(fd);
	free(sample.base);
}

LDL_SUITE(snapshot_file)
{
	LDL_TEST(a_file_opens_and_what_lies_behind_its_end_is_ignored);
	LDL_TEST(an_arena_without_a_name_is_reached_through_proc);
	LDL_TEST(what_is_no_file_is_named_and_does_not_block);
	LDL_TEST(an_error_is_one_line_whatever_the_name);
	LDL_TEST(a_reader_beside_a_writer_copies_whole_lists);
	LDL_TEST(an_arena_is_live_while_the_process_that_made_it_is);
}
