package io.jukung.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MountOptionsTest {
  private static MountOptions parse(String... words) {
    return MountOptions.parse(List.of(words));
  }

  @Test
  void mountWithoutOptionsIsPrivate() {
    MountOptions options = parse();
    assertThat(options.propagation()).isEqualTo(MountOptions.MS_PRIVATE);
    assertThat(options.recursivePropagation()).isTrue();
    assertThat(options.attributes()).isZero();
    assertThat(options.recursiveBind()).isFalse();
    assertThat(options.subdirectory()).isEmpty();
    assertThat(options.data()).isEmpty();
  }

  @Test
  void flagsBecomeAttributesAndDefaultsAreDropped() {
    assertThat(parse("ro", "nosuid", "noexec", "relatime", "dev", "bind").attributes())
        .isEqualTo(MountOptions.RDONLY | MountOptions.NOSUID | MountOptions.NOEXEC);
    assertThat(parse("rw", "suid", "exec").data()).isEmpty();
  }

  @Test
  void propagationIsRecursiveWithThePrefixR() {
    assertThat(parse("rshared").propagation()).isEqualTo(MountOptions.MS_SHARED);
    assertThat(parse("rshared").recursivePropagation()).isTrue();
    assertThat(parse("slave").propagation()).isEqualTo(MountOptions.MS_SLAVE);
    assertThat(parse("slave").recursivePropagation()).isFalse();
  }

  @Test
  void unknownOptionsAreForTheFileSystem() {
    assertThat(parse("nodev", "size=65536k", "newinstance").data())
        .containsExactly("size=65536k", "newinstance");
  }

  @Test
  void recursiveOptionsAndSubdirectoryAreRecognized() {
    MountOptions options = parse("rbind", "rro", "ridmap", "X-mount.subdir=data/deep");
    assertThat(options.recursiveBind()).isTrue();
    assertThat(options.recursiveReadOnly()).isTrue();
    assertThat(options.mapIds()).isTrue();
    assertThat(options.subdirectory()).contains("data/deep");
    assertThat(options.data()).isEmpty();
  }
}
