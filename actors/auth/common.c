#include <stdlib.h>
#include <string.h>

#include "actors/auth/auth.h"

/* What is tried first by whoever guesses, in lower case and in the order of strcmp(). Each stands for itself and for
 * itself with one digit or mark behind it. */
static const char *const words[] = {
    // clang-format off
    "000000", "00000000", "010203", "0123456789", "0987654321", "100200", "101010", "102030", "10203040", "111111",
    "11111111", "112233", "11223344", "121212", "12121212", "123123", "123321", "12341234", "12344321", "123456",
    "1234567", "12345678", "123456789", "1234567890", "1234567891", "123456789a", "123456789q", "12345678a",
    "12345679", "123456a", "123456q", "123456qwerty", "12345a", "12345qwert", "1234abcd", "1234qwer", "123654",
    "123abc", "123password", "123qwe", "123qweasd", "123qweasdzxc", "12password", "12qwaszx", "131313", "135792468",
    "1357924680", "147258369", "147852", "147852369", "159357", "159753", "19191919", "1a2b3c", "1a2b3c4d",
    "1g2w3e4r", "1password", "1q2w3e", "1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qazxsw2", "20202020",
    "222222", "232323", "24681012", "258456", "27182818", "31415926", "3141592653", "333333", "444444", "456789",
    "5201314", "555555", "654321", "666666", "696969", "741852963", "7654321", "777777", "789456", "789456123",
    "852456", "87654321", "888888", "963852741", "987654321", "9876543210", "999999", "a123456", "a12345678",
    "a123456789", "a1b2c3", "a1b2c3d4", "aa123456", "aaaaaa", "aaaaaaaa", "aabbcc", "abc123", "abc12345", "abcabc",
    "abcd1234", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "access", "access123", "access14", "admin123",
    "admin1234", "admin12345", "admin@123", "adminadmin", "administrator", "alessandro", "amanda", "america",
    "amoremio", "andrea", "andrew", "andrey", "android", "angel123", "angels", "anthony", "apple123", "arsenal",
    "asd123", "asdasd", "asdf1234", "asdfasdf", "asdfgh", "asdfghj", "asdfghjk", "asdfghjkl", "ashley", "asshole",
    "autumn", "azerty", "azerty123", "azertyuiop", "babyboy", "babygirl", "bambam", "banana", "barbie", "barcelona",
    "baseball", "baseball1", "basketball", "batman", "batman123", "beatles", "berlin", "bienvenue", "bigdog",
    "blessed", "blink182", "bonita", "bonjour", "boston", "broncos", "brother", "business", "buster", "butterfly",
    "celtic", "change_me", "changeit", "changeme", "charlie", "charlie1", "cheese", "chelsea", "cherry", "chicago",
    "chocolate", "chouchou", "christ", "church", "ciaociao", "cinema", "cisco123", "coffee", "company1", "computer",
    "contrasena", "contraseña", "cookie", "correct-horse-battery-staple", "correcthorse",
    "correcthorsebatterystaple", "corvette", "coucou", "cowboys", "d-link", "daddy123", "dallas", "dancer", "daniel",
    "daniel123", "debian", "december", "default", "demo1234", "demodemo", "diamond", "disney", "dolphin", "dolphins",
    "doudou", "dragon", "dragon123", "eagles", "eminem", "estrella", "everton", "example", "facebook", "faith123",
    "family", "father", "february", "ferrari", "ficken", "flower", "football", "football1", "football123", "forever",
    "forever21", "fortnite", "forzamilan", "francesco", "freedom", "friends", "fuckyou", "fussball", "gandalf",
    "garfield", "geheim", "geheim123", "george", "gfhjkm", "ghbdtn", "ginger", "giovanni", "godisgood", "golden",
    "google", "google123", "guest123", "guitar", "hallo123", "hallohallo", "hamburg", "hannah", "harley", "harley1",
    "heaven", "hello123", "hellohello", "helloworld", "hermosa", "hockey", "honda123", "honey123", "hulu1234",
    "hunter", "hunter2", "hurricane", "icecream", "iloveu", "iloveyou", "iloveyou2", "internet", "internet1",
    "iphone", "ironman", "january", "jennifer", "jessica", "jesus123", "jesus777", "jesuschrist", "jordan",
    "jordan23", "joshua", "junior", "juventus", "juventus1", "killer", "lakers", "letmein", "letmein1", "letmein123",
    "lightning", "linksys", "linux123", "lions123", "liverpool", "lkjhgfdsa", "login123", "loginlogin", "london",
    "loulou", "lovelove", "lovely", "lovely123", "loveme", "loveyou", "maggie", "maksim", "manager", "manchester",
    "manchester1", "marina", "mariposa", "marseille", "master", "master123", "mastermind", "matrix", "matthew",
    "maverick", "mercedes", "merlin", "metallica", "mexico", "michael", "michael1", "michelle", "mickey", "microsoft",
    "minecraft", "minnie", "mnbvcxz", "mommy123", "monkey", "monkey123", "motdepasse", "mother", "movies",
    "movies123", "muenchen", "music123", "mustang", "mypass", "mypassword", "myspace1", "natasha", "netflix",
    "netflix1", "netflix123", "netgear", "newpassword", "newyork", "nicole", "nikita", "nintendo", "nirvana",
    "nissan", "nopassword", "nothing", "november", "october", "office123", "openopen", "opensesame", "operator",
    "oracle", "orange", "p4ssw0rd", "p4ssword", "p@ssw0rd", "p@ssword", "pa55w0rd", "pa55word", "packers", "pass1234",
    "pass12345", "pass123456", "passpass", "passw0rd", "passwd", "password", "password!", "password1!", "password12",
    "password1234", "passwort", "passwort1", "passwort123", "patriots", "peanut", "pegasus", "pepper", "phoenix",
    "pikachu", "playstation", "poiuytrewq", "pokemon", "pokemon123", "porsche", "postgres", "postgresql", "princess",
    "princess1", "purple", "q123456", "q1w2e3", "q1w2e3r4", "q1w2e3r4t5", "qaz123", "qazwsx", "qazwsxedc", "qazxsw",
    "qq123456", "qqww1122", "qwaszx", "qwe123", "qweasd", "qweasdzxc", "qweqwe", "qwer1234", "qwerqwer", "qwert123",
    "qwert12345", "qwerty", "qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "qwertyu", "qwertyui", "qwertyuiop",
    "qwertz", "raiders", "ranger", "rangers", "raspberry", "realmadrid", "redsox", "richard", "robert", "roblox",
    "rocknroll", "rockstar", "root1234", "rootroot", "samantha", "sample12", "samsung", "samsung1", "schalke04",
    "schatz", "scorpion", "secret", "secret1", "secret123", "secure123", "security", "sergey", "server", "service",
    "sesame", "shadow", "shadow123", "silver", "sister", "slipknot", "snoopy", "snowball", "soccer", "soleil",
    "sommer", "sonnenschein", "spiderman", "spring", "startrek", "starwars", "steelers", "strawberry", "streamify",
    "streaming", "summer", "summer2020", "summer2021", "summer2022", "summer2023", "summer2024", "summer2025",
    "sunshine", "sunshine1", "superman", "superman1", "superuser", "support", "suzuki", "svetlana", "sweetheart",
    "sweetie", "sweety", "system", "taylor", "teamo123", "temp1234", "temporary", "tequiero", "test1234", "test12345",
    "tester", "testing", "testing123", "testpass", "testtest", "testuser", "texas123", "thepassword",
    "thisisapassword", "thomas", "thunder", "tigers", "tigger", "toortoor", "topsecret", "tornado", "tottenham",
    "toyota", "trinity", "trustno1", "twitter", "ubuntu", "user1234", "username", "useruser", "veeplay", "video123",
    "videoflix", "vladimir", "w123456", "welcome", "welcome1", "welcome123", "whatever", "whatever1", "william",
    "willkommen", "windows", "windows10", "winter", "winter2020", "winter2021", "winter2022", "winter2023",
    "winter2024", "winter2025", "woaini", "woaini1314", "wsxedc", "xbox360", "xxxxxx", "xxxxxxxx", "yamaha",
    "yankees", "yellow", "youtube", "z123456", "zaq12wsx", "zaq1zaq1", "zoetrope", "zoetrope1", "zxc123", "zxcvbn",
    "zxcvbnm", "zxczxc", "zzzzzz", "zzzzzzzz",
    // clang-format on
};

static int compare(const void *key, const void *word) {
    return strcmp(key, *(const char *const *)word);
}

static bool listed(const char *word) {
    return bsearch(word, words, sizeof words / sizeof *words, sizeof *words, compare) != NULL;
}

/* One character over and over, or a walk up or down the characters. */
static bool monotonous(const char *word) {
    int step = word[1] - word[0];
    for (size_t i = 1; word[i]; i++)
        if (word[i] - word[i - 1] != step)
            return false;
    return step >= -1 && step <= 1;
}

bool password_common(const char *password) {
    char word[PASSWORD_BYTES_MAX + 1] = "";
    size_t n = strlen(password);
    if (n < 2 || n >= sizeof word)
        return n < 2;
    for (size_t i = 0; i <= n; i++)
        word[i] = password[i] >= 'A' && password[i] <= 'Z' ? (char)(password[i] - 'A' + 'a') : password[i];
    bool common = monotonous(word) || listed(word);
    if (!common && strchr("0123456789!.?*#$", word[n - 1])) {
        word[n - 1] = 0;
        common = listed(word);
    }
    explicit_bzero(word, sizeof word);
    return common;
}
