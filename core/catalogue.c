/* The words of the rules. L1 to L15 are those of locks, the others RULES.md's parts A to E. */
#include "catalogue.h"

static const struct ldl_catalogue_entry unknown = {
	"unknown", "a rule that this version does not know", "the rule is not known."};

static const struct ldl_catalogue_entry entries[LDL_RULE_COUNT] = {
	[LDL_RULE_NONE] = {"-", "no rule", "no rule is recorded."},
	[LDL_RULE_ORDER] = {"L1", "possible deadlock, locks taken in opposite orders",
		"locks must be taken in one order: threads that take them in a circle can each "
		"hold one and wait for the next, for ever."},
	[LDL_RULE_INSTANCE_ORDER] = {"L2", "possible deadlock, locks of one class taken in a ring",
		"locks of one class must be nested in one order too (by address, by tree, by "
		"index): two threads that nest the same locks the other way round can wait for "
		"each other, for ever."},
	[LDL_RULE_DECLARED_ORDER] = {"L3", "locks taken against their declared order",
		"the program declared the opposite order with ldl_order(): every path must keep to "
		"it."},
	[LDL_RULE_SELF_DEADLOCK] = {"L4", "a thread waits for a lock that it holds",
		"a thread must not wait for a lock that it holds itself: nobody else will release "
		"it."},
	[LDL_RULE_SAME_CLASS] = {"L5", "two locks of one class, and no nesting declared",
		"two locks of one declared class must not be nested unless the nesting is declared "
		"(a subclass, ldl_nest()): two threads could nest them the other way round."},
	[LDL_RULE_UNLOCK_UNHELD] = {"L6", "release of a lock that nobody holds",
		"only a held lock may be released: what the release protects is not protected."},
	[LDL_RULE_UNLOCK_FOREIGN] = {"L7", "release of a lock that another thread holds",
		"a lock must be released by the thread that took it: the holder believes that it "
		"still has it."},
	[LDL_RULE_INIT_HELD] = {"L8", "initialisation of a lock that is held",
		"a lock must not be initialised while it is held: its holder and waiters are "
		"forgotten."},
	[LDL_RULE_DESTROY_HELD] = {"L9", "destruction of a lock that is held",
		"a lock must not be destroyed while it is held: its holder would release freed "
		"memory."},
	[LDL_RULE_NOT_HELD] = {"L10", "a lock is not held as the program asserts",
		"the program asserted with ldl_assert_held() or ldl_assert_not_held() what is not "
		"so."},
	[LDL_RULE_EVENT] = {"L11", "possible deadlock through a wait for an event",
		"who would wake this event first needs what is held while it is waited for: "
		"neither side goes on; wait without the lock, or wake without needing it."},
	[LDL_RULE_INTERRUPT] = {"L12", "possible deadlock, a handler's lock held where it may run",
		"a handler runs on top of whoever it interrupts: when that thread holds a lock "
		"that the handler needs, directly or through others, it waits for itself; disable "
		"the interrupt (block the signal) while such a lock is held."},
	[LDL_RULE_WAIT_TYPE] = {"L13", "a lock that waits for more than may be waited for here",
		"what is held, or the context, allows only waits of its own kind or a stricter one "
		"(free, spin, config, sleep), and this lock may wait for longer."},
	[LDL_RULE_MISUSE] = {"L14", "misuse of an interface that is built on this one",
		"the interface found one of its own rules broken; the note says which."},
	[LDL_RULE_HOLDER_GONE] = {"L15", "a wait for a lock whose holder has ended",
		"a thread must release what it took before it ends: nobody else can, and who waits "
		"for it waits for ever."},

	[LDL_RULE_A1] = {"A1",
		"a context that must not block waits for a lock held over an allocation",
		"a context that must not block waits here for somebody who may sleep in an "
		"allocation, and when memory is short that allocation waits for what this context "
		"is there to free; neither goes on."},
	[LDL_RULE_A2] = {"A2", "an allocation that may sleep in a context that must not block",
		"a request with DIRECT_RECLAIM may sleep until memory is free, and this context "
		"must not: take the memory before it begins, ask with GFP_NOWAIT, or take it from "
		"a filled reserve."},
	[LDL_RULE_A3] = {"A3", "a NOFS or NOIO allocation in a context that must not block",
		"NOFS and NOIO only narrow what reclaim may call: the request still has "
		"DIRECT_RECLAIM, so it may sleep, which this context must not."},
	[LDL_RULE_A4] = {"A4", "possible deadlock, a lock held over reclaim is needed by reclaim",
		"the allocation may run the reclaimer or wait for it, and the reclaimer needs what "
		"is held meanwhile: allocate before the lock is taken, narrow the mask (a nofs or "
		"noio scope), or only try the lock in the reclaimer."},
	[LDL_RULE_A5] = {"A5", "a context that must not block depends on an allocation indirectly",
		"a context that must not block waits, through an event or a reserve, for a thread "
		"that may sleep in an allocation: it waits as long as if it allocated itself."},
	[LDL_RULE_A6] = {"A6", "a wait without a bound in a context that must not block",
		"in a context that must not block a wait, a join or blocking I/O needs a time "
		"limit, within the budget that the context declared."},
	[LDL_RULE_A7] = {"A7", "a notifier acts on a range that is not its own",
		"a notifier that is called for a range in which it has no interest must return 0 "
		"without taking a lock: otherwise everyone's invalidations wait for it."},
	[LDL_RULE_A8] = {"A8", "a notifier always answers EAGAIN and never tries its lock",
		"where it must not block a notifier tries its lock and answers EAGAIN only when "
		"the try fails: one that always answers so never lets its caller make progress."},
	[LDL_RULE_A9] = {"A9", "a notifier blocks after its trylock succeeded",
		"the try says only that this one lock was free: what comes after it must not block "
		"or allocate with DIRECT_RECLAIM either; detach the work and return."},
	[LDL_RULE_A10] = {"A10", "a callback that only counts or filters blocks",
		"a callback that counts or filters is called often and anywhere: it must read what "
		"it needs without waiting."},
	[LDL_RULE_A11] = {"A11", "a registered callback's locks are primed",
		"a reclaimer or notifier tells at its registration which locks it takes, so that a "
		"wrong order shows without any memory pressure."},
	[LDL_RULE_A12] = {"A12", "a callback hands on a wider mask than it was called for",
		"what runs inside a callback must ask with no wider mask than the callback was "
		"called for: a wider one may enter the reclaim, I/O or filesystem that the caller "
		"had excluded."},
	[LDL_RULE_A13] = {"A13", "checked without a graph",
		"in nonblock-only mode no graph is kept: only direct waits and allocations of "
		"contexts that must not block are checked."},

	[LDL_RULE_B1] = {"B1", "NOFAIL by a scope",
		"whether a request may fail is known where its result is used, so NOFAIL belongs "
		"to a single call: a scope gives it to requests that nobody looked at."},
	[LDL_RULE_B2] = {"B2", "a fallback ran for a request that cannot fail",
		"a NOFAIL request comes back only with memory: either its fallback is dead code, "
		"or the request need not be NOFAIL."},
	[LDL_RULE_B3] = {"B3", "NOFAIL without direct reclaim",
		"a request that must not fail and may not reclaim can only try again and again: a "
		"busy wait for memory that somebody else has to free."},
	[LDL_RULE_B4] = {"B4", "NOFAIL together with a mode that gives up",
		"NOFAIL says go on for ever, NORETRY and RETRY_MAYFAIL say give up: one call "
		"cannot ask for both."},
	[LDL_RULE_B5] = {"B5", "a boundary is entered with the caller's scopes open",
		"beyond this boundary another subsystem has error handling and needs of its own: "
		"take the caller's scopes off before it and put them back after it."},
	[LDL_RULE_B6] = {"B6", "NOFAIL for a request above order 1",
		"several contiguous pages may never come free, so that NOFAIL may loop for ever: "
		"use kvmalloc, or smaller pieces."},
	[LDL_RULE_B7] = {"B7", "an allocation is tried again without a wait between",
		"the same request failed three times in this thread and was repeated at once: wait "
		"with alloc_retry_wait, so that whoever frees memory gets to run."},
	[LDL_RULE_B8] = {"B8", "a busy loop around an allocation that cannot reclaim",
		"the request cannot make memory free and the loop around it never sleeps: it can "
		"keep the one who would free memory from running, for ever."},
	[LDL_RULE_B9] = {"B9", "a wait to try again under a lock that freeing needs",
		"the wait ends when memory was freed, and who frees it needs what is held here: "
		"drop the lock before waiting."},
	[LDL_RULE_B10] = {"B10", "a reclaimer frees nothing while a NOFAIL request waits",
		"a NOFAIL request goes on until reclaim has freed something: a reclaimer that "
		"comes back with nothing again and again keeps it there."},
	[LDL_RULE_B11] = {"B11", "NOFAIL is taken for leave to use the reserves",
		"NOFAIL says that the caller cannot cope with a failure, not that it goes before "
		"others: MEMALLOC or a boost for it drains what reclaim itself needs."},
	[LDL_RULE_B12] = {"B12", "a NOFAIL or retry site",
		"each place that asks until it succeeds is listed, for it may wait for ever."},
	[LDL_RULE_B13] = {"B13", "HIGH is no proof against deadlock",
		"HIGH lets a request dip into the reserves a little; when they are used up it "
		"waits like any other."},

	[LDL_RULE_C1] = {"C1", "a second element is asked of a pool while one is held",
		"who holds an element and waits for another of the same pool may wait for itself, "
		"or for others that do the same: free the first one before, or take all in one "
		"call."},
	[LDL_RULE_C2] = {"C2", "possible deadlock, reserves that wait for each other",
		"a reserve promises progress to one layer: where its elements are held while "
		"waiting for a reserve that in turn waits for it, all can be out and none comes "
		"back; one pool for each layer, in one order."},
	[LDL_RULE_C3] = {"C3",
		"possible deadlock, a lock held over a wait for a pool that freeing takes",
		"the element that is waited for comes back only through what the waiter holds: "
		"wait without the lock, or free without it."},
	[LDL_RULE_C4] = {"C4", "a reserve that is empty from the start",
		"a pool with a reserve of zero, or one that is not filled at its creation, "
		"promises nothing."},
	[LDL_RULE_C5] = {"C5", "a reserve scope uses more than it frees",
		"the reserves are open to code that makes memory free: code that uses more than it "
		"frees uses up what reclaim needs to go on."},
	[LDL_RULE_C6] = {"C6", "a pool's backing request tries too hard",
		"a pool has its reserve to fall back on, so its backing request should give up "
		"early, quietly and without the system's reserves: NORETRY, NOMEMALLOC, NOWARN."},
	[LDL_RULE_C7] = {"C7", "the high-water mark of a reserve",
		"the most elements that were out at once, against those that the pool promises: "
		"what is above came from the allocator and will not when memory is short."},
	[LDL_RULE_C8] = {"C8", "a woken waiter drops its lock before it claims the element",
		"between the drop and the claim another thread can take the element that this "
		"waiter was woken for: claim it under the lock."},

	[LDL_RULE_D1] = {"D1", "a NORETRY failure became the operation's error",
		"NORETRY fails early by design, so its failure calls for a smaller request, a "
		"reserve or another way, not for an error to the caller."},
	[LDL_RULE_D2] = {"D2", "every rung of the fallback keeps NORETRY",
		"below the last rung there is nothing: it should try in earnest, without NORETRY."},
	[LDL_RULE_D3] = {"D3", "NORETRY and RETRY_MAYFAIL together",
		"the one gives up early and the other tries hard: a request can have but one of "
		"them."},
	[LDL_RULE_D4] = {"D4", "a retry mode on a request that cannot reclaim",
		"NORETRY and RETRY_MAYFAIL tell how long to reclaim: without DIRECT_RECLAIM they "
		"tell nothing."},
	[LDL_RULE_D5] = {"D5", "a warning for a failure that is handled",
		"the caller copes with the failure, so that the warning only alarms: add NOWARN."},
	[LDL_RULE_D6] = {"D6", "NORETRY to keep the OOM killer away",
		"RETRY_MAYFAIL is what tries hard without a kill: NORETRY gives up long before "
		"that."},
	[LDL_RULE_D7] = {"D7", "NORETRY in initialisation",
		"initialisation may wait for its memory and seldom has a fallback: GFP_KERNEL."},
	[LDL_RULE_D8] = {"D8", "an optional request",
		"a request marked optional (a cache, readahead, a debugging aid) may fail without "
		"harm: D1, D2 and D6 do not hold for it."},
	[LDL_RULE_D9] = {"D9", "ATOMIC without HIGH",
		"in masks of that era ATOMIC alone forbids sleeping and opens no reserve: it takes "
		"HIGH, and a wake-up of kswapd, to make up for that."},
	[LDL_RULE_D10] = {"D10", "given up for good after one failure",
		"memory was short at one moment: what is switched off then stays off when there is "
		"plenty again."},
	[LDL_RULE_D11] = {"D11", "a request that may not block blocks",
		"the caller asked without DIRECT_RECLAIM because it cannot sleep: the allocator "
		"must skip each step that would."},
	[LDL_RULE_D12] = {"D12", "a flag is accepted that is not supported",
		"the caller counts on what the flag says, and the allocator does not do it: it "
		"should refuse."},
	[LDL_RULE_D13] = {"D13", "a nested request is wider than its caller's",
		"what an allocator asks for on the way must be a subset of what it was asked with: "
		"its caller left those bits out for a reason."},
	[LDL_RULE_D14] = {"D14", "the hard mode at the first attempt",
		"attempts should escalate: fast, then normal, and the disruptive mode only when "
		"those have failed."},
	[LDL_RULE_D15] = {"D15", "the OOM handler ran for a request that may fail",
		"RETRY_MAYFAIL and NORETRY ask for a failure rather than for somebody's death."},
	[LDL_RULE_D16] = {"D16", "a contended lock, and an allocation that may reclaim",
		"all who want the lock wait for reclaim: try NOWAIT first, else drop the lock, "
		"allocate, take it again, and look again at what it protects."},
	[LDL_RULE_D17] = {"D17", "a thread on the I/O path that is not marked as one",
		"reclaim may wait for the I/O that this thread does, while its own requests may "
		"wait for reclaim: mark it (PR_SET_IO_FLUSHER, a noio scope)."},
	[LDL_RULE_D18] = {"D18", "strict placement whose failure nobody handles",
		"THISNODE fails when that one node is full, whatever others have: try again "
		"without it."},

	[LDL_RULE_E1] = {"E1", "NOIO or NOFS is taken for \"may fail\"",
		"what reclaim may call and whether a request may fail are two questions: NOIO and "
		"NOFS say nothing about the second."},
	[LDL_RULE_E2] = {"E2", "scopes are restored out of order, or left open",
		"scopes nest: the last one opened is the first one closed, by the thread and "
		"inside the callback that opened it; otherwise a restriction is lost, or stays for "
		"ever."},
	[LDL_RULE_E3] = {"E3", "a NOWAIT scope over a site that never survived a failure",
		"inside the scope every request may fail at once: a site that was not yet seen to "
		"cope, under injection, may not."},
	[LDL_RULE_E4] = {"E4", "a failure below a boundary vanishes",
		"an allocation failed inside and no error came back: something was not done, and "
		"nobody knows."},
};

const struct ldl_catalogue_entry *ldl_catalogue_entry(unsigned int rule)
{
	return rule < LDL_RULE_COUNT && entries[rule].id ? &entries[rule] : &unknown;
}
