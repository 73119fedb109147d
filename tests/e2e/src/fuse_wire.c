/* The FUSE protocol without a mount, for fuse.sh: fuse_wire CASE. The program plays both sides: the
 * "kernel" is a socket, and fstat(), which the preload library asks whether a descriptor is the
 * device, says so of it. So every way to read, serve and answer is there, in a fixed order. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fuse.h>

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

/* A filesystem's device, and its other end, where the kernel is. Answers go to `sink`. */
struct device {
	int fd, kernel;
};

static struct device first, second;
static int sink;
static int is_device_known = 1;
static uint64_t last_unique = 2;

int fstat(int fd, struct stat *status);

/* Found before libc's, by the preload library too. */
__attribute__((visibility("default"))) int fstat(int fd, struct stat *status)
{
	memset(status, 0, sizeof(*status));
	if (!is_device_known)
		return 0;
	status->st_mode = S_IFCHR | 0600;
	status->st_rdev = makedev(10, 229);
	return 0;
}

static void lock_and_unlock(void)
{
	pthread_mutex_lock(&cache_lock);
	pthread_mutex_unlock(&cache_lock);
}

/* How requests are read and answers written. */
static enum { BY_READ, BY_VECTOR, BY_PIPE } way;

static void read_by_pipe(int in, char *message, size_t size)
{
	int ends[2];

	if (pipe(ends) != 0 || splice(in, NULL, ends[1], NULL, size, 0) != (ssize_t)size)
		exit(3);
	/* In two pieces, as libfuse does with large ones. */
	if (read(ends[0], message, 40) != 40)
		exit(3);
	if (size > 40 && read(ends[0], message + 40, size - 40) != (ssize_t)(size - 40))
		exit(3);
	close(ends[0]);
	close(ends[1]);
}

/* The kernel sends a request and the calling thread reads it; its number. */
static uint64_t receive(const struct device *device, uint32_t opcode, uint64_t node, uint64_t other)
{
	char message[80] = "";
	struct fuse_in_header header = {.len = sizeof(message),
		.opcode = opcode,
		.unique = last_unique += 2,
		.nodeid = node};
	struct iovec parts[2] = {{message, 16}, {message + 16, sizeof(message) - 16}};

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), &other, sizeof(other));
	if (write(device->kernel, message, sizeof(message)) != sizeof(message))
		exit(3);
	if (way == BY_PIPE && opcode != FUSE_INIT)
		read_by_pipe(device->fd, message, sizeof(message));
	else if (way == BY_VECTOR ? readv(device->fd, parts, 2) != sizeof(message)
				  : read(device->fd, message, sizeof(message)) != sizeof(message))
		exit(3);
	return header.unique;
}

static void answer(uint64_t unique)
{
	struct {
		struct fuse_out_header header;
		char body[16];
	} message = {{sizeof(message), 0, unique}, ""};
	struct iovec parts[2] = {{&message.header, 16}, {message.body, 16}};
	ssize_t size;

	if (way == BY_VECTOR)
		size = writev(sink, parts, 2);
	else if (way == BY_PIPE)
		size = vmsplice(sink, parts, 1, 0) + 16; /* the rest would be spliced */
	else
		size = write(sink, &message, sizeof(message));
	if (size != sizeof(message))
		exit(3);
}

/* The daemon tells the kernel something about `node`. */
static void notify(const struct device *device, int32_t code, uint64_t node, int64_t offset)
{
	struct {
		struct fuse_out_header header;
		uint64_t node;
		int64_t offset;
		char rest[16];
	} message = {{sizeof(message), code, 0}, node, offset, ""};
	struct iovec parts[3] = {
		{&message.header, 16}, {&message.node, 16}, {message.rest, sizeof(message.rest)}};
	ssize_t size = way == BY_VECTOR ? writev(device->fd, parts, 3)
					: write(device->fd, &message, sizeof(message));
	char back[sizeof(message)];

	if (size != sizeof(message) || read(device->kernel, back, 1) != 1 ||
		read(device->kernel, back, sizeof(back) - 1) != sizeof(back) - 1)
		exit(3);
}

static void notify_locked(const struct device *device, int32_t code, uint64_t node, int64_t offset)
{
	pthread_mutex_lock(&cache_lock);
	notify(device, code, node, offset);
	pthread_mutex_unlock(&cache_lock);
}

/* A handler that takes the lock. */
static void serve(const struct device *device, uint32_t opcode)
{
	uint64_t unique = receive(device, opcode, 1, 0);

	lock_and_unlock();
	answer(unique);
}

static void serve_and_notify(uint32_t opcode, int32_t code, int64_t offset)
{
	serve(&first, opcode);
	notify_locked(&first, code, 1, offset);
}

static void case_entry(void)
{
	serve_and_notify(FUSE_LOOKUP, FUSE_NOTIFY_INVAL_ENTRY, 0);
}

static void case_delete(void)
{
	serve_and_notify(FUSE_UNLINK, FUSE_NOTIFY_DELETE, 0);
}

static void case_inode(void)
{
	serve_and_notify(FUSE_READ, FUSE_NOTIFY_INVAL_INODE, 0);
}

static void case_store(void)
{
	serve_and_notify(FUSE_WRITE, FUSE_NOTIFY_STORE, 0);
}

static void case_vector(void)
{
	way = BY_VECTOR;
	case_entry();
}

static void case_pipe(void)
{
	way = BY_PIPE;
	case_entry();
}

static void case_attributes(void)
{
	serve_and_notify(FUSE_READ, FUSE_NOTIFY_INVAL_INODE, -1);
}

static void case_other_kind(void)
{
	serve(&first, FUSE_LOOKUP);
	notify_locked(&first, FUSE_NOTIFY_INVAL_INODE, 1, 0);
}

static void case_getattr(void)
{
	serve_and_notify(FUSE_GETATTR, FUSE_NOTIFY_INVAL_ENTRY, 0);
}

static void case_forget(void)
{
	(void)receive(&first, FUSE_FORGET, 1, 0);
	lock_and_unlock();
	notify_locked(&first, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

static void case_poll(void)
{
	serve_and_notify(FUSE_LOOKUP, FUSE_NOTIFY_POLL, 0);
}

static void case_retrieve(void)
{
	serve_and_notify(FUSE_READ, FUSE_NOTIFY_RETRIEVE, 0);
}

/* The answer ends the request, however it is written. */
static void answer_first(void)
{
	answer(receive(&first, FUSE_LOOKUP, 1, 0));
	lock_and_unlock();
	notify_locked(&first, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

static void case_answered(void)
{
	answer_first();
}

static void case_answered_vector(void)
{
	way = BY_VECTOR;
	answer_first();
}

static void case_answered_pipe(void)
{
	way = BY_PIPE;
	answer_first();
}

static void *answer_for(void *unique)
{
	answer(*(uint64_t *)unique);
	return NULL;
}

static void case_answered_elsewhere(void)
{
	uint64_t unique = receive(&first, FUSE_LOOKUP, 1, 0);
	pthread_t worker;

	pthread_create(&worker, NULL, answer_for, &unique);
	pthread_join(worker, NULL);
	lock_and_unlock();
	notify_locked(&first, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

/* Handed on to nobody in particular: the thread that reads the next one serves that. */
static void case_next(void)
{
	(void)receive(&first, FUSE_LOOKUP, 1, 0);
	(void)receive(&first, FUSE_GETATTR, 1, 0);
	lock_and_unlock();
	notify_locked(&first, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

/* A handler that tells the kernel of the very directory that the kernel keeps for it. */
static void notify_inside(uint32_t opcode, uint64_t other, uint64_t node)
{
	uint64_t unique = receive(&first, opcode, 1, other);

	notify(&first, FUSE_NOTIFY_INVAL_ENTRY, node, 0);
	answer(unique);
}

static void case_own(void)
{
	notify_inside(FUSE_LOOKUP, 0, 1);
}

static void case_own_renamed(void)
{
	notify_inside(FUSE_RENAME, 7, 7);
}

static void case_own_elsewhere(void)
{
	notify_inside(FUSE_LOOKUP, 7, 7);
}

/* Set aside for its own notification, the request is held again afterwards. */
static void case_own_then_lock(void)
{
	uint64_t unique = receive(&first, FUSE_LOOKUP, 1, 0);

	notify(&first, FUSE_NOTIFY_INVAL_ENTRY, 7, 0);
	lock_and_unlock();
	answer(unique);
	notify_locked(&first, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

static void *volatile scratch;

/* A page comes to be written, by the program or, as memory gets short, by the kernel itself. */
static void write_page(uint32_t flags)
{
	char message[80] = "";
	struct fuse_in_header header = {
		.len = sizeof(message), .opcode = FUSE_WRITE, .unique = last_unique += 2};
	struct fuse_write_in body = {.write_flags = flags};

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), &body, sizeof(body));
	if (write(first.kernel, message, sizeof(message)) != sizeof(message) ||
		read(first.fd, message, sizeof(message)) != sizeof(message))
		exit(3);
	scratch = malloc(100);
	free(scratch);
	answer(header.unique);
	scratch = malloc(100);
	free(scratch);
}

static void case_writeback(void)
{
	write_page(FUSE_WRITE_CACHE);
}

static void case_write(void)
{
	write_page(0);
}

static void case_writeback_marked(void)
{
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	write_page(FUSE_WRITE_CACHE);
}

static void case_two(void)
{
	(void)receive(&second, FUSE_INIT, 0, 0);
	serve(&first, FUSE_LOOKUP);
	notify_locked(&second, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

static void case_two_second(void)
{
	(void)receive(&second, FUSE_INIT, 0, 0);
	serve(&second, FUSE_LOOKUP);
	notify_locked(&second, FUSE_NOTIFY_INVAL_ENTRY, 1, 0);
}

/* The same bytes through something that is no such device. */
static void case_no_device(void)
{
	is_device_known = 0;
	case_entry();
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"entry", case_entry},
	{"delete", case_delete},
	{"inode", case_inode},
	{"store", case_store},
	{"vector", case_vector},
	{"pipe", case_pipe},
	{"attributes", case_attributes},
	{"other_kind", case_other_kind},
	{"getattr", case_getattr},
	{"forget", case_forget},
	{"poll", case_poll},
	{"retrieve", case_retrieve},
	{"answered", case_answered},
	{"answered_vector", case_answered_vector},
	{"answered_pipe", case_answered_pipe},
	{"answered_elsewhere", case_answered_elsewhere},
	{"next", case_next},
	{"own", case_own},
	{"own_renamed", case_own_renamed},
	{"own_elsewhere", case_own_elsewhere},
	{"own_then_lock", case_own_then_lock},
	{"two", case_two},
	{"two_second", case_two_second},
	{"no_device", case_no_device},
	{"writeback", case_writeback},
	{"write", case_write},
	{"writeback_marked", case_writeback_marked},
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	int ends[2];

	if (pipe(ends) != 0)
		return 3;
	sink = ends[1];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 3;
	first = (struct device){ends[0], ends[1]};
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 3;
	second = (struct device){ends[0], ends[1]};
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(tests[i].name, name) != 0)
			continue;
		if (tests[i].run != case_no_device)
			(void)receive(&first, FUSE_INIT, 0, 0);
		tests[i].run();
		puts("served");
		return 0;
	}
	printf("%s: no such case\n", name);
	return 2;
}
