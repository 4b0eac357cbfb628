#!/bin/sh
# Builds and packs the program.
set -eu

# Where things go.
out=build
name=program

usage() {
  echo "usage: $0 [--release] [--target NAME] [--pack]"
  echo "  --release   with optimisation"
  echo "  --target    for another machine"
  echo "  --pack      makes an archive"
}

# Compiles one file after the other and stops at the first error.
compile() {
  mkdir -p "$out"
  for file in src/*.c; do
    object="$out/$(basename "$file" .c).o"
    if [ "$file" -nt "$object" ]; then
      echo "compiling $file"
      cc $flags -c "$file" -o "$object"
    else
      echo "$file has not changed"
    fi
  done

  cc $flags "$out"/*.o -o "$out/$name"
}

pack() {
  version=$(cat VERSION)
  archive="$name-$version.tar.gz"
  tar -czf "$archive" -C "$out" "$name"
  sha256sum "$archive" > "$archive.sha256"
  echo "packed $archive"
}

flags="-Wall"
while [ $# -gt 0 ]; do
  case "$1" in
    --release) flags="$flags -O2" ;;
    --pack) packing=yes ;;
    *) usage; exit 2 ;;
  esac
  shift
done
compile
