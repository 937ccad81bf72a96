# crawl: build, test, demo, install.
#
#   make            build ./crawl                make SAN=1 ...    ASan and UBSan, in build/san
#   make check      build and run the tests      make WERROR=1     warnings are errors
#   make demo       the main job on a demo site  make V=1          show the commands
#   make install    PREFIX, DESTDIR              make cover        which lines the tests reach
#   make uninstall                               make bench        measure against others
#   make deps       install what is missing      make guard        count instructions
#   make arrows     who may include whom         make kills        compare crawls that were killed
#   make lists      compare runs with a model    make picture      that of the README
#   make nodes      disturb crawls of several    make bench-postgres  what these cost
#   make dist       a tarball, in build          make package      a Debian package of it, tried
#   make torture    one call after another fails make fuzz-net     answers with faults, to a worker
#   make documents  their output, made anew      make fuzz         FUZZ_SECONDS each parser
#   make analyse    by gcc, cppcheck, clang-tidy make fuzz-cover   which lines those have reached
#   make soak       a hostile hour: does anything grow?  and "make nodes"
#   make check-look the page and the report, in a browser (make deps-look installs it)

VERSION = 0.2.0
# The day of the manuals, 2026-11-30: the same whenever they are made.
SOURCE_DATE_EPOCH ?= 1795996800
export SOURCE_DATE_EPOCH
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CFLAGS ?= -O2 -g
SAN ?= 0
FUZZ ?= 0
COVER ?= 0
WERROR ?= 0
V ?= 0
# 0: without PostgreSQL, and libpq.
POSTGRES ?= 1

BUILD = build
ifeq ($(SAN),1)
BUILD = build/san
FLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(FUZZ),1)
BUILD = build/fuzz
CC = clang
FLAGS += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(FUZZ),cover)
BUILD = build/fuzz-cover
CC = clang
FLAGS += -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping -O1
endif
ifeq ($(COVER),1)
BUILD = build/cover
FLAGS += --coverage -O0 -DCRAWL_COVER
endif
ifeq ($(WERROR),1)
FLAGS += -Werror
endif

# What makes a fault harder to use; sanitizers look for it themselves.  NDEBUG is never set.
ifeq ($(SAN)$(FUZZ)$(COVER),000)
HARDEN ?= -fPIE -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
HARDEN_LINK ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack
FLAGS += $(HARDEN)
LDFLAGS += $(HARDEN_LINK)
endif
Q = $(if $(filter 1,$(V)),,@)

ifneq ($(POSTGRES),0)
POSTGRES_PACKAGE = libpq
POSTGRES_DEBIAN = libpq-dev
FLAGS += -DCRAWL_POSTGRES
endif

# What the program stands on, as pkg-config knows it, and as Debian and Ubuntu package it.
PACKAGES = libcurl libpcre2-8 sqlite3 yaml-0.1 uchardet libzstd zlib libbrotlidec libxxhash \
	smartcols libidn2 expat libpsl libmicrohttpd $(POSTGRES_PACKAGE)
DEBIAN_BUILD = gcc make pkg-config libcurl4-openssl-dev libpcre2-dev libsqlite3-dev libyaml-dev \
	libuchardet-dev libzstd-dev zlib1g-dev libbrotli-dev libxxhash-dev libsmartcols-dev libidn2-dev \
	libexpat1-dev libpsl-dev libmicrohttpd-dev ca-certificates scdoc $(POSTGRES_DEBIAN)
DEBIAN_TEST = libcmocka-dev openssl nghttp2-server sqlite3 valgrind

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
LANGUAGE = -std=c11 -D_GNU_SOURCE -DPCRE2_CODE_UNIT_WIDTH=8 -DCRAWL_VERSION='"$(VERSION)"' -I. -Icrawler
FLAGS += $(LANGUAGE) $(WARNINGS) -MMD -MP
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lm
INCLUDES = $(shell pkg-config --cflags $(PACKAGES))

SOURCES = $(wildcard crawler/*.c crawler/*/*.c parsers/*/*.c store/*.c store/*/*.c)
ifeq ($(POSTGRES),0)
SOURCES := $(filter-out store/postgres/%,$(SOURCES))
endif
OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(filter-out crawler/main.c,$(SOURCES)))
TEST_SOURCES = $(wildcard tests/*/test_*.c)
ifeq ($(POSTGRES),0)
TEST_SOURCES := $(filter-out tests/postgres/%,$(TEST_SOURCES))
endif
TESTS = $(TEST_SOURCES:%.c=$(BUILD)/%)
# Against a server they run once, without the sanitizers: T= names them there, too.
ifeq ($(SAN),1)
WITH_SERVER = $(filter-out %/test_pg_batch,$(filter $(BUILD)/tests/postgres/%,$(TESTS)))
endif
# They wait much, and long: the first to begin.
RUN_TESTS = $(filter $(BUILD)/tests/postgres/%,$(filter-out $(WITH_SERVER),$(TESTS))) \
	$(filter-out $(BUILD)/tests/postgres/%,$(TESTS))
TEST_HELPERS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
SITE_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/site/*.c))
BENCHES = $(patsubst %.c,$(BUILD)/%,$(wildcard bench/*.c))
GUARD_OBJECTS = $(BUILD)/tests/guard/guard.o $(BUILD)/tests/guard/instant_pool.o
TEST_LIBS = -lcmocka -lbrotlienc
MANUALS = $(patsubst docs/%.scd,$(BUILD)/%,$(wildcard docs/*.scd))

all: crawl

# The program stands here whatever it was built with last.
crawl: $(BUILD)/crawl
	$(Q)ln -sf $< $@

$(BUILD)/crawl: $(BUILD)/crawler/main.o $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

# Thin: a list of objects by their paths, so that none hides behind another's name.
$(BUILD)/libcrawl.a: $(OBJECTS)
	$(Q)rm -f $@ && ar rcs --thin $@ $^

# What is missing is said before anything is built.
have:
	$(Q).ci/have '$(CC)' $(PACKAGES)

$(BUILD)/%.o: %.c Makefile | have
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) $(INCLUDES) -c -o $@ $<

# It takes the style sheet in, which dependency files do not know of.
$(BUILD)/crawler/report/style.o: crawler/report/report.css
# The files that the page loads are in the program.
$(BUILD)/crawler/serve/assets.o: $(wildcard crawler/serve/*.css crawler/serve/*.js crawler/serve/*.svg)

# The version stands below every page.
$(MANUALS): $(BUILD)/%: docs/%.scd Makefile
	@mkdir -p $(@D)
	@command -v scdoc >/dev/null || { echo "missing: scdoc, which makes the manuals ('make deps')" >&2; exit 1; }
	$(Q)sed '1s/$$/ "crawl $(VERSION)"/' $< | scdoc >$@

# ---- tests ----

$(BUILD)/site: $(SITE_OBJECTS) $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) -lbrotlienc

$(BUILD)/libtest.a: $(TEST_HELPERS)
	$(Q)rm -f $@ && ar rcs --thin $@ $^

$(TESTS): %: %.o $(BUILD)/libtest.a $(BUILD)/libcrawl.a | $(BUILD)/site
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) $(TEST_LIBS)

# The scenarios run the program itself.
$(filter $(BUILD)/tests/crawl/% $(BUILD)/tests/postgres/%,$(TESTS)): | $(BUILD)/crawl

# Without debugging information: valgrind needs symbols alone, and cannot read all that clang writes.
$(BUILD)/guard: $(GUARD_OBJECTS) $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -Wl,--strip-debug -o $@ $^ $(LDFLAGS) $(LIBS)

$(BUILD)/tests/guard/test_guard: | $(BUILD)/guard

# Preloaded by tests, it makes calls fail; what checks the program would check it, too.
$(BUILD)/torture.so: tests/torture/shim.c tests/torture/shim.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARNINGS) -I. -shared -fPIC -o $@ $<

$(BUILD)/tests/crawl/test_crawl_torture: | $(BUILD)/torture.so

# TEST='name*' picks tests by name; T=tests/unit/test_url.c one file.
check: deps
	$(Q)$(MAKE) --no-print-directory run-tests
	$(Q)$(if $(T)$(TEST)$(filter-out build,$(BUILD)),true,tests/browser/run.sh $(BUILD))

# The tests in a browser alone.
check-look: crawl $(BUILD)/site
	$(Q)tests/browser/run.sh $(BUILD)

run-tests: crawl $(BUILD)/site $(if $(T),$(T:%.c=$(BUILD)/%),$(RUN_TESTS)) $(MANUALS)
	$(Q)tests/run.sh $(BUILD) $(if $(T),$(T:%.c=$(BUILD)/%),$(RUN_TESTS))

# Each parser for so many seconds, two at a time, with clang's libFuzzer; 225 are an hour of CPU.
FUZZ_SECONDS ?= 60
FUZZER_SOURCES = $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS = $(FUZZER_SOURCES:%.c=build/fuzz/%)
COVER_FUZZERS = $(FUZZER_SOURCES:%.c=build/fuzz-cover/%)

fuzz: deps-build
	$(Q)$(MAKE) --no-print-directory FUZZ=1 $(FUZZERS)
	$(Q)tests/fuzz.sh build/fuzz $(FUZZ_SECONDS) $(FUZZERS)

# Which lines of the parsers the inputs reach that the fuzzers have found: llvm-cov shows the figures.
fuzz-cover: deps-build
	$(Q)$(MAKE) --no-print-directory FUZZ=cover $(COVER_FUZZERS)
	$(Q)tests/fuzz-cover.sh build/fuzz build/fuzz-cover $(COVER_FUZZERS)

$(FUZZERS) $(COVER_FUZZERS): %: %.o $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -fsanitize=fuzzer -o $@ $^ $(LDFLAGS) $(LIBS)

cover:
	$(Q)rm -rf build/cover
	$(Q)$(MAKE) --no-print-directory COVER=1 check
	$(Q)gcovr --root . --object-directory build/cover --filter 'crawler/|parsers/|store/' \
		--print-summary || echo "gcovr shows the figures: apt-get install gcovr"

demo: deps-build
	$(Q)$(MAKE) -s --no-print-directory crawl $(BUILD)/site
	$(Q)tests/demo.sh $(BUILD)

# What may include what: .ci/arrows is the table.
arrows:
	$(Q).ci/check-arrows .ci/arrows $$(find crawler parsers store -name '*.[ch]')

# What gcc, cppcheck and clang-tidy remark, beyond what docs/analysers.md answers: some minutes.
analyse: deps-build
	$(Q).ci/analyse docs/analysers.md $(LANGUAGE) $(INCLUDES)

# ---- measuring ----

# How many instructions the small jobs of tests/guard cost now, beside what they may.
guard: deps
	$(Q)GUARD=show $(MAKE) -s --no-print-directory T=tests/guard/test_guard.c run-tests

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

$(BUILD)/bench/pg_relay: $(BUILD)/tests/support/relay.o

# BENCH_ROUNDS=N rounds; BENCH='board site' only these.  It takes 25 minutes and a quiet machine.
bench: deps
	$(Q)$(MAKE) -s --no-print-directory crawl $(BUILD)/site $(BENCHES)
	$(Q)bench/run.sh $(BUILD)

# What several machines on one PostgreSQL cost: store, board, web, line, snapshot (NODES_PARTS).
NODES_PARTS =
bench-postgres: deps
	$(Q)$(MAKE) -s --no-print-directory crawl $(BUILD)/site $(BENCHES)
	$(Q)/usr/bin/python3 bench/postgres.py $(BUILD) $(NODES_PARTS)

# Several nodes that are killed, stopped and cut off for NODES_SECONDS each: some twenty minutes.
NODES_SECONDS = 60
NODES_TESTS = $(addprefix tests/postgres/test_pg_,faults.c failover.c crowd.c manners.c crawl.c)
nodes: deps
	$(Q)JOBS=1 NODES_SECONDS=$(NODES_SECONDS) $(MAKE) -s --no-print-directory T="$(NODES_TESTS)" run-tests

# Crawls whose master is killed again and again, KILLS in all, and compared with one in peace.
KILLS = 200
kills: deps
	$(Q)$(MAKE) -s --no-print-directory crawl
	$(Q)/usr/bin/python3 bench/kills.py $(BUILD) $(KILLS)

# Crawls in which one call after another fails, in master and workers: TORTURE_CALLS of each kind.
TORTURE_CALLS = 240
torture: deps
	$(Q)TORTURE_CALLS=$(TORTURE_CALLS) $(MAKE) -s --no-print-directory T=tests/crawl/test_crawl_torture.c run-tests

# Answers with faults in them, to a worker's hands, under the sanitizers: FUZZ_ANSWERS, by FUZZ_SEED.
FUZZ_ANSWERS = 10000
FUZZ_SEED = $(shell date +%s)
fuzz-net: deps
	$(Q)FUZZ_ANSWERS=$(FUZZ_ANSWERS) FUZZ_SEED=$(FUZZ_SEED) \
		$(MAKE) -s --no-print-directory SAN=1 T=tests/unit/test_fetch_mutated.c run-tests

# All hostile answers and a large site in one crawl for SOAK_SECONDS: does memory grow, is the site slower?
# Before it SOAK_PAIRS crawls with them and without, of SOAK_PAIR_SECONDS, in turn.
SOAK_SECONDS = 3600
SOAK_PAIRS = 6
SOAK_PAIR_SECONDS = 120
soak: deps
	$(Q)$(MAKE) -s --no-print-directory crawl $(BUILD)/site
	$(Q)SOAK_SECONDS=$(SOAK_SECONDS) SOAK_PAIRS=$(SOAK_PAIRS) SOAK_PAIR_SECONDS=$(SOAK_PAIR_SECONDS) \
		/usr/bin/python3 bench/soak.py $(BUILD)
	$(Q)$(MAKE) -s --no-print-directory nodes

# Random commands over three lists, kills and forgetting among them, compared with a model: ROUNDS.
ROUNDS = 100
lists: deps
	$(Q)$(MAKE) -s --no-print-directory crawl
	$(Q)/usr/bin/python3 bench/lists.py $(BUILD) $(ROUNDS)

# ---- what must be there ----

# With everything there these do nothing, and need no rights.
deps:
	$(Q).ci/deps '$(PACKAGES) cmocka' $(DEBIAN_BUILD) $(DEBIAN_TEST)

# For the program and the demo, without the tests.
deps-build:
	$(Q).ci/deps '$(PACKAGES)' $(DEBIAN_BUILD)

# For the tests in a browser: on a bare Debian 850 MB of its packages, and 16 of npm's.
deps-look:
	$(Q)tests/browser/install.sh

# For the tests with many machines: a PostgreSQL server, of which no cluster is made.
deps-postgres:
	$(Q)tests/postgres/install.sh

# ---- installing ----

SHARE = $(DESTDIR)$(PREFIX)/share
BASH_COMPLETION = $(SHARE)/bash-completion/completions/crawl
ZSH_COMPLETION = $(SHARE)/zsh/site-functions/_crawl
FISH_COMPLETION = $(SHARE)/fish/vendor_completions.d/crawl.fish

install: $(BUILD)/crawl $(MANUALS)
	install -Dm755 $(BUILD)/crawl "$(DESTDIR)$(PREFIX)/bin/crawl"
	for page in $(notdir $(MANUALS)); do \
		install -Dm644 $(BUILD)/$$page "$(SHARE)/man/man$${page##*.}/$$page" || exit 1; done
	$(BUILD)/crawl completion bash | install -Dm644 /dev/stdin "$(BASH_COMPLETION)"
	$(BUILD)/crawl completion zsh | install -Dm644 /dev/stdin "$(ZSH_COMPLETION)"
	$(BUILD)/crawl completion fish | install -Dm644 /dev/stdin "$(FISH_COMPLETION)"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/crawl" \
		$(foreach page,$(notdir $(MANUALS)),"$(SHARE)/man/man$(patsubst .%,%,$(suffix $(page)))/$(page)") \
		"$(BASH_COMPLETION)" "$(ZSH_COMPLETION)" "$(FISH_COMPLETION)"

# ---- giving it away ----

DIST = crawl-$(VERSION)

# The files of the last commit; of an unpacked tarball, all that was in it.  The same files are the same bytes.
dist:
	@mkdir -p $(BUILD)
	$(Q)if [ -e .git ]; then \
		git archive --format=tar --prefix=$(DIST)/ HEAD; \
	else \
		tar --create --sort=name --owner=0 --group=0 --numeric-owner --exclude=./build --exclude=./crawl --exclude=node_modules \
			--transform='s,^\.,$(DIST),' .; \
	fi | gzip -9n >$(BUILD)/$(DIST).tar.gz
	@echo "  DIST  $(BUILD)/$(DIST).tar.gz"

# What Debian reads of CHANGELOG.md.
debian/changelog: CHANGELOG.md .ci/changelog Makefile
	$(Q).ci/changelog VERSION=$(VERSION) CHANGELOG.md >$@.new && mv $@.new $@

# The documents say what is printed now, but for what is cut with "...".  Look at the difference: is it meant?
documents: crawl $(BUILD)/site
	$(Q)DOCS_UPDATE=1 tests/docs.sh $(BUILD) README.md docs/tutorial.md docs/cookbook.md \
		docs/patterns.md docs/faq.md

# The picture of the README, from a run.
picture: crawl $(BUILD)/site
	$(Q).ci/picture $(BUILD) >docs/run.svg.new && mv docs/run.svg.new docs/run.svg

# For whoever must know it: contrib/PKGBUILD, .ci/package.
version:
	@echo $(VERSION)

# Built, looked through, installed in a bare tree, used there and removed: some minutes.
package:
	$(Q).ci/package

clean:
	rm -rf build crawl

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

.PHONY: all crawl fuzz fuzz-cover check run-tests arrows analyse cover demo bench bench-postgres nodes kills torture fuzz-net soak lists guard have deps deps-build deps-look deps-postgres check-look install uninstall dist \
	documents picture version package clean help
.SECONDARY:
.DELETE_ON_ERROR:
-include $(BUILD)/crawler/main.d $(OBJECTS:.o=.d) $(TESTS:%=%.d) $(TEST_HELPERS:.o=.d) \
	$(SITE_OBJECTS:.o=.d) $(GUARD_OBJECTS:.o=.d) $(BENCHES:%=%.d)
