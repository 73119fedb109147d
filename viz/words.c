/* The words of the output: tables from the format's numbers to names and sentences. */
#include "words.h"

#include "core/compiler.h"

#define WORD(table, index) word((table), ldl_array_len(table), (index))

static const char *word(const char *const *table, size_t count, unsigned int index)
{
	return index < count && table[index] ? table[index] : "unknown";
}

static const char *const kind_names[] = {
	[LDL_KIND_NONE] = "lock",
	[LDL_KIND_MUTEX] = "mutex",
	[LDL_KIND_RWLOCK] = "rwlock",
	[LDL_KIND_SPIN] = "spin lock",
	[LDL_KIND_CUSTOM] = "lock",
};

const char *viz_kind_name(unsigned int kind)
{
	return WORD(kind_names, kind);
}

static const char *const finding_kind_names[] = {
	[LDL_FINDING_NONE] = "unknown",
	[LDL_FINDING_LOCK_ORDER] = "lock-order",
	[LDL_FINDING_RECURSION] = "recursion",
	[LDL_FINDING_RECLAIM] = "reclaim",
	[LDL_FINDING_NONBLOCK] = "nonblock",
	[LDL_FINDING_RESERVE] = "reserve",
	[LDL_FINDING_EVENT] = "event",
	[LDL_FINDING_SIGNAL] = "signal",
	[LDL_FINDING_FORK] = "fork",
	[LDL_FINDING_POLICY] = "policy",
	[LDL_FINDING_MISUSE] = "misuse",
};

const char *viz_finding_kind_name(unsigned int kind)
{
	return WORD(finding_kind_names, kind);
}

static const char *const severity_names[] = {
	[LDL_SEVERITY_INFO] = "info",
	[LDL_SEVERITY_WARNING] = "warning",
	[LDL_SEVERITY_ERROR] = "error",
};

const char *viz_severity_name(unsigned int severity)
{
	return WORD(severity_names, severity);
}

static const char *const verdict_names[] = {
	[LDL_VERDICT_NONE] = "none",
	[LDL_VERDICT_POTENTIAL] = "potential",
	[LDL_VERDICT_PREDICTED] = "predicted",
	[LDL_VERDICT_CONFIRMED] = "confirmed",
	[LDL_VERDICT_DEADLOCKED] = "deadlocked",
	[LDL_VERDICT_BOUNDED] = "bounded",
	[LDL_VERDICT_GATED] = "gated",
	[LDL_VERDICT_ORDERED] = "ordered",
	[LDL_VERDICT_SINGLE_THREAD] = "single-thread",
};

const char *viz_verdict_name(unsigned int verdict)
{
	return WORD(verdict_names, verdict);
}

static const char *const verdict_sentences[] = {
	[LDL_VERDICT_NONE] = "",
	[LDL_VERDICT_POTENTIAL] =
		"the orders contradict each other, but no run has shown them on the same locks in"
		" threads that lived together; a run in which both paths are busy at once would "
		"settle it.",
	[LDL_VERDICT_PREDICTED] =
		"the same locks were taken in contradicting orders by threads that were alive "
		"together, and nothing kept them apart: unlucky timing is all it takes to hang; "
		"one common order, or a lock around both, would settle it.",
	[LDL_VERDICT_CONFIRMED] =
		"a steered run reached this deadlock: it is real, and only a changed order "
		"settles it.",
	[LDL_VERDICT_DEADLOCKED] =
		"these threads wait for one another now, and none of them will go on; only ending"
		" the process, and then a changed order, settles it.",
	[LDL_VERDICT_BOUNDED] =
		"one of the waits is timed, so the threads stall until it ends and then go on; a "
		"common order would settle it.",
	[LDL_VERDICT_GATED] =
		"another lock is held around every one of these acquisitions, so it cannot "
		"happen; it stays settled for as long as every path takes that lock first.",
	[LDL_VERDICT_ORDERED] =
		"one side was over before the other could begin (thread creation or join lies "
		"between), so it did not happen here; it settles itself unless that start-up "
		"order changes.",
	[LDL_VERDICT_SINGLE_THREAD] =
		"one thread made every edge, and a thread does not wait for itself this way; a "
		"second thread on one of these paths would make it a deadlock.",
};

const char *viz_verdict_sentence(unsigned int verdict)
{
	return WORD(verdict_sentences, verdict);
}

bool viz_verdict_is_hidden(unsigned int verdict)
{
	return verdict == LDL_VERDICT_GATED;
}

bool viz_verdict_is_brief(unsigned int verdict)
{
	return verdict == LDL_VERDICT_ORDERED || verdict == LDL_VERDICT_SINGLE_THREAD;
}

static const char *const rule_ids[] = {
	[LDL_RULE_NONE] = "-",
	[LDL_RULE_ORDER] = "L1",
	[LDL_RULE_INSTANCE_ORDER] = "L2",
	[LDL_RULE_DECLARED_ORDER] = "L3",
	[LDL_RULE_SELF_DEADLOCK] = "L4",
	[LDL_RULE_SAME_CLASS] = "L5",
	[LDL_RULE_UNLOCK_UNHELD] = "L6",
	[LDL_RULE_UNLOCK_FOREIGN] = "L7",
	[LDL_RULE_INIT_HELD] = "L8",
	[LDL_RULE_DESTROY_HELD] = "L9",
	[LDL_RULE_NOT_HELD] = "L10",
};

const char *viz_rule_id(unsigned int rule)
{
	return WORD(rule_ids, rule);
}

static const char *const rule_sentences[] = {
	[LDL_RULE_NONE] = "no rule is recorded.",
	[LDL_RULE_ORDER] =
		"locks must be taken in one order: threads that take them in a circle can each "
		"hold one and wait for the next, for ever.",
	[LDL_RULE_INSTANCE_ORDER] =
		"locks of one class must be nested in one order too (by address, by tree, by "
		"index): two threads that nest the same locks the other way round can wait for "
		"each other, for ever.",
	[LDL_RULE_DECLARED_ORDER] =
		"the program declared the opposite order with ldl_order(): every path must keep "
		"to it.",
	[LDL_RULE_SELF_DEADLOCK] =
		"a thread must not wait for a lock that it holds itself: nobody else will release"
		" it.",
	[LDL_RULE_SAME_CLASS] =
		"two locks of one declared class must not be nested unless the nesting is "
		"declared (a subclass, ldl_nest()): two threads could nest them the other way "
		"round.",
	[LDL_RULE_UNLOCK_UNHELD] =
		"only a held lock may be released: what the release protects is not protected.",
	[LDL_RULE_UNLOCK_FOREIGN] =
		"a lock must be released by the thread that took it: the holder believes that it "
		"still has it.",
	[LDL_RULE_INIT_HELD] =
		"a lock must not be initialised while it is held: its holder and waiters are "
		"forgotten.",
	[LDL_RULE_DESTROY_HELD] =
		"a lock must not be destroyed while it is held: its holder would release freed "
		"memory.",
	[LDL_RULE_NOT_HELD] =
		"the program asserted with ldl_assert_held() or ldl_assert_not_held() what is not"
		" so.",
};

const char *viz_rule_sentence(unsigned int rule)
{
	return WORD(rule_sentences, rule);
}

const char *viz_edge_type_name(unsigned int type)
{
	if (type & LDL_EDGE_EN)
		return "EN";
	if (type & LDL_EDGE_ER)
		return "ER";
	if (type & LDL_EDGE_SN)
		return "SN";
	return type & LDL_EDGE_SR ? "SR" : "";
}

const char *viz_mode_name(unsigned int mode)
{
	static const char *const names[] = {
		"exclusive",
		"shared",
		"exclusive",
		"shared, recursive",
		"exclusive, try",
		"shared, try",
		"exclusive, try",
		"shared, recursive, try",
		"exclusive, timed",
		"shared, timed",
		"exclusive, timed",
		"shared, recursive, timed",
	};
	unsigned int index = mode & (LDL_MODE_SHARED | LDL_MODE_RECURSIVE);

	if (mode & LDL_MODE_TRY)
		index += 4;
	else if (mode & LDL_MODE_TIMED)
		index += 8;
	return WORD(names, index);
}
