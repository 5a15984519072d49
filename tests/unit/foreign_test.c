#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "tests/unit/unit.h"

/* Hashes that accounts are brought along with. Those below were made by Python's hashlib, the last two by Werkzeug 3.1.
 */

static const char password[] = "correct horse 1";

static const char *const good[] = {
    "pbkdf2_sha256$1000$seasalt2$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqE=",
    "pbkdf2_sha1$1000$seasalt2$g37LIlJCmmTT8lmb0DC6EW45izA=",
    "pbkdf2:sha256:1000$yK3fAQxV$14c07896dffad87ab6a24ac6af0086449a8e172cf58bb39ced2bb87b617ef980",
    "pbkdf2:sha512:1000$yK3fAQxV$459a1415edb07fe2d5e55b31239191823d77395dfd98dd00830774bc0e3de87aaf75f85a53a10d2cd525d"
    "06111f54b9c64658b287ddba8c4a3dfda2d0e907988",
    "pbkdf2:sha1:1000$yK3fAQxV$93fca5f582c9f191cf85efd24a3ec7465a6e89fb",
    "scrypt:1024:8:1$zPoW2Eh8Zz9ZWVnb$"
    "e9416edc4fab277ba46127f71b25a1ce5ac58faf1d4a20cb90189b8f4c3c6a3063c71592dc9eaeaeb9"
    "78d177035ce43e0a68263cfc0d296e69f17d288ef54517",
    "scrypt:32768:8:1$gvqcSEBDTnb2ilO1$"
    "a925e954534c514283e03eb37c7b0e6c5b15bd52afd7b5d9784403b24000389dd33f6f43f4c23120fd"
    "0172abfeba3c3cc5e6fc977e223c579e272c52ecd193e6",
    "pbkdf2:sha256:2000$D6nzvfgCfkamQ663$70e7b15cd4067cb45baa26cd13a60b8f99d53d1e4b2e015b9bab9814703473c8",
};

static void good_ones_match(void **state) {
    (void)state;
    char changed[400];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(hash_refused(good[i]));
        assert_true(hash_foreign(good[i]));
        assert_true(foreign_matches(password, good[i]));
        assert_false(foreign_matches("correct horse 2", good[i]));
        assert_false(foreign_matches("", good[i]));
        snprintf(changed, sizeof changed, "%s", good[i]);
        char *salt = strrchr(changed, '$') - 1;
        *salt = *salt == 'x' ? 'y' : 'x';
        assert_false(foreign_matches(password, changed));
    }
}

static void costs_are_bounded(void **state) {
    (void)state;
    char text[400];
    const char *digest = strrchr(good[5], '$') + 1;
    static const char *const costs[] = {"1048576:8:1",  "65536:16:1", "16384:8:16", "1024:8:1024", "4294967296:8:1",
                                        "16:1024:1024", "1000:8:1",   "0:8:1",      "1024:0:1",    "1024:8:0",
                                        "1:8:1",        "-2:8:1",     "1024:8",     "1024:8:1:1"};
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        snprintf(text, sizeof text, "scrypt:%s$salt$%s", costs[i], digest);
        if (!hash_refused(text) || foreign_matches(password, text))
            fail_msg("%s is taken", text);
    }
    static const char *const rounds[] = {"2000001", "999999999", "10000000000", "0", "-1", "+1", " 1", "1 ", "1e3", ""};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        snprintf(text, sizeof text, "pbkdf2_sha256$%s$seasalt2%s", rounds[i], strrchr(good[0], '$'));
        if (!hash_refused(text))
            fail_msg("%s is taken", text);
    }
    snprintf(text, sizeof text, "pbkdf2_sha256$2000000$seasalt2%s", strrchr(good[0], '$'));
    assert_null(hash_refused(text));
}

static void others_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "plain text",
        "$1$abc$def",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$abc$def",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        "pbkdf2_sha256",
        "pbkdf2_sha256$1000$seasalt2$",
        "pbkdf2_sha256$1000$$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqE=",
        "pbkdf2_sha256$1000$seasalt2$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqE",
        "pbkdf2_sha256$1000$seasalt2$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqEA",
        "pbkdf2_sha256$1000$seasalt2$g37LIlJCmmTT8lmb0DC6EW45izA=",
        "pbkdf2_md5$1000$seasalt2$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqE=",
        "pbkdf2:sha256:1000$yK3fAQxV$14c0",
        "pbkdf2:sha256:1000$yK3fAQxV$zzc07896dffad87ab6a24ac6af0086449a8e172cf58bb39ced2bb87b617ef980",
        "pbkdf2:sha256$yK3fAQxV$14c07896dffad87ab6a24ac6af0086449a8e172cf58bb39ced2bb87b617ef980",
        "$2b$12$tooshort",
        "$2b$17$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i",
        "$2b$99$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i",
        "$2c$12$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i",
        "$2b$12$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3!",
        "$2b$1$2abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i",
        "$2",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!hash_refused(bad[i]))
            fail_msg("%s is taken", bad[i]);
        if (hash_foreign(bad[i]))
            assert_false(foreign_matches(password, bad[i]));
    }
    static const char *const bcrypt[] = {"$2b$12$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i",
                                         "$2a$05$abcdefghijklmnopqrstuuEXhiyQmRggPHo/Jc2S7y8qHYKiOUBCm",
                                         "$2y$06$abcdefghijklmnopqrstuuw1oUcbqlBRii/5ylE8CRE/KMqasSX3i"};
    for (size_t i = 0; i < 3; i++) {
        assert_null(hash_refused(bcrypt[i]));
        assert_false(hash_foreign(bcrypt[i]));
    }
}

int foreign_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_match),
        cmocka_unit_test(costs_are_bounded),
        cmocka_unit_test(others_are_refused),
    };
    return cmocka_run_group_tests_name("foreign hashes", tests, NULL, NULL);
}
