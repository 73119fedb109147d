/* Opens a module that its own run path leads to, in the way that the first argument says, and uses
 * its locks from two threads: RTLD_DEEPBIND and dlmopen() give it libc's functions, not ours. */
#define _GNU_SOURCE
#include "turns.h"
#include <dlfcn.h>

static void take_locks(void *module)
{
	turns_act first = module ? (turns_act)dlsym(module, "module_a_then_b") : NULL;
	turns_act second = module ? (turns_act)dlsym(module, "module_b_then_a") : NULL;

	if (!first || !second) {
		printf("no module: %s\n", dlerror());
		exit(3);
	}
	turns_two(first, second);
}

static void plainly(void)
{
	take_locks(dlopen("bypass-module.so", RTLD_NOW));
}

static void deeply(void)
{
	take_locks(dlopen("bypass-module.so", RTLD_NOW | RTLD_DEEPBIND));
}

/* With a libc of its own: one thread only. */
static void apart(void)
{
	void *module = dlmopen(LM_ID_NEWLM, "bypass-module.so", RTLD_NOW);
	turns_act act = module ? (turns_act)dlsym(module, "module_a_then_b") : NULL;

	if (!act) {
		printf("no module: %s\n", dlerror());
		exit(3);
	}
	act(0);
}

/* The base namespace is ours. */
static void beside(void)
{
	take_locks(dlmopen(LM_ID_BASE, "bypass-module.so", RTLD_NOW));
}

static const struct turns_case cases[] = {
	{"plainly", plainly},
	{"deeply", deeply},
	{"apart", apart},
	{"beside", beside},
};

TURNS_MAIN(cases)
