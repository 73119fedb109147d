/* The doctor's list: one line for each thing looked at, and the verdict that they add up to. */
#ifndef VIZ_DOCTOR_H
#define VIZ_DOCTOR_H

#include "core/compiler.h"

enum viz_mark { VIZ_MARK_OK = 0, VIZ_MARK_WARN, VIZ_MARK_NO };

struct viz_doctor {
	enum viz_mark worst; /* also the exit status */
};

/* Prints "ok    …", "warn  …" or "no    …", cleaned of control characters. */
void viz_doctor_say(struct viz_doctor *doctor, enum viz_mark mark, const char *format, ...)
	LDL_PRINTF(3, 4);

/* Looks at the machine: kernel, memory file systems, Graphviz. */
void viz_doctor_system(struct viz_doctor *doctor);

/* Starts a trivial program with the library preloaded, and says whether the loader took it. */
void viz_doctor_library(struct viz_doctor *doctor, const char *library);

#endif
