/* A load client for memcached and redis, over a unix socket: client.c sends, receives, compares and
 * takes times; requests.c knows what is asked and what has to be answered. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/histogram.h"

#define BENCH_CONNECTIONS 8
#define BENCH_BATCH_MAX   16
#define BENCH_KEYS        10000
#define BENCH_SPARE_KEYS  30000
/* A batch of stores of the longest values, and of gets: less than what a unix socket holds, so
 * that a client that is still sending never waits for a server that is still answering. */
#define BENCH_VALUE_MAX   4096
#define BENCH_BATCH_BYTES (BENCH_BATCH_MAX * (BENCH_VALUE_MAX + 128))

/* Bytes in the making; `bytes` has room for BENCH_BATCH_BYTES. */
struct bench_text {
	char *bytes;
	size_t len;
};

/* requests.c */
struct bench_protocol;
extern const struct bench_protocol bench_memcached, bench_redis;

/* What one server has been asked so far, hence what it has to answer. Each connection has keys of
 * its own, so that it does not matter in which order the server takes them. */
struct bench_dialogue {
	const struct bench_protocol *protocol;
	/* False: gets and one store of eight, values of 16 bytes. True: also deletes, stores of
	 * what is absent, counters, touches; some values of 4 KiB. */
	bool is_mixed;
	uint64_t seed;   /* not 0 */
	uint32_t serial; /* of the last store */
	int filled;      /* steps of filling that are done */
	/* The serial that made a key's value, or its count; 0: absent. */
	uint32_t stored[BENCH_KEYS + BENCH_SPARE_KEYS];
};

/* Appends one request and the answer that is due. */
void bench_ask(struct bench_dialogue *dialogue, int connection, struct bench_text *request,
	struct bench_text *answer);

/* Appends the next step of filling: each key is stored once. When requests are mixed there are
 * spare keys too, which are stored and deleted again: so the server has all the memory that it
 * will need from the start. (memcached takes it by the MiB, and its threads hold some thousands of
 * replaced values back for a while.) */
bool bench_is_filled(const struct bench_dialogue *dialogue);
void bench_ask_to_fill(
	struct bench_dialogue *dialogue, struct bench_text *request, struct bench_text *answer);

/* client.c */
struct bench_client {
	const char *socket_path;
	struct bench_dialogue *dialogue;
	int batch; /* requests under way on each connection, 1 to BENCH_BATCH_MAX */
	struct histogram
		*latency; /* NULL, or gets the nanoseconds from a batch to its last answer */
};

/* Stores every key once. False: no server, or a wrong answer; may be tried again. */
bool bench_client_fill(const struct bench_client *client);

/* Operations done in about `seconds`; -1: the server is not there or answered wrongly. Whatever was
 * asked has been answered when it returns. */
double bench_client_run(const struct bench_client *client, double seconds);

#endif
