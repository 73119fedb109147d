/* How a line of an explanation is put: wrapped items, headings, and a step's words. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "explain_parts.h"

#define WIDTH_MAX 100u

/* Room is left for a word's width in cells, not bytes. */
static size_t word_width(const char *word, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)word[i] & 0xc0) != 0x80;
	return width;
}

static void put_words(FILE *out, const char *words, size_t indent)
{
	size_t column = indent;
	bool is_first = true;

	while (*words) {
		size_t len = strcspn(words, " "), width = word_width(words, len);

		if (!is_first && column + 1 + width > WIDTH_MAX) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			is_first = true;
		}
		fprintf(out, "%s%.*s", is_first ? "" : " ", (int)len, words);
		column += width + !is_first;
		is_first = false;
		words += len;
		words += strspn(words, " ");
	}
	fputc('\n', out);
}

void viz_story_item(const struct viz_story *story, const char *mark, const char *format, ...)
{
	char *words = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&words, format, arguments) < 0)
		words = NULL;
	va_end(arguments);
	fprintf(story->text.out, "    %s ", mark);
	put_words(story->text.out, words ? words : "?", 4 + strlen(mark) + 1);
	free(words);
}

void viz_story_head(const struct viz_story *story, const char *format, ...)
{
	va_list arguments;

	fprintf(story->text.out, "\n  %s", viz_text_tint(&story->text, VIZ_TINT_STRONG));
	va_start(arguments, format);
	vfprintf(story->text.out, format, arguments);
	va_end(arguments);
	fprintf(story->text.out, ":%s\n", viz_text_tint(&story->text, VIZ_TINT_OFF));
}

/* A place in a sentence: why no more is known of it stands in the report. */
static void put_place(const struct viz_stack *stack, char place[VIZ_PLACE_MAX])
{
	struct viz_frame frame;

	snprintf(place, VIZ_PLACE_MAX, "?");
	if (!stack->count)
		return;
	frame = stack->frames[stack->site];
	frame.note = NULL;
	viz_frame_text(&frame, false, place, VIZ_PLACE_MAX);
}

void viz_scene_fill(const struct viz_story *story, uint32_t index, struct viz_scene *scene)
{
	const struct viz_text *text = &story->text;
	ldl_witness_id id = viz_step_witness(text->run, &text->steps[index]);
	struct viz_stack from = viz_witness_from(text->run, id);
	struct viz_stack to = viz_witness_to(text->run, id);

	viz_stack_tell_apart(&from, &to);
	scene->hop = viz_hop_of(text->run, &text->steps[index]);
	scene->is_declared = viz_text_is_declared(scene->hop.witness);
	viz_text_head(text, index, scene->who);
	viz_text_label(text, index, false, scene->from);
	viz_text_label(text, index, true, scene->to);
	if (scene->is_declared && !to.count)
		to = from;
	put_place(&from, scene->from_place);
	put_place(&to, scene->to_place);
}
