# SPDX-License-Identifier: MIT
# bash completion for bellhopctl(1)

_bellhopctl_verbs=(
    # verbs begin
    list-units list-sockets list-deliveries list-unit-files status show is-active is-failed
    cat verify directives start stop restart isolate reload reset-failed kill
    enable disable is-enabled preset mask unmask deliver refresh daemon-reload shutdown help
    # verbs end
)
_bellhopctl_options=(
    --system --user --runtime-directory= --unit-path= --file --json= --no-legend
    --runtime --force --now --no-reload --to= --pid= --signal= --kill-whom= --quiet --help --version
)

# The units of the manager that the line so far is about, by a pattern of their names.
_bellhopctl_units() {
    local reach=() index
    for ((index = 1; index < COMP_CWORD; index++)); do
        case ${COMP_WORDS[index]} in
        --system | --user) reach+=("${COMP_WORDS[index]}") ;;
        --runtime-directory)
            index=$((index + 1))
            [[ ${COMP_WORDS[index]} == = ]] && index=$((index + 1))
            reach+=("--runtime-directory=${COMP_WORDS[index]}")
            ;;
        esac
    done
    bellhopctl "${reach[@]}" --no-legend list-units "$1" 2>/dev/null | cut -d ' ' -f 1
}

# The first word that is neither an option nor an option's value.
_bellhopctl_verb() {
    local index
    for ((index = 1; index < COMP_CWORD; index++)); do
        case ${COMP_WORDS[index]} in
        =) index=$((index + 1)) ;;
        --runtime-directory | --unit-path | --to | --pid | --signal | --kill-whom)
            [[ ${COMP_WORDS[index + 1]} == = ]] || index=$((index + 1))
            ;;
        --json) [[ ${COMP_WORDS[index + 1]} == @(short|pretty|off) ]] && index=$((index + 1)) ;;
        -s) index=$((index + 1)) ;;
        -*) ;;
        *)
            echo "${COMP_WORDS[index]}"
            return
            ;;
        esac
    done
}

_bellhopctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=''
    # With COMP_WORDBREAKS as it comes, "--json=sh" is three words.
    if [[ $current == = ]]; then
        current=''
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $previous in
    --runtime-directory | --unit-path)
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    --json) words='short pretty off' ;;
    --to) words=$(_bellhopctl_units '*.service') ;;
    --pid) words=$(cd /proc && echo [0-9]*) ;;
    --signal | -s) words=$(compgen -A signal | grep '^SIG') ;;
    --kill-whom) words='main control all' ;;
    *)
        if [[ $current == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "${_bellhopctl_options[*]}" -- "$current")
            [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
            return
        fi
        case $(_bellhopctl_verb) in
        '') words=${_bellhopctl_verbs[*]} ;;
        refresh) words=$(_bellhopctl_units '*.memfd') ;;
        deliver) words="$(_bellhopctl_units '*.socket') $(_bellhopctl_units '*.memfd')" ;;
        list-sockets) words=$(_bellhopctl_units '*.socket') ;;
        isolate) words=$(_bellhopctl_units '*.target') ;;
        reload) words=$(_bellhopctl_units '*.service') ;;
        verify)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            compopt -o filenames 2>/dev/null
            return
            ;;
        directives)
            words=$(bellhopctl --no-legend directives 2>/dev/null | awk '{ print $2 }')
            ;;
        list-units | list-deliveries | list-unit-files | status | show | is-active | is-failed | cat | start | stop | restart | \
            reset-failed | kill | enable | disable | is-enabled | preset | mask | unmask)
            words=$(_bellhopctl_units '*')
            ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _bellhopctl bellhopctl
