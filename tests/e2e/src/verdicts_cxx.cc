// What the verdicts are made of, in C++'s words: gates, threads that are created and joined.
#include "turns.h"
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>

using namespace std::chrono_literals;

namespace
{

std::mutex mutex_a, mutex_b, gate;
std::recursive_mutex recursive;
std::shared_mutex table;
std::timed_mutex timed;

template <auto &First, auto &Second> void nest(int)
{
	std::lock_guard outer(First);
	std::lock_guard inner(Second);
}

constexpr auto a_b = nest<mutex_a, mutex_b>;
constexpr auto b_a = nest<mutex_b, mutex_a>;

// Does it under a lock of this kind.
template <template <typename> class Guard, auto &Gate, turns_act Act> void under(int index)
{
	Guard<std::remove_reference_t<decltype(Gate)>> around(Gate);
	Act(index);
}

template <typename Mutex> using unique = std::unique_lock<Mutex>;
template <typename Mutex> using shared = std::shared_lock<Mutex>;

void gate_always()
{
	turns_two(under<unique, gate, a_b>, under<unique, gate, b_a>);
}

void gate_on_one_side()
{
	turns_two(under<unique, gate, a_b>, b_a);
}

void recursed_a_b(int index)
{
	std::lock_guard around(recursive);
	under<unique, recursive, a_b>(index);
}

void recursive_gate()
{
	turns_two(recursed_a_b, under<unique, recursive, b_a>);
}

void readers_gate()
{
	turns_two(under<shared, table, a_b>, under<shared, table, b_a>);
}

void reader_and_writer_gate()
{
	turns_two(under<shared, table, a_b>, under<unique, table, b_a>);
}

void deferred_gate_a_b(int index)
{
	std::unique_lock around(gate, std::defer_lock);
	printf("tried: %d\n", around.try_lock());
	a_b(index);
}

void trylock_gate()
{
	turns_two(deferred_gate_a_b, under<unique, gate, b_a>);
}

// A scoped_lock of two takes both without waiting for one under the other.
void scoped_b_a(int)
{
	std::scoped_lock both(mutex_b, mutex_a);
}

void scoped_both()
{
	turns_two(scoped_b_a, scoped_b_a);
}

std::condition_variable never;

void wait_in_gate_then_a_b(int index)
{
	std::unique_lock around(gate);
	printf("woken: %d\n", never.wait_for(around, 1ms, [] { return false; }));
	a_b(index);
}

void wait_before_the_order()
{
	turns_two(under<unique, gate, b_a>, wait_in_gate_then_a_b);
}

void gate_a_wait_b(int)
{
	std::unique_lock around(gate);
	std::lock_guard outer(mutex_a);
	printf("woken: %d\n", never.wait_for(around, 1ms, [] { return false; }));
	std::lock_guard inner(mutex_b);
}

void wait_in_the_middle_of_the_gate()
{
	turns_two(under<unique, gate, b_a>, gate_a_wait_b);
}

void a_timed(int)
{
	std::lock_guard outer(mutex_a);
	std::unique_lock inner(timed, 30s);
	printf("in time: %d\n", inner.owns_lock());
}

void timed_second()
{
	turns_two(a_timed, nest<timed, mutex_a>);
}

void thread_joined_before()
{
	std::thread thread(b_a, 0);
	thread.join();
	a_b(0);
}

void thread_meanwhile()
{
	std::promise<void> may_leave, has_acted;
	std::thread thread([&] {
		b_a(0);
		has_acted.set_value();
		may_leave.get_future().wait();
	});
	has_acted.get_future().wait();
	a_b(0);
	may_leave.set_value();
	thread.join();
}

void jthread_joined_before()
{
	{
		std::jthread thread(b_a, 0);
	}
	a_b(0);
}

void jthreads_apart()
{
	{
		std::jthread thread(b_a, 0);
	}
	std::jthread thread(a_b, 0);
}

void detached()
{
	auto has_acted = std::make_shared<std::promise<void>>();
	std::thread([has_acted] {
		b_a(0);
		has_acted->set_value();
	}).detach();
	has_acted->get_future().wait();
	a_b(0);
}

// The future of an asynchronous call joins its thread.
void async_before()
{
	std::async(std::launch::async, b_a, 0).get();
	a_b(0);
}

void async_meanwhile()
{
	std::promise<void> may_leave, has_acted;
	auto future = std::async(std::launch::async, [&] {
		b_a(0);
		has_acted.set_value();
		may_leave.get_future().wait();
	});
	has_acted.get_future().wait();
	a_b(0);
	may_leave.set_value();
	future.get();
}

// Before main(), for the cases that want it.
struct early {
	early()
	{
		const char *wanted = getenv("VERDICTS_EARLY");
		if (wanted)
			a_b(0);
	}
} before_main;

void static_order()
{
	turns_two(b_a, b_a);
}

void thread_local_order()
{
	struct late {
		~late()
		{
			b_a(0);
		}
	};
	std::thread([] {
		thread_local late at_thread_exit;
		(void)&at_thread_exit;
	}).join();
	a_b(0);
}

void one_thread()
{
	a_b(0);
	b_a(0);
}

void two_threads()
{
	turns_two(a_b, b_a);
}

void two_threads_one_order()
{
	turns_two(a_b, a_b);
}

// Locks of a class, each life on the heap without an event that begins or ends it.
struct node {
	std::mutex lock;
	char rest[4000];
};

void nest_nodes(node *first, node *second)
{
	std::lock_guard outer(first->lock);
	std::lock_guard inner(second->lock);
}

void nest_both_ways_in_two_lives(int)
{
	for (int life : {0, 1}) {
		node *one = new node, *other = new node;
		if (one > other)
			std::swap(one, other);
		nest_nodes(life ? other : one, life ? one : other);
		delete one;
		delete other;
	}
}

void heap_reuse_by_nodes()
{
	turns_two(nest_both_ways_in_two_lives, nest_both_ways_in_two_lives);
}

node *nodes;

void nest_both_ways_in_one_life(int index)
{
	nest_nodes(&nodes[index], &nodes[1 - index]);
}

void heap_no_reuse_by_nodes()
{
	nodes = new node[2];
	turns_two(nest_both_ways_in_one_life, nest_both_ways_in_one_life);
}

#define CASE(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}

const turns_case cases[] = {
	CASE(gate_always),
	CASE(gate_on_one_side),
	CASE(recursive_gate),
	CASE(readers_gate),
	CASE(reader_and_writer_gate),
	CASE(trylock_gate),
	CASE(scoped_both),
	CASE(wait_before_the_order),
	CASE(wait_in_the_middle_of_the_gate),
	CASE(timed_second),
	CASE(thread_joined_before),
	CASE(thread_meanwhile),
	CASE(jthread_joined_before),
	CASE(jthreads_apart),
	CASE(detached),
	CASE(async_before),
	CASE(async_meanwhile),
	CASE(static_order),
	{"static_order_early", static_order},
	CASE(thread_local_order),
	CASE(one_thread),
	CASE(two_threads),
	CASE(two_threads_one_order),
	CASE(heap_reuse_by_nodes),
	CASE(heap_no_reuse_by_nodes),
};

} // namespace

TURNS_MAIN(cases)
