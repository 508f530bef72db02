# SPDX-License-Identifier: MIT
# bash completion for bellhopd(8)

_bellhopd() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    if [[ $current == = ]]; then
        current=''
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $previous in
    --unit-path | --runtime-directory)
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        compopt -o filenames 2>/dev/null
        ;;
    --log-level)
        mapfile -t COMPREPLY < <(compgen -W 'err warning notice info debug' -- "$current")
        ;;
    --ready-fd) ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W '--system --user --unit-path= --runtime-directory=
            --ready-fd= --log-level= --help --version' -- "$current")
        [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
        ;;
    esac
}

complete -F _bellhopd bellhopd
