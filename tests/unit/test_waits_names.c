/* viz/frame and variable: names of places and variables, where our own headers are in between. */
#include <link.h>
#include <stdio.h>
#include "tests/support/suite.h"
#include "viz/symbol.h"

/* What the program's author wrote is the caller of a function of our own headers. */
static void functions_of_our_headers_are_not_named_as_places(void)
{
	struct viz_frame frame = {.function = "mutex_lock",
		.file = "/usr/local/include/lockdep_lite/kernel/mutex.h",
		.line = 54,
		.module = "/usr/bin/sample"};

	CU_ASSERT_TRUE(viz_frame_is_wrapper(&frame));
	CU_ASSERT_FALSE(viz_frame_is_ours(&frame));
	frame.function = "ldlk_acquire";
	CU_ASSERT_TRUE(viz_frame_is_ours(&frame));
	frame.function = "mutex_lock";
	frame.file = "/src/fs/inode.c";
	CU_ASSERT_FALSE(viz_frame_is_wrapper(&frame));
	CU_ASSERT_FALSE(viz_frame_is_ours(&frame));
}

/* What a completion and a mutex of the kernel-style header look like. */
struct ldlk_word {
	unsigned int word;
};

static struct device {
	unsigned long number;
	struct ready {
		struct ldlk_word done;
		unsigned int waiters;
	} ready;
	struct plain {
		unsigned int count;
	} plain[2];
} a_device;
static uintptr_t program_base;

/* This program, as a run would have recorded it: its base, and its build-id in the key. */
static int record_program(struct dl_phdr_info *info, size_t size, void *key)
{
	struct viz_module_key *out = key;

	for (unsigned int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t note = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t end = note + info->dlpi_phdr[i].p_memsz;

		while (info->dlpi_phdr[i].p_type == PT_NOTE && note < end) {
			const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)note;
			uintptr_t text = note + sizeof(*head) + ((head->n_namesz + 3u) & ~3u);

			if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4) {
				out->build_id = (const unsigned char *)text;
				out->build_id_len = head->n_descsz;
			}
			note = text + ((head->n_descsz + 3u) & ~3u);
		}
	}
	program_base = info->dlpi_addr;
	return 1; /* the first one is the program */
}

/* What a part of `a_device` is called. */
static const char *name_of(const void *part)
{
	static char name[128];
	struct viz_module_key key = {.path = "/proc/self/exe"};
	struct viz_symbolizer *symbolizer = viz_symbolizer_new();
	const char *found;

	dl_iterate_phdr(record_program, &key);
	found = viz_symbolizer_data(symbolizer, &key, (uintptr_t)part - program_base);
	snprintf(name, sizeof(name), "%s", found ? found : "?");
	viz_symbolizer_free(symbolizer);
	return name;
}

/* An event is known by the address of a word in the midst of it, which is nobody's name for it. */
static void a_static_event_is_named_without_its_insides(void)
{
	a_device.number = 1;
	CU_ASSERT_STRING_EQUAL(name_of(&a_device.ready.done.word), "a_device.ready");
	CU_ASSERT_STRING_EQUAL(name_of(&a_device.ready.waiters), "a_device.ready");
	CU_ASSERT_STRING_EQUAL(name_of(&a_device.plain[1].count), "a_device.plain[1].count");
}

LDL_SUITE(waits_names)
{
	LDL_TEST(functions_of_our_headers_are_not_named_as_places);
	LDL_TEST(a_static_event_is_named_without_its_insides);
}
