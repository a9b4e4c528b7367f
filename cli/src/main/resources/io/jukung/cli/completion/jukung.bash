# Completion of jukung's command lines for bash. jukung itself says what can stand where.
_jukung() {
  local candidate files='' words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  # bash splits words at "=" and ":", which are part of options and images.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cur cword whole
    _get_comp_words_by_ref -n =: -w whole -c cur -i cword
    words=("${whole[@]:1:cword}")
  fi
  while IFS= read -r candidate; do
    if [ "$candidate" = :files ]; then
      files=yes
    else
      COMPREPLY+=("${candidate%%$'\t'*}")
    fi
  done < <(jukung __complete -- "${words[@]}" 2>/dev/null)
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r candidate; do
      COMPREPLY+=("$candidate")
    done < <(compgen -f -- "${words[-1]}")
  elif declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "${words[-1]}"
  fi
}
complete -F _jukung jukung
