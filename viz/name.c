/* Names of lock classes: short and unique for labels, long for sentences. */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callback.h"
#include "demangle.h"

#define CONTEXT_WORDS "non-blocking context"

/* Names given so far, to make the next one different: open addressing, at most half full. */
struct taken {
	const char *name;
	unsigned int again; /* how often the name was asked for after the first time */
};

struct taken_set {
	struct taken *slots;
	size_t mask;
};

static struct taken *find_taken(struct taken_set *set, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	size_t at;

	for (const char *byte = name; *byte; byte++)
		hash = (hash ^ (unsigned char)*byte) * 0x100000001b3ull;
	for (at = hash & set->mask; set->slots[at].name; at = (at + 1) & set->mask) {
		if (strcmp(set->slots[at].name, name) == 0)
			break;
	}
	return &set->slots[at];
}

/* `name`, or `name#2` and so on when it is taken. */
static const char *make_unique(struct viz_run *run, struct taken_set *set, const char *name)
{
	struct taken *first = find_taken(set, name);
	struct taken *slot = first;
	const char *unique = name;

	while (slot->name) {
		unique = viz_pool_format(&run->derived.pool, "%s#%u", name, ++first->again + 1);
		slot = find_taken(set, unique);
	}
	slot->name = unique;
	return unique;
}

static const char *name_by_stack(struct viz_run *run, ldl_site_id site)
{
	struct viz_stack stack = viz_site_stack(run, site);
	struct viz_pool *pool = &run->derived.pool;
	const struct viz_frame *frame;
	const char *name;
	char *function;

	if (!stack.count)
		return "?";
	frame = &stack.frames[stack.site];
	if (!frame->function && !*frame->module)
		return viz_pool_format(pool, "0x%" PRIx64, frame->offset);
	if (!frame->function)
		return viz_pool_format(
			pool, "%s+0x%" PRIx64, viz_path_base(frame->module), frame->offset);
	function = strdup(frame->function);
	if (function)
		viz_demangle_shorten(function);
	if (frame->line)
		name = viz_pool_format(pool, "%s:%u", function ? function : "?", frame->line);
	else
		name = viz_pool_text(pool, function ? function : "?");
	free(function);
	return name;
}

/* What is no lock says what it is: "event 'done'", "mempool at bio_init:12", "reclaim.fs". */
static const char *name_by_kind(
	struct viz_run *run, ldl_class_id id, const struct ldl_class *class, const char *name)
{
	static const char *const words[LDL_KIND_COUNT] = {
		[LDL_KIND_RECLAIM] = "reclaim",
		[LDL_KIND_NONBLOCK] = CONTEXT_WORDS,
		[LDL_KIND_RESERVE] = "mempool",
		[LDL_KIND_EVENT] = "event",
		[LDL_KIND_CONTEXT] = "context",
	};
	const char *word = words[class->kind % LDL_KIND_COUNT];
	const char *callback = class->kind == LDL_KIND_CONTEXT ? viz_callback_word(run, id) : NULL;

	if (callback)
		return viz_pool_format(&run->derived.pool, "%s '%s'", callback, name);
	if (!word || strncmp(name, word, strlen(word)) == 0 ||
		strncmp(name, CONTEXT_WORDS, strcspn(CONTEXT_WORDS, " ")) == 0)
		return name;
	if (class->identity == LDL_IDENTITY_INIT || class->identity == LDL_IDENTITY_FIRST)
		return viz_pool_format(&run->derived.pool, "%s at %s", word, name);
	if (class->kind == LDL_KIND_NONBLOCK || class->kind == LDL_KIND_CONTEXT)
		return viz_pool_format(&run->derived.pool, "%s %s", word, name);
	return viz_pool_format(&run->derived.pool, "%s '%s'", word, name);
}

static const char *name_class(struct viz_run *run, ldl_class_id id, const struct ldl_class *class)
{
	const char *name = "?";

	if (class->identity == LDL_IDENTITY_ANNOTATED)
		name = viz_pool_text(
			&run->derived.pool, ldl_snapshot_string(&run->snapshot, class->name));
	else if (class->identity == LDL_IDENTITY_STATIC)
		name = viz_run_variable(run, class->object);
	else if (class->identity != LDL_IDENTITY_NONE)
		name = name_by_stack(run, class->site);
	if (name[0] == 0 || strcmp(name, "?") == 0)
		return viz_pool_format(&run->derived.pool, "class %u", id);
	return name_by_kind(run, id, class, name);
}

static bool has_parent(const struct ldl_class *class, ldl_class_id id, uint32_t count)
{
	return class->parent != 0 && class->parent != id && class->parent < count;
}

/* First the classes of their own, then the subclasses, which bear their parent's name. */
static void name_classes(struct viz_run *run, struct taken_set *set)
{
	struct viz_derived *derived = &run->derived;
	uint32_t count = derived->class_count;
	const struct ldl_class *class;
	const char *name;

	for (ldl_class_id id = 1; id < count; id++) {
		class = ldl_snapshot_class(&run->snapshot, id);
		if (!class || has_parent(class, id, count))
			continue;
		name = name_class(run, id, class);
		if (class->subclass)
			name = viz_pool_format(&derived->pool, "%s/%u", name, class->subclass);
		derived->class_names[id] = make_unique(run, set, name);
	}
	for (ldl_class_id id = 1; id < count; id++) {
		class = ldl_snapshot_class(&run->snapshot, id);
		if (!class || derived->class_names[id])
			continue;
		name = derived->class_names[class->parent];
		name = viz_pool_format(&derived->pool, "%s/%u", name ? name : "?", class->subclass);
		derived->class_names[id] = make_unique(run, set, name);
	}
}

static void make_names(struct viz_run *run)
{
	struct viz_derived *derived = &run->derived;
	struct taken_set set = {NULL, 1};

	derived->class_count = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CLASSES);
	derived->class_names = viz_pool_alloc(
		&derived->pool, (derived->class_count + 1) * sizeof(*derived->class_names));
	derived->class_phrases = viz_pool_alloc(
		&derived->pool, (derived->class_count + 1) * sizeof(*derived->class_phrases));
	while (set.mask < (size_t)derived->class_count * 2 + 2)
		set.mask = set.mask * 2 + 1;
	set.slots = calloc(set.mask + 1, sizeof(*set.slots));
	if (set.slots && derived->class_names && derived->class_phrases)
		name_classes(run, &set);
	else
		derived->class_count = 0;
	free(set.slots);
}

const char *viz_class_name(struct viz_run *run, ldl_class_id id)
{
	struct viz_derived *derived = &run->derived;

	if (!derived->class_names)
		make_names(run);
	if (id == 0 || id >= derived->class_count || !derived->class_names[id])
		return "?";
	return derived->class_names[id];
}

const char *viz_class_short_name(struct viz_run *run, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(&run->snapshot, id);
	const char *name = viz_class_name(run, id);
	size_t len = strlen(CONTEXT_WORDS " ");

	if (!class || class->kind != LDL_KIND_NONBLOCK || strncmp(name, CONTEXT_WORDS " ", len))
		return name;
	return strncmp(name + len, "at ", 3) == 0 ? name : name + len;
}

/* The address of a class's only lock, if that still lives; else 0. */
static uint64_t only_address(
	const struct viz_run *run, ldl_class_id id, const struct ldl_class *class)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_INSTANCES);

	for (ldl_instance_id i = 1; class->instances == 1 && i < end; i++) {
		const struct ldl_instance *instance = ldl_snapshot_instance(&run->snapshot, i);

		if (instance && instance->class == id)
			return instance->addr;
	}
	return 0;
}

static const char *origin_words(const struct ldl_class *class)
{
	if (class->kind == LDL_KIND_ALLOCATION)
		return "";
	if (class->identity == LDL_IDENTITY_INIT)
		return " initialised";
	return ldl_kind_is_lock(class->kind) ? " first taken" : " first met";
}

/* "mutex initialised in conn_new (memcached.c:123)"; with the caller where the short name needed a
 * number; with the variable where one is known. */
static const char *phrase_by_stack(
	struct viz_run *run, ldl_class_id id, const struct ldl_class *class)
{
	struct viz_stack stack = viz_site_stack(run, class->site);
	bool is_shared = strchr(viz_class_name(run, id), '#') != NULL;
	const char *variable = viz_run_variable_at(run, only_address(run, id, class));
	const struct viz_frame *caller = stack.frames + stack.site + 1;
	char place[512], called_from[512] = "";

	viz_stack_text(&stack, place, sizeof(place));
	if (is_shared && stack.site + 1 < stack.count && !viz_frame_is_startup(caller))
		viz_frame_text(caller, false, called_from, sizeof(called_from));
	return viz_pool_format(&run->derived.pool, "%s%s in %s%s%s%s%s%s",
		viz_kind_name(class->kind), origin_words(class), place,
		called_from[0] ? ", called from " : "", called_from, variable ? ", variable " : "",
		variable ? variable : "", class->subclass ? ", nested" : "");
}

static const char *make_phrase(struct viz_run *run, ldl_class_id id, const struct ldl_class *class)
{
	const char *name = viz_class_name(run, id);
	const struct ldl_module *module;
	const char *path;

	if (class->identity == LDL_IDENTITY_INIT || class->identity == LDL_IDENTITY_FIRST)
		return phrase_by_stack(run, id, class);
	if (class->identity != LDL_IDENTITY_STATIC && !ldl_kind_is_lock(class->kind))
		return name; /* it says what it is */
	if (class->identity != LDL_IDENTITY_STATIC)
		return viz_pool_format(
			&run->derived.pool, "%s %s", viz_kind_name(class->kind), name);
	module = ldl_snapshot_module(&run->snapshot, ldl_frame_module(class->object));
	path = module ? ldl_snapshot_string(&run->snapshot, module->path) : "";
	if (!ldl_kind_is_lock(class->kind))
		return viz_pool_format(
			&run->derived.pool, "%s (%s)", name, *path ? viz_path_base(path) : "?");
	return viz_pool_format(&run->derived.pool, "%s %s (%s)", viz_kind_name(class->kind), name,
		*path ? viz_path_base(path) : "?");
}

const char *viz_class_phrase(struct viz_run *run, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(&run->snapshot, id);

	if (!class || viz_class_name(run, id)[0] == '?' || id >= run->derived.class_count)
		return "?";
	if (!run->derived.class_phrases[id])
		run->derived.class_phrases[id] = make_phrase(run, id, class);
	return run->derived.class_phrases[id];
}
