#!/bin/sh
# Fetches packages of others that are written for omero-py, without omero-py: ours takes its place.
# Usage: build_third_party.sh; the place is $OMERO_THIRD_PARTY, else ${XDG_CACHE_HOME:-$HOME/.cache}/omero-interop/others.
# Nothing is done when it is complete.
set -eu
python=${1:-.venv/bin/python}
place=${OMERO_THIRD_PARTY:-${XDG_CACHE_HOME:-$HOME/.cache}/omero-interop/others}
packages="ezomero==3.2.3 omero-rois==0.4.1 omero2pandas==0.4.2 omero-marshal==0.9.1 omero-cli-render==0.8.1
omero-metadata==0.14.0 omero-cli-transfer==1.3.2 pandas==2.3.3 python-dateutil==2.9.0.post0 pytz==2025.2 tzdata==2025.2
six==1.17.0"

stamp="$place/complete-$(echo "$packages" | cksum | cut -d' ' -f1)"
if [ -e "$stamp" ]; then exit 0; fi
echo "Fetching packages of others into $place"
mkdir -p "$place"
# shellcheck disable=SC2086 (a list of words)
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target "$place" $packages
touch "$stamp"
