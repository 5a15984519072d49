#include <stdio.h>
#include <string.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/node/config.h"

int zoectl_messages(int argc, char **argv) {
    if (argc > 1)
        return zoectl_usage("%s takes nothing", argv[0]);
    size_t count;
    const struct message *rows = message_all(&count);
    printf("%-6s %-22s %-10s %-6s %-6s %8s  %-18s %-18s %s\n", "NUMBER", "MESSAGE", "SERVICE", "LANE", "REPEAT",
           "DEADLINE", "ASK", "REPLY", "MEANING");
    for (size_t i = 0; i < count; i++)
        printf("%-6u %-22s %-10s %-6s %-6s %6ums  %-18s %-18s %s\n", rows[i].number, rows[i].name,
               service_name(rows[i].service), rows[i].lane == LANE_HEAVY ? "HEAVY" : "FAST",
               rows[i].retry ? "yes" : "no", rows[i].deadline_ms, rows[i].ask()->about->name,
               rows[i].reply()->about->name, rows[i].meaning);
    return 0;
}

int zoectl_settings(int argc, char **argv) {
    if (argc == 1)
        config_print();
    else if (argc == 2 && !strcmp(argv[1], "--file"))
        config_print_file();
    else
        return zoectl_usage("%s takes --file or nothing", argv[0]);
    return 0;
}
