package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A network: the plugins that attach a pod to it, in the order of ADD (section 1 of the CNI
 * specification).
 *
 * @param versions the versions that both the configuration and this client support, in order; never
 *     empty
 */
public record NetworkConfiguration(
    String name,
    List<CniVersion> versions,
    boolean disableCheck,
    boolean disableGc,
    List<PluginConfiguration> plugins) {
  /** The characters of a name, which becomes part of file names and of the plugins' own paths. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

  /** The limit of a name: a file name also contains a container id. */
  private static final int MAX_NAME_LENGTH = 150;

  public NetworkConfiguration {
    versions = List.copyOf(versions);
    plugins = List.copyOf(plugins);
  }

  /** The version that plugins are called with: the highest one. */
  public CniVersion version() {
    return versions.getLast();
  }

  /** Loads plugins that are declared in files of their own, beside the list. */
  @FunctionalInterface
  public interface PluginSource {
    /** The plugins for the network of the given name. */
    List<PluginConfiguration> load(String network) throws IOException;
  }

  /** Reads a list of plugins, as a {@code .conflist} file or a record of an attachment holds it. */
  public static NetworkConfiguration parseList(byte[] document, PluginSource more)
      throws IOException {
    ObjectNode json = CniJson.parseObject(document);
    String name = name(json);
    List<PluginConfiguration> plugins = new ArrayList<>();
    JsonNode list = json.path("plugins");
    boolean onlyInlined = flag(json, "loadOnlyInlinedPlugins");
    if (!list.isMissingNode()) {
      if (!list.isArray() || list.isEmpty()) {
        throw new IOException("\"plugins\" is not a list with plugins");
      }
      for (JsonNode plugin : list) {
        plugins.add(PluginConfiguration.of(plugin));
      }
    } else if (onlyInlined) {
      throw new IOException("\"loadOnlyInlinedPlugins\" without \"plugins\"");
    }
    if (!onlyInlined) {
      plugins.addAll(more.load(name));
    }
    if (plugins.isEmpty()) {
      throw new IOException("no plugins");
    }
    return new NetworkConfiguration(
        name, versions(json), flag(json, "disableCheck"), flag(json, "disableGC"), plugins);
  }

  /** Reads a single plugin that is a network by itself, as in a {@code .conf} file. */
  static NetworkConfiguration parseSingle(byte[] document) throws IOException {
    ObjectNode json = CniJson.parseObject(document);
    if (json.has("plugins")) {
      throw new IOException("a list of plugins; its file name must end in .conflist");
    }
    PluginConfiguration plugin = PluginConfiguration.of(json);
    return new NetworkConfiguration(name(json), versions(json), false, false, List.of(plugin));
  }

  /** The same network with only those plugins that are wanted. */
  public NetworkConfiguration withPlugins(Predicate<PluginConfiguration> wanted) {
    return new NetworkConfiguration(
        name, versions, disableCheck, disableGc, plugins.stream().filter(wanted).toList());
  }

  /** The same network, whose plugins are called with the given version. */
  NetworkConfiguration withVersion(CniVersion version) {
    return new NetworkConfiguration(name, List.of(version), disableCheck, disableGc, plugins);
  }

  /** The network as one list of plugins, for the record of an attachment. */
  ObjectNode toJson() {
    ObjectNode json = CniJson.object();
    json.put("cniVersion", version().toString());
    json.put("name", name);
    if (disableCheck) {
      json.put("disableCheck", true);
    }
    if (disableGc) {
      json.put("disableGC", true);
    }
    json.put("loadOnlyInlinedPlugins", true);
    ArrayNode list = json.putArray("plugins");
    plugins.forEach(plugin -> list.add(plugin.json()));
    return json;
  }

  private static String name(ObjectNode json) throws IOException {
    String name = json.path("name").textValue();
    if (name == null) {
      throw new IOException("no \"name\"");
    }
    if (!NAME.matcher(name).matches() || name.length() > MAX_NAME_LENGTH) {
      throw new IOException("\"name\" is not a network's name: " + name);
    }
    return name;
  }

  /** The supported versions that {@code cniVersion} and {@code cniVersions} name. */
  private static List<CniVersion> versions(ObjectNode json) throws IOException {
    Set<String> named = new LinkedHashSet<>();
    named.add(json.path("cniVersion").asText(""));
    json.path("cniVersions").forEach(entry -> named.add(entry.asText("")));
    named.remove("");
    if (named.isEmpty()) {
      return List.of(CniVersion.UNNAMED);
    }
    List<CniVersion> known =
        named.stream().map(CniVersion::find).flatMap(Optional::stream).sorted().toList();
    if (known.isEmpty()) {
      throw new IOException(
          "cniVersion "
              + String.join(", ", named)
              + " is none of those supported, "
              + List.of(CniVersion.values()));
    }
    return known;
  }

  private static boolean flag(ObjectNode json, String key) throws IOException {
    JsonNode value = json.path(key);
    String text = value.asText("").toLowerCase(Locale.ROOT);
    if (value.isMissingNode() || text.equals("false")) {
      return false;
    }
    if (text.equals("true")) {
      return true;
    }
    throw new IOException("\"" + key + "\" is neither true nor false");
  }
}
