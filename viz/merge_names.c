/* Strings, modules, stacks and classes of a run, in the union. See merge_union.h. */
#include <string.h>

#include "core/class.h"
#include "core/hash.h"
#include "core/text.h"
#include "merge_union.h"

ldl_string_id viz_entry_string(struct viz_entry *entry, ldl_string_id id)
{
	struct viz_union *whole = entry->whole;
	const char *text = ldl_snapshot_string(entry->run, id);
	size_t len = strlen(text);
	uint64_t key = ldl_hash_bytes(text, len);
	ldl_string_id known = viz_map_get(&whole->strings, key);

	if (len == 0 || (known && strcmp(ldl_text_at(&whole->arena, known), text) == 0))
		return len ? known : 0;
	id = ldl_text_add(&whole->arena, text, len);
	if (id && !known)
		viz_map_put(&whole->strings, key, id);
	return id;
}

static bool is_same_module(const struct viz_union *whole, const struct ldl_module *known,
	const struct ldl_module *module, const char *path)
{
	if (known->build_id_len != module->build_id_len)
		return false;
	if (module->build_id_len)
		return memcmp(known->build_id, module->build_id, module->build_id_len) == 0;
	return strcmp(ldl_text_at(&whole->arena, known->path), path) == 0;
}

/* By build-id, or by path where there is none. Where a file was mapped is its run's affair. */
static ldl_module_id enter_module(struct viz_entry *entry, const struct ldl_module *module)
{
	struct viz_union *whole = entry->whole;
	const char *path = ldl_snapshot_string(entry->run, module->path);
	uint64_t key = module->build_id_len ? ldl_hash_bytes(module->build_id, module->build_id_len)
					    : ldl_hash_bytes(path, strlen(path));
	ldl_module_id id = viz_map_get(&whole->modules, key);

	if (id && is_same_module(whole, ldl_module_at(&whole->arena, id), module, path))
		return id;
	id = ldl_table_take(&whole->arena, LDL_TABLE_MODULES, 1);
	if (!id)
		return 0;
	*ldl_module_at(&whole->arena, id) = *module;
	ldl_module_at(&whole->arena, id)->path = viz_entry_string(entry, module->path);
	ldl_module_at(&whole->arena, id)->base = 0;
	ldl_module_at(&whole->arena, id)->start = ldl_module_at(&whole->arena, id)->end = 0;
	viz_map_put(&whole->modules, key, id);
	return id;
}

ldl_frame viz_entry_frame(struct viz_entry *entry, ldl_frame frame)
{
	ldl_module_id module = ldl_frame_module(frame);

	if (!module)
		return frame;
	return entry->modules[module]
		       ? ldl_frame_make(entry->modules[module], ldl_frame_offset(frame))
		       : 0;
}

static bool is_same_site(
	const struct viz_union *whole, ldl_site_id id, const ldl_frame *frames, uint32_t count)
{
	const struct ldl_site *site = ldl_site_at(&whole->arena, id);

	return site->frame_count == count && memcmp(ldl_frame_at(&whole->arena, site->frame_first),
						     frames, count * sizeof(*frames)) == 0;
}

static ldl_site_id enter_site(struct viz_entry *entry, const ldl_frame *from, uint32_t count)
{
	struct viz_union *whole = entry->whole;
	ldl_frame frames[LDL_STACK_MAX];
	uint64_t hash = count;
	uint32_t first;
	ldl_site_id id;

	for (uint32_t i = 0; i < count; i++) {
		frames[i] = viz_entry_frame(entry, from[i]);
		hash = ldl_hash_add(hash, frames[i]);
	}
	id = viz_map_get(&whole->sites, hash);
	if (id && is_same_site(whole, id, frames, count))
		return id;
	first = ldl_table_take(&whole->arena, LDL_TABLE_FRAMES, count);
	id = first ? ldl_table_take(&whole->arena, LDL_TABLE_SITES, 1) : 0;
	if (!id)
		return 0;
	memcpy(ldl_frame_at(&whole->arena, first), frames, count * sizeof(*frames));
	*ldl_site_at(&whole->arena, id) = (struct ldl_site){hash, first, count};
	viz_map_put(&whole->sites, hash, id);
	return id;
}

ldl_site_id viz_entry_site(struct viz_entry *entry, ldl_site_id id)
{
	uint32_t count;
	const ldl_frame *frames = ldl_snapshot_frames(entry->run, id, &count);

	if (!frames || count > LDL_STACK_MAX)
		return 0;
	if (!entry->sites[id])
		entry->sites[id] = enter_site(entry, frames, count);
	return entry->sites[id];
}

/* What several runs know of one class: whatever one of them knows. */
static void add_to_class(struct ldl_class *known, const struct ldl_class *class)
{
	known->flags |= class->flags;
	if (known->instances > UINT32_MAX - class->instances)
		known->instances = UINT32_MAX;
	else
		known->instances += class->instances;
	if (!known->wait_outer)
		known->wait_outer = class->wait_outer;
	if (!known->wait_inner)
		known->wait_inner = class->wait_inner;
	if (!(known->by_names[0] | known->by_names[1] | known->by_names[2]))
		memcpy(known->by_names, class->by_names, sizeof(known->by_names));
}

static ldl_class_id enter_class(
	struct viz_entry *entry, const struct ldl_class *class, bool is_first)
{
	struct viz_union *whole = entry->whole;
	struct ldl_class model = *class;
	ldl_class_id id = ldl_class_find(&whole->arena, class->key);

	if (id) {
		if (is_first)
			add_to_class(ldl_class_at(&whole->arena, id), class);
		return id;
	}
	model.name = viz_entry_string(entry, class->name);
	model.site = viz_entry_site(entry, class->site);
	model.first_site = viz_entry_site(entry, class->first_site);
	model.object = viz_entry_frame(entry, class->object);
	model.node = 0;
	model.parent = 0;
	model.nest_outer = 0;
	model.turn = 0; /* what it led to is in the findings */
	return ldl_class_make(&whole->arena, &model);
}

/* Classes that lead to others, once all have ids. */
static void link_class(struct viz_entry *entry, ldl_class_id from)
{
	const struct ldl_class *class = ldl_snapshot_class(entry->run, from);
	struct ldl_class *known = ldl_class_at(&entry->whole->arena, entry->classes[from]);

	if (!entry->classes[from])
		return;
	if (!known->parent && entry->classes[class->parent] != entry->classes[from])
		known->parent = entry->classes[class->parent];
	if (!known->nest_outer)
		known->nest_outer = entry->classes[class->nest_outer];
	if (!known->first_site)
		known->first_site = viz_entry_site(entry, class->first_site);
}

void viz_entry_names(struct viz_entry *entry, bool is_first)
{
	for (ldl_module_id id = 1; id < viz_entry_count(entry, LDL_TABLE_MODULES); id++)
		entry->modules[id] = enter_module(entry, ldl_snapshot_module(entry->run, id));
	for (ldl_class_id id = 1; id < viz_entry_count(entry, LDL_TABLE_CLASSES); id++) {
		const struct ldl_class *class = ldl_snapshot_class(entry->run, id);

		/* One that was not written yet when its file was read. */
		if (class->key)
			entry->classes[id] = enter_class(entry, class, is_first);
	}
	for (ldl_class_id id = 1; id < viz_entry_count(entry, LDL_TABLE_CLASSES); id++)
		link_class(entry, id);
}
