/* SPDX-License-Identifier: MIT
 *
 * Printing, and saying that something is wrong: printk(), pr_*(), WARN_ON(), BUG_ON().
 *
 * A part of <lockdep_lite/kernel.h>. All of it goes to standard error, a line at a time; levels
 * are stripped. WARN_ON() prints and goes on, BUG() prints and aborts. What breaks a locking rule
 * is a finding instead, see lockdep.h. */
#ifndef LOCKDEP_LITE_KERNEL_BUG_H
#define LOCKDEP_LITE_KERNEL_BUG_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <lockdep_lite/kernel/compiler.h>

#define KERN_SOH     "\001"
#define KERN_EMERG   KERN_SOH "0"
#define KERN_ALERT   KERN_SOH "1"
#define KERN_CRIT    KERN_SOH "2"
#define KERN_ERR     KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE  KERN_SOH "5"
#define KERN_INFO    KERN_SOH "6"
#define KERN_DEBUG   KERN_SOH "7"
#define KERN_CONT    KERN_SOH "c"

/* How many WARN_ON()s have come true; for tests. */
LDLK_GLOBAL unsigned int ldlk_warning_count;

__printf(1, 2) LDLK_SLOW int printk(const char *format, ...)
{
	const char *text = format[0] == '\001' && format[1] ? format + 2 : format;
	int saved = errno, length;
	va_list arguments;

	va_start(arguments, format);
	length = vfprintf(stderr, text, arguments);
	va_end(arguments);
	errno = saved;
	return length;
}

#ifndef pr_fmt
#define pr_fmt(format) format
#endif

#define pr_emerg(format, ...)  printk(KERN_EMERG pr_fmt(format), ##__VA_ARGS__)
#define pr_alert(format, ...)  printk(KERN_ALERT pr_fmt(format), ##__VA_ARGS__)
#define pr_crit(format, ...)   printk(KERN_CRIT pr_fmt(format), ##__VA_ARGS__)
#define pr_err(format, ...)    printk(KERN_ERR pr_fmt(format), ##__VA_ARGS__)
#define pr_warn(format, ...)   printk(KERN_WARNING pr_fmt(format), ##__VA_ARGS__)
#define pr_notice(format, ...) printk(KERN_NOTICE pr_fmt(format), ##__VA_ARGS__)
#define pr_info(format, ...)   printk(KERN_INFO pr_fmt(format), ##__VA_ARGS__)
#define pr_cont(format, ...)   printk(KERN_CONT format, ##__VA_ARGS__)
/* Compiled, so that it stays right, and never printed. */
#define pr_debug(format, ...)                                                                      \
	do {                                                                                       \
		if (0)                                                                             \
			printk(KERN_DEBUG pr_fmt(format), ##__VA_ARGS__);                          \
	} while (0)

#define pr_warn_once(format, ...)                                                                  \
	do {                                                                                       \
		static int ldlk_said;                                                              \
		if (!__atomic_exchange_n(&ldlk_said, 1, __ATOMIC_RELAXED))                         \
			pr_warn(format, ##__VA_ARGS__);                                            \
	} while (0)

LDLK_SLOW bool ldlk_warned(const char *what, const char *function, const char *file, int line)
{
	__atomic_fetch_add(&ldlk_warning_count, 1, __ATOMIC_RELAXED);
	printk("WARNING: %s in %s at %s:%d\n", what, function, file, line);
	return true;
}

#define WARN_ON(condition)                                                                         \
	(unlikely(!!(condition)) ? ldlk_warned(#condition, __func__, __FILE__, __LINE__) : false)

#define WARN_ON_ONCE(condition)                                                                    \
	({                                                                                         \
		static int ldlk_said;                                                              \
		bool ldlk_is_true = !!(condition);                                                 \
		if (unlikely(ldlk_is_true) &&                                                      \
			!__atomic_exchange_n(&ldlk_said, 1, __ATOMIC_RELAXED))                     \
			ldlk_warned(#condition, __func__, __FILE__, __LINE__);                     \
		ldlk_is_true;                                                                      \
	})

#define WARN(condition, format, ...)                                                               \
	({                                                                                         \
		bool ldlk_is_true = WARN_ON(condition);                                            \
		if (unlikely(ldlk_is_true))                                                        \
			pr_warn(format, ##__VA_ARGS__);                                            \
		ldlk_is_true;                                                                      \
	})

#define WARN_ONCE(condition, format, ...)                                                          \
	({                                                                                         \
		static int ldlk_said_text;                                                         \
		bool ldlk_is_true = !!(condition);                                                 \
		if (unlikely(ldlk_is_true) &&                                                      \
			!__atomic_exchange_n(&ldlk_said_text, 1, __ATOMIC_RELAXED))                \
			WARN(1, format, ##__VA_ARGS__);                                            \
		ldlk_is_true;                                                                      \
	})

#define BUG()                                                                                      \
	do {                                                                                       \
		printk("BUG in %s at %s:%d\n", __func__, __FILE__, __LINE__);                      \
		abort();                                                                           \
	} while (0)

#define BUG_ON(condition)                                                                          \
	do {                                                                                       \
		if (unlikely(condition))                                                           \
			BUG();                                                                     \
	} while (0)

#endif
