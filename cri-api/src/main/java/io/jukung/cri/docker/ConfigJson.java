package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.ContainerStatus;
import java.util.List;

/** The member Config of a container: what does not depend on the host. */
final class ConfigJson {
  private ConfigJson() {}

  static ObjectNode of(ContainerFacts facts, CommandWords words) {
    ContainerStatus status = facts.status();
    JsonNode process = facts.spec().path("process");
    JsonNode record = facts.record();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Hostname", hostname(facts));
    json.put("Domainname", "");
    json.put("User", user(facts));
    json.put("AttachStdin", false);
    json.put("AttachStdout", false);
    json.put("AttachStderr", false);
    JsonNode exposed = facts.image().path("ExposedPorts");
    if (exposed.isObject()) {
      json.set("ExposedPorts", exposed);
    }
    json.put("Tty", record.path("tty").asBoolean());
    json.put("OpenStdin", record.path("stdin").asBoolean());
    json.put("StdinOnce", record.path("stdinOnce").asBoolean());
    ArrayNode environment = json.putArray("Env");
    process.path("env").forEach(environment::add);
    putWords(json, "Cmd", words.command());
    JsonNode health = facts.options().path("health");
    if (health.isObject()) {
      json.set("Healthcheck", healthcheck(health));
    }
    json.put("Image", imageName(status));
    JsonNode volumes = facts.image().path("Volumes");
    if (volumes.isObject()) {
      json.set("Volumes", volumes);
    } else {
      json.putNull("Volumes");
    }
    json.put("WorkingDir", process.path("cwd").asText());
    putWords(json, "Entrypoint", words.entrypoint());
    json.putNull("OnBuild");
    ObjectNode labels = json.putObject("Labels");
    ContainerLabels.of(status.getLabelsMap(), facts.image()).forEach(labels::put);
    if (record.path("requestedStopSignal").isTextual()) {
      json.put("StopSignal", record.path("requestedStopSignal").asText());
    } else if (facts.image().path("StopSignal").isTextual()) {
      json.set("StopSignal", facts.image().path("StopSignal"));
    }
    JsonNode stopTimeout = facts.options().path("stopTimeoutSeconds");
    if (stopTimeout.isIntegralNumber()) {
      json.set("StopTimeout", stopTimeout);
    }
    return json;
  }

  private static String hostname(ContainerFacts facts) {
    String own = facts.podRecord().path("config").path("hostname").asText();
    return own.isEmpty() ? facts.spec().path("hostname").asText() : own;
  }

  /** Docker shows the text that names the user; here is what the text has led to. */
  private static String user(ContainerFacts facts) {
    String named = facts.image().path("User").asText();
    JsonNode user = facts.spec().path("process").path("user");
    long uid = user.path("uid").asLong();
    long gid = user.path("gid").asLong();
    if (uid == 0 && gid == 0) {
      return named.equals("root") || named.equals("0") ? named : "";
    }
    if (!named.isEmpty() && !named.matches("[0-9:]+")) {
      return named;
    }
    return gid == 0 || gid == uid ? Long.toString(uid) : uid + ":" + gid;
  }

  private static ObjectNode healthcheck(JsonNode health) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode test = json.putArray("Test");
    List<String> words = health.path("command").valueStream().map(JsonNode::asText).toList();
    boolean shell = words.size() == 3 && words.subList(0, 2).equals(List.of("/bin/sh", "-c"));
    test.add(shell ? "CMD-SHELL" : "CMD");
    (shell ? words.subList(2, 3) : words).forEach(test::add);
    json.put("Interval", health.path("interval").asLong());
    json.put("Timeout", health.path("timeout").asLong());
    if (health.path("startPeriod").asLong() != 0) {
      json.put("StartPeriod", health.path("startPeriod").asLong());
    }
    json.put("Retries", health.path("retries").asInt());
    return json;
  }

  /** Returns the image as the user has named it. */
  static String imageName(ContainerStatus status) {
    String asked = status.getImage().getUserSpecifiedImage();
    return asked.isEmpty() ? status.getImage().getImage() : asked;
  }

  /** An empty list is null, as in docker's JSON. */
  private static void putWords(ObjectNode json, String name, List<String> words) {
    if (words.isEmpty()) {
      json.putNull(name);
    } else {
      ArrayNode list = json.putArray(name);
      words.forEach(list::add);
    }
  }
}
