/* A map from hashes to ids. See merge_map.h. */
#include "merge_map.h"

#include <stdlib.h>
#include <string.h>

static size_t find(const struct viz_map *map, uint64_t key)
{
	size_t at = (size_t)(key >> 16) & (map->size - 1);

	while (map->keys[at] && map->keys[at] != key)
		at = (at + 1) & (map->size - 1);
	return at;
}

/* Keys are hashes, and 0 means free. */
static uint64_t as_key(uint64_t key)
{
	return key ? key : 1;
}

uint32_t viz_map_get(const struct viz_map *map, uint64_t key)
{
	size_t at;

	if (!map->size)
		return 0;
	at = find(map, as_key(key));
	return map->keys[at] ? map->values[at] : 0;
}

static bool grow(struct viz_map *map)
{
	struct viz_map grown = {.size = map->size ? map->size * 2 : 1024};

	grown.keys = calloc(grown.size, sizeof(*grown.keys));
	grown.values = calloc(grown.size, sizeof(*grown.values));
	if (!grown.keys || !grown.values) {
		viz_map_free(&grown);
		return false;
	}
	for (size_t i = 0; i < map->size; i++) {
		if (map->keys[i])
			viz_map_put(&grown, map->keys[i], map->values[i]);
	}
	viz_map_free(map);
	*map = grown;
	return true;
}

void viz_map_put(struct viz_map *map, uint64_t key, uint32_t value)
{
	size_t at;

	if (2 * map->count >= map->size && !grow(map))
		return;
	at = find(map, as_key(key));
	map->count += !map->keys[at];
	map->keys[at] = as_key(key);
	map->values[at] = value;
}

void viz_map_free(struct viz_map *map)
{
	free(map->keys);
	free(map->values);
	memset(map, 0, sizeof(*map));
}
