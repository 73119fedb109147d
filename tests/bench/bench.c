/* `make bench`: what being watched costs. Starts itself under the preload library for the rows that
 * are measured inside one process, starts programs for the others, and prints the table.
 *
 *	bench --preload LIBRARY --alloc LIBRARY --trivial PROGRAM --storm PROGRAM [GROUP…]
 *	bench calls [ROW] | alloc | edges SHAPE  (under a preload library; starts itself so)
 *
 * LIBRARY "none" calibrates: libc against libc, every ratio has to be 1.00. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A thread that lives: glibc takes its atomic paths. */
static void *park(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

static int run_calls(const char *only)
{
	pthread_t parked;

	if (!bench_calls_find())
		return 1;
	if (bench_bare.mutex_lock == bench_ours.mutex_lock)
		printf("bench.note calibration: the watched functions are libc's own\n");
	bench_only = only;
	bench_pin(0);
	bench_rows_one_thread("/alone");
	if (pthread_create(&parked, NULL, park, NULL) != 0)
		return 1;
	bench_rows_one_thread("");
	bench_rows_two_threads();
	return 0;
}

static int run_alloc(void)
{
	pthread_t parked;

	if (!bench_calls_find())
		return 1;
	bench_pin(0);
	bench_rows_alloc("/alone");
	if (pthread_create(&parked, NULL, park, NULL) != 0)
		return 1;
	bench_rows_alloc("");
	return 0;
}

static int run_edges(const char *shape)
{
	if (!bench_calls_find() || !bench_edges(shape))
		return 1;
	return 0;
}

/* tmpfs, as the launcher would choose it. */
static bool make_directory(struct bench_setting *setting)
{
	const char *fallback = getenv("TMPDIR");

	snprintf(setting->directory, sizeof(setting->directory), "/dev/shm/ldl-bench.XXXXXX");
	if (mkdtemp(setting->directory))
		return true;
	snprintf(setting->directory, sizeof(setting->directory), "%.40s/ldl-bench.XXXXXX",
		fallback ? fallback : "/tmp");
	if (mkdtemp(setting->directory))
		return true;
	fprintf(stderr, "bench: %s: cannot be made: set TMPDIR\n", setting->directory);
	return false;
}

static void remove_directory(const struct bench_setting *setting)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", setting->directory);
	if (system(command) != 0)
		fprintf(stderr, "bench: %s: cannot be removed\n", setting->directory);
}

static const struct row_group {
	const char *name;
	void (*run)(const struct bench_setting *);
} groups[] = {
	{"calls", bench_rows_calls},
	{"alloc", bench_rows_of_alloc},
	{"edges", bench_rows_edges},
	{"process", bench_rows_process},
	{"storm", bench_rows_storm},
	{"servers", bench_rows_servers},
};

/* Everything that is printed on the way, by us or by a measured child, goes through this pipe: the
 * machine-readable lines are shown as they come and kept for the table. */
static int run_groups(const struct bench_setting *setting, char **names, int count)
{
	for (size_t i = 0; i < BENCH_ARRAY_LEN(groups); i++) {
		bool is_wanted = count == 0;

		for (int name = 0; name < count; name++)
			is_wanted |= strcmp(names[name], groups[i].name) == 0;
		if (is_wanted)
			groups[i].run(setting);
		fflush(stdout);
	}
	return 0;
}

/* Ratios survive a busy machine better than times do, but not well. */
static void warn_if_busy(void)
{
	double load;

	if (getloadavg(&load, 1) == 1 && load > 1)
		printf("bench.note load average %.1f: other programs run, figures will be high\n",
			load);
	fflush(stdout);
}

static int collect(const struct bench_setting *setting, char **names, int count)
{
	char line[256];
	int lines[2];
	FILE *stream;
	pid_t pid;

	if (pipe(lines) != 0)
		return 1;
	warn_if_busy();
	pid = fork();
	if (pid == 0) {
		dup2(lines[1], 1);
		close(lines[0]);
		close(lines[1]);
		_exit(run_groups(setting, names, count));
	}
	close(lines[1]);
	stream = fdopen(lines[0], "r");
	while (stream && fgets(line, sizeof(line), stream)) {
		fputs(line, stdout);
		fflush(stdout);
		bench_table_add(line);
	}
	bench_reap(pid);
	bench_table_print();
	return 0;
}

int main(int argc, char **argv)
{
	struct bench_setting setting = {.self = "/proc/self/exe"};
	char self[4096] = "";
	int first = 1, status;

	if (argc >= 2 && strcmp(argv[1], "calls") == 0)
		return run_calls(argc > 2 ? argv[2] : "");
	if (argc == 2 && strcmp(argv[1], "alloc") == 0)
		return run_alloc();
	if (argc == 3 && strcmp(argv[1], "edges") == 0)
		return run_edges(argv[2]);
	for (; first + 1 < argc && strncmp(argv[first], "--", 2) == 0; first += 2) {
		if (strcmp(argv[first], "--preload") == 0)
			setting.preload = argv[first + 1];
		else if (strcmp(argv[first], "--alloc") == 0)
			setting.alloc = argv[first + 1];
		else if (strcmp(argv[first], "--trivial") == 0)
			setting.trivial = argv[first + 1];
		else if (strcmp(argv[first], "--storm") == 0)
			setting.storm = argv[first + 1];
	}
	if (!setting.preload || !setting.trivial) {
		fprintf(stderr, "bench: --preload and --trivial are needed: use make bench\n");
		return 2;
	}
	if (strcmp(setting.preload, "none") == 0)
		setting.preload = NULL;
	if (readlink(setting.self, self, sizeof(self) - 1) > 0)
		setting.self = self;
	if (!make_directory(&setting))
		return 1;
	status = collect(&setting, argv + first, argc - first);
	remove_directory(&setting);
	return status;
}
