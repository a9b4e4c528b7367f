package io.jukung.engine.daemon;

/** Names of images as docker shows them: without what docker.io's images have in common. */
public final class ImageNames {
  private static final String HUB = "docker.io/";
  private static final String LIBRARY = "docker.io/library/";

  private ImageNames() {}

  /** {@code docker.io/library/busybox:1} becomes {@code busybox:1}. */
  public static String familiar(String complete) {
    if (complete.startsWith(LIBRARY)) {
      return complete.substring(LIBRARY.length());
    }
    return complete.startsWith(HUB) ? complete.substring(HUB.length()) : complete;
  }

  /** Whether the name has a tag or a digest. */
  public static boolean hasTag(String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    return last.contains(":") || last.contains("@");
  }

  /** Whether a user's text means a complete name. */
  public static boolean isNamed(String complete, String text) {
    String name = withTag(text);
    return complete.equals(name) || familiar(complete).equals(name);
  }

  /** The name with the tag that is meant if there is none. */
  public static String withTag(String name) {
    return hasTag(name) || name.startsWith("sha256:") ? name : name + ":latest";
  }

  /**
   * Joins a repository and what the API has in a parameter of its own.
   *
   * @param tag a tag or a digest; empty: the repository's own, else latest
   */
  public static String join(String repository, String tag) {
    if (tag.isEmpty()) {
      return withTag(repository);
    }
    return repository + (tag.contains(":") ? "@" : ":") + tag;
  }

  /** The repository of a name, without tag and digest. */
  public static String repository(String name) {
    String plain = name.split("@", 2)[0];
    int colon = plain.lastIndexOf(':');
    return colon > plain.lastIndexOf('/') ? plain.substring(0, colon) : plain;
  }
}
