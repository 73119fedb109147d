/* An allocator of contiguous ranges that does not do what its callers' masks say.
 *
 * Source: rules D11 to D14; the mails of December 2020 on the modes of such an allocator. It moves
 * pages out of the way to make room, which sleeps and takes memory, and it may do so only as far as
 * its caller's mask goes.
 *
 *	camera_start()	asks with NOWAIT, and the allocator drains and sleeps		D11
 *	codec_start()	says NOFAIL, which the allocator does not do, nor refuse	D12
 *	modem_start()	asks with NOFS, and the target pages are asked for with KERNEL	D13
 *	balloon_grow()	begins with the hard mode					D14
 *
 * expect: error D11 drain_lists
 * expect: error D12 alloc_range
 * expect: error D13 alloc_range
 * expect: info D14 alloc_range
 * expect (--repaired): clean
 *
 * The repaired twin refuses what it cannot do, skips what would sleep, asks for target pages with
 * no more than it was asked with, and its callers try fast, then normal, then hard. */
#include <stdio.h>
#include <string.h>

#include <lockdep_lite/kernel.h>
#include <lockdep_lite/kernel/contig.h>

/* What the allocator understands. */
#define RANGE_MASK (GFP_KERNEL | __GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | LDL_GFP_HARD)

static struct page *range; /* the area; here its pages are never in the way for real */
static bool is_repaired, is_busy;

/* Moves the pages that are in the way to others, which takes memory. */
static int migrate_range(gfp_t gfp)
{
	struct page *target =
		alloc_page(is_repaired ? gfp & (GFP_KERNEL | LDL_GFP_HARD) : GFP_KERNEL);

	if (!target)
		return -ENOMEM;
	__free_page(target);
	is_busy = false;
	return 0;
}

/* Waits for the pages that other CPUs have in their lists. */
static void drain_lists(void)
{
	might_sleep();
	usleep_range(10, 20);
}

/* One range of pages, by what `gfp` allows. */
static struct page *alloc_range(gfp_t gfp)
{
	bool may_move = !is_repaired || gfpflags_allow_blocking(gfp);

	might_alloc(gfp);
	if (is_repaired && (gfp & ~RANGE_MASK))
		return NULL;
	ldl_alloc_begin(gfp, RANGE_MASK);
	if (is_busy && may_move) {
		drain_lists();
		migrate_range(gfp);
	}
	ldl_alloc_end(is_busy);
	if (is_busy)
		ldl_alloc_failed();
	return is_busy ? NULL : range;
}

/* Is called from an interrupt: now or never. */
static bool camera_start(void)
{
	is_busy = true;
	return alloc_range(GFP_NOWAIT);
}

static bool codec_start(void)
{
	is_busy = true;
	return alloc_range(is_repaired ? GFP_KERNEL : GFP_KERNEL | __GFP_NOFAIL);
}

/* In the midst of a filesystem's transaction, where reclaim must not enter one. */
static bool modem_start(void)
{
	is_busy = true;
	return alloc_range(GFP_NOFS);
}

/* Wants much, and is in no hurry. */
static bool balloon_grow(void)
{
	is_busy = false;
	if (!is_repaired)
		return alloc_range(GFP_KERNEL | LDL_GFP_HARD);
	return alloc_range(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN) || alloc_range(GFP_KERNEL) ||
	       alloc_range(GFP_KERNEL | LDL_GFP_HARD);
}

int main(int argc, char **argv)
{
	int camera, codec, modem, balloon;

	is_repaired = argc > 1 && !strcmp(argv[1], "--repaired");
	range = alloc_pages(GFP_KERNEL, 4);
	if (!range)
		return 1;
	modem = modem_start();
	camera = camera_start();
	codec = codec_start();
	balloon = balloon_grow();
	printf("ranges: camera %d codec %d modem %d balloon %d\n", camera, codec, modem, balloon);
	__free_pages(range, 4);
	return 0;
}
