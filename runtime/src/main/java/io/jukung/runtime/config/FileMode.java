package io.jukung.runtime.config;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Permission bits of a file, written in octal, as {@code 0660}. */
public record FileMode(int bits) {
  private static final Pattern TEXT = Pattern.compile("0?[0-7]{3}");

  public FileMode {
    if ((bits & ~0777) != 0) {
      throw new IllegalArgumentException("not permission bits: " + Integer.toOctalString(bits));
    }
  }

  public static FileMode parse(String text) {
    if (!TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "not a file mode: \"" + text + "\" (write three octal digits, as \"0660\")");
    }
    return new FileMode(Integer.parseInt(text, 8));
  }

  public Set<PosixFilePermission> permissions() {
    // The constants are declared in the order of the bits, the owner's read permission first.
    PosixFilePermission[] all = PosixFilePermission.values();
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < all.length; i++) {
      if ((bits & (0400 >> i)) != 0) {
        permissions.add(all[i]);
      }
    }
    return permissions;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "0%03o", bits);
  }
}
