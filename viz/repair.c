/* What to do about a broken rule: a sentence for each. See repair.h. */
#include "repair.h"

#include "core/format.h"

static const char *const repairs[LDL_RULE_COUNT] = {
	[LDL_RULE_NONE] = "",
	[LDL_RULE_ORDER] = "take these locks in the order in which everybody else does.",
	[LDL_RULE_INSTANCE_ORDER] = "nest the locks of this class by one rule: by address, by "
				    "index, or the parent first.",
	[LDL_RULE_DECLARED_ORDER] = "take the locks in the declared order, or take the "
				    "declaration back if it is wrong.",
	[LDL_RULE_SELF_DEADLOCK] =
		"do not take the lock again: split the function into one that takes it and one "
		"that is called with it held, or make the lock a recursive one.",
	[LDL_RULE_SAME_CLASS] =
		"declare the nesting if it follows a rule (a subclass for the inner level, "
		"ldl_nest() when an outer lock keeps them apart), else take one at a time.",
	[LDL_RULE_UNLOCK_UNHELD] =
		"release only what this path has taken: look for an early return or an error path "
		"that releases twice, or before it took the lock.",
	[LDL_RULE_UNLOCK_FOREIGN] =
		"let the thread that took the lock release it; to hand something over between "
		"threads use a semaphore or a condition.",
	[LDL_RULE_INIT_HELD] =
		"initialise the lock once, before anybody can take it; for a second life destroy "
		"it first, when it is free.",
	[LDL_RULE_DESTROY_HELD] =
		"release the lock before it is destroyed, and make sure that nobody can still be "
		"on the way to it.",
	[LDL_RULE_NOT_HELD] = "take the lock on the path that leads here, or correct the "
			      "assertion.",
	[LDL_RULE_EVENT] = "wait without the lock, or wake without needing it.",
	[LDL_RULE_INTERRUPT] = "disable the handler (block the signal) while such a lock is held.",
	[LDL_RULE_WAIT_TYPE] =
		"take a lock here that waits for no longer than its surroundings allow, or take "
		"this one before them.",
	[LDL_RULE_MISUSE] = "keep to the interface's own rule; the note says which one.",

	[LDL_RULE_HOLDER_GONE] =
		"release the lock before its thread ends, on every way out (a cleanup handler for "
		"cancellation); or make it robust, and handle EOWNERDEAD.",

	[LDL_RULE_A1] = "only try the lock in the context, or allocate before the lock is taken.",
	[LDL_RULE_A2] = "ask before the context begins, with GFP_NOWAIT inside it, or take the "
			"memory from a filled reserve.",
	[LDL_RULE_A3] = "take DIRECT_RECLAIM out of the mask (GFP_NOWAIT): NOFS and NOIO leave "
			"it in.",
	[LDL_RULE_A4] = "allocate before the lock is taken, narrow the mask (a nofs or noio "
			"scope), or only try the lock in the reclaimer.",
	[LDL_RULE_A5] = "do not wait here for a thread that allocates: let it use a reserve, or "
			"bound the wait.",
	[LDL_RULE_A6] = "give the wait a time limit within the context's budget, or leave it to "
			"somebody who may wait.",
	[LDL_RULE_A7] = "compare the range first, and return 0 without a lock when it is not "
			"the notifier's.",
	[LDL_RULE_A8] = "try the lock, and answer EAGAIN only when that fails.",
	[LDL_RULE_A9] = "detach the work under the lock and return; do what may wait afterwards, "
			"outside the context.",
	[LDL_RULE_A10] = "read the number without a lock (an atomic counter), or only try the "
			 "lock and answer with an estimate.",
	[LDL_RULE_A11] = "declare the locks that the callback takes when it is registered.",
	[LDL_RULE_A12] = "ask with the mask that the callback was called with, or a narrower "
			 "one.",
	[LDL_RULE_A13] = "run with mode=check for the whole graph.",

	[LDL_RULE_B1] = "put NOFAIL on the single request that needs it, not on a scope.",
	[LDL_RULE_B2] = "drop the fallback, or drop NOFAIL and keep the fallback.",
	[LDL_RULE_B3] = "let the request reclaim (GFP_KERNEL, GFP_NOFS or GFP_NOIO with NOFAIL), "
			"or drop NOFAIL and handle the failure.",
	[LDL_RULE_B4] = "choose one: NOFAIL, or NORETRY or RETRY_MAYFAIL with a failure that is "
			"handled.",
	[LDL_RULE_B5] = "restore the caller's scopes before the boundary, and set them anew "
			"behind it.",
	[LDL_RULE_B6] = "use kvmalloc() or smaller pieces for so large a request, or drop NOFAIL.",
	[LDL_RULE_B7] = "wait between two tries with alloc_retry_wait(), or ask once with "
			"NOFAIL.",
	[LDL_RULE_B8] = "wait between two tries, with a request that may reclaim; where nothing "
			"may sleep, give up and let somebody else try again.",
	[LDL_RULE_B9] = "release what freeing needs before the wait, and take it again "
			"afterwards.",
	[LDL_RULE_B10] = "let the reclaimer free something or say that it cannot "
			 "(SHRINK_STOP); find out what keeps its objects.",
	[LDL_RULE_B11] = "take MEMALLOC, or the boost, off the request: NOFAIL will wait.",
	[LDL_RULE_B12] = "nothing has to change; look whether the request may really wait for "
			 "ever.",
	[LDL_RULE_B13] = "do not count on HIGH: use a reserve (a mempool) where the memory must "
			 "come.",

	[LDL_RULE_C1] = "free the first element before the second one is asked for, or ask for "
			"all of them in one call.",
	[LDL_RULE_C2] = "give each layer a pool of its own, and take from them in one order.",
	[LDL_RULE_C3] = "wait for the element without the lock, or free elements without it.",
	[LDL_RULE_C4] = "create the pool with a reserve, and fill it then.",
	[LDL_RULE_C5] = "use less inside the scope than it frees, or keep a reserve of its own "
			"for it.",
	[LDL_RULE_C6] = "add NORETRY, NOMEMALLOC and NOWARN to the backing request.",
	[LDL_RULE_C7] = "nothing has to change; a larger reserve would cover the mark.",
	[LDL_RULE_C8] = "claim the element before the lock is released.",

	[LDL_RULE_D1] = "fall back when it fails: a smaller request, a reserve, or another way.",
	[LDL_RULE_D2] = "drop NORETRY on the last rung.",
	[LDL_RULE_D3] = "choose one of NORETRY and RETRY_MAYFAIL.",
	[LDL_RULE_D4] = "take the retry mode off, or let the request reclaim.",
	[LDL_RULE_D5] = "add NOWARN, since the failure is handled.",
	[LDL_RULE_D6] = "use RETRY_MAYFAIL: it tries hard, and kills nobody.",
	[LDL_RULE_D7] = "use GFP_KERNEL.",
	[LDL_RULE_D8] = "nothing has to change: the request is marked optional.",
	[LDL_RULE_D9] = "add HIGH and the wake-up of kswapd to ATOMIC.",
	[LDL_RULE_D10] = "try again later instead of giving up for good.",
	[LDL_RULE_D11] = "skip each step that would sleep when DIRECT_RECLAIM is not in the "
			 "mask.",
	[LDL_RULE_D12] = "refuse flags that are not supported, with an error.",
	[LDL_RULE_D13] = "hand on the caller's mask, or a part of it.",
	[LDL_RULE_D14] = "begin with the gentle mode, and use the hard one when that has "
			 "failed.",
	[LDL_RULE_D15] = "let a request that may fail do so, before the OOM handler is called.",
	[LDL_RULE_D16] = "ask with GFP_NOWAIT first; when that fails release the lock, "
			 "allocate, take it again, and look again at what it protects.",
	[LDL_RULE_D17] = "mark the thread as one of the I/O path: PR_SET_IO_FLUSHER, or a noio "
			 "scope.",
	[LDL_RULE_D18] = "try again without THISNODE when it fails.",

	[LDL_RULE_E1] = "say \"may fail\" with NORETRY or RETRY_MAYFAIL; NOIO and NOFS do not "
			"say it.",
	[LDL_RULE_E2] = "restore the scope that was opened last first, in the thread and "
			"callback that opened it.",
	[LDL_RULE_E3] = "let the site cope with a failure, and see it do so under injection, or "
			"take it out of the scope.",
	[LDL_RULE_E4] = "return the error across the boundary.",
};

const char *viz_rule_repair(unsigned int rule)
{
	return rule < LDL_RULE_COUNT && repairs[rule] ? repairs[rule] : "";
}
