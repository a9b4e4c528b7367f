package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jukung.linux.cgroup.DeviceFilter.Allowed;
import io.jukung.linux.cgroup.DeviceFilter.DeviceType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeviceAccessTest {
  private static final Spec.DeviceRule NOTHING = rule(false, "a", null, null, "rwm");
  private static final Spec.DeviceRule ALL = rule(true, "a", null, null, "rwm");

  private static Spec.DeviceRule rule(
      boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {
    return new Spec.DeviceRule(allow, type, major, minor, access);
  }

  @Test
  void rulesAfterTheDenialOfAllDevicesAllowTheirs() {
    assertThat(
            DeviceAccess.of(
                List.of(
                    rule(true, "c", 9L, 9L, "r"),
                    NOTHING,
                    rule(true, "b", 7L, null, "rw"),
                    rule(true, "u", 1L, 3L, "m"),
                    rule(true, "p", null, null, "rwm"),
                    rule(true, "a", 5L, null, "r"))))
        .hasValue(
            List.of(
                new Allowed(DeviceType.BLOCK, 7L, null, "rw"),
                new Allowed(DeviceType.CHARACTER, 1L, 3L, "m"),
                new Allowed(null, 5L, null, "r")));
  }

  @Test
  void lastRuleForAllDevicesDecides() {
    assertThat(DeviceAccess.of(List.of())).isEmpty();
    assertThat(DeviceAccess.of(List.of(NOTHING, rule(true, "c", 1L, 3L, "r"), ALL))).isEmpty();
    assertThat(DeviceAccess.of(List.of(ALL, NOTHING))).hasValue(List.of());
  }

  @Test
  void denialOfSomeDevicesIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceAccess.of(List.of(rule(false, "b", 8L, null, "w"))))
        .withMessageContaining("denies only some devices");
  }
}
