# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Bash completion for mtls_exporter. Needs bash 4.4, and nothing else. Install it as
# /usr/share/bash-completion/completions/mtls_exporter, or source it.

# A flag ends in "=" when it takes a value.
_mtls_exporter_flags() {
  case $1 in
  probe)
    printf '%s\n' --client-cert= --client-key= --client-key-password-file= --ca-file= \
      --server-name= --proxy= --proxy-password-file= --proxy-ca-file= --proxy-client-cert= \
      --proxy-client-key= --proxy-client-key-password-file= --no-direct --present= --expect= \
      --timeout= --tls-min= --tls-max= --http-method= --http-header= --http-expect-status= \
      --login-user= --login-database= --format= --config.file= --target= --version --help
    ;;
  bypass) printf '%s\n' --config.file= --format= --deployment= --version --help ;;
  serve)
    printf '%s\n' --config.file= --config.check --web.listen-address= --web.telemetry-path= \
      --web.enable-lifecycle --workers= --log.level= --log.format= --version --help
    ;;
  esac
}

# Those of them that may still be given: a flag is given once, but for a few.
_mtls_exporter_flags_left() {
  local flag given
  while read -r flag; do
    case $flag in
    --proxy= | --http-header= | --web.listen-address=) ;;
    *)
      for given in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $given != "${flag%=}" ]] || continue 2
      done
      ;;
    esac
    printf '%s\n' "$flag"
  done < <(_mtls_exporter_flags "$1")
}

# --present takes a list: offers each word that is not in it yet, after what is.
_mtls_exporter_present() {
  local list='' name
  [[ $1 != *,* ]] || list=${1%,*},
  for name in client none untrusted; do
    [[ ,$list == *",$name,"* ]] || printf '%s\n' "$list$name"
  done
}

_mtls_exporter_values() {
  case $1 in
  --present) _mtls_exporter_present "$2" ;;
  --expect) printf '%s\n' required optional none ;;
  --tls-min | --tls-max) printf '%s\n' 1.2 1.3 ;;
  --format)
    if [[ ${COMP_WORDS[1]} == bypass ]]; then
      printf '%s\n' cpl squid mitmproxy
    else
      printf '%s\n' text json metrics
    fi
    ;;
  --deployment) printf '%s\n' explicit transparent ;;
  --http-method) printf '%s\n' GET HEAD OPTIONS POST PUT ;;
  --log.level) printf '%s\n' debug info warn error ;;
  --log.format) printf '%s\n' logfmt json ;;
  --proxy) printf '%s\n' http:// https:// ;;
  esac
}

_mtls_exporter() {
  local word=${COMP_WORDS[COMP_CWORD]} flag='' command=serve candidates candidate
  COMPREPLY=()
  case ${COMP_WORDS[1]} in
  probe | bypass) command=${COMP_WORDS[1]} ;;
  serve | -*) ;;
  *) ((COMP_CWORD == 1)) || return 0 ;;
  esac

  # Bash takes "--format=te" apart: "--format", "=", "te". Both ways of giving a value meet here.
  if [[ $word == = ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 1]} word=''
  elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  elif _mtls_exporter_flags "$command" | grep -Fqxe "${COMP_WORDS[COMP_CWORD - 1]}="; then
    flag=${COMP_WORDS[COMP_CWORD - 1]}
  fi

  case $flag in
  --client-cert | --client-key | --config.file | *-file | --proxy-client-cert | --proxy-client-key)
    compopt -o default # file names, as readline completes them
    return 0
    ;;
  -*) candidates=$(_mtls_exporter_values "$flag" "$word") ;;
  *)
    if [[ $word == -* ]]; then
      candidates=$(_mtls_exporter_flags_left "$command")
    elif ((COMP_CWORD == 1)); then
      candidates=$'probe\nserve\nbypass'
    elif [[ $command == probe && ${COMP_WORDS[COMP_CWORD - 1]} != : ]]; then
      candidates=$(printf '%s://\n' https tls smtp imap pop3 ldap postgres mysql xmpp)
    else
      return 0
    fi
    ;;
  esac

  while read -r candidate; do # compgen -W would expand what was typed
    [[ -z $candidate || $candidate != "$word"* ]] || COMPREPLY+=("$candidate")
  done <<<"$candidates"
  # More is to be typed after a flag's "=", a scheme, a word of a list.
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=/] || $flag == --present ]]; then
    compopt -o nospace
  fi
}

complete -F _mtls_exporter mtls_exporter
