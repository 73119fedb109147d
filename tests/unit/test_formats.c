/* viz/uri and xml: what is escaped, and what is left as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/suite.h"
#include "viz/uri.h"
#include "viz/xml.h"

static void is_uri(const char *path, const char *expected)
{
	char *uri = viz_uri_of_path(path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
	if (strcmp(uri, expected) != 0)
		printf("%s gave %s\n", path, uri);
	CU_ASSERT_STRING_EQUAL(uri, expected);
	free(uri);
}

static void absolute_paths_become_file_uris(void)
{
	is_uri("/usr/src/a.c", "file:///usr/src/a.c");
	is_uri("/", "file:///");
	is_uri("//usr//src/", "file:///usr/src");
	is_uri("/a b/100%/#1?.c", "file:///a%20b/100%25/%231%3F.c");
	is_uri("/caf\xc3\xa9/[x]{y}.c", "file:///caf%C3%A9/%5Bx%5D%7By%7D.c");
	is_uri("/~me/a-b_c.d", "file:///~me/a-b_c.d");
}

static void relative_paths_stay_relative(void)
{
	is_uri("src/a.c", "src/a.c");
	is_uri("c:/a.c", "c%3A/a.c");
	is_uri("", "");
}

static void needless_parts_of_a_path_are_taken_out(void)
{
	is_uri("/usr/./src/../include/a.h", "file:///usr/include/a.h");
	is_uri("/../../a.c", "file:///a.c");
	is_uri("./src/../a.c", "a.c");
	is_uri("a/../../b.c", "../b.c");
	is_uri("../../b.c", "../../b.c");
	is_uri("a/..", "");
	is_uri("/a/b/../..", "file:///");
}

static void is_xml(
	void (*write)(FILE *out, const char *text), const char *text, const char *expected)
{
	char *written = NULL;
	size_t len;
	FILE *out = open_memstream(&written, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	write(out, text);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(written, expected);
	free(written);
}

static void write_attribute(FILE *out, const char *text)
{
	viz_xml_attribute(out, "a", text);
}

static void xml_escapes_its_own_signs(void)
{
	is_xml(viz_xml_text, "a<b> & \"c\" ]]>", "a&lt;b&gt; &amp; &quot;c&quot; ]]&gt;");
	is_xml(write_attribute, "a<b> & \"c\"", " a=\"a&lt;b&gt; &amp; &quot;c&quot;\"");
	is_xml(viz_xml_text, "caf\xc3\xa9 \xf0\x9f\x94\x92", "caf\xc3\xa9 \xf0\x9f\x94\x92");
}

static void line_ends_survive_a_parser(void)
{
	is_xml(viz_xml_text, "a\n\tb\rc", "a\n\tb&#13;c");
	is_xml(write_attribute, "a\n\tb\rc", " a=\"a&#10;&#9;b&#13;c\"");
}

static void what_xml_does_not_have_is_dropped(void)
{
	is_xml(viz_xml_text,
		"\x01"
		"a\x1b[0m\x7f\xc2\x85"
		"b",
		"a[0mb");
	is_xml(viz_xml_text, "\xef\xbf\xbe\xef\xbf\xbf.", ".");
	is_xml(viz_xml_text, "\xff\xed\xa0\x80\xe2\x82",
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

LDL_SUITE(formats)
{
	LDL_TEST(absolute_paths_become_file_uris);
	LDL_TEST(relative_paths_stay_relative);
	LDL_TEST(needless_parts_of_a_path_are_taken_out);
	LDL_TEST(xml_escapes_its_own_signs);
	LDL_TEST(line_ends_survive_a_parser);
	LDL_TEST(what_xml_does_not_have_is_dropped);
}
