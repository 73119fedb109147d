/* The doctor on a kept file: is it an arena, and is it sound. */
#ifndef VIZ_DOCTOR_FILE_H
#define VIZ_DOCTOR_FILE_H

#include <stdbool.h>

#include "doctor.h"

/* Whether the path leads to an arena, or to what was one: by its first bytes, or its name. */
bool viz_doctor_is_arena(const char *path);

/* One line: whose it is, and whether its records keep the laws of core/snapshot_audit.h. */
void viz_doctor_arena(struct viz_doctor *doctor, const char *path);

#endif
