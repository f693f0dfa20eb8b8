# make                build the gateway: build/plumbline
# make run            install what is missing, build, and start it with rules/gateway.yaml
# make check          everything a change must pass (SAN=1: unit and system tests under ASan and UBSan)
# make unit           unit tests; T=json/pointer runs one
# make system         tests of the whole program; T=name runs one
# make conformance    the standards' own test suites; T=name runs one
# make lint           compiler warnings as errors, cppcheck, clang-tidy
# make format         lay out every C file (make format-check only asks)
# make tsan           unit and system tests under ThreadSanitizer
# make fuzz TIME=60   every fuzz target for TIME seconds; T=name runs one
# make bench          CPU per request, side by side with nginx
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

PACKAGES := libmicrohttpd libcurl openssl jansson libpcre2-8 libfyaml lua5.4 sqlite3 zlib libbrotlidec libbrotlienc \
            libzstd libidn2
FLAGS     = -std=c11 -D_GNU_SOURCE $(WARNINGS) -pthread $(HARDEN) $(SANITIZE) -Igateway \
            $(subst -I,-isystem ,$(shell pkg-config --cflags $(PACKAGES))) $(CPPFLAGS) $(CFLAGS)
LINK      = $(CC) -pthread -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE) $(CFLAGS) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES))

SOURCES := $(wildcard gateway/*/*.c gateway/*/*/*.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/embedded.o
LIBRARY := $(OUT)/libplumbline.a
UNIT    := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/unit/*_test.c tests/unit/*/*_test.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/*.c))
EMBED   := $(wildcard docs/schema/*.json docs/schema/*/*.json gateway/admin/ui/*)

export OUT PLUMBLINE_BIN := $(or $(PLUMBLINE_BIN),$(CURDIR)/$(OUT)/plumbline)
export PLUMBLINE_SUITES  ?= $(abspath $(wildcard ../shared/suites))

all: $(if $(wildcard gateway/main.c),$(OUT)/plumbline,$(LIBRARY))

help: ; @sed -n 's/^# //p' Makefile

$(OUT)/plumbline: $(OUT)/gateway/main.o $(LIBRARY)
	$(LINK) -o $@ $^ $(LIBS)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

# Files that are part of the program: the table of base/embedded.h.
$(OUT)/embedded.c: gateway/base/embed.sh $(EMBED) FORCE
	@mkdir -p $(@D)
	@sh gateway/base/embed.sh $(EMBED) > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(OUT)/embedded.o: $(OUT)/embedded.c $(EMBED)
	$(CC) $(FLAGS) -c -o $@ $<

# A unit test is one program; it links what it needs of the library.
$(OUT)/unit/%: tests/unit/%.c tests/unit/unit.h $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -Itests/unit -MMD -MP -MF $@.d -c -o $@.o $<
	$(LINK) -o $@ $@.o $(LIBRARY) -lcmocka $(LIBS)

unit-programs: $(UNIT)

unit: $(if $(T),$(OUT)/unit/$(T)_test,$(UNIT))
	@tests/run/unit.sh $(if $(T),$(OUT)/unit/$(T)_test,$(UNIT))

clean:
	rm -rf $(filter-out build/npm build/node,$(wildcard build/*))

distclean:
	rm -rf build

-include $(wildcard $(OUT)/gateway/*.d $(OUT)/gateway/*/*.d $(OUT)/gateway/*/*/*.d $(OUT)/unit/*.d $(OUT)/unit/*/*.d)

FORCE:
.PHONY: all help unit unit-programs clean distclean FORCE
.DELETE_ON_ERROR:
