/* The doctor on a kept file. */
#include "doctor_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/snapshot_audit.h"

#define SUFFIX ".ldl"

bool viz_doctor_is_arena(const char *path)
{
	size_t len = strlen(path), suffix_len = strlen(SUFFIX);
	struct stat about;
	uint64_t magic = 0;
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return false;
	if (len > suffix_len && strcmp(path + len - suffix_len, SUFFIX) == 0)
		return true;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fread(&magic, sizeof magic, 1, file) != 1)
		magic = 0;
	fclose(file);
	return magic == LDL_MAGIC;
}

static const char *end_of(const struct ldl_header *header, const struct ldl_audit *audit)
{
	if (audit->is_cut_off)
		return ", cut off in the middle of a step";
	return header->state == LDL_STATE_EXITED ? "" : ", ended without its exit handlers";
}

static void say_audit(struct viz_doctor *doctor, const char *path,
	const struct ldl_snapshot *snapshot, const struct ldl_audit *audit)
{
	const struct ldl_header *header = snapshot->arena.header;
	if (snapshot->repairs > 0)
		viz_doctor_say(doctor, VIZ_MARK_NO,
			"%s: damaged: %" PRIu64 " ids or records make no sense", path,
			snapshot->repairs);
	if (audit->broken > 0)
		viz_doctor_say(doctor, VIZ_MARK_NO,
			"%s: not sound: %s: not so in %" PRIu64 " records, of which one is %u",
			path, audit->law, audit->broken, audit->id);
	if (snapshot->repairs == 0 && audit->broken == 0)
		viz_doctor_say(doctor, VIZ_MARK_OK,
			"%s: %s, pid %u%s: its %" PRIu64 " records are sound", path,
			ldl_snapshot_string(snapshot, header->program), header->pid,
			end_of(header, audit), audit->records);
}

void viz_doctor_arena(struct viz_doctor *doctor, const char *path)
{
	struct ldl_snapshot snapshot;
	struct ldl_audit audit;
	if (ldl_snapshot_open_whole(&snapshot, path) != LDL_OK) {
		viz_doctor_say(doctor, VIZ_MARK_NO, "%s", snapshot.error);
		return;
	}
	if (ldl_snapshot_is_live(&snapshot))
		viz_doctor_say(doctor, VIZ_MARK_WARN,
			"%s: being written: ask again when process %u has ended, or by its number",
			path, snapshot.arena.header->pid);
	else if (ldl_snapshot_audit(&snapshot, &audit) != LDL_OK)
		viz_doctor_say(doctor, VIZ_MARK_NO, "%s: no memory to look at it", path);
	else
		say_audit(doctor, path, &snapshot, &audit);
	ldl_snapshot_close(&snapshot);
}
