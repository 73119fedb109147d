/* Words to the compiler: attributes and branch hints, by the names the rest of core uses. */
#ifndef LDL_COMPILER_H
#define LDL_COMPILER_H

#define ldl_likely(x)    __builtin_expect(!!(x), 1)
#define ldl_unlikely(x)  __builtin_expect(!!(x), 0)
#define LDL_NOINLINE     __attribute__((noinline))
#define LDL_INLINE       static inline __attribute__((always_inline))
#define LDL_MUST_USE     __attribute__((warn_unused_result))
#define LDL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define LDL_EXPORT       __attribute__((visibility("default")))
/* A function that is as hot as they come: it begins a cache line, so that how its code is fetched
 * does not hang on what else is in the library (the same code costs 0.3 or 2 ns). */
#define LDL_HOT __attribute__((aligned(64)))
/* At the top of a function that reads its return address first of all: it saves a register before,
 * though it needs none. Without that, a call in a tight loop costs 2 ns more on some processors
 * (Golden Cove; the word on top of the stack was written by the very call). */
#if defined(__x86_64__)
#define LDL_SETTLE_STACK() __asm__ volatile("" ::: "rbx")
#else
#define LDL_SETTLE_STACK() ((void)0)
#endif
/* On a declaration: -fvisibility covers definitions only, and the code that uses the name would
 * load its address from a table. */
#define LDL_HIDDEN           __attribute__((visibility("hidden")))
#define LDL_CALLER           __builtin_return_address(0)
#define ldl_array_len(array) (sizeof(array) / sizeof((array)[0]))

/* Keeps the compiler, not the processor, from moving memory accesses across this line. What a
 * signal handler of the same thread may see needs no more than that. */
#define ldl_signal_fence() __asm__ volatile("" ::: "memory")

#endif
