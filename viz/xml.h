/* XML text: the one place where it is escaped. */
#ifndef VIZ_XML_H
#define VIZ_XML_H

#include <stdio.h>

/* Writes `text` so that an XML 1.0 parser gives it back, as content or between double quotes. What
 * XML does not allow (control characters) is left out; bytes that are no UTF-8 become U+FFFD. */
void viz_xml_text(FILE *out, const char *text);

/* The same as an attribute: a blank, the name, and the value in quotes. */
void viz_xml_attribute(FILE *out, const char *name, const char *value);

#endif
