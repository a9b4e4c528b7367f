package io.jukung.image.signature;

import io.jukung.image.reference.ImageReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A signature policy as it was read (containers-policy.json(5)). Immutable.
 *
 * @param fallback for images that no scope is for
 * @param scopes the requirements of the transport docker, by scope
 */
record SignaturePolicy(
    List<PolicyRequirement> fallback, Map<String, List<PolicyRequirement>> scopes) {
  private static final String HTTPS_PORT = ":443";

  /**
   * The requirements for one image, all of which it must fulfil.
   *
   * @param scope where they are in the policy, for messages
   */
  record Scoped(String scope, List<PolicyRequirement> requirements) {}

  /** Finds the most specific scope of an image. */
  Scoped of(ImageReference image) {
    ImageReference usual = usual(image);
    for (String scope : scopesOf(usual)) {
      for (String spelling : spellings(usual, scope)) {
        List<PolicyRequirement> found = scopes.get(spelling);
        if (found != null) {
          return new Scoped("transports.docker[\"" + scope + "\"]", found);
        }
      }
    }
    return defaults();
  }

  /** Whether a scope is one of those that {@link #of} looks for. */
  static boolean isScopeOf(ImageReference image, String scope) {
    ImageReference usual = usual(image);
    return scopesOf(usual).stream()
        .flatMap(each -> spellings(usual, each).stream())
        .anyMatch(scope::equals);
  }

  /** A scope as it may stand in a policy: https has a port that need not be written. */
  private static List<String> spellings(ImageReference image, String scope) {
    String domain = image.domain();
    return scope.startsWith(domain)
        ? List.of(scope, domain + HTTPS_PORT + scope.substring(domain.length()))
        : List.of(scope);
  }

  /** The requirements for what has no name. */
  Scoped defaults() {
    return new Scoped("default", fallback);
  }

  /**
   * The scopes that an image can have, the most specific first: the whole name, its repository and
   * what contains it, the registry, the domains above it, and the whole transport.
   */
  private static List<String> scopesOf(ImageReference image) {
    List<String> scopes = new ArrayList<>();
    scopes.add(image.toString());
    for (String name = image.name(); ; name = name.substring(0, name.lastIndexOf('/'))) {
      scopes.add(name);
      if (name.indexOf('/') < 0) {
        break;
      }
    }
    String host = image.domain();
    int port = host.indexOf(':');
    host = port < 0 ? host : host.substring(0, port);
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.')) {
      host = host.substring(dot + 1);
      scopes.add("*." + host);
    }
    scopes.add("");
    return scopes;
  }

  /** One registry has many spellings: in capitals, and with the port that https has anyway. */
  private static ImageReference usual(ImageReference image) {
    String domain = image.domain().toLowerCase(Locale.ROOT);
    if (domain.endsWith(HTTPS_PORT)) {
      domain = domain.substring(0, domain.length() - HTTPS_PORT.length());
    }
    return domain.equals(image.domain())
        ? image
        : new ImageReference(domain, image.path(), image.tag(), image.digest());
  }
}
