package io.jukung.linux.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LsmTest {
  @TempDir Path root;

  private void write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  @Test
  void missingAppArmorIsExplained() throws IOException {
    AppArmor appArmor = new AppArmor(root);
    assertThat(appArmor.missing()).hasValueSatisfying(why -> assertThat(why).contains("kernel"));
    write("module/apparmor/parameters/enabled", "N\n");
    assertThat(appArmor.missing()).isPresent();
    write("module/apparmor/parameters/enabled", "Y\n");
    assertThat(appArmor.missing())
        .hasValueSatisfying(why -> assertThat(why).contains("securityfs"));
  }

  @Test
  void profileIsFoundByItsFullNameOnly() throws IOException {
    AppArmor appArmor = new AppArmor(root);
    write("module/apparmor/parameters/enabled", "Y\n");
    write(
        "kernel/security/apparmor/profiles",
        "jukung-default (enforce)\n/usr/bin/man (complain)\nname with space (kill)\n");
    assertThat(appArmor.missing()).isEmpty();
    assertThat(appArmor.isLoaded("jukung-default")).isTrue();
    assertThat(appArmor.isLoaded("/usr/bin/man")).isTrue();
    assertThat(appArmor.isLoaded("name with space")).isTrue();
    assertThat(appArmor.isLoaded("jukung")).isFalse();
    assertThat(appArmor.isLoaded("jukung-default (enforce)")).isFalse();
  }

  @Test
  void labelWithoutCategoriesKeepsTheRest() {
    for (String level : List.of("s0", "s0:c1,c2", "s0-s3:c0.c1023")) {
      assertThat(new SelinuxLabel("u", "r", "t", level).withoutCategories())
          .hasToString("u:r:t:s0");
    }
    assertThat(new SelinuxLabel("u", "r", "t", "").withoutCategories()).hasToString("u:r:t");
  }

  @Test
  void selinuxLabelsAreThoseOfThePolicy() throws IOException {
    Selinux selinux = new Selinux(root);
    assertThat(selinux.missing()).isPresent();
    write("sys/fs/selinux/enforce", "1");
    assertThat(selinux.missing()).isEmpty();
    assertThat(selinux.process()).hasToString("system_u:system_r:container_t:s0");
    write("etc/selinux/config", "# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
    write(
        "etc/selinux/targeted/contexts/lxc_contexts",
        "process = \"system_u:system_r:own_t:s0\"\nfile = \"system_u:object_r:own_file_t:s0\"\n");
    assertThat(selinux.process().type()).isEqualTo("own_t");
    assertThat(selinux.file().type()).isEqualTo("own_file_t");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s0",
        "s15",
        "s0:c0",
        "s0:c1,c2",
        "s0:c0.c1023",
        "s0-s0:c0.c1023",
        "s0-s15:c1.c3,c7"
      })
  void validLevelsAreAccepted(String level) {
    assertThat(SelinuxLabel.isLevel(level)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s",
        "s16",
        "c1",
        "s0:",
        "s0:c1024",
        "s0:c1,",
        "s0:c1 c2",
        "s0,s1",
        "s0-",
        "s0:c1\n"
      })
  void malformedLevelsAreRefused(String level) {
    assertThat(SelinuxLabel.isLevel(level)).isFalse();
    if (!level.isEmpty()) {
      assertThatThrownBy(() -> new SelinuxLabel("u", "r", "t", level))
          .hasMessageContaining("no SELinux level");
    }
  }

  @Test
  void parsedLabelIsPrintedUnchanged() {
    String text = "system_u:system_r:container_t:s0:c1,c2";
    assertThat(SelinuxLabel.parse(text)).hasValueSatisfying(l -> assertThat(l).hasToString(text));
    assertThat(SelinuxLabel.parse("nothing")).isEmpty();
    assertThat(SelinuxLabel.parse("a:b:c d")).isEmpty();
  }
}
