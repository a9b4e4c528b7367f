package io.jukung.engine.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ExecAsRequest;
import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Hijacked;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.Fields;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Commands in running containers. */
public final class ExecRoutes {
  /** What a command has that could not be executed, as a shell has it. */
  private static final int NOT_FOUND = 127;

  private static final int NOT_EXECUTABLE = 126;
  private static final Set<String> KNOWN =
      Set.of(
          "AttachStdin",
          "AttachStdout",
          "AttachStderr",
          "Tty",
          "Cmd",
          "Container", // docker's library for Python sends the path's ID again,
          "containerId", // and so does docker-java
          "Env",
          "User",
          "WorkingDir",
          "Privileged",
          "DetachKeys",
          "ConsoleSize",
          "Detach");

  private final Daemon daemon;
  private final Lookup lookup;
  private final Execs execs = new Execs();
  private final Consumer<String> log;

  public ExecRoutes(Daemon daemon, Lookup lookup, Consumer<String> log) {
    this.daemon = daemon;
    this.lookup = lookup;
    this.log = log;
  }

  public void addTo(Router router) {
    router
        .post("/containers/{id}/exec", this::create)
        .post("/exec/{id}/start", this::start)
        .post("/exec/{id}/resize", this::resize)
        .get("/exec/{id}/json", this::inspect);
  }

  private void create(Exchange exchange) throws IOException {
    JsonNode config = exchange.json();
    Container container = lookup.container(exchange.parameter("id"));
    if (container.getState() != ContainerState.CONTAINER_RUNNING) {
      throw HttpError.conflict("container " + container.getId() + " is not running");
    }
    config
        .properties()
        .forEach(
            each -> {
              if (!KNOWN.contains(each.getKey()) && isSet(each.getValue())) {
                throw HttpError.notImplemented("ExecConfig." + each.getKey());
              }
            });
    if (config.path("Cmd").isEmpty()) {
      throw HttpError.badRequest("No exec command specified");
    }
    var _ = StreamSession.keys(config.path("DetachKeys").asText("")); // bad keys are an error now
    exchange.sendJson(201, Json.object().put("Id", execs.add(container.getId(), config).id()));
  }

  private static boolean isSet(JsonNode value) {
    return !value.isNull()
        && !(value.isBoolean() && !value.asBoolean())
        && !(value.isTextual() && value.asText().isEmpty())
        && !(value.isContainerNode() && value.isEmpty());
  }

  private void start(Exchange exchange) throws IOException, InterruptedException {
    // Whether there is a terminal was said when the exec was made.
    JsonNode body = exchange.json();
    Fields options = new Fields("ExecStartConfig", body).without("Tty", "ConsoleSize");
    boolean detach = options.flag("Detach");
    options.requireNoOther();
    Exec exec = execs.get(exchange.parameter("id"));
    if (!exec.begin()) {
      throw HttpError.conflict("exec " + exec.id() + " was started already");
    }
    JsonNode size =
        body.has("ConsoleSize") ? body.path("ConsoleSize") : exec.config().path("ConsoleSize");
    StreamSession.Wanted wanted = exec.wanted(detach);
    if (wanted.tty() && size.path(0).asInt() > 0 && size.path(1).asInt() > 0) {
      var _ = exec.resize(size.path(1).asInt(), size.path(0).asInt()); // height comes before width
    }
    StreamEndpoint endpoint;
    @Nullable Hijacked client;
    try {
      endpoint = endpoint(exec, wanted);
      // The client has its answer before the command runs, as from docker's daemon: docker's
      // library for Python drops what comes together with the answer.
      client = detach ? null : exchange.hijack(Frames.type(wanted.tty()));
    } catch (StatusRuntimeException | HttpError | IOException e) {
      exec.end(NOT_EXECUTABLE);
      throw e;
    }
    if (client == null) {
      followAlone(exec, open(exec, endpoint, wanted, OutputStream.nullOutputStream()));
      exchange.sendEmpty(200);
    } else {
      serve(client, exec, endpoint, wanted);
    }
  }

  /**
   * Starts the command.
   *
   * @throws HttpError 500 if the daemon cannot be reached
   */
  private static StreamSession open(
      Exec exec, StreamEndpoint endpoint, StreamSession.Wanted wanted, OutputStream output)
      throws InterruptedException {
    try {
      StreamSession session = StreamSession.open(endpoint, wanted, output);
      exec.runs(session::resize);
      return session;
    } catch (IOException e) {
      exec.end(NOT_EXECUTABLE);
      throw new HttpError(500, "exec " + exec.id() + ": " + e.getMessage());
    }
  }

  /** Starts the command and connects the client with it, until one of the two is gone. */
  private void serve(
      Hijacked client, Exec exec, StreamEndpoint endpoint, StreamSession.Wanted wanted)
      throws InterruptedException {
    @Nullable StreamSession session = null;
    boolean goesOn = false; // without its client, as docker's commands do
    try {
      try (OutputStream out = client.output()) {
        Frames frames = new Frames(out, wanted.tty());
        try {
          session = open(exec, endpoint, wanted, out);
        } catch (HttpError e) {
          frames.line(e.text());
          return;
        }
        CommandStreams.End end = session.run(client);
        if (end == null) {
          goesOn = true;
        } else {
          finish(exec, end, frames);
        }
      } finally {
        client.end();
      }
    } catch (IOException e) {
      goesOn = true; // the connection of the client is gone
    } finally {
      if (session != null && !goesOn) {
        session.close();
      }
    }
    if (session != null && goesOn) {
      session.leave();
      followAlone(exec, session);
    }
  }

  /** Waits for the end of a command that has no client, to keep its exit code. */
  private void followAlone(Exec exec, StreamSession session) {
    Thread.ofVirtual()
        .name("exec")
        .start(
            () -> {
              try (session) {
                Frames nobody = new Frames(OutputStream.nullOutputStream(), /* raw= */ true);
                finish(exec, session.await(), nobody);
              } catch (IOException e) {
                log.accept("exec " + exec.id() + ": " + e.getMessage());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private static void finish(Exec exec, CommandStreams.End end, Frames client) throws IOException {
    Integer code = end.exitCode();
    if (code == null) {
      boolean missing = end.message().contains("executable file not found");
      exec.end(missing ? NOT_FOUND : NOT_EXECUTABLE);
      client.line(end.message());
    } else {
      exec.end(code);
    }
  }

  private StreamEndpoint endpoint(Exec exec, StreamSession.Wanted wanted) throws IOException {
    JsonNode config = exec.config();
    ExecAsRequest.Builder request =
        ExecAsRequest.newBuilder()
            .setContainerId(exec.containerId())
            .addAllCommand(exec.command())
            .setStdin(wanted.stdin())
            .setStdout(true)
            .setStderr(!wanted.tty())
            .setTty(wanted.tty())
            .setUser(config.path("User").asText(""))
            .setWorkingDirectory(config.path("WorkingDir").asText(""))
            .setPrivileged(config.path("Privileged").asBoolean());
    config.path("Env").forEach(each -> request.addEnvironment(each.asText()));
    String url = daemon.containers().execAs(request.build()).getUrl();
    return StreamEndpoint.of(daemon.runtime(), url);
  }

  private void resize(Exchange exchange) throws IOException {
    Exec exec = execs.get(exchange.parameter("id"));
    int rows = exchange.query().number("h").orElse(0L).intValue();
    int columns = exchange.query().number("w").orElse(0L).intValue();
    if (!exec.resize(columns, rows)) {
      throw HttpError.badRequest("exec " + exec.id() + " does not run");
    }
    exchange.sendEmpty(200);
  }

  private void inspect(Exchange exchange) throws IOException {
    Exec exec = execs.get(exchange.parameter("id"));
    List<String> words = exec.command();
    ObjectNode json = Json.object();
    json.put("ID", exec.id()).put("Running", exec.isRunning());
    json.put("OpenStdin", exec.config().path("AttachStdin").asBoolean());
    json.put("OpenStdout", exec.config().path("AttachStdout").asBoolean());
    json.put("OpenStderr", exec.config().path("AttachStderr").asBoolean());
    json.put("CanRemove", false).put("ContainerID", exec.containerId());
    json.put("DetachKeys", exec.config().path("DetachKeys").asText("")).put("Pid", 0);
    exec.exitCode()
        .ifPresentOrElse(code -> json.put("ExitCode", code), () -> json.putNull("ExitCode"));
    ObjectNode process = json.putObject("ProcessConfig");
    process.put("tty", exec.config().path("Tty").asBoolean());
    process.put("entrypoint", words.getFirst());
    process.put("privileged", exec.config().path("Privileged").asBoolean());
    process.put("user", exec.config().path("User").asText(""));
    process.set("arguments", Json.texts(words.subList(1, words.size())));
    exchange.sendJson(200, json);
  }
}
