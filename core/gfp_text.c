/* Masks in words. See gfp_text.h. */
#include "gfp_text.h"

#include "compiler.h"
#include "fmt.h"
#include "include/lockdep_lite/gfp.h"

struct word {
	uint32_t bits;
	const char *text;
};

/* Compositions before their parts, the widest first: each word takes its bits off. */
static const struct word gfp_words[] = {
	{LDL_GFP_TRANSHUGE, "TRANSHUGE"},
	{LDL_GFP_TRANSHUGE_LIGHT, "TRANSHUGE_LIGHT"},
	{LDL_GFP_USER, "USER"},
	{LDL_GFP_KERNEL, "KERNEL"},
	{LDL_GFP_NOFS, "NOFS"},
	{LDL_GFP_NOIO, "NOIO"},
	{LDL_GFP_SEED_ATOMIC, "SEED_ATOMIC"},
	{LDL_GFP_ATOMIC, "ATOMIC"},
	{LDL_GFP_NOWAIT, "NOWAIT"},
	{LDL_GFP_DIRECT_RECLAIM, "DIRECT_RECLAIM"},
	{LDL_GFP_KSWAPD_RECLAIM, "KSWAPD_RECLAIM"},
	{LDL_GFP_IO, "IO"},
	{LDL_GFP_FS, "FS"},
	{LDL_GFP_HIGH, "HIGH"},
	{LDL_GFP_MEMALLOC, "MEMALLOC"},
	{LDL_GFP_NOMEMALLOC, "NOMEMALLOC"},
	{LDL_GFP_NOFAIL, "NOFAIL"},
	{LDL_GFP_NORETRY, "NORETRY"},
	{LDL_GFP_RETRY_MAYFAIL, "RETRY_MAYFAIL"},
	{LDL_GFP_NOWARN, "NOWARN"},
	{LDL_GFP_HARDWALL, "HARDWALL"},
	{LDL_GFP_THISNODE, "THISNODE"},
	{LDL_GFP_ZERO, "ZERO"},
	{LDL_GFP_ACCOUNT, "ACCOUNT"},
	{LDL_GFP_MOVABLE, "MOVABLE"},
	{LDL_GFP_RECLAIMABLE, "RECLAIMABLE"},
	{LDL_GFP_COMP, "COMP"},
	{LDL_GFP_WRITE, "WRITE"},
	{LDL_GFP_HIGHMEM, "HIGHMEM"},
	{LDL_GFP_DMA, "DMA"},
	{LDL_GFP_DMA32, "DMA32"},
	{LDL_GFP_NOLOCKDEP, "NOLOCKDEP"},
	{LDL_GFP_OPTIONAL, "OPTIONAL"},
	{LDL_GFP_AVOID_OOM, "AVOID_OOM"},
	{LDL_GFP_HARD, "HARD"},
};

static const struct word scope_words[] = {
	{LDL_SCOPE_NOFS, "NOFS"},
	{LDL_SCOPE_NOIO, "NOIO"},
	{LDL_SCOPE_NORECLAIM, "NORECLAIM"},
	{LDL_SCOPE_NOWAIT, "NOWAIT"},
	{LDL_SCOPE_NOFAIL, "NOFAIL"},
	{LDL_SCOPE_NORETRY, "NORETRY"},
	{LDL_SCOPE_RETRY_MAYFAIL, "RETRY_MAYFAIL"},
};

static const char *spell(
	char *buffer, size_t size, uint32_t bits, const struct word *words, size_t count)
{
	size_t len = ldl_fmt(buffer, size, "%s", bits ? "" : "0");

	for (size_t i = 0; i < count && bits; i++) {
		if ((bits & words[i].bits) != words[i].bits)
			continue;
		ldl_fmt_append(buffer, size, &len, "%s%s", len ? "|" : "", words[i].text);
		bits &= ~words[i].bits;
	}
	if (bits)
		ldl_fmt_append(buffer, size, &len, "%s0x%x", len ? "|" : "", bits);
	return buffer;
}

const char *ldl_gfp_text(char *buffer, size_t size, uint32_t mask)
{
	return spell(buffer, size, mask, gfp_words, ldl_array_len(gfp_words));
}

const char *ldl_scope_text(char *buffer, size_t size, uint32_t scope)
{
	return spell(buffer, size, scope, scope_words, ldl_array_len(scope_words));
}
