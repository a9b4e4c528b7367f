package io.jukung.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.linux.cgroup.DeviceFilter.Allowed;
import io.jukung.linux.cgroup.DeviceFilter.DeviceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what the kernel allows a process of the cgroup. */
class DeviceFilterTest {
  private static final Duration WAIT = Duration.ofSeconds(5);

  @TempDir private Path directory;
  private Cgroup cgroup;

  @BeforeEach
  void setUp() throws IOException {
    CgroupMount mount = CgroupMount.find();
    assumeTrue(Files.isWritable(mount.directory()), "needs root");
    cgroup = mount.at("/jukung-test-" + UUID.randomUUID());
    cgroup.create();
  }

  @AfterEach
  void tearDown() throws IOException {
    cgroup.remove(WAIT);
  }

  private static Allowed character(@Nullable Long major, @Nullable Long minor, String access) {
    return new Allowed(DeviceType.CHARACTER, major, minor, access);
  }

  static Stream<Arguments> filters() {
    return Stream.of(
        Arguments.of(List.of(), ""),
        Arguments.of(List.of(character(1L, 3L, "rwm")), "make read write both"),
        Arguments.of(List.of(character(1L, 3L, "r")), "read"),
        Arguments.of(List.of(character(1L, 3L, "w")), "write"),
        Arguments.of(List.of(character(1L, 3L, "r"), character(1L, null, "w")), "read write both"),
        Arguments.of(List.of(character(null, null, "m")), "make"),
        Arguments.of(List.of(new Allowed(null, null, null, "rm")), "make read"),
        Arguments.of(List.of(new Allowed(DeviceType.BLOCK, 1L, 3L, "rwm")), ""),
        Arguments.of(List.of(character(1L, 5L, "rwm"), character(2L, 3L, "rwm")), ""));
  }

  @ParameterizedTest
  @MethodSource("filters")
  void processesCanDoExactlyWhatTheRulesAllow(List<Allowed> allowed, String expected)
      throws Exception {
    DeviceFilter.attach(cgroup, allowed);
    assertThat(done()).isEqualTo(expected);
  }

  @Test
  void lastOfTheMostRulesApplies() throws Exception {
    List<Allowed> allowed = new ArrayList<>();
    for (long minor = 1; minor < DeviceFilter.MAX_RULES; minor++) {
      allowed.add(character(200L, minor, "rw"));
    }
    allowed.add(character(1L, 3L, "rw"));
    DeviceFilter.attach(cgroup, allowed);
    assertThat(done()).isEqualTo("read write both");
  }

  @Test
  void accessMustBeAllowedByAllFilters() throws Exception {
    DeviceFilter.attach(cgroup, List.of(character(1L, 3L, "rw")));
    DeviceFilter.attach(cgroup, List.of(character(1L, 3L, "rm")));
    assertThat(done()).isEqualTo("read");
  }

  @Test
  void filterThatWasUsedBeforeLimitsTheNextCgroupAlsoAfterManyOthers() throws Exception {
    DeviceFilter.attach(cgroup, List.of(character(1L, 3L, "r")));
    cgroup.remove(WAIT);
    for (long minor = 10; minor < 20; minor++) {
      cgroup.create();
      DeviceFilter.attach(cgroup, List.of(character(1L, minor, "r")));
      assertThat(done()).isEmpty();
      cgroup.remove(WAIT);
      cgroup.create();
      DeviceFilter.attach(cgroup, List.of(character(1L, 3L, "r")));
      assertThat(done()).isEqualTo("read");
      cgroup.remove(WAIT);
    }
    cgroup.create();
    DeviceFilter.attach(cgroup, List.of(character(1L, 10L, "r"), character(1L, 3L, "w")));
    assertThat(done()).isEqualTo("write");
  }

  /** Returns what a process in the cgroup can do with a node that has the numbers of /dev/null. */
  private String done() throws Exception {
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                """
                echo $$ >"$1" && cd "$2" || exit
                mknod made c 1 3 && echo make
                (: </dev/null) && echo read
                (: >/dev/null) && echo write
                (: <>/dev/null) && echo both
                """,
                "sh",
                cgroup.directory().resolve("cgroup.procs").toString(),
                directory.toString())
            .redirectError(directory.resolve("refusals").toFile())
            .start();
    try (var lines = process.inputReader().lines()) {
      return String.join(" ", lines.toList());
    }
  }
}
