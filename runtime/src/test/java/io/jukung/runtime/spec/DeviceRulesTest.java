package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.Device;
import io.jukung.runtime.cdi.CdiEdits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceRulesTest {
  @TempDir private Path directory;

  private static Device requested(String host, String container, String permissions) {
    return Device.newBuilder()
        .setHostPath(host)
        .setContainerPath(container)
        .setPermissions(permissions)
        .build();
  }

  private static CdiEdits.DeviceNode described(
      String path, @Nullable String hostPath, @Nullable String type, @Nullable Long minor) {
    return new CdiEdits.DeviceNode(
        path, hostPath, type, minor == null ? null : 1L, minor, null, null, null, null);
  }

  private static DeviceRules.Result of(List<Device> requested, List<CdiEdits.DeviceNode> described)
      throws IOException {
    return DeviceRules.of(requested, described, false);
  }

  private static Spec.Device last(DeviceRules.Result result) {
    return result.devices().getLast();
  }

  @Test
  void requestedDeviceIsThatOfTheNodeWithTheRequestedPermissions() throws IOException {
    DeviceRules.Result result = of(List.of(requested("/dev/zero", "/dev/x", "r")), List.of());
    assertThat(last(result).path()).isEqualTo("/dev/x");
    assertThat(last(result).major()).isEqualTo(1);
    assertThat(last(result).minor()).isEqualTo(5);
    assertThat(result.rules()).last().isEqualTo(new Spec.DeviceRule(true, "c", 1L, 5L, "r"));
  }

  @Test
  void symlinkToADeviceIsResolved() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("/dev/full"));
    assertThat(last(of(List.of(requested(link.toString(), "/dev/x", "rw")), List.of())).minor())
        .isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/dev/no-such | /dev/x       | rw  | does not exist",
        "/etc/passwd  | /dev/x       | rw  | is not a device",
        "/etc         | /dev/x       | rw  | has no device in it",
        "/dev/null    | /etc/x       | rw  | is not inside /dev",
        "/dev/null    | /dev/../etc/x| rw  | is not inside /dev",
        "/dev/null    | /dev         | rw  | is not inside /dev",
        "/dev/null    | /dev/x       | all | must be some of r, w and m",
        "/dev/null    | /dev/x       | ''  | must be some of r, w and m",
      })
  void invalidRequestedDeviceIsAnInvalidArgument(
      String host, String container, String permissions, String message) {
    assertThatThrownBy(() -> of(List.of(requested(host, container, permissions)), List.of()))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContainingAll("config.devices", message);
  }

  @Test
  void describedDeviceTakesMissingValuesFromTheNode() throws IOException {
    DeviceRules.Result result =
        of(List.of(), List.of(described("/dev/gpu0", "/dev/zero", null, null)));
    assertThat(last(result).path()).isEqualTo("/dev/gpu0");
    assertThat(last(result).minor()).isEqualTo(5);
    assertThat(result.rules()).last().isEqualTo(new Spec.DeviceRule(true, "c", 1L, 5L, "rwm"));
  }

  @Test
  void completelyDescribedDeviceNeedNotExistOnTheNode() throws IOException {
    DeviceRules.Result result = of(List.of(), List.of(described("/dev/gpu1", null, "c", 9L)));
    assertThat(last(result)).isEqualTo(new Spec.Device("/dev/gpu1", "c", 1, 9, 0666, 0, 0));
  }

  @Test
  void incompletelyDescribedDeviceThatDoesNotExistIsAFailedPrecondition() {
    assertThatThrownBy(() -> of(List.of(), List.of(described("/dev/no-such", null, "c", null))))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
        .hasMessageContaining("/dev/no-such");
  }

  /** Drivers add and remove device files while a privileged container is created. */
  @Test
  void fileThatIsRemovedDuringTheSearchIsSkipped() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Thread churn =
        Thread.ofPlatform()
            .start(
                () -> {
                  Path file = directory.resolve("comes-and-goes");
                  try {
                    while (!done.get()) {
                      Files.createFile(file);
                      Files.delete(file);
                    }
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    try {
      for (int round = 0; round < 2_000; round++) {
        assertThatThrownBy(
                () -> of(List.of(requested(directory.toString(), "/dev/x", "rw")), List.of()))
            .isInstanceOf(CriException.class)
            .hasMessageContaining("has no device in it");
      }
    } finally {
      done.set(true);
      churn.join();
    }
  }
}
