/* Linked against a library whose constructor has run threads and taken locks before this begins. */
#include <stdio.h>

void module_a_then_b(int index);

int main(void)
{
	module_a_then_b(0);
	puts("main is done");
	return 0;
}
