package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The package that {@code dist/deb-compat} makes, with the command lines of kind: those of
 * pkg/cluster /nodeutils/util.go ({@code kind load}) and pkg/build/nodeimage/imageimporter.go
 * ({@code kind build node-image}).
 */
@ExtendWith(Testbed.Extension.class)
class ContainerdCompatIT {
  private static final Path DIST =
      Path.of(System.getProperty("e2e.oci-image")).normalize().resolveSibling("deb-compat");

  private static Testbed testbed;

  @TempDir Path directory;
  private Path root;

  /** A node of its own, because the tests give its images more names. */
  @BeforeAll
  static void start() throws Exception {
    testbed = Testbed.start(Map.of(), "");
  }

  @AfterAll
  static void stop() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    return output;
  }

  @BeforeEach
  void unpack() throws Exception {
    run(DIST.toString(), "1.0", directory.toString());
    root = directory.resolve("root");
    run(
        "dpkg-deb",
        "--extract",
        directory.resolve("jukung-containerd-compat_1.0_all.deb").toString(),
        root.toString());
    // What the package jukung installs.
    Files.createSymbolicLink(root.resolve("usr/bin/jukung"), Daemon.dist().resolve("bin/jukung"));
  }

  /** Runs a line as a shell of the node does that has the package. */
  private CommandResult line(String text) throws Exception {
    return testbed
        .node()
        .run(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                "PATH=" + root.resolve("usr/bin") + ":/usr/bin:/bin",
                "bash",
                "-c",
                text));
  }

  @Test
  void kindLoadsAnImage() throws Exception {
    String image = testbed.busybox();
    Path archive = directory.resolve("image.tar");
    line("jukung save -o " + archive + " " + image).orThrow();

    assertThat(line("containerd config dump").orThrow().lines())
        .contains(
            "version = 3",
            "[plugins.\"io.containerd.cri.v1.images\"]",
            "  snapshotter = \"overlayfs\"");
    line("ctr --namespace=k8s.io images import --all-platforms --digests"
            + " --snapshotter=overlayfs - <"
            + archive)
        .orThrow();
    line("ctr --namespace=k8s.io images tag --force " + image + " registry.test/loaded:1")
        .orThrow();
    assertThat(line("ctr --namespace=k8s.io images list -q").orThrow().lines())
        .contains(image, "registry.test/loaded:1");
  }

  @Test
  void kindBuildsANodeImage() throws Exception {
    String image = testbed.busybox();
    Path archive = directory.resolve("image.tar");
    line("jukung save -o " + archive + " " + image).orThrow();

    assertThat(line("ctr info").orThrow()).contains("\"name\": \"jukung\"");
    String platform =
        System.getProperty("os.arch").equals("aarch64") ? "linux/arm64" : "linux/amd64";
    line("ctr --namespace=k8s.io content fetch --platform=" + platform + " " + image).orThrow();
    assertThat(
            line("ctr --namespace=k8s.io images import --label=io.cri-containerd.pinned=pinned"
                    + " --all-platforms --no-unpack --digests - <"
                    + archive)
                .orThrow())
        .isNotBlank();
    line("ctr --namespace=k8s.io images tag --force " + image + " registry.test/built:1").orThrow();
  }

  @Test
  void anythingElseIsRefusedByName() throws Exception {
    for (String text :
        List.of(
            "containerd config default",
            "containerd --frobnicate",
            "ctr --namespace=k8s.io tasks list",
            "ctr --namespace=k8s.io images unpack x",
            "ctr --namespace=k8s.io run x y",
            "ctr --namespace=k8s.io content fetch --all-metadata x")) {
      CommandResult result = line(text);
      assertThat(result.exitCode()).as(text).isNotZero();
      assertThat(result.stderr())
          .as(text)
          .containsAnyOf("config default", "--frobnicate", "tasks", "unpack", "run", "--all-meta");
    }
  }

  @Test
  void theSocketOfContainerdIsLinked() throws Exception {
    run("systemd-tmpfiles", "--create", "--root=" + root, "jukung-containerd-compat.conf");
    assertThat(Files.readSymbolicLink(root.resolve("run/containerd/containerd.sock")))
        .isEqualTo(Path.of("../jukung/jukung.sock"));
    String control =
        run(
            "dpkg-deb",
            "--field",
            directory.resolve("jukung-containerd-compat_1.0_all.deb").toString());
    assertThat(control).contains("Depends: jukung", "Conflicts: containerd");
  }

  /** {@code kind build node-image} starts it with nohup, and ends it by its name with pkill. */
  @Test
  void containerdWithoutArgumentsServesUntilItIsToldToEnd() throws Exception {
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Path arguments = directory.resolve("arguments");
    Path daemon =
        Files.writeString(
            bin.resolve("jukung"),
            "#!/bin/sh\ntrap 'exit 0' TERM\necho \"$@\" >%s\nread -r _ <%s\n"
                .formatted(arguments, directory.resolve("never")));
    Files.setPosixFilePermissions(daemon, PosixFilePermissions.fromString("rwxr-xr-x"));
    run("mkfifo", directory.resolve("never").toString());
    ProcessBuilder builder = new ProcessBuilder(root.resolve("usr/bin/containerd").toString());
    builder.environment().put("PATH", bin + ":/usr/bin:/bin");
    Process process = builder.start();
    try {
      Await.until(
          "the daemon is started",
          () -> Files.exists(arguments) && Files.readString(arguments).equals("serve\n"));
      assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip())
          .isEqualTo("containerd");
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
