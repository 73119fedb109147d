/* Scopes that are left open, and scopes that reach where they should not.
 *
 * Source: rules E2 and B5; the mails of February 2024 on scoped allocation masks: a scope is a
 * matter of the subsystem that opens it. Below a boundary, here from the filesystem to the block
 * layer, begins another one, with needs and errors of its own.
 *
 *	start_transaction()	opens a NOFS scope, and leaves it open on its error path	E2
 *	write_page()		opens NOFS and NOIO and closes them crosswise			E2
 *	submit_bio()		is entered with the filesystem's scope still open		B5
 *
 * expect: error E2 start_transaction
 * expect: error E2 write_page
 * expect: warning B5 submit_bio
 * expect (--repaired): clean
 *
 * What a leaked scope does is quiet: every later allocation of the thread reclaims less than it
 * could. What a scope does that reaches too far is as quiet. The repaired twin closes last what it
 * opened first, on each path, and takes the scopes off at the boundary and puts them back after
 * it. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

static bool is_repaired;
static DECLARE_COMPLETION(done);

/* The block layer. Its error path is its own: the filesystem's scope says nothing here. */
static int submit_bio(unsigned long page)
{
	unsigned int entered = ldl_boundary_enter("block layer");
	void *bio = kmalloc(128, GFP_NOIO);

	kfree(bio);
	ldl_boundary_exit(entered, !bio);
	return bio ? 0 : -EIO;
}

static int submit_from_fs(unsigned long page)
{
	unsigned int saved;
	int error;

	if (!is_repaired)
		return submit_bio(page);
	saved = ldl_boundary_clear();
	error = submit_bio(page);
	ldl_boundary_restore(saved);
	return error;
}

/* Inside, every allocation is NOFS, whoever makes it. */
static int start_transaction(unsigned long page)
{
	unsigned int nofs = memalloc_nofs_save();
	void *handle = kmalloc(64, GFP_KERNEL);
	int error;

	if (!handle || page == 1) {
		kfree(handle);
		if (is_repaired)
			memalloc_nofs_restore(nofs);
		return -ENOSPC;
	}
	error = submit_from_fs(page);
	kfree(handle);
	memalloc_nofs_restore(nofs);
	return error;
}

static void write_page(void)
{
	unsigned int nofs = memalloc_nofs_save();
	unsigned int noio = memalloc_noio_save();

	kfree(kmalloc(64, GFP_KERNEL));
	if (is_repaired) {
		memalloc_noio_restore(noio);
		memalloc_nofs_restore(nofs);
	} else {
		memalloc_nofs_restore(nofs);
		memalloc_noio_restore(noio);
	}
}

/* Ends with the scope of its second transaction still open. */
static int flush_pages(void *unused)
{
	for (unsigned long page = 0; page < 2; page++)
		start_transaction(page);
	complete(&done);
	return 0;
}

int main(int argc, char **argv)
{
	struct task_struct *flusher;

	is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	write_page();
	flusher = kthread_run(flush_pages, NULL, "flusher");
	if (IS_ERR(flusher))
		return 1;
	wait_for_completion(&done);
	kthread_stop(flusher);
	puts("the pages are written");
	return 0;
}
