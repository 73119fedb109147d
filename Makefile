# lockdep-lite. `make help` lists the targets; `make demo` and `make test` do everything.
#
# Directories are floors: core (engine), instrument (how events get in), viz (how results get out).
# Sources are found by wildcard; what a product holds is told by its folder.

prefix      ?= /usr/local
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
libdir      ?= $(exec_prefix)/lib
pkgconfigdir ?= $(libdir)/pkgconfig
includedir  ?= $(prefix)/include
mandir      ?= $(prefix)/share/man
datadir     ?= $(prefix)/share
DESTDIR     ?=
INSTALL     ?= install
O           ?= build
V           ?= 0
CFLAGS      ?= -O2 -g
CXXFLAGS    ?= -O2 -g
WERROR      ?= -Werror
CLANG_FORMAT ?= clang-format

# make has defaults of its own for these two, so `?=` would do nothing.
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif

VERSION   := 0.1.0
SOVERSION := 0

ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
else
Q :=
say = @:
endif

# SANITIZE=address|undefined|thread (or address,undefined) builds everything but the preload library with that sanitizer.
# gcc's flow analysis warns of what is not there once the probes are in, so warnings are no errors then.
ifdef SANITIZE
WERROR :=
SAN := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif

WARN := -Wall -Wextra $(WERROR) -Wno-unused-parameter -Wshadow -Wstrict-prototypes -Wmissing-prototypes
LDL_CPPFLAGS := -D_GNU_SOURCE -DLDL_VERSION='"$(VERSION)"' -Icore/include -Iinstrument/kernel -I. -ffile-prefix-map=$(CURDIR)/=
LDL_CFLAGS   := -std=gnu11 $(WARN) -fvisibility=hidden -fno-strict-aliasing -fPIC \
                -fno-semantic-interposition -ftls-model=initial-exec -fno-tree-slp-vectorize
# Package flags are asked for when a recipe runs, so that `deps` may have installed them meanwhile.
VIZ_PKGS   := libcgraph libgvc libdw ncursesw jansson
VIZ_CFLAGS  = $$(pkg-config --cflags $(VIZ_PKGS))
VIZ_LIBS    = $$(pkg-config --libs $(VIZ_PKGS)) -ldl

core_src     := $(wildcard core/*.c)
preload_src  := $(wildcard instrument/preload/*.c)
alloc_src    := $(wildcard instrument/preload/alloc*.c)
launch_src   := $(wildcard instrument/launch/*.c)
viz_src      := $(wildcard viz/*.c)
example_src  := $(wildcard examples/*.c)

obj = $(patsubst %.c,$(O)/%.o,$(1))
core_obj := $(call obj,$(core_src))

lib_static := $(O)/liblockdep_lite.a
lib_shared := $(O)/liblockdep_lite.so.$(SOVERSION)
preload    := $(O)/liblockdep_lite_preload.so
preload_alloc := $(O)/liblockdep_lite_preload_alloc.so
command    := $(O)/lockdep-lite
# What needs libfuse3 is built when it is asked for: tests/e2e/fuse.sh does.
fuse_example := $(O)/examples/fuse_daemon
examples   := $(filter-out $(fuse_example),$(patsubst examples/%.c,$(O)/examples/%,$(example_src)))
man_pages  := $(patsubst %.scd,%,$(wildcard viz/man/*.scd))

.PHONY: all help
all: $(lib_static) $(lib_shared) $(preload) $(preload_alloc) $(command) $(examples)

help:
	@echo 'do:      all demo install uninstall man format clean deps'
	@echo 'test:    test test-unit selftest test-e2e test-apps soak soak-apps asan ubsan asan-ubsan tsan fuzz bench bench-peers'
	@echo 'check:   check-layers check-headers check-symbols check-size check-rules check-man format-check lint'
	@echo 'variables: O=$(O) V=0|1 CC CXX CFLAGS prefix DESTDIR SANITIZE=address|undefined|thread SOAK_SECONDS'

# Does nothing, quickly, when nothing is missing. Order-only: it never makes anything out of date.
.PHONY: deps deps-test deps-demo deps-apps
deps:
	$(Q)tests/tools/install-deps build
deps-test deps-demo deps-apps: deps-%:
	$(Q)tests/tools/install-deps build $*

.SUFFIXES:
.DELETE_ON_ERROR:

$(O)/core/%.o: core/%.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDL_CPPFLAGS) $(LDL_CFLAGS) $(CFLAGS) $(SAN) -MMD -MP -c -o $@ $<

$(O)/instrument/%.o: instrument/%.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDL_CPPFLAGS) $(LDL_CFLAGS) $(CFLAGS) $(SAN) -MMD -MP -c -o $@ $<

# The launcher looks for the preload library beside the command, then where `make install` puts it.
.PHONY: FORCE
$(O)/libdir: FORCE
	@mkdir -p $(@D) && { echo '$(libdir)' | cmp -s - $@ || echo '$(libdir)' >$@; }
$(call obj,$(launch_src)): LDL_CPPFLAGS += -DLDL_LIBDIR='"$(libdir)"'
$(call obj,$(launch_src)): $(O)/libdir

$(O)/viz/%.o: viz/%.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDL_CPPFLAGS) $(VIZ_CFLAGS) $(LDL_CFLAGS) $(CFLAGS) $(SAN) -MMD -MP -c -o $@ $<

$(O)/tests/%.o: tests/%.c | deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDL_CPPFLAGS) $(LDL_CFLAGS) $(CFLAGS) $(SAN) -MMD -MP -c -o $@ $<

$(lib_static): $(core_obj)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(lib_shared): $(core_obj) core/lockdep_lite.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SAN) -Wl,-soname,$(@F) -Wl,--version-script=core/lockdep_lite.map \
		-Wl,-z,relro,-z,now -Wl,--no-undefined $(LDFLAGS) -o $@ $(core_obj)
	$(Q)ln -sf $(@F) $(O)/liblockdep_lite.so

# dlopen() must end in a jump, however the rest is built.
$(call obj,instrument/preload/loader.c): override CFLAGS += -O2

# The watched process gets libc and nothing else; never sanitized, so that it can be preloaded anywhere.
# `run --alloc` takes the second one, in which allocations are events too.
$(preload): $(core_obj) $(call obj,$(filter-out $(alloc_src),$(preload_src))) instrument/preload/preload.map
$(preload_alloc): $(core_obj) $(call obj,$(preload_src)) instrument/preload/preload.map
# malloc() is so short that a branch across a 32-byte boundary shows, on processors that mind it.
branches = $$(for flag in -mbranches-within-32B-boundaries -Wa,-mbranches-within-32B-boundaries; do \
	$(CC) $$flag -x c -c -o /dev/null /dev/null 2>/dev/null && echo $$flag && break; done)
$(call obj,$(alloc_src)): LDL_CFLAGS += $(branches)
$(preload) $(preload_alloc):
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(SAN) -Wl,-soname,$(@F) -Wl,--version-script=instrument/preload/preload.map \
		-Wl,-z,initfirst -Wl,-z,relro,-z,now -Wl,--no-undefined $(LDFLAGS) -o $@ $(filter %.o,$^)

$(command): $(call obj,$(viz_src) $(launch_src)) $(lib_static)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(VIZ_LIBS)

$(O)/examples/%: examples/%.c $(lib_shared)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) -Icore/include -Iinstrument/kernel $(CFLAGS) $(SAN) -MMD -MP -MF $@.d -o $@ $< \
		-L$(O) -Wl,-rpath,'$$ORIGIN/..' -llockdep_lite -lpthread -lm

.PHONY: fuse-example
fuse-example: $(fuse_example)
$(fuse_example): examples/fuse_daemon.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) $$(pkg-config --cflags fuse3) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< \
		$$(pkg-config --libs fuse3) -lpthread

# Runs PROG-s whose locks are known to be sound and unsound, and ends with a picture of the latter.
.PHONY: demo
demo: all deps-demo
	$(Q)O=$(O) tests/tools/demo

# Pages are generated and shipped; the date is the release's, so that they come out alike anywhere.
MAN_DATE_EPOCH := 1735689600
.PHONY: man
man:
	$(Q)for page in $(man_pages); do \
		SOURCE_DATE_EPOCH=$(MAN_DATE_EPOCH) scdoc <$$page.scd >$$page.new && mv $$page.new $$page || exit; \
	done

man_dir = $(mandir)/man$(patsubst .%,%,$(suffix $(1)))
# Their names below $(includedir). The kernel-style header is a floor above the API's.
headers_of = $(patsubst $(1)/%,%,$(wildcard $(addprefix $(1)/,*.h *.hpp */*.h */*/*.h)))
api_headers    := $(call headers_of,core/include)
kernel_headers := $(call headers_of,instrument/kernel)
headers := $(api_headers) $(kernel_headers)
# Folders of ours among them, the inner one first.
header_dirs := lockdep_lite/kernel lockdep_lite
schemas    := $(wildcard viz/schema/*.json)
schema_dir  = $(datadir)/lockdep-lite
# How to leave it on; they name the library where it is installed.
deploy      := $(wildcard instrument/deploy/*)
deploy_dir   = $(schema_dir)/examples
install_deploy = for file in $(deploy); do \
	$(INSTALL) -D -m $$([ -x $$file ] && echo 755 || echo 644) $$file $(DESTDIR)$(deploy_dir)/$${file\#\#*/} && \
	sed -i 's|/usr/local/lib/|$(libdir)/|g' $(DESTDIR)$(deploy_dir)/$${file\#\#*/} || exit; done
install_headers = for header in $(2); do \
	$(INSTALL) -D -m 644 $(1)/$$header $(DESTDIR)$(includedir)/$$header || exit; done

.PHONY: install uninstall
install: all
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir) $(DESTDIR)$(pkgconfigdir) $(DESTDIR)$(includedir)
	$(INSTALL) -m 755 $(command) $(DESTDIR)$(bindir)/
	$(call install_headers,core/include,$(api_headers))
	$(call install_headers,instrument/kernel,$(kernel_headers))
	$(INSTALL) -m 644 $(lib_static) $(DESTDIR)$(libdir)/
	$(INSTALL) -m 755 $(lib_shared) $(preload) $(preload_alloc) $(DESTDIR)$(libdir)/
	ln -sf $(notdir $(lib_shared)) $(DESTDIR)$(libdir)/liblockdep_lite.so
	sed -e 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|; s|@version@|$(VERSION)|' \
		core/lockdep-lite.pc.in >$(DESTDIR)$(pkgconfigdir)/lockdep-lite.pc
	$(foreach schema,$(schemas),$(INSTALL) -D -m 644 $(schema) \
		$(DESTDIR)$(schema_dir)/$(notdir $(schema)) &&) true
	$(install_deploy)
	$(foreach page,$(man_pages),$(INSTALL) -D -m 644 $(page) \
		$(DESTDIR)$(call man_dir,$(page))/$(notdir $(page)) &&) true

uninstall:
	rm -f $(DESTDIR)$(bindir)/lockdep-lite \
		$(addprefix $(DESTDIR)$(includedir)/,$(headers)) \
		$(addprefix $(DESTDIR)$(libdir)/,$(notdir $(lib_static) $(lib_shared) $(preload) $(preload_alloc)) liblockdep_lite.so) \
		$(DESTDIR)$(pkgconfigdir)/lockdep-lite.pc \
		$(addprefix $(DESTDIR)$(schema_dir)/,$(notdir $(schemas))) \
		$(addprefix $(DESTDIR)$(deploy_dir)/,$(notdir $(deploy))) \
		$(foreach page,$(man_pages),$(DESTDIR)$(call man_dir,$(page))/$(notdir $(page)))
	for dir in $(addprefix $(DESTDIR)$(includedir)/,$(header_dirs)); do \
		[ ! -d $$dir ] || rmdir --ignore-fail-on-non-empty $$dir; done
	for dir in $(DESTDIR)$(deploy_dir) $(DESTDIR)$(schema_dir); do \
		[ ! -d $$dir ] || rmdir --ignore-fail-on-non-empty $$dir; done

include $(wildcard tests/*.mk) $(wildcard .ci/*.mk)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(O)
