#compdef jukung
# Completion of jukung's command lines for zsh. jukung itself says what can stand where.
_jukung() {
  local line files= described=()
  for line in "${(@f)$(jukung __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) files=yes ;;
      *) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  [ ${#described} = 0 ] || _describe jukung described
  [ -z "$files" ] || _files
}
if [ "$funcstack[1]" = _jukung ]; then
  _jukung "$@"
else
  compdef _jukung jukung
fi
