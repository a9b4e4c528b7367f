package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What belongs to no pod is found and removed, and what belongs to a pod stays. */
@ExtendWith(Testbed.Extension.class)
class OrphansIT {
  private static final String LOST_POD = "0".repeat(60) + "feed";
  private static final String LOST_CONTAINER = "0".repeat(60) + "beef";

  /** No pod of the test gets this address, the last one of the network's range. */
  private static final String LOST_ADDRESS = "10.88.255.254";

  private record Living(Pod pod, String container) {
    static Living start(Testbed testbed) throws IOException {
      Pod pod = testbed.runPod("living", NamespaceMode.POD);
      return new Living(pod, testbed.runContainer(pod, "living", List.of("sleep", "1000")));
    }

    void assertUnharmed(Testbed testbed) {
      assertThat(testbed.exec(container, "true").getExitCode()).isZero();
      testbed.removePod(pod);
    }

    /** Makes what this pod has for a pod and a container that are not on record. */
    void copyForLostOnes(Testbed testbed) throws Exception {
      Daemon daemon = testbed.daemon();
      Files.createDirectories(daemon.root().resolve("containers").resolve(LOST_CONTAINER));
      Files.createDirectories(daemon.state().resolve("sandboxes").resolve(LOST_POD));
      Files.createDirectories(lost(find(testbed.node().cgroup(), pod.id())));
      Path ipam = daemon.directory().resolve("ipam/e2e");
      Path address = holder(ipam);
      Path lostAddress = ipam.resolve(LOST_ADDRESS);
      Files.writeString(lostAddress, lost(Files.readString(address)));
      Path attachment = find(daemon.directory().resolve("cni-cache"), pod.id());
      Files.writeString(
          lost(attachment),
          lost(Files.readString(attachment))
              .replace(address.getFileName().toString(), LOST_ADDRESS));
    }

    private Path holder(Path ipam) throws IOException {
      try (Stream<Path> files = Files.list(ipam)) {
        return files.filter(file -> read(file).startsWith(pod.id())).findFirst().orElseThrow();
      }
    }

    private Path lost(Path path) {
      return Path.of(lost(path.toString()));
    }

    private String lost(String text) {
      return text.replace(pod.id(), LOST_POD).replace(container, LOST_CONTAINER);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, ISO_8859_1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Path find(Path directory, String id) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(each -> each.getFileName().toString().contains(id))
          .findFirst()
          .orElseThrow(() -> new AssertionError(directory + " has nothing of " + id));
    }
  }

  private static CommandResult jukung(Testbed testbed, String... arguments) throws Exception {
    Stream<String> program =
        Stream.of(
            "env",
            "JUKUNG_SOCKET=" + testbed.daemon().socket(),
            Daemon.dist().resolve("bin/jukung").toString());
    return testbed.node().run(Stream.concat(program, Stream.of(arguments)).toList());
  }

  @Test
  void fsckFindsOrphansAndRemovesThem(Testbed testbed) throws Exception {
    Living living = Living.start(testbed);
    living.copyForLostOnes(testbed);

    CommandResult report = jukung(testbed, "fsck", "--dry-run");
    assertThat(report.exitCode()).as(report.stdout()).isEqualTo(1);
    assertThat(report.stdout().lines())
        .allMatch(line -> line.endsWith("belongs to no pod: not repaired"))
        .anyMatch(line -> line.startsWith("state of sandbox " + LOST_POD))
        .anyMatch(line -> line.startsWith("cgroup of sandbox " + LOST_POD))
        .anyMatch(line -> line.contains(LOST_CONTAINER))
        .anyMatch(line -> line.contains("attachment") && line.contains(LOST_POD));
    assertThat(jukung(testbed, "doctor").stdout()).contains("orphans: ").contains("jukung fsck");

    CommandResult repair = jukung(testbed, "fsck");
    assertThat(repair.exitCode()).as(repair.stdout()).isZero();
    assertThat(repair.stdout().lines())
        .allMatch(line -> line.endsWith("belongs to no pod: removed"))
        .hasSameSizeAs(report.stdout().lines().toList());
    assertThat(jukung(testbed, "fsck").stdout()).isEmpty();
    living.assertUnharmed(testbed);
  }

  @Test
  void startOfTheDaemonRemovesOrphans(Testbed testbed) throws Exception {
    Living living = Living.start(testbed);
    testbed.daemon().kill();
    living.copyForLostOnes(testbed);
    Path leases = testbed.daemon().root();
    Path lease = find(leases.resolve("images"), living.container);
    Files.writeString(living.lost(lease), living.lost(Files.readString(lease)));
    testbed.daemon().start();
    testbed.reconnect();
    living.assertUnharmed(testbed);
  }
}
