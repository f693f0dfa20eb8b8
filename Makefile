# make                build the gateway: build/plumbline
# make run            install what is missing, build, start with rules/gateway.yaml
# make demo           all flows of rules/flows, through a gateway and simulated services of their own; ends by itself
# make check          everything a change must pass (SAN=1: unit and system tests with ASan, UBSan)
# make unit           unit tests; T=json/pointer runs one
# make contracts      the contracts of contracts/ under third-party linters
# make system         tests of the whole program; T=name runs one
# make conformance    the standards' own test suites; T=name runs one
# make lint           compiler warnings as errors, cppcheck, clang-tidy
# make format         lay out every C file (make format-check only asks)
# make tsan           unit and system tests under ThreadSanitizer
# make fuzz TIME=60   every fuzz target for TIME seconds; T=name runs one
# make bench          CPU per request, side by side with nginx; T=enforce: some rows, T=document: tests/bench/document_bench.c
# make bench-soak     three million exchanges: does memory grow?
# make docs           write the pages that come from tables (docs/violations.md, refusals.md, changes.md)
# make deps           install what building and testing need
# make install        to DESTDIR and PREFIX (/usr/local)
# make clean          remove build/, but not the installed test tools (make distclean: all of it)
# make help           this list
#
# Everything built is under build/; CC, CFLAGS, LDFLAGS are yours. A new source file needs no edit here.

PREFIX  ?= /usr/local
TIME    ?= 60
VARIANT := $(if $(SAN),/san)$(if $(TSAN),/tsan)$(if $(FUZZ),/fuzz)
OUT     := build$(VARIANT)
Q       := $(if $(V),,@)

CHECKED  := -O1 -g -fno-omit-frame-pointer
CFLAGS   ?= $(if $(VARIANT),$(CHECKED),-O2 -g -D_FORTIFY_SOURCE=2)
SANITIZE :=
ifdef SAN
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
endif
ifdef TSAN
SANITIZE := -fsanitize=thread
endif
ifdef FUZZ
CC       := clang
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
endif
HARDEN   := -fstack-protector-strong -fPIE
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla $(if $(WERROR),-Werror)

PACKAGES := libmicrohttpd libcurl openssl libpcre2-8 libfyaml zlib libbrotlidec libbrotlienc libzstd libidn2 \
            lua5.4 sqlite3
FLAGS     = -std=c11 -D_GNU_SOURCE $(WARNINGS) -pthread $(HARDEN) $(SANITIZE) -Igateway \
            $(subst -I,-isystem ,$(shell pkg-config --cflags $(PACKAGES))) $(CPPFLAGS) $(CFLAGS)
LINK      = $(CC) -pthread -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE) $(CFLAGS) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lm

SOURCES := $(wildcard gateway/*/*.c gateway/*/*/*.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/embedded.o
LIBRARY := $(OUT)/libplumbline.a
UNIT    := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/unit/*_test.c tests/unit/*/*_test.c))
FUZZERS := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/fuzz/*.c))
EMBED   := $(wildcard docs/schema/*.json docs/schema/*/*.json docs/schema/*/*/*.json gateway/admin/ui/* \
             gateway/report/ui/* gateway/sandbox/*.lua)
C_FILES := $(wildcard gateway/*.[ch] gateway/*/*.[ch] gateway/*/*/*.[ch] tests/unit/*.[ch] tests/unit/*/*.[ch] \
             tests/fuzz/*.[ch] tests/bench/*.[ch] tests/conformance/*.[ch])

export CC OUT T TIME PREFIX DESTDIR C_FILES
export PLUMBLINE_BIN    := $(CURDIR)/$(OUT)/plumbline
export PLUMBLINE_SUITES ?= $(abspath $(wildcard ../shared/suites))
export PATH := $(CURDIR)/build/npm/bin:$(CURDIR)/build/npm/node_modules/.bin:$(PATH):/usr/sbin

all: $(if $(wildcard gateway/main.c),$(OUT)/plumbline,$(LIBRARY))

help: ; @sed -n '/^$$/q; s/^#\( \|$$\)//p' Makefile

# Building

$(OUT)/plumbline: $(OUT)/gateway/main.o $(LIBRARY)
	@echo "  link     $@"
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(OUT)/%.o: %.c Makefile | $(OUT)/libraries
	@mkdir -p $(@D)
	@echo "  compile  $<"
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

$(OUT)/libraries:
	@pkg-config --exists --print-errors $(PACKAGES) || \
	{ echo "something to build with is missing; 'make deps' installs it"; exit 1; }
	@mkdir -p $(@D) && touch $@

# Files that are part of the program: the table of base/embedded.h.
$(OUT)/embedded.c: gateway/base/embed.sh $(EMBED) FORCE
	@mkdir -p $(@D)
	@sh gateway/base/embed.sh $(EMBED) > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(OUT)/embedded.o: $(OUT)/embedded.c $(EMBED) | $(OUT)/libraries
	$(Q)$(CC) $(FLAGS) -c -o $@ $<

# A unit test and a fuzz target are programs of their own, which link what they need of the library.
$(OUT)/unit/%: tests/unit/%.c Makefile $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  test     $<"
	$(Q)$(CC) $(FLAGS) -Itests/unit -MMD -MP -MF $@.d -MT $@ -c -o $@.o $<
	$(Q)$(LINK) -o $@ $@.o $(LIBRARY) -lcmocka $(LIBS)

$(OUT)/conformance/%: tests/conformance/%.c Makefile $(LIBRARY)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(FLAGS) -o $@ $< $(LIBRARY) $(LIBS)

$(OUT)/bench/%: tests/bench/%.c Makefile $(LIBRARY)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(FLAGS) -o $@ $< $(LIBRARY) $(LIBS)

$(OUT)/fuzz/%: tests/fuzz/%.c Makefile $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  fuzz     $<"
	$(Q)$(LINK) $(FLAGS) -fsanitize=fuzzer -o $@ $< $(LIBRARY) $(LIBS)

# Running and testing

run: deps-build
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@exec $(PLUMBLINE_BIN) serve -c rules/gateway.yaml

demo: deps-build
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/run/demo.sh

check: deps ; @tests/run/check.sh $(if $(SAN),build unit system,format-check build unit contracts system conformance lint)

build: ; @$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 all unit-programs

unit-programs: $(UNIT)

unit: $(if $(T),$(OUT)/unit/$(T)_test,$(UNIT))
	@tests/run/unit.sh $^

contracts system conformance: deps-test all
	@tests/run/suite.mjs $@ $(T)

tsan: ; @$(MAKE) --no-print-directory TSAN=1 all unit-programs && TSAN=1 tests/run/check.sh unit system

fuzz: ; @$(MAKE) --no-print-directory FUZZ=1 fuzz-programs && OUT=build/fuzz tests/run/fuzz.sh

fuzz-programs: $(FUZZERS)

BENCH_C := $(if $(T),$(wildcard tests/bench/$(T)_bench.c))
bench: $(if $(BENCH_C),$(OUT)/bench/$(T)_bench,all)
	@$(if $(BENCH_C),$<,tests/bench/bench.mjs)

bench-soak: all ; @T=soak tests/bench/bench.mjs

format:       ; @clang-format -i $(C_FILES)
format-check:
	@if clang-format --dry-run $(C_FILES) 2>&1 | sed -nE 's/^([^: ]+):[0-9]+:.*/\1/p' | sort -u | grep .; \
	then echo "'make format' lays out these files"; exit 1; fi
	@if LC_ALL=C.UTF-8 grep -nE '.{121}' $(C_FILES); then echo "these lines are longer than 120 columns"; exit 1; fi
	@if awk 'FNR == 1 {code = 0} /^```/ {code = !code} !code && !/^\|/ && length > 140 {print FILENAME ":" FNR; long = 1} END {exit !long}' \
	    *.md docs/*.md docs/*/*.md rules/*/*.md; then echo "prose is wrapped at 140 columns"; exit 1; fi
lint: export FLAGS_FOR_LINT = $(filter-out -Werror -D_FORTIFY_SOURCE=%,$(FLAGS)) -Itests/unit
lint: ; @tests/run/lint.sh

docs: all
	$(PLUMBLINE_BIN) contract violations > docs/violations.md
	$(PLUMBLINE_BIN) contract refusals > docs/refusals.md
	$(PLUMBLINE_BIN) contract changes > docs/changes.md

# Installing and cleaning

deps: deps-build deps-test
deps-build: ; @tests/deps/install.sh tests/deps/build.txt
deps-test:  ; @tests/deps/install.sh tests/deps/test.txt && tests/npm/install.sh

install: all
	install -D $(OUT)/plumbline $(DESTDIR)$(PREFIX)/bin/plumbline
	$(if $(wildcard docs/plumbline.1),install -Dm644 docs/plumbline.1 $(DESTDIR)$(PREFIX)/share/man/man1/plumbline.1)
	mkdir -p $(DESTDIR)$(PREFIX)/share/plumbline
	cp -R $(wildcard contracts rules) $(DESTDIR)$(PREFIX)/share/plumbline/

clean:     ; rm -rf $(filter-out build/npm,$(wildcard build/*))
distclean: ; rm -rf build

-include $(wildcard $(OUT)/gateway/*.d $(OUT)/gateway/*/*.d $(OUT)/gateway/*/*/*.d $(OUT)/unit/*.d $(OUT)/unit/*/*.d)

FORCE:
.PHONY: all help docs run demo check build unit unit-programs contracts system conformance tsan fuzz fuzz-programs bench bench-soak format \
        format-check lint deps deps-build deps-test install clean distclean FORCE
.DELETE_ON_ERROR:
