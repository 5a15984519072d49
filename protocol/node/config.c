#include "protocol/node/config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "protocol/wire/check.h"

extern char **environ;

enum type { TEXT, INT, CHOICE };

struct setting {
    const char *name;
    enum type type;
    const char *initial;
    double min, max;
    const char *meaning;
    size_t offset;
};

static struct config loaded;

static const struct setting settings[] = {
#define SETTING(name_, type_, initial_, min_, max_, meaning_)                                                          \
    {#name_, type_, initial_, (double)(min_), (double)(max_), meaning_, offsetof(struct config, name_)},
#include "protocol/node/settings.def"
#undef SETTING
};

enum { SETTINGS = sizeof settings / sizeof *settings, FILE_VALUE_BYTES = 65536 };

static void refuse(const char *variable, const char *why) {
    fprintf(stderr, "%s: %s\n", variable, why);
    exit(EX_CONFIG);
}

/* ZOE_EDGE_SHARDS from edge_shards. */
static void variable_name(const struct setting *setting, char to[64]) {
    int n = snprintf(to, 64, "ZOE_%s", setting->name);
    for (int i = 4; i < n; i++)
        if (to[i] >= 'a' && to[i] <= 'z')
            to[i] = (char)(to[i] - 'a' + 'A');
}

static char *read_file(const char *variable, const char *path) {
    FILE *file = fopen(path, "r");
    char *text = file ? malloc(FILE_VALUE_BYTES) : NULL;
    if (!text)
        refuse(variable, "the file it names cannot be read");
    size_t n = fread(text, 1, FILE_VALUE_BYTES - 1, file);
    fclose(file);
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    text[n] = 0;
    return text;
}

static const char *value_of(const struct setting *setting, const char *variable) {
    char file_variable[80];
    snprintf(file_variable, sizeof file_variable, "%s_FILE", variable);
    const char *file = getenv(file_variable);
    if (file)
        return read_file(file_variable, file);
    const char *value = getenv(variable);
    return value ? value : setting->initial;
}

static void set_int(const struct setting *setting, const char *variable, const char *value) {
    char *end, why[160];
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno || (double)number < setting->min || (double)number > setting->max) {
        snprintf(why, sizeof why, "must be a whole number from %.0f to %.0f", setting->min, setting->max);
        refuse(variable, why);
    }
    *(int64_t *)((char *)&loaded + setting->offset) = number;
}

static void set_choice(const struct setting *setting, const char *variable, const char *value) {
    size_t choices = strcspn(setting->meaning, ":"), n = strlen(value);
    bool known = false;
    for (const char *at = setting->meaning; n && at < setting->meaning + choices; at += strcspn(at, "|:") + 1)
        known |= strcspn(at, "|:") == n && !memcmp(at, value, n);
    if (!known) {
        char why[160];
        snprintf(why, sizeof why, "must be one of %.*s", (int)choices, setting->meaning);
        refuse(variable, why);
    }
    *(const char **)((char *)&loaded + setting->offset) = value;
}

static void set_text(const struct setting *setting, const char *variable, const char *value) {
    size_t n = strlen(value);
    if ((double)n < setting->min || (double)n > setting->max || !text_valid(value, n)) {
        char why[160];
        snprintf(why, sizeof why, "must be UTF-8 of %.0f to %.0f bytes", setting->min, setting->max);
        refuse(variable, why);
    }
    *(const char **)((char *)&loaded + setting->offset) = value;
}

/* Tools read their own ZOE_ variables: these are no settings. */
static const char *const foreign[] = {"ZOE_BUILD", "ZOE_CORPUS", "ZOE_TEST", "ZOE_SANITIZE"};

static void refuse_unknown(void) {
    for (char **entry = environ; *entry; entry++) {
        char name[64], variable[64], why[] = "there is no such setting (zoectl settings lists them)";
        size_t n = strcspn(*entry, "=");
        if (strncmp(*entry, "ZOE_", 4) || n >= sizeof name)
            continue;
        memcpy(name, *entry, n);
        name[n] = 0;
        bool known = false;
        for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
            known |= !strncmp(name, foreign[i], strlen(foreign[i]));
        for (size_t i = 0; i < SETTINGS && !known; i++) {
            variable_name(&settings[i], variable);
            size_t length = strlen(variable);
            known = !strncmp(name, variable, length) && (!name[length] || !strcmp(name + length, "_FILE"));
        }
        if (!known)
            refuse(name, why);
    }
}

void config_load(void) {
    refuse_unknown();
    for (size_t i = 0; i < SETTINGS; i++) {
        char variable[64];
        variable_name(&settings[i], variable);
        const char *value = value_of(&settings[i], variable);
        if (settings[i].type == INT)
            set_int(&settings[i], variable, value);
        else if (settings[i].type == CHOICE)
            set_choice(&settings[i], variable, value);
        else
            set_text(&settings[i], variable, value);
    }
}

const struct config *config(void) {
    return &loaded;
}

const char *const *config_text(const char *name) {
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].type != INT && !strcmp(settings[i].name, name))
            return (const char *const *)((const char *)&loaded + settings[i].offset);
    return NULL;
}

void config_print(void) {
    static const char *const types[] = {"text", "whole number", "choice"};
    puts("| variable | type | default | bounds | meaning |\n| --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = &settings[i];
        char variable[64], bounds[64] = "";
        variable_name(setting, variable);
        if (setting->type == INT)
            snprintf(bounds, sizeof bounds, "%.0f to %.0f", setting->min, setting->max);
        else if (setting->type == TEXT)
            snprintf(bounds, sizeof bounds, "%.0f to %.0f bytes", setting->min, setting->max);
        printf("| %s | %s | `%s` | %s | ", variable, types[setting->type], setting->initial, bounds);
        for (const char *at = setting->meaning; *at; at++)
            *at == '|' ? fputs("\\|", stdout) : putchar(*at);
        puts(" |");
    }
}

void config_print_file(void) {
    puts("# Settings of Zoetrope: KEY=value lines. What stands here as a comment is the default.");
    for (size_t i = 0; i < SETTINGS; i++) {
        char variable[64];
        variable_name(&settings[i], variable);
        printf("\n# %s\n#%s=%s\n", settings[i].meaning, variable, settings[i].initial);
    }
}

int config_path(char *to, unsigned long size, const char *name) {
    int n = snprintf(to, size, "%s/%s", loaded.data, name);
    return n > 0 && (unsigned long)n < size ? 0 : -1;
}
