#ifndef ZOE_ZOECTL_BRING_TITLE_H
#define ZOE_ZOECTL_BRING_TITLE_H

#include "broker/zoectl/bring.h"

/* What a row says, as JSON of import_title (an episode without its parent) and of import_season; the caller
 * json_decref()s it. A film that is a file is noted in bring->films. */
json_t *title_json(struct bring *bring, const struct source_row *row, const char *external);
json_t *episode_json(struct bring *bring, const struct source_row *row, const char *external);
json_t *season_json(struct bring *bring, const struct source_row *row);

#endif
