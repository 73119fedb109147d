/* Every bound of the engine in one place: capacities, depths, and how long anything may spin. */
#ifndef LDL_LIMITS_H
#define LDL_LIMITS_H

/* Arena. Capacities of the single tables are shares of its size: see arena_plan.c. */
#define LDL_ARENA_MIN   (1u << 20)
#define LDL_ARENA_MAX   (1u << 30)
#define LDL_ARENA_CHECK (64u << 20) /* the default in mode=check */
#define LDL_ARENA_PROD  (16u << 20) /* the default in mode=prod */
#define LDL_PAGE        4096u
#define LDL_STRING_MAX  1023u /* bytes of one interned string, without its end */

/* Files left behind: how much `keep-size` may be, and how much of a folder one start looks at. */
#define LDL_KEEP_SIZE_MAX (1ull << 50)
#define LDL_KEEP_LOOKS    65536u /* names in a folder */
#define LDL_KEEP_BATCH    32u    /* files removed after one reading of it */
#define LDL_KEEP_PASSES   32u    /* readings */
#define LDL_CONFIG_MAX    16384u /* bytes of a config file */

/* Held stacks: three sizes, grown on demand. Past the last, locks are counted, not tracked. */
#define LDL_HELD_SMALL    16u
#define LDL_HELD_MIDDLE   256u
#define LDL_HELD_LARGE    4096u
#define LDL_ALSO_HELD_MAX 32u /* held entries that one witness keeps */

/* Per-thread caches, powers of two. 2048 four-byte indices carry 1024 mutexes in turn. */
#define LDL_INSTANCE_CACHE 2048u
#define LDL_CHAIN_CACHE    2048u
#define LDL_THREAD_CHUNK   16u /* thread caches are mapped in chunks of this many */

/* Contexts, scopes, events. */
#define LDL_DOMAINS      3u
#define LDL_IRQS         2u
#define LDL_NONBLOCK_MAX 15u  /* non-blocking contexts, built-in ones included */
#define LDL_SCOPE_MAX    16u  /* scopes open at once in one thread whose order is checked */
#define LDL_CALLBACKS    4u   /* callbacks inside one another in one thread */
#define LDL_IDLE_MAX     3u   /* runs of a reclaimer that free nothing before it is a finding */
#define LDL_HISTORY      32u  /* waits that are over and that a thread's next wake depends on */
#define LDL_WORK_WATCHED 16u  /* waits at a new place after which a thread's locks are remembered */
#define LDL_WORK_SAMPLED 64u  /* and then after one in so many */
#define LDL_ALLOC_CACHE  256u /* allocation sites that a thread counts for itself */
#define LDL_ALLOC_MEMO   256u /* requests that a thread knows by place and held stack alone */
#define LDL_ALLOC_FLUSH  1024u /* requests after which the inventory hears of them */

/* Ladders: how a thread's failed allocations go on. */
#define LDL_LADDER_PATIENCE 256u /* events after which an unfinished one is forgotten */
#define LDL_LADDER_REPEATS  8u   /* places whose requests a thread repeats at a time */
#define LDL_LADDER_DROPPED  8u   /* locks that it dropped around an allocation */
#define LDL_NESTED_ALLOCS   4u   /* allocators' bodies inside one another */
#define LDL_BOUNDARIES      4u   /* boundaries inside one another */
#define LDL_RETRY_MAX       3u   /* failures in a row at one place that make a loop (B7, B8) */

/* Stacks and class identity. */
#define LDL_STACK_MAX       32u /* frames kept of one stack */
#define LDL_STACK_DEFAULT   16u
#define LDL_STACK_SHORT     6u /* the default in mode=prod, but for watched edges */
#define LDL_CLASS_DEPTH     3u /* frames that name a class; options: class-depth=1..8 */
#define LDL_CLASS_DEPTH_MAX 8u
#define LDL_CLASS_WRAPPERS                                                                         \
	3u /* more, for first acquisitions: lock_guard, mutex::lock, … without -O */
#define LDL_SUBCLASS_MAX 8u /* as in the kernel (MAX_LOCKDEP_SUBCLASSES) */

/* Probes and waits. Each loop of the engine ends after one of these. */
#define LDL_PROBE_MAX     64u     /* slots looked at in a hash set before it counts as full */
#define LDL_BUCKET_SLOTS  15u     /* instances in one bucket of the lookup table */
#define LDL_BUCKET_PROBES 8u      /* buckets that one address may overflow into */
#define LDL_SPIN_TRIES    200u    /* before a waiter sleeps or gives up; in prod nobody waits */
#define LDL_BUSY_ASKED    64u     /* locks found taken in prod, of which one asks for the owner */
#define LDL_STEAL_TRIES   8u      /* looks for a held entry that moves meanwhile */
#define LDL_RACES_MAX     100000u /* wake-ups that found a lock taken again */
#define LDL_WITNESS_MAX   8u      /* kept for one edge */
#define LDL_WITNESS_MORE  8u /* on top of these, of threads or with fewer locks around than those */
#define LDL_WITNESS_WATCH 8u /* and on top of these, while the edge is suspected */
#define LDL_PASSES        8u /* threads, and segments of one, that look at a known chain again */
#define LDL_PASSED        65536u  /* bits by which a thread knows the chains that it looked at */
#define LDL_WATCH_LOOKS   64u     /* slow paths that look at a watched edge */
#define LDL_VERDICT_STEPS 100000u /* pairs of witnesses weighed for one verdict */
#define LDL_DETOURS       16u    /* searches for a cycle that can happen behind those that cannot */
#define LDL_DETOUR_EDGES  4u     /* that one of them avoids */
#define LDL_BATONS        2u     /* nestings of one class that may be under way, in turn */
#define LDL_TURNS_LEAST   64u    /* nestings that took over in turn, before that is believed */
#define LDL_TURNS_ROUNDS  3u     /* the same, times the locks of a cycle */
#define LDL_TURNS_RECENT  8u     /* of them that are remembered, a power of two */
#define LDL_TURN_LATE     4u     /* nestings in turn after which one of these may be made again */
#define LDL_JOINS         32768u /* handles of threads that may be joined */
#define LDL_MODULE_MAX    1024u
#define LDL_CYCLE_MAX     4096u      /* edges of one reported cycle */
#define LDL_DETOUR_MAX    4u         /* edges that one search for a cycle leads around */
#define LDL_FRESH_MAX     4u         /* new findings that one acquisition prints */
#define LDL_STUCK_MAX     (1u << 20) /* calls after which a wish that nobody waits for is dropped */

/* The governor, governor.h. A second's worth in all; of one class or place, a LDL_RATE_SHARE-th;
 * and what may be saved up for a burst, in all. */
#define LDL_RATE_CHAINS     4000u
#define LDL_BURST_CHAINS    16384u
#define LDL_RATE_LOCKS      4000u
#define LDL_BURST_LOCKS     32768u
#define LDL_RATE_THREADS    2000u
#define LDL_BURST_THREADS   8192u
#define LDL_RATE_SHARE      4u
#define LDL_RATE_KEYS       1024u          /* buckets of classes and places */
#define LDL_TOKEN_TRIES     4u             /* at a token that others take at the same moment */
#define LDL_BUDGET_PPM      10000u         /* 1 % of a processor: the default in mode=prod */
#define LDL_WINDOW_NS       250000000ull   /* over which our own time is weighed */
#define LDL_WINDOW_LEAST_NS 20000000ull    /* of one whose budget, and all savings, are spent */
#define LDL_SAVED_NS        10000000000ull /* of budget that is saved up at most */
#define LDL_CALM_NS         10000000000ull /* well within the budget before a level is taken back */
#define LDL_SAMPLED         8u             /* slow paths of which one is timed */
#define LDL_SAMPLE_MOST_NS  500000u        /* longer ones were interrupted */
#define LDL_REFUSED_FLUSH   16u            /* refusals after which a thread tells of them */
#define LDL_EVENT_SHARDS    16u
#define LDL_EVENT_FLUSH     4096u
#define LDL_REFUSED_NS      20u /* what one of them costs: too little to be timed */

#endif
