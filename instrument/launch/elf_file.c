/* Reads from an ELF file what the launcher wants to know of it, by pread and without trust.
 *
 * Only files of this machine are looked at beyond their first bytes. Every count and size has a
 * bound, every offset is checked by the read itself (it comes back short). */
#include "elf_file.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#else
#error "lockdep-lite knows x86-64 and aarch64"
#endif

#define SEGMENTS_MAX 256u
#define SECTIONS_MAX 4096u
#define DYNAMIC_MAX  4096u
#define NOTES_MAX    65536u
#define STRINGS_MAX  (64u << 20)

struct span {
	uint64_t offset, size;
};

static bool read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
	if (offset > INT64_MAX - size)
		return false;
	return pread(fd, bytes, size, (off_t)offset) == (ssize_t)size;
}

/* NULL when the file does not have these bytes; the copy ends with a NUL of ours. */
static char *read_span(int fd, struct span span, size_t size_max)
{
	if (span.size == 0 || span.size > size_max)
		return NULL;
	char *bytes = malloc(span.size + 1);
	if (bytes == NULL)
		return NULL;
	if (!read_at(fd, bytes, span.size, span.offset)) {
		free(bytes);
		return NULL;
	}
	bytes[span.size] = '\0';
	return bytes;
}

static void take_note(struct launch_elf *elf, const Elf64_Nhdr *note, const char *name,
	const unsigned char *content)
{
	if (note->n_namesz != 4)
		return;
	if (note->n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0 && note->n_descsz > 0) {
		elf->has_build_id = true;
		elf->build_id_len = note->n_descsz < sizeof elf->build_id
					    ? (uint8_t)note->n_descsz
					    : (uint8_t)sizeof elf->build_id;
		memcpy(elf->build_id, content, elf->build_id_len);
	} else if (memcmp(name, "Go\0", 4) == 0) {
		elf->is_go = true;
	}
}

static void read_notes(int fd, const Elf64_Phdr *segment, struct launch_elf *elf)
{
	struct span span = {segment->p_offset, segment->p_filesz};
	unsigned char *bytes = (unsigned char *)read_span(fd, span, NOTES_MAX);
	if (bytes == NULL)
		return;
	size_t align = segment->p_align == 8 ? 8 : 4;
	size_t at = 0;
	while (span.size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		memcpy(&note, bytes + at, sizeof note);
		at += sizeof note;
		uint64_t name_end = at + note.n_namesz;
		uint64_t content = (name_end + align - 1) & ~(uint64_t)(align - 1);
		uint64_t end = content + note.n_descsz;
		if (end > span.size)
			break;
		take_note(elf, &note, (const char *)bytes + at, bytes + content);
		at = (size_t)((end + align - 1) & ~(uint64_t)(align - 1));
		if (at > span.size)
			break;
	}
	free(bytes);
}

/* True when `word` stands in a string table as a whole string. */
static bool has_string(const char *strings, size_t size, const char *word)
{
	size_t len = strlen(word) + 1;
	const char *at = strings, *end = strings + size;
	while (at < end && (at = memmem(at, (size_t)(end - at), word, len)) != NULL) {
		if (at == strings || at[-1] == '\0')
			return true;
		at++;
	}
	return false;
}

static void take_needed(struct launch_elf *elf, const char *name)
{
	if (strncmp(name, "libasan.so", 10) == 0 || strncmp(name, "libclang_rt.asan", 16) == 0)
		elf->needs_asan = true;
	if (strncmp(name, "libtsan.so", 10) == 0 || strncmp(name, "libclang_rt.tsan", 16) == 0)
		elf->needs_tsan = true;
	if (strncmp(name, "libclang_rt.msan", 16) == 0)
		elf->needs_msan = true;
}

static void take_soname(struct launch_elf *elf, const char *name)
{
	elf->is_loader = strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld64.so", 7) == 0;
}

/* The file offset of a virtual address; false when no segment holds it. */
static bool offset_of(const Elf64_Phdr *segments, unsigned count, uint64_t addr, uint64_t *offset)
{
	for (unsigned i = 0; i < count; i++) {
		const Elf64_Phdr *segment = &segments[i];
		if (segment->p_type == PT_LOAD && addr >= segment->p_vaddr &&
			addr - segment->p_vaddr < segment->p_filesz) {
			*offset = segment->p_offset + (addr - segment->p_vaddr);
			return true;
		}
	}
	return false;
}

static void take_dynamic(struct launch_elf *elf, const Elf64_Dyn *entries, size_t entry_count,
	const char *strings, size_t strings_size)
{
	for (size_t i = 0; i < entry_count && entries[i].d_tag != DT_NULL; i++) {
		if (entries[i].d_un.d_val >= strings_size)
			continue;
		if (entries[i].d_tag == DT_NEEDED)
			take_needed(elf, strings + entries[i].d_un.d_val);
		if (entries[i].d_tag == DT_SONAME)
			take_soname(elf, strings + entries[i].d_un.d_val);
	}
	elf->contains_asan = has_string(strings, strings_size, "__asan_init") && !elf->needs_asan;
	elf->contains_tsan = has_string(strings, strings_size, "__tsan_init") && !elf->needs_tsan;
	elf->contains_msan = has_string(strings, strings_size, "__msan_init") && !elf->needs_msan;
}

/* Needed libraries and sanitizer symbols, from the dynamic section: stripping leaves it alone. */
static void read_dynamic(int fd, const Elf64_Phdr *segments, unsigned segment_count,
	const Elf64_Phdr *dynamic, struct launch_elf *elf)
{
	struct span span = {dynamic->p_offset, dynamic->p_filesz};
	Elf64_Dyn *entries = (Elf64_Dyn *)read_span(fd, span, DYNAMIC_MAX * sizeof *entries);
	if (entries == NULL) {
		elf->is_broken = true;
		return;
	}
	size_t entry_count = span.size / sizeof *entries;
	uint64_t strings_addr = 0;
	struct span strings_span = {0, 0};
	for (size_t i = 0; i < entry_count && entries[i].d_tag != DT_NULL; i++) {
		if (entries[i].d_tag == DT_STRTAB)
			strings_addr = entries[i].d_un.d_ptr;
		if (entries[i].d_tag == DT_STRSZ)
			strings_span.size = entries[i].d_un.d_val;
	}
	char *strings = NULL;
	if (offset_of(segments, segment_count, strings_addr, &strings_span.offset))
		strings = read_span(fd, strings_span, STRINGS_MAX);
	if (strings != NULL)
		take_dynamic(elf, entries, entry_count, strings, strings_span.size);
	else
		elf->is_broken = true;
	free(strings);
	free(entries);
}

static void read_segments(int fd, const Elf64_Ehdr *header, struct launch_elf *elf)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned count = header->e_phnum;
	if (count == 0 || count > SEGMENTS_MAX || header->e_phentsize != sizeof segments[0] ||
		!read_at(fd, segments, count * sizeof segments[0], header->e_phoff)) {
		elf->is_broken = true;
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		const Elf64_Phdr *segment = &segments[i];
		size_t size = segment->p_filesz;
		if (segment->p_type == PT_NOTE)
			read_notes(fd, segment, elf);
		if (segment->p_type == PT_DYNAMIC)
			read_dynamic(fd, segments, count, segment, elf);
		if (segment->p_type != PT_INTERP)
			continue;
		if (size == 0 || size >= sizeof elf->loader ||
			!read_at(fd, elf->loader, size, segment->p_offset)) {
			elf->loader[0] = '\0';
			elf->is_broken = true;
		}
		elf->loader[sizeof elf->loader - 1] = '\0';
	}
}

/* Symbol table and debug information are told by the section headers; a file without them has
 * neither. */
static void read_sections(int fd, const Elf64_Ehdr *header, struct launch_elf *elf)
{
	unsigned count = header->e_shnum;
	if (count == 0 || count > SECTIONS_MAX || header->e_shentsize != sizeof(Elf64_Shdr) ||
		header->e_shstrndx >= count)
		return;
	struct span table = {header->e_shoff, count * sizeof(Elf64_Shdr)};
	Elf64_Shdr *sections = (Elf64_Shdr *)read_span(fd, table, table.size);
	if (sections == NULL)
		return;
	const Elf64_Shdr *names_section = &sections[header->e_shstrndx];
	struct span names_span = {names_section->sh_offset, names_section->sh_size};
	char *names = read_span(fd, names_span, NOTES_MAX);
	for (unsigned i = 0; i < count; i++) {
		if (sections[i].sh_type == SHT_SYMTAB)
			elf->has_symbols = true;
		if (names == NULL || sections[i].sh_name >= names_span.size)
			continue;
		const char *name = names + sections[i].sh_name;
		if (strcmp(name, ".debug_info") == 0 || strcmp(name, ".zdebug_info") == 0)
			elf->has_debug_info = true;
	}
	free(names);
	free(sections);
}

/* Distributions keep debug information in a file of its own, found by build id. */
static bool has_separate_debug_info(const struct launch_elf *elf)
{
	if (!elf->has_build_id || elf->build_id_len < 2)
		return false;
	char path[128];
	int len = snprintf(path, sizeof path, "/usr/lib/debug/.build-id/%02x/", elf->build_id[0]);
	for (unsigned i = 1; i < elf->build_id_len; i++)
		len += snprintf(path + len, sizeof path - (size_t)len, "%02x", elf->build_id[i]);
	snprintf(path + len, sizeof path - (size_t)len, ".debug");
	return access(path, R_OK) == 0;
}

void launch_elf_read(int fd, struct launch_elf *elf)
{
	memset(elf, 0, sizeof *elf);
	Elf64_Ehdr header = {0};
	ssize_t got = pread(fd, &header, sizeof header, 0);
	if (got < (ssize_t)sizeof(Elf32_Ehdr) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return;
	elf->is_elf = true;
	elf->bits = header.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	elf->machine = header.e_machine;
	elf->is_native = elf->bits == 64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
			 header.e_machine == NATIVE_MACHINE && got == (ssize_t)sizeof header;
	if (!elf->is_native)
		return;
	read_segments(fd, &header, elf);
	read_sections(fd, &header, elf);
	elf->has_debug_info |= has_separate_debug_info(elf);
}
