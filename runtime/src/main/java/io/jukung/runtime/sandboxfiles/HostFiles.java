package io.jukung.runtime.sandboxfiles;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The host's own files of which pods get copies. Symbolic links are followed, as some hosts keep
 * resolv.conf elsewhere.
 *
 * @param upstreamResolvConf the servers that systemd-resolved asks; many hosts do not have the file
 */
record HostFiles(Path hosts, Path resolvConf, Path upstreamResolvConf) {
  static final HostFiles STANDARD =
      new HostFiles(
          Path.of("/etc/hosts"),
          Path.of("/etc/resolv.conf"),
          Path.of("/run/systemd/resolve/resolv.conf"));

  /** Far larger than any real hosts or resolv.conf file. */
  private static final int MAX_BYTES = 4 << 20;

  /** The hosts file; empty if the host has none. */
  byte[] readHosts() throws IOException {
    return read(hosts).orElse(new byte[0]);
  }

  /**
   * The resolv.conf for a pod. A pod with a network of its own cannot reach a resolver on the
   * host's loopback: it gets the servers that this resolver asks, if the host has a file of them.
   *
   * @param hostNetwork whether the pod is in the host's network
   */
  byte[] readResolvConf(boolean hostNetwork) throws IOException {
    byte[] own = read(resolvConf).orElse(new byte[0]);
    if (hostNetwork || !hasOnlyLoopbackServers(own)) {
      return own;
    }
    return read(upstreamResolvConf).orElse(own);
  }

  private static boolean hasOnlyLoopbackServers(byte[] content) {
    List<String> servers =
        new String(content, StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("nameserver"))
            .map(line -> line.substring("nameserver".length()).strip())
            .toList();
    return !servers.isEmpty()
        && servers.stream().allMatch(server -> server.startsWith("127.") || server.equals("::1"));
  }

  private static Optional<byte[]> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new IOException("copy " + file + ": it has more than " + MAX_BYTES + " bytes");
      }
      return Optional.of(content);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
