#!/bin/sh
# The steps of the Makefile that need a decision. Each says plainly what is missing and how to get it.
set -eu

say() { printf '%s\n' "$*" >&2; }
refuse() { say "" "  $1" ""; exit 1; }

# python INTERPRETER VENV: a virtual environment from Python 3.11 or newer
install_python() {
    command -v "$1" >/dev/null || refuse "Python 3.11 or newer is missing. Debian: apt-get install python3 python3-venv"
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        refuse "$("$1" --version) is too old: Bailee needs 3.11 or newer. Name one: make run PYTHON=python3.12"
    say "Making the virtual environment ..."
    rm -f "$2/bin/python" "$2/bin/python3"  # a moved clone's links
    "$1" -m venv "$2" || refuse "Python cannot make virtual environments here. Debian: apt-get install python3-venv"
}

# bootstrap VENV: the installer itself, by the pip that came with Python
install_bootstrap() {
    say "Installing the installer ..."
    "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
}

# requirements VENV FILE: by uv, which takes seconds; by pip where uv finds no index. Mirrors and certificates are mostly
# configured for pip alone, so uv is told of them.
install_requirements() {
    say "Installing $2 ..."
    index=$(pip_setting "$1" index-url)
    certificates=$(pip_setting "$1" cert)
    links=$(pip_setting "$1" find-links)
    (
        [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
        [ -z "$certificates" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificates}"
        [ -z "$links" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$links}"
        export UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-1}"
        "$1/bin/uv" pip install --quiet --python "$1" --require-hashes --link-mode copy -r "$2"
    ) || {
        say "uv could not install; trying pip, which takes longer ..."
        "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$2"
    }
}

# What pip was told by environment or by its files, for the install command or for all.
pip_setting() {
    for section in :env: install global; do
        key="$section.$2"
        [ "$section" != :env: ] || key=":env:.$2"
        if value=$("$1/bin/pip" config get "$key" 2>/dev/null); then
            printf '%s' "$value"
            return
        fi
    done
}

# node FOLDER: what the front end is bundled with, from its lock file
install_node() {
    hint="it bundles the screens. Debian 13: apt-get install nodejs npm; others: https://nodejs.org"
    command -v node >/dev/null || refuse "Node.js 20 or newer is missing: $hint"
    command -v npm >/dev/null || refuse "npm is missing: $hint"
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
        refuse "Node.js $(node --version) is too old, 20 or newer is needed: $hint"
    say "Installing the front end's packages ..."
    cd "$1" && npm ci --silent --no-audit --no-fund
}

# chromium VENV: a browser for the stories: the system's, else Debian's package, else Playwright's own
install_chromium() {
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then return; fi
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing Chromium from the system's packages ..."
        if apt-get install -y -qq chromium fonts-noto-cjk >/dev/null ||
            { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }; then
            return
        fi
    fi
    say "Installing Playwright's own Chromium ..."
    "$1/bin/playwright" install chromium ||
        refuse "No Chromium for the browser stories. Debian: apt-get install chromium fonts-noto-cjk"
}

step=$1
shift
"install_$step" "$@"
