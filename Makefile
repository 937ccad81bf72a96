# crawl: build, test, demo, install.  `make help` lists the targets.
#
#   make              build ./crawl            make SAN=1 ...    ASan and UBSan, in build/san
#   make check        build and run the tests  make WERROR=1     warnings are errors
#   make demo         the main job on the demo site              make V=1   show the commands

VERSION = 0.1.0
PREFIX ?= /usr/local
CC ?= cc
CFLAGS ?= -O2 -g
SAN ?= 0
COVER ?= 0
WERROR ?= 0
V ?= 0

BUILD = build
ifeq ($(SAN),1)
BUILD = build/san
FLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(COVER),1)
BUILD = build/cover
FLAGS += --coverage -O0
endif
ifeq ($(WERROR),1)
FLAGS += -Werror
endif
Q = $(if $(filter 1,$(V)),,@)

PACKAGES = libcurl libpcre2-8 sqlite3 yaml-0.1 uchardet libzstd zlib libbrotlidec libxxhash smartcols expat
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
FLAGS += -std=c11 -D_GNU_SOURCE -DPCRE2_CODE_UNIT_WIDTH=8 -DCRAWL_VERSION='"$(VERSION)"' -I. $(WARNINGS) -MMD -MP
LIBS = $(shell pkg-config --libs $(PACKAGES))
INCLUDES = $(shell pkg-config --cflags $(PACKAGES))

SOURCES = $(wildcard crawler/*.c parsers/*.c store/*.c)
OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(filter-out crawler/main.c,$(SOURCES)))
TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/test_*.c))

all: crawl

crawl: $(BUILD)/crawl
	$(Q)ln -sf $< $@

$(BUILD)/crawl: $(BUILD)/crawler/main.o $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

$(BUILD)/libcrawl.a: $(OBJECTS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) $(INCLUDES) -c -o $@ $<

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(BUILD)/libcrawl.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS) -lcmocka

check: $(TESTS)
	@for test in $(TESTS); do $$test || exit 1; done

clean:
	rm -rf build crawl

.PHONY: all check clean
.SECONDARY:
-include $(OBJECTS:.o=.d) $(TESTS:%=%.d)
