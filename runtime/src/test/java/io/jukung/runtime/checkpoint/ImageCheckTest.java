package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.linux.process.Capability;
import io.jukung.linux.seccomp.Filter;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of CRIU, of which one says what the container's specification does not allow. */
class ImageCheckTest {
  private static final String SPEC =
      """
      {"ociVersion": "1.2.0",
       "process": {"user": {"uid": %d, "gid": 5, "additionalGids": [6]}, "args": ["x"], "cwd": "/",
         "noNewPrivileges": true, "oomScoreAdj": 100,
         "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"],
           "effective": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"]}},
       "root": {"path": "rootfs", "readonly": %s},
       "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
         {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]},
         {"destination": "/data/", "type": "bind", "source": "/x", "options": ["rbind", "ro"]}],
       "linux": {"cgroupsPath": "/a", "namespaces": [{"type": "pid"}],
         "maskedPaths": ["/proc/version"], "readonlyPaths": ["/proc/sys"]}}
      """;

  private static final int READ_ONLY = 1;
  private static final int NOTHING_ELSE = 2 | 4 | 8;

  private final Filter filter = new Filter("filter-1".getBytes(UTF_8), 0);
  private final List<Wire> mounts = new ArrayList<>();
  private @TempDir Path images;
  private Wire credentials = new Wire();
  private Wire thread = new Wire();
  private Wire task = new Wire();

  @BeforeEach
  void makeImagesThatFit() throws IOException {
    Wire.image(images.resolve("inventory.img"), new Wire().number(1, 2).message(3, ids(1, 1)));
    Wire.image(images.resolve("ids-1.img"), ids(2, 3));
    Wire.image(images.resolve("files.img"), new Wire().number(1, 1).number(2, 1));
    Wire.image(
        images.resolve("seccomp.img"),
        new Wire()
            .message(1, new Wire().bytes(1, filter.instructions()))
            .message(1, new Wire().text(1, "the application's").number(2, 0)));
    mounts.add(mount(1, 40, 0, "/", "/"));
    mounts.add(mount(1, 41, NOTHING_ELSE, "/", "/proc"));
    mounts.add(mount(1, 41, NOTHING_ELSE | READ_ONLY, "/sys", "/proc/sys"));
    mounts.add(mount(5, 42, 2, "/", "/dev").text(18, "/dev"));
    mounts.add(mount(0, 43, READ_ONLY, "/any", "/real/data").text(18, "/data"));
    mounts.add(mount(3, 44, 0, "/null", "/proc/version").text(18, "/proc/version"));
    credentials = credentials(5, Capability.CAP_CHOWN.mask());
    thread.number(11, 2).number(12, 1);
    task.number(14, 100);
  }

  private static Wire ids(int pid, int mount) throws IOException {
    return new Wire().number(5, pid).number(6, 7).number(9, mount).number(11, 8);
  }

  private static Wire credentials(int group, long capabilities) throws IOException {
    Wire made = new Wire();
    for (int field : List.of(1, 3, 5, 7)) {
      made.number(field, 0);
    }
    for (int field : List.of(2, 4, 6, 8)) {
      made.number(field, group);
    }
    for (int field : List.of(10, 11, 12)) {
      made.number(field, capabilities & 0xFFFF_FFFFL).number(field, capabilities >>> 32);
    }
    return made.number(18, 1);
  }

  private static Wire mount(long type, long device, int flags, String root, String point)
      throws IOException {
    return new Wire()
        .number(1, type)
        .number(3, device)
        .number(5, flags)
        .text(6, root)
        .text(7, point);
  }

  private void check() throws IOException {
    check(SPEC.formatted(0, "false"), filter);
  }

  private void check(String spec, @Nullable Filter profile) throws IOException {
    thread.message(10, credentials);
    Wire.image(images.resolve("core-1.img"), new Wire().message(3, task).message(5, thread));
    Wire.image(images.resolve("mountpoints-9.img"), mounts.toArray(Wire[]::new));
    long available = Capability.mask(Capability.all());
    new ImageCheck(Spec.fromJson(spec.getBytes(UTF_8)), profile, available).check(images);
  }

  private void assertRefused(String why) {
    assertThatThrownBy(this::check).isInstanceOf(CriException.class).hasMessageContaining(why);
  }

  @Test
  void imagesThatFitAreAccepted() {
    assertThatCode(this::check).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"1, 3, pid", "2, 1, mount", "0, 3, pid", "2, 0, mount"})
  void namespacesOfCriuItselfAreRefused(int pid, int mount, String which) throws Exception {
    Wire.image(images.resolve("ids-1.img"), ids(pid, mount));
    assertRefused("it has no " + which + " namespace of its own");
  }

  @Test
  void networkNamespaceOfItsOwnIsRefused() throws Exception {
    Wire.image(images.resolve("ids-1.img"), ids(2, 3).number(6, 77));
    assertRefused("it has a network namespace of its own");
  }

  @Test
  void secondMountNamespaceIsRefused() throws Exception {
    Wire.image(images.resolve("ids-2.img"), ids(2, 4));
    assertRefused("several mount namespaces");
  }

  @Test
  void namespacesThatTheCoreImageNamesAreCompared() throws Exception {
    thread.message(10, credentials);
    Wire.image(images.resolve("core-2.img"), new Wire().message(4, ids(2, 1)).message(5, thread));
    assertRefused("mount namespace");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CAP_SYS_ADMIN", "CAP_BPF"})
  void capabilityOutsideTheBoundingSetIsRefused(String name) throws Exception {
    credentials = credentials(5, Capability.named(name).orElseThrow().mask());
    assertRefused(name);
  }

  @Test
  void missingNoNewPrivilegesIsRefused() throws Exception {
    credentials.number(18, 0);
    assertRefused("no_new_privs");
  }

  @Test
  void otherUserThanThatOfAContainerWithoutRootIsRefused() {
    assertThatThrownBy(() -> check(SPEC.formatted(1000, "false"), filter))
        .hasMessageContaining("capabilities that the container does not have");
    credentials = new Wire();
    assertThatThrownBy(
            () -> {
              credentials = credentials(5, 0);
              thread = new Wire().number(11, 2).number(12, 1);
              check(SPEC.formatted(1000, "false"), filter);
            })
        .hasMessageContaining("of user 0, and the container of user 1000");
  }

  @Test
  void lowOomScoreIsRefused() throws Exception {
    task.number(14, -500);
    assertRefused("oom_score_adj -500");
  }

  @Test
  void realTimePolicyIsRefused() throws Exception {
    thread.number(4, 1);
    assertRefused("scheduling policy 1");
  }

  @Test
  void threadWithoutAFilterIsRefused() throws Exception {
    thread.number(11, 0);
    assertRefused("no seccomp filter");
  }

  @Test
  void otherFilterIsRefused() throws Exception {
    Wire.image(
        images.resolve("seccomp.img"),
        new Wire()
            .message(1, new Wire().text(1, "allow everything"))
            .message(1, new Wire().bytes(1, filter.instructions()).number(2, 0)));
    assertRefused("not that of the container's profile");
  }

  @Test
  void filtersInACircleAreRefused() throws Exception {
    Wire.image(
        images.resolve("seccomp.img"),
        new Wire()
            .message(1, new Wire().bytes(1, filter.instructions()).number(2, 1))
            .message(1, new Wire().bytes(1, filter.instructions()).number(2, 0)));
    assertRefused("do not fit together");
  }

  @Test
  void containerWithoutAProfileTakesAnyFilter() throws Exception {
    thread.number(11, 0);
    assertThatCode(() -> check(SPEC.formatted(0, "false"), null)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(longs = {10, 11, 12, 13, 14, 15, 16, 19, 99})
  void kindOfDescriptorThatNeedsMoreRightsIsRefused(long kind) throws Exception {
    Wire.image(images.resolve("files.img"), new Wire().number(1, kind));
    assertRefused("a descriptor of the kind " + kind);
  }

  @Test
  void rawSocketIsRefused() throws Exception {
    Wire.image(
        images.resolve("files.img"), new Wire().number(1, 4).message(4, new Wire().number(4, 3)));
    assertRefused("raw socket");
  }

  @Test
  void secondListOfMountsIsRefused() throws Exception {
    Wire.image(images.resolve("mountpoints-10.img"));
    assertRefused("2 lists of mounts");
  }

  @Test
  void fileSystemThatCriuWouldMountIsRefused() throws Exception {
    mounts.add(mount(17, 50, 0, "/", "/host").text(9, "lowerdir=/"));
    assertRefused("a mount at /host that the specification cannot make");
  }

  @Test
  void externalMountWithAnUnknownKeyIsRefused() throws Exception {
    mounts.add(mount(0, 50, 0, "/", "/etc").text(18, "dev[1/2]"));
    assertRefused("a mount at dev[1/2], and the container has not");
  }

  @ParameterizedTest
  @CsvSource({"4, a mount at /data", "5, a mask at /proc/version", "2, /proc/sys is not read-only"})
  void missingMountIsRefused(int index, String what) {
    mounts.remove(index);
    assertRefused(what);
  }

  @Test
  void writableVolumeInPlaceOfAReadOnlyOneIsRefused() throws Exception {
    mounts.set(4, mount(0, 43, 0, "/any", "/real/data").text(18, "/data"));
    assertRefused("its mount at /data has flags 0x0 instead of 0x1");
  }

  @Test
  void writableRootInPlaceOfAReadOnlyOneIsRefused() {
    assertThatThrownBy(() -> check(SPEC.formatted(0, "true"), filter))
        .hasMessageContaining("its mount at / has flags");
  }

  @Test
  void procThatIsAnotherFileSystemIsRefused() throws Exception {
    mounts.set(2, mount(1, 44, NOTHING_ELSE | READ_ONLY, "/sys", "/proc/sys"));
    assertRefused("proc file system that is another");
  }

  @Test
  void otherPartOfProcThanItsMountPointIsRefused() throws Exception {
    mounts.set(2, mount(1, 41, NOTHING_ELSE | READ_ONLY, "/tty", "/proc/sys"));
    assertRefused("a mount at /proc/sys that the specification cannot make");
  }

  @Test
  void damagedImageIsRefused() throws Exception {
    Files.write(images.resolve("files.img"), new byte[] {1, 0, 0, 0, 99, 0, 0, 0, 1});
    assertRefused("files.img");
  }

  @ParameterizedTest
  @CsvSource({
    "core-1.img, true",
    "pages-12.img, true",
    "ghost-file-a1.img, true",
    "netns-1.img, false",
    "tmpfs-4.tar.gz.img, false",
    "core-1.img/x, false",
    "../core-1.img, false",
    "iptables-1.img, false"
  })
  void namesOfImagesAreKnownOrNot(String name, boolean known) {
    assertThat(ImageCheck.isKnown(name)).isEqualTo(known);
  }
}
