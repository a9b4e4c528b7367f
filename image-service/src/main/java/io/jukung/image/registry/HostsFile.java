package io.jukung.image.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.jukung.image.registry.RegistryHost.Capability;
import io.jukung.image.registry.RegistryHost.ClientCertificate;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** One hosts.toml, read to its end whatever is wrong in it. Not thread-safe. */
final class HostsFile {
  private static final Set<String> HOST_KEYS =
      Set.of("capabilities", "ca", "client", "skip_verify", "override_path", "header");
  private static final Set<String> TOP_KEYS =
      Set.of(
          "server",
          "host",
          "capabilities",
          "ca",
          "client",
          "skip_verify",
          "override_path",
          "header");

  /** RFC 9110, 5.6.2 and 5.5: what else would be in a header could begin another. */
  private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  private static final Pattern HEADER_VALUE = Pattern.compile("[\\t\\x20-\\x7e]*");

  private static final TomlMapper TOML = new TomlMapper();

  private final Path file;
  private final String domain;
  private final String content;
  private final List<RegistryHost> hosts = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private HostsFile(Path file, String domain, String content) {
    this.file = file;
    this.domain = domain;
    this.content = content;
  }

  /**
   * Reads a file's content.
   *
   * @param domain the registry that it is for
   */
  static HostsFile read(Path file, String domain, String content) {
    HostsFile read = new HostsFile(file, domain, content);
    read.parse();
    return read;
  }

  /** In the order in which they are asked. Complete only where there is no problem. */
  List<RegistryHost> hosts() {
    return hosts;
  }

  /** A sentence for each, without the file's name. */
  List<String> problems() {
    return problems;
  }

  private void parse() {
    JsonNode root;
    try {
      root = TOML.readTree(content);
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
      problems.add("it is not TOML: " + e.getOriginalMessage() + line);
      return;
    }
    checkKeys(root, TOP_KEYS, "");
    JsonNode table = root.path("host");
    if (!table.isMissingNode() && !table.isObject()) {
      problems.add("host is not a table; write [host.\"https://mirror\"]");
    }
    String server = text(root, "server").orElseGet(() -> RegistryHosts.defaultServer(domain));
    Optional<URI> serverBase = base(server, root, "");
    for (Map.Entry<String, JsonNode> entry : table.properties()) {
      readHost(entry.getKey(), entry.getValue(), serverBase);
    }
    // Named among the hosts it stands there, with the settings that it has there.
    serverBase
        .filter(base -> hosts.stream().noneMatch(host -> host.base().equals(base)))
        .ifPresent(base -> hosts.add(host(base, true, root, "", serverOrigin(root))));
  }

  private void readHost(String url, JsonNode table, Optional<URI> server) {
    String where = "host.\"" + url + "\".";
    if (!table.isObject()) {
      problems.add("host.\"" + url + "\" is not a table");
      return;
    }
    checkKeys(table, HOST_KEYS, where);
    Optional<URI> base = base(url, table, where);
    if (base.isPresent()) {
      // An entry for the registry's own host is no mirror.
      boolean own =
          base.get().getRawAuthority().equals(domain)
              || server.filter(uri -> Destination.sameOrigin(uri, base.get())).isPresent();
      hosts.add(host(base.get(), own, table, where, hostOrigin(url)));
    }
  }

  private RegistryHost host(URI base, boolean server, JsonNode table, String where, String origin) {
    return new RegistryHost(
        base,
        server,
        capabilities(table, where),
        headers(table, where),
        new RegistryHost.Tls(
            strings(table.path("ca"), where + "ca").stream().map(this::sibling).toList(),
            clients(table.path("client"), where + "client"),
            flag(table, "skip_verify", where)),
        origin);
  }

  private Path sibling(String name) {
    return file.resolveSibling(name);
  }

  private String hostOrigin(String url) {
    String section = "[host.\"" + url + "\"]";
    return file
        + line(Pattern.quote("\"" + url + "\"") + "|" + Pattern.quote("'" + url + "'"))
        + " "
        + section;
  }

  private String serverOrigin(JsonNode root) {
    return root.has("server")
        ? file + line("^\\s*server\\s*=") + " server"
        : file + " names no server, so the registry itself";
  }

  /** The TOML parser keeps no lines: the first that has it is the one. */
  private String line(String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    int number = 0;
    for (String line : content.split("\n", -1)) {
      number++;
      if (wanted.matcher(line).find()) {
        return ":" + number;
      }
    }
    return "";
  }

  private Optional<URI> base(String url, JsonNode table, String where) {
    boolean overridePath = flag(table, "override_path", where);
    // As containerd: a name without a scheme is a host.
    String whole =
        url.contains("://") ? url : (RegistryHosts.isLoopback(url) ? "http://" : "https://") + url;
    URI uri;
    try {
      uri = URI.create(whole);
    } catch (IllegalArgumentException e) {
      problems.add("\"" + url + "\" is not a URL");
      return Optional.empty();
    }
    String scheme = Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
    if (!(scheme.equals("https") || scheme.equals("http")) || uri.getHost() == null) {
      problems.add("\"" + url + "\" is not a URL of a host by http or https");
      return Optional.empty();
    }
    if (uri.getRawUserInfo() != null || uri.getRawQuery() != null) {
      problems.add("the URL of " + uri.getHost() + " has a user or a query");
      return Optional.empty();
    }
    String path = uri.getRawPath().replaceAll("/+$", "");
    return Optional.of(
        URI.create(
            scheme
                + "://"
                + uri.getRawAuthority()
                + path
                + (overridePath || path.endsWith("/v2") ? "" : "/v2")));
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
        case "referrers" -> capabilities.add(Capability.REFERRERS);
        default ->
            problems.add(
                where
                    + "capabilities has \""
                    + name
                    + "\"; known are pull, resolve, push, referrers");
      }
    }
    return capabilities;
  }

  private Map<String, List<String>> headers(JsonNode table, String where) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    JsonNode given = table.path("header");
    if (!given.isMissingNode() && !given.isObject()) {
      problems.add(where + "header is not a table");
    }
    for (Map.Entry<String, JsonNode> header : given.properties()) {
      String name = header.getKey();
      List<String> values = strings(header.getValue(), where + "header." + name);
      // Without the value in the message: it may be a secret.
      if (!HEADER_NAME.matcher(name).matches()
          || !values.stream().allMatch(value -> HEADER_VALUE.matcher(value).matches())) {
        problems.add(where + "header." + name + " has characters that no header can have");
      }
      headers.put(name, values);
    }
    return headers;
  }

  /** One file with certificate and key, a list of them, or a list of pairs of two files. */
  private List<ClientCertificate> clients(JsonNode value, String where) {
    List<ClientCertificate> clients = new ArrayList<>();
    boolean pairs = value.isArray() && !value.isEmpty() && value.get(0).isArray();
    if (!pairs) {
      for (String both : strings(value, where)) {
        clients.add(new ClientCertificate(sibling(both), sibling(both)));
      }
      return clients;
    }
    for (JsonNode pair : value) {
      List<String> files = pair.isArray() ? strings(pair, where) : List.of();
      if (files.isEmpty() || files.size() > 2) {
        problems.add(where + " has an entry that is not [\"certificate\", \"key\"]");
        continue;
      }
      String key = files.getLast().isEmpty() ? files.getFirst() : files.getLast();
      clients.add(new ClientCertificate(sibling(files.getFirst()), sibling(key)));
    }
    return clients;
  }

  private boolean flag(JsonNode table, String key, String where) {
    JsonNode value = table.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      problems.add(where + key + " is not true or false");
    }
    return value.booleanValue();
  }

  private Optional<String> text(JsonNode table, String key) {
    JsonNode value = table.path(key);
    if (!value.isMissingNode() && !value.isTextual()) {
      problems.add(key + " is not a string");
    }
    return Optional.ofNullable(value.textValue());
  }

  /** A string or a list of them. */
  private List<String> strings(JsonNode value, String where) {
    if (value.isMissingNode()) {
      return List.of();
    }
    if (value.isTextual()) {
      return List.of(value.textValue());
    }
    List<String> texts = new ArrayList<>();
    value.forEach(item -> texts.add(Objects.requireNonNullElse(item.textValue(), "")));
    if (!value.isArray()) {
      problems.add(where + " is not a string or a list of strings");
    } else if (!value.valueStream().allMatch(JsonNode::isTextual)) {
      problems.add(where + " is not a list of strings");
    }
    return texts;
  }

  private void checkKeys(JsonNode table, Set<String> known, String where) {
    for (Map.Entry<String, JsonNode> entry : table.properties()) {
      if (!known.contains(entry.getKey())) {
        problems.add(
            "%s%s is not a key that is known here, the nearest is %s; known are %s"
                .formatted(
                    where,
                    entry.getKey(),
                    nearest(entry.getKey(), known),
                    String.join(", ", new TreeSet<>(known))));
      }
    }
  }

  private static String nearest(String key, Set<String> known) {
    return new TreeSet<>(known)
        .stream().min(Comparator.comparingInt(each -> distance(key, each))).orElseThrow();
  }

  /** Letters to change, add or leave out (Levenshtein). */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }
}
