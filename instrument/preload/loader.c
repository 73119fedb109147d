/* Modules that see another libc before this library: their locks pass by, which is counted. */
#include "instrument/preload/event.h"
#include "instrument/preload/real.h"

#include <dlfcn.h>

/* Both end in a jump to the real one: libc looks at the return address, since the caller's run path
 * and namespace count. */
LDL_EXPORT void *dlopen(const char *path, int mode)
{
	if (mode & RTLD_DEEPBIND)
		ldl_engine_module_bypasses();
	return ldl_real.dlopen(path, mode);
}

LDL_EXPORT void *dlmopen(Lmid_t space, const char *path, int mode)
{
	if (space != LM_ID_BASE || (mode & RTLD_DEEPBIND))
		ldl_engine_module_bypasses();
	return ldl_real.dlmopen(space, path, mode);
}
