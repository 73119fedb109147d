/* Lock classes by key. See class.h. */
#include "class.h"

#include "atomic.h"
#include "hash.h"

#include <string.h>

/* One salt for each identity rule, so that a name and a stack never meet. */
enum { SALT_NAMED = 0x6e61, SALT_INIT = 0x696e, SALT_STATIC = 0x7374, SALT_FIRST = 0x6669 };

static uint64_t salted(uint64_t salt, uint64_t hash)
{
	uint64_t key = ldl_hash_add(salt, hash);

	return key ? key : 1;
}

uint64_t ldl_class_key_named(const char *name)
{
	return salted(SALT_NAMED, ldl_hash_bytes(name, strlen(name)));
}

uint64_t ldl_class_key_of_stack(enum ldl_identity identity, uint64_t hash)
{
	return salted(identity == LDL_IDENTITY_INIT ? SALT_INIT : SALT_FIRST, hash);
}

uint64_t ldl_class_key_init(const struct ldl_stack *stack, uint32_t depth)
{
	return ldl_class_key_of_stack(LDL_IDENTITY_INIT, ldl_site_identity(stack, depth));
}

uint64_t ldl_class_key_static(const struct ldl_module_hit *module, uint64_t address)
{
	return salted(SALT_STATIC, ldl_hash_add(module->identity, address - module->base));
}

uint64_t ldl_class_key_first(const struct ldl_stack *stack, uint32_t depth)
{
	return ldl_class_key_of_stack(LDL_IDENTITY_FIRST, ldl_site_identity(stack, depth));
}

uint64_t ldl_class_key_subclass(const struct ldl_class *class, uint32_t subclass)
{
	return salted(subclass, class->key);
}

static ldl_class_id probe_class(
	struct ldl_arena *arena, struct ldl_probe *probe, uint64_t key, uint32_t **slot)
{
	ldl_probe_start(probe, arena, LDL_TABLE_CLASS_HASH, key);
	while ((*slot = ldl_probe_next(probe)) != NULL) {
		/* Acquire: pairs with the release in ldl_probe_store(). */
		ldl_class_id id = ldl_load_acquire(*slot);

		if (id == 0)
			return 0;
		if (ldl_class_at(arena, id)->key == key)
			return id;
	}
	return 0;
}

ldl_class_id ldl_class_find(struct ldl_arena *arena, uint64_t key)
{
	struct ldl_probe probe;
	uint32_t *slot;

	return probe_class(arena, &probe, key, &slot);
}

ldl_class_id ldl_class_make(struct ldl_arena *arena, const struct ldl_class *model)
{
	struct ldl_probe probe;
	uint32_t *slot;
	ldl_class_id id = probe_class(arena, &probe, model->key, &slot);

	if (id)
		return id;
	if (!slot) {
		ldl_table_drop(arena, LDL_TABLE_CLASS_HASH);
		return 0;
	}
	id = ldl_table_take(arena, LDL_TABLE_CLASSES, 1);
	if (!id)
		return 0;
	*ldl_class_at(arena, id) = *model;
	if (model->kind == LDL_KIND_EVENT)
		ldl_class_at(arena, id)->event = (uint16_t)arena->header->event_classes++;
	ldl_probe_store(&probe, LDL_TABLE_CLASS_HASH, slot, id);
	return id;
}
