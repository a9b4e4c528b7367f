package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.image.registry.RegistryHost.Capability;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which hosts to ask for a registry's images: {@code <directory>/<registry>/hosts.toml}, in the
 * convention of containerd's certs.d (its docs/hosts.md), else {@code _default/hosts.toml}, else
 * the registry itself. Read anew for each pull, so that a change needs no restart. What is not
 * understood is an error: a mirror or a key that was silently left out is found much later.
 */
public final class RegistryHosts {
  private static final String FILE = "hosts.toml";
  private static final String DEFAULT = "_default";
  private static final int MAX_FILE_BYTES = 256 * 1024;

  private final Path directory;

  /**
   * Reads nothing yet.
   *
   * @param directory may be missing: then each registry is asked itself
   */
  public RegistryHosts(Path directory) {
    this.directory = directory;
  }

  /**
   * In the order in which they are asked; the registry itself is the last.
   *
   * @param domain of a reference, as in {@code docker.io} or {@code localhost:5000}
   * @throws CriException FAILED_PRECONDITION for a file that is not understood
   */
  List<RegistryHost> of(String domain) throws IOException {
    for (String name : directoryNames(domain)) {
      Path file = directory.resolve(name).resolve(FILE);
      Optional<String> content = read(file);
      if (content.isPresent()) {
        HostsFile hosts = HostsFile.read(file, domain, content.get());
        if (!hosts.problems().isEmpty()) {
          throw CriException.failedPrecondition(
              "registry configuration " + file + ": " + String.join("; ", hosts.problems()));
        }
        return hosts.hosts();
      }
    }
    return List.of(
        new RegistryHost(
            URI.create(defaultServer(domain) + "/v2"),
            /* server= */ true,
            EnumSet.of(Capability.PULL, Capability.RESOLVE),
            Map.of(),
            RegistryHost.Tls.SYSTEM,
            "the registry itself; no hosts.toml for it in " + directory));
  }

  /**
   * What is wrong with the directory, a sentence for each problem: what keys and values are not
   * understood, and what files cannot be used.
   */
  public List<String> problems() throws IOException {
    List<String> problems = new ArrayList<>();
    for (Path registry : registries()) {
      Path file = registry.resolve(FILE);
      String name = registry.getFileName().toString();
      Optional<String> content = read(file);
      if (!Files.isDirectory(registry)) {
        problems.add(registry + ": not a directory; a registry's file is <registry>/" + FILE);
      } else if (content.isEmpty()) {
        problems.add(registry + ": has no " + FILE + ", so that it changes nothing");
      } else {
        HostsFile hosts = HostsFile.read(file, domain(name), content.get());
        hosts.problems().forEach(problem -> problems.add(file + ": " + problem));
        for (RegistryHost host : hosts.hosts()) {
          TlsFiles.problem(host.tls())
              .ifPresent(problem -> problems.add(file + ": " + host + ": " + problem));
        }
      }
    }
    return problems;
  }

  private List<Path> registries() throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }

  /** The port's colon is kept out of file names on some systems: both spellings are looked for. */
  private static List<String> directoryNames(String domain) {
    int colon = domain.lastIndexOf(':');
    boolean port = colon > domain.lastIndexOf(']') && colon > 0;
    return port
        ? List.of(
            domain.substring(0, colon) + "_" + domain.substring(colon + 1) + "_", domain, DEFAULT)
        : List.of(domain, DEFAULT);
  }

  /** The registry that a directory is for; any, where it is for all. */
  private static String domain(String name) {
    if (name.equals(DEFAULT)) {
      return "registry.invalid";
    }
    return name.endsWith("_") && name.indexOf('_') < name.length() - 1
        ? name.substring(0, name.length() - 1).replaceFirst("_(?=[0-9]+$)", ":")
        : name;
  }

  /**
   * Plain http only to this machine itself; every other registry must speak TLS or be configured.
   */
  static String defaultServer(String domain) {
    if (domain.equals("docker.io")) {
      return "https://registry-1.docker.io";
    }
    return (isLoopback(domain) ? "http://" : "https://") + domain;
  }

  static boolean isLoopback(String authority) {
    int colon = authority.lastIndexOf(':');
    String host = colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
    return host.equals("localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.[0-9]{1,3}){3}");
  }

  private static Optional<String> read(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw CriException.failedPrecondition(file + " has more than " + MAX_FILE_BYTES + " bytes");
      }
      return Optional.of(Files.readString(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
