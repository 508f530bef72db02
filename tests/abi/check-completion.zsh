# SPDX-License-Identifier: MIT
# check-completion.zsh FOLDER: TAP: what zsh offers when the tab key is hit. Its completion wants a
# terminal: a shell that runs on one is typed to, and made to tell what it was given to offer.
emulate -R zsh
zmodload zsh/zpty || { echo '1..0 # SKIP needs the zsh/zpty module'; exit 0 }
folder=$1 number=0 scratch=$(mktemp -d) || exit 1

zpty shell zsh -f -i
tell() { zpty -w shell "$1" }
tell "PROMPT=; stty -echo; unset zle_bracketed_paste; folder=${(q)folder}; scratch=${(q)scratch}"
tell 'fpath=($folder $fpath); autoload -Uz compinit; compinit -u -d $scratch/dump'
# A manager that has three units.
tell 'bellhopctl() {
    [[ "$1 $2 $3" == "--user --no-legend list-units" ]] || return 1
    for unit in web.service web.socket conf.memfd; do
        [[ $unit == ${~4} ]] && echo "$unit active"
    done
}'
# Those that store what matches (-O, -A, -D) offer nothing yet.
tell 'compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        local -a matches
        builtin compadd -A matches "$@"
        offered+=("${matches[@]}")
    fi
    builtin compadd "$@"
}'
tell 'tell-offered() { print -r -- "<$offered>"; offered=() BUFFER= }; zle -N tell-offered'
tell 'typeset -ga offered; bindkey "^I" complete-word; bindkey "^M" tell-offered; print ready'
while zpty -r shell line; do
    [[ $line == ready* ]] && break
done

# offers EXPECTED LINE: the last word is the one that is being typed.
offers() {
    local line answer=''
    (( number++ ))
    zpty -n -w shell "$2"$'\t\r'
    while zpty -r shell line; do
        [[ $line == *(#b)\<(*)\>* ]] && { answer=$match[1]; break }
    done
    if [[ $answer == $1 ]]; then
        print -r -- "ok $number - $2"
    else
        print -r -- "not ok $number - $2"
        print -r -- "# expected: $1"
        print -r -- "# offered:  $answer"
    fi
}
setopt extended_glob

offers 'status start stop' 'bellhopctl st'
offers 'list-units list-sockets list-deliveries list-unit-files' 'bellhopctl --user list'
offers '--system' 'bellhopctl --sy'
offers 'short pretty off' 'bellhopctl --json='
offers 'short' 'bellhopctl --json=s'
offers 'web.service web.socket' 'bellhopctl --user status w'
offers 'web.socket conf.memfd' 'bellhopctl --user deliver '
offers 'conf.memfd' 'bellhopctl --user refresh '
offers 'web.service' 'bellhopctl --user deliver web.socket --to='
offers '' 'bellhopctl --user shutdown '
offers '--unit-path' 'bellhopd --un'
offers 'err' 'bellhopd --log-level=e'
zpty -d shell
rm -r -- $scratch
echo "1..$number"
