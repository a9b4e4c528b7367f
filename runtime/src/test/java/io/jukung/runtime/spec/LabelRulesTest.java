package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.linux.lsm.SelinuxLabel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses files in place of a node's /sys: no kernel here has both AppArmor and SELinux. */
class LabelRulesTest {
  private static final String POD = "8874a247b4a4e17f5610e07488b68567";

  @TempDir Path root;
  private LabelRules rules;

  @BeforeEach
  void view() {
    rules = new LabelRules(new AppArmor(root.resolve("sys")), new Selinux(root));
  }

  private void write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private void loadProfiles(String... names) throws IOException {
    write("sys/module/apparmor/parameters/enabled", "Y\n");
    write(
        "sys/kernel/security/apparmor/profiles",
        String.join(" (enforce)\n", names) + " (enforce)\n");
  }

  private static LinuxContainerSecurityContext.Builder nothing() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  private static LinuxContainerSecurityContext.Builder profile(ProfileType type, String name) {
    return nothing()
        .setApparmor(SecurityProfile.newBuilder().setProfileType(type).setLocalhostRef(name));
  }

  @SuppressWarnings("deprecation")
  private static LinuxContainerSecurityContext.Builder old(String name) {
    return nothing().setApparmorProfile(name);
  }

  private static LinuxContainerSecurityContext.Builder selinux(SELinuxOption.Builder options) {
    return nothing().setSelinuxOptions(options);
  }

  private LabelRules.Labels of(LinuxContainerSecurityContext.Builder security) throws IOException {
    return rules.of(security.build(), POD);
  }

  private void assertRefused(
      LinuxContainerSecurityContext.Builder security, ErrorKind kind, String... words) {
    assertThatThrownBy(() -> of(security))
        .isInstanceOfSatisfying(CriException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContainingAll(words);
  }

  @Test
  void nodeWithoutAppArmorRefusesRequestedProfiles() throws IOException {
    LabelRules.Labels none = new LabelRules.Labels(null, null, null);
    assertThat(of(nothing())).isEqualTo(none);
    assertThat(of(profile(ProfileType.Unconfined, ""))).isEqualTo(none);
    assertThat(of(old("unconfined"))).isEqualTo(none);
    assertThat(of(profile(ProfileType.RuntimeDefault, "").setPrivileged(true))).isEqualTo(none);
    ErrorKind kind = ErrorKind.FAILED_PRECONDITION;
    assertRefused(profile(ProfileType.RuntimeDefault, ""), kind, "apparmor", "does not run");
    assertRefused(profile(ProfileType.Localhost, "x"), kind, "apparmor", "does not run");
    assertRefused(old("localhost/x"), kind, "apparmor", "does not run");
  }

  @Test
  void nodeWithoutSelinuxIgnoresRequestedLabels() throws IOException {
    LabelRules.Labels none = new LabelRules.Labels(null, null, null);
    assertThat(of(selinux(SELinuxOption.newBuilder().setLevel("s0")))).isEqualTo(none);
    assertThat(of(selinux(SELinuxOption.newBuilder().setType("spc_t").setUser("u"))))
        .isEqualTo(none);
  }

  @Test
  void malformedSelinuxOptionsAreRefusedOnEveryNode() throws IOException {
    refusesMalformedSelinuxOptions();
    write("sys/fs/selinux/enforce", "1");
    refusesMalformedSelinuxOptions();
  }

  private void refusesMalformedSelinuxOptions() {
    ErrorKind kind = ErrorKind.INVALID_ARGUMENT;
    SELinuxOption.Builder level = SELinuxOption.newBuilder().setLevel("s0:c1024");
    assertRefused(selinux(level), kind, "selinux_options", "s0:c1024");
    SELinuxOption.Builder type = SELinuxOption.newBuilder().setType("a:b");
    assertRefused(selinux(type), kind, "selinux_options", "type", "a:b");
  }

  @Test
  void requestedProfileMustBeLoaded() throws IOException {
    loadProfiles("other");
    ErrorKind kind = ErrorKind.FAILED_PRECONDITION;
    assertRefused(profile(ProfileType.RuntimeDefault, ""), kind, "jukung-default", "not loaded");
    assertRefused(profile(ProfileType.Localhost, "absent"), kind, "absent", "not loaded");
    assertThat(of(profile(ProfileType.Localhost, "other")).profile()).isEqualTo("other");
    assertThat(of(profile(ProfileType.Localhost, "localhost/other")).profile()).isEqualTo("other");
    assertThat(of(old("localhost/other")).profile()).isEqualTo("other");
    assertThat(of(nothing()).profile()).as("no profile requested, default not loaded").isNull();
  }

  @Test
  void defaultProfileAppliesUnlessAnotherIsRequested() throws IOException {
    loadProfiles("jukung-default", "other");
    assertThat(of(nothing()).profile()).isEqualTo("jukung-default");
    assertThat(of(profile(ProfileType.RuntimeDefault, "")).profile()).isEqualTo("jukung-default");
    assertThat(of(old("runtime/default")).profile()).isEqualTo("jukung-default");
    assertThat(of(profile(ProfileType.Unconfined, "")).profile()).isNull();
    assertThat(of(nothing().setPrivileged(true)).profile()).isNull();
  }

  @Test
  void invalidProfileNameIsRefused() throws IOException {
    loadProfiles("other");
    assertRefused(profile(ProfileType.Localhost, ""), ErrorKind.INVALID_ARGUMENT, "apparmor");
    assertRefused(profile(ProfileType.Localhost, "a\nb"), ErrorKind.INVALID_ARGUMENT, "apparmor");
    assertRefused(old("other"), ErrorKind.INVALID_ARGUMENT, "apparmor_profile", "other");
  }

  /**
   * With random categories, two of several hundred pods would have the same categories on one node
   * of twenty.
   */
  @Test
  void newSandboxIdHasUnusedCategories() {
    Iterator<String> random = List.of("a", "b", "c").iterator();
    assertThat(LabelRules.newSandboxId(Stream.of("b", "a"), random::next)).isEqualTo("c");
    assertThat(LabelRules.newSandboxId(Stream.of("b"), () -> "a")).isEqualTo("a");
    assertThatThrownBy(() -> LabelRules.newSandboxId(Stream.of("a"), () -> "a"))
        .hasMessageContaining("no SELinux categories are left");
  }

  @Test
  void selinuxLabelHasThePodsCategoriesUnlessRequestedOtherwise() throws IOException {
    write("sys/fs/selinux/enforce", "1");
    String level = LabelRules.level(POD);
    assertThat(SelinuxLabel.isLevel(level)).isTrue();
    assertThat(LabelRules.level(POD)).isEqualTo(level);
    assertThat(LabelRules.level("another")).isNotEqualTo(level);
    assertThat(of(nothing()))
        .isEqualTo(
            new LabelRules.Labels(
                null,
                "system_u:system_r:container_t:" + level,
                "system_u:object_r:container_file_t:" + level));
    assertThat(
            of(
                selinux(
                    SELinuxOption.newBuilder()
                        .setUser("u_u")
                        .setRole("r_r")
                        .setType("t_t")
                        .setLevel("s0:c7,c8"))))
        .isEqualTo(
            new LabelRules.Labels(
                null, "u_u:r_r:t_t:s0:c7,c8", "u_u:object_r:container_file_t:s0:c7,c8"));
    assertThat(of(nothing().setPrivileged(true)).process()).isNull();
  }
}
