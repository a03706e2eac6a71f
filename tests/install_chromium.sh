#!/bin/sh
# The browser tests drive Debian's chromium-headless-shell, or its chromium, with which they take half as long again.
# Install the former where that is possible without asking anybody.
command -v chromium-headless-shell >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq chromium-headless-shell fonts-dejavu-core >/dev/null && exit 0
fi
command -v chromium >/dev/null ||
    echo "No chromium-headless-shell or chromium is installed: browser tests will be skipped, or fail where CI is set" >&2
