/* The arena's bytes: what a reader in another process, on another day or host, finds in the file.
 *
 * The arena is one region: a header page, then the tables, each an array of fixed slots (strings
 * and frames: of bytes and words). No pointers: ids are slot numbers, offsets count from the
 * region's start. Slot 0 of every table is never used, so id 0 is "none". Integers have the host's
 * byte order, which `byte_order` tells. Change anything here and raise LDL_FORMAT_VERSION.
 *
 * Who writes: each record's comment names its owner. "writer" is the holder of the graph's writer
 * lock (header->writer); a record is complete before the id that leads to it is published with
 * release, so a live reader may follow any id that it can see. A reader still checks every id
 * against `used`: it may look at a file that was never ours. */
#ifndef LDL_FORMAT_H
#define LDL_FORMAT_H

#include "format_finding.h"
#include "format_governor.h"
#include "format_wait.h"
#include "limits.h"
#include "types.h"

#define LDL_MAGIC          0x616e6572616c646cull /* "ldlarena" in the file, little end first */
#define LDL_BYTE_ORDER     0x01020304u
#define LDL_FORMAT_VERSION 6u

enum ldl_table_id {
	LDL_TABLE_STRINGS = 0,   /* bytes: u16 length, text, NUL; 2-aligned */
	LDL_TABLE_MODULES,       /* struct ldl_module */
	LDL_TABLE_FRAMES,        /* ldl_frame words */
	LDL_TABLE_SITES,         /* struct ldl_site */
	LDL_TABLE_SITE_HASH,     /* u32 ldl_site_id */
	LDL_TABLE_CLASSES,       /* struct ldl_class */
	LDL_TABLE_CLASS_HASH,    /* u32 ldl_class_id */
	LDL_TABLE_INSTANCES,     /* struct ldl_instance: the part that each lock call reads */
	LDL_TABLE_INSTANCE_INFO, /* struct ldl_instance_info: the rest, under the same id */
	LDL_TABLE_INSTANCE_HASH, /* struct ldl_bucket */
	LDL_TABLE_NODES,         /* struct ldl_node */
	LDL_TABLE_EDGES,         /* struct ldl_edge */
	LDL_TABLE_EDGE_HASH,     /* u32 ldl_edge_id */
	LDL_TABLE_WITNESSES,     /* struct ldl_witness */
	LDL_TABLE_ALSO_HELD,     /* struct ldl_also_held */
	LDL_TABLE_CHAINS,        /* struct ldl_chain: an open-addressing set */
	LDL_TABLE_THREADS,       /* struct ldl_thread_record */
	LDL_TABLE_HELD,          /* struct ldl_held: runs for 16, 256 or 4096 locks, see held.h */
	LDL_TABLE_FINDINGS,      /* struct ldl_finding */
	LDL_TABLE_PATHS,         /* struct ldl_path_step */
	LDL_TABLE_ALLOCS,        /* struct ldl_alloc: the inventory of allocation sites */
	LDL_TABLE_ALLOC_HASH,    /* u32 ldl_alloc_id */
	LDL_TABLE_RESERVES,      /* struct ldl_reserve */
	LDL_TABLE_CALLBACKS,     /* struct ldl_callback */
	LDL_TABLE_SEGMENTS, /* struct ldl_segment: what threads did between cuts, see segment.h */
	LDL_TABLE_TURNS,    /* struct ldl_turn: see turn.h */
	LDL_TABLE_COUNT,
};

struct ldl_table {
	uint64_t offset;    /* from the region's start; a multiple of the page size */
	uint32_t slot_size; /* bytes */
	uint32_t capacity;  /* slots; ids are 1 … capacity - 1 */
	uint32_t used;      /* slots handed out so far, slot 0 included (hash sets: entries) */
	uint32_t free_head; /* first slot given back, linked through its first word; 0: none */
	uint64_t dropped;   /* requests that found the table full */
};

/* Counters that are no table's `used` or `dropped`. Readers print those that are not 0. */
enum ldl_counter {
	LDL_COUNT_HELD_OVERFLOW = 0, /* locks taken above a full held stack: not tracked */
	LDL_COUNT_IN_GUARD,          /* events of a signal handler that interrupted the engine */
	LDL_COUNT_THREADS_UNWATCHED, /* threads that found no slot or no memory */
	LDL_COUNT_WRITER_BUSY, /* slow paths that gave up waiting for one of the engine's locks */
	LDL_COUNT_SEARCH_GAVE_UP, /* path searches that ran out of their work area */
	LDL_COUNT_UNLOCK_UNKNOWN, /* releases of a lock that nobody was seen to hold */
	LDL_COUNT_UNLOCK_FOREIGN, /* releases by another thread than the holder */
	LDL_COUNT_INSTANCES_MADE, /* locks seen so far, dead ones included */
	LDL_COUNT_THREADS_MADE,   /* threads seen so far */
	LDL_COUNT_NO_MEMORY,  /* pages that the kernel would not back: their table counts as full */
	LDL_COUNT_SLOW_PATHS, /* acquisitions that left the fast path */
	LDL_COUNT_CONTEXTS_DROPPED, /* non-blocking contexts above LDL_NONBLOCK_MAX */
	LDL_COUNT_SCOPES_DROPPED,   /* scopes inside more than LDL_SCOPE_MAX others: not checked */
	LDL_COUNT_CUT_OFF, /* slow paths that a handler jumped out of: what was held is forgotten */
	LDL_COUNT_WRITER_LOST, /* 1: a thread died with the writer lock; nothing more is learned */
	LDL_COUNT_MODULES_UNWATCHED, /* calls of dlopen() and dlmopen() past the instrumentation */
	LDL_COUNT_RESETS, /* how often the figures that observers keep were to begin anew */
	/* Above the rate or the budget (governor.h): each stays unseen until the next time. */
	LDL_COUNT_CHAINS_REFUSED,  /* acquisitions, and events like them, that were not checked */
	LDL_COUNT_LOCKS_REFUSED,   /* calls about locks that are not known */
	LDL_COUNT_THREADS_REFUSED, /* threads that began without a slot */
	LDL_COUNT_EVENTS_REFUSED,  /* events of threads that have none yet */
	LDL_COUNT_MAX = 32,
};

enum ldl_process_state {
	LDL_STATE_STARTING = 0,
	LDL_STATE_RUNNING,
	LDL_STATE_EXITED, /* by exit(); a killed process stays RUNNING and its pid is gone */
};

/* The control word: runtime mode in the low bits, epoch of the caches above. Never 0. */
enum ldl_run_mode {
	LDL_RUN_OFF = 1,
	LDL_RUN_NONBLOCK = 2,
	LDL_RUN_FULL = 3,
	LDL_RUN_MASK = 3,
	LDL_RUN_EPOCH = 4, /* added for each flush */
};

struct ldl_header {
	uint64_t magic;
	uint32_t byte_order;
	uint32_t version;
	uint64_t size; /* bytes of the whole region */
	uint32_t header_size;
	uint32_t table_count;
	uint32_t pid;
	uint32_t parent_pid;
	uint32_t state; /* ldl_process_state */
	uint32_t prod;  /* 1: mode=prod */
	uint64_t
		start_ns; /* CLOCK_MONOTONIC when the arena was made; witness times count from it */
	uint64_t start_realtime; /* seconds since 1970 */
	uint32_t program;        /* string: path of the executable */
	uint32_t command;        /* string: arguments, joined by blanks, cut at LDL_STRING_MAX */
	uint32_t uncovered;      /* string: why something is not watched; 0 when all is */
	uint32_t control;        /* the control word: see control.h */
	uint32_t writer;         /* the graph's writer lock: 0 free, else its owner (see spin.h) */
	uint32_t instance_lock;  /* the same, for the instance table's writers */
	uint32_t finding_serial; /* bumped when a finding was added or changed: a reader polls it */
	uint32_t thread_serial;  /* threads so far; the next thread's serial */
	int64_t rank_front;      /* writer: the graph's smallest and largest rank so far */
	int64_t rank_back;
	uint32_t event_clock; /* even; ticks at each event's request and wake: see engine_event.c */
	uint32_t has_events;  /* somebody waits for events: what threads waited for is kept */
	ldl_instance_id domains[LDL_DOMAINS];       /* writer: R, R.io, R.fs; 0: not met yet */
	ldl_instance_id interrupts[LDL_IRQS];       /* writer: the handlers, by ldl_interrupt */
	ldl_instance_id nonblock[LDL_NONBLOCK_MAX]; /* writer: non-blocking contexts so far */
	uint32_t nonblock_count;
	uint32_t nofail_clock;  /* ticks when a NOFAIL request waits to be tried again */
	uint32_t event_classes; /* writer: classes of events so far */
	uint32_t unused;
	uint64_t counters[LDL_COUNT_MAX]; /* by ldl_counter */
	struct ldl_table tables[LDL_TABLE_COUNT];
	struct ldl_governor_record governor;
	struct ldl_breaker_record breaker;
};

/* A mapped ELF file. Owner: writer; never changed after it was published. */
struct ldl_module {
	ldl_string_id path;
	uint32_t build_id_len; /* bytes; 0: the file has none */
	uint8_t build_id[20];
	uint32_t unused;
	uint64_t base;       /* load bias in this process: address - base = ELF virtual address */
	uint64_t start, end; /* addresses it covered in this process */
};

/* One code or data address: module in the upper 16 bits, ELF virtual address in the lower 48.
 * Module 0: not in any file (JIT, vdso); the lower bits are then the raw address. */
typedef uint64_t ldl_frame;
#define LDL_FRAME_BITS            48
#define ldl_frame_module(frame)   ((ldl_module_id)((frame) >> LDL_FRAME_BITS))
#define ldl_frame_offset(frame)   ((frame) & ((1ull << LDL_FRAME_BITS) - 1))
#define ldl_frame_make(module, o) (((uint64_t)(module) << LDL_FRAME_BITS) | (uint64_t)(o))

/* An interned stack, innermost frame first. Each frame is a return address: subtract one byte
 * before looking for its line. Owner: writer; immutable. */
struct ldl_site {
	uint64_t hash;
	uint32_t frame_first; /* in LDL_TABLE_FRAMES */
	uint32_t frame_count; /* 1 … LDL_STACK_MAX */
};

/* Where a class's identity comes from, in order of precedence. */
enum ldl_identity {
	LDL_IDENTITY_NONE = 0,
	LDL_IDENTITY_ANNOTATED, /* `name` */
	LDL_IDENTITY_INIT,      /* `site`: the stack of the init call */
	LDL_IDENTITY_STATIC,    /* `object`: the lock's own address in a module */
	LDL_IDENTITY_FIRST,     /* `site`: the stack of the first acquisition */
};

enum ldl_class_flags {
	LDL_CLASS_DECLARED =
		1, /* the program named it: nesting inside it is an error, as in the kernel */
	LDL_CLASS_LEARNED = 2,    /* … unless it asked for order by instance */
	LDL_CLASS_RECURSIVE = 4,  /* at least one instance is a recursive lock */
	LDL_CLASS_INTERRUPTS = 8, /* held with interrupts enabled, it waits for their handlers */
	LDL_CLASS_CONTENDED = 16, /* found taken at least once (annotation) */
	LDL_CLASS_PER_CPU = 32, /* interrupts of one CPU do not meet those of another through it */
	LDL_CLASS_FREE =
		64, /* an event that was woken by a thread that waited for no other event */
	LDL_CLASS_WATCHED = 128, /* an edge that enters it is watched */
	LDL_CLASS_FLAGS = 255,
};

/* A lock class. Owner: writer; `instances` is relaxed. */
struct ldl_class {
	uint64_t key;        /* the same in every run, process and host */
	uint8_t identity;    /* ldl_identity */
	uint8_t kind;        /* ldl_kind */
	uint8_t flags;       /* ldl_class_flags */
	uint8_t subclass;    /* 0 … 7 */
	ldl_class_id parent; /* of a subclass: the class it belongs to */
	ldl_string_id name;  /* IDENTITY_ANNOTATED */
	ldl_site_id site;    /* IDENTITY_INIT and _FIRST */
	ldl_frame object;    /* IDENTITY_STATIC; IDENTITY_ANNOTATED: its key's, where it has one */
	ldl_node_id node;    /* its vertex; 0 until its first edge */
	uint32_t instances;  /* made so far */
	ldl_class_id
		nest_outer; /* instances may nest in any order while one of this class is held */
	ldl_site_id first_site; /* the first acquisition's stack; 0: not acquired yet */
	uint8_t wait_outer;   /* ldl_wait_type of lockdep_lite/context.h: what taking it may wait */
	uint8_t wait_inner;   /* for, and what may be waited for while it is held; 0: not checked */
	uint16_t event;       /* KIND_EVENT: its number among them, from 0 on; see ldl_edge.asked */
	uint16_t by_names[3]; /* a reader's, in a finished file: 48 bits of what the class is by
				 names, low end first; 0: not known. The engine leaves it 0. */
	uint16_t unused;
	ldl_turn_id turn; /* how its locks nest in one another; 0: they never did. Set once. */
};

enum ldl_turn_state {
	LDL_TURN_BROKEN = 1,    /* one nesting was out of turn: for good */
	LDL_TURN_UNSETTLED = 2, /* the class's findings are to be weighed again */
	LDL_TURN_ROVED = 4,     /* two threads were at more than one place each */
	LDL_TURN_FORKED = 8,    /* there were two batons at a time */
	LDL_TURN_LAPPED = 16,   /* the first one has come to where the second one still is */
	LDL_TURN_STATES = 31,
};

/* Where the latest nesting of a row ended, and by whom. */
struct ldl_baton {
	uint64_t at;          /* the inner lock: ldl_instance_word(); 0: there is no such baton */
	ldl_thread_id thread; /* its slot */
	uint32_t serial;
	ldl_instance_id outer; /* held meanwhile */
	uint32_t is_again;     /* it took the inner lock once more since */
};

/* How locks of one class were nested in one another. Owner: `lock`; bits of `state` are set by
 * anyone, atomically. */
struct ldl_turn {
	uint32_t lock;   /* its own: spin.h */
	uint32_t state;  /* ldl_turn_state */
	uint32_t passed; /* nestings that began with the lock at which another one had ended */
	uint32_t handed; /* of these, by another thread than that one */
	uint32_t rover;  /* serial of the first thread that was at more than one place; 0: none */
	struct ldl_baton batons[LDL_BATONS]; /* the one ahead, the one that follows it */
	ldl_instance_id
		recent[LDL_TURNS_RECENT]; /* where the one ahead was, at `passed` % RECENT */
};

enum ldl_instance_flags {
	LDL_INSTANCE_RECURSIVE = 1,  /* a relock by its holder succeeds */
	LDL_INSTANCE_ERRORCHECK = 2, /* a relock by its holder fails with EDEADLK */
	LDL_INSTANCE_FAIR = 4,       /* rwlock: a reader waits behind a waiting writer */
	LDL_INSTANCE_SHARED = 8,     /* process-shared */
	LDL_INSTANCE_ROBUST = 16,
	LDL_INSTANCE_LIVE = 32,    /* in use (a free record has addr 0) */
	LDL_INSTANCE_VIRTUAL = 64, /* keeps nobody out */
};

/* What every lock call reads of its lock. Type-stable: a record is only ever an instance, so a
 * cached id is good when addr is the lock's. Owner: the instance table's lock. */
struct ldl_instance {
	uint64_t addr; /* stored last, with release, when the record is handed out; 0: free */
	ldl_class_id class;
	uint32_t flags;
};

#define LDL_REQUEST_WOKEN 1u /* the request began with a wake, not with the event itself */

/* The rest of it. The first word is written by whoever uses the instance, which another thread may
 * end meanwhile; so the list of free records does not depend on it. Relaxed. */
struct ldl_instance_info {
	union {
		uint32_t request; /* of an event in use: header->event_clock at its request, and
				     LDL_REQUEST_WOKEN */
		ldl_reserve_id reserve;   /* of a pool in use: its record */
		ldl_callback_id callback; /* of a shrinker or notifier in use: its record */
		uint32_t address;         /* of one that is gone, but in the lookup table still:
					     lower half; the upper one is in `maker` */
	};
	uint32_t generation; /* bumped each time the record is handed out */
	ldl_node_id node;    /* writer: its own vertex, when nested in its own class; else 0 */
	union {
		uint32_t maker; /* serial of the thread that made or first took it */
		uint32_t next_free;
	};
};

/* Sixteen words of one cache line: `tag | id` of instances whose home is this bucket or a full one
 * before it. `overflow` counts the entries of this or earlier home buckets that went further. */
#define LDL_BUCKET_ID_MASK ((1u << 20) - 1)
struct ldl_bucket {
	uint32_t slots[LDL_BUCKET_SLOTS];
	uint32_t overflow;
};

enum ldl_node_kind {
	LDL_NODE_FREE = 0,
	LDL_NODE_CLASS,
	LDL_NODE_INSTANCE,
};

/* A vertex. Owner: writer. Invariant (order.c): rank(from) <= rank(to) for every edge; vertices of
 * one strongly connected component share a rank. */
struct ldl_node {
	int64_t rank;
	ldl_edge_id out_first; /* edges that leave, linked by next_out */
	ldl_edge_id in_first;  /* edges that enter, linked by next_in */
	uint32_t ref;          /* class id, or instance id */
	uint32_t generation;   /* NODE_INSTANCE: of that instance */
	uint32_t kind;         /* ldl_node_kind */
	ldl_class_id class;
};

/* Dependency types of one edge, as bits: from-side E or S, to-side N or R. The upper four say that
 * the type was seen with a wait that does not end by itself. */
enum ldl_edge_type {
	LDL_EDGE_EN = 1,
	LDL_EDGE_ER = 2,
	LDL_EDGE_SN = 4,
	LDL_EDGE_SR = 8,
	LDL_EDGE_TYPES = 15,
	LDL_EDGE_UNTIMED_SHIFT = 4,
	LDL_EDGE_DECLARED = 256, /* ldl_order() made it, before or after it was seen */
	LDL_EDGE_SHOWN = 512,    /* a finding names it: its record is not used again */
	LDL_EDGE_BITS = 1023,
};

/* A dependency: `to` was waited for while `from` was held. Owner: writer. */
struct ldl_edge {
	ldl_node_id from, to;
	ldl_edge_id next_out, next_in;
	ldl_witness_id witness_first; /* newest first */
	uint8_t witness_count;
	uint8_t looks;  /* watched: slow paths that still look for more evidence of it */
	uint16_t types; /* ldl_edge_type bits */
	uint32_t seen;  /* slow paths that met it, the first included: not a count of lock calls */
	uint32_t asked; /* `to` is an event: events that each waiter for it had woken itself before,
			   one bit each, see ldl_class_event_bit(). Else 0 */
};

/* The evidence of one edge, once. Owner: writer; immutable after it was linked, but for its time
 * and segment: see ldl_witness_renew(). */
struct ldl_witness {
	uint64_t time_ns;         /* since header->start_ns */
	uint64_t thread_start_ns; /* the same clock: when its thread was first seen */
	ldl_edge_id edge;         /* 0: of a finding that is not a cycle */
	ldl_witness_id next;
	ldl_segment_id segment; /* of its thread; 0: not known */
	uint32_t held_hash;     /* of all locks that its thread held: see ldl_witness_is_news() */
	ldl_thread_id thread;   /* its slot, which may be another thread's by now; 0: not known */
	uint32_t also_room;     /* slots from also_first on that are its own */
	uint32_t thread_serial;
	uint32_t tid;
	ldl_string_id thread_name;
	uint32_t type; /* one ldl_edge_type bit, its untimed twin set when the wait does not end by
			  itself */
	ldl_site_id from_site; /* stack of the first acquisition; its innermost frame is exact, see
				  `exact` */
	ldl_site_id to_site;   /* stack of the second one */
	ldl_frame from_frame;  /* return address of the first acquisition: always exact */
	uint64_t from_addr, to_addr;
	ldl_instance_id from_instance, to_instance;
	uint32_t from_generation, to_generation;
	uint32_t from_mode, to_mode; /* ldl_mode bits */
	uint32_t also_first; /* in LDL_TABLE_ALSO_HELD: what the thread held (the innermost 32),
				oldest first */
	uint32_t also_count;
	uint32_t gfp;       /* of an allocation: its effective mask (lockdep_lite/gfp.h); else 0 */
	uint32_t gfp_asked; /* and the mask of the request */
};

/* What a thread did between two cuts: see segment.h. Owner: writer; immutable but for the last
 * two. */
struct ldl_segment {
	ldl_segment_id before; /* its thread's previous one, or the one that created its thread */
	ldl_segment_id joined; /* the last one of the thread that it begins with joining; 0: none */
	uint32_t thread_serial;
	uint32_t mark;         /* of a search */
	ldl_segment_id queued; /* of a search: the next one in its queue */
};

/* One lock of a witness's held stack. */
#define LDL_ALSO_NO_GATE                                                                           \
	(1u << LDL_MODE_BITS) /* others may hold it at the same time, in any mode */
struct ldl_also_held {
	ldl_class_id class;
	ldl_instance_id instance;
	uint32_t generation;
	uint32_t mode;   /* ldl_mode bits, and NO_GATE */
	ldl_frame frame; /* return address of its acquisition */
};

/* A chain that needs no more checking. `key` is stored first, by compare-and-swap: the rest may
 * still be 0, "not known". */
struct ldl_chain {
	uint64_t key;     /* 0: free */
	ldl_site_id site; /* stack of the acquisition that was its end when it was first seen; may
			     be 0 */
	uint16_t length;  /* held entries, its end included */
	uint8_t passes;   /* slow paths that looked at it again, in other threads or segments: two
			     counts, see chain.c */
	uint8_t last;     /* whose pass was the last: see ldl_chain_may_pass() */
};

enum ldl_thread_state {
	LDL_THREAD_FREE = 0,
	LDL_THREAD_STARTING, /* its creator reserved the slot */
	LDL_THREAD_RUNNING,
	LDL_THREAD_EXITING, /* its start routine is over; it may still run destructors */
};

/* The depth word: number of held entries, and whether the top one is only wanted so far. */
#define LDL_WANTED     0x80000000u
#define LDL_DEPTH_MASK 0x7fffffffu

/* A thread, seen from outside. Owner: the thread itself; the slot's state: writer. */
struct ldl_thread_record {
	uint32_t depth;   /* the depth word; held entries 0 … depth-1 are valid */
	uint32_t control; /* a copy of the header's: anybody's to write. See control.h */
	uint32_t state;   /* ldl_thread_state */
	uint32_t tid;
	uint32_t serial;     /* of this thread among all of the process; 1 is the first */
	uint32_t creator;    /* serial of the thread that created it; 0: not known */
	uint32_t held_first; /* its run in LDL_TABLE_HELD */
	uint32_t held_capacity;
	uint32_t overflow; /* locks held above a full stack */
	uint32_t unused;
	uint64_t start_ns;  /* since header->start_ns */
	char name[16];      /* as prctl(PR_GET_NAME) gave it when last asked */
	uint64_t wait_addr; /* waiting for an event: the condition variable, semaphore or thread;
			       else 0 */
	uint32_t wait_kind;
	uint32_t next_free;
};

/* A held lock. Before the first of a run lies an entry that is always empty (addr and key 0), so
 * that "the one below" needs no test. Owner: the thread. `addr` may carry the tags below. */
struct ldl_held {
	uint64_t addr;
	uint64_t ip;  /* return address of the acquisition, in this process */
	uint64_t key; /* of the chain that it ends */
	ldl_instance_id instance;
	uint32_t class_mode; /* class << LDL_MODE_BITS | ldl_mode bits */
};
#define LDL_HELD_FRESH (1ull << 47) /* in ip: its chain was first seen by this very hold */
#define LDL_HELD_RECURSED                                                                          \
	(1ull << 63) /* relocked: count in the entry's ip's upper bits; see held.h */
#define LDL_HELD_STOLEN    (1ull << 62) /* released by another thread: no source of edges */
#define LDL_HELD_ADDR_MASK ((1ull << 62) - 1)

_Static_assert(sizeof(struct ldl_table) == 32, "format");
_Static_assert(sizeof(struct ldl_header) <= LDL_PAGE, "format: the header is one page");
_Static_assert(sizeof(struct ldl_module) == 56, "format");
_Static_assert(sizeof(struct ldl_site) == 16, "format");
_Static_assert(sizeof(struct ldl_class) == 64, "format");
_Static_assert(sizeof(struct ldl_turn) == 104, "format");
_Static_assert(sizeof(struct ldl_instance) == 16, "format: four to a cache line");
_Static_assert(sizeof(struct ldl_instance_info) == 16, "format");
_Static_assert(sizeof(struct ldl_bucket) == 64, "format: one cache line");
_Static_assert(sizeof(struct ldl_node) == 32, "format");
_Static_assert(sizeof(struct ldl_edge) == 32, "format: two to a cache line");
_Static_assert(sizeof(struct ldl_witness) == 128, "format");
_Static_assert(sizeof(struct ldl_segment) == 20, "format");
_Static_assert(sizeof(struct ldl_also_held) == 24, "format");
_Static_assert(sizeof(struct ldl_chain) == 16, "format");
_Static_assert(sizeof(struct ldl_thread_record) == 80, "format");
_Static_assert(sizeof(struct ldl_held) == 32, "format: two to a cache line");

#endif
