# Everything is done in .venv, which `make` fills from requirements.lock; nothing else is needed
# than Python 3.11 or newer. DATA=DIR chooses the data directory, ARGS="…" is passed on.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
INSTALLED := .venv/.installed
DATA ?= .helix8
ARGS ?=
PACKAGES := shared datahub target-service spiral-service alert-service report-service gateway deploy
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Without compiled files every process compiles all that it imports, which takes half its start.
unexport PYTHONDONTWRITEBYTECODE

help: ## 列出这些命令 · show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## 安装、启动、载入演示数据 · install, start, load the demo data
	@exec helix8 up --demo --data="$(DATA)" $(ARGS)

up: $(INSTALLED) ## 启动，不载入数据 · start without data
	@exec helix8 up --data="$(DATA)" $(ARGS)

demo: $(INSTALLED) ## 把演示数据载入正在运行的套件 · load the demo data into the running suite
	@helix8 demo --data="$(DATA)" $(ARGS)

down: $(INSTALLED) ## 停止 · stop
	@helix8 down --data="$(DATA)"

status: $(INSTALLED) ## 进程、健康、积压、内存 · processes, health, lag, memory
	@helix8 status --data="$(DATA)"

install: $(INSTALLED) ## 只安装 · install only

check: format style imports types dependencies spelling ## 格式、风格、依赖方向、类型、拼写 · all gates

format: $(INSTALLED)
	ruff format --check .

style: $(INSTALLED)
	ruff check .

imports: $(INSTALLED)
	lint-imports --no-logo

types: $(INSTALLED)
	mypy

dependencies: $(INSTALLED)
	@for package in $(PACKAGES); do echo "deptry $$package"; (cd $$package && deptry src) || exit 1; done

spelling: $(INSTALLED)
	codespell

test: $(INSTALLED) ## 测试，使用内嵌的 PostgreSQL 与 NATS（长的见 soak）· the tests, on embedded servers (long ones: soak)
	pytest --numprocesses=auto --dist=loadfile $(ARGS)

soak: $(INSTALLED) ## 长的测试：故障、坏数据、演示全集 · long tests: faults, bad bodies, the full demo set
	pytest tests/faults tests/security tests/browser/test_every_page.py deploy/tests/demo --soak --timeout=7200 -s $(ARGS)

browser-full: $(INSTALLED) ## 每个画面 × 每个角色 × 两种语言 × 三种宽度，图存 ARGS="--basetemp=目录" · every screen as every role, with pictures
	pytest tests/browser/test_every_role.py --soak --timeout=3600 $(ARGS)

bench: $(INSTALLED) ## 性能测量（ONLY=前缀）· measurements (ONLY=prefix)
	ONLY="$(ONLY)" python -m bench $(ARGS)

bench-growth: $(INSTALLED) ## 二十倍成绩时的增量测量 · following a change with twenty times the scores
	ONLY=indicators.growth python -m bench $(ARGS)

compose-test: $(INSTALLED) ## 用 docker compose 启动并运行系统旅程 · the system journeys on docker compose
	pytest tests/compose --compose --timeout=1500 $(ARGS)

schemas: $(INSTALLED) ## 把事件与接口的现状写入 shared/released · store events and APIs as they are
	python -m tests.contracts.released

pictures: $(INSTALLED) ## 重存报告版面图片，存后须人看过 · store the pictures of report pages anew; look at them then
	pytest report-service/tests/test_pictures.py --draw $(ARGS)

clients: $(INSTALLED) ## 生成 Python 与 TypeScript 客户端到 clients/（后者需 npm）· generate clients into clients/
	python -m tests.contracts.clients $(ARGS)

fonts: $(INSTALLED) ## 没有 Noto CJK 时做 PDF 用的中文字体（需 npm）· Chinese fonts for PDFs, where no Noto CJK is
	$(BIN)/uv run --quiet --no-project --with 'fonttools[woff]' python report-service/make_fonts.py report-service/src/report_service/fonts

lock: $(INSTALLED) ## 重新解析依赖 · resolve the dependencies anew
	uv lock
	uv export --quiet --all-packages --all-groups --format requirements-txt --no-header --output-file requirements.lock

clean: ## 删除 .venv 与缓存，不动数据 · remove .venv and caches, not the data
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "需要 Python 3.11 或更新版本（PYTHON=… 可指定） · Python 3.11 or newer is needed (choose it with PYTHON=…)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "缺少 venv 模块，Debian/Ubuntu 请执行：apt install python3-venv · the module venv is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "创建 .venv · making .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): requirements.lock | $(BIN)/uv
	@echo "安装依赖 · installing"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	@touch $@

.PHONY: clients fonts pictures help run up demo down status install check format style imports types dependencies spelling \
  test soak browser-full bench bench-growth compose-test schemas lock clean
