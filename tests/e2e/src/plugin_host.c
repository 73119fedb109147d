/* A C program that loads a C++ plug-in, for alloc.sh: plugin_host FILE. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	void *symbol = plugin ? dlsym(plugin, "plugin_run") : NULL;
	int (*run)(void);

	if (!symbol) {
		puts(dlerror());
		return 1;
	}
	memcpy(&run, &symbol, sizeof(run));
	for (int i = 0; i < 10; i++)
		printf("%d\n", run());
	return 0;
}
