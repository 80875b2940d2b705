# gctide - see `make help`. Everything built lands under $(B), so variants never mix.
B        ?= build
CFLAGS   ?= -O2 -g
prefix   ?= /usr/local
bindir   ?= $(prefix)/bin
mandir   ?= $(prefix)/share/man
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wformat=2 -Wpointer-arith
override CFLAGS   += -std=c17 $(WARN)
override CPPFLAGS += -D_GNU_SOURCE -Iinclude -MMD -MP
LIBS     := -lpfm -lelf -lzstd -lz -ljansson -lpthread -lm
Q        := $(if $(V),,@)

LIB_SRC  := $(filter-out src/cmd/main.c,$(wildcard src/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)

all: $(B)/gctide

$(B)/gctide: $(B)/src/cmd/main.o $(B)/libgctide.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/libgctide.a: $(LIB_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# A unit test reaches the internal headers of a module through -Isrc; the program may not.
$(B)/tests/unit/%: tests/unit/%.c $(B)/libgctide.a Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Isrc $(CFLAGS) $(LDFLAGS) $< $(B)/libgctide.a -lcmocka $(LIBS) -o $@

unit-binaries: $(UNIT_BIN)

unit: $(UNIT_BIN)
	$(Q)for t in $(UNIT_BIN); do $$t || exit 1; done

layers:
	$(Q)tools/check-layers.sh

clean:
	rm -rf $(B)

-include $(LIB_OBJ:.o=.d) $(B)/src/cmd/main.d $(UNIT_BIN:=.d)
.PHONY: all unit unit-binaries layers clean
.SECONDARY:
