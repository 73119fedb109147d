/* The runs behind the arena of a merged file. See merge_leaf.h. */
#include "merge_leaf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LEN 65536u

/* What is still to be read. */
struct rest {
	const unsigned char *at;
	size_t len;
};

static size_t padded(size_t len)
{
	return (len + 7) / 8 * 8;
}

/* The next `len` bytes, filled up; NULL when there are not that many. */
static const unsigned char *take(struct rest *rest, uint64_t len)
{
	const unsigned char *taken = rest->at;

	if (len > rest->len || padded(len) > rest->len)
		return NULL;
	rest->at += padded(len);
	rest->len -= padded(len);
	return taken;
}

static bool read_leaf(struct rest *rest, struct viz_leaf *leaf)
{
	const unsigned char *bytes = take(rest, sizeof(struct viz_leaf_head));
	const unsigned char *name, *content;
	struct viz_leaf_head head;

	if (!bytes)
		return false;
	memcpy(&head, bytes, sizeof(head));
	name = head.name_len <= NAME_MAX_LEN ? take(rest, head.name_len) : NULL;
	content = name && head.size >= LDL_PAGE ? take(rest, head.size) : NULL;
	if (!content)
		return false;
	leaf->name = strndup((const char *)name, head.name_len);
	leaf->bytes = malloc(head.size);
	leaf->size = head.size;
	if (!leaf->name || !leaf->bytes) {
		viz_leaf_free(leaf);
		return false;
	}
	memcpy(leaf->bytes, content, head.size);
	return true;
}

static bool read_leaves(struct rest *rest, struct viz_leaf **out, size_t *count)
{
	const unsigned char *bytes = take(rest, sizeof(struct viz_leaf_list));
	struct viz_leaf_list list;
	struct viz_leaf *leaves;

	*count = 0;
	if (!bytes)
		return false;
	memcpy(&list, bytes, sizeof(list));
	if (list.magic != VIZ_LEAF_MAGIC || list.version != VIZ_LEAF_VERSION ||
		list.size != rest->len || list.count == 0 ||
		list.count > rest->len / sizeof(struct viz_leaf_head))
		return false;
	leaves = calloc(list.count, sizeof(*leaves));
	while (leaves && *count < list.count && read_leaf(rest, &leaves[*count]))
		(*count)++;
	if (leaves && *count == list.count && rest->len == 0) {
		*out = leaves;
		return true;
	}
	for (size_t i = 0; i < *count; i++)
		viz_leaf_free(&leaves[i]);
	free(leaves);
	*count = 0;
	return false;
}

/* All of [from, from + len). */
static unsigned char *read_bytes(int fd, uint64_t from, size_t len)
{
	unsigned char *bytes = malloc(len);

	for (size_t done = 0; bytes && done < len;) {
		ssize_t got = pread(fd, bytes + done, len - done, (off_t)(from + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			free(bytes);
			return NULL;
		}
		done += (size_t)got;
	}
	return bytes;
}

bool viz_leaves_read(int fd, uint64_t arena_size, struct viz_leaf **leaves, size_t *count)
{
	struct stat status;
	struct rest rest;
	unsigned char *bytes;
	bool is_good;

	*leaves = NULL;
	*count = 0;
	if (fstat(fd, &status) != 0)
		return false;
	if ((uint64_t)status.st_size <= arena_size)
		return true;
	rest.len = (size_t)((uint64_t)status.st_size - arena_size);
	bytes = read_bytes(fd, arena_size, rest.len);
	rest.at = bytes;
	is_good = bytes && read_leaves(&rest, leaves, count);
	free(bytes);
	return is_good;
}

static bool put(int fd, const void *bytes, size_t len)
{
	static const unsigned char zeros[8];
	const unsigned char *at = bytes;

	for (size_t done = 0; done < padded(len);) {
		size_t left = done < len ? len - done : padded(len) - done;
		ssize_t got = write(fd, done < len ? at + done : zeros, left);

		if (got < 0 && errno != EINTR)
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

bool viz_leaves_write(int fd, const struct viz_leaf *leaves, size_t count)
{
	struct viz_leaf_list list = {
		.magic = VIZ_LEAF_MAGIC, .version = VIZ_LEAF_VERSION, .count = (uint32_t)count};
	bool is_good;

	for (size_t i = 0; i < count; i++)
		list.size += sizeof(struct viz_leaf_head) + padded(strlen(leaves[i].name)) +
			     padded(leaves[i].size);
	is_good = put(fd, &list, sizeof(list));
	for (size_t i = 0; is_good && i < count; i++) {
		struct viz_leaf_head head = {
			.size = leaves[i].size, .name_len = (uint32_t)strlen(leaves[i].name)};

		is_good = put(fd, &head, sizeof(head)) && put(fd, leaves[i].name, head.name_len) &&
			  put(fd, leaves[i].bytes, leaves[i].size);
	}
	return is_good;
}
