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
 * The hosts to ask for a registry's images, as {@code <directory>/<registry>/hosts.toml} configures
 * them (containerd's certs.d convention, its docs/hosts.md); without that file {@code
 * _default/hosts.toml}, and without either the registry itself.
 *
 * <p>The files are read for each pull, so that a change needs no restart. An unknown key or value
 * is an error: a mirror that is silently ignored would be noticed much later.
 */
public final class RegistryHosts {
  private static final String FILE = "hosts.toml";
  private static final String DEFAULT = "_default";
  private static final int MAX_FILE_BYTES = 256 * 1024;

  private volatile Path directory;

  /**
   * Remembers the directory without reading it.
   *
   * @param directory may be missing: then each registry is asked directly
   */
  public RegistryHosts(Path directory) {
    this.directory = directory;
  }

  /** Reads the files of another directory from now on. */
  public void use(Path other) {
    directory = other;
  }

  /**
   * The hosts in the order in which a pull asks them; the registry itself comes last unless the
   * file gives it another place.
   *
   * @param domain a reference's registry, such as {@code docker.io} or {@code localhost:5000}
   * @throws CriException FAILED_PRECONDITION for a file with problems
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
            EnumSet.of(Capability.PULL, Capability.RESOLVE, Capability.PUSH),
            Map.of(),
            /* proxy= */ Optional.empty(),
            RegistryHost.Tls.SYSTEM,
            "the registry itself; no hosts.toml for it in " + directory));
  }

  /**
   * Checks every file below the directory and the certificates and keys that they name.
   *
   * @return one sentence for each problem
   */
  public List<String> problems() throws IOException {
    List<String> problems = new ArrayList<>();
    for (Path registry : registries()) {
      Path file = registry.resolve(FILE);
      String name = registry.getFileName().toString();
      Optional<String> content = read(file);
      if (!Files.isDirectory(registry)) {
        problems.add(registry + ": not a directory; the file of a registry is <registry>/" + FILE);
      } else if (content.isEmpty()) {
        problems.add(registry + ": has no " + FILE + ", so it has no effect");
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

  /**
   * The directories to look in, first to last. A port may be written {@code host_5000_} too, for
   * systems whose file names cannot have a colon.
   */
  private static List<String> directoryNames(String domain) {
    int colon = domain.lastIndexOf(':');
    boolean port = colon > domain.lastIndexOf(']') && colon > 0;
    return port
        ? List.of(
            domain.substring(0, colon) + "_" + domain.substring(colon + 1) + "_", domain, DEFAULT)
        : List.of(domain, DEFAULT);
  }

  /** The registry that a directory is for; a placeholder for {@code _default}. */
  private static String domain(String name) {
    if (name.equals(DEFAULT)) {
      return "registry.invalid";
    }
    return name.endsWith("_") && name.indexOf('_') < name.length() - 1
        ? name.substring(0, name.length() - 1).replaceFirst("_(?=[0-9]+$)", ":")
        : name;
  }

  /**
   * The URL of a registry without configuration: plain http for a registry on this machine, https
   * for every other.
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
