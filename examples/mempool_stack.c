/* A stack of block devices, md over dm over loop, in which two layers share one reserve.
 *
 * Source: rule C2; the mails of October 2021 on what reserves can do: one solves one level. A
 * request that needs a second element before the first is free needs a second pool.
 *
 *	bio_pool	every bio: of md's requests, and of the file that the loop device is made of
 *	dm_pool		dm's part of a request
 *	loop_pool	the loop device's commands
 *
 * expect: error C2 md_submit dm_submit loop_submit flush_file
 * expect (--repaired): clean
 * picture: cylinder bio_pool
 *
 * A request takes a bio, then dm's part, then a loop command, and gives them back in reverse. The
 * loop device's own thread takes a command, then a bio to write the file. When all bios are with
 * requests that wait for a command, and all commands with the thread, which waits for a bio, no
 * element ever comes back. That takes a shortage of memory; here there is none, and every element
 * comes from the allocator. In the repaired twin the file has a bio pool of its own. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

enum { RESERVE = 4, REQUESTS = 20, SECTOR = 512 };

struct request {
	unsigned long sector;
	char data[SECTOR];
};

static mempool_t bio_pool, dm_pool, loop_pool, file_bio_pool;
static mempool_t *file_bios = &bio_pool;
static DECLARE_COMPLETION(flushed);
static char disk[REQUESTS][SECTOR];
static DEFINE_SPINLOCK(disk_lock);

/* The bottom of the stack: where the loop device's file lies. */
static void write_disk(const struct request *bio)
{
	spin_lock(&disk_lock);
	memcpy(disk[bio->sector], bio->data, SECTOR);
	spin_unlock(&disk_lock);
}

static void loop_submit(const struct request *part)
{
	struct request *command = mempool_alloc(&loop_pool, GFP_NOIO);

	*command = *part;
	write_disk(command);
	mempool_free(command, &loop_pool);
}

static void dm_submit(const struct request *bio)
{
	struct request *part = mempool_alloc(&dm_pool, GFP_NOIO);

	*part = *bio;
	part->sector = REQUESTS - 1 - bio->sector; /* dm maps sectors to others */
	loop_submit(part);
	mempool_free(part, &dm_pool);
}

static void md_submit(unsigned long sector)
{
	struct request *bio = mempool_alloc(&bio_pool, GFP_NOIO);

	memset(bio, 0, sizeof(*bio));
	bio->sector = sector;
	dm_submit(bio);
	mempool_free(bio, &bio_pool);
}

/* The loop device's thread: the file's own blocks, its size and its map, are written too. */
static int flush_file(void *unused)
{
	struct request *command = mempool_alloc(&loop_pool, GFP_NOIO);
	struct request *bio = mempool_alloc(file_bios, GFP_NOIO);

	memset(bio, 0xff, sizeof(*bio));
	bio->sector = 0;
	write_disk(bio);
	mempool_free(bio, file_bios);
	mempool_free(command, &loop_pool);
	complete(&flushed);
	return 0;
}

static int make_pools(void)
{
	return mempool_init_kmalloc_pool(&bio_pool, RESERVE, sizeof(struct request)) ||
	       mempool_init_kmalloc_pool(&dm_pool, RESERVE, sizeof(struct request)) ||
	       mempool_init_kmalloc_pool(&loop_pool, RESERVE, sizeof(struct request)) ||
	       mempool_init_kmalloc_pool(&file_bio_pool, RESERVE, sizeof(struct request));
}

int main(int argc, char **argv)
{
	struct task_struct *flusher;

	if (argc > 1 && !strcmp(argv[1], "--repaired"))
		file_bios = &file_bio_pool;
	if (make_pools())
		return 1;
	for (unsigned long sector = 0; sector < REQUESTS; sector++)
		md_submit(sector);
	flusher = kthread_run(flush_file, NULL, "loop0");
	if (IS_ERR(flusher))
		return 1;
	wait_for_completion(&flushed);
	kthread_stop(flusher);
	printf("%d sectors were written\n", REQUESTS);
	mempool_exit(&file_bio_pool);
	mempool_exit(&loop_pool);
	mempool_exit(&dm_pool);
	mempool_exit(&bio_pool);
	return 0;
}
