/* Whether the process that an arena names is still there: its pid may belong to another by now. */
#include "fmt.h"
#include "snapshot.h"
#include "sys.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_TICK   10000000ull         /* /proc counts in hundredths of a second everywhere */
#define TOLERANCE_NS  (2 * NS_PER_SECOND) /* two clocks, one of them coarse */
#define STAT_MAX      1024u               /* bytes of /proc/PID/stat */
#define FIELD_STATE   3u                  /* its numbers as in proc(5); the first after the name */
#define FIELD_THREADS 20u
#define FIELD_START   22u

/* Text of /proc/PID/stat from its third field on, in `text`; NULL: no such process. */
static const char *read_stat(char text[STAT_MAX], uint32_t pid)
{
	char path[32];
	int64_t len;
	char *end;
	int fd;

	ldl_fmt(path, sizeof(path), "/proc/%u/stat", pid);
	fd = ldl_sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	len = ldl_sys_pread(fd, text, STAT_MAX - 1, 0);
	ldl_sys_close(fd);
	if (len <= 0)
		return NULL;
	text[len] = 0;
	end = strrchr(text, ')'); /* the name may hold any character, this one too */
	return end && end[1] == ' ' ? end + 2 : NULL;
}

/* Reads field `number` of a text that begins with the state's. */
static uint64_t field_number(const char *text, unsigned int number)
{
	uint64_t value = 0;

	for (unsigned int at = FIELD_STATE; at < number; at++) {
		text = strchr(text, ' ');
		if (!text)
			return UINT64_MAX;
		text++;
	}
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	return value;
}

/* A process whose first thread has left looks dead by its state, but has others. */
static bool is_gone(const char *stat)
{
	return (*stat == 'Z' && field_number(stat, FIELD_THREADS) < 2) || *stat == 'X';
}

/* The process was there before the arena that it made, perhaps long before: a fork that keeps its
 * pid through exec. One that has the pid since is younger. Starts are counted in boot time, which
 * also runs while the machine sleeps; the arena's clock does not, so it is moved by what lies
 * between them now, and an answer may be wrong only for a pid that was given out again within that
 * time. */
bool ldl_snapshot_is_live(const struct ldl_snapshot *snapshot)
{
	const struct ldl_header *header = snapshot->arena.header;
	char text[STAT_MAX];
	const char *stat;
	uint64_t now_ns, slept_ns;

	if (!snapshot->arena.base || header->pid == 0 || header->pid > INT32_MAX)
		return false;
	now_ns = ldl_sys_clock_ns(CLOCK_MONOTONIC);
	if (header->start_ns > now_ns)
		return false; /* of an earlier boot */
	stat = read_stat(text, header->pid);
	if (!stat || is_gone(stat))
		return false;
	slept_ns = ldl_sys_clock_ns(CLOCK_BOOTTIME) - now_ns;
	return field_number(stat, FIELD_START) <=
	       (header->start_ns + slept_ns + TOLERANCE_NS) / NS_PER_TICK;
}
