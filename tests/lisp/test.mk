# Cores for the tests of the loader: without a product (event, bad), the real one as two releases (core-a, core-b), and one that
# crashes when it is told to.
TEST_CORES := $(addprefix $(B)/test-cores/,event-1.so event-2.so bad-start.so bad-abi.so bad-entry.so core-a.so core-b.so core-crash.so later.so)
test-cores: $(TEST_CORES)
test_cc = $(CC) $(CPPFLAGS) $(filter-out -Wmissing-prototypes,$(ALLCFLAGS)) $(SOFLAGS)

$(B)/test-cores/event-%.so: tests/lisp/event_core.c module/loader/host.h $(B)/lib/base.a
	@mkdir -p $(@D)
	$(test_cc) -DEVENT_VERSION=$* -Wl,--version-script=module/binding/symbols.map -o $@ $< $(B)/lib/base.a $(LIBS)
$(B)/test-cores/bad-start.so: BAD := -DBAD_START
$(B)/test-cores/bad-abi.so: BAD := -DBAD_ABI
$(B)/test-cores/bad-entry.so: BAD := -DBAD_ENTRY
$(B)/test-cores/bad-%.so: tests/lisp/bad_core.c module/loader/host.h
	@mkdir -p $(@D)
	$(test_cc) $(BAD) -o $@ $<
# A clock that goes ahead: the loader's crash marks.
$(B)/test-cores/later.so: tests/lisp/later.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -fPIC -shared $(WARN) -Wno-missing-prototypes -o $@ $<
# Only binding.c knows the version.
$(B)/test-cores/core-%.o: module/binding/binding.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -UAID_VERSION -DAID_VERSION='"release-$*"' $(CRASH) $(ALLCFLAGS) -c -o $@ $<
$(B)/test-cores/core-crash.o: CRASH := -Daid_core_entry=aid_real_core_entry
$(B)/test-cores/core-crash.so: $(B)/test-cores/crash_entry.o
$(B)/test-cores/crash_entry.o: tests/lisp/crash_core.c module/loader/host.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(filter-out -Wmissing-prototypes,$(ALLCFLAGS)) -c -o $@ $<
$(B)/test-cores/core-%.so: $(B)/test-cores/core-%.o $(B)/aid-core.so
	$(CC) $(ALLCFLAGS) $(SOFLAGS) -Wl,--version-script=module/binding/symbols.map -o $@ $< $(filter %/crash_entry.o,$^) \
	  $(filter-out %/binding.o,$(call layer_objs,binding)) \
	  -Wl,--start-group $(call layer_libs,$(need_core)) -Wl,--end-group $(LIBS)
