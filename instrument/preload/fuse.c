/* Requests in progress, and what waits for them. See fuse.h.
 *
 * A request that keeps something (fuse_wire.h) takes a slot, whose address in a table is the
 * pseudo-lock that its thread holds. It ends with its answer, whichever thread writes that, or when
 * its thread reads the next request: whoever hands requests on to others serves no longer itself.
 * A request in no thread's hands holds nothing: what is not seen is not reported.
 *
 * All slots of one kind and filesystem are one class. Filesystems are told apart by the descriptor
 * that their first request, INIT, came through; other descriptors (FUSE_DEV_IOC_CLONE) belong to
 * the only filesystem that there is, or to none that is known.
 *
 * Serving does not make a thread an I/O handler, one that holds what reclaim waits for: the kernel
 * takes care not to wait in reclaim for pages that a FUSE daemon writes back, and every daemon
 * that allocates would be an error. But memory gets free by these writes: a thread that allocates
 * on that path and has not marked itself (PR_SET_IO_FLUSHER, which process.c sees) is worth a
 * warning, once: rule D17. */
#include "instrument/preload/fuse.h"
#include "instrument/preload/event.h"

#include "core/engine_policy.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FILESYSTEMS 4u
#define SLOTS       64u
#define NODES       2u
#define ENDING      UINT64_MAX /* of a slot that is being given back */

struct slot {
	uint64_t unique; /* 0: free. Taken and ended by compare-and-swap, by any thread */
	uint64_t nodes[NODES];
	uint32_t filesystem;
	enum ldl_fuse_kind kind;
};

/* A request that the thread has taken from the kernel. */
struct serving {
	uint64_t unique; /* 0: none */
	uint32_t slot;
	bool is_writeback;
	uint32_t spliced; /* bytes that went from the device into a pipe, to be read from there */
	int spliced_fd;
};

static struct slot slots[SLOTS];
static __thread struct serving serving;

/* Never read: their addresses stand for the pseudo-locks. The last of each row is what waits are
 * for. */
static const char places[FILESYSTEMS][LDL_FUSE_KINDS][SLOTS + 1];
#define WAITED SLOTS

/* The descriptors that filesystems' first requests came through. */
static int masters[FILESYSTEMS];
static uint32_t master_count;

uint32_t ldl_fuse_is_served;

#define TYPE(class_name)                                                                           \
	{                                                                                          \
		.kind = LDL_KIND_EVENT, .name = class_name, .class_flags = LDL_CLASS_LEARNED       \
	}
static const struct ldl_lock_type types[FILESYSTEMS][LDL_FUSE_KINDS] = {
	{TYPE(""), TYPE("fuse directory request"), TYPE("fuse data request")},
	{TYPE(""), TYPE("fuse directory request (2nd)"), TYPE("fuse data request (2nd)")},
	{TYPE(""), TYPE("fuse directory request (3rd)"), TYPE("fuse data request (3rd)")},
	{TYPE(""), TYPE("fuse directory request (4th)"), TYPE("fuse data request (4th)")},
};

static const void *place_of(const struct slot *slot, uint32_t at)
{
	return &places[slot->filesystem][slot->kind][at];
}

static bool is_device(int fd)
{
	int saved_errno = errno;
	struct stat status;
	bool is_one = fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
		      status.st_rdev == makedev(10, 229);

	errno = saved_errno;
	return is_one;
}

/* FILESYSTEMS: not known. */
static uint32_t filesystem_of(int fd)
{
	uint32_t count = ldl_load_acquire(&master_count); /* pairs with the release below */

	for (uint32_t i = 0; i < count && i < FILESYSTEMS; i++) {
		if (ldl_load_relaxed(&masters[i]) == fd)
			return i;
	}
	return count > 1 ? FILESYSTEMS : 0;
}

/* INIT came: `fd` is a filesystem's. Two that come at once in two threads count as one too many,
 * which makes some descriptors unknown and nothing wrong. */
static void learn_filesystem(int fd)
{
	uint32_t count = ldl_load_acquire(&master_count);

	for (uint32_t i = 0; i < count && i < FILESYSTEMS; i++) {
		if (ldl_load_relaxed(&masters[i]) == fd)
			return;
	}
	if (count < FILESYSTEMS)
		ldl_store_relaxed(&masters[count], fd);
	ldl_store_release(&master_count, count + 1);
}

/* Ends the request if nobody else has. */
static void end(uint32_t at, uint64_t unique)
{
	struct slot *slot = &slots[at];

	if (!ldl_cas_acq_rel(&slot->unique, &unique, ENDING))
		return;
	/* Another thread may hold it, which is not held against anyone. */
	ldl_engine_release(place_of(slot, at), NULL);
	ldl_store_release(&slot->unique, 0);
}

static void end_own(void)
{
	if (!serving.unique)
		return;
	end(serving.slot, serving.unique);
	serving.unique = 0;
}

static void hold(uint32_t at, const void *caller)
{
	const struct slot *slot = &slots[at];

	if (ldl_engine_acquire(
		    place_of(slot, at), &types[slot->filesystem][slot->kind], LDL_MODE_TRY, caller))
		ldl_engine_acquired();
}

/* A free slot, taken; SLOTS: none. */
static uint32_t take_slot(void)
{
	for (uint32_t at = 0; at < SLOTS; at++) {
		uint64_t expected = 0;

		if (ldl_cas_acq_rel(&slots[at].unique, &expected, ENDING))
			return at;
	}
	return SLOTS;
}

static void begin(uint32_t filesystem, const struct ldl_fuse_request *request, uint64_t node,
	const void *caller)
{
	enum ldl_fuse_kind kind = ldl_fuse_request_keeps(request->opcode);
	uint32_t at;

	if (kind == LDL_FUSE_NOTHING || !ldl_fuse_is_answered(request) || filesystem == FILESYSTEMS)
		return;
	at = take_slot();
	if (at == SLOTS)
		return;
	slots[at].nodes[0] = request->node;
	slots[at].nodes[1] = node;
	slots[at].filesystem = filesystem;
	slots[at].kind = kind;
	serving.unique = request->unique;
	serving.slot = at;
	hold(at, caller);
	ldl_store_release(&slots[at].unique, request->unique);
}

void ldl_fuse_note_read(int fd, const void *bytes, size_t have, size_t size, const void *caller)
{
	struct ldl_fuse_request request;
	uint64_t node = 0;
	bool is_piece;

	memcpy(&request, bytes, sizeof(request));
	is_piece = serving.spliced && request.len == serving.spliced;
	if (!ldl_fuse_is_request(&request, is_piece ? request.len : size) ||
		(!is_piece && !is_device(fd)))
		return;
	end_own();
	ldl_store_relaxed(&ldl_fuse_is_served, 1);
	if (is_piece)
		fd = serving.spliced_fd;
	serving.spliced = 0;
	if (request.opcode == LDL_FUSE_INIT)
		learn_filesystem(fd);
	/* A renaming keeps two directories; the second one's node comes first in its body. */
	if ((request.opcode == LDL_FUSE_RENAME || request.opcode == LDL_FUSE_RENAME2) &&
		have >= sizeof(request) + sizeof(node))
		memcpy(&node, (const char *)bytes + sizeof(request), sizeof(node));
	begin(filesystem_of(fd), &request, node, caller);
	serving.is_writeback = ldl_fuse_is_writeback(
		request.opcode, (const char *)bytes + sizeof(request), have - sizeof(request));
}

void ldl_fuse_note_alloc(const void *caller)
{
	static uint32_t is_said;

	if (!serving.is_writeback ||
		ldl_load_relaxed(&slots[serving.slot].unique) != serving.unique)
		return;
	/* Where some threads are marked, each place is worth a word; else one is enough. */
	if (ldl_load_relaxed(&is_said))
		return;
	if (!ldl_process_has_flushers())
		ldl_store_relaxed(&is_said, 1);
	ldl_engine_unmarked_io(caller);
}

void ldl_fuse_note_spliced(int fd, size_t size)
{
	if (!is_device(fd))
		return;
	end_own();
	serving.spliced = (uint32_t)size;
	serving.spliced_fd = fd;
}

/* The slot of a request that is answered; SLOTS: none. */
static uint32_t find(uint64_t unique)
{
	for (uint32_t at = 0; at < SLOTS; at++) {
		if (ldl_load_acquire(&slots[at].unique) == unique)
			return at;
	}
	return SLOTS;
}

/* A thread that serves a request may notify of another node: then it is not its own request that it
 * would wait for, but others of the kind. */
static bool is_about_own(const struct slot *own, uint64_t node)
{
	return own->nodes[0] == node || own->nodes[1] == node;
}

static void wait_begin(
	struct ldl_fuse_write *write, uint32_t filesystem, enum ldl_fuse_kind kind, uint64_t node)
{
	const struct slot *own = &slots[serving.slot];
	bool is_kind = serving.unique && own->unique == serving.unique && own->kind == kind &&
		       own->filesystem == filesystem;

	write->waited = &places[filesystem][kind][WAITED];
	if (is_kind && is_about_own(own, node))
		write->waited = place_of(own, serving.slot);
	else if (is_kind)
		write->is_set_aside = true;
	if (write->is_set_aside)
		ldl_engine_release(place_of(own, serving.slot), NULL);
	if (!ldl_engine_acquire(
		    write->waited, &types[filesystem][kind], LDL_MODE_EXCLUSIVE, write->caller))
		write->waited = NULL;
}

void ldl_fuse_write_begin(struct ldl_fuse_write *write, int fd, const void *bytes, size_t have,
	size_t whole, const void *caller)
{
	struct ldl_fuse_answer answer;
	enum ldl_fuse_kind kind;
	uint32_t filesystem;
	uint64_t node;

	*write = (struct ldl_fuse_write){.caller = caller};
	if (have < sizeof(answer))
		return;
	memcpy(&answer, bytes, sizeof(answer));
	if (ldl_fuse_is_answer(&answer, whole))
		write->unique = answer.unique;
	if (!ldl_fuse_is_notification(&answer, whole))
		return;
	kind = ldl_fuse_notification_waits((uint32_t)answer.error,
		(const char *)bytes + sizeof(answer), have - sizeof(answer), &node);
	filesystem = filesystem_of(fd);
	if (kind != LDL_FUSE_NOTHING && filesystem != FILESYSTEMS && is_device(fd))
		wait_begin(write, filesystem, kind, node);
}

void ldl_fuse_write_end(const struct ldl_fuse_write *write)
{
	uint32_t at = write->unique ? find(write->unique) : SLOTS;

	if (at != SLOTS)
		end(at, write->unique);
	/* The wait is over, and it was for no lock: nothing is held now. */
	if (write->waited)
		ldl_engine_failed(ldl_self.thread, write->waited);
	if (write->is_set_aside && ldl_load_acquire(&slots[serving.slot].unique) == serving.unique)
		hold(serving.slot, write->caller);
}

void ldl_fuse_note_answer(const void *bytes, size_t have)
{
	struct ldl_fuse_answer answer;
	uint32_t at;

	if (have < sizeof(answer))
		return;
	memcpy(&answer, bytes, sizeof(answer));
	if (!ldl_fuse_is_answer(&answer, answer.len))
		return;
	at = find(answer.unique);
	if (at != SLOTS)
		end(at, answer.unique);
}
