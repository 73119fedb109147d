/* Escaping for Graphviz: decode what may be UTF-8, drop what may not be shown, quote the rest. */
#include "viz/dot_escape.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLACEMENT 0xfffdu

static uint32_t continuation_bits(const unsigned char *bytes, size_t count, bool *good)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			*good = false;
		bits = bits << 6 | (bytes[i] & 0x3fu);
	}
	return bits;
}

/* Overlong forms, surrogates, and what XML forbids even when it is well encoded. */
static bool is_character(uint32_t code, size_t size)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

	return code >= smallest[size] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) &&
	       (code & 0xfffe) != 0xfffe;
}

/* Takes one character off `text` and returns its code point; a byte that begins none is taken
 * alone. *size: bytes taken, at least 1. */
static uint32_t next_character(const char *text, size_t len, size_t *size)
{
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char first = bytes[0];
	size_t want = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	bool good = true;
	uint32_t code;

	*size = 1;
	if (want == 1)
		return first;
	if (want == 0 || first > 0xf4 || want > len)
		return REPLACEMENT;
	code = (first & (0xffu >> (want + 1))) << (6 * (want - 1));
	code |= continuation_bits(bytes + 1, want - 1, &good);
	if (!good || !is_character(code, want))
		return REPLACEMENT;
	*size = want;
	return code;
}

/* Directional overrides would let a name rewrite the rest of its line; C1 codes are controls. */
static bool is_dropped(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static const char *quoted(uint32_t code, bool html)
{
	if (code == '&')
		return "&amp;";
	if (code == '\\')
		return "\\\\"; /* also in HTML labels: \N is replaced there too, even as &#92;N */
	if (html && code == '<')
		return "&lt;";
	if (html && code == '>')
		return "&gt;";
	if (html && code == '"')
		return "&quot;";
	return NULL;
}

static void put(FILE *to, const char *text, size_t len, bool html)
{
	size_t size;

	for (size_t at = 0; at < len; at += size) {
		uint32_t code = next_character(text + at, len - at, &size);
		const char *quote;

		if (code == '\n' || code == '\t')
			code = ' ';
		if (is_dropped(code))
			continue;
		quote = quoted(code, html);
		if (quote)
			fputs(quote, to);
		else if (code == REPLACEMENT)
			fputs("\xef\xbf\xbd", to);
		else
			fwrite(code == ' ' ? " " : text + at, 1, size, to);
	}
}

void viz_dot_put_text(FILE *to, const char *text, size_t len)
{
	put(to, text, len, false);
}

void viz_dot_put_html(FILE *to, const char *text, size_t len)
{
	put(to, text, len, true);
}

size_t viz_dot_text_width(const char *text, size_t len)
{
	size_t width = 0, size;

	for (size_t at = 0; at < len; at += size) {
		uint32_t code = next_character(text + at, len - at, &size);

		if (!is_dropped(code) || code == '\n' || code == '\t')
			width++;
	}
	return width;
}
