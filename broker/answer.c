#include "broker/answer.h"

#include "protocol/node/log.h"
#include "protocol/wire/codec.h"

void answer_undelivered(struct broker *broker) {
    int64_t count = ++broker->undelivered;
    if ((count & (count - 1)) == 0)
        log_warn(NULL, "answers_undelivered", "count=%lld", (long long)count);
}

static void say(struct broker *broker, void *socket, const zmq_msg_t *id, const struct header *asked,
                enum status status, const struct record *record, const void *value) {
    struct buffer body = {0};
    struct header header = *asked;
    header.kind = KIND_SAY;
    header.status = (uint16_t)status;
    header.remaining_ms = 0;
    if (body_encode(record, value, &body) || body.n > BODY_MAX_BYTES) {
        log_error(asked->trace, "answer_not_encoded", "record=%s", record->about->name);
        header.status = INTERNAL;
        body.n = 0;
    }
    header.body_bytes = (uint32_t)body.n;
    zmq_msg_t *peer = (zmq_msg_t *)id;
    if (parcel_tell(socket, zmq_msg_data(peer), zmq_msg_size(peer), &header, body.at, body.n))
        answer_undelivered(broker);
    buffer_free(&body);
}

static struct problem problem(enum status status, const char *code) {
    struct problem problem = {.code = code, .detail = status_row(status)->text};
    if (status == BUSY) {
        problem.retry_after = 1;
        problem.has_retry_after = true;
    }
    return problem;
}

void answer_refuse(struct broker *broker, void *socket, enum status status, const char *code) {
    struct problem why = problem(status, code);
    say(broker, socket, &broker->parcel.id, &broker->parcel.header, status, problem_record(), &why);
}

void answer_record(struct broker *broker, void *socket, const struct record *record, const void *value) {
    say(broker, socket, &broker->parcel.id, &broker->parcel.header, OK, record, value);
}

void answer_flight(struct broker *broker, const struct flight *flight, enum status status, const char *code) {
    struct problem why = problem(status, code);
    say(broker, flight->socket, &flight->client, &flight->header, status, problem_record(), &why);
}
