#include "http_edge/ticket.h"

#include <stdio.h>

#include "http_edge/shard.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum { TITLE_SECONDS = 3600 /* as videoapp documents it; veeplay's addresses too */ };

int64_t ticket_write(struct request *request, enum token_kind kind, int64_t title, const char *asset, char *to,
                     size_t size) {
    size_t key_bytes;
    const uint8_t *key = keys_playback(request->shard->keys, &key_bytes);
    int64_t now = clock_wall_ms() / 1000;
    struct token token = {.user = request->login.user,
                          .session = request->login.id,
                          .title = title,
                          .issued = now,
                          .expires = now + (kind == TOKEN_PLAY ? config()->playback_seconds : TITLE_SECONDS)};
    snprintf(token.asset, sizeof token.asset, "%s", asset ? asset : "");
    return key && !token_write_play(kind, &token, key, key_bytes, to, size) ? token.expires : 0;
}

void ticket_add(void *self, bool stream, int64_t title, struct buffer *to) {
    char text[TICKET_BYTES];
    if (ticket_write(self, stream ? TOKEN_STREAM : TOKEN_WATCH, title, NULL, text, sizeof text))
        buffer_text(to, text);
}
