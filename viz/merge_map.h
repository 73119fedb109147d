/* A map from hashes to ids: what has been met already while runs are merged. */
#ifndef VIZ_MERGE_MAP_H
#define VIZ_MERGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised: empty. Open addressing, at most half full. */
struct viz_map {
	uint64_t *keys; /* 0: free */
	uint32_t *values;
	size_t size, count;
};

/* The value of `key`; 0 when there is none. */
uint32_t viz_map_get(const struct viz_map *map, uint64_t key);

/* Gives `key` a value. When memory is out it is forgotten: what was met is then met again. */
void viz_map_put(struct viz_map *map, uint64_t key, uint32_t value);

void viz_map_free(struct viz_map *map);

#endif
