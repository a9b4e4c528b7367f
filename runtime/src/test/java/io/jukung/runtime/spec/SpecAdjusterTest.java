package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SpecAdjusterTest {
  private static final Spec SPEC =
      new Spec(
          Spec.OCI_VERSION,
          new Spec.Process(
              false,
              new Spec.User(0, 0, null, List.of()),
              List.of("app"),
              List.of("A=1", "B=2"),
              "/",
              new Spec.Capabilities(List.of(), List.of(), List.of(), List.of(), List.of()),
              List.of(new Spec.Rlimit("RLIMIT_NOFILE", 1024, 1024)),
              true,
              7,
              "profile",
              "label"),
          new Spec.Root("rootfs", false),
          null,
          List.of(
              new Spec.Mount("/proc", "proc", "proc", List.of()),
              new Spec.Mount("/data/deep", "bind", "/src", List.of("rbind"))),
          Map.of("kept", "yes"),
          new Spec.Linux(
              List.of(new Spec.Namespace("network", "/run/ns"), new Spec.Namespace("pid", null)),
              "/cgroup",
              new Spec.Resources(List.of(), null, null, null, Map.of()),
              List.of(),
              Map.of(),
              null,
              List.of("/masked"),
              List.of(),
              null,
              List.of(),
              List.of(),
              "mount-label"));

  private static SpecAdjuster adjuster() {
    return new SpecAdjuster(SPEC, "test");
  }

  private static void assertRefused(Consumer<SpecAdjuster> change, String words) {
    assertThatThrownBy(() -> change.accept(adjuster()))
        .isInstanceOf(CriException.class)
        .hasMessageStartingWith("test: ")
        .hasMessageContaining(words);
  }

  @Test
  void whatIsNotAskedForStays() {
    assertThat(adjuster().result()).isEqualTo(SPEC);
    assertThat(adjuster().env("A", "x").result().process().apparmorProfile()).isEqualTo("profile");
    assertThat(adjuster().removeDevice("/dev/x").result().linux()).isEqualTo(SPEC.linux());
  }

  @Test
  void variablesAreReplacedInPlaceAddedAndTakenAway() {
    assertThat(adjuster().env("A", "x").env("B", null).env("C", "3").result().process().env())
        .containsExactly("A=x", "C=3");
    assertRefused(each -> each.env("A=B", "x"), "A=B");
    assertRefused(each -> each.env("", "x"), "env");
  }

  @Test
  void textWithAZeroByteIsRefused() {
    assertThatThrownBy(() -> adjuster().env("A", "x\0y").result())
        .hasMessageContaining("zero byte");
    assertRefused(each -> each.removeMount("/x\0y"), "zero byte");
  }

  @Test
  void mountsComeAfterTheirParentsAndReplaceThoseWithTheirTarget() {
    Spec changed =
        adjuster()
            .mount(new Spec.Mount("/data", "bind", "/other", List.of("bind", "ro")))
            .mount(new Spec.Mount("/data/../data/deep", "tmpfs", "tmpfs", List.of()))
            .result();

    assertThat(changed.mounts())
        .extracting(Spec.Mount::destination)
        .containsExactly("/proc", "/data", "/data/deep");
    assertThat(changed.mounts().getLast().type()).isEqualTo("tmpfs");
  }

  @Test
  void mountsThatRequestsMayNotAskForAreRefused() {
    assertRefused(each -> each.mount(mount("/", "/src")), "root");
    assertRefused(each -> each.mount(mount("/proc/sys", "/src")), "/proc");
    assertRefused(each -> each.mount(mount("/a/../proc/1", "/src")), "/proc");
    assertRefused(each -> each.mount(mount("/data", "relative")), "not an absolute path");
    assertRefused(
        each -> each.mount(new Spec.Mount("/data", "overlay", "x", List.of())), "overlay");
    assertThat(adjuster().mount(mount("/proc/meminfo", "/src")).result().mounts()).hasSize(3);
  }

  private static Spec.Mount mount(String destination, String source) {
    return new Spec.Mount(destination, "bind", source, List.of());
  }

  @Test
  void deviceMayBeUsed() {
    Spec changed =
        adjuster().device(new Spec.Device("/dev/fuse", "c", 10, 229, 0666, 0, 0)).result();

    assertThat(changed.linux().devices())
        .extracting(Spec.Device::path)
        .containsExactly("/dev/fuse");
    assertThat(changed.linux().resources().devices())
        .containsExactly(new Spec.DeviceRule(true, "c", 10L, 229L, "rwm"));
    assertRefused(
        each -> each.device(new Spec.Device("/etc/x", "c", 1, 1, 0666, 0, 0)), "inside /dev");
    assertRefused(
        each -> each.device(new Spec.Device("/dev/../x", "c", 1, 1, 0666, 0, 0)), "inside /dev");
    assertRefused(each -> each.device(new Spec.Device("/dev/x", "q", 1, 1, 0666, 0, 0)), "type");
  }

  @Test
  void namespacesThatKeepTheContainerApartCannotBeChanged() {
    assertRefused(each -> each.namespace("mount", null), "mount");
    assertRefused(each -> each.namespace("user", "/proc/1/ns/user"), "user");
    assertRefused(each -> each.namespace("pid", null), "pid");
    assertRefused(each -> each.namespace("network", "relative"), "not absolute");
    assertThat(adjuster().namespace("network", null).result().linux().namespaces())
        .containsExactly(new Spec.Namespace("pid", null));
    assertThat(adjuster().namespace("network", "/proc/9/ns/net").result().linux().namespaces())
        .contains(new Spec.Namespace("network", "/proc/9/ns/net"));
  }

  @Test
  void limitsOfTheProcessAreChecked() {
    assertThat(
            adjuster()
                .rlimit(new Spec.Rlimit("RLIMIT_NOFILE", 99, 77))
                .oomScoreAdj(-5)
                .result()
                .process())
        .satisfies(
            process -> {
              assertThat(process.rlimits())
                  .containsExactly(new Spec.Rlimit("RLIMIT_NOFILE", 99, 77));
              assertThat(process.oomScoreAdj()).isEqualTo(-5);
            });
    assertRefused(each -> each.rlimit(new Spec.Rlimit("RLIMIT_X", 1, 1)), "RLIMIT_X");
    assertRefused(each -> each.rlimit(new Spec.Rlimit("RLIMIT_CORE", 1, 2)), "soft");
    assertRefused(each -> each.oomScoreAdj(1001), "1001");
    assertRefused(each -> each.args(List.of()), "args");
  }
}
