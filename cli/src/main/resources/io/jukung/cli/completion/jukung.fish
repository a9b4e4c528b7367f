# Completion of jukung's command lines for fish. jukung itself says what can stand where.
function __jukung_complete
    set -l words (commandline -opc)[2..] (commandline -ct)
    for line in (jukung __complete -- $words 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c jukung -f -a '(__jukung_complete)'
