# Completion of monologue(1) for bash.

_monologue() {
    local cur prev words cword
    local verbs='whoami call listen repl ping bench top help'
    local common='--endpoint --api-key --timeout --ca --cert --cert-key --proxy
        --insecure --json --color --help --version'
    COMPREPLY=()
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}

    # The verb is the first word that is neither an option nor its value; a --
    # ends the options, and what is behind it is a command of its own.
    local verb= i skip=
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            COMPREPLY=($(compgen -c -f -- "$cur"))
            return
        elif [[ $skip ]]; then
            skip=
        else
            case ${COMP_WORDS[i]} in
            --endpoint | --api-key | --timeout | --ca | --cert | --cert-key | \
                --proxy | --color | --count | --interval | --name | \
                --concurrency | --number | --time | --size | --parallel | \
                -[cintns]) skip=yes ;;
            -*) ;;
            *) [[ $verb ]] || verb=${COMP_WORDS[i]} ;;
            esac
        fi
    done

    case $prev in
    --ca | --cert | --cert-key)
        COMPREPLY=($(compgen -f -- "$cur"))
        compopt -o filenames 2>/dev/null
        return
        ;;
    --color)
        COMPREPLY=($(compgen -W 'auto always never' -- "$cur"))
        return
        ;;
    esac
    [[ $skip ]] && return # a value that nobody can guess

    local own=
    case $verb in
    '')
        if [[ $cur != -* ]]; then
            COMPREPLY=($(compgen -W "$verbs" -- "$cur"))
            return
        fi
        ;;
    call) own='--raw' ;;
    listen) own='--parallel --reconnect' ;;
    repl) own='--packets' ;;
    ping) own='--count --interval --name' ;;
    bench) own='--concurrency --number --time --size' ;;
    top) own='--interval --count' ;;
    help)
        COMPREPLY=($(compgen -W "$verbs" -- "$cur"))
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$common $own" -- "$cur"))
    elif [[ $verb == call && $cur == @* ]]; then
        COMPREPLY=($(compgen -P @ -f -- "${cur#@}"))
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _monologue monologue
