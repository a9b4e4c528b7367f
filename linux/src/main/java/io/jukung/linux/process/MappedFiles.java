package io.jukung.linux.process;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The files that this process has mapped and only reads, such as the code of the JVM and its
 * start-up cache. The kernel maps 64 KiB around each byte that is read, so after the start of a JVM
 * nearly all of such a file counts as memory of the process.
 */
public final class MappedFiles {
  private static final Path SMAPS = Path.of("/proc/self/smaps");
  private static final int MADV_DONTNEED = 4;
  private static final int HEX = 16;

  private MappedFiles() {}

  /**
   * A mapping of a file (proc_pid_smaps(5)).
   *
   * @param name the name of the file, without its directory
   * @param hasOwnPages whether it has pages that differ from the file
   */
  record Mapping(String name, long start, long end, boolean isWritable, boolean hasOwnPages) {
    /** Whether every page can be read from the file again. */
    boolean isRecoverable() {
      return !isWritable && !hasOwnPages;
    }
  }

  /**
   * Takes the pages of some files out of the process. A page that is read again comes back from the
   * file, which is most likely still in the memory of the kernel. Mappings that the process may
   * write to, or has written to, stay as they are.
   *
   * @param names the names of the files, without directories; these files must stay mapped while
   *     this method runs, because something else could be mapped at their addresses otherwise
   */
  public static void release(Set<String> names) throws IOException {
    for (Mapping each : parse(Files.readString(SMAPS, StandardCharsets.ISO_8859_1))) {
      if (names.contains(each.name()) && each.isRecoverable()) {
        Kernel.call(
            Syscall.MADVISE,
            () -> Long.toHexString(each.start()) + "-" + Long.toHexString(each.end()),
            each.start(),
            each.end() - each.start(),
            MADV_DONTNEED);
      }
    }
  }

  /** The mappings of files on a disk, of the content of smaps. */
  static List<Mapping> parse(String smaps) {
    List<Mapping> mappings = new ArrayList<>();
    String header = "";
    for (String line : smaps.lines().toList()) {
      if (!line.isEmpty() && Character.digit(line.charAt(0), HEX) >= 0 && isHeader(line)) {
        header = line;
      } else if (line.startsWith("Anonymous:") && isOfFile(header)) {
        mappings.add(mapping(header, !line.endsWith(" 0 kB")));
      }
    }
    return mappings;
  }

  // A line such as "7f00-7f10 r--p 00000000 08:01 1234   /usr/lib/libjvm.so"; the names of the
  // other lines end with a colon.
  private static boolean isHeader(String line) {
    int space = line.indexOf(' ');
    int dash = line.indexOf('-');
    return dash > 0 && dash < space;
  }

  private static boolean isOfFile(String header) {
    int name = header.indexOf('/');
    return name > 0 && !header.startsWith("/dev/", name) && !header.endsWith(" (deleted)");
  }

  private static Mapping mapping(String header, boolean hasOwnPages) {
    int dash = header.indexOf('-');
    int space = header.indexOf(' ');
    return new Mapping(
        header.substring(header.lastIndexOf('/') + 1),
        Long.parseUnsignedLong(header, 0, dash, HEX),
        Long.parseUnsignedLong(header, dash + 1, space, HEX),
        header.charAt(space + 2) == 'w' || header.charAt(space + 4) == 's',
        hasOwnPages);
  }
}
