# shellcheck shell=bash
# What suites of bash share: the command, what it has to say, and a folder for each case.  To be sourced in the top folder
# when AID (the command) and WORK (a folder that is removed at the end) are set.

unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
for variable in $(compgen -e | grep -E '_API_KEY$'); do unset "$variable"; done

aid () { "$AID" "$@" >out 2>err; STATUS=$?; }
exits () { [ "$STATUS" = "$1" ] || { echo "# exit status $STATUS, not $1"; head -c 2000 out; cat err; return 1; }; }
says () { grep -qF -- "$2" "$1" || { echo "# not in $1: $2"; head -c 3000 "$1"; return 1; }; }
lacks () { ! grep -rqF -- "$2" "$1" || { echo "# in $1: $2"; return 1; }; } # a file, or a folder
is () { [ "$1" = "$2" ] || { echo "# $1"; echo "# is not $2"; return 1; }; }
lines () { [ "$(wc -l <"$1")" = "$2" ] || { echo "# $1 has $(wc -l <"$1") lines, not $2:"; cat "$1"; return 1; }; }
wait_for () { for _ in $(seq "${PATIENCE:-200}"); do "$@" 2>/dev/null && return 0; sleep 0.05; done; echo "# waited in vain for: $*"; return 1; }
# FILE EXPRESSION: of V, what is in FILE.
json () { python3 -c 'import json,sys; v=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

# The suite may define `before', which a case begins with (`number' is its number), and `mend', which is called when one has
# failed.
before () { :; }
mend () { :; }

# With settings and state of its own; all that it starts in the background ends with it.  SKIP: why it was not run.
one () # FUNCTION
{
  export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
  local status
  SKIP=
  before && "$1"; status=$?
  # shellcheck disable=SC2046
  kill $(jobs -p) 2>/dev/null
  wait 2>/dev/null
  cat ./*.err err 2>/dev/null | grep -aE 'ERROR: [A-Za-z]+Sanitizer|runtime error|WARNING: ThreadSanitizer' && status=1
  [ -z "$SKIP" ] || echo "$SKIP" >"$WORK/skip"
  return $status
}

each_case () # NAME...: runs test_NAME..., or all that there are, each in a folder of its own
{
  local name number=0 passed=0 failed=0
  # shellcheck disable=SC2046
  [ $# -gt 0 ] || set -- $(compgen -A function test_)
  for name; do
    name=${name#test_}
    rm -f "$WORK/skip"
    mkdir -p "$WORK/cases/$name"
    if (trap - EXIT; cd "$WORK/cases/$name" && one "test_$name") >"$WORK/cases/$name.log" 2>&1; then
      echo "ok $name$([ ! -f "$WORK/skip" ] || sed 's/^/ # skip /' "$WORK/skip")"
      passed=$((passed + 1))
    else
      sed 's/^/    /' "$WORK/cases/$name.log"
      echo "not ok $name"
      failed=$((failed + 1))
      mend
    fi
    number=$((number + 1))
  done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
