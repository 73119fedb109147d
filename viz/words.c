/* The words of the output: tables from the format's numbers to names and sentences. */
#include "words.h"

#include "core/catalogue.h"
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
	[LDL_KIND_RECLAIM] = "reclaim domain",
	[LDL_KIND_NONBLOCK] = "non-blocking context",
	[LDL_KIND_RESERVE] = "reserve",
	[LDL_KIND_EVENT] = "event",
	[LDL_KIND_INTERRUPT] = "interrupt",
	[LDL_KIND_MASK] = "mask",
	[LDL_KIND_CONTEXT] = "context",
	[LDL_KIND_ALLOCATION] = "place",
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

unsigned int viz_verdict_rank(unsigned int verdict)
{
	static const unsigned char ranks[LDL_VERDICT_COUNT] = {
		[LDL_VERDICT_DEADLOCKED] = 0,
		[LDL_VERDICT_CONFIRMED] = 1,
		[LDL_VERDICT_NONE] = 2,
		[LDL_VERDICT_PREDICTED] = 3,
		[LDL_VERDICT_POTENTIAL] = 4,
		[LDL_VERDICT_BOUNDED] = 5,
		[LDL_VERDICT_ORDERED] = 6,
		[LDL_VERDICT_SINGLE_THREAD] = 7,
		[LDL_VERDICT_GATED] = 8,
	};

	return verdict < LDL_VERDICT_COUNT ? ranks[verdict] : LDL_VERDICT_COUNT;
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
		"another lock keeps these acquisitions from happening at one time, so it cannot "
		"hang; that stays settled for as long as every path takes that lock first.",
	[LDL_VERDICT_ORDERED] =
		"one side was over before the other could begin (thread creation or join lies "
		"between), so it did not happen here; it settles itself unless that start-up "
		"order changes.",
	[LDL_VERDICT_SINGLE_THREAD] =
		"one thread made every edge, and a thread does not wait for itself this way; a "
		"second thread on one of these paths would make it a deadlock, and one common "
		"order would settle it for good.",
};

const char *viz_verdict_sentence(unsigned int verdict)
{
	return WORD(verdict_sentences, verdict);
}

const char *viz_verdict_meaning(unsigned int kind, unsigned int verdict)
{
	bool is_of_locks = kind == LDL_FINDING_LOCK_ORDER || kind == LDL_FINDING_RECURSION;
	bool is_of_one = kind == LDL_FINDING_RECURSION || kind == LDL_FINDING_MISUSE;

	if (is_of_one && verdict == LDL_VERDICT_DEADLOCKED)
		return "the thread waits now, and nobody is left to let it go on; only ending the "
		       "process, and then a change of the program, settles it.";
	if (!is_of_locks && verdict == LDL_VERDICT_POTENTIAL)
		return "the steps close a circle, each of them seen, but not yet on the same locks "
		       "by threads that lived together; reclaim, handlers and contexts come when "
		       "they like, so it need not be seen that way to happen; one step that no "
		       "longer waits would settle it.";
	if (!is_of_locks && verdict == LDL_VERDICT_PREDICTED)
		return "the steps were made on the same locks by threads that were alive "
		       "together, and nothing kept them apart: unlucky timing, or a shortage of "
		       "memory, is all it takes to hang; one step that no longer waits would "
		       "settle it.";
	return viz_verdict_sentence(verdict);
}

bool viz_verdict_is_hidden(unsigned int verdict)
{
	return verdict == LDL_VERDICT_GATED;
}

bool viz_verdict_is_brief(unsigned int verdict)
{
	return verdict == LDL_VERDICT_ORDERED || verdict == LDL_VERDICT_SINGLE_THREAD;
}

const char *viz_rule_id(unsigned int rule)
{
	return ldl_catalogue_entry(rule)->id;
}

const char *viz_rule_title(unsigned int rule)
{
	return ldl_catalogue_entry(rule)->title;
}

const char *viz_rule_sentence(unsigned int rule)
{
	return ldl_catalogue_entry(rule)->why;
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
