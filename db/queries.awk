# Turns named SQL into a C table. Input: `-- name: find_account` before each statement (`-- name: find_account anew`: planned
# at each run); :name is a parameter.
# Output: an enum of Q_names (not under DB_QUERIES_ALONE) and `struct db_query` rows in the same order, in an array of the name
# DB_QUERIES_TABLE when that is defined.
function finish() {
    if (name == "") return
    gsub(/;[ \n]*$/, "", sql)
    names[++count] = name; texts[count] = sql; lists[count] = list; news[count] = anew
}
function number_of(word) {
    if (!(word in seen)) { seen[word] = ++params; list = list "\"" word "\", " }
    return "$" seen[word]
}
# :word becomes $n; ::type stays.
function place(line,    out, at, word) {
    out = ""
    while ((at = match(line, /:[a-z_]+/)) > 0) {
        word = substr(line, RSTART + 1, RLENGTH - 1)
        if (at > 1 && substr(line, at - 1, 1) == ":") out = out substr(line, 1, at + RLENGTH - 1)
        else out = out substr(line, 1, at - 1) number_of(word)
        line = substr(line, at + RLENGTH)
    }
    return out line
}
/^-- name: / { finish(); name = $3; anew = $4 == "anew" ? "true" : "false"; sql = ""; list = ""; params = 0; split("", seen); next }
/^ *--/ || /^ *$/ { next }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); sql = sql (sql == "" ? "" : "\\n") place($0) }
END {
    finish()
    print "#pragma once\n#include \"db/pg.h\"\n\n#ifndef DB_QUERIES_ALONE\nenum {"
    for (i = 1; i <= count; i++) print "    Q_" names[i] ","
    print "    Q_COUNT\n};\n#endif\n\n#ifdef DB_QUERIES_TABLE\nstatic const struct db_query DB_QUERIES_TABLE[] = {"
    for (i = 1; i <= count; i++)
        print "    {\"" names[i] "\", \"" texts[i] "\", (const char *const[]){" lists[i] "NULL}, " news[i] "},"
    print "};\n#endif"
}
