/* Paths as URIs (RFC 3986): percent-encoded, without "." and needless "..". */
#ifndef VIZ_URI_H
#define VIZ_URI_H

/* "file:///a%20b/c.c" for an absolute path, "a%20b/c.c" for a relative one. The caller frees it;
 * NULL when memory is out. */
char *viz_uri_of_path(const char *path);

#endif
