/* What the load client asks memcached and redis, and what they have to answer, byte for byte: a
 * model of the store, which holds for each key the number of the store that made its value. */
#include "client.h"
#include "bench.h"

#include <string.h>

enum request { GET, SET, ADD, DELETE, TOUCH, COUNT, REQUESTS };

/* In these texts %K stands for the key, which is 10 bytes, %V for its value and %L for the value's
 * length. `yes` is the answer when the key was there (for ADD: was not), `no` the other one. */
struct bench_protocol {
	struct words {
		const char *request, *yes, *no;
	} words[REQUESTS];
};

const struct bench_protocol bench_memcached = {{
	[GET] = {"get %K\r\n", "VALUE %K 0 %L\r\n%V\r\nEND\r\n", "END\r\n"},
	[SET] = {"set %K 0 0 %L\r\n%V\r\n", "STORED\r\n", "STORED\r\n"},
	[ADD] = {"add %K 0 0 %L\r\n%V\r\n", "STORED\r\n", "NOT_STORED\r\n"},
	[DELETE] = {"delete %K\r\n", "DELETED\r\n", "NOT_FOUND\r\n"},
	[TOUCH] = {"touch %K 0\r\n", "TOUCHED\r\n", "NOT_FOUND\r\n"},
	[COUNT] = {"incr %K 1\r\n", "%V\r\n", "NOT_FOUND\r\n"},
}};
const struct bench_protocol bench_redis = {{
	[GET] = {"*2\r\n$3\r\nGET\r\n$10\r\n%K\r\n", "$%L\r\n%V\r\n", "$-1\r\n"},
	[SET] = {"*3\r\n$3\r\nSET\r\n$10\r\n%K\r\n$%L\r\n%V\r\n", "+OK\r\n", "+OK\r\n"},
	[ADD] = {"*3\r\n$5\r\nSETNX\r\n$10\r\n%K\r\n$%L\r\n%V\r\n", ":1\r\n", ":0\r\n"},
	[DELETE] = {"*2\r\n$3\r\nDEL\r\n$10\r\n%K\r\n", ":1\r\n", ":0\r\n"},
	[TOUCH] = {"*2\r\n$5\r\nTOUCH\r\n$10\r\n%K\r\n", ":1\r\n", ":0\r\n"},
	[COUNT] = {"*2\r\n$4\r\nINCR\r\n$10\r\n%K\r\n", ":%V\r\n", ":1\r\n"},
}};

/* Of a hundred mixed requests. */
static const int shares[REQUESTS] = {
	[GET] = 60, [SET] = 15, [ADD] = 6, [DELETE] = 6, [TOUCH] = 5, [COUNT] = 8};

struct value {
	int len;
	char bytes[BENCH_VALUE_MAX + 16];
};

/* One key in eight is a counter, one in 64 has a long value; each connection has some. */
static bool is_counter(const struct bench_dialogue *dialogue, int key)
{
	return dialogue->is_mixed && key % 64 / BENCH_CONNECTIONS == 1;
}

static bool is_long(const struct bench_dialogue *dialogue, int key)
{
	return dialogue->is_mixed && key % 512 / BENCH_CONNECTIONS == 2;
}

/* Decimal, with zeros before it up to `width`. By hand: this is most of what the client does. */
static int write_number(char *bytes, uint32_t number, int width)
{
	char digits[16];
	int len = 0;

	do {
		digits[len++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0 || len < width);
	for (int i = 0; i < len; i++)
		bytes[i] = digits[len - 1 - i];
	return len;
}

static void make_value(
	const struct bench_dialogue *dialogue, int key, uint32_t stored, struct value *value)
{
	if (is_counter(dialogue, key)) {
		value->len = write_number(value->bytes, stored, 1);
		return;
	}
	memcpy(value->bytes, "value-", 6);
	value->len = 6 + write_number(value->bytes + 6, stored, 10);
	if (!is_long(dialogue, key))
		return;
	for (int unit = value->len; value->len < BENCH_VALUE_MAX; value->len += unit)
		memcpy(value->bytes + value->len, value->bytes, (size_t)unit);
}

static void append_bytes(struct bench_text *text, const char *bytes, size_t len)
{
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void append_number(struct bench_text *text, int number, int width)
{
	text->len += (size_t)write_number(text->bytes + text->len, (uint32_t)number, width);
}

static void append(struct bench_text *text, const char *words, int key, const struct value *value)
{
	for (;;) {
		const char *next = strchrnul(words, '%');

		append_bytes(text, words, (size_t)(next - words));
		if (!*next)
			return;
		words = next + 2;
		if (next[1] == 'V') {
			append_bytes(text, value->bytes, (size_t)value->len);
		} else if (next[1] == 'L') {
			append_number(text, value->len, 1);
		} else {
			append_bytes(text, "key:", 4);
			append_number(text, key, 6);
		}
	}
}

/* Does to the model what the request does to the store; whether the answer is `yes`. */
static bool apply(struct bench_dialogue *dialogue, enum request request, int key)
{
	uint32_t *stored = &dialogue->stored[key];
	bool was_there = *stored != 0;

	if (request == SET || (request == ADD && !was_there))
		*stored = is_counter(dialogue, key) ? 1 : ++dialogue->serial;
	else if (request == DELETE)
		*stored = 0;
	else if (request == COUNT)
		*stored += 1;
	return request == ADD ? !was_there : was_there;
}

/* The value of a store that is refused is the one it would have had: nobody may find it. */
static void ask(struct bench_dialogue *dialogue, enum request request, int key,
	struct bench_text *question, struct bench_text *answer)
{
	const struct words *words = &dialogue->protocol->words[request];
	bool is_yes = apply(dialogue, request, key);
	uint32_t stored = dialogue->stored[key];
	static struct value value;

	if (request == ADD && !is_yes)
		stored = ++dialogue->serial;
	make_value(dialogue, key, stored, &value);
	append(question, words->request, key, &value);
	append(answer, is_yes ? words->yes : words->no, key, &value);
}

static enum request draw_request(const struct bench_dialogue *dialogue, uint64_t drawn, int key)
{
	int percent = (int)(drawn % 100);
	enum request request = GET;

	if (!dialogue->is_mixed)
		return drawn % 8 == 0 ? SET : GET;
	while (percent >= shares[request])
		percent -= shares[request++];
	/* What a counter can be asked is to count and to tell; only a counter can count. */
	if (is_counter(dialogue, key))
		return request == GET ? GET : COUNT;
	return request == COUNT ? SET : request;
}

void bench_ask(struct bench_dialogue *dialogue, int connection, struct bench_text *request,
	struct bench_text *answer)
{
	uint64_t drawn = bench_random(&dialogue->seed) >> 16;
	int own = (int)(drawn % (BENCH_KEYS / BENCH_CONNECTIONS));
	int key = own * BENCH_CONNECTIONS + connection;

	ask(dialogue, draw_request(dialogue, drawn >> 32, key), key, request, answer);
}

#define STORES(dialogue) ((dialogue)->is_mixed ? BENCH_KEYS + BENCH_SPARE_KEYS : BENCH_KEYS)

bool bench_is_filled(const struct bench_dialogue *dialogue)
{
	int spare = STORES(dialogue) - BENCH_KEYS;

	return dialogue->filled == STORES(dialogue) + spare;
}

void bench_ask_to_fill(
	struct bench_dialogue *dialogue, struct bench_text *request, struct bench_text *answer)
{
	int step = dialogue->filled++, stores = STORES(dialogue);

	if (step < stores)
		ask(dialogue, SET, step, request, answer);
	else
		ask(dialogue, DELETE, BENCH_KEYS + step - stores, request, answer);
}
