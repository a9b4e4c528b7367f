package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Images are built from Dockerfiles, on a real image of a real registry. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class BuildIT {
  private Testbed testbed;
  private int contexts;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "");
  }

  @AfterAll
  void end() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
  }

  /** A context with a Dockerfile, in whose text BUSYBOX stands for the image. */
  private Path context(String dockerfile) throws Exception {
    Path directory =
        Files.createDirectories(testbed.node().directory().resolve("context-" + contexts++));
    Files.writeString(
        directory.resolve("Dockerfile"), dockerfile.replace("BUSYBOX", testbed.busybox()));
    return directory;
  }

  private CommandResult jukung(String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
  }

  /** Builds an image, and returns the progress. */
  private String build(String name, Path context, String... options) throws Exception {
    CommandResult result = tried(name, context, options);
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    return result.stderr();
  }

  private CommandResult tried(String name, Path context, String... options) throws Exception {
    List<String> line = new ArrayList<>(List.of("build", "-t", name));
    line.addAll(List.of(options));
    line.add(context.toString());
    return jukung(line.toArray(String[]::new));
  }

  /** What a container of the image prints. */
  private String shown(String image, String script) throws Exception {
    Pod pod = testbed.runPod("shows", NamespaceMode.NODE);
    String container =
        testbed.runContainer(
            pod, Requests.container(pod.config(), "c", image, List.of("sleep", "1000")).build());
    try {
      return testbed.exec(container, "sh", "-c", script).getStdout().toStringUtf8();
    } finally {
      testbed.removePod(pod);
    }
  }

  private String imageId(String name) {
    return testbed
        .client()
        .images()
        .imageStatus(ImageStatusRequest.newBuilder().setImage(Requests.image(name)).build())
        .getImage()
        .getId();
  }

  @Test
  void stagesAreBuiltCopiedFromAndTakenFromTheCache() throws Exception {
    Path context =
        context(
            """
            ARG BASE=BUSYBOX
            FROM $BASE AS compile
            WORKDIR /src
            COPY *.txt ./
            ARG GREETING=hello
            RUN echo "$GREETING $(cat name.txt)" > /out && chmod 640 /out && chown 12:34 /out

            FROM scratch AS unused
            COPY missing /

            FROM $BASE
            ENV PLACE=/result
            COPY --from=compile /out ${PLACE}/
            COPY --from=0 --chown=nobody --chmod=600 /src/name.txt /name
            RUN cat $PLACE/out && whoami
            USER nobody
            CMD ["cat", "/result/out"]
            """);
    Files.writeString(context.resolve("name.txt"), "world\n");
    String name = "localhost/stages:1";
    String first = build(name, context, "--build-arg", "GREETING=welcome", "--label", "a=b");
    assertThat(first)
        .contains("[compile 2/4] WORKDIR /src")
        .containsPattern("#[0-9]+ [0-9.]+ welcome world")
        .contains("naming to " + name)
        .doesNotContain("CACHED")
        .doesNotContain("unused");
    assertThat(shown(name, "stat -c '%a %u %g' /result/out /name; id -un; echo $PLACE; ls /src"))
        .isEqualTo("640 12 34\n600 65534 65534\nnobody\n/result\n");

    String again = build(name, context, "--build-arg", "GREETING=welcome", "--label", "a=b");
    assertThat(again.lines().filter(line -> line.endsWith(" CACHED"))).hasSize(6);
    String id = imageId(name);
    testbed.killAndRestartDaemon();
    Files.setLastModifiedTime(context.resolve("name.txt"), FileTime.fromMillis(0));
    assertThat(build(name, context, "--build-arg", "GREETING=welcome", "--label", "a=b"))
        .contains("CACHED");
    assertThat(imageId(name)).isEqualTo(id);

    Files.writeString(context.resolve("name.txt"), "moon\n");
    String changed = build(name, context, "--build-arg", "GREETING=welcome", "--label", "a=b");
    assertThat(changed).contains("welcome moon");
    assertThat(changed.lines().filter(line -> line.endsWith(" CACHED"))).hasSize(1); // WORKDIR
    assertThat(build(name, context, "--no-cache")).contains("hello moon").doesNotContain("CACHED");
  }

  @Test
  void secretsMountsAndFilesOfTheDockerfileLeaveNothingInTheImage() throws Exception {
    Path context =
        context(
            """
            FROM BUSYBOX
            ARG WHO=world
            COPY <<EOF <<'RAW' /etc/texts/
            hello $WHO
            EOF
            hello $WHO
            RAW
            RUN --mount=type=secret,id=token,required=true md5sum /run/secrets/token > /sum
            RUN --mount=type=bind,source=dir,target=/in --mount=type=tmpfs,target=/scratch \
                cat /in/file > /copied && touch /scratch/x && ! touch /in/y
            RUN --mount=type=cache,target=/cache,id=lines <<EOF
            set -e
            echo line >> /cache/log
            wc -l < /cache/log > /lines
            EOF
            RUN <<EOF
            #!/bin/awk -f
            BEGIN { print "script" > "/script" }
            EOF
            RUN --mount=from=BUSYBOX,source=bin,target=/tools /tools/busybox echo tool > /tool
            RUN true
            """);
    Files.writeString(Files.createDirectory(context.resolve("dir")).resolve("file"), "bound\n");
    Files.writeString(context.resolve("token"), "s3cr3t-of-the-build");
    Files.writeString(context.resolve(".dockerignore"), "token\n");
    String name = "localhost/mounts:1";
    String progress = build(name, context, "--secret", "id=token,src=" + context.resolve("token"));
    assertThat(
            shown(
                name,
                "cat /etc/texts/*; cat /copied /lines /script /tool; wc -w < /sum;"
                    + " ls -A /run; ls -d /in /scratch /cache /tools /token 2>/dev/null"))
        .isEqualTo("hello world\nhello $WHO\nbound\n1\nscript\ntool\n2\n");
    assertThat(progress).doesNotContain("s3cr3t");
    assertThat(
            testbed
                .node()
                .run(
                    "grep",
                    "-rla",
                    "s3cr3t-of-the-build",
                    testbed.daemon().root().toString(),
                    testbed.daemon().state().toString())
                .stdout())
        .isEmpty();
    assertThat(tried(name, context).stderr()).contains("secret token is not there");
    assertThat(build(name, context, "--no-cache", "--secret", "id=token,src=" + context + "/token"))
        .doesNotContain("CACHED");
    assertThat(shown(name, "cat /lines")).isEqualTo("2\n"); // the cache was there again
    // The targets of the mounts of every container are no work of RUN.
    assertThat(jukung("history", "--no-trunc", name).orThrow().lines().skip(1).findFirst())
        .hasValueSatisfying(
            line -> assertThat(line).contains("RUN /bin/sh -c true").contains("0B"));
  }

  @Test
  void filesAreAddedFromArchivesUrlsAndStandardInput() throws Exception {
    Path context =
        context(
            """
            FROM BUSYBOX
            ADD archive.tar.gz /unpacked/
            ADD archive.tar.xz /xz/
            ADD archive.tar.bz2 /bzip2/
            ADD damaged.xz /copied
            ADD http://HOST/v2/busybox/tags/list /downloaded/
            ADD --chmod=644 http://HOST/v2/busybox/tags/list /named
            """
                .replace("HOST", Registry.HOST));
    testbed
        .node()
        .run(
            "sh",
            "-c",
            "cd "
                + context
                + " && echo in >f && tar czf archive.tar.gz f && tar cJf archive.tar.xz f"
                + " && tar cjf archive.tar.bz2 f && head -c 40 archive.tar.xz >damaged.xz");
    build("localhost/added:1", context);
    assertThat(
            shown(
                "localhost/added:1",
                "cat /unpacked/f /xz/f /bzip2/f; wc -c </copied; stat -c %a /downloaded/list /named"))
        .hasLineCount(6)
        .startsWith("in\n".repeat(3))
        .endsWith("\n40\n600\n644\n");

    String jukung = Daemon.dist().resolve("bin/jukung").toString();
    String start = "export JUKUNG_SOCKET=" + testbed.daemon().socket() + "; cd " + context + "; ";
    String id = "cat id";
    assertThat(
            testbed
                .node()
                .run("sh", "-c", start + "tar c . | " + jukung + " build -q --iidfile id -; " + id)
                .orThrow()
                .lines()
                .distinct())
        .hasSize(1);
    assertThat(
            testbed
                .node()
                .run(
                    "sh",
                    "-c",
                    start
                        + "printf 'FROM %s\\nRUN echo piped\\n' "
                        + testbed.busybox()
                        + " | "
                        + jukung
                        + " build --no-cache - 2>&1")
                .orThrow())
        .contains("piped");
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nADD archive.tar.gz /\n");
    Files.writeString(context.resolve(".dockerignore"), "*.gz\n");
    assertThat(tried("localhost/added:2", context).stderr())
        .contains("\"/archive.tar.gz\": not found")
        .contains("   2 | >>> ADD archive.tar.gz /");
  }

  @Test
  void builtImageIsPushedAndPulledBackTheSame() throws Exception {
    String name = Registry.HOST + "/built:1";
    Path context = context("FROM BUSYBOX\nRUN echo built > /file\nLABEL of=test\n");
    build(name, context);
    String id = imageId(name);
    jukung("push", name).orThrow();
    testbed.removeImage(name);
    testbed.pull(name);
    assertThat(imageId(name)).isEqualTo(id);
    assertThat(shown(name, "cat /file")).isEqualTo("built\n");
    Path on = context("FROM " + name + "\nRUN cat /file\n");
    assertThat(build("localhost/on:1", on, "--no-cache")).contains(" built");
  }

  @Test
  void imagesOfOtherPlatformsAreBuiltAndAnIndexOfSeveralIsPushed() throws Exception {
    String name = Registry.HOST + "/platforms:1";
    Path context =
        context(
            """
            FROM --platform=$BUILDPLATFORM BUSYBOX AS maker
            ARG TARGETARCH
            RUN echo for $TARGETARCH >/made
            FROM scratch
            COPY --from=maker /made /
            """);
    assertThat(build(name, context, "--platform", "linux/mips64le,linux/s390x"))
        .contains("[linux/mips64le maker 2/2] RUN", "[linux/s390x stage-1 2/2] COPY");
    assertThat(jukung("inspect", "-f", "{{.Os}}/{{.Architecture}}", name).orThrow())
        .isEqualTo("linux/mips64le\n");
    jukung("push", "--all-platforms", name).orThrow();
    assertThat(tried("x", context("FROM scratch\nRUN x\n"), "--platform", "mips64le").stderr())
        .contains("RUN needs programs of linux/mips64le")
        .contains("   2 | >>> RUN x");
    Path on = context("FROM " + name + "\nCOPY Dockerfile /\n");
    testbed.removeImage(name);
    build("localhost/on-index:1", on, "--platform", "linux/s390x", "--pull");
    assertThat(jukung("inspect", "-f", "{{.Architecture}}", "localhost/on-index:1").orThrow())
        .isEqualTo("s390x\n");
    Path out = testbed.node().directory().resolve("of-s390x");
    build("x", on, "--platform", "linux/s390x", "-o", out.toString());
    assertThat(out.resolve("made")).hasContent("for s390x");
  }

  @Test
  void imageOfAnotherPlatformIsPulledAndRunBesideThatOfTheNode() throws Exception {
    String name = Registry.HOST + "/beside:1";
    // Programs of this machine under the name of another one, which need no interpreter.
    Path context =
        context(
            """
            FROM --platform=$BUILDPLATFORM BUSYBOX AS maker
            ARG TARGETARCH
            RUN echo for $TARGETARCH >/made
            FROM scratch
            COPY --from=maker / /
            CMD ["cat", "/made"]
            """);
    String own = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    build(name, context, "--platform", "linux/" + own + ",linux/s390x");
    jukung("push", "--all-platforms", name).orThrow();
    String ownId = imageId(name);
    testbed.removeImage(name);

    String foreign = jukung("pull", "-q", "--platform", "linux/s390x", name).orThrow().strip();
    assertThat(jukung("inspect", "-f", "{{.Architecture}}", foreign).orThrow())
        .isEqualTo("s390x\n");
    assertThat(jukung("inspect", name).exitCode()).as("the tag is not its name").isNotZero();
    assertThat(run(name, "never", "s390x").orThrow()).isEqualTo("for s390x\n");
    assertThat(run(name, "never", own).stderr()).contains("image \"" + name + "\" is not here");
    assertThat(run(name, "missing", own).orThrow()).isEqualTo("for " + own + "\n");
    assertThat(imageId(name)).isEqualTo(ownId);
    assertThat(run(name, "never", "s390x").orThrow()).isEqualTo("for s390x\n");
    assertThat(jukung("pull", "--platform", "linux/mips64le", name).stderr())
        .contains("has no image for linux/mips64le");
  }

  private CommandResult run(String name, String pull, String architecture) throws Exception {
    String platform = "linux/" + architecture;
    return jukung("run", "--rm", "--network", "host", "--pull", pull, "--platform", platform, name);
  }

  @Test
  void directoryThatOnlyTheClientSeesIsSentToTheDaemon() throws Exception {
    Path context = context("FROM scratch\nCOPY . /\n");
    Files.writeString(context.resolve("seen"), "by both\n");
    Files.writeString(context.resolve("left-out"), "by .dockerignore\n");
    Files.writeString(context.resolve(".dockerignore"), "left-out\nDockerfile\n.dockerignore\n");
    Path out = testbed.node().directory().resolve("of-directory");
    build("x", context, "-o", out.toString());
    assertThat(out).isDirectoryContaining("glob:**/seen").isDirectoryNotContaining("glob:**/l*");

    Path own = testbed.node().directory().resolve("own-context");
    testbed.node().run("cp", "-a", context.toString(), own.toString()).orThrow();
    Files.writeString(own.resolve("seen"), "by the client\n");
    Path sent = testbed.node().directory().resolve("of-another-namespace");
    String words =
        "mount --bind %s %s && JUKUNG_SOCKET=%s %s build -t x -o %s %2$s"
            .formatted(
                own, context, testbed.daemon().socket(), Daemon.dist().resolve("bin/jukung"), sent);
    testbed.node().run("unshare", "--mount", "sh", "-c", words).orThrow();
    assertThat(sent.resolve("seen")).hasContent("by the client\n");
    assertThat(sent).isDirectoryNotContaining("glob:**/l*");
  }

  @Test
  void resultIsTakenAsFilesAndAsArchivesAndTheDaemonKeepsNothing() throws Exception {
    Path context =
        context(
            """
            FROM BUSYBOX AS make
            RUN mkdir /out && echo made > /out/file && ln -s file /out/link && chmod 750 /out/file
            FROM scratch
            COPY --from=make /out /d
            """);
    int images = (int) jukung("images", "-q").orThrow().lines().count();
    Path to = testbed.node().directory().resolve("results");
    Files.createDirectories(to);
    CommandResult result = jukung("build", "-o", to + "/files", context.toString());
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(result.stderr())
        .contains("exporting to client files")
        .doesNotContain("exporting to image");
    assertThat(Files.readString(to.resolve("files/d/link"))).isEqualTo("made\n");
    assertThat(testbed.node().run("stat", "-c", "%a", to + "/files/d/file").orThrow())
        .isEqualTo("750\n");
    jukung("build", "-o", "type=tar,dest=" + to + "/files.tar", context.toString()).orThrow();
    assertThat(testbed.node().run("tar", "xOf", to + "/files.tar", "d/file").orThrow())
        .isEqualTo("made\n");
    String line =
        "JUKUNG_SOCKET=" + testbed.daemon().socket() + " " + Daemon.dist() + "/bin/jukung";
    assertThat(
            testbed
                .node()
                .run("sh", "-c", line + " build -q -o - " + context + " | tar xO d/file")
                .orThrow())
        .isEqualTo("made\n");
    for (String type : List.of("oci", "docker")) {
      String file = to + "/" + type + ".tar";
      String name = "localhost/taken-" + type + ":1";
      build(name, context, "-o", "type=" + type + ",dest=" + file);
      assertThat(jukung("images", "-q").orThrow().lines()).hasSize(images);
      assertThat(jukung("load", "-i", file).orThrow()).contains(name);
      testbed.removeImage(name);
    }
    assertThat(tried("x", context, "-o", "type=local,dest=" + to + "/oci.tar").exitCode())
        .isEqualTo(1);
    try (var left = Files.list(to)) {
      assertThat(left.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("files", "files.tar", "oci.tar", "docker.tar");
    }
  }

  @Test
  void commandsSignWithTheClientsKeysAndCannotReadOrRemoveThem() throws Exception {
    Path context =
        context(
            """
            FROM BUSYBOX
            COPY root /
            COPY key.pub /
            RUN --mount=type=ssh,required=true ssh-add -L > /keys && ssh-add -T /key.pub
            RUN --mount=type=ssh ! ssh-add -D && ssh-add -L && test ! -e /root/.ssh
            RUN test -z "$SSH_AUTH_SOCK" && ! ls /run/buildkit
            """);
    Path key = testbed.node().directory().resolve("key");
    testbed
        .node()
        .run(
            "sh",
            "-ec",
            "cd "
                + context
                + "; ssh-keygen -q -t ed25519 -N '' -C of-the-test -f "
                + key
                + "; cp "
                + key
                + ".pub key.pub; for f in $(command -v ssh-add) $(ldd $(command -v ssh-add)"
                + " | grep -o '/[^ ]*'); do mkdir -p root$(dirname $f); cp -L $f root$f; done")
        .orThrow();
    assertThat(tried("x", context).stderr()).contains("the SSH agent default is not there");
    String name = "localhost/ssh:1";
    build(name, context, "--ssh", "default=" + key);
    assertThat(shown(name, "cat /keys")).contains("of-the-test");
    // The same by an agent of the user, which would notice the end of its parent 10 s later.
    String line =
        ("trap 'ssh-agent -k > /dev/null' EXIT; ssh-add -q %s"
                + " && env JUKUNG_SOCKET=%s %s/bin/jukung build --no-cache --ssh default %s")
            .formatted(key, testbed.daemon().socket(), Daemon.dist(), context);
    CommandResult result = testbed.node().run("ssh-agent", "sh", "-c", line);
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    String secret = Files.readString(key).lines().skip(3).findFirst().orElseThrow();
    assertThat(
            testbed
                .node()
                .run(
                    "grep",
                    "-rlaF",
                    secret,
                    testbed.daemon().root().toString(),
                    testbed.daemon().state().toString())
                .stdout())
        .isEmpty();
  }

  @Test
  void stepsComeBackFromTheCachesOfARegistryAndOfADirectory() throws Exception {
    Path context =
        context("FROM BUSYBOX AS a\nRUN echo shared > /f\nFROM BUSYBOX\nCOPY --from=a /f /f\n");
    String name = "localhost/shared:1";
    String cache = Registry.HOST + "/cache:main";
    build(name, context, "--cache-to", "type=registry,ref=" + cache + ",mode=max");
    String id = imageId(name);
    testbed.removeImage(name);
    jukung("builder", "prune", "-f").orThrow();
    String shown = build(name, context, "--cache-from", cache);
    assertThat(shown.lines().filter(line -> line.endsWith(" CACHED"))).hasSize(2);
    assertThat(imageId(name)).isEqualTo(id);
    assertThat(shown(name, "cat /f")).isEqualTo("shared\n");
    assertThat(build(name, context)).doesNotContain("CACHED"); // it has not named the cache
    Path directory = testbed.node().directory().resolve("build-cache");
    build(name, context, "--cache-to", "type=local,mode=max,dest=" + directory);
    jukung("builder", "prune", "-f").orThrow();
    assertThat(
            build(name, context, "--cache-from", "type=local,src=" + directory)
                .lines()
                .filter(line -> line.endsWith(" CACHED")))
        .hasSize(2);
    CommandResult refused = tried(name, context, "--cache-to", "type=inline");
    assertThat(refused.stderr()).contains("type=inline is not implemented");
    assertThat(build(name, context, "--cache-from", Registry.HOST + "/no-cache:1"))
        .contains("WARNING: import cache " + Registry.HOST + "/no-cache:1");
  }

  @Test
  void contextsComeFromGitAndFromArchivesAtUrls() throws Exception {
    Path context = context("FROM BUSYBOX\nCOPY f /f\n");
    Files.writeString(context.resolve("f"), "from afar\n");
    Path served = Files.createDirectories(testbed.node().directory().resolve("served"));
    testbed
        .node()
        .run(
            "sh",
            "-ec",
            "cd %s; tar czf context.tar.gz -C %s .; busybox httpd -p 127.0.0.1:8077 -h .;"
                    .formatted(served, context)
                + " git init -q -b main repo; cp -r %s repo/sub; git -C repo add -A;"
                    .formatted(context)
                + " git -C repo -c user.name=t -c user.email=t@localhost commit -q -m t;"
                + " git daemon --detach --export-all --base-path=$PWD --listen=127.0.0.1 $PWD")
        .orThrow();
    for (String url :
        List.of("http://127.0.0.1:8077/context.tar.gz", "git://127.0.0.1/repo#main:sub")) {
      Await.until(
          "a build of " + url,
          () -> jukung("build", "-t", "localhost/afar:1", "--no-cache", url).exitCode() == 0);
      assertThat(shown("localhost/afar:1", "cat /f; ls -a / | grep -c git"))
          .isEqualTo("from afar\n0\n");
    }
    assertThat(jukung("build", "git://127.0.0.1/none").stderr()).contains("git fetch has failed");
  }

  @Test
  void failureShowsLineOutputAndCodeAndLeavesNothing() throws Exception {
    build("localhost/before:1", context("FROM BUSYBOX\nRUN true\n"));
    Snapshot before = testbed.snapshot();
    Path context =
        context("FROM BUSYBOX\n\nRUN echo working; \\\n    echo broken >&2; exit 3\nRUN never\n");
    CommandResult failed = tried("localhost/failed:1", context);
    assertThat(failed.exitCode()).isEqualTo(1);
    assertThat(failed.stderr())
        .containsPattern("#[0-9]+ [0-9.]+ working")
        .containsPattern("#[0-9]+ [0-9.]+ broken")
        .contains(" > [2/3] RUN echo working;")
        .contains("   3 | >>> RUN echo working; \\")
        .contains("   4 | >>>     echo broken >&2; exit 3")
        .contains("did not complete successfully: exit code: 3")
        .doesNotContain("never\"");
    assertThat(tried("localhost/failed:1", context("FROM BUSYBOX\nRUN [\"/missing\"]\n")).stderr())
        .contains("/missing")
        .contains("no such file or directory");
    assertThat(tried("x", context("FROM BUSYBOX\nFRUN x\n")).stderr())
        .contains("Dockerfile:2: FRUN is no instruction");
    assertThat(tried("x", context, "--ssh", "default=/missing").stderr())
        .contains("--ssh default: there is no file /missing");
    assertThat(tried("x", context, "--platform", "beos").stderr())
        .contains("\"beos\" is no platform of Linux");
    testbed.assertNothingLeft(before);
  }

  /**
   * Starts a build that does not end by itself, and returns when it has shown something.
   *
   * @param pid is given the client's process id in the node
   */
  private Process hanging(Path pid, String shown) throws Exception {
    Path context = context("FROM BUSYBOX\nRUN echo runs; sleep 100000\n");
    ProcessBuilder builder =
        new ProcessBuilder(
            testbed
                .node()
                .inside(
                    List.of(
                        "env",
                        "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                        "sh",
                        "-c",
                        "echo $$ > \"$0\"; exec \"$@\"",
                        pid.toString(),
                        Daemon.dist().resolve("lib/launcher").toString(),
                        "build",
                        "--no-cache",
                        context.toString())));
    Process build =
        builder
            .redirectErrorStream(true)
            .redirectOutput(context.resolve("progress").toFile())
            .start();
    Await.until(
        "the build shows " + shown,
        () -> Pattern.compile(shown).matcher(Files.readString(context.resolve("progress"))).find());
    return build;
  }

  @Test
  void buildsOfAKilledDaemonAndOfAGoneClientLeaveNothing() throws Exception {
    build("localhost/before:1", context("FROM BUSYBOX\nRUN true\n"));
    Snapshot before = testbed.snapshot();
    Path pid = testbed.node().directory().resolve("client-pid");
    Process build = hanging(pid, "#[0-9]+ [0-9.]+ runs");
    try {
      testbed.killAndRestartDaemon();
      assertThat(build.waitFor()).isEqualTo(1);
      Await.until("the pod of the build is gone", () -> testbed.pods().isEmpty());
      testbed.assertNothingLeft(before);
      build("localhost/after:1", context("FROM BUSYBOX\nRUN echo again > /file\n"), "--no-cache");
      assertThat(shown("localhost/after:1", "cat /file")).isEqualTo("again\n");
    } finally {
      build.destroyForcibly();
    }
    Snapshot now = testbed.snapshot();
    // A client that goes while the command runs, and one that goes while the pod is made.
    for (String shown : List.of("#[0-9]+ [0-9.]+ runs", "RUN echo runs")) {
      Process given = hanging(pid, shown);
      try {
        testbed.node().run("kill", "-KILL", Files.readString(pid).strip()).orThrow();
        testbed.assertNothingLeft(now);
      } finally {
        given.destroyForcibly();
      }
    }
  }

  @Test
  void cacheIsListedAndPruned() throws Exception {
    Path context = context("FROM BUSYBOX\nRUN echo 1 > /file\nRUN echo pruned > /file\n");
    build("localhost/pruned:1", context);
    int before = (int) jukung("images", "-q").orThrow().lines().count();
    build("localhost/pruned:1", context, "--no-cache", "--label", "another=image");
    assertThat(jukung("images", "-q").orThrow().lines()).hasSize(before + 1); // not one for a step
    assertThat(jukung("builder", "du").orThrow()).contains("RUN /bin/sh -c echo pruned > /file");
    jukung("builder", "prune", "-f", "-a").orThrow();
    assertThat(jukung("builder", "du").orThrow()).contains("Total: 0B").doesNotContain("pruned");
    assertThat(shown("localhost/pruned:1", "cat /file")).isEqualTo("pruned\n");
    assertThat(build("localhost/pruned:1", context)).doesNotContain("CACHED");
  }
}
