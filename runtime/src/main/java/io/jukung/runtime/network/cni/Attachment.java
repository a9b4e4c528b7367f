package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of one interface of one pod (section 3, "Attachment Parameters").
 *
 * @param networkNamespace path of the pod's; empty when it is gone
 * @param arguments CNI_ARGS, in order
 * @param capabilityArguments for the plugins that declare the capability
 */
public record Attachment(
    String containerId,
    String networkNamespace,
    String interfaceName,
    Map<String, String> arguments,
    ObjectNode capabilityArguments) {
  /** In the environment of plugins, and so of what they start. */
  static final String CONTAINER_ID_VARIABLE = "CNI_CONTAINERID=";

  private static final Pattern CONTAINER_ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

  public Attachment {
    if (!CONTAINER_ID.matcher(containerId).matches()) {
      throw new IllegalArgumentException("not a container id for CNI: " + containerId);
    }
  }

  /** The same one where its namespace is now. */
  Attachment in(String namespace) {
    return new Attachment(containerId, namespace, interfaceName, arguments, capabilityArguments);
  }

  /** As in CNI_ARGS: {@code A=1;B=2}. */
  String argumentString() {
    StringBuilder text = new StringBuilder();
    arguments.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : ";").append(name).append('=').append(value));
    return text.toString();
  }
}
