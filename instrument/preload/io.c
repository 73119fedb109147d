/* The calls that a FUSE daemon speaks to the kernel through. See fuse.h; everybody else's pass. */
#include "instrument/preload/fuse.h"
#include "instrument/preload/real.h"

#include <fcntl.h>
#include <unistd.h>

/* Enough of a message for what is looked at. */
#define HEAD 64u

/* The first bytes of what is spread over several buffers; how many in *have, of all in *whole. */
static void gather(const struct iovec *parts, int count, char *head, size_t *have, size_t *whole)
{
	*have = *whole = 0;
	for (int i = 0; i < count; i++) {
		size_t len = parts[i].iov_len;

		*whole += len;
		if (len > HEAD - *have)
			len = HEAD - *have;
		if (len)
			memcpy(head + *have, parts[i].iov_base, len);
		*have += len;
	}
}

LDL_INLINE ssize_t was_read(int fd, const void *bytes, ssize_t size, const void *caller)
{
	if (ldl_likely(size < 0) || ldl_likely(!ldl_fuse_may_be_request(bytes, (size_t)size)))
		return size;
	ldl_fuse_note_read(fd, bytes, (size_t)size, (size_t)size, caller);
	return size;
}

LDL_EXPORT ssize_t read(int fd, void *bytes, size_t size)
{
	return was_read(fd, bytes, ldl_real.read(fd, bytes, size), LDL_CALLER);
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);

/* What read() is in programs that are built with _FORTIFY_SOURCE. */
LDL_EXPORT ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
	return was_read(fd, bytes, ldl_real.__read_chk(fd, bytes, size, room), LDL_CALLER);
}

LDL_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	ssize_t size = ldl_real.readv(fd, parts, count);
	char head[HEAD];
	size_t have, whole;

	if (size < (ssize_t)sizeof(struct ldl_fuse_request))
		return size;
	gather(parts, count, head, &have, &whole);
	if (have > (size_t)size)
		have = (size_t)size;
	if (have >= sizeof(struct ldl_fuse_request) && ldl_fuse_may_be_request(head, (size_t)size))
		ldl_fuse_note_read(fd, head, have, (size_t)size, LDL_CALLER);
	return size;
}

LDL_EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
	struct ldl_fuse_write note;
	ssize_t written;

	if (ldl_likely(!ldl_fuse_is_served))
		return ldl_real.write(fd, bytes, size);
	ldl_fuse_write_begin(&note, fd, bytes, size, size, LDL_CALLER);
	written = ldl_real.write(fd, bytes, size);
	ldl_fuse_write_end(&note);
	return written;
}

LDL_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	struct ldl_fuse_write note;
	char head[HEAD];
	size_t have, whole;
	ssize_t written;

	if (ldl_likely(!ldl_fuse_is_served))
		return ldl_real.writev(fd, parts, count);
	gather(parts, count, head, &have, &whole);
	ldl_fuse_write_begin(&note, fd, head, have, whole, LDL_CALLER);
	written = ldl_real.writev(fd, parts, count);
	ldl_fuse_write_end(&note);
	return written;
}

LDL_EXPORT ssize_t splice(
	int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned int flags)
{
	ssize_t moved = ldl_real.splice(in, in_at, out, out_at, size, flags);

	if (ldl_unlikely(ldl_fuse_is_served) && moved > 0)
		ldl_fuse_note_spliced(in, (size_t)moved);
	return moved;
}

LDL_EXPORT ssize_t vmsplice(int fd, const struct iovec *parts, size_t count, unsigned int flags)
{
	ssize_t moved = ldl_real.vmsplice(fd, parts, count, flags);
	char head[HEAD];
	size_t have, whole;

	if (ldl_unlikely(ldl_fuse_is_served) && moved > 0) {
		gather(parts, (int)count, head, &have, &whole);
		ldl_fuse_note_answer(head, have);
	}
	return moved;
}
