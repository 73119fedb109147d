// The loops of peer_loop.c on abseil's own mutex: peer_absl off|report SCALE.
#include "absl/synchronization/mutex.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <set>
#include <utility>
#include <vector>

namespace
{

constexpr int kMutexes = 1000;
constexpr int kWarmPairs = 1000;
constexpr int kColdPairs = 8000; // of each thread

absl::Mutex nested[3];
absl::Mutex mutexes[kMutexes];
absl::Mutex shared;
std::vector<std::pair<int, int>> warm, cold;
pthread_barrier_t meeting;
double took[2];
long scale = 1;

double cpu_ns()
{
	timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void pin(int which)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(which, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

unsigned draw(uint64_t &state)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return static_cast<unsigned>(state >> 33);
}

double nest(int depth, long ops)
{
	double start = cpu_ns();

	for (long i = 0; i < ops; i++) {
		for (int level = 0; level < depth; level++)
			nested[level].Lock();
		for (int level = depth - 1; level >= 0; level--)
			nested[level].Unlock();
	}
	return (cpu_ns() - start) / static_cast<double>(ops);
}

void lock_pair(const std::pair<int, int> &pair)
{
	mutexes[pair.first].Lock();
	mutexes[pair.second].Lock();
	mutexes[pair.second].Unlock();
	mutexes[pair.first].Unlock();
}

double warm_part(int thread, long ops)
{
	uint64_t seed = static_cast<uint64_t>(thread) + 5;

	for (const auto &pair : warm)
		lock_pair(pair);
	double start = cpu_ns();
	for (long i = 0; i < ops; i++)
		lock_pair(warm[draw(seed) % kWarmPairs]);
	return (cpu_ns() - start) / static_cast<double>(ops);
}

double cold_part(int thread, long ops)
{
	double start = cpu_ns();

	for (long i = 0; i < ops; i++)
		lock_pair(cold[static_cast<size_t>(thread * kColdPairs + i)]);
	return (cpu_ns() - start) / static_cast<double>(ops);
}

double read_part(int, long ops)
{
	double start = cpu_ns();

	for (long i = 0; i < ops; i++) {
		shared.ReaderLock();
		shared.ReaderUnlock();
	}
	return (cpu_ns() - start) / static_cast<double>(ops);
}

void run_parts(int thread)
{
	static const struct {
		const char *name;
		double (*run)(int thread, long ops);
		long ops;
	} parts[] = {{"pairs.cold", cold_part, kColdPairs}, {"pairs.warm", warm_part, 300000},
		{"readers2", read_part, 500000}};

	for (const auto &part : parts) {
		pthread_barrier_wait(&meeting);
		took[thread] =
			part.run(thread, part.run == cold_part ? part.ops : part.ops / scale);
		pthread_barrier_wait(&meeting);
		if (thread == 0)
			std::printf("%s %.2f\n", part.name, (took[0] + took[1]) / 2);
	}
}

void *second_main(void *)
{
	pin(1);
	run_parts(1);
	return nullptr;
}

void draw_pairs(std::vector<std::pair<int, int>> &pairs, size_t count, uint64_t seed)
{
	std::set<std::pair<int, int>> drawn;

	while (pairs.size() < count) {
		int a = static_cast<int>(draw(seed) % kMutexes);
		int b = static_cast<int>(draw(seed) % kMutexes);

		if (a < b && drawn.insert({a, b}).second)
			pairs.emplace_back(a, b);
	}
}

} // namespace

int main(int argc, char **argv)
{
	pthread_t second;

	if (argc < 2)
		return 2;
	absl::SetMutexDeadlockDetectionMode(std::strcmp(argv[1], "report") == 0
						    ? absl::OnDeadlockCycle::kReport
						    : absl::OnDeadlockCycle::kIgnore);
	if (argc > 2 && std::atol(argv[2]) > 0)
		scale = std::atol(argv[2]);
	draw_pairs(warm, kWarmPairs, 1);
	draw_pairs(cold, 2 * kColdPairs, 2);
	pthread_barrier_init(&meeting, nullptr, 2);
	pin(0);
	if (pthread_create(&second, nullptr, second_main, nullptr) != 0)
		return 1;
	for (int depth = 1; depth <= 3; depth += 2) {
		nest(depth, 1000);
		std::printf("depth%d %.2f\n", depth, nest(depth, 2000000 / depth / scale));
	}
	run_parts(0);
	pthread_join(second, nullptr);
	return 0;
}
