/* A small printf into fixed buffers. See fmt.h. */
#include "fmt.h"

#include <string.h>

struct sink {
	char *at, *end; /* end: where the NUL goes at the latest */
};

static void put(struct sink *sink, const char *text, size_t len)
{
	size_t room = (size_t)(sink->end - sink->at);

	if (len > room)
		len = room;
	memcpy(sink->at, text, len);
	sink->at += len;
}

struct number {
	uint64_t value;
	bool is_negative;
	unsigned int base;
	int width;
	char fill;
};

/* The sign counts in the width: after blanks, before zeros. */
static void put_number(struct sink *sink, struct number number)
{
	char digits[24];
	int first = sizeof(digits);
	uint64_t value = number.value;

	if (number.is_negative && number.fill == '0') {
		put(sink, "-", 1);
		number.is_negative = false;
		number.width--;
	}

	do
		digits[--first] = "0123456789abcdef"[value % number.base];
	while ((value /= number.base) != 0);
	if (number.is_negative)
		digits[--first] = '-';
	while ((int)sizeof(digits) - first < number.width && first > 0)
		digits[--first] = number.fill;
	put(sink, digits + first, sizeof(digits) - (size_t)first);
}

static void put_argument(
	struct sink *sink, char type, bool wide, int width, char fill, va_list *list)
{
	const char *text;
	int64_t number;
	char one;

	switch (type) {
	case 's':
		text = va_arg(*list, const char *);
		put(sink, text ? text : "(null)", text ? strlen(text) : 6);
		break;
	case 'c':
		one = (char)va_arg(*list, int);
		put(sink, &one, 1);
		break;
	case 'd':
		number = wide ? va_arg(*list, long) : va_arg(*list, int);
		put_number(sink, (struct number){number < 0 ? -(uint64_t)number : (uint64_t)number,
					 number < 0, 10, width, fill});
		break;
	case 'u':
	case 'x':
		put_number(sink, (struct number){wide ? va_arg(*list, unsigned long)
						      : va_arg(*list, unsigned int),
					 false, type == 'x' ? 16 : 10, width, fill});
		break;
	default:
		put(sink, &type, 1);
	}
}

size_t ldl_vfmt(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct sink sink = {buffer, buffer + size - 1};
	va_list list;

	va_copy(list, arguments);
	while (*format) {
		size_t plain = 0;
		int width = 0;
		char fill = ' ';
		bool wide = false;

		while (format[plain] && format[plain] != '%')
			plain++;
		put(&sink, format, plain);
		format += plain;
		if (!*format || !*++format)
			break;
		if (*format == '0')
			fill = '0';
		while (*format >= '0' && *format <= '9')
			width = width * 10 + *format++ - '0';
		while (*format == 'l') {
			wide = true;
			format++;
		}
		if (!*format)
			break;
		put_argument(&sink, *format++, wide, width, fill, &list);
	}
	va_end(list);
	*sink.at = '\0';
	return (size_t)(sink.at - buffer);
}

size_t ldl_fmt(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t len;

	va_start(arguments, format);
	len = ldl_vfmt(buffer, size, format, arguments);
	va_end(arguments);
	return len;
}

void ldl_fmt_append(char *buffer, size_t size, size_t *len, const char *format, ...)
{
	va_list arguments;

	if (*len + 1 >= size)
		return;
	va_start(arguments, format);
	*len += ldl_vfmt(buffer + *len, size - *len, format, arguments);
	va_end(arguments);
}
