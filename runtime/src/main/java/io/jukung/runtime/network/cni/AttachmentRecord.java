package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The record of an attachment on disk, in the format {@code cniCacheV1} of libcni: the
 * configuration and the arguments of ADD, so that DEL gets the same.
 *
 * @param result the last result of ADD; empty while ADD runs and after a failed ADD
 */
public record AttachmentRecord(
    Attachment attachment, NetworkConfiguration network, Optional<ObjectNode> result) {
  private static final String KIND = "cniCacheV1";

  public AttachmentRecord withResult(ObjectNode json) {
    return new AttachmentRecord(attachment, network, Optional.of(json));
  }

  byte[] toBytes() throws IOException {
    ObjectNode json = CniJson.object();
    json.put("kind", KIND);
    json.put("containerId", attachment.containerId());
    json.put("config", Base64.getEncoder().encodeToString(CniJson.bytes(network.toJson())));
    json.put("ifName", attachment.interfaceName());
    json.put("networkName", network.name());
    json.put("netns", attachment.networkNamespace());
    ArrayNode arguments = json.putArray("cniArgs");
    attachment.arguments().forEach((name, value) -> arguments.addArray().add(name).add(value));
    json.set("capabilityArgs", attachment.capabilityArguments());
    result.ifPresent(value -> json.set("result", value));
    return CniJson.bytes(json);
  }

  static AttachmentRecord parse(byte[] document) throws IOException {
    ObjectNode json = CniJson.parseObject(document);
    if (!json.path("kind").asText("").equals(KIND)) {
      throw new IOException("not of kind " + KIND);
    }
    Map<String, String> arguments = new LinkedHashMap<>();
    for (JsonNode pair : json.path("cniArgs")) {
      arguments.put(pair.path(0).asText(), pair.path(1).asText());
    }
    ObjectNode capabilities =
        json.path("capabilityArgs") instanceof ObjectNode object ? object : CniJson.object();
    try {
      Attachment attachment =
          new Attachment(
              json.path("containerId").asText(),
              json.path("netns").asText(),
              json.path("ifName").asText(),
              arguments,
              capabilities);
      byte[] network = Base64.getDecoder().decode(json.path("config").asText());
      return new AttachmentRecord(
          attachment,
          NetworkConfiguration.parseList(network, name -> List.of()),
          json.path("result") instanceof ObjectNode object
              ? Optional.of(object)
              : Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
