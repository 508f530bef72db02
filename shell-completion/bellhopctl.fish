# SPDX-License-Identifier: MIT
# fish completion for bellhopctl(1)

function __bellhopctl_units
    set -l reach (string match -r -- '^--(?:system|user|runtime-directory=.*)$' (commandline -opc))
    bellhopctl $reach --no-legend list-units $argv 2>/dev/null | string split -f 1 ' '
end

complete -c bellhopctl -f
# verbs begin
complete -c bellhopctl -n __fish_use_subcommand -a list-units -d 'List the units that are loaded'
complete -c bellhopctl -n __fish_use_subcommand -a list-sockets -d 'List what is listened on, and for whom'
complete -c bellhopctl -n __fish_use_subcommand -a list-deliveries -d 'List what was handed over, or waits to be claimed'
complete -c bellhopctl -n __fish_use_subcommand -a status -d 'Show the state, deliveries and last log lines of units'
complete -c bellhopctl -n __fish_use_subcommand -a show -d 'Show every property of units'
complete -c bellhopctl -n __fish_use_subcommand -a cat -d 'Show the files of units'
complete -c bellhopctl -n __fish_use_subcommand -a verify -d 'Check unit files, also against each other'
complete -c bellhopctl -n __fish_use_subcommand -a directives -d 'List what a unit file may say, and what comes of it'
complete -c bellhopctl -n __fish_use_subcommand -a start -d 'Start units, and wait until they have started'
complete -c bellhopctl -n __fish_use_subcommand -a stop -d 'Stop units, and wait until they have stopped'
complete -c bellhopctl -n __fish_use_subcommand -a restart -d 'Stop and start units; their sockets stay open'
complete -c bellhopctl -n __fish_use_subcommand -a isolate -d 'Start a unit, and stop all that it doesn\'t need'
complete -c bellhopctl -n __fish_use_subcommand -a reload -d 'Have services read their configuration again'
complete -c bellhopctl -n __fish_use_subcommand -a enable -d 'Have units started with those that they name in [Install]'
complete -c bellhopctl -n __fish_use_subcommand -a disable -d 'Undo enable'
complete -c bellhopctl -n __fish_use_subcommand -a is-enabled -d 'Show whether units are enabled'
complete -c bellhopctl -n __fish_use_subcommand -a preset -d 'Enable or disable units as the preset files say'
complete -c bellhopctl -n __fish_use_subcommand -a mask -d 'Keep units from being loaded at all'
complete -c bellhopctl -n __fish_use_subcommand -a unmask -d 'Undo mask'
complete -c bellhopctl -n __fish_use_subcommand -a deliver -d 'Hand what units hold to a service or a process'
complete -c bellhopctl -n __fish_use_subcommand -a refresh -d 'Take new snapshots of memfd units and deliver them'
complete -c bellhopctl -n __fish_use_subcommand -a daemon-reload -d 'Read all unit files anew'
complete -c bellhopctl -n __fish_use_subcommand -a shutdown -d 'Stop all units and end the manager'
complete -c bellhopctl -n __fish_use_subcommand -a help -d 'Show the help'
# verbs end
complete -c bellhopctl -n '__fish_seen_subcommand_from list-units list-deliveries status show cat start stop restart enable disable is-enabled preset mask unmask' -a '(__bellhopctl_units "*")'
complete -c bellhopctl -n '__fish_seen_subcommand_from list-sockets deliver' -a '(__bellhopctl_units "*.socket")'
complete -c bellhopctl -n '__fish_seen_subcommand_from isolate' -a '(__bellhopctl_units "*.target")'
complete -c bellhopctl -n '__fish_seen_subcommand_from reload' -a '(__bellhopctl_units "*.service")'
complete -c bellhopctl -n '__fish_seen_subcommand_from refresh deliver' -a '(__bellhopctl_units "*.memfd")'
complete -c bellhopctl -n '__fish_seen_subcommand_from verify' -F
complete -c bellhopctl -n '__fish_seen_subcommand_from directives' -a '(bellhopctl --no-legend directives | string replace -r "^\S+ +(\S+).*" "\$1")'
complete -c bellhopctl -l system -d 'Talk to the manager of the system'
complete -c bellhopctl -l user -d 'Talk to the manager of this user'
complete -c bellhopctl -l runtime-directory -x -a '(__fish_complete_directories)' -d 'Talk to the manager with this runtime directory'
complete -c bellhopctl -l unit-path -x -a '(__fish_complete_directories)' -d 'Look for units in these folders'
complete -c bellhopctl -l file -d 'Show files, as they are understood'
complete -c bellhopctl -l runtime -d 'Enable or mask until the next reboot'
complete -c bellhopctl -s f -l force -d 'Replace links that are in the way'
complete -c bellhopctl -l now -d 'Start or stop as well'
complete -c bellhopctl -l no-reload -d 'Do not tell the manager'
complete -c bellhopctl -l json -x -a 'short pretty off' -d 'Print JSON'
complete -c bellhopctl -l no-legend -d 'Print no column titles and no totals'
complete -c bellhopctl -l to -x -a '(__bellhopctl_units "*.service")' -d 'Deliver to the main process of this service'
complete -c bellhopctl -l pid -x -a '(__fish_complete_pids)' -d 'Deliver to this process'
complete -c bellhopctl -s h -l help -d 'Show the help'
complete -c bellhopctl -l version -d 'Show the version'
