#!/bin/sh
# Make .venv from requirements.lock: the same versions everywhere, every file checked against its hash.
# Wheels are kept outside the tree, one folder per lock, so that the second time needs no network.
# usage: compose/local/venv.sh [PYTHON]        run at the project's root
set -eu
python=${1:-python3}
cache=${CANVASBACK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/canvasback}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))') || {
    echo "Canvasback needs Python 3.11 or newer; $python is $version. Name another: make PYTHON=python3.12 …" >&2
    exit 1
}
wanted="$version $(sha256sum requirements.lock | cut -c1-16)"
[ "$(cat .venv/canvasback-lock 2>/dev/null)" = "$wanted" ] && exit 0

if ! "$python" -c 'import ensurepip' 2>/dev/null; then # Debian ships Python without it
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "install   python3-venv, by apt-get"
        { apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv; } >/dev/null
    else
        echo "$python has no ensurepip; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi

wheels=$cache/wheels/$(echo "$wanted" | tr ' ' '-')
echo "install   Python packages of requirements.lock into .venv (wheels in $wheels)"
rm -rf .venv
"$python" -m venv .venv
if [ ! -e "$wheels/complete" ]; then
    mkdir -p "$wheels"
    .venv/bin/pip download -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock -d "$wheels"
    : >"$wheels/complete"
fi
.venv/bin/pip install -q --disable-pip-version-check --no-index --require-hashes --find-links "$wheels" -r requirements.lock
.venv/bin/pip install -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
echo "$wanted" >.venv/canvasback-lock
