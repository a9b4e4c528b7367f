package io.jukung.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.ApiServer.Answer;
import io.jukung.engine.ApiTable.Row;
import io.jukung.engine.http.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks each route, parameter and field of a request that the description of the API has, against
 * the engine's real routes: what {@link ApiTable} says becomes of it is so.
 */
@Timeout(120)
class ApiWalkTest {
  private static final String CREATE = "POST /containers/create";
  private static final String EXEC = "POST /containers/{id}/exec";

  /** How long a handler may take to ask for a parameter after it has sent the answer's head. */
  private static final long PATIENCE_NANOSECONDS = 5_000_000_000L;

  /** Without these, a route answers before it reads anything else. */
  private static final Map<String, String> PARAMETERS =
      Map.ofEntries(
          Map.entry(CREATE, "name=probe"),
          Map.entry("GET /containers/{id}/logs", "stdout=1"),
          Map.entry("GET /containers/{id}/stats", "stream=0&one-shot=1"),
          Map.entry("HEAD /containers/{id}/archive", "path=/x"),
          Map.entry("GET /containers/{id}/archive", "path=/x"),
          Map.entry("PUT /containers/{id}/archive", "path=/x"),
          Map.entry("POST /containers/{id}/rename", "name=other"),
          Map.entry("POST /images/create", "fromImage=x"),
          Map.entry("POST /images/{name}/tag", "repo=x"),
          Map.entry("GET /images/get", "names=x"),
          Map.entry("POST /commit", "container=web"),
          Map.entry("GET /events", "until=1"),
          Map.entry("POST /containers/{id}/attach", "stream=1"),
          Map.entry("GET /containers/{id}/attach/ws", "stream=1"));

  private static final Map<String, String> BODIES =
      Map.of(
          CREATE,
          "{\"Image\":\"x\",\"Cmd\":[\"sh\"]}",
          EXEC,
          "{\"Cmd\":[\"true\"]}",
          "POST /auth",
          "{\"username\":\"u\",\"password\":\"p\",\"serveraddress\":\"r\"}",
          "POST /networks/create",
          "{\"Name\":\"mine\"}",
          "POST /networks/{id}/connect",
          "{\"Container\":\"web\"}",
          "POST /networks/{id}/disconnect",
          "{\"Container\":\"web\"}",
          "POST /volumes/create",
          "{\"Name\":\"vol\"}");

  /** The keys that stand for {@code *}. */
  private static final Map<String, String> KEYS =
      Map.of("PortBindings", "80/tcp", "EndpointsConfig", "mine");

  private static ApiServer server;

  @BeforeAll
  static void serve(@TempDir Path directory) throws IOException {
    server = new ApiServer(directory);
  }

  @AfterAll
  static void close() throws Exception {
    server.close();
  }

  private static String execId() throws IOException {
    String body = "{\"Cmd\":[\"true\"],\"AttachStdin\":true}";
    Answer made = server.send("POST", "/containers/web/exec", Map.of(), body);
    return Json.parse(made.body()).path("Id").asText();
  }

  private static String path(Row row) throws IOException {
    return row.path()
        .replace("/exec/{id}", "/exec/" + (row.path().startsWith("/exec/") ? execId() : ""))
        .replace("/networks/{id}", "/networks/mine")
        .replace("/containers/{id}", "/containers/web")
        .replace("/volumes/{name}", "/volumes/vol")
        .replaceAll("\\{[a-z]+}", "x");
  }

  private static Answer send(Row row, String parameters, Map<String, String> headers)
      throws IOException {
    String body = BODIES.getOrDefault(row.route(), "");
    return server.send(row.method(), path(row) + "?" + parameters, headers, body);
  }

  @Test
  void eachRouteIsServedOrRefusedWithTheStatusThatIsSaid() throws IOException {
    List<String> wrong = new ArrayList<>();
    List<Row> rows = ApiTable.of("route");
    for (Row each : rows) {
      Answer answer = send(each, PARAMETERS.getOrDefault(each.route(), ""), Map.of());
      boolean right =
          each.is("served")
              ? answer.status() != 501 && !answer.body().contains("page not found")
              : each.note().startsWith(answer.status() + ":");
      if (!right) {
        wrong.add(each + ": " + answer.status() + " " + answer.body());
      }
    }
    assertThat(rows).hasSize(107);
    assertThat(wrong).isEmpty();
  }

  @Test
  void eachParameterIsAskedForOrRefused() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (Row each : ApiTable.of("query")) {
      String value = URLEncoder.encode(each.example(), StandardCharsets.UTF_8);
      String besides =
          each.beside().isEmpty() ? PARAMETERS.getOrDefault(each.route(), "") : each.beside();
      // The first value of a parameter wins.
      String all = each.name() + "=" + value + "&" + besides;
      server.asked.forget();
      Answer answer = send(each, all, Map.of());
      boolean refused = answer.status() == 501 && answer.body().contains(each.lastName());
      boolean right =
          switch (each.outcome()) {
            case "used" -> answer.status() != 501 && isAsked(each.name());
            case "partly", "refused" -> refused;
            case "ignored" -> answer.status() < 400 || answer.status() == 500;
            default -> false;
          };
      if (!right) {
        wrong.add(each + ": " + answer.status() + " " + answer.body());
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static boolean isAsked(String name) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOSECONDS;
    while (System.nanoTime() - deadline < 0) {
      if (server.asked.ofLastRequest().contains(name)) {
        return true;
      }
      Thread.sleep(10);
    }
    return false;
  }

  @Test
  void credentialsInHeadersAreRead() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Row each : ApiTable.of("header")) {
      String parameters = PARAMETERS.getOrDefault(each.route(), "");
      Answer answer = send(each, parameters, Map.of(each.name(), "%secret%"));
      boolean refused =
          answer.status() == 400 && answer.body().contains("invalid " + each.name() + " header");
      if (refused != each.is("used") || answer.body().contains("secret")) {
        wrong.add(each + ": " + answer.status() + " " + answer.body());
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** What became of a request: all that the daemon was told, and what an exec remembers. */
  private record Effect(Answer answer, String told) {}

  private static Effect effect(Row row, JsonNode body) throws IOException {
    String parameters = PARAMETERS.getOrDefault(row.route(), "");
    String path = path(row);
    server.fake.requests.clear();
    Answer answer = server.send(row.method(), path + "?" + parameters, Map.of(), body.toString());
    String more = "";
    if (row.route().equals(EXEC) && answer.status() == 201) {
      String exec = "/exec/" + Json.parse(answer.body()).path("Id").asText();
      var _ = server.send("POST", exec + "/start", Map.of(), "{}");
      more = server.send("GET", exec + "/json", Map.of(), "").body();
      more = more.replaceAll("[0-9a-f]{64}", "ID");
    }
    return new Effect(answer, server.toldToTheDaemon() + more);
  }

  @Test
  void eachFieldOfARequestChangesWhatTheDaemonIsToldOrIsRefused() throws IOException {
    List<String> wrong = new ArrayList<>();
    List<Row> rows = ApiTable.of("body");
    for (Row each : rows) {
      ObjectNode without = bodyWithout(each);
      ObjectNode with = without.deepCopy();
      set(with, each.name(), Json.parse(each.example()));
      Effect before = effect(each, without);
      Effect after = effect(each, with);
      boolean changed = !after.told().equals(before.told());
      boolean taken = after.answer().status() != 501 && after.answer().status() != 400;
      boolean right =
          switch (each.outcome()) {
            case "used" -> taken && (changed || isShownElsewhere(each));
            case "ignored" -> taken && !changed;
            case "partly", "refused" ->
                after.answer().status() == 501 && names(after.answer(), each);
            default -> false;
          };
      if (!right) {
        wrong.add(
            each
                + ": changed "
                + changed
                + ", "
                + after.answer().status()
                + " "
                + after.answer().body());
      }
    }
    assertThat(rows).hasSizeGreaterThan(280);
    assertThat(wrong).isEmpty();
  }

  /** Whether only a black-box test can see what becomes of the field. */
  private static boolean isShownElsewhere(Row row) {
    return row.note().startsWith("shown by ");
  }

  /** Whether an error names a field, or what is above it, which is refused as a whole then. */
  private static boolean names(Answer answer, Row row) {
    String above = row.name().replaceFirst("^HostConfig\\.", "").replaceFirst("[.\\[].*", "");
    return answer.body().contains(row.lastName())
        || (row.is("refused") && answer.body().contains(above));
  }

  private static ObjectNode bodyWithout(Row row) {
    ObjectNode body = (ObjectNode) Json.parse(BODIES.getOrDefault(row.route(), "{}"));
    if (!row.beside().isEmpty()) {
      body.setAll((ObjectNode) Json.parse(row.beside()));
    }
    return body;
  }

  /** Sets a field, and makes what is above it. */
  private static void set(ObjectNode body, String name, JsonNode value) {
    ObjectNode at = body;
    String[] parts = name.split("\\.", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      at = inside(at, parts[i], i == 0 ? "" : parts[i - 1]);
    }
    at.set(parts[parts.length - 1], value);
  }

  private static ObjectNode inside(ObjectNode at, String part, String above) {
    String key = part.replace("[]", "");
    if (key.equals("*")) {
      key = Objects.requireNonNull(KEYS.get(above), above);
    }
    if (!part.endsWith("[]")) {
      return at.withObjectProperty(key);
    }
    ArrayNode list = at.withArrayProperty(key);
    return list.isEmpty() ? list.addObject() : (ObjectNode) list.get(0);
  }

  @Test
  void fieldThatNoVersionOfTheApiHasIsRefusedInEachObject() throws IOException {
    Map<String, Row> objects = new LinkedHashMap<>();
    for (Row each : ApiTable.of("body")) {
      int dot = each.name().lastIndexOf('.');
      String inside = dot < 0 ? "" : each.name().substring(0, dot + 1);
      objects.merge(
          each.route() + " " + inside, each, (first, next) -> first.is("used") ? first : next);
    }
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, Row> each : objects.entrySet()) {
      Row row = each.getValue();
      ObjectNode body = bodyWithout(row);
      int dot = row.name().lastIndexOf('.');
      String inside = row.name().substring(0, dot + 1);
      set(body, inside + "NoSuchField", Json.parse("1"));
      Answer answer = effect(row, body).answer();
      boolean named =
          (row.is("used") || inside.isEmpty())
              ? answer.body().contains("NoSuchField")
              : names(answer, row);
      if (answer.status() != 501 || !named) {
        wrong.add(each.getKey() + ": " + answer.status() + " " + answer.body());
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** The black-box test DockerApiIT of e2e walks the other answers. */
  @Test
  void answersAboutRegistriesHaveTheFieldsThatAreSaid() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Row each : ApiTable.of("answer")) {
      if (each.route().equals("POST /auth") || each.route().startsWith("GET /distribution/")) {
        JsonNode answer = Json.parse(send(each, "", Map.of()).body());
        String pointer = "/" + each.name().replace("[].", "/1/").replace('.', '/');
        if (answer.at(pointer).isMissingNode() == each.is("present")) {
          wrong.add(each + ": " + answer);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }
}
