# What `make test` runs, and its parts. Each part can be run alone; all of them print counts.

unit_src     := $(wildcard tests/unit/*.c)
unit_support := $(wildcard tests/support/*.c)
model_src    := $(wildcard tests/model/*.c)
stress_src   := $(wildcard tests/stress/*.c)
e2e_scripts  := $(sort $(filter-out %/lib.sh,$(wildcard tests/e2e/*.sh)))
app_scripts  := $(sort $(filter-out %/lib.sh,$(wildcard tests/apps/*.sh)))
test_logs    := $(O)/test-logs
run_tests    := O='$(abspath $(O))' CC='$(CC)' CXX='$(CXX)' tests/tools/run-tests

# The read side and the launcher, without the command's main(), for the tests that need them.
lib_viz := $(O)/tests/libviz.a
$(lib_viz): $(call obj,$(filter-out viz/main.c,$(viz_src)) $(launch_src))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

run_unit := $(O)/tests/run-unit
$(run_unit): $(call obj,$(unit_src) $(model_src) $(unit_support)) $(lib_viz) $(lib_static)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcunit $(VIZ_LIBS) -lpthread -lm

stress := $(patsubst tests/stress/%.c,$(O)/tests/stress/%,$(stress_src))
$(stress): $(O)/tests/stress/%: $(O)/tests/stress/%.o $(lib_static)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lpthread -lm

# Thread sanitizer needs a plain address space; where that cannot be had it runs as it is.
sanitized := ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
	TSAN_OPTIONS=detect_deadlocks=0:die_after_fork=0 \
	$$(if [ '$(SANITIZE)' = thread ] && setarch -R true 2>/dev/null; then echo setarch -R; fi)

.PHONY: test-unit test-stress test-e2e
test-unit: $(run_unit)
	@echo unit 600 $(sanitized) $(run_unit) | $(run_tests) -v $(test_logs)/unit

test-stress: $(stress)
	@for program in $(stress); do \
		echo $$(basename $$program) 300 $(sanitized) $$program; done | $(run_tests) $(test_logs)/stress

test-e2e: all faults-preload | deps-test deps-demo
	@for script in $(e2e_scripts); do \
		echo $$(basename $$script .sh) 600 $$script; done | $(run_tests) -j 2 $(test_logs)/e2e

# Well-known programs, with and without us. Not a part of `make test`: it fetches large packages.
.PHONY: test-apps
test-apps: all | deps-apps
	@for script in $(app_scripts); do \
		echo $$(basename $$script .sh) 900 $$script; done | $(run_tests) $(test_logs)/apps

# The random tests for an hour, and what `make test` takes samples of: for nights and releases.
.PHONY: soak
soak: all faults-preload $(run_unit) $(stress) | deps-test
	@{ echo unit 14400 $(run_unit) --effort=200; \
		echo locks 7200 $(O)/tests/stress/locks --seconds=1800; \
		echo faults 14400 SOAK=1 tests/e2e/faults.sh; \
		echo killed 3600 SOAK=1 tests/e2e/killed.sh; } | $(run_tests) -v $(test_logs)/soak

# Ten minutes each of memcached, redis-server and mariadbd in production mode, beside a bare one.
# SOAK_CALIBRATE=1: beside one another, both bare.
SOAK_SECONDS ?= 600
soak_apps    := memcached=server.sh:memcached redis=server.sh:redis mariadb=mariadb.sh
.PHONY: soak-apps
soak-apps: all $(O)/tests/bench/soak | deps-apps
	@printf '%s\n' $(soak_apps) | \
		sed 's|=| $(shell expr $(SOAK_SECONDS) + 600) SOAK_SECONDS=$(SOAK_SECONDS) tests/soak/|; s|:| |' | \
		$(run_tests) -v $(test_logs)/soak-apps

.PHONY: asan ubsan asan-ubsan tsan
asan: SANITIZE_AS := address
ubsan: SANITIZE_AS := undefined
asan-ubsan: SANITIZE_AS := address,undefined
tsan: SANITIZE_AS := thread
asan ubsan asan-ubsan tsan:
	+$(Q)$(MAKE) -k --no-print-directory O=$(O)/$@ SANITIZE=$(SANITIZE_AS) test-unit selftest test-stress

# Names, time limits in seconds, and targets. The order is from cheap to costly, so that a plain
# mistake shows at once.
test_suites := \
	build=900=all \
	format=60=format-check \
	layers=60=check-layers \
	size=60=check-size \
	rules=60=check-rules \
	man=60=check-man \
	headers=600=check-headers \
	symbols=60=check-symbols \
	unit=600=test-unit \
	selftest=120=selftest \
	stress=600=test-stress \
	asan-ubsan=900=asan-ubsan \
	tsan=900=tsan \
	$(if $(wildcard tests/fuzz.mk),fuzz=300=fuzz-smoke) \
	e2e=1800=test-e2e

.PHONY: test
test: deps-test deps-demo
	+@printf '%s\n' $(test_suites) | sed 's|=| |; s|=| $(MAKE) --no-print-directory |' | $(run_tests) $(test_logs)
