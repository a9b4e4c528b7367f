package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker's compose with {@code jukung engine}: an application of several services. */
@ExtendWith(Testbed.Extension.class)
class ComposeIT {
  private static final String APPLICATION =
      """
      name: shop
      x-service: &service
        image: ${IMAGE}
        stop_grace_period: 1s
      services:
        web:
          <<: *service
          command: ["sh", "/etc/web.sh"]
          configs:
            - source: program
              target: /etc/web.sh
          secrets: [token]
          depends_on: [backend]
          ports: ["18099:80"]
          networks: [default, back]
        backend:
          <<: *service
          command:
            - sh
            - -c
            - >-
              mkdir -p /www && echo "$$GREETING of the backend" >/www/index.html
              && exec httpd -f -p 8080 -h /www
          env_file: [backend.env]
          depends_on:
            database:
              condition: service_healthy
          networks: [back]
        database:
          <<: *service
          command:
            - sh
            - -c
            - "echo start >>/data/starts; sleep 1; touch /data/ready; exec sleep 1000"
          volumes: ["data:/data"]
          healthcheck:
            test: ["CMD", "test", "-f", "/data/ready"]
            interval: 1s
            timeout: 5s
            retries: 30
          networks: [back]
        debug:
          <<: *service
          profiles: [debug]
          command: ["sleep", "1000"]
      configs:
        program:
          file: ./web.sh
      secrets:
        token:
          file: ./token
      volumes:
        data: {}
      networks:
        back:
          internal: true
      """;

  private static final String WEB =
      """
      mkdir -p /www/cgi-bin
      cat >/www/cgi-bin/shop <<'END'
      #!/bin/sh
      echo
      printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 backend 8080 | tail -n 1
      echo "token $(cat /run/secrets/token)"
      END
      chmod +x /www/cgi-bin/shop
      echo web begins
      exec httpd -f -p 80 -h /www
      """;

  private DockerEngine engine;
  private Path application;

  @BeforeEach
  void startEngine(Testbed testbed) throws Exception {
    engine = DockerEngine.start(testbed);
    application = Files.createDirectory(testbed.node().directory().resolve("shop"));
    Files.writeString(application.resolve("compose.yaml"), APPLICATION);
    Files.writeString(application.resolve("web.sh"), WEB);
    Files.writeString(application.resolve("token"), "abc123\n");
    Files.writeString(application.resolve("backend.env"), "GREETING=hello\n");
    Files.writeString(application.resolve(".env"), "IMAGE=" + testbed.busybox() + "\n");
  }

  @AfterEach
  void endEngineAndLookForLeft(Testbed testbed) throws Exception {
    var _ = compose("--profile", "*", "down", "-v", "-t", "0");
    assertThat(engine.docker("ps", "-aq").orThrow()).isEmpty();
    assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEmpty();
    assertThat(engine.docker("network", "ls", "-q", "-f", "type=custom").orThrow()).isEmpty();
    assertThat(testbed.pods()).isEmpty();
    engine.close();
    testbed.node().run("rm", "-r", application.toString()).orThrow();
  }

  private CommandResult compose(String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of("--project-directory", application.toString()));
    line.addAll(List.of(words));
    return engine.compose(line.toArray(String[]::new));
  }

  private void assertAnswers(Testbed testbed, String expected) throws Exception {
    AtomicReference<CommandResult> last = new AtomicReference<>();
    try {
      Await.until(
          "the web service answers",
          () -> {
            CommandResult answer =
                testbed
                    .node()
                    .run("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18099/cgi-bin/shop");
            last.set(answer);
            return answer.stdout().equals(expected);
          });
    } catch (AssertionError e) {
      throw new AssertionError(last.get() + "\n" + compose("logs").stdout(), e);
    }
  }

  private List<String> running(String service) throws Exception {
    return compose("ps", "-q", service).orThrow().lines().toList();
  }

  @Test
  void servicesFindEachOtherAndNothingIsLeft(Testbed testbed) throws Exception {
    compose("up", "-d").orThrow();
    assertAnswers(testbed, "hello of the backend\ntoken abc123\n");
    assertThat(compose("ps", "--format", "{{.Service}} {{.State}} {{.Health}}").orThrow())
        .contains("web running", "backend running", "database running healthy")
        .doesNotContain("debug");
    assertThat(compose("logs", "web").orThrow()).contains("web-1  | web begins");
    assertThat(compose("exec", "-T", "web", "cat", "/run/secrets/token").orThrow())
        .isEqualTo("abc123\n");
    assertThat(
            compose(
                    "exec",
                    "-T",
                    "-e",
                    "A=b",
                    "-u",
                    "65534:7",
                    "-w",
                    "/tmp",
                    "web",
                    "sh",
                    "-c",
                    "echo $A $(id -u):$(id -g) $PWD")
                .orThrow())
        .isEqualTo("b 65534:7 /tmp\n");
    assertThat(compose("top", "database").orThrow()).contains("sleep 1000");
    // The application is isolated: only web has the network that leads out.
    assertThat(compose("exec", "-T", "backend", "ip", "route").orThrow()).doesNotContain("default");

    List<String> before = running("web");
    compose("up", "-d").orThrow();
    assertThat(running("web")).as("an unchanged service goes on").isEqualTo(before);

    compose("down", "-v").orThrow();
    assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEmpty();
  }

  @Test
  void servicesAreScaledRestartedStoppedAndStarted(Testbed testbed) throws Exception {
    compose("up", "-d", "--scale", "backend=3").orThrow();
    assertThat(running("backend")).hasSize(3);
    assertThat(compose("exec", "-T", "web", "nslookup", "backend", "127.0.0.11").orThrow().lines())
        .filteredOn(line -> line.matches("Address: 172.*"))
        .hasSize(3);
    compose("up", "-d", "--scale", "backend=1").orThrow();
    assertThat(running("backend")).hasSize(1);

    compose("restart", "web").orThrow();
    assertAnswers(testbed, "hello of the backend\ntoken abc123\n");
    compose("stop").orThrow();
    assertThat(compose("ps", "-q").orThrow()).isEmpty();
    assertThat(compose("ps", "-a", "--format", "{{.Service}} {{.State}}").orThrow())
        .contains("web exited", "database exited");
    compose("start").orThrow();
    assertAnswers(testbed, "hello of the backend\ntoken abc123\n");
    assertThat(compose("exec", "-T", "database", "cat", "/data/starts").orThrow())
        .as("the volume outlives the container's end")
        .isEqualTo("start\nstart\n");

    compose("down").orThrow();
    assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEqualTo("shop_data\n");
  }

  @Test
  void profileChoosesServicesAndAChangeReplacesThem(Testbed testbed) throws Exception {
    compose("--profile", "debug", "up", "-d", "debug", "database").orThrow();
    assertThat(running("debug")).hasSize(1);
    List<String> before = running("database");
    Files.writeString(
        application.resolve("compose.yaml"), APPLICATION.replace("sleep 1000\"", "sleep 2000\""));
    compose("up", "-d", "--wait", "database").orThrow();
    assertThat(running("database")).hasSize(1).isNotEqualTo(before);
    assertThat(compose("exec", "-T", "database", "cat", "/data/starts").orThrow())
        .isEqualTo("start\nstart\n");
    assertThat(compose("run", "--rm", "--no-deps", "-T", "backend", "env").orThrow())
        .contains("GREETING=hello");
    compose("--profile", "debug", "down", "-v").orThrow();
  }

  @Test
  void imageIsBuiltAndWatchedFilesReachTheContainer(Testbed testbed) throws Exception {
    Path file = application.resolve("built.yaml");
    Files.writeString(
        file,
        """
        name: built
        services:
          page:
            build: {context: ., args: {BASE: "${IMAGE}"}}
            command: ["sleep", "1000"]
            stop_grace_period: 0s
            develop:
              watch: [{action: sync, path: ./www, target: /www}]
        """);
    Files.writeString(
        application.resolve("Dockerfile"),
        "ARG BASE\nFROM $BASE\nCOPY www /www\nRUN echo built >/made\n");
    Path page = Files.createDirectory(application.resolve("www")).resolve("page");
    Files.writeString(page, "first\n");
    String[] built = {"-f", file.toString()};
    compose(built, "build").orThrow();
    compose(built, "up", "-d", "--no-build").orThrow();
    assertThat(compose(built, "exec", "-T", "page", "cat", "/www/page", "/made").orThrow())
        .isEqualTo("first\nbuilt\n");
    Path log = application.resolve("watch.log");
    Process watch = watch(testbed, file, log);
    try {
      Await.until(
          "compose watches",
          () -> Files.readString(log).toLowerCase(Locale.ROOT).contains("watch enabled"));
      // As a whole: a file that changes while it is copied ends compose.
      Path next = Files.writeString(application.resolve("next"), "second\n");
      Files.move(next, page, StandardCopyOption.ATOMIC_MOVE);
      Await.until(
          "the change is there",
          () ->
              compose(built, "exec", "-T", "page", "cat", "/www/page").stdout().equals("second\n"));
    } catch (AssertionError e) {
      throw new AssertionError(Files.readString(log), e);
    } finally {
      // nsenter, which runs it, passes no signals on.
      String pid = Files.readString(application.resolve("watch.pid")).strip();
      var _ = testbed.node().run("kill", pid);
      watch.waitFor();
    }
    compose(built, "down", "--rmi", "local").orThrow();
    assertThat(engine.docker("images", "-q", "built-page").orThrow()).isEmpty();
    engine.docker("builder", "prune", "-a", "-f").orThrow();
  }

  /** Starts to watch the files of an application. */
  private Process watch(Testbed testbed, Path file, Path log) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ >\"$0\"; exec \"$@\"",
                application.resolve("watch.pid").toString()));
    line.addAll(
        engine.composeLine(
            "--project-directory",
            application.toString(),
            "-f",
            file.toString(),
            "watch",
            "--no-up"));
    return new ProcessBuilder(testbed.node().inside(line))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private CommandResult compose(String[] first, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of(first));
    line.addAll(List.of(words));
    return compose(line.toArray(String[]::new));
  }
}
