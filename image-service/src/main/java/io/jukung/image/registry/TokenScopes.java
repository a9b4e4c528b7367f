package io.jukung.image.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the tokens of a session are for, as scopes of Distribution's token specification, such as
 * {@code repository:team/app:pull,push}.
 *
 * @param own the scopes of the session itself
 * @param asChallenged whether a scope that the host's challenge names takes the place of the
 *     session's own. A mirror may know the repository by another name.
 */
record TokenScopes(List<String> own, boolean asChallenged) {
  /** For sessions that are about no repository. */
  static final TokenScopes NONE = new TokenScopes(List.of(), true);

  /** For reading a repository. */
  static TokenScopes pull(String repository) {
    return new TokenScopes(List.of("repository:" + repository + ":pull"), true);
  }

  /**
   * For writing to a repository. The first token must do for all requests of the session, so the
   * challenge of its first request, which only reads, does not narrow it.
   *
   * @param sources other repositories that blobs may be mounted from
   */
  static TokenScopes push(String repository, List<String> sources) {
    List<String> scopes = new ArrayList<>();
    scopes.add("repository:" + repository + ":pull,push");
    sources.forEach(source -> scopes.add("repository:" + source + ":pull"));
    return new TokenScopes(List.copyOf(scopes), false);
  }

  /**
   * The scopes to request a token for; none for a session without scopes.
   *
   * @param challenged the scopes that the challenge names, separated by spaces
   */
  List<String> wanted(Optional<String> challenged) {
    if (asChallenged) {
      return challenged.map(List::of).orElse(own);
    }
    List<String> all = new ArrayList<>(own);
    for (String scope : challenged.orElse("").split(" ", -1)) {
      String resource = scope.substring(0, scope.lastIndexOf(':') + 1);
      if (!scope.isBlank() && own.stream().noneMatch(each -> each.startsWith(resource))) {
        all.add(scope);
      }
    }
    return all;
  }
}
