package io.jukung.linux.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.Errno;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KernelFeatureTest {
  @ParameterizedTest
  @EnumSource
  void featureIsFoundOnThisKernel(KernelFeature feature) throws IOException {
    assertThat(feature.missing()).isEmpty(); // loads the classes, whose files stay open
    long descriptors = openDescriptors();
    assertThat(feature.missing()).isEmpty();
    assertThat(openDescriptors()).isEqualTo(descriptors);
  }

  @ParameterizedTest
  @CsvSource({
    "OPENAT2, OPENAT2, 5.6",
    "CLONE3, CLONE3, 5.7",
    "PIDFD, PIDFD_OPEN, 5.3",
    "MOUNT_API, FSOPEN, 5.2",
    "MOUNT_SETATTR, MOUNT_SETATTR, 5.12",
    "OVERLAY, FSOPEN, 3.18",
    "OVERLAY_LOWERDIR_ADD, FSCONFIG, 6.5",
  })
  void reasonNamesTheRefusedCall(KernelFeature feature, Syscall refused, String since) {
    Syscalls[] real = new Syscalls[1];
    real[0] =
        Kernel.install(
            (call, a, b, c, d, e) ->
                call == refused ? -Errno.ENOSYS : real[0].call(call, a, b, c, d, e));
    try {
      assertThat(feature.missing().orElseThrow())
          .contains("Linux " + since)
          .contains(refused + "(")
          .contains("ENOSYS Function not implemented");
    } finally {
      Kernel.install(real[0]);
    }
  }

  @Test
  void onlyTheOverlayOptionIsOptional() {
    assertThat(Stream.of(KernelFeature.values()).filter(f -> !f.isRequired()))
        .containsExactly(KernelFeature.OVERLAY_LOWERDIR_ADD);
  }

  private static long openDescriptors() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
      return entries.count();
    }
  }
}
