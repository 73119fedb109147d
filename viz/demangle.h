/* Names of functions as their author wrote them. */
#ifndef VIZ_DEMANGLE_H
#define VIZ_DEMANGLE_H

#include <stddef.h>

/* A symbol's name, demangled when it is a C++ one and libstdc++ can be loaded, without parameter
 * list, return type and clone suffix: "Account::deposit", "std::vector<int>::push_back",
 * "main::{lambda#1}". The caller frees it; NULL when memory is out. */
char *viz_demangle(const char *symbol);

/* Cuts what a reader can do without: long template arguments become "<…>". In place; never
 * longer than before. */
void viz_demangle_shorten(char *name);

#endif
