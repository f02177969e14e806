# A door to Meson: make run | test | test-full | bench | fuzz | format | install
#
# Variables: CC, ONCE=1 (run), LISTEN=ws://HOST:PORT (run), FUZZ_SECONDS (fuzz,
# test-full), ROUNDS and WRITE=1 (bench), SETUP="-Dprefix=/usr" (what else Meson
# is told), DESTDIR (install)

BUILD = build
export FUZZ_SECONDS ?= 60
ROUNDS ?= 5

all: build

deps:
	tests/run/deps.sh build

build: deps
	tests/run/setup.sh $(BUILD) $(SETUP)
	ninja -C $(BUILD)

run: build
	PATH="$(CURDIR)/$(BUILD)/daemon:$(CURDIR)/$(BUILD)/client/cli:$$PATH" docs/examples/first-call.sh

test:
	tests/run/deps.sh build test
	tests/run/test.sh

test-full:
	tests/run/deps.sh build test full
	tests/run/test-full.sh

bench:
	tests/run/deps.sh build test
	tests/run/npm.sh
	tests/run/setup.sh $(BUILD) -Dtests=true
	ninja -C $(BUILD)
	meson test -C $(BUILD) --no-rebuild --benchmark --verbose --num-processes 1 --logbase benchlog
	tests/bench/bench.py --build $(BUILD) --rounds $(ROUNDS) $(if $(WRITE),--write docs/performance.md)

fuzz:
	tests/run/deps.sh build test full
	tests/run/test-full.sh fuzz

format:
	git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

install: build
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf build build-*

.PHONY: all deps build run test test-full bench fuzz format install clean
