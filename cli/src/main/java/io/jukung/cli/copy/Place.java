package io.jukung.cli.copy;

/**
 * One end of a copy, as on docker's command line: {@code -} for a tar archive, {@code
 * CONTAINER:PATH}, or a path here. A path here that has a colon is told apart by a slash or a dot
 * at its beginning.
 *
 * @param container empty: the path is one here, or the archive
 * @param path as the user has written it
 */
record Place(String container, String path) {
  static Place of(String text) {
    int colon = text.indexOf(':');
    boolean here = text.startsWith("/") || text.startsWith(".") || colon <= 0;
    return here ? new Place("", text) : new Place(text.substring(0, colon), absolute(text, colon));
  }

  /** A path in a container is one from its root. */
  private static String absolute(String text, int colon) {
    String path = text.substring(colon + 1);
    return path.startsWith("/") ? path : "/" + path;
  }

  boolean isHere() {
    return container.isEmpty();
  }

  boolean isArchive() {
    return isHere() && path.equals("-");
  }

  /** Whether a directory is meant, and of the directory only what is in it. */
  boolean meansContent() {
    return path.equals(".") || path.endsWith("/.");
  }

  /** Whether only a directory can be meant. */
  boolean mustBeDirectory() {
    return path.endsWith("/") || meansContent();
  }

  /** The path without the slashes and the dot at its end; {@code /} for the root. */
  String trimmed() {
    String result = path;
    while (result.length() > 1 && (result.endsWith("/") || result.endsWith("/."))) {
      result = result.substring(0, result.length() - 1);
    }
    return result;
  }

  /** The last name; empty for a root. */
  String name() {
    String trimmed = trimmed();
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /** The path of the directory that has the last name. */
  String parent() {
    String trimmed = trimmed();
    int slash = trimmed.lastIndexOf('/');
    return slash < 0 ? "." : trimmed.substring(0, slash + 1);
  }
}
