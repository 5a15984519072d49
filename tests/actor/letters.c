#include <string.h>

#include "tests/actor/tests.h"

struct letter newest_letter(int64_t account, const char *kind) {
    /* Its arena holds the texts of what is returned. */
    static struct peer *decoder;
    struct letter found = {0};
    if (!decoder)
        decoder = peer_open("ask");
    struct db *db = house_db(NULL);
    struct rows *rows = db_text(db, "select body from auth.outbox where message = 401 order by id desc");
    assert_non_null(rows);
    for (size_t i = 0; i < rows_count(rows) && !found.kind; i++) {
        struct bytes body = rows_bytes(rows, i, "body", decoder->arena);
        zmq_msg_close(&decoder->body);
        zmq_msg_init_size(&decoder->body, body.n);
        memcpy(zmq_msg_data(&decoder->body), body.at, body.n);
        const struct letter *letter = peer_decode(decoder, letter_record());
        if ((!account || letter->account_id == account) && (!kind || !strcmp(letter->kind, kind)))
            found = *letter;
    }
    rows_free(rows);
    db_close(db);
    return found;
}
