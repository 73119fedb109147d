# The preload library with a kernel that refuses: see tests/faults/faults.c. Only core/sys.c is built
# once more; all other objects are the shipped ones.

faults_dir     := $(O)/tests/faults
faults_sys     := $(faults_dir)/sys.o
faults_preload := $(addprefix $(faults_dir)/,$(notdir $(preload) $(preload_alloc)))

$(faults_sys): core/sys.c tests/faults/sys_call.h
	$(call say,CC,'$< for tests/faults')
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDL_CPPFLAGS) $(LDL_CFLAGS) $(CFLAGS) -include tests/faults/sys_call.h -MMD -MP -c -o $@ $<

$(faults_preload): $(faults_dir)/%.so: $(O)/%.so $(faults_sys) $(faults_dir)/faults.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -Wl,--version-script=instrument/preload/preload.map \
		-Wl,-z,initfirst -Wl,-z,relro,-z,now -Wl,--no-undefined $(LDFLAGS) -o $@ \
		$(faults_sys) $(faults_dir)/faults.o $(filter-out $(O)/core/sys.o,$(core_obj)) \
		$(call obj,$(if $(findstring alloc,$(@F)),$(preload_src),$(filter-out $(alloc_src),$(preload_src))))

.PHONY: faults-preload
faults-preload: $(faults_preload)
