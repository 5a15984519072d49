#include "protocol/node/life.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/node/config.h"
#include "protocol/node/log.h"

struct life {
    zloop_t *loop;
    zmq_pollitem_t item;
    void (*stop)(void *self);
    void *self;
    bool stopping;
};

void life_begin(const char *name) {
    config_load();
    log_open(name);
    signal(SIGPIPE, SIG_IGN);
    /* Secrets lie in memory: no core files, no ptrace by others of the same user. */
    prctl(PR_SET_DUMPABLE, 0);
    setenv("ZSYS_SIGHANDLER", "false", 1);
    zsys_init();
    zsys_handler_set(NULL);
}

void life_notify(const char *line) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || !*path || strlen(path) >= sizeof to.sun_path)
        return;
    strcpy(to.sun_path, path);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, line, strlen(line), MSG_NOSIGNAL, (struct sockaddr *)&to, size) < 0)
        log_warn(NULL, "notify_failed", NULL);
    close(fd);
}

static int signalled(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    (void)loop;
    struct life *life = arg;
    struct signalfd_siginfo info;
    if (read(item->fd, &info, sizeof info) != sizeof info)
        return 0;
    if (life->stopping)
        _exit(1);
    life->stopping = true;
    log_info(NULL, "stopping", "signal=%u", info.ssi_signo);
    life_notify("STOPPING=1");
    life->stop(life->self);
    return 0;
}

struct life *life_open(zloop_t *loop, void (*stop)(void *self), void *self) {
    struct life *life = calloc(1, sizeof *life);
    if (!life)
        return NULL;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    *life = (struct life){.loop = loop, .stop = stop, .self = self};
    life->item = (zmq_pollitem_t){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .events = ZMQ_POLLIN};
    if (life->item.fd < 0 || zloop_poller(loop, &life->item, signalled, life)) {
        free(life);
        return NULL;
    }
    return life;
}

void life_free(struct life *life) {
    if (!life)
        return;
    zloop_poller_end(life->loop, &life->item);
    close(life->item.fd);
    free(life);
}
