package io.jukung.runtime.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import java.util.Arrays;

/**
 * A path in a container, in the bytes of its file system. A path that ends with a slash or a dot
 * names a directory, as in path_resolution(7).
 */
record InnerPath(byte[] whole) {
  /** The kernel's own limit for a path (PATH_MAX). */
  private static final int MAX_BYTES = 4096;

  /**
   * @param call for the error text
   * @throws CriException INVALID_ARGUMENT if the bytes are no absolute path
   */
  static InnerPath of(String call, ByteString path) {
    byte[] bytes = path.toByteArray();
    boolean hasZero = false;
    for (byte b : bytes) {
      hasZero |= b == 0;
    }
    if (bytes.length == 0 || bytes.length >= MAX_BYTES || bytes[0] != '/' || hasZero) {
      throw CriException.invalidArgument(
          call + ": not an absolute path of less than " + MAX_BYTES + " bytes: " + text(bytes));
    }
    return new InnerPath(bytes);
  }

  /** The directory that has the last name: everything up to the last slash. */
  byte[] parent() {
    return Arrays.copyOf(whole, lastSlash() + 1);
  }

  /** The last name; empty, {@code .} or {@code ..} if the path names a directory. */
  byte[] name() {
    return Arrays.copyOfRange(whole, lastSlash() + 1, whole.length);
  }

  /** Whether the path can name a directory only. */
  boolean isDirectory() {
    String last = text(name());
    return last.isEmpty() || last.equals(".") || last.equals("..");
  }

  private int lastSlash() {
    int slash = whole.length - 1;
    while (whole[slash] != '/') {
      slash--;
    }
    return slash;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Override
  public String toString() {
    return text(whole);
  }
}
