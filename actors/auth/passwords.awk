# Turns passwords.txt, after its line of dashes, into one C text with a line for each word: nothing has to be relocated.
BEGIN { print "#pragma once\n\nstatic const char words[] =" }
begun { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); print "    \"" $0 "\\n\"" }
/^----$/ { begun = 1 }
END { print "    ;" }
