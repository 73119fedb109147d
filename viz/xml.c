/* XML text. See xml.h. */
#include "xml.h"

#include "clean.h"

/* Characters that XML 1.0 has, but for those that are escaped. */
static int is_allowed(uint32_t code)
{
	return code == 0x9 || code == 0xa || code == 0xd || (code >= 0x20 && code < 0x7f) ||
	       (code >= 0xa0 && code <= 0xfffd) || code >= 0x10000;
}

/* A parser makes blanks of an attribute's line ends, and line feeds of carriage returns. */
static void put_text(FILE *out, const char *text, int is_attribute)
{
	while (*text) {
		uint32_t code;
		size_t len = viz_clean_character(text, &code);

		if (!len)
			fputs("\xef\xbf\xbd", out);
		else if (code == '&')
			fputs("&amp;", out);
		else if (code == '<')
			fputs("&lt;", out);
		else if (code == '>')
			fputs("&gt;", out);
		else if (code == '"')
			fputs("&quot;", out);
		else if (code == '\r' || (is_attribute && (code == '\n' || code == '\t')))
			fprintf(out, "&#%u;", code);
		else if (is_allowed(code))
			fwrite(text, 1, len, out);
		text += len ? len : 1;
	}
}

void viz_xml_text(FILE *out, const char *text)
{
	put_text(out, text, 0);
}

void viz_xml_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_text(out, value, 1);
	fputc('"', out);
}
