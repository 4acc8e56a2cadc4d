# `make help` lists what there is. Settings may be given behind a target: make up PORT_BASE=18000 STATE_DIR=.local/second

PYTHON ?= $(or $(shell command -v python3.11),python3)
STACK = PYTHONPATH=deploy/local $(PYTHON) -B -m stack

# A setting of the stack that is given to make reaches it as TICKLER_…
$(foreach name,STATE_DIR CACHE_DIR PORT_BASE KAFKA_PARTITIONS SERVICE_COMMAND SERVICE_ENV START_TIMEOUT,\
  $(if $($(name)),$(eval export TICKLER_$(name) := $($(name)))))

.DEFAULT_GOAL := help
.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Use it
.PHONY: run up down status chat inbox logs dead-letters restart infra fetch
run: ## Start everything; Ctrl-C stops it
	@$(STACK) run
up: ## Start everything in the background
	@$(STACK) up
down: ## Stop everything
	@$(STACK) down
status: ## Show what runs
	@$(STACK) status
chat: ## Talk to the assistant; MESSAGE="add buy milk" says just that
	@$(STACK).chat "$$MESSAGE"
inbox: ## List the mails received; MAIL=latest or MAIL=<id> shows one
	@$(STACK) inbox $(MAIL)
logs: ## Follow the logs; of one program with SERVICE=chat-api
	@$(STACK) logs $(SERVICE)

dead-letters: ## What a service could not handle: SERVICE=recurring, and ARGS="list"; also show, replay, discard
	@$(STACK) command $(or $(SERVICE),$(error name it: make dead-letters SERVICE=chat-api|notification|recurring)) \
	  dead-letters $(or $(ARGS),list)

##@ Develop it
restart: ## Package one service anew and start it again: SERVICE=chat-api
	@$(STACK) restart $(or $(SERVICE),$(error name it: make restart SERVICE=chat-api|notification|recurring))
infra: ## Start only PostgreSQL, Redis, Kafka and Mailpit, in the background
	@$(STACK) up --infra-only
fetch: ## Fetch and build what the stack needs, and start nothing
	@$(STACK) fetch

##@ Check it
.PHONY: test lint check format package load
test: ## Everything; a part with ONLY="lint check unit contract integration e2e faults"
	@PYTHONPATH=deploy/local:. $(PYTHON) -B tests/run.py $(ONLY)
lint: ## Style and formatting
	@./pants lint ::
check: ## Types, and who may import whom
	@./pants check ::
format: ## Fix style and formatting
	@./pants fix ::
package: ## A PEX for each service, dist/src.python.<service>/<service>.pex
	@./pants package src/python::
load: ## People who use the running stack: USERS=20 SECONDS=30
	@./pants run load:load -- --headless --only-summary --locustfile load/locustfile.py \
	  --host http://127.0.0.1:$(or $(PORT_BASE),8000) --users $(or $(USERS),20) --spawn-rate 10 --run-time $(or $(SECONDS),30)
