# Turns migration files into a C table, so that zoectl needs no files beside it. Names are .../db/SERVICE/NNN_what.sql; a file
# directly under db/ belongs to every service.
function escape(line) { gsub(/\\/, "\\\\", line); gsub(/"/, "\\\"", line); return line }
BEGIN { print "#pragma once\n\nstatic const struct migration migrations[] = {" }
FNR == 1 {
    if (NR > 1) print "    },"
    n = split(FILENAME, part, "/")
    service = part[n - 1] == "db" ? "" : part[n - 1]
    number = substr(part[n], 1, 3) + 0
    print "    {\"" service "\", " number ", \"" part[n] "\","
}
{ print "     \"" escape($0) "\\n\"" }
END { print "    },\n};" }
