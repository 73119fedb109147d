/* The program that does nothing: one lock, and, when given an argument, it waits for the end of its
 * standard input, so that its memory can be looked at. */
#include <pthread.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	char byte = 1;

	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	if (argc < 2)
		return 0;
	if (write(1, &byte, 1) != 1)
		return 1;
	return read(0, &byte, 1) < 0;
}
