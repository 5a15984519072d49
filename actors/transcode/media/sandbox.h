// The walls around the process that reads foreign films.
#pragma once

// Limits memory, processor and wall time, gives up all files, processes and the network for ever. Descriptors stay
// open. 0, or -1 when a wall could not be built: then no film may be read.
int sandbox_enter(int mem_mb, int cpu_s, int wall_s);
