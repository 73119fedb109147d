/* core/text, core/module, core/site, core/class: what names a class is kept once and is stable. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/class.h"
#include "core/compiler.h"
#include "core/text.h"
#include "tests/support/suite.h"

static struct ldl_arena arena;
static int a_static_object;

static void make_arena(void)
{
	void *bytes = calloc(1, LDL_ARENA_MIN);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL_FATAL(ldl_arena_init(&arena, bytes, LDL_ARENA_MIN), LDL_OK);
	ldl_module_forget();
	ldl_module_refresh(&arena);
}

/* The module map is the process's: the engine's own arena has to be told again. */
static void end_arena(void)
{
	free(arena.base);
	memset(&arena, 0, sizeof(arena));
	ldl_module_forget();
}

static void texts_are_kept_and_cut_at_the_limit(void)
{
	char text[LDL_STRING_MAX + 10];
	ldl_string_id one, two, cut;

	make_arena();
	CU_ASSERT_EQUAL(ldl_text_add(&arena, "", 0), 0);
	CU_ASSERT_STRING_EQUAL(ldl_text_at(&arena, 0), "");
	one = ldl_text_add(&arena, "one, cut here", 3);
	two = ldl_text_add(&arena, "four", 4);
	CU_ASSERT_STRING_EQUAL(ldl_text_at(&arena, one), "one");
	CU_ASSERT_STRING_EQUAL(ldl_text_at(&arena, two), "four");
	CU_ASSERT_EQUAL(one % 2, 0);
	CU_ASSERT_EQUAL(two % 2, 0);
	memset(text, 'x', sizeof(text));
	cut = ldl_text_add(&arena, text, sizeof(text));
	CU_ASSERT_EQUAL(strlen(ldl_text_at(&arena, cut)), LDL_STRING_MAX);
	end_arena();
}

static void a_full_string_pool_gives_the_empty_text(void)
{
	char text[256];
	unsigned int count = 0;

	make_arena();
	memset(text, 'x', sizeof(text));
	while (ldl_text_add(&arena, text, sizeof(text)))
		count++;
	CU_ASSERT_TRUE(count > 10);
	CU_ASSERT_TRUE(ldl_arena_table(&arena, LDL_TABLE_STRINGS)->dropped > 0);
	end_arena();
}

static void an_address_belongs_to_the_file_it_was_loaded_from(void)
{
	struct ldl_module_hit own, libc;
	int on_the_stack;

	make_arena();
	own = ldl_module_find((uintptr_t)&a_static_object);
	libc = ldl_module_find((uintptr_t)dlsym(RTLD_DEFAULT, "getpid"));
	CU_ASSERT_NOT_EQUAL_FATAL(own.id, 0);
	CU_ASSERT_NOT_EQUAL_FATAL(libc.id, 0);
	CU_ASSERT_NOT_EQUAL(own.id, libc.id);
	CU_ASSERT_NOT_EQUAL(own.identity, libc.identity);
	CU_ASSERT_FALSE(own.is_runtime);
	CU_ASSERT_TRUE(libc.is_runtime);
	CU_ASSERT_EQUAL(ldl_module_find((uintptr_t)&on_the_stack).id, 0);
	CU_ASSERT_EQUAL(ldl_module_find(0).id, 0);
	CU_ASSERT_STRING_EQUAL(
		ldl_text_at(&arena, ldl_module_at(&arena, own.id)->path), ldl_module_program());
	CU_ASSERT_PTR_NOT_NULL(
		strstr(ldl_text_at(&arena, ldl_module_at(&arena, libc.id)->path), "libc.so"));
	end_arena();
}

static void a_frame_is_the_module_and_the_place_in_it(void)
{
	ldl_frame frame;
	const struct ldl_module *module;
	int on_the_stack;

	make_arena();
	frame = ldl_module_frame((uintptr_t)&a_static_object);
	module = ldl_module_at(&arena, ldl_frame_module(frame));
	CU_ASSERT_EQUAL(module->base + ldl_frame_offset(frame), (uintptr_t)&a_static_object);
	CU_ASSERT_TRUE(module->start <= (uintptr_t)&a_static_object &&
		       module->end > (uintptr_t)&a_static_object);
	frame = ldl_module_frame((uintptr_t)&on_the_stack);
	CU_ASSERT_EQUAL(ldl_frame_module(frame), 0);
	CU_ASSERT_EQUAL(ldl_frame_offset(frame), (uintptr_t)&on_the_stack & ((1ull << 48) - 1));
	end_arena();
}

static void a_second_look_adds_no_modules(void)
{
	uint32_t used;

	make_arena();
	used = ldl_arena_table(&arena, LDL_TABLE_MODULES)->used;
	CU_ASSERT_TRUE(used > 2);
	ldl_module_refresh(&arena);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_MODULES)->used, used);
	end_arena();
}

static LDL_NOINLINE void take(struct ldl_stack *stack, uint32_t depth)
{
	ldl_site_take(&arena, stack, LDL_CALLER, depth);
	ldl_signal_fence();
}

static LDL_NOINLINE void take_deeper(struct ldl_stack *stack, uint32_t depth)
{
	take(stack, depth);
	ldl_signal_fence();
}

static void a_stack_begins_at_the_return_address_that_was_given(void)
{
	struct ldl_stack stack, deeper, one;

	make_arena();
	ldl_site_warm_up();
	take(&stack, 16);
	take_deeper(&deeper, 16);
	take(&one, 1);
	CU_ASSERT_TRUE_FATAL(stack.count > 2 && stack.count <= 16);
	CU_ASSERT_EQUAL(one.count, 1);
	/* The innermost is in this function, the next in CUnit, which called it. */
	CU_ASSERT_EQUAL(ldl_module_find(stack.ips[0]).id, ldl_module_find((uintptr_t)take).id);
	/* One frame more, then the same callers. */
	CU_ASSERT_TRUE_FATAL(deeper.count > 3);
	CU_ASSERT_EQUAL(deeper.ips[2], stack.ips[1]);
	CU_ASSERT_EQUAL(deeper.ips[3], stack.ips[2]);
	end_arena();
}

static void a_stack_is_kept_once(void)
{
	struct ldl_stack stack = {.count = 2, .ips = {1000, 2000}};
	struct ldl_stack longer = {.count = 3, .ips = {1000, 2000, 3000}};
	ldl_site_id id;
	uint32_t frames;

	make_arena();
	CU_ASSERT_EQUAL(ldl_site_find(&arena, &stack), 0);
	id = ldl_site_intern(&arena, &stack);
	CU_ASSERT_NOT_EQUAL_FATAL(id, 0);
	frames = ldl_arena_table(&arena, LDL_TABLE_FRAMES)->used;
	CU_ASSERT_EQUAL(ldl_site_intern(&arena, &stack), id);
	CU_ASSERT_EQUAL(ldl_site_find(&arena, &stack), id);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_FRAMES)->used, frames);
	CU_ASSERT_NOT_EQUAL(ldl_site_intern(&arena, &longer), id);
	CU_ASSERT_EQUAL(ldl_site_at(&arena, id)->frame_count, 2);
	CU_ASSERT_EQUAL(
		ldl_frame_offset(*ldl_frame_at(&arena, ldl_site_at(&arena, id)->frame_first)),
		1000);
	end_arena();
}

static void a_full_site_table_is_counted(void)
{
	struct ldl_stack stack = {.count = 1};

	make_arena();
	do
		stack.ips[0]++;
	while (ldl_site_intern(&arena, &stack) && stack.ips[0] < 1u << 20);
	CU_ASSERT_TRUE(stack.ips[0] > 100 && stack.ips[0] < 1u << 20);
	CU_ASSERT_TRUE(ldl_arena_table(&arena, LDL_TABLE_SITES)->dropped +
			       ldl_arena_table(&arena, LDL_TABLE_SITE_HASH)->dropped +
			       ldl_arena_table(&arena, LDL_TABLE_FRAMES)->dropped >
		       0);
	stack.ips[0] = 1;
	CU_ASSERT_NOT_EQUAL(ldl_site_intern(&arena, &stack), 0);
	end_arena();
}

static void only_the_innermost_frames_name_a_class(void)
{
	uint64_t here = (uintptr_t)take, there = (uintptr_t)take_deeper;
	struct ldl_stack one = {.count = 4, .ips = {here, here + 1, here + 2, here + 3}};
	struct ldl_stack other = {.count = 4, .ips = {here, here + 1, here + 2, there}};

	make_arena();
	CU_ASSERT_EQUAL(ldl_site_identity(&one, 3), ldl_site_identity(&other, 3));
	CU_ASSERT_NOT_EQUAL(ldl_site_identity(&one, 4), ldl_site_identity(&other, 4));
	CU_ASSERT_NOT_EQUAL(ldl_class_key_init(&one, 3), ldl_class_key_first(&one, 3));
	CU_ASSERT_NOT_EQUAL(ldl_class_key_init(&one, 3), 0);
	end_arena();
}

static void frames_of_a_runtime_are_left_out_but_never_all(void)
{
	uint64_t runtime = (uintptr_t)dlsym(RTLD_DEFAULT, "getpid"), own = (uintptr_t)take;
	struct ldl_stack stack = {.count = 3, .ips = {runtime, runtime + 1, own}};
	struct ldl_stack all = {.count = 2, .ips = {runtime, runtime + 1}};

	make_arena();
	ldl_site_skip_runtime(&stack);
	CU_ASSERT_EQUAL(stack.count, 1);
	CU_ASSERT_EQUAL(stack.ips[0], own);
	ldl_site_skip_runtime(&all);
	CU_ASSERT_EQUAL(all.count, 1);
	end_arena();
}

static void a_class_is_made_once_and_found_by_its_key(void)
{
	struct ldl_class model = {
		.key = ldl_class_key_named("a class"), .identity = LDL_IDENTITY_ANNOTATED};
	ldl_class_id id;

	make_arena();
	CU_ASSERT_EQUAL(ldl_class_find(&arena, model.key), 0);
	id = ldl_class_make(&arena, &model);
	CU_ASSERT_NOT_EQUAL_FATAL(id, 0);
	CU_ASSERT_EQUAL(ldl_class_find(&arena, model.key), id);
	CU_ASSERT_EQUAL(ldl_class_make(&arena, &model), id);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_CLASSES)->used, 2);
	CU_ASSERT_EQUAL(ldl_class_at(&arena, id)->identity, LDL_IDENTITY_ANNOTATED);
	end_arena();
}

static void keys_tell_names_levels_and_places_apart(void)
{
	struct ldl_class class = {.key = ldl_class_key_named("a")};
	struct ldl_module_hit module;

	make_arena();
	module = ldl_module_find((uintptr_t)&a_static_object);
	CU_ASSERT_EQUAL(ldl_class_key_named("a"), class.key);
	CU_ASSERT_NOT_EQUAL(ldl_class_key_named("b"), class.key);
	CU_ASSERT_NOT_EQUAL(ldl_class_key_subclass(&class, 1), class.key);
	CU_ASSERT_NOT_EQUAL(ldl_class_key_subclass(&class, 1), ldl_class_key_subclass(&class, 2));
	CU_ASSERT_NOT_EQUAL(ldl_class_key_static(&module, (uintptr_t)&a_static_object),
		ldl_class_key_static(&module, (uintptr_t)&a_static_object + 8));
	end_arena();
}

static void a_full_class_table_is_counted(void)
{
	struct ldl_class model = {.key = 0x1234567};
	uint32_t made = 0;

	make_arena();
	while (ldl_class_make(&arena, &model)) {
		model.key = model.key * 6364136223846793005u + 1442695040888963407u;
		made++;
	}
	CU_ASSERT_TRUE(made > 100);
	CU_ASSERT_EQUAL(ldl_arena_table(&arena, LDL_TABLE_CLASSES)->dropped +
				ldl_arena_table(&arena, LDL_TABLE_CLASS_HASH)->dropped,
		1);
	CU_ASSERT_NOT_EQUAL(ldl_class_find(&arena, 0x1234567), 0);
	end_arena();
}

LDL_SUITE(identity)
{
	LDL_TEST(texts_are_kept_and_cut_at_the_limit);
	LDL_TEST(a_full_string_pool_gives_the_empty_text);
	LDL_TEST(an_address_belongs_to_the_file_it_was_loaded_from);
	LDL_TEST(a_frame_is_the_module_and_the_place_in_it);
	LDL_TEST(a_second_look_adds_no_modules);
	LDL_TEST(a_stack_begins_at_the_return_address_that_was_given);
	LDL_TEST(a_stack_is_kept_once);
	LDL_TEST(a_full_site_table_is_counted);
	LDL_TEST(only_the_innermost_frames_name_a_class);
	LDL_TEST(frames_of_a_runtime_are_left_out_but_never_all);
	LDL_TEST(a_class_is_made_once_and_found_by_its_key);
	LDL_TEST(keys_tell_names_levels_and_places_apart);
	LDL_TEST(a_full_class_table_is_counted);
}
