#ifndef ZOE_MEDIA_SANDBOX_H
#define ZOE_MEDIA_SANDBOX_H

/* The walls around the process that reads foreign films. */

/* Limits memory, processor and wall time, gives up all files, processes and the network for ever. Descriptors stay
 * open. 0, or -1 when a wall could not be built: then no film may be read. */
int sandbox_enter(int mem_mb, int cpu_s, int wall_s);

#endif
