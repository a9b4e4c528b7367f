package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One plugin of a network: its configuration object, of which only {@code type} and {@code
 * capabilities} are the runtime's business.
 */
public record PluginConfiguration(String type, ObjectNode json) {

  /**
   * Checks an object of a configuration.
   *
   * @throws IOException if it names no plugin
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
   * The object that the plugin reads (section 3, "Deriving request configuration").
   *
   * @param capabilityArguments all that the runtime can offer; the plugin gets what it has declared
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
