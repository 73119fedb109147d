/* The client itself: eight connections to a unix socket, each with a batch of requests under way.
 * Every answer is compared byte for byte with what it has to be, so a server that answers something
 * else is no throughput.
 *
 * One thread: on a small machine the server is then the busier one. */
#include "client.h"
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* a server that says nothing for so long has stopped */

struct connection {
	int socket;
	double sent_ns;
	size_t received_len;
	struct bench_text request, expected;
	char request_bytes[BENCH_BATCH_BYTES], expected_bytes[BENCH_BATCH_BYTES];
	char received[BENCH_BATCH_BYTES];
};

static struct connection connections[BENCH_CONNECTIONS];

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* Makes the texts empty, for the next batch. */
static void begin_batch(struct connection *connection)
{
	connection->request = (struct bench_text){connection->request_bytes, 0};
	connection->expected = (struct bench_text){connection->expected_bytes, 0};
	connection->received_len = 0;
}

static bool send_batch(struct connection *connection)
{
	connection->sent_ns = bench_now_ns();
	return send_all(connection->socket, connection->request.bytes, connection->request.len);
}

static bool ask_batch(const struct bench_client *client, int number)
{
	struct connection *connection = &connections[number];

	begin_batch(connection);
	for (int i = 0; i < client->batch; i++)
		bench_ask(client->dialogue, number, &connection->request, &connection->expected);
	return send_batch(connection);
}

/* 1: the batch's answers are complete; 0: more to come; -1: a wrong one, or the end. */
static int receive(struct connection *connection)
{
	char *answer = connection->received;
	const char *expected = connection->expected.bytes + connection->received_len;
	size_t missing = connection->expected.len - connection->received_len;
	ssize_t got = recv(connection->socket, answer, missing, 0);

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0) {
		fprintf(stderr, "bench: server: the connection is lost\n");
		return -1;
	}
	if (memcmp(answer, expected, (size_t)got) != 0) {
		fprintf(stderr, "bench: server: wrong answer: %.*s\ninstead of: %.*s\n",
			got < 200 ? (int)got : 200, answer, got < 200 ? (int)got : 200, expected);
		return -1;
	}
	connection->received_len += (size_t)got;
	return connection->received_len == connection->expected.len;
}

static bool fill_batch(struct bench_dialogue *dialogue, struct connection *connection)
{
	int state = 0;

	begin_batch(connection);
	for (int i = 0; i < BENCH_BATCH_MAX && !bench_is_filled(dialogue); i++)
		bench_ask_to_fill(dialogue, &connection->request, &connection->expected);
	if (!send_batch(connection))
		return false;
	while (state == 0)
		state = receive(connection);
	return state > 0;
}

bool bench_client_fill(const struct bench_client *client)
{
	struct connection *connection = &connections[0];
	bool is_good = true;

	client->dialogue->filled = 0;
	connection->socket = connect_to(client->socket_path);
	if (connection->socket < 0)
		return false;
	while (is_good && !bench_is_filled(client->dialogue))
		is_good = fill_batch(client->dialogue, connection);
	close(connection->socket);
	return is_good;
}

/* Goes on with a connection whose socket can be read. 1: the next batch is under way; 0: more of
 * this one is to come, or it was the last; -1: the server failed. */
static int go_on(const struct bench_client *client, int number, double end_ns, double *done)
{
	struct connection *connection = &connections[number];
	int state = receive(connection);
	double now;

	if (state <= 0)
		return state;
	now = bench_now_ns();
	*done += client->batch;
	if (client->latency)
		histogram_add(client->latency, (uint64_t)(now - connection->sent_ns));
	connection->expected.len = 0;
	if (now >= end_ns)
		return 0;
	return ask_batch(client, number) ? 1 : -1;
}

static double drive(const struct bench_client *client, double end_ns)
{
	struct pollfd polled[BENCH_CONNECTIONS];
	int busy = BENCH_CONNECTIONS;
	double done = 0;

	for (int i = 0; i < BENCH_CONNECTIONS; i++) {
		polled[i] = (struct pollfd){.fd = connections[i].socket, .events = POLLIN};
		if (!ask_batch(client, i))
			return -1;
	}
	while (busy > 0) {
		if (poll(polled, BENCH_CONNECTIONS, PATIENCE_MS) <= 0) {
			fprintf(stderr, "bench: server: no answer\n");
			return -1;
		}
		for (int i = 0; i < BENCH_CONNECTIONS; i++) {
			if (!polled[i].revents)
				continue;
			if (go_on(client, i, end_ns, &done) < 0)
				return -1;
			if (connections[i].expected.len > 0)
				continue;
			polled[i] = (struct pollfd){.fd = -1};
			busy--;
		}
	}
	return done;
}

double bench_client_run(const struct bench_client *client, double seconds)
{
	double done = -1;
	int open = 0;

	while (open < BENCH_CONNECTIONS &&
		(connections[open].socket = connect_to(client->socket_path)) >= 0)
		open++;
	if (open == BENCH_CONNECTIONS)
		done = drive(client, bench_now_ns() + seconds * 1e9);
	while (open > 0)
		close(connections[--open].socket);
	return done;
}
