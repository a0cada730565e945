# Makefile -- every task of exigo-mpi; `make help` lists them.
# Settings: BUILD=release|debug|sanitize|coverage, NP, MPICC, MPIRUN, MPIFLAGS, PREFIX,
# CFLAGS, LDFLAGS; `make configure NP=4 ...` keeps them in config.mk.
-include config.mk

BUILD  ?= release
NP     ?= $(shell getconf _NPROCESSORS_ONLN)
MPICC  ?= mpicc
MPIRUN ?= mpirun
PREFIX ?= /usr/local
PYTHON ?= /usr/bin/python3
O      := build/$(BUILD)

OPT.release  := -O3 -g
OPT.debug    := -O0 -g3 -DEXG_DEBUG
OPT.sanitize := -O1 -g -DEXG_DEBUG -fsanitize=address,undefined \
                -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT.fuzz     := -O1 -g -DEXG_DEBUG -fsanitize=fuzzer-no-link,address,undefined \
                -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT.coverage := -O1 -g -DEXG_DEBUG
$(if $(OPT.$(BUILD)),,$(error BUILD is $(BUILD), must be release, debug, sanitize or coverage))

# All cores, unless the user says how many.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN)
endif

# Packages are looked up when a recipe runs, not when this file is read: they
# may be installed by the first rule of the same make.
HDF5_PC = $(shell pkg-config --exists hdf5-openmpi && echo hdf5-openmpi || echo hdf5)
PACKAGES = $(HDF5_PC) openblas libpng zlib cairo
memo = $(eval $1 := $2)$($1)
pkg_cflags = $(call memo,pkg_cflags,$(shell pkg-config --cflags $(PACKAGES)))
pkg_libs   = $(call memo,pkg_libs,$(shell pkg-config --libs $(PACKAGES)) -lhdf5_hl -lm)

WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
          -Wpointer-arith -Wwrite-strings -Wvla $(if $(CI),-Werror)
cppflags = -Iinclude -D_GNU_SOURCE -DEXG_BUILD='"$(BUILD)"' $(pkg_cflags)
cflags   = -std=gnu11 -pthread -ffp-contract=fast -fno-math-errno $(WARN) $(OPT.$(BUILD)) $(CFLAGS)

# Kernels: src/kern/*.c but for *_ref.c and select.c, once per instruction set.
ISA := $(if $(filter x86_64 amd64,$(shell uname -m)),base avx2 avx512,base)
ISA.base   :=
ISA.avx2   := -mavx2 -mfma
ISA.avx512 := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma \
              -mprefer-vector-width=512

# Nothing that fuzzers feed reaches them, and sanitizers cost minutes there.
kern_cflags = $(if $(filter fuzz,$(BUILD)),$(filter-out -fsanitize%,$(cflags)),$(cflags))

# What src/ does is counted, for `make coverage`.  Threads of ours save and
# watch; kernels run in one thread, and atomic counters would cost minutes there.
ifeq ($(BUILD),coverage)
counted := --coverage -fprofile-update=atomic
kern_cflags += --coverage
link_counted := --coverage -Wl,--wrap=_exit,--wrap=abort,-u,__wrap_abort
endif

kern_once := $(wildcard src/kern/*_ref.c src/kern/select.c)
kern_fast := $(filter-out $(kern_once),$(wildcard src/kern/*.c))
src_lib   := $(kern_once) $(wildcard $(patsubst %,src/%/*.c,core par data model \
             train explain embed store plot export))
src_app   := $(filter-out %_main.c,$(wildcard src/app/*.c))
obj_kern  := $(foreach i,$(ISA),$(kern_fast:src/kern/%.c=$(O)/kern/$i/%.o))
obj_lib   := $(src_lib:src/%.c=$(O)/%.o)
obj_app   := $(src_app:src/%.c=$(O)/%.o)
lib       := $(O)/libexigo.a

tests    := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/check_*.c tests/mpi_*.c))
benches  := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/bench_*.c))
helpers  := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/tool_*.c))
targets  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
replays  := $(targets:%=$(O)/tests/replay_%)
tools    := $(patsubst analysis/exigo_%.c,analysis/exigo-%,$(wildcard analysis/exigo_*.c))
obj_tools := $(patsubst %.c,$(O)/%.o,$(filter-out analysis/exigo_%,$(wildcard analysis/*.c)))
quiet     = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.PHONY: all run check deps data help clean lint format bench sanitize faults plots \
        cluster configure install uninstall

programs := exigo-mpi exigo-tsne
all: $(programs) $(tools) ## build ./exigo-mpi and the analysis tools

# The programs at the root are those of this build, also after another one
# whose copies are younger than what this one has.
.PHONY: always
copy = @cmp -s $< $@ || { printf '  COPY  %s\n' $@; cp -f $< $@; }
$(programs): %: $(O)/% always
	$(copy)
$(tools): analysis/exigo-%: $(O)/analysis/exigo-% always
	$(copy)

$(addprefix $(O)/,$(programs)): $(O)/exigo-%: $(O)/app/%_main.o $(obj_app) $(lib)
	$(call quiet,LINK)$(MPICC) $(cflags) $(LDFLAGS) $(link_counted) -o $@ $^ $(pkg_libs)
$(O)/analysis/exigo-%: $(O)/analysis/exigo_%.o $(obj_tools) $(lib)
	$(call quiet,LINK)$(MPICC) $(cflags) $(LDFLAGS) $(link_counted) -o $@ $^ $(pkg_libs)
$(lib): $(if $(counted),$(O)/tests/counts.o) $(obj_lib) $(obj_kern)
	$(call quiet,AR)rm -f $@ && ar rcs $@ $^

%/.dir:
	@mkdir -p $(@D) && touch $@
.PRECIOUS: %/.dir $(O)/tests/%.o $(O)/analysis/%.o $(O)/analysis/exigo-%

define isa_rule
$(O)/kern/$(1)/%.o: src/kern/%.c $(O)/kern/$(1)/.dir | build/packages.ok
	$$(call quiet,CC)$$(MPICC) $$(cppflags) -DEXG_ISA=$(1) $$(kern_cflags) $$(ISA.$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach i,$(ISA),$(eval $(call isa_rule,$i)))

$(O)/tests/%.o: tests/%.c $$(@D)/.dir | build/packages.ok
	$(call quiet,CC)$(MPICC) $(cppflags) -Itests $(shell pkg-config --cflags check) $(cflags) -MMD -MP -c -o $@ $<
$(O)/analysis/%.o: analysis/%.c $$(@D)/.dir | build/packages.ok
	$(call quiet,CC)$(MPICC) $(cppflags) $(cflags) -MMD -MP -c -o $@ $<
$(O)/%.o: src/%.c $$(@D)/.dir | build/packages.ok
	$(call quiet,CC)$(MPICC) $(cppflags) $(cflags) $(counted) -MMD -MP -c -o $@ $<
$(O)/tests/bench_model: $(O)/tests/messages.o
$(O)/tests/bench_%: $(O)/tests/bench_%.o $(lib)
	$(call quiet,LINK)$(MPICC) $(cflags) $(LDFLAGS) $(link_counted) -o $@ $^ $(pkg_libs)
$(O)/tests/tool_%: $(O)/tests/tool_%.o $(lib)
	$(call quiet,LINK)$(MPICC) $(cflags) $(LDFLAGS) $(link_counted) -o $@ $^ $(pkg_libs)
damage := $(O)/tests/damage.o $(O)/tests/damage_forms.o
$(O)/tests/tool_damage: $(damage)

# A fuzz target twice: with files as its input, and driven by libFuzzer.
fuzz_obj := $(O)/tests/fuzz/fuzz.o $(O)/tests/fuzz/sound.o $(damage) $(obj_app) $(lib)
$(O)/tests/replay_%: $(O)/tests/fuzz/fuzz_%.o $(O)/tests/fuzz/replay.o $(fuzz_obj)
	$(call quiet,LINK)$(MPICC) $(cflags) $(LDFLAGS) $(link_counted) -o $@ $^ $(pkg_libs)
$(O)/tests/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(fuzz_obj)
	$(call quiet,LINK)$(MPICC) $(cflags) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(pkg_libs)

$(O)/tests/mpi_checkpoint $(O)/tests/mpi_into_file: $(obj_app)
$(O)/tests/%: $(O)/tests/%.o $(O)/tests/support.o $(lib)
	$(call quiet,LINK)$(MPICC) $(cflags) $(LDFLAGS) $(link_counted) -o $@ $(filter %.o,$^) $(lib) $(pkg_libs) $(shell pkg-config --libs check)

# Missing packages are installed for the goals that promise to work on a fresh
# machine; a plain `make` names them and stops.
install_goals := cluster coverage fuzz valgrind run check deps bench sanitize faults lint plots
build/packages.ok: jobs/setup.sh
	@mkdir -p build
	@jobs/setup.sh $(if $(filter $(install_goals),$(MAKECMDGOALS)),--install)
	@touch $@

deps: build/packages.ok ## install the system packages that are missing

DATA ?= mnist
data: | build/packages.ok ## fetch the dataset DATA=mnist|fashion into save/data
	@jobs/fetch-data.sh --dataset $(DATA) save/data/$(DATA)

run: all data ## fetch MNIST once and run everything on NP ranks; ARGS="..." adds options
	@. jobs/mpi-env.sh && $(MPIRUN) $(MPIFLAGS) -np $(NP) ./exigo-mpi --data $(DATA) $(ARGS)

RANKS ?= 1 2 3 4
check: all $(tests) $(helpers) $(replays) ## run all tests
	@MPIRUN='$(MPIRUN)' MPIFLAGS='$(MPIFLAGS)' tests/run.sh $(O) "$(RANKS)"

# Leaks are counted by core/mem.c: MPI's own would drown them.
sanitize: ## run all tests under ASan and UBSan, on 2 ranks
	@ASAN_OPTIONS=detect_leaks=0 TEST_TIMEOUT=900 TEST_SECONDS=240 $(MAKE) BUILD=sanitize RANKS=2 check

faults: ## make every step that can fail do so, in a debug build
	@$(MAKE) BUILD=debug build/debug/exigo-mpi build/debug/exigo-tsne \
	    build/debug/tests/tool_synth build/debug/tests/tool_matrix
	@MPIRUN='$(MPIRUN)' MPIFLAGS='$(MPIFLAGS)' tests/faults.sh build/debug

.PHONY: soak
soak: all $(O)/tests/tool_synth ## kill a run KILLS=200 times at random moments; each goes on
	@MPIRUN='$(MPIRUN)' MPIFLAGS='$(MPIFLAGS)' KILLS='$(or $(KILLS),200)' tests/soak.sh $(O)

# gcov's counts, in a build of their own.
.PHONY: coverage counted
counted: $(tests) $(helpers) $(replays) $(addprefix $(O)/,$(programs) $(tools))
coverage: build/packages.ok ## count which lines the tests run, on 2 ranks; below 90 % fails
	@jobs/setup.sh --coverage --install
	@$(MAKE) BUILD=coverage counted
	@MPIRUN='$(MPIRUN)' MPIFLAGS='$(MPIFLAGS)' tests/coverage.sh build/coverage 2

cluster: all $(O)/tests/tool_synth ## run the job scripts on a SLURM of two nodes, and lose hosts
	@jobs/setup.sh --cluster --install
	@MPIRUN='$(MPIRUN)' tests/cluster/run.sh

# FUZZ_RUNS=1000000 counts executions instead; FUZZ="idx net" chooses targets.
.PHONY: fuzz fuzzers
fuzzers: $(targets:%=$(O)/tests/fuzz_%)
fuzz: build/packages.ok ## fuzz what reads files, by clang, for FUZZ_SECONDS=60 each
	@tests/fuzz/run.sh --tools
	@OMPI_CC=clang MPICH_CC=clang $(MAKE) BUILD=fuzz fuzzers
	@tests/fuzz/run.sh build/fuzz $(or $(FUZZ),$(targets))

# Suites that end within minutes under valgrind; VALGRIND="tsne pca" for others.
VALGRIND ?= par idx source batch writer results
.PHONY: valgrind
valgrind: $(VALGRIND:%=$(O)/tests/mpi_%) ## run MPI suites under valgrind's memcheck, on 2 ranks
	@MPIRUN='$(MPIRUN)' MPIFLAGS='$(MPIFLAGS)' tests/valgrind.sh $(O) $(VALGRIND)

bench: all $(benches) $(helpers) ## measure speed beside other programs; PART="train tsne ..."
	@PART='$(PART)' tests/bench.sh $(O)

plots: all ## redraw the figures of save/results.h5
	analysis/exigo-plot save/results.h5

sources = $(wildcard src/*/*.[ch] include/*/*.h tests/*.[ch] tests/fuzz/*.[ch] analysis/*.[ch])
format: ## lay out all C sources by .clang-format
	clang-format -i $(sources)

lint: build/packages.ok ## clang-tidy, cppcheck, include rules, layout, scripts
	@tests/lint.sh "$(cppflags) $(shell pkg-config --cflags check ompi-c)"

install: all ## copy the programs to DESTDIR and PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin
	install $(programs) $(tools) $(DESTDIR)$(PREFIX)/bin

uninstall: ## remove what install has copied
	rm -f $(patsubst %,$(DESTDIR)$(PREFIX)/bin/%,$(programs) $(notdir $(tools)))

settings := BUILD NP MPICC MPIRUN MPIFLAGS PREFIX CFLAGS LDFLAGS RANKS DATA
configure: ## keep settings given on this command line in config.mk
	@{ $(foreach v,$(settings),$(if $(filter command,$(word 1,$(origin $v))),echo '$v := $($v)';)) } > config.mk
	@cat config.mk

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile

clean: ## remove what make has built
	rm -rf build $(programs) $(tools)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
