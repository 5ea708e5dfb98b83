# SPDX-License-Identifier: MIT
# The project's commands, for people and CI: `make help` lists them. CMake does the building (CMakeLists.txt,
# CMakePresets.json); what it needs is installed by tools/install-packages.sh when it is missing.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DEMO ?= build/demo
FUZZ_SECONDS ?= 60

CONFIGURE := cmake -S . -B build -G Ninja -D CMAKE_BUILD_TYPE=Release
BUILD := cmake --build build --parallel $(JOBS)
SOURCES = $(shell git ls-files '*.cpp' '*.h')

.DEFAULT_GOAL := help
.PHONY: help demo build test bench sanitize fuzz format lint docs golden install clean

help: ## print this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: program ## build the command and render configs/demo.yaml with it
	@build/decoupage run configs/demo.yaml --seed 1..4 --output-dir $(DEMO) --overwrite
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

# SKIP='cli tools' leaves out the tests that start the command and those that judge the embedded model: most of the time.
sanitize: ## run all tests under address+undefined sanitizer, and the engine's under thread sanitizer
	@tools/install-packages.sh build test
	@cmake --preset asan && cmake --build --preset asan --parallel $(JOBS)
	@ctest --preset asan --parallel $(JOBS) -LE '^(house|package$(subst $() ,,$(foreach label,$(SKIP),|$(label))))$$'
	@cmake --preset tsan && cmake --build --preset tsan --parallel $(JOBS)
	@ctest --preset tsan --parallel $(JOBS)

fuzz: ## run each fuzzer (tests/fuzz) for FUZZ_SECONDS, a minute
	@tools/install-packages.sh build fuzz
	@cmake --preset fuzz >/dev/null && cmake --build --preset fuzz --parallel $(JOBS)
	@ls tests/fuzz/*.cpp | xargs -P $(JOBS) -I FILE sh -c 'tests/fuzz/run.sh $$(basename FILE .cpp) $(FUZZ_SECONDS)'

format: ## bring all sources into the form of .clang-format
	@tools/install-packages.sh format
	@clang-format -i $(SOURCES)

lint: ## check the form of all sources, and the engine's locks and more where there is a clang++ and a clang-tidy
	@tools/install-packages.sh build format
	@clang-format --dry-run -Werror $(SOURCES)
	@if command -v clang++ >/dev/null; then \
	  git ls-files 'graph/*.cpp' | xargs -P $(JOBS) -n 4 clang++ -std=c++20 -I . -fsyntax-only -Wthread-safety -Werror=thread-safety; \
	else echo "no clang++ here: whether what a mutex guards is used under it was not checked"; fi
	@if command -v clang-tidy >/dev/null; then \
	  cmake --preset lint >/dev/null && \
	    git ls-files 'graph/*.cpp' | xargs -P $(JOBS) -n 2 clang-tidy -p build-lint --quiet --warnings-as-errors='*' \
	      --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unused-command-line-argument 2>/dev/null; \
	else echo "no clang-tidy here: what it finds was not looked for"; fi

# What the embedded model is judged by (tests/tools/embedded_model_test.cpp): no such pair was drawn in training.
UNSEEN := --prompt "a purple sun on yellow paper, paper cut" --prompt "a red moon at night, painted" \
  --prompt "a green star in the sky, paper cut" --prompt "a blue house on a meadow, paper cut" \
  --prompt "a pink tree on a meadow, painted" --prompt "an orange flower on blue paper, paper cut" \
  --prompt "a yellow fish by the sea, painted" --prompt "a purple boat by the sea, paper cut" \
  --prompt "a white heart on red paper, painted" --prompt "a pink mountain at night, paper cut"

docs: program ## write docs/nodes.md, the schema of graph files and the pictures in docs/ anew
	@build/decoupage inspect --markdown >docs/nodes.md
	@build/decoupage schema >docs/graph.schema.json
	@build/decoupage limits --markdown >docs/limits.md
	@build/decoupage run configs/demo.yaml --seed 1..4 --set save-sheet.path=demo.jpg --set save-sheet.recipe=false --output-dir build/picture --overwrite
	@build/decoupage run configs/collage_sweep.yaml --prompt "a red moon at night, painted" --source-images 'assets/papers/photo-*.jpg' \
	  --pixel-render-scale 1,2 --seed 1..8 --set save-sheet.path=collagenet.jpg --set save-sheet.recipe=false --output-dir build/picture --overwrite --quiet
	@build/decoupage run configs/prompts.yaml $(UNSEEN) --seed 0..7 --set save-sheet.path=embedded-prompts.jpg --set save-sheet.recipe=false \
	  --output-dir build/picture --overwrite --quiet
	@build/decoupage run configs/regional.yaml --seed 1 --steps 12 --guidance-scale 3 --set save.path=embedded-regional.jpg \
	  --set save.recipe=false --output-dir build/picture --overwrite --quiet
	@build/decoupage run configs/mixture_grid.yaml --params examples/mixture/linearForest.json --set save.path=mixture-forest.jpg \
	  --set save.recipe=false --output-dir build/picture --overwrite --quiet
	@build/decoupage run configs/mixture_canvas.yaml --params examples/mixture/night.json --set save.path=mixture-night.jpg \
	  --set save.recipe=false --output-dir build/picture --overwrite --quiet
	@build/decoupage run configs/collage_noise.yaml --noise 0,0.1,0.4 --seed 1..3 --set save-sheet.path=collage-noise.jpg \
	  --set save-sheet.recipe=false --output-dir build/picture --overwrite --quiet
	@rm -rf build/steps build/edited && build/decoupage run configs/collage_diffusion.yaml --seed 3 --noise-blur 2 --guidance-scale 3 \
	  --name b-first --tap all.image=a-layers.png --output-dir build/steps --quiet
	@build/decoupage rerun build/steps/b-first.png --background build/steps/b-first.png --layers[0].noise 0 --layers[1].noise 0 \
	  --prompt "a purple house and a yellow sun on a meadow, painted" --layers[2].text "purple house" --layers[2].noise 0.95 \
	  --guidance-scale 4 --seed 5 --name c-edited --output-dir build/edited --quiet
	@cp build/edited/c-edited.png build/steps && build/decoupage run examples/collage_diffusion/beside.yaml --pictures build/steps \
	  --set save.path=collage-edit.jpg --set save.recipe=false --output-dir build/picture --overwrite --quiet
	@mkdir -p docs/images && cd build/picture && \
	  cp collage-edit.jpg collage-noise.jpg demo.jpg collagenet.jpg embedded-prompts.jpg embedded-regional.jpg mixture-forest.jpg mixture-night.jpg ../../docs/images

golden: everything ## make the golden pictures in tests/data/golden anew
	@mkdir -p tests/data/golden
	@DECOUPAGE_WRITE_GOLDEN=$(CURDIR)/tests/data/golden build/cli_tests --gtest_filter='*Golden.Picture*'

install: build ## install under PREFIX (default /usr/local)
	@cmake --install build --prefix $(PREFIX)

clean: ## remove what was built
	@rm -rf build build-asan build-cuda build-dev build-fuzz build-lint build-tsan
