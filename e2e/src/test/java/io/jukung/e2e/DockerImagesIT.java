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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Images of docker's own client: archives, imports, commits, prunes and what they take. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class DockerImagesIT {
  private static final String TAR = "application/x-tar";

  private Testbed testbed;
  private DockerEngine engine;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "");
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

  @BeforeEach
  void pullTheOnlyImage() throws Exception {
    for (String each : docker("ps", "-aq").lines().toList()) {
      docker("rm", "-f", each); // of a test that has failed
    }
    docker("builder", "prune", "-a", "-f");
    docker("image", "prune", "-a", "-f");
    docker("pull", "-q", testbed.busybox());
  }

  private String docker(String... words) throws Exception {
    return engine.docker(words).orThrow();
  }

  @Test
  void savedImagesComeBackByLoad() throws Exception {
    Path one = testbed.node().directory().resolve("one.tar");
    Path two = testbed.node().directory().resolve("two.tar");
    docker("tag", testbed.busybox(), "localhost/saved:1");
    String id = docker("inspect", "-f", "{{.Id}}", "localhost/saved:1");
    docker("save", "-o", one.toString(), "localhost/saved:1");
    assertThat(testbed.node().run("tar", "-tf", one.toString()).orThrow())
        .contains("manifest.json", "index.json");
    docker("build", "-q", "-t", "localhost/other:1", context("RUN echo x > /x"));
    docker("save", "-o", two.toString(), "localhost/saved:1", "localhost/other:1");
    CommandResult missing = engine.docker("save", "-o", two + ".none", "localhost/nosuch:1");
    assertThat(missing.stderr()).contains("No such image: localhost/nosuch:1");

    docker("tag", "localhost/saved:1", "localhost/saved:2");
    assertThat(docker("rmi", "localhost/saved:2")).isEqualTo("Untagged: localhost/saved:2\n");
    assertThat(engine.docker("rmi", id.strip()).stderr()).contains("must be forced");
    docker("rmi", "-f", id.strip());
    docker("rmi", "localhost/other:1");
    assertThat(docker("load", "-i", one.toString())).isEqualTo("Loaded image: localhost/saved:1\n");
    assertThat(docker("inspect", "-f", "{{.Id}}", "localhost/saved:1")).isEqualTo(id);
    assertThat(docker("load", "-i", two.toString()))
        .contains("Loaded image: localhost/saved:1\n", "Loaded image: localhost/other:1\n");
    assertThat(docker("run", "--rm", "--network=host", "localhost/other:1", "cat", "/x"))
        .isEqualTo("x\n");
    assertThat(engine.request("POST", "/images/load", TAR, "no archive".getBytes(UTF_8)))
        .contains("errorDetail", "the archive");
    assertThat(engine.request("GET", "/images/get", "")).contains("400", "names");
    Await.until("the container is removed", () -> testbed.pods().isEmpty());
    assertThat(testbed.node().run("sh", "-c", "ls -d /var/tmp/jukung-engine-*").stdout()).isEmpty();
  }

  private String context(String instruction) throws Exception {
    Path directory = Files.createDirectories(testbed.node().directory().resolve("context"));
    Files.writeString(
        directory.resolve("Dockerfile"), "FROM " + testbed.busybox() + "\n" + instruction);
    return directory.toString();
  }

  @Test
  void exportOfARunningContainerHasItsFilesAndIsImported() throws Exception {
    docker(
        "run",
        "-d",
        "--name",
        "w",
        "--network=host",
        "-v",
        "export-it:/data",
        testbed.busybox(),
        "sh",
        "-c",
        "echo mine > /mine; echo volume > /data/f; sleep 1000");
    Await.until(
        "it has written", () -> engine.docker("exec", "w", "cat", "/data/f").exitCode() == 0);
    assertThat(docker("diff", "w")).contains("A /mine");
    Path archive = testbed.node().directory().resolve("export.tar");
    docker("export", "-o", archive.toString(), "w");
    assertThat(testbed.node().run("tar", "-tf", archive.toString()).orThrow())
        .contains("mine\n", "proc/\n", "data/\n")
        .doesNotContain("proc/self", "data/f", "sys/kernel");

    String imported =
        docker(
            "import",
            "-m",
            "by hand",
            "-c",
            "CMD [\"cat\", \"/mine\"]",
            "-c",
            "ENV A=b",
            archive.toString(),
            "localhost/imported:1");
    assertThat(imported).startsWith("sha256:");
    assertThat(docker("run", "--rm", "--network=host", "localhost/imported:1")).isEqualTo("mine\n");
    assertThat(docker("inspect", "-f", "{{.Config.Env}} {{.Id}}", "localhost/imported:1"))
        .isEqualTo("[A=b] " + imported);
    assertThat(docker("history", "localhost/imported:1")).contains("by hand");

    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(new TarFile().file("a", "b").toBytes());
    }
    assertThat(
            engine.request(
                "POST",
                "/images/create?fromSrc=-&repo=localhost/small&tag=2",
                TAR,
                compressed.toByteArray()))
        .contains("200 OK", "{\"status\":\"sha256:");
    assertThat(engine.request("POST", "/images/create?fromSrc=-", TAR, "no tar".getBytes(UTF_8)))
        .contains("errorDetail");
    assertThat(
            engine.request("POST", "/images/create?fromSrc=-&changes=RUN%20x", TAR, new byte[1024]))
        .contains("400", "RUN is not a valid change command");
    assertThat(engine.request("POST", "/images/create?fromSrc=http%3A%2F%2Fx%2Fy", ""))
        .contains("501", "fromSrc");
    docker("rm", "-f", "w");
    docker("volume", "rm", "export-it");
    Await.until("the containers are removed", () -> testbed.pods().isEmpty());
  }

  @Test
  void commitTakesOverTheConfigurationOfTheContainer() throws Exception {
    docker(
        "run",
        "--name",
        "c",
        "--network=host",
        "-e",
        "QUOTED=a \"b\" $HOME \\x",
        "-w",
        "/tmp",
        "-l",
        "k=v",
        testbed.busybox(),
        "sh",
        "-c",
        "pwd > /out");
    String id =
        docker("commit", "-a", "me", "-m", "changed", "-c", "LABEL m=n", "c", "localhost/made:1");
    assertThat(id).startsWith("sha256:");
    assertThat(
            docker(
                "inspect",
                "-f",
                "{{json .Config.Cmd}} {{.Config.WorkingDir}} {{.Config.Labels.k}}"
                    + " {{.Config.Labels.m}} {{.Author}}",
                "localhost/made:1"))
        .isEqualTo("[\"sh\",\"-c\",\"pwd > /out\"] /tmp v n me\n");
    assertThat(
            docker(
                "run",
                "--rm",
                "--network=host",
                "localhost/made:1",
                "sh",
                "-c",
                "cat /out; echo \"$QUOTED\""))
        .isEqualTo("/tmp\na \"b\" $HOME \\x\n");
    assertThat(docker("history", "localhost/made:1")).contains("changed");
    String body = "{\"Cmd\":[\"true\"],\"Env\":[\"X=y\"]}";
    assertThat(engine.request("POST", "/commit?container=c&repo=localhost/made&tag=2", body))
        .contains("201 Created");
    assertThat(docker("inspect", "-f", "{{.Config.Cmd}} {{.Config.Env}}", "localhost/made:2"))
        .startsWith("[true] [")
        .contains("X=y");
    assertThat(
            engine.request(
                "POST", "/commit?container=c", "{\"Healthcheck\":{\"Test\":[\"NONE\"]}}"))
        .contains("501", "Config.Healthcheck");
    docker("rm", "c");
    Await.until("the containers are removed", () -> testbed.pods().isEmpty());
  }

  @Test
  void pruneRemovesWhatIsNotUsedAndDiskUsageCountsIt() throws Exception {
    docker("run", "-d", "--name", "u", "--network=host", testbed.busybox(), "sleep", "1000");
    docker("build", "-q", "-t", "localhost/named:1", context("LABEL keep=yes"));
    String nameless =
        docker("build", "-q", context("RUN head -c 3000000 /dev/urandom > /x")).strip();
    assertThat(docker("images", "-q", "--no-trunc", "--filter", "dangling=true").strip())
        .isEqualTo(nameless);
    assertThat(docker("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}"))
        .contains("Images 3 1\n", "Containers 1 1\n");
    assertThat(docker("system", "df", "-v")).contains("localhost/named", "LOCAL VOLUMES", " u");
    assertThat(engine.request("GET", "/system/df?type=image&type=volume", ""))
        .contains("\"Images\":[", "\"Volumes\":[")
        .doesNotContain("\"Containers\":[", "BuildCache");
    assertThat(engine.request("GET", "/system/df?type=x", "")).contains("400");

    docker("builder", "prune", "-a", "-f");
    assertThat(docker("image", "prune", "-f", "--filter", "until=1h")).contains("0B");
    assertThat(docker("image", "prune", "-f"))
        .contains("deleted: " + nameless)
        .containsPattern("Total reclaimed space: [1-9]");
    assertThat(docker("image", "prune", "-a", "-f", "--filter", "label!=keep")).contains("0B");
    assertThat(docker("image", "prune", "-a", "-f"))
        .contains("untagged: localhost/named:1", "deleted: sha256:");
    assertThat(docker("images", "-q").lines()).hasSize(1);
    docker("rm", "-f", "u");
  }

  @Test
  void imageOfAnotherPlatformIsPulledByRun() throws Exception {
    String name = Registry.HOST + "/other-platform:1";
    Path context = Files.createDirectories(testbed.node().directory().resolve("other-platform"));
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM --platform=$BUILDPLATFORM %s AS here
        FROM scratch
        COPY --from=here / /
        """
            .formatted(testbed.busybox()));
    docker("build", "-q", "--platform", "linux/s390x", "-t", name, context.toString());
    docker("push", "-q", name);
    docker("rmi", name);
    String[] run = {"run", "--rm", "--platform", "linux/s390x", name, "echo", "runs"};
    CommandResult first = engine.docker(run);
    assertThat(first.orThrow()).isEqualTo("runs\n");
    assertThat(first.stderr()).contains("Downloaded newer image for " + name);
    assertThat(engine.docker(run).stderr()).as("it is here now").isEmpty();
    assertThat(docker("pull", "--platform", "linux/s390x", name))
        .contains("Image is up to date for " + name);
    CommandResult wrong = engine.docker("pull", "--platform", "linux/mips64le", name);
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.stderr()).contains("is for linux/s390x and not for linux/mips64le");
  }

  @Test
  void whatIsNotThereIsToldAsDockerTellsIt() throws Exception {
    assertThat(engine.docker("manifest", "inspect", "127.0.0.1:5000/nosuch:1").stderr())
        .contains("no such manifest");
    assertThat(engine.docker("search", "busybox").stderr()).contains("a search of Docker Hub");
    assertThat(engine.request("GET", "/distribution/127.0.0.1:5000/nosuch:1/json", ""))
        .contains("404", "resolve 127.0.0.1:5000/nosuch:1");
    assertThat(engine.request("GET", "/distribution/" + testbed.busybox() + "/json", ""))
        .contains(
            "200 OK", "{\"Descriptor\":{\"mediaType\":\"application/vnd.", "\"os\":\"linux\"");
    assertThat(engine.docker("pull", "127.0.0.1:5000/nosuch:1").stderr())
        .contains("127.0.0.1:5000/nosuch:1");
    assertThat(engine.docker("history", "nosuch").stderr()).contains("No such image: nosuch");
    assertThat(engine.docker("export", "nosuch").stderr()).contains("No such container: nosuch");
    assertThat(engine.docker("commit", "nosuch").stderr()).contains("No such container: nosuch");
    assertThat(engine.request("GET", "/images/json?manifests=1", "")).contains("501");
    assertThat(docker("images", "--filter", "since=" + testbed.busybox())).hasLineCount(1);
    assertThat(testbed.pods()).isEmpty();
  }
}
