#ifndef ZOE_SYSTEMD_NOTIFY_H
#define ZOE_SYSTEMD_NOTIFY_H

#include <sys/types.h>

/* The receiving side of sd_notify(3). */

/* Binds the socket `path` and puts it into the environment as NOTIFY_SOCKET for children. The descriptor, or -1 with
 * errno. */
int notify_open(const char *path);

/* Takes waiting messages; for each with READY=1 calls `ready` with the sender's process id, which the kernel vouches
 * for. */
void notify_read(int fd, void (*ready)(pid_t pid));

/* Tells `socket` (a NOTIFY_SOCKET value, may be NULL) one line. */
void notify_send(const char *socket, const char *line);

#endif
