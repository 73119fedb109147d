/* The config file. See config.h. */
#include "config.h"

#include "fmt.h"
#include "limits.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MEND "left out; see lockdep-lite-deploy(7)"

static char bytes[LDL_CONFIG_MAX + 1]; /* one more, to tell a file that is too large */

static bool is_blank(char one)
{
	return one == ' ' || one == '\t' || one == '\r';
}

/* Without blanks at both ends. */
static const char *trim(const char *text, size_t *len)
{
	while (*len && is_blank(*text)) {
		text++;
		--*len;
	}
	while (*len && is_blank(text[*len - 1]))
		--*len;
	return text;
}

static size_t without_comment(const char *line, size_t len)
{
	for (size_t at = 0; at < len; at++) {
		if (line[at] == '#' && (at == 0 || is_blank(line[at - 1])))
			return at;
	}
	return len;
}

/* `name = value` as one word, without the blanks around '='. False: it is too long for any option.
 */
static bool join(char *word, size_t size, const char *line, size_t *len)
{
	const char *equals = memchr(line, '=', *len), *value;
	size_t name_len, value_len;

	if (*len >= size)
		return false;
	if (!equals) {
		memcpy(word, line, *len);
		return true;
	}
	name_len = (size_t)(equals - line);
	value_len = *len - name_len - 1;
	value = trim(equals + 1, &value_len);
	line = trim(line, &name_len);
	memcpy(word, line, name_len);
	word[name_len] = '=';
	memcpy(word + name_len + 1, value, value_len);
	*len = name_len + 1 + value_len;
	return true;
}

static bool take_line(struct ldl_options *options, const char *line, size_t len)
{
	char word[LDL_OPTIONS_PATH_MAX + 32];

	/* A file that leads to another one would have no end. */
	return join(word, sizeof(word), line, &len) &&
	       (len < 6 || memcmp(word, "config", 6) != 0) && ldl_options_word(options, word, len);
}

void ldl_config_parse(struct ldl_options *options, const char *text, size_t len, const char *path)
{
	uint32_t number = 0;

	ldl_options_next_source(options);
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line_len = end ? (size_t)(end - text) - at : len - at, used;
		const char *line = text + at;
		char where[192];

		number++;
		used = without_comment(line, line_len);
		line = trim(line, &used);
		if (used && !take_line(options, line, used)) {
			ldl_fmt(where, sizeof(where), "%s:%u", path, number);
			ldl_options_complain(options, where, line, used, MEND);
		}
		at += line_len + 1;
	}
}

/* Why the open file is not to be listened to; NULL: it is. */
static const char *why_not(const struct stat *about)
{
	if (!S_ISREG(about->st_mode))
		return "it is no regular file";
	if (about->st_uid != 0 && about->st_uid != ldl_sys_geteuid())
		return "it belongs to another user: make it root's, or your own";
	if (about->st_mode & (S_IWGRP | S_IWOTH))
		return "others may write to it: chmod go-w";
	if ((uint64_t)about->st_size > LDL_CONFIG_MAX)
		return "it is too large: 16 KiB are read";
	return NULL;
}

/* Reads the file. The bytes read, or -1 with *why it cannot be used. */
static int64_t read_file(const char *path, const char **why)
{
	struct stat about;
	int64_t len;
	int fd = ldl_sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0) {
		*why = fd == -ENOENT   ? "it is not there: correct config="
		       : fd == -EACCES ? "it may not be read: chmod a+r"
				       : "it cannot be opened";
		return fd == -ENOENT ? 0 : -1;
	}
	*why = ldl_sys_fstat(fd, &about) == 0 ? why_not(&about) : "it cannot be looked at";
	len = *why ? -1 : ldl_sys_pread(fd, bytes, sizeof(bytes), 0);
	if (!*why && len < 0)
		*why = "it cannot be read";
	if (len > (int64_t)LDL_CONFIG_MAX) {
		*why = "it is too large: 16 KiB are read";
		len = -1;
	}
	ldl_sys_close(fd);
	return len;
}

static void load_file(struct ldl_options *options, bool is_asked_for, const char *path)
{
	const char *why = NULL;
	int64_t len = read_file(path, &why);

	if (why && (len < 0 || is_asked_for))
		ldl_fmt(options->problem, sizeof(options->problem),
			"the config file is left out: %s: %s", path, why);
	if (why)
		return;
	memcpy(options->config, path, strlen(path) + 1);
	ldl_config_parse(options, bytes, (size_t)len, path);
}

void ldl_config_load(struct ldl_options *options)
{
	const char *text = ldl_options_text();
	char path[LDL_OPTIONS_PATH_MAX] = LDL_CONFIG_PATH;
	bool is_asked_for;

	/* What the variable says counts last, but where the file is, first. */
	ldl_options_parse(options, text);
	is_asked_for = options->has_config;
	if (is_asked_for)
		memcpy(path, options->config, sizeof(path));
	ldl_options_begin(options);
	if (path[0] && !ldl_options_is_secure())
		load_file(options, is_asked_for, path);
	memcpy(path, options->config, sizeof(path));
	ldl_options_words(options, text);
	memcpy(options->config, path, sizeof(path));
	ldl_options_end(options);
}
