/* Turns: locks of one class that threads pass on to one another, round and round.
 *
 * Where locks make a ring, and each is taken while the one before it is held, their order
 * contradicts itself. Yet it cannot hang if only the holder of one certain lock (of the current
 * buffer of a log) ever goes on to the next: no lock says so, but it can be seen. Nestings then
 * make a row: each begins with the lock at which the last one ended, and by then that one's wait is
 * over. A baton is what goes along such a row: it is where the latest nesting ended, and who made
 * it. The same nesting may be made again before the next one.
 *
 * A second row may follow the first: the log's buffers are flushed one after another, and each
 * flusher tells the next buffer so. It begins with one of the latest LDL_TURN_LATE nestings, made
 * again, so there are at most two batons. The one that follows is gone when it reaches the one
 * ahead. A nesting that fits neither is out of turn; and so is the beginning of a row that nobody
 * took on: the baton ahead comes round to it, and goes past it without having waited there. Then
 * the turn is broken, for good.
 *
 * Invariant: as long as it is not broken, no more threads wait inside a lock of the class for
 * another one than there are batons. So a cycle of more locks than batons was never closed.
 *
 * What is seen proves less than a lock does. So it counts only when one thread went on where
 * another had ended LDL_TURNS_LEAST times, and for LDL_TURNS_ROUNDS rounds; and when two threads
 * at least went from place to place: philosophers, who keep their seats, may eat in turn by
 * chance.
 *
 * Called by every thread for its own nestings. Takes the turn's own lock for some tens of
 * nanoseconds. What cannot be told for certain breaks it, but for nestings that were
 * never seen: of those, only the calling thread's own are known. */
#ifndef LDL_TURN_H
#define LDL_TURN_H

#include "spin.h"
#include "witness.h"

/* The acquisition, which may wait, is a nesting in its class, and others see it waiting already.
 * True: the class's findings are to be weighed again (now, or else by the caller of the next
 * nesting). */
bool ldl_turn_take(struct ldl_arena *arena, struct ldl_thread *thread,
	const struct ldl_acquisition *acquisition, enum ldl_patience patience);

/* The findings of the class are about to be weighed. Under the writer lock. */
void ldl_turn_settle(struct ldl_arena *arena, ldl_class_id class);

/* In how many nestings a cycle of `count` locks of the class was passed on in turn; 0: it was not,
 * or not often enough. At any time. */
uint32_t ldl_turn_kept(const struct ldl_arena *arena, ldl_class_id class, uint32_t count);

#endif
