/* Readers against writers: 15 single cases, four cycles of three in every order, and fair readers
 * against interrupts. rlock: recursive readers, unless the section says fair; rsem: fair ones. */
#include "tests/selftest/selftest.h"

static void rlock_aa1(const struct selftest_variant *variant)
{
	take(RLOCK, X1);
	take(RLOCK, X1);
}

static void rsem_aa1(const struct selftest_variant *variant)
{
	take(RSEM, X1);
	take(RSEM, X1);
}

static void rlock_aa1b(const struct selftest_variant *variant)
{
	take(RLOCK, X1);
	take(RLOCK, X2);
}

static void rsem_aa1b(const struct selftest_variant *variant)
{
	take(RSEM, X1);
	take(RSEM, X2);
}

static void rlock_aa2(const struct selftest_variant *variant)
{
	take(RLOCK, X1);
	take(WLOCK, X2);
}

static void rsem_aa2(const struct selftest_variant *variant)
{
	take(RSEM, X1);
	take(WSEM, X2);
}

static void rlock_aa3(const struct selftest_variant *variant)
{
	take(WLOCK, X1);
	take(RLOCK, X2);
}

static void rsem_aa3(const struct selftest_variant *variant)
{
	take(WSEM, X1);
	take(RSEM, X2);
}

/* X outside of Y in one mode, then inside of it in another one. */
static void rlock_around(enum selftest_kind outside, enum selftest_kind inside)
{
	nest(outside, X1, SPIN, Y1);
	nest(SPIN, Y1, inside, X1);
}

static void rwsem_around(enum selftest_kind outside, enum selftest_kind inside)
{
	nest(outside, X1, MUTEX, Y1);
	nest(MUTEX, Y1, inside, X1);
}

static void rlock_abba1(const struct selftest_variant *variant)
{
	rlock_around(RLOCK, WLOCK);
}

static void rwsem_abba1(const struct selftest_variant *variant)
{
	rwsem_around(RSEM, WSEM);
}

static void rlock_abba2(const struct selftest_variant *variant)
{
	rlock_around(RLOCK, RLOCK);
}

static void rwsem_abba2(const struct selftest_variant *variant)
{
	rwsem_around(RSEM, RSEM);
}

static void rlock_abba3(const struct selftest_variant *variant)
{
	rlock_around(WLOCK, WLOCK);
}

static void rwsem_abba3(const struct selftest_variant *variant)
{
	rwsem_around(WSEM, WSEM);
}

/* The reader's way in must not pass for the writer's. */
static void rlock_chaincache_abba1(const struct selftest_variant *variant)
{
	rlock_around(RLOCK, RLOCK);
	nest(SPIN, Y1, WLOCK, X1);
}

static void w1_r2(const struct selftest_variant *variant)
{
	nest(WLOCK, X1, RLOCK, Y1);
}

static void w1_w2(const struct selftest_variant *variant)
{
	nest(WLOCK, X1, WLOCK, Y1);
}

static void w2_r3(const struct selftest_variant *variant)
{
	nest(WLOCK, Y1, RLOCK, Z1);
}

static void r2_r3(const struct selftest_variant *variant)
{
	nest(RLOCK, Y1, RLOCK, Z1);
}

static void w3_r1(const struct selftest_variant *variant)
{
	nest(WLOCK, Z1, RLOCK, X1);
}

static void w3_w1(const struct selftest_variant *variant)
{
	nest(WLOCK, Z1, WLOCK, X1);
}

static void r3_w1(const struct selftest_variant *variant)
{
	nest(RLOCK, Z1, WLOCK, X1);
}

/* The kernel's names of the last two do not say which lock is taken how; what is done does. */
static const struct selftest_row cycles[] = {
	{"W1R2_W2R3_W3R1", KIND(RLOCK), KINDS_NONE, .has_plain_names = true, .rules = RULE_ORDER,
		.events = {w1_r2, w2_r3, w3_r1}},
	{"W1W2_R2R3_W3R1", KIND(RLOCK), KINDS_NONE, .has_plain_names = true, .rules = RULE_ORDER,
		.events = {w1_w2, r2_r3, w3_r1}},
	{"W1W2_R2R3_R3W1", KIND(RLOCK), KIND(RLOCK), .has_plain_names = true,
		.events = {w1_r2, r2_r3, w3_w1}},
	{"W1R2_R2R3_W3W1", KIND(RLOCK), KIND(RLOCK), .has_plain_names = true,
		.events = {w1_w2, r2_r3, r3_w1}},
};

void selftest_add_reader_cases(void)
{
	unsigned int i;

	selftest_add_section("readers and writers", selftest_kind_names, false);
	selftest_add_cell("AA1", RLOCK, "rlock_AA1", SILENT, rlock_aa1);
	selftest_add_cell("AA1", RSEM, "rsem_AA1", RULE(SELF_DEADLOCK), rsem_aa1);
	selftest_add_cell("AA1B", RLOCK, "rlock_AA1B", SILENT, rlock_aa1b);
	selftest_add_cell("AA1B", RSEM, "rsem_AA1B", RULE_SAME_CLASS, rsem_aa1b);
	selftest_add_cell("AA2", RLOCK, "rlock_AA2", RULE_SAME_CLASS, rlock_aa2);
	selftest_add_cell("AA2", RSEM, "rsem_AA2", RULE_SAME_CLASS, rsem_aa2);
	selftest_add_cell("AA3", RLOCK, "rlock_AA3", RULE_SAME_CLASS, rlock_aa3);
	selftest_add_cell("AA3", RSEM, "rsem_AA3", RULE_SAME_CLASS, rsem_aa3);
	selftest_add_cell("ABBA1", RLOCK, "rlock_ABBA1", RULE_ORDER, rlock_abba1);
	selftest_add_cell("ABBA1", RSEM, "rwsem_ABBA1", RULE_ORDER, rwsem_abba1);
	selftest_add_cell("ABBA2", RLOCK, "rlock_ABBA2", SILENT, rlock_abba2);
	selftest_add_cell("ABBA2", RSEM, "rwsem_ABBA2", RULE_ORDER, rwsem_abba2);
	selftest_add_cell("ABBA3", RLOCK, "rlock_ABBA3", RULE_ORDER, rlock_abba3);
	selftest_add_cell("ABBA3", RSEM, "rwsem_ABBA3", RULE_ORDER, rwsem_abba3);
	selftest_add_cell("chaincache_ABBA1", RLOCK, "rlock_chaincache_ABBA1", RULE_ORDER,
		rlock_chaincache_abba1);
	for (i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++)
		selftest_add_row(&cycles[i]);
}

/* The handler reads A and then wants B; B's holder wants to read A, behind a waiting writer. */
static void queued_re_er(const struct selftest_variant *variant)
{
	enter_irq(HARD);
	nest(RLOCK, A, SPIN, B);
	exit_irq(HARD);

	disable_irq(HARD);
	nest(SPIN, B, RLOCK, A);
	enable_irq(HARD);
}

/* Here it is the handler that reads inside, and a handler overtakes the waiting writer. */
static void queued_er_re(const struct selftest_variant *variant)
{
	enter_irq(HARD);
	nest(SPIN, B, RLOCK, A);
	exit_irq(HARD);

	disable_irq(HARD);
	nest(RLOCK, A, SPIN, B);
	enable_irq(HARD);
}

/* B's holder waits for A behind a writer; A's reader is interrupted by a handler that wants B. */
static void queued_inversion(const struct selftest_variant *variant)
{
	enter_irq(HARD);
	pass(SPIN, B);
	exit_irq(HARD);

	disable_irq(HARD);
	nest(SPIN, B, RLOCK, A);
	enable_irq(HARD);

	pass(RLOCK, A);
}

void selftest_add_queued_cases(void)
{
	selftest_add_section("fair readers and interrupts", selftest_kind_names, true);
	selftest_add_cell(
		"queued RE_Er", RLOCK, "queued_read_lock_hardirq_RE_Er", RULE_ORDER, queued_re_er);
	selftest_add_cell(
		"queued ER_rE", RLOCK, "queued_read_lock_hardirq_ER_rE", SILENT, queued_er_re);
	selftest_add_cell("queued inversion", RLOCK, "queued_read_lock_hardirq_inversion",
		RULE_INTERRUPT, queued_inversion);
}

/* B is reached weakly at once, and strongly only by way of D: a search that marks B as visited on
 * the weak way misses the cycle. */
static void strong_behind_weak(const struct selftest_variant *variant)
{
	nest(WLOCK, A, RLOCK, B);
	nest(WLOCK, A, WLOCK, D);
	nest(WLOCK, D, WLOCK, B);
	nest(RLOCK, B, WLOCK, C);
	nest(WLOCK, C, WLOCK, A);
}

void selftest_add_beyond_cases(void)
{
	selftest_add_section("beyond the kernel's", selftest_kind_names, false);
	selftest_add_cell(NULL, WLOCK, "strong_behind_weak", RULE_ORDER, strong_behind_weak)
		->is_beyond = true;
}
