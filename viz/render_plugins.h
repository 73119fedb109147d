/* Graphviz's plugins, loaded without its configuration file. */
#ifndef VIZ_RENDER_PLUGINS_H
#define VIZ_RENDER_PLUGINS_H

#include <graphviz/gvc.h>
#include <stdbool.h>

/* A context with the layout engines and the renderers; with `cairo` also those that draw with real
 * fonts (PNG, PDF). Without it, text is measured by built-in tables, the same on every machine.
 * Where the plugins are not found beside libgvc, Graphviz's own search (configuration) is used. */
GVC_t *viz_render_context(bool cairo);

/* Whether the context has `type` ("dot", "png") among plugins of `kind` ("layout", "device"). */
bool viz_render_has(GVC_t *context, const char *kind, const char *type);

#endif
