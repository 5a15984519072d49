#ifndef ZOE_NODE_CONFIG_H
#define ZOE_NODE_CONFIG_H

#include <stdint.h>

/* All settings, one member a row of settings.def. */
struct config {
#define FIELD_TEXT(name)         const char *name;
#define FIELD_CHOICE(name)       const char *name;
#define FIELD_INT(name)          int64_t name;
#define SETTING(name, type, ...) FIELD_##type(name)
#include "protocol/node/settings.def"
#undef SETTING
#undef FIELD_TEXT
#undef FIELD_CHOICE
#undef FIELD_INT
};

/* Reads ZOE_* once. A wrong value or an unknown ZOE_ name prints one line to stderr and ends the process with status 78
 * (EX_CONFIG). ZOE_NAME_FILE names a file that holds the value of ZOE_NAME. */
void config_load(void);

/* The settings; config_load() must have run. Never changes afterwards. */
const struct config *config(void);

/* Where the text of a setting is kept, by its name in settings.def; NULL when there is none or it is a number. */
const char *const *config_text(const char *name);

/* A table of all settings with type, default, bounds and meaning, as Markdown, to stdout. */
void config_print(void);

/* All settings as comments of an environment file, to stdout. */
void config_print_file(void);

/* Writes ZOE_DATA/`name` to `to`; 0, or -1 when it does not fit. */
int config_path(char *to, unsigned long size, const char *name);

#endif
