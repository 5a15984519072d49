# Turns passwords.txt, after its line of dashes, into one C text: each word ends in a NUL, so that nothing has to be relocated.
BEGIN { print "#pragma once\n\nstatic const char words[] =" }
begun { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); print "    \"" $0 "\\0\"" }
/^----$/ { begun = 1 }
END { print "    ;" }
