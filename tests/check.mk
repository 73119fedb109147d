# Checks of the source and of what was built: they run no test of behaviour.

CLANG_TIDY ?= clang-tidy
CPPCHECK   ?= cppcheck

c_files     = $(shell find core instrument viz examples tests -name '*.[ch]' -o -name '*.hpp' -o -name '*.cc')
check_flags = $(LDL_CPPFLAGS) $(VIZ_CFLAGS) $(WARN)

.PHONY: format format-check check-layers check-headers check-symbols check-size check-rules check-man lint

format: | deps-test
	$(Q)$(CLANG_FORMAT) -i $(c_files)

format-check: | deps-test
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(c_files)
	@echo 'format-check: $(words $(c_files)) files are formatted'

check-layers:
	$(Q)tests/tools/check-layers

check-headers: | deps-test
	$(Q)tests/tools/check-headers $(check_flags)

check-symbols: $(lib_static) $(lib_shared) $(preload) $(command) | deps-test
	$(Q)tests/tools/check-symbols $(O)

check-size:
	$(Q)tests/tools/check-size

check-rules:
	$(Q)tests/tools/check-rules

check-man: $(command)
	$(Q)MAN_DATE_EPOCH=$(MAN_DATE_EPOCH) tests/tools/check-man $(O) $(man_pages)

# Not a part of `make test`: what these say depends on their release.
lint: | deps
	$(Q)if command -v $(CPPCHECK) >/dev/null; then \
		$(CPPCHECK) -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
			--suppress=normalCheckLevelMaxBranches -Icore/include -I. core instrument viz; \
	else echo 'skipped: lint with cppcheck: it is not installed'; fi
	$(Q)if command -v $(CLANG_TIDY) >/dev/null; then \
		$(CLANG_TIDY) --quiet --warnings-as-errors='*' \
			--checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling' \
			$(core_src) $(preload_src) $(launch_src) $(viz_src) -- $(check_flags) -std=gnu11; \
	else echo 'skipped: lint with clang-tidy: it is not installed'; fi
