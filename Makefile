# SPDX-License-Identifier: MIT
# The project's commands, for people and CI: `make help` lists them. CMake does the building (CMakeLists.txt,
# CMakePresets.json); what it needs is installed by tools/install-packages.sh when it is missing.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DEMO ?= build/demo

CONFIGURE := cmake -S . -B build -G Ninja -D CMAKE_BUILD_TYPE=Release
BUILD := cmake --build build --parallel $(JOBS)
SOURCES = $(shell git ls-files '*.cpp' '*.h')

.DEFAULT_GOAL := help
.PHONY: help demo build test bench sanitize format lint docs install clean

help: ## print this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: program ## build the command and render configs/landscape.yaml with it
	@build/decoupage run configs/landscape.yaml --seed 1..4 --output-dir $(DEMO) --overwrite
	@echo && echo "The pictures:" && ls -1 $(DEMO)/*.png | sed 's|^|  |'

# The command alone. Tests stay switched on once `make test` has switched them on.
.PHONY: program
program:
	@tools/install-packages.sh build
	@test -f build/build.ninja || $(CONFIGURE) -D DECOUPAGE_TESTS=OFF -D DECOUPAGE_BENCH=OFF >build.log || { cat build.log; exit 1; }
	@rm -f build.log
	@$(BUILD) --target decoupage

build: program ## build the command and the libraries into build/
	@$(BUILD)

.PHONY: everything
everything:
	@tools/install-packages.sh build test
	@$(CONFIGURE) -D DECOUPAGE_TESTS=ON -D DECOUPAGE_BENCH=ON
	@$(BUILD)

test: everything ## build everything and run all tests
	@ctest --test-dir build --parallel $(JOBS) --output-on-failure --no-tests=error

bench: everything ## build and run the benches (bench/README.md)
	@for bench in build/bench/*; do test ! -x $$bench -o -d $$bench || $$bench || exit 1; done

sanitize: ## run the engine's tests under address+undefined and thread sanitizer
	@tools/install-packages.sh build test
	@for preset in asan tsan; do \
	  cmake --preset $$preset && cmake --build --preset $$preset --parallel $(JOBS) && \
	    ctest --preset $$preset --parallel $(JOBS) || exit 1; \
	done

format: ## bring all sources into the form of .clang-format
	@tools/install-packages.sh format
	@clang-format -i $(SOURCES)

lint: ## check the form of all sources, and the engine with clang-tidy where there is one
	@tools/install-packages.sh build format
	@clang-format --dry-run -Werror $(SOURCES)
	@if command -v clang-tidy >/dev/null; then \
	  cmake --preset lint >/dev/null && \
	    git ls-files 'graph/*.cpp' | xargs -P $(JOBS) -n 2 clang-tidy -p build-lint --quiet --warnings-as-errors='*' \
	      --extra-arg=-Wno-unknown-warning-option 2>/dev/null; \
	else echo "no clang-tidy here: only the form was checked"; fi

docs: program ## write docs/nodes.md, the schema of graph files and the README's picture anew
	@build/decoupage inspect --markdown >docs/nodes.md
	@build/decoupage schema >docs/graph.schema.json
	@build/decoupage run configs/landscape.yaml --seed 1..4 --set save-sheet.path=demo.jpg --output-dir build/picture --overwrite
	@mkdir -p docs/images && cp build/picture/demo.jpg docs/images/demo.jpg

install: build ## install under PREFIX (default /usr/local)
	@cmake --install build --prefix $(PREFIX)

clean: ## remove what was built
	@rm -rf build build-asan build-cuda build-dev build-lint build-tsan
