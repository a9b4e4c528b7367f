package io.jukung.image.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.jukung.cri.CriException;
import io.jukung.image.registry.RegistryHost.Capability;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which hosts to ask for a registry's images: {@code <directory>/<registry>/hosts.toml}, in the
 * convention of containerd's certs.d (its docs/hosts.md), else {@code _default/hosts.toml}, else
 * the registry itself. Read anew for each pull, so that a change needs no restart. What is not
 * understood is an error: a mirror or a key that was silently left out is found much later.
 */
public final class RegistryHosts {
  private static final String FILE = "hosts.toml";
  private static final int MAX_FILE_BYTES = 256 * 1024;
  private static final Set<String> HOST_KEYS =
      Set.of("capabilities", "ca", "skip_verify", "override_path", "header");
  private static final Set<String> TOP_KEYS =
      Set.of("server", "host", "capabilities", "ca", "skip_verify", "override_path", "header");
  private static final TomlMapper TOML = new TomlMapper();

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
      Optional<byte[]> content = read(file);
      if (content.isPresent()) {
        return new HostsFile(file, domain).parse(content.get());
      }
    }
    return List.of(
        new RegistryHost(
            URI.create(defaultServer(domain) + "/v2"),
            /* server= */ true,
            EnumSet.of(Capability.PULL, Capability.RESOLVE),
            Map.of(),
            RegistryHost.Tls.SYSTEM));
  }

  /** The port's colon is kept out of file names on some systems: both spellings are looked for. */
  private static List<String> directoryNames(String domain) {
    int colon = domain.lastIndexOf(':');
    boolean port = colon > domain.lastIndexOf(']') && colon > 0;
    return port
        ? List.of(
            domain.substring(0, colon) + "_" + domain.substring(colon + 1) + "_",
            domain,
            "_default")
        : List.of(domain, "_default");
  }

  /**
   * Plain http only to this machine itself; every other registry must speak TLS or be configured.
   */
  private static String defaultServer(String domain) {
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

  private static Optional<byte[]> read(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw CriException.failedPrecondition(file + " has more than " + MAX_FILE_BYTES + " bytes");
      }
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** One file, and where in it we are, for messages. */
  private record HostsFile(Path file, String domain) {
    List<RegistryHost> parse(byte[] content) throws IOException {
      JsonNode root;
      try {
        root = TOML.readTree(content);
      } catch (JsonProcessingException e) {
        throw refused("it is not TOML: " + e.getOriginalMessage());
      }
      checkKeys(root, TOP_KEYS, "");
      List<RegistryHost> hosts = new ArrayList<>();
      JsonNode table = root.path("host");
      if (!table.isMissingNode() && !table.isObject()) {
        throw refused("host is not a table; write [host.\"https://mirror\"]");
      }
      for (Map.Entry<String, JsonNode> entry : table.properties()) {
        String where = "host.\"" + entry.getKey() + "\".";
        if (!entry.getValue().isObject()) {
          throw refused(where + " is not a table");
        }
        checkKeys(entry.getValue(), HOST_KEYS, where);
        hosts.add(host(entry.getKey(), /* server= */ false, entry.getValue(), where));
      }
      String server = text(root, "server", "").orElseGet(() -> defaultServer(domain));
      hosts.add(host(server, /* server= */ true, root, ""));
      return hosts;
    }

    private RegistryHost host(String url, boolean server, JsonNode table, String where) {
      URI base = base(url, flag(table, "override_path", where));
      return new RegistryHost(
          base,
          // A mirror entry for the registry's own host is that host.
          server || base.getRawAuthority().equals(domain),
          capabilities(table, where),
          headers(table, where),
          new RegistryHost.Tls(
              strings(table.path("ca"), where + "ca").stream()
                  .map(ca -> file.resolveSibling(ca))
                  .toList(),
              flag(table, "skip_verify", where)));
    }

    private URI base(String url, boolean overridePath) {
      // As containerd: a name without a scheme is a host.
      String whole = url.contains("://") ? url : (isLoopback(url) ? "http://" : "https://") + url;
      URI uri;
      try {
        uri = URI.create(whole);
      } catch (IllegalArgumentException e) {
        throw refused("\"" + url + "\" is not a URL");
      }
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      if (!(scheme.equals("https") || scheme.equals("http")) || uri.getHost() == null) {
        throw refused("\"" + url + "\" is not a URL of a host by http or https");
      }
      if (uri.getRawUserInfo() != null || uri.getRawQuery() != null) {
        throw refused("the URL of " + uri.getHost() + " has a user or a query");
      }
      String path = uri.getRawPath().replaceAll("/+$", "");
      return URI.create(
          scheme + "://" + uri.getRawAuthority() + path + (overridePath ? "" : "/v2"));
    }

    private Set<Capability> capabilities(JsonNode table, String where) {
      if (!table.has("capabilities")) {
        return EnumSet.allOf(Capability.class);
      }
      Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
      for (String name : strings(table.path("capabilities"), where + "capabilities")) {
        switch (name) {
          case "pull" -> capabilities.add(Capability.PULL);
          case "resolve" -> capabilities.add(Capability.RESOLVE);
          case "push" -> capabilities.add(Capability.PUSH);
          default ->
              throw refused(
                  where + "capabilities has \"" + name + "\"; known are pull, resolve, push");
        }
      }
      return capabilities;
    }

    private Map<String, List<String>> headers(JsonNode table, String where) {
      Map<String, List<String>> headers = new LinkedHashMap<>();
      JsonNode given = table.path("header");
      if (!given.isMissingNode() && !given.isObject()) {
        throw refused(where + "header is not a table");
      }
      for (Map.Entry<String, JsonNode> header : given.properties()) {
        headers.put(
            header.getKey(), strings(header.getValue(), where + "header." + header.getKey()));
      }
      return headers;
    }

    private boolean flag(JsonNode table, String key, String where) {
      JsonNode value = table.path(key);
      if (!value.isMissingNode() && !value.isBoolean()) {
        throw refused(where + key + " is not true or false");
      }
      return value.booleanValue();
    }

    private Optional<String> text(JsonNode table, String key, String where) {
      JsonNode value = table.path(key);
      if (value.isMissingNode()) {
        return Optional.empty();
      }
      if (!value.isTextual()) {
        throw refused(where + key + " is not a string");
      }
      return Optional.of(value.textValue());
    }

    /** A string or a list of them. */
    private List<String> strings(JsonNode value, String where) {
      List<String> texts = new ArrayList<>();
      if (value.isTextual()) {
        texts.add(value.textValue());
      } else if (value.isArray()) {
        for (JsonNode item : value) {
          if (!item.isTextual()) {
            throw refused(where + " is not a list of strings");
          }
          texts.add(item.textValue());
        }
      } else if (!value.isMissingNode()) {
        throw refused(where + " is not a string or a list of strings");
      }
      return texts;
    }

    private void checkKeys(JsonNode table, Set<String> known, String where) {
      for (Map.Entry<String, JsonNode> entry : table.properties()) {
        if (!known.contains(entry.getKey())) {
          throw refused(
              "%s%s is not a key that is known here; known are %s"
                  .formatted(where, entry.getKey(), String.join(", ", new TreeSet<>(known))));
        }
      }
    }

    private CriException refused(String reason) {
      return CriException.failedPrecondition("registry configuration " + file + ": " + reason);
    }
  }
}
