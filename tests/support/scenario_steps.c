/* Takes a scenario line apart: letters, calls, thread marks. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lockdep_lite.h>
#include "tests/support/scenario_steps.h"

struct reader {
	const char *text; /* the whole line, for messages */
	const char *at;
	struct scenario_step *steps;
	unsigned int count;
	unsigned int thread;
	unsigned int plain_mode;
};

/* The words that may stand before "(". */
static const struct word {
	const char *name;
	enum scenario_op op;
	unsigned int mode;
	unsigned int locks;
} words[] = {
	{"W", SCENARIO_LOCK, LDL_EXCLUSIVE, 1},
	{"L", SCENARIO_LOCK, LDL_EXCLUSIVE, 1},
	{"R", SCENARIO_LOCK, LDL_SHARED, 1},
	{"r", SCENARIO_LOCK, LDL_SHARED_RECURSIVE, 1},
	{"try", SCENARIO_LOCK, LDL_TRY, 1},
	{"tryR", SCENARIO_LOCK, LDL_TRY | LDL_SHARED, 1},
	{"tryr", SCENARIO_LOCK, LDL_TRY | LDL_SHARED_RECURSIVE, 1},
	{"timed", SCENARIO_LOCK, LDL_TIMED, 1},
	{"timedR", SCENARIO_LOCK, LDL_TIMED | LDL_SHARED, 1},
	{"timedr", SCENARIO_LOCK, LDL_TIMED | LDL_SHARED_RECURSIVE, 1},
	{"fail", SCENARIO_FAIL, LDL_EXCLUSIVE, 1},
	{"init", SCENARIO_INIT, 0, 1},
	{"destroy", SCENARIO_DESTROY, 0, 1},
	{"down", SCENARIO_DOWNGRADE, 0, 1},
	{"held", SCENARIO_HELD, 0, 1},
	{"unheld", SCENARIO_UNHELD, 0, 1},
	{"nest", SCENARIO_NEST, 0, 2},
	{"order", SCENARIO_ORDER, 0, 2},
};

static void refuse(const struct reader *reader, const char *what)
{
	fprintf(stderr, "scenario: %s: at \"%s\" in \"%s\"\n", what, reader->at, reader->text);
	abort();
}

static struct scenario_step *add_step(struct reader *reader, enum scenario_op op)
{
	struct scenario_step *step;

	if (reader->count == SCENARIO_STEPS)
		refuse(reader, "too many steps");
	step = &reader->steps[reader->count++];
	memset(step, 0, sizeof(*step));
	step->op = op;
	step->thread = reader->thread;
	return step;
}

static void skip_blanks(struct reader *reader)
{
	while (isspace((unsigned char)*reader->at))
		reader->at++;
}

static unsigned int read_lock(struct reader *reader)
{
	unsigned int letter, digit = 0;

	skip_blanks(reader);
	if (!isupper((unsigned char)*reader->at))
		refuse(reader, "no lock name");
	letter = (unsigned char)*reader->at++;
	if (isdigit((unsigned char)*reader->at))
		digit = (unsigned int)(*reader->at++ - '0');
	return scenario_lock_number(letter, digit);
}

static void read_arguments(struct reader *reader, struct scenario_step *step, unsigned int locks)
{
	step->lock = read_lock(reader);
	if (locks == 2) {
		skip_blanks(reader);
		if (*reader->at++ != ',')
			refuse(reader, "a second lock is missing");
		step->other = read_lock(reader);
	}
	skip_blanks(reader);
	if (*reader->at++ != ')')
		refuse(reader, "no )");
}

static void read_call(struct reader *reader, size_t len)
{
	const char *name = reader->at;
	struct scenario_step *step;
	size_t i;

	reader->at += len + 1;
	if (len == 4 && !strncmp(name, "sub", 3) && isdigit((unsigned char)name[3])) {
		step = add_step(reader, SCENARIO_NESTED);
		step->subclass = (unsigned int)(name[3] - '0');
		step->mode = reader->plain_mode;
		read_arguments(reader, step, 1);
		return;
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].name) != len || strncmp(words[i].name, name, len))
			continue;
		step = add_step(reader, words[i].op);
		step->mode = words[i].mode;
		read_arguments(reader, step, words[i].locks);
		return;
	}
	reader->at = name;
	refuse(reader, "no such call");
}

/* "T1:" */
static bool read_thread(struct reader *reader)
{
	const char *at = reader->at;
	char *end;
	unsigned long thread;

	if (at[0] != 'T' || !isdigit((unsigned char)at[1]))
		return false;
	thread = strtoul(at + 1, &end, 10);
	if (*end != ':' || thread >= SCENARIO_THREADS)
		return false;
	reader->thread = (unsigned int)thread;
	reader->at = end + 1;
	return true;
}

static void read_one(struct reader *reader)
{
	size_t len = 0;

	if (*reader->at == ',' || *reader->at == ';') {
		reader->at++;
		add_step(reader, SCENARIO_RELEASE_ALL);
		return;
	}
	if (*reader->at == '-') {
		struct scenario_step *step = add_step(reader, SCENARIO_UNLOCK);

		reader->at++;
		step->lock = read_lock(reader);
		return;
	}
	if (read_thread(reader))
		return;
	while (isalnum((unsigned char)reader->at[len]))
		len++;
	if (reader->at[len] == '(') {
		read_call(reader, len);
	} else {
		struct scenario_step *step = add_step(reader, SCENARIO_LOCK);

		step->mode = reader->plain_mode;
		step->lock = read_lock(reader);
	}
}

unsigned int scenario_parse(
	const char *text, unsigned int plain_mode, struct scenario_step steps[SCENARIO_STEPS])
{
	struct reader reader = {text, text, steps, 0, 0, plain_mode};
	unsigned int thread;

	for (skip_blanks(&reader); *reader.at; skip_blanks(&reader))
		read_one(&reader);
	for (thread = 0; thread < SCENARIO_THREADS; thread++) {
		reader.thread = thread;
		add_step(&reader, SCENARIO_RELEASE_ALL);
	}
	return reader.count;
}
