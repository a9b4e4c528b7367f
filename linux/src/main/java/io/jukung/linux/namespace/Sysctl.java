package io.jukung.linux.namespace;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A kernel parameter of a pod (sysctl(8)). Only parameters that the kernel keeps per namespace are
 * accepted: any other would change the host.
 *
 * @param name the name, with dots or slashes between its parts; if dots are the separators, a slash
 *     stands for a dot within a part, and the reverse
 * @param value the text that is written to the file
 */
public record Sysctl(String name, String value) {
  private static final Path ROOT = Path.of("/proc/sys");

  /** A path below /proc/sys without empty parts and without dots at the ends of a part. */
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*)+");

  /** The files in kernel/ that belong to the IPC namespace (ipc_namespaces(7)). */
  private static final Set<String> IPC_FILES =
      Set.of(
          "kernel/msgmax",
          "kernel/msgmnb",
          "kernel/msgmni",
          "kernel/sem",
          "kernel/shmall",
          "kernel/shmmax",
          "kernel/shmmni",
          "kernel/shm_rmid_forced");

  /** Matches parameters of one interface. The interfaces of CNI do not exist before ADD. */
  private static final Pattern PER_INTERFACE =
      Pattern.compile("net/(ipv4|ipv6|mpls)/(conf|neigh)/(?!(all|default|lo)/).*");

  /** The longest value; no parameter of a namespace needs more. */
  private static final int MAX_VALUE_LENGTH = 4096;

  /**
   * Makes a checked parameter.
   *
   * @throws IllegalArgumentException if no namespace keeps the parameter, or if another program
   *     could read the name or the value differently
   */
  public Sysctl {
    String path = path(name);
    if (!PATH.matcher(path).matches()) {
      throw new IllegalArgumentException("sysctl \"" + printable(name) + "\" is not a valid name");
    }
    if (!path.startsWith("net/") && !isIpc(path)) {
      throw new IllegalArgumentException(
          "sysctl " + name + " is not kept per namespace, so a pod cannot have its own");
    }
    // Other runtimes once joined sysctls with + and =, and so took one value for several
    // parameters.
    if (value.length() > MAX_VALUE_LENGTH || !value.chars().allMatch(Sysctl::mayStandInValue)) {
      throw new IllegalArgumentException(
          "sysctl " + name + " has a value with =, +, a control character, or too long");
    }
  }

  /** Returns the kind of namespace that keeps the parameter, of which the pod needs its own. */
  public Namespace namespace() {
    return isIpc(path(name)) ? Namespace.IPC : Namespace.NETWORK;
  }

  /**
   * Whether the parameter belongs to one network interface, which must exist when it is written.
   */
  public boolean isOfInterface() {
    return PER_INTERFACE.matcher(path(name)).matches();
  }

  /** Whether the other one sets the same parameter, however its name is written. */
  public boolean isSameParameter(Sysctl other) {
    return file().equals(other.file());
  }

  Path file() {
    return ROOT.resolve(path(name));
  }

  /** Writes the parameter in the namespaces of the calling thread. */
  void write() throws IOException {
    Path file = file();
    try (Fd fd = HostFile.open(file.toString(), OpenFlags.O_WRONLY, 0)) {
      fd.write(value.getBytes(StandardCharsets.UTF_8));
    } catch (ErrnoException e) {
      throw new IOException("sysctl " + name + "=" + value + ": " + e.getMessage(), e);
    }
  }

  private static boolean isIpc(String path) {
    return IPC_FILES.contains(path) || path.startsWith("fs/mqueue/");
  }

  private static boolean mayStandInValue(int c) {
    return c == '\t' || (c >= ' ' && c != '=' && c != '+' && c != 0x7f);
  }

  /**
   * Returns the path below /proc/sys. As in sysctl(8), the first dot or slash decides which of them
   * is the separator.
   */
  private static String path(String name) {
    int dot = name.indexOf('.');
    int slash = name.indexOf('/');
    if (dot < 0 || (slash >= 0 && slash < dot)) {
      return name;
    }
    StringBuilder path = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      path.append(c == '.' ? '/' : c == '/' ? '.' : c);
    }
    return path.toString();
  }

  private static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    text.chars().limit(100).forEach(c -> shown.append(c < ' ' || c > '~' ? '?' : (char) c));
    return shown.toString();
  }
}
