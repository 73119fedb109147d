# The locking self-test: the kernel's 394 cases, against the kernel-style header.

selftest_src := $(wildcard tests/selftest/*.c)
selftest     := $(O)/tests/selftest/selftest
$(selftest): $(call obj,$(selftest_src)) $(lib_static)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lpthread

.PHONY: selftest
selftest: $(selftest)
	$(Q)$(selftest)
