/* The launcher's files and environment: names from templates, sparse copies, live and dead
 * writers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instrument/launch/environment.h"
#include "instrument/launch/outdir.h"
#include "instrument/launch/watch.h"
#include "tests/support/suite.h"

static const struct launch_name name = {"/usr/bin/prog", 42, 1000};

static bool expands_to(const char *template, unsigned int number, const char *expected)
{
	char path[PATH_MAX];

	return launch_name_expand(template, &name, number, path, sizeof(path)) &&
	       !strcmp(path, expected);
}

static void a_template_is_expanded_letter_by_letter(void)
{
	CU_ASSERT_TRUE(expands_to("lockdep.%e.%p.ldl", 1, "lockdep.prog.42.ldl"));
	CU_ASSERT_TRUE(expands_to("%t-%n-%%", 7, "1000-7-%"));
	CU_ASSERT_EQUAL(setenv("LDL_TEST_NAME", "x/y", 1), 0);
	CU_ASSERT_TRUE(expands_to("a/%q{LDL_TEST_NAME}b", 1, "a/x_yb"));
	CU_ASSERT_TRUE(expands_to("a%q{LDL_TEST_UNSET}b", 1, "ab"));
	CU_ASSERT_TRUE(expands_to("%q{open", 1, "%q{open"));
	CU_ASSERT_TRUE(expands_to("%z%", 1, "%z%"));
	CU_ASSERT_TRUE(expands_to("", 1, ""));
}

static void a_name_that_does_not_fit_is_refused(void)
{
	char path[8];

	CU_ASSERT_TRUE(launch_name_expand("1234567", &name, 1, path, sizeof(path)));
	CU_ASSERT_FALSE(launch_name_expand("12345678", &name, 1, path, sizeof(path)));
	CU_ASSERT_FALSE(launch_name_expand("%e.%e", &name, 1, path, sizeof(path)));
}

static void a_programs_name_cannot_move_a_terminals_cursor(void)
{
	const struct launch_name odd = {"/x/a\033[1mb", 1, 1};
	char path[64];

	CU_ASSERT_TRUE(launch_name_expand("%e", &odd, 1, path, sizeof(path)));
	CU_ASSERT_STRING_EQUAL(path, "a_[1mb");
}

static void an_existing_file_is_never_overwritten(void)
{
	struct launch_outdir dir;
	char template[PATH_MAX + 16], path[PATH_MAX], expected[PATH_MAX + 32];

	CU_ASSERT_TRUE_FATAL(launch_outdir_make(&dir, 0));
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(template, sizeof(template), "%s/%%e.ldl", dir.path);
		close(launch_file_create(template, &name, ".5", path));
		snprintf(expected, sizeof(expected), i ? "%s/prog.ldl.5.%u" : "%s/prog.ldl.5",
			dir.path, i);
		CU_ASSERT_STRING_EQUAL(path, expected);
		CU_ASSERT_EQUAL(access(path, F_OK), 0);
		snprintf(template, sizeof(template), "%s/%%n.ldl", dir.path);
		close(launch_file_create(template, &name, "", path));
		snprintf(expected, sizeof(expected), "%s/%u.ldl", dir.path, i + 1);
		CU_ASSERT_STRING_EQUAL(path, expected);
	}
	launch_outdir_remove(&dir);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	CU_ASSERT_EQUAL(dir.path[0], '\0');
}

static void the_private_directory_is_private(void)
{
	struct launch_outdir dir;
	struct stat status;

	CU_ASSERT_TRUE_FATAL(launch_outdir_make(&dir, 0));
	CU_ASSERT_EQUAL(stat(dir.path, &status), 0);
	CU_ASSERT_EQUAL(status.st_mode & 07777, geteuid() ? 0700u : 01733u);
	CU_ASSERT_PTR_NULL(strpbrk(dir.path, ":% "));
	launch_outdir_sweep(); /* ours is locked and young: it stays */
	CU_ASSERT_EQUAL(access(dir.path, F_OK), 0);
	launch_outdir_remove(&dir);
}

static int memory_file(off_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0 && ftruncate(fd, size) == 0);
	return fd;
}

static void a_copy_keeps_bytes_size_and_holes(void)
{
	enum { SIZE = 1 << 20 };
	int from = memory_file(SIZE + 100), to = memory_file(0);
	char zeroes[8192] = {0}, bytes[3];
	struct stat status;

	CU_ASSERT_EQUAL(pwrite(from, "abc", 3, 300000), 3);
	CU_ASSERT_EQUAL(pwrite(from, "end", 3, SIZE + 97), 3);
	CU_ASSERT_EQUAL(pwrite(from, zeroes, sizeof(zeroes), 500000), (ssize_t)sizeof(zeroes));
	CU_ASSERT_EQUAL(launch_file_copy(from, to), 0);
	CU_ASSERT_EQUAL(fstat(to, &status), 0);
	CU_ASSERT_EQUAL(status.st_size, SIZE + 100);
	CU_ASSERT_EQUAL(status.st_blocks * 512, 2 * 4096);
	CU_ASSERT_EQUAL(pread(to, bytes, 3, 300000), 3);
	CU_ASSERT_EQUAL(memcmp(bytes, "abc", 3), 0);
	CU_ASSERT_EQUAL(pread(to, bytes, 3, SIZE + 97), 3);
	CU_ASSERT_EQUAL(memcmp(bytes, "end", 3), 0);
	close(from);
	close(to);
}

static void a_copy_to_a_full_device_fails_with_its_reason(void)
{
	int from = memory_file(8192), full = open("/dev/full", O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL(pwrite(from, "abc", 3, 0), 3);
	CU_ASSERT_NOT_EQUAL(launch_file_copy(from, full), 0);
	close(from);
	close(full);
}

static const char *variable(char **environment, const char *what)
{
	size_t len = strlen(what);

	for (; *environment; environment++)
		if (!strncmp(*environment, what, len) && (*environment)[len] == '=')
			return *environment + len + 1;
	return "";
}

static void the_environment_keeps_what_was_there(void)
{
	char *before[] = {"A=b", "LD_PRELOAD=x.so y.so",
		"LOCKDEP_LITE=mode=prod::memory=1M:portable:memo", "LD_PRELOADED=1",
		"ASAN_OPTIONS=verbosity=1", NULL};
	char **after = launch_environment_make(before, "/l.so", "memory=2M:quiet");
	size_t count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(after);
	CU_ASSERT_STRING_EQUAL(variable(after, "A"), "b");
	CU_ASSERT_STRING_EQUAL(variable(after, "LD_PRELOADED"), "1");
	CU_ASSERT_STRING_EQUAL(variable(after, "LD_PRELOAD"), "/l.so:x.so y.so");
	CU_ASSERT_STRING_EQUAL(
		variable(after, "LOCKDEP_LITE"), "mode=prod:portable:memo:memory=2M:quiet");
	while (after[count])
		count++;
	CU_ASSERT_EQUAL(count, 5);
	CU_ASSERT_STRING_EQUAL(
		variable(after, "ASAN_OPTIONS"), "verify_asan_link_order=0:verbosity=1");
	launch_environment_free(after);
}

static void an_empty_environment_gets_the_variables(void)
{
	char *before[] = {NULL}, *blank[] = {"LD_PRELOAD=", "LOCKDEP_LITE=", NULL};
	char **after = launch_environment_make(before, "/l.so", "quiet");

	CU_ASSERT_PTR_NOT_NULL_FATAL(after);
	CU_ASSERT_STRING_EQUAL(variable(after, "LD_PRELOAD"), "/l.so");
	CU_ASSERT_STRING_EQUAL(variable(after, "LOCKDEP_LITE"), "quiet");
	launch_environment_free(after);
	after = launch_environment_make(blank, "/l.so", "quiet");
	CU_ASSERT_PTR_NOT_NULL_FATAL(after);
	CU_ASSERT_STRING_EQUAL(variable(after, "LD_PRELOAD"), "/l.so");
	CU_ASSERT_STRING_EQUAL(variable(after, "LOCKDEP_LITE"), "quiet");
	launch_environment_free(after);
}

/* What a watcher was told. */
struct told {
	unsigned int changed, ended;
	bool is_done;
};

static void on_change(void *context, struct launch_arena *arena)
{
	((struct told *)context)->changed++;
}

static bool on_end(void *context, struct launch_arena *arena)
{
	struct told *told = context;

	told->ended++;
	return told->is_done;
}

/* A child that maps a file named like an arena, with a header, and lives until `go` is closed. */
static pid_t start_writer(const char *dir, int go[2], uint32_t serial)
{
	char path[PATH_MAX + 16];
	pid_t pid = fork();

	if (pid)
		return pid;
	close(go[1]);
	snprintf(path, sizeof(path), "%s/writer.ldl", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || ftruncate(fd, LDL_ARENA_MIN))
		_exit(1);
	struct ldl_header *header = mmap(NULL, LDL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	header->version = LDL_FORMAT_VERSION;
	header->pid = (uint32_t)getpid();
	header->finding_serial = serial;
	header->magic = LDL_MAGIC;
	char byte;
	_exit(read(go[0], &byte, 1) != 0);
}

static void a_killed_writer_is_noticed_before_it_is_reaped(void)
{
	struct told told = {0, 0, true};
	struct launch_watcher watcher = {&told, on_change, on_end};
	struct launch_outdir dir;
	struct launch_watch watch;
	int go[2];

	CU_ASSERT_TRUE_FATAL(launch_outdir_make(&dir, 0));
	CU_ASSERT_TRUE_FATAL(launch_watch_open(&watch, dir.path));
	CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
	pid_t pid = start_writer(dir.path, go, 1);
	for (unsigned int i = 0; i < 200 && !told.changed; i++) {
		usleep(10000);
		launch_watch_poll(&watch, &watcher);
	}
	CU_ASSERT_EQUAL(told.changed, 1);
	launch_watch_poll(&watch, &watcher);
	CU_ASSERT_EQUAL(told.changed, 1); /* no news, not told again */
	CU_ASSERT_EQUAL(told.ended, 0);
	CU_ASSERT_PTR_NOT_NULL(launch_watch_find(&watch, pid));
	CU_ASSERT_PTR_NULL(launch_watch_find(&watch, pid + 1));
	kill(pid, SIGKILL);
	for (unsigned int i = 0; i < 200 && !told.ended; i++) {
		usleep(10000);
		launch_watch_poll(&watch, &watcher);
	}
	CU_ASSERT_EQUAL(told.ended, 1);
	CU_ASSERT_PTR_NULL(watch.arenas); /* done with: forgotten, and its file removed */
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
	close(go[0]);
	close(go[1]);
	launch_watch_close(&watch);
	launch_outdir_remove(&dir);
}

static void odd_files_beside_arenas_are_not_opened(void)
{
	struct told told = {0, 0, true};
	struct launch_watcher watcher = {&told, on_change, on_end};
	struct launch_outdir dir;
	struct launch_watch watch;

	CU_ASSERT_TRUE_FATAL(launch_outdir_make(&dir, 0));
	CU_ASSERT_TRUE_FATAL(launch_watch_open(&watch, dir.path));
	CU_ASSERT_EQUAL(mkfifoat(dir.fd, "fifo.ldl", 0600), 0);
	CU_ASSERT_EQUAL(symlinkat("/etc/passwd", dir.fd, "link.ldl"), 0);
	CU_ASSERT_EQUAL(mkdirat(dir.fd, "dir.ldl", 0700), 0);
	launch_watch_poll(&watch, &watcher);
	CU_ASSERT_PTR_NULL(watch.arenas);
	close(openat(dir.fd, "empty.ldl", O_WRONLY | O_CREAT, 0600));
	launch_watch_poll(&watch, &watcher);
	CU_ASSERT_PTR_NULL(watch.arenas); /* nobody writes it and it is no arena */
	CU_ASSERT_EQUAL(told.changed + told.ended, 0);
	launch_watch_close(&watch);
	unlinkat(dir.fd, "dir.ldl", AT_REMOVEDIR);
	launch_outdir_remove(&dir);
}

LDL_SUITE(launch)
{
	LDL_TEST(a_template_is_expanded_letter_by_letter);
	LDL_TEST(a_name_that_does_not_fit_is_refused);
	LDL_TEST(a_programs_name_cannot_move_a_terminals_cursor);
	LDL_TEST(an_existing_file_is_never_overwritten);
	LDL_TEST(the_private_directory_is_private);
	LDL_TEST(a_copy_keeps_bytes_size_and_holes);
	LDL_TEST(a_copy_to_a_full_device_fails_with_its_reason);
	LDL_TEST(the_environment_keeps_what_was_there);
	LDL_TEST(an_empty_environment_gets_the_variables);
	LDL_TEST(a_killed_writer_is_noticed_before_it_is_reaped);
	LDL_TEST(odd_files_beside_arenas_are_not_opened);
}
