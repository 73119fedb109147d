/* prctl() for alloc.sh where the process may not be marked as an I/O flusher: it comes before
 * libc's and keeps the mark itself. It is the whole process's; a test has one marked thread at a
 * time. */
#include <stdarg.h>
#include <sys/prctl.h>

int prctl(int option, ...)
{
	static int mark;
	va_list list;

	va_start(list, option);
	if (option == PR_SET_IO_FLUSHER)
		mark = (int)va_arg(list, unsigned long);
	va_end(list);
	return option == PR_GET_IO_FLUSHER ? mark : 0;
}
