/* Shared mappings of a process. See maps.h. */
#include "maps.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* START-END RIGHTS OFFSET MAJOR:MINOR INODE   PATH */
static bool parse(struct viz_maps_line *line, const char *text)
{
	unsigned long start, end, offset, inode;
	unsigned int major_number, minor_number;
	char rights[5];
	int path_at = 0;

	if (sscanf(text, "%lx-%lx %4s %lx %x:%x %lu %n", &start, &end, rights, &offset,
		    &major_number, &minor_number, &inode, &path_at) < 7 ||
		strlen(rights) != 4)
		return false;
	line->mapping = (struct viz_mapping){
		start, end, offset, makedev(major_number, minor_number), inode};
	line->is_shared = rights[3] == 's';
	line->is_writable = rights[1] == 'w';
	snprintf(line->path, sizeof(line->path), "%s", path_at ? text + path_at : "");
	return true;
}

/* A process whose first thread has left shows its maps through the others only. */
static FILE *open_maps(long pid)
{
	char path[64 + NAME_MAX];
	struct dirent *entry;
	FILE *maps;
	DIR *tasks;
	int byte;

	snprintf(path, sizeof(path), "/proc/%ld/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return NULL;
	byte = getc(maps);
	if (byte != EOF) {
		ungetc(byte, maps);
		return maps;
	}
	fclose(maps);
	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	tasks = opendir(path);
	maps = NULL;
	while (tasks && !maps && (entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.' || atol(entry->d_name) == pid)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/task/%s/maps", pid, entry->d_name);
		maps = fopen(path, "re");
	}
	if (tasks)
		closedir(tasks);
	return maps;
}

bool viz_maps_each(
	long pid, bool (*tell)(void *context, const struct viz_maps_line *line), void *context)
{
	struct viz_maps_line line;
	FILE *maps = open_maps(pid);
	char text[PATH_MAX + 128];
	bool is_any = false, goes_on = true;

	if (!maps)
		return false;
	while (goes_on && fgets(text, sizeof(text), maps) != NULL) {
		text[strcspn(text, "\n")] = 0;
		if (!parse(&line, text))
			continue;
		is_any = true;
		goes_on = tell(context, &line);
	}
	fclose(maps);
	return is_any;
}

static bool add(void *context, const struct viz_maps_line *line)
{
	struct viz_maps *maps = context;
	struct viz_mapping *grown;

	if (!line->is_shared || line->mapping.inode == 0)
		return true;
	grown = reallocarray(maps->mappings, maps->count + 1, sizeof(*grown));
	if (!grown)
		return false;
	maps->mappings = grown;
	maps->mappings[maps->count++] = line->mapping;
	return true;
}

bool viz_maps_read(struct viz_maps *maps, long pid)
{
	maps->count = 0;
	return viz_maps_each(pid, add, maps);
}

const struct viz_mapping *viz_maps_find(const struct viz_maps *maps, uint64_t address)
{
	for (size_t i = 0; i < maps->count; i++) {
		if (address >= maps->mappings[i].start && address < maps->mappings[i].end)
			return &maps->mappings[i];
	}
	return NULL;
}

void viz_maps_free(struct viz_maps *maps)
{
	free(maps->mappings);
	*maps = (struct viz_maps){NULL, 0};
}
