package io.jukung.linux.mount;

import static io.jukung.linux.mount.MountFlags.FSCONFIG_CMD_CREATE;
import static io.jukung.linux.mount.MountFlags.FSCONFIG_SET_FLAG;
import static io.jukung.linux.mount.MountFlags.FSCONFIG_SET_STRING;
import static io.jukung.linux.mount.MountFlags.FSMOUNT_CLOEXEC;
import static io.jukung.linux.mount.MountFlags.FSOPEN_CLOEXEC;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Configures a file system (fsopen(2), fsconfig(2)) and mounts it without attaching the mount
 * (fsmount(2)). Error messages contain the messages of the kernel in the context's log.
 */
public final class FilesystemContext implements AutoCloseable {
  /** The longest value that fsconfig(2) takes: 256 bytes with the terminating zero. */
  static final int MAX_VALUE_BYTES = 255;

  /** The most messages that are read from the log; the kernel keeps as many. */
  private static final int MAX_LOG_MESSAGES = 8;

  private static final int MAX_LOG_MESSAGE_BYTES = 4096;

  /** A key with one of these words has a value that is secret. */
  private static final List<String> SECRET_WORDS = List.of("pass", "secret", "cred", "key");

  private final String type;
  private final Fd context;

  private FilesystemContext(String type, Fd context) {
    this.type = type;
    this.context = context;
  }

  /** Starts to configure a file system of this type, which is named as in /proc/filesystems. */
  public static FilesystemContext open(String type) throws ErrnoException {
    try (Memory name = Memory.ofString(type)) {
      return new FilesystemContext(
          type,
          Fd.own(
              Kernel.call(
                  Syscall.FSOPEN,
                  () -> "type=" + type + ", flags=FSOPEN_CLOEXEC",
                  name.address(),
                  FSOPEN_CLOEXEC,
                  0)));
    }
  }

  /** Sets an option without a value, such as {@code ro}. */
  public FilesystemContext flag(String key) throws ErrnoException {
    try (Memory name = Memory.ofString(key)) {
      configure(FSCONFIG_SET_FLAG, "SET_FLAG, " + key, name.address(), 0);
    }
    return this;
  }

  /** Sets an option; the value has at most 255 bytes. */
  public FilesystemContext set(String key, String value) throws ErrnoException {
    try (Memory name = Memory.ofString(key);
        Memory text = Memory.ofString(value)) {
      configure(
          FSCONFIG_SET_STRING,
          "SET_STRING, " + key + "=" + (isSecret(key) ? "***" : value),
          name.address(),
          text.address());
    }
    return this;
  }

  /** Whether no error text may show the value: that of CIFS's password, or of Ceph's secret. */
  private static boolean isSecret(String key) {
    String lower = key.toLowerCase(Locale.ROOT);
    return SECRET_WORDS.stream().anyMatch(lower::contains);
  }

  /**
   * Creates the file system and a mount of it, which ends when the returned descriptor is closed.
   */
  public Fd mount(MountAttribute... attributes) throws ErrnoException {
    configure(FSCONFIG_CMD_CREATE, "CMD_CREATE", 0, 0);
    Set<MountAttribute> set = Set.of(attributes);
    long result =
        Kernel.raw(
            Syscall.FSMOUNT, context.number(), FSMOUNT_CLOEXEC, MountAttributes.bits(set), 0, 0);
    if (result < 0) {
      throw failure("fsmount", "attributes=" + MountAttributes.names(set), (int) -result);
    }
    return Fd.own(result);
  }

  private void configure(int command, String decoded, long key, long value) throws ErrnoException {
    long result = Kernel.raw(Syscall.FSCONFIG, context.number(), command, key, value, 0);
    if (result < 0) {
      throw failure("fsconfig", decoded, (int) -result);
    }
  }

  private ErrnoException failure(String call, String decoded, int errno) {
    String arguments = "type=" + type + ", " + decoded;
    List<String> log = log();
    return log.isEmpty()
        ? new ErrnoException(call, arguments, errno)
        : new ErrnoException(call, arguments, errno, String.join("; ", log));
  }

  /** Reads the kernel's messages since the last call, without the mark "e " of an error. */
  private List<String> log() {
    List<String> messages = new ArrayList<>();
    try (Memory buffer = Memory.allocate(MAX_LOG_MESSAGE_BYTES)) {
      for (int i = 0; i < MAX_LOG_MESSAGES; i++) {
        long count =
            Kernel.raw(
                Syscall.READ, context.number(), buffer.address(), MAX_LOG_MESSAGE_BYTES, 0, 0);
        if (count == -Errno.EMSGSIZE) {
          continue; // the message is too long; the kernel has dropped it
        }
        if (count <= 0) {
          return messages; // ENODATA: no more
        }
        String message =
            new String(buffer.getBytes(0, (int) count), StandardCharsets.UTF_8).strip();
        messages.add(message.startsWith("e ") ? message.substring(2) : message);
      }
    }
    return messages;
  }

  @Override
  public void close() {
    context.close();
  }
}
