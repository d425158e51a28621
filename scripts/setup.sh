#!/bin/sh
# Make the virtual environment and the few operating system packages ready. Usage: scripts/setup.sh base|dev|bench|localstripe
# The second run finds its stamp and does nothing. Where it may not install something it prints the command to run.
set -eu

wanted=${1:-base}
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=${VENV:-$here/.venv}
requirements=$here/requirements/$wanted.txt
stamp=$venv/.ready-$wanted

say() { printf '\033[1m%s\033[0m\n' "$*"; }
warn() { printf '\033[1;33m%s\033[0m\n' "$*" >&2; }
stop() { printf '\033[1;31m%s\033[0m\n' "$*" >&2; exit 1; }

fingerprint() { cat "$requirements" "$0" | sha256sum | cut -d' ' -f1; }

if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null && [ -f "$stamp" ] &&
    [ "$(cat "$stamp")" = "$(fingerprint)" ]; then
    exit 0
fi

# --- Python ---------------------------------------------------------------------------------------------------------
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || stop "Python 3.11 or newer is needed. On Debian or Ubuntu: apt-get install python3"

# --- Packages of the operating system ---------------------------------------------------------------------------------
packages="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
case $wanted in
    dev) packages="$packages chromium" ;;
    bench) packages="postgresql" ;;
    localstripe) packages="" ;;
esac

root=
if [ "$(id -u)" = 0 ]; then
    root="env"
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo"
fi

has_package() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

here_already() {
    case $1 in
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        *) has_package "$1" ;;
    esac >/dev/null 2>&1
}

install_packages() {
    $root apt-get update -q >/dev/null || warn "apt-get update failed; trying with the lists that are here."
    # One by one: a name that one release does not have must not keep the others away.
    for package in "$@"; do
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" >/dev/null ||
            left="$left $package"
    done
}

if command -v dpkg-query >/dev/null 2>&1; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || packages="python3-venv $packages"
    missing=
    for package in $packages; do
        here_already "$package" || missing="$missing $package"
    done
    left=
    if [ -n "$missing" ] && [ -n "$root" ]; then
        say "Installing packages:$missing"
        install_packages $missing
    else
        left=$missing
    fi
    if [ -n "$left" ]; then
        warn "Not installed:$left"
        warn "    To install them: sudo apt-get update && sudo apt-get install --no-install-recommends$left"
        warn "    Without pango no receipt PDF is made; without fonts-noto-cjk it shows no Chinese; without chromium the browser tests are skipped."
    fi
else
    warn "This is no Debian or Ubuntu: receipts need Pango and a Chinese font, the browser tests need Chromium."
fi

# --- The virtual environment --------------------------------------------------------------------------------------------
if ! { [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    say "Making the virtual environment"
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv --clear "$venv"
    elif command -v virtualenv >/dev/null 2>&1; then
        virtualenv -q -p "$python" "$venv"
    else
        stop "Python cannot make virtual environments here. Run: sudo apt-get install python3-venv   and then the same command again."
    fi
fi

say "Installing Python packages, each checked against its hash (requirements/$wanted.txt)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$requirements" ||
    stop "The Python packages could not be installed. If this machine reaches packages through a mirror or proxy, tell pip about it (pip config, HTTPS_PROXY) and run the same command again."

fingerprint > "$stamp"
# What the tests need contains what the site needs.
if [ "$wanted" = dev ]; then
    requirements=$here/requirements/base.txt
    fingerprint > "$venv/.ready-base"
fi
