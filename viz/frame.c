/* One line of a stack, as a person reads it, and which lines are not worth reading. */
#include "frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/compiler.h"
#include "demangle.h"

const char *viz_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

const char *viz_frame_text(const struct viz_frame *frame, bool is_full, char *text, size_t size)
{
	const char *file = frame->file;
	const char *module = frame->module;
	char place[512], function[1024];

	if (file && !is_full)
		file = viz_path_base(file);
	if (!is_full)
		module = viz_path_base(module);
	if (file && frame->function && frame->line)
		snprintf(place, sizeof(place), "%s:%u", file, frame->line);
	else if (*module)
		snprintf(place, sizeof(place), "%s+0x%" PRIx64 "%s%s", module, frame->offset,
			frame->note ? ", " : "", frame->note ? frame->note : "");
	else
		snprintf(place, sizeof(place), "0x%" PRIx64, frame->offset);
	snprintf(function, sizeof(function), "%s", frame->function ? frame->function : "");
	if (!is_full)
		viz_demangle_shorten(function);
	if (frame->function)
		snprintf(text, size, "%s (%s)", function, place);
	else
		snprintf(text, size, "%s", place);
	return text;
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Functions that only pass a lock on to pthread: their caller is what one wants to read. */
static const char *const wrapper_prefixes[] = {
	"std::",
	"__gnu_cxx::",
	"__gthread_",
	"__gthrw_",
	"pthread_",
	"__pthread_",
	"mtx_",
	"cnd_",
	"boost::mutex",
	"boost::recursive_mutex",
	"boost::shared_mutex",
	"boost::unique_lock",
	"boost::lock_guard",
	"g_mutex_",
	"g_rec_mutex_",
	"g_rw_lock_",
	"uv_mutex_",
	"uv_rwlock_",
	"CRYPTO_THREAD_",
	"inline_mysql_",
	"psi_mutex_",
	"psi_rwlock_",
	"safe_mutex_",
	"my_rw_",
};

/* Parts of the paths of headers whose functions do the same: runtimes' and our own. */
static const char *const wrapper_files[] = {
	"/include/c++/",
	"/gthr-",
	"lockdep_lite/kernel",
	"lockdep_lite.hpp",
};

bool viz_frame_is_wrapper(const struct viz_frame *frame)
{
	const char *module = viz_path_base(frame->module);

	if (begins_with(module, "libstdc++.so") || begins_with(module, "libc++.so"))
		return true;
	for (size_t i = 0; frame->file && i < ldl_array_len(wrapper_files); i++) {
		if (strstr(frame->file, wrapper_files[i]))
			return true;
	}
	if (!frame->function)
		return false;
	for (size_t i = 0; i < ldl_array_len(wrapper_prefixes); i++) {
		if (begins_with(frame->function, wrapper_prefixes[i]))
			return true;
	}
	return false;
}

bool viz_frame_is_startup(const struct viz_frame *frame)
{
	const char *module = viz_path_base(frame->module);

	return begins_with(module, "libc.so") || begins_with(module, "libpthread") ||
	       (frame->function && strcmp(frame->function, "_start") == 0);
}

/* The names that a program has in itself which is linked with the static library, or includes the
 * kernel-style header. */
static const char *const own_prefixes[] = {
	"ldl_",
	"ldlk_",
};

bool viz_frame_is_ours(const struct viz_frame *frame)
{
	if (begins_with(viz_path_base(frame->module), "liblockdep_lite"))
		return true;
	for (size_t i = 0; frame->function && i < ldl_array_len(own_prefixes); i++) {
		if (begins_with(frame->function, own_prefixes[i]))
			return true;
	}
	return false;
}
