#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *use, *meaning;
} commands[] = {
    {"status", zoectl_status, "[--json]", "services, workers, queues and counters of every broker"},
    {"drain", zoectl_drain, "SERVICE|broker", "take no more asks for a service, or for all"},
    {"open", zoectl_open, "SERVICE|broker", "take asks again"},
    {"ask", zoectl_ask, "MESSAGE [JSON] [--user N] [--admin]", "send a message and print the answer"},
    {"jobs", zoectl_jobs, "list [STATE] | pause|resume|cancel|retry|priority JOB", "films in work"},
    {"mail", zoectl_mail, "list [STATE] | show|retry|drop LETTER", "the outgoing mail"},
    {"users", zoectl_users, "list | show|suspend|...|import WHO", "accounts (zoectl users tells more)"},
    {"keys", zoectl_keys, "list | rotate | cluster", "keys that sign access tokens; a fresh one for several hosts"},
    {"import", zoectl_import, "tmdb MOVIES.csv CREDITS.csv | csv FILE | lines FILE", "take titles into the catalogue"},
    {"import", zoectl_import, "SYSTEM SOURCE [--dry-run] [--media FOLDER]", "bring everything of another system along"},
    {"export", zoectl_export, "", "write the catalogue as JSON lines"},
    {"media", zoectl_media, "put TITLE FILE | poster TITLE FILE | move FROM TO [--delete]",
     "a film for a title; the store to another place"},
    {"messages", zoectl_messages, "", "list what can be asked of whom"},
    {"settings", zoectl_settings, "[--file]", "list the ZOE_ variables, or write them as an environment file"},
    {"migrate", zoectl_migrate, "", "prepare the database"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_usage(FILE *to) {
    fputs("usage: zoectl COMMAND\n\n", to);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-8s %-50s %s\n", commands[i].name, commands[i].use, commands[i].meaning);
}

int main(int argc, char **argv) {
    if (argc > 1 && (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help"))) {
        print_usage(stdout);
        return 0;
    }
    for (int i = 0; argc > 1 && i < COMMANDS; i++)
        if (!strcmp(argv[1], commands[i].name)) {
            config_load();
            log_open("zoectl");
            return commands[i].run(argc - 1, argv + 1);
        }
    if (argc > 1)
        zoectl_complain("there is no command \"%s\"", argv[1]);
    print_usage(stderr);
    return EX_USAGE;
}
