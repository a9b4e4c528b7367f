package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of one plugin of a network. The runtime itself uses only {@code type} and
 * {@code capabilities} of the object.
 */
public record PluginConfiguration(String type, ObjectNode json) {

  /**
   * Reads an entry of a configuration.
   *
   * @throws IOException if the entry names no plugin
   */
  static PluginConfiguration of(JsonNode node) throws IOException {
    if (!(node instanceof ObjectNode json)) {
      throw new IOException("a plugin is not an object");
    }
    String type = json.path("type").textValue();
    if (type == null || type.isEmpty()) {
      throw new IOException("a plugin has no \"type\"");
    }
    if (type.contains("/") || type.equals(".") || type.equals("..") || type.indexOf('\0') >= 0) {
      throw new IOException("plugin type \"" + type + "\" is not the name of a file");
    }
    return new PluginConfiguration(type, json);
  }

  public boolean hasCapability(String name) {
    return json.path("capabilities").path(name).asBoolean(false);
  }

  /**
   * Makes the object that the plugin reads (section 3 of the CNI specification, "Deriving request
   * configuration").
   *
   * @param capabilityArguments the arguments of all capabilities; the plugin gets those that it
   *     declares
   */
  ObjectNode request(
      NetworkConfiguration network,
      ObjectNode capabilityArguments,
      @Nullable ObjectNode previousResult) {
    ObjectNode request = json.deepCopy();
    request.put("name", network.name());
    request.put("cniVersion", network.version().toString());
    request.remove("capabilities");
    ObjectNode runtimeConfig = CniJson.object();
    capabilityArguments.forEachEntry(
        (name, value) -> {
          if (hasCapability(name)) {
            runtimeConfig.set(name, value);
          }
        });
    if (!runtimeConfig.isEmpty()) {
      request.set("runtimeConfig", runtimeConfig);
    }
    if (previousResult != null) {
      request.set("prevResult", previousResult);
    }
    return request;
  }
}
