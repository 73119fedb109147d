/* The words of masks come from core/gfp_text.h; here they get the kernel's prefixes. */
#include "gfp.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/compiler.h"
#include "core/format.h"
#include "core/gfp_text.h"

static bool is_composition(const char *word, size_t len)
{
	static const char *const compositions[] = {"KERNEL", "NOFS", "NOIO", "NOWAIT", "ATOMIC",
		"USER", "TRANSHUGE", "TRANSHUGE_LIGHT"};

	for (size_t i = 0; i < ldl_array_len(compositions); i++) {
		if (strlen(compositions[i]) == len && memcmp(compositions[i], word, len) == 0)
			return true;
	}
	return false;
}

static const char *prefix_of(const char *word, size_t len)
{
	if (isdigit((unsigned char)*word))
		return ""; /* bits without a name */
	return is_composition(word, len) ? "GFP_" : "__GFP_";
}

const char *viz_gfp_text(uint32_t gfp, char *text, size_t size)
{
	char words[LDL_GFP_TEXT_MAX];
	const char *word = ldl_gfp_text(words, sizeof(words), gfp);
	size_t used = 0;

	text[0] = 0;
	while (*word && used < size) {
		size_t len = strcspn(word, "|");

		used += (size_t)snprintf(text + used, size - used, "%s%s%.*s", used ? "|" : "",
			prefix_of(word, len), (int)len, word);
		word += len + (word[len] == '|');
	}
	return text;
}

const char *viz_gfp_request_text(uint32_t gfp, uint32_t asked, char *text, size_t size)
{
	char effective[VIZ_GFP_MAX], whole[VIZ_GFP_MAX];

	asked &= ~LDL_GFP_RETRY_WAIT;
	viz_gfp_text(gfp, effective, sizeof(effective));
	if (gfp == asked || asked == 0)
		snprintf(text, size, "%s", effective);
	else
		snprintf(text, size, "%s (effective; asked for %s)", effective,
			viz_gfp_text(asked, whole, sizeof(whole)));
	return text;
}

const char *viz_scope_text(uint32_t scope, char *text, size_t size)
{
	char words[LDL_GFP_TEXT_MAX];
	size_t used = 0;

	text[0] = 0;
	if (scope == 0)
		return text;
	ldl_scope_text(words, sizeof(words), scope);
	for (const char *at = words; *at && used + 3 < size; at++) {
		if (*at == '|')
			text[used++] = ',';
		text[used++] = *at == '|' ? ' ' : (char)tolower((unsigned char)*at);
		text[used] = 0;
	}
	return text;
}
