/* C++'s ways to allocate under a lock, for alloc.sh: alloc_new CASE. Built twice: with OWN_NEW the
 * program brings two of the operators itself, and the others have to come to those. */
#define LDL_WEAK
#include <lockdep_lite.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#ifdef OWN_NEW
static long made, gone;

void *operator new(std::size_t size)
{
	long *block = static_cast<long *>(std::malloc(size + 16));

	if (block == nullptr)
		throw std::bad_alloc();
	made++;
	*block = 0x1234;
	return block + 2;
}

void operator delete(void *block) noexcept
{
	long *own = static_cast<long *>(block) - 2;

	if (block == nullptr)
		return;
	if (*own != 0x1234)
		std::abort(); /* not from ours */
	gone++;
	std::free(own);
}
#endif

namespace
{
std::mutex cache_lock;
void *volatile sink;

struct alignas(128) wide {
	char bytes[256];
};

void evict()
{
	ldl_reclaim_enter(LDL_RECLAIM);
	cache_lock.lock();
	cache_lock.unlock();
	ldl_reclaim_exit(LDL_RECLAIM);
}

void keep(void *block)
{
	sink = block;
}

/* What fails must fail as it does alone: by the handler, by the exception, or by NULL. */
void say_failures()
{
	volatile std::size_t huge = ~std::size_t{0} / 4;
	static int calls;

	std::set_new_handler([] {
		calls++;
		std::set_new_handler(nullptr);
	});
	try {
		keep(::operator new(huge));
	} catch (const std::bad_alloc &) {
		std::printf("bad_alloc after %d call\n", calls);
	}
	try {
		keep(::operator new (huge, std::align_val_t{64}));
	} catch (const std::bad_alloc &) {
		std::puts("bad_alloc");
	}
	std::printf("%p\n", ::operator new[](huge, std::nothrow));
}

void use_all()
{
	auto *one = new std::string(100, 'x');
	auto *many = new std::string[10];
	auto *wide_one = new wide;
	auto *wide_many = new wide[3];
	auto *maybe = new (std::nothrow) long[20];
	std::map<int, std::string> map;

	for (int i = 0; i < 1000; i++)
		map[i] = std::string(static_cast<std::size_t>(i), 'y');
	std::printf("%d %d\n", reinterpret_cast<std::uintptr_t>(wide_one) % 128 == 0,
		reinterpret_cast<std::uintptr_t>(wide_many) % 128 == 0);
	delete one;
	delete[] many;
	delete wide_one;
	delete[] wide_many;
	delete[] maybe;
}

const std::map<std::string, std::function<void()>> ways = {
	{"plain", [] { keep(::operator new(10)); }},
	{"plain_nothrow", [] { keep(::operator new(10, std::nothrow)); }},
	{"aligned", [] { keep(::operator new (10, std::align_val_t{64})); }},
	{"aligned_nothrow", [] { keep(::operator new (10, std::align_val_t{64}, std::nothrow)); }},
	{"array", [] { keep(::operator new[](10)); }},
	{"array_nothrow", [] { keep(::operator new[](10, std::nothrow)); }},
	{"array_aligned", [] { keep(::operator new[](10, std::align_val_t{64})); }},
	{"array_aligned_nothrow",
		[] { keep(::operator new[](10, std::align_val_t{64}, std::nothrow)); }},
};
} // namespace

int main(int argc, char **argv)
{
	std::string name = argc > 1 ? argv[1] : "";
	auto way = ways.find(name);

	if (name == "all") {
		use_all();
	} else if (name == "failures") {
		say_failures();
	} else if (way != ways.end()) {
		cache_lock.lock();
		way->second();
		cache_lock.unlock();
		evict();
	} else {
		return 2;
	}
#ifdef OWN_NEW
	std::printf("own operators were used: %d\n", made > 0 && gone > 0);
#endif
	return 0;
}
