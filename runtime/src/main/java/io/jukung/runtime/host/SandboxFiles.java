package io.jukung.runtime.host;

import io.jukung.cri.CriException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.MountAttribute;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files that a pod's containers share: /etc/hosts, /etc/hostname, /etc/resolv.conf and
 * /dev/shm. Readable by every user of a container, in a directory that only root of the host can
 * enter.
 */
final class SandboxFiles {
  private static final Path HOST_RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final Path HOST_HOSTS = Path.of("/etc/hosts");

  /** Docker's and containerd's size of /dev/shm, in bytes. */
  private static final long SHM_BYTES = 64L << 20;

  /**
   * resolv.conf(5) readers take lines of this length at most; longer ones would be cut silently.
   */
  private static final int MAX_LINE_CHARS = 2048;

  private final StatePaths paths;

  SandboxFiles(StatePaths paths) {
    this.paths = paths;
  }

  /** Writes all three files; again is fine. */
  void write(SandboxRecord sandbox, String hostname) throws IOException {
    String id = sandbox.id();
    write(paths.hostname(id), hostname + "\n");
    write(paths.hosts(id), hosts(sandbox, hostname));
    write(paths.resolvConf(id), resolvConf(sandbox.config().dns()));
  }

  private static String hosts(SandboxRecord sandbox, String hostname) throws IOException {
    if (sandbox.config().isHostNetwork()) {
      return read(HOST_HOSTS);
    }
    StringBuilder text =
        new StringBuilder(
            """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::0\tip6-localnet
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            """);
    for (String address : sandbox.addresses()) {
      text.append(address).append('\t').append(hostname).append('\n');
    }
    return text.toString();
  }

  private static String resolvConf(@Nullable Dns dns) throws IOException {
    if (dns == null
        || (dns.servers().isEmpty() && dns.searches().isEmpty() && dns.options().isEmpty())) {
      return read(HOST_RESOLV_CONF);
    }
    StringBuilder text = new StringBuilder();
    if (!dns.searches().isEmpty()) {
      text.append(line("search", dns.searches()));
    }
    for (String server : dns.servers()) {
      text.append(line("nameserver", List.of(server)));
    }
    if (!dns.options().isEmpty()) {
      text.append(line("options", dns.options()));
    }
    return text.toString();
  }

  private static String line(String keyword, List<String> words) {
    String line = keyword + " " + String.join(" ", words);
    if (line.length() > MAX_LINE_CHARS || line.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw CriException.invalidArgument(
          "config.dns_config: a line of resolv.conf with control characters or over "
              + MAX_LINE_CHARS
              + " characters");
    }
    return line + "\n";
  }

  /** A host without the file has nothing to say. */
  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  /** Mounts the pod's /dev/shm. It is a mount of the host, so that it outlives the daemon. */
  void mountShm(String id) throws IOException {
    Path directory = paths.shm(id);
    StatePaths.createPrivate(directory);
    try (FilesystemContext tmpfs = FilesystemContext.open("tmpfs");
        Fd mount =
            tmpfs
                .set("source", "shm")
                .set("mode", "1777")
                .set("size", Long.toString(SHM_BYTES))
                .mount(MountAttribute.NOSUID, MountAttribute.NODEV, MountAttribute.NOEXEC)) {
      Mounts.attach(mount, directory);
    }
  }

  void unmountShm(String id) throws IOException {
    while (Mounts.detach(paths.shm(id))) {
      // An interrupted attempt may have left more than one.
    }
  }
}
