# SPDX-License-Identifier: MIT
# check-completion.bash FOLDER: TAP: what bash offers when the tab key is hit.
set -uo pipefail
folder=$1
number=0
# A manager that has three units.
bellhopctl() {
    local pattern=${*: -1} unit
    [[ $1 == --user || $1 == --runtime-directory=/run/x ]] || return 1
    [[ $* == "$1 --no-legend list-units "* ]] || return 1
    for unit in web.service web.socket conf.memfd; do
        # shellcheck disable=SC2053
        [[ $unit == $pattern ]] && echo "$unit active"
    done
}
source "$folder/bellhopctl.bash"
source "$folder/bellhopd.bash"

# offers EXPECTED FUNCTION WORD...: the last word is the one that is being typed.
offers() {
    local expected=$1 function=$2
    shift 2
    number=$((number + 1))
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    "$function" 2>/dev/null
    if [ "${COMPREPLY[*]}" = "$expected" ]; then
        echo "ok $number - ${COMP_WORDS[*]}"
    else
        echo "not ok $number - ${COMP_WORDS[*]}"
        echo "# expected: $expected"
        echo "# offered:  ${COMPREPLY[*]}"
    fi
}

offers 'status start stop' _bellhopctl bellhopctl st
offers 'list-units list-sockets list-deliveries list-unit-files' _bellhopctl bellhopctl --user list
offers 'list-units list-sockets list-deliveries list-unit-files' _bellhopctl bellhopctl --json = short list
offers '--system' _bellhopctl bellhopctl --sy
offers 'short pretty off' _bellhopctl bellhopctl --json =
offers 'short' _bellhopctl bellhopctl --json = s
offers 'web.service web.socket' _bellhopctl bellhopctl --user status w
offers 'web.socket' _bellhopctl bellhopctl --runtime-directory = /run/x status web.so
offers 'web.socket' _bellhopctl bellhopctl --runtime-directory /run/x status web.so
offers 'web.socket conf.memfd' _bellhopctl bellhopctl --user deliver ''
offers 'conf.memfd' _bellhopctl bellhopctl --user refresh ''
offers 'web.service' _bellhopctl bellhopctl --user deliver web.socket --to =
offers '' _bellhopctl bellhopctl --user shutdown ''
offers '--unit-path=' _bellhopd bellhopd --un
offers 'err' _bellhopd bellhopd --log-level = e
echo "1..$number"
