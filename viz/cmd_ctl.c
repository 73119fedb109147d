/* `lockdep-lite ctl`: switches a watched process while it runs, by a word in its arena.
 *
 * Each lock call reads the control word, or its thread's copy of it, anyway: so nothing is sent and
 * nothing stops. The file is opened for writing by its owner only (or root), and only when it is an
 * arena. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "core/snapshot_parts.h"
#include "observer.h"
#include "self.h"
#include "target.h"
#include "text.h"

static const char help[] =
	"usage: lockdep-lite ctl PID|FILE status|off|nonblock|full|reset\n"
	"\n"
	"Switches a process that is being watched, without stopping it. PID, or the FILE that it\n"
	"writes.\n"
	"\n"
	"  status           what it is doing, and what was learned so far\n"
	"  off              watch nothing; lock calls cost next to nothing\n"
	"  nonblock         watch only sections that must not block, keep no graph\n"
	"  full             watch everything (again)\n"
	"  reset            let observers' figures of contention begin anew\n"
	"\n"
	"  -h, --help       this text\n"
	"\n"
	"Exit status: 0 done; 2 bad usage, no such process, not its owner, or it has ended.\n";

static const char usage_hint[] = "see `lockdep-lite ctl --help`";

static int fail(const char *what, const char *where, const char *mend)
{
	fprintf(stderr, "lockdep-lite: %s: %s: %s\n", what, where, mend);
	return VIZ_EXIT_BAD_INPUT;
}

static const char *mode_name(uint32_t control)
{
	static const char *const names[] = {"unknown", "off", "nonblock", "full"};

	return names[control & LDL_RUN_MASK];
}

/* 0: the word is no mode. */
static uint32_t mode_of(const char *word)
{
	for (uint32_t mode = LDL_RUN_OFF; mode <= LDL_RUN_FULL; mode++) {
		if (strcmp(word, mode_name(mode)) == 0)
			return mode;
	}
	return 0;
}

static int status_of(const struct viz_target *target)
{
	char error[512], self[200];
	const struct ldl_header *header;
	struct viz_run *run;

	if (viz_run_open(&run, target->path, error, sizeof(error)) != LDL_OK) {
		fprintf(stderr, "lockdep-lite: %s\n", error);
		return VIZ_EXIT_BAD_INPUT;
	}
	header = viz_run_snapshot(run)->arena.header;
	printf("watching: %s\n", mode_name(header->control));
	if (*viz_self_cost(header, self, sizeof(self)))
		printf("%s\n", self);
	viz_text_summary(stdout, run);
	viz_run_close(run);
	return 0;
}

/* Whoever writes must be who the process belongs to, whatever the mode bits allow. */
static bool is_owner(int fd)
{
	struct stat about;

	return geteuid() == 0 || (fstat(fd, &about) == 0 && about.st_uid == geteuid());
}

/* Reads the header of a live process's arena; tables that cannot be where it says are empty. False,
 * after one line. */
static bool read_live_header(int fd, const char *path, struct ldl_header *header)
{
	union {
		struct ldl_header header;
		unsigned char bytes[LDL_PAGE];
	} page = {0};
	struct ldl_snapshot judged = {0};
	struct stat about;
	ssize_t len = pread(fd, &page, sizeof(page), 0);

	if (len < 0 || fstat(fd, &about) != 0) {
		fail(strerror(errno), path, "try again");
		return false;
	}
	if (ldl_snapshot_judge_header(&judged, &page.header, (size_t)len, path) != LDL_OK) {
		fprintf(stderr, "lockdep-lite: %s\n", judged.error);
		return false;
	}
	/* What it may say is written to, and nothing else. */
	ldl_snapshot_repair_tables(&page.header, (uint64_t)about.st_size);
	*header = page.header;
	return true;
}

static bool write_word(int fd, const void *word, size_t size, size_t place)
{
	return pwrite(fd, word, size, (off_t)place) == (ssize_t)size;
}

/* Writes the header's control word into the threads' records, as both are now, until they are the
 * same: see core/control.h. Returns the exit status, after one line where it is not 0. */
static int spread_control(int fd, const char *path)
{
	struct ldl_header header;
	const struct ldl_table *threads = &header.tables[LDL_TABLE_THREADS];
	uint32_t control;

	ldl_fence_full(); /* between what was written and what is read, here and below */
	if (!read_live_header(fd, path, &header))
		return VIZ_EXIT_BAD_INPUT;
	do {
		control = header.control;
		for (uint32_t id = 1; id < threads->used; id++)
			if (!write_word(fd, &control, sizeof(control),
				    threads->offset + (size_t)id * threads->slot_size +
					    offsetof(struct ldl_thread_record, control)))
				return fail(strerror(errno), path, "try again");
		ldl_fence_full();
		if (!read_live_header(fd, path, &header))
			return VIZ_EXIT_BAD_INPUT;
	} while (header.control != control);
	return 0;
}

static int switch_mode(int fd, const struct ldl_header *header, const char *path, uint32_t mode)
{
	uint32_t control = ((header->control & ~(uint32_t)LDL_RUN_MASK) + LDL_RUN_EPOCH) | mode;
	char what[300] = "the engine ";
	int status;

	if (header->breaker.code && mode != LDL_RUN_OFF) {
		viz_self_breaker(header, what + strlen(what), sizeof(what) - strlen(what));
		return fail(what, path, "start the process anew, and report this");
	}
	if ((header->control & LDL_RUN_MASK) == mode) {
		/* Who switched it may have been cut off before all threads knew. */
		status = spread_control(fd, path);
		if (status == 0)
			printf("process %u: %s already\n", header->pid, mode_name(mode));
		return status;
	}
	if (!write_word(fd, &control, sizeof(control), offsetof(struct ldl_header, control)))
		return fail(strerror(errno), path, "try again");
	status = spread_control(fd, path);
	if (status == 0)
		printf("process %u: %s -> %s\n", header->pid, mode_name(header->control),
			mode_name(mode));
	return status;
}

static int reset(int fd, const struct ldl_header *header, const char *path)
{
	uint64_t resets = header->counters[LDL_COUNT_RESETS] + 1;

	if (!write_word(fd, &resets, sizeof(resets),
		    offsetof(struct ldl_header, counters) + LDL_COUNT_RESETS * sizeof(resets)))
		return fail(strerror(errno), path, "try again");
	printf("process %u: the figures of contention begin anew\n", header->pid);
	return 0;
}

/* With the file open for writing and locked against other calls of this command. */
static int change(int fd, const char *path, const char *word)
{
	struct ldl_header header;

	if (!is_owner(fd))
		return fail("another user's arena", path, "be its owner, or root");
	if (flock(fd, LOCK_EX) != 0 || !read_live_header(fd, path, &header))
		return VIZ_EXIT_BAD_INPUT;
	return strcmp(word, "reset") == 0 ? reset(fd, &header, path)
					  : switch_mode(fd, &header, path, mode_of(word));
}

static int change_target(const struct viz_target *target, const char *word)
{
	char error[512];
	struct ldl_header header;
	/* Asked before it is open for writing: then we would be its writer. */
	int fd = viz_target_open(target, O_RDONLY, error, sizeof(error));
	int status;

	if (fd < 0) {
		fprintf(stderr, "lockdep-lite: %s\n", error);
		return VIZ_EXIT_BAD_INPUT;
	}
	status = read_live_header(fd, target->path, &header) ? 0 : VIZ_EXIT_BAD_INPUT;
	if (status == 0 && viz_observer_is_frozen(fd, &header))
		status = fail("its process has ended, there is nothing to switch", target->path,
			"name a process that runs");
	close(fd);
	if (status != 0)
		return status;
	fd = viz_target_open(target, O_RDWR, error, sizeof(error));
	if (fd < 0) {
		fprintf(stderr, "lockdep-lite: %s\n", error);
		return VIZ_EXIT_BAD_INPUT;
	}
	status = change(fd, target->path, word);
	close(fd);
	return status;
}

int viz_cmd_ctl(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct viz_target target;
	char error[512];
	const char *word;
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, "h", long_options, NULL);
	if (option == 'h') {
		fputs(help, stdout);
		return 0;
	}
	if (option != -1)
		return fail("ctl: unknown option", argv[optind - 1], usage_hint);
	if (argc - optind != 2)
		return fail("ctl", "a process, and what to do", usage_hint);
	word = argv[optind + 1];
	if (strcmp(word, "status") != 0 && strcmp(word, "reset") != 0 && !mode_of(word))
		return fail("ctl: no such word", word, "give status, off, nonblock, full or reset");
	if (!viz_target_find(&target, argv[optind], error, sizeof(error))) {
		fprintf(stderr, "lockdep-lite: %s\n", error);
		return VIZ_EXIT_BAD_INPUT;
	}
	return strcmp(word, "status") == 0 ? status_of(&target) : change_target(&target, word);
}
