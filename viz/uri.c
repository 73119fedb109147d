/* Paths as URIs. See uri.h. */
#include "uri.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "file://"

static bool is_plain(unsigned char byte)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~";

	return byte && strchr(plain, byte);
}

static bool is_up(const char *segment, size_t len)
{
	return len == 2 && segment[0] == '.' && segment[1] == '.';
}

/* Takes the last segment off again. False when there is none that ".." could lead out of. */
static bool drop_segment(char *uri, size_t root, size_t *used)
{
	size_t begin = *used;

	while (begin > root && uri[begin - 1] != '/')
		begin--;
	if (begin == *used || is_up(uri + begin, *used - begin))
		return false;
	*used = begin > root ? begin - 1 : begin;
	return true;
}

static void put_segment(char *uri, size_t root, size_t *used, const char *segment, size_t len)
{
	if (*used > root)
		uri[(*used)++] = '/';
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)segment[i];

		if (is_plain(byte))
			uri[(*used)++] = segment[i];
		else
			*used += (size_t)sprintf(uri + *used, "%%%02X", byte);
	}
}

char *viz_uri_of_path(const char *path)
{
	bool is_absolute = path[0] == '/';
	char *uri = malloc(sizeof(SCHEME) + 2 + 3 * strlen(path));
	size_t used, root;

	if (!uri)
		return NULL;
	used = (size_t)sprintf(uri, "%s", is_absolute ? SCHEME "/" : "");
	root = used;
	while (*path) {
		size_t len = strcspn(path, "/");
		bool is_dot = len == 1 && path[0] == '.';

		if (is_up(path, len)) {
			if (!drop_segment(uri, root, &used) && !is_absolute)
				put_segment(uri, root, &used, path, len);
		} else if (len > 0 && !is_dot) {
			put_segment(uri, root, &used, path, len);
		}
		path += len + (path[len] == '/');
	}
	uri[used] = 0;
	return uri;
}
