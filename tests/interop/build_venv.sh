#!/bin/sh
# Makes the environment of the official OMERO client: Python 3.10, ZeroC Ice 3.6.5, omero-py 5.23.0.
# Usage: build_venv.sh; the place is $OMERO_INTEROP_VENV, else ${XDG_CACHE_HOME:-$HOME/.cache}/omero-interop/venv310.
# Nothing is done when it is complete. The first time Ice is compiled, which takes about five minutes.
set -eu
venv=${OMERO_INTEROP_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/omero-interop/venv310}

complete() {
    "$venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import Ice, omero.clients, omero.gateway, omero_version
assert Ice.stringVersion() == "3.6.5" and omero_version.omero_version == "5.23.0"
PYTHON
}

# A python3.10 on the PATH may be a wrapper of pyenv that only complains.
find_python() {
    for candidate in "${OMERO_INTEROP_PYTHON:-python3.10}" "$HOME"/.pyenv/versions/3.10*/bin/python; do
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
mkdir -p "$(dirname "$venv")"
"$python" -m venv --clear "$venv"
pip="$venv/bin/python -m pip install --quiet --disable-pip-version-check"
$pip "setuptools<70" wheel
$pip --no-build-isolation zeroc-ice==3.6.5
$pip omero-py==5.23.0
complete || { echo "The official client in $venv cannot be imported:" >&2; "$venv/bin/python" -c "import omero.gateway"; exit 1; }
