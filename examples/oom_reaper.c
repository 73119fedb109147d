/* The OOM reaper waits for a lock, whose holder waits for another, whose holder allocates.
 *
 * Source: rule A1; the mail of August 2019 on what the reaper needs: it must not wait for anybody
 * who sleeps in an allocation, however many steps away, and NOFS and NOIO are no excuse.
 *
 *	oom_reaper			writer			committer
 *	reap_buffers()			write_buffers()		commit_journal()
 *	mutex_lock(&buffers)  waits	holds buffers
 *					mutex_lock(&journal)	holds journal
 *					    waits		kmalloc(GFP_NOFS)  waits for memory,
 *								which the reaper would free
 *
 * expect: error A1 reap_buffers write_buffers commit_journal
 * expect (--repaired): clean
 * picture: octagon oom_reaper
 * picture: ellipse event
 *
 * No lock is taken in a wrong order here, and no filesystem is entered by reclaim: nothing but the
 * context of the reaper makes this a deadlock. The repaired twin only tries the lock, and leaves
 * the buffers to a later round when somebody has it. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

enum { BUFFERS = 16, BUFFER_SIZE = 4096 };

static DEFINE_MUTEX(buffers_lock); /* of the buffers below */
static void *buffers[BUFFERS];
static unsigned int dirty;

static DEFINE_MUTEX(journal_lock); /* of the journal's length */
static unsigned long journal_length;

static DECLARE_COMPLETION(committed);
static DECLARE_COMPLETION(written);
static bool is_repaired;

/* A journal entry is made in memory that may have to be freed first. */
static int commit_journal(void *unused)
{
	char *entry;

	mutex_lock(&journal_lock);
	entry = kmalloc(128, GFP_NOFS);
	if (entry) {
		snprintf(entry, 128, "entry %lu", journal_length);
		journal_length += strlen(entry);
	}
	kfree(entry);
	mutex_unlock(&journal_lock);
	complete(&committed);
	return 0;
}

/* What is written is put on record before it is. */
static int write_buffers(void *unused)
{
	mutex_lock(&buffers_lock);
	for (int i = 0; i < BUFFERS && buffers[i]; i++) {
		memset(buffers[i], i, BUFFER_SIZE);
		dirty++;
	}
	mutex_lock(&journal_lock);
	journal_length += dirty;
	mutex_unlock(&journal_lock);
	mutex_unlock(&buffers_lock);
	complete(&written);
	return 0;
}

static bool lock_buffers(void)
{
	if (is_repaired)
		return mutex_trylock(&buffers_lock);
	mutex_lock(&buffers_lock);
	return true;
}

/* Called when a process was killed for its memory: takes away what it has. */
static unsigned int reap_buffers(void)
{
	unsigned int freed = 0;

	if (!lock_buffers())
		return 0;
	for (; freed < BUFFERS && buffers[freed]; freed++) {
		kfree(buffers[freed]);
		buffers[freed] = NULL;
	}
	mutex_unlock(&buffers_lock);
	return freed;
}

/* Waits until the thread has done its work. */
static void finish(struct task_struct *task, struct completion *done)
{
	if (IS_ERR(task))
		return;
	wait_for_completion(done);
	kthread_stop(task);
}

int main(int argc, char **argv)
{
	unsigned int freed;

	is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	for (int i = 0; i < BUFFERS; i++)
		buffers[i] = kmalloc(BUFFER_SIZE, GFP_KERNEL);

	/* One after the other: never was anybody in anybody's way. */
	finish(kthread_run(commit_journal, NULL, "committer"), &committed);
	finish(kthread_run(write_buffers, NULL, "writer"), &written);
	oom_reap_begin();
	freed = reap_buffers();
	oom_reap_end();
	printf("%u buffers were reaped\n", freed);
	return 0;
}
