#!/usr/bin/env bash
# Unpacks a private Asterisk 22 for the test lab: nothing of the machine is changed, root is not needed.
#
#   test/lab/install.sh            make it ready (a second run does nothing)
#   test/lab/install.sh --check    say whether it is ready: exit 0 or 1
#   test/lab/install.sh --help
#
# Debian 12 carries no Asterisk. Its packages, with the C library and the loader they were built for, are fetched by
# apt from a newer suite of the mirror this machine already uses, with an apt state of their own, and unpacked under
#   KOMMUTATOR_LAB   (default ${XDG_CACHE_HOME:-~/.cache}/kommutator/asterisk)
# about 50 MB fetched and thrown away, 134 MB kept. Asterisk then runs through the tree's own loader (asterisk.ts).
set -euo pipefail
export LC_ALL=C

home=${KOMMUTATOR_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/kommutator/asterisk}
tree=$home/tree
stamp=$home/stamp
suites='forky sid'
packages='asterisk asterisk-modules asterisk-core-sounds-en-gsm asterisk-moh-opsound-gsm'
# Left out: maintainer-script tools, and libraries that serve only modules which etc/modules.conf does not load.
left_out='perl|perl-base|perl-modules.*|libperl.*|gnupg.*|gpg.*|dirmngr|pinentry.*|passwd|adduser|debconf|libdebconf.*|base-passwd|login.defs|pci.ids|libpci3|libsnmp.*|libsensors.*|libpam.*|libaudit.*|libcodec2.*|readline-common|libc-gconv.*|tzdata|freetds-common|libjack.*|gcc-[0-9]+-base|libsemanage.*|libsybdb5|libasound.*|libportaudio2|libspandsp.*|asterisk-config'
contents="1: $packages / $left_out" # the stamp; raise the number when the unpacking below changes

say() { printf 'asterisk: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

asterisk_version() {
  local loader
  loader=$(find "$1/usr/lib" -maxdepth 2 -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)
  [ -n "$loader" ] && "$loader" --library-path "$(dirname "$loader")" "$1/usr/sbin/asterisk" -V
}

is_ready() { [ "$(cat "$stamp" 2>/dev/null)" = "$contents" ] && asterisk_version "$tree" >/dev/null; }

# Writes, on stdout, the machine's own first Debian source with another suite.
source_list() {
  local suite=$1 file
  for file in /etc/apt/sources.list.d/*.sources; do
    if grep -qs '^URIs:' "$file"; then
      awk 'BEGIN { RS = "" } /URIs:/ && !/-security/ { print; exit }' "$file" |
        sed -e '/^#/d' -e "s/^Suites:.*/Suites: $suite/" -e 's/^Components:.*/Components: main/' >"$work/source.sources"
      echo "$work/source.sources"
      return
    fi
  done
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | grep '^deb ' | grep -v security | head -n 1 |
    awk -v suite="$suite" '{ for (i = 1; i <= NF; i++) if ($i ~ /:\/\//) { $(i + 1) = suite; $(i + 2) = "main"; NF = i + 2; break } } 1' >"$work/source.list"
  [ -s "$work/source.list" ] || die "no Debian source is configured on this machine"
  echo "$work/source.list"
}

# Fetches the packages of one suite into $work/archives. Fails, with the reason in $work/log, when the suite has no Asterisk 22.
fetch() {
  local suite=$1 list
  rm -rf "${work:?}"/*
  mkdir -p "$work"/{lists/partial,archives/partial,parts,preferences}
  : >"$work/status"
  list=$(source_list "$suite")
  cat >"$work/apt.conf" <<CONF
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
Dir::Etc::sourcelist "$list";
Dir::Etc::sourceparts "$work/parts";
Dir::Etc::preferences "$work/preferences/none";
Dir::Etc::preferencesparts "$work/preferences";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  export APT_CONFIG=$work/apt.conf
  apt-get update -qq &&
    apt-get install -y -s $packages >"$work/plan" &&
    { grep -q '^Inst asterisk .*22\.' "$work/plan" || { echo "no Asterisk 22 in $suite"; false; }; } &&
    awk '/^Inst/ { print $2 }' "$work/plan" | grep -vxE "$left_out" >"$work/list" &&
    (cd "$work/archives" && xargs apt-get download -qq <"$work/list")
}

# Unpacks what was fetched, does what the packages' own scripts would have done, and puts the tree in place in one step.
unpack() {
  mkdir "$work/tree"
  printf '%s\0' "$work"/archives/*.deb |
    xargs -0 -n 8 -P "$(nproc)" sh -c 'for package; do dpkg-deb -x "$package" "$0" || exit 255; done' "$work/tree"
  rm -rf "$work"/tree/usr/share/{doc,man,locale,info,lintian,bash-completion,perl5,asterisk/conf,asterisk/firmware} "$work"/tree/{etc,var}
  ln -sfn en_US_f_Allison "$work/tree/usr/share/asterisk/sounds/en"
  mkdir -p "$work/tree/usr/share/asterisk/moh"
  asterisk_version "$work/tree" >/dev/null || die "the unpacked Asterisk does not start"
  rm -rf "$tree"
  mv "$work/tree" "$tree"
}

case ${1:-} in
  --help | -h) sed -n '2,/^set/ { /^#/ s/^# \{0,1\}//p }' "$0"; exit ;;
  --check) is_ready; exit ;;
  '') ;;
  *) die "unknown option $1 (try --help)" ;;
esac

for tool in apt-get dpkg-deb flock; do
  command -v "$tool" >/dev/null || die "needs Debian or a system made from it ($tool is missing)"
done
mkdir -p "$home"
exec 9>"$home/lock"
flock -w 600 9 || die "another install has held $home/lock for ten minutes"
if is_ready; then say "ready in $tree"; exit; fi

architecture=$(dpkg --print-architecture)
work=$(mktemp -d "$home/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching Asterisk 22 (50 MB, kept apart in $home; the machine itself is not changed)"
for suite in $suites; do
  if fetch "$suite" >"$home/install.log" 2>&1; then
    unpack
    printf '%s\n' "$contents" >"$stamp"
    say "$(asterisk_version "$tree") is ready in $tree"
    exit
  fi
  say "suite $suite: $(tail -n 1 "$home/install.log")"
done
die "could not be fetched; the whole log is in $home/install.log"
