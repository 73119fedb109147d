/* A filesystem allocates an inode under the lock that its own shrinker takes.
 *
 * Source: rule A4; the two CPUs drawn in the mail of August 2019 on what fs_reclaim can see.
 *
 *	CPU 0				CPU 1
 *	mutex_lock(&cache->lock)	reclaim begins, for whatever reason
 *	kmalloc(GFP_KERNEL)		shrink_inodes()
 *	    waits for reclaim		mutex_lock(&cache->lock)
 *
 * expect: error A4 new_inode shrink_inodes
 * expect (--repaired): clean
 * picture: octagon reclaim.fs
 * picture: ellipse event
 *
 * Here the two happen one after the other, with plenty of memory: each is harmless alone, and the
 * order is enough for a report. The repaired twin says GFP_NOFS: reclaim on its behalf will not
 * call into a filesystem, and the shrinker honours that by doing nothing when the mask lacks
 * __GFP_FS. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>

enum { INODES = 300 };

struct inode {
	struct list_head lru;
	unsigned long number;
};

struct inode_cache {
	struct mutex lock; /* of the list */
	struct list_head unused;
	unsigned long count; /* read without the lock */
	struct shrinker *shrinker;
};

static struct inode_cache cache;
static DECLARE_COMPLETION(files_are_open);
static bool is_repaired;

/* CPU 0: a file is opened. */
static int new_inode(unsigned long number)
{
	struct inode *inode;

	mutex_lock(&cache.lock);
	inode = kmalloc(sizeof(*inode), is_repaired ? GFP_NOFS : GFP_KERNEL);
	if (inode) {
		inode->number = number;
		list_add(&inode->lru, &cache.unused);
		cache.count++;
	}
	mutex_unlock(&cache.lock);
	return inode ? 0 : -ENOMEM;
}

static unsigned long count_inodes(struct shrinker *shrinker, struct shrink_control *sc)
{
	return READ_ONCE(cache.count);
}

/* CPU 1: memory is short, somewhere. */
static unsigned long shrink_inodes(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct inode *inode, *next;
	unsigned long freed = 0;

	if (!(sc->gfp_mask & __GFP_FS))
		return SHRINK_STOP;
	mutex_lock(&cache.lock);
	list_for_each_entry_safe(inode, next, &cache.unused, lru)
	{
		if (freed == sc->nr_to_scan)
			break;
		list_del(&inode->lru);
		kfree(inode);
		cache.count--;
		freed++;
	}
	mutex_unlock(&cache.lock);
	return freed;
}

static int open_files(void *unused)
{
	int error = 0;

	for (unsigned long number = 0; number < INODES && !error; number++)
		error = new_inode(number);
	complete(&files_are_open);
	return error;
}

int main(int argc, char **argv)
{
	struct task_struct *opener;

	is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	mutex_init(&cache.lock);
	INIT_LIST_HEAD(&cache.unused);
	cache.shrinker = shrinker_alloc(0, "inode cache");
	if (!cache.shrinker)
		return 1;
	cache.shrinker->count_objects = count_inodes;
	cache.shrinker->scan_objects = shrink_inodes;
	shrinker_register(cache.shrinker);

	opener = kthread_run(open_files, NULL, "opener");
	if (IS_ERR(opener))
		return 1;
	wait_for_completion(&files_are_open);
	if (kthread_stop(opener))
		return 1;
	drop_slab(); /* echo 2 >/proc/sys/vm/drop_caches */
	printf("%lu inodes are left\n", cache.count);
	shrinker_free(cache.shrinker);
	return 0;
}
