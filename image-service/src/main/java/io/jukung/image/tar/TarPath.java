package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/**
 * Paths as archives have them: names on Linux are bytes, so a path is a string with one char from 0
 * to 255 for each byte (ISO 8859-1).
 */
public final class TarPath {
  private static final int MAX_DISPLAYED_LENGTH = 200;

  private TarPath() {}

  public static byte[] bytes(String path) {
    return path.getBytes(ISO_8859_1);
  }

  /** The path that a text stands for in UTF-8. */
  public static String ofText(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /** The path of the directory that the last name is in; empty for a single name. */
  public static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  /** The last name of the path. */
  public static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Appends a name to the path of a directory.
   *
   * @param directory empty for the root
   */
  public static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /** The names in the path, including {@code ..} but without {@code .} and empty names. */
  public static List<String> components(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return names;
  }

  /** The path as an error message shows it: shortened, and without control characters. */
  public static String display(String path) {
    String text = new String(bytes(path), UTF_8).replaceAll("\\p{Cntrl}", "?");
    return text.length() <= MAX_DISPLAYED_LENGTH
        ? text
        : text.substring(0, MAX_DISPLAYED_LENGTH) + "…";
  }
}
