/* Which part of a global variable lies at an address. Alone reads types from DWARF. */
#include "variable.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 3000000u /* DWARF entries visited in one module */
#define NESTING_MAX 32u      /* of scopes in a unit, of members in a type */
#define SIZES_MAX   8u       /* dimensions of an array */

struct viz_variable {
	Dwarf_Addr start;
	Dwarf_Die die;
};

/* The variables of one module while they are collected. */
struct collector {
	struct viz_module *module;
	Dwarf_Addr bias;
	size_t capacity;
	unsigned int visited;
};

static void keep_variable(struct collector *collector, Dwarf_Die *die)
{
	struct viz_module *module = collector->module;
	Dwarf_Attribute memory;
	Dwarf_Op *operations;
	size_t count;

	if (dwarf_getlocation(dwarf_attr(die, DW_AT_location, &memory), &operations, &count) != 0 ||
		count != 1 || operations[0].atom != DW_OP_addr)
		return;
	if (module->variable_count == collector->capacity) {
		size_t capacity = collector->capacity ? collector->capacity * 2 : 256;
		void *grown = realloc(module->variables, capacity * sizeof(struct viz_variable));

		if (!grown)
			return;
		module->variables = grown;
		collector->capacity = capacity;
	}
	module->variables[module->variable_count++] =
		(struct viz_variable){operations[0].number + collector->bias, *die};
}

static bool has_variables(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_inlined_subroutine;
}

/* Walks a unit's scopes, each level of nesting with its own place in `at`. */
static void collect_unit(struct collector *collector, Dwarf_Die *unit)
{
	Dwarf_Die at[NESTING_MAX];
	unsigned int depth = 0;

	if (dwarf_child(unit, &at[0]) != 0)
		return;
	while (collector->visited++ < ENTRIES_MAX) {
		int tag = dwarf_tag(&at[depth]);

		if (tag == DW_TAG_variable)
			keep_variable(collector, &at[depth]);
		if (has_variables(tag) && depth + 1 < NESTING_MAX &&
			dwarf_child(&at[depth], &at[depth + 1]) == 0) {
			depth++;
			continue;
		}
		while (dwarf_siblingof(&at[depth], &at[depth]) != 0) {
			if (depth-- == 0)
				return;
		}
	}
}

static int compare_variables(const void *one, const void *other)
{
	const struct viz_variable *a = one, *b = other;

	return (a->start > b->start) - (a->start < b->start);
}

static void collect_module(struct viz_module *module)
{
	struct collector collector = {.module = module};
	Dwarf_Die *unit = NULL;

	module->has_variables = true;
	if (!module->has_dwarf)
		return;
	while ((unit = dwfl_module_nextcu(module->module, unit, &collector.bias)))
		collect_unit(&collector, unit);
	if (module->variable_count)
		qsort(module->variables, module->variable_count, sizeof(struct viz_variable),
			compare_variables);
}

static Dwarf_Die *find_variable(struct viz_module *module, Dwarf_Addr start)
{
	struct viz_variable key = {.start = start};
	struct viz_variable *found;

	if (!module->has_variables)
		collect_module(module);
	if (!module->variable_count)
		return NULL;
	found = bsearch(
		&key, module->variables, module->variable_count, sizeof(key), compare_variables);
	return found ? &found->die : NULL;
}

void viz_variable_forget(struct viz_module *module)
{
	free(module->variables);
	module->variables = NULL;
	module->variable_count = 0;
	module->has_variables = false;
}

/* The names under which a lock hides its insides. */
static bool is_lock_type(Dwarf_Die *type)
{
	static const char *const prefixes[] = {"pthread_", "mtx_t", "cnd_t", "mutex", "__mutex",
		"recursive_mutex", "timed_mutex", "recursive_timed_mutex", "shared_mutex",
		"shared_timed_mutex", "__shared_mutex", "ldl_"};
	const char *name = dwarf_diename(type);

	for (size_t i = 0; name && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

/* A lock or event of the kernel-style header, by what it begins with: its insides are nobody's
 * business, wherever the address lies. */
static bool is_whole_type(Dwarf_Die *type)
{
	Dwarf_Attribute memory;
	Dwarf_Die first, of_first;
	const char *name;

	if (dwarf_tag(type) != DW_TAG_structure_type || dwarf_child(type, &first) != 0 ||
		!dwarf_formref_die(dwarf_attr_integrate(&first, DW_AT_type, &memory), &of_first))
		return false;
	name = dwarf_diename(&of_first);
	return name && (strncmp(name, "ldlk_", 5) == 0 || strcmp(name, "lockdep_map") == 0);
}

/* The type of a variable, member or element, without typedefs and qualifiers. False at a lock. */
static bool read_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute memory;
	Dwarf_Die at = *die;

	for (unsigned int i = 0; i < NESTING_MAX; i++) {
		if (!dwarf_formref_die(dwarf_attr_integrate(&at, DW_AT_type, &memory), type))
			return false;
		if (is_lock_type(type))
			return is_whole_type(type);
		switch (dwarf_tag(type)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_atomic_type:
			at = *type;
			break;
		default:
			return true;
		}
	}
	return false;
}

/* The number of elements in each dimension of an array; 0 when it is not constant. */
static unsigned int read_dimensions(Dwarf_Die *array, Dwarf_Word sizes[SIZES_MAX])
{
	Dwarf_Attribute memory;
	Dwarf_Die child;
	unsigned int count = 0;

	if (dwarf_child(array, &child) != 0)
		return 0;
	do {
		Dwarf_Word number;

		if (dwarf_tag(&child) != DW_TAG_subrange_type)
			continue;
		if (count == SIZES_MAX)
			return 0;
		if (dwarf_formudata(dwarf_attr(&child, DW_AT_count, &memory), &number) == 0)
			sizes[count++] = number;
		else if (dwarf_formudata(dwarf_attr(&child, DW_AT_upper_bound, &memory), &number) ==
			 0)
			sizes[count++] = number + 1;
		else
			return 0;
	} while (dwarf_siblingof(&child, &child) == 0);
	return count;
}

/* Where one is on the way from a variable to a part of it. */
struct walk {
	Dwarf_Die at;      /* the variable, member or array whose type comes next */
	Dwarf_Word offset; /* still to go */
	char *path;
	size_t size, used;
};

static void append(struct walk *walk, const char *before, const char *text, const char *after)
{
	int len = snprintf(
		walk->path + walk->used, walk->size - walk->used, "%s%s%s", before, text, after);

	if (len > 0 && (size_t)len < walk->size - walk->used)
		walk->used += (size_t)len;
	else
		walk->path[walk->used] = 0;
}

static bool enter_element(struct walk *walk, Dwarf_Die *array)
{
	Dwarf_Word sizes[SIZES_MAX], stride, bytes;
	unsigned int count = read_dimensions(array, sizes);
	Dwarf_Attribute memory;
	Dwarf_Die element;

	if (count == 0 ||
		!dwarf_formref_die(dwarf_attr_integrate(array, DW_AT_type, &memory), &element) ||
		dwarf_aggregate_size(&element, &bytes) != 0 || bytes == 0)
		return false;
	stride = bytes;
	for (unsigned int i = 1; i < count; i++)
		stride *= sizes[i];
	for (unsigned int i = 0; i < count; i++) {
		char index[24];

		if (stride == 0 || walk->offset / stride >= sizes[i])
			return false;
		snprintf(index, sizeof(index), "%llu", (unsigned long long)(walk->offset / stride));
		append(walk, "[", index, "]");
		walk->offset %= stride;
		if (i + 1 < count && sizes[i + 1])
			stride /= sizes[i + 1];
	}
	walk->at = *array;
	return true;
}

/* Enters the member that covers the offset; a base class or an unnamed member adds no name. */
static bool enter_member(struct walk *walk, Dwarf_Die *structure)
{
	Dwarf_Attribute memory;
	Dwarf_Die child, type;

	if (dwarf_child(structure, &child) != 0)
		return false;
	do {
		Dwarf_Word start, bytes;
		int tag = dwarf_tag(&child);
		const char *name = dwarf_diename(&child);

		if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) ||
			dwarf_formudata(dwarf_attr(&child, DW_AT_data_member_location, &memory),
				&start) != 0)
			continue;
		if (!dwarf_formref_die(dwarf_attr(&child, DW_AT_type, &memory), &type) ||
			dwarf_aggregate_size(&type, &bytes) != 0)
			continue;
		if (walk->offset < start || walk->offset - start >= bytes)
			continue;
		if (tag == DW_TAG_member && name)
			append(walk, ".", name, "");
		walk->offset -= start;
		walk->at = child;
		return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

bool viz_variable_path(
	struct viz_module *module, Dwarf_Addr start, Dwarf_Word offset, char *path, size_t size)
{
	struct walk walk = {.offset = offset, .path = path, .size = size};
	Dwarf_Die *variable = find_variable(module, start);
	Dwarf_Die type;
	bool is_good = variable != NULL;

	path[0] = 0;
	if (variable)
		walk.at = *variable;
	for (unsigned int i = 0; is_good && i < NESTING_MAX && read_type(&walk.at, &type); i++) {
		if (is_whole_type(&type))
			return true;
		if (dwarf_tag(&type) == DW_TAG_array_type)
			is_good = enter_element(&walk, &type);
		else if (dwarf_tag(&type) == DW_TAG_structure_type ||
			 dwarf_tag(&type) == DW_TAG_class_type)
			is_good = enter_member(&walk, &type);
		else
			break;
	}
	if (is_good && walk.offset == 0)
		return true;
	path[0] = 0;
	return false;
}
