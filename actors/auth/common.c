#include <string.h>

#include "actors/auth/auth.h"
#include "actors/auth/passwords.h"

/* What is left of a password behind which digits and marks were hung, and how many digits. */
enum { BASE_BYTES_MIN = 6, TAIL_DIGITS_MAX = 4 };

static const char marks[] = "!.?*#$";

/* Words stand in the order of their bytes, each with a line end, which is below all of them. */
static bool listed(const char *word) {
    size_t low = 0, high = sizeof words - 1;
    while (low < high) {
        size_t at = low + (high - low) / 2;
        while (at > low && words[at - 1] != '\n')
            at--;
        size_t n = strcspn(words + at, "\n");
        int order = strncmp(word, words + at, n);
        if (!order && !word[n])
            return true;
        if (order < 0)
            high = at;
        else
            low = at + n + 1;
    }
    return false;
}

/* One character over and over, or a walk up or down the characters. */
static bool monotonous(const char *word) {
    int step = word[1] - word[0];
    for (size_t i = 1; word[i]; i++)
        if (word[i] - word[i - 1] != step)
            return false;
    return step >= -1 && step <= 1;
}

/* A few characters over and over, or a word of the list twice or more. */
static bool repeated(const char *word, size_t n) {
    for (size_t period = 2; period <= n / 2; period++) {
        size_t i = period;
        while (i < n && word[i] == word[i - period])
            i++;
        if (i < n)
            continue;
        char once[PASSWORD_BYTES_MAX + 1] = "";
        memcpy(once, word, period);
        bool common = period <= 4 || listed(once);
        explicit_bzero(once, sizeof once);
        return common;
    }
    return false;
}

/* Letters for the digits and marks that stand for them; `one` is what a 1 stands for. */
static void undo_disguise(char *word, char one) {
    static const char disguised[] = "@4380$57!", plain[] = "aaebossti";
    for (; *word; word++) {
        const char *at = strchr(disguised, *word);
        if (*word == '1')
            *word = one;
        else if (at)
            *word = plain[at - disguised];
    }
}

/* The word, or what it is disguised as. */
static bool known(const char *word) {
    char other[PASSWORD_BYTES_MAX + 1];
    bool found = listed(word);
    for (int i = 0; i < 2 && !found; i++) {
        strcpy(other, word);
        undo_disguise(other, i ? 'l' : 'i');
        found = listed(other);
    }
    explicit_bzero(other, sizeof other);
    return found;
}

/* A known word with a mark, some digits or both behind it: what people do when they are asked for them. */
static bool known_with_tail(char *word, size_t n) {
    int digits = 0, hung = 0;
    while (n > BASE_BYTES_MIN) {
        bool digit = word[n - 1] >= '0' && word[n - 1] <= '9';
        if (digit ? ++digits > TAIL_DIGITS_MAX : !strchr(marks, word[n - 1]) || ++hung > 2)
            return false;
        word[--n] = 0;
        if (known(word))
            return true;
    }
    return false;
}

bool password_common(const char *password) {
    char word[PASSWORD_BYTES_MAX + 1] = "";
    size_t n = strlen(password);
    if (n < 2 || n >= sizeof word)
        return n < 2;
    for (size_t i = 0; i <= n; i++)
        word[i] = password[i] >= 'A' && password[i] <= 'Z' ? (char)(password[i] - 'A' + 'a') : password[i];
    bool common = monotonous(word) || repeated(word, n) || known(word) || known_with_tail(word, n);
    explicit_bzero(word, sizeof word);
    return common;
}
