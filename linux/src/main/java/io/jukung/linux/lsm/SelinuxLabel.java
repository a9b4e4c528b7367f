package io.jukung.linux.lsm;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A security context of SELinux.
 *
 * @param level sensitivities and categories, such as {@code s0:c1,c2}; empty if the policy has no
 *     levels
 */
public record SelinuxLabel(String user, String role, String type, String level) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.-]+");

  private static final Pattern RANGE = Pattern.compile("([^-]+)(-([^-]+))?");
  private static final Pattern LEVEL =
      Pattern.compile("s([0-9]{1,4})(:(c[0-9]{1,4}([.,]c[0-9]{1,4})*))?");
  private static final Pattern CATEGORY = Pattern.compile("c([0-9]+)");

  private static final int MAX_SENSITIVITY = 15;

  /** The number of categories in the policies of Linux distributions. */
  public static final int CATEGORIES = 1024;

  /**
   * Makes a label of checked parts.
   *
   * @throws IllegalArgumentException if a part is malformed; the message names the part
   */
  public SelinuxLabel {
    check("user", user);
    check("role", role);
    check("type", type);
    if (!level.isEmpty() && !isLevel(level)) {
      throw new IllegalArgumentException("level \"" + level + "\" is no SELinux level");
    }
  }

  private static void check(String part, String text) {
    if (!WORD.matcher(text).matches()) {
      throw new IllegalArgumentException(part + " \"" + text + "\" is no SELinux " + part);
    }
  }

  /** Parses {@code user:role:type[:level]}; empty if the text is not a label. */
  public static Optional<SelinuxLabel> parse(String text) {
    String[] parts = text.strip().split(":", 4);
    if (parts.length < 3) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new SelinuxLabel(parts[0], parts[1], parts[2], parts.length > 3 ? parts[3] : ""));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The label without categories: every process of the same sensitivity may use such a file. */
  public SelinuxLabel withoutCategories() {
    int end = 0;
    while (end < level.length() && level.charAt(end) != ':' && level.charAt(end) != '-') {
      end++;
    }
    return new SelinuxLabel(user, role, type, level.substring(0, end));
  }

  /** Whether the text is a level or a range of two. */
  public static boolean isLevel(String text) {
    Matcher range = RANGE.matcher(text);
    return range.matches()
        && isSingle(range.group(1))
        && (range.group(3) == null || isSingle(range.group(3)));
  }

  private static boolean isSingle(String text) {
    Matcher level = LEVEL.matcher(text);
    if (!level.matches() || Integer.parseInt(level.group(1)) > MAX_SENSITIVITY) {
      return false;
    }
    String categories = level.group(3);
    return categories == null
        || CATEGORY
            .matcher(categories)
            .results()
            .allMatch(each -> Integer.parseInt(each.group(1)) < CATEGORIES);
  }

  @Override
  public String toString() {
    return user + ":" + role + ":" + type + (level.isEmpty() ? "" : ":" + level);
  }
}
