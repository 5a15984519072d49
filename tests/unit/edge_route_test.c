#include <string.h>

#include "http_edge/dialects.h"
#include "http_edge/route.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

static int compile(void **state) {
    (void)state;
    char why[300] = "";
    int rc = route_compile(dialects_all(), "v1,veeplay,videoapp,videoflix_hls,videoflix_s3,streamify", why);
    if (rc)
        print_error("%s\n", why);
    return rc;
}

static void unknown_dialects_are_named(void **state) {
    (void)state;
    char why[300] = "";
    static const char *const wrong[][2] = {{"nonsense", "\"nonsense\" is no dialect"},
                                           {"v1, veeplay", "\" veeplay\" is no dialect"},
                                           {"v1,,veeplay", "\"\" is no dialect"},
                                           {"house", "\"house\" is no dialect"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(route_compile(dialects_all(), wrong[i][0], why), -1);
        assert_string_equal(why, wrong[i][1]);
    }
}

static struct match match;

static const char *found(enum method method, const char *path) {
    route_match(method, path, &match);
    return match.route ? match.route->path : "";
}

static void paths_match_to_the_letter(void **state) {
    (void)state;
    assert_string_equal(found(METHOD_GET, "/v1/titles"), "/v1/titles");
    assert_string_equal(found(METHOD_GET, "/v1/titles/12"), "/v1/titles/{id:int}");
    assert_int_equal(match.count, 1);
    assert_int_equal(match.params[0].n, 2);
    assert_string_equal(found(METHOD_HEAD, "/v1/titles/12"), "/v1/titles/{id:int}");
    assert_string_equal(found(METHOD_GET, "/play/a.b.c/720p/index.m3u8"), "/play/{token}/{rung}/index.m3u8");
    assert_string_equal(found(METHOD_GET, "/play/a.b.c/720p/segment_000.ts"), "/play/{token}/{rung}/{segment}");
    assert_string_equal(found(METHOD_GET, "/api/video/1/720p/s/"), "/api/video/{id:int}/{rung}/{segment}/");
    assert_string_equal(found(METHOD_GET, "/api/video/1/720p/s"), "/api/video/{id:int}/{rung}/{segment}");
    static const char *const nobodys[] = {"",
                                          "x",
                                          "/v1",
                                          "/v1/titles/",
                                          "/v1/titles/a",
                                          "/v1/titles/1a",
                                          "/v1/titles/1/",
                                          "/v1//titles",
                                          "//v1/titles",
                                          "/v1/titles/1234567890123456789",
                                          "/V1/titles",
                                          "/v1/titles/1/events/x",
                                          "/play//720p/index.m3u8",
                                          "/a/b/c/d/e/f/g/h/i/j/k"};
    for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++) {
        assert_string_equal(found(METHOD_GET, nobodys[i]), "");
        assert_null(match.any);
        assert_false(match.redirect);
    }
}

static void methods_are_told(void **state) {
    (void)state;
    assert_string_equal(found(METHOD_PUT, "/v1/titles/1"), "");
    assert_non_null(match.any);
    assert_int_equal(match.methods, 1u << METHOD_GET | 1u << METHOD_HEAD | 1u << METHOD_PATCH | 1u << METHOD_DELETE |
                                        1u << METHOD_OPTIONS);
    assert_string_equal(found(METHOD_NONE, "/v1/login"), "");
    assert_non_null(match.any);
}

static const char *match_dialect(const char *path) {
    found(METHOD_POST, path);
    return match.route ? match.route->dialect->row->name : "";
}

static const char *chosen(enum method method, const char *path, const char *accept, const char *body) {
    found(method, path);
    json_t *json = body ? json_loads(body, 0, NULL) : NULL;
    const struct route *route = route_choose(match.route, accept, json);
    json_decref(json);
    return route->dialect->row->name;
}

static void the_request_tells_whose_path_it_is(void **state) {
    (void)state;
    static const char *const paths[] = {"/login", "/register"};
    static const char *const keys[] = {"email", "name"};
    for (size_t i = 0; i < 2; i++) {
        char body[80];
        assert_string_equal(chosen(METHOD_POST, paths[i], NULL, NULL), "veeplay");
        assert_string_equal(chosen(METHOD_POST, paths[i], NULL, "{}"), "veeplay");
        assert_string_equal(chosen(METHOD_POST, paths[i], NULL, "{\"username\":\"a\"}"), "streamify");
        snprintf(body, sizeof body, "{\"%s\":\"a\",\"username\":\"b\"}", keys[i]);
        assert_string_equal(chosen(METHOD_POST, paths[i], NULL, body), "veeplay");
        snprintf(body, sizeof body, "{\"%s\":null,\"username\":\"b\"}", keys[i]);
        assert_string_equal(chosen(METHOD_POST, paths[i], NULL, body), "streamify");
        assert_string_equal(chosen(METHOD_POST, paths[i], NULL, "[1]"), "veeplay");
    }
    assert_string_equal(chosen(METHOD_GET, "/", NULL, NULL), "videoapp");
    assert_string_equal(chosen(METHOD_GET, "/", "*/*", NULL), "videoapp");
    assert_string_equal(chosen(METHOD_GET, "/", "application/json", NULL), "videoapp");
    assert_string_equal(chosen(METHOD_GET, "/", "text/html,application/xhtml+xml,*/*;q=0.8", NULL), "house");
    for (unsigned i = 0; i < route_count(); i++)
        if (route_at(i)->next && route_at(i)->row->when)
            assert_int_equal(route_at(i)->row->who, ANYONE);
}

static void only_django_paths_redirect(void **state) {
    (void)state;
    static const char *const slashless[] = {"/api/token/refresh", "/api/video", "/users/login", "/users/confirm",
                                            "/health"};
    for (size_t i = 0; i < sizeof slashless / sizeof *slashless; i++) {
        assert_string_equal(found(METHOD_POST, slashless[i]), "");
        assert_null(match.any);
        assert_true(match.redirect);
    }
    /* What is somebody's own path goes nowhere else, and Flask's paths have no slash. */
    assert_string_equal(match_dialect("/api/login"), "streamify");
    assert_string_equal(match_dialect("/api/login/"), "videoflix_hls");
    assert_string_equal(match_dialect("/api/register"), "streamify");
    static const char *const nobodys[] = {"/auth/login/",  "/account/", "/login/",      "/profile/",
                                          "/api/profile/", "/healthz/", "/auth/signup/"};
    for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++) {
        assert_string_equal(found(METHOD_POST, nobodys[i]), "");
        assert_null(match.any);
        assert_false(match.redirect);
    }
    found(METHOD_GET, "/v1/titles/1/playback/");
    assert_false(match.redirect);
    found(METHOD_GET, "/console/x/y");
    assert_false(match.redirect);
}

static void dialects_own_prefixes(void **state) {
    (void)state;
    assert_string_equal(route_dialect("/v1/nothing")->row->name, "v1");
    assert_string_equal(route_dialect("/v1")->row->name, "v1");
    assert_string_equal(route_dialect("/v10/x")->row->name, "videoapp");
    assert_string_equal(route_dialect("/api/x")->row->name, "videoflix_hls");
    assert_string_equal(route_dialect("nonsense")->row->name, "videoapp");
    assert_string_equal(route_dialect(NULL)->row->name, "house");
}

/* One table says who may: nothing that changes or shows what is somebody's is open. */
static void deny_by_default(void **state) {
    (void)state;
    static const char *const open[] = {"/live",
                                       "/openapi.json",
                                       "/docs",
                                       "/ready",
                                       "/metrics",
                                       "/.well-known/jwks.json",
                                       "/",
                                       "/console",
                                       "/console/",
                                       "/console/{file}",
                                       "/pictures/{name}",
                                       "/play/{token}/master.m3u8",
                                       "/stream/{token}/master.m3u8",
                                       "/play/{token}/poster.jpg",
                                       "/play/{token}/{file}",
                                       "/play/{token}/{rung}/index.m3u8",
                                       "/play/{token}/{rung}/{segment}",
                                       "/v1/register",
                                       "/v1/activate",
                                       "/v1/activate/resend",
                                       "/v1/forgot-password",
                                       "/v1/reset-password",
                                       "/v1/plans",
                                       "/v1/webhooks/payments",
                                       "/api/activate/{uid}/{token}/",
                                       "/v1/login",
                                       "/v1/refresh",
                                       "/v1/uploads",
                                       "/v1/uploads/{upload}",
                                       "/api/register/",
                                       "/api/login/",
                                       "/api/logout/",
                                       "/api/token/refresh/",
                                       "/api/password_reset/",
                                       "/api/password_confirm/{uid}/{token}/",
                                       "/login",
                                       "/register",
                                       "/forgot-password",
                                       "/reset-password",
                                       "/auth/signup",
                                       "/auth/login",
                                       "/users/register/",
                                       "/users/confirm/",
                                       "/users/login/",
                                       "/users/forgot-password/",
                                       "/users/reset-password/",
                                       "/users/email-exists/",
                                       "/users/refresh/",
                                       "/health/",
                                       "/healthz",
                                       "/api/login",
                                       "/api/register"};
    for (unsigned i = 0; i < route_count(); i++) {
        const struct route *route = route_at(i);
        bool listed = false;
        for (size_t k = 0; k < sizeof open / sizeof *open; k++)
            listed |= !strcmp(open[k], route->path);
        if (route->row->who == ANYONE && !listed)
            fail_msg("%s is open to anyone", route->path);
        if (route->row->who == READER)
            assert_int_equal(route->row->method, METHOD_GET);
        if (!strcmp(route->path, "/v1/uploads") || !strcmp(route->path, "/v1/uploads/{upload}"))
            assert_int_equal(route->row->who == ANYONE, route->row->method == METHOD_OPTIONS);
    }
}

int edge_route_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_dialects_are_named),
        cmocka_unit_test(paths_match_to_the_letter),
        cmocka_unit_test(methods_are_told),
        cmocka_unit_test(only_django_paths_redirect),
        cmocka_unit_test(the_request_tells_whose_path_it_is),
        cmocka_unit_test(dialects_own_prefixes),
        cmocka_unit_test(deny_by_default),
    };
    return cmocka_run_group_tests_name("edge: route", tests, compile, NULL);
}
