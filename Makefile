# AID for Emacs.  `make' alone lists the targets.
#
# A variant of the build is a folder: build/ (the product), build/asan, build/tsan, build/fuzz, build/clang.  The same
# rules make each of them: make B=build/asan SAN=...

B       ?= build
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
EMACS   ?= emacs
PREFIX  ?= /usr/local
PKGS    := libcurl jansson libcmark
WERROR  ?=
SAN     ?=

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wvla -Wundef \
           -Wcast-qual -Wnull-dereference -Wpointer-arith
VERSION := 0.1.0
CPPFLAGS += -D_GNU_SOURCE -DAID_VERSION='"$(VERSION)"' -Imodule $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS  ?= -O2 -g
ALLCFLAGS = -std=c11 $(CFLAGS) -fPIC -fvisibility=hidden -fno-plt -pthread -fstack-protector-strong \
            $(if $(SAN),-fno-omit-frame-pointer $(SAN),-D_FORTIFY_SOURCE=2) $(WARN) $(WERROR)
LIBS    := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
SOFLAGS := -shared -Wl,-z,relro,-z,now $(if $(SAN),,-Wl,-z,defs)

# The rooms of libaid.a, lowest first.  A folder includes only folders that stand before it (make lint).
LAYERS  := base config store net patch model chat context assist
# What a folder stands on, itself first: a test of it links just these.
need_base    := base
need_config  := config base
need_store   := store base
need_net     := net base
need_patch   := patch base
need_model   := model net config base
need_chat    := chat base
need_context := context chat patch store base
need_assist  := assist context chat model patch net store config base
need_cli     := $(need_assist)

layer_objs = $(patsubst module/%.c,$(B)/obj/%.o,$(wildcard module/$(1)/*.c))
layer_libs = $(foreach l,$(1),$(B)/lib/$(l).a)

.PHONY: help all core loader cli lisp units clean format lint check check-long check-unit check-asan check-tsan check-lisp \
        check-screen check-emacs30 bench fuzz shots demo deps install uninstall docs
.DEFAULT_GOAL := help
.SECONDARY:
.DELETE_ON_ERROR:

help:
	@sed -n 's/^## //p' Makefile

## all           build the module, the aid command, the Lisp and the manual
all: loader core cli lisp docs

# --- the core's rooms ---------------------------------------------------------------------------------------------
$(B)/obj/%.o: module/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

define layer_rule
$(B)/lib/$(1).a: $(call layer_objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

# --- the loader, and cores named by their content ------------------------------------------------------------------
loader: $(B)/aid-module.so
$(B)/aid-module.so: $(call layer_objs,loader) $(B)/obj/binding/lisp_val.o $(B)/obj/base/val_read.o module/loader/symbols.map
	$(CC) $(ALLCFLAGS) $(SOFLAGS) -Wl,--version-script=module/loader/symbols.map -o $@ $(filter %.o,$^) -ldl

core: $(B)/aid-core
$(B)/aid-core.so: $(call layer_objs,binding) $(call layer_libs,$(need_assist)) module/binding/symbols.map
	$(CC) $(ALLCFLAGS) $(SOFLAGS) -Wl,--version-script=module/binding/symbols.map -o $@ $(filter %.o,$^) \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
# The file aid-core names the newest core; a core is never overwritten, for an Emacs may have it mapped.
$(B)/aid-core: $(B)/aid-core.so
	@name=aid-core-$$(sha256sum $< | cut -c1-12).so; \
	 [ -e $(B)/$$name ] || { cp $< $(B)/$$name.tmp && mv $(B)/$$name.tmp $(B)/$$name; }; \
	 printf '%s\n' $$name > $@.tmp && mv $@.tmp $@; touch $@; \
	 ls -t $(B)/aid-core-*.so | tail -n +6 | xargs -r rm -f

# --- the command -----------------------------------------------------------------------------------------------------
cli: $(B)/aid
$(B)/aid: $(call layer_objs,cli) $(call layer_libs,$(need_cli))
	$(CC) $(ALLCFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# --- unit tests: tests/unit/test_LAYER_what.c ------------------------------------------------------------------------
UNITS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
units: $(UNITS)
unit_layer = $(word 2,$(subst _, ,$(notdir $(1))))
.SECONDEXPANSION:
$(B)/unit/%: tests/unit/%.c $$(call layer_libs,$$(need_$$(call unit_layer,$$*)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/unit $(filter-out -Wmissing-prototypes,$(ALLCFLAGS)) -MMD -MP -o $@ $< \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -lcmocka -lm

# --- fuzzers: tests/fuzz/fuzz_LAYER_what.c (clang) -------------------------------------------------------------------
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(B)/fuzz/%: tests/fuzz/%.c $$(call layer_libs,$$(need_$$(call unit_layer,$$*)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(filter-out -Wmissing-prototypes,$(ALLCFLAGS)) -fsanitize=fuzzer -o $@ $< \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
fuzzers: $(FUZZERS)

-include $(wildcard $(B)/obj/*/*.d $(B)/unit/*.d)

clean:
	rm -rf build
