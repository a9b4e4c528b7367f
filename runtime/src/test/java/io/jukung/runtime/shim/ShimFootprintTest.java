package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ShimFootprintTest {
  private static final Path LOG = Path.of("/run/spares/2.log");

  private static final Map<String, String> DESCRIPTORS =
      Map.of(
          "0", "/dev/null",
          "1", "/run/spares/1.log",
          "2", "/run/spares/1.log",
          "3", "socket:[1]",
          "4", "anon_inode:[eventpoll]",
          "5", "socket:[2]");

  private static ShimFootprint fresh() {
    return new ShimFootprint(
        "/opt/j/lib/runtime/bin/java", DESCRIPTORS, List.of("mnt:[1]"), "0::/shims", 12, "", 9000);
  }

  private static ShimFootprint used(Map<String, String> changes) {
    Map<String, String> descriptors = new TreeMap<>(DESCRIPTORS);
    descriptors.put("1", LOG.toString());
    descriptors.put("2", LOG.toString());
    descriptors.putAll(changes);
    return new ShimFootprint(
        fresh().program(), descriptors, List.of("mnt:[1]"), "0::/shims", 12, "", 9500);
  }

  private static void assertRefused(ShimFootprint used, String why) {
    assertThatThrownBy(() -> used.requireNothingBeyond(fresh(), LOG))
        .isInstanceOf(IOException.class)
        .hasMessage(why);
  }

  @Test
  void shimWithANewLogAndANewConnectionPasses() {
    assertThatCode(() -> used(Map.of("5", "socket:[7]")).requireNothingBeyond(fresh(), LOG))
        .doesNotThrowAnyException();
  }

  @Test
  void fileOfTheInstallationPasses() {
    assertThatCode(
            () -> used(Map.of("6", "/opt/j/lib/shim/shim.jar")).requireNothingBeyond(fresh(), LOG))
        .doesNotThrowAnyException();
  }

  @Test
  void eachThingThatIsLeftIsRefused() {
    assertRefused(used(Map.of("6", "pipe:[9]")), "its descriptor 6 is pipe:[9]");
    assertRefused(used(Map.of("6", "/opt/jar")), "its descriptor 6 is /opt/jar");
    assertRefused(used(Map.of("0", "pipe:[9]")), "its descriptor 0 is pipe:[9]");
    assertRefused(used(Map.of("2", "/run/pod.log")), "its descriptor 2 is /run/pod.log");
    assertRefused(used(Map.of("6", "socket:[9]")), "it has 3 sockets");
    ShimFootprint used = used(Map.of());
    String program = used.program();
    Map<String, String> descriptors = used.descriptors();
    List<String> namespaces = used.namespaces();
    assertRefused(
        new ShimFootprint(program, descriptors, namespaces, "0::/shims", 12, "71 ", 9000),
        "it has children: 71");
    assertRefused(
        new ShimFootprint(program, descriptors, namespaces, "0::/pod", 12, "", 9000),
        "its cgroup is 0::/pod, not 0::/shims");
    assertRefused(
        new ShimFootprint(
            program, descriptors, List.of("mnt:[1]", "mnt:[2]"), "0::/shims", 12, "", 9000),
        "its namespaces are [mnt:[1], mnt:[2]], not [mnt:[1]]");
    assertRefused(
        new ShimFootprint(program, descriptors, namespaces, "0::/shims", 13, "", 9000),
        "it has 13 threads, not 12");
    assertRefused(
        new ShimFootprint(program, descriptors, namespaces, "0::/shims", 12, "", 20000),
        "its memory has grown from 9000 to 20000 KiB");
  }

  @Test
  void looksAtARealProcess() throws Exception {
    Process child = new ProcessBuilder("sleep", "1000").start();
    try {
      ShimFootprint footprint = ShimFootprint.of((int) ProcessHandle.current().pid());
      assertThat(footprint.descriptors()).containsKeys("0", "1", "2");
      assertThat(footprint.namespaces()).hasSize(7).allMatch(each -> each.contains(":["));
      assertThat(footprint.threads()).isGreaterThan(1);
      assertThat(footprint.children().strip().split(" ", -1)).contains(Long.toString(child.pid()));
      assertThat(footprint.anonymousKib()).isPositive();
    } finally {
      child.destroyForcibly().waitFor();
    }
  }
}
