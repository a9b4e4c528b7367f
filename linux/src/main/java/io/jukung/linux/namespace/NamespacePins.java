package io.jukung.linux.namespace;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.net.RouteNetlink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The namespaces of a pod, which are kept alive by bind mounts on files of one directory and not by
 * a process. They outlive the daemon and end with {@link #remove}.
 *
 * <p>Other mount namespaces may have copies of the pins, for example that of a container with the
 * host's root as a volume. When the file of a pin is unlinked, the kernel removes those copies too,
 * so they do not keep the namespaces of a removed pod.
 */
public final class NamespacePins {
  private static final Set<Namespace> PINNABLE =
      EnumSet.of(Namespace.USER, Namespace.NETWORK, Namespace.IPC, Namespace.UTS);

  private static final int OWNER_ONLY = 0600;
  private final Path directory;

  /** Makes an object for the pins in a directory, which must exist before {@link #create}. */
  public NamespacePins(Path directory) {
    this.directory = directory;
  }

  /**
   * Describes the namespaces of a pod.
   *
   * @param kinds the namespaces to create, of NETWORK, IPC and UTS; the pod has the others of the
   *     host
   * @param hostname the host name in the UTS namespace
   * @param sysctls the sysctls to write in the namespaces; {@link #writeInterfaceSysctls} writes
   *     those of a network interface later
   * @param user the ids of a user namespace that owns the others and is pinned too; empty for the
   *     host's user namespace
   */
  public record Request(
      Set<Namespace> kinds,
      Optional<String> hostname,
      List<Sysctl> sysctls,
      Optional<IdMappings> user) {
    /** The longest host name that the kernel takes (__NEW_UTS_LEN). */
    private static final int MAX_HOSTNAME_BYTES = 64;

    /** Makes a request without a user namespace. */
    public Request(Set<Namespace> kinds, Optional<String> hostname, List<Sysctl> sysctls) {
      this(kinds, hostname, sysctls, Optional.empty());
    }

    public Request {
      kinds = Set.copyOf(kinds);
      sysctls = List.copyOf(sysctls);
      if (!PINNABLE.containsAll(kinds) || kinds.contains(Namespace.USER)) {
        throw new IllegalArgumentException("cannot pin all of " + kinds);
      }
      if (hostname.isPresent() && !kinds.contains(Namespace.UTS)) {
        throw new IllegalArgumentException("a host name needs a UTS namespace of the pod's own");
      }
      if (hostname.filter(h -> utf8(h).length > MAX_HOSTNAME_BYTES).isPresent()) {
        throw new IllegalArgumentException("host name is longer than 64 bytes: " + hostname.get());
      }
      for (Sysctl sysctl : sysctls) {
        if (!kinds.contains(sysctl.namespace())) {
          throw new IllegalArgumentException(
              "sysctl "
                  + sysctl.name()
                  + " needs a "
                  + sysctl.namespace().procName()
                  + " namespace of the pod's own");
        }
      }
    }
  }

  /** Returns the path of a pin, which need not exist. */
  public Path path(Namespace kind) {
    return directory.resolve(kind.procName());
  }

  /**
   * Creates and pins the namespaces, with the loopback device up. An existing pin, even an
   * incomplete one, is an error and stays as it is. A failed call leaves nothing. If undoing fails
   * too, that is a suppressed exception, and {@link #remove} can be called to try again.
   */
  public void create(Request request) throws IOException {
    if (request.kinds().isEmpty() && request.user().isEmpty()) {
      return;
    }
    List<Namespace> pinned = new ArrayList<>();
    try {
      if (request.user().isPresent()) {
        createInUserNamespace(request, request.user().get(), pinned);
      } else {
        FreshThread.run("namespaces", () -> createOnThisThread(request, pinned));
      }
    } catch (IOException | RuntimeException e) {
      for (Namespace kind : pinned) {
        try {
          unpin(path(kind));
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
  }

  private void createOnThisThread(Request request, List<Namespace> pinned) throws IOException {
    Namespace.unshare(request.kinds());
    if (request.hostname().isPresent()) {
      setHostname(request.hostname().get());
    }
    if (request.kinds().contains(Namespace.NETWORK)) {
      try (RouteNetlink netlink = RouteNetlink.open()) {
        netlink.linkUp(RouteNetlink.LOOPBACK_INDEX);
      }
    }
    for (Sysctl sysctl : request.sysctls()) {
      if (!sysctl.isOfInterface()) {
        sysctl.write();
      }
    }
    for (Namespace kind : request.kinds()) {
      pin(kind, kind.ofCallingThread(), pinned);
    }
  }

  private void createInUserNamespace(Request request, IdMappings ids, List<Namespace> pinned)
      throws IOException {
    try (NamespaceHolder holder = NamespaceHolder.start(request, ids)) {
      pin(Namespace.USER, holder.path(Namespace.USER), pinned);
      for (Namespace kind : request.kinds()) {
        pin(kind, holder.path(kind), pinned);
      }
    }
  }

  /** Opens a new user namespace, which nothing pins: it ends with its last descriptor. */
  public static Fd openUserNamespace(IdMappings ids) throws IOException {
    Request request = new Request(Set.of(), Optional.empty(), List.of(), Optional.of(ids));
    try (NamespaceHolder holder = NamespaceHolder.start(request, ids)) {
      return open(holder.path(Namespace.USER), OpenFlags.O_RDONLY, "O_RDONLY|O_CLOEXEC");
    }
  }

  private void pin(Namespace kind, Path namespace, List<Namespace> pinned) throws ErrnoException {
    makeFile(path(kind));
    pinned.add(kind);
    try (Fd mount = Mounts.clone(namespace)) {
      Mounts.attach(mount, path(kind));
    }
  }

  /**
   * Writes the sysctls of network interfaces. Must be called after CNI has created the interfaces.
   */
  public void writeInterfaceSysctls(List<Sysctl> sysctls) throws IOException {
    List<Sysctl> ofInterfaces = sysctls.stream().filter(Sysctl::isOfInterface).toList();
    if (ofInterfaces.isEmpty()) {
      return;
    }
    FreshThread.run(
        "sysctls",
        () -> {
          try (Fd network = open(Namespace.NETWORK)) {
            Namespace.NETWORK.enter(network);
          }
          for (Sysctl sysctl : ofInterfaces) {
            sysctl.write();
          }
        });
  }

  /** Opens a pinned namespace, for setns(2). */
  public Fd open(Namespace kind) throws ErrnoException {
    return open(path(kind), OpenFlags.O_RDONLY, "O_RDONLY|O_CLOEXEC");
  }

  /** Whether the namespace is pinned; false for a file without a mount, which a crash may leave. */
  public boolean isPinned(Namespace kind) throws ErrnoException {
    return Namespace.isAt(path(kind));
  }

  /**
   * Removes the pins that exist and their files; the directory stays. A namespace ends with its
   * last process.
   */
  public void remove() throws IOException {
    ErrnoException failure = null;
    for (Namespace kind : PINNABLE) {
      try {
        unpin(path(kind));
      } catch (ErrnoException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void unpin(Path file) throws ErrnoException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    while (Mounts.detach(file)) {
      // Several, because a crash between two attempts may have left mounts on top of each other.
    }
    try (Memory path = Memory.ofString(file.toString())) {
      Kernel.call(Syscall.UNLINKAT, file::toString, Fd.AT_FDCWD, path.address(), 0);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
        throw e;
      }
    }
  }

  private static void makeFile(Path file) throws ErrnoException {
    open(
            file,
            OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL,
            "O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600")
        .close();
  }

  private static Fd open(Path file, int flags, String decoded) throws ErrnoException {
    try (Memory path = Memory.ofString(file.toString())) {
      return Fd.own(
          Kernel.call(
              Syscall.OPENAT,
              () -> file + ", " + decoded,
              Fd.AT_FDCWD,
              path.address(),
              flags | OpenFlags.O_CLOEXEC,
              OWNER_ONLY,
              0));
    }
  }

  private static void setHostname(String hostname) throws ErrnoException {
    byte[] bytes = utf8(hostname);
    try (Memory name = Memory.ofBytes(bytes)) {
      Kernel.call(Syscall.SETHOSTNAME, () -> hostname, name.address(), bytes.length, 0);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
