package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The labels of a container as docker shows them. */
public final class ContainerLabels {
  /** The label of the containers of {@code jukung run} and {@code jukung create}. */
  private static final String OWN = "io.jukung.run";

  /** Jukung's client gives its containers labels with these beginnings, for itself and crictl. */
  private static final List<String> INTERNAL =
      List.of("io.jukung.", "io.kubernetes.pod.name", "io.kubernetes.pod.namespace");

  private ContainerLabels() {}

  /** Returns the labels of the image and those of the user. */
  public static Map<String, String> of(Map<String, String> ofContainer, JsonNode image) {
    Map<String, String> labels = new TreeMap<>();
    image
        .path("Labels")
        .properties()
        .forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
    labels.putAll(ofUser(ofContainer));
    return labels;
  }

  /** Returns a container's labels without those that jukung's client has added. */
  public static Map<String, String> ofUser(Map<String, String> ofContainer) {
    Map<String, String> labels = new TreeMap<>(ofContainer);
    if (ofContainer.containsKey(OWN)) {
      labels.keySet().removeIf(name -> INTERNAL.stream().anyMatch(name::startsWith));
    }
    return labels;
  }
}
