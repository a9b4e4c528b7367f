package io.jukung.image.reference;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A reference to an image in a registry, normalised: {@code busybox} is {@code
 * docker.io/library/busybox:latest} (the grammar of the Distribution project's reference package).
 *
 * @param domain the registry's host and port, {@code docker.io} for Docker Hub
 * @param path the repository within the registry
 */
public record ImageReference(
    String domain, String path, Optional<String> tag, Optional<Digest> digest) {
  private static final String DOCKER_HUB = "docker.io";
  private static final int MAX_REFERENCE_LENGTH = 4096;
  private static final int MAX_NAME_LENGTH = 255;

  private static final Pattern DOMAIN =
      Pattern.compile(
          "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
              + "|\\[[a-fA-F0-9:]+\\])(?::([0-9]{1,5}))?");
  private static final Pattern PATH_COMPONENT =
      Pattern.compile("[a-z0-9]++(?:(?:\\.|_|__|-++)[a-z0-9]++)*+");
  private static final Pattern TAG = Pattern.compile("\\w[\\w.-]{0,127}");
  private static final Pattern BARE_ID = Pattern.compile("[a-f0-9]{64}");

  /**
   * Reads what a user wrote. A name with neither tag nor digest gets the tag {@code latest}; one
   * with both keeps both, see {@link #withoutTagIfDigest}.
   *
   * @throws CriException INVALID_ARGUMENT with the reason
   */
  public static ImageReference parse(String text) {
    if (text.isEmpty()) {
      throw malformed(text, "it is empty");
    }
    if (text.length() > MAX_REFERENCE_LENGTH) {
      throw malformed(
          text.substring(0, 64) + "…", "it is longer than " + MAX_REFERENCE_LENGTH + " characters");
    }
    if (BARE_ID.matcher(text).matches()) {
      throw malformed(text, "it is an image id, not a name");
    }
    int at = text.indexOf('@');
    Optional<Digest> digest = at < 0 ? Optional.empty() : Optional.of(digest(text, at));
    String nameAndTag = at < 0 ? text : text.substring(0, at);
    int colon = nameAndTag.lastIndexOf(':');
    boolean tagged = colon > nameAndTag.lastIndexOf('/');
    Optional<String> tag = tagged ? Optional.of(nameAndTag.substring(colon + 1)) : Optional.empty();
    String name = tagged ? nameAndTag.substring(0, colon) : nameAndTag;
    if (tag.isPresent() && !TAG.matcher(tag.get()).matches()) {
      throw malformed(
          text, "its tag is not 1 to 128 letters, digits, '_', '.' and '-', first no '.' or '-'");
    }
    if (tag.isEmpty() && digest.isEmpty()) {
      tag = Optional.of("latest");
    }
    return named(text, name, tag, digest);
  }

  /** As {@code name:tag}, normalised; empty for what is no name, or one with a digest. */
  public static Optional<String> tagged(String text) {
    try {
      ImageReference reference = parse(text);
      return reference.digest.isPresent() ? Optional.empty() : Optional.of(reference.toString());
    } catch (CriException e) {
      return Optional.empty();
    }
  }

  /** By digest only where there is one: what a tag said beside it is not looked at. */
  public ImageReference withoutTagIfDigest() {
    return digest.isPresent() ? new ImageReference(domain, path, Optional.empty(), digest) : this;
  }

  /** Registry and repository, as in {@code docker.io/library/busybox}. */
  public String name() {
    return domain + "/" + path;
  }

  /** What the registry is asked for: the digest, else the tag. */
  public String object() {
    return digest.map(Digest::toString).or(() -> tag).orElseThrow();
  }

  @Override
  public String toString() {
    return name() + tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
  }

  private static ImageReference named(
      String text, String name, Optional<String> tag, Optional<Digest> digest) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    // Docker's rule: what could be a host is one; "localhost" is, and so is anything in capitals,
    // which no repository can have.
    boolean hasDomain =
        first.indexOf('.') >= 0
            || first.indexOf(':') >= 0
            || first.equals("localhost")
            || first.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
    String domain = hasDomain ? first : DOCKER_HUB;
    String path = hasDomain ? name.substring(slash + 1) : name;
    if (domain.equals("index.docker.io")) {
      domain = DOCKER_HUB;
    }
    if (domain.equals(DOCKER_HUB) && path.indexOf('/') < 0) {
      path = "library/" + path;
    }
    checkDomain(text, domain);
    for (String component : path.split("/", -1)) {
      if (!PATH_COMPONENT.matcher(component).matches()) {
        throw malformed(
            text,
            component.isEmpty()
                ? "its repository has an empty component"
                : component.chars().anyMatch(c -> c >= 'A' && c <= 'Z')
                    ? "its repository must be lower case"
                    : "its repository has characters or separators that are not allowed");
      }
    }
    if (path.length() > MAX_NAME_LENGTH) {
      throw malformed(text, "its repository is longer than " + MAX_NAME_LENGTH + " characters");
    }
    return new ImageReference(domain, path, tag, digest);
  }

  private static void checkDomain(String text, String domain) {
    var match = DOMAIN.matcher(domain);
    if (!match.matches()) {
      throw malformed(text, "its registry is not a host name with an optional port");
    }
    if (match.group(1) != null && Integer.parseInt(match.group(1)) > 65535) {
      throw malformed(text, "its registry's port is above 65535");
    }
  }

  private static Digest digest(String text, int at) {
    try {
      return Digest.parse(text.substring(at + 1));
    } catch (IllegalArgumentException e) {
      throw malformed(text, "its " + e.getMessage());
    }
  }

  private static CriException malformed(String text, String reason) {
    String shown = text.replaceAll("\\p{Cntrl}", "?");
    return CriException.invalidArgument(
        "image reference \"" + shown + "\" is malformed: " + reason);
  }
}
