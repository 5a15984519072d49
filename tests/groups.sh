# The groups of ./zoe test: sourced by zoe, which gives root, build, need, build_into, forget_settings, say, fail.
# shellcheck shell=bash disable=SC2154

# name|when|what it runs; fast groups run by default and in this order.
readonly GROUPS_TABLE='unit|fast|pure parts: codec, header, JSON, routes, templates (C)
broker|fast|the real broker over real sockets, point by point (C)
actor|fast|the harness of the actors against a real PostgreSQL (C)
tree|fast|include order, contract coverage, units, README against the programs
media|fast|the sandboxed media child on made films
flow|fast|the whole set over HTTP
web|fast|the console and players in Chromium
fuzz|fast|the fuzzers over their kept corpora
package|fast|the Debian package: its contents, and the set run from it
fault|heavy|kill -9 of every program, PostgreSQL restarts, under load
soak|heavy|ten minutes of mixed load: nothing grows, nothing is lost
corpus|heavy|every film and hostile file of the corpus through the whole set
sandbox|heavy|the same straight to the sandboxed child, once under strace
s3|heavy|the media store on a real S3 server, and on one that fails
asan|heavy|unit, broker, actor and flow with address and undefined sanitizers
tsan|heavy|unit, broker, actor and flow with the thread sanitizer'

passed=0 failed=0 skipped=0

count() { # passed failed skipped
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    say "== $1 passed, $2 failed, $3 skipped"
}

# Reads what cmocka says as TAP; a test that was planned and never reported counts as failed, and so does a bad end.
tap_count() { # file status
    awk -v status="$2" '
        /^1\.\.[0-9]+$/ { planned += substr($0, 4) }
        /^(not )?ok [0-9]+.*# SKIP/ { skipped++; next }
        /^ok [0-9]+/ { passed++ }
        /^not ok [0-9]+/ { failed++ }
        END {
            missing = planned - passed - failed - skipped
            if (missing > 0) failed += missing
            if ((status != 0 || passed + skipped == 0) && !failed) failed = 1
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

run_c() { # folder program...
    local folder=$1 program status out counts
    shift
    out=$(mktemp)
    for program; do
        status=0
        say "-- $program"
        CMOCKA_MESSAGE_OUTPUT=tap ZOE_BUILD=$folder timeout 1200 "$folder/$program" 2>&1 | tee "$out" || status=$?
        read -ra counts < <(tap_count "$out" "$status")
        count "${counts[@]}"
    done
    rm -f "$out"
}

# `at_once`, where it is set: how many files run side by side. Those of flow wait more than they work.
run_node() { # folder-of-programs file...
    local folder=$1 tap status=0 counts options=()
    shift
    if [[ ${at_once:-} && $(node --help) == *--test-concurrency* ]]; then options=(--test-concurrency="$at_once"); fi
    [[ -e ${1:-} ]] || { say "-- no test files"; count 0 1 0; return; }
    tap=$(mktemp)
    ZOE_BUILD=$folder timeout 3000 node --test "${options[@]}" --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$tap" "$@" </dev/null || status=$?
    read -ra counts < <(awk -v status="$status" '
        /^# pass [0-9]+$/ { passed = $3 }
        /^# (fail|cancelled) [0-9]+$/ { failed += $3 }
        /^# (skipped|todo) [0-9]+$/ { skipped += $3 }
        END { if ((status != 0 || passed + skipped == 0) && !failed) failed = 1; print passed + 0, failed + 0, skipped + 0 }' "$tap")
    rm -f "$tap"
    count "${counts[@]}"
}

# The contract tests tell what they found of the documents' lines; all of it is printed as one table.
run_flow() { # folder-of-programs file...
    local table
    table=$(mktemp)
    ZOE_TEST_CONTRACT=$table run_node "$@"
    if node "$root/tests/flow/contract_table.mjs" "$table"; then count 1 0 0; else count 0 1 0; fi
    rm -f "$table"
}

npm_ready() {
    local tests=$root/tests
    [[ $tests/node_modules/.package-lock.json -nt $tests/package-lock.json ]] && return 0
    (cd "$tests" && npm ci --no-audit --no-fund --loglevel=error) || fail "$EX_UNAVAILABLE" "npm ci in tests/ failed"
}

# Every fuzzer is a program fuzz-NAME that takes files; tests/fuzz/NAME holds what once was of interest.
run_fuzz() { # folder-of-programs
    local fuzzer name good=0 bad=0
    for fuzzer in "$1"/fuzz-*; do
        [[ -f $fuzzer && -x $fuzzer ]] || continue
        name=${fuzzer##*/fuzz-}
        if timeout 600 "$fuzzer" "$root/tests/fuzz/$name"/*; then
            good=$((good + 1))
            say "ok fuzz $name"
        else
            bad=$((bad + 1))
            say "not ok fuzz $name"
        fi
    done
    ((good + bad)) || bad=1
    count "$good" "$bad" 0
}

run_sanitized() { # name sanitizers
    local folder=$root/build-$1
    SANITIZE=$2 build_into "$folder"
    # Our processes may not be traced, which the leak checker needs; leaks are looked for by the soak test.
    export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=0:exitcode=66:suppressions=$root/tests/tsan.supp
    run_c "$folder" test-unit test-broker test-actor
    run_fuzz "$folder"
    at_once=2 run_node "$folder" "$root"/tests/flow/story{,_supervise}.test.mjs "$root"/tests/flow/http_*.test.mjs
    unset ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
}

run_group() { # name
    case $1 in
    unit | broker | actor) run_c "$build" "test-$1" ;;
    media) ZOE_CORPUS=/none run_node "$build" "$root"/tests/media/check.mjs ;;
    sandbox) run_node "$build" "$root"/tests/media/check.mjs ;;
    flow) at_once=2 run_flow "$build" "$root"/tests/flow/*.test.mjs ;;
    fuzz) run_fuzz "$build" ;;
    s3)
        # shellcheck disable=SC2086 # a list of words
        need $PACKAGES_S3
        run_node "$build" "$root"/tests/s3/*.test.mjs
        ;;
    asan) run_sanitized asan address,undefined ;;
    tsan) run_sanitized tsan thread ;;
    *) run_node "$build" "$root/tests/$1"/*.test.mjs ;;
    esac
}

group_names() { # when|all
    awk -F'|' -v when="$1" 'when == "all" || $2 == when { print $1 }' <<<"$GROUPS_TABLE"
}

run_tests() {
    local group names start
    if [[ ${1:-} == list ]]; then
        column -t -s '|' <<<"$GROUPS_TABLE"
        return 0
    fi
    if (($#)); then names=("$@"); else mapfile -t names < <(group_names fast); fi
    for group in "${names[@]}"; do
        group_names all | grep -qxF -- "$group" || usage
    done
    # shellcheck disable=SC2086 # lists of words
    need $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_PACKAGE $PACKAGES_TEST
    npm_ready
    build_into "$build"
    forget_settings
    for group in "${names[@]}"; do
        start=$SECONDS
        printf '\n==== %s\n' "$group"
        run_group "$group"
        say "== $group took $((SECONDS - start)) s"
    done
    printf '\n%d passed, %d failed' "$passed" "$failed"
    if ((skipped)); then printf ', %d skipped' "$skipped"; fi
    printf '\n'
    ((failed == 0))
}
