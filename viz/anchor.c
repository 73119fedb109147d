/* Symbols by address, each with a hash of what it is called. */
#include "anchor.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "frame.h"

struct viz_anchor {
	GElf_Addr start;
	GElf_Xword size;
	uint64_t name;    /* hash of the name, and of the source file of a local symbol */
	unsigned int nth; /* of the local symbols of that name and file, by address */
	unsigned char binding;
};

/* Symbols while they are collected. */
struct collector {
	struct viz_module *module;
	size_t capacity;
};

/* The name as the program has it: without a version behind it, and without the numbers that
 * compilers give to copies and parts of functions and to variables inside them, since these change
 * with what stands before. */
static uint64_t hash_name(const char *file, const char *name)
{
	uint64_t hash = ldl_hash_bytes(file, strlen(file));
	char plain[1024];
	size_t len = 0;

	for (; *name && *name != '@' && len < sizeof(plain); name++) {
		size_t digits = *name == '.' ? strspn(name + 1, "0123456789") : 0;

		if (strncmp(name, ".lto_priv", 9) == 0)
			name += 8;
		else if (digits && (name[1 + digits] == '.' || !name[1 + digits]))
			name += digits;
		else
			plain[len++] = *name;
	}
	return ldl_hash_add(hash, ldl_hash_bytes(plain, len));
}

static bool is_of_interest(const GElf_Sym *symbol)
{
	unsigned int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_size != 0 && symbol->st_shndx != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_GNU_IFUNC);
}

static bool make_room(struct collector *collector)
{
	struct viz_module *module = collector->module;
	size_t capacity = collector->capacity ? collector->capacity * 2 : 1024;
	void *grown;

	if (module->anchor_count < collector->capacity)
		return true;
	grown = realloc(module->anchors, capacity * sizeof(struct viz_anchor));
	if (!grown)
		return false;
	module->anchors = grown;
	collector->capacity = capacity;
	return true;
}

/* The local symbols of a file follow the symbol that names it. */
static void collect(struct viz_module *module)
{
	struct collector collector = {.module = module};
	int count = dwfl_module_getsymtab(module->module);
	const char *file = "";

	for (int i = 0; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name = dwfl_module_getsym_info(
			module->module, i, &symbol, &address, NULL, NULL, NULL);
		bool is_local;

		if (!name)
			continue;
		if (GELF_ST_TYPE(symbol.st_info) == STT_FILE)
			file = viz_path_base(name);
		if (!is_of_interest(&symbol) || !make_room(&collector))
			continue;
		is_local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL;
		module->anchors[module->anchor_count++] = (struct viz_anchor){
			.start = address,
			.size = symbol.st_size,
			.name = hash_name(is_local ? file : "", name),
			.binding = GELF_ST_BIND(symbol.st_info),
		};
	}
}

static int compare(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static int compare_names(const void *one, const void *other)
{
	const struct viz_anchor *a = one, *b = other;
	int order = compare(a->name, b->name);

	return order ? order : compare(a->start, b->start);
}

/* Of several names for one place: a global one is there in a stripped file as well. */
static unsigned int preference(const struct viz_anchor *anchor)
{
	return anchor->binding == STB_GLOBAL ? 0 : anchor->binding == STB_LOCAL ? 2 : 1;
}

static int compare_places(const void *one, const void *other)
{
	const struct viz_anchor *a = one, *b = other;
	int order = compare(a->start, b->start);

	if (order == 0)
		order = compare(preference(a), preference(b));
	return order ? order : compare(a->name, b->name);
}

static void sort(struct viz_module *module)
{
	struct viz_anchor *anchors = module->anchors;
	size_t count = module->anchor_count;

	if (count == 0)
		return;
	qsort(anchors, count, sizeof(*anchors), compare_names);
	for (size_t i = 1; i < count; i++) {
		bool is_same =
			anchors[i].binding == STB_LOCAL && anchors[i].name == anchors[i - 1].name;

		anchors[i].nth =
			is_same ? anchors[i - 1].nth + (anchors[i].start != anchors[i - 1].start)
				: 0;
	}
	qsort(anchors, count, sizeof(*anchors), compare_places);
}

/* The first of the anchors that begin where the last one at or before `address` does. */
static const struct viz_anchor *nearest(const struct viz_module *module, uint64_t address)
{
	size_t low = 0, high = module->anchor_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (module->anchors[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	low--;
	while (low > 0 && module->anchors[low - 1].start == module->anchors[low].start)
		low--;
	return &module->anchors[low];
}

bool viz_anchor_find(struct viz_module *module, uint64_t address, bool is_code, uint64_t *identity)
{
	const struct viz_anchor *anchor;

	if (!module->has_anchors && module->dwfl) {
		collect(module);
		sort(module);
	}
	module->has_anchors = true;
	anchor = nearest(module, address - is_code);
	if (!anchor || address - is_code - anchor->start >= anchor->size)
		return false;
	*identity = ldl_hash_add(ldl_hash_add(anchor->name, anchor->nth), address - anchor->start);
	return true;
}

void viz_anchor_forget(struct viz_module *module)
{
	free(module->anchors);
	module->anchors = NULL;
	module->anchor_count = 0;
	module->has_anchors = false;
}
