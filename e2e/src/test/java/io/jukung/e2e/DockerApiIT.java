package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Walks each field of an answer that the description of docker's API has: the engine's answers
 * about objects that have all there is have it, in the type that is said, or the table of the walk
 * says that it is absent. The unit test ApiWalkTest of the engine walks the requests.
 */
@ExtendWith(Testbed.Extension.class)
class DockerApiIT {
  private static final Path TABLE =
      Path.of("../engine/src/test/resources/io/jukung/engine/api-1.51.tsv");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** An image with something in each field that an instruction can fill. */
  private static final String DOCKERFILE =
      """
      FROM IMAGE
      MAINTAINER somebody
      SHELL ["/bin/sh", "-c"]
      EXPOSE 91
      VOLUME /of-the-image
      ONBUILD RUN true
      STOPSIGNAL SIGTERM
      HEALTHCHECK --interval=1s --timeout=5s --retries=3 --start-period=1s --start-interval=1s CMD true
      ENTRYPOINT ["env"]
      RUN true >/walked
      """;

  /** A container with something in each field that a request can fill. */
  private static final String RICH =
      """
      {"Image": "walked", "Cmd": ["sh", "-c", "echo a >/made; exec sleep 1000"],
       "Hostname": "rich", "User": "0", "Env": ["A=b"], "WorkingDir": "/tmp", "Labels": {"l": "v"},
       "Tty": true, "OpenStdin": true, "StopSignal": "SIGKILL", "StopTimeout": 1,
       "ExposedPorts": {"90/tcp": {}}, "Volumes": {"/anonymous": {}},
       "HostConfig": {
         "Binds": ["stored:/data"], "Memory": 67108864, "NanoCpus": 500000000, "PidsLimit": 100,
         "PortBindings": {"90/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18097"}]},
         "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
         "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
         "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/n",
           "CgroupPermissions": "rwm"}],
         "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 64}],
         "Mounts": [{"Type": "volume", "Source": "other", "Target": "/other", "ReadOnly": true,
           "Consistency": "cached", "VolumeOptions": {"NoCopy": true, "Labels": {"a": "b"},
           "DriverConfig": {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs"}}}},
           {"Type": "tmpfs", "Target": "/memory", "TmpfsOptions": {"SizeBytes": 1048576,
           "Mode": 511, "Options": [["noexec"]]}}, {"Type": "bind", "Source": "/usr/share",
           "Target": "/share", "ReadOnly": true, "BindOptions": {"Propagation": "rprivate",
           "CreateMountpoint": true}}],
         "Init": true, "Sysctls": {"net.ipv4.ip_forward": "0"}, "Dns": ["192.0.2.1"], "ExtraHosts": ["a:192.0.2.2"], "NetworkMode": "walked"},
       "NetworkingConfig": {"EndpointsConfig": {"walked": {"Aliases": ["alias"],
         "IPAMConfig": {"IPv4Address": "172.29.7.9", "IPv6Address": "fd07:29::9"}}}}}
      """;

  private DockerEngine engine;
  private final Map<String, List<JsonNode>> answers = new LinkedHashMap<>();

  /** A line of the table. */
  private record Row(String route, String name, String type, String outcome) {}

  @BeforeEach
  void startEngine(Testbed testbed) throws Exception {
    engine = DockerEngine.start(testbed);
  }

  @AfterEach
  void endEngineAndLookForLeft(Testbed testbed) throws Exception {
    var _ = engine.docker("rm", "-f", "-v", "rich", "ended");
    var _ = engine.docker("network", "rm", "walked");
    var _ = engine.docker("volume", "prune", "-a", "-f");
    var _ = engine.docker("rmi", "-f", "walked");
    assertThat(testbed.pods()).isEmpty();
    engine.close();
  }

  private static List<Row> table() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(TABLE)) {
      String[] cells = line.split("\t", -1);
      if (cells[0].equals("answer")) {
        rows.add(new Row(cells[1], cells[2], cells[3], cells[4]));
      }
    }
    return rows;
  }

  /** Sends a request, and keeps the documents of its answer for the walk. */
  private JsonNode send(String method, String template, String path, String body)
      throws IOException {
    String answer = new String(engine.request(method, path, body).getBytes(ISO_8859_1), UTF_8);
    assertThat(answer).as(method + " " + path).startsWith("HTTP/1.1 20");
    String[] parts = answer.split("\r\n\r\n", 2);
    JsonNode last = MAPPER.nullNode();
    for (String line : parts[1].lines().toList()) {
      if (line.startsWith("{") || line.startsWith("[")) {
        last = MAPPER.readTree(line);
        answers.computeIfAbsent(method + " " + template, _ -> new ArrayList<>()).add(last);
      }
    }
    return last;
  }

  private JsonNode get(String template, String path) throws IOException {
    return send("GET", template, path, "");
  }

  private JsonNode post(String template, String path, String body) throws IOException {
    return send("POST", template, path, body);
  }

  private void makeObjects(Testbed testbed) throws Exception {
    post(
        "/networks/create",
        "/networks/create",
        "{\"Name\":\"walked\",\"EnableIPv6\":true,\"IPAM\":{\"Config\":[{\"Subnet\":"
            + "\"172.29.7.0/24\",\"IPRange\":\"172.29.7.0/25\",\"Gateway\":\"172.29.7.1\"},"
            + "{\"Subnet\":\"fd07:29::/64\"}]},"
            + "\"Labels\":{\"l\":\"v\"},\"Options\":{}}");
    post(
        "/volumes/create",
        "/volumes/create",
        "{\"Name\":\"stored\",\"Labels\":{\"l\":\"v\"},\"DriverOpts\":{\"type\":\"tmpfs\","
            + "\"device\":\"tmpfs\"}}");
    String dockerfile = DOCKERFILE.replace("IMAGE", testbed.busybox());
    engine.dockerReading(dockerfile, "build", "-q", "-t", "walked", "-").orThrow();
    post("/containers/create", "/containers/create?name=rich", RICH);
    assertThat(engine.request("POST", "/containers/rich/start", "")).startsWith("HTTP/1.1 204");
    engine.docker("run", "--name", "ended", testbed.busybox(), "true").orThrow();
    Await.until(
        "the container is healthy",
        () ->
            engine
                .docker("inspect", "-f", "{{.State.Health.Status}}", "rich")
                .stdout()
                .equals("healthy\n"));
  }

  private void ask(long since) throws Exception {
    get("/containers/json", "/containers/json?all=1&size=1");
    get("/containers/{id}/json", "/containers/rich/json?size=1");
    get("/containers/{id}/json", "/containers/ended/json");
    get("/containers/{id}/top", "/containers/rich/top");
    get("/containers/{id}/changes", "/containers/rich/changes");
    get("/containers/{id}/stats", "/containers/rich/stats?stream=0");
    post("/containers/{id}/update", "/containers/rich/update", "{\"Memory\":134217728}");
    post("/containers/{id}/wait", "/containers/ended/wait", "");
    JsonNode exec =
        post("/containers/{id}/exec", "/containers/rich/exec", "{\"Cmd\":[\"true\",\"-x\"]}");
    get("/exec/{id}/json", "/exec/" + exec.path("Id").asText() + "/json");
    post("/commit", "/commit?container=rich&repo=committed&comment=c&author=a", "{}");
    get("/images/json", "/images/json?all=1&shared-size=1");
    get("/images/{name}/json", "/images/committed/json");
    get("/images/{name}/json", "/images/walked/json");
    get("/images/{name}/history", "/images/committed/history");
    get("/networks", "/networks");
    get("/networks/{id}", "/networks/walked");
    get("/volumes", "/volumes");
    get("/volumes/{name}", "/volumes/stored");
    get("/info", "/info");
    get("/version", "/version");
    get("/system/df", "/system/df");
    get("/events", "/events?since=" + since + "&until=" + (Instant.now().getEpochSecond() + 1));
    post("/build/prune", "/build/prune", "");
    post("/commit", "/commit?container=rich", "{}"); // an image without a name
    String some = "/prune?filters=" + URLEncoder.encode("{\"label\":[\"l=v\"]}", UTF_8);
    for (String each : List.of("containers", "networks", "volumes")) {
      post("/" + each + "/prune", "/" + each + some, "");
    }
    String named = URLEncoder.encode("{\"label\":[\"l=v\"],\"dangling\":[\"false\"]}", UTF_8);
    post("/images/prune", "/images/prune?filters=" + named, "");
  }

  @Test
  void eachFieldOfAnAnswerIsThereInItsTypeOrSaidToBeAbsent(Testbed testbed) throws Exception {
    long since = Instant.now().getEpochSecond() - 1;
    makeObjects(testbed);
    ask(since);
    List<String> wrong = new ArrayList<>();
    int seen = 0;
    for (Row each : table()) {
      List<JsonNode> documents = answers.get(each.route());
      if (documents == null) {
        continue; // the unit test has what needs a registry
      }
      seen++;
      List<JsonNode> found = new ArrayList<>();
      documents.forEach(document -> find(document, each.name(), found));
      if (found.isEmpty() == each.outcome().equals("present")) {
        wrong.add(each + ": " + (found.isEmpty() ? "is not there" : "is there"));
      }
      found.stream()
          .filter(value -> !isOfType(value, each.type()))
          .forEach(value -> wrong.add(each + ": is " + value));
    }
    assertThat(seen).isGreaterThan(900);
    assertThat(wrong).isEmpty();
  }

  /** Finds all values of a field: below elements of lists, and below all keys for {@code *}. */
  private static void find(JsonNode at, String name, List<JsonNode> found) {
    if (name.isEmpty()) {
      found.add(at);
      return;
    }
    if (name.startsWith("[]")) {
      at.forEach(each -> find(each, name.substring(name.startsWith("[].") ? 3 : 2), found));
      return;
    }
    String key = name.replaceFirst("[.\\[].*", "");
    String rest = name.substring(key.length()).replaceFirst("^\\.", "");
    if (key.equals("*")) {
      at.forEach(each -> find(each, rest, found));
    } else if (at.has(key)) {
      find(at.path(key), rest, found);
    }
  }

  private static boolean isOfType(JsonNode value, String type) {
    return value.isNull()
        || switch (type) {
          case "string" -> value.isTextual();
          case "integer" -> value.isIntegralNumber();
          case "number" -> value.isNumber();
          case "boolean" -> value.isBoolean();
          case "array" -> value.isArray();
          case "object" -> value.isObject();
          default -> throw new AssertionError("the table has the type " + type);
        };
  }
}
