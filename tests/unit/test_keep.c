/* core/keep: which names a template may have given, and which files go. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/format.h"
#include "core/keep.h"
#include "tests/support/suite.h"

static void names_of_the_template_fit(void)
{
	CU_ASSERT_TRUE(ldl_keep_fits("/run/%e.%p.ldl", "memcached.4711.ldl"));
	CU_ASSERT_TRUE(ldl_keep_fits("%e.%p.ldl", "a.b.c.1.ldl"));
	CU_ASSERT_TRUE(ldl_keep_fits("/a/%h-%t-%n-%q{A/B}.x", "host-1-0-.x"));
	CU_ASSERT_TRUE(ldl_keep_fits("/a/one.ldl", "one.ldl"));
	CU_ASSERT_TRUE(ldl_keep_fits("/a/%%%p%z", "%12%z"));
	/* Names that were taken. */
	CU_ASSERT_TRUE(ldl_keep_fits("/a/one.ldl", "one.ldl.1"));
	CU_ASSERT_TRUE(ldl_keep_fits("%e.%p.ldl", "x.7.ldl.12"));
}

static void other_names_do_not(void)
{
	CU_ASSERT_FALSE(ldl_keep_fits("/run/%e.%p.ldl", "memcached.4711.ld"));
	CU_ASSERT_FALSE(ldl_keep_fits("/run/%e.%p.ldl", "memcached.47x1.ldl"));
	CU_ASSERT_FALSE(ldl_keep_fits("/run/%e.%p.ldl", "memcached..ldl"));
	CU_ASSERT_FALSE(ldl_keep_fits("/run/x%p.ldl", "4711.ldl"));
	CU_ASSERT_FALSE(ldl_keep_fits("/a/one.ldl", "one.ldl.x"));
	CU_ASSERT_FALSE(ldl_keep_fits("/a/one.ldl", "one.ldl."));
	CU_ASSERT_FALSE(ldl_keep_fits("/a/one.ldl", "one.ldl1"));
	CU_ASSERT_FALSE(ldl_keep_fits("/a/one.ldl", ""));
	CU_ASSERT_FALSE(ldl_keep_fits("/a/*.ldl", "x.ldl")); /* a star is a star */
}

static void what_expands_fits(void)
{
	static const char *const templates[] = {
		"/run/%e.%p.ldl", "%t-%h", "%n", "%q{PATH}%%", "x%", "%z%p", "%q{", "a.%e.%e"};
	char path[1024];

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		const char *slash;

		CU_ASSERT_TRUE(ldl_options_expand(
			path, sizeof(path), templates[i], "a prog/ram", 4711, 12));
		slash = strrchr(path, '/');
		CU_ASSERT_TRUE(ldl_keep_fits(templates[i], slash ? slash + 1 : path));
	}
}

static char folder[64];
static struct ldl_options options;

static void in_folder(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", folder, name);
}

/* A file of 8 KiB with `magic` at its start, last changed `age` seconds ago. */
static void make_file(const char *name, uint64_t magic, int age)
{
	struct timespec times[2] = {{.tv_sec = 1700000000 - age}, {.tv_sec = 1700000000 - age}};
	char path[128], bytes[8192] = "";
	int fd;

	in_folder(path, name);
	fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);
	memcpy(bytes, &magic, sizeof(magic));
	CU_ASSERT_FATAL(fd >= 0 && write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes) &&
			futimens(fd, times) == 0);
	close(fd);
}

static bool is_there(const char *name)
{
	struct stat about;
	char path[128];

	in_folder(path, name);
	return lstat(path, &about) == 0;
}

static void begin(const char *words)
{
	char text[256], template[128];

	strcpy(folder, "/tmp/ldl-keep-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	in_folder(template, "%e.%p.ldl");
	snprintf(text, sizeof(text), "out=%s:%s", template, words);
	ldl_options_parse(&options, text);
	CU_ASSERT_STRING_EQUAL(options.problem, "");
}

static void limit(void)
{
	char own[128];

	in_folder(own, "own.1.ldl");
	ldl_keep_limit(&options, own);
}

static void end(void)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;

	while ((entry = readdir(stream)))
		unlinkat(dirfd(stream), entry->d_name, 0);
	closedir(stream);
	rmdir(folder);
}

static unsigned int count_files(void)
{
	DIR *stream = opendir(folder);
	unsigned int count = 0;

	while (readdir(stream))
		count++;
	closedir(stream);
	return count - 2;
}

static void the_oldest_go_until_so_many_are_left(void)
{
	begin("keep=3");
	make_file("a.1.ldl", LDL_MAGIC, 30);
	make_file("b.2.ldl", LDL_MAGIC, 50);
	make_file("c.3.ldl", LDL_MAGIC, 10);
	make_file("d.4.ldl.1", LDL_MAGIC, 40);
	make_file("own.1.ldl", LDL_MAGIC, 99);
	limit();
	CU_ASSERT_TRUE(is_there("own.1.ldl") && is_there("c.3.ldl") && is_there("a.1.ldl"));
	CU_ASSERT_EQUAL(count_files(), 3);
	end();
}

static void within_the_limit_nothing_goes(void)
{
	begin("keep=2");
	make_file("a.1.ldl", LDL_MAGIC, 30);
	make_file("own.1.ldl", LDL_MAGIC, 0);
	limit();
	CU_ASSERT_EQUAL(count_files(), 2);
	end();
}

static void without_a_limit_nothing_goes(void)
{
	begin("keep=0:keep-size=0");
	for (int i = 0; i < 5; i++) {
		char name[32];

		snprintf(name, sizeof(name), "a.%d.ldl", i);
		make_file(name, LDL_MAGIC, i);
	}
	limit();
	CU_ASSERT_EQUAL(count_files(), 5);
	end();
}

static void bytes_are_limited_too(void)
{
	begin("keep-size=20K");
	make_file("a.1.ldl", LDL_MAGIC, 30);
	make_file("b.2.ldl", LDL_MAGIC, 20);
	make_file("own.1.ldl", LDL_MAGIC, 0);
	limit();
	CU_ASSERT_TRUE(is_there("own.1.ldl") && is_there("b.2.ldl") && !is_there("a.1.ldl"));
	end();
}

static void more_than_one_batch_goes(void)
{
	begin("keep=2");
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "many.%d.ldl", i);
		make_file(name, LDL_MAGIC, 100 - i);
	}
	make_file("own.1.ldl", LDL_MAGIC, 0);
	limit();
	CU_ASSERT_EQUAL(count_files(), 2);
	CU_ASSERT_TRUE(is_there("own.1.ldl") && is_there("many.99.ldl"));
	end();
}

static void what_is_not_ours_stays(void)
{
	char path[128], target[128];

	begin("keep=1");
	make_file("foreign.1.ldl", 0x1122334455667788, 90); /* no arena */
	make_file("notes.txt", LDL_MAGIC, 90);              /* another name */
	make_file("kept", LDL_MAGIC, 90);
	in_folder(target, "kept");
	in_folder(path, "link.2.ldl");
	CU_ASSERT_EQUAL(symlink(target, path), 0);
	in_folder(path, "folder.3.ldl");
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	in_folder(path, "fifo.4.ldl");
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	if (geteuid() == 0) {
		make_file("other.5.ldl", LDL_MAGIC, 90);
		in_folder(path, "other.5.ldl");
		CU_ASSERT_EQUAL(chown(path, 65534, 65534), 0);
	} else {
		ldl_skip("only root can give a file away");
	}
	make_file("own.1.ldl", LDL_MAGIC, 0);
	make_file("old.9.ldl", LDL_MAGIC, 90); /* the twin: ours, and goes */
	limit();
	CU_ASSERT_FALSE(is_there("old.9.ldl"));
	CU_ASSERT_TRUE(is_there("foreign.1.ldl") && is_there("notes.txt") && is_there("kept"));
	CU_ASSERT_TRUE(
		is_there("link.2.ldl") && is_there("folder.3.ldl") && is_there("fifo.4.ldl"));
	CU_ASSERT_TRUE(geteuid() != 0 || is_there("other.5.ldl"));
	in_folder(path, "folder.3.ldl");
	rmdir(path);
	end();
}

/* Another process has it mapped for writing, as a watched program has; its descriptor is closed. */
static void a_file_in_use_stays_until_its_process_is_gone(void)
{
	int to_child[2], to_parent[2];
	char path[128], word;
	pid_t child;

	begin("keep=1");
	make_file("used.1.ldl", LDL_MAGIC, 90);
	make_file("old.2.ldl", LDL_MAGIC, 50);
	make_file("own.1.ldl", LDL_MAGIC, 0);
	in_folder(path, "used.1.ldl");
	CU_ASSERT_FATAL(pipe(to_child) == 0 && pipe(to_parent) == 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);
		void *bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		close(fd);
		close(to_child[1]);
		if (bytes != MAP_FAILED && write(to_parent[1], "x", 1) == 1)
			(void)!read(to_child[0], &word, 1);
		_exit(0);
	}
	CU_ASSERT_EQUAL(read(to_parent[0], &word, 1), 1);
	limit();
	CU_ASSERT_TRUE(is_there("used.1.ldl") && !is_there("old.2.ldl") && is_there("own.1.ldl"));
	close(to_child[1]);
	waitpid(child, NULL, 0);
	limit();
	CU_ASSERT_FALSE(is_there("used.1.ldl"));
	close(to_child[0]);
	close(to_parent[0]);
	close(to_parent[1]);
	end();
}

LDL_SUITE(keep)
{
	LDL_TEST(names_of_the_template_fit);
	LDL_TEST(other_names_do_not);
	LDL_TEST(what_expands_fits);
	LDL_TEST(the_oldest_go_until_so_many_are_left);
	LDL_TEST(within_the_limit_nothing_goes);
	LDL_TEST(without_a_limit_nothing_goes);
	LDL_TEST(bytes_are_limited_too);
	LDL_TEST(more_than_one_batch_goes);
	LDL_TEST(what_is_not_ours_stays);
	LDL_TEST(a_file_in_use_stays_until_its_process_is_gone);
}
