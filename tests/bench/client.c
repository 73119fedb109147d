/* A load client for memcached and redis: eight connections to a unix socket, each with a batch of
 * sixteen requests under way, one of eight a store. Every answer is compared byte for byte with
 * what it has to be, so a server that answers something else is no throughput.
 *
 * One thread: on a small machine the server is then the busier one. */
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS 8
#define BATCH       16
#define KEYS        10000
#define BATCH_BYTES 4096

/* Each format takes the key's number, once or twice. A value is 16 bytes. */
const struct bench_protocol bench_memcached = {
	.get = "get key:%06d\r\n",
	.got = "VALUE key:%06d 0 16\r\nvalue-%010d\r\nEND\r\n",
	.set = "set key:%06d 0 0 16\r\nvalue-%010d\r\n",
	.stored = "STORED\r\n",
};
const struct bench_protocol bench_redis = {
	.get = "*2\r\n$3\r\nGET\r\n$10\r\nkey:%06d\r\n",
	.got = "$16\r\nvalue-%010d\r\n",
	.set = "*3\r\n$3\r\nSET\r\n$10\r\nkey:%06d\r\n$16\r\nvalue-%010d\r\n",
	.stored = "+OK\r\n",
};

struct connection {
	int socket;
	size_t expected_len, received_len;
	char request[BATCH_BYTES], expected[BATCH_BYTES], received[BATCH_BYTES];
};

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

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t append(char *text, size_t len, const char *format, int key)
{
	return len + (size_t)snprintf(text + len, BATCH_BYTES - len, format, key, key);
}
#pragma GCC diagnostic pop

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

/* Asks for `count` keys; stores `first_key` and the following when it is not negative. */
static bool send_batch(struct connection *connection, const struct bench_protocol *protocol,
	uint64_t *seed, int first_key, int count)
{
	size_t len = 0;

	connection->expected_len = connection->received_len = 0;
	for (int i = 0; i < count; i++) {
		uint64_t drawn = bench_random(seed) >> 16;
		int key = first_key >= 0 ? first_key + i : (int)(drawn % KEYS);
		bool is_set = first_key >= 0 || (drawn >> 32) % 8 == 0;

		len = append(connection->request, len, is_set ? protocol->set : protocol->get, key);
		connection->expected_len = append(connection->expected, connection->expected_len,
			is_set ? protocol->stored : protocol->got, key);
	}
	return send_all(connection->socket, connection->request, len);
}

/* 1: the batch's answers are complete and right; 0: more to come; -1: wrong, or the end. */
static int receive(struct connection *connection)
{
	ssize_t got = recv(connection->socket, connection->received + connection->received_len,
		connection->expected_len - connection->received_len, 0);

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0)
		return -1;
	connection->received_len += (size_t)got;
	if (connection->received_len < connection->expected_len)
		return 0;
	if (memcmp(connection->received, connection->expected, connection->expected_len) == 0)
		return 1;
	fprintf(stderr, "bench: server: wrong answer: %.60s\n", connection->received);
	return -1;
}

static bool exchange(struct connection *connection, const struct bench_protocol *protocol,
	uint64_t *seed, int first_key, int count)
{
	int state = 0;

	if (!send_batch(connection, protocol, seed, first_key, count))
		return false;
	while (state == 0)
		state = receive(connection);
	return state > 0;
}

bool bench_client_fill(const struct bench_protocol *protocol, const char *socket_path)
{
	static struct connection connection;
	uint64_t seed = 1;
	bool is_good = true;

	connection.socket = connect_to(socket_path);
	if (connection.socket < 0)
		return false;
	for (int key = 0; is_good && key < KEYS; key += BATCH)
		is_good = exchange(
			&connection, protocol, &seed, key, KEYS - key < BATCH ? KEYS - key : BATCH);
	close(connection.socket);
	return is_good;
}

static double drive(
	struct connection *connections, const struct bench_protocol *protocol, double end_ns)
{
	struct pollfd polled[CONNECTIONS];
	uint64_t seed = 99;
	double done = 0;

	for (int i = 0; i < CONNECTIONS; i++) {
		polled[i] = (struct pollfd){.fd = connections[i].socket, .events = POLLIN};
		if (!send_batch(&connections[i], protocol, &seed, -1, BATCH))
			return -1;
	}
	while (bench_now_ns() < end_ns) {
		if (poll(polled, CONNECTIONS, 1000) <= 0)
			return -1;
		for (int i = 0; i < CONNECTIONS; i++) {
			int state = polled[i].revents ? receive(&connections[i]) : 0;

			if (state < 0)
				return -1;
			if (state == 0)
				continue;
			done += BATCH;
			if (!send_batch(&connections[i], protocol, &seed, -1, BATCH))
				return -1;
		}
	}
	return done;
}

double bench_client_run(
	const struct bench_protocol *protocol, const char *socket_path, double seconds)
{
	static struct connection connections[CONNECTIONS];
	double done = -1;
	int open = 0;

	while (open < CONNECTIONS && (connections[open].socket = connect_to(socket_path)) >= 0)
		open++;
	if (open == CONNECTIONS)
		done = drive(connections, protocol, bench_now_ns() + seconds * 1e9);
	while (open > 0)
		close(connections[--open].socket);
	return done;
}
