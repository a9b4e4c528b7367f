package io.jukung.image.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.buildcache.BuiltDocuments;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.manifest.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The configuration of an image that is built (OCI image-spec, config.md, with Docker's
 * Healthcheck, OnBuild and Shell). Not thread-safe.
 */
final class ImageSettings {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");

  /** What Docker's older releases have written about the step before. */
  private static final List<String> OUTDATED = List.of("container", "container_config", "id");

  private static final Pattern PORT =
      Pattern.compile(
          "([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?", Pattern.CASE_INSENSITIVE);
  private static final int MAX_PORT = 65_535;

  private final ObjectNode root;
  private boolean hasCommand;

  private ImageSettings(ObjectNode root) {
    this.root = root;
  }

  /** Those of an image without anything. */
  static ImageSettings empty(Platform platform) {
    return new ImageSettings(BuiltDocuments.empty(platform));
  }

  /** Those of an image in the store. */
  static ImageSettings of(byte[] configuration, int layers) throws IOException {
    if (!(JSON.readTree(configuration) instanceof ObjectNode root)) {
      throw CriException.failedPrecondition("the image's configuration is not an image's");
    }
    root.remove(OUTDATED);
    ImageSettings settings = new ImageSettings(root);
    settings.completeHistory(layers);
    return settings;
  }

  /** The same settings, for a stage that is based on this one. */
  ImageSettings copy() {
    return new ImageSettings(root.deepCopy());
  }

  private ObjectNode config() {
    return root.withObjectProperty("config");
  }

  private ArrayNode array(ObjectNode node, String field) {
    return node.get(field) instanceof ArrayNode known ? known : node.putArray(field);
  }

  // ── questions ──────────────────────────────────────────────────────────────────────────────

  Map<String, String> environment() {
    Map<String, String> variables = new LinkedHashMap<>();
    for (JsonNode each : config().path("Env")) {
      String[] pair = each.asText().split("=", 2);
      variables.put(pair[0], pair.length == 2 ? pair[1] : "");
    }
    return variables;
  }

  /** The working directory; the root if the image has none. */
  String workingDirectory() {
    String directory = config().path("WorkingDir").asText("");
    return directory.startsWith("/") ? directory : "/" + directory;
  }

  /** What the image is for, as it says itself; this node's platform if it does not. */
  Platform platform() {
    String architecture = root.path("architecture").asText("");
    return architecture.isEmpty()
        ? Platform.current()
        : new Platform(
            root.path("os").asText("linux"), architecture, root.path("variant").asText(""));
  }

  String user() {
    return config().path("User").asText("");
  }

  /** The words before a command of the shell form. */
  List<String> shell() {
    List<String> words = texts(config().path("Shell"));
    return words.isEmpty() ? DEFAULT_SHELL : words;
  }

  /** When the image was made, as it says itself; empty if it does not. */
  String created() {
    return root.path("created").asText("");
  }

  private static List<String> texts(JsonNode list) {
    List<String> all = new ArrayList<>();
    list.forEach(each -> all.add(each.asText()));
    return all;
  }

  /** The instructions that ONBUILD has kept for this build, which are not kept any longer. */
  List<String> takeTriggers() {
    List<String> triggers = texts(config().path("OnBuild"));
    config().remove("OnBuild");
    return triggers;
  }

  // ── changes ────────────────────────────────────────────────────────────────────────────────

  void setEnvironment(String name, String value) {
    ArrayNode variables = array(config(), "Env");
    String pair = name + "=" + value;
    for (int i = 0; i < variables.size(); i++) {
      if (variables.get(i).asText().startsWith(name + "=")) {
        variables.set(i, pair);
        return;
      }
    }
    variables.add(pair);
  }

  void setLabel(String name, String value) {
    config().withObjectProperty("Labels").put(name, value);
  }

  void setWorkingDirectory(String directory) {
    config().put("WorkingDir", directory);
  }

  void setUser(String user) {
    config().put("User", user);
  }

  void setStopSignal(String signal) {
    config().put("StopSignal", signal);
  }

  void setAuthor(String author) {
    root.put("author", author);
  }

  void setShell(List<String> words) {
    setWords("Shell", words);
  }

  void setCommand(List<String> words) {
    setWords("Cmd", words);
    hasCommand = true;
  }

  /** The command of the image below was for its entry point, and not for the new one. */
  void setEntrypoint(List<String> words) {
    setWords("Entrypoint", words);
    if (!hasCommand) {
      config().remove("Cmd");
    }
  }

  private void setWords(String field, List<String> words) {
    ArrayNode all = config().putArray(field);
    words.forEach(all::add);
  }

  void addVolume(String path) {
    config().withObjectProperty("Volumes").putObject(path);
  }

  void addTrigger(String instruction) {
    array(config(), "OnBuild").add(instruction);
  }

  /**
   * @param word a port or a range of ports, perhaps with its protocol
   */
  void expose(String word) {
    Matcher match = PORT.matcher(word);
    int first = match.matches() ? Integer.parseInt(match.group(1)) : 0;
    int last = first == 0 || match.group(2) == null ? first : Integer.parseInt(match.group(2));
    if (first == 0 || last > MAX_PORT || last < first) {
      throw CriException.invalidArgument("\"" + word + "\" is not a port");
    }
    String protocol =
        match.group(3) == null ? "tcp" : match.group(3).toLowerCase(java.util.Locale.ROOT);
    for (int port = first; port <= last; port++) {
      config().withObjectProperty("ExposedPorts").putObject(port + "/" + protocol);
    }
  }

  /** Sets Docker's Healthcheck. */
  void setHealthcheck(ObjectNode check) {
    config().set("Healthcheck", check);
  }

  // ── history ────────────────────────────────────────────────────────────────────────────────

  /** Each layer has an entry of the history, or none has: adds those that the image left out. */
  private void completeHistory(int layers) {
    ArrayNode history = array(root, "history");
    int told = 0;
    for (JsonNode entry : history) {
      told += entry.path("empty_layer").asBoolean(false) ? 0 : 1;
    }
    for (; told < layers; told++) {
      history.addObject().put("comment", "the image does not say how this layer was made");
    }
  }

  /**
   * Takes note of an instruction.
   *
   * @param created in the form of RFC 3339; empty for one that has no time of its own
   * @param layer whether it has made a layer
   */
  void addHistory(String created, String instruction, boolean layer) {
    ObjectNode entry = array(root, "history").addObject();
    if (!created.isEmpty()) {
      entry.put("created", created);
    }
    entry.put("created_by", instruction).put("comment", "jukung build");
    if (!layer) {
      entry.put("empty_layer", true);
    }
  }

  /**
   * The document of the image.
   *
   * @param created in the form of RFC 3339
   */
  byte[] document(List<StageLayer> layers, String created) {
    ObjectNode whole = root.deepCopy();
    whole.put("created", created);
    BuiltDocuments.setDiffIds(whole, layers.stream().map(StageLayer::diffId).toList());
    return whole.toString().getBytes(UTF_8);
  }
}
