# Every verb sets up what it needs; none asks a question.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export PATH := $(PATH):/opt/swift/usr/bin

# A target's imports must be declared in Package.swift: the arrows of the house.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# The release programs bring the Swift runtime along: they run where no Swift is installed, and faster.
RELEASE := -c release --static-swift-stdlib

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## install what is missing: Debian packages, the OpenVINO runtime, the model
	@ops/setup/packages.sh
	@ops/setup/model.sh

build: setup ## build the release program at .build/release/vitrine
	@swift build $(RELEASE) $(SWIFT_FLAGS) --product vitrine

PREFIX ?= $(HOME)/.local
install: build ## put the program at PREFIX/bin/vitrine ($HOME/.local), with its libraries and models
	@ops/setup/install.sh "$(PREFIX)"

demo: build ## crawl a built-in site, search it, and serve the page until Ctrl-C
	@.build/release/vitrine demo

test: setup ## run every test
	@swift build --build-tests $(SWIFT_FLAGS)
	@ops/setup/test.sh

test-threads: ## run the index's tests under the thread sanitizer
	@swift test --sanitize=thread --scratch-path .build-tsan --filter VectorSearchTests

lint: ## check the style of every source
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests storage ops
	@ops/setup/lint.sh

format: ## rewrite the sources in that style
	@swift format format --in-place --recursive --parallel Package.swift Sources Tests storage ops

run: build ## serve the catalog of ./vitrine.yaml
	@.build/release/vitrine serve

fuzz: setup ## fuzz the readers of bytes from outside, FUZZ_SECONDS each (60)
	@ops/fuzz/run.sh

bench-crawl: build ## CPU time a page, beside Scrapy with extruct
	@ops/bench/crawl/run.sh

bench-extract: setup ## pages a CPU second, beside extruct and libxml2's bare parse
	@swift build $(RELEASE) --product bench-extract
	@ops/bench/extract/run.sh

bench-accuracy: setup ## what is read right: PAGES=… a folder of pages with ground truth, PRICES=… price texts
	@swift build $(RELEASE) --product bench-extract
	@ops/bench/extract/accuracy.py --program .build/release/bench-extract \
		$(if $(PAGES),--pages "$(PAGES)") $(if $(PRICES),--prices "$(PRICES)")

BENCH_INDEX = --count 100000 --check 200
bench-index: $(if $(PHOTOS),setup) ## vector search beside FAISS; BENCH_INDEX="--count 1000000 --recall --check 10000", PHOTOS=…
	@for program in index $(if $(PHOTOS),embedding); do \
		swift build $(RELEASE) --product bench-$$program || exit 1; done
	@ops/bench/index/run.sh "$(PHOTOS)" $(BENCH_INDEX)

bench-vision: setup ## duplicates, embedding, retrieval on PHOTOS=…, a folder a class
	@for program in duplicates embedding retrieval; do \
		swift build $(RELEASE) --product bench-$$program || exit 1; done
	@ops/bench/vision/run.sh "$(PHOTOS)"

bench: bench-crawl bench-extract bench-index ## every benchmark that needs no pictures of yours

clean: ## remove what was built, not what was set up
	@rm -rf .build .build-tsan .build-fuzz .build-bench

.PHONY: help setup build install demo test test-threads lint format run fuzz bench bench-accuracy bench-crawl bench-extract bench-index clean
