/* Finds Graphviz's plugins in the folder beside libgvc and registers them as built-in, so that a
 * missing or stale configuration ("dot -c") stops no picture. */
#include "render_plugins.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"

enum { CORE, DOT, NEATO, PANGO, PLUGIN_COUNT };

static const char *const plugin_names[PLUGIN_COUNT] = {
	[CORE] = "core", [DOT] = "dot_layout", [NEATO] = "neato_layout", [PANGO] = "pango"};

/* Graphviz's own variable beats its compiled-in folder, as it does for Graphviz. */
static bool plugin_folder(char *folder, size_t size)
{
	const char *given = getenv("GVBINDIR");
	const char *slash;
	Dl_info info;

	if (given)
		return snprintf(folder, size, "%s", given) < (int)size;
	if (!dladdr((void *)gvContextPlugins, &info) || !info.dli_fname)
		return false;
	slash = strrchr(info.dli_fname, '/');
	return slash && snprintf(folder, size, "%.*s/graphviz", (int)(slash - info.dli_fname),
				info.dli_fname) < (int)size;
}

static void *load_plugin(const char *folder, const char *name)
{
	static const char *const versions[] = {".6", ".8", ".7", ""};
	char text[PATH_MAX];
	void *library = NULL;

	for (size_t i = 0; i < ldl_array_len(versions) && !library; i++) {
		if (snprintf(text, sizeof(text), "%s/libgvplugin_%s.so%s", folder, name,
			    versions[i]) >= (int)sizeof(text))
			return NULL;
		library = dlopen(text, RTLD_NOW | RTLD_LOCAL);
	}
	if (!library)
		return NULL;
	snprintf(text, sizeof(text), "gvplugin_%s_LTX_library", name);
	return dlsym(library, text);
}

GVC_t *viz_render_context(bool cairo)
{
	/* libgvc keeps the list for as long as the context lives. */
	static lt_symlist_t symbols[PLUGIN_COUNT + 1];
	static char symbol_names[PLUGIN_COUNT][48];
	char folder[PATH_MAX];
	size_t count = 0;

	if (!plugin_folder(folder, sizeof(folder)))
		return gvContext();
	for (size_t i = 0; i < PLUGIN_COUNT; i++) {
		void *address = i != PANGO || cairo ? load_plugin(folder, plugin_names[i]) : NULL;

		if (!address && (i != PANGO || cairo))
			return gvContext();
		if (!address)
			continue;
		snprintf(symbol_names[count], sizeof(symbol_names[count]),
			"gvplugin_%s_LTX_library", plugin_names[i]);
		symbols[count].name = symbol_names[count];
		symbols[count++].address = address;
	}
	symbols[count] = (lt_symlist_t){NULL, NULL};
	return gvContextPlugins(symbols, 0);
}

bool viz_render_has(GVC_t *context, const char *kind, const char *type)
{
	int count = 0;
	char **types = gvPluginList(context, kind, &count, NULL);
	bool has = false;

	for (int i = 0; types && i < count; i++) {
		has |= strcmp(types[i], type) == 0;
		free(types[i]);
	}
	free(types);
	return has;
}
