package io.jukung.runtime.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;

/**
 * What the kernel tells the daemon about itself, read once at the start.
 *
 * @param capabilities the daemon's permitted capabilities, one bit each
 * @param maxOpenFiles the daemon's hard limit of open files: a container may raise its own to this
 */
record HostFacts(long capabilities, long maxOpenFiles) {
  private static final String PERMITTED_CAPABILITIES = "CapPrm:";
  private static final String OPEN_FILES = "Max open files";

  /** Reads {@code status} and {@code limits} of the calling process, see proc(5). */
  static HostFacts read() throws IOException {
    return read(Path.of("/proc/self"));
  }

  static HostFacts read(Path process) throws IOException {
    long capabilities =
        Long.parseUnsignedLong(field(process.resolve("status"), PERMITTED_CAPABILITIES), 16);
    return new HostFacts(capabilities, hardLimit(process.resolve("limits"), OPEN_FILES));
  }

  private static long hardLimit(Path file, String label) throws IOException {
    Scanner words = new Scanner(field(file, label)); // soft limit, hard limit, unit
    words.next();
    return words.nextLong();
  }

  private static String field(Path file, String label) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(label)) {
        return line.substring(label.length()).trim();
      }
    }
    throw new IOException("no \"" + label + "\" in " + file);
  }
}
