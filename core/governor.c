/* Rates, budget, levels. See governor.h. */
#include "governor.h"

#include "hash.h"
#include "sys.h"

#include <string.h>
#include <time.h>

/* A bucket of tokens in one word: when it will be full again. A token pushes that `cost_ns` further
 * away; one that would push it more than `burst_ns` from now is not to be had. */
struct rate {
	uint64_t cost_ns, burst_ns;
};

#define SECOND_NS 1000000000ull
#define RATE(per_second, burst)                                                                    \
	{                                                                                          \
		SECOND_NS / (per_second), SECOND_NS / (per_second) * (burst)                       \
	}

static const struct rate rates[LDL_EFFORTS] = {
	[LDL_EFFORT_CHAIN] = RATE(LDL_RATE_CHAINS, LDL_BURST_CHAINS),
	[LDL_EFFORT_LOCK] = RATE(LDL_RATE_LOCKS, LDL_BURST_LOCKS),
	[LDL_EFFORT_THREAD] = RATE(LDL_RATE_THREADS, LDL_BURST_THREADS),
};

/* Of one class, or place. */
static const struct rate rates_each[LDL_EFFORTS] = {
	[LDL_EFFORT_CHAIN] = RATE(LDL_RATE_CHAINS / LDL_RATE_SHARE, LDL_BURST_CHAINS / 4),
	[LDL_EFFORT_LOCK] = RATE(LDL_RATE_LOCKS / LDL_RATE_SHARE, LDL_BURST_LOCKS / 4),
	[LDL_EFFORT_THREAD] = RATE(LDL_RATE_THREADS, LDL_BURST_THREADS),
};

/* Private memory: what the program, or a reader, writes into the arena moves nothing here. */
static struct {
	struct ldl_header *header;
	bool has_rates;
	uint32_t budget_ppm;
	uint32_t level;      /* ldl_shed */
	uint64_t spent_ns;   /* in the present window */
	uint64_t spent_most; /* what may be spent in it: all savings, and its own budget */
	uint64_t window_end; /* on the coarse clock: whoever moves it closes the window */
	uint64_t window_start;
	/* The rest belongs to whoever closes a window, one at a time. */
	int64_t saved_ns; /* of own time, left over from former windows */
	uint64_t calm_ns; /* well within the budget, in a row */
	uint64_t due[LDL_EFFORTS];
	uint64_t due_each[LDL_EFFORTS][LDL_RATE_KEYS]; /* keys with one hash share a bucket */
} governor;

static uint64_t now_ns(void)
{
	return ldl_sys_clock_ns(CLOCK_MONOTONIC_COARSE);
}

static int64_t saved_most(void)
{
	return (int64_t)(LDL_SAVED_NS / 1000000 * governor.budget_ppm);
}

static uint64_t budget_of(uint64_t elapsed)
{
	return elapsed / 1000 * governor.budget_ppm / 1000;
}

/* Release: pairs with the acquire in close_window(). */
static void open_window(uint64_t now)
{
	ldl_store_relaxed(
		&governor.spent_most, (uint64_t)governor.saved_ns + budget_of(LDL_WINDOW_NS));
	ldl_store_relaxed(&governor.window_start, now);
	ldl_store_release(&governor.window_end, now + LDL_WINDOW_NS);
}

void ldl_governor_start(struct ldl_header *header, uint32_t budget_ppm, bool has_rates)
{
	memset(&governor, 0, sizeof(governor));
	header->governor = (struct ldl_governor_record){.budget_ppm = budget_ppm};
	governor.header = header;
	governor.has_rates = has_rates;
	governor.budget_ppm = budget_ppm;
	governor.saved_ns = saved_most();
	open_window(now_ns());
}

bool ldl_governor_is_on(void)
{
	return governor.budget_ppm || governor.has_rates;
}

bool ldl_governor_sheds(enum ldl_shed what)
{
	return ldl_load_relaxed(&governor.level) >= what;
}

void ldl_governor_spend(uint64_t ns)
{
	ldl_add_relaxed(&governor.spent_ns, ns);
}

static void set_level(uint32_t level)
{
	ldl_store_relaxed(&governor.level, level);
	ldl_store_relaxed(&governor.header->governor.level, level);
	governor.calm_ns = 0;
}

/* One level more when the savings are used up: what is given up next has to earn new ones. One
 * level less for each span of calm; a program that was warm meanwhile closed no window. */
static void choose_level(uint64_t elapsed, uint64_t spent)
{
	uint64_t budget = budget_of(elapsed), levels;

	governor.saved_ns += (int64_t)budget - (int64_t)spent;
	if (governor.saved_ns > saved_most())
		governor.saved_ns = saved_most();
	if (governor.saved_ns < 0) {
		governor.saved_ns = 0;
		set_level(governor.level + (governor.level + 1 < LDL_SHED_LEVELS));
		return;
	}
	governor.calm_ns = spent <= budget / 2 ? governor.calm_ns + elapsed : 0;
	levels = governor.calm_ns / LDL_CALM_NS;
	if (governor.level && levels)
		set_level(levels < governor.level ? governor.level - (uint32_t)levels : 0);
}

/* What is seen from outside. */
static void publish(uint64_t now, uint64_t elapsed, uint64_t spent)
{
	struct ldl_governor_record *record = &governor.header->governor;
	uint64_t share = elapsed ? spent * 1000 / (elapsed / 1000) : 0;

	if (share > UINT32_MAX)
		share = UINT32_MAX;
	ldl_store_relaxed(&record->share_ppm, (uint32_t)share);
	if (share > record->share_max_ppm)
		ldl_store_relaxed(&record->share_max_ppm, (uint32_t)share);
	ldl_add_relaxed(&record->own_ns, spent);
	ldl_add_relaxed(&record->level_ns[governor.level], elapsed);
	/* The coarse clock is a tick behind that of start_ns. */
	if (now > governor.header->start_ns)
		ldl_store_relaxed(&record->window_ns, now - governor.header->start_ns);
}

/* Whether the window is over. A storm does not wait for that: what may be spent in a window may be
 * spent long before its end. */
static bool is_over(uint64_t now, uint64_t end)
{
	if (now >= end)
		return true;
	return ldl_load_relaxed(&governor.spent_ns) > ldl_load_relaxed(&governor.spent_most) &&
	       now >= ldl_load_relaxed(&governor.window_start) + LDL_WINDOW_LEAST_NS;
}

static void close_window(uint64_t now)
{
	uint64_t end = ldl_load_relaxed(&governor.window_end), elapsed, spent;

	/* Acquire: pairs with the release in open_window(); what the last closer wrote is there.
	 * The end far away keeps others out meanwhile. */
	if (end == UINT64_MAX || !is_over(now, end) ||
		!ldl_cas_acq_rel(&governor.window_end, &end, UINT64_MAX))
		return;
	spent = ldl_exchange_acq_rel(&governor.spent_ns, 0);
	elapsed = now - governor.window_start;
	publish(now, elapsed, spent);
	choose_level(elapsed, spent);
	open_window(now);
}

void ldl_governor_tick(uint64_t now)
{
	if (governor.budget_ppm &&
		ldl_unlikely(is_over(now, ldl_load_relaxed(&governor.window_end))))
		close_window(now);
}

static bool has_token(const uint64_t *due, const struct rate *rate, uint64_t now)
{
	uint64_t full = ldl_load_relaxed(due);

	return full <= now || full - now + rate->cost_ns <= rate->burst_ns;
}

/* False: somebody took the last one, or too many want one at this very moment. */
static bool take_token(uint64_t *due, const struct rate *rate, uint64_t now)
{
	uint64_t full = ldl_load_relaxed(due);

	for (uint32_t tries = 0; tries < LDL_TOKEN_TRIES && has_token(due, rate, now); tries++) {
		if (ldl_cas_acq_rel(due, &full, (full > now ? full : now) + rate->cost_ns))
			return true;
	}
	return false;
}

static uint64_t *due_of(enum ldl_effort effort, uint64_t key)
{
	return &governor.due_each[effort][ldl_hash_strong(key) % LDL_RATE_KEYS];
}

static bool may_admit(enum ldl_effort effort, uint64_t key, uint64_t now)
{
	ldl_governor_tick(now);
	if (ldl_governor_sheds(LDL_SHED_EDGES))
		return false;
	return !governor.has_rates ||
	       ((!key || has_token(due_of(effort, key), &rates_each[effort], now)) &&
		       has_token(&governor.due[effort], &rates[effort], now));
}

bool ldl_governor_may_admit(enum ldl_effort effort, uint64_t key)
{
	return !ldl_governor_is_on() || may_admit(effort, key, now_ns());
}

bool ldl_governor_admits(enum ldl_effort effort, uint64_t key)
{
	uint64_t now;

	if (!ldl_governor_is_on())
		return true;
	now = now_ns();
	if (!may_admit(effort, key, now))
		return false;
	if (!governor.has_rates)
		return true;
	return (!key || take_token(due_of(effort, key), &rates_each[effort], now)) &&
	       take_token(&governor.due[effort], &rates[effort], now);
}
