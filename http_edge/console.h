#ifndef ZOE_EDGE_CONSOLE_H
#define ZOE_EDGE_CONSOLE_H

/* The web pages of http_edge/console, carried in the program (natives.h answers them). */

/* Makes their responses; 0 or -1. Once, before the shards. */
int console_open(void);

#endif
