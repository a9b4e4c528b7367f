package io.jukung.image.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.image.copy.CopyRules.Owner;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;

/**
 * Users and groups by name, as the /etc/passwd and /etc/group of an image have them. The files are
 * not trusted. Not thread-safe.
 */
final class ImageAccounts {
  private static final int MAX_BYTES = 10 << 20;
  private static final int ID_FIELD = 2;
  private static final int GROUP_FIELD = 3;

  private final Fd root;

  ImageAccounts(Fd root) {
    this.root = root;
  }

  /**
   * The ids of {@code USER} or {@code USER:GROUP}, each a name or a number. Without a group it is
   * that of the user's account, or the one with the user's number as docker has it.
   *
   * @throws CriException INVALID_ARGUMENT for a name that the image does not have
   */
  Owner owner(String text) throws IOException {
    String[] parts = text.split(":", 2);
    if (parts[0].isEmpty() || (parts.length == 2 && parts[1].isEmpty())) {
      throw CriException.invalidArgument("\"" + text + "\" is not USER or USER:GROUP");
    }
    int uid = isNumber(parts[0]) ? number(parts[0]) : field("/etc/passwd", parts[0], ID_FIELD);
    if (parts.length == 2) {
      int gid = isNumber(parts[1]) ? number(parts[1]) : field("/etc/group", parts[1], ID_FIELD);
      return new Owner(uid, gid);
    }
    return new Owner(uid, isNumber(parts[0]) ? uid : field("/etc/passwd", parts[0], GROUP_FIELD));
  }

  /** Whether the text has no name that would have to be looked up. */
  static boolean isNumeric(String text) {
    return text.matches("[0-9]+(:[0-9]+)?");
  }

  private int field(String file, String name, int index) throws IOException {
    for (String line : content(file).split("\n", -1)) {
      String[] fields = line.split(":", -1);
      if (fields.length > index && fields[0].equals(name) && isNumber(fields[index])) {
        return number(fields[index]);
      }
    }
    throw CriException.invalidArgument("the image has no \"%s\" in its %s".formatted(name, file));
  }

  private String content(String file) throws IOException {
    try {
      return new String(Openat2.readBounded(root, file, MAX_BYTES), UTF_8);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return "";
      }
      throw e;
    }
  }

  private static boolean isNumber(String text) {
    return text.matches("[0-9]+");
  }

  private static int number(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new CriException(
          io.jukung.cri.ErrorKind.INVALID_ARGUMENT, "the id " + digits + " is out of range", e);
    }
  }
}
