package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of one interface of one pod (section 3 of the CNI specification, "Attachment
 * Parameters").
 *
 * @param networkNamespace the path of the pod's network namespace; empty if it is gone
 * @param arguments the arguments of CNI_ARGS, in order
 * @param capabilityArguments the arguments for plugins that declare a capability
 */
public record Attachment(
    String containerId,
    String networkNamespace,
    String interfaceName,
    Map<String, String> arguments,
    ObjectNode capabilityArguments) {
  /** The variable in the environment of plugins, which the processes that they start inherit. */
  static final String CONTAINER_ID_VARIABLE = "CNI_CONTAINERID=";

  private static final Pattern CONTAINER_ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

  public Attachment {
    if (!CONTAINER_ID.matcher(containerId).matches()) {
      throw new IllegalArgumentException("not a container id for CNI: " + containerId);
    }
  }

  /** The same attachment with the present path of its namespace. */
  Attachment in(String namespace) {
    return new Attachment(containerId, namespace, interfaceName, arguments, capabilityArguments);
  }

  /** The arguments as CNI_ARGS has them: {@code A=1;B=2}. */
  String argumentString() {
    StringBuilder text = new StringBuilder();
    arguments.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : ";").append(name).append('=').append(value));
    return text.toString();
  }
}
