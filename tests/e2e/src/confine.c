/* confine CALL=ERRNO… -- PROG [ARG…]: starts a program under a seccomp filter that lets these
 * system calls fail with that error, or `kill`s who makes one. `CALL` is a name of the table below;
 * some stand for a call with certain flags only. Ends with 77 when no filter can be installed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANY 0u

static const struct call {
	const char *name;
	long number;
	unsigned int argument; /* … with one of these bits in it; ANY: whatever it has */
	unsigned int bits;
} calls[] = {
	{"memfd_create", SYS_memfd_create, 0, ANY},
	{"ftruncate", SYS_ftruncate, 0, ANY},
	{"fallocate", SYS_fallocate, 0, ANY},
	{"madvise", SYS_madvise, 0, ANY},
	{"mmap-shared", SYS_mmap, 3, MAP_SHARED},
	{"open-create", SYS_openat, 2, O_CREAT},
	{"open-path", SYS_openat, 2, O_PATH},
	{"open-folder", SYS_openat, 2, O_DIRECTORY},
	{"openat", SYS_openat, 0, ANY},
	{"readlinkat", SYS_readlinkat, 0, ANY},
	{"unlinkat", SYS_unlinkat, 0, ANY},
	{"getdents64", SYS_getdents64, 0, ANY},
	{"fcntl", SYS_fcntl, 0, ANY},
	{"lseek", SYS_lseek, 0, ANY},
	{"fstat", SYS_fstat, 0, ANY},
	{"newfstatat", SYS_newfstatat, 0, ANY},
	{"pread64", SYS_pread64, 0, ANY},
	{"ppoll", SYS_ppoll, 0, ANY},
	{"uname", SYS_uname, 0, ANY},
	{"getpid", SYS_getpid, 0, ANY},
	{"getppid", SYS_getppid, 0, ANY},
	{"gettid", SYS_gettid, 0, ANY},
	{"geteuid", SYS_geteuid, 0, ANY},
	{"tgkill", SYS_tgkill, 0, ANY},
	{"prctl", SYS_prctl, 0, ANY},
	{"prlimit64", SYS_prlimit64, 0, ANY},
	{"rt_sigprocmask", SYS_rt_sigprocmask, 0, ANY},
	{"sched_getaffinity", SYS_sched_getaffinity, 0, ANY},
	{"close", SYS_close, 0, ANY},
	{"munmap", SYS_munmap, 0, ANY},
};

static const struct {
	const char *name;
	unsigned int action;
} actions[] = {
	{"EPERM", SECCOMP_RET_ERRNO | EPERM},
	{"ENOSYS", SECCOMP_RET_ERRNO | ENOSYS},
	{"EACCES", SECCOMP_RET_ERRNO | EACCES},
	{"EINVAL", SECCOMP_RET_ERRNO | EINVAL},
	{"kill", SECCOMP_RET_KILL_PROCESS},
};

static struct sock_filter filter[512];
static unsigned short len;

static void add(unsigned short code, unsigned int value, unsigned char yes, unsigned char no)
{
	filter[len++] = (struct sock_filter){code, yes, no, value};
}

static void forbid(const struct call *call, unsigned int action)
{
	unsigned int argument = offsetof(struct seccomp_data, args) + 8 * call->argument;

	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	if (call->bits == ANY) {
		add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call->number, 0, 1);
	} else {
		add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call->number, 0, 3);
		add(BPF_LD | BPF_W | BPF_ABS, argument, 0, 0);
		add(BPF_JMP | BPF_JSET | BPF_K, call->bits, 0, 1);
	}
	add(BPF_RET | BPF_K, action, 0, 0);
}

/* `CALL=ERRNO`. */
static int parse(const char *word)
{
	size_t name = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (size_t j = 0; j < sizeof(actions) / sizeof(actions[0]); j++) {
			if (strlen(calls[i].name) == name &&
				strncmp(calls[i].name, word, name) == 0 && word[name] &&
				strcmp(actions[j].name, word + name + 1) == 0) {
				forbid(&calls[i], actions[j].action);
				return 0;
			}
		}
	}
	fprintf(stderr, "confine: %s: no such call, or no such error\n", word);
	return -1;
}

int main(int count, char **arguments)
{
	struct sock_fprog program = {.filter = filter};
	int at = 1;

	for (; at < count && strcmp(arguments[at], "--") != 0; at++) {
		if (len > 500 || parse(arguments[at]) != 0)
			return 2;
	}
	if (at + 1 >= count)
		return 2;
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	program.len = len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return 77;
	execvp(arguments[at + 1], arguments + at + 1);
	return 78; /* the filter forbids even that */
}
