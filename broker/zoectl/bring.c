#include "broker/zoectl/bring.h"

#include <string.h>

#include "broker/zoectl/import.h"
#include "db/store/store.h"

static void print_tally(const struct bring *bring, const char *what, const struct tally *tally) {
    printf("%-9s %s%lld added, %lld changed, %lld as they were, %lld refused\n", what, bring->dry ? "would be: " : "",
           (long long)tally->added, (long long)tally->changed, (long long)tally->same, (long long)tally->refused);
}

static void print_files(const struct bring *bring, const char *what, const struct tally *tally) {
    printf("%-9s %s%lld taken, %lld there, %lld missing\n", what, bring->dry ? "would be: " : "",
           (long long)tally->added, (long long)tally->same, (long long)tally->refused);
}

static int finish(const struct bring *bring, int rc) {
    print_tally(bring, "accounts", &bring->people);
    print_tally(bring, "titles", &bring->catalogue);
    print_tally(bring, "history", &bring->past);
    print_files(bring, "films", &bring->film);
    print_files(bring, "pictures", &bring->picture);
    if (rc)
        zoectl_complain("it ended early; once more goes on where it ended");
    return rc ? rc : bring->people.refused || bring->catalogue.refused || bring->past.refused;
}

static int run(struct bring *bring) {
    const char *people = bring->system->people.table;
    if (!source_table(bring->source, people))
        return zoectl_usage("this is no %s: there is no table of accounts (%s)", bring->system->name, people);
    int rc = bring_people(bring);
    rc = rc ? rc : bring_titles(bring);
    rc = rc ? rc : bring_past(bring);
    if (!rc && bring->media && !bring->dry && store_open())
        rc = EX_UNAVAILABLE;
    rc = rc ? rc : bring_films(bring);
    rc = rc ? rc : bring_pictures(bring);
    return finish(bring, rc);
}

/* --dry-run, --media FOLDER, --as NAME. */
static int read_options(struct bring *bring, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        bool more = i + 1 < argc;
        if (!strcmp(argv[i], "--dry-run"))
            bring->dry = true;
        else if (!strcmp(argv[i], "--media") && more)
            bring->media = argv[++i];
        else if (!strcmp(argv[i], "--as") && more && *argv[i + 1] && strlen(argv[i + 1]) <= 30)
            bring->prefix = argv[++i];
        else
            return zoectl_usage("import %s takes SOURCE [--dry-run] [--media FOLDER] [--as NAME]", bring->system->name);
    }
    return 0;
}

int import_system(const struct system *system, int argc, char **argv) {
    struct bring bring = {.system = system, .prefix = system->name};
    int rc = read_options(&bring, argc - 1, argv + 1);
    if (rc)
        return rc;
    bring.accounts = json_object();
    bring.titles = json_object();
    bring.films = json_object();
    bring.pictures = json_object();
    bring.texts = arena_new();
    bring.call.arena = arena_new();
    bool good = bring.accounts && bring.titles && bring.films && bring.pictures && bring.texts && bring.call.arena;
    bring.source = good ? source_open(argv[0]) : NULL;
    rc = bring.source ? run(&bring) : good ? EX_NOINPUT : EX_OSERR;
    source_close(bring.source);
    arena_free(bring.call.arena);
    arena_free(bring.texts);
    json_decref(bring.pictures);
    json_decref(bring.films);
    json_decref(bring.titles);
    json_decref(bring.accounts);
    return rc;
}
