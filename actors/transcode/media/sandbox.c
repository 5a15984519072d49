#include "actors/transcode/media/sandbox.h"
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if SANITIZED
/* Nobody may trace this process, which looking for leaks needs; and its environment is empty. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}
#endif

static int limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit now;
    if (getrlimit(resource, &now))
        return -1;
    if (hard > now.rlim_max)
        hard = now.rlim_max;
    if (soft > hard)
        soft = hard;
    return setrlimit(resource, &(struct rlimit){soft, hard});
}

static int limits(int mem_mb, int cpu_s, int wall_s) {
    rlim_t memory = (rlim_t)mem_mb << 20;
    /* The sanitizers reserve more address space than any film may have. */
    if (!SANITIZED && limit(RLIMIT_AS, memory, memory))
        return -1;
    alarm((unsigned)wall_s);
    return limit(RLIMIT_CPU, (rlim_t)cpu_s, (rlim_t)cpu_s + 2) || limit(RLIMIT_FSIZE, 0, 0) ||
                   limit(RLIMIT_CORE, 0, 0) || limit(RLIMIT_NOFILE, 8, 8) || limit(RLIMIT_MEMLOCK, 0, 0) ||
                   limit(RLIMIT_MSGQUEUE, 0, 0)
               ? -1
               : 0;
}

/* Newer than Debian's header; the size passed to the kernel is cut to what its version knows. */
struct landlock_rules {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

/* No right to anything. A kernel without landlock leaves it to seccomp. */
static int landlock(void) {
    static const uint64_t files[] = {(1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1};
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);
    if (version < 1)
        return 0;
    struct landlock_rules rules = {.files = files[version > 5 ? 4 : version - 1]};
    size_t bytes = offsetof(struct landlock_rules, network);
    if (version >= 4) {
        rules.network = 3;
        bytes = offsetof(struct landlock_rules, scoped);
    }
    if (version >= 6) {
        rules.scoped = 3;
        bytes = sizeof rules;
    }
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, bytes, 0u);
    if (fd < 0)
        return -1;
    int result = (int)syscall(SYS_landlock_restrict_self, fd, 0u);
    close(fd);
    return result;
}

static int allow(scmp_filter_ctx filter) {
    static const int calls[] = {
        SCMP_SYS(read),           SCMP_SYS(pread64),         SCMP_SYS(write),
        SCMP_SYS(writev),         SCMP_SYS(lseek),           SCMP_SYS(close),
        SCMP_SYS(mmap),           SCMP_SYS(munmap),          SCMP_SYS(mremap),
        SCMP_SYS(mprotect),       SCMP_SYS(madvise),         SCMP_SYS(brk),
        SCMP_SYS(futex),          SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
        SCMP_SYS(sched_yield),    SCMP_SYS(gettid),          SCMP_SYS(sched_getaffinity),
        SCMP_SYS(getpid),         SCMP_SYS(clock_gettime),   SCMP_SYS(clock_nanosleep),
        SCMP_SYS(nanosleep),      SCMP_SYS(gettimeofday),    SCMP_SYS(getrandom),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),    SCMP_SYS(rt_sigreturn),
        SCMP_SYS(sigaltstack),    SCMP_SYS(restart_syscall), SCMP_SYS(exit),
        SCMP_SYS(exit_group),     SCMP_SYS(getrusage),       SCMP_SYS(set_tid_address),
        SCMP_SYS(alarm),
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0))
            return -1;
    /* Threads, never processes. The flags of clone3 cannot be seen from here: without it libc uses clone. */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM)) ||
                   seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) ||
                   /* abort() must be able to raise its signal in this process. */
                   seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                    SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0))
               ? -1
               : 0;
}

/* What the libraries try without need: they are told no and carry on. */
static int refuse(scmp_filter_ctx filter) {
    static const int calls[] = {
        SCMP_SYS(open),
        SCMP_SYS(openat),
        SCMP_SYS(stat),
        SCMP_SYS(lstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(statx),
        SCMP_SYS(access),
        SCMP_SYS(faccessat),
        SCMP_SYS(faccessat2),
        SCMP_SYS(readlink),
        SCMP_SYS(readlinkat),
        SCMP_SYS(getcwd),
        SCMP_SYS(ioctl),
        SCMP_SYS(fcntl),
        SCMP_SYS(prctl),
        SCMP_SYS(prlimit64),
        SCMP_SYS(getrlimit),
        SCMP_SYS(sysinfo),
        SCMP_SYS(uname),
        SCMP_SYS(sched_setaffinity),
        SCMP_SYS(sched_setscheduler),
        SCMP_SYS(sched_getparam),
        SCMP_SYS(sched_getscheduler),
        SCMP_SYS(setpriority),
        SCMP_SYS(getpriority),
        SCMP_SYS(get_mempolicy),
        SCMP_SYS(mbind),
        SCMP_SYS(membarrier),
        SCMP_SYS(times),
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), calls[i], 0))
            return -1;
    return 0;
}

/* Everything not named here kills the process: sockets, exec, ptrace, kill and whatever is invented later. */
static int calls(void) {
    int result = -1;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return -1;
    if (!allow(filter) && !refuse(filter))
        result = seccomp_load(filter) ? -1 : 0;
    seccomp_release(filter);
    return result;
}

int sandbox_enter(int mem_mb, int cpu_s, int wall_s) {
    signal(SIGPIPE, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0))
        return -1;
    /* Landlock needs a free descriptor, so it comes before the limit on them. */
    if (landlock() || limits(mem_mb, cpu_s, wall_s))
        return -1;
    return SANITIZED ? 0 : calls();
}
