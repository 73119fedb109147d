/* Read before core/sys.c when the preload library is built for tests: its system calls go to
 * faults.c first. */
#ifndef LDL_TEST_FAULTS_SYS_CALL_H
#define LDL_TEST_FAULTS_SYS_CALL_H

#include "core/sys_call.h"

long ldl_faults_call(long nr, long a, long b, long c, long d, long e, long f);
#define ldl_sys_call ldl_faults_call

#endif
