# What being watched costs: `make bench` prints the README's table, `make bench-peers` the same
# loops under other checkers. No figure fails a run. BENCH_ROWS chooses among: calls alloc edges
# process storm servers.

BENCH_ROWS  ?=
bench_dir   := $(O)/tests/bench
bench_peers := $(bench_dir)/peer_loop
drive_obj   := $(addprefix $(bench_dir)/,calls.o client.o live.o measure.o requests.o spawn.o) \
                 $(O)/tests/support/histogram.o
bench_obj   := $(addprefix $(bench_dir)/,bench.o edges.o process.o rows_alloc.o rows_one.o \
                 rows_two.o runs.o servers.o table.o) $(drive_obj)

# Never sanitized, and built without the packages that the other tests need.
$(bench_dir)/%.o: tests/bench/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDL_CPPFLAGS) $(LDL_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(bench_dir)/bench: $(bench_obj)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpthread -ldl

$(bench_dir)/soak: $(bench_dir)/soak.o $(drive_obj)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpthread -ldl

$(bench_dir)/trivial $(bench_dir)/storm $(bench_dir)/peer_loop: %: %.o
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpthread

.PHONY: bench bench-calibrate bench-peers bench-fastpath
bench: $(bench_dir)/bench $(bench_dir)/trivial $(bench_dir)/storm $(preload) $(preload_alloc)
	$(Q)$(bench_dir)/bench --preload $(abspath $(preload)) --alloc $(abspath $(preload_alloc)) --trivial $(bench_dir)/trivial --storm $(bench_dir)/storm $(BENCH_ROWS)

# libc against libc: how far from 1.00 the machine is.
bench-calibrate: $(bench_dir)/bench $(bench_dir)/trivial
	$(Q)$(bench_dir)/bench --preload none --trivial $(bench_dir)/trivial $(BENCH_ROWS)

bench-peers: $(bench_peers) $(preload)
	$(Q)CC="$(CC)" CXX="$(CXX)" tests/bench/peers.sh $(bench_dir) $(abspath $(preload))

bench-fastpath: $(preload)
	$(Q)tests/bench/fastpath.sh $(preload)
