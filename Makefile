# gctide - see `make help`. Everything built lands under $(B), so variants never mix.
B        ?= build
CFLAGS   ?= -O2 -g
prefix   ?= /usr/local
bindir   ?= $(prefix)/bin
DYGRAPHS ?= /usr/share/javascript/dygraphs# where the charting library's dygraph.min.js and .css are
mandir   ?= $(prefix)/share/man
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wformat=2 -Wpointer-arith
override CFLAGS   += -std=c17 $(WARN)
override CPPFLAGS += -D_GNU_SOURCE -Iinclude -I$(B)/gen -MMD -MP
LIBS     := -lunwind-generic -lunwind -lprotobuf-c -ldw -lelf -lzstd -lz -ljansson -lgsl -lgslcblas -lpthread -ldl -lm
Q        := $(if $(V),,@)

LIB_SRC  := $(filter-out src/cmd/main.c,$(wildcard src/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o) $(B)/gen/profile.pb-c.o
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
TOOL_BIN := $(patsubst %.c,$(B)/%,$(wildcard tests/tools/*.c))
GO_ENV   := GOTOOLCHAIN=local CGO_ENABLED=0 GO111MODULE=on GOFLAGS=

all: $(B)/gctide ## build gctide (the default)

$(B)/gctide: $(B)/src/cmd/main.o $(B)/libgctide.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/libgctide.a: $(LIB_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# Code that a tool writes: the pprof format's messages. It is not ours to be warned about.
$(B)/gen/profile.pb-c.c $(B)/gen/profile.pb-c.h &: src/render/profile.proto
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=src/render --c_out=$(B)/gen profile.proto

$(B)/gen/%.o: $(B)/gen/%.c Makefile
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -w -c $< -o $@

# Lines as C strings, without comments and indentation.
TO_C := -e 's/^[ \t]*//' -e '/^$$/d' -e '/^\/\//d' -e '/^\/\*.*\*\/$$/d' -e 's/[\\"?]/\\&/g' -e 's/.*/"&\\n"/'

$(B)/gen/flame.%.inc: src/render/flame.%
	@mkdir -p $(@D)
	$(Q)sed $(TO_C) $< >$@

# The page of the timeline: ours like that, the charting library as it is, but for its source map.
$(B)/gen/timeline.%.inc: src/render/timeline.%
	@mkdir -p $(@D)
	$(Q)sed $(TO_C) $< >$@

$(B)/gen/experiment.css.inc: src/render/experiment.css
	@mkdir -p $(@D)
	$(Q)sed $(TO_C) $< >$@

$(B)/gen/%.js.inc: src/render/%.js
	@mkdir -p $(@D)
	$(Q)sed $(TO_C) $< >$@

$(B)/gen/dygraph.%.inc: $(DYGRAPHS)/dygraph.min.%
	@mkdir -p $(@D)
	$(Q)sed -e '/^\/[\/*]# sourceMappingURL/d' -e 's/[\\"?]/\\&/g' -e 's/.*/"&\\n"/' $< >$@

generated: $(B)/gen/profile.pb-c.h $(B)/gen/flame.css.inc $(B)/gen/flame.js.inc \
	$(B)/gen/timeline.css.inc $(B)/gen/timeline.js.inc $(B)/gen/dygraph.css.inc $(B)/gen/dygraph.js.inc \
	$(B)/gen/experiment.css.inc $(B)/gen/compare.js.inc $(B)/gen/bench.js.inc

$(B)/src/render/pprof.o: | $(B)/gen/profile.pb-c.h
$(B)/src/render/timeline_page.o: | $(B)/gen/timeline.css.inc $(B)/gen/timeline.js.inc \
	$(B)/gen/dygraph.css.inc $(B)/gen/dygraph.js.inc
$(B)/src/render/compare_page.o: | $(B)/gen/experiment.css.inc $(B)/gen/compare.js.inc \
	$(B)/gen/dygraph.css.inc $(B)/gen/dygraph.js.inc
$(B)/src/render/grid_json.o: | $(B)/gen/experiment.css.inc $(B)/gen/bench.js.inc
$(B)/src/render/flame_page.o: | $(B)/gen/flame.css.inc $(B)/gen/flame.js.inc

# A unit test reaches the internal headers of a module through -Isrc; the program may not.
$(B)/tests/unit/%: tests/unit/%.c $(B)/libgctide.a Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Isrc $(CFLAGS) $(LDFLAGS) $< $(B)/libgctide.a -lcmocka $(LIBS) -o $@

$(B)/tests/tools/%: tests/tools/%.c $(B)/libgctide.a Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Isrc $(CFLAGS) $(LDFLAGS) $< $(B)/libgctide.a $(LIBS) -o $@

# Frame pointers, for the stacks that bench_samplers makes the kernel walk.
$(B)/tests/bench/%: tests/bench/%.c $(B)/libgctide.a Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Isrc $(CFLAGS) -fno-omit-frame-pointer $(LDFLAGS) $< $(B)/libgctide.a $(LIBS) -o $@

samples: ## build the sample programs (Go 1.19 or later)
	@mkdir -p $(B)/samples
	$(Q)cd samples && $(GO_ENV) go build -o $(abspath $(B))/samples/ ./...

demo: ## install what is missing, build, record a sample, print its report
	$(Q)tools/setup.sh demo
	$(Q)$(MAKE) --no-print-directory all samples
	$(B)/gctide record -o $(B)/demo.rec -- $(B)/samples/bursty >$(B)/demo.json
	$(B)/gctide report $(B)/demo.rec

test: ## install what is missing, build, run unit and integration tests
	$(Q)tools/setup.sh test
	$(Q)$(MAKE) --no-print-directory all unit-binaries
	$(Q)B='$(B)' tests/run.sh

unit-binaries: $(UNIT_BIN) $(TOOL_BIN)

unit: all $(UNIT_BIN) ## run the unit tests only
	$(Q)B='$(B)' tests/run.sh unit

check: ## all that CI runs: tests, sanitizers, fuzzing, layers, format, lint, docs
	$(Q)tools/setup.sh check
	$(Q)tools/check.sh

asan: ## the suite under address and undefined-behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory B=build/asan \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' test

fuzz: ## each fuzz target for FUZZ_SECONDS (default 10)
	$(Q)tools/fuzz.sh

bench: all $(addprefix $(B)/tests/bench/,bench_symbols bench_samplers bench_returns bench_recording bench_tracetext) ## slow-down of targets, speed of parse and report, in one run
	$(Q)B='$(B)' tools/bench.sh

test-matrix: all $(TOOL_BIN) ## the samples under every Go release that can be had here
	$(Q)B='$(B)' tools/test-matrix.sh

layers: ## module boundaries
	$(Q)tools/check-layers.sh

tidy: ## clang-tidy
	$(Q)tools/tidy.sh

lint: ## layers, format, scripts, manual page, clang-tidy: what needs no test run
	$(Q)tools/lint.sh

format: ## rewrite the C files in the project's format
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

install: all ## DESTDIR and prefix are respected
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(mandir)/man1
	install -m 755 $(B)/gctide $(DESTDIR)$(bindir)/gctide
	install -m 644 docs/gctide.1 $(DESTDIR)$(mandir)/man1/gctide.1

uninstall:
	rm -f $(DESTDIR)$(bindir)/gctide $(DESTDIR)$(mandir)/man1/gctide.1

print-libs: # for scripts that link by themselves
	@echo '$(LIBS)'

help: ## this page
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

clean:
	rm -rf $(B)

-include $(LIB_OBJ:.o=.d) $(B)/src/cmd/main.d $(UNIT_BIN:=.d) $(TOOL_BIN:=.d)
.PHONY: all samples demo test unit unit-binaries check asan fuzz bench test-matrix layers tidy lint format \
	install uninstall print-libs generated help clean
.SECONDARY:
