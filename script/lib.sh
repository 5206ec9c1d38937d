# What the verbs of script/ share: sourced by them, never run. It finds or brings what the project needs, and says so
# before anything outside the project's own folder is changed.
set -euo pipefail

verb=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Prints the comment at the head of the verb.
print_help() { sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$verb"; }

# Prints the help and ends when it is asked for.
help_if_asked() {
  case ${1:-} in
    --help | -h)
      print_help
      exit
      ;;
  esac
}

# ---------------------------------------------------------------------------------------------- what is needed

# Runs a command while no other bootstrap runs in this folder.
alone() {
  mkdir -p "$root/.tools"
  if command -v flock >/dev/null; then
    (
      flock 9
      "$@"
    ) 9>"$root/.tools/lock"
  else
    "$@"
  fi
}

# Tells that something is missing and how to get it. In CI nothing may be missing.
missing() {
  say "missing: $1 ($2)"
  if [ "${CI:-}" = true ]; then die "in CI nothing may be missing"; fi
  say "         the suites that need it are reported as not run"
}

has_node_24() { [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 24 ]; }

# The npm package that carries Node for this machine.
node_package() {
  local system machine
  system=$(uname -s | tr '[:upper:]' '[:lower:]')
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) die "Node 24 or newer is needed; there is no package of it for $(uname -sm), install it yourself" ;;
  esac
  echo "node-$system-$machine"
}

bring_node() {
  if [ -x "$1/bin/node" ]; then return; fi # another bootstrap was faster
  command -v npm >/dev/null || die "Node and npm are missing: install any Node from 18 on with npm (Debian: apt install nodejs npm)"
  say "this machine's Node is older than 24: bringing one into .tools (the machine's own is not changed)"
  npm install --prefix "$root/.tools" --no-save --no-audit --no-fund --loglevel=error "$(basename "$1")@24" >&2
}

need_node() {
  if has_node_24; then return; fi
  local home
  home=$root/.tools/node_modules/$(node_package)
  if [ ! -x "$home/bin/node" ]; then alone bring_node "$home"; fi
  PATH=$home/bin:$PATH
  has_node_24 || die "the Node in $home does not run on this machine; install Node 24 or newer yourself"
}

bring_dependencies() {
  if node "$root/script/dependencies-match.ts"; then return; fi
  say "installing what package-lock.json names into node_modules"
  (cd "$root" && npm ci --no-audit --no-fund --loglevel=error) >&2
}

need_dependencies() {
  need_node
  node "$root/script/dependencies-match.ts" || alone bring_dependencies
  PATH=$root/node_modules/.bin:$PATH
}

has_pages() {
  local page=$root/dist/web/panel/index.html
  [ -f "$page" ] && [ -z "$(find "$root/web" "$root/src/panel/protocol.ts" "$root/package-lock.json" -newer "$page" -print -quit)" ]
}

bring_pages() {
  if has_pages; then return; fi
  say "building the panel into dist/web"
  node "$root/web/build.ts" >&2
}

need_pages() {
  need_dependencies
  if ! has_pages; then alone bring_pages; fi
}

has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# Installs Debian packages by apt, and says so.
install_packages() {
  say "installing the Debian packages $* by apt, for the whole machine"
  local log=$root/.tools/apt.log options='-qq -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300'
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # the options are words
  { apt-get update -qq && apt-get install $options "$@"; } >"$log" 2>&1 || { tail -n 5 "$log" >&2; false; }
}

has_ffmpeg() { command -v ffmpeg; }

bring_package() {
  if "has_$1" >/dev/null; then return; fi
  install_packages "$1"
}

# A Debian package that is named as its program.
need_package() {
  if "has_$1" >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && alone bring_package "$1"; then return; fi
  missing "$1" "install the package, as root: apt install $1"
}

need_asterisk() {
  if "$root/test/lab/install.sh" --check; then return; fi
  if "$root/test/lab/install.sh" >&2; then return; fi
  missing "Asterisk 22" "test/lab/install.sh brings it where apt is there; see test/lab/install.sh --help"
}

# Of the version that the store needs, or a newer one: Debian keeps them beside each other.
has_postgres() {
  local initdb version
  for initdb in /usr/lib/postgresql/*/bin/initdb; do
    version=${initdb#/usr/lib/postgresql/}
    if [ -x "$initdb" ] && [ "${version%%/*}" -ge 15 ]; then return; fi
  done
  false
}

has_databases() { [ -x /usr/sbin/mariadbd ] && [ -x /usr/bin/mariadb-install-db ] && has_postgres; }

# The servers' programs alone: no service of the machine is set up or started.
bring_databases() {
  if has_databases; then return; fi
  say "the tests start MariaDB and PostgreSQL themselves: in /etc/postgresql-common/createcluster.conf no cluster is asked for"
  install_packages postgresql-common
  # Without this the next package makes a cluster of its own and starts it.
  sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  install_packages postgresql mariadb-server-core mariadb-client-core
}

need_databases() {
  if has_databases; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && alone bring_databases; then return; fi
  missing "MariaDB, or PostgreSQL 15 or newer" "install their packages, as root: apt install mariadb-server-core mariadb-client-core postgresql"
}

need_everything() {
  need_pages
  need_package chromium
  need_package ffmpeg
  need_databases
  need_asterisk
}

# ---------------------------------------------------------------------------------------------- what is run

# Runs a program of ours in place of the verb, in the caller's folder: paths given to it stay right.
run() {
  need_pages
  exec node "$root/$1" "${@:2}"
}

# As run(); for --help the verb's own words come first, and the program's only where nothing must be installed for them.
run_or_help() {
  case ${2:-} in
    --help | -h)
      print_help
      if ! has_node_24 && [ -x "$root/.tools/node_modules/$(node_package)/bin/node" ]; then need_node; fi
      if has_node_24 && node "$root/script/dependencies-match.ts"; then
        echo
        run "$@"
      fi
      exit
      ;;
  esac
  run "$@"
}

# Runs the program of this name in a folder, or lists the folder.
run_named() {
  local folder=$1 name=${2:-}
  if [ -z "$name" ]; then
    print_help
    echo
    echo "There are:"
    for file in "$root/$folder"/*.ts; do
      case $file in *'*.ts' | *.test.ts) ;; *) echo "  $(basename "$file" .ts)" ;; esac
    done
    exit
  fi
  [ -f "$root/$folder/$name.ts" ] || die "there is no $folder/$name.ts; without a name the verb lists what there is"
  run "$folder/$name.ts" "${@:3}"
}

# ---------------------------------------------------------------------------------------------- what is checked

static_checks=('types' 'types of the browser side' 'types of the browser tests' 'style' 'unused code')

static_check() {
  case $1 in
    'types') tsc -p tsconfig.json --noEmit ;;
    'types of the browser side') tsc -p tsconfig.web.json --noEmit ;;
    'types of the browser tests') tsc -p tsconfig.web-node.json --noEmit ;;
    'style') biome ci --error-on-warnings . ;;
    'unused code') knip ;;
  esac
}
