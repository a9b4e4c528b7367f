package io.jukung.e2e;

import static io.jukung.e2e.ContainerLifeIT.jukung;
import static io.jukung.e2e.ContainerLifeIT.shell;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Volumes and other mounts of containers of the command line, as a user uses them. */
@ExtendWith(Testbed.Extension.class)
class VolumesIT {
  /** Runs a line of shell to its end on the host's network, removes it, and returns its output. */
  private static String once(Testbed testbed, List<String> options, String script)
      throws Exception {
    return run(testbed, options, script).orThrow();
  }

  private static CommandResult run(Testbed testbed, List<String> options, String script)
      throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "run",
                "--rm",
                "--network",
                "host",
                "--log-directory",
                testbed.node().directory().resolve("cli").toString()));
    line.addAll(options);
    line.addAll(List.of(testbed.busybox(), "sh", "-c", script));
    return jukung(testbed, line.toArray(String[]::new));
  }

  @Test
  void namedVolumeKeepsItsContentOverContainersAndTheDaemonsDeath(Testbed testbed)
      throws Exception {
    assertThat(jukung(testbed, "volume", "create", "--label", "app=db", "data").orThrow())
        .isEqualTo("data\n");
    once(testbed, List.of("-v", "data:/data"), "echo kept >/data/file");
    testbed.killAndRestartDaemon();
    assertThat(once(testbed, List.of("-v", "data:/data:ro"), "cat /data/file")).isEqualTo("kept\n");
    CommandResult readonly = run(testbed, List.of("-v", "data:/data:ro"), "echo x >/data/file");
    assertThat(readonly.exitCode()).isNotZero();
    assertThat(readonly.stderr()).contains("Read-only file system");
    assertThat(once(testbed, List.of("--mount", "source=data,target=/d,ro"), "cat /d/file"))
        .isEqualTo("kept\n");

    assertThat(jukung(testbed, "volume", "ls", "-q", "-f", "label=app=db").orThrow())
        .isEqualTo("data\n");
    assertThat(jukung(testbed, "volume", "ls", "-q", "-f", "name=other").orThrow()).isEmpty();
    assertThat(jukung(testbed, "volume", "inspect", "data").orThrow())
        .containsPattern("\"Name\" ?: \"data\"")
        .containsPattern("\"app\" ?: \"db\"");
    assertThat(jukung(testbed, "volume", "rm", "data").orThrow()).isEqualTo("data\n");
    assertThat(jukung(testbed, "volume", "rm", "data").stderr())
        .contains("there is no volume data");
    jukung(testbed, "volume", "rm", "-f", "data").orThrow();
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).isEmpty();
  }

  @Test
  void volumeInUseIsNotRemovedAndTheErrorNamesTheContainers(Testbed testbed) throws Exception {
    List<String> options = List.of("-d", "--network", "host", "-v", "used:/data");
    String id = shell(testbed, "run", options, "user", "sleep 1000");
    CommandResult refused = jukung(testbed, "volume", "rm", "used");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.stderr())
        .contains("volume used is in use by container user (" + id.substring(0, 12) + ")");
    assertThat(jukung(testbed, "volume", "ls", "-q", "-f", "dangling=true").orThrow()).isEmpty();
    jukung(testbed, "volume", "prune", "--all", "--force").orThrow();
    jukung(testbed, "stop", "-t", "0", "user").orThrow();
    assertThat(jukung(testbed, "volume", "rm", "used").stderr()).contains("is in use");
    jukung(testbed, "rm", "-v", "user").orThrow(); // only anonymous volumes go with a container
    assertThat(jukung(testbed, "volume", "prune", "--force").orThrow()).doesNotContain("used");
    assertThat(jukung(testbed, "volume", "prune", "--all", "--force").orThrow())
        .contains("deleted: used");
  }

  @Test
  void emptyVolumeGetsTheImagesContentWithOwnersAndModesOnce(Testbed testbed) throws Exception {
    List<String> options = List.of("--network", "host");
    shell(
        testbed,
        "run",
        options,
        "maker",
        "mkdir -p /srv/deep && echo image >/srv/deep/file && ln -s /etc/passwd /srv/link"
            + " && chown -R 12:34 /srv && chmod 2750 /srv && chmod 600 /srv/deep/file");
    jukung(testbed, "commit", "maker", "filled:1").orThrow();
    jukung(testbed, "rm", "maker").orThrow();
    List<String> run = List.of("run", "--rm", "--network", "host", "-v");
    String look = "stat -c '%u:%g %a' /srv /srv/deep/file; readlink /srv/link; cat /srv/deep/file";
    String filled = "12:34 2750\n12:34 600\n/etc/passwd\nimage\n";
    assertThat(line(testbed, run, "aa:/srv", "filled:1", look)).isEqualTo(filled);
    line(testbed, run, "aa:/srv", "filled:1", "rm -r /srv/deep /srv/link; echo mine >/srv/mine");
    assertThat(line(testbed, run, "aa:/srv", "filled:1", "ls /srv")).isEqualTo("mine\n");
    assertThat(line(testbed, run, "bb:/srv:nocopy", "filled:1", "ls /srv")).isEmpty();
    assertThat(line(testbed, run, "/srv", "filled:1", look)).isEqualTo(filled);
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).isEqualTo("aa\nbb\n");
    jukung(testbed, "volume", "rm", "aa", "bb").orThrow();
    jukung(testbed, "rmi", "filled:1").orThrow();
  }

  private static String line(
      Testbed testbed, List<String> command, String volume, String image, String script)
      throws Exception {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(volume, "--log-directory", testbed.node().directory() + "/cli", image));
    all.addAll(List.of("sh", "-c", script));
    return jukung(testbed, all.toArray(String[]::new)).orThrow();
  }

  @Test
  void anonymousVolumesGoWithTheContainerWhenThatIsAskedFor(Testbed testbed) throws Exception {
    once(testbed, List.of("-v", "/scratch"), "touch /scratch/x");
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).as("after --rm").isEmpty();

    List<String> options = List.of("-d", "--network", "host", "-v", "/scratch");
    shell(testbed, "run", options, "first", "sleep 1000");
    jukung(testbed, "rm", "-f", "-v", "first").orThrow();
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).as("after rm -v").isEmpty();

    shell(testbed, "run", options, "second", "sleep 1000");
    jukung(testbed, "rm", "-f", "second").orThrow();
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).as("after rm").isNotEmpty();
    jukung(testbed, "volume", "prune", "-f").orThrow();
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).isEmpty();

    // A container that cannot be made leaves no anonymous volume.
    CommandResult refused = run(testbed, List.of("-v", "/scratch", "-u", "nobody-here"), "true");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(jukung(testbed, "volume", "ls", "-q").orThrow()).isEmpty();
  }

  @Test
  void volumeWithOptionsIsMountedWhileAContainerRuns(Testbed testbed) throws Exception {
    jukung(
            testbed,
            "volume",
            "create",
            "-o",
            "type=tmpfs",
            "-o",
            "device=tmpfs",
            "-o",
            "o=size=1m,mode=700",
            "memory")
        .orThrow();
    String mountpoint = testbed.daemon().root().resolve("volumes").toString();
    List<String> options = List.of("-d", "--network", "host", "-v", "memory:/m");
    shell(testbed, "run", options, "one", "echo shared >/m/file; sleep 1000");
    Await.until(
        "it is written",
        () -> jukung(testbed, "exec", "one", "cat", "/m/file").stdout().equals("shared\n"));
    assertThat(mounts(testbed)).contains(mountpoint);
    testbed.killAndRestartDaemon();
    assertThat(once(testbed, List.of("-v", "memory:/m"), "cat /m/file; stat -c %a /m"))
        .as("the same file system")
        .isEqualTo("shared\n700\n");
    assertThat(mounts(testbed)).contains(mountpoint);
    Path kill = cgroupKill(testbed);
    testbed.daemon().kill();
    Files.writeString(kill, "1");
    testbed.daemon().start();
    testbed.reconnect();
    Await.until("it is unmounted", () -> !mounts(testbed).contains(mountpoint));
    jukung(testbed, "start", "one").orThrow();
    Await.until(
        "it is written again",
        () -> jukung(testbed, "exec", "one", "cat", "/m/file").stdout().equals("shared\n"));
    jukung(testbed, "rm", "-f", "one").orThrow();
    Await.until("it is unmounted", () -> !mounts(testbed).contains(mountpoint));
    jukung(testbed, "volume", "rm", "memory").orThrow();
  }

  private static Path cgroupKill(Testbed testbed) throws Exception {
    return Limits.cgroup(testbed.containers().getFirst().getId()).resolve("cgroup.kill");
  }

  private static String mounts(Testbed testbed) throws Exception {
    return testbed.node().run("cat", "/proc/self/mountinfo").orThrow();
  }

  @Test
  void bindVolumeShowsADirectoryOfTheHostAndAMissingOneFailsTheStart(Testbed testbed)
      throws Exception {
    Path host = Files.createDirectory(testbed.node().directory().resolve("host"));
    Files.writeString(host.resolve("file"), "host\n");
    jukung(testbed, "volume", "create", "-o", "o=bind,ro", "-o", "device=" + host, "bound")
        .orThrow();
    assertThat(once(testbed, List.of("-v", "bound:/b"), "cat /b/file")).isEqualTo("host\n");
    assertThat(run(testbed, List.of("-v", "bound:/b"), "touch /b/x").stderr())
        .contains("Read-only file system");
    Files.delete(host.resolve("file"));
    Files.delete(host);
    CommandResult missing = run(testbed, List.of("-v", "bound:/b"), "true");
    assertThat(missing.exitCode()).isEqualTo(125);
    assertThat(missing.stderr()).contains("mount volume bound", "ENOENT");
    jukung(testbed, "volume", "rm", "bound").orThrow();
    assertThat(jukung(testbed, "volume", "create", "-o", "size=1", "odd").stderr())
        .contains("the driver local has no option size");
  }

  @Test
  void tmpfsShmSizeUlimitsAndHostsAreAsAskedFor(Testbed testbed) throws Exception {
    assertThat(
            once(
                testbed,
                List.of(
                    "--tmpfs",
                    "/t:size=1m,mode=711",
                    "--mount",
                    "type=tmpfs,target=/u,tmpfs-size=2m",
                    "--shm-size",
                    "3m",
                    "--ulimit",
                    "nofile=123:456",
                    "--add-host",
                    "db:192.0.2.7"),
                "df -k /t /u /dev/shm | awk 'NR > 1 {print $2}'; stat -c %a /t; ulimit -Sn;"
                    + " ulimit -Hn; grep db /etc/hosts; grep ' /t ' /proc/mounts"))
        .matches("(?s)1024\n2048\n3072\n711\n123\n456\n192.0.2.7\tdb\n.*nosuid,nodev,noexec.*");
  }

  @Test
  void stopWaitsAsLongAsTheContainerSaysAndSendsTheSignalThatIsNamed(Testbed testbed)
      throws Exception {
    List<String> options =
        List.of("-d", "--network", "host", "--stop-timeout", "0", "--restart", "always");
    shell(testbed, "run", options, "stubborn", "trap '' TERM; while :; do sleep 0.1; done");
    jukung(testbed, "stop", "stubborn").orThrow();
    assertThat(jukung(testbed, "wait", "stubborn").orThrow()).isEqualTo("137\n");
    jukung(testbed, "rm", "stubborn").orThrow();

    shell(
        testbed,
        "run",
        List.of("-d", "--network", "host", "--restart", "always"),
        "polite",
        "trap 'exit 3' USR1; touch /ready; while :; do sleep 0.1; done");
    Await.until(
        "the trap is set", () -> jukung(testbed, "exec", "polite", "ls", "/ready").exitCode() == 0);
    jukung(testbed, "stop", "-t", "60", "-s", "USR1", "polite").orThrow();
    assertThat(jukung(testbed, "wait", "polite").orThrow()).isEqualTo("3\n");
    assertThat(jukung(testbed, "ps").orThrow()).doesNotContain("polite");
    jukung(testbed, "rm", "polite").orThrow();
  }
}
