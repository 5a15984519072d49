#include "actors/transcode/language.h"

#include <ctype.h>
#include <string.h>

/* ISO 639-1, 639-2/T, 639-2/B where it differs. */
static const struct language {
    const char *two, *three, *other, *name;
} languages[] = {
    {"ar", "ara", "", "العربية"},      {"bg", "bul", "", "Български"},     {"ca", "cat", "", "Català"},
    {"cs", "ces", "cze", "Čeština"},   {"da", "dan", "", "Dansk"},         {"de", "deu", "ger", "Deutsch"},
    {"el", "ell", "gre", "Ελληνικά"},  {"en", "eng", "", "English"},       {"es", "spa", "", "Español"},
    {"et", "est", "", "Eesti"},        {"eu", "eus", "baq", "Euskara"},    {"fa", "fas", "per", "فارسی"},
    {"fi", "fin", "", "Suomi"},        {"fr", "fra", "fre", "Français"},   {"gl", "glg", "", "Galego"},
    {"he", "heb", "", "עברית"},        {"hi", "hin", "", "हिन्दी"},         {"hr", "hrv", "", "Hrvatski"},
    {"hu", "hun", "", "Magyar"},       {"id", "ind", "", "Indonesia"},     {"is", "isl", "ice", "Íslenska"},
    {"it", "ita", "", "Italiano"},     {"ja", "jpn", "", "日本語"},        {"ko", "kor", "", "한국어"},
    {"lt", "lit", "", "Lietuvių"},     {"lv", "lav", "", "Latviešu"},      {"ms", "msa", "may", "Melayu"},
    {"nb", "nob", "", "Norsk bokmål"}, {"nl", "nld", "dut", "Nederlands"}, {"no", "nor", "", "Norsk"},
    {"pl", "pol", "", "Polski"},       {"pt", "por", "", "Português"},     {"ro", "ron", "rum", "Română"},
    {"ru", "rus", "", "Русский"},      {"sk", "slk", "slo", "Slovenčina"}, {"sl", "slv", "", "Slovenščina"},
    {"sq", "sqi", "alb", "Shqip"},     {"sr", "srp", "", "Српски"},        {"sv", "swe", "", "Svenska"},
    {"ta", "tam", "", "தமிழ்"},         {"th", "tha", "", "ไทย"},           {"tr", "tur", "", "Türkçe"},
    {"uk", "ukr", "", "Українська"},   {"vi", "vie", "", "Tiếng Việt"},    {"zh", "zho", "chi", "中文"},
};

static const struct language *find(const char *word, size_t n) {
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        const struct language *l = &languages[i];
        if ((n == 2 && !strncmp(word, l->two, 2)) || (n == 3 && !strncmp(word, l->three, 3)) ||
            (n == 3 && !strncmp(word, l->other, 3)))
            return l;
    }
    return NULL;
}

/* Parts of one to eight letters or digits; the first has two or three letters. */
static int is_tag(const char *tag) {
    size_t part = 0, letters = 0, parts = 0;
    for (const char *at = tag;; at++) {
        if (*at == '-' || !*at) {
            if (!part || part > 8 || (!parts && (part < 2 || part > 3 || letters != part)))
                return 0;
            if (!*at)
                return 1;
            part = letters = 0;
            parts++;
        } else if (isalnum((unsigned char)*at)) {
            part++;
            letters += isalpha((unsigned char)*at) != 0;
        } else {
            return 0;
        }
    }
}

void language_tag(const char *from, char *to) {
    char tag[LANGUAGE_BYTES] = "";
    size_t n = 0;
    for (; from[n] && n + 1 < sizeof tag; n++)
        tag[n] = from[n] == '_' ? '-' : from[n];
    tag[n] = 0;
    *to = 0;
    if (from[n] || !is_tag(tag))
        return;
    size_t first = strcspn(tag, "-");
    for (size_t i = 0; i < first; i++)
        tag[i] = (char)tolower((unsigned char)tag[i]);
    if (first == 3 && (!strncmp(tag, "und", 3) || !strncmp(tag, "mis", 3) || !strncmp(tag, "zxx", 3)))
        return;
    const struct language *known = find(tag, first);
    strcpy(to, known ? known->two : "");
    strcat(to, known ? tag + first : tag);
}

const char *language_name(const char *tag) {
    const struct language *known = find(tag, strcspn(tag, "-"));
    return known ? known->name : NULL;
}
