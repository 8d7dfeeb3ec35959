# AID for Emacs.  `make' alone lists the targets.
#
# A variant of the build is a folder: build/ (the product), build/asan, build/tsan, build/fuzz, build/clang.  The same
# rules make each of them: make B=build/asan SAN=...

B       ?= build
COMMA   := ,
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
EMACS   ?= emacs
PREFIX  ?= /usr/local
PKGS    := libcurl jansson libcmark libutf8proc sqlite3 libpcre2-8 libpq libmicrohttpd
MISSING := $(shell pkg-config --print-errors --exists $(PKGS) 2>&1 | \
             sed -n "s/^No package '\(.*\)' found$$/\1/p; s/^Package '\(.*\)', required by.*/\1/p")
$(if $(MISSING),$(warning Missing: $(MISSING). "make deps" installs what AID needs (Debian calls them libpq-dev and the like)))
WERROR  ?=
SAN     ?=

# The product's build tells of them: to look for them again costs the sanitized ones time.
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wvla -Wundef \
           -Wcast-qual -Wnull-dereference -Wpointer-arith
VERSION := 0.1.0
CPPFLAGS += -D_GNU_SOURCE -DAID_VERSION='"$(VERSION)"' -Imodule $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS  ?= -O2 -g
ALLCFLAGS = -std=c11 $(CFLAGS) -fPIC -fvisibility=hidden -fno-plt -pthread -fstack-protector-strong \
            $(if $(SAN),-fno-omit-frame-pointer $(SAN),-D_FORTIFY_SOURCE=2 $(WARN)) $(WERROR)
# libcurl, libpq and libmicrohttpd are loaded when they are wanted (net/late_curl.c, team/pq.c, ces/mhd.c): where they lie is said if that is an unusual place.
CURLDIR := $(filter-out /usr/lib%,$(shell pkg-config --variable=libdir libcurl libpq libmicrohttpd 2>/dev/null))
LIBS    := $(filter-out -lcurl -lpq -lmicrohttpd,$(shell pkg-config --libs $(PKGS) 2>/dev/null)) $(addprefix -Wl$(COMMA)-rpath$(COMMA),$(CURLDIR)) -ldl -lm
SOFLAGS := -shared -Wl,-z,relro,-z,now $(if $(SAN),,-Wl,-z,defs)

# The rooms of libaid.a, lowest first.  A folder includes only folders that stand before it (make lint).
LAYERS  := versions base config store scan build project index net patch model chat context measure rollout team export ces assist learn
# What a folder stands on, itself first: a test of it links just these.
need_versions := versions
need_base    := base
need_config  := config base
need_project := project config base
need_build   := build scan config base
need_store   := store base
need_scan    := scan config base
need_index   := index project scan store config base
need_net     := net base
need_patch   := patch base
need_model   := model net config base
need_chat    := chat base
need_context := context index scan project build chat model patch net store config base
need_measure := measure store config base
need_rollout := rollout measure net store config base versions
need_team    := team measure store config base
need_export  := export measure net store config base
need_assist  := assist export team rollout measure context index project scan chat model patch net store build config base versions
need_ces     := ces team measure patch project build scan store config base
need_learn   := learn ces $(need_assist)
need_cli     := $(need_learn)
# What the core in Emacs has.
need_core    := $(need_cli)

layer_objs = $(patsubst module/%.c,$(B)/obj/%.o,$(wildcard module/$(1)/*.c)) $(made_$(1))
made_model := $(B)/obj/made/presets.o
made_assist := $(B)/obj/made/strategies.o
made_ces := $(patsubst module/ces/%.sql,$(B)/obj/made/%.o,$(wildcard module/ces/queue_*.sql))
made_learn := $(B)/obj/made/questions.o
layer_libs = $(foreach l,$(1),$(B)/lib/$(l).a)

# Programs beside the core and the command; only Linux has what boxes are made of.
HELPERS := $(B)/aid-trees $(if $(filter Linux,$(shell uname -s)),$(B)/aid-box)

.PHONY: help all core loader cli lisp units clean format lint check check-long check-unit check-asan check-tsan check-lisp \
        check-kill check-snapshots check-mine check-dataset check-eval check-net check-ces check-team check-sdk check-otlp check-screen check-emacs30 bench bench-patch bench-scan bench-retrieval bench-index bench-experiments fuzz shots demo deps install uninstall docs
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

# A loop over all vectors of a project: the compiler is to make vector instructions of it.
ifeq ($(SAN),)
$(B)/obj/index/nearest.o: ALLCFLAGS += -O3
endif

# The presets are part of the core, so that it works alone: the file becomes a C string, line by line.
$(B)/made/presets.c: module/model/presets.json Makefile
	@mkdir -p $(@D)
	@{ echo 'extern const char aid_presets_text[];'; echo 'const char aid_presets_text[] ='; \
	   sed 's/[\\"?]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } >$@.tmp && mv $@.tmp $@
$(B)/obj/made/presets.o: $(B)/made/presets.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

# The strategies are part of the core, so that it works alone: each file becomes a C string, line by line.
STRATEGIES := $(filter-out %/README.md,$(wildcard strategies/*.md))
$(B)/made/strategies.c: $(STRATEGIES) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "assist/strategy_internal.h"'; echo 'const struct aid_shipped aid_shipped_strategies[] = {'; \
	   for file in $(notdir $(STRATEGIES)); do echo "{ \"$$file\","; \
	     sed 's/[\\"?]/\\&/g; s/^/"/; s/$$/\\n"/' "strategies/$$file"; echo '},'; done; echo '{ 0, 0 } };'; } >$@.tmp && mv $@.tmp $@
$(B)/obj/made/strategies.o: $(B)/made/strategies.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

# So are the statements of the queue's schema.
$(B)/made/queue_%.c: module/ces/queue_%.sql Makefile
	@mkdir -p $(@D)
	@{ echo 'extern const char aid_queue_$*_text[];'; echo 'const char aid_queue_$*_text[] ='; \
	   sed 's/[\\"?]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } >$@.tmp && mv $@.tmp $@
$(B)/obj/made/queue_%.o: $(B)/made/queue_%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

# So is the sample of questions.
$(B)/made/questions.c: module/learn/questions.txt Makefile
	@mkdir -p $(@D)
	@{ echo 'extern const char aid_questions_text[];'; echo 'const char aid_questions_text[] ='; \
	   sed 's/[\\"?]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } >$@.tmp && mv $@.tmp $@
$(B)/obj/made/questions.o: $(B)/made/questions.c
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
$(B)/aid-module.so: $(call layer_objs,loader) $(call layer_objs,versions) $(B)/obj/binding/lisp_val.o $(B)/obj/base/val_read.o module/loader/symbols.map
	$(CC) $(ALLCFLAGS) $(SOFLAGS) -Wl,--version-script=module/loader/symbols.map -o $@ $(filter %.o,$^) -ldl

core: $(B)/aid-core $(HELPERS)
$(B)/aid-core.so: $(call layer_objs,binding) $(call layer_libs,$(need_core)) module/binding/symbols.map
	$(CC) $(ALLCFLAGS) $(SOFLAGS) -Wl,--version-script=module/binding/symbols.map -o $@ $(filter %.o,$^) \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
# The file aid-core names the newest core; a core is never overwritten, for an Emacs may have it mapped.  Beside each is its
# manifest (module/versions/installed.h).  What is older than the last ones goes, but for what runs: aid cores prune.
ABI := $(shell sed -n 's/^\#define AID_ABI \([0-9]*\)u .*/\1/p' module/versions/installed.h)
manifest = printf 'version %s\nhash %s\nbuilt %s\nabi %s\n' '$(VERSION)' "$$hash" "$$(date -u +%Y-%m-%dT%H:%M:%SZ)" '$(ABI)'
$(B)/aid-core: $(B)/aid-core.so $(B)/aid
	@hash=$$(sha256sum $< | cut -c1-12); core=$(B)/aid-core-$$hash; \
	 [ -e $$core.so ] || { cp $< $$core.so.tmp && mv $$core.so.tmp $$core.so; } && \
	 $(manifest) > $$core.txt.tmp && mv $$core.txt.tmp $$core.txt && \
	 printf '%s\n' aid-core-$$hash.so > $@.tmp && mv $@.tmp $@ && \
	 $(B)/aid cores prune --quiet --directory $(B) || :

# --- the command -----------------------------------------------------------------------------------------------------
cli: $(B)/aid $(HELPERS)
$(B)/aid: $(call layer_objs,cli) $(call layer_libs,$(need_cli))
	$(CC) $(ALLCFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# --- grammars of tree-sitter have a process of their own: module/trees ------------------------------------------------
$(B)/aid-trees: $(call layer_objs,trees) $(call layer_libs,$(need_scan))
	$(CC) $(ALLCFLAGS) -Wl,--as-needed -o $@.tmp $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) && mv $@.tmp $@

# --- boxes have a keeper of their own: module/box -----------------------------------------------------------------------
# It starts with each box: without shared libraries, where there is a libc for that, a millisecond sooner.
box_link = $(CC) $(ALLCFLAGS) $(1) -o $@.tmp $(filter %.o,$^) $(filter %.a,$^)
$(B)/aid-box: $(call layer_objs,box) $(call layer_libs,ces base)
	{ $(if $(SAN),false,$(call box_link,-static) 2>/dev/null) || $(call box_link); } && mv $@.tmp $@

# --- unit tests: tests/unit/test_LAYER_what.c ------------------------------------------------------------------------
UNITS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
units: $(UNITS)
# A test compiles in a fraction of the time when only the rooms that it tests are optimized; compilers see more when all is.
unit_cflags = $(filter-out -Wmissing-prototypes,$(ALLCFLAGS)) $(if $(WERROR),,-O0 -U_FORTIFY_SOURCE)
unit_layer = $(word 2,$(subst _, ,$(notdir $(1))))
.SECONDEXPANSION:
$(B)/unit/%: tests/unit/%.c $$(call layer_libs,$$(need_$$(call unit_layer,$$*))) | $(HELPERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/unit $(unit_cflags) -MMD -MP -o $@ $< \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -lcmocka -lm

# --- what kills and fails a program at the calls that change files: tests/kill ----------------------------------------
$(B)/kill-shim.so: tests/kill/shim.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g -fPIC -shared $(WARN) $(WERROR) -Wno-missing-prototypes -o $@ $< -ldl

# --- a slow disk and a slow resolver: tests/net -----------------------------------------------------------------------
$(B)/net-slow.so: tests/net/slow.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g -fPIC -shared $(WARN) $(WERROR) -Wno-missing-prototypes -o $@ $< -ldl

# --- fuzzers: tests/fuzz/fuzz_LAYER_what.c (clang) -------------------------------------------------------------------
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(B)/fuzz/%: tests/fuzz/%.c $$(call layer_libs,$$(need_$$(call unit_layer,$$*)))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(filter-out -Wmissing-prototypes,$(ALLCFLAGS)) -fsanitize=fuzzer -o $@ $< \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
fuzzers: $(FUZZERS)

# --- Lisp and the manual ---------------------------------------------------------------------------------------------
LISP := $(wildcard lisp/aid*.el)
lisp: $(B)/lisp.stamp
# All files at once: their order of loading is their own business.
$(B)/lisp.stamp: $(LISP)
	@mkdir -p $(@D)
	$(EMACS) -Q --batch -L lisp --eval '(setq byte-compile-error-on-warn t load-prefer-newer t)' -f batch-byte-compile $(LISP)
	@touch $@

docs: $(B)/aid.info
$(B)/aid.info: docs/aid.texi
	@mkdir -p $(@D)
	makeinfo --no-split -o $@ $<

# --- what people run -------------------------------------------------------------------------------------------------
deps:
	@.ci/deps build

## demo          install what is missing, build, open Emacs on a sample project (SAMPLE=ocaml for the OCaml twin)
SAMPLE ?= c
demo:
	@.ci/deps demo$(if $(filter ocaml,$(SAMPLE)),-ocaml)
	@[ -e $(B)/aid ] || echo "Building AID, for a minute or two..."
	@$(MAKE) --no-print-directory -s -j2 all
	@EMACS="$(EMACS)" docs/sample/demo $(SAMPLE)

## check         install what is missing, build, run every test; the last line is the sum
check:
	@.ci/deps check
	@$(MAKE) --no-print-directory -s -j2 all check-builds
	@tests/run

check-builds: units asan-units tsan-units test-cores $(B)/kill-shim.so $(B)/tokens_batch $(B)/assign_batch $(B)/team_scene $(B)/ces_queue_scene $(B)/otlp_events $(B)/net-slow.so

ASAN := B=build/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" CFLAGS="-O1 -g1"
TSAN := B=build/tsan SAN="-fsanitize=thread" CFLAGS="-O1 -g1"
TSAN_UNITS := $(patsubst tests/unit/%.c,build/tsan/unit/%,$(wildcard tests/unit/test_ces_queue_worker.c tests/unit/test_project_watch.c tests/unit/test_scan_sources.c tests/unit/test_index_update.c tests/unit/test_index_many.c tests/unit/test_net_*.c tests/unit/test_assist_*.c tests/unit/test_base_pool*.c tests/unit/test_base_spare.c tests/unit/test_base_proc*.c tests/unit/test_ces_box.c tests/unit/test_ces_box_leaves.c tests/unit/test_build_run.c tests/unit/test_ces_judge.c tests/unit/test_ces_parse.c tests/unit/test_ces_warm.c tests/unit/test_ces_sound.c tests/unit/test_ces_room.c tests/unit/test_ces_websocket.c tests/unit/test_ces_hunks.c tests/unit/test_ces_http.c tests/unit/test_ces_serve.c tests/unit/test_ces_door.c tests/unit/test_build_dune_rpc.c tests/unit/test_context_url.c tests/unit/test_measure_events.c tests/unit/test_team_*.c tests/unit/test_export_exporter.c tests/unit/test_learn_*.c tests/unit/test_patch_ahead.c tests/unit/test_patch_apply.c tests/unit/test_patch_tree.c))
.PHONY: asan-units tsan-units test-cores check-builds
asan-units:
	@$(MAKE) --no-print-directory $(ASAN) units
tsan-units:
	@$(MAKE) --no-print-directory $(TSAN) $(TSAN_UNITS)

## check-asan    the C tests under ASan and UBSan
check-asan: asan-units
	@tests/run asan
## check-tsan    the C tests that use threads under TSan
check-tsan: tsan-units
	@tests/run tsan
check-unit: units
	@tests/run unit
check-lisp: all test-cores
	@tests/run lisp
check-screen: all test-cores
	@tests/run screen
check-kill: cli $(B)/kill-shim.so
	@tests/run kill
## check-net     the network against nginx and tinyproxy, and a killed Emacs
check-net: all $(B)/net-slow.so
	@.ci/deps check
	@tests/run net
## check-team    the team's store against a PostgreSQL of the tests' own, killed and started anew
check-team: all $(B)/team_scene $(B)/net-slow.so
	@.ci/deps check
	@tests/run team
## check-ces     the evaluation service: what diffs are worth, and over HTTP as each trainer's client and rude ones see it
check-ces: cli
	@.ci/deps check
	@tests/run ces
## check-sdk     the wire formats as the official SDKs read them, and a server from npm
check-sdk: cli
	@.ci/deps check
	@tests/run sdk
## check-otlp    export, as OpenTelemetry's protobuf classes and a real Prometheus read it
check-otlp: all $(B)/otlp_events
	@.ci/deps check
	@tests/run otlp
check-snapshots: cli $(B)/kill-shim.so
	@tests/run snapshots
## check-dataset aid describe and aid dataset with real snapshots, a model is played
check-dataset: cli $(B)/kill-shim.so
	@tests/run dataset
## check-eval    aid eval over the tasks that come with AID, with played models whose scores are known
check-eval: cli
	@.ci/deps check
	@tests/run eval
## check-mine    aid mine with a day of real work, killed, and with others' snapshots
check-mine: cli $(B)/kill-shim.so
	@.ci/deps check
	@tests/run mine
## check-long    check, 1,000 kills of aid patch apply, 1,000 snapshots and kills, hundreds of who sends to a team's store, 10,000 boxes, 10,000 evaluations, 20 minutes of kills of the queue, and the fuzzers for FUZZ_SECONDS each
check-long: check fuzz
	@tests/kill/run 1000
	@tests/snapshots/run 1000
	@tests/mine/run 200
	@ROUNDS=100 tests/team/run
	@MINUTES=10 tests/ces/queue
	@AID_BOXES=10000 $(B)/unit/test_ces_box_leaves
	@EVALUATIONS=10000 tests/ces/leaves

## check-emacs30 the Lisp tests in an Emacs 30 of Debian's next release (needs root and mmdebstrap)
check-emacs30: all test-cores
	@tests/emacs30

## bench         measure streaming, loading and large chats, as ratios within one run
bench: all $(B)/bench_secrets $(B)/bench_parsers $(B)/bench_requests $(B)/bench_vectors
	@tests/bench/run
$(B)/bench_parsers: tests/bench/parsers.c $(call layer_libs,$(need_model))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
$(B)/bench_requests: tests/bench/requests.c $(call layer_libs,$(need_assist))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
$(B)/bench_vectors: tests/bench/vectors.c $(call layer_libs,$(need_index))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
$(B)/bench_secrets: tests/bench/secrets.c $(call layer_libs,$(need_config))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-measure what recording an event and a decision on a hunk, following a change in a buffer with thousands of accepted hunks, and a report of all costs
.PHONY: bench-measure
bench-measure: all $(B)/bench_measure $(B)/bench_metrics
	@$(B)/bench_measure
	@tests/bench/decide
	@$(B)/bench_metrics
$(B)/bench_metrics: tests/bench/metrics.c $(call layer_libs,$(need_measure))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
$(B)/bench_measure: tests/bench/measure.c $(call layer_libs,$(need_measure))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-ces-queue four workers of the queue of evaluations beside one, on tasks that wait: a file, PostgreSQL, real boxes
.PHONY: bench-ces-queue
bench-ces-queue: cli $(B)/ces_queue_scene
	@tests/bench/ces/queue $(N)

## bench-snapshots a look at an unchanged project, and a snapshot of one edit at FILES="5000 100000" files, beside git status and git add
.PHONY: bench-snapshots
bench-snapshots: $(B)/bench_snapshots
	@$(B)/bench_snapshots $(FILES)
$(B)/bench_snapshots: tests/bench/snapshots.c $(call layer_libs,$(need_learn))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-box     a box opened, "true" run in it, closed, beside bubblewrap alone; the same over a tree of FILES=10000; several at once
.PHONY: bench-box
bench-box: $(B)/bench_box
	@$(B)/bench_box $(FILES)
$(B)/bench_box: tests/bench/box.c $(call layer_libs,$(need_ces)) | $(HELPERS)
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## vocab         fetch the npm package tiktoken and make the vocabularies of OpenAI's models from it, for exact counts of tokens
VOCAB   ?= tiktoken@1.0.22
CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/aid/vocab
.PHONY: vocab npm-vocab
vocab: npm-vocab
	install -d $(CACHE)
	install -m 644 $(B)/vocab/*.bpe $(CACHE)
npm-vocab: $(B)/vocab/o200k_base.bpe $(B)/vocab/cl100k_base.bpe
# The package has a folder of its own: npm removes what else it finds in one.
$(B)/vocab/%.bpe: $(B)/tiktoken/fetched | $(B)/aid
	@mkdir -p $(@D)
	$(B)/aid count --import $(B)/tiktoken/node_modules/tiktoken/encoders/$*.json --output $@.tmp --as $* && mv $@.tmp $@
$(B)/tiktoken/fetched:
	mkdir -p $(@D)
	npm install --prefix $(@D) --silent --ignore-scripts --no-save --no-package-lock --no-audit --no-fund $(VOCAB)
	touch $@
$(B)/bench_tokens: tests/bench/tokens.c $(call layer_libs,$(need_model))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
# What compares our token numbers with that package's: tests/tokens.
$(B)/tokens_batch: tests/tokens/batch.c $(call layer_libs,$(need_model))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# What compares our assignment to variants with GrowthBook's: tests/experiments.
$(B)/assign_batch: tests/experiments/batch.c $(call layer_libs,$(need_measure))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# What records events for tests of the team's store: tests/team.
$(B)/team_scene: tests/team/scene.c $(call layer_libs,$(need_measure))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# Who submits, works and waits in the tests of the queue of evaluations: tests/ces.
$(B)/ces_queue_scene: tests/ces/scene.c $(call layer_libs,$(need_ces))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# What records events for the tests of export: tests/otlp.
$(B)/otlp_events: tests/otlp/events.c $(call layer_libs,$(need_measure))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-patch   damage the commits of REPO="dir..." in 123 ways and place them, beside git, patch and Emacs (N=30 SEED=1 KINDS= OPTS=)
bench-patch: $(B)/bench_patch cli
	@tests/bench/patch/run $(if $(N),--n $(N)) $(if $(SEED),--seed $(SEED)) $(if $(KINDS),--kinds "$(KINDS)") $(OPTS) $(REPO)
$(B)/bench_patch: tests/bench/patch/batch.c $(call layer_libs,$(need_patch))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-scan    definitions of REPO="dir..." beside universal-ctags': recall, precision, and megabytes a second beside memcpy (OPTS="--show 20")
bench-scan: $(B)/bench_scan
	@tests/bench/scan/compare --build $(B) $(OPTS) $(REPO)
$(B)/bench_scan: tests/bench/scan/batch.c $(call layer_libs,$(need_scan))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-retrieval ask for what the commits of REPO="dir..." changed, each at its parent, beside plain BM25 over whole files (N=200)
bench-retrieval: $(B)/bench_retrieval
	@tests/bench/retrieval/run $(B)/bench_retrieval "$(or $(N),200)" $(REPO)
$(B)/bench_retrieval: $(wildcard tests/bench/retrieval/*.c tests/bench/retrieval/*.h) $(call layer_libs,$(need_index))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -Itests/bench/retrieval -o $@ $(filter %.c,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -lm

## bench-experiments simulations of experiments whose truth is known: false alarms, coverage, what CUPED saves (SEED=1)
bench-experiments: $(B)/bench_experiments
	@$(B)/bench_experiments $(SEED)
$(B)/bench_experiments: tests/bench/experiments.c $(call layer_libs,$(need_measure))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-ces     mutants of the Git repository DIR judged over a warm tree, beside cold builds (N=200 COLD=20; OPTS="--types 'dune build @check'")
.PHONY: bench-ces
bench-ces: $(B)/bench_ces
	@$(B)/bench_ces $(DIR) $(if $(N),--n $(N)) $(if $(COLD),--cold $(COLD)) $(if $(SEED),--seed $(SEED)) $(OPTS)
$(B)/bench_ces: $(wildcard tests/bench/ces/*.c tests/bench/ces/*.h) $(call layer_libs,$(need_ces))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -Itests/bench/ces -o $@ $(filter %.c,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## bench-index   a first index of DIR="dir...", or of FILES=1000000 small files: speed, memory, questions, edits, beside rg and plain FTS5
bench-index: $(B)/bench_index
	@tests/bench/index/run $(B)/bench_index $(DIR)
$(B)/bench_index: tests/bench/index/batch.c $(call layer_libs,$(need_index))
	$(CC) $(CPPFLAGS) $(ALLCFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

## fuzz          run each fuzzer for FUZZ_SECONDS (60)
FUZZ_SECONDS ?= 60
FUZZ := B=build/fuzz CC=clang SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined" CFLAGS="-O1 -g"
fuzz:
	@.ci/deps lint
	@$(MAKE) --no-print-directory -s -j2 $(FUZZ) fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS)

## lint          the house's rules, cppcheck, clang-tidy, byte-compiler, checkdoc, and a build with clang
lint:
	@.ci/deps lint
	@$(MAKE) --no-print-directory -s -j2 B=build/clang CC=clang WERROR=-Werror loader core cli units
	@$(MAKE) --no-print-directory -s -j2 B=build/werror WERROR=-Werror loader core cli units
	@tests/lint

## shots         make the pictures of the README from a real run (under Xvfb)
shots: all
	@.ci/deps shots
	@tests/shots/run

## format        clang-format the C
format:
	clang-format -i $(filter-out module/include/%,$(wildcard module/*/*.[ch]))

## install       into PREFIX (/usr/local); uninstall takes it away again
SITE = $(DESTDIR)$(PREFIX)/share/emacs/site-lisp/aid
INFO = $(DESTDIR)$(PREFIX)/share/info
SHARE = $(DESTDIR)$(PREFIX)/share/aid
LIBEXEC = $(DESTDIR)$(PREFIX)/libexec/aid
install: all
	install -d $(SITE)/build $(DESTDIR)$(PREFIX)/bin $(LIBEXEC) $(INFO) $(SHARE)/strategies
	install -m 644 $(STRATEGIES) $(SHARE)/strategies
	rm -rf $(SHARE)/eval && cp -R eval $(SHARE)/eval && chmod -R u=rwX,go=rX $(SHARE)/eval
	install -m 644 lisp/*.el lisp/*.elc $(SITE)
	install -m 755 $(B)/aid-module.so $(SITE)/build/.new && mv $(SITE)/build/.new $(SITE)/build/aid-module.so
	core=$$(sed 's/\.so$$//' $(B)/aid-core); hash=$${core#aid-core-}; \
	  install -m 755 $(B)/$$core.so $(SITE)/build/.new && mv $(SITE)/build/.new $(SITE)/build/$$core.so && \
	  $(manifest) > $(SITE)/build/.new && mv $(SITE)/build/.new $(SITE)/build/$$core.txt
	install -m 644 $(B)/aid-core $(SITE)/build/.new && mv $(SITE)/build/.new $(SITE)/build/aid-core
	-$(B)/aid cores prune --quiet --directory $(SITE)/build
	install -m 755 $(B)/aid $(DESTDIR)$(PREFIX)/bin/.aid.new && mv $(DESTDIR)$(PREFIX)/bin/.aid.new $(DESTDIR)$(PREFIX)/bin/aid
	for dir in $(SITE)/build $(LIBEXEC); do for helper in $(HELPERS); do name=$$(basename $$helper); \
	  install -m 755 $$helper $$dir/.new && mv $$dir/.new $$dir/$$name || exit; done; done
	install -m 644 module/model/presets.json $(SITE)
	install -m 644 $(B)/aid.info $(INFO)
	! ls $(B)/vocab/*.bpe >/dev/null 2>&1 || { install -d $(SHARE)/vocab && \
	  install -m 644 $(B)/vocab/*.bpe $(SHARE)/vocab; }
	! command -v install-info >/dev/null || install-info --info-dir=$(INFO) $(INFO)/aid.info
uninstall:
	! command -v install-info >/dev/null || [ ! -e $(INFO)/aid.info ] || \
	  install-info --delete --info-dir=$(INFO) $(INFO)/aid.info
	rm -rf $(SITE) $(SHARE) $(LIBEXEC)
	rm -f $(DESTDIR)$(PREFIX)/bin/aid $(INFO)/aid.info

## clean         remove build/ and the compiled Lisp
clean:
	rm -rf build lisp/*.elc

-include tests/lisp/test.mk
-include $(wildcard $(B)/obj/*/*.d $(B)/unit/*.d)
