/* Classes and findings by names. See identity.h. */
#include "identity.h"

#include <string.h>
#include <unistd.h>

#include "core/class.h"
#include "core/hash.h"
#include "core/module.h"
#include "frame.h"

#define IDENTITY_BITS 48u

/* One salt for each way to be named, so that a name and a place never meet. */
enum { BY_NAME = 1, BY_OBJECT, BY_STACK, BY_KEY, BY_ADDRESS, BY_BUILD };

/* A hash under way, and whether names alone went into it. */
struct identity {
	uint64_t hash;
	bool by_names;
};

static uint64_t hash_text(const char *text)
{
	return ldl_hash_bytes(text, strlen(text));
}

/* A frame's module, NULL for code that is in none. */
static const struct ldl_module *module_of(const struct viz_run *run, ldl_frame frame)
{
	return ldl_snapshot_module(&run->snapshot, ldl_frame_module(frame));
}

static const char *path_of(const struct viz_run *run, const struct ldl_module *module)
{
	return ldl_snapshot_string(&run->snapshot, module->path);
}

static void add(struct identity *identity, uint64_t word)
{
	identity->hash = ldl_hash_add(identity->hash, word);
}

static void add_place(struct viz_run *run, struct identity *identity, ldl_frame frame, bool is_code)
{
	const struct ldl_module *module = module_of(run, frame);
	uint64_t anchor;

	if (module)
		add(identity, hash_text(viz_path_base(path_of(run, module))));
	if (viz_run_anchor(run, frame, is_code, &anchor)) {
		add(identity, anchor);
		return;
	}
	identity->by_names = false;
	add(identity, module ? BY_BUILD : BY_ADDRESS);
	if (module)
		add(identity, ldl_hash_bytes(module->build_id, module->build_id_len));
	add(identity, ldl_frame_offset(frame));
}

/* How many frames of its stack name the class: as many as give its key. Where none do (the stack
 * was cut), the default number. */
static uint32_t naming_depth(const struct viz_run *run, const struct ldl_class *class,
	const ldl_frame *frames, uint32_t count)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct ldl_module *module = module_of(run, frames[i]);
		const char *path = module ? path_of(run, module) : "";
		uint64_t key;

		if (module && i > 0 && ldl_module_is_runtime(path))
			return i;
		hash = ldl_hash_add(hash,
			module ? ldl_module_identity(path, module->build_id, module->build_id_len)
			       : 0);
		hash = ldl_hash_add(hash, ldl_frame_offset(frames[i]));
		key = ldl_class_key_of_stack(class->identity, hash);
		/* What is no lock may be met in the same place: the engine mixes in what it is. */
		if (key == class->key || ldl_hash_add(key, class->kind) == class->key)
			return i + 1;
	}
	return count < LDL_CLASS_DEPTH ? count : LDL_CLASS_DEPTH;
}

static void add_stack(struct viz_run *run, struct identity *identity, const struct ldl_class *class)
{
	uint32_t count, depth;
	const ldl_frame *frames = ldl_snapshot_frames(&run->snapshot, class->site, &count);

	depth = frames ? naming_depth(run, class, frames, count) : 0;
	identity->by_names &= depth > 0;
	if (depth == 0)
		add(identity, class->key);
	for (uint32_t i = 0; i < depth; i++)
		add_place(run, identity, frames[i], true);
}

static struct identity identify(struct viz_run *run, const struct ldl_class *class)
{
	struct identity identity = {.hash = class->kind, .by_names = true};
	const char *name = ldl_snapshot_string(&run->snapshot, class->name);

	switch (class->identity) {
	case LDL_IDENTITY_ANNOTATED:
		add(&identity, BY_NAME);
		add(&identity, hash_text(name));
		if (class->object)
			add_place(run, &identity, class->object, false);
		break;
	case LDL_IDENTITY_STATIC:
		add(&identity, BY_OBJECT);
		add_place(run, &identity, class->object, false);
		break;
	case LDL_IDENTITY_INIT:
	case LDL_IDENTITY_FIRST:
		add(&identity, BY_STACK + ((uint64_t) class->identity << 8));
		add_stack(run, &identity, class);
		break;
	default:
		add(&identity, BY_KEY);
		add(&identity, class->key);
		identity.by_names = false;
		break;
	}
	return identity;
}

/* A level of nesting is what its parent is, and its number. (No parent has one itself.) */
static struct identity identify_level(struct viz_run *run, const struct ldl_class *class)
{
	const struct ldl_class *parent = ldl_snapshot_class(&run->snapshot, class->parent);
	struct identity identity = identify(run, parent ? parent : class);

	add(&identity, class->subclass);
	return identity;
}

/* What the file says itself; 0: nothing. */
static uint64_t kept(const struct ldl_class *class)
{
	return class->by_names[0] | (uint64_t) class->by_names[1] << 16 |
	       (uint64_t) class->by_names[2] << 32;
}

uint64_t viz_class_identity(struct viz_run *run, ldl_class_id id, bool *by_names)
{
	const struct ldl_class *class = ldl_snapshot_class(&run->snapshot, id);
	struct identity identity;

	*by_names = true;
	if (!class)
		return 0;
	if (kept(class))
		return kept(class);
	identity = identify_level(run, class);
	*by_names = identity.by_names;
	identity.hash &= (1ull << IDENTITY_BITS) - 1;
	return identity.hash ? identity.hash : 1;
}

static uint64_t known_identity(struct viz_run *run, ldl_class_id id)
{
	struct viz_derived *derived = &run->derived;
	uint32_t count = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CLASSES);
	bool by_names;

	if (id == 0 || id >= count)
		return 0;
	if (!derived->class_identities)
		derived->class_identities =
			viz_pool_alloc(&derived->pool, count * sizeof(uint64_t));
	if (!derived->class_identities)
		return viz_class_identity(run, id, &by_names);
	if (!derived->class_identities[id])
		derived->class_identities[id] = viz_class_identity(run, id, &by_names);
	return derived->class_identities[id];
}

/* A sum over the steps, so it does not matter where a cycle is entered; the engine's formula. A
 * file's path may be longer than any that the engine makes: what lies behind is left out. */
uint64_t viz_path_identity(struct viz_run *run, unsigned int kind, unsigned int rule,
	const struct ldl_path_step *steps, uint32_t count, const char *told_apart)
{
	uint64_t sum = count, hash;

	for (uint32_t i = 0; steps && i < count && i < LDL_CYCLE_MAX; i++)
		sum += ldl_hash_add(
			known_identity(run, steps[i].from), known_identity(run, steps[i].to));
	if (told_apart)
		sum += hash_text(told_apart);
	hash = ldl_hash_add((uint64_t)kind << 8 | rule, sum);
	return hash ? hash : 1;
}

static uint64_t finding_identity(
	struct viz_run *run, ldl_finding_id id, const struct ldl_finding *finding)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(&run->snapshot, id, &count);
	const char *note = finding->rule == LDL_RULE_MISUSE
				   ? ldl_snapshot_string(&run->snapshot, finding->note)
				   : NULL;

	return viz_path_identity(run, finding->kind, finding->rule, steps, count, note);
}

bool viz_finding_is_by_names(struct viz_run *run, ldl_finding_id id)
{
	uint32_t count;
	const struct ldl_path_step *steps = ldl_snapshot_path(&run->snapshot, id, &count);
	bool is_from = true, is_to = true;

	for (uint32_t i = 0; i < count && i < LDL_CYCLE_MAX && is_from && is_to; i++) {
		(void)viz_class_identity(run, steps[i].from, &is_from);
		(void)viz_class_identity(run, steps[i].to, &is_to);
	}
	return is_from && is_to;
}

void viz_identity_apply(struct viz_run *run)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_FINDINGS);

	for (ldl_finding_id id = 1; id < end; id++) {
		struct ldl_finding *finding = ldl_finding_at(&run->snapshot.arena, id);

		if (viz_finding_is_whole(finding))
			finding->id = finding_identity(run, id, finding);
	}
}

void viz_identity_keep(struct viz_run *run, unsigned char *bytes, int fd)
{
	const struct ldl_table *table = &run->snapshot.arena.header->tables[LDL_TABLE_CLASSES];
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CLASSES);

	for (ldl_class_id id = 1; id < end; id++) {
		bool by_names;
		uint64_t identity = viz_class_identity(run, id, &by_names);
		uint64_t at = table->offset + (uint64_t)id * sizeof(struct ldl_class) +
			      offsetof(struct ldl_class, by_names);
		uint16_t words[3] = {
			(uint16_t)identity, (uint16_t)(identity >> 16), (uint16_t)(identity >> 32)};

		if (!by_names || !identity)
			continue;
		if (bytes)
			memcpy(bytes + at, words, sizeof(words));
		else if (pwrite(fd, words, sizeof(words), (off_t)at) != sizeof(words))
			return;
	}
}
