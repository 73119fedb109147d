/* Writes a JSON document member by member: indentation, commas and escaping in one place.
 *
 * `key` is the member's name, NULL inside an array. Nothing is allocated but for escaping; write
 * errors stay in ferror(out). Whoever opens a bracket closes it. */
#ifndef VIZ_JSON_WRITER_H
#define VIZ_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Where in the document one is; begin with {.out = …}. */
struct viz_json {
	FILE *out;
	unsigned int depth;
	bool has_member; /* of what is open: the next one comes after a comma */
};

void viz_json_open(struct viz_json *json, const char *key, char bracket);
void viz_json_close(struct viz_json *json, char bracket);

/* A quoted string outside of any document: escaped, valid UTF-8 whatever `text` holds. NULL gives
 * null. */
void viz_json_string(FILE *out, const char *text);

/* The same as a member. */
void viz_json_text(struct viz_json *json, const char *key, const char *text);
void viz_json_number(struct viz_json *json, const char *key, uint64_t number);
void viz_json_hex(struct viz_json *json, const char *key, uint64_t number); /* "0x1f" */
void viz_json_truth(struct viz_json *json, const char *key, bool truth);

#endif
