#!/bin/sh
# Adds one to the number in /data/count, and answers with it.
count=$(($(cat /data/count 2>/dev/null || echo 0) + 1))
echo "$count" > /data/count
printf 'Content-Type: text/plain\r\n\r\n%s\n' "$count"
