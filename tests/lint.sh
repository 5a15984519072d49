# ./zoe lint: sourced by zoe, which gives root, need, build_into, say.
# shellcheck shell=bash disable=SC2154

sources() { # extension...
    local extension
    for extension; do
        (cd "$root" && git ls-files --cached --others --exclude-standard -- "*.$extension")
    done | sort -u
}

lint_step() { # name command...
    local name=$1
    shift
    say "-- $name"
    "$@" || { say "$name: not clean"; lint_bad=$((lint_bad + 1)); }
}

lint_compile() { # compiler
    (CC=$1 build_into "$root/build-lint-$1")
}

# In tests the analyzer does not know that cmocka's skip() and assert_*() do not return.
lint_tidy() {
    local said
    said=$({
        sources c | grep -v '^tests/' | xargs -P 2 -n 1 clang-tidy --quiet -p "$root/build-lint-clang"
        sources c | grep '^tests/' | xargs -P 2 -n 1 clang-tidy --quiet -p "$root/build-lint-clang" --checks='-clang-analyzer-core.*'
    } 2>&1 | grep -v -E 'warnings? generated|^Suppressed|^Use -') || return 0
    say "$said"
    return 1
}

lint_cppcheck() {
    sources c | grep -v '^tests/' | xargs cppcheck --quiet -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingInclude --suppress=missingIncludeSystem --error-exitcode=1 -I "$root" -I "$root/build-lint-gcc/gen" \
        --library=posix --suppressions-list="$root/.cppcheck"
}


lint_modules() {
    local file bad=0
    while read -r file; do
        node --check "$file" || bad=1
    done < <(sources mjs js)
    return "$bad"
}

lint() {
    (($# == 0)) || usage
    lint_bad=0
    # shellcheck disable=SC2086 # lists of words
    need $PACKAGES_BUILD $PACKAGES_LINT
    cd "$root" || exit
    lint_step "gcc" lint_compile gcc
    lint_step "clang" lint_compile clang
    lint_step "clang-format" xargs -a <(sources c h) clang-format --dry-run -Werror
    lint_step "clang-tidy" lint_tidy
    lint_step "cppcheck" lint_cppcheck
    lint_step "shellcheck" xargs -a <(sources sh; say zoe; say .ci/run; ls systemd/package/p*) shellcheck -x
    lint_step "node --check" lint_modules
    lint_step "tree" env ZOE_BUILD="$root/build-lint-gcc" node --test "$root"/tests/tree/*.test.mjs
    ((lint_bad == 0)) && say "lint: clean"
}
