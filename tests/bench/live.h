/* A server of the distribution's, bare or watched, alive on a unix socket of its own and filled. */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include "bench.h"
#include "client.h"

#include <time.h>

struct bench_server {
	const char *name, *package;
	const struct bench_protocol *protocol;
	int cpus_min; /* with fewer CPUs only the scheduler is measured */
	bool spins;   /* its threads wait for one another on a CPU each: it is not pinned to one */
	char *argv[28]; /* SOCKET and DIRECTORY stand for the paths */
};

struct bench_live {
	/* The caller's: */
	bool watched;
	const char *more; /* options, as in bench_child */
	int out, err;     /* where its output goes; -1: nowhere, and where ours goes */
	/* Made by bench_live_start(): */
	pid_t pid;
	char socket[96], arena[48];
	struct bench_dialogue dialogue;
};

bool bench_live_is_installed(const struct bench_server *server);

/* Starts it, pinned to the second CPU while we are to the first, and stores every key. False: says
 * why on stderr; bench_live_stop() is due in either case. */
bool bench_live_start(const struct bench_setting *setting, const struct bench_server *server,
	struct bench_live *live);

/* CPU time that it has used. */
double bench_live_cpu_ns(const struct bench_live *live);

/* SIGTERM; what wait() told of its end, -1 when it had not been started. */
int bench_live_stop(struct bench_live *live);

#endif
