package io.jukung.linux.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The mounts of one mount namespace, in the order of mountinfo (proc_pid_mountinfo(5)). */
public record MountTable(List<MountinfoLine> mounts) {
  private static final Path OWN = Path.of("/proc/thread-self/mountinfo");
  private static final String USUAL_CGROUP = "/sys/fs/cgroup";

  /** Fields of a line before its optional ones. */
  private static final int FIXED_FIELDS = 6;

  public MountTable {
    mounts = List.copyOf(mounts);
  }

  /** Returns the mounts that the calling thread sees. */
  public static MountTable read() throws IOException {
    return read(OWN);
  }

  /** Returns the mounts in a mountinfo file, such as that of another process. */
  public static MountTable read(Path mountinfo) throws IOException {
    return parse(new String(Files.readAllBytes(mountinfo), StandardCharsets.UTF_8));
  }

  /**
   * Returns the mounts that the text of a mountinfo file lists.
   *
   * @throws IOException if a line is malformed; the message contains the line
   */
  public static MountTable parse(String mountinfo) throws IOException {
    List<MountinfoLine> mounts = new ArrayList<>();
    for (String line : mountinfo.split("\n", -1)) {
      if (!line.isEmpty()) {
        mounts.add(parseLine(line));
      }
    }
    return new MountTable(mounts);
  }

  /** Returns the mount at exactly this path, the topmost if there are several. */
  public Optional<MountinfoLine> at(Path mountPoint) {
    String path = mountPoint.toString();
    return mounts.reversed().stream().filter(m -> m.mountPoint().equals(path)).findFirst();
  }

  /** Returns the mount that a file at this path is on. The path must not contain symlinks. */
  public Optional<MountinfoLine> containing(Path path) {
    for (Path p = path.toAbsolutePath().normalize(); p != null; p = p.getParent()) {
      Optional<MountinfoLine> mount = at(p);
      if (mount.isPresent()) {
        return mount;
      }
    }
    return Optional.empty();
  }

  /** Returns the mounts at this path and below it, the last mounted first. */
  public List<MountinfoLine> under(Path directory) {
    String path = directory.toString();
    String prefix = path.endsWith("/") ? path : path + "/";
    return mounts.reversed().stream()
        .filter(m -> m.mountPoint().equals(path) || m.mountPoint().startsWith(prefix))
        .toList();
  }

  /**
   * Returns the mount point of the cgroup v2 hierarchy: {@code /sys/fs/cgroup} or {@code
   * /sys/fs/cgroup/unified} if it is there, else the first mount of the whole hierarchy, else the
   * first mount of a part of it.
   */
  public Optional<Path> cgroup2() {
    List<MountinfoLine> candidates =
        mounts.stream().filter(m -> m.type().equals("cgroup2")).toList();
    return candidates.stream()
        .filter(
            m ->
                m.mountPoint().equals(USUAL_CGROUP)
                    || m.mountPoint().equals(USUAL_CGROUP + "/unified"))
        .findFirst()
        .or(() -> candidates.stream().filter(m -> m.root().equals("/")).findFirst())
        .or(() -> candidates.stream().findFirst())
        .map(m -> Path.of(m.mountPoint()));
  }

  private static MountinfoLine parseLine(String line) throws IOException {
    if (line.indexOf('\0') >= 0) {
      throw malformed(line, "a NUL");
    }
    String[] fields = line.split(" ", -1);
    int separator = separator(fields, line);
    if (fields.length < separator + 4) {
      throw malformed(line, "no type, source and options after the separator");
    }
    return new MountinfoLine(
        number(fields[0], line),
        number(fields[1], line),
        device(fields[2], line),
        unescape(fields[3], line),
        unescape(fields[4], line),
        Set.of(distinct(fields[5])),
        List.of(fields).subList(FIXED_FIELDS, separator),
        unescape(fields[separator + 1], line),
        unescape(fields[separator + 2], line),
        superOptions(fields[separator + 3], line));
  }

  private static int separator(String[] fields, String line) throws IOException {
    for (int i = FIXED_FIELDS; i < fields.length; i++) {
      if (fields[i].equals("-")) {
        return i;
      }
    }
    throw malformed(line, "no separator");
  }

  private static String[] distinct(String options) {
    return List.of(options.split(",", -1)).stream().distinct().toArray(String[]::new);
  }

  private static List<String> superOptions(String field, String line) throws IOException {
    List<String> options = new ArrayList<>();
    for (String option : field.split(",", -1)) {
      options.add(unescape(option, line));
    }
    return options;
  }

  private static int number(String field, String line) throws IOException {
    try {
      return Integer.parseInt(field);
    } catch (NumberFormatException e) {
      throw malformed(line, "not a number: " + field);
    }
  }

  private static String device(String field, String line) throws IOException {
    int colon = field.indexOf(':');
    if (colon < 0) {
      throw malformed(line, "not a device number: " + field);
    }
    number(field.substring(0, colon), line);
    number(field.substring(colon + 1), line);
    return field;
  }

  /**
   * Replaces escapes: the kernel writes space, tab, newline, backslash and, in names, the hash as a
   * backslash and three octal digits.
   */
  static String unescape(String field, String line) throws IOException {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\') {
        text.append((char) octal(field, i + 1, line));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static int octal(String field, int start, String line) throws IOException {
    int value = 0;
    for (int i = start; i < start + 3; i++) {
      int digit = i < field.length() ? field.charAt(i) - '0' : -1;
      if (digit < 0 || digit > 7) {
        throw malformed(line, "bad escape in " + field);
      }
      value = value * 8 + digit;
    }
    if (value == 0 || value > 0x7f) {
      // The kernel escapes some ASCII characters: never NUL, which no path has, and no UTF-8.
      throw malformed(line, "bad escape in " + field);
    }
    return value;
  }

  private static IOException malformed(String line, String why) {
    return new IOException("mountinfo line is malformed (" + why + "): " + line);
  }
}
