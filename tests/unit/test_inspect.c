/* What the launcher sees in a program's file before it starts it: made-up ELF files and scripts. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instrument/launch/inspect.h"
#include "tests/support/random.h"
#include "tests/support/suite.h"

#if defined(__x86_64__)
#define NATIVE EM_X86_64
#define OTHER  EM_AARCH64
#else
#define NATIVE EM_AARCH64
#define OTHER  EM_X86_64
#endif

#define IMAGE_SIZE 4096u

/* A file with one header, up to four segments, and their content behind it. */
struct image {
	union {
		Elf64_Ehdr header;
		unsigned char bytes[IMAGE_SIZE];
	};
	size_t used; /* content so far */
};

static char directory[] = "/tmp/ldl-inspect-XXXXXX";
static pid_t maker; /* of the directory; 0: not made yet */
static struct launch_inspection inspection;

static const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	if (!maker) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
		maker = getpid();
	}
	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

__attribute__((destructor)) static void remove_files(void)
{
	char command[PATH_MAX + 16];

	if (maker != getpid())
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	if (system(command))
		fprintf(stderr, "cannot remove %s\n", directory);
}

static void write_file(const char *name, const void *bytes, size_t len, int mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0700);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, bytes, len), (ssize_t)len);
	CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
	close(fd);
}

static void write_script(const char *name, const char *text)
{
	write_file(name, text, strlen(text), 0755);
}

static struct image new_image(void)
{
	struct image image;

	memset(&image, 0, sizeof(image));
	memcpy(image.header.e_ident, ELFMAG, SELFMAG);
	image.header.e_ident[EI_CLASS] = ELFCLASS64;
	image.header.e_ident[EI_DATA] = ELFDATA2LSB;
	image.header.e_type = ET_DYN;
	image.header.e_machine = NATIVE;
	image.header.e_phoff = sizeof(Elf64_Ehdr);
	image.header.e_phentsize = sizeof(Elf64_Phdr);
	image.used = sizeof(Elf64_Ehdr) + 4 * sizeof(Elf64_Phdr);
	return image;
}

static Elf64_Phdr *add_segment(struct image *image, uint32_t type, const void *content, size_t len)
{
	Elf64_Phdr *segment =
		(Elf64_Phdr *)(image->bytes + sizeof(Elf64_Ehdr)) + image->header.e_phnum++;

	segment->p_type = type;
	segment->p_offset = segment->p_vaddr = image->used;
	segment->p_filesz = segment->p_memsz = len;
	segment->p_align = 4;
	memcpy(image->bytes + image->used, content, len);
	image->used += (len + 7) & ~(size_t)7;
	return segment;
}

static void add_loader(struct image *image, const char *loader)
{
	add_segment(image, PT_INTERP, loader, strlen(loader) + 1);
}

/* A dynamic section with one needed library and a string table that also holds `symbol`. */
static void add_dynamic(struct image *image, const char *needed, const char *symbol)
{
	char strings[128];
	size_t len = 1, needed_at = 1;
	Elf64_Phdr *table;

	memset(strings, 0, sizeof(strings));
	len += (size_t)sprintf(strings + len, "%s", needed) + 1;
	len += (size_t)sprintf(strings + len, "%s", symbol) + 1;
	table = add_segment(image, PT_LOAD, strings, len);
	Elf64_Dyn entries[] = {{DT_NEEDED, {needed_at}}, {DT_STRTAB, {table->p_vaddr}},
		{DT_STRSZ, {len}}, {DT_NULL, {0}}};
	add_segment(image, PT_DYNAMIC, entries, sizeof(entries));
}

static void write_image(const char *name, const struct image *image)
{
	write_file(name, image->bytes, IMAGE_SIZE, 0755);
}

static bool inspect(const char *name)
{
	return launch_inspect(path_of(name), "/usr/bin:/bin", &inspection);
}

/* A loader that exists, under the name it is to have. */
static const char *loader_named(const char *name)
{
	write_script(name, "#!/bin/sh\n");
	return path_of(name);
}

static void this_program_can_be_watched(void)
{
	CU_ASSERT_TRUE(launch_inspect("/proc/self/exe", NULL, &inspection));
	CU_ASSERT_EQUAL(
		inspection.limits & ~(LAUNCH_ASAN | LAUNCH_TSAN | LAUNCH_RUNTIME_SHARED), 0);
	CU_ASSERT_EQUAL(inspection.machine, NATIVE);
	CU_ASSERT_EQUAL(inspection.bits, 64);
	CU_ASSERT_EQUAL(inspection.script_depth, 0);
	CU_ASSERT_NOT_EQUAL(inspection.loader[0], '\0');
	CU_ASSERT_TRUE(inspection.has_symbols);
}

static void a_program_without_loader_is_static(void)
{
	struct image image = new_image();

	add_segment(&image, PT_LOAD, "code", 4);
	write_image("static", &image);
	CU_ASSERT_TRUE(inspect("static"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_STATIC);
	CU_ASSERT_FALSE(launch_can_watch(&inspection));
	image.header.e_type = ET_EXEC;
	write_image("static", &image);
	CU_ASSERT_TRUE(inspect("static"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_STATIC);
}

static void a_static_program_with_a_go_note_is_gos(void)
{
	static const char note[] = "\4\0\0\0\4\0\0\0\4\0\0\0Go\0\0abcd";
	struct image image = new_image();
	char text[PATH_MAX];

	add_segment(&image, PT_NOTE, note, 20);
	write_image("go", &image);
	CU_ASSERT_TRUE(inspect("go"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_STATIC | LAUNCH_GO);
	launch_limit_text(&inspection, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "Go"));
}

static void a_build_id_is_read(void)
{
	static const char note[] = "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0abcd";
	struct image image = new_image();

	add_segment(&image, PT_NOTE, note, 20);
	write_image("build", &image);
	CU_ASSERT_TRUE(inspect("build"));
	CU_ASSERT_TRUE(inspection.has_build_id);
	image = new_image();
	add_segment(&image, PT_NOTE, note, 19); /* its content would lie behind its end */
	write_image("build", &image);
	CU_ASSERT_TRUE(inspect("build"));
	CU_ASSERT_FALSE(inspection.has_build_id);
}

static void glibcs_loader_is_fine_and_musls_is_not(void)
{
	struct image image = new_image();

	add_loader(&image, loader_named("ld-linux-x86-64.so.2"));
	write_image("glibc", &image);
	CU_ASSERT_TRUE(inspect("glibc"));
	CU_ASSERT_EQUAL(inspection.limits, 0);
	image = new_image();
	add_loader(&image, loader_named("ld-musl-x86_64.so.1"));
	write_image("musl", &image);
	CU_ASSERT_TRUE(inspect("musl"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_FOREIGN_LOADER);
	CU_ASSERT_FALSE(launch_can_watch(&inspection));
}

static void a_loader_that_is_not_there_is_not_found(void)
{
	struct image image = new_image();

	add_loader(&image, "/no/such/ld-linux.so.2");
	write_image("orphan", &image);
	CU_ASSERT_FALSE(inspect("orphan"));
	CU_ASSERT_EQUAL(inspection.error, ENOENT);
	CU_ASSERT_STRING_EQUAL(inspection.missing, "/no/such/ld-linux.so.2");
}

static void another_machine_or_word_size_is_foreign(void)
{
	struct image image = new_image();

	image.header.e_machine = OTHER;
	write_image("other", &image);
	CU_ASSERT_TRUE(inspect("other"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_FOREIGN_MACHINE);
	image = new_image();
	image.header.e_ident[EI_CLASS] = ELFCLASS32;
	write_image("short", &image);
	CU_ASSERT_TRUE(inspect("short"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_FOREIGN_MACHINE);
	CU_ASSERT_EQUAL(inspection.bits, 32);
	image = new_image();
	image.header.e_ident[EI_DATA] = ELFDATA2MSB;
	write_image("big", &image);
	CU_ASSERT_TRUE(inspect("big"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_FOREIGN_MACHINE);
}

static void sanitizers_are_told_by_library_or_symbol(void)
{
	static const struct {
		const char *needed, *symbol;
		uint32_t limits;
		bool is_fit;
	} cases[] = {
		{"libc.so.6", "main", 0, true},
		{"libasan.so.8", "__asan_init", LAUNCH_ASAN | LAUNCH_RUNTIME_SHARED, true},
		{"libtsan.so.2", "__tsan_init", LAUNCH_TSAN | LAUNCH_RUNTIME_SHARED, false},
		{"libc.so.6", "__asan_init", LAUNCH_ASAN, true},
		{"libc.so.6", "__tsan_init", LAUNCH_TSAN, true},
		{"libc.so.6", "__msan_init", LAUNCH_MSAN, true},
		{"libc.so.6", "my__tsan_init", 0, true},
		{"libc.so.6", "__tsan_init_not", 0, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image image = new_image();

		add_loader(&image, loader_named("ld-linux-x86-64.so.2"));
		add_dynamic(&image, cases[i].needed, cases[i].symbol);
		write_image("sanitized", &image);
		CU_ASSERT_TRUE(inspect("sanitized"));
		CU_ASSERT_EQUAL(inspection.limits, cases[i].limits);
		CU_ASSERT_EQUAL(launch_can_watch(&inspection), cases[i].is_fit);
	}
}

static void set_user_id_counts_when_it_changes_the_user(void)
{
	struct image image = new_image();

	add_loader(&image, loader_named("ld-linux-x86-64.so.2"));
	write_image("setuid", &image);
	CU_ASSERT_EQUAL(chmod(path_of("setuid"), 04755), 0);
	CU_ASSERT_TRUE(inspect("setuid"));
	CU_ASSERT_EQUAL(inspection.limits, 0);
	if (geteuid() != 0) {
		ldl_skip("a program of another user needs root");
		return;
	}
	CU_ASSERT_EQUAL(chown(path_of("setuid"), 65534, 65534), 0);
	CU_ASSERT_EQUAL(chmod(path_of("setuid"), 04755), 0);
	CU_ASSERT_TRUE(inspect("setuid"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_SETID);
	CU_ASSERT_FALSE(launch_can_watch(&inspection));
	CU_ASSERT_EQUAL(chmod(path_of("setuid"), 02755), 0);
	CU_ASSERT_TRUE(inspect("setuid"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_SETID);
	CU_ASSERT_EQUAL(
		chmod(path_of("setuid"), 02745), 0); /* without execute: mandatory locking */
	CU_ASSERT_TRUE(inspect("setuid"));
	CU_ASSERT_EQUAL(inspection.limits, 0);
}

static void a_script_is_followed_to_its_interpreter(void)
{
	char text[PATH_MAX + 16];

	write_script("inner", "#!/bin/sh\n");
	CU_ASSERT_TRUE(inspect("inner"));
	CU_ASSERT_EQUAL(inspection.script_depth, 1);
	CU_ASSERT_STRING_EQUAL(inspection.binary, "/bin/sh");
	snprintf(text, sizeof(text), "#! \t%s -x \n", path_of("inner"));
	write_script("outer", text);
	CU_ASSERT_TRUE(inspect("outer"));
	CU_ASSERT_EQUAL(inspection.script_depth, 2);
	CU_ASSERT_STRING_EQUAL(inspection.binary, "/bin/sh");
}

static void a_script_that_runs_itself_is_a_loop(void)
{
	char text[PATH_MAX + 16];

	snprintf(text, sizeof(text), "#!%s\n", path_of("loop"));
	write_script("loop", text);
	CU_ASSERT_FALSE(inspect("loop"));
	CU_ASSERT_EQUAL(inspection.error, ELOOP);
}

static void env_is_looked_through(void)
{
	static const char *const lines[] = {
		"#!/usr/bin/env sh\n",
		"#!/usr/bin/env -S sh -x\n",
		"#!/usr/bin/env -S A=b -u HOME sh -x\n",
		"#!/usr/bin/env -Ssh -x\n",
		"#!/usr/bin/env --split-string=sh -x\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		write_script("env", lines[i]);
		CU_ASSERT_TRUE(inspect("env"));
		CU_ASSERT_EQUAL(inspection.limits, 0);
		CU_ASSERT_STRING_EQUAL(inspection.binary, "/usr/bin/sh");
	}
	write_script("env", "#!/usr/bin/env -S -i sh\n");
	CU_ASSERT_TRUE(inspect("env"));
	CU_ASSERT_EQUAL(inspection.limits, LAUNCH_ENV_CLEARED);
	write_script("env", "#!/usr/bin/env sh -x\n"); /* one word, and no such program */
	CU_ASSERT_FALSE(inspect("env"));
	CU_ASSERT_EQUAL(inspection.error, ENOENT);
	CU_ASSERT_STRING_EQUAL(inspection.missing, "sh -x");
}

static void a_text_without_interpreter_is_the_shells(void)
{
	write_script("text", "exit 0\n");
	CU_ASSERT_TRUE(inspect("text"));
	CU_ASSERT_TRUE(inspection.runs_by_shell);
	CU_ASSERT_STRING_EQUAL(inspection.binary, "/bin/sh");
	write_script("text", "");
	CU_ASSERT_TRUE(inspect("text"));
	CU_ASSERT_TRUE(inspection.runs_by_shell);
	write_script("text", "#!\n");
	CU_ASSERT_TRUE(inspect("text"));
	CU_ASSERT_TRUE(inspection.runs_by_shell);
}

static void what_cannot_be_executed_says_why(void)
{
	write_file("plain", "text", 4, 0644);
	CU_ASSERT_FALSE(inspect("plain"));
	CU_ASSERT_EQUAL(inspection.error, EACCES);
	CU_ASSERT_FALSE(inspect("no-such-file"));
	CU_ASSERT_EQUAL(inspection.error, ENOENT);
	CU_ASSERT_FALSE(launch_inspect("/tmp", NULL, &inspection));
	CU_ASSERT_EQUAL(inspection.error, EACCES);
	write_script("broken", "#!/no/such/interpreter\n");
	CU_ASSERT_FALSE(inspect("broken"));
	CU_ASSERT_EQUAL(inspection.error, ENOENT);
	CU_ASSERT_STRING_EQUAL(inspection.missing, "/no/such/interpreter");
}

static void the_search_path_is_followed_as_exec_does(void)
{
	char found[PATH_MAX], search[2 * PATH_MAX + 64];

	CU_ASSERT_EQUAL(launch_find_program("sh", NULL, found), 0);
	CU_ASSERT_STRING_EQUAL(found, "/bin/sh");
	CU_ASSERT_EQUAL(launch_find_program("sh", "/no/such:/usr/bin", found), 0);
	CU_ASSERT_STRING_EQUAL(found, "/usr/bin/sh");
	CU_ASSERT_EQUAL(launch_find_program("", "/bin", found), ENOENT);
	CU_ASSERT_EQUAL(launch_find_program("no-such", "/bin:/usr/bin", found), ENOENT);
	write_file("mine", "text", 4, 0644);
	CU_ASSERT_EQUAL(launch_find_program("mine", directory, found), EACCES);
	snprintf(search, sizeof(search), "%s:/usr/bin", directory);
	write_file("sh", "text", 4, 0644); /* may not be executed: the search goes on */
	CU_ASSERT_EQUAL(launch_find_program("sh", search, found), 0);
	CU_ASSERT_STRING_EQUAL(found, "/usr/bin/sh");
}

/* Whatever the bytes are, looking at them ends and stays within them. */
static void broken_files_do_no_harm(void)
{
	struct ldl_random random = ldl_random_make(0x696e7370);
	struct image whole = new_image();

	add_loader(&whole, loader_named("ld-linux-x86-64.so.2"));
	add_dynamic(&whole, "libc.so.6", "main");
	for (unsigned int i = 0; i < 2000; i++) {
		struct image image = whole;
		unsigned int changes = 1 + ldl_random_below(&random, 8);

		while (changes-- > 0)
			image.bytes[ldl_random_below(&random, 512)] =
				(unsigned char)ldl_random_below(&random, 256);
		write_file("broken", image.bytes, ldl_random_below(&random, IMAGE_SIZE), 0755);
		inspect("broken");
		CU_ASSERT_TRUE(memchr(inspection.loader, '\0', PATH_MAX) != NULL);
	}
}

LDL_SUITE(inspect)
{
	LDL_TEST(this_program_can_be_watched);
	LDL_TEST(a_program_without_loader_is_static);
	LDL_TEST(a_static_program_with_a_go_note_is_gos);
	LDL_TEST(a_build_id_is_read);
	LDL_TEST(glibcs_loader_is_fine_and_musls_is_not);
	LDL_TEST(a_loader_that_is_not_there_is_not_found);
	LDL_TEST(another_machine_or_word_size_is_foreign);
	LDL_TEST(sanitizers_are_told_by_library_or_symbol);
	LDL_TEST(set_user_id_counts_when_it_changes_the_user);
	LDL_TEST(a_script_is_followed_to_its_interpreter);
	LDL_TEST(a_script_that_runs_itself_is_a_loop);
	LDL_TEST(env_is_looked_through);
	LDL_TEST(a_text_without_interpreter_is_the_shells);
	LDL_TEST(what_cannot_be_executed_says_why);
	LDL_TEST(the_search_path_is_followed_as_exec_does);
	LDL_TEST(broken_files_do_no_harm);
}
