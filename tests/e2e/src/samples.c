/* Writes the sample arenas into a folder, as NAME.ldl: for tests of what is made of them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/samples.h"
#include "tests/support/waits.h"

static void copy(const char *from, const char *to)
{
	static char bytes[1 << 16];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	ssize_t len;

	if (in < 0 || out < 0)
		abort();
	while ((len = read(in, bytes, sizeof(bytes))) > 0) {
		if (write(out, bytes, (size_t)len) != len)
			abort();
	}
	close(in);
	close(out);
}

int main(int argc, char **argv)
{
	char path[4096];

	for (size_t i = 0; i < ldl_sample_count; i++) {
		ldl_samples[i].fill();
		snprintf(path, sizeof(path), "%s/%s.ldl", argc > 1 ? argv[1] : ".",
			ldl_samples[i].name);
		copy(ldl_waits_path(), path);
	}
	return 0;
}
