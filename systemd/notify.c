#include "systemd/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int address(const char *path, struct sockaddr_un *to, socklen_t *size) {
    size_t n = strlen(path);
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!n || n >= sizeof to->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to->sun_path, path, n + 1);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] != '@'));
    if (path[0] == '@')
        to->sun_path[0] = 0;
    return 0;
}

int notify_open(const char *path) {
    struct sockaddr_un at;
    socklen_t size;
    int on = 1, fd = -1;
    if (address(path, &at, &size))
        return -1;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    unlink(path);
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) || bind(fd, (struct sockaddr *)&at, size) ||
        setenv("NOTIFY_SOCKET", path, 1)) {
        close(fd);
        return -1;
    }
    return fd;
}

static pid_t sender(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(part), sizeof who);
            return who.pid;
        }
    return 0;
}

static int says_ready(const char *text) {
    const char *at = strstr(text, "READY=1");
    return at && (at == text || at[-1] == '\n') && (at[7] == 0 || at[7] == '\n');
}

void notify_read(int fd, void (*ready)(pid_t pid)) {
    for (;;) {
        char text[1024];
        /* Only credentials: descriptors that somebody attaches would pile up. */
        union {
            struct cmsghdr head;
            char room[CMSG_SPACE(sizeof(struct ucred))];
        } control;
        struct iovec part = {text, sizeof text - 1};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (n < 0)
            return;
        text[n] = 0;
        if (says_ready(text))
            ready(sender(&message));
    }
}

void notify_send(const char *socket_path, const char *line) {
    struct sockaddr_un to;
    socklen_t size;
    if (!socket_path || address(socket_path, &to, &size))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* Whoever asked to be told may have gone; the set runs on. */
    (void)!sendto(fd, line, strlen(line), MSG_NOSIGNAL, (struct sockaddr *)&to, size);
    close(fd);
}
