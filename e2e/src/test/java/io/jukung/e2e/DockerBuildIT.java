package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.TarFile;
import io.jukung.e2e.node.Testbed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code docker build} with docker's own client, which uses the classic builder. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class DockerBuildIT {
  private static final String TAR = "application/x-tar";

  private Testbed testbed;
  private DockerEngine engine;
  private int contexts;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "[image]\nmax_layer_size = \"4GiB\"\n");
    engine = DockerEngine.start(testbed);
  }

  @AfterAll
  void end() throws Exception {
    try (Testbed _ = testbed) {
      if (engine != null) {
        engine.close();
      }
    }
  }

  /** A context with a Dockerfile, in whose text BUSYBOX stands for the image. */
  private Path context(String dockerfile) throws IOException {
    Path directory =
        Files.createDirectories(testbed.node().directory().resolve("context-" + contexts++));
    Files.writeString(directory.resolve("Dockerfile"), with(dockerfile));
    return directory;
  }

  private String with(String dockerfile) {
    return dockerfile.replace("BUSYBOX", testbed.busybox());
  }

  private String run(String image, String... command) throws Exception {
    String[] words = {"run", "--rm", "--network=host", image};
    String[] all = java.util.Arrays.copyOf(words, words.length + command.length);
    System.arraycopy(command, 0, all, words.length, command.length);
    return engine.docker(all).orThrow();
  }

  @Test
  void stagesArgumentsAndIgnoredFilesAreBuiltByDockersClient() throws Exception {
    Path context =
        context(
            """
            ARG BASE=none
            FROM $BASE AS compile
            ARG GREETING=hello
            COPY . /src
            RUN ls /src && echo "$GREETING $(cat /src/name)" > /out
            FROM BUSYBOX AS unused
            RUN exit 9
            FROM $BASE
            COPY --from=compile /out /
            ENV A=b
            CMD ["cat", "/out"]
            """);
    Files.writeString(context.resolve("name"), "world");
    Files.writeString(context.resolve("secret"), "hidden");
    Files.writeString(context.resolve(".dockerignore"), "secret\n");
    String[] build = {
      "build",
      "-t",
      "localhost/built:1",
      "-t",
      "built:2",
      "--build-arg",
      "BASE=" + testbed.busybox(),
      "--build-arg",
      "GREETING=welcome",
      "--label",
      "tier=front",
      context.toString()
    };
    CommandResult first = engine.docker(build);
    assertThat(first.orThrow())
        .contains("Step 1/3 : FROM " + testbed.busybox())
        .contains("Step 2/3 : COPY . /src")
        .contains("name\n")
        .doesNotContain("secret")
        .doesNotContain("exit 9")
        .containsPattern("Successfully built [0-9a-f]{12}\n")
        .contains("Successfully tagged localhost/built:1\n")
        .contains("Successfully tagged built:2\n");
    assertThat(engine.docker(build).orThrow()).contains(" ---> Using cache\n");
    assertThat(run("built:2")).isEqualTo("welcome world\n");
    assertThat(
            engine
                .docker(
                    "inspect",
                    "-f",
                    "{{.Config.Labels.tier}} {{.Config.Env}} {{.Config.Cmd}}"
                        + " {{len .RootFS.Layers}} {{.Os}}",
                    "built:2")
                .orThrow())
        .startsWith("front [")
        .contains("A=b] [cat /out]")
        .endsWith(" 2 linux\n");
    assertThat(engine.docker("images", "--filter", "label=tier=front", "-q").orThrow().lines())
        .hasSize(2);
    assertThat(
            ContainerLifeIT.jukung(
                    testbed,
                    "inspect",
                    "-f",
                    "{{.Config.Labels.tier}} {{.Config.Cmd}} {{len .RootFS.Layers}}",
                    "localhost/built:1")
                .orThrow())
        .isEqualTo("front [cat /out] 2\n");
    assertThat(
            ContainerLifeIT.jukung(testbed, "images", "-q", "--filter", "label=tier=front")
                .orThrow()
                .lines())
        .isNotEmpty();
    assertThat(engine.docker("history", "built:2").orThrow()).contains("COPY --from=compile /out");
    CommandResult target = engine.docker("build", "-q", "--target", "unused", context.toString());
    assertThat(target.exitCode()).isEqualTo(9);
  }

  @Test
  void failureOfAStepIsToldWithItsExitCode() throws Exception {
    CommandResult failed =
        engine.docker(
            "build", context("FROM BUSYBOX\nRUN echo before; exit 7\nRUN echo never").toString());
    assertThat(failed.exitCode()).isEqualTo(7);
    assertThat(failed.stdout())
        .contains("Step 2/3 : RUN echo before; exit 7\n", "before\n")
        .doesNotContain("Step 3/3", "Successfully");
    assertThat(failed.stderr()).contains("Dockerfile:2:", "exit code: 7");
    CommandResult wrong = engine.docker("build", context("FROM BUSYBOX\nRUUN x").toString());
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.stderr()).contains("Dockerfile:2", "RUUN");
    CommandResult missing = engine.docker("build", context("FROM localhost/nosuch").toString());
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.stderr()).contains("localhost/nosuch");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void dockerfileComesFromStandardInputAndQuietBuildPrintsTheId() throws Exception {
    CommandResult quiet =
        engine.dockerReading(with("FROM BUSYBOX\nRUN echo loud > /x"), "build", "-q", "-");
    assertThat(quiet.orThrow()).matches("sha256:[0-9a-f]{64}\n");
    assertThat(run(quiet.stdout().strip(), "cat", "/x")).isEqualTo("loud\n");
    Path context = context("FROM nothing-of-this");
    Files.writeString(context.resolve("data"), "of the context");
    CommandResult file =
        engine.dockerReading(
            with("FROM BUSYBOX\nCOPY data /"),
            "build",
            "-q",
            "-f",
            "-",
            "--network",
            "host",
            context.toString());
    assertThat(run(file.orThrow().strip(), "cat", "/data")).isEqualTo("of the context");
  }

  @Test
  void contextIsReadCompressedAndHostileContextsLeaveNothing() throws Exception {
    String dockerfile = with("FROM BUSYBOX\nCOPY data /");
    byte[] plain = new TarFile().file("Dockerfile", dockerfile).file("data", "1").toBytes();
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(plain);
    }
    assertThat(engine.request("POST", "/v1.44/build?q=0", TAR, compressed.toByteArray()))
        .contains("200 OK", "\"aux\":{\"ID\":\"sha256:", "Successfully built");

    byte[] climbing =
        new TarFile().file("Dockerfile", dockerfile).file("../../escaped", "x").toBytes();
    assertThat(engine.request("POST", "/build", TAR, climbing)).doesNotContain("200 OK");
    byte[] linked =
        new TarFile()
            .file("Dockerfile", dockerfile)
            .symlink("out", testbed.node().directory().toString())
            .file("out/escaped", "x")
            .toBytes();
    assertThat(engine.request("POST", "/build", TAR, linked)).doesNotContain("Successfully");
    byte[] hard =
        new TarFile().file("Dockerfile", dockerfile).hardlink("data", "/etc/passwd").toBytes();
    assertThat(engine.request("POST", "/build", TAR, hard)).doesNotContain("Successfully");
    byte[] secret =
        new TarFile().file("Dockerfile", dockerfile).symlink("data", "/etc/passwd").toBytes();
    assertThat(engine.request("POST", "/build", TAR, secret)).doesNotContain("Successfully");
    byte[] large = new TarFile().promise("Dockerfile", (1L << 33) - 1).toBytes();
    assertThat(engine.request("POST", "/build", TAR, large)).doesNotContain("200 OK");
    assertThat(engine.request("POST", "/build", TAR, "no archive".getBytes(UTF_8)))
        .contains("{\"message\":");
    assertThat(testbed.node().directory().resolve("escaped")).doesNotExist();
    assertThat(testbed.daemon().root().resolve("escaped")).doesNotExist();
  }

  @Test
  void clientThatLeavesAndACancelEndTheBuild() throws Exception {
    byte[] context =
        new TarFile().file("Dockerfile", with("FROM BUSYBOX\nRUN echo go; sleep 1000")).toBytes();
    try (SocketChannel client = engine.connect()) {
      DockerEngine.send(client, "POST", "/build", TAR, context);
      readUntil(client, "go\\n");
      assertThat(testbed.containers()).hasSize(1);
    }
    Await.until("the build has ended", () -> testbed.pods().isEmpty());

    try (SocketChannel client = engine.connect()) {
      DockerEngine.send(client, "POST", "/build?buildid=mine&q=0", TAR, context);
      readUntil(client, "go\\n");
      assertThat(engine.request("POST", "/build/cancel?id=other", "")).contains("404");
      assertThat(engine.request("POST", "/build/cancel", "")).contains("build ID not provided");
      assertThat(engine.request("POST", "/build/cancel?id=mine", "")).contains("200 OK");
      Await.until("the build was cancelled", () -> testbed.pods().isEmpty());
    }
  }

  private static void readUntil(SocketChannel client, String text) throws IOException {
    StringBuilder read = new StringBuilder();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (read.indexOf(text) < 0) {
      int count = client.read(buffer.clear());
      assertThat(count).as("the answer so far: " + read).isPositive();
      read.append(UTF_8.decode(buffer.flip()));
    }
  }

  @Test
  void whatTheBuilderCannotDoIsRefusedByItsName() throws Exception {
    byte[] context = new TarFile().file("Dockerfile", "FROM scratch").toBytes();
    for (String parameter :
        List.of(
            "memory=1000000",
            "memswap=-1",
            "cpushares=2",
            "cpuquota=1",
            "cpusetcpus=0",
            "shmsize=1048576",
            "cgroupparent=x",
            "squash=1",
            "extrahosts=%5B%22a%3A1.2.3.4%22%5D",
            "ulimits=%5B%7B%22Name%22%3A%22nofile%22%7D%5D",
            "remote=https%3A%2F%2Fexample.com%2Fx.git",
            "version=2")) {
      assertThat(engine.request("POST", "/build?" + parameter, TAR, context))
          .contains("501", parameter.substring(0, parameter.indexOf('=')));
    }
    assertThat(engine.request("POST", "/build?platform=linux/amd64,linux/arm64", TAR, context))
        .contains("400", "linux/amd64,linux/arm64");
    assertThat(engine.request("POST", "/build?networkmode=none", TAR, context))
        .contains("501", "none");
    assertThat(engine.request("POST", "/build?buildargs=%5B", TAR, context))
        .contains("400", "invalid buildargs");
    assertThat(engine.request("POST", "/build?t=Not+A+Name", TAR, context)).contains("400");
    for (String buildKit : List.of("/session", "/grpc")) {
      assertThat(engine.request("POST", buildKit, "")).contains("501", "DOCKER_BUILDKIT=0");
    }
    assertThat(engine.request("HEAD", "/_ping", "")).contains("Builder-Version: 1");
  }

  @Test
  void pruneRemovesTheCacheOfBuilds() throws Exception {
    engine.docker("build", context("FROM BUSYBOX\nRUN echo kept > /kept").toString()).orThrow();
    assertThat(engine.docker("system", "df", "--format", "{{.Type}} {{.TotalCount}}").orThrow())
        .containsPattern("Build Cache [1-9]");
    assertThat(engine.docker("builder", "prune", "-f", "--filter", "until=1h").orThrow())
        .contains("Total reclaimed space: 0B");
    assertThat(engine.docker("builder", "prune", "-a", "-f").orThrow())
        .containsPattern("Total reclaimed space:\\s+[1-9]");
    assertThat(engine.docker("system", "df", "--format", "{{.Type}} {{.TotalCount}}").orThrow())
        .contains("Build Cache 0");
    assertThat(engine.request("POST", "/build/prune?reserved-space=1", ""))
        .contains("501", "reserved-space");
    assertThat(engine.request("POST", "/build/prune?filters=%7B%22id%22%3A%5B%22x%22%5D%7D", ""))
        .contains("400", "invalid filter 'id'");
  }

  @Test
  void imageOfFromIsPulledWithTheCredentialsOfTheClient() throws Exception {
    Registry.startPrivate(testbed.node());
    engine.docker("tag", testbed.busybox(), Registry.PRIVATE + "/base:1").orThrow();
    String auth = Base64.getEncoder().encodeToString("user:secret".getBytes(UTF_8));
    Path file = Files.createDirectories(engine.configuration()).resolve("config.json");
    Files.writeString(
        file, "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(Registry.PRIVATE, auth));
    engine.docker("push", Registry.PRIVATE + "/base:1").orThrow();
    Path context = context("FROM " + Registry.PRIVATE + "/base:1\nCMD [\"true\"]");
    assertThat(engine.docker("build", "--pull", context.toString()).orThrow())
        .contains("Step 1/1 : FROM " + Registry.PRIVATE + "/base:1", "Successfully built");
    Files.delete(file);
    CommandResult anonymous = engine.docker("build", "--pull", context.toString());
    assertThat(anonymous.exitCode()).isEqualTo(1);
    assertThat(anonymous.stderr()).contains(Registry.PRIVATE + "/base:1");
  }

  @Test
  void clientsWithBuildxUseTheClassicBuilderWhereTheyAreToldTo() throws Exception {
    Path context = context("FROM BUSYBOX\nRUN echo made >/made");
    CommandResult without = engine.dockerWithBuildKit("build", context.toString());
    assertThat(without.exitCode()).isEqualTo(1);
    assertThat(without.stderr()).contains("buildx component is missing");
    engine.configurePlugins();
    try {
      for (String[] words :
          new String[][] {{"build", context.toString()}, {"buildx", "build", context.toString()}}) {
        CommandResult refused = engine.dockerWithBuildKit(words);
        assertThat(refused.exitCode()).isEqualTo(1);
        // Without BuildKit in the engine, buildx wants to run it in a container of its own.
        assertThat(refused.stderr()).contains("pull docker.io/moby/buildkit:");
      }
      assertThat(engine.docker("build", "-q", context.toString()).orThrow()).startsWith("sha256:");
      assertThat(engine.docker("ps", "-aq").orThrow()).isEmpty();
      assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEmpty();
    } finally {
      Files.delete(engine.configuration().resolve("config.json"));
    }
  }
}
