/* One ELF file to look addresses up in. Alone opens files for the symbolizer. */
#include "module.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* libdwfl asks debuginfod when this variable is set: an unasked wait for the network. */
static char *hide_debuginfod(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	char *kept = urls ? strdup(urls) : NULL;

	if (urls)
		unsetenv("DEBUGINFOD_URLS");
	return kept;
}

static void restore_debuginfod(char *kept)
{
	if (kept)
		setenv("DEBUGINFOD_URLS", kept, 1);
	free(kept);
}

/* Whether the file has the recorded build-id; one without is taken for one without. Only as many
 * bytes as an arena keeps are compared. */
static bool has_build_id(const char *path, const struct viz_module_key *key)
{
	const void *bits = NULL;
	bool is_same = false;
	struct stat status;
	ssize_t len;
	Elf *elf;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	elf = fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
		      ? elf_begin(fd, ELF_C_READ_MMAP, NULL)
		      : NULL;
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		len = dwelf_elf_gnu_build_id(elf, &bits);
		if (len <= 0)
			is_same = key->build_id_len == 0;
		else
			is_same = key->build_id_len != 0 && (size_t)len >= key->build_id_len &&
				  memcmp(bits, key->build_id, key->build_id_len) == 0;
	}
	elf_end(elf);
	close(fd);
	return is_same;
}

static bool open_at_zero(struct viz_module *module, const char *path)
{
	module->dwfl = dwfl_begin(&callbacks);
	if (!module->dwfl)
		return false;
	dwfl_report_begin(module->dwfl);
	module->module = dwfl_report_elf(module->dwfl, path, path, -1, 0, true);
	dwfl_report_end(module->dwfl, NULL, NULL);
	if (module->module)
		return true;
	dwfl_end(module->dwfl);
	module->dwfl = NULL;
	return false;
}

/* The installed debug file of the recorded build-id: /usr/lib/debug/.build-id/ab/cdef….debug. */
static bool debug_path(const struct viz_module_key *key, char *path, size_t size)
{
	size_t used;

	if (key->build_id_len < 2 || key->build_id_len > 20)
		return false;
	used = (size_t)snprintf(path, size, "/usr/lib/debug/.build-id/%02x/", key->build_id[0]);
	for (size_t i = 1; i < key->build_id_len; i++)
		used += (size_t)snprintf(path + used, size - used, "%02x", key->build_id[i]);
	snprintf(path + used, size - used, ".debug");
	return true;
}

static void open_module(struct viz_module *module, const struct viz_module_key *key)
{
	char debug[128];

	if (has_build_id(key->path, key) && open_at_zero(module, key->path))
		return;
	if (debug_path(key, debug, sizeof(debug)) && has_build_id(debug, key) &&
		open_at_zero(module, debug))
		return;
	module->note = access(key->path, F_OK) == 0 ? "file changed since" : "file not found";
}

void viz_module_open(struct viz_module *module, const struct viz_module_key *key)
{
	Dwarf_Addr bias;
	char *urls;

	memset(module, 0, sizeof(*module));
	elf_version(EV_CURRENT);
	open_module(module, key);
	if (!module->dwfl)
		return;
	urls = hide_debuginfod();
	/* Both look for the separate debug file now, and never again. */
	(void)dwfl_module_getsymtab(module->module);
	module->has_dwarf = dwfl_module_getdwarf(module->module, &bias) != NULL;
	restore_debuginfod(urls);
}

void viz_module_close(struct viz_module *module)
{
	dwfl_end(module->dwfl);
	memset(module, 0, sizeof(*module));
}

/* For files without .debug_aranges, or with some for a part of their units. */
static Dwarf_Die *search_units(struct viz_module *module, Dwarf_Addr address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = NULL;

	while ((unit = dwfl_module_nextcu(module->module, unit, bias))) {
		if (dwarf_haspc(unit, address - *bias) > 0)
			return unit;
	}
	return NULL;
}

Dwarf_Die *viz_module_unit(struct viz_module *module, Dwarf_Addr address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit;

	if (!module->has_dwarf)
		return NULL;
	unit = dwfl_module_addrdie(module->module, address, bias);
	return unit ? unit : search_units(module, address, bias);
}
