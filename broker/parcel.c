#include "broker/parcel.h"

#include <stdbool.h>

void parcel_open(struct parcel *parcel) {
    zmq_msg_init(&parcel->id);
    zmq_msg_init(&parcel->head);
    zmq_msg_init(&parcel->body);
}

void parcel_close(struct parcel *parcel) {
    zmq_msg_close(&parcel->id);
    zmq_msg_close(&parcel->head);
    zmq_msg_close(&parcel->body);
}

/* A message is delivered whole or not at all, so the frames after the first are there. */
static bool take_more(zmq_msg_t *frame, zmq_msg_t *before, void *socket) {
    return zmq_msg_more(before) && zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) >= 0;
}

static void skip_rest(zmq_msg_t *frame, void *socket) {
    while (zmq_msg_more(frame))
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
            return;
}

enum parcel_got parcel_take(struct parcel *parcel, void *socket) {
    if (zmq_msg_recv(&parcel->id, socket, ZMQ_DONTWAIT) < 0)
        return PARCEL_NONE;
    if (!take_more(&parcel->head, &parcel->id, socket) || !take_more(&parcel->body, &parcel->head, socket))
        return PARCEL_BAD;
    if (zmq_msg_more(&parcel->body)) {
        skip_rest(&parcel->body, socket);
        return PARCEL_BAD;
    }
    size_t body_bytes = zmq_msg_size(&parcel->body);
    if (header_read(&parcel->header, zmq_msg_data(&parcel->head), zmq_msg_size(&parcel->head)) ||
        body_bytes > BODY_MAX_BYTES || parcel->header.body_bytes != body_bytes)
        return PARCEL_BAD;
    return PARCEL_GOOD;
}

int parcel_send(void *socket, const void *id, size_t id_bytes, zmq_msg_t *head, zmq_msg_t *body) {
    if (zmq_send(socket, id, id_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return -1;
    /* From here on ROUTER takes or drops the frames; it does not fail. */
    zmq_msg_send(head, socket, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_msg_send(body, socket, ZMQ_DONTWAIT);
    return 0;
}

int parcel_tell(void *socket, const void *id, size_t id_bytes, const struct header *header, const void *body,
                size_t n) {
    uint8_t head[HEADER_BYTES];
    header_write(header, head);
    if (zmq_send(socket, id, id_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return -1;
    zmq_send(socket, head, sizeof head, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, body, n, ZMQ_DONTWAIT);
    return 0;
}

int parcel_signal(void *socket, const void *id, size_t id_bytes, enum kind kind) {
    return parcel_tell(socket, id, id_bytes, &(struct header){.kind = (uint8_t)kind}, NULL, 0);
}

int parcel_head(zmq_msg_t *head, const struct header *header) {
    zmq_msg_close(head);
    if (zmq_msg_init_size(head, HEADER_BYTES)) {
        zmq_msg_init(head);
        return -1;
    }
    header_write(header, zmq_msg_data(head));
    return 0;
}
