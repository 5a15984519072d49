#ifndef ZOE_SYSTEMD_CHILDREN_H
#define ZOE_SYSTEMD_CHILDREN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The programs of the set: started together, started again when they die, stopped in the order edge, actors, broker. */

int64_t now_ms(void);

/* Starts all programs of `folder`. `inherited` is the signal mask they get. */
void children_start(const char *folder, const sigset_t *inherited);

/* Reaps the dead; those that were not asked to go are due again after their back-off. Returns true when one ended with
 * 78 (a setting is wrong), which no restart can mend. */
bool children_reap(void);

/* Starts those that are due. Returns ms until the next is, or -1. */
int children_restart(void);

/* A child said READY=1. Returns true once, when all have. */
bool children_ready(pid_t pid);

/* Goes on with stopping: asks the next stage to go when the one before is gone, kills what outstays `stage_ms`. Returns
 * ms until something is due, or -1 when all are gone. */
int children_stop(int stage_ms);

/* No more patience: kills all. */
void children_kill(void);

/* How many had to be killed while stopping. */
unsigned children_killed(void);

#endif
