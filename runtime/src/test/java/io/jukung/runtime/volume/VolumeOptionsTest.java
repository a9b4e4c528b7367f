package io.jukung.runtime.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.mount.MountAttribute;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VolumeOptionsTest {
  @Test
  void optionsOfMountAreSortedIntoThoseOfTheMountAndThoseOfTheFileSystem() {
    VolumeOptions options =
        VolumeOptions.parse(
            Map.of("type", "tmpfs", "device", "tmpfs", "o", "size=64m,nodev,ro,uid=1000,rw"));
    assertThat(options.isBind()).isFalse();
    assertThat(options.type()).isEqualTo("tmpfs");
    assertThat(options.attributes()).containsOnly(MountAttribute.NODEV, MountAttribute.RDONLY);
    assertThat(options.data()).containsExactly("size=64m", "uid=1000");
  }

  @Test
  void bindMountIsKnownByItsOptionOrByTheTypeNone() {
    assertThat(VolumeOptions.parse(Map.of("device", "/srv")).isBind()).isTrue();
    assertThat(VolumeOptions.parse(Map.of("type", "none", "device", "/srv")).recursive()).isFalse();
    assertThat(VolumeOptions.parse(Map.of("o", "rbind,ro", "device", "/srv")).recursive()).isTrue();
  }

  @Test
  void whatIsNoMountIsRefusedByName() {
    refused(Map.of("device", "/srv", "size", "1g"), "has no option size");
    refused(Map.of("type", "tmpfs"), "device is missing");
    refused(Map.of("o", "bind", "device", "srv"), "is an absolute path, not \"srv\"");
    refused(Map.of("o", "bind,size=1", "device", "/srv"), "a bind mount has no option size=1");
    refused(Map.of("type", "tmpfs", "device", "tmpfs", "o", "a,,b"), "is empty or longer");
    refused(Map.of("type", "t", "device", "d", "o", "x=" + "y".repeat(300)), "longer than 255");
    refused(Map.of("type", "t", "device", "d", "o", "x,".repeat(99) + "x"), "more than 64 options");
  }

  private static void refused(Map<String, String> options, String why) {
    assertThatThrownBy(() -> VolumeOptions.parse(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
