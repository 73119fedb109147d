/* Annotated, so that the engine is in a privileged program too. Prints whether the kernel says that
 * it is one. */
#include <lockdep_lite.h>
#include <stdio.h>
#include <sys/auxv.h>

int main(void)
{
	static char lock;

	ldl_lock_acquire(&lock, LDL_EXCLUSIVE);
	ldl_lock_acquired(&lock, LDL_EXCLUSIVE);
	ldl_lock_release(&lock);
	printf("secure: %lu\n", getauxval(AT_SECURE));
	return 0;
}
