#!/bin/sh
# Makes the environment of the official OMERO client: Python 3.10, ZeroC Ice 3.6.5, omero-py 5.23.0.
# Usage: build_venv.sh; the place is $OMERO_INTEROP_VENV, else ${XDG_CACHE_HOME:-$HOME/.cache}/omero-interop/venv310.
# Nothing is done when it is complete. The first time Ice is compiled, which takes about five minutes.
set -eu
venv=${OMERO_INTEROP_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/omero-interop/venv310}

# -I keeps the working directory and PYTHONPATH out: a checkout of this project has a package omero of its own.
complete() {
    [ -x "$venv/bin/python" ] || return 1
    "$venv/bin/python" -I -W ignore - 2>/dev/null <<'PYTHON'
import Ice, omero.clients, omero.gateway, omero_version
assert Ice.stringVersion() == "3.6.5" and omero_version.omero_version == "5.23.0"
PYTHON
}

# A python3.10 on the PATH may be a wrapper of pyenv that only complains.
find_python() {
    for candidate in "${OMERO_INTEROP_PYTHON:-python3.10}" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "The official OMERO client needs Python 3.10 with venv: install python3.10, python3.10-venv and python3.10-dev" >&2
    echo "(or 'pyenv install 3.10'), or name one with OMERO_INTEROP_PYTHON=/path/to/python3.10. Its parts are compiled:" >&2
    echo "g++, make and the headers of OpenSSL and bzip2 (libssl-dev, libbz2-dev) are needed too." >&2
    exit 1
}

if complete; then exit 0; fi
python=$(find_python)
echo "Building the official OMERO client in $venv (about five minutes)"
# What is there already is never removed: the place may be somebody else's, or a link to it. An interrupted build goes on.
mkdir -p "$venv"
venv=$(cd "$venv" && pwd -P)
if [ ! -e "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv")" ]; then
    echo "$venv is neither empty nor a Python environment. Choose another place with OMERO_INTEROP_VENV." >&2
    exit 1
fi
"$python" -m venv "$venv"
install() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
install "setuptools<70" wheel
install --no-build-isolation zeroc-ice==3.6.5
install omero-py==5.23.0
if ! complete; then
    echo "The official client in $venv cannot be imported:" >&2
    "$venv/bin/python" -I -c "import omero.clients, omero.gateway" >&2
    exit 1
fi
