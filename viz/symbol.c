/* The symbolizer: looks each address up once, in the module that it belongs to. */
#include "symbol.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "anchor.h"
#include "core/compiler.h"
#include "demangle.h"
#include "module.h"
#include "pool.h"
#include "variable.h"

#define BUCKETS     4096u
#define INLINES_MAX 32u /* inlined calls shown for one address */

struct module_entry {
	struct module_entry *next;
	struct viz_module module;
	struct viz_module_key key; /* its texts are in the pool; the path as given */
	const char *path;          /* clean */
};

struct address_entry {
	struct address_entry *next;
	const struct module_entry *module;
	uint64_t address;
	const struct viz_frame *frames; /* code */
	size_t count;
	const char *name; /* data */
	bool is_data;
};

struct viz_symbolizer {
	struct viz_pool pool;
	struct module_entry *modules;
	struct address_entry *buckets[BUCKETS];
};

struct viz_symbolizer *viz_symbolizer_new(void)
{
	return calloc(1, sizeof(struct viz_symbolizer));
}

void viz_symbolizer_free(struct viz_symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	for (struct module_entry *entry = symbolizer->modules; entry; entry = entry->next) {
		viz_variable_forget(&entry->module);
		viz_anchor_forget(&entry->module);
		viz_module_close(&entry->module);
	}
	viz_pool_free(&symbolizer->pool);
	free(symbolizer);
}

static bool is_same_key(const struct viz_module_key *one, const struct viz_module_key *other)
{
	return one->build_id_len == other->build_id_len && strcmp(one->path, other->path) == 0 &&
	       (one->build_id_len == 0 ||
		       memcmp(one->build_id, other->build_id, one->build_id_len) == 0);
}

static struct module_entry *add_module(
	struct viz_symbolizer *symbolizer, const struct viz_module_key *key)
{
	struct module_entry *entry = viz_pool_alloc(&symbolizer->pool, sizeof(*entry));
	size_t path_size = strlen(key->path) + 1;
	char *path = viz_pool_alloc(&symbolizer->pool, path_size);
	unsigned char *build_id = viz_pool_alloc(&symbolizer->pool, key->build_id_len + 1);

	if (!entry || !path || !build_id)
		return NULL;
	memcpy(path, key->path, path_size);
	if (key->build_id_len)
		memcpy(build_id, key->build_id, key->build_id_len);
	entry->key = (struct viz_module_key){path, build_id, key->build_id_len};
	entry->path = viz_pool_text(&symbolizer->pool, path);
	viz_module_open(&entry->module, &entry->key);
	entry->next = symbolizer->modules;
	symbolizer->modules = entry;
	return entry;
}

static struct module_entry *find_module(
	struct viz_symbolizer *symbolizer, const struct viz_module_key *key)
{
	for (struct module_entry *entry = symbolizer->modules; entry; entry = entry->next) {
		if (is_same_key(&entry->key, key))
			return entry;
	}
	return add_module(symbolizer, key);
}

/* The end of a symbol's name as the program has it: compilers add words to copies and parts. */
static size_t own_length(const char *symbol)
{
	static const char *const additions[] = {
		".part.", ".constprop.", ".isra.", ".cold", ".lto_priv."};
	size_t len = strlen(symbol);

	for (size_t i = 0; i < ldl_array_len(additions); i++) {
		const char *addition = strstr(symbol, additions[i]);

		if (addition && addition > symbol && (size_t)(addition - symbol) < len)
			len = (size_t)(addition - symbol);
	}
	return len;
}

static const char *keep_name(struct viz_symbolizer *symbolizer, const char *symbol)
{
	char *own = strndup(symbol, own_length(symbol));
	char *name = own ? viz_demangle(own) : NULL;
	const char *kept = viz_pool_text(&symbolizer->pool, name ? name : own ? own : symbol);

	free(name);
	free(own);
	return kept;
}

static const char *function_name(struct viz_symbolizer *symbolizer, Dwarf_Die *function)
{
	Dwarf_Attribute memory;
	Dwarf_Attribute *linkage = dwarf_attr_integrate(function, DW_AT_linkage_name, &memory);
	const char *name = linkage ? dwarf_formstring(linkage) : NULL;

	if (!name)
		name = dwarf_diename(function);
	/* Only a lambda's has no linkage name of its own. */
	if (name && strcmp(name, "operator()") == 0)
		return "{lambda}";
	return name ? keep_name(symbolizer, name) : NULL;
}

/* Compilers move a part of a function into one of its own, and call it, or inline it again, from
 * what is left: that call has the line of the function itself. */
static bool is_head(Dwarf_Die *function, unsigned int line)
{
	Dwarf_Attribute memory;
	Dwarf_Word declared;

	return line &&
	       dwarf_formudata(
		       dwarf_attr_integrate(function, DW_AT_decl_line, &memory), &declared) == 0 &&
	       declared == line;
}

/* Where an inlined function was called: the next line of the stack. */
static void read_call_site(struct viz_symbolizer *symbolizer, Dwarf_Die *inlined, Dwarf_Die *unit,
	struct viz_frame *out)
{
	Dwarf_Attribute memory;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t file_count;
	const char *file = NULL;

	out->file = NULL;
	out->line = 0;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &memory), &number) == 0 &&
		dwarf_getsrcfiles(unit, &files, &file_count) == 0 && number < file_count)
		file = dwarf_filesrc(files, number, NULL, NULL);
	if (file)
		out->file = viz_pool_text(&symbolizer->pool, file);
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &memory), &number) == 0)
		out->line = (unsigned int)number;
}

static void read_line(struct viz_symbolizer *symbolizer, Dwarf_Die *unit, Dwarf_Addr address,
	struct viz_frame *out)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number = 0;

	if (!file || dwarf_lineno(line, &number) != 0 || number <= 0)
		return;
	out->file = viz_pool_text(&symbolizer->pool, file);
	out->line = (unsigned int)number;
}

/* The scopes of the code at `address` as they are nested in its function, innermost first, to be
 * freed; 0 when DWARF has none. */
static int physical_scopes(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **scopes)
{
	Dwarf_Die innermost;
	int count = dwarf_getscopes(unit, address, scopes);

	if (count <= 0)
		return 0;
	innermost = (*scopes)[0];
	free(*scopes);
	count = dwarf_getscopes_die(&innermost, scopes);
	return count > 0 ? count : 0;
}

/* Fills lines from DWARF: inlined calls, then the function itself. Returns their number. */
static size_t read_dwarf(struct viz_symbolizer *symbolizer, struct module_entry *entry,
	Dwarf_Addr address, struct viz_frame *frames)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = viz_module_unit(&entry->module, address, &bias);
	Dwarf_Die *scopes = NULL;
	size_t count = 0;
	int scope_count;

	if (!unit)
		return 0;
	read_line(symbolizer, unit, address - bias, &frames[0]);
	scope_count = physical_scopes(unit, address - bias, &scopes);
	for (int i = 0; i < scope_count && count < INLINES_MAX; i++) {
		bool is_inlined = dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine;

		if (!is_inlined && dwarf_tag(&scopes[i]) != DW_TAG_subprogram)
			continue;
		frames[count].function = function_name(symbolizer, &scopes[i]);
		frames[count].is_inlined = is_inlined;
		frames[count].is_head = is_head(&scopes[i], frames[count].line);
		count++;
		if (!is_inlined)
			break;
		read_call_site(symbolizer, &scopes[i], unit, &frames[count]);
	}
	if (scope_count)
		free(scopes);
	return count;
}

/* The symbol that covers `address`, and how far it is from its start; NULL when none does. */
static const char *find_symbol(struct viz_module *module, GElf_Addr address, GElf_Off *distance)
{
	GElf_Sym symbol;
	const char *name;

	if (!module->dwfl)
		return NULL;
	name = dwfl_module_addrinfo(module->module, address, distance, &symbol, NULL, NULL, NULL);
	if (!name || !*name || (symbol.st_size && *distance >= symbol.st_size))
		return NULL;
	return name;
}

static const struct viz_frame *read_code(struct viz_symbolizer *symbolizer,
	struct module_entry *entry, uint64_t address, size_t *count)
{
	struct viz_frame frames[INLINES_MAX + 1] = {{0}};
	struct viz_frame *kept;
	GElf_Off distance;
	const char *name;

	/* A return address may be the first byte of the next line or function. */
	*count = read_dwarf(symbolizer, entry, address - 1, frames);
	if (*count == 0) {
		*count = 1;
		name = find_symbol(&entry->module, address - 1, &distance);
		frames[0].function = name ? keep_name(symbolizer, name) : NULL;
	}
	kept = viz_pool_alloc(&symbolizer->pool, *count * sizeof(*kept));
	if (!kept)
		*count = 0;
	for (size_t i = 0; i < *count; i++) {
		frames[i].module = entry->path;
		frames[i].offset = address;
		frames[i].note = entry->module.note;
		frames[i].is_wrapper = viz_frame_is_wrapper(&frames[i]);
		kept[i] = frames[i];
	}
	return kept;
}

static const char *read_data(
	struct viz_symbolizer *symbolizer, struct module_entry *entry, uint64_t address)
{
	GElf_Off distance = 0;
	const char *symbol = find_symbol(&entry->module, address, &distance);
	const char *name;
	char path[256];
	size_t len;

	if (!symbol)
		return NULL;
	name = keep_name(symbolizer, symbol);
	len = strcspn(name, "@"); /* an imported variable's symbol has its version behind it */
	if (viz_variable_path(&entry->module, address - distance, distance, path, sizeof(path)))
		return viz_pool_format(&symbolizer->pool, "%.*s%s", (int)len, name, path);
	if (distance)
		return viz_pool_format(&symbolizer->pool, "%.*s+0x%llx", (int)len, name,
			(unsigned long long)distance);
	return viz_pool_format(&symbolizer->pool, "%.*s", (int)len, name);
}

static struct address_entry *find_address(struct viz_symbolizer *symbolizer,
	const struct viz_module_key *key, uint64_t address, bool is_data)
{
	struct module_entry *module = find_module(symbolizer, key);
	struct address_entry **bucket, *entry;
	uint64_t hash = (address ^ (uintptr_t)module) * 0x9e3779b97f4a7c15ull;

	bucket = &symbolizer->buckets[(hash >> 32) % BUCKETS];
	for (entry = *bucket; entry; entry = entry->next) {
		if (entry->module == module && entry->address == address &&
			entry->is_data == is_data)
			return entry;
	}
	entry = module ? viz_pool_alloc(&symbolizer->pool, sizeof(*entry)) : NULL;
	if (!entry)
		return NULL;
	*entry = (struct address_entry){
		.next = *bucket, .module = module, .address = address, .is_data = is_data};
	if (is_data)
		entry->name = read_data(symbolizer, module, address);
	else
		entry->frames = read_code(symbolizer, module, address, &entry->count);
	*bucket = entry;
	return entry;
}

const struct viz_frame *viz_symbolizer_code(struct viz_symbolizer *symbolizer,
	const struct viz_module_key *key, uint64_t address, size_t *count)
{
	const struct address_entry *entry = find_address(symbolizer, key, address, false);

	*count = entry ? entry->count : 0;
	return entry ? entry->frames : NULL;
}

const char *viz_symbolizer_data(
	struct viz_symbolizer *symbolizer, const struct viz_module_key *key, uint64_t address)
{
	const struct address_entry *entry = find_address(symbolizer, key, address, true);

	return entry ? entry->name : NULL;
}

bool viz_symbolizer_anchor(struct viz_symbolizer *symbolizer, const struct viz_module_key *key,
	uint64_t address, bool is_code, uint64_t *identity)
{
	struct module_entry *entry = find_module(symbolizer, key);

	return entry && viz_anchor_find(&entry->module, address, is_code, identity);
}
