#!/bin/sh
# The browser tests drive Debian's chromium. Install it where that is possible without asking anybody.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null
else
    echo "chromium is not installed: the browser tests will be skipped, or fail where CI is set" >&2
fi
