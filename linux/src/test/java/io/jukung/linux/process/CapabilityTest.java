package io.jukung.linux.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CapabilityTest {
  @Test
  void bitNumbersAreThoseOfTheKernel() {
    Map<Capability, Integer> bits =
        Map.of(
            Capability.CAP_CHOWN, 0,
            Capability.CAP_SETPCAP, 8,
            Capability.CAP_NET_RAW, 13,
            Capability.CAP_SYS_ADMIN, 21,
            Capability.CAP_MKNOD, 27,
            Capability.CAP_SETFCAP, 31,
            Capability.CAP_AUDIT_READ, 37,
            Capability.CAP_CHECKPOINT_RESTORE, 40);
    bits.forEach(
        (capability, bit) -> assertThat(capability.bit()).as(capability.name()).isEqualTo(bit));
  }

  @Test
  void thisKernelHasNoCapabilityUnknownToUs() throws IOException {
    int last = Integer.parseInt(Files.readString(Path.of("/proc/sys/kernel/cap_last_cap")).strip());
    assertThat(Capability.all()).hasSizeGreaterThanOrEqualTo(last + 1);
  }

  @Test
  void namesAreFoundInAnyCaseAndWithoutPrefix() {
    assertThat(Capability.named("net_admin")).contains(Capability.CAP_NET_ADMIN);
    assertThat(Capability.named("Cap_Net_Admin")).contains(Capability.CAP_NET_ADMIN);
    assertThat(Capability.named("CAP_FLY")).isEmpty();
    assertThat(Capability.mask(Capability.all())).isEqualTo((1L << 41) - 1);
  }
}
