/* Which shrinker or notifier a class or a witness speaks of. See callback.h. */
#include "callback.h"

#include <string.h>

#include "run.h"

/* How the kernel-style header calls the lock that it holds while it runs a callback. */
#define RUN_OF_SHRINKER "run of shrinker "
#define RUN_OF_NOTIFIER "run of notifier "

static const char *raw_name(const struct viz_run *run, ldl_class_id id)
{
	const struct ldl_class *class = ldl_snapshot_class(&run->snapshot, id);

	return class && class->identity == LDL_IDENTITY_ANNOTATED
		       ? ldl_snapshot_string(&run->snapshot, class->name)
		       : "";
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool viz_callback_is_run(const struct viz_run *run, ldl_class_id class)
{
	const char *name = raw_name(run, class);

	return begins_with(name, RUN_OF_SHRINKER) || begins_with(name, RUN_OF_NOTIFIER);
}

ldl_callback_id viz_callback_first(const struct viz_run *run, ldl_class_id class)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CALLBACKS);

	for (ldl_callback_id id = 1; class && id < end; id++) {
		const struct ldl_callback *callback = ldl_snapshot_callback(&run->snapshot, id);

		if (callback && callback->class == class)
			return id;
	}
	return 0;
}

/* Whether the callback was registered anew, under another name say: that record counts. */
static bool is_replaced(const struct viz_run *run, const struct ldl_callback *old)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CALLBACKS);

	for (ldl_callback_id id = 1; id < end; id++) {
		const struct ldl_callback *callback = ldl_snapshot_callback(&run->snapshot, id);

		if (callback && callback->instance == old->instance &&
			callback->generation == old->generation + 1)
			return true;
	}
	return false;
}

bool viz_callback_has_run(const struct viz_run *run, ldl_class_id class)
{
	uint32_t end = ldl_snapshot_count(&run->snapshot, LDL_TABLE_CALLBACKS);

	for (ldl_callback_id id = 1; id < end; id++) {
		const struct ldl_callback *callback = ldl_snapshot_callback(&run->snapshot, id);

		if (callback && callback->class == class &&
			(callback->runs || is_replaced(run, callback)))
			return true;
	}
	return false;
}

const char *viz_callback_word(const struct viz_run *run, ldl_class_id class)
{
	const struct ldl_callback *callback =
		ldl_snapshot_callback(&run->snapshot, viz_callback_first(run, class));

	if (!callback)
		return NULL;
	return callback->is_notifier ? "notifier" : "shrinker";
}

const char *viz_callback_runner(struct viz_run *run, ldl_witness_id id)
{
	const struct ldl_also_held *also;
	uint32_t count = 0;

	also = ldl_snapshot_also_held(&run->snapshot, id, &count);
	for (uint32_t i = count; also && i-- > 0;) {
		const char *word = viz_callback_word(run, also[i].class);

		if (word && strcmp(word, "shrinker") == 0)
			return viz_class_name(run, also[i].class);
	}
	return NULL;
}
