/* The inside of the explanation, for the files that tell it: explain.c (what happened),
 * explain_verdict.c (how certain it is), explain_mend.c (how to mend it), explain_harmless.c (how
 * to declare it), explain_story.c (how a line is put). */
#ifndef VIZ_EXPLAIN_PARTS_H
#define VIZ_EXPLAIN_PARTS_H

#include "core/compiler.h"
#include "text_parts.h"

#define VIZ_PLACE_MAX 512u

/* A finding on its way out. */
struct viz_story {
	struct viz_text text;
	ldl_finding_id id;
	bool is_cycle;
};

/* One step: who, what and where, in words. Empty places are "?". */
struct viz_scene {
	struct viz_hop hop;
	char who[VIZ_HEAD_MAX];                      /* if it comes to the worst */
	char from[VIZ_LABEL_MAX], to[VIZ_LABEL_MAX]; /* the two ends */
	char from_place[VIZ_PLACE_MAX], to_place[VIZ_PLACE_MAX];
	bool is_declared; /* by ldl_order(): `to_place` is where */
};

void viz_scene_fill(const struct viz_story *story, uint32_t index, struct viz_scene *scene);

/* The next step of the ring. */
static inline uint32_t viz_story_next(const struct viz_story *story, uint32_t index)
{
	return (index + 1) % story->text.count;
}

/* An empty line, and a heading. */
void viz_story_head(const struct viz_story *story, const char *format, ...) LDL_PRINTF(2, 3);

/* "  1. words …": broken between words, its further lines indented below the first word. */
void viz_story_item(const struct viz_story *story, const char *mark, const char *format, ...)
	LDL_PRINTF(3, 4);

/* The sections, each with its heading; one that has nothing to say is left out. */
void viz_story_verdict(const struct viz_story *story);
void viz_story_mend(const struct viz_story *story);
void viz_story_harmless(const struct viz_story *story);

#endif
