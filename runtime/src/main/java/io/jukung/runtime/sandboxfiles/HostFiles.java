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
 * The host's own files, which pods get copies of. Links are followed: some hosts have the
 * resolver's file elsewhere.
 *
 * @param upstreamResolvConf what a local resolver of systemd itself asks; often not there
 */
record HostFiles(Path hosts, Path resolvConf, Path upstreamResolvConf) {
  static final HostFiles STANDARD =
      new HostFiles(
          Path.of("/etc/hosts"),
          Path.of("/etc/resolv.conf"),
          Path.of("/run/systemd/resolve/resolv.conf"));

  /** Far beyond any real file of these. */
  private static final int MAX_BYTES = 4 << 20;

  /** Empty where the host has none. */
  byte[] readHosts() throws IOException {
    return read(hosts).orElse(new byte[0]);
  }

  /**
   * The resolver's file for a pod. In a network of its own a pod cannot reach a resolver at the
   * host's loopback address; it gets what that one asks instead, if the host tells.
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
        throw new IOException("copy of " + file + ": more than " + MAX_BYTES + " bytes");
      }
      return Optional.of(content);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
