/* A filesystem daemon that tells the kernel to forget a name while it holds a lock that its own
 * handlers take: the deadlock that libfuse's manual warns of, and the repaired twin.
 *
 * Expected, and looked for by tests/e2e/fuse.sh (with --repaired: nothing):
 *	error event cache_lock -> event 'fuse directory request' -> cache_lock
 *	error event cache_lock -> event 'fuse data request' -> cache_lock
 *
 * To invalidate an entry the kernel takes the directory's lock, which it holds during a lookup
 * there until the daemon has answered; to invalidate a file's pages it waits for those that are
 * being read. So a lookup comes in, its handler waits for cache_lock; whoever holds that has told
 * the kernel to forget a name, and waits for the lookup: both for ever, and everybody who looks at
 * the mount with them. Nothing of it is annotated here: the preload library reads along.
 *
 * The program mounts itself on a new directory, lets a child look at the file there, expires its
 * cache, unmounts, and ends. Nothing can hang in this run: no request is in progress when the cache
 * expires. Exit status 77: nothing can be mounted here. Needs libfuse3 (`make fuse-example`). */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_INODE 2
#define FILE_NAME  "greeting"
#define CONTENT    "hello\n"
#define SKIPPED    77

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long cache_uses, cache_expiries; /* by cache_lock */

static void use_cache(void)
{
	pthread_mutex_lock(&cache_lock);
	cache_uses++;
	pthread_mutex_unlock(&cache_lock);
}

static void describe(fuse_ino_t inode, struct stat *status)
{
	memset(status, 0, sizeof(*status));
	status->st_ino = inode;
	status->st_mode = inode == FILE_INODE ? S_IFREG | 0444 : S_IFDIR | 0755;
	status->st_nlink = inode == FILE_INODE ? 1 : 2;
	status->st_size = inode == FILE_INODE ? (off_t)strlen(CONTENT) : 0;
}

static void serve_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = {
		.ino = FILE_INODE, .attr_timeout = 60, .entry_timeout = 60};

	use_cache();
	if (parent != FUSE_ROOT_ID || strcmp(name, FILE_NAME) != 0) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	describe(FILE_INODE, &entry.attr);
	fuse_reply_entry(request, &entry);
}

static void serve_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
	struct stat status;

	describe(inode, &status);
	fuse_reply_attr(request, &status, 60);
}

static void serve_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *file)
{
	size_t len = strlen(CONTENT), from = (size_t)offset < len ? (size_t)offset : len;

	use_cache();
	fuse_reply_buf(request, CONTENT + from, size < len - from ? size : len - from);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = serve_lookup,
	.getattr = serve_getattr,
	.read = serve_read,
};

static void *serve(void *session)
{
	fuse_session_loop(session);
	return NULL;
}

/* The kernel is to forget what it keeps of the file: its name, and its pages. */
static void forget(struct fuse_session *session)
{
	fuse_lowlevel_notify_inval_entry(session, FUSE_ROOT_ID, FILE_NAME, strlen(FILE_NAME));
	fuse_lowlevel_notify_inval_inode(session, FILE_INODE, 0, 0);
}

/* Repaired, the lock protects the daemon's own data alone, and the kernel is told without it. */
static void expire(struct fuse_session *session, bool is_repaired)
{
	pthread_mutex_lock(&cache_lock);
	cache_expiries++;
	if (!is_repaired)
		forget(session);
	pthread_mutex_unlock(&cache_lock);
	if (is_repaired)
		forget(session);
}

/* The child, another process, as users of a filesystem are, reads the file each time it is told to;
 * says each time whether it could. */
static void use_mount(const char *directory, int told, int says)
{
	char path[256], text[64], answer;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
	while (read(told, text, 1) == 1) {
		int file = open(path, O_RDONLY);

		answer = file >= 0 && read(file, text, sizeof(text)) == (ssize_t)strlen(CONTENT);
		if (file >= 0)
			close(file);
		if (write(says, &answer, 1) != 1)
			break;
	}
}

struct user {
	pid_t pid;
	int tell, listen;
};

/* The session's loop looks whether it is to end when it has got a request; the second use, which is
 * never served, brings it one. */
static int run(struct fuse_session *session, const struct user *user, bool is_repaired)
{
	pthread_t server;
	char answer = 0;

	if (pthread_create(&server, NULL, serve, session) != 0)
		return 1;
	if (write(user->tell, "", 1) != 1 || read(user->listen, &answer, 1) != 1)
		answer = 0;
	expire(session, is_repaired);
	fuse_session_exit(session);
	if (write(user->tell, "", 1) != 1)
		return 1;
	pthread_join(server, NULL);
	fuse_session_unmount(session);
	printf("the file was %s; %lu uses of the cache, %lu expired\n",
		answer ? "read" : "not read", cache_uses, cache_expiries);
	return answer ? 0 : 1;
}

static bool start_user(struct user *user, const char *directory)
{
	int to[2], from[2];

	if (pipe(to) != 0 || pipe(from) != 0)
		return false;
	user->pid = fork();
	if (user->pid == 0) {
		close(to[1]);
		use_mount(directory, to[0], from[1]);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	user->tell = to[1];
	user->listen = from[0];
	return user->pid > 0;
}

int main(int argc, char **argv)
{
	bool is_repaired = argc > 1 && strcmp(argv[1], "--repaired") == 0;
	char directory[] = "/tmp/fuse_daemon.XXXXXX", *words[] = {argv[0], NULL};
	struct fuse_args arguments = FUSE_ARGS_INIT(1, words);
	struct fuse_session *session;
	struct user user;
	int status = SKIPPED;

	if (!mkdtemp(directory) || !start_user(&user, directory))
		return 1;
	session = fuse_session_new(&arguments, &operations, sizeof(operations), NULL);
	if (session && fuse_session_mount(session, directory) == 0)
		status = run(session, &user, is_repaired);
	else
		puts("skipped: nothing can be mounted: it takes /dev/fuse and the right to mount");
	close(user.tell);
	waitpid(user.pid, NULL, 0);
	if (session)
		fuse_session_destroy(session);
	rmdir(directory);
	return status;
}
