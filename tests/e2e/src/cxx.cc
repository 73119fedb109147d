// C++20's locks, and C locks among them.
#include "turns.h"
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <thread>

using namespace std::chrono_literals;

namespace
{

std::mutex mutex_a, mutex_b;
std::recursive_mutex recursive;
std::timed_mutex timed;
std::recursive_timed_mutex recursive_timed;
std::shared_mutex shared;
std::shared_timed_mutex shared_timed;
pthread_mutex_t c_lock = PTHREAD_MUTEX_INITIALIZER;

// Each template takes two lockables in the order of its arguments.
template <auto &First, auto &Second> void nest(int)
{
	std::lock_guard outer(First);
	std::lock_guard inner(Second);
}

template <auto &First, auto &Second> void both_orders()
{
	turns_two(nest<First, Second>, nest<Second, First>);
}

void c_then_cxx(int)
{
	pthread_mutex_lock(&c_lock);
	mutex_a.lock();
	mutex_a.unlock();
	pthread_mutex_unlock(&c_lock);
}

void cxx_then_c(int)
{
	std::lock_guard outer(mutex_a);
	pthread_mutex_lock(&c_lock);
	pthread_mutex_unlock(&c_lock);
}

void c_and_cxx()
{
	turns_two(c_then_cxx, cxx_then_c);
}

template <auto &Shared> void read_then_a(int)
{
	std::shared_lock outer(Shared);
	std::lock_guard inner(mutex_a);
}

template <auto &Shared> void a_then_read(int)
{
	std::lock_guard outer(mutex_a);
	std::shared_lock inner(Shared);
}

void shared_writer()
{
	turns_two(read_then_a<shared>, nest<mutex_a, shared>);
}

void shared_readers()
{
	turns_two(read_then_a<shared>, a_then_read<shared>);
}

void shared_timed_writer()
{
	turns_two(read_then_a<shared_timed>, nest<mutex_a, shared_timed>);
}

void recursive_relock(int)
{
	std::lock_guard outer(recursive);
	std::lock_guard middle(mutex_a);
	std::lock_guard inner(recursive);
}

void recursive_silent()
{
	turns_two(recursive_relock, recursive_relock);
}

// All orders at once, by an algorithm that never waits while it holds.
void scoped_a_b(int)
{
	std::scoped_lock both(mutex_a, mutex_b);
}

void scoped_b_a(int)
{
	std::scoped_lock both(mutex_b, mutex_a);
}

void unique_b_a(int)
{
	std::unique_lock b(mutex_b, std::defer_lock), a(mutex_a, std::defer_lock);
	std::lock(b, a);
}

void scoped_silent()
{
	const turns_act acts[] = {scoped_a_b, scoped_b_a, unique_b_a};
	turns_take(3, acts, nullptr);
}

// A scoped_lock of one mutex is a plain lock, and under contention it is still silent.
void scoped_contended()
{
	std::thread other([] {
		for (int i = 0; i < 20000; i++)
			scoped_b_a(0);
	});
	for (int i = 0; i < 20000; i++)
		scoped_a_b(0);
	other.join();
}

void timed_try_a_then_b(int)
{
	std::unique_lock outer(timed, 2s);
	printf("%d\n", outer.owns_lock());
	std::lock_guard inner(mutex_b);
}

void timed_first()
{
	turns_two(timed_try_a_then_b, nest<mutex_b, timed>);
}

void timed_out_then_b(int)
{
	std::thread holder_of_b([] {
		std::unique_lock outer(timed, 20ms);
		printf("%d\n", outer.owns_lock());
		std::lock_guard inner(mutex_b);
	});
	holder_of_b.join();
}

void timed_out()
{
	{
		std::lock_guard held(timed);
		timed_out_then_b(0);
	}
	turns_two(nest<mutex_b, timed>, nest<mutex_b, timed>);
}

std::condition_variable changed;
std::condition_variable_any changed_any;
bool is_ready;

template <typename Condition> void wait_for_it(Condition &condition, std::mutex &mutex)
{
	is_ready = false;
	std::unique_lock lock(mutex);
	std::jthread other([&] {
		std::lock_guard inside(mutex);
		is_ready = true;
		condition.notify_all();
	});
	condition.wait(lock, [] { return is_ready; });
	printf("%d\n", condition.wait_for(lock, 5ms, [] { return !is_ready; }));
	lock.unlock();
}

void conditions(int)
{
	wait_for_it(changed, mutex_a);
	wait_for_it(changed_any, mutex_a);
}

void conditions_silent()
{
	turns_two(conditions, conditions);
}

// The wait takes a again while b is held.
void b_then_wait_on_a(int)
{
	std::lock_guard outer(mutex_b);
	std::unique_lock lock(mutex_a, std::try_to_lock);
	if (!lock.owns_lock())
		return;
	is_ready = false;
	std::jthread other([] {
		std::lock_guard inside(mutex_a);
		is_ready = true;
		changed.notify_all();
	});
	changed.wait(lock, [] { return is_ready; });
	lock.unlock();
}

void reacquire()
{
	turns_two(nest<mutex_a, mutex_b>, b_then_wait_on_a);
}

void jthreads()
{
	std::jthread waits([](std::stop_token stop) {
		std::unique_lock lock(mutex_a);
		changed_any.wait(lock, stop, [] { return false; });
		printf("stopped: %d\n", stop.stop_requested());
	});
	waits.request_stop();
}

std::once_flag once;

void call_once_with_a(int)
{
	std::call_once(once, [] { nest<mutex_a, mutex_b>(0); });
}

void call_once()
{
	turns_two(call_once_with_a, call_once_with_a);
}

// Mutexes without constructor or destructor event, at one address again and again.
void short_lived(int)
{
	for (int i = 0; i < 100; i++) {
		auto lock = std::make_unique<std::mutex>();
		std::lock_guard outer(*lock);
		std::lock_guard inner(mutex_a);
	}
}

void short_lived_silent()
{
	turns_two(short_lived, short_lived);
}

// Locks are taken after the threads' functions are over, in opposite orders.
struct locks_at_thread_exit {
	int order = 0;

	~locks_at_thread_exit()
	{
		if (order == 1)
			nest<mutex_a, mutex_b>(0);
		if (order == 2)
			nest<mutex_b, mutex_a>(0);
	}
};

thread_local locks_at_thread_exit in_thread;

void thread_destructors()
{
	auto touch = [](int index) { in_thread.order = index + 1; };
	turns_two(touch, touch);
}

const turns_case cases[] = {
	{"mutex_abba", both_orders<mutex_a, mutex_b>},
	{"recursive_mutex_abba", both_orders<recursive, mutex_b>},
	{"timed_mutex_abba", both_orders<timed, mutex_b>},
	{"recursive_timed_mutex_abba", both_orders<recursive_timed, mutex_b>},
	{"shared_mutex_abba", both_orders<shared, mutex_b>},
	{"c_and_cxx", c_and_cxx},
	{"shared_writer", shared_writer},
	{"shared_readers", shared_readers},
	{"shared_timed_writer", shared_timed_writer},
	{"recursive_silent", recursive_silent},
	{"scoped_silent", scoped_silent},
	{"scoped_contended", scoped_contended},
	{"timed_first", timed_first},
	{"timed_out", timed_out},
	{"conditions_silent", conditions_silent},
	{"reacquire", reacquire},
	{"jthreads", jthreads},
	{"call_once", call_once},
	{"short_lived_silent", short_lived_silent},
	{"thread_destructors", thread_destructors},
};

} // namespace

TURNS_MAIN(cases)
