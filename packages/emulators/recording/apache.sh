#!/bin/sh
# Starts and stops the web server that transcripts are recorded from. RECORD names a temporary folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case "$1" in
start)
  mkdir -p "$RECORD/logs" "$RECORD/run" "$RECORD/www/sub" "$RECORD/www/secret"
  echo 'admin:$apr1$x$y' > "$RECORD/htp"
  printf '<!DOCTYPE html>\n<title>Hello</title>\n<p>Hello there, this is the page.\n' > "$RECORD/www/index.html"
  printf 'User-agent: *\nDisallow: /admin/\n' > "$RECORD/www/robots.txt"
  touch -d '2024-11-01T10:00:00Z' "$RECORD/www/index.html" "$RECORD/www/robots.txt"
  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=web-3f.corp.example \
    -keyout "$RECORD/key.pem" -out "$RECORD/cert.pem" 2> /dev/null
  chmod -R a+rX "$RECORD"
  exec apache2 -d "$RECORD" -f "$here/apache.conf" -k start
  ;;
stop) kill "$(cat "$RECORD/run/pid")" ;;
*) echo "usage: RECORD=folder sh apache.sh start|stop" >&2; exit 2 ;;
esac
