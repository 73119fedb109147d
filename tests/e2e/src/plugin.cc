/* A C++ plug-in with operators of its own, for alloc.sh: a C program loads it, and its blocks must
 * go back to where they came from. */
#include <cstddef>
#include <cstdlib>
#include <new>

void *operator new(std::size_t size)
{
	void **block = static_cast<void **>(std::malloc(size + 16));

	if (block == nullptr)
		throw std::bad_alloc();
	*block = block;
	return block + 2;
}

void operator delete(void *block) noexcept
{
	void **own = static_cast<void **>(block) - 2;

	if (block == nullptr)
		return;
	if (*own != own)
		std::abort(); /* not from ours */
	std::free(own);
}

void operator delete(void *block, std::size_t) noexcept
{
	operator delete(block);
}

extern "C" int plugin_run();

extern "C" int plugin_run()
{
	long *volatile number = new long{42};
	int result = static_cast<int>(*number);

	delete number;
	return result;
}
