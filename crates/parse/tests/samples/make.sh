#!/bin/sh
# Makes the samples of this folder anew (Info-ZIP's zip, GNU tar). tide.eml was written by Python's email package.
set -e
here=$(cd "$(dirname "$0")" && pwd)
cd "$(mktemp -d)"
mkdir -p tide/notes tide/pictures
printf '# Tide mill\n\nThe wheel turns at ebb, twice a day.\n' > tide/README.md
printf 'day,hours\nMonday,6\nTuesday,5\n' > tide/notes/hours.csv
printf 'Grease the sluice gate before the spring tide.\n' > "tide/notes/sluice gate.txt"
head -c 300 /dev/zero > tide/pictures/empty.bin
long=a-name-that-does-not-fit-into-the-hundred-bytes-of-an-old-header-
printf 'A long name.\n' > "tide/notes/$long$long.txt"
rm -f "$here"/*.zip "$here"/*.tar*
zip -q -X -r "$here/tide.zip" tide
zip -q -P secret "$here/locked.zip" tide/README.md
tar --format=gnu -czf "$here/tide-gnu.tar.gz" tide
tar --format=pax -czf "$here/tide-pax.tar.gz" tide
tar --format=ustar -b1 -cf "$here/tide-ustar.tar" tide/README.md tide/notes/hours.csv
