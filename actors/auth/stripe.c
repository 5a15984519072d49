#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "actors/auth/billing.h"
#include "protocol/wire/buffer.h"
#include "protocol/wire/json.h"

/* Stripe's webhooks: https://docs.stripe.com/webhooks#verify-manually and the objects of its API reference. */

enum { HEX_BYTES = 64, ID_BYTES_MAX = 100, LINES_MAX = 250 };

static const int64_t latest = 253402300799; /* the end of the year 9999 */

/* --- the signature --- */

static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool matches(const char *text, size_t n, const uint8_t mac[32]) {
    uint8_t given[32];
    if (n != HEX_BYTES)
        return false;
    for (size_t i = 0; i < sizeof given; i++) {
        int high = hex(text[2 * i]), low = hex(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        given[i] = (uint8_t)(high << 4 | low);
    }
    return !CRYPTO_memcmp(given, mac, sizeof given);
}

/* The value of t=; its length in *n, 0 when there is none. */
static const char *time_of(const char *signature, size_t *n) {
    *n = 0;
    for (const char *at = signature; *at; at += strcspn(at, ","), at += *at == ',')
        if (!strncmp(at, "t=", 2)) {
            *n = strcspn(at + 2, ",");
            return at + 2;
        }
    return NULL;
}

static int make_mac(struct bytes payload, const char *when, size_t when_bytes, const char *secret, uint8_t mac[32]) {
    struct buffer text = {0};
    buffer_add(&text, when, when_bytes);
    buffer_text(&text, ".");
    buffer_add(&text, payload.at, payload.n);
    bool good = !text.failed &&
                HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text.at, text.n, mac, NULL);
    buffer_free(&text);
    return good ? 0 : -1;
}

bool stripe_signed(struct bytes payload, const char *signature, const char *secret, int64_t now, int64_t tolerance) {
    uint8_t mac[32];
    size_t n;
    const char *when = time_of(signature, &n);
    if (!n || n > 12 || strspn(when, "0123456789") < n)
        return false;
    int64_t at = strtoll(when, NULL, 10);
    if (at < now - tolerance || at > now + tolerance || make_mac(payload, when, n, secret, mac))
        return false;
    bool good = false;
    for (const char *part = signature; *part; part += strcspn(part, ","), part += *part == ',')
        if (!strncmp(part, "v1=", 3))
            good |= matches(part + 3, strcspn(part + 3, ","), mac);
    return good;
}

/* --- the event --- */

/* What lies at a path such as "lines.data.0.metadata". */
static const json_t *look(const json_t *json, const char *path) {
    char name[64];
    while (json && *path) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof name)
            return NULL;
        memcpy(name, path, n);
        name[n] = 0;
        json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10)) : json_object_get(json, name);
        path += n + (path[n] == '.');
    }
    return json;
}

/* A number of the provider's, which also goes into an SQL array; NULL for anything else. */
static const char *provider_id(const json_t *json, struct arena *arena) {
    const char *text = json_string_value(json);
    size_t n = text ? json_string_length(json) : 0;
    if (!n || n > ID_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] >= 'A' && text[i] <= 'Z') || text[i] == '_' || text[i] == '-'))
            return NULL;
    return arena_copy(arena, text, n);
}

static int64_t number(const json_t *json, int64_t most) {
    if (!json_is_integer(json))
        return 0;
    int64_t value = json_integer_value(json);
    return value > 0 && value <= most ? value : 0;
}

/* Digits up to the end or a dash; *rest is what follows. */
static int64_t digits(const char *text, const char **rest) {
    size_t n = text ? strspn(text, "0123456789") : 0;
    if (!n || n > 18 || (text[n] && text[n] != '-'))
        return 0;
    *rest = text + n + (text[n] == '-');
    return strtoll(text, NULL, 10);
}

/* Metadata values are texts. */
static int64_t note(const json_t *metadata, const char *name) {
    const json_t *value = json_object_get(metadata, name);
    const char *rest = "";
    int64_t found = json_is_integer(value) ? number(value, INT64_MAX) : digits(json_string_value(value), &rest);
    return *rest ? 0 : found;
}

static void read_person(const json_t *object, struct fact *fact) {
    static const char *const places[] = {
        "items.data.0.price.metadata",   "lines.data.0.price.metadata",          "metadata",
        "subscription_details.metadata", "parent.subscription_details.metadata", "lines.data.0.metadata"};
    const char *rest = "";
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const json_t *metadata = look(object, places[i]);
        fact->account = fact->account ? fact->account : note(metadata, "account");
        fact->plan = fact->plan ? fact->plan : note(metadata, "plan");
    }
    int64_t account = digits(json_string_value(json_object_get(object, "client_reference_id")), &rest);
    fact->account = fact->account ? fact->account : account;
    fact->plan = fact->plan ? fact->plan : digits(rest, &rest);
}

static void read_money(const json_t *object, const char *field, struct fact *fact, struct arena *arena) {
    const char *currency = json_string_value(json_object_get(object, "currency"));
    char *capitals = currency && strlen(currency) == 3 ? arena_text(arena, currency) : NULL;
    for (char *c = capitals; c && *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    if (!capitals || strspn(capitals, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return;
    fact->currency = capitals;
    fact->amount = number(json_object_get(object, field), INT64_MAX);
    fact->has_amount = fact->amount > 0;
}

static void read_links(const json_t *object, const char *const *fields, struct fact *fact, struct arena *arena) {
    struct buffer links = {0};
    buffer_text(&links, "{");
    for (; *fields; fields++) {
        const char *id = provider_id(json_object_get(object, *fields), arena);
        if (id)
            buffer_print(&links, "%s%s", links.n > 1 ? "," : "", id);
    }
    buffer_text(&links, "}");
    fact->links = links.failed ? NULL : arena_copy(arena, links.at, links.n);
    buffer_free(&links);
}

/* Payments without a subscription of the provider's belong together by their account. */
static void refer(const char *subscription, struct fact *fact, struct arena *arena) {
    fact->reference = subscription ? subscription : NULL;
    if (!subscription && fact->account)
        fact->reference = arena_print(arena, "account:%lld", (long long)fact->account);
}

static bool is(const json_t *object, const char *field, const char *text) {
    const char *value = json_string_value(json_object_get(object, field));
    return value && !strcmp(value, text);
}

static void session_completed(const json_t *object, struct fact *fact, struct arena *arena) {
    static const char *const links[] = {"id", "payment_intent", "invoice", NULL};
    bool paid = is(object, "payment_status", "paid");
    read_person(object, fact);
    read_links(object, links, fact, arena);
    refer(provider_id(json_object_get(object, "subscription"), arena), fact, arena);
    if (is(object, "mode", "subscription"))
        fact->kind = paid ? "opened" : "bound";
    else if (is(object, "mode", "payment") && paid) {
        fact->kind = "paid";
        fact->document = provider_id(json_object_get(object, "payment_intent"), arena);
        read_money(object, "amount_total", fact, arena);
    }
}

static void invoice(const json_t *object, struct fact *fact, struct arena *arena, bool paid) {
    static const char *const links[] = {"id", "payment_intent", "charge", NULL};
    const json_t *lines = look(object, "lines.data");
    const char *subscription = provider_id(json_object_get(object, "subscription"), arena);
    if (!subscription)
        subscription = provider_id(look(object, "parent.subscription_details.subscription"), arena);
    read_person(object, fact);
    read_links(object, links, fact, arena);
    refer(subscription, fact, arena);
    for (size_t i = 0; subscription && paid && i < json_array_size(lines) && i < LINES_MAX; i++) {
        int64_t end = number(look(json_array_get(lines, i), "period.end"), latest);
        fact->period_end = end > fact->period_end ? end : fact->period_end;
    }
    fact->kind = paid ? "paid" : "failed";
    fact->document = provider_id(json_object_get(object, "id"), arena);
    read_money(object, paid ? "amount_paid" : "amount_due", fact, arena);
}

static void invoice_paid(const json_t *object, struct fact *fact, struct arena *arena) {
    invoice(object, fact, arena, true);
}

static void invoice_failed(const json_t *object, struct fact *fact, struct arena *arena) {
    invoice(object, fact, arena, false);
}

static void subscription_updated(const json_t *object, struct fact *fact, struct arena *arena) {
    read_person(object, fact);
    refer(provider_id(json_object_get(object, "id"), arena), fact, arena);
    fact->kind = "changed";
    fact->has_renews = true;
    fact->renews = !json_is_true(json_object_get(object, "cancel_at_period_end")) &&
                   !number(json_object_get(object, "cancel_at"), latest) && !is(object, "status", "canceled") &&
                   !is(object, "status", "unpaid") && !is(object, "status", "incomplete_expired");
    if (is(object, "status", "trialing"))
        fact->period_end = number(json_object_get(object, "trial_end"), latest);
}

static void subscription_deleted(const json_t *object, struct fact *fact, struct arena *arena) {
    read_person(object, fact);
    refer(provider_id(json_object_get(object, "id"), arena), fact, arena);
    fact->kind = "closed";
    fact->period_end = number(json_object_get(object, "ended_at"), latest);
}

/* The charge tells how much of it was given back in all, and the event how much it had been before. */
static void charge_refunded(const json_t *root, const json_t *object, struct fact *fact, struct arena *arena) {
    static const char *const links[] = {"id", "payment_intent", "invoice", NULL};
    read_person(object, fact);
    read_links(object, links, fact, arena);
    fact->kind = "refunded";
    fact->document = provider_id(json_object_get(object, "id"), arena);
    read_money(object, "amount_refunded", fact, arena);
    fact->amount -= number(look(root, "data.previous_attributes.amount_refunded"), fact->amount);
    fact->has_amount = fact->amount > 0;
}

static void read_object(const json_t *root, struct fact *fact, struct arena *arena) {
    static const struct {
        const char *type;
        void (*read)(const json_t *object, struct fact *fact, struct arena *arena);
    } types[] = {{"checkout.session.completed", session_completed},
                 {"invoice.paid", invoice_paid},
                 {"invoice.payment_failed", invoice_failed},
                 {"customer.subscription.updated", subscription_updated},
                 {"customer.subscription.deleted", subscription_deleted}};
    const json_t *object = look(root, "data.object");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(fact->type, types[i].type))
            types[i].read(object, fact, arena);
    if (!strcmp(fact->type, "charge.refunded"))
        charge_refunded(root, object, fact, arena);
}

int stripe_read(struct bytes payload, struct arena *arena, struct fact *fact) {
    struct fault fault;
    json_t *root = json_parse((const char *)payload.at, payload.n, &fault);
    const char *id = provider_id(json_object_get(root, "id"), arena);
    const char *type = json_string_value(json_object_get(root, "type"));
    *fact = (struct fact){.id = id,
                          .type = type && strlen(type) <= 100 ? arena_text(arena, type) : NULL,
                          .kind = "other",
                          .links = "{}",
                          .created = number(json_object_get(root, "created"), latest)};
    bool good = fact->id && fact->type && fact->created;
    if (good)
        read_object(root, fact, arena);
    json_decref(root);
    return good && fact->links ? 0 : -1;
}
