/* SPDX-License-Identifier: MIT
 *
 * Doubly linked lists that are threaded through the objects they hold: struct list_head.
 *
 * A part of <lockdep_lite/kernel.h>. A list is a ring through its head; an entry that is in no list
 * points at itself. Nothing is locked: the caller does that. */
#ifndef LOCKDEP_LITE_KERNEL_LIST_H
#define LOCKDEP_LITE_KERNEL_LIST_H

#include <lockdep_lite/kernel/compiler.h>

struct list_head {
	struct list_head *next, *prev;
};

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define LIST_HEAD_INIT(name)                                                                       \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

/* `next` is what list_empty() may ask without the list's lock. */
static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->prev = list;
	WRITE_ONCE(list->next, list);
}

static inline void ldlk_list_link(
	struct list_head *entry, struct list_head *prev, struct list_head *next)
{
	next->prev = entry;
	WRITE_ONCE(entry->next, next);
	entry->prev = prev;
	WRITE_ONCE(prev->next, entry);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	ldlk_list_link(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	ldlk_list_link(entry, head->prev, head);
}

static inline void list_del_init(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	INIT_LIST_HEAD(entry);
}

/* Unlike the kernel's, the entry can be asked afterwards whether it is in a list. */
static inline void list_del(struct list_head *entry)
{
	list_del_init(entry);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline bool list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

/* Moves all of `list` to the front of `head`, and leaves `list` empty. */
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	head->next = list->next;
	INIT_LIST_HEAD(list);
}

#define list_entry(pointer, type, member)    container_of(pointer, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)
#define list_next_entry(entry, member)                                                             \
	list_entry((entry)->member.next, __typeof__(*(entry)), member)
#define list_prev_entry(entry, member)                                                             \
	list_entry((entry)->member.prev, __typeof__(*(entry)), member)
#define list_entry_is_head(entry, head, member) (&(entry)->member == (head))
#define list_first_entry_or_null(head, type, member)                                               \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

#define list_for_each(position, head)                                                              \
	for ((position) = (head)->next; (position) != (head); (position) = (position)->next)
#define list_for_each_safe(position, after, head)                                                  \
	for ((position) = (head)->next, (after) = (position)->next; (position) != (head);          \
		(position) = (after), (after) = (position)->next)
#define list_for_each_entry(entry, head, member)                                                   \
	for ((entry) = list_first_entry(head, __typeof__(*(entry)), member);                       \
		!list_entry_is_head(entry, head, member);                                          \
		(entry) = list_next_entry(entry, member))
#define list_for_each_entry_reverse(entry, head, member)                                           \
	for ((entry) = list_last_entry(head, __typeof__(*(entry)), member);                        \
		!list_entry_is_head(entry, head, member);                                          \
		(entry) = list_prev_entry(entry, member))
#define list_for_each_entry_safe(entry, after, head, member)                                       \
	for ((entry) = list_first_entry(head, __typeof__(*(entry)), member),                       \
	    (after) = list_next_entry(entry, member);                                              \
		!list_entry_is_head(entry, head, member);                                          \
		(entry) = (after), (after) = list_next_entry(after, member))

#endif
