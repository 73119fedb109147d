/* JSON, member by member. See json_writer.h. */
#include "json_writer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clean.h"

static void print_escaped(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < 0x20)
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

/* Begins the next member of what is open. */
static void begin_member(struct viz_json *json, const char *key)
{
	fprintf(json->out, "%s\n%*s", json->has_member ? "," : "", (int)json->depth * 2, "");
	json->has_member = true;
	if (key) {
		print_escaped(json->out, key);
		fprintf(json->out, ": ");
	}
}

void viz_json_open(struct viz_json *json, const char *key, char bracket)
{
	if (json->depth || key)
		begin_member(json, key);
	fputc(bracket, json->out);
	json->depth++;
	json->has_member = false;
}

void viz_json_close(struct viz_json *json, char bracket)
{
	json->depth--;
	if (json->has_member)
		fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
	fputc(bracket, json->out);
	json->has_member = true;
}

void viz_json_string(FILE *out, const char *text)
{
	char *clean = viz_clean_dup(text);

	if (!text)
		fprintf(out, "null");
	else
		print_escaped(out, clean ? clean : "");
	free(clean);
}

void viz_json_text(struct viz_json *json, const char *key, const char *text)
{
	begin_member(json, key);
	viz_json_string(json->out, text);
}

void viz_json_number(struct viz_json *json, const char *key, uint64_t number)
{
	begin_member(json, key);
	fprintf(json->out, "%" PRIu64, number);
}

void viz_json_hex(struct viz_json *json, const char *key, uint64_t number)
{
	begin_member(json, key);
	fprintf(json->out, "\"0x%" PRIx64 "\"", number);
}

void viz_json_truth(struct viz_json *json, const char *key, bool truth)
{
	begin_member(json, key);
	fprintf(json->out, truth ? "true" : "false");
}
