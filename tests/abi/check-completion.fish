# SPDX-License-Identifier: MIT
# check-completion.fish FOLDER: TAP: what fish offers when the tab key is hit.
set folder $argv[1]
set -g number 0

# A manager that has three units.
function bellhopctl
    test "$argv[1..3]" = '--user --no-legend list-units'; or return 1
    for unit in web.service web.socket conf.memfd
        string match -q -- $argv[-1] $unit; and echo "$unit active"
    end
end
source $folder/bellhopctl.fish

# offers EXPECTED LINE: the last word is the one that is being typed.
function offers
    set -g number (math $number + 1)
    set -l offered (complete -C $argv[2] | string split -f 1 \t)
    if test "$offered" = $argv[1]
        echo "ok $number - $argv[2]"
    else
        echo "not ok $number - $argv[2]"
        echo "# expected: $argv[1]"
        echo "# offered:  $offered"
    end
end

offers 'start status stop' 'bellhopctl st'
offers 'list-deliveries list-sockets list-units list-unit-files' 'bellhopctl --user list'
offers --system 'bellhopctl --sy'
offers '--json=off --json=pretty --json=short' 'bellhopctl --json='
offers --json=short 'bellhopctl --json=s'
offers 'web.service web.socket' 'bellhopctl --user status w'
offers 'conf.memfd web.socket' 'bellhopctl --user deliver '
offers conf.memfd 'bellhopctl --user refresh '
offers --to=web.service 'bellhopctl --user deliver web.socket --to='
offers '' 'bellhopctl --user shutdown '
echo "1..$number"
