# Fuzzing of the arena reader: `fuzz` looks for new ways to hurt it, `fuzz-smoke` damages a valid arena
# at random without a fuzzer. `make fuzz FUZZ_SECONDS=3600` goes on longer; what it finds is in O/fuzz.

FUZZ_SECONDS   ?= 20
FUZZ_DAMAGES   ?= 2000
FUZZ_SEED      ?=
FUZZ_CC        ?= clang
FUZZ_SANITIZE  := address,undefined

fuzz_support   := $(call obj,$(addprefix tests/support/,damage.c random.c sample_arena.c snapshot_walk.c))
# The reader and what it stands on: the rest of the engine has no part in this.
fuzz_objects   := $(fuzz_support) $(call obj,$(wildcard core/snapshot*.c core/arena*.c) core/breaker.c core/control.c core/fmt.c core/sys.c)
fuzz_smoke     := $(O)/tests/fuzz/fuzz-smoke
fuzz_corpus    := $(O)/tests/fuzz/make-corpus
fuzz_snapshot  := $(O)/tests/fuzz/fuzz-snapshot

$(fuzz_smoke): $(call obj,tests/fuzz/fuzz_smoke.c) $(fuzz_objects)
$(fuzz_corpus): $(call obj,tests/fuzz/make_corpus.c) $(fuzz_objects)
$(fuzz_smoke) $(fuzz_corpus):
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lpthread -lm

# Built by `fuzz` in a folder of its own, where all objects have the fuzzer's probes.
$(fuzz_snapshot): $(call obj,tests/fuzz/fuzz_snapshot.c) $(fuzz_objects)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -fsanitize=fuzzer,$(FUZZ_SANITIZE) $(LDFLAGS) -o $@ $^ -lpthread -lm

.PHONY: fuzz fuzz-smoke
fuzz-smoke: $(fuzz_smoke)
	@$(fuzz_smoke) $(FUZZ_DAMAGES) $(FUZZ_SEED)

fuzz: $(fuzz_corpus) | deps-test
	+$(Q)$(MAKE) --no-print-directory O=$(O)/fuzz CC=$(FUZZ_CC) \
		SANITIZE=fuzzer-no-link,$(FUZZ_SANITIZE) $(O)/fuzz/tests/fuzz/fuzz-snapshot
	$(Q)mkdir -p $(O)/fuzz/corpus $(O)/fuzz/found
	$(Q)$(fuzz_corpus) $(O)/fuzz/corpus
	$(Q)$(O)/fuzz/tests/fuzz/fuzz-snapshot -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=8192 \
		-rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=$(O)/fuzz/found/ $(O)/fuzz/corpus
