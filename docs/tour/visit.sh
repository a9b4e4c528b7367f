#!/bin/sh
# Asks the database for the number of this visitor.
count=$(wget -q -O - "$DB/cgi-bin/add") || count=unknown
printf 'Content-Type: text/plain\r\n\r\nGREETING %s.\n' "$count"
