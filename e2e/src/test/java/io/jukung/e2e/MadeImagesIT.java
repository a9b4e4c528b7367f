package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Images that are made of containers and pushed, to a registry without and one with a login. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class MadeImagesIT {

  private Testbed testbed;
  private Path authFile;

  @BeforeAll
  void start() throws Exception {
    Path directory = Files.createTempDirectory("jukung-made-");
    authFile = directory.resolve("config.json");
    testbed = Testbed.start(Map.of(), "[image]\nauth_files = [\"%s\"]\n".formatted(authFile));
    Registry.startPrivate(testbed.node());
  }

  @AfterAll
  void end() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
    Files.deleteIfExists(authFile);
    Files.deleteIfExists(authFile.getParent());
  }

  private CommandResult jukung(String... arguments) throws Exception {
    return jukungReading("", arguments);
  }

  /**
   * Runs a command of jukung.
   *
   * @param input what it reads from standard input
   */
  private CommandResult jukungReading(String input, String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "printf '%s' \"$0\" | \"$@\"",
                input,
                "env",
                "DOCKER_CONFIG=" + authFile.getParent(),
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
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

  private String imageId(String name) throws Exception {
    return testbed
        .client()
        .images()
        .imageStatus(
            io.jukung.cri.v1.ImageStatusRequest.newBuilder().setImage(Requests.image(name)).build())
        .getImage()
        .getId();
  }

  @Test
  void committedImageRunsIsPushedAndPulledBackTheSame() throws Exception {
    Pod pod = testbed.runPod("commits", NamespaceMode.NODE);
    String container =
        testbed.runShell(
            pod,
            "c",
            "echo made >/made; rm /bin/ls; mkdir /d; i=0; while :; do i=$((i+1)); echo $i >/n; done");
    Await.until(
        "the container has written",
        () -> testbed.exec(container, "test", "-e", "/d").getExitCode() == 0);
    String name = Registry.HOST + "/made:1";
    String id =
        jukung(
                "commit",
                "-m",
                "why",
                "-a",
                "me",
                "-c",
                "ENV A=1",
                "-c",
                "CMD [\"x\"]",
                container,
                name)
            .orThrow()
            .strip();
    assertThat(id).startsWith("sha256:");
    // The container goes on.
    String before = testbed.exec(container, "cat", "/n").getStdout().toStringUtf8();
    Await.until(
        "the container goes on",
        () -> !testbed.exec(container, "cat", "/n").getStdout().toStringUtf8().equals(before));
    testbed.removePod(pod);

    String seen = "cat /made; [ -e /bin/ls ] || echo gone; [ -d /d ] && echo directory; echo $A";
    assertThat(shown(name, seen)).isEqualTo("made\ngone\ndirectory\n1\n");

    String pushed = jukung("push", name).orThrow();
    assertThat(pushed).startsWith(name + ": digest: sha256:");
    String digest = pushed.replaceFirst("(?s).*digest: (\\S+).*", "$1");
    String head =
        testbed
            .node()
            .run(
                "curl",
                "-sSI",
                "--noproxy",
                "*",
                "-H",
                "Accept: application/vnd.oci.image.manifest.v1+json",
                "http://" + Registry.HOST + "/v2/made/manifests/1")
            .orThrow();
    assertThat(head).containsIgnoringCase("Docker-Content-Digest: " + digest);
    // What the registry has is not sent again.
    assertThat(jukung("push", name).stderr()).contains("already there").doesNotContain("uploading");

    jukung("rmi", name).orThrow();
    testbed.pull(name);
    assertThat(imageId(name)).isEqualTo(id);
    assertThat(shown(name, seen)).isEqualTo("made\ngone\ndirectory\n1\n");
    jukung("rmi", name).orThrow();
  }

  @Test
  void filesOfAUserNamespaceGetTheContainersOwners() throws Exception {
    IDMapping mapping =
        IDMapping.newBuilder().setContainerId(0).setHostId(300_000).setLength(65_536).build();
    PodSandboxConfig.Builder config = testbed.podConfig("users", NamespaceMode.POD);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(
            NamespaceOption.newBuilder()
                .setUsernsOptions(
                    UserNamespace.newBuilder()
                        .setMode(NamespaceMode.POD)
                        .addUids(mapping)
                        .addGids(mapping)));
    Pod pod = testbed.runPod(config.build());
    String container =
        testbed.runShell(pod, "c", "echo x >/x; chown 7:8 /x; mkdir /done; sleep 1000");
    Await.until(
        "the container has written",
        () -> testbed.exec(container, "test", "-e", "/done").getExitCode() == 0);
    jukung("commit", container, "users:1").orThrow();
    testbed.removePod(pod);
    assertThat(shown("users:1", "stat -c '%u %g' /x /done")).isEqualTo("7 8\n0 0\n");
    jukung("rmi", "users:1").orThrow();
  }

  @Test
  void stoppedContainerIsCommitted() throws Exception {
    Pod pod = testbed.runPod("stopped", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "c", "echo last >/file");
    assertThat(testbed.awaitExited(container).getState())
        .isEqualTo(ContainerState.CONTAINER_EXITED);
    jukung("commit", container, "stopped:1").orThrow();
    testbed.removePod(pod);
    assertThat(shown("stopped:1", "cat /file")).isEqualTo("last\n");
    jukung("rmi", "stopped:1").orThrow();
  }

  @Test
  void wrongChangeIsOneSentence() throws Exception {
    Pod pod = testbed.runPod("wrong", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    CommandResult result = jukung("commit", "-c", "RUN x", container);
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.stderr()).startsWith("jukung: commit: change \"RUN x\": ").hasLineCount(1);
    testbed.removePod(pod);
  }

  @Test
  void loginIsUsedByPushAndPullAndLogoutForgetsIt() throws Exception {
    String name = Registry.PRIVATE + "/team/app:1";
    jukung("tag", testbed.busybox(), name).orThrow();
    CommandResult refused = jukung("push", name);
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.stderr()).contains("push " + name).contains(Registry.PRIVATE);

    CommandResult wrong =
        jukungReading("wrong", "login", "-u", "user", "--password-stdin", Registry.PRIVATE);
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.stderr()).contains("log in to " + Registry.PRIVATE).doesNotContain("wrong\n");
    assertThat(authFile).doesNotExist();

    CommandResult login =
        jukungReading("secret", "login", "-u", "user", "--password-stdin", Registry.PRIVATE);
    assertThat(login.orThrow()).isEqualTo("Login Succeeded: kept in " + authFile + "\n");
    assertThat(login.stderr()).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(authFile)))
        .isEqualTo("rw-------");
    jukung("push", "-q", name).orThrow();
    testbed.removeImage(name);
    testbed.pull(testbed.busybox());
    jukung("pull", name).orThrow();

    assertThat(jukung("logout", Registry.PRIVATE).orThrow())
        .isEqualTo("Removed the login for " + Registry.PRIVATE + "\n");
    assertThat(jukung("pull", name).exitCode()).isEqualTo(1);
    assertThat(jukung("logout", Registry.PRIVATE).orThrow())
        .isEqualTo("Not logged in to " + Registry.PRIVATE + "\n");
    testbed.removeImage(name);
    testbed.pull(testbed.busybox());
  }

  @Test
  void containerThatStoodStillForAKilledDaemonGoesOn() throws Exception {
    Pod pod = testbed.runPod("killed", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "c", "i=0; while :; do i=$((i+1)); echo $i >/n; done");
    String cgroup =
        testbed
            .node()
            .run("sh", "-c", "find /sys/fs/cgroup -type d -name '*" + container + "*' | head -n 1")
            .orThrow()
            .strip();
    assertThat(cgroup).isNotEmpty();
    // What a daemon leaves that is killed while it reads the container's files.
    Path mark = testbed.daemon().state().resolve("standing").resolve(container);
    Files.createFile(mark);
    testbed.node().run("sh", "-c", "echo 1 >" + cgroup + "/cgroup.freeze").orThrow();
    testbed.killAndRestartDaemon();
    assertThat(mark).doesNotExist();
    String before = testbed.exec(container, "cat", "/n").getStdout().toStringUtf8();
    Await.until(
        "the container goes on",
        () -> !testbed.exec(container, "cat", "/n").getStdout().toStringUtf8().equals(before));
    testbed.removePod(pod);
  }
}
