# Completion of monologue(1) for fish.

set -l verbs whoami call listen repl ping bench top help

complete -c monologue -f
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a whoami -d 'Print our connection id'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a call -d 'Call a method of another program'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a listen -d 'Answer calls, by a command'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a repl -d 'A prompt'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a ping -d 'Measure the way to another program and back'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a bench -d 'Calls per second, and how long they take'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a top -d 'Watch a server'
complete -c monologue -n "not __fish_seen_subcommand_from $verbs" -a help -d 'Explain a verb'
complete -c monologue -n '__fish_seen_subcommand_from help' -a "$verbs"

complete -c monologue -l endpoint -x -d 'Where the server is'
complete -c monologue -l api-key -x -d 'The key it asks for'
complete -c monologue -l timeout -x -d 'Seconds to wait for an answer'
complete -c monologue -l ca -r -F -d 'Trust the authorities in this PEM file instead'
complete -c monologue -l cert -r -F -d 'Our certificate'
complete -c monologue -l cert-key -r -F -d 'Its private key'
complete -c monologue -l proxy -x -d 'A proxy to go through'
complete -c monologue -l insecure -d 'Trust any certificate'
complete -c monologue -l json -d 'Print JSON only'
complete -c monologue -l color -x -a 'auto always never' -d 'When to use colours'
complete -c monologue -s h -l help -d 'Explain'
complete -c monologue -s V -l version -d 'Print the version'

complete -c monologue -n '__fish_seen_subcommand_from call' -s r -l raw -d 'Print a string without quotes'
complete -c monologue -n '__fish_seen_subcommand_from listen' -l parallel -x -d 'Commands that may run at once'
complete -c monologue -n '__fish_seen_subcommand_from listen' -l reconnect -d 'Connect again when disconnected'
complete -c monologue -n '__fish_seen_subcommand_from repl' -l packets -d 'Show packets as they pass'
complete -c monologue -n '__fish_seen_subcommand_from ping' -s c -l count -x -d 'How many'
complete -c monologue -n '__fish_seen_subcommand_from ping' -s i -l interval -x -d 'Seconds from one to the next'
complete -c monologue -n '__fish_seen_subcommand_from ping' -s n -l name -x -d 'What to call'
complete -c monologue -n '__fish_seen_subcommand_from bench' -s c -l concurrency -x -d 'Calls in flight'
complete -c monologue -n '__fish_seen_subcommand_from bench' -s n -l number -x -d 'Stop after so many calls'
complete -c monologue -n '__fish_seen_subcommand_from bench' -s t -l time -x -d 'Stop after this many seconds'
complete -c monologue -n '__fish_seen_subcommand_from bench' -s s -l size -x -d 'Length of the argument in bytes'
complete -c monologue -n '__fish_seen_subcommand_from top' -s i -l interval -x -d 'Seconds between updates'
complete -c monologue -n '__fish_seen_subcommand_from top' -s n -l count -x -d 'End after so many updates'
