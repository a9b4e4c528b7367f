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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * The content of one hosts.toml. Reading goes on after a problem, so that one run reports all of
 * them. Not thread-safe.
 */
final class HostsFile {
  private static final Set<String> HOST_KEYS =
      Set.of("capabilities", "ca", "client", "skip_verify", "override_path", "header", "proxy");

  /** The keys of the top table: those of the registry's own server, and two of its own. */
  private static final Set<String> TOP_KEYS =
      Stream.concat(HOST_KEYS.stream(), Stream.of("server", "host"))
          .collect(Collectors.toUnmodifiableSet());

  /** The proxy of a host that is reached without one, whatever the daemon's environment says. */
  private static final String DIRECT = "direct";

  /** A token (RFC 9110, 5.6.2). */
  private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  /** No line breaks, which would begin another header (RFC 9110, 5.5). */
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
   * Parses a file's content, which the caller has read.
   *
   * @param file the file's path, which relative paths in the content start from
   * @param domain the registry that the file is for
   */
  static HostsFile read(Path file, String domain, String content) {
    HostsFile read = new HostsFile(file, domain, content);
    read.parse();
    return read;
  }

  /** The hosts in the order in which a pull asks them. Incomplete if there are problems. */
  List<RegistryHost> hosts() {
    return hosts;
  }

  /** One sentence for each problem, without the file's name. */
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
    // A server that is also a [host] entry keeps its place and its settings there.
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
      // An entry for the registry's own host is the server, not a mirror of it.
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
        proxy(table, where),
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

  /**
   * The number of the first line that matches, as ":7"; empty if none does. The TOML parser does
   * not tell line numbers.
   */
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
    // A name without a scheme is a host, as in containerd.
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
      // The message leaves the value out: it may be a secret.
      if (!HEADER_NAME.matcher(name).matches()
          || !values.stream().allMatch(value -> HEADER_VALUE.matcher(value).matches())) {
        problems.add(where + "header." + name + " has characters that a header cannot have");
      }
      headers.put(name, values);
    }
    return headers;
  }

  private Optional<ProxyRule.Fixed> proxy(JsonNode table, String where) {
    JsonNode value = table.path("proxy");
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      problems.add(where + "proxy is not a string");
      return Optional.empty();
    }
    if (value.textValue().equals(DIRECT)) {
      return Optional.of(new ProxyRule.Fixed(Optional.empty()));
    }
    try {
      return Optional.of(new ProxyRule.Fixed(Optional.of(ProxyServer.parse(value.textValue()))));
    } catch (IllegalArgumentException e) {
      problems.add(where + "proxy " + e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * The client certificates: one file with certificate and key, a list of such files, or a list of
   * pairs [certificate, key].
   */
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

  /** The strings of a value that is a string or a list of strings; empty for a missing value. */
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
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return new TreeSet<>(known)
        .stream().min(Comparator.comparingInt(each -> distance.apply(key, each))).orElseThrow();
  }
}
